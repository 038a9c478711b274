//! Reading JSON that says itself what it is, with one short error for whatever was not expected.
//!
//! serde's own words for a mismatch bring the formatting of floats with them, a twentieth of what a
//! tab downloads. Nobody would read them here: a frame error names the field and that its type is
//! wrong. So nothing in this crate asks serde for a type; each reader takes what comes or refuses.

use core::fmt;
use core::marker::PhantomData;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads one of text, list or object; what it does not override is refused.
pub(crate) trait Reader<'de>: Sized {
    type Value;

    fn text<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(refused())
    }

    fn list<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(refused())
    }

    fn object<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(refused())
    }
}

fn refused<E: Error>() -> E {
    E::custom("another kind of value")
}

/// Reads exactly one value of `text`.
pub(crate) fn read<'de, R: Reader<'de>>(text: &'de str, reader: R) -> Option<R::Value> {
    let mut input = serde_json::Deserializer::from_str(text);
    let value = Plain(reader, PhantomData).deserialize(&mut input).ok()?;
    input.end().ok()?;
    Some(value)
}

/// A reader as serde wants it.
pub(crate) struct Plain<'de, R>(R, PhantomData<&'de ()>);

impl<R> Plain<'_, R> {
    pub(crate) fn new(reader: R) -> Self {
        Self(reader, PhantomData)
    }
}

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Plain<'de, R> {
    type Value = R::Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<R::Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for Plain<'de, R> {
    type Value = R::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("another kind of value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<R::Value, E> {
        Err(refused())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<R::Value, E> {
        Err(refused())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<R::Value, E> {
        Err(refused())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<R::Value, E> {
        Err(refused())
    }

    fn visit_unit<E: Error>(self) -> Result<R::Value, E> {
        Err(refused())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<R::Value, E> {
        self.0.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<R::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<R::Value, A::Error> {
        self.0.object(object)
    }
}
