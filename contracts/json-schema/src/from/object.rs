//! Objects with fields, and maps.

use alloc::vec::Vec;

use aimdb_contracts::Json;

use super::Converter;
use super::keywords::says_nothing;
use super::said::{Conjunction, Flat, Type, is_boolean};
use super::typed::{Typed, counts};
use crate::build::{Entries, one, put, text};
use crate::error::{Refusal, Result};

/// Most fields of an object.
const FIELDS_MAX: usize = 256;
/// Longest name of a field, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// Most names of a map.
const MAP_LENGTH_MAX: u64 = 65_536;

impl<'a> Converter<'_, 'a> {
    pub(super) fn object_or_map(&mut self, flat: &Flat<'a>) -> Result<'a, Typed<'a>> {
        if flat.has_fields() {
            let body = self.object(flat, None)?;
            return Ok(Typed::of(one("object", Json::Map(body))));
        }
        let mut values = Vec::new();
        for rest in &flat.rest {
            if rest.origin.keyword != "unevaluatedProperties" {
                values.push(rest.schema);
            }
        }
        let value = match values.as_slice() {
            [] => text("json"),
            values => self.typed(&Conjunction::all(values))?.within()?,
        };
        let mut typed = Typed::of(one("map", value));
        let names = ("minProperties", "maxProperties");
        counts(&mut typed.rules, names, &flat.names_count, MAP_LENGTH_MAX)?;
        Ok(typed)
    }

    /// `fields` and `unknownFields`, without the tag of a union.
    pub(super) fn object(&mut self, flat: &Flat<'a>, tag: Option<&str>) -> Result<'a, Entries> {
        flat.speaks_of(Type::Object)?;
        let counted = flat
            .names_count
            .min
            .as_ref()
            .or(flat.names_count.max.as_ref());
        if let Some((_, origin)) = counted {
            return Err(origin.refuse("fields are not counted: list them as required, or not"));
        }
        let is_closed = is_closed(flat)?;
        let mut fields = Vec::new();
        for (name, schemas) in &flat.properties {
            if tag != Some(name) {
                fields.push(self.field(flat, name, &Conjunction::all(schemas))?);
            }
        }
        let mut unlisted: Vec<&str> = Vec::new();
        for (name, origin) in &flat.required {
            let is_listed = flat.properties.iter().any(|(known, _)| known == name);
            if is_listed || unlisted.contains(name) || tag == Some(name) {
                continue;
            }
            if is_closed {
                return Err(origin.refuse("a name is required that may not be there"));
            }
            check_name(name, origin.at)?;
            unlisted.push(name);
            let mut field = Entries::new();
            put(&mut field, "name", text(name));
            put(&mut field, "kind", text("json"));
            fields.push(Json::Map(field));
        }
        if fields.len() > FIELDS_MAX {
            let at = flat
                .properties
                .first()
                .and_then(|(_, schemas)| schemas.first());
            let reason = "an object has at most 256 fields";
            return Err(Refusal::new(
                "properties",
                at.unwrap_or(&self.document.root()),
                reason,
            ));
        }
        let mut body = Entries::new();
        if is_closed {
            put(&mut body, "unknownFields", text("refuse"));
        }
        put(&mut body, "fields", Json::List(fields));
        Ok(body)
    }

    fn field(&mut self, flat: &Flat<'a>, name: &'a str, all: &Conjunction<'a>) -> Result<'a, Json> {
        check_name(name, all.at())?;
        let mut typed = self.typed(all)?;
        let words = core::mem::take(&mut typed.words);
        let choices = core::mem::take(&mut typed.choices);
        let mut field = Entries::new();
        put(&mut field, "name", text(name));
        field.extend(typed.beside());
        if let Some((default, _at)) = words.default {
            put(&mut field, "default", default.clone());
            #[cfg(feature = "checked")]
            check_default(&field, _at)?;
        }
        if !flat.required.iter().any(|(known, _)| *known == name) {
            put(&mut field, "optional", Json::Bool(true));
        }
        for (name, words) in [("unit", words.unit), ("icon", words.icon)] {
            if let Some(words) = words {
                put(&mut field, name, text(words));
            }
        }
        let mut doc = words.doc().unwrap_or_default();
        if !doc.is_empty() && !choices.is_empty() {
            doc.push(' ');
        }
        doc.push_str(&choices);
        if !doc.is_empty() {
            put(&mut field, "doc", Json::Text(doc));
        }
        Ok(Json::Map(field))
    }
}

/// Whether no other names may be there.
fn is_closed<'a>(flat: &Flat<'a>) -> Result<'a, bool> {
    let mut is_closed = false;
    for rest in &flat.rest {
        if says_nothing(rest.schema) {
            continue;
        }
        if !is_boolean(rest.schema, false) {
            return Err(rest
                .origin
                .refuse("names are listed, or all have one kind: put the map into a property"));
        }
        let mut others = flat.rest.iter();
        if rest.sees_all && others.any(|other| !is_boolean(other.schema, false)) {
            return Err(rest.origin.refuse("another schema of this object opens it"));
        }
        let mut names = flat.properties.iter();
        if !rest.sees_all && !names.all(|(name, _)| rest.own.contains(name)) {
            return Err(rest.origin.refuse(
                "another schema of this object lists more names: use unevaluatedProperties",
            ));
        }
        is_closed = true;
    }
    Ok(is_closed)
}

/// Refuses names that no field can have.
fn check_name<'a>(name: &str, at: &'a Json) -> Result<'a, ()> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.chars().any(char::is_control)
        && name != "__proto__";
    if fits {
        return Ok(());
    }
    let reason =
        "a field's name has 1 to 128 bytes without control characters, and is not __proto__";
    Err(Refusal::new("properties", at, reason))
}

/// Refuses a default that is no value of its field.
#[cfg(feature = "checked")]
fn check_default<'a>(field: &Entries, at: &'a Json) -> Result<'a, ()> {
    let mut file = Entries::new();
    put(&mut file, "name", text("default"));
    put(&mut file, "version", crate::build::count(1));
    let fields = alloc::vec![Json::Map(field.clone())];
    put(&mut file, "fields", Json::List(fields));
    match aimdb_contracts::Schema::from_file(&Json::Map(file)) {
        // What else may be wrong here, such as a contract that is not known here, is not the default's fault.
        Err(error) if error.place.starts_with("/fields/0/default") => {
            let reason = ["expected ", &error.expected, ", got ", &error.got];
            Err(Refusal::of("default", at, &reason))
        }
        _ => Ok(()),
    }
}
