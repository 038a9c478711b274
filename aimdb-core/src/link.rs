//! Links: records that are sent to, or received from, somewhere else.
//!
//! The engine knows a link's address and the record's door; a connector does the rest. It claims a
//! scheme when the database is built and is handed every link of it, early or late.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use aimdb_contracts::{Linkable, Policy, Violation};

use crate::commit::{Commit, Origin, Write};
use crate::door::{Fields, JsonDoor, RecordDoor};
use crate::runtime::{RuntimeAdapter, StateCell};
use crate::wakers::{Slot, WakeBatch, WakerList, wake_all};

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
    pub(crate) codec: Option<Codec>,
}

impl<R: RuntimeAdapter> Link<R> {
    /// A link of a record that was opened by the name of its contract; its bytes are JSON.
    pub fn json(direction: Direction, address: &str, door: Arc<R::Door>) -> Self {
        Self {
            direction,
            address: address.to_string(),
            door,
            codec: None,
        }
    }

    /// Writes a value that came over the link.
    pub fn receive(&self, bytes: &[u8]) -> Result<Commit, Box<Violation>> {
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

/// The links of one scheme, for the connector that claimed it.
pub struct Links<R: RuntimeAdapter> {
    scheme: String,
    queue: R::Cell<Queue<R>>,
    slot: Option<Slot>,
}

/// What a runtime's cell holds.
pub(crate) struct Queue<R: RuntimeAdapter> {
    links: VecDeque<Link<R>>,
    waiters: WakerList,
    closed: bool,
}

impl<R: RuntimeAdapter> Links<R> {
    pub(crate) fn new(scheme: &str) -> (Self, LinkSender<R>) {
        let queue = R::Cell::new(Queue {
            links: VecDeque::new(),
            waiters: WakerList::default(),
            closed: false,
        });
        let sender = LinkSender {
            scheme: scheme.to_string(),
            queue: queue.clone(),
        };
        (
            Self {
                scheme: scheme.to_string(),
                queue,
                slot: None,
            },
            sender,
        )
    }

    /// The scheme that was claimed.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The next link that was configured, if there is one now.
    pub fn try_next(&mut self) -> Option<Link<R>> {
        self.queue.with(|queue| queue.links.pop_front())
    }

    /// Waits for the next link; nothing when the database closes.
    pub async fn next(&mut self) -> Option<Link<R>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Link<R>>> {
        let slot = &mut self.slot;
        self.queue.with(|queue| match queue.links.pop_front() {
            Some(link) => Poll::Ready(Some(link)),
            None if queue.closed => Poll::Ready(None),
            None => {
                queue.waiters.wait(slot, context.waker());
                Poll::Pending
            }
        })
    }
}

impl<R: RuntimeAdapter> Drop for Links<R> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.queue.with(|queue| queue.waiters.leave(slot));
        }
    }
}

/// The database's end of [`Links`].
pub(crate) struct LinkSender<R: RuntimeAdapter> {
    pub(crate) scheme: String,
    queue: R::Cell<Queue<R>>,
}

impl<R: RuntimeAdapter> Clone for LinkSender<R> {
    fn clone(&self) -> Self {
        Self {
            scheme: self.scheme.clone(),
            queue: self.queue.clone(),
        }
    }
}

impl<R: RuntimeAdapter> LinkSender<R> {
    pub(crate) fn send(&self, link: Link<R>) {
        self.change(|queue| queue.links.push_back(link));
    }

    pub(crate) fn close(&self) {
        self.change(|queue| queue.closed = true);
    }

    fn change(&self, change: impl FnOnce(&mut Queue<R>)) {
        let mut batch = WakeBatch::default();
        // One connector waits here, so one batch holds all.
        self.queue.with(|queue| {
            change(queue);
            queue.waiters.take(0, &mut batch)
        });
        wake_all(&mut batch);
    }
}
