//! Any JSON value, in the order in which it was written.
//!
//! It is what contract files are read from, what migrations change, and what a field of the kind `json`
//! holds. Reading is bounded in depth and in size, since what is read comes from outside.

mod flaw;
mod marks;
mod read;
mod said;

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::number::Number;

pub(crate) use flaw::Flaw;
pub use flaw::LONE_SURROGATE;
pub(crate) use marks::is_of_half;
pub(crate) use read::{Budget, JsonError, JsonReader};

/// Deepest nesting of a JSON value: deeper than any data that people write, and far from the end of a stack.
pub const JSON_DEPTH_MAX: usize = 32;

/// Largest JSON value, as text without white space.
pub const JSON_BYTES_MAX: usize = 64 * 1024;

/// A JSON value. Of a name that came twice the last value counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Names and values, in the order in which they came.
    Map(Vec<(String, Json)>),
    /// What no JSON can say, in words: `a function`. Only what was read for a contract from something richer than text
    /// has one, until the contract refuses it with its place, or leaves it out with a field that it does not know.
    Stray(String),
}

impl Json {
    /// The value as JSON text without white space.
    pub fn to_text(&self) -> String {
        // What was checked holds nothing that JSON cannot: every number is finite, and there is no stray.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The value of a name; nothing if there is none, or if this is no map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_map()?
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The names and values of a map.
    pub fn as_map(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The same with the names of every map in order, so that equal values are equal texts.
    pub(crate) fn in_order(&self) -> Self {
        self.ordered(false)
    }

    /// The same, and equal numbers are one: -0 is 0, and an integer is one however it was written.
    pub(crate) fn identity(&self) -> Self {
        self.ordered(true)
    }

    fn ordered(&self, is_identity: bool) -> Self {
        match self {
            Self::List(elements) => Self::List(
                elements
                    .iter()
                    .map(|json| json.ordered(is_identity))
                    .collect(),
            ),
            Self::Map(entries) => {
                let order = positions(entries.len(), &|this, that| {
                    entries[this].0.cmp(&entries[that].0)
                });
                let entry = |at: u32| {
                    let (name, value) = &entries[at as usize];
                    (name.clone(), value.ordered(is_identity))
                };
                Self::Map(order.into_iter().map(entry).collect())
            }
            Self::Number(number) if is_identity => Self::Number(number.exact()),
            // As text 1.0 and 1 are two numbers.
            Self::Number(Number::Float(value)) => Self::Number(Number::of_f64(*value)),
            other => other.clone(),
        }
    }

    /// What it is, in words: `a list`, `text`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
            Self::Stray(_) => "no JSON",
        }
    }
}

/// The positions of `count` things in their order; equal ones stay as they stand.
///
/// A heap sort of its own: the standard library's sort is 15 kB of a tab's download, for each kind of
/// thing again.
pub(crate) fn positions(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let is_before = |this: u32, that: u32| {
        let order = compare(this as usize, that as usize).then(this.cmp(&that));
        order == Ordering::Less
    };
    let mut heap: Vec<u32> = (0..count as u32).collect();
    // The largest is at the top: `sink` brings the root of a part of the heap to its place.
    let sink = |heap: &mut [u32], mut root: usize| {
        while let Some(&left) = heap.get(2 * root + 1) {
            let mut child = 2 * root + 1;
            if heap
                .get(child + 1)
                .is_some_and(|&right| is_before(left, right))
            {
                child += 1;
            }
            if !is_before(heap[root], heap[child]) {
                return;
            }
            heap.swap(root, child);
            root = child;
        }
    };
    for root in (0..count / 2).rev() {
        sink(&mut heap, root);
    }
    for end in (1..count).rev() {
        heap.swap(0, end);
        sink(&mut heap[..end], 0);
    }
    heap
}

/// Adds a name to a map, or gives it another value: the last one counts.
pub(crate) fn insert(entries: &mut Vec<(String, Json)>, name: String, value: Json) {
    match entries.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => entries.push((name, value)),
    }
}

/// The error of a part that is no JSON, or of another contract than its place. In a tab, where every value was decoded, there is none: the one place where
/// serde_json makes an error of words would bring a kilobyte and a half of download.
pub(crate) fn refuse_foreign<E: Error>() -> Result<(), E> {
    match cfg!(target_family = "wasm") {
        true => Ok(()),
        false => Err(E::custom("a part that is of another contract")),
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(elements) => {
                let mut out = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements {
                    out.serialize_element(element)?;
                }
                out.end()
            }
            Self::Map(entries) => {
                let mut out = serializer.serialize_map(Some(entries.len()))?;
                for (name, value) in entries {
                    out.serialize_entry(name, value)?;
                }
                out.end()
            }
            Self::Stray(_) => {
                refuse_foreign()?;
                serializer.serialize_unit()
            }
        }
    }
}
