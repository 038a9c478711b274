//! Many threads that configure, are refused, attach, remove, read, write and look up at the same time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use aimdb_contracts::Settable;
use aimdb_contracts::builtin::{Humidity, Temperature};
use aimdb_core::{
    AimDb, AimDbBuilder, BufferConfig, Contract, Described, LinkEvent, Problem, RecordId,
};
use aimdb_tokio_adapter::TokioAdapter;

type Db = AimDb<TokioAdapter>;

const LATEST: BufferConfig = BufferConfig::SingleLatest;
const ROUNDS: usize = 1_500;
const GOOD: usize = 3;
const REFUSED: usize = 2;
const PASSING: usize = 2;
const ATTACHED: usize = 2;
const CONTENDING: usize = 3;

fn derived(db: &Db, key: &str, input: &str) -> Result<RecordId, Problem> {
    let configured = db.configure::<Temperature>(key, |reg| {
        reg.buffer(LATEST)
            .transform(input, |value: &Temperature| Some(value.clone()))
            .link_to("bus://somewhere");
    });
    configured
        .map(|record| record.id())
        .map_err(|error| error.problems[0].clone())
}

/// Adds a chain whose records all stay.
fn configure_good(db: &Db, thread: usize) {
    // The same contract, kept as its Rust type or by its description.
    let mut input = ["base", "described"][thread % 2].to_string();
    for round in 0..ROUNDS {
        let key = format!("good.{thread}.{round}");
        derived(db, &key, &input).unwrap();
        let door = db.door(&key).unwrap();
        assert_eq!(db.door_at(door.id()).unwrap().key(), key);
        input = key;
    }
}

/// Asks for what cannot be, in every way that there is.
fn configure_refused(db: &Db, thread: usize) {
    for round in 0..ROUNDS {
        let key = format!("refused.{thread}.{round}");
        let check = |input: &str, code: &str| {
            let problem = derived(db, &key, input).unwrap_err();
            assert_eq!(problem.code(), code, "{problem}");
            assert!(db.door(&key).is_none());
        };
        check("nobody", "INPUT_UNKNOWN");
        check("humidity", "TYPE_MISMATCH");
        check(&key, "CYCLE");
        assert_eq!(derived(db, "base", "base").unwrap_err().code(), "KEY_TAKEN");
    }
}

/// Adds records with readers of their own, and removes them; others may be on them meanwhile.
fn configure_and_remove(db: &Db, thread: usize) {
    for round in 0..ROUNDS {
        let (key, reader) = (
            format!("passing.{thread}"),
            format!("reader.{thread}.{round}"),
        );
        derived(db, &key, "base").unwrap();
        db.door(&key).unwrap().watch(true);
        let old = db.producer::<Temperature>(&key).unwrap();
        old.produce(Temperature::set(1.0, 1)).unwrap();
        derived(db, &reader, &key).unwrap();
        assert_eq!(db.remove(&key).unwrap_err().code(), "RECORD_IN_USE");
        if round % 2 == 0 {
            db.remove(&reader).unwrap();
            db.remove(&key).unwrap();
        } else {
            assert_eq!(db.remove_with_dependents(&key).unwrap().len(), 2);
        }
        let error = old.produce(Temperature::set(2.0, 1)).unwrap_err();
        assert_eq!(error.code(), "RECORD_REMOVED");
    }
}

/// Asks for the same few keys as others do, derived from each other: one gets a key, and it is its alone
/// until it gives it back.
fn contend(db: &Db, _: usize) {
    for round in 0..ROUNDS {
        let key = |number: usize| format!("contested.{}", number % 3);
        let input = match round % 2 {
            0 => "base".to_string(),
            _ => key(round + 1),
        };
        let key = key(round);
        match derived(db, &key, &input) {
            Ok(id) => {
                assert_eq!(db.door(&key).unwrap().id(), id);
                // Whoever reads it removes its own soon.
                while let Err(error) = db.remove(&key) {
                    assert_eq!(error.code(), "RECORD_IN_USE");
                    thread::yield_now();
                }
                assert!(db.door_at(id).is_none());
            }
            Err(error) => assert!(["KEY_TAKEN", "INPUT_UNKNOWN"].contains(&error.code())),
        }
    }
}

/// Attaches and detaches: to a record of its own, and to those that others are removing.
fn attach_and_detach(db: &Db, thread: usize) {
    let key = format!("attached.{thread}");
    let schema = <Temperature as aimdb_contracts::Streamable>::SCHEMA;
    Described::fixed(schema).open(db, &key, LATEST).unwrap();
    for round in 0..ROUNDS {
        let passing = format!("passing.{}", round % PASSING);
        let tap = db.tap(&passing, Box::new(|_| {}));
        let derive = |inputs: &[&str]| {
            let derived = db.derive(&key, inputs, Box::new(|_, entry| Some(entry.value)));
            derived.map_err(|error| error.problems[0].code())
        };
        let attached = derive(&["base", "described"]).unwrap();
        assert_eq!(derive(&["base"]), Err("TWO_WRITERS"));
        assert!(db.detach(attached) && !db.detach(attached));
        assert_eq!(derive(&[&key]), Err("CYCLE"));
        // Whether it is still there is for the others to say.
        match tap {
            Ok(tap) => {
                db.detach(tap);
            }
            Err(error) => assert_eq!(error.code(), "RECORD_UNKNOWN"),
        }
    }
}

