//! How a database ends, and what its tasks do then; and what is told of a task that panics.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use aimdb_contracts::builtin::Temperature;
use aimdb_contracts::{Settable, Streamable};
use aimdb_core::{
    AimDb, AimDbBuilder, BufferConfig, BuildError, Claim, Contract, Described, GRACE, Next,
    Problem, TimeOps, Write,
};
use support::{Bare, now};

const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 512 };
const SECOND: Duration = Duration::from_secs(1);

fn at(celsius: f32) -> Temperature {
    Temperature::set(celsius, 1)
}

fn copy(value: &Temperature) -> Option<Temperature> {
    Some(value.clone())
}

/// Every kind of task, each ending as it is told: a source, a tap, a transform, a join, and what is attached.
fn with_every_task(runtime: &Bare) -> AimDb<Bare> {
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure::<Temperature>("read", |reg| {
        reg.buffer(RING)
            .source(|_, producer| async move {
                for celsius in 0..150_u8 {
                    if producer.produce(at(celsius.into())).is_err() {
                        return;
                    }
                }
                producer.closed().await;
            })
            .tap(|_, mut reader| async move { while reader.next().await.is_some() {} });
    });
    builder.configure::<Temperature>("same", |reg| {
        reg.buffer(RING).transform("read", copy);
    });
    builder.configure::<Temperature>("joined", |reg| {
        reg.buffer(RING).transform_join((), |join| {
            join.on("read", |(), value: &Temperature| copy(value));
            join.on("same", |(), value: &Temperature| copy(value));
        });
    });
    builder.configure_as("derived", Described::fixed(Temperature::SCHEMA), RING);
    let db = builder.build().unwrap();
    let step = |_: usize, entry: aimdb_core::Entry<_>| Some(entry.value);
    db.derive("derived", &["joined", "same"], Box::new(step))
        .unwrap();
    db.tap("derived", Box::new(|_| {})).unwrap();
    db
}

const TASKS: usize = 8;

#[test]
fn what_is_there_comes_through_the_whole_graph_when_the_database_closes() {
    let runtime = Bare::default();
    let db = with_every_task(&runtime);
    let mut last = db.consumer::<Temperature>("derived").unwrap();
    // The source has not even begun; it writes nothing any more, and what is there is all.
    for celsius in 0..20_u8 {
        let producer = db.producer::<Temperature>("read").unwrap();
        producer.produce(at(celsius.into())).unwrap();
    }
    assert_eq!(runtime.tasks(), TASKS);
    db.close();
    runtime.run();
    assert_eq!(runtime.tasks(), 0);
    let mut count = 0;
    while let Some(Some(_)) = now(last.next()) {
        count += 1;
    }
    // Twice through the join, once beside it.
    assert_eq!((count, last.missed()), (60, 0));
    assert_eq!(now(last.next_event()), Some(Next::Closed));
    assert_eq!(db.door("joined").unwrap().version(), 40);
}

#[test]
fn a_closed_database_takes_nothing_and_says_so() {
    let check = |end: &dyn Fn(AimDb<Bare>) -> Option<AimDb<Bare>>| {
        let runtime = Bare::default();
        let db = with_every_task(&runtime);
        runtime.run();
        let old = db.producer::<Temperature>("read").unwrap();
        let derived = db.producer::<Temperature>("same").unwrap();
        let record = db.record::<Temperature>("derived").unwrap();
        let door = db.door("read").unwrap();
        let mut reader = db.consumer::<Temperature>("read").unwrap();
        let db = end(db);
        runtime.run();
        let value = at(1.0);
        let refused = [
            old.produce(value.clone()),
            derived.produce(value.clone()),
            record.produce(value.clone(), Write::default()),
            door.accept(value.to_fields(), Write::from(aimdb_core::Origin::Rule)),
        ];
        for (number, written) in refused.into_iter().enumerate() {
            let error = written.unwrap_err();
            assert_eq!(error.code(), "DATABASE_CLOSED", "{number}");
            assert!(
                error.to_string().contains("the database is closed"),
                "{error}"
            );
        }
        assert!(old.is_closed() && !old.is_removed());
        assert_eq!(now(reader.next()), Some(None));
        // What was there can still be looked at.
        assert_eq!(record.latest().map(|entry| entry.value), Some(at(149.0)));
        let Some(db) = db else { return };
        assert!(db.is_closed());
        let one = |error: BuildError| error.problems[0].clone();
        let told = [
            db.consumer::<Temperature>("read").err(),
            db.producer::<Temperature>("read").err(),
            db.configure::<Temperature>("new", |reg| {
                reg.buffer(RING);
            })
            .err()
            .map(one),
            Described::fixed(Temperature::SCHEMA)
                .open(&db, "new", RING)
                .err()
                .map(one),
            db.tap("read", Box::new(|_| {})).err(),
            db.derive("read", &["same"], Box::new(|_, _| None))
                .err()
                .map(one),
            db.claim("read", Claim::Tap).err().map(one),
            db.claim("read", Claim::Source).err().map(one),
        ];
        assert!(
            told.iter().all(|told| *told == Some(Problem::Closed)),
            "{told:?}"
        );
        assert!(db.record::<Temperature>("read").is_ok());
    };
    check(&|db| {
        db.close();
        Some(db)
    });
    check(&|db| {
        db.clone().close();
        Some(db)
    });
    check(&|db| {
        drop(db);
        None
    });
    // A record whose handle outlives all is as closed as the rest.
    check(&|db| {
        let clone = db.clone();
        drop(db);
        assert!(!clone.is_closed());
        drop(clone);
        None
    });
}

