//! What is written here, on its way to a server.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_core::{Fields, Origin, RecordDoor, RecordId, RuntimeAdapter, Write, Written};
use aimdb_ws_bridge::{Condition, Input, Now, Source, WriteId};
use aimdb_ws_protocol::Raw;

use crate::api::{Action, Effect, Unsent};
use crate::bound::Bound;
use crate::conflict::Basis;
use crate::peer::{Peer, perform};
use crate::versions::outgoing;

/// So many writes are taken at once; other threads may write as fast as they are taken.
const TAKEN_MAX: usize = 1_024;

impl<R: RuntimeAdapter> Peer<R> {
    /// Takes what was written to mirrored records since the last call, in the order of the writes; `true` if there may be
    /// more, which is to be taken by another call. `given` is the newest
    /// write of its record as JSON text, where the driver has made it one for a server that holds an older version of the
    /// contract. To be called after each write, or when [`AimDb::on_written`](aimdb_core::AimDb::on_written) says so.
    pub fn take_written(
        &mut self,
        given: Option<(RecordId, &str)>,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) -> bool {
        for _ in 0..TAKEN_MAX {
            let Some(id) = self.db.next_written() else {
                return false;
            };
            let Some(bound) = self.records.get_mut(id) else {
                continue;
            };
            if let Some(written) = bound.door.take_written() {
                let is_given = given
                    .filter(|(record, _)| *record == id && written.version == bound.door.version());
                self.written(id, written, is_given.map(|(_, text)| text), now, emit);
            }
        }
        true
    }

    fn written(
        &mut self,
        id: RecordId,
        written: Written<Fields>,
        given: Option<&str>,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        if written.missed > 0 {
            let missed = written.missed;
            self.tell_unsent(id, Unsent::Overrun { missed }, emit);
        }
        let Some(bound) = self.records.get_mut(id) else {
            return;
        };
        let Some(number) = bound.session else {
            // What is derived here is nobody's wish: it stays here without a word.
            let is_wish = written.entry.origin == Origin::Local;
            return self.end_journal(id, is_wish, emit);
        };
        let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) else {
            return;
        };
        let condition = bound.condition_of(&written, session.bridge.instance());
        bound.remember_confirmed(&written);
        let (fields, version) = (written.entry.value, written.version);
        let made = match given {
            Some(text) => String::from(text),
            None => outgoing(bound.door.schema(), &fields, bound.older),
        };
        let topic = session.topics.topic(bound.door.key(), bound.own_topic());
        let policy = bound.mirroring.offline;
        let source = Some(Source {
            record: id,
            key: bound.door.key().into(),
            fields,
        });
        let input = Input::Write {
            topic: &topic,
            payload: Raw::known(&made),
            policy,
            source,
            condition,
        };
        let (records, topics, taken) = (&mut self.records, &session.topics, &mut self.taken);
        let echoes_max = session.bridge.writes_pending_max();
        session.bridge.handle(input, now, &mut |effect| {
            if let aimdb_ws_bridge::Effect::WriteTaken { write, .. } = effect {
                *taken = Some((id, write));
                if let Some(bound) = records.get_mut(id) {
                    bound.wrote(write, version, echoes_max);
                }
                return;
            }
            perform(records, topics, (number, None), effect, emit);
        });
        if let Some(bound) = self.records.get_mut(id) {
            bound.mirror.after_write();
        }
        self.forget_done(id, number);
    }

    /// What is written to a record is not sent: says so once, and looks no more.
    fn end_journal(&mut self, id: RecordId, tells: bool, emit: &mut dyn FnMut(Effect<'_>)) {
        if let Some(bound) = self.records.get_mut(id) {
            bound.is_told = true;
            bound.door.mirror(false);
        }
        if tells {
            self.tell_unsent(id, Unsent::NotMirrored, emit);
        }
    }

    /// Tells the session that a record has, or else the first one, of what was not sent.
    pub(crate) fn tell_unsent(
        &mut self,
        id: RecordId,
        reason: Unsent,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        let Some(bound) = self.records.get(id) else {
            return;
        };
        let first = self.sessions.iter().position(Option::is_some);
        let Some(session) = bound.session.or(first) else {
            return;
        };
        let key = bound.door.key();
        emit(Effect {
            session,
            record: Some(id),
            action: Action::Unsent { key, reason },
        });
    }

    /// Tells of records that were written here before the session began, whose values its server has not heard of.
    pub(crate) fn tell_earlier(&mut self, session: usize, emit: &mut dyn FnMut(Effect<'_>)) {
        let is_earlier = |bound: &&Bound<R::Door>| {
            let newest = || bound.door.latest().map(|entry| entry.origin);
            bound.session == Some(session) && newest() == Some(Origin::Local)
        };
        let earlier: Vec<RecordId> = self
            .records
            .iter()
            .filter(is_earlier)
            .map(|bound| bound.door.id())
            .collect();
        for id in earlier {
            self.tell_unsent(id, Unsent::BeforeSession, emit);
        }
    }

    /// Lets the session forget the writes of a record that nobody asks for any more.
    pub(crate) fn forget_done(&mut self, id: RecordId, session: usize) {
        let session = self.sessions.get_mut(session).and_then(Option::as_mut);
        if let (Some(bound), Some(session)) = (self.records.get_mut(id), session) {
            for write in bound.mirror.take_done() {
                session.bridge.forget(write);
            }
        }
    }
}

impl<D: RecordDoor + ?Sized> Bound<D> {
    /// A write of an earlier session is under way again: the record shows it, and remembers what it had.
    pub(crate) fn restore(&mut self, write: WriteId, fields: Fields, echoes_max: usize) {
        let before = self.door.latest().map(|entry| entry.value);
        self.goes_back_to(before.filter(|_| !self.appends()));
        // It was in a record of this key before; a contract that allows it no more shows nothing of it, and the
        // server will say so too.
        let shown = self.door.accept(fields, Write::from(Origin::Restored));
        self.wrote(write, shown.map_or(0, |commit| commit.version), echoes_max);
        self.mirror.after_write();
    }

    /// A write is under way, and the record shows it as this version.
    fn wrote(&mut self, write: WriteId, version: u64, echoes_max: usize) {
        self.mirror.written(write, echoes_max);
        if self.appends() {
            self.own.written(write, version);
        }
        self.shown = Basis::Write(write);
    }

    fn goes_back_to(&mut self, value: Option<Fields>) {
        if self.mirror.is_settled() {
            self.before = self.shown;
        }
        self.mirror.before_write(value);
    }

    /// On what condition the server is to take a write. Where threads write and read at once, its writer may not have seen
    /// what came from the server since; then it saw nothing that is there.
    fn condition_of(
        &self,
        written: &Written<Fields>,
        instance: Option<&str>,
    ) -> Option<Condition<'static>> {
        let seen = match self.heard_version > written.version {
            true => Basis::Nowhere,
            false => self.shown,
        };
        self.mirroring.conflict.condition(seen, instance)
    }

    /// Before a write is sent: remembers what to go back to. That is what the record had when it was written, or what came
    /// from the server since, where threads write and read at once.
    fn remember_confirmed(&mut self, written: &Written<Fields>) {
        if self.appends() {
            return self.goes_back_to(None);
        }
        let before = written.before.as_ref();
        let current = match self.heard_version > written.version {
            true => self.door.latest().map(|entry| entry.value),
            false => before.map(|entry| entry.value.clone()),
        };
        self.goes_back_to(current);
    }
}
