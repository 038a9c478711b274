//! Which Rust types a field may have, and how each maps to a description.

use alloc::string::String;
use alloc::vec::Vec;

use crate::number::shortest_f64;
use crate::schema::{Kind, Ref};
use crate::slots::ABSENT;
use crate::value::Value;

/// A Rust type that a field of a contract may have.
///
/// Implemented for `bool`, the integers from 8 to 64 bits, `f32`, `f64`, `String`, `Option<T>`,
/// `Vec<T>`, and every struct that derives `Contract`.
pub trait FieldType: Sized {
    /// How it is described.
    const KIND: Kind;
    /// Whether it may be absent.
    const OPTIONAL: bool = false;

    /// From a checked value; `None` if it is of another kind.
    fn from_value(value: Value) -> Option<Self>;
    /// To a value, unchecked.
    fn to_value(&self) -> Value;

    /// From a checked number of the flat layout.
    fn from_slot(_slot: f64) -> Option<Self> {
        None
    }

    /// To a number of the flat layout; `None` if the type does not fit one.
    fn to_slot(&self) -> Option<f64> {
        None
    }
}

impl FieldType for bool {
    const KIND: Kind = Kind::Bool;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }

    fn from_slot(slot: f64) -> Option<Self> {
        Some(slot != 0.0)
    }

    fn to_slot(&self) -> Option<f64> {
        Some(f64::from(u8::from(*self)))
    }
}

/// An integer field: `impl FieldType for u8 { const KIND: Kind = Kind::Unsigned { bits: 8 }; … }`,
/// with a value that converts through the widest integer of its sign.
macro_rules! integer {
    ($($rust:ty, $kind:ident, $value:ident, $wide:ty;)*) => {$(
        impl FieldType for $rust {
            const KIND: Kind = Kind::$kind { bits: <$rust>::BITS as u8 };

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$value(value) => <$rust>::try_from(value).ok(),
                    _ => None,
                }
            }

            fn to_value(&self) -> Value {
                Value::$value(<$wide>::from(*self))
            }

            fn from_slot(slot: f64) -> Option<Self> {
                Some(slot as $rust)
            }

            fn to_slot(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )*};
}

integer! {
    u8, Unsigned, Unsigned, u64;
    u16, Unsigned, Unsigned, u64;
    u32, Unsigned, Unsigned, u64;
    u64, Unsigned, Unsigned, u64;
    i8, Signed, Signed, i64;
    i16, Signed, Signed, i64;
    i32, Signed, Signed, i64;
    i64, Signed, Signed, i64;
}

impl FieldType for f32 {
    const KIND: Kind = Kind::Float { bits: 32 };

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::F32(value) => Some(value),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::F32(*self)
    }

    fn from_slot(slot: f64) -> Option<Self> {
        Some(slot as f32)
    }

    fn to_slot(&self) -> Option<f64> {
        Some(given(shortest_f64(*self)))
    }
}

impl FieldType for f64 {
    const KIND: Kind = Kind::Float { bits: 64 };

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::F64(value) => Some(value),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::F64(*self)
    }

    fn from_slot(slot: f64) -> Option<Self> {
        Some(slot)
    }

    fn to_slot(&self) -> Option<f64> {
        Some(given(*self))
    }
}

/// A NaN that is a value, not an absence: handed on as an infinity, which is refused too.
fn given(number: f64) -> f64 {
    if number.is_nan() {
        f64::INFINITY
    } else {
        number
    }
}

impl FieldType for String {
    const KIND: Kind = Kind::Text;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Absent => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Absent, T::to_value)
    }

    fn from_slot(slot: f64) -> Option<Self> {
        if slot.is_nan() {
            Some(None)
        } else {
            T::from_slot(slot).map(Some)
        }
    }

    fn to_slot(&self) -> Option<f64> {
        self.as_ref().map_or(Some(ABSENT), T::to_slot)
    }
}

impl<T: FieldType + 'static> FieldType for Vec<T> {
    const KIND: Kind = Kind::List(Ref::Static(&T::KIND));

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }
}
