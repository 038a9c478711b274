//! One pass over a JSON object: every field the protocol knows, each as unparsed text.
//!
//! Guarantees: values stay in the text they came in; a field is only interpreted by the frame that
//! has it, so that a foreign use of its name stays harmless; of a repeated field the last counts
//! (as in `JSON.parse`). One visitor serves frames, records and hellos, which keeps the wasm small.
//! Does not: know which frame needs which field.

use crate::error::{FieldProblem, FrameError};
use crate::plain::{self, Plain, Reader};
use crate::raw::Raw;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

/// A field's place in [`NAMES`].
#[derive(Clone, Copy)]
pub(crate) struct Field(usize);

macro_rules! fields {
    ($($constant:ident = $index:literal $name:literal),* $(,)?) => {
        impl Field { $(pub(crate) const $constant: Self = Self($index);)* }
        const NAMES: [&str; [$($index),*].len()] = [$($name),*];
    };
}

// Expands to `impl Field { pub(crate) const TYPE: Self = Self(0); .. }` and the table of names in
// the same order; a test holds the two together. The commonest fields of `data` come first.
fields! {
    TYPE = 0 "type",
    TOPIC = 1 "topic",
    PAYLOAD = 2 "payload",
    TS = 3 "ts",
    SEQ = 4 "seq",
    BY = 5 "by",
    GAP = 6 "gap",
    ID = 7 "id",
    TOPICS = 8 "topics",
    HELLO = 9 "hello",
    CODE = 10 "code",
    MESSAGE = 11 "message",
    REASON = 12 "reason",
    REQUEST = 13 "request",
    RECORDS = 14 "records",
    TOTAL = 15 "total",
    PATTERN = 16 "pattern",
    FROM = 17 "from",
    TO = 18 "to",
    LIMIT = 19 "limit",
    NAME = 20 "name",
    SCHEMA_TYPE = 21 "schema_type",
    ENTITY = 22 "entity",
    VERSION = 23 "v",
    CLIENT = 24 "client",
    SERVER = 25 "server",
    CONTRACTS = 26 "contracts",
    NAMES = 27 "names",
    CONTRACT_VERSION = 28 "version",
    FINGERPRINT = 29 "fingerprint",
    BUFFER = 30 "buffer",
    LIMITS = 31 "limits",
    MESSAGE_BYTES = 32 "message_bytes",
    FRAMES_PER_SECOND = 33 "frames_per_second",
    FRAMES_BURST = 34 "frames_burst",
    SUBSCRIPTIONS = 35 "subscriptions",
    WRITES_PENDING = 36 "writes_pending",
    PATH = 37 "path",
    EXPECTED = 38 "expected",
    GOT = 39 "got",
    VIOLATION = 40 "violation",
    EPOCH = 41 "epoch",
    AFTER = 42 "after",
    LAST = 43 "last",
    SINCE = 44 "since",
    NOW = 45 "now",
    UNTIL = 46 "until",
    BASE = 47 "base",
    ONTO = 48 "onto",
    NEWER = 49 "newer",
    VALUE = 50 "value",
    TOKEN = 51 "token",
}

/// The fields of one object.
pub(crate) struct Fields<'a> {
    values: [Option<Raw<'a>>; NAMES.len()],
}

/// Reads a whole frame: its type's name and its fields.
pub(crate) fn read(text: &str, bytes_max: usize) -> Result<(Cow<'_, str>, Fields<'_>), FrameError> {
    if text.len() > bytes_max {
        return Err(FrameError::TooLarge {
            bytes: text.len(),
            bytes_max,
        });
    }
    let fields: Fields<'_> = plain::read(text, Object).ok_or(FrameError::NotJson)?;
    let kind = fields.of("frame").text(Field::TYPE)?;
    Ok((kind, fields))
}

