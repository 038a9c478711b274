//! One keyword at a time: what it becomes, and what is refused by which name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aimdb_contracts::{Json, Schema};
use aimdb_json_schema::{Options, from_json_schema, to_json_schema, type_from_json_schema};

fn json(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A schema of one value, and the kind with its rules.
#[track_caller]
fn becomes(schema: &str, expected: &str) {
    let of = type_from_json_schema(&json(schema)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(Json::Map(of.kind).to_text(), expected, "{schema}");
}

/// A schema of one value, the keyword by which it is refused, and where.
#[track_caller]
fn refused(schema: &str, keyword: &str, pointer: &str) {
    let error = type_from_json_schema(&json(schema)).expect_err(schema);
    assert_eq!(
        (&*error.keyword, &*error.pointer),
        (keyword, pointer),
        "{error}"
    );
}

#[test]
fn numbers_become_the_narrowest_kind_that_holds_them_all() {
    becomes(r#"{"type":"integer"}"#, r#"{"kind":"i64"}"#);
    becomes(r#"{"type":"integer","minimum":0}"#, r#"{"kind":"u64"}"#);
    becomes(
        r#"{"type":"integer","minimum":0,"maximum":255}"#,
        r#"{"kind":"u8"}"#,
    );
    becomes(
        r#"{"type":"integer","minimum":0,"maximum":254}"#,
        r#"{"kind":"u64","max":254}"#,
    );
    becomes(
        r#"{"type":"integer","format":"int32"}"#,
        r#"{"kind":"i32"}"#,
    );
    becomes(
        r#"{"type":"integer","minimum":1.5,"exclusiveMaximum":9}"#,
        r#"{"kind":"u64","min":2,"max":8}"#,
    );
    becomes(
        r#"{"type":"integer","minimum":-1.5,"exclusiveMaximum":9.5}"#,
        r#"{"kind":"i64","min":-1,"max":9}"#,
    );
    becomes(r#"{"type":"integer","maximum":1e300}"#, r#"{"kind":"i64"}"#);
    becomes(
        r#"{"type":"integer","multipleOf":1.5}"#,
        r#"{"kind":"i64","multipleOf":3}"#,
    );
    becomes(
        r#"{"type":"integer","multipleOf":0.25}"#,
        r#"{"kind":"i64"}"#,
    );
    becomes(r#"{"type":["integer","number"]}"#, r#"{"kind":"f64"}"#);
    becomes(
        r#"{"type":"number","exclusiveMinimum":0,"multipleOf":0.01}"#,
        r#"{"kind":"f64","exclusiveMin":0,"multipleOf":0.01}"#,
    );
    becomes(r#"{"const":2.0}"#, r#"{"kind":"u64","min":2,"max":2}"#);
    becomes(r#"{"const":2.5}"#, r#"{"kind":"f64","min":2.5,"max":2.5}"#);
    becomes(r#"{"enum":[3,1,2]}"#, r#"{"kind":"u64","min":1,"max":3}"#);
    refused(r#"{"enum":[1,3]}"#, "enum", "");
    refused(
        r#"{"type":"integer","minimum":2,"maximum":1}"#,
        "minimum",
        "",
    );
    refused(
        r#"{"type":"integer","minimum":0.2,"maximum":0.8}"#,
        "minimum",
        "",
    );
    refused(r#"{"type":"integer","minimum":1e300}"#, "minimum", "");
    refused(
        r#"{"type":"number","minimum":1,"exclusiveMaximum":1}"#,
        "exclusiveMaximum",
        "",
    );
    refused(r#"{"type":"integer","format":"int128"}"#, "format", "");
    refused(r#"{"type":"number","multipleOf":0}"#, "multipleOf", "");
    refused(r#"{"minimum":1}"#, "minimum", "");
}

#[test]
fn texts_keep_their_rules() {
    becomes(
        r#"{"type":"string","maxLength":5.0,"pattern":"^a"}"#,
        r#"{"kind":"text","maxLength":5,"pattern":"^a"}"#,
    );
    becomes(
        r#"{"type":"string","format":"uuid","maxLength":100000}"#,
        r#"{"kind":"text","format":"uuid"}"#,
    );
    becomes(
        r#"{"type":"string","contentEncoding":"base64"}"#,
        r#"{"kind":"bytes"}"#,
    );
    becomes(
        r#"{"type":"string","format":"ulid","pattern":"^[0-9A-Z]{26}$"}"#,
        r#"{"kind":"text","pattern":"^[0-9A-Z]{26}$"}"#,
    );
    becomes(r#"{"const":"a"}"#, r#"{"kind":{"enum":["a"]}}"#);
    becomes(
        r#"{"enum":["a",null,"b"]}"#,
        r#"{"kind":{"nullable":{"enum":["a","b"]}}}"#,
    );
    becomes(r#"{"enum":[true,false]}"#, r#"{"kind":"bool"}"#);
    becomes(
        r#"{"type":"string","enum":["a",1]}"#,
        r#"{"kind":{"enum":["a"]}}"#,
    );
    refused(r#"{"type":"string","format":"ulid"}"#, "format", "");
    refused(r#"{"type":"string","pattern":"("}"#, "pattern", "");
    refused(
        r#"{"type":"string","minLength":9,"maxLength":8}"#,
        "minLength",
        "",
    );
    refused(r#"{"type":"string","minLength":20000}"#, "minLength", "");
    refused(
        r#"{"type":"string","contentEncoding":"base64","maxLength":8}"#,
        "contentEncoding",
        "",
    );
    refused(
        r#"{"type":"string","contentEncoding":"quoted-printable"}"#,
        "contentEncoding",
        "",
    );
    refused(
        r#"{"type":"string","contentMediaType":"text/html"}"#,
        "contentMediaType",
        "",
    );
    refused(r#"{"type":"string","minimum":3}"#, "minimum", "");
    refused(r#"{"enum":["a"],"maxLength":3}"#, "maxLength", "");
    refused(r#"{"const":true}"#, "const", "");
    refused(r#"{"const":{"a":1}}"#, "const", "");
    refused(r#"{"enum":["a",1]}"#, "enum", "");
}

#[test]
fn lists_maps_and_objects() {
    becomes(
        r#"{"type":"array","items":{"type":"string","maxLength":3},"minItems":1,"uniqueItems":true}"#,
        r#"{"kind":{"list":{"kind":"text","maxLength":3}},"minItems":1,"uniqueItems":true}"#,
    );
    becomes(r#"{"type":"array"}"#, r#"{"kind":{"list":"json"}}"#);
    becomes(
        r#"{"type":"array","items":false}"#,
        r#"{"kind":{"list":"json"},"maxItems":0}"#,
    );
    becomes(
        r#"{"type":"array","prefixItems":[{"type":"boolean"},{}],"items":false,"minItems":2}"#,
        r#"{"kind":{"tuple":["bool","json"]}}"#,
    );
    becomes(
        r#"{"type":"array","prefixItems":[{}],"minItems":1,"maxItems":1}"#,
        r#"{"kind":{"tuple":["json"]}}"#,
    );
    becomes(r#"{"type":"object"}"#, r#"{"kind":{"map":"json"}}"#);
    becomes(
        r#"{"type":"object","additionalProperties":{"type":"boolean"},"maxProperties":2}"#,
        r#"{"kind":{"map":"bool"},"maxProperties":2}"#,
    );
    becomes(
        r#"{"type":"object","properties":{"a":{"type":"boolean"}},"required":["b"],"unevaluatedProperties":true}"#,
        r#"{"kind":{"object":{"fields":[{"name":"a","kind":"bool","optional":true},{"name":"b","kind":"json"}]}}}"#,
    );
    becomes(
        r#"{"type":"object","properties":{},"additionalProperties":false}"#,
        r#"{"kind":{"object":{"unknownFields":"refuse","fields":[]}}}"#,
    );
    refused(
        r#"{"type":"array","prefixItems":[{}],"items":false}"#,
        "prefixItems",
        "",
    );
    refused(
        r#"{"type":"array","prefixItems":[{}],"minItems":1}"#,
        "prefixItems",
        "",
    );
    refused(r#"{"type":"array","contains":{}}"#, "contains", "");
    refused(
        r#"{"type":"array","items":{"type":"array","items":{"not":{}}}}"#,
        "not",
        "/items/items",
    );
    refused(
        r#"{"type":"object","patternProperties":{"^a":{}}}"#,
        "patternProperties",
        "",
    );
    refused(
        r#"{"type":"object","propertyNames":{"maxLength":3}}"#,
        "propertyNames",
        "",
    );
    refused(
        r#"{"type":"object","properties":{"a":{}},"additionalProperties":{"type":"null"}}"#,
        "additionalProperties",
        "",
    );
    refused(
        r#"{"type":"object","properties":{"a":{}},"minProperties":1}"#,
        "minProperties",
        "",
    );
    refused(
        r#"{"type":"object","properties":{"a":{}},"required":["b"],"additionalProperties":false}"#,
        "required",
        "",
    );
    refused(
        r#"{"type":"object","properties":{"__proto__":{}}}"#,
        "properties",
        "/properties/__proto__",
    );
    refused(
        r#"{"type":"object","properties":{"a/b":{"type":"string","colour":1}}}"#,
        "colour",
        "/properties/a~1b",
    );
    refused(
        r#"{"type":"object","properties":{"a":{"type":"integer","default":"x"}}}"#,
        "default",
        "/properties/a",
    );
    refused(
        r#"{"type":"array","items":{"type":"integer","default":1}}"#,
        "default",
        "/items",
    );
    refused(r#"{"properties":{"a":{}}}"#, "properties", "");
    refused(r#"{"type":["string","integer"]}"#, "type", "");
    refused(r#"{"type":"null"}"#, "type", "");
    refused(
        r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"string"}"#,
        "$schema",
        "",
    );
}

#[test]
fn schemas_of_one_value_are_taken_together() {
    becomes(
        r#"{"allOf":[{"type":"integer","minimum":1},{"minimum":3},{"maximum":9}],"maximum":20}"#,
        r#"{"kind":"u64","min":3,"max":9}"#,
    );
    becomes(
        r#"{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},
                         {"type":"object","properties":{"a":{"minimum":0},"b":{"type":"boolean"}}}]}"#,
        r#"{"kind":{"object":{"fields":[{"name":"a","kind":"u64"},{"name":"b","kind":"bool","optional":true}]}}}"#,
    );
    becomes(
        r##"{"$ref":"#/$defs/a","maxLength":3,"$defs":{"a":{"type":"string","maxLength":5}}}"##,
        r#"{"kind":"text","maxLength":3}"#,
    );
    becomes(
        r#"{"allOf":[{"type":"object","properties":{"a":{}}}],"unevaluatedProperties":false}"#,
        r#"{"kind":{"object":{"unknownFields":"refuse","fields":[{"name":"a","kind":"json","optional":true}]}}}"#,
    );
    becomes(r#"{"oneOf":[{"type":"boolean"}]}"#, r#"{"kind":"bool"}"#);
    refused(
        r#"{"allOf":[{"type":"string"},{"type":"integer"}]}"#,
        "type",
        "/allOf/1",
    );
    refused(
        r#"{"type":"string","allOf":[{"pattern":"a"},{"pattern":"b"}]}"#,
        "pattern",
        "/allOf/1",
    );
    refused(
        r#"{"allOf":[{"type":"object","properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]}"#,
        "additionalProperties",
        "/allOf/0",
    );
    refused(
        r#"{"allOf":[{"type":"object","properties":{"a":{}},"unevaluatedProperties":false},{"properties":{"b":{}}}]}"#,
        "unevaluatedProperties",
        "/allOf/0",
    );
    refused(
        r#"{"allOf":[{"type":"object","properties":{"a":{}},"additionalProperties":true}],"unevaluatedProperties":false}"#,
        "unevaluatedProperties",
        "",
    );
    refused(
        r#"{"type":"object","properties":{"a":{"allOf":[{"const":"x"},{"const":"y"}]}}}"#,
        "const",
        "/properties/a/allOf/1",
    );
    refused(r##"{"$ref":"#"}"##, "$ref", "");
    refused(r##"{"allOf":[{"$ref":"#"}],"type":"string"}"##, "$ref", "");
    refused(r#"{"$ref":"http://elsewhere/x"}"#, "$ref", "");
    refused(r##"{"$dynamicRef":"#x"}"##, "$dynamicRef", "");
    refused("false", "false", "");
}

#[test]
fn choices_are_null_texts_or_cases() {
    becomes(
        r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
        r#"{"kind":{"nullable":"text"}}"#,
    );
    becomes(
        r#"{"type":["string","null"],"maxLength":3}"#,
        r#"{"kind":{"nullable":{"kind":"text","maxLength":3}}}"#,
    );
    becomes(
        r#"{"anyOf":[{"const":"a"},{"enum":["b","a"]}]}"#,
        r#"{"kind":{"enum":["a","b"]}}"#,
    );
    becomes(
        r#"{"anyOf":[{"type":["string","null"]},{"const":null}]}"#,
        r#"{"kind":{"nullable":"text"}}"#,
    );
    becomes(
        r#"{"type":"object","required":["k"],"properties":{"n":{"type":"boolean"}},
                "oneOf":[{"properties":{"k":{"const":"a"}}},{"properties":{"k":{"const":"b"},"m":{"type":"string"}},"required":["m"]}]}"#,
        concat!(
            r#"{"kind":{"oneOf":{"tag":"k","cases":{"#,
            r#""a":{"fields":[{"name":"n","kind":"bool","optional":true}]},"#,
            r#""b":{"fields":[{"name":"n","kind":"bool","optional":true},{"name":"m","kind":"text"}]}}}}}"#
        ),
    );
    let cases = |first: &str, second: &str| {
        format!(
            r#"{{"oneOf":[{{"type":"object","properties":{{"k":{first}}},"required":["k"]}},{{"type":"object","properties":{{"k":{second}}},"required":["k"]}}]}}"#
        )
    };
    refused(&cases(r#"{"const":"a"}"#, r#"{"const":"a"}"#), "oneOf", "");
    refused(
        &cases(r#"{"const":"a"}"#, r#"{"type":"string"}"#),
        "oneOf",
        "",
    );
    refused(&cases(r#"{"const":"a"}"#, r#"{"const":1}"#), "oneOf", "");
    refused(r#"{"oneOf":[{"const":"a"},{"const":"a"}]}"#, "oneOf", "");
    refused(
        r#"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#,
        "anyOf",
        "",
    );
    refused(r#"{"oneOf":[{},{"type":"null"}]}"#, "oneOf", "");
    refused(
        r#"{"type":"string","anyOf":[{"maxLength":3},{"type":"null"}]}"#,
        "anyOf",
        "",
    );
    refused(
        r#"{"anyOf":[{"const":"a"},{"const":"b"}],"oneOf":[{"const":"a"},{"const":"b"}]}"#,
        "oneOf",
        "",
    );
    refused(r#"{"if":{},"then":{}}"#, "if", "");
}

#[track_caller]
fn contract(schema: &str) -> String {
    let file = from_json_schema(&json(schema), &Options::default())
        .unwrap_or_else(|error| panic!("{error}"));
    Schema::from_file(&file).unwrap_or_else(|error| panic!("{error}: {}", file.to_text()));
    file.to_text()
}

#[test]
fn definitions_become_contracts_that_may_nest_in_themselves() {
    assert_eq!(
        contract(
            r##"{"title":"BinaryTree","description":"A tree.","type":"object","required":["value"],
            "properties":{"value":{"$ref":"#/$defs/Value","title":"What it holds"},"left":{"$ref":"#"},"right":{"$ref":"#"}},
            "$defs":{"Value":{"type":"object","properties":{"next":{"$ref":"#/$defs/Value"},"name":{"$ref":"#/$defs/name"}}},
                     "name":{"type":"string","maxLength":9}}}"##
        ),
        concat!(
            r#"{"name":"binary_tree","version":1,"doc":"A tree.","fields":["#,
            r#"{"name":"value","kind":{"contract":"value"},"doc":"What it holds"},"#,
            r#"{"name":"left","kind":{"contract":"binary_tree"},"optional":true},"#,
            r#"{"name":"right","kind":{"contract":"binary_tree"},"optional":true}],"#,
            r#""contracts":[{"name":"value","fields":[{"name":"next","kind":{"contract":"value"},"optional":true},"#,
            r#"{"name":"name","kind":"text","maxLength":9,"optional":true}]}]}"#,
        )
    );
    // Where the root is a reference, what it leads to is the contract itself.
    let text = contract(
        r##"{"$ref":"#/$defs/Node","title":"node","$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"}}}}}"##,
    );
    assert_eq!(
        text,
        r#"{"name":"node","version":1,"fields":[{"name":"next","kind":{"contract":"node"},"optional":true}]}"#
    );
}

#[test]
fn unions_nest_in_themselves_through_contracts() {
    let text = contract(
        r##"{"title":"formula","type":"object","properties":{"root":{"$ref":"#/$defs/Term"}},"$defs":{
        "Term":{"oneOf":[{"$ref":"#/$defs/Sum"},{"type":"object","properties":{"op":{"const":"number"},"value":{"type":"number"}},"required":["op"]}]},
        "Sum":{"type":"object","properties":{"op":{"const":"sum"},"of":{"type":"array","items":{"$ref":"#/$defs/Term"}}},"required":["op","of"]}}}"##,
    );
    assert!(text.contains(r#"{"name":"sum","fields":[{"name":"of","kind":{"list":{"oneOf":{"tag":"op","cases":{"sum":{"contract":"sum"}"#), "{text}");
    // A list that nests in itself has no object to stop at.
    refused(
        r##"{"$ref":"#/$defs/list","$defs":{"list":{"type":"array","items":{"$ref":"#/$defs/list"}}}}"##,
        "$ref",
        "/$defs/list/items",
    );
}

#[test]
fn a_contract_has_a_name_and_fields() {
    let refused = |schema: &str, options: &Options| {
        let error = from_json_schema(&json(schema), options).unwrap_err();
        (error.keyword, error.pointer)
    };
    let named = |name: &str| Options {
        name: Some(name.into()),
        version: 7,
    };
    let is = |keyword: &str| (keyword.to_owned(), String::new());
    assert_eq!(
        refused(r#"{"properties":{}}"#, &Options::default()),
        is("title")
    );
    assert_eq!(
        refused(r#"{"properties":{}}"#, &named("Upper")),
        is("title")
    );
    assert_eq!(refused(r#"{"type":"string"}"#, &named("a")), is("type"));
    assert_eq!(
        refused(r#"{"type":"object"}"#, &named("a")),
        is("properties")
    );
    assert_eq!(
        refused(
            r#"{"oneOf":[{"type":"object"},{"type":"object"}]}"#,
            &named("a")
        ),
        is("oneOf")
    );
    assert_eq!(
        refused(r#"{"properties":{},"default":{}}"#, &named("a")),
        is("default")
    );
    let file = from_json_schema(
        &json(r#"{"title":"An order","properties":{"a":{}}}"#),
        &named("order"),
    )
    .unwrap();
    assert_eq!(
        file.to_text(),
        r#"{"name":"order","version":7,"doc":"An order","fields":[{"name":"a","kind":"json","optional":true}]}"#
    );
}

#[test]
fn hostile_documents_come_to_an_end() {
    // Each definition names the next one twice: 2^40 schemas, were each written out.
    let mut definitions = String::new();
    for number in 0..40 {
        definitions += &format!(
            r##""d{number}":{{"type":"array","prefixItems":[{{"$ref":"#/$defs/d{0}"}},{{"$ref":"#/$defs/d{0}"}}],"items":false,"minItems":2}},"##,
            number + 1
        );
    }
    let document =
        format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{definitions}"d40":{{"type":"boolean"}}}}}}"##);
    assert_eq!(
        type_from_json_schema(&json(&document)).unwrap_err().keyword,
        "$ref"
    );
    let mut chain = String::new();
    for number in 0..1_000 {
        chain += &format!(
            r##""{number}":{{"items":{{"$ref":"#/$defs/{}"}},"type":"array"}},"##,
            number + 1
        );
    }
    let document = json(&format!(
        r##"{{"$ref":"#/$defs/0","$defs":{{{chain}"1000":{{}}}}}}"##
    ));
    assert_eq!(
        type_from_json_schema(&document).unwrap_err().keyword,
        "$ref"
    );
    let mut aliases = String::new();
    for number in 0..1_000 {
        aliases += &format!(
            r##""{number}":{{"allOf":[{{"$ref":"#/$defs/{}"}}]}},"##,
            number + 1
        );
    }
    let document = json(&format!(
        r##"{{"$ref":"#/$defs/0","$defs":{{{aliases}"1000":{{"type":"boolean"}}}}}}"##
    ));
    assert_eq!(
        type_from_json_schema(&document)
            .map(|of| of.kind.len())
            .map_err(|error| error.keyword),
        Err("$ref".to_owned())
    );
}

#[test]
fn what_json_schema_has_no_word_for_comes_back() {
    let file = json(
        r#"{"name":"tank","version":3,"doc":"A tank.","icon":"T","signal":"level","unknownFields":"refuse","fields":[
        {"name":"level","kind":"f32","min":0,"unit":"m","doc":"How full.","icon":"L"},
        {"name":"small","kind":"i8","min":-4},
        {"name":"at","kind":"time"},
        {"name":"photo","kind":"bytes","optional":true},
        {"name":"pair","kind":{"tuple":["u16",{"nullable":{"kind":"text","maxLength":3}}]}},
        {"name":"tries","kind":"u64","default":3,"optional":true},
        {"name":"parts","kind":{"map":{"contract":"part"}},"maxProperties":9},
        {"name":"cause","kind":{"oneOf":{"tag":"type","cases":{"none":{"fields":[]},"part":{"contract":"part"}}}}}],
        "contracts":[{"name":"part","version":2,"fields":[{"name":"tank","kind":{"contract":"tank"},"optional":true}]}],
        "migrations":[{"from":2,"up":[{"rename":["a","level"]}],"down":[{"rename":["level","a"]}]}]}"#,
    );
    let schema = to_json_schema(&file).unwrap();
    let again =
        from_json_schema(&schema, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let before = Schema::from_file(&file).unwrap().to_file().to_text();
    let after = Schema::from_file(&again).unwrap().to_file().to_text();
    // A contract that is a case stands by itself, as JSON Schema needs it.
    let case = r#"{"contract":"part.case1"}"#;
    assert!(after.contains(case), "{after}");
    let after = after.replace(case, r#"{"contract":"part"}"#);
    let common = before.find(r#","contracts""#).unwrap();
    assert_eq!(after[..common], before[..common]);
    assert!(after.ends_with(&before[before.find(r#""migrations""#).unwrap()..]));
    let bytes =
        json(r#"{"name":"a","version":1,"fields":[{"name":"b","kind":"bytes","maxLength":3}]}"#);
    assert_eq!(to_json_schema(&bytes).unwrap_err().keyword, "maxLength");
    let bad = json(r#"{"name":"a","version":1,"fields":[{"name":"b","kind":"number"}]}"#);
    assert_eq!(to_json_schema(&bad).unwrap_err().pointer, "/fields/0/kind");
}
