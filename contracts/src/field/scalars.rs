//! Numbers, booleans, text, bytes and plain JSON.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::FieldType;
use crate::json::Json;
use crate::number::shortest_f64;
use crate::schema::Kind;
use crate::value::{Lent, Value};

impl FieldType for bool {
    const KIND: Kind = Kind::Bool;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Bool(*self)
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

            fn lend(&self) -> Lent<'_> {
                Lent::$value(<$wide>::from(*self))
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

    fn lend(&self) -> Lent<'_> {
        Lent::F32(*self)
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

    fn lend(&self) -> Lent<'_> {
        Lent::F64(*self)
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

    fn lend(&self) -> Lent<'_> {
        Lent::Text(Cow::Borrowed(self))
    }
}

/// `impl FieldType for Arc<str> { … }`: text behind another pointer.
macro_rules! shared_text {
    ($($rust:ty)*) => {$(
        impl FieldType for $rust {
            const KIND: Kind = Kind::Text;

            fn from_value(value: Value) -> Option<Self> {
                String::from_value(value).map(Into::into)
            }

            fn lend(&self) -> Lent<'_> {
                Lent::Text(Cow::Borrowed(self))
            }
        }
    )*};
}

shared_text! { Arc<str> Box<str> }

/// Bytes, as the kind `bytes`: base64 where values are text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl core::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl FieldType for Bytes {
    const KIND: Kind = Kind::Bytes;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(Self(bytes)),
            _ => None,
        }
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Bytes(Cow::Borrowed(&self.0))
    }
}

impl FieldType for Json {
    const KIND: Kind = Kind::Json;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Json(json) => Some(json),
            _ => None,
        }
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Json(Cow::Borrowed(self))
    }
}
