//! Which of two writes to a record stays, where neither writer knew of the other.
//!
//! Guarantees: what is shown is known by what it is at the server, a value's number or a write of this client that may be there
//! by now, and a write that must find things unchanged says so of what its writer saw. Does not: judge; the server does.

use alloc::string::{String, ToString};
use core::fmt;

use aimdb_contracts::{Kind, Schema};
use aimdb_core::BufferConfig;
use aimdb_ws_bridge::{Condition, WriteId};

use crate::api::{Mirroring, Truth};

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

impl Mirroring {
    /// Whether its policy for conflicts does something.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self, schema: &Schema, buffer: BufferConfig) -> Result<(), ConflictError> {
        if self.conflict == Conflict::Last {
            return Ok(());
        }
        if !matches!(buffer, BufferConfig::SingleLatest) {
            return Err(ConflictError::Appends);
        }
        if self.truth == Truth::Local {
            return Err(ConflictError::Local);
        }
        let Conflict::IfNewer { field } = &self.conflict else {
            return Ok(());
        };
        let mut fields = schema.fields().iter();
        let found = fields.find(|known| known.name == *field);
        match found.map(|found| &found.of.kind) {
            None => Err(ConflictError::NoField {
                field: field.to_string(),
            }),
            Some(Kind::Unsigned { .. } | Kind::Signed { .. } | Kind::Float { .. } | Kind::Time) => {
                Ok(())
            }
            Some(_) => Err(ConflictError::NoTime {
                field: field.to_string(),
            }),
        }
    }
}

/// What the value that a record shows, or goes back to, is at the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Basis(Condition<'static>);

impl Default for Basis {
    /// Nothing came yet.
    fn default() -> Self {
        Self(Condition::Base {
            seq: 0,
            server: None,
        })
    }
}

impl Basis {
    /// The value of this number, of a server's instance. Nobody has one that has no number.
    pub(crate) fn value(seq: Option<u64>, server: Option<&str>) -> Self {
        let known = seq.zip(server);
        let (seq, server) = known.unwrap_or((0, ""));
        let server = Some(String::from(server).into());
        Self(Condition::Base { seq, server })
    }

    /// What was written under this number.
    pub(crate) fn write(id: WriteId) -> Self {
        Self(Condition::Onto { id: id.0 })
    }

    /// Something that no server has.
    pub(crate) fn nowhere() -> Self {
        Self::value(None, None)
    }

    /// Whether it is the value of this number, as far as numbers tell.
    pub(crate) fn is(&self, seq: Option<u64>) -> bool {
        matches!(&self.0, Condition::Base { seq: of, .. } if *of > 0 && Some(*of) == seq)
    }

    /// The numbers of values began anew.
    pub(crate) fn outlive_numbers(&mut self) {
        if matches!(self.0, Condition::Base { seq: 1.., .. }) {
            *self = Self::nowhere();
        }
    }

    /// Another session has the record, with writes of its own.
    pub(crate) fn outlive_session(&mut self) {
        if matches!(self.0, Condition::Onto { .. }) {
            *self = Self::nowhere();
        }
    }
}

impl Conflict {
    /// The condition of a write by somebody who saw this.
    pub(crate) fn condition(&self, seen: &Basis) -> Option<Condition<'static>> {
        match self {
            Self::Last => None,
            Self::IfNewer { field } => Some(Condition::Newer {
                field: field.clone().into(),
            }),
            Self::IfUnchanged => Some(seen.0.clone()),
        }
    }
}
