//! A value that passed its contract, without its Rust type, and the way to look at one with its type
//! through the same eyes.
//!
//! An object holds its fields in the order of the schema and does not repeat their names. A typed value
//! is never copied to be looked at: it is [`Lent`] part by part, to checks and to serializers alike.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{Json, positions};
use crate::number::Number;

/// A checked value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An optional field that is absent.
    Absent,
    /// Null, where that is allowed.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer from 0.
    Unsigned(u64),
    /// An integer, or a moment in Unix milliseconds.
    Signed(i64),
    /// A finite number that was made for 32 bits: it is written with the digits those need.
    F32(f32),
    /// A finite number.
    F64(f64),
    /// Text, or one of an enum's texts.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Any JSON value.
    Json(Json),
    /// The elements of a list or a tuple.
    List(Vec<Value>),
    /// Values under names, in the order of the names.
    Map(Vec<(String, Value)>),
    /// Fields in the order of the schema.
    Object(Vec<Value>),
    /// A case of a union, by number, with its fields.
    Case(usize, Vec<Value>),
}

/// A value as it is looked at: [`Value`] and Rust types alike.
#[derive(Clone, Debug)]
pub enum Lent<'a> {
    /// See [`Value::Absent`].
    Absent,
    /// See [`Value::Null`].
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer from 0.
    Unsigned(u64),
    /// An integer, or a moment.
    Signed(i64),
    /// A number of 32 bits.
    F32(f32),
    /// A number.
    F64(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// Any JSON value.
    Json(Cow<'a, Json>),
    /// Elements.
    List(Parts<'a>),
    /// Values under names.
    Map(Entries<'a>),
    /// Fields.
    Object(Parts<'a>),
    /// A case by number, and its fields.
    Case(usize, Parts<'a>),
}

/// Parts by position: elements, or fields in the order of the schema.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a> {
    /// Of a value without a type.
    Values(&'a [Value]),
    /// Of a Rust type.
    Typed(&'a dyn TypedParts),
}

/// What a Rust type lends its parts by.
pub trait TypedParts {
    /// How many there are.
    fn count(&self) -> usize;
    /// The part at a position below `count`; [`Lent::Absent`] beyond.
    fn part(&self, index: usize) -> Lent<'_>;
}

/// Values under names.
#[derive(Clone, Copy, Debug)]
pub enum Entries<'a> {
    /// Of a value without a type.
    Values(&'a [(String, Value)]),
    /// Of a Rust type.
    Typed(&'a dyn TypedEntries),
}

/// What a Rust type lends its entries by.
pub trait TypedEntries {
    /// How many there are.
    fn count(&self) -> usize;
    /// Shows every entry, until `show` says `false`. The order is the names' own where the type has one.
    fn each(&self, show: &mut dyn FnMut(&str, Lent<'_>) -> bool);
}

impl core::fmt::Debug for dyn TypedParts + '_ {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "{} parts", self.count())
    }
}

impl core::fmt::Debug for dyn TypedEntries + '_ {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "{} entries", self.count())
    }
}

impl<'a> Parts<'a> {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Typed(parts) => parts.count(),
        }
    }

    /// The part at a position; [`Lent::Absent`] where there is none.
    pub fn part(self, index: usize) -> Lent<'a> {
        match self {
            Self::Values(values) => values.get(index).map_or(Lent::Absent, Value::lend),
            Self::Typed(parts) => parts.part(index),
        }
    }

    /// The parts as values of their own.
    pub fn to_values(self) -> Vec<Value> {
        match self {
            Self::Values(values) => values.to_vec(),
            Self::Typed(parts) => (0..parts.count())
                .map(|index| parts.part(index).to_value())
                .collect(),
        }
    }
}

impl Entries<'_> {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Self::Values(entries) => entries.len(),
            Self::Typed(entries) => entries.count(),
        }
    }

    /// Shows every entry, until `show` says `false`.
    pub fn each(self, show: &mut dyn FnMut(&str, Lent<'_>) -> bool) {
        match self {
            Self::Values(entries) => {
                let _ = entries.iter().all(|(name, value)| show(name, value.lend()));
            }
            Self::Typed(entries) => entries.each(show),
        }
    }

    /// The entries as values of their own, in the order of their names.
    pub fn to_values(self) -> Vec<(String, Value)> {
        let mut entries = Vec::with_capacity(self.count());
        self.each(&mut |name, value| {
            entries.push((name.to_owned(), value.to_value()));
            true
        });
        in_order(entries)
    }
}

