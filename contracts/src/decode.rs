//! Reading a value from any serde deserializer, guided by its description.
//!
//! One implementation serves every contract, typed or described at run time. serde's error type
//! has room for a message only, so a refusal is laid aside as it happens and picked up at the end.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::check::{Place, Step, Wanted};
use crate::number::Number;
use crate::schema::{Field, Kind, LIST_LENGTH_MAX, Schema, TEXT_BYTES_MAX, UnknownFields};
use crate::value::Value;
use crate::violation::{Reason, Violation};

/// The largest integer that a JavaScript number holds without a doubt: 2^53 - 1.
pub const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// How strict reading is, beyond what the contract itself says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Overrides what the contract says of unknown fields.
    pub unknown: Option<UnknownFields>,
    /// Refuses integers beyond [`SAFE_INTEGER_MAX`]: at the edge to JavaScript, which would round
    /// them in silence.
    pub safe_integers: bool,
}

impl Schema {
    /// Reads the fields of this contract, in its order.
    pub fn decode<'de, D: Deserializer<'de>>(
        &self,
        deserializer: D,
        policy: Policy,
    ) -> Result<Vec<Value>, Box<Violation>> {
        let context = Context {
            root: self,
            policy,
            refusal: RefCell::new(None),
        };
        let reader = Reader {
            context: &context,
            wanted: Wanted::of_root(self),
            optional: false,
            place: None,
        };
        let result = reader.deserialize(deserializer);
        match (context.refusal.into_inner(), result) {
            (Some(violation), _) => Err(violation),
            (None, Ok(Value::Object(fields))) => Ok(fields),
            (None, Ok(_)) => Err(self.malformed("no object")),
            (None, Err(error)) => Err(self.malformed(&error.to_string())),
        }
    }

    /// Reads the fields of this contract from JSON text.
    pub fn decode_json(&self, json: &[u8], policy: Policy) -> Result<Vec<Value>, Box<Violation>> {
        // As text: the frames of the wire are read from text too, and one parser is enough.
        let text =
            core::str::from_utf8(json).map_err(|_| self.malformed("bytes that are not UTF-8"))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let fields = self.decode(&mut deserializer, policy)?;
        deserializer
            .end()
            .map_err(|error| self.malformed(&error.to_string()))?;
        Ok(fields)
    }
}

struct Context<'a> {
    root: &'a Schema,
    policy: Policy,
    refusal: RefCell<Option<Box<Violation>>>,
}

impl Context<'_> {
    /// Lays the refusal aside and makes the error that ends the reading.
    fn refuse<E: Error>(
        &self,
        place: Option<&Place<'_>>,
        reason: Reason,
        expected: String,
        got: &str,
    ) -> E {
        let violation = self.root.refuse(place, reason, expected, got);
        let error = E::custom(&violation);
        *self.refusal.borrow_mut() = Some(violation);
        error
    }
}

/// Reads one value: seed and visitor in one, since serde needs both at every level.
#[derive(Clone, Copy)]
struct Reader<'a> {
    context: &'a Context<'a>,
    wanted: Wanted<'a>,
    optional: bool,
    place: Option<&'a Place<'a>>,
}

