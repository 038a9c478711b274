//! Contract files that cannot be used are refused as a whole, with the place in the file and the reason.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use aimdb_contracts::{Json, Schema};

/// The file is refused there, in words that hold these.
fn refuses(file: &str, place: &str, words: &str) {
    let json = Json::parse(file).unwrap_or_else(|error| panic!("{error}: {file}"));
    let error = match Schema::from_file(&json) {
        Err(error) => error,
        Ok(_) => panic!("taken: {file}"),
    };
    assert_eq!(error.place, place, "{error}: {file}");
    assert!(error.to_string().contains(words), "{error}: {file}");
    assert_eq!(error.code(), "CONTRACT_INVALID");
}

/// The same of a file around one field.
fn refuses_field(field: &str, place: &str, words: &str) {
    let file = format!(r#"{{"name":"a","fields":[{field}]}}"#);
    refuses(&file, &format!("/fields/0{place}"), words);
}

/// The same of a field `f` of a kind, with what stands beside it.
fn refuses_kind(kind: &str, place: &str, words: &str) {
    refuses_field(&format!(r#"{{"name":"f","kind":{kind}}}"#), place, words);
}

#[test]
fn a_file_is_an_object_of_known_names() {
    for (file, place, words) in [
        (
            "[]",
            "",
            "an object with name, version and fields, got a list",
        ),
        ("\"order\"", "", "an object with name, version and fields"),
        ("{}", "/name", "got nothing"),
        (
            r#"{"name":"a"}"#,
            "/fields",
            "a list of fields, got nothing",
        ),
        (
            r#"{"name":"a","fields":{}}"#,
            "/fields",
            "a list of fields, got an object",
        ),
        (
            r#"{"name":"a","fields":[],"colour":1}"#,
            "/colour",
            "only name, version",
        ),
        (
            r#"{"name":"a","fields":[],"a/b~c":1}"#,
            "/a~1b~0c",
            "only name, version",
        ),
        (r#"{"name":5,"fields":[]}"#, "/name", "a-z 0-9 _ . -, got 5"),
        (r#"{"name":"","fields":[]}"#, "/name", "1 to 128"),
        (r#"{"name":"Order","fields":[]}"#, "/name", "got \"Order\""),
        (r#"{"name":"a b","fields":[]}"#, "/name", "a-z 0-9"),
        (
            r#"{"name":"a","version":0,"fields":[]}"#,
            "/version",
            "an integer from 1 to 4294967295",
        ),
        (
            r#"{"name":"a","version":-1,"fields":[]}"#,
            "/version",
            "an integer from 1",
        ),
        (
            r#"{"name":"a","version":1.5,"fields":[]}"#,
            "/version",
            "an integer from 1",
        ),
        (
            r#"{"name":"a","version":4294967296,"fields":[]}"#,
            "/version",
            "an integer from 1",
        ),
        (
            r#"{"name":"a","version":"1","fields":[]}"#,
            "/version",
            "an integer from 1",
        ),
        (r#"{"name":"a","doc":5,"fields":[]}"#, "/doc", "a text"),
        (r#"{"name":"a","icon":null,"fields":[]}"#, "/icon", "a text"),
        (
            r#"{"name":"a","unknownFields":"allow","fields":[]}"#,
            "/unknownFields",
            "\"ignore\", \"refuse\" or",
        ),
        (
            r#"{"name":"a","unknownFields":"keep","fields":[{"name":"b","kind":"u8"}]}"#,
            "/unknownFields",
            "without fields, \"keep\"",
        ),
        (
            r#"{"name":"a","unknownFields":"keep"}"#,
            "/fields",
            "a list of fields",
        ),
        (
            r#"{"name":"a","fields":[{"name":"b","kind":{"object":{"unknownFields":"keep","fields":[]}}}]}"#,
            "/fields/0/kind/object/unknownFields",
            "\"ignore\", \"refuse\" or",
        ),
        (
            r#"{"name":"a","fields":[],"contracts":[{"name":"b","unknownFields":"keep","fields":[]}]}"#,
            "/contracts/0/unknownFields",
            "\"ignore\", \"refuse\" or",
        ),
        (
            r#"{"name":"a","signal":"b","fields":[]}"#,
            "/signal",
            "the name of a field of this contract",
        ),
        (
            r#"{"name":"a","signal":"b","fields":[{"name":"b","kind":"text"}]}"#,
            "/signal",
            "that is a number",
        ),
        (
            r#"{"name":"a","signal":5,"fields":[]}"#,
            "/signal",
            "the name of a field",
        ),
    ] {
        refuses(file, place, words);
    }
    refuses(
        &format!(r#"{{"name":"{}","fields":[]}}"#, "a".repeat(129)),
        "/name",
        "1 to 128",
    );
}

#[test]
fn a_field_has_a_name_that_it_alone_has() {
    for (field, place, words) in [
        ("5", "", "a field: an object with name and kind"),
        (r#"{"kind":"u8"}"#, "/name", "the field's name, got nothing"),
        (r#"{"name":"","kind":"u8"}"#, "/name", "1 to 128 bytes"),
        (
            r#"{"name":"a\u0000","kind":"u8"}"#,
            "/name",
            "without control characters",
        ),
        (
            r#"{"name":"a\nb","kind":"u8"}"#,
            "/name",
            "without control characters",
        ),
        (
            r#"{"name":"__proto__","kind":"u8"}"#,
            "/name",
            "another name than __proto__",
        ),
        (r#"{"name":["f"],"kind":"u8"}"#, "/name", "a name, a text"),
        (r#"{"name":"f"}"#, "/kind", "a kind: bool"),
        (
            r#"{"name":"f","kind":"u8","optional":1}"#,
            "/optional",
            "true or false",
        ),
        (r#"{"name":"f","kind":"u8","unit":1}"#, "/unit", "a text"),
        (
            r#"{"name":"f","kind":"u8","nullable":true}"#,
            "/nullable",
            "in a field of the kind u8",
        ),
        (
            r#"{"name":"f","kind":"u8","signal":true}"#,
            "/signal",
            "in a field of the kind u8",
        ),
    ] {
        refuses_field(field, place, words);
    }
    refuses_field(
        &format!(r#"{{"name":"{}","kind":"u8"}}"#, "ä".repeat(65)),
        "/name",
        "1 to 128 bytes",
    );
    let twice = r#"{"name":"a","fields":[{"name":"f","kind":"u8"},{"name":"f","kind":"text"}]}"#;
    refuses(
        twice,
        "/fields/1/name",
        "a name that no other field has, got f",
    );
    let many: Vec<_> = (0..257)
        .map(|n| format!(r#"{{"name":"f{n}","kind":"u8"}}"#))
        .collect();
    let many = format!(r#"{{"name":"a","fields":[{}]}}"#, many.join(","));
    refuses(&many, "/fields", "at most 256 fields, got 257");
}

#[test]
fn a_kind_is_one_that_there_is() {
    for (kind, place, words) in [
        ("5", "/kind", "a kind: bool, u8 to u64"),
        ("null", "/kind", "a kind: bool"),
        ("\"string\"", "/kind", "got \"string\""),
        ("\"u128\"", "/kind", "a kind: bool"),
        ("\"list\"", "/kind", "a kind: bool"),
        ("{}", "/kind", "a kind: bool"),
        (r#"{"list":"u8","map":"u8"}"#, "/kind", "a kind: bool"),
        (r#"{"array":"u8"}"#, "/kind", "got array"),
        (r#"{"list":"string"}"#, "/kind/list", "a kind: bool"),
        (
            r#"{"list":{"kind":"u8","minimum":1}}"#,
            "/kind/list/minimum",
            "in a field of the kind u8",
        ),
        (
            r#"{"map":{"kind":"u8","optional":true}}"#,
            "/kind/map/optional",
            "in a field of the kind u8",
        ),
        (r#"{"tuple":"u8"}"#, "/kind/tuple", "a list of kinds"),
        (r#"{"tuple":["u8","x"]}"#, "/kind/tuple/1", "a kind: bool"),
        (r#"{"enum":[]}"#, "/kind/enum", "at least one"),
        (r#"{"enum":"open"}"#, "/kind/enum", "a list of texts"),
        (r#"{"enum":["a",5]}"#, "/kind/enum/1", "a list of texts"),
        (
            r#"{"enum":["a","b","a"]}"#,
            "/kind/enum/2",
            "a text that does not stand there before",
        ),
        (
            r#"{"nullable":{"nullable":"u8"}}"#,
            "/kind/nullable",
            "does not take null by itself, got nullable",
        ),
        (
            r#"{"nullable":"json"}"#,
            "/kind/nullable",
            "does not take null by itself, got json",
        ),
        (
            r#"{"object":{}}"#,
            "/kind/object/fields",
            "a list of fields",
        ),
        (
            r#"{"object":{"fields":[],"name":"b"}}"#,
            "/kind/object/name",
            "in an inline object",
        ),
        (
            r#"{"contract":"order_line"}"#,
            "/kind/contract",
            "a contract of this file (a): add it",
        ),
        (
            r#"{"contract":5}"#,
            "/kind/contract",
            "the name of a contract",
        ),
        (
            r#"{"oneOf":{"cases":{"a":{"fields":[]}}}}"#,
            "/kind/oneOf/tag",
            "tells the cases apart",
        ),
        (
            r#"{"oneOf":{"tag":"__proto__","cases":{"a":{"fields":[]}}}}"#,
            "/kind/oneOf/tag",
            "__proto__",
        ),
        (
            r#"{"oneOf":{"tag":"t"}}"#,
            "/kind/oneOf/cases",
            "an object of cases",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":{}}}"#,
            "/kind/oneOf/cases",
            "at least one",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":[]}}"#,
            "/kind/oneOf/cases",
            "an object of cases",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":{"a":{}}}}"#,
            "/kind/oneOf/cases/a/fields",
            "a list of fields",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":{"":{"fields":[]}}}}"#,
            "/kind/oneOf/cases",
            "1 to 128 bytes",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":{"a":{"fields":[],"x":1}}}}"#,
            "/kind/oneOf/cases/a/x",
            "in a case",
        ),
        (
            r#"{"oneOf":{"tag":"t","more":1,"cases":{}}}"#,
            "/kind/oneOf/more",
            "in oneOf",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":{"a":{"fields":[{"name":"t","kind":"u8"}]}}}}"#,
            "/kind/oneOf/cases/a",
            "fields without 't'",
        ),
        (
            r#"{"oneOf":{"tag":"t","cases":{"a":{"contract":"a","fields":[]}}}}"#,
            "/kind/oneOf/cases/a/fields",
            "only contract in a case of a contract",
        ),
        (
            r#"{"nullable":{"oneOf":{"tag":"f","cases":{"a":{"contract":"a"}}}}}"#,
            "/kind/nullable/oneOf/cases/a",
            "fields without 'f'",
        ),
    ] {
        refuses_kind(kind, place, words);
    }
}

#[test]
fn a_number_of_the_versions_name_is_a_version() {
    for kind in [
        "\"f64\"",
        "\"f32\"",
        "\"time\"",
        r#"{"nullable":"u32"}"#,
        r#"{"nullable":"f64"}"#,
    ] {
        let field = format!(r#"{{"name":"schema_version","kind":{kind}}}"#);
        refuses_field(&field, "/kind", "since it is the version");
        let nested = format!(
            r#"{{"name":"a","fields":[],"contracts":[{{"name":"b","version":1,"fields":[{field}]}}]}}"#
        );
        refuses(
            &nested,
            "/contracts/0/fields/0/kind",
            "since it is the version",
        );
    }
    for kind in [
        "\"u32\"",
        "\"i64\"",
        "\"text\"",
        "\"json\"",
        r#"{"nullable":"text"}"#,
    ] {
        let file = format!(
            r#"{{"name":"a","version":2,"fields":[{{"name":"schema_version","kind":{kind}}}]}}"#
        );
        assert!(
            Schema::from_file(&Json::parse(&file).unwrap()).is_ok(),
            "{kind}"
        );
    }
    let inside = r#"{"name":"a","fields":[{"name":"f","kind":{"object":{"fields":[
        {"name":"schema_version","kind":"f64"}]}}}]}"#;
    assert!(Schema::from_file(&Json::parse(inside).unwrap()).is_ok());
}

#[test]
fn rules_that_no_value_keeps_are_refused() {
    for (rest, place, words) in [
        (
            r#""u8","exclusiveMin":3,"exclusiveMax":4"#,
            "/exclusiveMax",
            "a rule that leaves a value of the kind u8, got 4",
        ),
        (
            r#""u8","exclusiveMax":0"#,
            "/exclusiveMax",
            "a rule that leaves a value of the kind u8, got 0",
        ),
        (
            r#""u8","exclusiveMin":255"#,
            "/exclusiveMin",
            "a rule that leaves a value of the kind u8, got 255",
        ),
        (
            r#""time","exclusiveMin":5,"exclusiveMax":6"#,
            "/exclusiveMax",
            "the kind time, got 6",
        ),
        (
            r#""i64","min":7,"max":8,"multipleOf":5"#,
            "/multipleOf",
            "the kind i64, got 5",
        ),
        (
            r#""i8","min":-4,"max":-1,"multipleOf":5"#,
            "/multipleOf",
            "got 5",
        ),
        (
            r#""f64","min":7.5,"max":9.5,"multipleOf":5"#,
            "/multipleOf",
            "got 5",
        ),
        (
            r#""f32","exclusiveMin":0,"exclusiveMax":5,"multipleOf":5"#,
            "/multipleOf",
            "got 5",
        ),
        (
            r#""text","format":"uuid","maxLength":35"#,
            "/maxLength",
            "got 35",
        ),
        (
            r#""text","format":"ipv4","minLength":16"#,
            "/minLength",
            "got 16",
        ),
        (
            r#"{"list":"bool"},"uniqueItems":true,"minItems":3"#,
            "/minItems",
            "got 3",
        ),
        (
            r#"{"list":{"enum":["a","b"]}},"uniqueItems":true,"minItems":3"#,
            "/minItems",
            "the kind list",
        ),
        (
            r#"{"list":{"kind":"u8","max":20,"multipleOf":10}},"uniqueItems":true,"minItems":4"#,
            "/minItems",
            "the kind list",
        ),
        (
            r#"{"list":{"nullable":"bool"}},"uniqueItems":true,"minItems":4"#,
            "/minItems",
            "the kind list",
        ),
        (
            r#"{"list":{"tuple":["bool",{"enum":["a","b"]}]}},"uniqueItems":true,"minItems":5"#,
            "/minItems",
            "the kind list",
        ),
        (
            r#"{"list":{"kind":"text","maxLength":0}},"uniqueItems":true,"minItems":2"#,
            "/minItems",
            "the kind list",
        ),
    ] {
        let field = format!(r#"{{"name":"f","kind":{rest}}}"#);
        refuses_field(&field, place, words);
    }
    for rest in [
        r#""i64","min":5,"max":8,"multipleOf":5"#,
        r#""i8","min":-4,"max":4,"multipleOf":100"#,
        r#""u64","min":18446744073709551615"#,
        r#""f64","min":7,"max":8,"multipleOf":0.5"#,
        r#""text","format":"uuid","maxLength":36"#,
        r#"{"list":"bool"},"uniqueItems":true,"minItems":2"#,
        r#"{"list":"bool"},"minItems":3"#,
        r#"{"list":"u8"},"uniqueItems":true,"minItems":256"#,
        r#"{"list":"json"},"uniqueItems":true,"minItems":65536"#,
    ] {
        let file = format!(r#"{{"name":"a","fields":[{{"name":"f","kind":{rest}}}]}}"#);
        let taken = Schema::from_file(&Json::parse(&file).unwrap());
        assert!(taken.is_ok(), "{rest}: {taken:?}");
    }
}

#[test]
fn a_rule_fits_its_kind_and_leaves_a_value() {
    for (rest, place, words) in [
        (r#""text","min":1"#, "/min", "in a field of the kind text"),
        (
            r#""f64","maxLength":1"#,
            "/maxLength",
            "in a field of the kind f64",
        ),
        (
            r#""bytes","pattern":"a""#,
            "/pattern",
            "in a field of the kind bytes",
        ),
        (r#""bool","min":0"#, "/min", "in a field of the kind bool"),
        (
            r#""json","maxItems":5"#,
            "/maxItems",
            "in a field of the kind json",
        ),
        (
            r#"{"tuple":["u8"]},"minItems":1"#,
            "/minItems",
            "in a field of the kind tuple",
        ),
        (
            r#"{"enum":["a"]},"maxLength":1"#,
            "/maxLength",
            "in a field of the kind enum",
        ),
        (
            r#"{"map":"u8"},"maxItems":1"#,
            "/maxItems",
            "in a field of the kind map",
        ),
        (r#""u8","max":256"#, "/max", "a number that is one of u8"),
        (r#""u8","min":-1"#, "/min", "a number that is one of u8"),
        (r#""i8","min":-129"#, "/min", "a number that is one of i8"),
        (r#""u32","max":2.5"#, "/max", "a number that is one of u32"),
        (r#""u32","max":"5""#, "/max", "a number that is one of u32"),
        (r#""f32","max":1e39"#, "/max", "a number that is one of f32"),
        (
            r#""time","max":9e15"#,
            "/max",
            "a number that is one of time",
        ),
        (r#""u8","multipleOf":0"#, "/multipleOf", "a number above 0"),
        (
            r#""f64","multipleOf":-0.1"#,
            "/multipleOf",
            "a number above 0",
        ),
        (
            r#""u8","min":5,"max":4"#,
            "/max",
            "a number not below 5, got 4",
        ),
        (
            r#""u8","exclusiveMin":5,"max":5"#,
            "/max",
            "a number above 5",
        ),
        (
            r#""f64","min":5,"exclusiveMax":5"#,
            "/exclusiveMax",
            "a number above 5",
        ),
        (
            r#""i64","exclusiveMin":1,"exclusiveMax":1"#,
            "/exclusiveMax",
            "a number above 1",
        ),
        (
            r#""text","minLength":-1"#,
            "/minLength",
            "an integer from 0 to 16384",
        ),
        (
            r#""text","maxLength":16385"#,
            "/maxLength",
            "an integer from 0 to 16384",
        ),
        (
            r#""text","minLength":2,"maxLength":1"#,
            "/maxLength",
            "not below 2",
        ),
        (
            r#"{"list":"u8"},"minItems":2,"maxItems":1"#,
            "/maxItems",
            "not below 2",
        ),
        (
            r#"{"list":"u8"},"maxItems":65537"#,
            "/maxItems",
            "an integer from 0 to 65536",
        ),
        (
            r#"{"list":"u8"},"uniqueItems":1"#,
            "/uniqueItems",
            "true or false",
        ),
        (
            r#"{"map":"u8"},"minProperties":2,"maxProperties":1"#,
            "/maxProperties",
            "not below 2",
        ),
        (
            r#""text","format":"phone""#,
            "/format",
            "one of date-time, date",
        ),
        (r#""text","format":5"#, "/format", "the name of a format"),
        (r#""text","pattern":5"#, "/pattern", "a regular expression"),
        (
            r#""text","pattern":"(a""#,
            "/pattern",
            "a regular expression that can be used",
        ),
        (
            r#""text","pattern":"[b-a]""#,
            "/pattern",
            "a regular expression that can be used",
        ),
        (
            r#""text","pattern":"a**""#,
            "/pattern",
            "a regular expression that can be used",
        ),
        (
            r#""text","pattern":"\\p{Nonsense}""#,
            "/pattern",
            "a regular expression that can be used",
        ),
        (
            r#""text","pattern":"(?i:a)""#,
            "/pattern",
            "a group cannot have modifiers",
        ),
    ] {
        let field = format!(r#"{{"name":"f","kind":{rest}}}"#);
        refuses_field(&field, place, words);
    }
    let long = format!(
        r#"{{"name":"f","kind":"text","pattern":"{}"}}"#,
        "a".repeat(513)
    );
    refuses_field(&long, "/pattern", "at most 512 characters, this one 513");
}

#[test]
fn a_default_keeps_the_rules_of_its_field() {
    for (rest, place, words) in [
        (r#""u8","default":"1""#, "/default", "an integer (u8)"),
        (r#""u8","default":null"#, "/default", "got null"),
        (
            r#""u8","max":10,"default":50"#,
            "/default",
            "an integer up to 10, got 50",
        ),
        (
            r#""text","pattern":"^a","default":"b""#,
            "/default",
            "that matches ^a",
        ),
        (
            r#""text","format":"uuid","default":"b""#,
            "/default",
            "a valid uuid",
        ),
        (
            r#"{"enum":["a"]},"default":"b""#,
            "/default",
            "\"a\", got b",
        ),
        (
            r#"{"list":{"kind":"u8","max":5}},"default":[1,6]"#,
            "/default at [1]",
            "up to 5, got 6",
        ),
        (
            r#"{"map":"bool"},"default":{"x":1}"#,
            "/default at x",
            "true or false",
        ),
        (r#""bytes","default":"=""#, "/default", "as base64"),
        // In a tab it would be another number.
        (
            r#""u64","default":9007199254740993"#,
            "/default",
            "JavaScript holds exactly",
        ),
    ] {
        refuses_field(&format!(r#"{{"name":"f","kind":{rest}}}"#), place, words);
    }
    // Nothing fills in a field of a contract within a default: it is stated.
    let file = |default: &str| {
        format!(
            r#"{{"name":"a","fields":[{{"name":"f","kind":{{"contract":"b"}},"default":{default}}}],
                "contracts":[{{"name":"b","fields":[
                    {{"name":"g","kind":"u8","optional":true,"default":1}}]}}]}}"#
        )
    };
    refuses(&file("{}"), "/fields/0/default at g", "got nothing");
    assert!(Schema::from_file(&Json::parse(&file(r#"{"g":2}"#)).unwrap()).is_ok());
}

#[test]
fn contracts_of_a_file_nest_and_have_an_end() {
    let nested = |fields: &str, contracts: &str| {
        format!(r#"{{"name":"a","fields":[{fields}],"contracts":[{contracts}]}}"#)
    };
    let link = |name: &str, kind: &str| format!(r#"{{"name":"{name}","kind":{kind}}}"#);
    let a = link("f", r#"{"contract":"a"}"#);
    let b = link("f", r#"{"contract":"b"}"#);
    let endless = "make a field optional, nullable or a list";
    for (file, place, words) in [
        (nested("", "5"), "/contracts/0", "a nested contract"),
        (
            nested("", r#"{"fields":[]}"#),
            "/contracts/0/name",
            "got nothing",
        ),
        (
            nested("", r#"{"name":"a","fields":[]}"#),
            "/contracts/0/name",
            "no other contract of the file has",
        ),
        (
            nested("", r#"{"name":"b","fields":[]},{"name":"b","fields":[]}"#),
            "/contracts/1/name",
            "no other contract of the file has",
        ),
        (
            nested("", r#"{"name":"b","fields":[],"contracts":[]}"#),
            "/contracts/0/contracts",
            "only name",
        ),
        (
            nested("", r#"{"name":"b","fields":[],"migrations":[]}"#),
            "/contracts/0/migrations",
            "only name",
        ),
        (
            nested("", r#"{"name":"b","version":0,"fields":[]}"#),
            "/contracts/0/version",
            "from 1",
        ),
        (nested(&a, ""), "", endless),
        (
            nested(&b, &format!(r#"{{"name":"b","fields":[{a}]}}"#)),
            "",
            "'a', which nests in itself",
        ),
        (
            nested("", &format!(r#"{{"name":"b","fields":[{b}]}}"#)),
            "",
            "'b', which nests in itself",
        ),
        (
            nested(&link("f", r#"{"tuple":["u8",{"contract":"a"}]}"#), ""),
            "",
            endless,
        ),
        (
            nested(
                r#"{"name":"f","kind":{"list":{"contract":"a"}},"minItems":1}"#,
                "",
            ),
            "",
            endless,
        ),
        (
            nested(
                r#"{"name":"f","kind":{"map":{"contract":"a"}},"minProperties":1}"#,
                "",
            ),
            "",
            endless,
        ),
        (
            nested(
                &link(
                    "f",
                    r#"{"oneOf":{"tag":"t","cases":{"x":{"contract":"a"}}}}"#,
                ),
                "",
            ),
            "",
            endless,
        ),
        (
            nested(
                &link(
                    "f",
                    r#"{"object":{"fields":[{"name":"g","kind":{"contract":"a"}}]}}"#,
                ),
                "",
            ),
            "",
            endless,
        ),
        (
            nested(
                &link(
                    "f",
                    r#"{"oneOf":{"tag":"t","cases":{"x":{"contract":"b"}}}}"#,
                ),
                r#"{"name":"b","fields":[{"name":"t","kind":"text"}]}"#,
            ),
            "/fields/0/kind/oneOf/cases/x",
            "fields without 't'",
        ),
    ] {
        refuses(&file, place, words);
    }
    refuses(
        r#"{"name":"a","fields":[],"contracts":{}}"#,
        "/contracts",
        "a list of contracts",
    );
}

#[test]
fn migrations_ascend_to_the_version() {
    let migrated = |migrations: &str| {
        format!(r#"{{"name":"a","version":3,"fields":[],"migrations":[{migrations}]}}"#)
    };
    let from = |from: u32| format!(r#"{{"from":{from},"up":[],"down":[]}}"#);
    let hole = format!("{},{}", from(1), from(3));
    let twice = format!("{},{}", from(2), from(2));
    let many = [0, 1, 2, 3].map(from).join(",");
    for (migrations, place, words) in [
        ("5", "/0", "a migration"),
        (r#"{"up":[],"down":[]}"#, "/0/from", "got nothing"),
        (r#"{"from":2,"down":[]}"#, "/0/up", "a list of steps"),
        (r#"{"from":2,"up":[]}"#, "/0/down", "a list of steps"),
        (
            r#"{"from":2,"up":[],"down":[],"to":3}"#,
            "/0/to",
            "only from, up, down",
        ),
        (
            r#"{"from":0,"up":[],"down":[]}"#,
            "/0/from",
            "an integer from 1",
        ),
        (
            r#"{"from":1,"up":[],"down":[]}"#,
            "/0/from",
            "ascend to 3 without a hole",
        ),
        (
            r#"{"from":3,"up":[],"down":[]}"#,
            "/0/from",
            "ascend to 3 without a hole",
        ),
        (hole.as_str(), "/1/from", "ascend to 3 without a hole"),
        (twice.as_str(), "/0/from", "ascend to 3 without a hole"),
        (many.as_str(), "/0/from", "an integer from 1"),
    ] {
        refuses(&migrated(migrations), &format!("/migrations{place}"), words);
    }
    let deep = r#"{"when":{"field":"f","is":1,"steps":["#.repeat(9) + &"]}}".repeat(9);
    for (step, place, words) in [
        ("5", "", "a step: an object with one of"),
        ("{}", "", "a step: an object with one of"),
        (r#"{"delete":"f"}"#, "", "got delete"),
        (
            r#"{"drop":"f","add":{}}"#,
            "",
            "a step: an object with one of",
        ),
        (r#"{"drop":5}"#, "/drop", "a name, a text"),
        (r#"{"drop":"__proto__"}"#, "/drop", "__proto__"),
        (r#"{"rename":["f"]}"#, "/rename", "a list of two names"),
        (r#"{"rename":["f","f"]}"#, "/rename", "the same twice"),
        (r#"{"rename":["f","__proto__"]}"#, "/rename/1", "__proto__"),
        (r#"{"add":{"field":"f"}}"#, "/add/value", "a value"),
        (
            r#"{"add":{"value":1}}"#,
            "/add/field",
            "the name of a field",
        ),
        (
            r#"{"scale":{"field":"f","factor":"2"}}"#,
            "/scale/factor",
            "a number",
        ),
        (
            r#"{"scale":{"field":"f","by":2}}"#,
            "/scale/by",
            "only field, factor, offset",
        ),
        (
            r#"{"map":{"field":"f","values":{}}}"#,
            "/map/values",
            "a list of pairs",
        ),
        (
            r#"{"map":{"field":"f","values":[[1]]}}"#,
            "/map/values/0",
            "a list of pairs",
        ),
        (
            r#"{"when":{"field":"f","steps":[]}}"#,
            "/when/is",
            "a value",
        ),
        (
            deep.as_str(),
            &"/when/steps/0".repeat(7),
            "nested at most 8 deep",
        ),
    ] {
        let migration = format!(r#"{{"from":2,"up":[{step}],"down":[]}}"#);
        let place = match step == deep {
            true => format!("/migrations/0/up/0{place}/when/steps"),
            false => format!("/migrations/0/up/0{place}"),
        };
        refuses(&migrated(&migration), &place, words);
    }
    let default = r#"{"name":"a","version":2,"fields":[
        {"name":"schema_version","kind":"u32","default":1}]}"#;
    refuses(
        default,
        "/fields/0/default",
        "expected 2, the version of the contract, got 1",
    );
    let first = r#"{"name":"a","fields":[],"migrations":[{"from":1,"up":[],"down":[]}]}"#;
    refuses(first, "/migrations/0/from", "ascend to 1 without a hole");
}

#[test]
fn a_file_has_limits_of_size_and_depth() {
    let nested = |depth: usize| {
        let kind = r#"{"list":"#.repeat(depth) + "\"u8\"" + &"}".repeat(depth);
        format!(r#"{{"name":"a","fields":[{{"name":"f","kind":{kind}}}]}}"#)
    };
    assert!(Schema::from_file(&Json::parse(&nested(29)).unwrap()).is_ok());
    assert!(
        Json::parse(&nested(30))
            .unwrap_err()
            .contains("not nested as deep")
    );
    let large = format!(
        r#"{{"name":"a","doc":"{}","fields":[]}}"#,
        "a".repeat(64 * 1024)
    );
    assert!(Json::parse(&large).unwrap_err().contains("not as large"));
    let contract = |n: usize| Json::parse(&format!(r#"{{"name":"c{n}","fields":[]}}"#)).unwrap();
    let many = Json::Map(vec![
        ("name".into(), Json::Text("a".into())),
        ("fields".into(), Json::List(Vec::new())),
        (
            "contracts".into(),
            Json::List((0..4096).map(contract).collect()),
        ),
    ]);
    let error = Schema::from_file(&many).unwrap_err();
    assert_eq!(error.place, "/contracts");
    assert!(
        error
            .to_string()
            .contains("fewer than 4096 contracts, got 4096")
    );
}

#[test]
fn the_greatest_integers_are_bounds_however_javascript_writes_them() {
    for (kind, exact, rounded) in [
        ("u64", "18446744073709551615", "18446744073709552000"),
        ("i64", "9223372036854775807", "9223372036854776000"),
        ("i64", "-9223372036854775808", "-9223372036854776000"),
    ] {
        let file = |max: &str| {
            let text =
                format!(r#"{{"name":"a","fields":[{{"name":"n","kind":"{kind}","max":{max}}}]}}"#);
            Schema::from_file(&Json::parse(&text).unwrap())
                .unwrap()
                .fingerprint()
        };
        assert_eq!(file(exact), file(rounded), "{kind} {exact}");
    }
}
