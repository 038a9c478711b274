//! The keywords of one schema, on their way to those of all that speak of the value.

use alloc::vec::Vec;
use core::cmp::Ordering;

use aimdb_contracts::{Json, Number};

use super::said::{Choice, Flat, Origin, Rest, TRUE, Type, Words, is_boolean, whole};
use crate::cut;
use crate::error::{Refusal, Result};

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
pub(super) struct Reading<'f, 'a> {
    pub(super) flat: &'f mut Flat<'a>,
    pub(super) schema: &'a Json,
    pub(super) is_outermost: bool,
    /// Schemas that say more of the same value.
    pub(super) follow: Vec<&'a Json>,
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

    pub(super) fn keyword(&mut self, keyword: &'a str, value: &'a Json) -> Result<'a, ()> {
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
