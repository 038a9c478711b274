//! From a contract file to a JSON Schema.
//!
//! What is written reads back as the same contract. What JSON Schema has no word for stands under names of our own
//! (`x-aimdb-unit`), which its readers ignore.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::Json;

use crate::build::{Entries, count, one, put, text};
use crate::error::SchemaError;
use crate::from::{TIME_MS_MAX, integer_format, number_of};
use crate::pointer;

type Result<T> = core::result::Result<T, SchemaError>;

/// Rules of a contract file, and the keywords that say the same.
const RULES: &[(&str, &str)] = &[
    ("min", "minimum"),
    ("max", "maximum"),
    ("exclusiveMin", "exclusiveMinimum"),
    ("exclusiveMax", "exclusiveMaximum"),
    ("multipleOf", "multipleOf"),
    ("minLength", "minLength"),
    ("maxLength", "maxLength"),
    ("pattern", "pattern"),
    ("format", "format"),
    ("minItems", "minItems"),
    ("maxItems", "maxItems"),
    ("uniqueItems", "uniqueItems"),
    ("minProperties", "minProperties"),
    ("maxProperties", "maxProperties"),
];

/// What a field has beside rules.
const FIELD: &[&str] = &["name", "kind", "optional", "default", "unit", "doc", "icon"];

/// Makes a JSON Schema (2020-12) of a contract file.
///
/// What its readers cannot know: text has at most 16 KiB, null for an optional field is its absence, and a required
/// property with a default may be left out where a contract reads it.
///
/// # Errors
/// Names what is wrong with the contract file, or the part that JSON Schema cannot say: lengths of `bytes`.
pub fn to_json_schema(contract: &Json) -> Result<Json> {
    #[cfg(feature = "checked")]
    check(contract)?;
    let mut writer = Writer {
        file: contract,
        root: contract.get("name").and_then(Json::as_text).unwrap_or(""),
        cases: Vec::new(),
    };
    let mut out = Entries::new();
    put(
        &mut out,
        "$schema",
        text("https://json-schema.org/draft/2020-12/schema"),
    );
    put(&mut out, "title", text(writer.root));
    out.extend(writer.contract(contract, "", None)?);
    copy(contract, "migrations", &mut out, "x-aimdb-migrations");
    let definitions = writer.definitions()?;
    if !definitions.is_empty() {
        put(&mut out, "$defs", Json::Map(definitions));
    }
    Ok(Json::Map(out))
}

#[cfg(feature = "checked")]
fn check(contract: &Json) -> Result<()> {
    match aimdb_contracts::Schema::from_file(contract) {
        Ok(_) => Ok(()),
        Err(error) => {
            let reason = ["expected ", &error.expected, ", got ", &error.got].concat();
            Err(SchemaError::new(
                &pointer::last(&error.place),
                &error.place,
                &reason,
            ))
        }
    }
}

/// A contract as a case of a union: with its tag.
struct Case {
    contract: String,
    tag: String,
    name: String,
    definition: String,
}

struct Writer<'a> {
    file: &'a Json,
    root: &'a str,
    /// Those that are named so far.
    cases: Vec<Case>,
}

/// Copies a value under another name, if there is one.
fn copy(from: &Json, name: &str, out: &mut Entries, keyword: &str) {
    match from.get(name) {
        None | Some(Json::Null) => {}
        Some(Json::Text(words)) if words.is_empty() => {}
        Some(value) => put(out, keyword, value.clone()),
    }
}

