//! Links: records that are sent to, or received from, somewhere else.
//!
//! The engine knows a link's address and the record's door; a connector does the rest. It claims a
//! scheme when the database is built, is handed every link of it, early or late, and is told when one
//! ends. What a link sends it reads from before the first source: its reader comes with it.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use aimdb_contracts::{Linkable, Policy, Violation};

use crate::error::WriteError;
use crate::key::RecordId;
use crate::platform::StateCell;
use crate::record::commit::{Commit, Origin, Write};
use crate::record::door::{Fields, JsonDoor, RecordDoor};
use crate::record::reader::DoorReader;
use crate::record::reading::Turn;
use crate::runtime::RuntimeAdapter;
use crate::wakers::{Slot, WakerList, leave_in, poll_in, wake_in};

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the record to the address.
    To,
    /// From the address to the record.
    From,
}

/// A link as it was configured.
#[derive(Clone)]
pub(crate) struct LinkPlan {
    pub(crate) direction: Direction,
    pub(crate) url: String,
    pub(crate) codec: Codec,
}

/// How values of one type cross a link as bytes; see [`Linkable`].
#[derive(Clone, Copy)]
pub(crate) struct Codec {
    decode: fn(&[u8]) -> Result<Fields, Box<Violation>>,
    encode: fn(Fields) -> Result<Vec<u8>, String>,
}

impl Codec {
    pub(crate) fn of<T: Linkable>() -> Self {
        Self {
            decode: |bytes| {
                let value = T::from_bytes(bytes)?;
                // A type may read its links by its own code.
                value.check()?;
                Ok(value.to_fields())
            },
            encode: |fields| match T::from_fields(fields) {
                Some(value) => value.to_bytes(),
                None => Err(T::SCHEMA
                    .malformed("fields of another contract")
                    .to_string()),
            },
        }
    }
}

impl LinkPlan {
    /// The scheme and the address, if both are there.
    pub(crate) fn parts(&self) -> Option<(&str, &str)> {
        let (scheme, rest) = self.url.split_once(':')?;
        let address = rest.strip_prefix("//")?;
        (!scheme.is_empty() && !address.is_empty()).then_some((scheme, address))
    }
}

impl fmt::Display for LinkPlan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::To => "to",
            Direction::From => "from",
        };
        write!(out, "{direction} {}", self.url)
    }
}

/// A link for its connector.
pub struct Link<R: RuntimeAdapter> {
    /// Which way values go.
    pub direction: Direction,
    /// What stands behind the scheme.
    pub address: String,
    /// The record.
    pub door: Arc<R::Door>,
    /// How the type crosses; JSON where the type is not known.
    codec: Option<Codec>,
    /// For values that go to the address; see [`Link::reader`].
    reader: Option<DoorReader<R>>,
}

impl<R: RuntimeAdapter> Link<R> {
    /// A link of a record that was opened by the name of its contract; its bytes are JSON.
    pub fn json(direction: Direction, address: &str, door: Arc<R::Door>) -> Self {
        Self::new(direction, address, door, None)
    }

    fn new(direction: Direction, address: &str, door: Arc<R::Door>, codec: Option<Codec>) -> Self {
        let reads = direction == Direction::To;
        Self {
            direction,
            address: address.to_string(),
            reader: reads.then(|| DoorReader::new(door.clone())),
            door,
            codec,
        }
    }

    /// The reader of what the link sends. Its place is that of the moment in which the link was made, before any
    /// source began, so a connector that comes late has missed nothing that the buffer keeps. A second one
    /// begins now.
    pub fn reader(&mut self) -> DoorReader<R> {
        let first = self.reader.take();
        first.unwrap_or_else(|| DoorReader::new(self.door.clone()))
    }

    /// Writes a value that came over the link.
    pub fn receive(&self, bytes: &[u8]) -> Result<Commit, WriteError> {
        match self.codec {
            Some(codec) => self
                .door
                .accept_decoded((codec.decode)(bytes), Write::from(Origin::Remote)),
            None => self
                .door
                .accept_json(bytes, Policy::default(), Write::from(Origin::Remote)),
        }
    }

    /// The bytes that a value of the record has on the link.
    pub fn encode(&self, fields: Fields) -> Result<Vec<u8>, String> {
        match self.codec {
            Some(codec) => (codec.encode)(fields),
            None => Ok(self.door.schema().to_json(&fields).into_bytes()),
        }
    }
}

/// What a connector hears of the links of its scheme.
pub enum LinkEvent<R: RuntimeAdapter> {
    /// A record with a link was configured.
    Opened(Link<R>),
    /// The record of a link that was opened is removed: its readers end, its writers get an error.
    Ended {
        /// The number that the record had.
        record: RecordId,
        /// Which way values went.
        direction: Direction,
        /// What stood behind the scheme.
        address: String,
    },
}

/// The links of one scheme, for the connector that claimed it.
pub struct Links<R: RuntimeAdapter> {
    scheme: String,
    queue: R::Cell<Queue<R>>,
    slot: Option<Slot>,
    turn: Turn,
}

/// What a runtime's cell holds.
pub(crate) struct Queue<R: RuntimeAdapter> {
    events: VecDeque<LinkEvent<R>>,
    waiters: WakerList,
    closed: bool,
    /// The connector is gone.
    abandoned: bool,
}

