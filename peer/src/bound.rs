//! A record as the client sees it: how it goes together with a server, and what is under way there.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use aimdb_core::{BufferConfig, RecordDoor, RecordId};
use aimdb_ws_bridge::{DeliveryKind, WriteId};

use crate::api::{Mirroring, SessionId, Truth};
use crate::conflict::Basis;
use crate::mirror::Mirror;
use crate::own::OwnValues;
use crate::policy::Conflict;

/// A record and its place between here and a server.
pub(crate) struct Bound<D: RecordDoor + ?Sized> {
    pub(crate) door: Arc<D>,
    pub(crate) mirroring: Mirroring,
    /// The session that mirrors it.
    pub(crate) session: Option<SessionId>,
    pub(crate) mirror: Mirror,
    /// Of a ring: which of its values no server took.
    pub(crate) own: OwnValues,
    /// What the record shows is this at the server, and what it goes back to if its writes are refused is that.
    pub(crate) shown: Basis,
    pub(crate) before: Basis,
    /// The number of the last value that came from there.
    pub(crate) seq: Option<u64>,
    /// The record's version after the last value that came from there.
    pub(crate) heard_version: u64,
    /// The connection of its session over which its server has last confirmed what it shows.
    pub(crate) confirmed: u64,
    /// The version of its contract that the server holds, where that is an older one.
    pub(crate) older: Option<u32>,
    /// Whether it was told that what is written here is not sent.
    pub(crate) is_told: bool,
    /// Whether it was told that its server does not judge conflicts.
    pub(crate) is_unjudged: bool,
}

/// What a value from a server says of itself, besides the value.
#[derive(Clone, Copy)]
pub(crate) struct Delivered {
    pub(crate) kind: DeliveryKind,
    pub(crate) seq: Option<u64>,
    pub(crate) by: Option<WriteId>,
    /// It may be a write of this side that has no number yet.
    pub(crate) is_unsure: bool,
}

impl<D: RecordDoor + ?Sized> Bound<D> {
    pub(crate) fn new(door: Arc<D>, mirroring: Mirroring) -> Self {
        Self {
            door,
            mirroring,
            session: None,
            mirror: Mirror::default(),
            own: OwnValues::default(),
            shown: Basis::default(),
            before: Basis::default(),
            seq: None,
            heard_version: 0,
            confirmed: 0,
            older: None,
            is_told: false,
            is_unjudged: false,
        }
    }

    /// Whether somebody judges which of its writes stays.
    pub(crate) fn is_judged(&self) -> bool {
        self.mirroring.conflict != Conflict::Last
    }

    pub(crate) fn own_topic(&self) -> Option<&str> {
        self.mirroring.topic.as_deref()
    }

    /// Whether a value adds to those before it, so that nothing is ever taken back.
    pub(crate) fn appends(&self) -> bool {
        !matches!(self.door.buffer(), BufferConfig::SingleLatest)
    }

    /// Whether a value belongs into the record. A snapshot repeats what a ring may have already, and
    /// what a mailbox may have handed out long ago.
    pub(crate) fn wants(&self, value: Delivered) -> bool {
        match self.door.buffer() {
            _ if value.kind == DeliveryKind::Data => true,
            BufferConfig::SingleLatest => true,
            BufferConfig::Mailbox => false,
            BufferConfig::SpmcRing { .. } => match (value.seq, self.seq) {
                (Some(seq), Some(last)) => seq > last,
                _ => self.door.version() == 0,
            },
        }
    }

    /// The number of the last value that came, of a ring: what came since is wanted after a break.
    pub(crate) fn resumes_at(&self) -> Option<u64> {
        let is_ring = matches!(self.door.buffer(), BufferConfig::SpmcRing { .. });
        self.seq.filter(|_| is_ring)
    }

    /// How many values of a ring its server published between the last that came and this one, whether it said so or the
    /// connection was lost meanwhile. A record of the newest value misses nothing by that.
    pub(crate) fn missed_before(&self, value: Delivered) -> u64 {
        match (self.door.buffer(), value.seq, self.seq) {
            (BufferConfig::SpmcRing { .. }, Some(seq), Some(last)) => {
                seq.saturating_sub(last).saturating_sub(1)
            }
            _ => 0,
        }
    }

    /// Gives the record to a session, or to none. Its writes are noted wherever somebody has to hear of them: the
    /// session, or the application, which is told once that nobody does.
    pub(crate) fn give_to(&mut self, session: Option<SessionId>, has_sessions: bool) {
        if self.session != session {
            self.session = session;
            self.confirmed = 0;
            self.shown.outlive_session();
            self.before.outlive_session();
        }
        let is_unsure = self.mirroring.truth == Truth::Auto && has_sessions && !self.is_told;
        self.door.mirror(session.is_some() || is_unsure);
    }
}

/// The records by place. What waits names a record by its whole number, which finds nothing once it is gone.
pub(crate) struct Records<D: RecordDoor + ?Sized>(Vec<Option<Box<Bound<D>>>>);

impl<D: RecordDoor + ?Sized> Default for Records<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D: RecordDoor + ?Sized> Records<D> {
    pub(crate) fn put(&mut self, bound: Bound<D>) {
        let place = bound.door.id().index();
        let length = self.0.len().max(place + 1);
        self.0.resize_with(length, || None);
        if let Some(at) = self.0.get_mut(place) {
            *at = Some(Box::new(bound));
        }
    }

    /// Takes a record out, and gives back the memory of the places at the end.
    pub(crate) fn take(&mut self, id: RecordId) -> Option<Box<Bound<D>>> {
        self.get(id)?;
        let bound = self.0.get_mut(id.index())?.take();
        let used = self.0.iter().rposition(Option::is_some);
        self.0.truncate(used.map_or(0, |last| last + 1));
        if self.0.capacity() > 4 * self.0.len() + 64 {
            self.0.shrink_to(2 * self.0.len());
        }
        bound
    }

    pub(crate) fn get(&self, id: RecordId) -> Option<&Bound<D>> {
        self.at(id.index()).filter(|bound| bound.door.id() == id)
    }

    pub(crate) fn get_mut(&mut self, id: RecordId) -> Option<&mut Bound<D>> {
        self.at_mut(id.index())
            .filter(|bound| bound.door.id() == id)
    }

    pub(crate) fn at(&self, place: usize) -> Option<&Bound<D>> {
        self.0.get(place)?.as_deref()
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> Option<&mut Bound<D>> {
        self.0.get_mut(place)?.as_deref_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Bound<D>> {
        self.0.iter().filter_map(Option::as_deref)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Bound<D>> {
        self.0.iter_mut().filter_map(Option::as_deref_mut)
    }
}
