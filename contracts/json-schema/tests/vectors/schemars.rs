//! Writes schemars.json. Run in a package with schemars 1, serde (derive) and serde_json.
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A machine in a hall.
#[derive(JsonSchema, Deserialize)]
#[allow(dead_code)]
struct Machine {
    /// Its number.
    #[schemars(range(min = 1, max = 9999))]
    number: u32,
    serial: u64,
    offset: i16,
    level: f32,
    mass: f64,
    #[schemars(length(min = 1, max = 8))]
    name: String,
    initial: char,
    running: bool,
    state: State,
    cause: Option<Cause>,
    parts: Vec<Part>,
    limits: BTreeMap<String, f64>,
    position: (f64, f64, f64),
    triple: [u8; 3],
    note: Option<String>,
    #[serde(default)]
    retries: u8,
}
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum State {
    /// It does nothing.
    Idle,
    /// It does something.
    Busy,
    Broken,
}
#[derive(JsonSchema, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(dead_code)]
enum Cause {
    Heat { degrees: f64 },
    Jam { part: Box<Part> },
    Unknown,
}
#[derive(JsonSchema, Deserialize)]
#[allow(dead_code)]
#[serde(deny_unknown_fields)]
struct Part {
    id: String,
    parts: Vec<Part>,
}
fn main() {
    let base = json!({"number":1,"serial":18446744073709551615u64,"offset":-3,"level":0.5,"mass":1e300,"name":"a","initial":"x","running":true,"state":"idle","cause":null,"parts":[],"limits":{},"position":[1,2,3],"triple":[1,2,3],"note":null});
    let variants = [
        ("number", json!(0)),
        ("number", json!(9999)),
        ("number", json!(1.5)),
        ("number", json!(-1)),
        ("serial", json!(-1)),
        ("offset", json!(40000)),
        ("name", json!(5)),
        ("level", json!("x")),
        ("initial", json!("xy")),
        ("initial", json!("")),
        ("initial", json!("é")),
        ("running", json!(1)),
        ("state", json!("busy")),
        ("state", json!("Busy")),
        ("state", json!(null)),
        ("cause", json!({"type":"heat","degrees":5})),
        ("cause", json!({"degrees":5,"type":"heat"})),
        ("cause", json!({"type":"heat"})),
        ("cause", json!({"type":"unknown"})),
        ("cause", json!({"type":"cold"})),
        (
            "cause",
            json!({"type":"jam","part":{"id":"a","parts":[{"id":"b","parts":[]}]}}),
        ),
        ("cause", json!({"type":"jam","part":{"id":"a"}})),
        ("cause", json!("heat")),
        ("parts", json!([{"id":"a","parts":[{"id":"b","parts":[]}]}])),
        ("parts", json!([{"id":"a","parts":[{"id":"b"}]}])),
        ("parts", json!([{"id":"a","parts":[],"more":1}])),
        ("parts", json!({})),
        ("limits", json!({"a":1.5})),
        ("limits", json!({"a":"1"})),
        ("position", json!([1, 2])),
        ("position", json!([1, 2, 3, 4])),
        ("triple", json!([1, 2, 256])),
        ("triple", json!([1, 2])),
        ("note", json!("x")),
        ("note", json!(1)),
        ("retries", json!(3)),
        ("retries", json!(300)),
        ("more", json!(1)),
    ];
    // serde does not know of the range, which the schema alone has.
    let is_good = |value: &Value| {
        serde_json::from_value::<Machine>(value.clone()).is_ok()
            && (1..=9999).contains(&value["number"].as_u64().unwrap_or(0))
    };
    let changes: Vec<Value> = variants
        .into_iter()
        .map(|(name, value)| {
            let mut changed = base.clone();
            changed[name] = value.clone();
            json!([name, value, is_good(&changed)])
        })
        .collect();
    let absent: Vec<Value> = ["number", "state", "cause", "note", "parts", "limits"]
        .into_iter()
        .map(|name| {
            let mut changed = base.clone();
            changed.as_object_mut().unwrap().remove(name);
            json!([name, is_good(&changed)])
        })
        .collect();
    let fixture = json!({
        "by": "schemars 1", "schema": schema_for!(Machine), "base": base, "changes": changes, "absent": absent,
    });
    println!("{}", serde_json::to_string_pretty(&fixture).unwrap());
}
