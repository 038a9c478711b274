//! Loops over a reader: the shortest one goes on after a lag, and no loop keeps others from running.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use aimdb_contracts::builtin::Temperature;
use aimdb_contracts::{Settable, Streamable};
use aimdb_core::{
    AimDb, AimDbBuilder, BufferConfig, Contract, Described, DoorReader, LinkEvent, Next,
    READS_PER_TURN, Read, Spawn,
};
use futures_core::Stream;
use support::{Bare, now};

const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 16 };

fn at(number: u16) -> Temperature {
    Temperature::set(f32::from(number) / 100.0, u64::from(number))
}

/// A database with a typed and a described ring of 16.
fn database() -> (Bare, AimDb<Bare>) {
    let runtime = Bare::default();
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure::<Temperature>("typed", |reg| {
        reg.buffer(RING);
    });
    let db = builder.build().unwrap();
    let described = Described::fixed(Temperature::SCHEMA);
    described.open(&db, "described", RING).unwrap();
    (runtime, db)
}

fn burst(db: &AimDb<Bare>, key: &str, count: u16) {
    let producer = db.producer::<Temperature>(key).unwrap();
    for number in 0..count {
        producer.produce(at(number)).unwrap();
    }
}

#[test]
fn the_shortest_loop_goes_on_after_a_lag_whichever_way_it_is_written() {
    let (runtime, db) = database();
    let heard = Rc::new(RefCell::new(Vec::new()));
    for key in ["typed", "described"] {
        for way in 0..3 {
            let mut reader = db.consumer::<Temperature>(key).unwrap();
            let heard = heard.clone();
            runtime.spawn(async move {
                let mut count = 0;
                match way {
                    0 => {
                        while reader.next().await.is_some() {
                            count += 1;
                        }
                    }
                    1 => {
                        let next =
                            |context: &mut Context<'_>| Pin::new(&mut reader).poll_next(context);
                        let mut next = next;
                        while std::future::poll_fn(&mut next).await.is_some() {
                            count += 1;
                        }
                    }
                    _ => loop {
                        match reader.next_event().await {
                            Next::Value(_) => count += 1,
                            Next::Lagged { missed } => assert!([84, 1].contains(&missed)),
                            Next::Closed => break,
                        }
                    },
                }
                heard.borrow_mut().push((count, reader.missed()));
            });
        }
        let mut reader = db.consumer::<Temperature>(key).unwrap();
        for _ in 0..2 {
            burst(&db, key, 100);
            runtime.run();
        }
        // Without waiting: values alone, or all there is.
        let values = std::iter::from_fn(|| reader.try_next()).count();
        assert_eq!((values, reader.missed()), (16, 184));
        burst(&db, key, 17);
        assert_eq!(reader.try_event(), Read::Lagged { missed: 1 });
        assert_eq!(reader.missed(), 185);
    }
    db.close();
    runtime.run();
    let heard = heard.take();
    assert_eq!(heard.len(), 6);
    assert!(
        heard
            .iter()
            .all(|(count, missed)| { *count == 48 && *missed == 169 }),
        "{heard:?}"
    );
    let missed = db.door("typed").unwrap().counters().missed;
    assert_eq!(missed, 3 * 169 + 185);
}

/// Runs what writes what it reads beside a task that is to stop it; `work` says how often it went on.
fn check_others_run(start: impl FnOnce(&Bare, &AimDb<Bare>, Rc<dyn Fn() -> bool>)) {
    let (runtime, db) = database();
    let stop = Rc::new(Cell::new(false));
    let rounds = Rc::new(Cell::new(0_u32));
    let goes_on = {
        let (stop, rounds) = (stop.clone(), rounds.clone());
        move || {
            rounds.set(rounds.get() + 1);
            assert!(rounds.get() < 100_000, "nobody else runs");
            !stop.get()
        }
    };
    start(&runtime, &db, Rc::new(goes_on));
    burst(&db, "typed", 1);
    runtime.spawn(async move { stop.set(true) });
    runtime.run();
    assert!(
        (1..=2 * READS_PER_TURN).contains(&rounds.get()),
        "{}",
        rounds.get()
    );
}

#[test]
fn who_writes_what_it_reads_lets_others_run() {
    // A consumer's loop, by events too, and a stream.
    check_others_run(|runtime, db, goes_on| {
        let producer = db.producer::<Temperature>("typed").unwrap();
        let mut reader = db.consumer::<Temperature>("typed").unwrap();
        runtime.spawn(async move {
            while let Some(value) = reader.next().await {
                if goes_on() {
                    producer.produce(value).unwrap();
                }
            }
        });
    });
    check_others_run(|runtime, db, goes_on| {
        let producer = db.producer::<Temperature>("typed").unwrap();
        let mut reader = db.consumer::<Temperature>("typed").unwrap();
        runtime.spawn(async move {
            while let Next::Value(value) = reader.next_event().await {
                if goes_on() {
                    producer.produce(value).unwrap();
                }
            }
        });
    });
    // A tap of a configuration, on a record of its own.
    check_others_run(|_, db, goes_on| {
        let (typed, first) = (db.producer("typed").unwrap(), goes_on.clone());
        db.configure::<Temperature>("tapped", |reg| {
            reg.buffer(RING)
                .transform("typed", move |value: &Temperature| {
                    if first() {
                        typed.produce(value.clone()).unwrap();
                    }
                    None
                });
        })
        .unwrap();
    });
    check_others_run(|_, db, goes_on| {
        let producer = db.producer::<Temperature>("typed").unwrap();
        db.configure::<Temperature>("joined", |reg| {
            reg.buffer(RING).transform_join((), |join| {
                join.on("described", |(), _: &Temperature| None);
                join.on("typed", move |(), value: &Temperature| {
                    if goes_on() {
                        producer.produce(value.clone()).unwrap();
                    }
                    None
                });
            });
        })
        .unwrap();
    });
    // Without types: a tap, and the reader of a connector.
    check_others_run(|_, db, goes_on| {
        let door = db.door("typed").unwrap();
        let tap = move |next: Next<aimdb_core::Entry<aimdb_core::Fields>>| {
            if let Next::Value(entry) = next
                && goes_on()
            {
                door.accept(entry.value, Default::default()).unwrap();
            }
        };
        db.tap("typed", Box::new(tap)).unwrap();
    });
    check_others_run(|runtime, db, goes_on| {
        let door = db.door("typed").unwrap();
        let mut reader = DoorReader::<Bare>::new(door.clone());
        runtime.spawn(async move {
            while let Next::Value(entry) = reader.next_event().await {
                if goes_on() {
                    door.accept(entry.value, Default::default()).unwrap();
                }
            }
        });
    });
}

