//! A JavaScript value as serde sees it: plain data in, everything else refused.
//!
//! Written here because a general bridge to serde is a fifth of the whole download: it serves every
//! Rust type and every JavaScript class, where a contract reads booleans, numbers, text, lists and
//! plain objects, and always lets the value say what it is.

use std::fmt;

use js_sys::{Array, Object, Reflect};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use wasm_bindgen::{JsCast, JsValue};

/// Deepest nesting that is read: a frame that goes on and on must not use up the engine's stack.
const DEPTH_MAX: u8 = 64;

/// A value that describes itself.
pub(crate) struct Js {
    value: JsValue,
    depth: u8,
}

impl Js {
    pub(crate) fn new(value: JsValue) -> Self {
        Self { value, depth: 0 }
    }
}

/// Why a value could not be read.
#[derive(Debug)]
pub(crate) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    // serde's own words would bring the whole of float formatting into the download.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("another kind of value than {expected}"))
    }
}

impl<'de> Deserializer<'de> for Js {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Self { value, depth } = self;
        if depth > DEPTH_MAX {
            return Err(Unreadable(format!(
                "a value nested more than {DEPTH_MAX} deep"
            )));
        }
        let depth = depth + 1;
        if value.is_null() || value.is_undefined() {
            visitor.visit_unit()
        } else if let Some(number) = value.as_f64() {
            visitor.visit_f64(number)
        } else if let Some(boolean) = value.as_bool() {
            visitor.visit_bool(boolean)
        } else if let Some(text) = value.as_string() {
            visitor.visit_str(&text)
        } else if Array::is_array(&value) {
            visitor.visit_seq(Elements {
                array: value.unchecked_into(),
                next: 0,
                depth,
            })
        } else if value.is_bigint() {
            big_integer(&value, visitor)
        } else if value.is_object() && !value.is_function() {
            let keys = Object::keys(value.unchecked_ref::<Object>());
            visitor.visit_map(Entries {
                object: value,
                keys: keys.unchecked_into(),
                next: 0,
                depth,
            })
        } else {
            Err(Unreadable(format!("a {}", kind(&value))))
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A BigInt by its digits; one that no 64 bits hold is refused like an infinity.
fn big_integer<'de, V: Visitor<'de>>(value: &JsValue, visitor: V) -> Result<V::Value, Unreadable> {
    let big: &js_sys::BigInt = value.unchecked_ref();
    let digits = big
        .to_string(10)
        .map_or_else(|_| String::new(), String::from);
    if let Ok(integer) = digits.parse::<u64>() {
        visitor.visit_u64(integer)
    } else if let Ok(integer) = digits.parse::<i64>() {
        visitor.visit_i64(integer)
    } else {
        visitor.visit_f64(f64::INFINITY)
    }
}

fn kind(value: &JsValue) -> String {
    value.js_typeof().as_string().unwrap_or_default()
}

struct Elements {
    array: Array,
    next: u32,
    depth: u8,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        if self.next >= self.array.length() {
            return Ok(None);
        }
        let element = self.array.get(self.next);
        self.next += 1;
        let depth = self.depth;
        seed.deserialize(Js {
            value: element,
            depth,
        })
        .map(Some)
    }
}

struct Entries {
    object: JsValue,
    keys: Array,
    next: u32,
    depth: u8,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        if self.next >= self.keys.length() {
            return Ok(None);
        }
        let key = self.keys.get(self.next).as_string().unwrap_or_default();
        seed.deserialize(StrDeserializer::new(&key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        let key = self.keys.get(self.next);
        self.next += 1;
        let value = Reflect::get(&self.object, &key)
            .map_err(|_| Unreadable("a property that cannot be read".into()))?;
        let depth = self.depth;
        seed.deserialize(Js { value, depth })
    }
}
