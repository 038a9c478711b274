//! The verdict on a change of a contract is what readers do: for made up contracts and changes of them, from seeds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use aimdb_contracts::compat::{Verdict, compare, reads};
use aimdb_contracts::migrate::{Change, Migration, Migrations};
use aimdb_contracts::testing::{contract_file, values};
use aimdb_contracts::{Json, Number, Policy, Schema};
use fastrand::Rng;

/// So many pairs are looked at; `AIMDB_COMPAT_PAIRS` says another number.
const PAIRS: u64 = 600;

/// So many values of a writer are tried on a reader.
const VALUES: usize = 300;

#[test]
fn a_verdict_is_what_readers_do() {
    let pairs = std::env::var("AIMDB_COMPAT_PAIRS").map_or(PAIRS, |pairs| pairs.parse().unwrap());
    let (mut holds, mut breaks, mut doubts, mut unseen) = (0, 0, 0, Vec::new());
    for seed in 0..pairs {
        let mut random = Rng::with_seed(seed);
        let old = contract_file(&mut random);
        let (old, mut new) = (schema(&old), changed(&old, &mut random));
        if random.u8(0..3) == 0 {
            migrate(&old, &mut new, &mut random);
        }
        let report = compare(&old, &new);
        for (writer, reader, verdict, example) in [
            (&old, &new, report.backward, &report.backward_example),
            (&new, &old, report.forward, &report.forward_example),
        ] {
            let refused = values(writer, seed ^ 0xABCD)
                .take(VALUES)
                .find_map(|value| {
                    let fields = writer.decode(&value, Policy::default()).ok()?;
                    let value = writer.to_plain_json(&fields);
                    let refusal = reads(writer, reader, value.clone()).err()?;
                    Some((value.to_text(), refusal))
                });
            let told = || {
                format!(
                    "seed {seed}: {:#?}\n{}\n{}",
                    report.changes,
                    old.to_file().to_text(),
                    new.to_file().to_text()
                )
            };
            match verdict {
                Verdict::Holds => {
                    holds += 1;
                    assert_eq!(refused, None, "{}", told());
                }
                Verdict::MayBreak => {
                    doubts += 1;
                    if std::env::var("AIMDB_COMPAT_TELL").is_ok() {
                        println!("doubt: {}", told());
                    }
                }
                Verdict::Breaks => {
                    breaks += 1;
                    if refused.is_none() && example.is_none() {
                        unseen.push(seed);
                        if std::env::var("AIMDB_COMPAT_TELL").is_ok() {
                            println!("unseen: {}", told());
                        }
                    }
                }
            }
        }
    }
    println!(
        "{holds} hold, {breaks} break ({} of them unseen: {unseen:?}), {doubts} may break",
        unseen.len()
    );
    assert!(
        holds * 5 > pairs && breaks * 5 > pairs,
        "{holds} hold, {breaks} break"
    );
    assert!(doubts * 10 < pairs, "{doubts} doubts");
    assert!(unseen.len() as u64 * 50 < pairs, "{unseen:?}");
}

fn schema(file: &Json) -> Schema {
    Schema::from_file(file).unwrap_or_else(|error| panic!("{error}: {}", file.to_text()))
}

/// The contract with one to three changes that leave it one.
fn changed(file: &Json, random: &mut Rng) -> Schema {
    let mut current = file.clone();
    let mut left = random.usize(1..=3);
    for _ in 0..60 {
        let mut next = current.clone();
        let Json::Map(entries) = &mut next else { break };
        let mut spots = Vec::new();
        find(entries, &mut Vec::new(), &mut spots);
        let spot = spots[random.usize(0..spots.len())].clone();
        change(at(&mut next, &spot), random);
        if next != current && Schema::from_file(&next).is_ok() {
            current = next;
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    schema(&current)
}

/// The paths of all objects in which something can be changed.
fn find(entries: &[(String, Json)], path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    found.push(path.clone());
    for (index, (name, value)) in entries.iter().enumerate() {
        if matches!(name.as_str(), "default" | "migrations" | "values" | "value") {
            continue;
        }
        path.push(index);
        match value {
            Json::Map(entries) => find(entries, path, found),
            Json::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    if let Json::Map(entries) = element {
                        path.push(index);
                        find(entries, path, found);
                        path.pop();
                    }
                }
            }
            _ => {}
        }
        path.pop();
    }
}

fn at<'a>(json: &'a mut Json, path: &[usize]) -> &'a mut Vec<(String, Json)> {
    let mut current = json;
    for step in path {
        current = match current {
            Json::Map(entries) => &mut entries[*step].1,
            Json::List(elements) => &mut elements[*step],
            _ => panic!("a path to an object"),
        };
    }
    match current {
        Json::Map(entries) => entries,
        _ => panic!("a path to an object"),
    }
}