#[test]
fn a_closed_reader_that_is_asked_for_ever_lets_others_run() {
    check_others_run(|runtime, db, goes_on| {
        let mut reader = db.consumer::<Temperature>("described").unwrap();
        db.remove("described").unwrap();
        runtime.spawn(async move {
            while goes_on() {
                reader.next().await;
            }
        });
    });
}

#[test]
fn a_connector_that_makes_links_of_links_lets_others_run() {
    let runtime = Bare::default();
    let mut builder = AimDbBuilder::new(runtime.clone());
    let mut links = builder.connector("bus");
    let db = builder.build().unwrap();
    let stop = Rc::new(Cell::new(false));
    let rounds = Rc::new(Cell::new(0_u32));
    let configure = |db: &AimDb<Bare>, number: u32| {
        let configured = db.configure::<Temperature>(&number.to_string(), |reg| {
            reg.buffer(RING).link_to("bus://a");
        });
        configured.unwrap();
    };
    configure(&db, 0);
    let (seen, count) = (stop.clone(), rounds.clone());
    runtime.spawn(async move {
        while let Some(LinkEvent::Opened(_)) = links.next().await {
            count.set(count.get() + 1);
            assert!(count.get() < 10_000, "nobody else runs");
            if !seen.get() {
                configure(&db, count.get());
            }
        }
    });
    runtime.spawn(async move { stop.set(true) });
    runtime.run();
    assert!((1..=2 * READS_PER_TURN).contains(&rounds.get()));
}

#[test]
fn a_link_has_what_a_source_wrote_before_its_connector_came() {
    let check = |buffer: BufferConfig, expected: usize, missed: u64| {
        let runtime = Bare::default();
        let mut builder = AimDbBuilder::new(runtime.clone());
        let mut links = builder.connector("bus");
        builder.configure::<Temperature>("early", |reg| {
            reg.buffer(buffer)
                .link_to("bus://early")
                .source(|_, producer| async move {
                    for number in 0..150 {
                        producer.produce(at(number)).unwrap();
                    }
                });
        });
        let db = builder.build().unwrap();
        runtime.run();
        let late = db.configure::<Temperature>("late", |reg| {
            reg.buffer(buffer)
                .transform("early", |value: &Temperature| Some(value.clone()))
                .link_to("bus://late");
        });
        late.unwrap();
        burst(&db, "early", 150);
        runtime.run();
        let mut context = Context::from_waker(Waker::noop());
        for (expected, missed) in [
            (expected, missed),
            (expected.min(150), missed.saturating_sub(150)),
        ] {
            let Some(Some(LinkEvent::Opened(mut link))) = now(links.next()) else {
                unreachable!("two were configured")
            };
            let mut reader = link.reader();
            let (mut values, mut lost) = (0, 0);
            loop {
                match reader.read() {
                    Read::Value(_) => values += 1,
                    Read::Lagged { missed } => lost += missed,
                    Read::Empty => break,
                }
            }
            assert_eq!((values, lost), (expected, missed), "{}", link.address);
            assert_eq!(reader.poll(&mut context), Poll::Pending);
            // Another one begins now.
            let is_ring = matches!(buffer, BufferConfig::SpmcRing { .. });
            assert_eq!(
                link.reader().read() == Read::Empty,
                is_ring || buffer == BufferConfig::Mailbox
            );
        }
    };
    check(BufferConfig::SpmcRing { capacity: 512 }, 300, 0);
    check(BufferConfig::SpmcRing { capacity: 256 }, 256, 44);
    check(BufferConfig::SingleLatest, 1, 0);
}

#[test]
fn who_looks_up_what_is_not_there_is_told_so() {
    let (_, db) = database();
    let unknown = "record 'typo' is not configured";
    let told = [
        db.consumer::<Temperature>("typo").err(),
        db.producer::<Temperature>("typo").err(),
        db.record::<Temperature>("typo").err(),
        db.tap("typo", Box::new(|_| {})).err(),
        db.remove("typo").err(),
    ];
    for problem in told {
        let problem = problem.unwrap();
        assert_eq!(
            (problem.code(), problem.to_string().as_str()),
            ("RECORD_UNKNOWN", unknown)
        );
    }
}