#[test]
fn databases_that_are_dropped_leave_no_task_behind() {
    let runtime = Bare::default();
    let databases: Vec<_> = (0..2_000).map(|_| with_every_task(&runtime)).collect();
    runtime.run();
    assert_eq!(runtime.tasks(), 2_000 * TASKS);
    drop(databases);
    runtime.run();
    assert_eq!((runtime.tasks(), runtime.take_log().len()), (0, 0));
}

#[test]
fn tasks_that_do_not_listen_are_dropped_after_their_time() {
    let runtime = Bare::default();
    let alive = Rc::new(());
    let read = Rc::new(Cell::new(0));
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure::<Temperature>("deaf", |reg| {
        let (first, second, third, count) =
            (alive.clone(), alive.clone(), alive.clone(), read.clone());
        reg.buffer(RING)
            .source(move |runtime: Bare, producer| async move {
                let _alive = first;
                loop {
                    let _ = producer.produce(at(1.0));
                    runtime.sleep(SECOND).await;
                }
            })
            .tap(move |_, consumer| async move {
                let _both = (second, consumer);
                std::future::pending::<()>().await;
            })
            // It reads on, slowly, and is left to it.
            .tap(move |runtime: Bare, mut consumer| async move {
                let _alive = third;
                while consumer.next().await.is_some() {
                    count.set(count.get() + 1);
                    runtime.sleep(GRACE - SECOND).await;
                }
            });
    });
    let db = builder.build().unwrap();
    runtime.run();
    for _ in 0..4 {
        runtime.advance(SECOND);
    }
    assert_eq!((runtime.tasks(), Rc::strong_count(&alive)), (3, 4));
    drop(db);
    runtime.run();
    runtime.advance(GRACE - SECOND);
    assert_eq!(runtime.tasks(), 3);
    runtime.advance(SECOND);
    assert_eq!((runtime.tasks(), Rc::strong_count(&alive)), (1, 2));
    let log = runtime.take_log();
    let told = |task: &str| format!("record 'deaf': its {task} did not end with it and is dropped");
    assert_eq!(log, [told("source"), told("tap")]);
    for _ in 0..6 {
        runtime.advance(GRACE - SECOND);
    }
    assert_eq!(
        (runtime.tasks(), Rc::strong_count(&alive), read.get()),
        (0, 1, 5)
    );
    assert!(runtime.take_log().is_empty());
}

#[test]
fn a_source_has_time_to_end_what_it_reads() {
    let runtime = Bare::default();
    let steps = Rc::new(RefCell::new(Vec::new()));
    let mut builder = AimDbBuilder::new(runtime.clone());
    for key in ["closed", "removed"] {
        let steps = steps.clone();
        builder.configure::<Temperature>(key, |reg| {
            reg.buffer(RING)
                .source(move |runtime: Bare, producer| async move {
                    producer.closed().await;
                    runtime.sleep(SECOND).await;
                    steps.borrow_mut().push(key);
                });
        });
    }
    let db = builder.build().unwrap();
    runtime.run();
    db.remove("removed").unwrap();
    runtime.advance(SECOND);
    runtime.advance(SECOND);
    db.close();
    runtime.advance(SECOND);
    runtime.advance(SECOND);
    assert_eq!(
        (steps.take(), runtime.tasks()),
        (vec!["removed", "closed"], 0)
    );
}

