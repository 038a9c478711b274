//! Contract files with every kind and every rule, correct by how they are made.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use fastrand::Rng;

use super::defaults::{give_defaults, list};
use super::texts::PATTERNS;
use super::{once_in, one_of};
use crate::format::Format;
use crate::json::Json;
use crate::number::Number;
use crate::schema::Schema;

/// So deep are kinds within kinds.
const DEPTH_MAX: usize = 4;

/// So many kinds has a file at most, beyond scalars.
const KINDS_MAX: usize = 40;

const CONTRACT_NAMES: &[&str] = &["order", "order_line", "a", "point.2d", "node-7", "x_0"];

/// None of them is one of `TAGS`.
const FIELD_NAMES: &[&str] = &[
    "id",
    "type",
    "total",
    "self",
    "größe",
    "a b",
    "0",
    "constructor",
    "toString",
    "x.y",
    "it's",
    "\"",
    "then",
    "length",
    "celsius",
    "🌡️",
];

const TAGS: &[&str] = &["kind", "case", "$tag"];

const CHOICES: &[&str] = &["open", "paid", "sent", "", "Ü", "a b", "null", "1"];

const SCALARS: &[&str] = &[
    "bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "text", "bytes",
    "time", "json",
];

/// A contract file that [`Schema::from_file`] takes: of any kinds and rules, nested up to four deep, with
/// contracts that nest in each other and in themselves, defaults and migrations.
///
/// ```
/// use aimdb_contracts::{Schema, testing::contract_file};
///
/// let mut random = fastrand::Rng::with_seed(1);
/// let schema = Schema::from_file(&contract_file(&mut random)).unwrap();
/// let again = Schema::from_file(&schema.to_file()).unwrap();
/// assert_eq!(again.fingerprint(), schema.fingerprint());
/// ```
pub fn contract_file(random: &mut Rng) -> Json {
    let mut names: Vec<&str> = CONTRACT_NAMES.to_vec();
    random.shuffle(&mut names);
    names.truncate(random.usize(1..=4));
    let mut writer = Writer {
        random,
        names,
        kinds_left: KINDS_MAX,
    };
    let mut file = writer.file();
    // A default is a value of its field, so there must be a contract before there is a value.
    if let Ok(schema) = Schema::from_file(&file) {
        give_defaults(&mut file, &schema, &schema.object, random);
        for (index, contract) in list(&mut file, "contracts").iter_mut().enumerate() {
            give_defaults(contract, &schema, &schema.contracts[index].object, random);
        }
    }
    file
}

type Entries = Vec<(String, Json)>;

/// Where a kind stands.
#[derive(Clone, Copy)]
struct Spot {
    depth: usize,
    /// The contract, by number.
    contract: usize,
    /// Whether a value of the contract can do without what stands here, so that anything may nest in it.
    is_free: bool,
}

impl Spot {
    fn inside(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    fn free_if(self, is_free: bool) -> Self {
        Self {
            is_free: self.is_free || is_free,
            ..self
        }
    }
}

struct Writer<'r> {
    random: &'r mut Rng,
    names: Vec<&'static str>,
    kinds_left: usize,
}

