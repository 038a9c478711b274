//! Fields that are put in from somewhere else, one after the other.

use super::texts::{borrowed, is_same};
use super::{Cow, Object, Preset, Ref, Type};
use crate::schema::{Field, Kind, Schema, UnknownFields};

/// What stands in a list of fields before the field is put there.
pub const NONE: Field = Field {
    name: Cow::Borrowed(""),
    of: Type::of(Kind::Bool),
    optional: false,
    default: None,
    unit: Cow::Borrowed(""),
    doc: Cow::Borrowed(""),
    icon: Cow::Borrowed(""),
};

/// The fields of a contract that stand in another; `refuses` is what that one does with unknown fields.
#[track_caller]
pub const fn fields(schema: &'static Schema, refuses: bool) -> &'static [Field] {
    if !refuses && matches!(schema.object.unknown, UnknownFields::Refuse) {
        panic!("this contract refuses unknown fields: say `unknown = \"refuse\"` here too");
    }
    match &schema.object {
        Object {
            fields: Ref::Static(fields),
            ..
        } => fields,
        _ => panic!("a constant owns nothing"),
    }
}

/// Puts a field at a position; gives the next one.
pub const fn put<const N: usize>(all: &mut [Field; N], at: usize, field: Field) -> usize {
    // What was there is a constant: nothing is lost, and a constant cannot drop.
    core::mem::forget(core::mem::replace(&mut all[at], field));
    at + 1
}

/// Puts fields from a position on; gives the next one.
#[track_caller]
pub const fn put_all<const N: usize>(
    all: &mut [Field; N],
    at: usize,
    fields: &'static [Field],
) -> usize {
    let mut index = 0;
    while index < fields.len() {
        put(all, at + index, copy(&fields[index]));
        index += 1;
    }
    at + index
}

/// Refuses two fields of one name.
#[track_caller]
pub const fn distinct(fields: &[Field]) {
    let mut index = 0;
    while index < fields.len() {
        let mut other = 0;
        while other < index {
            if is_same(borrowed(&fields[index].name), borrowed(&fields[other].name)) {
                panic!("a field of this contract has the name of another field");
            }
            other += 1;
        }
        index += 1;
    }
    if fields.len() > crate::file::FIELDS_MAX {
        panic!("a contract has at most 256 fields");
    }
}

const fn copy(field: &'static Field) -> Field {
    Field {
        name: Cow::Borrowed(borrowed(&field.name)),
        of: super::copy(&field.of),
        optional: field.optional,
        default: match &field.default {
            None => None,
            Some(Preset::Made(make)) => Some(Preset::Made(*make)),
            Some(Preset::Given(_)) => panic!("a constant owns nothing"),
        },
        unit: Cow::Borrowed(borrowed(&field.unit)),
        doc: Cow::Borrowed(borrowed(&field.doc)),
        icon: Cow::Borrowed(borrowed(&field.icon)),
    }
}