#[test]
fn a_panic_is_told_and_the_rest_goes_on() {
    let runtime = Bare::default();
    runtime.outlive_panics();
    let heard = Rc::new(Cell::new(0));
    let mut builder = AimDbBuilder::new(runtime.clone());
    let worry = |value: &Temperature| {
        assert!(value.celsius < 90.0, "too hot");
        copy(value)
    };
    builder.configure::<Temperature>("room", |reg| {
        let heard = heard.clone();
        reg.buffer(RING)
            .tap(|_, mut reader| async move {
                while let Some(value) = reader.next().await {
                    assert!(value.celsius < 90.0, "too hot");
                }
            })
            .tap(move |_, mut reader| async move {
                while reader.next().await.is_some() {
                    heard.set(heard.get() + 1);
                }
            });
    });
    builder.configure::<Temperature>("outside", |reg| {
        reg.buffer(RING)
            .source(|runtime: Bare, producer| async move {
                producer.produce(at(1.0)).unwrap();
                runtime.sleep(SECOND).await;
                panic!("the sensor is gone")
            });
    });
    builder.configure::<Temperature>("same", |reg| {
        reg.buffer(RING).transform("room", worry);
    });
    builder.configure::<Temperature>("joined", |reg| {
        reg.buffer(RING).transform_join(0_u32, |join| {
            join.on("room", move |count, value: &Temperature| {
                *count += 1;
                worry(value)
            });
            join.on("outside", |count, value: &Temperature| {
                *count += 1;
                Some(at(value.celsius + *count as f32))
            });
        });
    });
    builder.configure_as("derived", Described::fixed(Temperature::SCHEMA), RING);
    let db = builder.build().unwrap();
    let step = |_: usize, entry: aimdb_core::Entry<_>| {
        assert!(Temperature::from_fields(entry.value).unwrap().celsius < 90.0);
        None
    };
    db.derive("derived", &["room"], Box::new(step)).unwrap();
    let tap = |next: Next<aimdb_core::Entry<_>>| {
        if let Next::Value(entry) = next {
            assert!(Temperature::from_fields(entry.value).unwrap().celsius < 90.0);
        }
    };
    db.tap("outside", Box::new(tap)).unwrap();
    let room = db.producer::<Temperature>("room").unwrap();
    let outside = db.producer::<Temperature>("outside").unwrap();
    runtime.run();
    assert_eq!(runtime.tasks(), 8);
    assert_eq!(
        (runtime.take_failures().len(), runtime.take_log().len()),
        (0, 0)
    );

    room.produce(at(95.0)).unwrap();
    outside.produce(at(95.0)).unwrap();
    runtime.advance(SECOND);
    let mut failures = runtime.take_failures();
    failures.sort();
    let expected = [
        "derived transform",
        "joined join",
        "outside source",
        "outside tap",
        "room tap",
        "same transform",
    ];
    assert_eq!(failures, expected);
    let log = runtime.take_log();
    assert_eq!(log.len(), 6);
    let told = "Error: record 'same': its transform panicked and has ended; the rest goes on";
    assert!(log.iter().any(|line| line == told), "{log:?}");
    for node in db.graph() {
        let of = |failure: &&&str| failure.starts_with(&*node.key);
        let tasks = expected
            .iter()
            .filter(of)
            .map(|failure| failure.split_once(' ').unwrap().1);
        let (mut failed, mut expected) = (node.failed.clone(), tasks.collect::<Vec<_>>());
        failed.sort();
        expected.sort();
        assert_eq!(failed, expected, "{}", node.key);
        let counters = db.door(&node.key).unwrap().counters();
        assert_eq!(counters.failed, expected.len() as u64);
    }

    // The other tap, the other input of the join with the state that both share, and the record go on.
    let before = (heard.get(), db.door("joined").unwrap().version());
    room.produce(at(2.0)).unwrap();
    outside.produce(at(2.0)).unwrap();
    runtime.run();
    let after = (heard.get(), db.door("joined").unwrap().version());
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    let joined = db.record::<Temperature>("joined").unwrap();
    assert_eq!(joined.latest().unwrap().value, at(2.0 + 4.0));
    // A record that nothing derives any more closes with the rest.
    let mut same = db.consumer::<Temperature>("same").unwrap();
    db.close();
    assert_eq!(now(same.next()), Some(None));
    runtime.run();
    assert_eq!(runtime.tasks(), 0);
}
