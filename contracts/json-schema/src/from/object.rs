//! Objects with fields, and maps.

use alloc::vec::Vec;

use aimdb_contracts::Json;

use super::flat::{Conjunction, Flat};
use super::{Converter, Result, Typed, counts};
use crate::build::{Entries, one, put, text};
use crate::error::SchemaError;

/// Most fields of an object.
const FIELDS_MAX: usize = 256;
/// Longest name of a field, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// Most names of a map.
const MAP_LENGTH_MAX: u64 = 65_536;

impl<'a> Converter<'a> {
    pub(super) fn object_or_map(&mut self, flat: &Flat<'a>) -> Result<Typed> {
        if flat.has_fields() {
            let body = self.object(flat, None)?;
            return Ok(Typed::of(one("object", Json::Map(body))));
        }
        let values: Vec<_> = flat
            .rest
            .iter()
            .filter(|rest| rest.origin.keyword != "unevaluatedProperties")
            .map(|rest| rest.sub.clone())
            .collect();
        let value = match values.as_slice() {
            [] => text("json"),
            _ => self.typed(&Conjunction::all(values))?.within()?,
        };
        let mut typed = Typed::of(one("map", value));
        let names = ("minProperties", "maxProperties");
        counts(&mut typed.rules, names, &flat.names_count, MAP_LENGTH_MAX)?;
        Ok(typed)
    }

    /// `fields` and `unknownFields`, without the tag of a union.
    pub(super) fn object(&mut self, flat: &Flat<'a>, tag: Option<&str>) -> Result<Entries> {
        flat.speaks_of(super::flat::Type::Object)?;
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
        for (name, subs) in &flat.properties {
            if tag != Some(name) {
                fields.push(self.field(flat, name, Conjunction::all(subs.clone()))?);
            }
        }
        let mut unlisted: Vec<&str> = Vec::new();
        for (name, origin) in &flat.required {
            let is_listed = flat.properties.iter().any(|(known, _)| known == name);
            if is_listed || unlisted.contains(&name.as_str()) || tag == Some(name) {
                continue;
            }
            if is_closed {
                return Err(origin.refuse("a name is required that may not be there"));
            }
            check_name(name, &origin.at)?;
            unlisted.push(name);
            let mut field = Entries::new();
            put(&mut field, "name", text(name));
            put(&mut field, "kind", text("json"));
            fields.push(Json::Map(field));
        }
        if fields.len() > FIELDS_MAX {
            let reason = alloc::format!("an object has at most {FIELDS_MAX} fields");
            return Err(SchemaError::new("properties", &flat.at, &reason));
        }
        let mut body = Entries::new();
        if is_closed {
            put(&mut body, "unknownFields", text("refuse"));
        }
        put(&mut body, "fields", Json::List(fields));
        Ok(body)
    }

    fn field(&mut self, flat: &Flat<'a>, name: &str, all: Conjunction<'a>) -> Result<Json> {
        check_name(name, all.at())?;
        let mut typed = self.typed(&all)?;
        let words = core::mem::take(&mut typed.words);
        let mut field = Entries::new();
        put(&mut field, "name", text(name));
        field.extend(typed.beside());
        let is_required = flat.required.iter().any(|(known, _)| known == name);
        if let Some((default, _at)) = &words.default {
            put(&mut field, "default", default.clone());
            #[cfg(feature = "checked")]
            check_default(&field, _at)?;
        }
        if !is_required {
            put(&mut field, "optional", Json::Bool(true));
        }
        for (name, words) in [("unit", &words.unit), ("icon", &words.icon)] {
            if let Some(words) = words {
                put(&mut field, name, text(words));
            }
        }
        if let Some(doc) = words.doc() {
            put(&mut field, "doc", Json::Text(doc));
        }
        Ok(Json::Map(field))
    }
}

/// Whether no other names may be there.
fn is_closed(flat: &Flat<'_>) -> Result<bool> {
    let mut is_closed = false;
    for rest in &flat.rest {
        let says_nothing = match rest.sub.json {
            Json::Map(entries) => entries.is_empty(),
            json => *json == Json::Bool(true),
        };
        if says_nothing {
            continue;
        }
        if *rest.sub.json != Json::Bool(false) {
            let reason = "names are listed, or all have one kind: put the map into a property";
            return Err(rest.origin.refuse(reason));
        }
        let opened = flat
            .rest
            .iter()
            .any(|other| *other.sub.json != Json::Bool(false));
        if rest.sees_all && opened {
            return Err(rest.origin.refuse("another schema of this object opens it"));
        }
        let all_seen = rest.sees_all
            || flat
                .properties
                .iter()
                .all(|(name, _)| rest.own.contains(&name.as_str()));
        if !all_seen {
            let reason =
                "another schema of this object lists more names: use unevaluatedProperties";
            return Err(rest.origin.refuse(reason));
        }
        is_closed = true;
    }
    Ok(is_closed)
}

/// Refuses names that no field can have.
fn check_name(name: &str, at: &str) -> Result<()> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.chars().any(char::is_control)
        && name != "__proto__";
    if fits {
        return Ok(());
    }
    let reason =
        "a field's name has 1 to 128 bytes without control characters, and is not __proto__";
    Err(SchemaError::new("properties", at, reason))
}

/// Refuses a default that is no value of its field.
#[cfg(feature = "checked")]
fn check_default(field: &Entries, at: &str) -> Result<()> {
    let mut file = Entries::new();
    put(&mut file, "name", text("default"));
    put(&mut file, "version", crate::build::count(1));
    let fields = alloc::vec![Json::Map(field.clone())];
    put(&mut file, "fields", Json::List(fields));
    match aimdb_contracts::Schema::from_file(&Json::Map(file)) {
        // What else may be wrong here, such as a contract that is not known here, is not the default's fault.
        Err(error) if error.place.starts_with("/fields/0/default") => {
            let reason = alloc::format!("expected {}, got {}", error.expected, error.got);
            Err(SchemaError::new("default", at, &reason))
        }
        _ => Ok(()),
    }
}
