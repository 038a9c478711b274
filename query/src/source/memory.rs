//! Tables in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Catalog, Column, Cursor, Request, Source, Statistics};
use crate::code::Code;
use crate::column::Batch;
use crate::error::{QueryError, Result};
use crate::limits::{BATCH_ROWS, COLUMNS_MAX};
use crate::value::{Compare, Value};

/// Batches and rows by keys.
type Index = HashMap<Vec<u8>, Vec<(u32, u32)>>;

/// A table of rows that do not change.
#[derive(Clone, Debug)]
pub struct MemoryTable {
    columns: Vec<Column>,
    batches: Vec<Batch>,
    rows: usize,
    /// The rows by the values of a column.
    index: Option<(usize, Index)>,
}

impl MemoryTable {
    /// A table of rows, each of which has a value for each column.
    ///
    /// # Errors
    ///
    /// [`SOURCE_FAILED`](Code::SourceFailed) if a row has another length; [`QUERY_TOO_LARGE`](Code::QueryTooLarge) if
    /// there are more than [`COLUMNS_MAX`] columns.
    pub fn new(columns: Vec<Column>, rows: &[Vec<Value>]) -> Result<Self> {
        if columns.len() > COLUMNS_MAX {
            let message = format!("a table has at most {COLUMNS_MAX} columns");
            return Err(QueryError::new(Code::QueryTooLarge, message));
        }
        if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
            let message = format!(
                "a row has {} values for {} columns",
                row.len(),
                columns.len()
            );
            return Err(QueryError::new(Code::SourceFailed, message));
        }
        let batches = rows
            .chunks(BATCH_ROWS)
            .map(|rows| Batch::of_rows(columns.len(), rows));
        Ok(Self {
            batches: batches.collect(),
            rows: rows.len(),
            columns,
            index: None,
        })
    }

    /// The same table, whose rows are found by the values of a column without reading all.
    #[must_use]
    pub fn with_index(mut self, column: usize) -> Self {
        let mut index = Index::new();
        for (number, batch) in self.batches.iter().enumerate() {
            for row in 0..batch.rows {
                let mut key = Vec::new();
                batch.columns[column].write_key(row, &mut key);
                index
                    .entry(key)
                    .or_default()
                    .push((number as u32, row as u32));
            }
        }
        self.index = Some((column, index));
        self
    }

    /// The rows that the index finds, if it can answer.
    fn find(&self, request: &Request) -> Option<Vec<Batch>> {
        let (column, index) = self.index.as_ref()?;
        let pushed = request.pushed.iter().find(|pushed| {
            pushed.column == *column && matches!(pushed.compare, Compare::Equal | Compare::Is)
        })?;
        let mut key = Vec::new();
        pushed.value.write_key(&mut key);
        let found = index.get(&key).map_or(&[][..], Vec::as_slice);
        let chosen = found
            .iter()
            .map(|(batch, row)| self.batches[*batch as usize].gather(&[*row]));
        Some(chosen.collect())
    }
}

impl Source for MemoryTable {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn statistics(&self) -> Statistics {
        Statistics { rows: self.rows }
    }

    fn scan(&self, request: &Request) -> Result<Box<dyn Cursor>> {
        let chosen = |batch: &Batch| {
            let columns = request.columns.iter().map(|at| batch.columns[*at].clone());
            Batch::new(columns.collect(), batch.rows)
        };
        let batches: Vec<Batch> = match self.find(request) {
            Some(found) => found.iter().map(chosen).collect(),
            None => self.batches.iter().map(chosen).collect(),
        };
        Ok(Box::new(Reading {
            batches: batches.into_iter(),
        }))
    }
}

struct Reading {
    batches: std::vec::IntoIter<Batch>,
}

impl Cursor for Reading {
    fn next(&mut self) -> Result<Option<Batch>> {
        Ok(self.batches.next())
    }
}

/// Tables by their names.
#[derive(Clone, Default)]
pub struct MemoryCatalog {
    tables: Vec<(String, Arc<dyn Source>)>,
}

impl MemoryCatalog {
    /// Adds a table, in the place of one with the same name.
    pub fn insert(&mut self, name: &str, table: impl Source + 'static) {
        self.tables
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.tables.push((name.into(), Arc::new(table)));
    }
}

impl Catalog for MemoryCatalog {
    fn table(&self, name: &str) -> Option<Arc<dyn Source>> {
        let found = self
            .tables
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, table)| table.clone())
    }

    fn names(&self) -> Vec<String> {
        self.tables.iter().map(|(name, _)| name.clone()).collect()
    }
}
