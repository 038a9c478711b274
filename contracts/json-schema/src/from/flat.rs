//! All that several schemas say together of one value, keyword by keyword.
//!
//! `$ref`, `allOf` and an `anyOf` of one are followed here, so that what comes after sees keywords alone.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use aimdb_contracts::{Json, Number};

use super::number::{Range, whole};
use super::{Converter, Result};
use crate::cut;
use crate::document::is_same;
use crate::error::Refusal;

/// What a value may be, in the words of `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Integer,
    Number,
    Text,
    List,
    Object,
}

impl Type {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Bool,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::Text,
            "array" => Self::List,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// What a value is that stands in a schema.
    pub(super) fn of(json: &Json) -> Self {
        match json {
            // What is read from text or bytes has no strays.
            Json::Null | Json::Stray(_) => Self::Null,
            Json::Bool(_) => Self::Bool,
            Json::Number(number) if whole(*number).is_some() => Self::Integer,
            Json::Number(_) => Self::Number,
            Json::Text(_) => Self::Text,
            Json::List(_) => Self::List,
            Json::Map(_) => Self::Object,
        }
    }

    /// The type of which keywords speak: what is said of numbers is said of integers.
    fn family(self) -> Self {
        match self {
            Self::Integer => Self::Number,
            other => other,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "string",
            Self::List => "array",
            Self::Object => "object",
        }
    }
}

/// A conjunction of schemas.
#[derive(Clone)]
pub(super) struct Conjunction<'a> {
    pub(super) schemas: Vec<&'a Json>,
    /// The `anyOf` or `oneOf` of one of the schemas that is decided already.
    pub(super) decided: Option<Origin<'a>>,
    /// Whether the others stand within the first.
    pub(super) is_enclosed: bool,
}

impl<'a> Conjunction<'a> {
    pub(super) fn of(schema: &'a Json) -> Self {
        Self::all(&[schema])
    }

    pub(super) fn all(schemas: &[&'a Json]) -> Self {
        Self {
            schemas: schemas.to_vec(),
            decided: None,
            is_enclosed: schemas.len() == 1,
        }
    }

    /// Where the first stands.
    pub(super) fn at(&self) -> &'a Json {
        self.schemas.first().copied().unwrap_or(&TRUE)
    }
}

/// A keyword, and the schema in which it stands.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) keyword: &'a str,
    pub(super) at: &'a Json,
}

impl<'a> Origin<'a> {
    pub(super) fn refuse(&self, reason: &'static str) -> Refusal<'a> {
        Refusal::new(self.keyword, self.at, reason)
    }

    pub(super) fn refuse_of(&self, reason: &[&str]) -> Refusal<'a> {
        Refusal::of(self.keyword, self.at, reason)
    }
}

/// What is said of the names that no `properties` lists.
pub(super) struct Rest<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) schema: &'a Json,
    /// The names that the same schema lists.
    pub(super) own: Vec<&'a str>,
    /// Whether it sees the names of every schema.
    pub(super) sees_all: bool,
}

/// A choice between schemas.
pub(super) struct Choice<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) branches: &'a [Json],
}

/// What is for people, and a default.
#[derive(Clone, Copy, Default)]
pub(super) struct Words<'a> {
    pub(super) title: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) unit: Option<&'a str>,
    pub(super) icon: Option<&'a str>,
    /// And the schema in which it stands.
    pub(super) default: Option<(&'a Json, &'a Json)>,
}

impl Words<'_> {
    /// One sentence or two.
    pub(super) fn doc(&self) -> Option<String> {
        match (self.title, self.description) {
            (Some(title), Some(words)) if title != words => Some([title, ": ", words].concat()),
            (title, words) => words.or(title).map(Into::into),
        }
    }

    /// What is said further out counts more.
    pub(super) fn or(self, inner: Self) -> Self {
        Self {
            title: self.title.or(inner.title),
            description: self.description.or(inner.description),
            unit: self.unit.or(inner.unit),
            icon: self.icon.or(inner.icon),
            default: self.default.or(inner.default),
        }
    }
}

