//! Prints the numbers of the boundary as TypeScript: `cargo run -p aimdb-pipeline-wasm --example typescript`.

use aimdb_pipeline::{
    ABOVE_SCOPE, LISTENER_DEPTH_MAX, LOGIC_DEPTH_MAX, PART, ROUNDS_MAX, SLOTS_MAX, WRITES_MAX,
};
use aimdb_pipeline_wasm::shared::{
    NONE, brings, choice, failure, form, kind, lineage, operation, outcome, word,
};
use std::fmt::Display;

fn main() {
    println!("// Written from pipeline/wasm/src/shared.rs by `make types`: do not edit.");
    let camel = |name: &str| camel_case(name);
    let as_is = |name: &str| name.to_owned();
    table("WORD", "Words of the header.", word::ALL, &camel);
    table("KIND", "Kinds of values.", kind::ALL, &camel);
    table(
        "BRINGS",
        "What a batch brings beside paths and numbers.",
        brings::ALL,
        &camel,
    );
    table(
        "OUTCOME",
        "What became of a batch or a registration.",
        outcome::ALL,
        &camel,
    );
    table(
        "LINEAGE",
        "The bits of a lineage: which rules a change went through, cumulatively.",
        lineage::ALL,
        &camel,
    );
    table(
        "FORM",
        "Forms of conditions, by operator.",
        form::ALL,
        &as_is,
    );
    table("CHOICE", "Forms of choices.", choice::ALL, &as_is);
    table(
        "OPERATION",
        "Operations of computations.",
        operation::ALL,
        &as_is,
    );
    println!("\n/** Codes of refusals, in the order of their numbers. */");
    println!("export type FailureCodes = readonly [");
    for (name, _) in failure::ALL {
        println!("  '{name}',");
    }
    println!("];\n");
    let about =
        "Set on the kind of an entry that lies below the object or array written just before it.";
    constant("PART", about, PART);
    constant("NONE", "No id, no slot.", NONE);
    constant(
        "ABOVE_SCOPE",
        "How much of a path is stripped when the change lies above the scope.",
        ABOVE_SCOPE,
    );
    constant("ENTRIES_MAX", "The most entries of a batch.", WRITES_MAX);
    constant("SLOTS_MAX", "The most values in slots.", SLOTS_MAX);
    constant(
        "LOGIC_DEPTH_MAX",
        "How deep a rule or one of its literals may nest.",
        LOGIC_DEPTH_MAX,
    );
    constant(
        "ROUNDS_MAX",
        "Rounds of the derived stages, unless a store says otherwise.",
        ROUNDS_MAX,
    );
    constant(
        "LISTENER_DEPTH_MAX",
        "How often listeners may answer listeners.",
        LISTENER_DEPTH_MAX,
    );
}

fn table(
    name: &str,
    about: &str,
    entries: &[(&str, impl Display)],
    spelled: &dyn Fn(&str) -> String,
) {
    println!("\n/** {about} */");
    println!("export const {name} = {{");
    for (entry, number) in entries {
        println!("  {}: {number},", spelled(entry));
    }
    println!("}} as const;");
}

fn constant(name: &str, about: &str, number: impl Display) {
    println!("/** {about} */");
    println!("export const {name} = {number};");
}

/// `INPUT_PATHS` as `inputPaths`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |start, word| {
        let (head, tail) = word.split_at(1);
        start + &head.to_uppercase() + tail
    })
}
