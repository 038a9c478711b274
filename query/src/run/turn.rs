//! What a turn may still do: rows, bytes, and whether anybody still wants it.

use crate::code::Code;
use crate::error::{QueryError, Result};

/// The budget of one turn, and the memory of the whole run.
#[derive(Debug)]
pub(crate) struct Turn {
    budget: usize,
    bytes: usize,
    bytes_max: usize,
}

impl Turn {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            budget: 0,
            bytes: 0,
            bytes_max,
        }
    }

    /// Begins a turn of so many rows.
    pub(crate) fn begin(&mut self, rows: usize) {
        self.budget = rows;
    }

    /// Whether a step should hand back control before it goes on.
    pub(crate) fn is_over(&self) -> bool {
        self.budget == 0
    }

    pub(crate) fn spend(&mut self, rows: usize) {
        self.budget = self.budget.saturating_sub(rows.max(1));
    }

    /// Takes room for what a step keeps.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= self.bytes_max {
            return Ok(());
        }
        let message = format!(
            "the query would hold {} bytes, of at most {}: filter more, or give it more memory",
            self.bytes, self.bytes_max
        );
        Err(QueryError::new(Code::MemoryExceeded, message))
    }

    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    pub(crate) fn held(&self) -> usize {
        self.bytes
    }

    pub(crate) fn back_to(&mut self, bytes: usize) {
        self.bytes = bytes;
    }
}
