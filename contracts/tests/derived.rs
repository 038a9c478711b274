//! What the derive takes, and that every derived type is exactly what it says of itself.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aimdb_contracts::migrate::{Change, Migration};
use aimdb_contracts::testing::assert_exact;
use aimdb_contracts::{
    Bytes, Contract, FieldType, Json, Kind, Linkable, Observable, Reason, SchemaType, Streamable,
    Timestamp,
};

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Contract)]
#[contract(rename_all = "snake_case")]
enum State {
    Open,
    NotYetPaid,
    #[contract(name = "SENT!")]
    Sent,
}

/// A temperature that can be.
#[derive(Clone, Copy, Debug, PartialEq, Contract)]
#[contract(min = -273.15, max = 1e6)]
struct Celsius(f32);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(min_length = 1, max_length = 8, pattern = "^[A-Z0-9-]+$")]
struct Code(String);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(max_items = 3, item(max_length = 4))]
struct Tags(Vec<String>);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "circle", version = 1)]
struct Circle {
    #[contract(exclusive_min = 0)]
    radius: f64,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "type", rename_all = "snake_case", unknown = "refuse")]
enum Shape {
    Nothing,
    Circle(Circle),
    Boxed(Box<Circle>),
    #[contract(name = "rect", rename_all = "camelCase")]
    Rectangle {
        #[contract(min = 0)]
        side_a: f32,
        #[contract(default = 1.5)]
        side_b: f32,
        #[contract(skip)]
        area: f32,
    },
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order_line", version = 1, unknown = "refuse")]
struct Line {
    code: Code,
    #[contract(min = 1, max = 1000, default = 1)]
    count: u16,
}

fn migrations() -> Vec<Migration> {
    vec![Migration {
        from: 2,
        up: vec![Change::Rename {
            from: "sum".into(),
            to: "total".into(),
        }],
        down: vec![Change::Rename {
            from: "total".into(),
            to: "sum".into(),
        }],
    }]
}

/// What a customer wants.
///
/// The second paragraph is for programmers.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(
    name = "order",
    version = 3,
    icon = "🛒",
    migrations = migrations,
    rename_all = "camelCase"
)]
struct Order {
    #[contract(default = "open")]
    state: State,
    #[contract(default = State::Sent)]
    next_state: State,
    /// What is to be paid.
    #[contract(min = 0, unit = "EUR", icon = "💶", signal)]
    total: f64,
    placed: Timestamp,
    #[contract(min_items = 1, max_items = 500)]
    lines: Vec<Line>,
    #[contract(max_properties = 3, item(max_length = 5))]
    notes: Option<BTreeMap<String, String>>,
    r#type: Option<String>,
    #[contract(rename = "größe")]
    size: Option<Option<u8>>,
    #[contract(default = "eins", max_length = 4)]
    word: String,
    #[contract(skip)]
    cache: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "everything", version = 1)]
struct Everything {
    shape: Shape,
    shapes: Vec<Shape>,
    tags: Tags,
    #[contract(max_items = 2)]
    few_tags: Option<Tags>,
    celsius: Option<Celsius>,
    #[contract(min = 0, max = 30)]
    mild: Celsius,
    pair: (u8, Option<String>),
    six: (bool, i8, i16, i32, i64, f32),
    #[contract(unique_items, item(min = -1, max = 1))]
    corners: [f32; 4],
    #[contract(item(min = 0.5))]
    holes: Vec<Option<f64>>,
    #[contract(item(item(multiple_of = 3)))]
    grid: Vec<Vec<u32>>,
    bytes: Bytes,
    #[contract(min_length = 2, max_length = 4)]
    few: Option<Bytes>,
    numbers: Vec<u8>,
    any: Json,
    shared: Arc<str>,
    boxed: Box<str>,
    duration: Duration,
    #[contract(min = 5)]
    pause: Option<Duration>,
    #[contract(format = "uuid")]
    id: String,
    #[contract(format = "date-time")]
    when: Option<String>,
    hash: HashMap<String, i8>,
    by_name: BTreeMap<String, Option<Circle>>,
    #[contract(exclusive_max = 10, multiple_of = 0.25)]
    steps: f32,
    #[contract(min = 1000000000000, max = 18446744073709551615)]
    large: u64,
    #[contract(min = -9223372036854775808)]
    small: i64,
    #[contract(max = LIMIT)]
    limited: u32,
}

