//! What an application may say of writes that are made at once, and why it cannot.

use alloc::string::String;
use core::fmt;

/// Which write stays, where two were made at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// The one that comes last.
    #[default]
    Last,
    /// The one with the later time. The server refuses a time that is beyond its own clock.
    IfNewer {
        /// The field that has it, in Unix milliseconds.
        field: String,
    },
    /// The first: the server takes a write only over the value that its writer saw.
    IfUnchanged,
}

/// Why a policy would do nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictError {
    /// A ring and a mailbox keep one value beside the other, so none is in conflict.
    Appends,
    /// The record never leaves this side.
    Local,
    /// The contract has no such field.
    NoField {
        /// The field.
        field: String,
    },
    /// The field is neither a number nor a time.
    NoTime {
        /// The field.
        field: String,
    },
}

impl fmt::Display for ConflictError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appends => out.write_str(
                "conflict does nothing for a ring or a mailbox, which keep each value: leave it out",
            ),
            Self::Local => out.write_str(
                "conflict does nothing for a record that is local: leave it out, or let it follow a server",
            ),
            Self::NoField { field } => write!(
                out,
                "conflict.ifNewer: the contract has no field '{field}'; name one that has the time"
            ),
            Self::NoTime { field } => write!(
                out,
                "conflict.ifNewer: the field '{field}' is neither a number nor a time"
            ),
        }
    }
}

impl core::error::Error for ConflictError {}
