//! The official JSON-Schema-Test-Suite, draft 2020-12: each group is judged as it should be, or its schema is refused
//! by the name of a keyword. `scripts/json-schema-suite.sh` fetches it.
//!
//! A schema of the suite is one of any JSON value, and a contract is an object: each schema becomes the kind of the
//! one field of a contract, and each value is sent in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aimdb_contracts::{Format, Json, Number, Policy, Schema, pattern};
use aimdb_json_schema::{TypeOf, type_from_json_schema};
use serde_json::Value;

/// Groups of the required tests whose every verdict is right. It may rise, and not fall.
const PASSED_MIN: usize = 45;

/// The same with a type added to schemas that have none, which most of the suite's have not: each group with each of
/// six types.
const TYPED_PASSED_MIN: usize = 131;

/// Groups of the required tests, so that none is overlooked.
const GROUPS: usize = 368;

fn suite() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let folder = target.join("json-schema-suite/draft2020-12");
    assert!(
        folder.is_dir(),
        "the suite is not there: run scripts/json-schema-suite.sh"
    );
    folder
}

/// The groups of a file.
fn groups(file: &Path) -> Vec<Value> {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

/// A contract with one field of this type.
fn contract(of: TypeOf) -> Json {
    let text = |text: &str| Json::Text(text.into());
    let mut field = vec![("name".to_owned(), text("value"))];
    field.extend(of.kind);
    Json::Map(vec![
        ("name".to_owned(), text("suite")),
        ("version".to_owned(), Json::Number(Number::Unsigned(1))),
        ("fields".to_owned(), Json::List(vec![Json::Map(field)])),
        ("contracts".to_owned(), Json::List(of.contracts)),
    ])
}

enum Verdict {
    Passed,
    Refused(String),
    Wrong(String),
}

fn judge(group: &Value) -> Verdict {
    let schema = Json::parse(&group["schema"].to_string()).unwrap();
    let of = match type_from_json_schema(&schema) {
        Ok(of) => of,
        Err(error) if error.keyword.is_empty() => return Verdict::Wrong(error.to_string()),
        Err(error) => return Verdict::Refused(error.keyword),
    };
    let file = contract(of);
    let schema = match Schema::from_file(&file) {
        Ok(schema) => schema,
        Err(error) => return Verdict::Wrong(format!("{error}: {}", file.to_text())),
    };
    let mut wrong = String::new();
    for test in group["tests"].as_array().unwrap() {
        let value = format!("{{\"value\":{}}}", test["data"]);
        let answer = schema.decode_json(value.as_bytes(), Policy::default());
        if answer.is_ok() != test["valid"].as_bool().unwrap() {
            wrong += &format!("\n    {}: {:?}", test["description"], answer.err());
        }
    }
    if wrong.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Wrong(format!("{}{wrong}", file.to_text()))
    }
}

/// Each group's verdict, for who asks with `SUITE_GROUPS=1`; the counts are printed in any case.
fn tell(verdict: &str) {
    if std::env::var_os("SUITE_GROUPS").is_some() {
        println!("{verdict}");
    }
}