/// Changes one thing in an object of a contract file, well or not.
fn change(entries: &mut Vec<(String, Json)>, random: &mut Rng) {
    let has = |entries: &[(String, Json)], name: &str| {
        entries.iter().position(|(known, _)| known == name)
    };
    let other = contract_file(random);
    let fields = other
        .get("fields")
        .and_then(Json::as_list)
        .unwrap_or_default();
    let field = (!fields.is_empty()).then(|| fields[random.usize(0..fields.len())].clone());
    if let Some(index) = has(entries, "fields")
        && random.bool()
    {
        let Json::List(list) = &mut entries[index].1 else {
            return;
        };
        match (random.u8(0..4), field) {
            (0, _) if !list.is_empty() => drop(list.remove(random.usize(0..list.len()))),
            (1 | 2, Some(field)) => list.push(field),
            _ => match has(entries, "unknownFields") {
                Some(index) => drop(entries.remove(index)),
                None => entries.push(("unknownFields".into(), Json::Text("refuse".into()))),
            },
        }
        return;
    }
    if let Some(index) = has(entries, "enum") {
        let Json::List(list) = &mut entries[index].1 else {
            return;
        };
        match random.bool() {
            true if list.len() > 1 => drop(list.remove(random.usize(0..list.len()))),
            _ => list.push(Json::Text("more".into())),
        }
        return;
    }
    if let Some(index) = has(entries, "kind") {
        match (random.u8(0..6), field) {
            (0 | 1, _) => {
                match has(entries, "optional") {
                    Some(index) => drop(entries.remove(index)),
                    None => entries.push(("optional".into(), Json::Bool(true))),
                };
            }
            (2, _) => entries.retain(|(name, _)| name != "default"),
            (3, Some(field)) => {
                // Its kind and rules.
                let name = entries.iter().find(|(name, _)| name == "name").cloned();
                *entries = field.as_map().unwrap().to_vec();
                entries.retain(|(known, _)| known != "name");
                entries.extend(name);
            }
            (4, _) => {
                let kind = entries[index].1.clone();
                entries[index].1 = Json::Map(vec![("nullable".into(), kind)]);
            }
            _ => change_rule(entries, random),
        }
        return;
    }
    if !entries.is_empty() {
        // A case of a union, or a kind beside another.
        let index = random.usize(0..entries.len());
        match random.bool() {
            true if entries.len() > 1 => drop(entries.remove(index)),
            _ => {
                let (_, value) = entries[index].clone();
                entries.push(("another".into(), value));
            }
        }
    }
}

fn change_rule(entries: &mut Vec<(String, Json)>, random: &mut Rng) {
    const RULES: &[&str] = &[
        "min",
        "max",
        "exclusiveMin",
        "exclusiveMax",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "pattern",
        "format",
    ];
    let rule = RULES[random.usize(0..RULES.len())];
    if let Some(index) = entries.iter().position(|(name, _)| name == rule) {
        match entries[index].1.as_number() {
            Some(number) if random.bool() => {
                let step = [1.0, -1.0, 0.5][random.usize(0..3)];
                entries[index].1 = Json::Number(Number::of_f64(number.to_f64() + step));
            }
            _ => drop(entries.remove(index)),
        }
        return;
    }
    let value = match rule {
        "pattern" => Json::Text("^[a-z]".into()),
        "format" => Json::Text("date".into()),
        "uniqueItems" => Json::Bool(true),
        _ => Json::Number(Number::Unsigned(random.u64(0..6))),
    };
    entries.push((rule.into(), value));
}

/// Makes the new contract the next version, with steps between them about their fields.
fn migrate(old: &Schema, new: &mut Schema, random: &mut Rng) {
    new.version = old.version + 1;
    if random.u8(0..6) == 0 {
        new.migrations = Migrations::NONE;
        return;
    }
    let mut names: Vec<String> = vec!["other".into()];
    for field in old.fields().iter().chain(new.fields()) {
        names.push(field.name.to_string());
    }
    let mut steps = || {
        let count = random.usize(0..=3);
        (0..count).map(|_| step(&names, random, 0)).collect()
    };
    let migration = Migration {
        from: old.version,
        up: steps(),
        down: steps(),
    };
    new.migrations = Migrations::Given(vec![migration].into());
}

fn step(names: &[String], random: &mut Rng, depth: usize) -> Change {
    let mut name = || names[random.usize(0..names.len())].clone();
    let (field, to) = (name(), name());
    let value = [
        Json::Number(Number::Unsigned(3)),
        Json::Text("open".into()),
        Json::Null,
        Json::List(Vec::new()),
    ][random.usize(0..4)]
    .clone();
    match random.u8(0..if depth == 0 { 7 } else { 6 }) {
        0 | 1 if field != to => Change::Rename { from: field, to },
        0..=2 => Change::Drop { field },
        3 => Change::Add { field, value },
        4 => Change::Scale {
            field,
            factor: 0.5,
            offset: 1.0,
        },
        5 => Change::Map {
            field,
            values: vec![(value, Json::Number(Number::Unsigned(1)))],
        },
        _ => Change::When {
            field,
            is: value,
            steps: vec![step(names, random, 1)],
        },
    }
}