const LIMIT: u32 = 4_000_000_000;

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "tree", version = 1)]
struct Tree {
    value: i16,
    left: Option<Box<Tree>>,
    children: Vec<Tree>,
    pair: Option<(Box<Forest>, u8)>,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "forest", version = 4)]
struct Forest {
    trees: BTreeMap<String, Tree>,
}

/// An enum nests in itself by way of a contract.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(tag = "op", rename_all = "snake_case")]
enum Node {
    Number {
        value: f64,
    },
    Negated(Box<Expression>),
    Sum {
        #[contract(min_items = 2)]
        parts: Vec<Expression>,
    },
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "expression", version = 1)]
struct Expression {
    node: Node,
}

/// What a reading is of.
trait Measured: FieldType {
    const READING: &'static str;
}

impl Measured for f32 {
    const READING: &'static str = "reading_f32";
}

impl Measured for Celsius {
    const READING: &'static str = "reading.celsius";
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = T::READING, version = 1)]
struct Reading<T: Measured> {
    #[contract(max = 99)]
    value: T,
    before: Option<T>,
    #[contract(default = true)]
    is_good: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Contract)]
#[contract(name = "position", version = 1)]
struct Position {
    #[contract(min = -90, max = 90)]
    latitude: f64,
    #[contract(default = 16.37)]
    longitude: f64,
}

/// Flat although another contract stands in it.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "track", version = 1)]
struct Track {
    id: u32,
    #[contract(flatten)]
    position: Position,
    #[contract(flatten)]
    reading: Reading<f32>,
    #[contract(skip)]
    unseen: u8,
    at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "defaults", version = 1)]
struct Defaults {
    #[contract(default = 2.5)]
    optional: Option<f32>,
    #[contract(default = 50, max = 50)]
    small: u8,
    #[contract(default = -7)]
    negative: i64,
    #[contract(default = vec![1, 2])]
    list: Vec<u8>,
    #[contract(default = Json::Null)]
    any: Json,
    #[contract(default = Celsius(21.5))]
    warm: Celsius,
    #[contract(default = 21.1, max = 21.1)]
    cold: Celsius,
    #[contract(default = Duration::from_millis(1500))]
    pause: Duration,
}

/// Another name for the crate.
mod elsewhere {
    pub(crate) use ::aimdb_contracts as inner;
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "renamed_crate", version = 1, crate = elsewhere::inner)]
struct RenamedCrate {
    #[contract(min = 1, default = 2, signal)]
    value: u8,
}

mod of_other_crates {
    use super::Contract;

    #[derive(Clone, Debug, PartialEq, Contract)]
    #[contract(name = "of_other_crates", version = 1)]
    pub(super) struct OfOtherCrates {
        pub(super) chrono: chrono::DateTime<chrono::Utc>,
        pub(super) chrono_date: chrono::NaiveDate,
        pub(super) jiff: jiff::Timestamp,
        pub(super) jiff_date: jiff::civil::Date,
        pub(super) uuid: uuid::Uuid,
    }
}

/// A type of one's own that says what it is.
#[derive(Clone, Debug, PartialEq)]
struct Even(u32);

impl FieldType for Even {
    const KIND: Kind = Kind::Unsigned { bits: 32 };
    const RULES: aimdb_contracts::schema::Rules =
        aimdb_contracts::schema::Rules::NONE.with_multiple_of(aimdb_contracts::Number::Unsigned(2));

    fn from_value(value: aimdb_contracts::Value) -> Option<Self> {
        u32::from_value(value).filter(|n| n % 2 == 0).map(Self)
    }