/// Keywords together.
#[derive(Default)]
pub(super) struct Flat<'a> {
    pub(super) types: Option<Vec<Type>>,
    pub(super) allowed: Option<(Vec<&'a Json>, Origin<'a>)>,
    pub(super) range: Range<'a>,
    pub(super) lengths: Counts<'a>,
    pub(super) items_count: Counts<'a>,
    pub(super) names_count: Counts<'a>,
    pub(super) pattern: Option<(&'a str, Origin<'a>)>,
    pub(super) format: Option<(&'a str, Origin<'a>)>,
    pub(super) encoding: Option<Origin<'a>>,
    pub(super) unique: Option<Origin<'a>>,
    pub(super) items: Vec<&'a Json>,
    pub(super) prefix: Option<(&'a [Json], Origin<'a>)>,
    /// Whether there may be no element behind the prefix.
    pub(super) ends: Option<Origin<'a>>,
    pub(super) properties: Vec<(&'a str, Vec<&'a Json>)>,
    pub(super) lists_properties: bool,
    pub(super) required: Vec<(&'a str, Origin<'a>)>,
    pub(super) rest: Vec<Rest<'a>>,
    pub(super) choices: Vec<Choice<'a>>,
    pub(super) discriminator: Option<(&'a str, Origin<'a>)>,
    pub(super) words: Words<'a>,
    /// `x-aimdb-kind`, for what JSON Schema has no word.
    pub(super) kind: Option<(&'a str, Origin<'a>)>,
    /// `x-aimdb-signal`, `x-aimdb-version`, `x-aimdb-migrations`: of a contract.
    pub(super) of_contract: Vec<(Origin<'a>, &'a Json)>,
    /// What was said, and of which type.
    said: Vec<(Type, Origin<'a>)>,
}

/// A least and a greatest count.
#[derive(Default)]
pub(super) struct Counts<'a> {
    pub(super) min: Option<(u64, Origin<'a>)>,
    pub(super) max: Option<(u64, Origin<'a>)>,
}

impl<'a> Flat<'a> {
    /// Refuses keywords that say nothing of this type: they would have been meant otherwise.
    pub(super) fn speaks_of(&self, wanted: Type) -> Result<'a, ()> {
        let mut said = self.said.iter();
        match said.find(|(of, _)| of.family() != wanted.family()) {
            None => Ok(()),
            Some((of, origin)) => Err(origin.refuse_of(&[
                "says something of ",
                of.name(),
                " alone, and the type is ",
                wanted.name(),
            ])),
        }
    }

    /// The first keyword that is said of some type.
    pub(super) fn first_said(&self) -> Option<&(Type, Origin<'a>)> {
        self.said.first()
    }

    /// Whether a value of this type may be taken.
    pub(super) fn takes(&self, of: Type) -> bool {
        let Some(types) = &self.types else {
            return true;
        };
        types.contains(&of) || (of == Type::Integer && types.contains(&Type::Number))
    }

    /// Whether it is an object whose names are listed.
    pub(super) fn is_object(&self) -> bool {
        self.types.as_deref() == Some(&[Type::Object])
            && self.choices.is_empty()
            && self.allowed.is_none()
            && self.has_fields()
    }

    /// Whether names are listed, or none may be there.
    pub(super) fn has_fields(&self) -> bool {
        self.lists_properties
            || !self.required.is_empty()
            || self.rest.iter().any(|rest| is_boolean(rest.schema, false))
    }

    fn limit_types(&mut self, types: Vec<Type>) {
        self.types = Some(match self.types.take() {
            None => types,
            Some(known) => {
                let both = |of: Type, among: &[Type]| {
                    among.contains(&of) || (of == Type::Integer && among.contains(&Type::Number))
                };
                let mut kept: Vec<Type> = known
                    .iter()
                    .copied()
                    .filter(|of| both(*of, &types))
                    .collect();
                for of in types {
                    if both(of, &known) && !kept.contains(&of) {
                        kept.push(of);
                    }
                }
                kept
            }
        });
    }
}

