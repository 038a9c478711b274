//! Which contract a name stands for.
//!
//! An entry is whatever object opens a record of that contract, so that a contract that is
//! described at run time is an entry like any other. Names are kept in order, so that listings are
//! the same on every run.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::code::Code;
use crate::file::CONTRACTS_MAX;

/// Longest name of a contract, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// Names and what they stand for.
#[derive(Clone, Debug)]
pub struct Registry<E> {
    /// By name. At most some thousands, and looked up when a record is configured: a tree would cost a tab more.
    entries: Vec<(String, E)>,
}

/// Why a contract was not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// Another contract has this name.
    NameTaken(String),
    /// There are [`CONTRACTS_MAX`] contracts already.
    TooMany,
    /// A name must be 1 to [`NAME_BYTES_MAX`] bytes of `a-z`, `0-9`, `_`, `.` and `-`.
    BadName(String),
}

impl RegistryError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameTaken(_) => Code::SchemaNameTaken.as_str(),
            Self::TooMany => Code::TooManyContracts.as_str(),
            Self::BadName(_) => Code::SchemaNameInvalid.as_str(),
        }
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => {
                write!(
                    out,
                    "another contract is named '{name}': give one of them another name"
                )
            }
            Self::TooMany => write!(out, "at most {CONTRACTS_MAX} contracts can be registered"),
            Self::BadName(name) => write!(
                out,
                "'{name}' cannot name a contract: use 1 to {NAME_BYTES_MAX} of a-z 0-9 _ . -"
            ),
        }
    }
}

impl core::error::Error for RegistryError {}

/// Whether a text can name a contract.
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

impl<E> Default for Registry<E> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<E> Registry<E> {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives `name` its entry; a name can be given once.
    pub fn register(&mut self, name: &str, entry: E) -> Result<(), RegistryError> {
        if !is_name(name) {
            return Err(RegistryError::BadName(crate::violation::shorten(name)));
        }
        match self.position(name) {
            Ok(_) => Err(RegistryError::NameTaken(name.to_string())),
            Err(_) if self.entries.len() == CONTRACTS_MAX => Err(RegistryError::TooMany),
            Err(position) => {
                self.entries.insert(position, (name.to_string(), entry));
                Ok(())
            }
        }
    }

    /// What `name` stands for.
    pub fn get(&self, name: &str) -> Option<&E> {
        let position = self.position(name).ok()?;
        self.entries.get(position).map(|(_, entry)| entry)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Every name and its entry, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &E)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }
}
