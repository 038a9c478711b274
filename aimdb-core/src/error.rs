//! What can be wrong with a configuration, of which all is reported together, and why a write cannot
//! be.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use aimdb_contracts::{Code, RegistryError, Schema, Violation, listed};

use crate::buffer::CapacityError;
use crate::key::{KeyError, RECORDS_MAX};

/// How many of a record's readers a message names.
const READERS_TOLD: usize = 8;

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A text cannot be a key.
    Key(KeyError),
    /// Two records have one key.
    DuplicateKey {
        /// The key.
        record: String,
    },
    /// A record has no buffer.
    MissingBuffer {
        /// Its key.
        record: String,
    },
    /// A ring's capacity is out of range.
    Capacity {
        /// The record's key.
        record: String,
        /// What was asked for.
        error: CapacityError,
    },
    /// There is no record with this key.
    UnknownRecord {
        /// The key.
        record: String,
    },
    /// A transform reads a record that is not there.
    UnknownInput {
        /// The record that is derived.
        record: String,
        /// What it reads.
        input: String,
    },
    /// A record is derived from nothing.
    NoInputs {
        /// Its key.
        record: String,
    },
    /// A record is asked for with another contract than it has.
    WrongType {
        /// Its key.
        record: String,
        /// The contract that was asked for: its name, with version and fingerprint where the other has the
        /// same name.
        expected: String,
        /// The contract that it has, in the same words.
        found: String,
    },
    /// Records are derived from each other in a circle.
    Cycle {
        /// The keys around it; the first stands again at the end.
        path: Vec<String>,
    },
    /// There are more circles than are told one by one.
    MoreCycles {
        /// How many more inputs close one.
        untold: usize,
    },
    /// More than one source, transform, join or link writes a record.
    TwoWriters {
        /// Its key.
        record: String,
        /// What writes it.
        writers: Vec<&'static str>,
    },
    /// A link's address is not `scheme://address`.
    LinkAddress {
        /// The record's key.
        record: String,
        /// The address.
        url: String,
    },
    /// No connector of this database has the link's scheme.
    UnknownScheme {
        /// The record's key.
        record: String,
        /// The scheme.
        scheme: String,
    },
    /// A connector could not open a link.
    Link {
        /// The record's key.
        record: String,
        /// What the connector says.
        message: String,
    },
    /// A contract could not be registered.
    Registry(RegistryError),
    /// No contract of that name is registered.
    UnknownSchema {
        /// The record's key.
        record: String,
        /// The name.
        schema: String,
        /// The names that are known, with commas.
        known: String,
    },
    /// More than [`RECORDS_MAX`] records.
    TooManyRecords,
    /// The database is closed: nothing is added to it any more, and nothing begins to read or write it.
    Closed,
    /// A record cannot be removed while others are derived from it.
    InUse {
        /// Its key.
        record: String,
        /// The keys of those that read it, each once.
        readers: Vec<String>,
    },
}