impl Reader<'_> {
    fn refuse<E: Error>(&self, reason: Reason, got: &str) -> E {
        self.context
            .refuse(self.place, reason, self.wanted.words(), got)
    }

    fn number<E: Error>(&self, number: Number) -> Result<Value, E> {
        self.wanted
            .number(number, self.context.policy)
            .map_err(|reason| self.refuse(reason, &number.text()))
    }

    fn nothing<E: Error>(&self) -> Result<Value, E> {
        if self.optional {
            Ok(Value::Absent)
        } else {
            Err(self.refuse(Reason::Kind, "null"))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        // What comes decides: a hint would let a format convert, say, text to a number.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.wanted.words())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        match self.wanted.kind() {
            Some(Kind::Bool) => Ok(Value::Bool(value)),
            _ => Err(self.refuse(Reason::Kind, if value { "true" } else { "false" })),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.number(Number::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.number(Number::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.number(Number::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match self.wanted.kind() {
            Some(Kind::Text) if text.len() <= TEXT_BYTES_MAX => Ok(Value::Text(text.to_owned())),
            Some(Kind::Text) => Err(self.refuse(Reason::TooLong, text)),
            _ => Err(self.refuse(Reason::Kind, &format!("text \"{text}\""))),
        }
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Err(self.refuse(Reason::Kind, &format!("{} bytes", bytes.len())))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.nothing()
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.nothing()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        self.deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let Some(Kind::List(kind)) = self.wanted.kind() else {
            return Err(self.refuse(Reason::Kind, "a list"));
        };
        let mut values = Vec::new();
        loop {
            let place = Place {
                parent: self.place,
                step: Step::Index(values.len()),
            };
            let element = Reader {
                wanted: Wanted::of_kind(kind),
                optional: false,
                place: Some(&place),
                ..self
            };
            match elements.next_element_seed(element)? {
                None => return Ok(Value::List(values)),
                Some(_) if values.len() == LIST_LENGTH_MAX => {
                    return Err(self.refuse(Reason::TooLong, "a longer one"));
                }
                Some(value) => values.push(value),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let Some(schema) = self.wanted.object() else {
            return Err(self.refuse(Reason::Kind, "an object"));
        };
        let mut fields = vec![None; schema.fields.len()];
        while let Some(name) = entries.next_key_seed(FieldName {
            reader: self,
            schema,
        })? {
            match name {
                Name::Known(index) => {
                    fields[index] = Some(self.field(&schema.fields[index], &mut entries)?);
                }
                Name::Ignored => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.complete(schema, fields)
    }
}

impl Reader<'_> {
    fn field<'de, A: MapAccess<'de>>(
        &self,
        field: &Field,
        entries: &mut A,
    ) -> Result<Value, A::Error> {
        let place = Place {
            parent: self.place,
            step: Step::Field(&field.name),
        };
        entries.next_value_seed(Reader {
            context: self.context,
            wanted: Wanted::of_field(field),
            optional: field.optional,
            place: Some(&place),
        })
    }

    /// Fills in what did not come: a default, an absence, or a refusal.
    fn complete<E: Error>(&self, schema: &Schema, fields: Vec<Option<Value>>) -> Result<Value, E> {
        let mut complete = Vec::with_capacity(fields.len());
        for (field, value) in schema.fields.iter().zip(fields) {
            complete.push(match (value, &field.default) {
                (Some(value), _) => value,
                (None, Some(default)) => default.clone(),
                (None, None) if field.optional => Value::Absent,
                (None, None) => {
                    let place = Place {
                        parent: self.place,
                        step: Step::Field(&field.name),
                    };
                    let words = Wanted::of_field(field).words();
                    return Err(self.context.refuse(
                        Some(&place),
                        Reason::Missing,
                        words,
                        "nothing",
                    ));
                }
            });
        }
        Ok(Value::Object(complete))
    }
}

/// The position of a field, found without keeping its name.
struct FieldName<'a> {
    reader: Reader<'a>,
    schema: &'a Schema,
}

enum Name {
    Known(usize),
    Ignored,
}

impl<'de> DeserializeSeed<'de> for FieldName<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        // A hint would bring the words of serde for every mismatch into the download.
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for FieldName<'_> {
    type Value = Name;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        if let Some(index) = self.schema.index_of(name) {
            return Ok(Name::Known(index));
        }
        let context = self.reader.context;
        match context.policy.unknown.unwrap_or(self.schema.unknown) {
            UnknownFields::Ignore => Ok(Name::Ignored),
            UnknownFields::Refuse => {
                let place = Place {
                    parent: self.reader.place,
                    step: Step::Field(name),
                };
                let words = format!("only fields of the contract {}", self.schema.name);
                Err(context.refuse(
                    Some(&place),
                    Reason::UnknownField,
                    words,
                    "an unknown field",
                ))
            }
        }
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Name, E> {
        match core::str::from_utf8(name) {
            Ok(name) => self.visit_str(name),
            Err(_) => Err(E::custom("a field name that is not UTF-8")),
        }
    }
}