/// Looks at everything, over and over. Gives how much it saw.
fn look(db: &Db, stop: &AtomicBool) -> usize {
    let mut seen = 0;
    let mut changed = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let doors = db.doors();
        let ids: Vec<_> = doors.iter().map(|door| door.id()).collect();
        assert!(ids.is_sorted(), "in the order of configuration");
        let places: BTreeSet<usize> = ids.iter().map(|id| id.index()).collect();
        assert_eq!(places.len(), ids.len(), "no number is given twice");
        let graph = db.graph();
        let keys: BTreeSet<&str> = graph.iter().map(|node| &*node.key).collect();
        for node in &graph {
            assert!(!node.key.starts_with("refused"), "{}", node.key);
            assert!(node.inputs.iter().all(|input| keys.contains(&**input)));
        }
        db.drain_changes(&mut changed);
        for id in changed.drain(..) {
            if let Some(door) = db.door_at(id) {
                assert_eq!(door.id(), id);
            }
        }
        for thread in 0..PASSING {
            if let Some(door) = db.door(&format!("passing.{thread}")) {
                let mut reader = door.subscribe();
                let _ = door.read(&mut reader);
                door.leave(&mut reader);
            }
        }
        seen += doors.len();
    }
    seen
}

#[test]
fn records_that_come_go_and_are_refused_at_once_do_not_touch_each_other() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let mut builder = AimDbBuilder::new(TokioAdapter::new(runtime.handle().clone()));
    let mut links = builder.connector("bus");
    builder.configure::<Temperature>("base", |reg| {
        reg.buffer(LATEST);
    });
    builder.configure::<Humidity>("humidity", |reg| {
        reg.buffer(LATEST);
    });
    let db = builder.build().unwrap();
    let schema = <Temperature as aimdb_contracts::Streamable>::SCHEMA;
    Described::fixed(schema)
        .open(&db, "described", LATEST)
        .unwrap();
    db.on_change(std::task::Waker::noop().clone());

    let start = Barrier::new(GOOD + REFUSED + PASSING + ATTACHED + CONTENDING + 1);
    let (stop, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let (db, start) = (&db, &start);
        let workers = [
            (GOOD, configure_good as fn(&Db, usize)),
            (REFUSED, configure_refused),
            (PASSING, configure_and_remove),
            (ATTACHED, attach_and_detach),
            (CONTENDING, contend),
        ];
        let mut running = Vec::new();
        for (count, work) in workers {
            running.extend((0..count).map(|thread| {
                scope.spawn(move || {
                    start.wait();
                    work(db, thread);
                })
            }));
        }
        scope.spawn(|| {
            start.wait();
            seen.store(look(db, &stop), Ordering::Relaxed);
        });
        let ended: Vec<_> = running.into_iter().map(|worker| worker.join()).collect();
        stop.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });

    assert!(seen.load(Ordering::Relaxed) > 0);
    assert_eq!(db.doors().len(), 3 + ATTACHED + GOOD * ROUNDS);
    assert!(db.graph().iter().all(|node| node.taps == 0));
    let mut places: BTreeSet<usize> = BTreeSet::new();
    for thread in 0..GOOD {
        for round in 0..ROUNDS {
            let key = format!("good.{thread}.{round}");
            places.insert(db.door(&key).unwrap().id().index());
        }
    }
    assert_eq!(places.len(), GOOD * ROUNDS);
    // The connector heard of each link that is there, once, and of no other.
    let mut linked = BTreeSet::new();
    while let Some(event) = links.try_next() {
        let LinkEvent::Opened(link) = event else {
            panic!("a link ended that was never given out")
        };
        assert!(linked.insert(link.door.id()), "{}", link.door.key());
    }
    assert_eq!(linked.len(), GOOD * ROUNDS);

    // What stands is whole: a value runs through every chain to its end.
    for key in ["base", "described"] {
        let producer = db.producer::<Temperature>(key).unwrap();
        producer.produce(Temperature::set(20.0, 1)).unwrap();
    }
    runtime.block_on(async {
        for thread in 0..GOOD {
            let last = format!("good.{thread}.{}", ROUNDS - 1);
            let mut last = db.consumer::<Temperature>(&last).unwrap();
            let value = last.next().await;
            assert_eq!(value, Some(Temperature::set(20.0, 1)));
        }
    });
}