/// Most schemas of one value that lead to each other.
const TRAIL_MAX: usize = 64;

/// The schemas that are being followed, and those that were.
#[derive(Default)]
struct Trail<'a> {
    open: Vec<&'a Json>,
    done: Vec<&'a Json>,
}

fn has(schemas: &[&Json], schema: &Json) -> bool {
    schemas.iter().any(|known| is_same(known, schema))
}

/// Whether it is this boolean.
pub(super) fn is_boolean(json: &Json, wanted: bool) -> bool {
    matches!(json, Json::Bool(value) if *value == wanted)
}

impl<'a> Converter<'_, 'a> {
    /// All keywords of a conjunction.
    pub(super) fn flatten(&mut self, all: &Conjunction<'a>) -> Result<'a, Flat<'a>> {
        let mut flat = Flat::default();
        let mut trail = Trail::default();
        for (place, schema) in all.schemas.iter().enumerate() {
            let is_outermost = place == 0 && all.is_enclosed;
            self.gather(&mut flat, schema, all, &mut trail, is_outermost)?;
        }
        Ok(flat)
    }

    fn gather(
        &mut self,
        flat: &mut Flat<'a>,
        schema: &'a Json,
        all: &Conjunction<'a>,
        trail: &mut Trail<'a>,
        is_outermost: bool,
    ) -> Result<'a, ()> {
        self.spend(schema)?;
        let refuse = |keyword, reason| Err(Refusal::new(keyword, schema, reason));
        if has(&trail.open, schema) {
            return refuse("$ref", "leads back to itself");
        }
        if trail.open.len() == TRAIL_MAX {
            return refuse(
                "$ref",
                "more than 64 schemas of one value lead to each other",
            );
        }
        // Said twice is said once.
        if has(&trail.done, schema) {
            return Ok(());
        }
        let entries = match schema {
            Json::Bool(true) => return Ok(()),
            Json::Bool(false) => return refuse("false", "no value is taken"),
            Json::Map(entries) => entries,
            _ => return refuse("schema", "is no schema"),
        };
        trail.open.push(schema);
        let mut read = Reading {
            flat,
            schema,
            is_outermost,
            follow: Vec::new(),
        };
        for (keyword, value) in entries {
            let decided = all.decided.as_ref();
            if keyword == "$ref" {
                let Some(reference) = value.as_text() else {
                    return refuse("$ref", "has to be text");
                };
                read.follow.push(self.document.resolve(schema, reference)?);
            } else if !decided
                .is_some_and(|decided| decided.keyword == keyword && is_same(decided.at, schema))
            {
                read.keyword(keyword, value)?;
            }
        }
        for inner in read.follow {
            self.gather(flat, inner, all, trail, false)?;
        }
        trail.open.pop();
        trail.done.push(schema);
        Ok(())
    }
}

/// What a schema says to people, and its default.
pub(super) fn words_of(schema: &Json) -> Result<'_, Words<'_>> {
    let mut flat = Flat::default();
    let mut read = Reading {
        flat: &mut flat,
        schema,
        is_outermost: true,
        follow: Vec::new(),
    };
    for (keyword, value) in schema.as_map().unwrap_or_default() {
        read.words(keyword, value)?;
    }
    Ok(flat.words)
}

/// One schema on its way into the keywords of all.
struct Reading<'f, 'a> {
    flat: &'f mut Flat<'a>,
    schema: &'a Json,
    is_outermost: bool,
    /// Schemas that say more of the same value.
    follow: Vec<&'a Json>,
}