impl<R: RuntimeAdapter> Links<R> {
    pub(crate) fn new(scheme: &str) -> (Self, LinkSender<R>) {
        let queue = R::Cell::new(Queue {
            events: VecDeque::new(),
            waiters: WakerList::default(),
            closed: false,
            abandoned: false,
        });
        let sender = LinkSender {
            scheme: scheme.to_string(),
            queue: queue.clone(),
            open: LinkSender::open_now,
            end: LinkSender::end_now,
            wake: LinkSender::wake_now,
        };
        (
            Self {
                scheme: scheme.to_string(),
                queue,
                slot: None,
                turn: Turn::default(),
            },
            sender,
        )
    }

    /// The scheme that was claimed.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What happened next to the links, if anything did by now.
    pub fn try_next(&mut self) -> Option<LinkEvent<R>> {
        self.queue.with(|queue| queue.events.pop_front())
    }

    /// Waits for what happens next to the links; nothing when the database closes. A link that ended
    /// before anybody heard of it is not told.
    pub async fn next(&mut self) -> Option<LinkEvent<R>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.queue.with(|queue| queue.events.len())
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<LinkEvent<R>>> {
        if self.turn.is_over(context) {
            return Poll::Pending;
        }
        let look = |queue: &mut Queue<R>| match queue.events.pop_front() {
            Some(event) => Some(Some(event)),
            None => queue.closed.then_some(None),
        };
        let next = poll_in(&self.queue, Queue::waiters, &mut self.slot, context, look);
        self.turn.count(next)
    }
}

impl<R: RuntimeAdapter> Drop for Links<R> {
    fn drop(&mut self) {
        leave_in(&self.queue, Queue::waiters, &mut self.slot);
        let events = self.queue.with(|queue| {
            queue.abandoned = true;
            core::mem::take(&mut queue.events)
        });
        // They hold records.
        drop(events);
    }
}

/// The database's end of [`Links`]. It holds its own methods, so that they are no part of a program in
/// which nobody claims a scheme.
pub(crate) struct LinkSender<R: RuntimeAdapter> {
    pub(crate) scheme: String,
    queue: R::Cell<Queue<R>>,
    open: fn(&Self, &[LinkPlan], &Arc<R::Door>),
    end: fn(&Self, &[LinkPlan], RecordId),
    wake: fn(&Self, bool),
}

impl<R: RuntimeAdapter> Clone for LinkSender<R> {
    fn clone(&self) -> Self {
        Self {
            scheme: self.scheme.clone(),
            queue: self.queue.clone(),
            open: self.open,
            end: self.end,
            wake: self.wake,
        }
    }
}

impl<R: RuntimeAdapter> LinkSender<R> {
    /// Notes the links of a record that is being put in; [`wake`](Self::wake) follows once it is.
    pub(crate) fn open(&self, plans: &[LinkPlan], door: &Arc<R::Door>) {
        (self.open)(self, plans, door);
    }

    fn open_now(&self, plans: &[LinkPlan], door: &Arc<R::Door>) {
        for (plan, address) in self.of_scheme(plans) {
            let link = Link::new(plan.direction, address, door.clone(), Some(plan.codec));
            self.push(LinkEvent::Opened(link));
        }
    }

    /// Notes that the links of a record end; [`wake`](Self::wake) follows.
    pub(crate) fn end(&self, plans: &[LinkPlan], record: RecordId) {
        (self.end)(self, plans, record);
    }

    fn end_now(&self, plans: &[LinkPlan], record: RecordId) {
        for (plan, address) in self.of_scheme(plans) {
            let direction = plan.direction;
            let forget = |queue: &mut Queue<R>| queue.forget(record, direction, address);
            if !self.queue.with(forget) {
                self.push(LinkEvent::Ended {
                    record,
                    direction,
                    address: address.to_string(),
                });
            }
        }
    }

    pub(crate) fn close(&self) {
        (self.wake)(self, true);
    }

    pub(crate) fn wake(&self) {
        (self.wake)(self, false);
    }

    fn wake_now(&self, closes: bool) {
        self.queue.with(|queue| queue.closed |= closes);
        wake_in(&self.queue, Queue::waiters);
    }

    fn of_scheme<'p>(
        &self,
        plans: &'p [LinkPlan],
    ) -> impl Iterator<Item = (&'p LinkPlan, &'p str)> {
        plans.iter().filter_map(|plan| {
            let (scheme, address) = plan.parts()?;
            (scheme == self.scheme).then_some((plan, address))
        })
    }

    fn push(&self, event: LinkEvent<R>) {
        let refused = self.queue.with(|queue| {
            if queue.abandoned {
                return Some(event);
            }
            queue.events.push_back(event);
            None
        });
        drop(refused);
    }
}

impl<R: RuntimeAdapter> Queue<R> {
    fn waiters(&mut self) -> &mut WakerList {
        &mut self.waiters
    }

    /// Takes back a link that nobody has heard of yet; `false` if somebody has.
    fn forget(&mut self, record: RecordId, direction: Direction, address: &str) -> bool {
        let is_it = |event: &LinkEvent<R>| match event {
            LinkEvent::Opened(link) => {
                link.door.id() == record && link.direction == direction && link.address == address
            }
            LinkEvent::Ended { .. } => false,
        };
        let length = self.events.len();
        // From both ends: the oldest and the newest go more often than those between.
        for near in 0..length.div_ceil(2) {
            for place in [near, length - 1 - near] {
                if is_it(&self.events[place]) {
                    return self.events.remove(place).is_some();
                }
            }
        }
        false
    }
}