    fn lend(&self) -> aimdb_contracts::Lent<'_> {
        self.0.lend()
    }

    fn from_slot(slot: f64) -> Option<Self> {
        u32::from_slot(slot).map(Self)
    }

    fn to_slot(&self) -> Option<f64> {
        self.0.to_slot()
    }
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "own_type", version = 1)]
struct OwnType {
    even: Even,
    #[contract(max = 8)]
    few: Option<Even>,
}

#[test]
fn every_derived_type_is_what_it_says_of_itself() {
    for seed in 0..3 {
        assert_exact::<Circle>(seed);
        assert_exact::<Line>(seed);
        assert_exact::<Order>(seed);
        assert_exact::<Everything>(seed);
        assert_exact::<Tree>(seed);
        assert_exact::<Forest>(seed);
        assert_exact::<Expression>(seed);
        assert_exact::<Reading<f32>>(seed);
        assert_exact::<Reading<Celsius>>(seed);
        assert_exact::<Position>(seed);
        assert_exact::<Track>(seed);
        assert_exact::<Defaults>(seed);
        assert_exact::<RenamedCrate>(seed);
        assert_exact::<of_other_crates::OfOtherCrates>(seed);
        assert_exact::<OwnType>(seed);
    }
}

fn order() -> Order {
    Order::from_bytes(
        r#"{"total":1.5,"placed":7,"lines":[{"code":"A-1"}],"größe":null}"#.as_bytes(),
    )
    .unwrap()
}

#[test]
fn names_defaults_and_what_is_skipped() {
    let order = order();
    assert_eq!(
        String::from_utf8(order.to_bytes().unwrap()).unwrap(),
        r#"{"state":"open","nextState":"SENT!","total":1.5,"placed":7,"lines":[{"code":"A-1","count":1}],"größe":null,"word":"eins"}"#
    );
    assert_eq!((order.size, order.cache.len()), (Some(None), 0));
    assert_eq!((Order::NAME, Order::VERSION), ("order", 3));
    assert_eq!(
        (Order::SIGNAL, Order::UNIT, Order::ICON, order.signal()),
        ("total", "EUR", "🛒", 1.5)
    );
    assert_eq!(Order::SCHEMA.doc, "What a customer wants.");
    assert_eq!(Order::SCHEMA.fields()[2].icon, "💶");
    assert!(Order::SCHEMA.index_of("type").is_some());
    let defaults = Defaults::from_bytes(b"{}").unwrap();
    assert_eq!(
        (defaults.optional, defaults.small, defaults.negative),
        (Some(2.5), 50, -7)
    );
    assert_eq!(defaults.list, [1, 2]);
    assert_eq!(defaults.pause, Duration::from_millis(1500));
}

