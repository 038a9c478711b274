//! What no JSON can say, and what JavaScript would round: refused with its place and what it is, wherever it stands.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
use aimdb_contracts::{Json, LONE_SURROGATE, Number, Policy, Reason, Schema, Value};

/// A contract with a field `v` of a kind, and an optional one.
fn schema(kind: &str) -> Schema {
    let file = format!(
        r#"{{"name":"s","fields":[{{"name":"v","kind":{kind}}},{{"name":"o","kind":"text","optional":true}}]}}"#
    );
    Schema::from_file(&Json::parse(&file).unwrap()).unwrap()
}

/// Path, reason and what came; nothing if it is taken.
fn refused(schema: &Schema, value: Json) -> Option<(String, Reason, String)> {
    let refusal = schema
        .decode_any_version(value, None, Policy::default())
        .err()?;
    Some((refusal.path, refusal.reason, refusal.got))
}

fn told(path: &str, reason: Reason, got: &str) -> Option<(String, Reason, String)> {
    Some((path.into(), reason, got.into()))
}

const HALVES: &[(&str, &str, &str)] = &[
    (r#""text""#, r#"{"v":"a\ud800"}"#, "v"),
    (r#""text""#, r#"{"v":"\udc00\ud83d\ude00"}"#, "v"),
    (r#"{"enum":["a"]}"#, r#"{"v":"\ud800"}"#, "v"),
    (r#""f64""#, r#"{"v":"\ud800"}"#, "v"),
    (r#"{"list":"text"}"#, r#"{"v":["a","\ud800"]}"#, "v[1]"),
    (r#"{"map":"text"}"#, r#"{"v":{"a":"\ud800b"}}"#, "v.a"),
    (r#"{"map":"text"}"#, r#"{"v":{"\ud800":"a"}}"#, "v"),
    (r#""json""#, r#"{"v":[{"a":"\ud800"}]}"#, "v[0].a"),
    (r#""json""#, r#"{"v":[{"\ud800":1}]}"#, "v[0]"),
    (r#"{"nullable":"text"}"#, r#"{"v":"\ud800"}"#, "v"),
    (
        r#"{"oneOf":{"tag":"t","cases":{"a":{"fields":[{"name":"x","kind":"text"}]}}}}"#,
        r#"{"v":{"x":"\ud800","t":"a"}}"#,
        "v.x",
    ),
];

#[test]
fn half_a_character_is_refused_with_its_place() {
    for (kind, text, path) in HALVES {
        let schema = schema(kind);
        let by_text = schema
            .decode_json(text.as_bytes(), Policy::default())
            .unwrap_err();
        let value = Json::parse_for_contract(text).unwrap();
        let by_value = schema
            .decode_any_version(value, None, Policy::default())
            .unwrap_err();
        assert_eq!(by_text, by_value, "{text}");
        let got = (&*by_text.path, by_text.reason, &*by_text.got);
        assert_eq!(
            got,
            (*path, Reason::LoneSurrogate, LONE_SURROGATE),
            "{text}"
        );
    }
    let optional = schema("\"text\"").decode_json(br#"{"v":"a","o":"\ud800"}"#, Policy::default());
    assert_eq!(
        optional.unwrap_err().to_string(),
        "s: o: expected text of at most 16384 bytes, got text with a lone surrogate"
    );
}

#[test]
fn half_a_character_in_an_unknown_field_is_left_out_with_it() {
    let schema = schema("\"u8\"");
    for text in [
        r#"{"v":1,"x":"\ud800"}"#,
        r#"{"x":{"\ud800":["\udc00"]},"v":1}"#,
    ] {
        let fields = schema.decode_json(text.as_bytes(), Policy::default());
        assert_eq!(
            fields.unwrap(),
            [Value::Unsigned(1), Value::Absent],
            "{text}"
        );
    }
    let cut = schema.decode_json(br#"{"x":{"\ud800":1},"v":1"#, Policy::default());
    assert_eq!(cut.unwrap_err().reason, Reason::Malformed);
}

#[test]
fn a_stray_is_refused_in_its_own_words() {
    let stray = |words: &str| Json::Stray(words.into());
    let of = |value: Json| Json::Map(vec![("v".into(), value)]);
    let list = |value: Json| of(Json::List(vec![Json::Null, value]));
    for (words, reason) in [
        ("a function", Reason::Kind),
        ("undefined", Reason::Kind),
        ("an object of Map, which has no fields", Reason::NotData),
        ("a value deeper than 64 levels", Reason::TooDeep),
        ("more than 9 parts", Reason::TooLarge),
    ] {
        for kind in [
            "\"bool\"",
            "\"json\"",
            "{\"nullable\":\"f64\"}",
            "\"bytes\"",
        ] {
            let found = refused(&schema(kind), of(stray(words)));
            assert_eq!(found, told("v", reason, words), "{kind}");
        }
        let found = refused(&schema("\"json\""), list(stray(words)));
        assert_eq!(found, told("v[1]", reason, words));
        let nested = schema(r#"{"list":{"nullable":"text"}}"#);
        assert_eq!(
            refused(&nested, list(stray(words))),
            told("v[1]", reason, words)
        );
    }
    assert_eq!(
        refused(&schema("\"json\""), stray("a function")),
        told("", Reason::Kind, "a function")
    );
    let nan = Json::Number(Number::Float(f64::NAN));
    assert_eq!(
        refused(&schema("\"json\""), list(nan.clone())),
        told("v[1]", Reason::NotFinite, "NaN")
    );
    // Before the tag of a union is known.
    let union =
        schema(r#"{"oneOf":{"tag":"t","cases":{"a":{"fields":[{"name":"x","kind":"json"}]}}}}"#);
    let case = |x: Json| {
        let entries = vec![("x".into(), x), ("t".into(), Json::Text("a".into()))];
        of(Json::Map(entries))
    };
    assert_eq!(
        refused(&union, case(nan)),
        told("v.x", Reason::NotFinite, "NaN")
    );
    assert_eq!(
        refused(&union, case(stray("a symbol"))),
        told("v.x", Reason::Kind, "a symbol")
    );
}

#[test]
fn a_built_value_with_a_nan_inside_json_is_refused_with_its_place() {
    let infinite = Json::Number(Number::Float(f64::INFINITY));
    let inside = Json::Map(vec![("a".into(), Json::List(vec![infinite]))]);
    let refusal = schema("\"json\"")
        .check_fields(&[Value::Json(inside), Value::Absent])
        .unwrap_err();
    assert_eq!(
        (&*refusal.path, refusal.reason, &*refusal.got),
        ("v.a[0]", Reason::NotFinite, "Infinity")
    );
}

#[test]
fn a_contract_file_with_what_is_no_json_names_the_place() {
    let at = |name: &str, value: Json| Json::Map(vec![(name.into(), value)]);
    let file = |more: (String, Json)| {
        let mut field = at("name", Json::Text("v".into()));
        if let Json::Map(entries) = &mut field {
            entries.push(("kind".into(), Json::Text("json".into())));
            entries.push(more);
        }
        let name = ("name".into(), Json::Text("s".into()));
        Json::Map(vec![name, ("fields".into(), Json::List(vec![field]))])
    };
    let nan = Json::Number(Number::Float(f64::NAN));
    for (more, place, got) in [
        (
            ("default".into(), at("a/b", nan)),
            "/fields/0/default/a~1b",
            "NaN",
        ),
        (
            ("doc".into(), Json::Stray(LONE_SURROGATE.into())),
            "/fields/0/doc",
            LONE_SURROGATE,
        ),
    ] {
        let error = Schema::from_file(&file(more)).unwrap_err();
        assert_eq!(
            (&*error.place, &*error.expected, &*error.got),
            (place, "a JSON value", got)
        );
    }
}

#[test]
fn integers_that_javascript_rounds_are_refused_wherever_they_are() {
    let policy = Policy {
        unknown: None,
        safe_integers: true,
    };
    for (kind, value, path) in [
        ("\"u64\"", "9007199254740993", "v"),
        ("\"i64\"", "-9007199254740993", "v"),
        ("\"json\"", "9007199254740993", "v"),
        ("\"json\"", r#"{"a":[0,-9007199254740993]}"#, "v.a[1]"),
        // One that was written as a float may have been an integer.
        ("\"json\"", "[1e18]", "v[0]"),
        ("{\"map\":\"u64\"}", r#"{"a":9007199254740993}"#, "v.a"),
        ("{\"list\":\"i64\"}", "[-9007199254740993]", "v[0]"),
    ] {
        let text = format!(r#"{{"v":{value}}}"#);
        let refusal = schema(kind)
            .decode_json(text.as_bytes(), policy)
            .unwrap_err();
        assert_eq!(
            (&*refusal.path, refusal.reason),
            (path, Reason::UnsafeInteger),
            "{text}"
        );
        assert!(refusal.expected.contains("9007199254740991"), "{refusal}");
        assert!(
            schema(kind)
                .decode_json(text.as_bytes(), Policy::default())
                .is_ok()
        );
    }
    for value in [
        "9007199254740991",
        "-9007199254740991",
        "1e300",
        "36893488147419103232",
        "0.5",
    ] {
        let text = format!(r#"{{"v":{value}}}"#);
        let taken = schema("\"json\"").decode_json(text.as_bytes(), policy);
        assert!(taken.is_ok(), "{text}");
    }
}