impl Writer<'_> {
    fn file(&mut self) -> Json {
        let version = self.random.u32(1..=4);
        let mut entries = self.contract(0, version);
        let nested: Vec<Json> = (1..self.names.len())
            .map(|index| Json::Map(self.contract(index, 1)))
            .collect();
        if !nested.is_empty() {
            entries.push(entry("contracts", Json::List(nested)));
        }
        let count = self.random.u32(0..version);
        let migrations: Vec<Json> = (version - count..version)
            .map(|from| self.migration(from))
            .collect();
        if count > 0 {
            entries.push(entry("migrations", Json::List(migrations)));
        }
        Json::Map(entries)
    }

    fn contract(&mut self, contract: usize, version: u32) -> Entries {
        let mut entries = vec![
            entry("name", text(self.names[contract])),
            entry("version", whole(version)),
        ];
        self.words(&mut entries, &["doc", "icon"]);
        let spot = Spot {
            depth: 0,
            contract,
            is_free: false,
        };
        let fields = self.object(&mut entries, spot, 6);
        let numbers = fields.iter().filter(|(_, is_number)| *is_number);
        let numbers: Vec<&String> = numbers.map(|(name, _)| name).collect();
        if !numbers.is_empty() && self.random.bool() {
            entries.push(entry(
                "signal",
                text(one_of::<&String>(self.random, &numbers)),
            ));
        }
        self.random.shuffle(&mut entries);
        entries
    }

    fn words(&mut self, entries: &mut Entries, names: &[&str]) {
        for name in names {
            if once_in(self.random, 3) {
                let words = *one_of(self.random, &["€", "What it is. */", "°C", "🎚️"]);
                entries.push(entry(name, text(words)));
            }
        }
    }

    /// Writes `fields` and `unknownFields`; gives the names, and whether they are numbers.
    fn object(
        &mut self,
        entries: &mut Entries,
        spot: Spot,
        fields_max: usize,
    ) -> Vec<(String, bool)> {
        let mut names: Vec<&str> = FIELD_NAMES.to_vec();
        self.random.shuffle(&mut names);
        let count = self
            .random
            .usize(if spot.depth == 0 { 1 } else { 0 }..=fields_max);
        let mut known = Vec::new();
        let mut fields = Vec::new();
        for name in names.into_iter().take(count) {
            let field = self.field(name, spot);
            let kind = field.iter().find(|(name, _)| name == "kind");
            let kind = kind.and_then(|(_, kind)| kind.as_text()).unwrap_or("");
            let is_number = !matches!(kind, "" | "bool" | "text" | "bytes" | "json");
            known.push((name.to_string(), is_number));
            fields.push(Json::Map(field));
        }
        entries.push(entry("fields", Json::List(fields)));
        match self.random.u8(0..6) {
            0 => entries.push(entry("unknownFields", text("ignore"))),
            1 | 2 => entries.push(entry("unknownFields", text("refuse"))),
            _ => {}
        }
        known
    }

    fn field(&mut self, name: &str, spot: Spot) -> Entries {
        let is_optional = once_in(self.random, 3);
        let (kind, rules) = self.kind(spot.free_if(is_optional));
        let mut entries = vec![entry("name", text(name)), entry("kind", kind)];
        entries.extend(rules);
        if is_optional || once_in(self.random, 9) {
            entries.push(entry("optional", Json::Bool(is_optional)));
        }
        self.words(&mut entries, &["unit", "doc", "icon"]);
        if once_in(self.random, 4) {
            self.random.shuffle(&mut entries);
        }
        entries
    }

    /// A kind within another, with its rules.
    fn inner(&mut self, spot: Spot) -> Json {
        let (kind, rules) = self.kind(spot);
        self.with_rules(kind, rules)
    }

    fn with_rules(&mut self, kind: Json, rules: Entries) -> Json {
        if rules.is_empty() && !once_in(self.random, 5) {
            return kind;
        }
        let mut entries = vec![entry("kind", kind)];
        entries.extend(rules);
        Json::Map(entries)
    }

    /// A kind, and rules that fit it.
    fn kind(&mut self, spot: Spot) -> (Json, Entries) {
        if spot.depth >= DEPTH_MAX || self.kinds_left == 0 || self.random.bool() {
            return self.scalar();
        }
        self.kinds_left -= 1;
        let inside = spot.inside();
        let mut rules = Vec::new();
        let (name, value) = match self.random.u8(0..9) {
            0 => ("enum", self.choices()),
            1 | 2 => {
                let (min, max) = self.counts("Items", &mut rules);
                // Of some types there are no two values that differ.
                if once_in(self.random, 4) && max <= 3 && min <= 1 {
                    rules.push(entry("uniqueItems", Json::Bool(self.random.bool())));
                }
                ("list", self.inner(inside.free_if(min == 0)))
            }
            3 => {
                let (min, _) = self.counts("Properties", &mut rules);
                ("map", self.inner(inside.free_if(min == 0)))
            }
            4 => {
                let count = self.random.usize(1..=3);
                (
                    "tuple",
                    Json::List((0..count).map(|_| self.inner(inside)).collect()),
                )
            }
            5 => ("nullable", self.nullable(inside.free_if(true))),
            6 => {
                let mut entries = Vec::new();
                self.object(&mut entries, inside, 3);
                ("object", Json::Map(entries))
            }
            7 => match self.link(spot) {
                Some(name) => ("contract", text(name)),
                None => ("enum", self.choices()),
            },
            _ => ("oneOf", self.union(inside)),
        };
        (Json::Map(vec![entry(name, value)]), rules)
    }

    /// The name of a contract that may stand here: one that comes later, or any where it need not be.
    fn link(&mut self, spot: Spot) -> Option<&'static str> {
        let first = if spot.is_free { 0 } else { spot.contract + 1 };
        let names = &self.names[first.min(self.names.len())..];
        (!names.is_empty()).then(|| *one_of(self.random, names))
    }

    /// A kind that takes null beside what it takes.
    fn nullable(&mut self, spot: Spot) -> Json {
        let (kind, rules) = loop {
            let (kind, rules) = self.kind(spot);
            // These take null by themselves.
            if kind.as_text() != Some("json") && kind.get("nullable").is_none() {
                break (kind, rules);
            }
        };
        self.with_rules(kind, rules)
    }

    fn choices(&mut self) -> Json {
        let mut choices = CHOICES.to_vec();
        self.random.shuffle(&mut choices);
        choices.truncate(self.random.usize(1..=choices.len()));
        Json::List(choices.into_iter().map(text).collect())
    }

    fn union(&mut self, spot: Spot) -> Json {
        let tag = *one_of(self.random, TAGS);
        let mut names = CHOICES.to_vec();
        names.retain(|name| !name.is_empty());
        self.random.shuffle(&mut names);
        names.truncate(self.random.usize(1..=3));
        let mut cases = Vec::new();
        for (index, name) in names.into_iter().enumerate() {
            // Where the first case has an end, the union has one.
            let spot = spot.free_if(index > 0);
            let mut entries = Vec::new();
            match self.link(spot).filter(|_| self.random.bool()) {
                Some(contract) => entries.push(entry("contract", text(contract))),
                None => {
                    self.object(&mut entries, spot, 2);
                }
            }
            cases.push(entry(name, Json::Map(entries)));
        }
        Json::Map(vec![
            entry("tag", text(tag)),
            entry("cases", Json::Map(cases)),
        ])
    }

    /// Least and greatest counts, as rules whose names end in `of`.
    fn counts(&mut self, of: &str, rules: &mut Entries) -> (u32, u32) {
        let (mut min, mut max) = (0, 3);
        if once_in(self.random, 3) {
            min = self.random.u32(0..=2);
            rules.push(entry(&format!("min{of}"), whole(min)));
        }
        if once_in(self.random, 3) {
            max = min + self.random.u32(0..=3);
            rules.push(entry(&format!("max{of}"), whole(max)));
        }
        (min, max)
    }

    fn scalar(&mut self) -> (Json, Entries) {
        let name = *one_of(self.random, SCALARS);
        let mut rules = Vec::new();
        if self.random.bool() {
            match name {
                "text" => self.text_rules(&mut rules),
                "bytes" => {
                    self.counts("Length", &mut rules);
                }
                "bool" | "json" => {}
                "f32" | "f64" => self.float_rules(&mut rules),
                name => self.integer_rules(name, &mut rules),
            }
        }
        (text(name), rules)
    }

    fn text_rules(&mut self, rules: &mut Entries) {
        match self.random.u8(0..4) {
            0 => rules.push(entry("pattern", text(one_of(self.random, PATTERNS).0))),
            1 => {
                let formats: Vec<&str> = Format::names().collect();
                rules.push(entry("format", text(one_of::<&str>(self.random, &formats))));
            }
            2 => rules.push(entry("maxLength", whole(self.random.u32(1..100)))),
            _ => {
                self.counts("Length", rules);
            }
        }
    }

    fn float_rules(&mut self, rules: &mut Entries) {
        let low = *one_of(self.random, &[-1000.0, -273.15, -0.1, 0.0, 1e-3]);
        let high = *one_of(self.random, &[0.3, 1.0, 100.0, 16_777_217.0, 1e20]);
        let names = [
            ("min", low),
            ("exclusiveMin", low),
            ("max", high),
            ("exclusiveMax", high),
        ];
        for (name, bound) in names {
            if once_in(self.random, 3) {
                rules.push(entry(name, Json::Number(Number::of_f64(bound))));
            }
        }
        if once_in(self.random, 4) {
            // Between 0 and 0.3 there is no integer.
            let steps = &[0.1, 0.25, 0.01, 1.0][..if high < 1.0 { 3 } else { 4 }];
            let step = *one_of(self.random, steps);
            rules.push(entry("multipleOf", Json::Number(Number::of_f64(step))));
        }
    }

    fn integer_rules(&mut self, name: &str, rules: &mut Entries) {
        let bits = name.trim_matches(|letter: char| !letter.is_ascii_digit());
        let bits: u32 = bits.parse().unwrap_or(53);
        let is_signed = !name.starts_with('u');
        let high = match is_signed {
            true => (1_i128 << (bits - 1)) - 1,
            false => (1_i128 << bits) - 1,
        };
        let low = if is_signed { -high } else { 0 };
        let middle = i128::from(self.random.u8(2..20));
        let from = *one_of(self.random, &[low, low / 2, 0]);
        let to = *one_of(self.random, &[middle * 4, high, high - 2, high / 2]);
        for (name, bound) in [
            ("min", from),
            ("exclusiveMin", from),
            ("max", to),
            ("exclusiveMax", to),
        ] {
            if once_in(self.random, 3) {
                rules.push(entry(name, Json::Number(number(bound))));
            }
        }
        if once_in(self.random, 4) {
            rules.push(entry("multipleOf", whole(self.random.u32(1..6))));
        }
    }

    fn migration(&mut self, from: u32) -> Json {
        let mut steps = || {
            let count = self.random.usize(0..4);
            Json::List((0..count).map(|_| self.step(0)).collect())
        };
        let (up, down) = (steps(), steps());
        Json::Map(vec![
            entry("from", whole(from)),
            entry("up", up),
            entry("down", down),
        ])
    }

    fn step(&mut self, depth: usize) -> Json {
        let field = *one_of(self.random, FIELD_NAMES);
        let about = |entries: Entries| {
            let mut all = vec![entry("field", text(field))];
            all.extend(entries);
            Json::Map(all)
        };
        let (name, value) = match self.random.u8(0..if depth < 2 { 6 } else { 5 }) {
            0 => ("rename", Json::List(vec![text(field), text("renamed")])),
            1 => ("add", about(vec![entry("value", Json::Null)])),
            2 => ("drop", text(field)),
            3 => {
                let factor = Json::Number(Number::Float(0.5));
                (
                    "scale",
                    about(vec![entry("factor", factor), entry("offset", whole(3))]),
                )
            }
            4 => {
                let pair = Json::List(vec![text("C"), whole(1)]);
                ("map", about(vec![entry("values", Json::List(vec![pair]))]))
            }
            _ => {
                let steps = Json::List(vec![self.step(depth + 1)]);
                (
                    "when",
                    about(vec![entry("is", whole(1)), entry("steps", steps)]),
                )
            }
        };
        Json::Map(vec![entry(name, value)])
    }
}

fn entry(name: &str, value: Json) -> (String, Json) {
    (name.into(), value)
}

fn text(text: &str) -> Json {
    Json::Text(text.into())
}

fn whole(number: u32) -> Json {
    Json::Number(Number::Unsigned(number.into()))
}

fn number(number: i128) -> Number {
    match u64::try_from(number) {
        Ok(number) => Number::Unsigned(number),
        // The caller's numbers are those of 64 bits.
        Err(_) => Number::Signed(number as i64),
    }
}
