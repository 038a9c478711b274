//! What a server says of records: values, and how writes ended.

use alloc::boxed::Box;

use aimdb_contracts::{Policy, Violation};
use aimdb_core::{Commit, Fields, Origin, RecordDoor, Write, WriteError};
use aimdb_ws_bridge::{Bridge, DeliveryKind, DropReason, Outcome, WriteId};

use crate::api::Payload;
use crate::bound::{Bound, Delivered};
use crate::conflict::Basis;
use crate::mirror::{Incoming, Settled, Verdict};

/// The value that a write lost against, as its server says.
pub(crate) type Winner<'a> = &'a dyn Payload;

/// Where values come from, and how they are read.
const REMOTE: Write = Write {
    origin: Origin::Remote,
    skip_equal: false,
};

impl<D: RecordDoor + ?Sized> Bound<D> {
    /// Writes what the server says of the record; an error if its contract refuses it, and then the record stays
    /// as it is.
    pub(crate) fn deliver(
        &mut self,
        bridge: &mut Bridge,
        payload: &dyn Payload,
        value: Delivered,
    ) -> Result<(), WriteError> {
        if !self.wants(value) {
            return Ok(());
        }
        self.seq = value.seq.or(self.seq);
        let basis = Basis::of(value.seq);
        // It may be here since a write was told that it lost against it. One from the device is said once more: it is confirmed now.
        let is_known = self.is_judged() && self.heard_version > 0;
        let is_shown = is_known && self.shown == basis && basis != Basis::Nowhere;
        // A value of an older version goes the general way, where it is migrated.
        if self.mirror.is_idle() && self.older.is_none() {
            let write = Write {
                skip_equal: is_shown || value.by.is_some(),
                ..REMOTE
            };
            let written = payload.accept_flat(self.door.id(), Policy::JAVASCRIPT, write);
            if let Some(written) = written {
                return self.heard(written, basis);
            }
        }
        let verdict = self.deliver_fields(bridge, payload, value, (basis, is_shown));
        for write in self.mirror.take_done() {
            bridge.forget(write);
        }
        verdict
    }

    fn heard(
        &mut self,
        written: Result<Commit, WriteError>,
        basis: Basis,
    ) -> Result<(), WriteError> {
        self.heard_version = written?.version;
        self.shown = basis;
        Ok(())
    }

    /// The general way: with local writes under way, or a value that does not fit numbers.
    fn deliver_fields(
        &mut self,
        bridge: &Bridge,
        payload: &dyn Payload,
        value: Delivered,
        (basis, is_shown): (Basis, bool),
    ) -> Result<(), WriteError> {
        let decoded = self.decode(payload);
        let Ok(fields) = decoded else {
            return self.door.accept_decoded(decoded, REMOTE).map(|_| ());
        };
        let is_same = |write: WriteId| {
            let source = bridge.write(write).and_then(|entry| entry.source.as_ref());
            source.is_some_and(|source| source.fields == fields)
        };
        let appends = self.appends();
        // Our own server numbers its values and says whose they are. One that does not never says; and neither does the
        // snapshot of a ring, which may be what was written here just before a connection was lost.
        let is_untold = value.is_unsure
            || value.seq.is_none()
            || (appends && value.kind == DeliveryKind::Snapshot);
        let incoming = Incoming {
            fields: &fields,
            by: value.by,
            is_same: is_untold.then_some(&is_same),
            order: &|write| bridge.order(write),
        };
        self.before = basis;
        let skip_equal = match self.mirror.incoming(incoming, appends) {
            Verdict::Keep => return Ok(()),
            Verdict::Apply => is_shown,
            Verdict::ApplyIfNew => true,
        };
        let write = Write {
            skip_equal,
            ..REMOTE
        };
        let written = self.door.accept_decoded(Ok(fields), write);
        self.heard(written, basis)
    }

    fn decode(&self, payload: &dyn Payload) -> Result<Fields, Box<Violation>> {
        let announced = self.older.filter(|_| !self.mirroring.by_host);
        payload.decode(self.door.schema(), announced, Policy::JAVASCRIPT)
    }

    /// Takes note of the value that a write lost against, unless there is news of a later one already. Gives whether it did.
    fn lost(&mut self, outcome: &Outcome<'_>, winner: Option<Winner<'_>>) -> bool {
        let (Outcome::Refused(refusal), Some(winner)) = (outcome, winner) else {
            return false;
        };
        let is_news = refusal
            .seq
            .is_none_or(|seq| self.seq.is_none_or(|last| seq > last));
        if !is_news || self.appends() {
            return false;
        }
        // One that the contract here does not allow is shown no more than if it came by itself.
        let Ok(fields) = self.decode(winner) else {
            return false;
        };
        self.mirror.set_confirmed(fields);
        self.before = Basis::of(refusal.seq);
        true
    }

    /// Puts the record back when the server did not take its newest write.
    pub(crate) fn settle(
        &mut self,
        write: WriteId,
        outcome: &Outcome<'_>,
        winner: Option<Winner<'_>>,
    ) {
        let appends = self.appends();
        let is_taken = matches!(outcome, Outcome::Acknowledged | Outcome::Sent);
        self.own.settled(write, is_taken);
        let has_won = self.lost(outcome, winner);
        let basis = self.before;
        let settled = match outcome {
            Outcome::Dropped(DropReason::Superseded) if !appends => self.mirror.superseded(write),
            Outcome::Acknowledged | Outcome::Sent => self.mirror.settled(write, true, appends),
            // Should its echo come after all, it must not be appended a second time.
            Outcome::Unknown(_) if appends => self.mirror.settled(write, true, appends),
            Outcome::Refused(_) | Outcome::Dropped(_) | Outcome::Unknown(_) => {
                self.mirror.settled(write, false, appends)
            }
        };
        match settled {
            Settled::Keep => {}
            Settled::Restore(None) => {
                self.door.clear();
                self.shown = basis;
            }
            // It came from the server, and its contract allowed it.
            Settled::Show(fields) => self.show(fields, true, basis),
            Settled::Restore(Some(fields)) if has_won => self.show(fields, false, basis),
            // It was in the record before, so its contract allows it.
            Settled::Restore(Some(fields)) => {
                let _ = self.door.accept(fields, Write::from(Origin::Restored));
                self.shown = basis;
            }
        }
    }

    fn show(&mut self, fields: Fields, skip_equal: bool, basis: Basis) {
        let write = Write {
            skip_equal,
            ..REMOTE
        };
        let written = self.door.accept(fields, write);
        let _ = self.heard(written, basis);
    }
}
