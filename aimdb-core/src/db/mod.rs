//! A running database: its records, by key and by number.

pub(crate) mod admit;
pub(crate) mod attach;
pub(crate) mod builder;
pub(crate) mod remove;

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;

use aimdb_contracts::Linkable;

use crate::error::{BuildError, Problem};
use crate::graph::Node;
use crate::key::RecordId;
use crate::link::LinkSender;
use crate::plan::Plan;
use crate::plan::registrar::{Registrar, plan};
use crate::platform::StateCell;
use crate::record::Record;
use crate::record::commit::{ChangeLog, Origin};
use crate::record::door::RecordDoor;
use crate::record::endpoints::{Consumer, Producer};
use crate::record::shaped::TypedDoor;
use crate::runtime::{Erase, RuntimeAdapter};
use crate::store::{Held, Store};

/// A running database. Clones share it; when the last one is dropped, it is [closed](Self::close). Readers and
/// writers do not keep it running, and neither do its own tasks.
pub struct AimDb<R: RuntimeAdapter> {
    pub(crate) shared: Arc<Shared<R>>,
}

/// What the handles share.
pub(crate) struct Shared<R: RuntimeAdapter> {
    runtime: R,
    pub(crate) store: R::Cell<Store<R>>,
    pub(crate) changes: R::Cell<ChangeLog>,
    pub(crate) connectors: Vec<LinkSender<R>>,
}

impl<R: RuntimeAdapter> Clone for AimDb<R> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<R: RuntimeAdapter> Shared<R> {
    fn doors(&self) -> Vec<Arc<R::Door>> {
        let door = |held: &Held<R>| held.door.clone();
        self.store
            .with(|store| store.records.iter().map(door).collect())
    }

    fn close(&self) {
        self.store.with(|store| store.is_closed = true);
        for door in self.doors() {
            door.close();
        }
        for connector in &self.connectors {
            connector.close();
        }
    }
}

impl<R: RuntimeAdapter> Drop for Shared<R> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<R: RuntimeAdapter> AimDb<R> {
    #[allow(
        clippy::arc_with_non_send_sync,
        reason = "one handle for all runtimes; some have one thread"
    )]
    pub(crate) fn new(runtime: R, connectors: Vec<LinkSender<R>>) -> Self {
        let shared = Shared {
            runtime,
            store: R::Cell::new(Store::default()),
            changes: R::Cell::new(ChangeLog::default()),
            connectors,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The platform it runs on.
    pub fn runtime(&self) -> &R {
        &self.shared.runtime
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

    /// A writer of the record; an error if the database is closed.
    pub fn producer<T: Linkable>(&self, key: &str) -> Result<Producer<T, R>, Problem> {
        self.check_open()?;
        Ok(Producer::new(self.record(key)?, Origin::Local))
    }

    /// A reader of the record; an error if the database is closed.
    pub fn consumer<T: Linkable>(&self, key: &str) -> Result<Consumer<T, R>, Problem> {
        self.check_open()?;
        Ok(Consumer::new(self.record(key)?))
    }

    fn check_open(&self) -> Result<(), Problem> {
        self.shared.store.with(|store| store.check_open())
    }

    /// The record with this key, without its type.
    pub fn door(&self, key: &str) -> Option<Arc<R::Door>> {
        self.shared
            .store
            .with(|store| store.find(key).map(|held| held.door.clone()))
    }

    /// The record with this number, without its type; nothing if that record was removed, whatever
    /// stands in its place now.
    pub fn door_at(&self, id: RecordId) -> Option<Arc<R::Door>> {
        self.shared
            .store
            .with(|store| store.records.get(id).map(|held| held.door.clone()))
    }

    /// All records, in the order of configuration; one that was removed and configured again is new.
    pub fn doors(&self) -> Vec<Arc<R::Door>> {
        self.shared.doors()
    }

    /// Who reads whom, in the order of configuration.
    pub fn graph(&self) -> Vec<Node> {
        self.shared.store.with(|store| store.graph())
    }

    /// Calls `waker` when a watched record changes for the first time after a look at the list of
    /// changes; see [`RecordDoor::watch`].
    pub fn on_change(&self, waker: Waker) {
        let waker = Arc::new(waker);
        let before = self.shared.changes.with(|changes| changes.set_waker(waker));
        drop(before);
    }

    /// Moves the numbers of the watched records that changed since the last call into `out`, each
    /// once, in the order of their first change. Those of removed records are not among them.
    pub fn drain_changes(&self, out: &mut Vec<RecordId>) {
        self.shared.changes.with(|changes| changes.drain(out));
    }

    /// Calls `waker` when a mirrored record is written here for the first time after a look at what was
    /// written; see [`RecordDoor::mirror`]. Each write is told once, so one alone may look: `false` if somebody does already.
    /// Nothing in place of a waker lets another one.
    pub fn on_written(&self, waker: Option<Waker>) -> bool {
        let waker = waker.map(Arc::new);
        let (is_free, rest) = self.shared.changes.with(|changes| {
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
        self.shared.changes.with(ChangeLog::next_written)
    }

    /// Whether [`next_written`](Self::next_written) has one.
    pub fn has_written(&self) -> bool {
        self.shared.changes.with(|changes| changes.has_written())
    }

    /// Ends what the database runs, for all its handles: values are refused from now on, and nothing is added; what is
    /// there comes through all transforms and joins to their readers, and then each reader, tap and link ends; a
    /// source is told by [`Producer::closed`]. Sources and taps that go on all the same are dropped after
    /// [`GRACE`](crate::GRACE). What was there can still be read through records and doors.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.shared.store.with(|store| store.is_closed)
    }
}

pub(crate) fn unknown(key: &str) -> Problem {
    Problem::UnknownRecord {
        record: key.to_string(),
    }
}