#[test]
fn each_group_is_passed_or_refused_by_name() {
    let (mut passed, mut wrong) = (0, Vec::new());
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for file in files(&suite()) {
        for group in groups(&file) {
            let name = format!(
                "{}: {}",
                file.file_stem().unwrap().display(),
                group["description"]
            );
            match judge(&group) {
                Verdict::Passed => {
                    passed += 1;
                    tell(&format!("passed {name}"));
                }
                Verdict::Refused(keyword) => {
                    tell(&format!("refused {name}: {keyword}"));
                    *refused.entry(keyword).or_default() += 1;
                }
                Verdict::Wrong(how) => wrong.push(format!("{name}: {} {how}", group["schema"])),
            }
        }
    }
    let refusals: usize = refused.values().sum();
    println!("refused by: {refused:?}");
    println!(
        "json schema suite: {passed} groups passed, {refusals} refused by name, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(passed + refusals, GROUPS);
    assert!(
        passed >= PASSED_MIN,
        "{passed} groups passed, {PASSED_MIN} did before"
    );
}

/// Types that a keyword may speak of.
const TYPES: [&str; 6] = ["string", "number", "integer", "array", "object", "boolean"];

fn is_of(value: &Value, of: &str) -> bool {
    match of {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_boolean(),
    }
}

/// The group with a type added to its schema: what is of another type is no longer taken.
fn typed(group: &Value, of: &str) -> Option<Value> {
    let text = group["schema"].to_string();
    // Where the schema nests in itself, what nests would have the type too.
    let nests = [r##""#""##, "$id", "$dynamic"]
        .iter()
        .any(|name| text.contains(name));
    let mut schema = group["schema"].as_object()?.clone();
    if nests || schema.contains_key("type") {
        return None;
    }
    schema.insert("type".to_owned(), of.into());
    let mut group = group.clone();
    group["schema"] = Value::Object(schema);
    for test in group["tests"].as_array_mut()? {
        let is_valid = test["valid"].as_bool()? && is_of(&test["data"], of);
        test["valid"] = is_valid.into();
    }
    Some(group)
}

#[test]
fn each_group_with_a_type_is_passed_or_refused_by_name() {
    let (mut passed, mut refused, mut wrong) = (0, 0, Vec::new());
    // A contract asserts formats and encodings, which these files take for remarks. Formats have tests of their own.
    let mut files = files(&suite());
    files.retain(|file| !file.ends_with("format.json") && !file.ends_with("content.json"));
    for file in files {
        for group in groups(&file) {
            for of in TYPES {
                let Some(group) = typed(&group, of) else {
                    continue;
                };
                let name = format!("{} of {of}", group["description"]);
                match judge(&group) {
                    Verdict::Passed => {
                        passed += 1;
                        tell(&format!("passed {name}"));
                    }
                    Verdict::Refused(_) => refused += 1,
                    Verdict::Wrong(how) => wrong.push(format!("{name}: {} {how}", group["schema"])),
                }
            }
        }
    }
    println!(
        "json schema suite with types: {passed} groups passed, {refused} refused by name, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        passed >= TYPED_PASSED_MIN,
        "{passed} passed, {TYPED_PASSED_MIN} did before"
    );
}

/// The texts of a file of the optional tests, with the schema and the verdict.
fn texts(file: &str) -> Vec<(Value, String, bool)> {
    let file = suite().join("optional").join(file);
    let mut out = Vec::new();
    for group in groups(&file) {
        for test in group["tests"].as_array().unwrap() {
            if let Some(text) = test["data"].as_str() {
                let schema = group["schema"].clone();
                out.push((schema, text.to_owned(), test["valid"].as_bool().unwrap()));
            }
        }
    }
    assert!(!out.is_empty());
    out
}

#[test]
fn formats_are_judged_as_the_optional_tests_have_it() {
    let mut count = 0;
    for name in Format::names() {
        for (_, text, is_valid) in texts(&format!("format/{name}.json")) {
            let format = Format::from_name(name).unwrap();
            assert_eq!(format.matches(&text), is_valid, "{name} {text:?}");
            count += 1;
        }
    }
    println!("formats: {count} texts");
}

#[test]
fn patterns_are_judged_as_the_optional_tests_have_it() {
    let mut count = 0;
    for file in ["ecmascript-regex.json", "non-bmp-regex.json"] {
        for (schema, text, is_valid) in texts(file) {
            let Some(pattern) = schema["pattern"].as_str() else {
                continue;
            };
            let verdict = pattern::is_match(pattern, &text);
            // A pattern that is none matches nothing.
            assert_eq!(verdict.unwrap_or(false), is_valid, "{pattern} {text:?}");
            count += 1;
        }
    }
    println!("patterns: {count} texts");
}
