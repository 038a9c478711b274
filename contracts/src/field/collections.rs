//! What holds other types: options, boxes, lists, tuples and maps.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{FieldType, TypeOf};
use crate::schema::{Kind, LIST_LENGTH_MAX, Ref, Rules};
use crate::slots::ABSENT;
use crate::value::{Entries, Lent, Parts, TypedEntries, TypedParts, Value};

impl<T: FieldType + 'static> FieldType for Option<T> {
    // `Option<Option<T>>` tells an absence from a null.
    const KIND: Kind = if T::OPTIONAL {
        Kind::Nullable(Ref::Static(TypeOf::<T>::PRESENT))
    } else {
        T::KIND
    };
    const RULES: Rules = if T::OPTIONAL { Rules::NONE } else { T::RULES };
    const OPTIONAL: bool = true;
    const USUAL_UNIT: &'static str = T::USUAL_UNIT;

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
    const USUAL_UNIT: &'static str = T::USUAL_UNIT;

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

/// A list of exactly so many elements.
impl<T: FieldType + 'static, const N: usize> FieldType for [T; N] {
    const KIND: Kind = Kind::List(Ref::Static(&TypeOf::<T>::ELEMENT));
    const RULES: Rules = {
        assert!(N <= LIST_LENGTH_MAX, "a list has at most 65536 elements");
        Rules::NONE.with_items(Some(N as u32), Some(N as u32))
    };

    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value)?.try_into().ok()
    }

    fn lend(&self) -> Lent<'_> {
        Lent::List(Parts::Typed(self))
    }
}

impl<T: FieldType, const N: usize> TypedParts for [T; N] {
    fn count(&self) -> usize {
        N
    }

    fn part(&self, index: usize) -> Lent<'_> {
        self.get(index)
            .map_or(Lent::Absent, |value| value.lend().or_null())
    }
}

impl<T: FieldType + 'static> FieldType for BTreeMap<String, T> {
    const KIND: Kind = Kind::Map(Ref::Static(&TypeOf::<T>::ELEMENT));

    fn from_value(value: Value) -> Option<Self> {
        from_entries(value)
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Map(Entries::Typed(self))
    }
}

impl<T: FieldType> TypedEntries for BTreeMap<String, T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn each(&self, show: &mut dyn FnMut(&str, Lent<'_>) -> bool) {
        let _ = self
            .iter()
            .all(|(name, value)| show(name, value.lend().or_null()));
    }
}

/// Its entries are written in no order.
#[cfg(feature = "std")]
impl<T, S> FieldType for std::collections::HashMap<String, T, S>
where
    T: FieldType + 'static,
    S: core::hash::BuildHasher + Default,
{
    const KIND: Kind = Kind::Map(Ref::Static(&TypeOf::<T>::ELEMENT));

    fn from_value(value: Value) -> Option<Self> {
        from_entries(value)
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Map(Entries::Typed(self))
    }
}

#[cfg(feature = "std")]
impl<T: FieldType, S> TypedEntries for std::collections::HashMap<String, T, S> {
    fn count(&self) -> usize {
        self.len()
    }

    fn each(&self, show: &mut dyn FnMut(&str, Lent<'_>) -> bool) {
        let _ = self
            .iter()
            .all(|(name, value)| show(name, value.lend().or_null()));
    }
}

fn from_entries<T: FieldType, M: FromIterator<(String, T)>>(value: Value) -> Option<M> {
    match value {
        Value::Map(entries) => {
            let entry = |(name, value)| Some((name, T::from_value(value)?));
            entries.into_iter().map(entry).collect()
        }
        _ => None,
    }
}

/// `impl FieldType for (A, B) { … }`: one type an element, by its position.
macro_rules! tuples {
    ($(($($type:ident $index:tt)+))*) => {$(
        impl<$($type: FieldType + 'static),+> FieldType for ($($type,)+) {
            const KIND: Kind = Kind::Tuple(Ref::Static(&[$(TypeOf::<$type>::ELEMENT),+]));

            fn from_value(value: Value) -> Option<Self> {
                let Value::List(values) = value else { return None };
                let mut values = values.into_iter();
                let all = ($($type::from_value(values.next()?)?,)+);
                values.next().is_none().then_some(all)
            }

            fn lend(&self) -> Lent<'_> {
                Lent::List(Parts::Typed(self))
            }
        }

        impl<$($type: FieldType),+> TypedParts for ($($type,)+) {
            fn count(&self) -> usize {
                [$($index),+].len()
            }

            fn part(&self, index: usize) -> Lent<'_> {
                match index {
                    $($index => self.$index.lend().or_null(),)+
                    _ => Lent::Absent,
                }
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
}
