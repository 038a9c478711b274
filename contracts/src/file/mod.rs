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

mod endless;
mod kinds;
mod parts;
mod read;
mod rules;
mod steps;
mod write;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::code::Code;
use crate::json::{Flaw, Json};
use crate::place::{Place, Step};
use crate::violation::shorten;
use crate::wanted::listed;

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
        Code::ContractInvalid.as_str()
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

/// Refused: in a box, since it is passed up through everything that reads.
type Read<T> = Result<T, Box<FileError>>;

/// A part of a file, and where it is: the parts around it stand on the stack.
#[derive(Clone, Copy)]
struct Node<'a> {
    json: &'a Json,
    place: Option<Place<'a>>,
}

impl<'a> Node<'a> {
    fn root(json: &'a Json) -> Self {
        Self { json, place: None }
    }

    /// The part under a name, if there is one.
    fn get<'s>(&'s self, name: &'s str) -> Option<Node<'s>> {
        let json = self.json.get(name)?;
        let place = self.step(Step::Name(name));
        Some(Node { json, place })
    }

    /// The part that must be under a name.
    fn need<'s>(&'s self, name: &'s str, what: &str) -> Read<Node<'s>> {
        self.get(name)
            .ok_or_else(|| self.refuse_at(name, what, "nothing"))
    }

    /// The element at a position of a list.
    fn at(&self, index: usize) -> Node<'_> {
        let list = self.json.as_list().unwrap_or_default();
        Node {
            json: list.get(index).unwrap_or(&Json::Null),
            place: self.step(Step::Index(index)),
        }
    }

    fn step<'s>(&'s self, step: Step<'s>) -> Option<Place<'s>> {
        let parent = self.place.as_ref();
        Some(Place { parent, step })
    }

    /// Refuses what is here.
    #[inline(never)]
    fn refuse(&self, expected: &str) -> Box<FileError> {
        let got = match self.json {
            Json::List(_) | Json::Map(_) => self.json.kind().into(),
            scalar => scalar.to_text(),
        };
        self.refuse_got(expected, &got)
    }

    /// Refuses what is here, in other words.
    #[inline(never)]
    fn refuse_got(&self, expected: &str, got: &str) -> Box<FileError> {
        Box::new(FileError {
            place: Place::pointer(self.place.as_ref()),
            expected: expected.into(),
            got: shorten(got),
        })
    }

    /// Refuses what is, or is not, under a name.
    fn refuse_at(&self, name: &str, expected: &str, got: &str) -> Box<FileError> {
        let place = self.step(Step::Name(name));
        Node { place, ..*self }.refuse_got(expected, got)
    }

    /// Refuses what no JSON can say, wherever it is.
    fn need_json(&self) -> Read<()> {
        let flaw = self.json.find_scalar(self.place.as_ref(), &|json, place| {
            let mut flaw = Flaw::of(json, None, false)?;
            flaw.path = Place::pointer(place);
            Some(flaw)
        });
        match flaw {
            None => Ok(()),
            Some(Flaw { path, got, .. }) => Err(Box::new(FileError {
                place: path,
                expected: "a JSON value".into(),
                got: shorten(&got),
            })),
        }
    }

    /// Refuses an object that has another name than these.
    fn only(&self, what: &str, names: &[&str]) -> Read<&'a [(String, Json)]> {
        let Some(entries) = self.json.as_map() else {
            return Err(self.refuse(&format!("{what}: an object of {}", listed(names))));
        };
        let unknown = entries.iter().find(|(name, _)| !names.contains(&&**name));
        match unknown {
            None => Ok(entries),
            Some((name, _)) => {
                let expected = format!("only {} in {what}", listed(names));
                Err(self.refuse_at(name, &expected, name))
            }
        }
    }

    fn map(&self, what: &str) -> Read<&'a [(String, Json)]> {
        self.json.as_map().ok_or_else(|| self.refuse(what))
    }

    /// The length of a list.
    fn list(&self, what: &str) -> Read<usize> {
        match self.json.as_list() {
            Some(list) => Ok(list.len()),
            None => Err(self.refuse(what)),
        }
    }

    fn text(&self, what: &str) -> Read<&'a str> {
        self.json.as_text().ok_or_else(|| self.refuse(what))
    }

    /// An integer from `min` to `max`.
    fn whole(&self, min: u32, max: u32) -> Read<u32> {
        let number = self
            .json
            .as_number()
            .and_then(|number| number.to_u64().ok());
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(self.refuse(&format!("an integer from {min} to {max}"))),
        }
    }
}
