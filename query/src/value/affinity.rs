//! What comparisons and casts make of a value.

use super::{Value, number};

/// What SQLite calls an affinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affinity {
    /// Of what is no column: values stay as they are, unless the other side says otherwise.
    None,
    /// Of a column that takes anything: values stay as they are, even beside a text.
    Blob,
    /// Numbers become texts.
    Text,
    /// Texts that are numbers become them.
    Numeric,
    /// As `Numeric` in comparisons.
    Integer,
    /// As `Numeric` in comparisons.
    Real,
}

impl Affinity {
    pub(crate) fn is_numeric(self) -> bool {
        matches!(self, Self::Numeric | Self::Integer | Self::Real)
    }

    /// Of the name of a type in a CAST, by SQLite's rules.
    pub(crate) fn of_type(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let has = |part: &str| name.contains(part);
        if has("int") {
            Self::Integer
        } else if has("char") || has("clob") || has("text") {
            Self::Text
        } else if has("blob") {
            Self::Blob
        } else if has("real") || has("floa") || has("doub") {
            Self::Real
        } else {
            Self::Numeric
        }
    }

    /// What a comparison of two sides applies to the left and to the right one.
    pub(crate) fn of_comparison(left: Self, right: Self) -> (Self, Self) {
        if left.is_numeric() && !right.is_numeric() {
            (Self::None, Self::Numeric)
        } else if right.is_numeric() && !left.is_numeric() {
            (Self::Numeric, Self::None)
        } else if left == Self::Text && right == Self::None {
            (Self::None, Self::Text)
        } else if right == Self::Text && left == Self::None {
            (Self::Text, Self::None)
        } else {
            (Self::None, Self::None)
        }
    }

    /// The value as a comparison sees it.
    pub(crate) fn apply(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Text, Value::Integer(_) | Value::Real(_)) => Value::text(&value.as_text()),
            (Self::Numeric | Self::Integer | Self::Real, Value::Text(text)) => {
                match number::prefix(text) {
                    (number, true) => number.into(),
                    _ => value.clone(),
                }
            }
            _ => value.clone(),
        }
    }

    /// The value that a CAST makes.
    pub(crate) fn cast(self, value: &Value) -> Value {
        match (self, value) {
            (_, Value::Null) => Value::Null,
            (Self::Integer, _) => Value::Integer(value.as_integer()),
            (Self::Real, _) => Value::real(value.as_real()),
            (Self::Text, _) => Value::text(&value.as_text()),
            (Self::None | Self::Blob, Value::Bytes(_)) => value.clone(),
            (Self::None | Self::Blob, _) => Value::Bytes(value.as_text().as_bytes().into()),
            (Self::Numeric, Value::Text(_) | Value::Bytes(_)) => match value.as_number() {
                Value::Real(real) => {
                    number::exact_integer(real).map_or(Value::Real(real), Value::Integer)
                }
                number => number,
            },
            (Self::Numeric, _) => value.clone(),
        }
    }
}