#[test]
fn what_derives_is_described_in_the_file() {
    let file = |schema: &aimdb_contracts::Schema, index: usize| {
        schema.to_file().get("fields").unwrap().as_list().unwrap()[index].to_text()
    };
    for (found, expected) in [
        (
            file(Order::SCHEMA, 0),
            r#"{"name":"state","kind":{"enum":["open","not_yet_paid","SENT!"]},"default":"open"}"#,
        ),
        (
            file(Order::SCHEMA, 5),
            r#"{"name":"notes","kind":{"map":{"kind":"text","maxLength":5}},"maxProperties":3,"optional":true}"#,
        ),
        (
            file(Order::SCHEMA, 7),
            r#"{"name":"größe","kind":{"nullable":"u8"},"optional":true}"#,
        ),
        (
            file(Everything::SCHEMA, 0),
            r#"{"name":"shape","kind":{"oneOf":{"tag":"type","cases":{"nothing":{"unknownFields":"refuse","fields":[]},"circle":{"contract":"circle"},"boxed":{"contract":"circle"},"rect":{"unknownFields":"refuse","fields":[{"name":"sideA","kind":"f32","min":0},{"name":"sideB","kind":"f32","default":1.5}]}}}}}"#,
        ),
        (
            file(Everything::SCHEMA, 3),
            r#"{"name":"few_tags","kind":{"list":{"kind":"text","maxLength":4}},"maxItems":2,"optional":true}"#,
        ),
        (
            file(Everything::SCHEMA, 5),
            r#"{"name":"mild","kind":"f32","min":0,"max":30}"#,
        ),
        (
            file(Everything::SCHEMA, 6),
            r#"{"name":"pair","kind":{"tuple":["u8",{"nullable":"text"}]}}"#,
        ),
        (
            file(Everything::SCHEMA, 8),
            r#"{"name":"corners","kind":{"list":{"kind":"f32","min":-1,"max":1}},"minItems":4,"maxItems":4,"uniqueItems":true}"#,
        ),
        (
            file(Everything::SCHEMA, 9),
            r#"{"name":"holes","kind":{"list":{"nullable":{"kind":"f64","min":0.5}}}}"#,
        ),
        (
            file(Everything::SCHEMA, 10),
            r#"{"name":"grid","kind":{"list":{"list":{"kind":"u32","multipleOf":3}}}}"#,
        ),
        (
            file(Everything::SCHEMA, 17),
            r#"{"name":"duration","kind":"f64","min":0,"max":4398046511104,"multipleOf":0.001,"unit":"ms"}"#,
        ),
        (
            file(Everything::SCHEMA, 18),
            r#"{"name":"pause","kind":"f64","min":5,"max":4398046511104,"multipleOf":0.001,"optional":true,"unit":"ms"}"#,
        ),
        (
            file(Track::SCHEMA, 1),
            r#"{"name":"latitude","kind":"f64","min":-90,"max":90}"#,
        ),
    ] {
        assert_eq!(found, expected);
    }
    let names: Vec<_> = Track::SCHEMA
        .fields()
        .iter()
        .map(|field| &*field.name)
        .collect();
    let expected = [
        "id",
        "latitude",
        "longitude",
        "value",
        "before",
        "is_good",
        "at",
    ];
    assert_eq!(names, expected);
    assert!(Track::SCHEMA.is_flat());
    assert_eq!(Order::SCHEMA.migrations.list(), migrations());
    let contracts = Tree::SCHEMA.to_file().get("contracts").unwrap().to_text();
    assert!(contracts.contains("forest") && !contracts.contains("\"tree\",\"version\""));
}