/// The error for a type that is none of ours, with a bounded piece of its name.
pub(crate) fn unknown_type(name: &str) -> FrameError {
    FrameError::UnknownType {
        name: name.chars().take(32).collect(),
    }
}

impl<'a> Fields<'a> {
    /// Binds the fields to the frame that errors should name.
    pub(crate) fn of<'f>(&'f self, frame: &'static str) -> FrameFields<'a, 'f> {
        FrameFields {
            frame,
            fields: self,
        }
    }
}

/// The fields of a frame whose type is known.
#[derive(Clone, Copy)]
pub(crate) struct FrameFields<'a, 'f> {
    frame: &'static str,
    fields: &'f Fields<'a>,
}

impl<'a> FrameFields<'a, '_> {
    fn error(self, field: Field, problem: FieldProblem) -> FrameError {
        FrameError::Field {
            frame: self.frame,
            field: NAMES[field.0],
            problem,
        }
    }

    pub(crate) fn wrong(self, field: Field) -> FrameError {
        self.error(field, FieldProblem::WrongType)
    }

    /// The value as text, `null` included.
    pub(crate) fn raw(self, field: Field) -> Result<Raw<'a>, FrameError> {
        self.fields.values[field.0].ok_or_else(|| self.error(field, FieldProblem::Missing))
    }

    /// The value as text; `null` counts as absent.
    pub(crate) fn raw_optional(self, field: Field) -> Option<Raw<'a>> {
        self.fields.values[field.0].filter(|raw| raw.get() != "null")
    }

    fn parsed<T>(
        self,
        field: Field,
        parse: fn(Raw<'a>) -> Option<T>,
    ) -> Result<Option<T>, FrameError> {
        match self.raw_optional(field) {
            None => Ok(None),
            Some(raw) => parse(raw).map(Some).ok_or_else(|| self.wrong(field)),
        }
    }

    fn required<T>(self, field: Field, value: Option<T>) -> Result<T, FrameError> {
        value.ok_or_else(|| self.error(field, FieldProblem::Missing))
    }

    pub(crate) fn text_optional(self, field: Field) -> Result<Option<Cow<'a, str>>, FrameError> {
        self.parsed(field, string)
    }

    pub(crate) fn text(self, field: Field) -> Result<Cow<'a, str>, FrameError> {
        self.required(field, self.text_optional(field)?)
    }

    pub(crate) fn number_optional(self, field: Field) -> Result<Option<u64>, FrameError> {
        self.parsed(field, number)
    }

    pub(crate) fn number(self, field: Field) -> Result<u64, FrameError> {
        self.required(field, self.number_optional(field)?)
    }

    pub(crate) fn texts(self, field: Field) -> Result<Vec<Cow<'a, str>>, FrameError> {
        let texts = plain::read(self.raw(field)?.get(), List(Text));
        texts.ok_or_else(|| self.wrong(field))
    }

    pub(crate) fn objects(self, field: Field) -> Result<Vec<Fields<'a>>, FrameError> {
        let objects = plain::read(self.raw(field)?.get(), List(Object));
        objects.ok_or_else(|| self.wrong(field))
    }

    /// Values of any kind, as text.
    pub(crate) fn raws(self, field: Field) -> Result<Vec<Raw<'a>>, FrameError> {
        let raws = plain::read(self.raw(field)?.get(), RawList);
        raws.ok_or_else(|| self.wrong(field))
    }

    pub(crate) fn object_optional(self, field: Field) -> Result<Option<Fields<'a>>, FrameError> {
        self.parsed(field, |raw| plain::read(raw.get(), Object))
    }

    /// A token: bounded and visible ASCII, as tokens are that go into headers elsewhere.
    pub(crate) fn token(self) -> Result<Cow<'a, str>, FrameError> {
        let token = self.text(Field::TOKEN)?;
        match crate::is_token(&token) {
            true => Ok(token),
            false => Err(self.wrong(Field::TOKEN)),
        }
    }

    /// A peer's name in a hello: bounded and visible, because it ends up in logs and as a map key.
    pub(crate) fn peer_name(self, field: Field) -> Result<Cow<'a, str>, FrameError> {
        let name = self.text(field)?;
        let visible = name.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() || name.len() > crate::PEER_NAME_BYTES_MAX || !visible {
            return Err(self.wrong(field));
        }
        Ok(name)
    }
}

