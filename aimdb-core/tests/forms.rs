//! A contract with every feature of the derive: what is written as a type is read by its description and the other
//! way round, in every buffer and from every door, and nothing is lost on the way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, HashMap};

use aimdb_contracts::testing::values;
use aimdb_contracts::{Bytes, Contract, Json, Linkable, Policy, Schema, Streamable, Timestamp};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Described, JsonDoor, Write};
use support::{Bare, now};

const SEEDS: u64 = 12;
const VALUES: usize = 150;
const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 8 };

#[derive(Clone, Copy, Debug, PartialEq, Contract)]
#[contract(rename_all = "snake_case")]
enum State {
    Open,
    NotYetPaid,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(min_length = 1, max_length = 8, pattern = "^[A-Z0-9-]+$")]
struct Code(String);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "circle", version = 1)]
struct Circle {
    #[contract(exclusive_min = 0)]
    radius: f64,
}

// In an order that is not that of the names.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "type", rename_all = "snake_case")]
enum Shape {
    Nothing,
    Circle(Circle),
    Boxed(Box<Circle>),
    Angled {
        #[contract(min = 0)]
        side: f32,
        #[contract(default = 1.5)]
        other: f32,
        corners: Vec<Circle>,
    },
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order_line", version = 1, unknown = "refuse")]
struct Line {
    code: Code,
    #[contract(min = 1, max = 1000, default = 1)]
    count: u16,
}

/// What a customer wants.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order", version = 3, rename_all = "camelCase", icon = "🛒")]
struct Order {
    #[contract(default = "open")]
    next_state: State,
    #[contract(min = 0, unit = "EUR", signal)]
    total: f64,
    exact: u64,
    signed: i64,
    short: Option<f32>,
    flag: bool,
    placed: Timestamp,
    #[contract(min_items = 1, max_items = 5)]
    lines: Vec<Line>,
    #[contract(max_properties = 3, item(max_length = 5))]
    notes: Option<BTreeMap<String, String>>,
    hash: HashMap<String, i8>,
    #[contract(rename = "größe")]
    size: Option<Option<u8>>,
    shape: Shape,
    shapes: Option<Vec<Shape>>,
    pair: (u8, Option<String>),
    #[contract(unique_items, item(min = -1, max = 1))]
    corners: [f32; 4],
    bytes: Bytes,
    any: Json,
    #[contract(multiple_of = 0.5)]
    steps: f64,
    #[contract(format = "uuid")]
    id: Option<String>,
}

/// The same contract as another Rust type.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "circle", version = 1)]
struct Round {
    /// From the middle.
    #[contract(exclusive_min = 0, icon = "📏")]
    radius: f64,
}

/// The file with the entries of every object of cases the other way round.
fn cases_reversed(file: Json) -> Json {
    match file {
        Json::List(items) => Json::List(items.into_iter().map(cases_reversed).collect()),
        Json::Map(entries) => Json::Map(
            entries
                .into_iter()
                .map(
                    |(name, value)| match (name.as_str(), cases_reversed(value)) {
                        ("cases", Json::Map(mut cases)) => {
                            cases.reverse();
                            (name, Json::Map(cases))
                        }
                        (_, value) => (name, value),
                    },
                )
                .collect(),
        ),
        other => other,
    }
}

/// A database of one order by its description and one by its type, each of which gives to the other what it
/// gets.
fn database(described: Described, buffer: BufferConfig) -> (Bare, AimDb<Bare>) {
    let runtime = Bare::default();
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure_as("described", described, buffer);
    builder.configure::<Order>("typed", |reg| {
        reg.buffer(buffer)
            .transform("described", |order: &Order| Some(order.clone()));
    });
    (runtime, builder.build().unwrap())
}

fn in_order(text: &str) -> Json {
    fn sorted(json: Json) -> Json {
        match json {
            Json::List(items) => Json::List(items.into_iter().map(sorted).collect()),
            Json::Map(entries) => {
                let map = entries
                    .into_iter()
                    .map(|(name, value)| (name, sorted(value)));
                Json::Map(map.collect::<BTreeMap<_, _>>().into_iter().collect())
            }
            other => other,
        }
    }
    sorted(Json::parse(text).unwrap())
}

fn there_and_back(described: &Described, buffer: BufferConfig, seed: u64) -> usize {
    let (runtime, db) = database(described.clone(), buffer);
    let door = db.door("described").unwrap();
    let typed_door = db.door("typed").unwrap();
    let producer = db.producer::<Order>("described").unwrap();
    let mut reader = db.consumer::<Order>("described").unwrap();
    let mut good = 0;
    for (index, value) in values(Order::SCHEMA, seed).take(VALUES).enumerate() {
        let text = value.to_text();
        let place = format!("seed {seed}, value {index}: {text}");
        let by_type = Order::SCHEMA.decode_json(text.as_bytes(), Policy::default());
        let by_door = door.accept_json(text.as_bytes(), Policy::default(), Write::default());
        assert_eq!(by_type.is_ok(), by_door.is_ok(), "{place}");
        let Ok(fields) = by_type else {
            assert_eq!(reader.try_next(), None, "{place}");
            continue;
        };
        good += 1;
        let order = Order::from_fields(fields).unwrap();
        // Described to typed: to a reader, and through a transform to a record of the type.
        assert_eq!(reader.try_next(), Some(order.clone()), "{place}");
        assert_eq!(reader.latest(), Some(order.clone()), "{place}");
        runtime.run();
        let derived = db.record::<Order>("typed").unwrap().latest().unwrap();
        assert_eq!(derived.value, order, "{place}");
        // Typed to described.
        let before = in_order(&door.schema().to_json(&door.latest().unwrap().value));
        producer.produce(order.clone()).unwrap();
        assert_eq!(now(reader.next()), Some(Some(order.clone())), "{place}");
        let after = in_order(&door.schema().to_json(&door.latest().unwrap().value));
        assert_eq!(before, after, "{place}");
        let bytes = order.to_bytes().unwrap();
        assert_eq!(
            in_order(std::str::from_utf8(&bytes).unwrap()),
            after,
            "{place}"
        );
        runtime.run();
        let same = typed_door.accept_json(
            &bytes,
            Policy::default(),
            Write {
                skip_equal: true,
                ..Write::default()
            },
        );
        assert!(!same.unwrap().changed, "{place}");
    }
    assert_eq!(runtime.take_log(), [] as [&str; 0]);
    good
}

#[test]
fn what_one_form_writes_the_other_reads() {
    let file = Order::SCHEMA.to_file();
    let forms = [
        Described::fixed(Order::SCHEMA),
        Described::given(Schema::from_file(&file).unwrap()),
        Described::given(Schema::from_file(&cases_reversed(file)).unwrap()),
    ];
    let mut good = 0;
    for (number, described) in forms.iter().enumerate() {
        for seed in 0..SEEDS {
            println!("form {number}, seed {seed}");
            let buffer = [RING, BufferConfig::SingleLatest][seed as usize % 2];
            good += there_and_back(described, buffer, seed);
        }
    }
    // Else nothing was shown.
    assert!(good > 1_000, "{good} good values");
}

#[test]
fn a_file_that_lists_cases_in_another_order_is_the_same_contract_with_other_fields() {
    let file = cases_reversed(Order::SCHEMA.to_file());
    let reversed = Schema::from_file(&file).unwrap();
    assert!(reversed.is_alike(Order::SCHEMA));
    assert!(!reversed.shares_fields_with(Order::SCHEMA));
    let read = Schema::from_file(&Order::SCHEMA.to_file()).unwrap();
    assert!(read.shares_fields_with(Order::SCHEMA));
}

#[test]
fn two_rust_types_of_one_contract_share_a_record() {
    let runtime = Bare::default();
    let mut builder = AimDbBuilder::new(runtime.clone());
    builder.configure::<Circle>("circle", |reg| {
        reg.buffer(RING);
    });
    builder.configure::<Round>("copy", |reg| {
        reg.buffer(RING)
            .transform("circle", |round: &Round| Some(round.clone()));
    });
    let db = builder.build().unwrap();
    let producer = db.producer::<Circle>("circle").unwrap();
    producer.produce(Circle { radius: 1.0 }).unwrap();
    runtime.run();
    let copy = db.record::<Circle>("copy").unwrap();
    assert_eq!(copy.latest().unwrap().value, Circle { radius: 1.0 });
    let refused = copy.produce(Circle { radius: 0.0 }, Write::default());
    assert_eq!(refused.unwrap_err().violation().unwrap().path, "radius");
}
