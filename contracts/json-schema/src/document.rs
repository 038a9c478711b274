//! Where a `$ref` leads: the identifiers and anchors of one document.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::Json;

use crate::error::SchemaError;
use crate::pointer;

/// A schema, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Sub<'a> {
    pub(crate) json: &'a Json,
    pub(crate) at: String,
}

impl<'a> Sub<'a> {
    /// The schema under a keyword of this one.
    pub(crate) fn under(&self, keyword: &str, json: &'a Json) -> Self {
        let at = pointer::step(&self.at, keyword);
        Self { json, at }
    }

    /// A schema in a list or an object under a keyword of this one.
    pub(crate) fn within(&self, keyword: &str, name: &str, json: &'a Json) -> Self {
        let at = pointer::step(&pointer::step(&self.at, keyword), name);
        Self { json, at }
    }
}

/// A document whose schemas are known by their places, identifiers and anchors.
pub(crate) struct Document<'a> {
    root: &'a Json,
    /// The places of schemas with an `$id` and of the root, and their URIs.
    resources: Vec<(String, String)>,
    /// The place of a resource, an anchor in it, and the place where it stands.
    anchors: Vec<(String, String, String)>,
}

/// Keywords whose value is a schema.
const SCHEMA: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas.
const LISTS: &[&str] = &["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const MAPS: &[&str] = &[
    "$defs",
    "definitions",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

impl<'a> Document<'a> {
    pub(crate) fn new(root: &'a Json) -> Self {
        let mut document = Self {
            root,
            resources: alloc::vec![(String::new(), String::new())],
            anchors: Vec::new(),
        };
        document.index(&document.root());
        document
    }

    pub(crate) fn root(&self) -> Sub<'a> {
        Sub {
            json: self.root,
            at: String::new(),
        }
    }

    /// Notes what a schema and those within it are called.
    fn index(&mut self, sub: &Sub<'a>) {
        let Some(entries) = sub.json.as_map() else {
            return;
        };
        if let Some(id) = sub.json.get("$id").and_then(Json::as_text) {
            let base = self.resource_of(&sub.at).1.clone();
            let uri = join(&base, id.trim_end_matches('#'));
            if sub.at.is_empty() {
                self.resources[0].1 = uri;
            } else {
                self.resources.push((sub.at.clone(), uri));
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = sub.json.get(keyword).and_then(Json::as_text) {
                let resource = self.resource_of(&sub.at).0.clone();
                let place = (resource, anchor.to_string(), sub.at.clone());
                self.anchors.push(place);
            }
        }
        for (keyword, value) in entries {
            for inner in schemas_under(sub, keyword, value) {
                self.index(&inner);
            }
        }
    }

    /// The resource to which a place belongs: the nearest `$id` above it.
    fn resource_of(&self, at: &str) -> &(String, String) {
        let is_within = |place: &str| {
            let rest = at.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let around = self.resources.iter().filter(|(place, _)| is_within(place));
        around
            .max_by_key(|(place, _)| place.len())
            .unwrap_or(&self.resources[0])
    }

    /// The schema to which the `$ref` of a schema leads.
    pub(crate) fn resolve(&self, from: &Sub<'a>, reference: &str) -> Result<Sub<'a>, SchemaError> {
        let refuse = |reason: &str| {
            let reason = [reference, reason].join(" ");
            SchemaError::new("$ref", &from.at, &reason)
        };
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = self.resource_of(&from.at);
        let resource = if uri.is_empty() {
            base
        } else {
            let wanted = join(&base.1, uri);
            let mut resources = self.resources.iter();
            let found = resources.find(|(_, known)| *known == wanted);
            found
                .ok_or_else(|| refuse("leads out of the document: put what it names into $defs"))?
        };
        let at = if fragment.is_empty() {
            resource.0.clone()
        } else if fragment.starts_with('/') {
            resource.0.clone() + &unescape(fragment)
        } else {
            let mut anchors = self.anchors.iter();
            let found = anchors.find(|(of, name, _)| *of == resource.0 && name == fragment);
            let found = found.ok_or_else(|| refuse("names no anchor"))?;
            found.2.clone()
        };
        match pointer::follow(self.root, &at) {
            Some(json @ (Json::Map(_) | Json::Bool(_))) => Ok(Sub { json, at }),
            _ => Err(refuse("leads to no schema")),
        }
    }
}

/// The schemas that stand under a keyword.
fn schemas_under<'a>(sub: &Sub<'a>, keyword: &str, value: &'a Json) -> Vec<Sub<'a>> {
    match value {
        Json::List(elements) if LISTS.contains(&keyword) => {
            let elements = elements.iter().enumerate();
            elements
                .map(|(index, json)| sub.within(keyword, &index.to_string(), json))
                .collect()
        }
        Json::Map(entries) if MAPS.contains(&keyword) => entries
            .iter()
            .map(|(name, json)| sub.within(keyword, name, json))
            .collect(),
        json if SCHEMA.contains(&keyword) => alloc::vec![sub.under(keyword, json)],
        _ => Vec::new(),
    }
}

/// The characters of a fragment, without `%` and digits.
fn unescape(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => match digit(*high).zip(digit(*low)) {
                Some((high, low)) => {
                    bytes.push((high * 16 + low) as u8);
                    after
                }
                None => {
                    bytes.push(b'%');
                    &rest[1..]
                }
            },
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A URI seen from another: RFC 3986, section 5.2, without queries of the base.
fn join(base: &str, uri: &str) -> String {
    let scheme = |uri: &str| {
        let (scheme, _) = uri.split_once(':')?;
        let is_scheme = scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
        is_scheme.then_some(scheme.len() + 1)
    };
    if scheme(uri).is_some() {
        return uri.into();
    }
    let after_scheme = scheme(base).unwrap_or(0);
    let (base_scheme, rest) = base.split_at(after_scheme);
    if uri.starts_with("//") {
        return String::from(base_scheme) + uri;
    }
    let authority = match rest.strip_prefix("//") {
        Some(after) => 2 + after.find('/').unwrap_or(after.len()),
        None => 0,
    };
    let (before_path, path) = base.split_at(after_scheme + authority);
    let path = path.split('?').next().unwrap_or("");
    if uri.starts_with('/') {
        return String::from(before_path) + &without_dots(uri);
    }
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let folder = match folder {
        "" if authority > 0 => "/",
        folder => folder,
    };
    String::from(before_path) + &without_dots(&(String::from(folder) + uri))
}

/// A path without `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                // The first is what stands before the first slash.
                if kept.len() > 1 {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_joined_as_the_rfc_has_it() {
        for (base, uri, joined) in [
            ("http://a/b/c/d", "g", "http://a/b/c/g"),
            ("http://a/b/c/d", "./g", "http://a/b/c/g"),
            ("http://a/b/c/d", "../g", "http://a/b/g"),
            ("http://a/b/c/d", "/g", "http://a/g"),
            ("http://a/b/c/d", "//g", "http://g"),
            ("http://a/b/c/d", "../../../g", "http://a/g"),
            ("http://a", "g", "http://a/g"),
            ("http://a/b/", "c/", "http://a/b/c/"),
            ("", "g", "g"),
            ("urn:a:b", "http://x", "http://x"),
        ] {
            assert_eq!(join(base, uri), joined, "{base} {uri}");
        }
    }

    #[test]
    fn references_lead_to_places_anchors_and_identifiers() {
        let json = Json::parse(
            r##"{ "$id": "http://x/root.json",
                 "$defs": { "a/b": { "$anchor": "here", "type": "text" },
                            "c": { "$id": "other.json", "$defs": { "d": { "$anchor": "here" } } } },
                 "enum": [ { "$id": "enum.json" } ] }"##,
        )
        .unwrap();
        let document = Document::new(&json);
        let root = document.root();
        let place = |reference: &str| document.resolve(&root, reference).map(|sub| sub.at);
        for (reference, at) in [
            ("#", ""),
            ("#/$defs/a~1b", "/$defs/a~1b"),
            ("#/%24defs/c", "/$defs/c"),
            ("#here", "/$defs/a~1b"),
            ("other.json#here", "/$defs/c/$defs/d"),
            ("other.json#/$defs/d", "/$defs/c/$defs/d"),
            ("http://x/root.json#here", "/$defs/a~1b"),
        ] {
            assert_eq!(place(reference).as_deref(), Ok(at), "{reference}");
        }
        for reference in [
            "#/nowhere",
            "#nowhere",
            "enum.json",
            "http://y/root.json",
            "#/$id",
        ] {
            assert_eq!(place(reference).unwrap_err().keyword, "$ref", "{reference}");
        }
    }
}
