//! What Zod, TypeBox and schemars write becomes contracts that take and refuse what these libraries do. The programs
//! that wrote the vectors stand beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aimdb_contracts::{Json, Policy, Schema};
use aimdb_json_schema::{Options, from_json_schema, to_json_schema};
use serde_json::Value;

fn read(schema: &Value) -> (Json, Schema) {
    let schema = Json::parse(&schema.to_string()).unwrap();
    let file =
        from_json_schema(&schema, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let contract =
        Schema::from_file(&file).unwrap_or_else(|error| panic!("{error}: {}", file.to_text()));
    (file, contract)
}

fn takes(contract: &Schema, value: &Value) -> bool {
    let text = value.to_string();
    contract
        .decode_json(text.as_bytes(), Policy::default())
        .is_ok()
}

/// Judges every value of the vectors; there and back as well.
fn judge(vectors: &str) -> Json {
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let (file, contract) = read(&vectors["schema"]);
    let again = to_json_schema(&file).unwrap();
    let again =
        from_json_schema(&again, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let again = Schema::from_file(&again).unwrap();
    let base = &vectors["base"];
    let mut values = vec![(base.clone(), true)];
    for change in vectors["changes"].as_array().unwrap() {
        let mut value = base.clone();
        value[change[0].as_str().unwrap()] = change[1].clone();
        values.push((value, change[2].as_bool().unwrap()));
    }
    for absent in vectors["absent"].as_array().unwrap() {
        let mut value = base.clone();
        value
            .as_object_mut()
            .unwrap()
            .remove(absent[0].as_str().unwrap());
        values.push((value, absent[1].as_bool().unwrap()));
    }
    for (value, is_good) in values {
        let refusal = contract
            .decode_json(value.to_string().as_bytes(), Policy::default())
            .err();
        assert_eq!(
            refusal.is_none(),
            is_good,
            "{} {refusal:?} {value}",
            vectors["by"]
        );
        assert_eq!(
            takes(&again, &value),
            is_good,
            "{} again: {value}",
            vectors["by"]
        );
    }
    if let Some(output) = vectors.get("output") {
        let (_, contract) = read(output);
        assert!(takes(&contract, base));
    }
    file
}

#[test]
fn zod_goes_in() {
    judge(include_str!("vectors/zod.json"));
}

#[test]
fn typebox_goes_in() {
    let file = judge(include_str!("vectors/typebox.json"));
    assert_eq!(file.get("name"), Some(&Json::Text("sensor_reading".into())));
}

#[test]
fn schemars_goes_in() {
    let file = judge(include_str!("vectors/schemars.json"));
    let text = file.to_text();
    for part in [
        r#""doc":"A machine in a hall.""#,
        r#"{"name":"number","kind":"u32","min":1,"max":9999,"doc":"Its number."}"#,
        r#"{"name":"serial","kind":"u64"}"#,
        r#"{"name":"offset","kind":"i16"}"#,
        r#"{"name":"retries","kind":"u8","default":0,"optional":true}"#,
        r#"{"enum":["broken","idle","busy"]}"#,
        r#""doc":"idle: It does nothing.; busy: It does something.""#,
        r#"{"name":"parts","kind":{"list":{"contract":"part"}}}"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