impl Writer<'_> {
    fn nested(&self) -> &[Json] {
        let nested = self.file.get("contracts").and_then(Json::as_list);
        nested.unwrap_or_default()
    }

    fn definitions(&mut self) -> Result<Entries> {
        let mut out = Entries::new();
        for (index, contract) in self.nested().to_vec().iter().enumerate() {
            let at = pointer::index("/contracts", index);
            let name = contract.get("name").and_then(Json::as_text).unwrap_or("");
            put(
                &mut out,
                name,
                Json::Map(self.contract(contract, &at, None)?),
            );
        }
        // Cases may name more of them.
        let mut done = 0;
        while let Some(case) = self.cases.get(done) {
            let (contract, at) = self.find(&case.contract);
            let tag = (case.tag.clone(), case.name.clone());
            let definition = case.definition.clone();
            done += 1;
            let body = self.contract(&contract, &at, Some(&tag))?;
            put(&mut out, &definition, Json::Map(body));
        }
        Ok(out)
    }

    /// A contract and its place. There is one of every name: the file was read.
    fn find(&self, name: &str) -> (Json, String) {
        let mut nested = self.nested().iter().enumerate();
        let found = nested.find(|(_, contract)| contract.get("name") == Some(&text(name)));
        match found {
            Some((index, contract)) if name != self.root => {
                (contract.clone(), pointer::index("/contracts", index))
            }
            _ => (self.file.clone(), String::new()),
        }
    }

    fn contract(
        &mut self,
        contract: &Json,
        at: &str,
        tag: Option<&(String, String)>,
    ) -> Result<Entries> {
        let mut out = Entries::new();
        copy(contract, "doc", &mut out, "description");
        copy(contract, "icon", &mut out, "x-aimdb-icon");
        copy(contract, "signal", &mut out, "x-aimdb-signal");
        if contract
            .get("version")
            .is_some_and(|version| *version != count(1))
        {
            copy(contract, "version", &mut out, "x-aimdb-version");
        }
        out.extend(self.object(contract, at, tag)?);
        Ok(out)
    }

    /// An object of `fields` and `unknownFields`, with the tag of a union before its fields.
    fn object(
        &mut self,
        object: &Json,
        at: &str,
        tag: Option<&(String, String)>,
    ) -> Result<Entries> {
        if object.get("unknownFields") == Some(&text("keep")) {
            let reason = "keeps every field, and what a JSON Schema allows beyond its properties is left out where it is read as a contract";
            return Err(SchemaError::new("unknownFields", at, reason));
        }
        let mut properties = Entries::new();
        let mut required = Vec::new();
        if let Some((tag, case)) = tag {
            put(&mut properties, tag, one("const", text(case)));
            required.push(text(tag));
        }
        let fields = object.get("fields").and_then(Json::as_list);
        for (index, field) in fields.unwrap_or_default().iter().enumerate() {
            let at = pointer::index(&pointer::step(at, "fields"), index);
            let name = field.get("name").and_then(Json::as_text).unwrap_or("");
            if tag.is_some_and(|(tag, _)| tag == name) {
                return Err(SchemaError::new(
                    "oneOf",
                    &at,
                    "the field has the name of the tag that tells the cases apart",
                ));
            }
            put(&mut properties, name, self.field(field, &at)?);
            if field.get("optional") != Some(&Json::Bool(true)) {
                required.push(text(name));
            }
        }
        let mut out = Entries::new();
        put(&mut out, "type", text("object"));
        put(&mut out, "properties", Json::Map(properties));
        if !required.is_empty() {
            put(&mut out, "required", Json::List(required));
        }
        if object.get("unknownFields") == Some(&text("refuse")) {
            put(&mut out, "additionalProperties", Json::Bool(false));
        }
        Ok(out)
    }

    fn field(&mut self, field: &Json, at: &str) -> Result<Json> {
        let mut out = self.beside(field, at)?;
        copy(field, "doc", &mut out, "description");
        copy(field, "unit", &mut out, "x-aimdb-unit");
        copy(field, "icon", &mut out, "x-aimdb-icon");
        if let Some(default) = field.get("default") {
            put(&mut out, "default", default.clone());
        }
        Ok(Json::Map(out))
    }

    /// A kind with its rules beside it.
    fn beside(&mut self, of: &Json, at: &str) -> Result<Entries> {
        let at = pointer::step(at, "kind");
        let kind = of.get("kind").unwrap_or(&Json::Null);
        let mut out = self.kind(kind, &at)?;
        for (name, _) in of.as_map().unwrap_or_default() {
            let is_known = FIELD.contains(&name.as_str());
            if !is_known && !RULES.iter().any(|(rule, _)| rule == name) {
                return Err(SchemaError::new(name, &at, "is nothing that a field has"));
            }
        }
        for (rule, keyword) in RULES {
            let Some(value) = of.get(rule) else {
                continue;
            };
            if kind.as_text() == Some("bytes") {
                let reason = "JSON Schema counts the letters of base64, not the bytes";
                return Err(SchemaError::new(rule, &at, reason));
            }
            // The bounds of the kind give way to those that are given.
            let replaced = match *keyword {
                "exclusiveMinimum" => "minimum",
                "exclusiveMaximum" => "maximum",
                keyword => keyword,
            };
            if of.get(rule).is_some() && !is_rule(of, replaced, keyword) {
                out.retain(|(name, _)| name != replaced);
            }
            put(&mut out, keyword, value.clone());
        }
        Ok(out)
    }

    /// A kind within another: alone, or with rules.
    fn within(&mut self, of: &Json, at: &str) -> Result<Json> {
        let entries = if of.get("kind").is_some() {
            self.beside(of, at)
        } else {
            self.kind(of, at)
        };
        entries.map(Json::Map)
    }

    fn kind(&mut self, kind: &Json, at: &str) -> Result<Entries> {
        if let Some(name) = kind.as_text() {
            return scalar(name).ok_or_else(|| SchemaError::new("kind", at, "is no kind"));
        }
        let Some([(name, inside)]) = kind.as_map() else {
            return Err(SchemaError::new("kind", at, "is no kind"));
        };
        let at = pointer::step(at, name);
        let mut out = Entries::new();
        match name.as_str() {
            "enum" => {
                put(&mut out, "type", text("string"));
                put(&mut out, "enum", inside.clone());
            }
            "list" => {
                put(&mut out, "type", text("array"));
                put(&mut out, "items", self.within(inside, &at)?);
            }
            "map" => {
                put(&mut out, "type", text("object"));
                put(&mut out, "additionalProperties", self.within(inside, &at)?);
            }
            "tuple" => {
                let mut elements = Vec::new();
                for (index, of) in inside.as_list().unwrap_or_default().iter().enumerate() {
                    elements.push(self.within(of, &pointer::index(&at, index))?);
                }
                put(&mut out, "type", text("array"));
                let length = elements.len() as u64;
                put(&mut out, "prefixItems", Json::List(elements));
                put(&mut out, "items", Json::Bool(false));
                put(&mut out, "minItems", count(length));
            }
            "object" => out = self.object(inside, &at, None)?,
            "contract" => {
                let name = inside.as_text().unwrap_or("");
                put(&mut out, "$ref", text(&self.place_of(name)));
            }
            "nullable" => {
                let choice = [self.within(inside, &at)?, one("type", text("null"))];
                put(&mut out, "anyOf", Json::List(choice.into()));
            }
            "oneOf" => {
                put(&mut out, "type", text("object"));
                let tag = inside.get("tag").cloned().unwrap_or(Json::Null);
                put(&mut out, "discriminator", one("propertyName", tag));
                put(&mut out, "oneOf", Json::List(self.cases(inside, &at)?));
            }
            _ => return Err(SchemaError::new("kind", &at, "is no kind")),
        }
        Ok(out)
    }

    fn place_of(&self, contract: &str) -> String {
        if contract == self.root {
            "#".into()
        } else {
            ["#/$defs/", contract].concat()
        }
    }

    fn cases(&mut self, union: &Json, at: &str) -> Result<Vec<Json>> {
        let tag = union.get("tag").and_then(Json::as_text).unwrap_or("");
        let at = pointer::step(at, "cases");
        let mut out = Vec::new();
        let cases = union.get("cases").and_then(Json::as_map);
        for (name, case) in cases.unwrap_or_default() {
            let at = pointer::step(&at, name);
            let tag = (tag.to_string(), name.clone());
            out.push(match case.get("contract").and_then(Json::as_text) {
                None => Json::Map(self.object(case, &at, Some(&tag))?),
                Some(contract) => {
                    let definition = self.case(contract, tag);
                    one("$ref", Json::Text(["#/$defs/", &definition].concat()))
                }
            });
        }
        Ok(out)
    }

    /// The name of the definition of a contract as a case.
    fn case(&mut self, contract: &str, (tag, name): (String, String)) -> String {
        let known = self
            .cases
            .iter()
            .find(|case| case.contract == contract && case.tag == tag && case.name == name);
        if let Some(known) = known {
            return known.definition.clone();
        }
        let mut number = self.cases.len() + 1;
        let is_taken = |definition: &String| {
            let mut nested = self.nested().iter();
            nested.any(|contract| contract.get("name") == Some(&text(definition)))
        };
        let definition = loop {
            let mut definition = [contract, ".case"].concat();
            pointer::add_number(&mut definition, number);
            if !is_taken(&definition) {
                break definition;
            }
            number += 1;
        };
        self.cases.push(Case {
            contract: contract.into(),
            tag,
            name,
            definition: definition.clone(),
        });
        definition
    }
}

