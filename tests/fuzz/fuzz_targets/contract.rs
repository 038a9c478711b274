//! Contract files and JSON Schemas as the server reads them, and a value against what was read: never a panic, a
//! contract is what its file says, and what it takes it takes again.
//!
//! The value stands behind the first line that is `---`.
#![no_main]

use aimdb_contracts::{Json, Policy, Schema};
use aimdb_json_schema::{Options, from_json_schema};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (file, value) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let Ok(json) = Json::parse(file) else {
        return;
    };
    judge(&json, value);
    match from_json_schema(&json, &Options::default()) {
        Ok(file) => judge(&file, value),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn judge(file: &Json, value: &str) {
    let schema = match Schema::from_file(file) {
        Ok(schema) => schema,
        Err(error) => return assert!(!error.code().is_empty() && !error.to_string().is_empty()),
    };
    let again = Schema::from_file(&schema.to_file());
    let fingerprint = again.map(|schema| schema.fingerprint());
    assert_eq!(
        fingerprint.ok(),
        Some(schema.fingerprint()),
        "it is not what its file says"
    );
    let policy = Policy::default();
    let Ok(fields) = schema.decode_json(value.as_bytes(), policy) else {
        return;
    };
    let written = schema.to_json(&fields);
    match schema.decode_json(written.as_bytes(), policy) {
        Ok(again) => assert_eq!(schema.to_json(&again), written),
        Err(violation) => panic!("{written} was taken and is refused now: {violation}"),
    }
}
