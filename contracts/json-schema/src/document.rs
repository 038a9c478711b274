//! Where a `$ref` leads: the identifiers and anchors of one document.
//!
//! A schema is known by where it is in memory: that costs nothing to pass on and to compare. Its place in words is
//! looked up when somebody is to read it.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::Json;

use crate::cut;
use crate::error::{Refusal, SchemaError};
use crate::pointer;

/// A document whose schemas are known by their identifiers and anchors.
pub(crate) struct Document<'a> {
    root: &'a Json,
    /// Schemas with an `$id`, and their URIs; first the root.
    resources: Vec<(&'a Json, String)>,
    /// A resource, an anchor in it, and the schema that has it.
    anchors: Vec<(&'a Json, &'a str, &'a Json)>,
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

/// Whether two references lead to one schema, and not to two that are alike.
pub(crate) fn is_same(one: &Json, other: &Json) -> bool {
    core::ptr::eq(one, other)
}

impl<'a> Document<'a> {
    pub(crate) fn new(root: &'a Json) -> Self {
        let mut document = Self {
            root,
            resources: Vec::new(),
            anchors: Vec::new(),
        };
        document.resources.push((root, String::new()));
        document.index(root, 0);
        document
    }

    pub(crate) fn root(&self) -> &'a Json {
        self.root
    }

    /// Notes what a schema and those within it are called. `around` is the resource they belong to.
    fn index(&mut self, schema: &'a Json, mut around: usize) {
        let Json::Map(entries) = schema else {
            return;
        };
        if let Some(id) = schema.get("$id").and_then(Json::as_text) {
            let uri = join(&self.resources[around].1, cut::from_end(id, b'#'));
            if is_same(schema, self.root) {
                self.resources[0].1 = uri;
            } else {
                around = self.resources.len();
                self.resources.push((schema, uri));
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = schema.get(keyword).and_then(Json::as_text) {
                let resource = self.resources[around].0;
                self.anchors.push((resource, anchor, schema));
            }
        }
        for (keyword, value) in entries {
            let keyword = keyword.as_str();
            match value {
                Json::List(schemas) if LISTS.contains(&keyword) => {
                    for schema in schemas {
                        self.index(schema, around);
                    }
                }
                Json::Map(schemas) if MAPS.contains(&keyword) => {
                    for (_, schema) in schemas {
                        self.index(schema, around);
                    }
                }
                schema if SCHEMA.contains(&keyword) => self.index(schema, around),
                _ => {}
            }
        }
    }

    /// The resource to which a schema belongs: the nearest `$id` around it.
    fn resource_of(&self, schema: &Json) -> &(&'a Json, String) {
        let mut found = &self.resources[0];
        if self.resources.len() > 1 {
            let mut trail = Vec::new();
            trace(self.root, schema, &mut trail);
            for (place, _) in &trail {
                let mut resources = self.resources.iter();
                if let Some(resource) = resources.find(|(known, _)| is_same(known, place)) {
                    found = resource;
                }
            }
        }
        found
    }

    /// The schema to which the `$ref` of a schema leads.
    pub(crate) fn resolve(
        &self,
        from: &'a Json,
        reference: &'a str,
    ) -> Result<&'a Json, Refusal<'a>> {
        let refuse = |reason| Refusal::new("$ref", from, reason);
        let (uri, fragment) = cut::at_first(reference, b'#').unwrap_or((reference, ""));
        let mut resource = self.resource_of(from);
        if !uri.is_empty() {
            let wanted = join(&resource.1, uri);
            let mut resources = self.resources.iter();
            let found = resources.find(|(_, known)| *known == wanted);
            resource = found
                .ok_or_else(|| refuse("leads out of the document: put what it names into $defs"))?;
        }
        if !fragment.is_empty() && !fragment.starts_with('/') {
            let mut anchors = self.anchors.iter();
            let found = anchors.find(|(of, name, _)| is_same(of, resource.0) && *name == fragment);
            return match found {
                Some((_, _, schema)) => Ok(schema),
                None => Err(refuse("names no anchor")),
            };
        }
        let found = unescape(fragment).and_then(|steps| pointer::follow(resource.0, &steps));
        match found {
            Some(json @ (Json::Map(_) | Json::Bool(_))) => Ok(json),
            _ => Err(refuse("leads to no schema")),
        }
    }

    /// The place of a schema, as a JSON pointer. What is not of this document has none.
    pub(crate) fn place_of(&self, schema: &Json) -> String {
        let mut trail = Vec::new();
        trace(self.root, schema, &mut trail);
        let mut out = String::new();
        for (_, step) in trail {
            match step {
                Step::Name(name) => pointer::add(&mut out, name),
                Step::Index(index) => pointer::add_index(&mut out, index),
                Step::Here => {}
            }
        }
        out
    }
}

impl Refusal<'_> {
    /// With its place, for whoever reads it.
    pub(crate) fn placed(self, document: &Document<'_>) -> SchemaError {
        SchemaError::new(self.keyword, &document.place_of(self.at), &self.reason)
    }
}

/// From a value to a part of it.
enum Step<'a> {
    Name(&'a str),
    Index(usize),
    Here,
}

/// The values from one down to a part of it, and the steps between; false if it is no part of it.
fn trace<'a>(from: &'a Json, to: &Json, trail: &mut Vec<(&'a Json, Step<'a>)>) -> bool {
    trail.push((from, Step::Here));
    if is_same(from, to) {
        return true;
    }
    let last = trail.len() - 1;
    match from {
        Json::List(elements) => {
            for (index, inner) in elements.iter().enumerate() {
                trail[last].1 = Step::Index(index);
                if trace(inner, to, trail) {
                    return true;
                }
            }
        }
        Json::Map(entries) => {
            for (name, inner) in entries {
                trail[last].1 = Step::Name(name);
                if trace(inner, to, trail) {
                    return true;
                }
            }
        }
        _ => {}
    }
    trail.pop();
    false
}