/// Whether a keyword stands for a rule that is there too, and is not the one at hand.
fn is_rule(of: &Json, keyword: &str, at_hand: &str) -> bool {
    keyword != at_hand
        && RULES
            .iter()
            .any(|(rule, known)| *known == keyword && of.get(rule).is_some())
}

/// Nothing, if there is no such kind.
fn scalar(name: &str) -> Option<Entries> {
    let mut out = Entries::new();
    let bounds = |out: &mut Entries, low: Json, high: Json| {
        put(out, "minimum", low);
        put(out, "maximum", high);
    };
    match name {
        "json" => {}
        "bool" => put(&mut out, "type", text("boolean")),
        "text" => put(&mut out, "type", text("string")),
        "bytes" => {
            put(&mut out, "type", text("string"));
            put(&mut out, "contentEncoding", text("base64"));
        }
        "time" => {
            put(&mut out, "type", text("integer"));
            put(&mut out, "x-aimdb-kind", text("time"));
            bounds(&mut out, number_of(-TIME_MS_MAX), number_of(TIME_MS_MAX));
        }
        "f64" => put(&mut out, "type", text("number")),
        "f32" => {
            put(&mut out, "type", text("number"));
            put(&mut out, "format", text("float"));
            let widest =
                |value: f32| Json::Number(aimdb_contracts::Number::Float(f64::from(value)));
            bounds(&mut out, widest(f32::MIN), widest(f32::MAX));
        }
        integer => {
            let (format, low, high) = integer_format(integer)?;
            put(&mut out, "type", text("integer"));
            put(&mut out, "format", text(format));
            bounds(&mut out, number_of(low), number_of(high));
        }
    }
    Some(out)
}
