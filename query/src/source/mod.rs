//! What tables are: a schema, statistics, and rows in batches.

mod memory;

use std::sync::Arc;

use crate::column::Batch;
use crate::error::Result;
use crate::value::{ColumnType, Compare, Value};

pub use memory::{MemoryCatalog, MemoryTable};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; letters of ASCII are the same in either case.
    pub name: String,
    /// What it holds.
    pub kind: ColumnType,
}

impl Column {
    /// A column.
    #[must_use]
    pub fn new(name: &str, kind: ColumnType) -> Self {
        Self {
            name: name.into(),
            kind,
        }
    }
}

/// What the plan knows before it reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Rows, more or less.
    pub rows: usize,
}

/// A condition that a source may use to read less. The query tests all rows again.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// The column's number in the table.
    pub column: usize,
    /// How it compares.
    pub compare: Compare,
    /// With what.
    pub value: Value,
}

/// What is read of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The columns of the batches, by their numbers in the table.
    pub columns: Vec<usize>,
    /// Rows for which one of them does not hold may be left out.
    pub pushed: Vec<Pushed>,
}

/// A table.
pub trait Source {
    /// Its columns, which do not change while a query runs.
    fn columns(&self) -> &[Column];

    /// What is known before it is read.
    fn statistics(&self) -> Statistics {
        Statistics::default()
    }

    /// Begins to read. The rows are those of this moment.
    ///
    /// # Errors
    ///
    /// [`SOURCE_FAILED`](crate::Code::SourceFailed).
    fn scan(&self, request: &Request) -> Result<Box<dyn Cursor>>;
}

/// A table that is being read.
pub trait Cursor {
    /// Some rows more, or none when all were read.
    ///
    /// # Errors
    ///
    /// [`SOURCE_FAILED`](crate::Code::SourceFailed).
    fn next(&mut self) -> Result<Option<Batch>>;
}

/// The tables that a query may name.
pub trait Catalog {
    /// The table of a name.
    fn table(&self, name: &str) -> Option<Arc<dyn Source>>;

    /// All names, for the message when one is not found.
    fn names(&self) -> Vec<String>;
}
