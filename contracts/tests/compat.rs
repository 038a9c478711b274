//! Changes of a contract by name: where each is, what it breaks, and what mends it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use aimdb_contracts::compat::{Level, Report, Verdict, compare};
use aimdb_contracts::{Json, Schema};

fn schema(file: &Json) -> Schema {
    Schema::from_file(file).unwrap_or_else(|error| panic!("{error}: {}", file.to_text()))
}

/// Compares two contracts by their fields.
fn report(old: &str, new: &str) -> Report {
    let file = |fields: &str| {
        let file = format!(r#"{{ "name": "a", "fields": [{fields}] }}"#);
        schema(&Json::parse(&file).unwrap())
    };
    compare(&file(old), &file(new))
}

#[test]
fn each_change_is_named_with_its_place_and_what_it_breaks() {
    use Verdict::{Breaks, Holds, MayBreak};
    for (old, new, place, what, backward, forward) in [
        (
            "",
            r#"{"name":"x","kind":"u8"}"#,
            "x",
            "added",
            Breaks,
            Holds,
        ),
        (
            r#"{"name":"x","kind":"u8"}"#,
            "",
            "x",
            "removed",
            Holds,
            Breaks,
        ),
        (
            "",
            r#"{"name":"x","kind":"u8","optional":true}"#,
            "x",
            "added",
            Holds,
            Holds,
        ),
        (
            "",
            r#"{"name":"x","kind":"u8","default":1}"#,
            "x",
            "added",
            Holds,
            Holds,
        ),
        (
            r#"{"name":"x","kind":"u8"}"#,
            r#"{"name":"x","kind":"u8","optional":true}"#,
            "x",
            "was always there, is optional",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":"u8","default":1}"#,
            r#"{"name":"x","kind":"u8"}"#,
            "x",
            "was 1 by default, is without a default",
            Holds,
            Holds,
        ),
        (
            r#"{"name":"x","kind":"u8"}"#,
            r#"{"name":"x","kind":"u16"}"#,
            "x",
            "was an integer (u8), is an integer (u16)",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":"u8","max":9}"#,
            r#"{"name":"x","kind":"i8","max":9}"#,
            "x",
            "was an integer up to 9, is an integer up to 9",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":"f64"}"#,
            r#"{"name":"x","kind":"u8"}"#,
            "x",
            "was a finite number (f64), is an integer (u8)",
            Breaks,
            Holds,
        ),
        (
            r#"{"name":"x","kind":"f32"}"#,
            r#"{"name":"x","kind":"f64"}"#,
            "x",
            "was a finite number (f32), is a finite number (f64)",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":"u8","multipleOf":2}"#,
            r#"{"name":"x","kind":"u8","multipleOf":4}"#,
            "x",
            "was an integer (u8) in steps of 2, is an integer (u8) in steps of 4",
            MayBreak,
            Holds,
        ),
        (
            r#"{"name":"x","kind":"text"}"#,
            r#"{"name":"x","kind":"text","maxLength":3}"#,
            "x",
            "was text of at most 16384 bytes, is text of at most 3 characters",
            Breaks,
            Holds,
        ),
        (
            r#"{"name":"x","kind":"text","pattern":"^a"}"#,
            r#"{"name":"x","kind":"text","pattern":"^ab?"}"#,
            "x",
            "was text of at most 16384 bytes that matches ^a, is text of at most 16384 bytes that matches ^ab?",
            MayBreak,
            MayBreak,
        ),
        (
            r#"{"name":"x","kind":"text"}"#,
            r#"{"name":"x","kind":{"enum":["a","b"]}}"#,
            "x",
            "was text of at most 16384 bytes, is \"a\" or \"b\"",
            Breaks,
            Holds,
        ),
        (
            r#"{"name":"x","kind":{"enum":["a","b"]}}"#,
            r#"{"name":"x","kind":{"enum":["b","c"]}}"#,
            "x",
            "the choice is now without \"a\" and with \"c\"",
            Breaks,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":{"enum":["a","b"]}}"#,
            r#"{"name":"x","kind":{"enum":["a","b","c"]}}"#,
            "x",
            "the choice is now with \"c\"",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":{"list":"u8"},"maxItems":3}"#,
            r#"{"name":"x","kind":{"list":"u8"},"maxItems":2}"#,
            "x",
            "was a list of at most 3 elements, is a list of at most 2 elements",
            Breaks,
            Holds,
        ),
        (
            r#"{"name":"x","kind":{"list":{"object":{"fields":[{"name":"y","kind":"u8"}]}}}}"#,
            r#"{"name":"x","kind":{"list":{"object":{"fields":[{"name":"y","kind":"bool"}]}}}}"#,
            "x[].y",
            "was an integer (u8), is true or false",
            Breaks,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":"u8"}"#,
            r#"{"name":"x","kind":{"nullable":"u8"}}"#,
            "x",
            "was never null, is nullable",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":{"oneOf":{"tag":"t","cases":{"a":{"fields":[]}}}}}"#,
            r#"{"name":"x","kind":{"oneOf":{"tag":"t","cases":{"a":{"fields":[]},"b":{"fields":[]}}}}}"#,
            "x(b)",
            "the case was added",
            Holds,
            Breaks,
        ),
        (
            r#"{"name":"x","kind":"u8"}"#,
            r#"{"name":"x","kind":"json"}"#,
            "x",
            "was an integer (u8), is a JSON value of at most 65536 bytes, nested at most 32 deep",
            Holds,
            Breaks,
        ),
    ] {
        let found = report(old, new);
        let told = format!("{old} {new}: {:#?}", found.changes);
        let [change] = &found.changes[..] else {
            panic!("{told}")
        };
        assert_eq!((&*change.place, &*change.what), (place, what), "{told}");
        assert_eq!(
            (change.backward, change.forward),
            (backward, forward),
            "{told}"
        );
        for (level, verdict) in [
            (Level::Backward, backward),
            (Level::Forward, forward),
            (Level::Full, backward.max(forward)),
        ] {
            assert_eq!(found.meets(level), verdict == Holds, "{told}");
        }
        for (verdict, example) in [
            (backward, &found.backward_example),
            (forward, &found.forward_example),
        ] {
            // Of what may break an example may have been found.
            assert!(
                verdict == MayBreak || example.is_some() == (verdict == Breaks),
                "{told}"
            );
        }
    }
    assert!(
        report(
            r#"{"name":"x","kind":"u8","doc":"A."}"#,
            r#"{"name":"x","kind":"u8","unit":"s"}"#
        )
        .changes
        .is_empty()
    );
}

#[test]
fn a_reader_that_refuses_unknown_fields_is_broken_by_a_new_one() {
    let file = |fields: &str| {
        let file = format!(r#"{{"name":"a","unknownFields":"refuse","fields":[{fields}]}}"#);
        schema(&Json::parse(&file).unwrap())
    };
    let found = compare(
        &file(""),
        &file(r#"{"name":"x","kind":"u8","optional":true}"#),
    );
    assert_eq!(
        (found.backward, found.forward),
        (Verdict::Holds, Verdict::Breaks)
    );
}

#[test]
fn a_migration_mends_what_it_says() {
    let old = r#"{"name":"a","version":1,"fields":[{"name":"sum","kind":"u8"}]}"#;
    let new = |migrations: &str| {
        format!(
            r#"{{"name":"a","version":2,"fields":[{{"name":"total","kind":"u8"}},{{"name":"by","kind":"text"}}]{migrations}}}"#
        )
    };
    let verdicts = |migrations: &str| {
        let found = compare(
            &schema(&Json::parse(old).unwrap()),
            &schema(&Json::parse(&new(migrations)).unwrap()),
        );
        (found.backward, found.forward)
    };
    assert_eq!(verdicts(""), (Verdict::Breaks, Verdict::Breaks));
    let steps = |up: &str, down: &str| {
        format!(r#","migrations":[{{"from":1,"up":[{up}],"down":[{down}]}}]"#)
    };
    let (rename, back) = (
        r#"{"rename":["sum","total"]}"#,
        r#"{"rename":["total","sum"]}"#,
    );
    let add = r#"{"add":{"field":"by","value":"nobody"}}"#;
    let wrong = r#"{"add":{"field":"by","value":5}}"#;
    assert_eq!(
        verdicts(&steps(rename, back)),
        (Verdict::Breaks, Verdict::Holds)
    );
    assert_eq!(
        verdicts(&steps(&format!("{rename},{add}"), back)),
        (Verdict::Holds, Verdict::Holds)
    );
    assert_eq!(
        verdicts(&steps(&format!("{rename},{add}"), "")),
        (Verdict::Holds, Verdict::Breaks)
    );
    assert_eq!(
        verdicts(&steps(&format!("{rename},{wrong}"), back)),
        (Verdict::Breaks, Verdict::Holds)
    );
    let scale = format!(r#"{rename},{add},{{"scale":{{"field":"total","factor":2}}}}"#);
    assert_eq!(verdicts(&steps(&scale, back)).0, Verdict::Breaks);
    let half = format!(r#"{rename},{add},{{"map":{{"field":"total","values":[[1,2]]}}}}"#);
    assert_eq!(
        verdicts(&steps(&half, back)),
        (Verdict::MayBreak, Verdict::Holds)
    );
}
