//! Defaults in a contract file that has none: good values of its fields.

use alloc::string::String;
use alloc::vec::Vec;

use fastrand::Rng;

use super::once_in;
use super::values::full_value;
use crate::json::Json;
use crate::schema::{Body, Field, Kind, Object, Schema, Type};

/// Gives some fields a default, also those of objects within.
pub(super) fn give_defaults(node: &mut Json, schema: &Schema, object: &Object, random: &mut Rng) {
    let fields = list(node, "fields").iter_mut().zip(object.fields.iter());
    for (json, field) in fields {
        let Json::Map(entries) = json else { continue };
        if let Some((_, kind)) = entries.iter_mut().find(|(name, _)| name == "kind") {
            give_defaults_within(kind, schema, &field.of, random);
        }
        give_default(entries, schema, field, random);
    }
}

fn give_default(
    entries: &mut Vec<(String, Json)>,
    schema: &Schema,
    field: &Field,
    random: &mut Rng,
) {
    if !once_in(random, 3) || nests_a_contract(&field.of) {
        return;
    }
    // Full, since fields within may have got defaults, which a default states like every field.
    let value = full_value(random, schema, &field.of);
    if schema.decode_type(&value, &field.of).is_ok() {
        entries.push(("default".into(), value));
    }
}

/// The same for objects within a kind; the file and the contract are of one shape.
fn give_defaults_within(json: &mut Json, schema: &Schema, of: &Type, random: &mut Rng) {
    let Json::Map(entries) = json else { return };
    for (name, value) in entries.iter_mut() {
        match (name.as_str(), &of.kind) {
            ("kind", _) => give_defaults_within(value, schema, of, random),
            ("list", Kind::List(of))
            | ("map", Kind::Map(of))
            | ("nullable", Kind::Nullable(of)) => {
                give_defaults_within(value, schema, of, random);
            }
            ("tuple", Kind::Tuple(types)) => {
                let Json::List(kinds) = value else { continue };
                for (kind, of) in kinds.iter_mut().zip(types.iter()) {
                    give_defaults_within(kind, schema, of, random);
                }
            }
            ("object", Kind::Object(object)) => give_defaults(value, schema, object, random),
            ("oneOf", Kind::OneOf(union)) => {
                let Json::Map(parts) = value else { continue };
                let cases = parts.iter_mut().find(|(name, _)| name == "cases");
                let Some((_, Json::Map(cases))) = cases else {
                    continue;
                };
                for ((_, json), case) in cases.iter_mut().zip(union.cases.iter()) {
                    if let Body::Object(object) = &case.body {
                        give_defaults(json, schema, object, random);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether another contract is part of it: its defaults would have to be stated too, on and on.
fn nests_a_contract(of: &Type) -> bool {
    let in_object = |object: &Object| {
        object
            .fields
            .iter()
            .any(|field| nests_a_contract(&field.of))
    };
    match &of.kind {
        Kind::Contract(_) => true,
        Kind::List(of) | Kind::Map(of) | Kind::Nullable(of) => nests_a_contract(of),
        Kind::Tuple(types) => types.iter().any(nests_a_contract),
        Kind::Object(object) => in_object(object),
        Kind::OneOf(union) => union.cases.iter().any(|case| match &case.body {
            Body::Object(object) => in_object(object),
            Body::Contract(_) => true,
        }),
        _ => false,
    }
}

/// The elements that stand under a name; none if nothing does.
pub(super) fn list<'a>(node: &'a mut Json, name: &str) -> &'a mut [Json] {
    let Json::Map(entries) = node else {
        return &mut [];
    };
    match entries.iter_mut().find(|(known, _)| known == name) {
        Some((_, Json::List(elements))) => elements,
        _ => &mut [],
    }
}