/// Entries in the order of their names, each name once: the last value counts.
pub(crate) fn in_order(mut entries: Vec<(String, Value)>) -> Vec<(String, Value)> {
    if entries.is_sorted_by(|(this, _), (next, _)| this < next) {
        return entries;
    }
    let order = positions(entries.len(), &|this, that| {
        entries[this].0.cmp(&entries[that].0)
    });
    let mut ordered: Vec<(String, Value)> = Vec::with_capacity(entries.len());
    for at in order {
        let entry = core::mem::replace(&mut entries[at as usize], (String::new(), Value::Absent));
        match ordered.last_mut() {
            Some(last) if last.0 == entry.0 => *last = entry,
            _ => ordered.push(entry),
        }
    }
    ordered
}

impl Value {
    /// How deep lists, maps and objects are nested in it; 0 of a scalar.
    pub(crate) fn depth(&self) -> usize {
        let deepest = |values: &[Self]| values.iter().map(Self::depth).max().unwrap_or(0) + 1;
        match self {
            Self::List(values) | Self::Object(values) | Self::Case(_, values) => deepest(values),
            Self::Map(entries) => {
                let depths = entries.iter().map(|(_, value)| value.depth());
                depths.max().unwrap_or(0) + 1
            }
            _ => 0,
        }
    }

    /// The value as it is looked at.
    pub fn lend(&self) -> Lent<'_> {
        match self {
            Self::Absent => Lent::Absent,
            Self::Null => Lent::Null,
            Self::Bool(value) => Lent::Bool(*value),
            Self::Unsigned(value) => Lent::Unsigned(*value),
            Self::Signed(value) => Lent::Signed(*value),
            Self::F32(value) => Lent::F32(*value),
            Self::F64(value) => Lent::F64(*value),
            Self::Text(text) => Lent::Text(Cow::Borrowed(text)),
            Self::Bytes(bytes) => Lent::Bytes(Cow::Borrowed(bytes)),
            Self::Json(json) => Lent::Json(Cow::Borrowed(json)),
            Self::List(values) => Lent::List(Parts::Values(values)),
            Self::Map(entries) => Lent::Map(Entries::Values(entries)),
            Self::Object(fields) => Lent::Object(Parts::Values(fields)),
            Self::Case(case, fields) => Lent::Case(*case, Parts::Values(fields)),
        }
    }
}

impl Lent<'_> {
    /// A value of its own.
    pub fn to_value(self) -> Value {
        match self {
            Self::Absent => Value::Absent,
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Unsigned(value) => Value::Unsigned(value),
            Self::Signed(value) => Value::Signed(value),
            Self::F32(value) => Value::F32(value),
            Self::F64(value) => Value::F64(value),
            Self::Text(text) => Value::Text(text.into_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.into_owned()),
            Self::Json(json) => Value::Json(json.into_owned()),
            Self::List(parts) => Value::List(parts.to_values()),
            Self::Map(entries) => Value::Map(entries.to_values()),
            Self::Object(parts) => Value::Object(parts.to_values()),
            Self::Case(case, parts) => Value::Case(case, parts.to_values()),
        }
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<Number> {
        Some(match self {
            Self::Unsigned(value) => Number::Unsigned(*value),
            Self::Signed(value) => Number::Signed(*value),
            Self::F32(value) => Number::Float(f64::from(*value)),
            Self::F64(value) => Number::Float(*value),
            _ => return None,
        })
    }

    /// The same as an element, where null stands for an absence.
    pub(crate) fn or_null(self) -> Self {
        match self {
            Self::Absent => Self::Null,
            lent => lent,
        }
    }
}
