//! Small ways to make JSON.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::{Json, Number};

/// Names and values of an object on its way.
pub(crate) type Entries = Vec<(String, Json)>;

pub(crate) fn text(text: &str) -> Json {
    Json::Text(text.into())
}

pub(crate) fn count(count: u64) -> Json {
    Json::Number(Number::Unsigned(count))
}

/// An object of one name.
pub(crate) fn one(name: &str, value: Json) -> Json {
    Json::Map(alloc::vec![(name.into(), value)])
}

/// Adds a name.
pub(crate) fn put(entries: &mut Entries, name: &str, value: Json) {
    entries.push((name.into(), value));
}
