//! Reading a JSON value, from text and from whatever serde knows, within limits.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};

use super::marks::{is_of_half, strays_of_marks, with_marks};
use super::{JSON_BYTES_MAX, JSON_DEPTH_MAX, Json, insert};
use crate::number::Number;
use crate::schema::DEPTH_MAX;

/// Largest value of a contract that is read by way of plain JSON: twice the largest frame of a server.
pub(crate) const VALUE_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Json {
    /// Reads JSON text within [`JSON_DEPTH_MAX`] and [`JSON_BYTES_MAX`].
    ///
    /// # Errors
    /// Says in words why the text is no JSON value, or which limit it is beyond.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Self::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
        deserializer.end().map_err(|error| error.to_string())?;
        Ok(value)
    }

    /// Reads a value that is to be decoded by a contract, which has limits of its own: a large one, and
    /// one with numbers that are not finite, which only the contract can refuse with their place.
    ///
    /// # Errors
    /// Says in words why it is no value, or which limit it is beyond.
    pub fn read_for_contract<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let budget = Budget {
            depth_max: DEPTH_MAX + JSON_DEPTH_MAX,
            ..Budget::of(VALUE_BYTES_MAX)
        };
        JsonReader::new(&budget).deserialize(deserializer)
    }

    /// The same from JSON text. Half a character, which an escape such as `\ud800` can write, is a stray in it.
    ///
    /// # Errors
    /// As [`read_for_contract`](Self::read_for_contract).
    pub fn parse_for_contract(text: &str) -> Result<Self, String> {
        Self::parse_whole(text).or_else(|error| match is_of_half(&error) {
            true => Self::parse_whole(&with_marks(text)).map(strays_of_marks),
            false => Err(error),
        })
    }

    fn parse_whole(text: &str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value =
            Self::read_for_contract(&mut deserializer).map_err(|error| error.to_string())?;
        deserializer.end().map_err(|error| error.to_string())?;
        Ok(value)
    }

    /// Whether it is within [`JSON_DEPTH_MAX`] and [`JSON_BYTES_MAX`], as all that was read is.
    pub fn is_bounded(&self) -> bool {
        self.is_within() && self.flaw(None, false).is_none()
    }

    /// The same, whatever its numbers are.
    pub(crate) fn is_within(&self) -> bool {
        self.fits(JsonReader::new(&Budget::default())).is_ok()
    }

    /// Spends what reading the value again would spend, without making it again.
    fn fits(&self, reader: JsonReader<'_>) -> Result<(), JsonError> {
        match self {
            Self::Null | Self::Bool(_) => reader.budget.spend(SCALAR_BYTES),
            Self::Number(number) => reader.number(*number).map(|_| ()),
            Self::Text(text) => reader.budget.spend(text.len() + TEXT_BYTES),
            Self::List(elements) => {
                let inside = reader.inside()?;
                inside.budget.spend(BRACKET_BYTES)?;
                elements.iter().try_for_each(|element| element.fits(inside))
            }
            Self::Map(entries) => {
                let inside = reader.inside()?;
                inside.budget.spend(BRACKET_BYTES)?;
                entries.iter().try_for_each(|(name, value)| {
                    inside.budget.spend(name.len() + NAME_BYTES)?;
                    value.fits(inside)
                })
            }
            Self::Stray(_) => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let budget = Budget::default();
        let json = JsonReader::new(&budget).deserialize(deserializer)?;
        match json.flaw(None, false) {
            None => Ok(json),
            Some(_) => Err(D::Error::custom("a finite number")),
        }
    }
}

/// Bytes of `true,`, of quotes and a comma, of brackets, and of quotes, a colon and a comma.
const SCALAR_BYTES: usize = 5;
const TEXT_BYTES: usize = 3;
const BRACKET_BYTES: usize = 2;
const NAME_BYTES: usize = 4;

/// What is left of the limits while one value is read.
pub(crate) struct Budget {
    bytes_left: Cell<usize>,
    depth_max: usize,
    /// The limit that ended the reading.
    exceeded: Cell<Option<&'static str>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(JSON_BYTES_MAX)
    }
}

impl Budget {
    pub(crate) fn of(bytes: usize) -> Self {
        Self {
            bytes_left: Cell::new(bytes),
            depth_max: JSON_DEPTH_MAX,
            exceeded: Cell::new(None),
        }
    }

    /// The limit that was met, in words.
    pub(crate) fn exceeded(&self) -> Option<&'static str> {
        self.exceeded.get()
    }

    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        match self.bytes_left.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes_left.set(left);
                Ok(())
            }
            None => Err(self.exceed("a value that is not as large")),
        }
    }

    fn exceed<E: Error>(&self, limit: &'static str) -> E {
        self.exceeded.set(Some(limit));
        E::custom(limit)
    }
}

/// Reads one value: seed and visitor in one.
#[derive(Clone, Copy)]
pub(crate) struct JsonReader<'a> {
    budget: &'a Budget,
    depth: usize,
}

