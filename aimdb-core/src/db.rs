//! A running database: its records, by key and by number.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;

use aimdb_contracts::Linkable;

use crate::builder::plan;
use crate::commit::{ChangeLog, Origin};
use crate::door::{RecordDoor, TypedDoor};
use crate::endpoints::{Consumer, Producer};
use crate::error::{BuildError, Problem};
use crate::graph::Node;
use crate::key::RecordId;
use crate::link::LinkSender;
use crate::plan::Plan;
use crate::record::Record;
use crate::registrar::Registrar;
use crate::runtime::{Erase, RuntimeAdapter, StateCell};
use crate::store::{Held, Store};

/// A running database. Clones share it.
pub struct AimDb<R: RuntimeAdapter> {
    runtime: R,
    pub(crate) store: R::Cell<Store<R>>,
    pub(crate) changes: R::Cell<ChangeLog>,
    pub(crate) connectors: Arc<[LinkSender<R>]>,
}

impl<R: RuntimeAdapter> Clone for AimDb<R> {
    fn clone(&self) -> Self {
        Self {
            runtime: self.runtime.clone(),
            store: self.store.clone(),
            changes: self.changes.clone(),
            connectors: self.connectors.clone(),
        }
    }
}

impl<R: RuntimeAdapter> AimDb<R> {
    pub(crate) fn new(runtime: R, connectors: Vec<LinkSender<R>>) -> Self {
        Self {
            runtime,
            store: R::Cell::new(Store::default()),
            changes: R::Cell::new(ChangeLog::default()),
            connectors: connectors.into(),
        }
    }

    /// The platform it runs on.
    pub fn runtime(&self) -> &R {
        &self.runtime
    }

    /// Adds a record to a running database; nothing is added if anything is wrong with it.
    pub fn configure<T: Linkable>(
        &self,
        key: &str,
        describe: impl FnOnce(&mut Registrar<'_, T, R>),
    ) -> Result<Record<T, R>, BuildError>
    where
        R: Erase<TypedDoor<T, R>>,
    {
        let door = self.open_one(plan(key, describe))?;
        Ok(Record::behind(&door)?)
    }

    /// Adds a record, without its type.
    pub(crate) fn open_one(&self, plan: Plan<R>) -> Result<Arc<R::Door>, BuildError> {
        let key = plan.key.clone();
        let mut doors = self.admit(alloc::vec![plan])?;
        doors.pop().ok_or_else(|| unknown(&key).into())
    }

    /// The record with this key, for code that knows its type. It may keep its values in another form, such as
    /// by its description; an error if its contract is another one.
    pub fn record<T: Linkable>(&self, key: &str) -> Result<Record<T, R>, Problem> {
        Record::behind(&self.door(key).ok_or_else(|| unknown(key))?)
    }

    /// A writer of the record.
    pub fn producer<T: Linkable>(&self, key: &str) -> Result<Producer<T, R>, Problem> {
        Ok(Producer::new(self.record(key)?, Origin::Local))
    }

    /// A reader of the record.
    pub fn consumer<T: Linkable>(&self, key: &str) -> Result<Consumer<T, R>, Problem> {
        Ok(Consumer::new(self.record(key)?))
    }

    /// The record with this key, without its type.
    pub fn door(&self, key: &str) -> Option<Arc<R::Door>> {
        self.store
            .with(|store| store.find(key).map(|held| held.door.clone()))
    }

    /// The record with this number, without its type; nothing if that record was removed, whatever
    /// stands in its place now.
    pub fn door_at(&self, id: RecordId) -> Option<Arc<R::Door>> {
        self.store
            .with(|store| store.records.get(id).map(|held| held.door.clone()))
    }

    /// All records, in the order of configuration; one that was removed and configured again is new.
    pub fn doors(&self) -> Vec<Arc<R::Door>> {
        let door = |held: &Held<R>| held.door.clone();
        self.store
            .with(|store| store.records.iter().map(door).collect())
    }

    /// Who reads whom, in the order of configuration.
    pub fn graph(&self) -> Vec<Node> {
        self.store.with(|store| store.graph())
    }

    /// Calls `waker` when a watched record changes for the first time after a look at the list of
    /// changes; see [`RecordDoor::watch`].
    pub fn on_change(&self, waker: Waker) {
        let waker = Arc::new(waker);
        let before = self.changes.with(|changes| changes.set_waker(waker));
        drop(before);
    }

    /// Moves the numbers of the watched records that changed since the last call into `out`, each
    /// once, in the order of their first change. Those of removed records are not among them.
    pub fn drain_changes(&self, out: &mut Vec<RecordId>) {
        self.changes.with(|changes| changes.drain(out));
    }

    /// Calls `waker` when a mirrored record is written here for the first time after a look at what was
    /// written; see [`RecordDoor::mirror`]. Each write is told once, so one alone may look: `false` if somebody does already.
    /// Nothing in place of a waker lets another one.
    pub fn on_written(&self, waker: Option<Waker>) -> bool {
        let waker = waker.map(Arc::new);
        let (is_free, rest) = self.changes.with(|changes| {
            let is_free = waker.is_none() || !changes.has_written_waker();
            match is_free {
                true => (true, changes.set_written_waker(waker)),
                false => (false, waker),
            }
        });
        // Whose it was is no business of the cell.
        drop(rest);
        is_free
    }

    /// The record whose journal has the oldest write that was not looked at, of all records. It may be gone by
    /// now.
    pub fn next_written(&self) -> Option<RecordId> {
        self.changes.with(ChangeLog::next_written)
    }

    /// Ends every reader, transform and link once it has seen what is there. Writing goes on to
    /// work, for those who still hold a producer.
    pub fn close(&self) {
        for door in self.doors() {
            door.close();
        }
        for connector in self.connectors.iter() {
            connector.close();
        }
    }
}

pub(crate) fn unknown(key: &str) -> Problem {
    Problem::UnknownRecord {
        record: key.to_string(),
    }
}
