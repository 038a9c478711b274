//! The contract file: a contract as one JSON object, there and back.
//!
//! What is read has been checked as the derive checks a type, and a bad file is refused whole, with the place
//! in it. What is written reads back as the same contract: `Schema::from_file(&schema.to_file())`
//! takes, refuses and writes the same values with the same words.
//!
//! ```
//! use aimdb_contracts::{Json, Policy, Schema};
//!
//! let file = Json::parse(r#"{
//!     "name": "pressure", "version": 1,
//!     "fields": [{ "name": "bar", "kind": "f64", "min": 0, "max": 400 }]
//! }"#)?;
//! let schema = Schema::from_file(&file)?;
//! assert!(schema.decode_json(br#"{"bar": 3.5}"#, Policy::default()).is_ok());
//! let refusal = schema.decode_json(br#"{"bar": 500}"#, Policy::default()).unwrap_err();
//! assert_eq!(refusal.to_string(), "pressure: bar: expected a number from 0 to 400, got 500");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod kinds;
mod read;
mod rules;
mod steps;
mod write;

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::json::Json;
use crate::place::{Place, Step};
use crate::violation::shorten;

/// Most fields of one object.
pub const FIELDS_MAX: usize = 256;

/// Most contracts in one file, and in one database.
pub const CONTRACTS_MAX: usize = 4_096;

/// Longest name of a field, in bytes.
pub const FIELD_NAME_BYTES_MAX: usize = 128;

/// A contract file that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Where in the file, as a JSON pointer: `/fields/3/max`; empty for the file as a whole.
    pub place: String,
    /// What was expected there.
    pub expected: String,
    /// What is there, shortened.
    pub got: String,
}

impl FileError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        "CONTRACT_INVALID"
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("contract file: ")?;
        if !self.place.is_empty() {
            write!(out, "{}: ", self.place)?;
        }
        write!(out, "expected {}, got {}", self.expected, self.got)
    }
}

impl core::error::Error for FileError {}

/// A part of a file, and where it is.
#[derive(Clone, Copy)]
struct Node<'a> {
    json: &'a Json,
    place: Option<&'a Place<'a>>,
}

impl<'a> Node<'a> {
    /// Refuses what is here.
    fn refuse(&self, expected: impl Into<String>) -> FileError {
        self.refuse_got(expected, &self.shown())
    }

    fn refuse_got(&self, expected: impl Into<String>, got: &str) -> FileError {
        FileError {
            place: pointer(self.place),
            expected: expected.into(),
            got: shorten(got),
        }
    }

    fn shown(&self) -> String {
        match self.json {
            Json::List(_) | Json::Map(_) => self.json.kind().into(),
            scalar => scalar.to_text(),
        }
    }

    /// The names and values of an object that has none but these names.
    fn object(&self, what: &str, names: &[&str]) -> Result<&'a [(String, Json)], FileError> {
        let entries = self.map(what)?;
        let unknown = entries.iter().find(|(name, _)| !names.contains(&&**name));
        match unknown {
            None => Ok(entries),
            Some((name, _)) => {
                let place = self.step(name);
                let expected = format!("only {} in {what}", names.join(", "));
                Err(Node {
                    place: Some(&place),
                    ..*self
                }
                .refuse_got(expected, name))
            }
        }
    }

    fn map(&self, what: &str) -> Result<&'a [(String, Json)], FileError> {
        self.json.as_map().ok_or_else(|| self.refuse(what))
    }

    fn list(&self, what: &str) -> Result<&'a [Json], FileError> {
        self.json.as_list().ok_or_else(|| self.refuse(what))
    }

    fn text(&self, what: &str) -> Result<&'a str, FileError> {
        self.json.as_text().ok_or_else(|| self.refuse(what))
    }

    fn step<'s>(&'s self, name: &'s str) -> Place<'s> {
        Place {
            parent: self.place,
            step: Step::Name(name),
        }
    }

    /// Reads what stands under a name, if something does.
    fn get<T>(
        &self,
        name: &str,
        read: impl FnOnce(Node<'_>) -> Result<T, FileError>,
    ) -> Result<Option<T>, FileError> {
        let Some(json) = self.json.get(name) else {
            return Ok(None);
        };
        let place = self.step(name);
        read(Node {
            json,
            place: Some(&place),
        })
        .map(Some)
    }

    /// Reads what must stand under a name.
    fn need<T>(
        &self,
        name: &str,
        what: &str,
        read: impl FnOnce(Node<'_>) -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        self.get(name, read)?.ok_or_else(|| {
            let place = self.step(name);
            Node {
                place: Some(&place),
                ..*self
            }
            .refuse_got(what, "nothing")
        })
    }

    /// Reads every element of a list.
    fn each<T>(
        &self,
        what: &str,
        mut read: impl FnMut(Node<'_>) -> Result<T, FileError>,
    ) -> Result<alloc::vec::Vec<T>, FileError> {
        let list = self.list(what)?;
        let mut out = alloc::vec::Vec::with_capacity(list.len());
        for (index, json) in list.iter().enumerate() {
            let place = Place {
                parent: self.place,
                step: Step::Index(index),
            };
            out.push(read(Node {
                json,
                place: Some(&place),
            })?);
        }
        Ok(out)
    }
}

/// A place as a JSON pointer (RFC 6901).
fn pointer(place: Option<&Place<'_>>) -> String {
    let Some(place) = place else {
        return String::new();
    };
    let step = match place.step {
        Step::Name(name) => name.replace('~', "~0").replace('/', "~1"),
        Step::Index(index) => index.to_string(),
    };
    pointer(place.parent) + "/" + &step
}