fn string(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        plain::read(raw.get(), Text)
    } else {
        // The scanner has already refused raw control characters: without escapes, the text
        // between the quotes is the string.
        Some(Cow::Borrowed(inner))
    }
}

fn number(raw: Raw<'_>) -> Option<u64> {
    let text = raw.get();
    text.parse().ok().or_else(|| spelled_otherwise(text))
}

/// JSON has one kind of number: `1.0`, `1e3` and `-0` are integers, as they are to a tab, whose `JSON.parse` does not tell
/// how a number was written.
fn spelled_otherwise(text: &str) -> Option<u64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole.strip_prefix('-').unwrap_or(whole), fraction].concat();
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let significant = digits.trim_end_matches('0');
    if !is_number || significant.is_empty() {
        return is_number.then_some(0);
    }
    if whole.starts_with('-') {
        return None;
    }
    let zeros = (digits.len() - significant.len()) as i64 - fraction.len() as i64;
    let power = u32::try_from(exponent.checked_add(zeros)?).ok()?;
    let factor = 10_u64.checked_pow(power)?;
    significant.parse::<u64>().ok()?.checked_mul(factor)
}

/// Reads an object's fields.
#[derive(Clone, Copy)]
struct Object;

impl<'de> Reader<'de> for Object {
    type Value = Fields<'de>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields {
            values: [None; NAMES.len()],
        };
        while let Some(place) = map.next_key_seed(Plain::new(Name))? {
            match place {
                Some(index) => {
                    fields.values[index] = Some(Raw::known(map.next_value::<&RawValue>()?.get()))
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// Finds a field's place by its name.
struct Name;

impl Reader<'_> for Name {
    type Value = Option<usize>;

    fn text<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(NAMES.iter().position(|known| *known == name))
    }
}

/// Reads a text that has escapes.
#[derive(Clone, Copy)]
struct Text;

impl<'de> Reader<'de> for Text {
    type Value = Cow<'de, str>;

    fn text<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.into()))
    }
}

/// Reads a list, element by element.
struct List<R>(R);

impl<'de, R: Reader<'de> + Copy> Reader<'de> for List<R> {
    type Value = Vec<R::Value>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Plain::new(self.0))? {
            values.push(value);
        }
        Ok(values)
    }
}

/// Reads a list whose elements stay text.
struct RawList;

impl<'de> Reader<'de> for RawList {
    type Value = Vec<Raw<'de>>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element::<&RawValue>()? {
            values.push(Raw::known(value.get()));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_constant_names_its_place_in_the_table() {
        assert_eq!(NAMES[Field::TYPE.0], "type");
        assert_eq!(NAMES[Field::SERVER.0], "server");
        assert_eq!(NAMES[Field::BUFFER.0], "buffer");
        assert_eq!(NAMES[Field::WRITES_PENDING.0], "writes_pending");
        assert_eq!(NAMES[Field::VIOLATION.0], "violation");
        assert_eq!(NAMES[Field::UNTIL.0], "until");
        assert_eq!(NAMES[Field::VALUE.0], "value");
        assert_eq!(NAMES[Field::TOKEN.0], "token");
        assert_eq!(Field::TOKEN.0, NAMES.len() - 1);
        assert_eq!(NAMES[Field::PATTERN.0], "pattern");
    }

    #[test]
    fn of_a_repeated_field_the_last_counts() {
        let (kind, _) = read(r#"{"type":"a","type":"b"}"#, 100).unwrap();
        assert_eq!(kind, "b");
    }
}
