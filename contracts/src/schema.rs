//! A contract's description of itself, as data.
//!
//! The derive writes it as a constant; a contract described at run time owns it. Everything that
//! looks at a value from outside (decoding, checks, the fast path, the TypeScript types) is driven
//! by this one description, so no two of them can disagree.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::ops::Deref;

use crate::value::Value;

/// Longest text a field may hold, in bytes: keeps one field well below the size of a message.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Most elements a list may hold.
pub const LIST_LENGTH_MAX: usize = 65_536;

/// A reference to a constant, or a shared owner of what was made at run time.
#[derive(Debug)]
pub enum Ref<T: ?Sized + 'static> {
    /// Written by the derive.
    Static(&'static T),
    /// Made at run time.
    Shared(Arc<T>),
}

impl<T: ?Sized> Clone for Ref<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Static(value) => Self::Static(value),
            Self::Shared(value) => Self::Shared(value.clone()),
        }
    }
}

impl<T: ?Sized> Deref for Ref<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Static(value) => value,
            Self::Shared(value) => value,
        }
    }
}

/// What a record type looks like from outside.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The name that configuration and the wire use, in snake_case.
    pub name: Cow<'static, str>,
    /// Grows when the shape changes.
    pub version: u32,
    /// One sentence for a person.
    pub doc: Cow<'static, str>,
    /// The fields, in the order in which they are written.
    pub fields: Ref<[Field]>,
    /// What happens to a field that is not listed.
    pub unknown: UnknownFields,
    /// The field that stands for the whole in a chart or a list, if one does.
    pub signal: Option<Cow<'static, str>>,
    /// A small picture for people, usually one emoji; may be empty.
    pub icon: Cow<'static, str>,
}

/// One field of a [`Schema`].
#[derive(Clone, Debug)]
pub struct Field {
    /// The name on the wire.
    pub name: Cow<'static, str>,
    /// What a value of it is.
    pub kind: Kind,
    /// Whether it may be absent (or null, which means the same).
    pub optional: bool,
    /// What an absent field reads as; it is always written.
    pub default: Option<Value>,
    /// Smallest number allowed, inclusive.
    pub min: Option<f64>,
    /// Largest number allowed, inclusive.
    pub max: Option<f64>,
    /// The unit a person reads, e.g. `°C`; may be empty.
    pub unit: Cow<'static, str>,
    /// One sentence for a person; may be empty.
    pub doc: Cow<'static, str>,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer from 0; `bits` is 8, 16, 32 or 64.
    Unsigned {
        /// Width in memory.
        bits: u8,
    },
    /// An integer; `bits` is 8, 16, 32 or 64.
    Signed {
        /// Width in memory.
        bits: u8,
    },
    /// A finite number; `bits` is 32 or 64.
    Float {
        /// Width in memory.
        bits: u8,
    },
    /// Text of at most [`TEXT_BYTES_MAX`] bytes.
    Text,
    /// A list of at most [`LIST_LENGTH_MAX`] elements of one kind.
    List(Ref<Kind>),
    /// Fields of its own.
    Object(Ref<Schema>),
}

/// What happens to a field that the contract does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownFields {
    /// It is left out silently, so that a newer peer may add fields.
    #[default]
    Ignore,
    /// The value is refused.
    Refuse,
}

impl Kind {
    /// Whether a value of this kind fits one number of the flat layout.
    pub fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool | Self::Unsigned { .. } | Self::Signed { .. } | Self::Float { .. }
        )
    }

    /// The name used in messages and descriptions, e.g. `u32`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Unsigned { bits: 8 } => "u8",
            Self::Unsigned { bits: 16 } => "u16",
            Self::Unsigned { bits: 32 } => "u32",
            Self::Unsigned { .. } => "u64",
            Self::Signed { bits: 8 } => "i8",
            Self::Signed { bits: 16 } => "i16",
            Self::Signed { bits: 32 } => "i32",
            Self::Signed { .. } => "i64",
            Self::Float { bits: 32 } => "f32",
            Self::Float { .. } => "f64",
            Self::Text => "text",
            Self::List(_) => "list",
            Self::Object(_) => "object",
        }
    }
}

impl Schema {
    /// Whether every field fits one number, which is what the fast path across the boundary needs.
    pub fn is_flat(&self) -> bool {
        self.fields.iter().all(|field| field.kind.is_scalar())
    }

    /// The position of a field.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}
