//! From a contract to a file, and to the number that tells equal contracts.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde::ser::{Serialize, Serializer};

use crate::encode::to_json;
use crate::json::{Json, positions};
use crate::migrate::{Change, Migration};
use crate::number::Number;
use crate::schema::{Body, Field, Kind, Link, Object, Rules, Schema, Type, UnknownFields};
use crate::wanted::Wanted;

type Entries = Vec<(String, Json)>;

impl Schema {
    /// The contract as a contract file, with every contract that nests in it.
    pub fn to_file(&self) -> Json {
        let mut nested = Nested {
            root: &self.name,
            found: Vec::new(),
        };
        let mut entries = contract(self, self, &mut nested);
        let mut contracts = Vec::new();
        // Writing one may find more.
        while let Some((schema, scope)) = nested.found.get(contracts.len()).copied() {
            contracts.push(Json::Map(contract(schema, scope, &mut nested)));
        }
        if !contracts.is_empty() {
            entries.push(("contracts".into(), Json::List(contracts)));
        }
        let migrations = self.migrations.list();
        // Code cannot travel, and without it nothing leads from before it to here.
        let code = migrations.iter().rposition(Migration::is_code);
        let migrations = &migrations[code.map_or(0, |last| last + 1)..];
        if !migrations.is_empty() {
            let migrations = migrations.iter().map(migration).collect();
            entries.push(("migrations".into(), Json::List(migrations)));
        }
        Json::Map(entries)
    }

    /// A number that contracts share which take and write the same values: 64 bits of FNV-1a over the
    /// file with its names in order and without what is only for people. Migrations do not count either:
    /// they say how one comes from another version, not what a value of this one is.
    pub fn fingerprint(&self) -> u64 {
        self.essence()
            .in_order()
            .to_text()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
    }

    /// The same in the 16 hexadecimal digits that stand on the wire.
    pub fn fingerprint_text(&self) -> String {
        alloc::format!("{:016x}", self.fingerprint())
    }
    /// The file without what is only for people, its names as they are listed.
    pub(crate) fn essence(&self) -> Json {
        let mut file = self.to_file();
        strip(&mut file);
        file
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_file().serialize(serializer)
    }
}

/// Takes out what does not decide which values are taken, and brings nested contracts into order.
fn strip(file: &mut Json) {
    let Json::Map(entries) = file else { return };
    entries.retain(|(name, _)| !matches!(name.as_str(), "doc" | "icon" | "signal" | "migrations"));
    for (name, value) in entries.iter_mut() {
        match (name.as_str(), value) {
            ("fields", Json::List(fields)) => fields.iter_mut().for_each(strip_field),
            ("contracts", Json::List(contracts)) => {
                contracts.iter_mut().for_each(strip);
                let name = |at: usize| contracts[at].get("name").and_then(Json::as_text);
                let order = positions(contracts.len(), &|this, that| name(this).cmp(&name(that)));
                let ordered = order.into_iter().map(|at| contracts[at as usize].clone());
                *contracts = ordered.collect();
            }
            _ => {}
        }
    }
}

fn strip_field(field: &mut Json) {
    let Json::Map(entries) = field else { return };
    entries.retain(|(name, _)| !matches!(name.as_str(), "doc" | "icon"));
    for (name, value) in entries.iter_mut() {
        if name == "kind" {
            strip_kind(value);
        }
    }
}

/// Inline objects and cases have fields of their own; enums, tags and names are left as they are.
fn strip_kind(kind: &mut Json) {
    let Json::Map(entries) = kind else { return };
    for (name, value) in entries.iter_mut() {
        match (name.as_str(), value) {
            ("kind" | "list" | "map" | "nullable", inner) => strip_kind(inner),
            ("tuple", Json::List(kinds)) => kinds.iter_mut().for_each(strip_kind),
            ("object", object) => strip(object),
            ("oneOf", Json::Map(union)) => {
                for (_, cases) in union.iter_mut() {
                    if let Json::Map(cases) = cases {
                        cases.iter_mut().for_each(|(_, case)| strip(case));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The contracts that are to be written beside the root, each once, in the order in which they are met.
struct Nested<'a> {
    root: &'a str,
    found: Vec<(&'a Schema, &'a Schema)>,
}

fn contract<'a>(schema: &'a Schema, scope: &'a Schema, nested: &mut Nested<'a>) -> Entries {
    let mut entries = vec![
        entry("name", text(&schema.name)),
        entry("version", whole(schema.version)),
    ];
    entries.extend(said("doc", &schema.doc));
    entries.extend(said("icon", &schema.icon));
    entries.extend(
        schema
            .signal
            .as_ref()
            .map(|signal| entry("signal", text(signal))),
    );
    object(&mut entries, &schema.object, scope, nested);
    entries
}

fn object<'a>(
    entries: &mut Entries,
    object: &'a Object,
    scope: &'a Schema,
    nested: &mut Nested<'a>,
) {
    let unknown = match object.unknown {
        UnknownFields::Ignore => None,
        UnknownFields::Refuse => Some("refuse"),
        UnknownFields::Keep => Some("keep"),
    };
    entries.extend(unknown.map(|unknown| entry("unknownFields", text(unknown))));
    let fields = match object.keeps_all() {
        true => [].iter(),
        false => object.fields.iter(),
    };
    let fields = fields
        .map(|of| Json::Map(field(of, scope, nested)))
        .collect();
    entries.push(entry("fields", Json::List(fields)));
}

fn field<'a>(field: &'a Field, scope: &'a Schema, nested: &mut Nested<'a>) -> Entries {
    let mut entries = vec![
        entry("name", text(&field.name)),
        entry("kind", kind(&field.of.kind, scope, nested)),
    ];
    rules(&mut entries, &field.of.rules);
    if field.optional {
        entries.push(entry("optional", Json::Bool(true)));
    }
    if let Some(default) = &field.default {
        let wanted = Wanted::of_type(&field.of, scope);
        entries.push(entry("default", to_json(&default.value().lend(), wanted)));
    }
    entries.extend(said("unit", &field.unit));
    entries.extend(said("doc", &field.doc));
    entries.extend(said("icon", &field.icon));
    entries
}

fn inner<'a>(of: &'a Type, scope: &'a Schema, nested: &mut Nested<'a>) -> Json {
    let kind = kind(&of.kind, scope, nested);
    if of.rules == Rules::NONE {
        return kind;
    }
    let mut entries = vec![entry("kind", kind)];
    rules(&mut entries, &of.rules);
    Json::Map(entries)
}

fn kind<'a>(kind: &'a Kind, scope: &'a Schema, nested: &mut Nested<'a>) -> Json {
    let value = match kind {
        Kind::Enum(choices) => Json::List(choices.iter().map(|choice| text(choice)).collect()),
        Kind::List(of) | Kind::Map(of) | Kind::Nullable(of) => inner(of, scope, nested),
        Kind::Tuple(types) => Json::List(types.iter().map(|of| inner(of, scope, nested)).collect()),
        Kind::Object(of) => {
            let mut entries = Vec::new();
            object(&mut entries, of, scope, nested);
            Json::Map(entries)
        }
        Kind::Contract(to) => link(*to, scope, nested),
        Kind::OneOf(union) => {
            let cases = union.cases.iter().map(|case| {
                let mut entries = Vec::new();
                match &case.body {
                    Body::Object(of) => object(&mut entries, of, scope, nested),
                    Body::Contract(to) => {
                        entries.push(entry("contract", link(*to, scope, nested)));
                    }
                }
                (case.name.to_string(), Json::Map(entries))
            });
            let cases = Json::Map(cases.collect());
            Json::Map(vec![entry("tag", text(&union.tag)), entry("cases", cases)])
        }
        scalar => return text(scalar.name()),
    };
    Json::Map(vec![entry(kind.name(), value)])
}

