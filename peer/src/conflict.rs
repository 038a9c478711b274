//! Which of two writes to a record stays, where neither writer knew of the other.
//!
//! Guarantees: what is shown is known by what it is at the server, a value's number or a write of this client that may be there
//! by now, and a write that must find things unchanged says so of what its writer saw. Does not: judge; the server does.

use alloc::string::{String, ToString};

use aimdb_contracts::{Kind, Schema};
use aimdb_core::BufferConfig;
use aimdb_ws_bridge::{Condition, WriteId};

use crate::api::{Mirroring, Truth};
use crate::policy::{Conflict, ConflictError};

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Basis {
    /// The value of this number, of the instance that the session knows; 0: there was none yet.
    Value(u64),
    /// What was written under this number.
    Write(WriteId),
    /// Something that no server has.
    Nowhere,
}

impl Default for Basis {
    /// Nothing came yet.
    fn default() -> Self {
        Self::Value(0)
    }
}

impl Basis {
    /// What came with this number. Nobody can find again what came without one.
    pub(crate) fn of(seq: Option<u64>) -> Self {
        seq.filter(|seq| *seq > 0)
            .map_or(Self::Nowhere, Self::Value)
    }

    /// The numbers of values began anew.
    pub(crate) fn outlive_numbers(&mut self) {
        if matches!(self, Self::Value(1..)) {
            *self = Self::Nowhere;
        }
    }

    /// Another session has the record, with numbers and writes of its own.
    pub(crate) fn outlive_session(&mut self) {
        if *self != Self::default() {
            *self = Self::Nowhere;
        }
    }
}

impl Conflict {
    /// The condition of a write by somebody who saw this, of the values of a server's instance.
    pub(crate) fn condition(
        &self,
        seen: Basis,
        instance: Option<&str>,
    ) -> Option<Condition<'static>> {
        let (seq, server) = match (self, seen) {
            (Self::Last, _) => return None,
            (Self::IfNewer { field }, _) => {
                let field = field.clone().into();
                return Some(Condition::Newer { field });
            }
            (_, Basis::Write(id)) => return Some(Condition::Onto { id: id.0 }),
            (_, Basis::Value(0)) => (0, None),
            (_, Basis::Value(seq)) => (seq, instance),
            // No instance has this name.
            (_, Basis::Nowhere) => (0, Some("")),
        };
        let server = server.map(|server| String::from(server).into());
        Some(Condition::Base { seq, server })
    }
}
