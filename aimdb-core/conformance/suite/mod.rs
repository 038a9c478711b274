//! What every runtime must do alike. `aimdb_conformance::suite!()` puts this file beside a type `Runtime` of an
//! adapter's tests, which call each check in their own kind of test; a check panics where the runtime falls short.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::clone_on_copy,
    reason = "a check fails by panicking, and some runtimes are Copy"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aimdb_contracts::builtin::{Humidity, Temperature};
use aimdb_contracts::{Reason, Settable};
use aimdb_core::{
    AimDb, AimDbBuilder, BufferConfig, Direction, Link, LinkEvent, Next, Problem, TimeOps, Write,
};

use super::Runtime;

mod attached;
mod forms;
mod library;
mod removal;
pub(crate) use attached::*;
pub(crate) use forms::*;
pub(crate) use library::*;
pub(crate) use removal::*;

const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 4 };
const LATEST: BufferConfig = BufferConfig::SingleLatest;
const MAILBOX: BufferConfig = BufferConfig::Mailbox;

fn at(celsius: f32) -> Temperature {
    Temperature::set(celsius, 1)
}

fn with_room(runtime: Runtime, buffer: BufferConfig) -> AimDb<Runtime> {
    let mut builder = AimDbBuilder::new(runtime);
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(buffer);
    });
    builder.build().unwrap()
}

/// A reader of state starts with the current value and ends with the newest.
pub(crate) async fn latest_gives_the_current_value_at_once(runtime: Runtime) {
    let db = with_room(runtime, LATEST);
    let producer = db.producer::<Temperature>("room").unwrap();
    producer.produce(at(1.0)).unwrap();
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    assert_eq!(reader.next().await, Some(at(1.0)));
    producer.produce(at(2.0)).unwrap();
    producer.produce(at(3.0)).unwrap();
    assert_eq!(reader.next().await, Some(at(3.0)));
}

/// A slow reader of a ring is told once, and goes on at the oldest kept value.
pub(crate) async fn a_ring_tells_its_lag_once(runtime: Runtime) {
    let db = with_room(runtime, RING);
    let producer = db.producer::<Temperature>("room").unwrap();
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    for celsius in 0..7_u8 {
        producer.produce(at(celsius.into())).unwrap();
    }
    assert_eq!(reader.next_event().await, Next::Lagged { missed: 3 });
    for celsius in 3..7_u8 {
        assert_eq!(reader.next().await, Some(at(celsius.into())));
    }
    assert_eq!(db.door("room").unwrap().counters().missed, 3);
}

/// The shortest loop over a reader takes what a burst left, and goes on.
pub(crate) async fn the_shortest_loop_goes_on_after_a_lag(runtime: Runtime) {
    let db = with_room(runtime, RING);
    let producer = db.producer::<Temperature>("room").unwrap();
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    for celsius in 0..7_u8 {
        producer.produce(at(celsius.into())).unwrap();
    }
    let mut heard = Vec::new();
    while let Some(value) = reader.next().await {
        heard.push(value.celsius);
        match heard.len() {
            4 => (10..20_u8).for_each(|celsius| {
                producer.produce(at(celsius.into())).unwrap();
            }),
            8 => db.close(),
            _ => {}
        }
    }
    assert_eq!(heard, [3.0, 4.0, 5.0, 6.0, 16.0, 17.0, 18.0, 19.0]);
    assert_eq!(reader.missed(), 9);
}

/// A link reads from before the first source, however late its connector looks.
pub(crate) async fn a_link_misses_nothing_of_a_source_that_is_quick(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime.clone());
    let mut links = builder.connector("bus");
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(BufferConfig::SpmcRing { capacity: 256 })
            .link_to("bus://room")
            .source(|_, producer| async move {
                for celsius in 0..150_u8 {
                    producer.produce(at(celsius.into())).unwrap();
                }
            });
    });
    let db = builder.build().unwrap();
    let door = db.door("room").unwrap();
    until(&runtime, || door.version() == 150).await;
    let mut reader = opened(links.next().await).reader();
    for _ in 0..150 {
        assert!(matches!(reader.next_event().await, Next::Value(_)));
    }
    db.close();
    assert_eq!(reader.next_event().await, Next::Closed);
}

