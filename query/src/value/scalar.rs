//! One value.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::number::{self, real_text};

/// What a column holds in a row. A truth is 1 or 0, a time is milliseconds, JSON is its text.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing, or not known.
    Null,
    /// An integer of 64 bits.
    Integer(i64),
    /// A number that is never NaN: that is [`Value::Null`].
    Real(f64),
    /// A text.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
}

impl Value {
    /// A number; NaN is no value.
    #[must_use]
    pub fn real(number: f64) -> Self {
        match number.is_nan() {
            true => Self::Null,
            false => Self::Real(number),
        }
    }

    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn truth(is_true: bool) -> Self {
        Self::Integer(is_true.into())
    }

    /// Whether it is [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether a condition with this value holds; `None` if that is not known.
    pub(crate) fn is_true(&self) -> Option<bool> {
        match self {
            Self::Null => None,
            Self::Integer(integer) => Some(*integer != 0),
            Self::Real(real) => Some(*real != 0.0),
            Self::Text(_) | Self::Bytes(_) => Some(self.as_real() != 0.0),
        }
    }

    /// As a number, that of the beginning of a text; nothing is 0.
    pub(crate) fn as_number(&self) -> Value {
        match self {
            Self::Null => Self::Integer(0),
            Self::Integer(_) | Self::Real(_) => self.clone(),
            Self::Text(text) => number::prefix(text).0.into(),
            Self::Bytes(bytes) => number::prefix(&String::from_utf8_lossy(bytes)).0.into(),
        }
    }

    pub(crate) fn as_real(&self) -> f64 {
        match self.as_number() {
            Self::Integer(integer) => integer as f64,
            Self::Real(real) => real,
            _ => 0.0,
        }
    }

    /// As an integer: cut off, and at most the largest.
    pub(crate) fn as_integer(&self) -> i64 {
        match self {
            Self::Null => 0,
            Self::Integer(integer) => *integer,
            Self::Real(real) => *real as i64,
            Self::Text(text) => number::integer_prefix(text),
            Self::Bytes(bytes) => number::integer_prefix(&String::from_utf8_lossy(bytes)),
        }
    }

    /// As a text; nothing is an empty one.
    pub(crate) fn as_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Integer(integer) => Cow::Owned(integer.to_string()),
            Self::Real(real) => Cow::Owned(real_text(*real)),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes),
        }
    }

    /// Where it stands among others: nothing, numbers, texts by their bytes, bytes.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => left.cmp(right),
            (Self::Real(left), Self::Real(right)) => {
                left.partial_cmp(right).unwrap_or(Ordering::Equal)
            }
            (Self::Integer(left), Self::Real(right)) => number::integer_to_real(*left, *right),
            (Self::Real(left), Self::Integer(right)) => {
                number::integer_to_real(*right, *left).reverse()
            }
            (Self::Text(left), Self::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Self::Bytes(left), Self::Bytes(right)) => left.cmp(right),
            _ => self.class().cmp(&other.class()),
        }
    }

    fn class(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
            Self::Bytes(_) => 3,
        }
    }

    /// Bytes it takes, those behind its pointer included.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Text(text) => text.len() + 16,
                Self::Bytes(bytes) => bytes.len() + 16,
                _ => 0,
            }
    }

    /// Appends bytes that are equal for values that are: 1 and 1.0 are.
    pub(crate) fn write_key(&self, key: &mut Vec<u8>) {
        match self {
            Self::Null => key.push(0),
            Self::Integer(integer) => {
                key.push(1);
                key.extend_from_slice(&integer.to_le_bytes());
            }
            Self::Real(real) => match number::exact_integer(*real) {
                Some(integer) => Self::Integer(integer).write_key(key),
                None => {
                    key.push(2);
                    key.extend_from_slice(&real.to_bits().to_le_bytes());
                }
            },
            Self::Text(text) => write_bytes(key, 3, text.as_bytes()),
            Self::Bytes(bytes) => write_bytes(key, 4, bytes),
        }
    }
}

impl From<number::Number> for Value {
    fn from(number: number::Number) -> Self {
        match number {
            number::Number::Integer(integer) => Self::Integer(integer),
            number::Number::Real(real) => Self::real(real),
        }
    }
}

fn write_bytes(key: &mut Vec<u8>, class: u8, bytes: &[u8]) {
    key.push(class);
    key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    key.extend_from_slice(bytes);
}

/// The same value of the same kind: 1 is not 1.0 here.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Real(left), Self::Real(right)) => left.to_bits() == right.to_bits(),
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Bytes(left), Self::Bytes(right)) => left == right,
            _ => false,
        }
    }
}
