//! Some rows, as columns.

use std::sync::Arc;

use super::Vector;
use crate::value::Value;

/// Some rows, as columns that other batches may share.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(crate) columns: Vec<Arc<Vector>>,
    pub(crate) rows: usize,
}

impl Batch {
    /// Of columns of one length; there may be none of them.
    #[must_use]
    pub fn new(columns: Vec<Arc<Vector>>, rows: usize) -> Self {
        Self { columns, rows }
    }

    /// Of rows.
    #[must_use]
    pub fn of_rows(width: usize, rows: &[Vec<Value>]) -> Self {
        let column = |at: usize| {
            let values = rows
                .iter()
                .map(|row| row.get(at).cloned().unwrap_or(Value::Null));
            Arc::new(Vector::of(values))
        };
        Self {
            columns: (0..width).map(column).collect(),
            rows: rows.len(),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// A column, from 0.
    #[must_use]
    pub fn column(&self, at: usize) -> Option<&Vector> {
        self.columns.get(at).map(|column| &**column)
    }

    /// A row, from 0.
    #[must_use]
    pub fn row(&self, at: usize) -> Vec<Value> {
        self.columns.iter().map(|column| column.get(at)).collect()
    }

    pub(crate) fn gather(&self, rows: &[u32]) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|column| Arc::new(column.gather(rows)));
        Self {
            columns: columns.collect(),
            rows: rows.len(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.columns
            .iter()
            .map(|column| column.bytes())
            .sum::<usize>()
            + size_of::<Self>()
    }

    /// Rows from one number on, at most so many.
    pub(crate) fn slice(&self, from: usize, count: usize) -> Self {
        let end = self.rows.min(from.saturating_add(count));
        if from == 0 && end == self.rows {
            return self.clone();
        }
        let rows: Vec<u32> = (from.min(end) as u32..end as u32).collect();
        self.gather(&rows)
    }
}