/// Of two readers of a mailbox exactly one gets each value.
pub(crate) async fn a_mailbox_hands_each_value_to_one(runtime: Runtime) {
    let db = with_room(runtime.clone(), MAILBOX);
    let taken = Arc::new(AtomicUsize::new(0));
    for _ in 0..2 {
        let (mut reader, taken) = (db.consumer::<Temperature>("room").unwrap(), taken.clone());
        aimdb_core::Spawn::spawn(&runtime, async move {
            while reader.next().await.is_some() {
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    let producer = db.producer::<Temperature>("room").unwrap();
    for celsius in 0..5_u8 {
        producer.produce(at(celsius.into())).unwrap();
        until(&runtime, || {
            taken.load(Ordering::SeqCst) == usize::from(celsius) + 1
        })
        .await;
    }
    db.close();
    runtime.sleep(Duration::from_millis(20)).await;
    assert_eq!(taken.load(Ordering::SeqCst), 5);
}

/// Sources, a transform with state and a join settle; early values are not missed.
pub(crate) async fn the_graph_flows_from_sources_to_joins(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime);
    builder.configure::<Temperature>("indoor", |reg| {
        reg.buffer(RING)
            .source(|runtime: Runtime, producer| async move {
                for celsius in [20.0, 21.0] {
                    producer.produce(at(celsius)).unwrap();
                    runtime.sleep(Duration::from_millis(1)).await;
                }
            });
    });
    builder.configure::<Temperature>("warmest", |reg| {
        reg.buffer(LATEST)
            .transform_with("indoor", f32::MIN, |warmest, value: &Temperature| {
                *warmest = warmest.max(value.celsius);
                Some(at(*warmest))
            });
    });
    builder.configure::<Humidity>("humidity", |reg| {
        reg.buffer(LATEST).source(|_, producer| async move {
            producer.produce(Humidity::set(40.0, 1)).unwrap();
        });
    });
    builder.configure::<Temperature>("felt", |reg| {
        reg.buffer(LATEST).transform_join((0.0, 0.0), |join| {
            join.on(
                "warmest",
                |(celsius, percent): &mut (f32, f32), value: &Temperature| {
                    *celsius = value.celsius;
                    (*percent > 0.0).then(|| at(*celsius + *percent / 10.0))
                },
            );
            join.on(
                "humidity",
                |(celsius, percent): &mut (f32, f32), value: &Humidity| {
                    *percent = value.percent;
                    (*celsius > 0.0).then(|| at(*celsius + *percent / 10.0))
                },
            );
        });
    });
    let db = builder.build().unwrap();
    let felt_node = &db.graph()[3];
    assert_eq!(
        (&*felt_node.key, &*felt_node.schema),
        ("felt", "temperature")
    );
    assert_eq!(felt_node.inputs, ["warmest", "humidity"]);
    assert_eq!(felt_node.writers, ["join"]);
    let mut felt = db.consumer::<Temperature>("felt").unwrap();
    let Some(mut newest) = felt.next().await else {
        panic!("closed")
    };
    while newest.celsius < 25.0 {
        let Some(value) = felt.next().await else {
            panic!("closed")
        };
        newest = value;
    }
    assert_eq!(newest, at(25.0));
}

/// A tap may write what it reads from; a refused value names its record and changes nothing.
pub(crate) async fn writing_while_reading_works(runtime: Runtime) {
    let db = with_room(runtime, RING);
    let producer = db.producer::<Temperature>("room").unwrap();
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    producer.produce(at(0.0)).unwrap();
    for _ in 0..10 {
        let Some(value) = reader.next().await else {
            panic!("lagged")
        };
        producer.produce(at(value.celsius + 1.0)).unwrap();
    }
    let refused = producer.produce(at(f32::NAN)).unwrap_err();
    let refused = refused.violation().unwrap();
    assert_eq!(
        (refused.record.as_deref(), refused.reason),
        (Some("room"), Reason::NotFinite)
    );
    let door = db.door("room").unwrap();
    assert_eq!((door.version(), door.counters().refused), (11, 1));
    assert!(
        !door
            .accept(door.latest().unwrap().value, skip_equal())
            .unwrap()
            .changed
    );
}

fn skip_equal() -> Write {
    Write {
        skip_equal: true,
        ..Write::default()
    }
}

/// Closing ends readers that wait, after they have read what is there.
pub(crate) async fn closing_ends_every_reader(runtime: Runtime) {
    let db = with_room(runtime.clone(), RING);
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    let producer = db.producer::<Temperature>("room").unwrap();
    producer.produce(at(1.0)).unwrap();
    let ended = Arc::new(AtomicUsize::new(0));
    let seen = ended.clone();
    aimdb_core::Spawn::spawn(&runtime, async move {
        assert_eq!(reader.next().await, Some(at(1.0)));
        assert_eq!(reader.next_event().await, Next::Closed);
        seen.store(1, Ordering::SeqCst);
    });
    assert!(!producer.is_closed());
    db.close();
    assert!(producer.is_closed());
    until(&runtime, || ended.load(Ordering::SeqCst) == 1).await;
}

/// What is there when the database closes comes through to the last reader; nothing is written or added after.
pub(crate) async fn closing_lets_through_what_is_there_and_refuses_the_rest(runtime: Runtime) {
    let db = with_room(runtime.clone(), BufferConfig::SpmcRing { capacity: 256 });
    for (key, input) in [("first", "room"), ("second", "first")] {
        let configured = db.configure::<Temperature>(key, |reg| {
            reg.buffer(BufferConfig::SpmcRing { capacity: 256 })
                .transform(input, |value: &Temperature| Some(value.clone()));
        });
        configured.unwrap();
    }
    let producer = db.producer::<Temperature>("room").unwrap();
    let mut last = db.consumer::<Temperature>("second").unwrap();
    for celsius in 0..200_u8 {
        producer.produce(at(celsius.into())).unwrap();
    }
    db.close();
    for key in ["room", "first", "second"] {
        let written = db.record::<Temperature>(key).unwrap();
        let error = written.produce(at(1.0), Write::default()).unwrap_err();
        assert_eq!(error.code(), "DATABASE_CLOSED");
    }
    let reader = db.consumer::<Temperature>("room");
    assert_eq!(
        reader.err().map(|error| error.code()),
        Some("DATABASE_CLOSED")
    );
    let mut heard = 0;
    while last.next().await.is_some() {
        heard += 1;
    }
    assert_eq!(heard, 200);
}

/// Who drops the last handle ends what the database runs: no task, reader or writer keeps it.
pub(crate) async fn a_database_ends_with_its_last_handle(runtime: Runtime) {
    let alive = Arc::new(());
    let mut builder = AimDbBuilder::new(runtime.clone());
    let (by_source, by_tap, by_step) = (alive.clone(), alive.clone(), alive.clone());
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(RING)
            .source(|_, producer| async move {
                producer.closed().await;
                drop(by_source);
            })
            .tap(|_, mut reader| async move {
                while reader.next().await.is_some() {}
                drop(by_tap);
            });
    });
    builder.configure::<Temperature>("same", |reg| {
        reg.buffer(RING)
            .transform("room", move |value: &Temperature| {
                let _alive = &by_step;
                Some(value.clone())
            });
    });
    let db = builder.build().unwrap();
    let other = db.clone();
    let (producer, mut reader) = (
        db.producer::<Temperature>("room").unwrap(),
        db.consumer::<Temperature>("same").unwrap(),
    );
    drop(db);
    producer.produce(at(1.0)).unwrap();
    assert_eq!(reader.next().await, Some(at(1.0)));
    drop(other);
    assert_eq!(
        producer.produce(at(2.0)).unwrap_err().code(),
        "DATABASE_CLOSED"
    );
    assert_eq!(reader.next().await, None);
    until(&runtime, || Arc::strong_count(&alive) == 1).await;
}

/// A build reports all its problems together and starts nothing.
pub(crate) async fn a_build_reports_everything_at_once(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure::<Temperature>("a", |reg| {
        reg.buffer(LATEST)
            .transform("b", |value: &Temperature| Some(value.clone()));
    });
    builder.configure::<Temperature>("b", |reg| {
        reg.buffer(LATEST)
            .transform("a", |value: &Temperature| Some(value.clone()))
            .source(|_, _| async {});
    });
    builder.configure::<Humidity>("c", |_| {});
    builder.configure::<Humidity>("c", |reg| {
        reg.buffer(BufferConfig::SpmcRing { capacity: 0 })
            .transform("a", |_: &Humidity| None)
            .link_to("mqtt://c")
            .link_to("nowhere");
    });
    let Err(error) = builder.build() else {
        panic!("built")
    };
    let codes: Vec<_> = error.problems.iter().map(Problem::code).collect();
    let expected = [
        "BUFFER_MISSING",
        "KEY_TAKEN",
        "CAPACITY_INVALID",
        "LINK_SCHEME_UNKNOWN",
        "LINK_ADDRESS_INVALID",
        "TWO_WRITERS",
        "CYCLE",
        "TYPE_MISMATCH",
    ];
    assert_eq!(codes, expected, "{error}");

    let db = with_room(runtime, LATEST);
    let unknown = db.configure::<Humidity>("d", |reg| {
        reg.buffer(LATEST)
            .transform("nobody", |value: &Humidity| Some(value.clone()));
    });
    assert_eq!(unknown.err().unwrap().problems[0].code(), "INPUT_UNKNOWN");
    assert!(db.door("d").is_none());
}

/// Links reach the connector that claimed their scheme, early and late.
pub(crate) async fn links_reach_their_connector(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime);
    let mut links = builder.connector("bus");
    builder.configure::<Temperature>("room", |reg| {
        reg.buffer(LATEST).link_to("bus://out/room");
    });
    let db = builder.build().unwrap();
    db.configure::<Temperature>("late", |reg| {
        reg.buffer(LATEST).link_from("bus://in/late");
    })
    .unwrap();
    let first = opened(links.next().await);
    assert_eq!(
        (first.direction, first.address.as_str()),
        (Direction::To, "out/room")
    );
    let late = opened(links.next().await);
    late.receive(br#"{"celsius":5,"timestamp":1}"#).unwrap();
    assert_eq!(
        db.record::<Temperature>("late")
            .unwrap()
            .latest()
            .unwrap()
            .value,
        at(5.0)
    );
    db.close();
    assert!(links.next().await.is_none());
}

fn opened(event: Option<LinkEvent<Runtime>>) -> Link<Runtime> {
    match event {
        Some(LinkEvent::Opened(link)) => link,
        Some(LinkEvent::Ended { address, .. }) => panic!("{address} ended"),
        None => panic!("closed"),
    }
}

/// The clocks run and a sleep takes at least its time.
pub(crate) async fn time_passes(runtime: Runtime) {
    let before = runtime.monotonic_ms();
    runtime.sleep(Duration::from_millis(20)).await;
    assert!(runtime.monotonic_ms() - before >= 19.0);
    assert!(runtime.unix_ms() > 1_700_000_000_000);
}

async fn until(runtime: &Runtime, mut reached: impl FnMut() -> bool) {
    for _ in 0..500 {
        if reached() {
            return;
        }
        runtime.sleep(Duration::from_millis(5)).await;
    }
    panic!("not reached in time");
}

/// Gives the name of every check to a macro, so that no runtime leaves one out.
macro_rules! for_each_check {
    ($run:ident) => {
        $run! {
            latest_gives_the_current_value_at_once
            a_ring_tells_its_lag_once
            the_shortest_loop_goes_on_after_a_lag
            a_link_misses_nothing_of_a_source_that_is_quick
            a_mailbox_hands_each_value_to_one
            the_graph_flows_from_sources_to_joins
            writing_while_reading_works
            closing_ends_every_reader
            closing_lets_through_what_is_there_and_refuses_the_rest
            a_database_ends_with_its_last_handle
            a_build_reports_everything_at_once
            links_reach_their_connector
            a_removed_record_ends_its_readers_and_refuses_its_writers
            the_tasks_of_a_removed_record_end
            a_record_that_is_read_is_removed_with_its_readers_only
            a_connector_hears_that_its_link_ended
            a_tap_without_a_type_hears_what_a_typed_one_does
            a_derivation_without_types_joins_like_a_typed_one
            a_derivation_ends_by_itself_or_with_its_record
            a_derivation_that_cannot_be_is_refused
            a_build_refuses_what_could_not_work
            typed_code_works_on_a_described_record
            described_code_works_on_a_typed_record
            a_graph_of_both_forms_flows_early_and_late
            another_contract_under_the_same_name_is_refused_with_the_rest
            a_library_that_names_no_runtime_works
            time_passes
        }
    };
}
pub(crate) use for_each_check;
