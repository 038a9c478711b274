//! A value that passed its contract, without its Rust type.
//!
//! An object holds its fields in the order of the schema and does not repeat their names. To write
//! one out, lend it together with its schema: [`Described`].

use alloc::string::String;
use alloc::vec::Vec;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::schema::{Kind, Schema};

/// A checked value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An optional field that is absent.
    Absent,
    /// A boolean.
    Bool(bool),
    /// An integer from 0.
    Unsigned(u64),
    /// An integer.
    Signed(i64),
    /// A finite number that was made for 32 bits: it is written with the digits those need.
    F32(f32),
    /// A finite number.
    F64(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Fields in the order of the schema.
    Object(Vec<Value>),
}

/// A value with the description that names its fields, ready for any serializer.
pub struct Described<'a> {
    /// The contract.
    pub schema: &'a Schema,
    /// The fields, in the order of the schema.
    pub fields: &'a [Value],
}

impl Serialize for Described<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let present = self
            .fields
            .iter()
            .filter(|value| **value != Value::Absent)
            .count();
        let mut map = serializer.serialize_map(Some(present))?;
        for (field, value) in self.schema.fields.iter().zip(self.fields) {
            if *value != Value::Absent {
                map.serialize_entry(
                    &*field.name,
                    &DescribedValue {
                        kind: &field.kind,
                        value,
                    },
                )?;
            }
        }
        map.end()
    }
}

struct DescribedValue<'a> {
    kind: &'a Kind,
    value: &'a Value,
}

impl Serialize for DescribedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.kind) {
            (Value::Bool(value), _) => serializer.serialize_bool(*value),
            (Value::Unsigned(value), _) => serializer.serialize_u64(*value),
            (Value::Signed(value), _) => serializer.serialize_i64(*value),
            (Value::F32(value), _) => serializer.serialize_f32(*value),
            (Value::F64(value), _) => serializer.serialize_f64(*value),
            (Value::Text(value), _) => serializer.serialize_str(value),
            (Value::List(values), Kind::List(kind)) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&DescribedValue { kind, value })?;
                }
                list.end()
            }
            (Value::Object(fields), Kind::Object(schema)) => {
                Described { schema, fields }.serialize(serializer)
            }
            (Value::Absent | Value::List(_) | Value::Object(_), _) => serializer.serialize_unit(),
        }
    }
}
