//! Contracts that nest in themselves without an end.

use alloc::vec;
use alloc::vec::Vec;

use crate::schema::{Body, Kind, Link, Object, Schema, Type};

/// The name of a contract of which there can be no value, since it needs one of itself.
///
/// A contract has an end once everything that must be in it has one: the loop marks those until no more
/// come, `a -> [b], b -> a?` in two rounds.
pub(super) fn is_endless(schema: &Schema) -> Option<&str> {
    let contracts: Vec<&Schema> = core::iter::once(schema)
        .chain(schema.contracts.iter())
        .collect();
    let mut ends = vec![false; contracts.len()];
    loop {
        let before = ends.clone();
        for (index, contract) in contracts.iter().enumerate() {
            ends[index] = ends[index] || object_ends(&contract.object, &before);
        }
        if ends == before {
            break;
        }
    }
    let endless = ends.iter().position(|ends| !ends)?;
    Some(&contracts[endless].name)
}

fn object_ends(object: &Object, ends: &[bool]) -> bool {
    let mut fields = object.fields.iter();
    fields.all(|field| field.optional || field.default.is_some() || type_ends(&field.of, ends))
}

fn type_ends(of: &Type, ends: &[bool]) -> bool {
    match &of.kind {
        Kind::List(inner) => of.rules.min_items.unwrap_or(0) == 0 || type_ends(inner, ends),
        Kind::Map(inner) => of.rules.min_properties.unwrap_or(0) == 0 || type_ends(inner, ends),
        Kind::Tuple(types) => types.iter().all(|of| type_ends(of, ends)),
        Kind::Object(object) => object_ends(object, ends),
        Kind::Contract(link) => link_ends(*link, ends),
        Kind::OneOf(union) => union.cases.iter().any(|case| match &case.body {
            Body::Object(object) => object_ends(object, ends),
            Body::Contract(link) => link_ends(*link, ends),
        }),
        _ => true,
    }
}

fn link_ends(link: Link, ends: &[bool]) -> bool {
    match link {
        Link::At(index) => ends.get(usize::from(index)).copied().unwrap_or(false),
        // A Rust type: the compiler has seen to it.
        Link::To(_) => true,
    }
}