impl<'a> JsonReader<'a> {
    pub(crate) fn new(budget: &'a Budget) -> Self {
        Self { budget, depth: 0 }
    }

    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth == self.budget.depth_max {
            return Err(self.budget.exceed("a value that is not nested as deep"));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn number<E: Error>(self, number: Number) -> Result<Json, E> {
        // The shortest digits of most numbers; the limit is about order, not about single bytes.
        self.budget.spend(8)?;
        Ok(Json::Number(number))
    }
}

impl<'de> DeserializeSeed<'de> for JsonReader<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonReader<'_> {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        self.budget.spend(SCALAR_BYTES)?;
        Ok(Json::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        self.number(Number::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        self.number(Number::of_i64(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        self.number(Number::of_f64(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        self.budget.spend(text.len() + TEXT_BYTES)?;
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        self.budget.spend(SCALAR_BYTES)?;
        Ok(Json::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Json, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Json, D::Error> {
        self.deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        self.budget.spend(BRACKET_BYTES)?;
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(inside)? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        self.budget.spend(BRACKET_BYTES)?;
        let mut map = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.budget.spend(name.len() + NAME_BYTES)?;
            let value = entries.next_value_seed(inside)?;
            insert(&mut map, name, value);
        }
        Ok(Json::Map(map))
    }
}

/// Why reading from a [`Json`] ended.
pub(crate) type JsonError = serde::de::value::Error;

impl<'de> Deserializer<'de> for &'de Json {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Number(Number::Unsigned(value)) => visitor.visit_u64(*value),
            Json::Number(Number::Signed(value)) => visitor.visit_i64(*value),
            Json::Number(Number::Float(value)) => visitor.visit_f64(*value),
            Json::Text(text) => visitor.visit_str(text),
            Json::List(elements) => visitor.visit_seq(SeqDeserializer::new(elements.iter())),
            Json::Map(entries) => {
                let entries = entries.iter().map(|(name, value)| (name.as_str(), value));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            // No field takes a NaN; its refusal gets the words of the stray, see `stray_at`.
            Json::Stray(_) => visitor.visit_f64(f64::NAN),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

impl<'de> IntoDeserializer<'de, JsonError> for &'de Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::positions;
    use super::*;

    #[test]
    fn text_becomes_a_value_and_text_again() {
        for (text, again) in [
            (r#"{"b":1,"a":[null,true,"x",-2,0.5]}"#, None),
            (r#"{ "a" : 1.0 , "a": 2 }"#, Some(r#"{"a":2}"#)),
            ("1e3", Some("1000")),
            ("18446744073709551615", None),
            ("\"\\u0000\\\"\"", None),
        ] {
            let value = Json::parse(text).unwrap();
            assert_eq!(value.to_text(), again.unwrap_or(text));
            let mut read = None;
            if let Ok(value) = Json::deserialize(&value) {
                read = Some(value);
            }
            assert_eq!(read, Some(value));
        }
    }

    #[test]
    fn positions_are_those_of_a_stable_sort() {
        let mut random = fastrand::Rng::with_seed(7);
        for count in 0..200 {
            let values: Vec<u8> = (0..count).map(|_| random.u8(0..20)).collect();
            let mut expected: Vec<u32> = (0..count as u32).collect();
            expected.sort_by_key(|at| values[*at as usize]);
            let found = positions(count, &|this, that| values[this].cmp(&values[that]));
            assert_eq!(found, expected, "{values:?}");
        }
    }

    #[test]
    fn what_is_bounded_is_what_is_read() {
        let text = |length: usize| Json::Text("a".repeat(length));
        let list = |element: Json, count: usize| Json::List(std::vec![element; count]);
        let mut deep = Json::Null;
        for depth in 0..JSON_DEPTH_MAX + 3 {
            assert_eq!(deep.is_bounded(), depth <= JSON_DEPTH_MAX, "{depth}");
            assert_eq!(deep.is_bounded(), Json::deserialize(&deep).is_ok());
            deep = if depth % 2 == 0 {
                Json::List(std::vec![deep])
            } else {
                Json::Map(std::vec![("a".into(), deep)])
            };
        }
        for value in [
            text(JSON_BYTES_MAX - TEXT_BYTES),
            text(JSON_BYTES_MAX),
            list(Json::Null, JSON_BYTES_MAX / SCALAR_BYTES),
            list(Json::Bool(true), JSON_BYTES_MAX / SCALAR_BYTES - 1),
            list(Json::Number(Number::Unsigned(1)), JSON_BYTES_MAX / 8),
            list(text(5), JSON_BYTES_MAX / 8),
            list(text(5), JSON_BYTES_MAX / 8 - 1),
            Json::Map(std::vec![("a".repeat(JSON_BYTES_MAX), Json::Null)]),
            Json::Number(Number::Float(f64::NAN)),
        ] {
            assert_eq!(value.is_bounded(), Json::deserialize(&value).is_ok());
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Json::parse(&nested(JSON_DEPTH_MAX)).is_ok());
        assert!(Json::parse(&nested(JSON_DEPTH_MAX + 1)).is_err());
        assert!(Json::parse(&std::format!("\"{}\"", "a".repeat(JSON_BYTES_MAX))).is_err());
        assert!(Json::parse(&std::format!("[{}1]", "1,".repeat(JSON_BYTES_MAX))).is_err());
        assert!(Json::parse("[1] 2").is_err());
    }
}
