//! A random contract, as a JSON Schema and back, takes and refuses the same values.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aimdb_contracts::testing::{contract_file, values};
use aimdb_contracts::{Json, Number, Policy, Schema};
use aimdb_json_schema::{Options, from_json_schema, to_json_schema};
use fastrand::Rng;

const CONTRACTS: u64 = 400;
const VALUES: usize = 40;

fn text(text: &str) -> Json {
    Json::Text(text.into())
}

fn whole(number: i64) -> Json {
    Json::Number(Number::of_i64(number))
}

fn map(entries: Vec<(&str, Json)>) -> Json {
    let entries = entries.into_iter();
    Json::Map(
        entries
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// `kind` and rules of a random type. Values are drawn without it, so its bounds are small.
fn kind(rng: &mut Rng, depth: usize) -> Vec<(&'static str, Json)> {
    let scalars = [
        "bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "text",
        "bytes", "time", "json",
    ];
    let choice = if depth == 0 {
        rng.usize(..16)
    } else {
        rng.usize(..26)
    };
    let mut out = match choice {
        0..15 => vec![("kind", text(scalars[choice]))],
        15 => vec![(
            "kind",
            map(vec![("enum", Json::List(vec![text("a"), text("b")]))]),
        )],
        16 | 17 => vec![("kind", map(vec![("list", inner(rng, depth - 1))]))],
        18 => {
            let elements = (0..rng.usize(1..3))
                .map(|_| inner(rng, depth - 1))
                .collect();
            vec![("kind", map(vec![("tuple", Json::List(elements))]))]
        }
        19 | 20 => vec![("kind", map(vec![("map", inner(rng, depth - 1))]))],
        21 | 22 => vec![("kind", map(vec![("object", object(rng, depth - 1))]))],
        23 => vec![(
            "kind",
            map(vec![("contract", text(["root", "leaf"][rng.usize(..2)]))]),
        )],
        24 => {
            let cases = map(vec![
                ("a", object(rng, depth - 1)),
                ("b", map(vec![("contract", text("leaf"))])),
            ]);
            vec![(
                "kind",
                map(vec![(
                    "oneOf",
                    map(vec![("tag", text("tag")), ("cases", cases)]),
                )]),
            )]
        }
        _ => {
            let of = loop {
                let of = inner(rng, depth - 1);
                let takes_null = of.as_text() == Some("json")
                    || of
                        .get("kind")
                        .is_some_and(|kind| kind.as_text() == Some("json"))
                    || of.get("nullable").is_some();
                if !takes_null {
                    break of;
                }
            };
            vec![("kind", map(vec![("nullable", of)]))]
        }
    };
    rules(rng, choice, &mut out);
    out
}

fn rules(rng: &mut Rng, choice: usize, out: &mut Vec<(&'static str, Json)>) {
    let low = rng.i64(0..4);
    match choice {
        1..11 | 13 if rng.bool() => {
            out.push((["min", "exclusiveMin"][rng.usize(..2)], whole(low)));
            out.push((
                ["max", "exclusiveMax"][rng.usize(..2)],
                whole(low + rng.i64(3..6)),
            ));
            if rng.bool() {
                out.push(("multipleOf", whole(rng.i64(1..3))));
            }
        }
        11 if rng.bool() => {
            out.push(("maxLength", whole(low)));
            if rng.bool() {
                out.push(("pattern", text("^[ab]*$")));
            }
        }
        11 if rng.bool() => out.push(("format", text("date"))),
        16 | 17 if rng.bool() => {
            out.push(("maxItems", whole(low)));
            out.push(("uniqueItems", Json::Bool(true)));
        }
        19 | 20 if rng.bool() => out.push(("maxProperties", whole(low))),
        _ => {}
    }
}

fn inner(rng: &mut Rng, depth: usize) -> Json {
    let mut of = kind(rng, depth);
    if of.len() == 1 {
        of.swap_remove(0).1
    } else {
        map(of)
    }
}

fn object(rng: &mut Rng, depth: usize) -> Json {
    let mut fields = Vec::new();
    for name in ["p", "q", "r"].into_iter().take(rng.usize(..4)) {
        let mut field = vec![("name", text(name))];
        let of = kind(rng, depth);
        if of.len() == 1 && of[0].1.as_text() == Some("u8") && rng.bool() {
            field.push(("default", whole(3)));
        }
        field.extend(of);
        if rng.bool() {
            field.push(("optional", Json::Bool(true)));
        }
        fields.push(map(field));
    }
    let mut entries = vec![("fields", Json::List(fields))];
    if rng.bool() {
        entries.push(("unknownFields", text("refuse")));
    }
    map(entries)
}

fn contract(rng: &mut Rng) -> Json {
    let with_name = |name: &str, object: Json| {
        let mut entries = vec![
            ("name".to_owned(), text(name)),
            ("version".to_owned(), whole(1)),
        ];
        entries.extend(object.as_map().unwrap_or_default().iter().cloned());
        entries
    };
    let mut root = with_name("root", object(rng, 3));
    let leaf = Json::Map(with_name("leaf", object(rng, 1)));
    root.push(("contracts".to_owned(), Json::List(vec![leaf])));
    Json::Map(root)
}

/// A random value, near what random contracts take.
fn value(rng: &mut Rng, depth: usize) -> Json {
    match rng.usize(..if depth == 0 { 14 } else { 20 }) {
        0 => Json::Null,
        1 => Json::Bool(rng.bool()),
        2..7 => whole(rng.i64(-2..8)),
        7 => Json::Number(Number::of_f64(rng.f64() * 1e3)),
        8 => [
            whole(255),
            whole(256),
            whole(-129),
            whole(65_536),
            whole(i64::MAX),
        ][rng.usize(..5)]
        .clone(),
        9..14 => text(["", "a", "b", "ab", "c", "2024-02-29", "YWI="][rng.usize(..7)]),
        14 | 15 => Json::List((0..rng.usize(..4)).map(|_| value(rng, depth - 1)).collect()),
        _ => {
            let names = ["p", "q", "r", "tag", "z"];
            let kept = names
                .into_iter()
                .filter(|_| rng.usize(..4) > 0)
                .collect::<Vec<_>>();
            map(kept
                .into_iter()
                .map(|name| {
                    let is_tag = name == "tag" && rng.usize(..4) > 0;
                    (
                        name,
                        if is_tag {
                            text(["a", "b"][rng.usize(..2)])
                        } else {
                            value(rng, depth - 1)
                        },
                    )
                })
                .collect())
        }
    }
}

/// A value that follows the kind for the most part, so that many are taken.
fn near(rng: &mut Rng, file: &Json, kind: &Json, depth: usize) -> Json {
    if depth == 0 || rng.usize(..24) == 0 {
        return value(rng, 1);
    }
    let kind = kind.get("kind").unwrap_or(kind);
    if let Some(name) = kind.as_text() {
        return match name {
            "bool" => Json::Bool(rng.bool()),
            "text" => text(["", "a", "ab", "2024-02-29"][rng.usize(..4)]),
            "bytes" => text(["", "YWI="][rng.usize(..2)]),
            "json" => value(rng, 2),
            _ => whole(rng.i64(0..9)),
        };
    }
    let Some([(name, of)]) = kind.as_map() else {
        return Json::Null;
    };
    match name.as_str() {
        "enum" => text(["a", "b"][rng.usize(..2)]),
        "list" => Json::List(
            (0..rng.usize(..3))
                .map(|_| near(rng, file, of, depth - 1))
                .collect(),
        ),
        "tuple" => {
            let elements = of.as_list().unwrap_or_default();
            Json::List(
                elements
                    .iter()
                    .map(|of| near(rng, file, of, depth - 1))
                    .collect(),
            )
        }
        "map" => Json::Map(
            (0..rng.usize(..3))
                .map(|name| (name.to_string(), near(rng, file, of, depth - 1)))
                .collect(),
        ),
        "object" => near_object(rng, file, of, depth - 1),
        "contract" => near_contract(rng, file, of, depth - 1),
        "oneOf" => {
            let cases = of.get("cases").and_then(Json::as_map).unwrap_or_default();
            let (name, case) = &cases[rng.usize(..cases.len())];
            let object = match case.get("contract") {
                Some(contract) => near_contract(rng, file, contract, depth - 1),
                None => near_object(rng, file, case, depth - 1),
            };
            let mut entries = object.as_map().unwrap_or_default().to_vec();
            entries.insert(rng.usize(..=entries.len()), ("tag".to_owned(), text(name)));
            Json::Map(entries)
        }
        _ if rng.bool() => Json::Null,
        _ => near(rng, file, of, depth - 1),
    }
}

fn near_contract(rng: &mut Rng, file: &Json, name: &Json, depth: usize) -> Json {
    let nested = file
        .get("contracts")
        .and_then(Json::as_list)
        .unwrap_or_default();
    let found = nested
        .iter()
        .find(|contract| contract.get("name") == Some(name));
    near_object(rng, file, found.unwrap_or(file), depth)
}

fn near_object(rng: &mut Rng, file: &Json, object: &Json, depth: usize) -> Json {
    let mut entries = Vec::new();
    for field in object
        .get("fields")
        .and_then(Json::as_list)
        .unwrap_or_default()
    {
        let may_be_absent = field.get("optional").is_some() || field.get("default").is_some();
        if (may_be_absent && rng.bool()) || rng.usize(..24) == 0 {
            continue;
        }
        let name = field
            .get("name")
            .and_then(Json::as_text)
            .unwrap_or("")
            .to_owned();
        entries.push((name, near(rng, file, field, depth)));
    }
    if rng.usize(..12) == 0 {
        entries.push(("z".to_owned(), Json::Null));
    }
    Json::Map(entries)
}

#[test]
fn there_and_back_is_the_same_contract() {
    let seed = rng_seed();
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let (mut contracts, mut taken, mut refused) = (0, 0, 0);
    for _ in 0..CONTRACTS {
        let file = contract(&mut rng);
        // Some nest in themselves without an end: there is no value of those.
        let Ok(before) = Schema::from_file(&file) else {
            continue;
        };
        contracts += 1;
        let schema = to_json_schema(&file).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let again = from_json_schema(&schema, &Options::default()).unwrap_or_else(|error| {
            panic!(
                "seed {seed}: {error}\n{}\n{}",
                file.to_text(),
                schema.to_text()
            )
        });
        let after = Schema::from_file(&again)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", again.to_text()));
        for _ in 0..VALUES {
            let value = near_object(&mut rng, &file, &file, 6).to_text();
            let first = before.decode_json(value.as_bytes(), Policy::default());
            let second = after.decode_json(value.as_bytes(), Policy::default());
            assert_eq!(
                first.is_ok(),
                second.is_ok(),
                "seed {seed}: {value}\n{first:?}\n{second:?}\n{}\n{}\n{}",
                file.to_text(),
                schema.to_text(),
                again.to_text()
            );
            match first {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!("{contracts} contracts, {taken} values taken, {refused} refused");
    assert!(contracts > CONTRACTS / 2 && taken > 500 && refused > 500);
}

#[test]
fn contracts_of_every_rule_and_name_are_the_same_too() {
    let (mut contracts, mut unsaid, mut taken, mut refused) = (0, 0, 0, 0);
    for seed in 0..CONTRACTS {
        let file = contract_file(&mut Rng::with_seed(seed));
        let before = Schema::from_file(&file).unwrap();
        let schema = match to_json_schema(&file) {
            Ok(schema) => schema,
            // The one thing that JSON Schema cannot say: how many bytes.
            Err(error) => {
                assert!(error.keyword.ends_with("Length"), "seed {seed}: {error}");
                unsaid += 1;
                continue;
            }
        };
        contracts += 1;
        let again = from_json_schema(&schema, &Options::default())
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", schema.to_text()));
        let after = Schema::from_file(&again)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", again.to_text()));
        for value in values(&before, seed).take(VALUES) {
            let first = before.decode(&value, Policy::default());
            let second = after.decode(&value, Policy::default());
            assert_eq!(
                first.is_ok(),
                second.is_ok(),
                "seed {seed}: {}\n{first:?}\n{second:?}\n{}\n{}\n{}",
                value.to_text(),
                file.to_text(),
                schema.to_text(),
                again.to_text()
            );
            match first {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!(
        "{contracts} contracts, {unsaid} not sayable, {taken} values taken, {refused} refused"
    );
    assert!(contracts > CONTRACTS / 2 && taken > 500 && refused > 500);
}

fn rng_seed() -> u64 {
    match std::env::var("AIMDB_SEED") {
        Ok(seed) => seed.parse().expect("AIMDB_SEED has to be a number"),
        Err(_) => fastrand::u64(..),
    }
}