/// The name of a contract, which is to be written too.
fn link<'a>(link: Link, scope: &'a Schema, nested: &mut Nested<'a>) -> Json {
    let (schema, scope) = scope.follow(link);
    let is_known = *schema.name == *nested.root
        || nested
            .found
            .iter()
            .any(|(known, _)| known.name == schema.name);
    if !is_known {
        nested.found.push((schema, scope));
    }
    text(&schema.name)
}

fn rules(entries: &mut Entries, rules: &Rules) {
    let numbers = [
        ("min", rules.min),
        ("max", rules.max),
        ("exclusiveMin", rules.exclusive_min),
        ("exclusiveMax", rules.exclusive_max),
        ("multipleOf", rules.multiple_of),
    ];
    for (name, number) in numbers {
        entries.extend(number.map(|number| entry(name, Json::Number(number))));
    }
    let counts = [
        ("minLength", rules.min_length),
        ("maxLength", rules.max_length),
        ("minItems", rules.min_items),
        ("maxItems", rules.max_items),
        ("minProperties", rules.min_properties),
        ("maxProperties", rules.max_properties),
    ];
    for (name, count) in counts {
        entries.extend(count.map(|count| entry(name, whole(count))));
    }
    entries.extend(
        rules
            .pattern
            .as_ref()
            .map(|pattern| entry("pattern", text(pattern))),
    );
    entries.extend(
        rules
            .format
            .map(|format| entry("format", text(format.name()))),
    );
    if rules.unique_items {
        entries.push(entry("uniqueItems", Json::Bool(true)));
    }
}

fn migration(migration: &Migration) -> Json {
    let steps = |steps: &[Change]| Json::List(steps.iter().map(step).collect());
    Json::Map(vec![
        entry("from", whole(migration.from)),
        entry("up", steps(&migration.up)),
        entry("down", steps(&migration.down)),
    ])
}

fn step(change: &Change) -> Json {
    let float = |number| Json::Number(Number::of_f64(number));
    let (name, value) = match change {
        Change::Rename { from, to } => ("rename", Json::List(vec![text(from), text(to)])),
        Change::Drop { field } => ("drop", text(field)),
        Change::Add { field, value } => {
            let entries = vec![entry("field", text(field)), entry("value", value.clone())];
            ("add", Json::Map(entries))
        }
        Change::Scale {
            field,
            factor,
            offset,
        } => {
            let entries = vec![
                entry("field", text(field)),
                entry("factor", float(*factor)),
                entry("offset", float(*offset)),
            ];
            ("scale", Json::Map(entries))
        }
        Change::Map { field, values } => {
            let pair =
                |(before, after): &(Json, Json)| Json::List(vec![before.clone(), after.clone()]);
            let values = Json::List(values.iter().map(pair).collect());
            let entries = vec![entry("field", text(field)), entry("values", values)];
            ("map", Json::Map(entries))
        }
        Change::When { field, is, steps } => {
            let steps = Json::List(steps.iter().map(step).collect());
            let entries = vec![
                entry("field", text(field)),
                entry("is", is.clone()),
                entry("steps", steps),
            ];
            ("when", Json::Map(entries))
        }
        // Never met: migrations with code are left out.
        Change::Code(_) => ("code", Json::Null),
    };
    Json::Map(vec![entry(name, value)])
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

/// Words for people, unless there are none.
fn said(name: &str, words: &str) -> Option<(String, Json)> {
    (!words.is_empty()).then(|| entry(name, text(words)))
}