/// The characters of a fragment, without `%` and digits.
fn unescape(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).ok()
}

/// A URI seen from another: RFC 3986, section 5.2, without queries of the base.
fn join(base: &str, uri: &str) -> String {
    if scheme(uri).is_some() {
        return uri.into();
    }
    let base_scheme = scheme(base).unwrap_or("");
    let rest = base.strip_prefix(base_scheme).unwrap_or(base);
    if uri.starts_with("//") {
        return [base_scheme, uri].concat();
    }
    let (authority, path) = match rest.strip_prefix("//") {
        Some(after) => {
            let host = cut::at_first(after, b'/').map_or(after, |(host, _)| host);
            let end = host.len() + 2;
            (rest.get(..end).unwrap_or(""), rest.get(end..).unwrap_or(""))
        }
        None => ("", rest),
    };
    let mut whole = String::new();
    if !uri.starts_with('/') {
        let path = cut::at_first(path, b'?').map_or(path, |(path, _)| path);
        match cut::at_last(path, b'/') {
            Some((folder, _)) => {
                whole.push_str(folder);
                whole.push('/');
            }
            None if !authority.is_empty() => whole.push('/'),
            None => {}
        }
    }
    whole.push_str(uri);
    [base_scheme, authority, &without_dots(&whole)].concat()
}

/// The scheme of a URI, with its colon.
fn scheme(uri: &str) -> Option<&str> {
    let (name, _) = cut::at_first(uri, b':')?;
    let scheme = uri.get(..name.len() + 1)?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte);
    scheme.bytes().all(is_scheme).then_some(scheme)
}

/// A path without `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = cut::at_each(path, b'/').into_iter().peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                // The first is what stands before the first slash.
                if kept.len() > 1 {
                    kept.pop();
                }
            }
            segment => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    let mut out = String::new();
    for (index, segment) in kept.iter().enumerate() {
        if index > 0 {
            out.push('/');
        }
        out.push_str(segment);
    }
    out
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
            ("http://a/b/c/d?x/y", "g", "http://a/b/c/g"),
            ("http://a/b/c/d", "..", "http://a/b/"),
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
        let place = |reference| {
            let found = document.resolve(&json, reference);
            found
                .map(|schema| document.place_of(schema))
                .map_err(|refusal| refusal.keyword)
        };
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
            "#/%zz",
        ] {
            assert_eq!(place(reference), Err("$ref"), "{reference}");
        }
    }
}
