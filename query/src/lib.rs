//! SELECT over tables that live where the query runs: a tab's records and maps, or a server's history.
//!
//! A text is read, bound to the tables of a [`Catalog`], made into a plan, and run over columns in steps whose size the
//! caller chooses. The crate guarantees that any text is run or refused with its place and never a panic; that what a
//! query holds is bounded in bytes; and that what it runs means what it means in SQLite, but for the differences that
//! docs/query.md lists. It does no I/O and reads no clock, and nothing it runs writes.
//!
//! ```
//! use aimdb_query::{Column, ColumnType, MemoryCatalog, MemoryTable, Query, RunOptions, Value};
//!
//! let columns = vec![Column::new("room", ColumnType::Text), Column::new("celsius", ColumnType::Real)];
//! let row = |room, celsius| vec![Value::text(room), Value::Real(celsius)];
//! let mut catalog = MemoryCatalog::default();
//! catalog.insert("temperature", MemoryTable::new(columns, &[row("hall", 19.0), row("hall", 21.0)])?);
//!
//! let query = Query::new("SELECT room, avg(celsius) FROM temperature WHERE celsius > ? GROUP BY room", &catalog)?;
//! let options = RunOptions { parameters: vec![Value::Integer(0)], ..RunOptions::default() };
//! assert_eq!(query.rows(options)?, [[Value::text("hall"), Value::Real(20.0)]]);
//!
//! let error = Query::new("SELECT celsus FROM temperature", &catalog).err();
//! assert_eq!(
//!     error.map(|error| error.to_string()).as_deref(),
//!     Some("line 1, column 8, at `celsus`: there is no column celsus; the nearest column is celsius"),
//! );
//! # Ok::<(), aimdb_query::QueryError>(())
//! ```
#![forbid(unsafe_code)]

// From the lowest to the highest, each using only those before it: code, error, limits, value, text, column, source,
// plan and run (which a plan's constants are folded by), bind, query.
mod bind;
mod code;
mod column;
mod error;
pub mod limits;
mod live;
mod plan;
mod query;
mod run;
mod source;
mod text;
mod value;

pub use code::Code;
pub use column::{Batch, Builder, Vector};
pub use error::{PIECE_CHARACTERS_MAX, Place, QueryError, Result, Span};
pub use live::{Delta, Live};
pub use plan::Explained;
pub use query::{Progress, Query, ResultColumn, Run, RunOptions};
pub use source::{
    Catalog, Column, Cursor, MemoryCatalog, MemoryTable, Pushed, Request, Source, Statistics,
};
pub use value::{ColumnType, Compare, Value};

/// Runs the Rust of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../docs/query.md")]
struct Documentation;