/// Keywords that a contract has no word for, and why.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &["$dynamicRef"],
        "a contract has no dynamic scope: use $ref",
    ),
    (&["$recursiveRef"], "is of an older draft: use $ref"),
    (&["$vocabulary"], "other vocabularies are not known"),
    (&["additionalItems"], "is of an older draft: use items"),
    (
        &["contains", "maxContains", "minContains"],
        "a list has elements of one kind",
    ),
    (
        &["contentMediaType", "contentSchema"],
        "text within text is not looked into",
    ),
    (
        &["dependencies", "dependentRequired", "dependentSchemas"],
        "a field does not depend on another",
    ),
    (
        &["if", "then", "else"],
        "use oneOf with a property that tells the cases apart",
    ),
    (
        &["not"],
        "a contract says what a value is, not what it is not",
    ),
    (
        &["patternProperties"],
        "names of fields are listed, or all have one kind",
    ),
];

static TRUE: Json = Json::Bool(true);
static FALSE: Json = Json::Bool(false);

/// Whether `propertyNames` lists the names, so that `additionalProperties` speaks of those.
fn lists_names(json: &Json) -> bool {
    let names = json.get("propertyNames");
    names.is_some_and(|names| names.get("enum").is_some() || names.get("const").is_some())
}

/// The one pattern that all names match, and what is said of them: TypeBox writes records so. (A name with the end of a
/// line in it does not match all of these; who writes them means every name.)
fn all_names(json: &Json) -> Option<&Json> {
    let [(pattern, of)] = json.get("patternProperties")?.as_map()? else {
        return None;
    };
    let is_any = matches!(pattern.as_str(), "" | ".*" | "^.*$" | "^(.*)$");
    let is_alone = json.get("properties").is_none() && json.get("additionalProperties").is_none();
    (is_any && is_alone).then_some(of)
}

/// Whether a schema takes every value.
pub(super) fn says_nothing(json: &Json) -> bool {
    is_boolean(json, true) || json.as_map().is_some_and(<[_]>::is_empty)
}

