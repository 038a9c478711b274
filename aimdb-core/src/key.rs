//! The names of records.

use alloc::string::{String, ToString};
use core::fmt;

/// Longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 256;

/// Most records in one database.
pub const RECORDS_MAX: usize = 1 << 20;

/// A record's number: its position in the order of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub(crate) u32);

impl RecordId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
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
