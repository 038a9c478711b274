//! Records that are kept as a Rust type, and records that are kept by their description: one to whoever uses them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aimdb_contracts::builtin::{Humidity, Temperature};
use aimdb_contracts::{Reason, Schema, Settable, Streamable};
use aimdb_core::{AimDbBuilder, Contract, Described, Next, Origin, WriteError};

use super::{LATEST, RING, Runtime, at, until, with_room};

/// A contract as it comes from a file, which knows no Rust type.
fn from_file(schema: &Schema) -> Described {
    Described::given(Schema::from_file(&schema.to_file()).unwrap())
}

/// Consumers and producers of a type find a described record as they find one of their own: values, lags,
/// refusals, the end.
pub(crate) async fn typed_code_works_on_a_described_record(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure_as("room", from_file(Temperature::SCHEMA), RING);
    let db = builder.build().unwrap();
    let record = db.record::<Temperature>("room").unwrap();
    let producer = db.producer::<Temperature>("room").unwrap();
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    assert_eq!((record.latest(), reader.try_next()), (None, None));
    for celsius in 0..7_u8 {
        producer.produce(at(celsius.into())).unwrap();
    }
    assert_eq!(reader.next_event().await, Next::Lagged { missed: 3 });
    assert_eq!(reader.next().await, Some(at(3.0)));
    assert_eq!(reader.try_next(), Some(at(4.0)));
    assert_eq!(reader.latest(), Some(at(6.0)));
    assert_eq!(record.history(2), [at(5.0), at(6.0)]);
    let door = db.door("room").unwrap();
    assert_eq!((record.id(), record.key()), (door.id(), door.key()));
    assert_eq!((record.buffer(), record.version()), (RING, 7));

    let refused = producer.produce(at(f32::NAN)).unwrap_err();
    let refused = refused.violation().unwrap();
    assert_eq!(
        (refused.record.as_deref(), refused.reason),
        (Some("room"), Reason::NotFinite)
    );
    assert_eq!(record.counters(), door.counters());
    assert_eq!((record.counters().refused, record.version()), (1, 7));

    // Who waits for the next value or for the end hears of both.
    let ended = Arc::new(AtomicUsize::new(0));
    let (closed, seen) = (producer.closed(), ended.clone());
    aimdb_core::Spawn::spawn(&runtime, async move {
        closed.await;
        seen.fetch_add(1, Ordering::SeqCst);
    });
    let seen = ended.clone();
    aimdb_core::Spawn::spawn(&runtime, async move {
        while reader.next().await != Some(at(9.0)) {}
        assert_eq!(reader.next_event().await, Next::Closed);
        seen.fetch_add(1, Ordering::SeqCst);
    });
    producer.produce(at(9.0)).unwrap();
    db.remove("room").unwrap();
    until(&runtime, || ended.load(Ordering::SeqCst) == 2).await;
    assert!(producer.is_removed() && record.is_removed());
    let removed = WriteError::Removed {
        record: "room".into(),
    };
    assert_eq!(producer.produce(at(1.0)), Err(removed));
}

/// The other way round: fields through the door of a typed record, and what a type wrote read as fields.
pub(crate) async fn described_code_works_on_a_typed_record(runtime: Runtime) {
    let db = with_room(runtime, LATEST);
    let door = db.door("room").unwrap();
    let mut reader = db.consumer::<Temperature>("room").unwrap();
    door.accept(at(1.5).to_fields(), Default::default())
        .unwrap();
    assert_eq!(reader.next().await, Some(at(1.5)));
    let producer = db.producer::<Temperature>("room").unwrap();
    producer.produce(at(2.5)).unwrap();
    let entry = door.latest().unwrap();
    assert_eq!(
        (entry.value, entry.origin),
        (at(2.5).to_fields(), Origin::Local)
    );
}

/// Transforms, joins and taps with types derive from and look at described records, of the same build and
/// late, and are described in the graph like any other.
pub(crate) async fn a_graph_of_both_forms_flows_early_and_late(runtime: Runtime) {
    let mut builder = AimDbBuilder::new(runtime);
    builder.configure_as("indoor", from_file(Temperature::SCHEMA), LATEST);
    builder.configure::<Temperature>("warmer", |reg| {
        reg.buffer(LATEST)
            .transform("indoor", |value: &Temperature| {
                Some(at(value.celsius + 1.0))
            });
    });
    let db = builder.build().unwrap();
    from_file(Humidity::SCHEMA)
        .open(&db, "humidity", LATEST)
        .unwrap();
    db.configure::<Temperature>("felt", |reg| {
        reg.buffer(LATEST).transform_join((0.0, 0.0), |join| {
            join.on(
                "warmer",
                |(celsius, _): &mut (f32, f32), value: &Temperature| {
                    *celsius = value.celsius;
                    None
                },
            );
            join.on("humidity", |(celsius, percent), value: &Humidity| {
                *percent = value.percent;
                (*celsius > 0.0).then(|| at(*celsius + *percent / 10.0))
            });
        });
    })
    .unwrap();
    let graph = db.graph();
    assert_eq!(graph[1].inputs, ["indoor"]);
    assert_eq!(graph[3].inputs, ["warmer", "humidity"]);
    let (mut warmer, mut felt) = (
        db.consumer::<Temperature>("warmer").unwrap(),
        db.consumer::<Temperature>("felt").unwrap(),
    );
    let indoor = db.producer::<Temperature>("indoor").unwrap();
    indoor.produce(at(20.0)).unwrap();
    assert_eq!(warmer.next().await, Some(at(21.0)));
    let humidity = db.producer::<Humidity>("humidity").unwrap();
    let mut percent = 0.0;
    // The join's own reader of `warmer` may come to it later.
    let value = loop {
        percent += 1.0;
        humidity.produce(Humidity::set(percent, 1)).unwrap();
        aimdb_core::TimeOps::sleep(db.runtime(), std::time::Duration::from_millis(1)).await;
        if let Some(value) = felt.try_next() {
            break value;
        }
    };
    assert!(value.celsius > 21.0 && value.celsius <= 21.0 + percent / 10.0);
}

/// Under one name there may be two contracts; which is which stands in the words.
pub(crate) async fn another_contract_under_the_same_name_is_refused_with_the_rest(
    runtime: Runtime,
) {
    let db = with_room(runtime, LATEST);
    let mut newer = Temperature::SCHEMA.clone();
    newer.version = 9;
    let (found, expected) = (
        newer.fingerprint_text(),
        Temperature::SCHEMA.fingerprint_text(),
    );
    Described::given(newer).open(&db, "newer", LATEST).unwrap();
    let configured = db.configure::<Temperature>("copy", |reg| {
        reg.transform("newer", |value: &Temperature| Some(value.clone()));
    });
    let differs = format!(
        "record 'newer' holds temperature version 9, fingerprint {found}, not temperature version {}, \
         fingerprint {expected}: the contracts differ",
        Temperature::SCHEMA.version
    );
    let said =
        format!("record 'copy' has no buffer: call buffer(…) when configuring it; {differs}");
    assert_eq!(configured.err().unwrap().to_string(), said);
    assert_eq!(db.graph().len(), 2);
    let problem = db.record::<Temperature>("newer").err().unwrap();
    assert_eq!(problem.code(), "TYPE_MISMATCH");
    assert_eq!(problem.to_string(), differs);
    let problem = db.consumer::<Humidity>("room").err().unwrap();
    let said = "record 'room' holds temperature, not humidity: the contracts differ";
    assert_eq!(problem.to_string(), said);
}
