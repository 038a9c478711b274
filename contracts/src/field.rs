//! Which Rust types a field may have, and how each maps to a description.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::json::Json;
use crate::number::shortest_f64;
use crate::schema::{Kind, Ref, Rules, Type};
use crate::slots::ABSENT;
use crate::value::{Lent, Parts, TypedParts, Value};

/// A Rust type that a field of a contract may have.
///
/// Implemented for `bool`, the integers from 8 to 64 bits, `f32`, `f64`, `String`, `Option<T>`,
/// `Vec<T>`, `Box<T>`, `Arc<str>`, [`Json`], and every type that derives `Contract`.
///
/// A type of one's own says everything it asks for in `KIND` and `RULES`, and `from_value` takes every
/// value that they allow: what is refused is then refused on every side, by the same words.
pub trait FieldType: Sized {
    /// What it is.
    const KIND: Kind;
    /// What is asked of it beyond its kind.
    const RULES: Rules = Rules::NONE;
    /// Whether it may be absent.
    const OPTIONAL: bool = false;

    /// From a checked value; `None` if it is of another kind.
    fn from_value(value: Value) -> Option<Self>;
    /// The value as it is looked at, unchecked.
    fn lend(&self) -> Lent<'_>;

    /// From a checked number of the flat layout.
    fn from_slot(_slot: f64) -> Option<Self> {
        None
    }

    /// To a number of the flat layout; `None` if the type does not fit one.
    fn to_slot(&self) -> Option<f64> {
        None
    }
}

/// The types that a Rust type is described by, as constants.
pub struct TypeOf<T>(PhantomData<T>);

impl<T: FieldType> TypeOf<T> {
    /// A value that is there.
    pub const PRESENT: &'static Type = &Type {
        kind: T::KIND,
        rules: T::RULES,
    };

    /// An element of a list: what may be absent as a field may be null there.
    pub const ELEMENT: Type = if T::OPTIONAL {
        Type::of(Kind::Nullable(Ref::Static(Self::PRESENT)))
    } else {
        Type {
            kind: T::KIND,
            rules: T::RULES,
        }
    };
}

/// What an absent field reads as.
#[derive(Clone)]
pub enum Preset {
    /// Written by the derive.
    Made(fn() -> Value),
    /// Read from a file.
    Given(Value),
}

impl Preset {
    /// The value.
    pub fn value(&self) -> Value {
        match self {
            Self::Made(make) => make(),
            Self::Given(value) => value.clone(),
        }
    }
}

impl fmt::Debug for Preset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(out)
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

impl FieldType for Arc<str> {
    const KIND: Kind = Kind::Text;

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value).map(Into::into)
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Text(Cow::Borrowed(self))
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

impl<T: FieldType + 'static> FieldType for Option<T> {
    // `Option<Option<T>>` tells an absence from a null.
    const KIND: Kind = if T::OPTIONAL {
        Kind::Nullable(Ref::Static(TypeOf::<T>::PRESENT))
    } else {
        T::KIND
    };
    const RULES: Rules = if T::OPTIONAL { Rules::NONE } else { T::RULES };
    const OPTIONAL: bool = true;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Absent => Some(None),
            Value::Null if T::OPTIONAL => T::from_value(Value::Absent).map(Some),
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn lend(&self) -> Lent<'_> {
        self.as_ref()
            .map_or(Lent::Absent, |value| value.lend().or_null())
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

impl<T: FieldType> FieldType for Box<T> {
    const KIND: Kind = T::KIND;
    const RULES: Rules = T::RULES;
    const OPTIONAL: bool = T::OPTIONAL;

    fn from_value(value: Value) -> Option<Self> {
        T::from_value(value).map(Self::new)
    }

    fn lend(&self) -> Lent<'_> {
        (**self).lend()
    }

    fn from_slot(slot: f64) -> Option<Self> {
        T::from_slot(slot).map(Self::new)
    }

    fn to_slot(&self) -> Option<f64> {
        (**self).to_slot()
    }
}

impl<T: FieldType + 'static> FieldType for Vec<T> {
    const KIND: Kind = Kind::List(Ref::Static(&TypeOf::<T>::ELEMENT));

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }

    fn lend(&self) -> Lent<'_> {
        Lent::List(Parts::Typed(self))
    }
}

impl<T: FieldType> TypedParts for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn part(&self, index: usize) -> Lent<'_> {
        self.get(index)
            .map_or(Lent::Absent, |value| value.lend().or_null())
    }
}
