//! Many threads that write, read, lag, come and go at once: what was read and what was missed is all that was written.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aimdb_contracts::Settable;
use aimdb_contracts::builtin::Temperature;
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Next, Producer, Read};
use aimdb_tokio_adapter::TokioAdapter;
use tokio::task::JoinSet;

type Db = AimDb<TokioAdapter>;

const WRITERS: u64 = 8;
const WRITES: u64 = 4_000;
const ALL: u64 = WRITERS * WRITES;
const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 32 };

/// The value that a writer writes as its `number`th.
fn value(writer: u64, number: u64) -> Temperature {
    Temperature::set(writer as f32, number)
}

fn database(buffer: BufferConfig) -> Db {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(buffer);
    });
    builder.build().unwrap()
}

/// Eight tasks that write as fast as they can, each in order.
fn write_all(db: &Db, tasks: &mut JoinSet<()>) {
    for writer in 0..WRITERS {
        let producer: Producer<Temperature, TokioAdapter> = db.producer("room").unwrap();
        tasks.spawn(async move {
            for number in 0..WRITES {
                producer.produce(value(writer, number)).unwrap();
                // Sometimes others are let in, so that who reads is sometimes quick and sometimes slow.
                if number % 16 == writer {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
}

/// That the values of each writer come in its order, none twice.
#[derive(Default)]
struct Order([Option<u64>; WRITERS as usize]);

impl Order {
    fn check(&mut self, value: &Temperature) {
        let last = &mut self.0[value.celsius as usize];
        assert!(*last < Some(value.timestamp), "{last:?} {value:?}");
        *last = Some(value.timestamp);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_ring_what_was_received_and_what_was_missed_is_all() {
    let db = database(RING);
    let mut readers = JoinSet::new();
    // By values alone, by events, and by looks without waiting.
    for way in 0..6 {
        let mut reader = db.consumer::<Temperature>("room").unwrap();
        readers.spawn(async move {
            let (mut order, mut received, mut told) = (Order::default(), 0, 0);
            loop {
                let value = match way % 3 {
                    0 => match reader.next().await {
                        Some(value) => value,
                        None => break,
                    },
                    1 => match reader.next_event().await {
                        Next::Value(value) => value,
                        Next::Lagged { missed } => {
                            told += missed;
                            continue;
                        }
                        Next::Closed => break,
                    },
                    _ => match reader.try_event() {
                        Read::Value(value) => value,
                        Read::Lagged { missed } => {
                            told += missed;
                            continue;
                        }
                        Read::Empty => match reader.next().await {
                            Some(value) => value,
                            None => break,
                        },
                    },
                };
                order.check(&value);
                received += 1;
                if received % 64 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            assert!(told <= reader.missed() && (way % 3 != 1 || told == reader.missed()));
            assert_eq!(received + reader.missed(), ALL, "way {way}");
            (received, reader.missed())
        });
    }
    // Some come, read a little and go, waiting or not; what they do is nobody else's.
    let (stop, passing) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut guests = JoinSet::new();
    for guest in 0..4 {
        let (db, stop, passing) = (db.clone(), stop.clone(), passing.clone());
        guests.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let mut reader = db.consumer::<Temperature>("room").unwrap();
                for _ in 0..guest {
                    tokio::select! {
                        biased;
                        _ = reader.next() => {}
                        () = tokio::task::yield_now() => {}
                    }
                }
                passing.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
    }
    let mut writers = JoinSet::new();
    write_all(&db, &mut writers);
    writers.join_all().await;
    stop.store(true, Ordering::Relaxed);
    guests.join_all().await;
    let door = db.door("room").unwrap();
    assert_eq!((door.version(), door.counters().written), (ALL, ALL));
    assert!(passing.load(Ordering::Relaxed) > 0);
    db.close();
    let counts = readers.join_all().await;
    let (read, missed) = counts.iter().fold((0, 0), |(read, missed), (one, other)| {
        (read + one, missed + other)
    });
    assert_eq!(read + missed, 6 * ALL);
    // The record has counted the guests too.
    let counters = door.counters();
    assert!(counters.read >= read && counters.missed >= missed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_mailbox_each_value_is_taken_once_or_replaced() {
    let db = database(BufferConfig::Mailbox);
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let mut reader = db.consumer::<Temperature>("room").unwrap();
        readers.spawn(async move {
            let mut taken = Vec::new();
            while let Some(value) = reader.next().await {
                taken.push((value.celsius as u64, value.timestamp));
            }
            taken
        });
    }
    let mut writers = JoinSet::new();
    write_all(&db, &mut writers);
    writers.join_all().await;
    let newest = db.record::<Temperature>("room").unwrap().latest().unwrap();
    db.close();
    let mut taken = readers.join_all().await.concat();
    let count = taken.len();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), count, "none is taken twice");
    let newest = (newest.value.celsius as u64, newest.value.timestamp);
    assert!(
        taken.contains(&newest),
        "the last one waits until it is taken"
    );
    assert_eq!(db.door("room").unwrap().counters().read, count as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_state_every_reader_ends_with_the_newest() {
    let db = database(BufferConfig::SingleLatest);
    let mut readers = JoinSet::new();
    for _ in 0..6 {
        let mut reader = db.consumer::<Temperature>("room").unwrap();
        readers.spawn(async move {
            let (mut order, mut last) = (Order::default(), None);
            while let Some(value) = reader.next().await {
                order.check(&value);
                last = Some(value);
            }
            last
        });
    }
    let mut writers = JoinSet::new();
    write_all(&db, &mut writers);
    writers.join_all().await;
    let newest = db.record::<Temperature>("room").unwrap().latest().unwrap();
    db.close();
    for last in readers.join_all().await {
        assert_eq!(last.as_ref(), Some(&newest.value));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_graph_under_load_loses_nothing_that_it_does_not_tell() {
    let passed = Arc::new(AtomicU64::new(0));
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    let large = BufferConfig::SpmcRing { capacity: 65_536 };
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(large);
    });
    builder.configure::<Temperature>("same", |reg| {
        reg.buffer(large)
            .transform("room", |value: &Temperature| Some(value.clone()));
    });
    builder.configure::<Temperature>("counted", |reg| {
        let passed = passed.clone();
        reg.buffer(large).transform_join(0_u64, |join| {
            let count = move |count: &mut u64, _: &Temperature| {
                *count += 1;
                passed.store(*count, Ordering::Relaxed);
                Some(value(0, *count))
            };
            join.on("room", count.clone()).on("same", count);
        });
    });
    let db = builder.build().unwrap();
    let mut reader = db.consumer::<Temperature>("counted").unwrap();
    let mut writers = JoinSet::new();
    write_all(&db, &mut writers);
    writers.join_all().await;
    // What is on its way comes through.
    db.close();
    let mut received = 0;
    while reader.next().await.is_some() {
        received += 1;
    }
    let counters = |key: &str| db.door(key).unwrap().counters();
    assert_eq!(
        (counters("room").written, counters("room").missed),
        (ALL, 0)
    );
    assert_eq!(
        (counters("same").written, counters("same").missed),
        (ALL, 0)
    );
    assert_eq!(counters("counted").written, 2 * ALL);
    assert_eq!(passed.load(Ordering::Relaxed), 2 * ALL);
    assert_eq!(received + reader.missed(), 2 * ALL);
}
