//! What is written here is kept for a server as it was committed, in order, and nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use aimdb_contracts::{Settable, Value, builtin::Temperature};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Fields, JOURNAL_MAX, Origin, Record, Write};
use support::Bare;

type Room = Record<Temperature, Bare>;

fn database() -> AimDb<Bare> {
    AimDbBuilder::new(Bare::default()).build().unwrap()
}

fn room(db: &AimDb<Bare>, key: &str, buffer: BufferConfig) -> Room {
    let record = db.configure::<Temperature>(key, |reg| {
        reg.buffer(buffer);
    });
    db.door(key).unwrap().mirror(true);
    record.unwrap()
}

fn write(room: &Room, celsius: f32, origin: Origin) {
    let value = Temperature::set(celsius, 1);
    room.produce(value, Write::from(origin)).unwrap();
}

fn celsius(fields: &Fields) -> f64 {
    match fields.get(1) {
        Some(Value::F32(celsius)) => f64::from(*celsius),
        other => panic!("{other:?}"),
    }
}

/// Everything that waits, as `(key, value, value before)`.
fn drain(db: &AimDb<Bare>) -> Vec<(String, f64, Option<f64>)> {
    let mut all = Vec::new();
    while let Some(id) = db.next_written() {
        let door = db.door_at(id).unwrap();
        let written = door.take_written().unwrap();
        let before = written.before.map(|entry| celsius(&entry.value));
        all.push((door.key().into(), celsius(&written.entry.value), before));
    }
    all
}

#[test]
fn each_write_is_kept_as_it_was_committed_whatever_came_after() {
    let db = database();
    let latest = room(&db, "latest", BufferConfig::SingleLatest);
    let ring = room(&db, "ring", BufferConfig::SpmcRing { capacity: 2 });
    let mailbox = room(&db, "mailbox", BufferConfig::Mailbox);
    for number in [1.0, 2.0, 3.0] {
        write(&latest, number, Origin::Local);
        write(&ring, number, Origin::Rule);
        write(&mailbox, number, Origin::Local);
    }
    let expected = [(1.0, None), (2.0, Some(1.0)), (3.0, Some(2.0))];
    let expected = expected.into_iter().flat_map(|(number, before)| {
        [
            ("latest".to_owned(), number, before),
            ("ring".to_owned(), number, None),
            ("mailbox".to_owned(), number, None),
        ]
    });
    assert_eq!(drain(&db), expected.collect::<Vec<_>>());
}

#[test]
fn what_came_from_a_server_or_was_put_back_is_not_kept() {
    let db = database();
    let latest = room(&db, "latest", BufferConfig::SingleLatest);
    write(&latest, 1.0, Origin::Remote);
    write(&latest, 2.0, Origin::Restored);
    assert_eq!(drain(&db), []);
    write(&latest, 3.0, Origin::Local);
    assert_eq!(drain(&db), [("latest".to_owned(), 3.0, Some(2.0))]);
}

#[test]
fn a_record_that_mirrors_nothing_keeps_nothing() {
    let db = database();
    let latest = room(&db, "latest", BufferConfig::SingleLatest);
    write(&latest, 1.0, Origin::Local);
    let door = db.door("latest").unwrap();
    door.mirror(false);
    write(&latest, 2.0, Origin::Local);
    assert_eq!(door.take_written(), None);
    door.mirror(true);
    door.mirror(true);
    assert_eq!(door.take_written(), None);
}

#[test]
fn a_refused_value_and_an_equal_one_that_is_skipped_are_no_writes() {
    let db = database();
    let latest = room(&db, "latest", BufferConfig::SingleLatest);
    let skip = Write {
        origin: Origin::Local,
        skip_equal: true,
    };
    for value in [Temperature::set(1.0, 1), Temperature::set(1.0, 1)] {
        latest.produce(value, skip).unwrap();
    }
    let wrong = Temperature::set(f32::NAN, 1);
    assert!(latest.produce(wrong, Write::from(Origin::Local)).is_err());
    assert_eq!(drain(&db), [("latest".to_owned(), 1.0, None)]);
}

#[test]
fn beyond_the_bound_the_oldest_go_and_are_counted() {
    let db = database();
    let ring = room(&db, "ring", BufferConfig::SpmcRing { capacity: 2 });
    let over = 3;
    for _ in 0..JOURNAL_MAX + over {
        write(&ring, 1.0, Origin::Local);
    }
    let door = db.door("ring").unwrap();
    // As many numbers wait as writes.
    let numbers = core::iter::from_fn(|| db.next_written());
    assert_eq!(numbers.count(), JOURNAL_MAX);
    let first = door.take_written().unwrap();
    assert_eq!(
        (first.missed, first.version),
        (over as u64, over as u64 + 1)
    );
    let rest = core::iter::from_fn(|| door.take_written());
    assert_eq!(rest.map(|written| written.missed).sum::<u64>(), 0);
}

#[test]
fn who_waits_for_writes_is_woken_by_the_first_after_a_look() {
    #[derive(Default)]
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let db = database();
    let count = Arc::new(Count::default());
    db.on_written(Some(Waker::from(count.clone())));
    let latest = room(&db, "latest", BufferConfig::SingleLatest);
    for _ in 0..2 {
        write(&latest, 1.0, Origin::Local);
        write(&latest, 2.0, Origin::Local);
        assert_eq!(drain(&db).len(), 2);
    }
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
}
