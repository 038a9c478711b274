//! Taking records out of a database.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::db::{AimDb, unknown};
use crate::error::Problem;
use crate::link::LinkSender;
use crate::platform::StateCell;
use crate::record::door::RecordDoor;
use crate::runtime::RuntimeAdapter;
use crate::store::Held;
use crate::task::ending::end;

impl<R: RuntimeAdapter> AimDb<R> {
    /// Removes a record. Its key can be configured again at once, as another record.
    ///
    /// Its readers and taps read what is there and then find [`Next::Closed`](crate::Next::Closed);
    /// what derives it ends; who still writes it gets [`WriteError::Removed`](crate::WriteError); the
    /// connectors of its links are told. An error if there is no such record, or if others are derived
    /// from it.
    pub fn remove(&self, key: &str) -> Result<(), Problem> {
        self.take(key, false).map(|_| ())
    }

    /// Removes a record with all that is derived from it, directly or not. Gives the keys of what is
    /// gone, the record's own last.
    pub fn remove_with_dependents(&self, key: &str) -> Result<Vec<Arc<str>>, Problem> {
        self.take(key, true)
    }

    fn take(&self, key: &str, with_dependents: bool) -> Result<Vec<Arc<str>>, Problem> {
        let gone = self.take_out(key, with_dependents)?;
        // What follows wakes others and drops values, so the store is free again.
        for held in &gone {
            held.door.retire();
            // Taps end by themselves, after what is there.
            for derivation in held.attached.iter().filter(|attached| attached.derives) {
                end::<R>(&derivation.ending);
            }
        }
        if gone.iter().any(|held| !held.links.is_empty()) {
            self.shared.connectors.iter().for_each(LinkSender::wake);
        }
        let mut keys = Vec::with_capacity(gone.len());
        for held in gone {
            keys.push(held.key.clone());
        }
        Ok(keys)
    }

    fn take_out(&self, key: &str, with_dependents: bool) -> Result<Vec<Box<Held<R>>>, Problem> {
        self.shared.store.with(|store| {
            let place = store.names.get(key).ok_or_else(|| unknown(key))?;
            let places = store.downstream(place);
            if places.len() > 1 && !with_dependents {
                let readers = places[1..].iter().filter(|(_, through)| *through == 0);
                return Err(Problem::InUse {
                    record: key.to_string(),
                    readers: store.keys(&mut readers.map(|(place, _)| *place)),
                });
            }
            let mut gone = Vec::with_capacity(places.len());
            for (place, _) in places.into_iter().rev() {
                let Some(id) = store.records.at(place).map(|held| held.door.id()) else {
                    continue;
                };
                let Some(held) = store.take(id) else { continue };
                for connector in self.shared.connectors.iter() {
                    connector.end(&held.links, id);
                }
                self.shared.changes.with(|changes| {
                    changes.forget(id);
                    changes.trim(store.records.extent());
                });
                gone.push(held);
            }
            Ok(gone)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::Bare;
    use crate::{AimDbBuilder, BufferConfig, Links, RecordId, Write};
    use aimdb_contracts::Settable;
    use aimdb_contracts::builtin::Temperature;
    use std::format;
    use std::sync::Weak;

    const LATEST: BufferConfig = BufferConfig::SingleLatest;

    /// The lengths and capacities of everything that grows with records.
    fn memory(db: &AimDb<Bare>, links: &Links<Bare>) -> usize {
        let store = db.shared.store.with(|store| store.capacity());
        store + db.shared.changes.with(|changes| changes.capacity()) + links.waiting()
    }

    fn configure(db: &AimDb<Bare>, key: &str) -> Arc<dyn RecordDoor> {
        db.configure::<Temperature>(key, |reg| {
            reg.buffer(LATEST)
                .transform("base", |value: &Temperature| Some(value.clone()))
                .tap(|_, mut tap| async move { while tap.next().await.is_some() {} })
                .link_to("bus://anywhere");
        })
        .unwrap();
        // Attached to what stays, and to what goes.
        let looked = db.tap("base", Box::new(|_| {})).unwrap();
        let kept = format!("{key} kept");
        db.configure::<Temperature>(&kept, |reg| {
            reg.buffer(LATEST);
        })
        .unwrap();
        let first = db.derive(&kept, &["base"], Box::new(|_, _| None)).unwrap();
        assert!(db.detach(looked) && db.detach(first));
        db.derive(&kept, &["base", key], Box::new(|_, _| None))
            .unwrap();
        let door = db.door(key).unwrap();
        door.watch(true);
        door
    }

    #[test]
    fn records_that_came_and_went_leave_memory_as_it_was() {
        let runtime = Bare::default();
        let mut builder = AimDbBuilder::new(runtime.clone());
        let links = builder.connector("bus");
        builder.configure::<Temperature>("base", |reg| {
            reg.buffer(LATEST);
        });
        let db = builder.build().unwrap();
        let base = db.producer::<Temperature>("base").unwrap();
        let before = memory(&db, &links);
        let mut gone: Vec<Weak<dyn RecordDoor>> = Vec::new();
        // One after the other, then all at once, and those from the first to the last.
        for rounds in [18_000, 1] {
            for round in 0..rounds {
                let keys: Vec<_> = (0..18_000 / rounds)
                    .map(|number| format!("{round} {number}"))
                    .collect();
                gone.extend(keys.iter().map(|key| Arc::downgrade(&configure(&db, key))));
                base.produce(Temperature::set(1.0, 1)).unwrap();
                runtime.run();
                assert_eq!(db.doors().len(), 1 + 2 * keys.len());
                for key in &keys {
                    assert_eq!(db.remove_with_dependents(key).unwrap().len(), 2);
                }
                runtime.run();
            }
            assert!(memory(&db, &links) <= before + 8 * 128);
            assert_eq!((db.doors().len(), runtime.tasks()), (1, 0));
            assert_eq!(db.record::<Temperature>("base").unwrap().waiter_places(), 0);
        }
        assert_eq!(gone.len(), 36_000);
        assert!(gone.iter().all(|door| door.upgrade().is_none()));
        let mut changed = Vec::new();
        db.drain_changes(&mut changed);
        assert_eq!(changed, []);
    }

    #[test]
    fn a_number_that_is_stale_finds_nothing_and_changes_nothing() {
        let db = AimDbBuilder::new(Bare::default()).build().unwrap();
        let configure = |celsius| {
            let configured = db.configure::<Temperature>("room", |reg| {
                reg.buffer(LATEST);
            });
            let record = configured.unwrap();
            db.door("room").unwrap().watch(true);
            let value = Temperature::set(celsius, 1);
            record.produce(value, Write::default()).unwrap();
            record
        };
        let old = configure(1.0);
        db.remove("room").unwrap();
        let new = configure(2.0);
        let place = |id: RecordId| (id.index(), id.generation());
        assert_eq!((place(old.id()), place(new.id())), ((0, 1), (0, 2)));
        assert!(db.door_at(old.id()).is_none());
        assert_eq!(
            db.door_at(new.id()).unwrap().latest(),
            db.door("room").unwrap().latest()
        );
        // The old one's change, and what still happens to it, are nobody's.
        old.clear();
        let mut changed = Vec::new();
        db.drain_changes(&mut changed);
        assert_eq!(changed, [new.id()]);
        assert_eq!(old.latest(), None);
        assert!(new.latest().is_some());
    }
}