#[test]
fn a_generic_struct_is_a_contract_for_each_of_its_types() {
    assert_eq!(Reading::<f32>::NAME, "reading_f32");
    assert_eq!(Reading::<Celsius>::NAME, "reading.celsius");
    let refusal = Reading::<Celsius>::from_bytes(br#"{"value":-300}"#).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "reading.celsius: value: expected a number from -273.15 to 99, got -300"
    );
    assert!(Reading::<f32>::from_bytes(br#"{"value":-300}"#).is_ok());
}

#[test]
fn a_value_that_was_built_against_the_rules_is_refused() {
    let refused = |order: &Order, path: &str, reason: Reason| {
        let violation = order.check().unwrap_err();
        assert_eq!((violation.path.as_str(), violation.reason), (path, reason));
    };
    assert_eq!(order().check(), Ok(()));
    let built = |change: fn(&mut Order)| {
        let mut order = order();
        change(&mut order);
        order
    };
    let lowercase = built(|order| order.lines[0].code.0 = "a".into());
    refused(&lowercase, "lines[0].code", Reason::Pattern);
    refused(
        &built(|order| order.lines.clear()),
        "lines",
        Reason::TooShort,
    );
    refused(
        &built(|order| order.total = f64::NAN),
        "total",
        Reason::NotFinite,
    );
    refused(
        &built(|order| order.placed.0 = i64::MAX),
        "placed",
        Reason::Range,
    );
    let notes = [("a", "123456")].map(|(name, note)| (name.to_owned(), note.to_owned()));
    let mut noted = order();
    noted.notes = Some(notes.into());
    refused(&noted, "notes.a", Reason::TooLong);
    let fine = Defaults {
        pause: Duration::from_nanos(1500),
        ..Defaults::from_bytes(b"{}").unwrap()
    };
    assert_eq!(fine.check().unwrap_err().reason, Reason::Multiple);
}

#[test]
fn shapes_are_told_apart_by_their_tag_wherever_it_stands() {
    let everything = |shape: &str| {
        let json = format!(r#"{{"shapes":[{shape}],"at":1}}"#);
        let violation = Everything::from_bytes(json.as_bytes()).unwrap_err();
        (violation.path, violation.reason)
    };
    // What is missing is found last: these shapes are good.
    for good in [
        r#"{"type":"nothing"}"#,
        r#"{"radius":1,"more":2,"type":"circle"}"#,
        r#"{"sideA":1,"type":"rect"}"#,
    ] {
        assert_eq!(
            everything(good),
            ("shape".into(), Reason::Missing),
            "{good}"
        );
    }
    let at = |path: &str| format!("shapes[0]{path}");
    let bad = [
        (r#"{"type":"square"}"#, at(""), Reason::Choice),
        (r#"{"radius":1}"#, at(""), Reason::Missing),
        (
            r#"{"type":"circle","radius":0}"#,
            at(".radius"),
            Reason::Range,
        ),
        (
            r#"{"type":"rect","side_a":1}"#,
            at(".side_a"),
            Reason::UnknownField,
        ),
        (
            r#"{"type":"nothing","more":1}"#,
            at(".more"),
            Reason::UnknownField,
        ),
    ];
    for (shape, path, reason) in bad {
        assert_eq!(everything(shape), (path, reason), "{shape}");
    }
}

/// It takes less than it says.
#[derive(Clone, Debug, PartialEq)]
struct Odd(u32);

impl FieldType for Odd {
    const KIND: Kind = Kind::Unsigned { bits: 32 };

    fn from_value(value: aimdb_contracts::Value) -> Option<Self> {
        u32::from_value(value).filter(|n| n % 2 == 1).map(Self)
    }

    fn lend(&self) -> aimdb_contracts::Lent<'_> {
        self.0.lend()
    }
}

/// It has another value than the one that was read.
#[derive(Clone, Debug, PartialEq)]
struct Clamped(u32);

impl FieldType for Clamped {
    const KIND: Kind = Kind::Unsigned { bits: 32 };

    fn from_value(value: aimdb_contracts::Value) -> Option<Self> {
        u32::from_value(value).map(|n| Self(n.min(100)))
    }

    fn lend(&self) -> aimdb_contracts::Lent<'_> {
        self.0.lend()
    }

    fn to_slot(&self) -> Option<f64> {
        self.0.to_slot()
    }
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = T::NAME, version = 1)]
struct Dishonest<T: FieldTypeOfTest> {
    value: T,
}

trait FieldTypeOfTest: FieldType {
    const NAME: &'static str;
}

impl FieldTypeOfTest for Odd {
    const NAME: &'static str = "odd";
}

impl FieldTypeOfTest for Clamped {
    const NAME: &'static str = "clamped";
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "bad_pattern", version = 1)]
struct BadPattern {
    #[contract(pattern = "(a")]
    text: String,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "bad_default", version = 1)]
struct BadDefault {
    #[contract(default = Celsius(-300.0))]
    celsius: Celsius,
}

#[test]
#[should_panic(expected = "the type does not take what its description takes")]
fn a_type_that_takes_less_than_it_says_is_found() {
    assert_exact::<Dishonest<Odd>>(1);
}

#[test]
#[should_panic(expected = "the type changes a value")]
fn a_type_that_changes_what_it_reads_is_found() {
    assert_exact::<Dishonest<Clamped>>(1);
}

#[test]
#[should_panic(expected = "/fields/0/pattern")]
fn a_pattern_that_is_none_is_found() {
    assert_exact::<BadPattern>(1);
}

#[test]
#[should_panic(expected = "/fields/0/default")]
fn a_default_that_breaks_the_rules_is_found() {
    assert_exact::<BadDefault>(1);
}
