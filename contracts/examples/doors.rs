//! Prints made-up contracts, values for them, and what the JSON door says of each, for tests of other doors:
//! `cargo run -p aimdb-contracts --features testing,patterns --example doors -- SEED COUNT`.
//!
//! One line a contract: `{"seed":…,"file":…,"values":[[value, accepted value or null, path, expected, got],…]}`.

use aimdb_contracts::testing::{contract_file, values};
use aimdb_contracts::{Json, Number, Parts, Policy, Schema};

/// So many values are made for a contract.
const VALUES: usize = 24;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(seed)), Some(Ok(count))) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: doors SEED COUNT");
        std::process::exit(2);
    };
    for seed in seed..seed + count {
        println!("{}", contract(seed).to_text());
    }
}

fn contract(seed: u64) -> Json {
    let file = contract_file(&mut fastrand::Rng::with_seed(seed));
    let Ok(schema) = Schema::from_file(&file) else {
        eprintln!("seed {seed}: the contract is none");
        std::process::exit(1);
    };
    let ordered = values(&schema, seed).filter(keeps_order_in_javascript);
    let verdicts = ordered
        .take(VALUES)
        .map(|value| Json::List(verdict(&schema, value).into()));
    let entry = |name: &str, json| (name.to_string(), json);
    Json::Map(vec![
        entry("seed", Json::Number(Number::Unsigned(seed))),
        entry("values", Json::List(verdicts.collect())),
        entry("file", file),
    ])
}

/// Whether JavaScript leaves the entries of every map in their order: it puts names such as `0` first.
fn keeps_order_in_javascript(value: &Json) -> bool {
    match value {
        Json::List(parts) => parts.iter().all(keeps_order_in_javascript),
        Json::Map(entries) => entries
            .iter()
            .all(|(name, part)| name.parse::<u32>().is_err() && keeps_order_in_javascript(part)),
        _ => true,
    }
}

fn verdict(schema: &Schema, value: Json) -> [Json; 5] {
    match schema.decode(&value, Policy::default()) {
        Ok(fields) => {
            let text = schema.write_json(Parts::Values(&fields));
            let accepted = Json::parse(&text).unwrap_or(Json::Null);
            [value, accepted, Json::Null, Json::Null, Json::Null]
        }
        Err(violation) => {
            let words = |text: &str| Json::Text(text.to_string());
            let (path, expected) = (words(&violation.path), words(&violation.expected));
            [value, Json::Null, path, expected, words(&violation.got)]
        }
    }
}
