//! Identifiers of 128 bits.

use alloc::borrow::Cow;
use alloc::string::ToString;

use uuid::Uuid;

use super::FieldType;
use crate::format::Format;
use crate::schema::{Kind, Rules};
use crate::value::{Lent, Value};

/// Read in either case, written in lower case.
impl FieldType for Uuid {
    const KIND: Kind = Kind::Text;
    const RULES: Rules = Rules::NONE.with_format(Format::Uuid);

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Self::try_parse(&text).ok(),
            _ => None,
        }
    }

    fn lend(&self) -> Lent<'_> {
        Lent::Text(Cow::Owned(self.to_string()))
    }
}
