//! What the code that the derive writes refers to; not for use by hand.
//!
//! Most of it runs while a program is compiled: a contract is put together as a constant, and every rule is
//! held to the type that it is given to. `#[track_caller]` makes the compiler point at the attribute, since that
//! is where the derive says the call stands.
#![allow(
    clippy::panic,
    reason = "while compiling, a panic is an error at the attribute"
)]

mod defaults;
pub mod flat;
mod rules;
mod texts;

pub use self::defaults::{default_bool, default_number, default_text, number_value};
pub use self::rules::{
    exclusive_max, exclusive_min, format, leaves_a_value, leaves_elements, max, max_items,
    max_length, max_properties, min, min_items, min_length, min_properties, multiple_of, pattern,
    unique_items,
};
pub use crate::field::{FieldType, TypeOf};
pub use crate::preset::Preset;
pub use crate::schema::{Body, Case, Object, Ref, Rules, Type, Union};
pub use alloc::borrow::Cow;
pub use alloc::string::String;
pub use alloc::vec::Vec;
pub use serde;

use crate::schema::{Kind, Link};

/// The type of a value that is there: what is within [`Kind::Nullable`].
pub const fn present(of: &'static Type) -> &'static Type {
    match &of.kind {
        Kind::Nullable(Ref::Static(inner)) => present(inner),
        _ => of,
    }
}

/// A copy of a constant's kind.
pub const fn kind(of: &Type) -> Kind {
    const SHARED: &str = "a constant owns nothing";
    match &of.kind {
        Kind::Bool => Kind::Bool,
        Kind::Unsigned { bits } => Kind::Unsigned { bits: *bits },
        Kind::Signed { bits } => Kind::Signed { bits: *bits },
        Kind::Float { bits } => Kind::Float { bits: *bits },
        Kind::Text => Kind::Text,
        Kind::Bytes => Kind::Bytes,
        Kind::Time => Kind::Time,
        Kind::Json => Kind::Json,
        Kind::Enum(Ref::Static(choices)) => Kind::Enum(Ref::Static(choices)),
        Kind::List(Ref::Static(of)) => Kind::List(Ref::Static(of)),
        Kind::Tuple(Ref::Static(types)) => Kind::Tuple(Ref::Static(types)),
        Kind::Map(Ref::Static(of)) => Kind::Map(Ref::Static(of)),
        Kind::Object(Ref::Static(object)) => Kind::Object(Ref::Static(object)),
        Kind::Contract(link) => Kind::Contract(*link),
        Kind::OneOf(Ref::Static(union)) => Kind::OneOf(Ref::Static(union)),
        Kind::Nullable(Ref::Static(of)) => Kind::Nullable(Ref::Static(of)),
        _ => panic!("{}", SHARED),
    }
}

/// What `item(…)` is about: the elements of a list, or the values of a map.
#[track_caller]
pub const fn item(of: &'static Type) -> &'static Type {
    match &present(of).kind {
        Kind::List(Ref::Static(item)) | Kind::Map(Ref::Static(item)) => item,
        _ => panic!("`item` is for lists and maps"),
    }
}

/// A type with rules of its own, and with another type of its elements.
pub const fn ruled(of: &'static Type, rules: Rules, item: Option<&'static Type>) -> Type {
    let of = present(of);
    let kind = match (&of.kind, item) {
        (Kind::List(_), Some(item)) => Kind::List(Ref::Static(item)),
        (Kind::Map(_), Some(item)) => Kind::Map(Ref::Static(item)),
        _ => kind(of),
    };
    Type {
        kind,
        rules: rules.or(&of.rules),
    }
}

/// The type of which the part that is there is now `inner`.
pub const fn within(of: &'static Type, inner: &'static Type) -> Type {
    match &of.kind {
        Kind::Nullable(_) => Type::of(Kind::Nullable(Ref::Static(inner))),
        _ => copy(inner),
    }
}

/// A copy of a constant.
pub const fn copy(of: &Type) -> Type {
    Type {
        kind: kind(of),
        rules: rules_of(of),
    }
}

/// The rules of a type, as a constant of its own.
pub const fn rules_of(of: &Type) -> Rules {
    Rules::NONE.or_of(&of.rules)
}

/// Refuses a signal that is no number.
#[track_caller]
pub const fn signal(of: &'static Type) {
    if !present(of).kind.is_number() {
        panic!("the signal is a number");
    }
}

/// Refuses a number in the place of the version that is none; see [`VERSION_FIELD`](crate::migrate::VERSION_FIELD).
#[track_caller]
pub const fn version_field(of: &'static Type) {
    let is_number = match &of.kind {
        Kind::Nullable(Ref::Static(inner)) => inner.kind.is_number(),
        Kind::Float { .. } | Kind::Time => true,
        _ => false,
    };
    if is_number {
        panic!(
            "a number of the name `schema_version` is the version: an integer, or an Option of one"
        );
    }
}

/// The contract that a case holds.
#[track_caller]
pub const fn link(of: &Type) -> Link {
    match of.kind {
        Kind::Contract(link) => link,
        _ => panic!("a case holds a contract: name its fields, or derive Contract for the type"),
    }
}

/// Refuses a text that cannot name a contract; see [`is_name`](crate::registry::is_name).
#[track_caller]
pub const fn name(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if !matches!(bytes[index], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-') {
            panic!("this cannot name a contract: use 1 to 128 of a-z 0-9 _ . -");
        }
        index += 1;
    }
    if bytes.is_empty() || bytes.len() > crate::registry::NAME_BYTES_MAX {
        panic!("this cannot name a contract: use 1 to 128 of a-z 0-9 _ . -");
    }
    name
}