impl Problem {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => Code::KeyInvalid.as_str(),
            Self::DuplicateKey { .. } => Code::KeyTaken.as_str(),
            Self::MissingBuffer { .. } => Code::BufferMissing.as_str(),
            Self::Capacity { .. } => Code::CapacityInvalid.as_str(),
            Self::UnknownRecord { .. } => Code::RecordUnknown.as_str(),
            Self::UnknownInput { .. } => Code::InputUnknown.as_str(),
            Self::NoInputs { .. } => Code::InputsMissing.as_str(),
            Self::WrongType { .. } => Code::TypeMismatch.as_str(),
            Self::Cycle { .. } => Code::Cycle.as_str(),
            Self::MoreCycles { .. } => Code::CyclesUntold.as_str(),
            Self::TwoWriters { .. } => Code::TwoWriters.as_str(),
            Self::LinkAddress { .. } => Code::LinkAddressInvalid.as_str(),
            Self::UnknownScheme { .. } => Code::LinkSchemeUnknown.as_str(),
            Self::Link { .. } => Code::LinkFailed.as_str(),
            Self::Registry(error) => error.code(),
            Self::UnknownSchema { .. } => Code::SchemaUnknown.as_str(),
            Self::TooManyRecords => Code::TooManyRecords.as_str(),
            Self::Closed => Code::DatabaseClosed.as_str(),
            Self::InUse { .. } => Code::RecordInUse.as_str(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(out),
            Self::DuplicateKey { record } => {
                write!(
                    out,
                    "record '{record}' is configured twice: give one another key"
                )
            }
            Self::MissingBuffer { record } => {
                write!(
                    out,
                    "record '{record}' has no buffer: call buffer(…) when configuring it"
                )
            }
            Self::Capacity { record, error } => write!(out, "record '{record}': {error}"),
            Self::UnknownRecord { record } => write!(out, "record '{record}' is not configured"),
            Self::UnknownInput { record, input } => {
                write!(
                    out,
                    "record '{record}' reads '{input}', which is not configured"
                )
            }
            Self::NoInputs { record } => {
                write!(out, "record '{record}' is derived from no record: name one")
            }
            Self::WrongType {
                record,
                expected,
                found,
            } => {
                write!(
                    out,
                    "record '{record}' holds {found}, not {expected}: the contracts differ"
                )
            }
            Self::Cycle { path } => {
                out.write_str("records derive from each other in a circle: ")?;
                list(out, path, " -> ")
            }
            Self::MoreCycles { untold } => {
                write!(out, "{untold} more inputs close a circle: mend these first")
            }
            Self::TwoWriters { record, writers } => {
                write!(
                    out,
                    "record '{record}' has more than one writer: {}",
                    listed(writers)
                )
            }
            Self::LinkAddress { record, url } => {
                write!(
                    out,
                    "record '{record}': the link '{url}' is not scheme://address"
                )
            }
            Self::UnknownScheme { record, scheme } => write!(
                out,
                "record '{record}': no connector for '{scheme}' links: claim it with connector(…)"
            ),
            Self::Link { record, message } => write!(out, "record '{record}': {message}"),
            Self::Registry(error) => error.fmt(out),
            Self::UnknownSchema {
                record,
                schema,
                known,
            } => {
                write!(
                    out,
                    "record '{record}': no contract '{schema}'; there are {known}"
                )
            }
            Self::TooManyRecords => write!(out, "a database holds at most {RECORDS_MAX} records"),
            Self::Closed => out.write_str("the database is closed"),
            Self::InUse { record, readers } => {
                let told = &readers[..readers.len().min(READERS_TOLD)];
                write!(
                    out,
                    "record '{record}' cannot be removed before those that derive from it: "
                )?;
                list(out, told, ", ")?;
                match readers.len() - told.len() {
                    0 => Ok(()),
                    more => write!(out, " and {more} more"),
                }
            }
        }
    }
}

/// Keys one after the other. `join` would be a text in between, and once more the code for it.
fn list(out: &mut fmt::Formatter<'_>, keys: &[String], between: &str) -> fmt::Result {
    for (number, key) in keys.iter().enumerate() {
        if number > 0 {
            out.write_str(between)?;
        }
        out.write_str(key)?;
    }
    Ok(())
}

impl core::error::Error for Problem {}

/// A record is asked for with a contract that it does not have. Where the name is the same, all is told by
/// which contracts are told apart.
#[cold]
pub(crate) fn wrong_type(record: &str, expected: &Schema, found: &Schema) -> Problem {
    let told = |schema: &Schema| {
        let name = schema.name.to_string();
        if expected.name != found.name {
            return name;
        }
        let fingerprint = schema.fingerprint_text();
        alloc::format!(
            "{name} version {}, fingerprint {fingerprint}",
            schema.version
        )
    };
    Problem::WrongType {
        record: record.to_string(),
        expected: told(expected),
        found: told(found),
    }
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The problems, in the order of configuration; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for BuildError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                out.write_str("; ")?;
            }
            problem.fmt(out)?;
        }
        Ok(())
    }
}

impl core::error::Error for BuildError {}

/// Why a value was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The record's contract refuses it.
    Refused(Box<Violation>),
    /// The database is closed, or its last handle is gone; what was there can still be read.
    Closed {
        /// The record's key.
        record: Arc<str>,
    },
    /// The record was removed; who holds on to it reads what is there, and writes no more.
    Removed {
        /// The key that it had.
        record: Arc<str>,
    },
}

impl WriteError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => Code::ContractViolation.as_str(),
            Self::Closed { .. } => Code::DatabaseClosed.as_str(),
            Self::Removed { .. } => Code::RecordRemoved.as_str(),
        }
    }

    /// What the contract says, if it was that.
    pub fn violation(&self) -> Option<&Violation> {
        match self {
            Self::Refused(violation) => Some(violation),
            Self::Closed { .. } | Self::Removed { .. } => None,
        }
    }
}

impl From<Box<Violation>> for WriteError {
    fn from(violation: Box<Violation>) -> Self {
        Self::Refused(violation)
    }
}

impl From<Problem> for BuildError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: alloc::vec![problem],
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(violation) => violation.fmt(out),
            Self::Closed { record } => write!(
                out,
                "record '{record}': the database is closed: end what writes it"
            ),
            Self::Removed { record } => {
                write!(out, "record '{record}' was removed: end what writes it")
            }
        }
    }
}

impl core::error::Error for WriteError {}
