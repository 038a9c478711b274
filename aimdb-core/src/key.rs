//! The names of records.

use alloc::string::{String, ToString};
use core::fmt;

/// Longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 256;

/// Most records in one database at a time; those that were removed do not count.
pub const RECORDS_MAX: usize = 1 << 20;

/// A record's number: a place in the tables, and which record of all that were ever configured has
/// it. Places are used again once their record is removed, generations never: the number of a record
/// that is gone finds nothing. Numbers compare in the order of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId {
    generation: u64,
    index: u32,
}

impl RecordId {
    pub(crate) fn new(index: usize, generation: u64) -> Self {
        Self {
            generation,
            index: index as u32,
        }
    }

    /// Its place: below [`RECORDS_MAX`], and its alone while the record is there.
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// How many records had been configured when it was, itself with them.
    pub fn generation(self) -> u64 {
        self.generation
    }
}

/// A text cannot be a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    /// The text, shortened.
    pub key: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl fmt::Display for KeyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "'{}' cannot be a key: {}", self.key, self.problem)
    }
}

impl core::error::Error for KeyError {}

/// Refuses what cannot be a key: empty text, more than [`KEY_BYTES_MAX`] bytes, control characters.
pub fn check_key(key: &str) -> Result<(), KeyError> {
    let problem = if key.is_empty() {
        "it is empty"
    } else if key.len() > KEY_BYTES_MAX {
        "it is longer than 256 bytes"
    } else if key.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    let end = key.char_indices().nth(40).map_or(key.len(), |(end, _)| end);
    Err(KeyError {
        key: key[..end].to_string(),
        problem,
    })
}