impl<'a> Reading<'_, 'a> {
    fn origin(&self, keyword: &'a str) -> Origin<'a> {
        Origin {
            keyword,
            at: self.schema,
        }
    }

    fn said(&mut self, of: Type, keyword: &'a str) -> Origin<'a> {
        let origin = self.origin(keyword);
        self.flat.said.push((of, origin));
        origin
    }

    fn keyword(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        match keyword {
            // Names of places, and words that a contract has no room for.
            "$id" | "$anchor" | "$dynamicAnchor" | "$defs" | "definitions" | "$comment"
            | "examples" | "deprecated" | "readOnly" | "writeOnly" => Ok(()),
            "$schema" => self.draft(value),
            "title" | "description" | "default" | "x-aimdb-unit" | "x-aimdb-icon" => {
                self.words(keyword, value)
            }
            "type" => self.types(value),
            "enum" | "const" => self.allowed(keyword, value),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                self.number(keyword, value)
            }
            "minLength" | "maxLength" => self.count(Type::Text, keyword, value),
            "minItems" | "maxItems" => self.count(Type::List, keyword, value),
            "minProperties" | "maxProperties" => self.count(Type::Object, keyword, value),
            "pattern" | "format" | "contentEncoding" => self.text(keyword, value),
            "items" | "prefixItems" | "uniqueItems" | "unevaluatedItems" => {
                self.list(keyword, value)
            }
            "properties"
            | "required"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "propertyNames" => self.object(keyword, value),
            "allOf" | "anyOf" | "oneOf" => self.combine(keyword, value),
            "discriminator" | "x-aimdb-kind" => self.named(keyword, value),
            "x-aimdb-signal" | "x-aimdb-version" | "x-aimdb-migrations" => {
                self.flat.of_contract.push((self.origin(keyword), value));
                Ok(())
            }
            "additionalItems" if matches!(self.schema.get("items"), Some(Json::List(_))) => Ok(()),
            "patternProperties" if all_names(self.schema).is_some() => {
                self.rest(keyword, all_names(self.schema).unwrap_or(&TRUE), false);
                Ok(())
            }
            "patternProperties" | "dependentSchemas" | "dependentRequired"
                if value.as_map().is_some_and(<[_]>::is_empty) =>
            {
                Ok(())
            }
            _ => Err(self.unknown(keyword)),
        }
    }

    fn unknown(&self, keyword: &'a str) -> Refusal<'a> {
        let refused = REFUSED.iter().find(|(known, _)| known.contains(&keyword));
        let reason = refused.map_or("is no keyword of JSON Schema 2020-12", |known| known.1);
        self.origin(keyword).refuse(reason)
    }

    fn draft(&self, value: &'a Json) -> Result<'a, ()> {
        match value.as_text().map(|uri| cut::from_end(uri, b'#')) {
            Some("https://json-schema.org/draft/2020-12/schema") => Ok(()),
            _ => Err(self
                .origin("$schema")
                .refuse("only https://json-schema.org/draft/2020-12/schema is known")),
        }
    }

    /// The text of a keyword that has one.
    fn text_of(&self, keyword: &'a str, value: &'a Json) -> Result<'a, &'a str> {
        let text = value.as_text();
        text.ok_or_else(|| self.origin(keyword).refuse("has to be text"))
    }

    fn words(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let mut said = Words::default();
        let place = match keyword {
            "title" => &mut said.title,
            "description" => &mut said.description,
            "x-aimdb-unit" => &mut said.unit,
            "x-aimdb-icon" => &mut said.icon,
            "default" => {
                said.default = Some((value, self.schema));
                self.flat.words = self.flat.words.or(said);
                return Ok(());
            }
            _ => return Ok(()),
        };
        *place = Some(self.text_of(keyword, value)?);
        self.flat.words = self.flat.words.or(said);
        Ok(())
    }

    fn types(&mut self, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin("type");
        let names = match value {
            Json::List(names) if !names.is_empty() => names,
            value => core::slice::from_ref(value),
        };
        let mut types = Vec::new();
        for name in names {
            let Some(of) = name.as_text().and_then(Type::from_name) else {
                return Err(origin.refuse("has to be the name of a type, or a list of them"));
            };
            types.push(of);
        }
        self.flat.limit_types(types);
        if self.flat.types.as_ref().is_some_and(Vec::is_empty) {
            return Err(origin.refuse("no value is of all these types"));
        }
        Ok(())
    }

    fn allowed(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin(keyword);
        let values = match (keyword, value) {
            ("const", value) => core::slice::from_ref(value),
            (_, Json::List(values)) => values,
            _ => return Err(origin.refuse("has to be a list")),
        };
        let mut kept: Vec<&'a Json> = Vec::new();
        for value in values {
            let known = self.flat.allowed.as_ref();
            if known.is_none_or(|(known, _)| known.contains(&value)) && !kept.contains(&value) {
                kept.push(value);
            }
        }
        if kept.is_empty() {
            return Err(origin.refuse("no value is taken"));
        }
        self.flat.allowed = Some((kept, origin));
        Ok(())
    }

    fn number(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.said(Type::Number, keyword);
        let Some(number) = value.as_number() else {
            return Err(origin.refuse("has to be a number"));
        };
        let range = &mut self.flat.range;
        let (bound, tighter) = match keyword {
            "minimum" => (&mut range.min, Ordering::Greater),
            "exclusiveMinimum" => (&mut range.exclusive_min, Ordering::Greater),
            "maximum" => (&mut range.max, Ordering::Less),
            "exclusiveMaximum" => (&mut range.exclusive_max, Ordering::Less),
            _ => return self.multiple(number, origin),
        };
        let known = bound.as_ref();
        if known.is_none_or(|(known, _)| number.order(*known) == Some(tighter)) {
            *bound = Some((number, origin));
        }
        Ok(())
    }

    fn multiple(&mut self, number: Number, origin: Origin<'a>) -> Result<'a, ()> {
        if number.order(Number::Unsigned(0)) != Some(Ordering::Greater) {
            return Err(origin.refuse("has to be above 0"));
        }
        let known = self.flat.range.multiple_of.as_ref();
        if known.is_some_and(|(known, _)| *known != number) {
            return Err(origin.refuse("a number is a multiple of one number alone"));
        }
        self.flat.range.multiple_of = Some((number, origin));
        Ok(())
    }

    fn count(&mut self, of: Type, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.said(of, keyword);
        let count = value.as_number().and_then(whole);
        let Some(count) = count.filter(|count| *count >= 0) else {
            return Err(origin.refuse("has to be an integer from 0"));
        };
        // No limit is anywhere near it.
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let counts = match of {
            Type::Text => &mut self.flat.lengths,
            Type::List => &mut self.flat.items_count,
            _ => &mut self.flat.names_count,
        };
        let is_min = keyword.starts_with("min");
        let bound = if is_min {
            &mut counts.min
        } else {
            &mut counts.max
        };
        let known = bound.as_ref();
        if known.is_none_or(|(known, _)| (count > *known) == is_min) {
            *bound = Some((count, origin));
        }
        Ok(())
    }

    fn text(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let text = self.text_of(keyword, value)?;
        let place = match keyword {
            "pattern" => &mut self.flat.pattern,
            // It may be one of numbers: it is looked at where the type is known.
            "format" => &mut self.flat.format,
            _ => {
                let origin = self.said(Type::Text, keyword);
                if text != "base64" {
                    return Err(origin.refuse("only base64 is known"));
                }
                self.flat.encoding = Some(origin);
                return Ok(());
            }
        };
        let known = *place;
        let origin = Origin {
            keyword,
            at: self.schema,
        };
        *place = Some((text, origin));
        if known.is_some_and(|(known, _)| known != text) {
            return Err(origin.refuse("a text has one of them, and there is another"));
        }
        if keyword == "pattern" {
            self.flat.said.push((Type::Text, origin));
        }
        Ok(())
    }

    fn list(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin(keyword);
        let refuse = |reason| Err(origin.refuse(reason));
        match (keyword, value) {
            ("unevaluatedItems", Json::Bool(true)) => return Ok(()),
            ("uniqueItems", Json::Bool(unique)) => {
                if *unique {
                    self.flat.unique = Some(origin);
                }
            }
            ("prefixItems" | "items", Json::List(elements)) => {
                // Older drafts wrote tuples as items, and closed them with additionalItems.
                let more = self.schema.get("additionalItems");
                if keyword == "items" && more.is_some_and(|more| is_boolean(more, false)) {
                    self.flat.ends = Some(origin);
                }
                if self.flat.prefix.is_some() {
                    return refuse("the elements are listed once already");
                }
                self.flat.prefix = Some((elements, origin));
            }
            ("items", Json::Bool(false)) => self.flat.ends = Some(origin),
            ("items", Json::Bool(true) | Json::Map(_)) => {
                if self.schema.get("prefixItems").is_some() {
                    return refuse("a tuple has no more elements than prefixItems");
                }
                self.flat.items.push(value);
            }
            ("unevaluatedItems", Json::Bool(false)) => {
                let is_items = self.schema.get("items").is_some();
                if is_items || self.schema.get("prefixItems").is_none() {
                    return refuse("only beside prefixItems: use items");
                }
                self.flat.ends = Some(origin);
            }
            ("unevaluatedItems", _) => return refuse("use items"),
            ("uniqueItems", _) => return refuse("has to be a boolean"),
            _ => return refuse("has to be a schema, or prefixItems a list of them"),
        }
        self.flat.said.push((Type::List, origin));
        Ok(())
    }

    fn object(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin(keyword);
        match (keyword, value) {
            ("properties", Json::Map(entries)) => {
                self.flat.lists_properties = true;
                for (name, schema) in entries {
                    self.property(name, schema);
                }
            }
            ("required", Json::List(names)) => {
                for name in names {
                    let Some(name) = name.as_text() else {
                        return Err(origin.refuse("has to be a list of names"));
                    };
                    self.flat.required.push((name, origin));
                }
            }
            ("properties" | "required", _) => {
                return Err(origin.refuse("has to be an object, or required a list of names"));
            }
            ("additionalProperties", _) => {
                if !lists_names(self.schema) {
                    self.rest(keyword, value, false);
                }
                return Ok(());
            }
            ("unevaluatedProperties", value) => {
                let is_closed = is_boolean(value, false);
                if !is_closed && !says_nothing(value) {
                    return Err(origin.refuse("use additionalProperties"));
                }
                if is_closed && !self.is_outermost {
                    return Err(origin.refuse("it cannot see all names from here"));
                }
                // Also what opens is noted: what stands around it may not close it.
                self.rest(keyword, value, true);
                return Ok(());
            }
            _ => return self.names(value),
        }
        self.flat.said.push((Type::Object, origin));
        Ok(())
    }

    /// `propertyNames`: none of a kind of text, or a list of names, which are fields then.
    fn names(&mut self, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin("propertyNames");
        let refuse = || origin.refuse("names in a map have no rules: list them with enum");
        let entries = match value {
            Json::Bool(true) => return Ok(()),
            Json::Map(entries) => entries,
            _ => return Err(refuse()),
        };
        let mut listed = None;
        for (keyword, value) in entries {
            match (keyword.as_str(), value) {
                ("type", of) if of.as_text() == Some("string") => {}
                ("const", Json::Text(_)) => listed = Some(core::slice::from_ref(value)),
                ("enum", Json::List(names)) => listed = Some(names.as_slice()),
                _ => return Err(refuse()),
            }
        }
        let Some(names) = listed else {
            return Ok(());
        };
        if self.schema.get("properties").is_some() {
            return Err(origin.refuse("names are listed as properties too"));
        }
        self.flat.said.push((Type::Object, origin));
        let of = self.schema.get("additionalProperties").unwrap_or(&TRUE);
        let mut own = Vec::new();
        for name in names {
            let name = name.as_text().ok_or_else(refuse)?;
            own.push(name);
            self.property(name, of);
        }
        self.flat.lists_properties = true;
        self.flat.rest.push(Rest {
            origin,
            schema: &FALSE,
            own,
            sees_all: false,
        });
        Ok(())
    }

    fn property(&mut self, name: &'a str, schema: &'a Json) {
        let properties = &mut self.flat.properties;
        match properties.iter_mut().find(|(known, _)| *known == name) {
            Some((_, schemas)) => schemas.push(schema),
            None => properties.push((name, alloc::vec![schema])),
        }
    }

    fn rest(&mut self, keyword: &'a str, schema: &'a Json, sees_all: bool) {
        let origin = self.said(Type::Object, keyword);
        let mut own = Vec::new();
        let listed = self.schema.get("properties").and_then(Json::as_map);
        for (name, _) in listed.unwrap_or_default() {
            own.push(name.as_str());
        }
        self.flat.rest.push(Rest {
            origin,
            schema,
            own,
            sees_all,
        });
    }

    fn combine(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin(keyword);
        let branches = match value {
            Json::List(branches) if !branches.is_empty() => branches,
            _ => return Err(origin.refuse("has to be a list of schemas")),
        };
        // Of one there is nothing to choose, unless it is told apart from none.
        let is_told_apart = self.schema.get("discriminator").is_some();
        if keyword == "allOf" || (branches.len() == 1 && !is_told_apart) {
            self.follow.extend(branches);
        } else {
            self.flat.choices.push(Choice { origin, branches });
        }
        Ok(())
    }

    /// `discriminator` of OpenAPI, and a kind that JSON Schema has no word for.
    fn named(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
        let origin = self.origin(keyword);
        if keyword == "discriminator" {
            let name = value.get("propertyName").and_then(Json::as_text);
            let name = name.ok_or_else(|| origin.refuse("propertyName is missing"))?;
            self.flat.discriminator = Some((name, origin));
        } else {
            self.flat.kind = Some((self.text_of(keyword, value)?, origin));
        }
        Ok(())
    }
}
