//! What comes of an expression, and what it reads besides rows.

use std::sync::Arc;

use crate::column::Vector;
use crate::value::Value;

/// What an expression reads besides its row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    pub(crate) parameters: Arc<[Value]>,
    /// Of the row around a subquery.
    pub(crate) outer: Arc<[Value]>,
}

/// A column, or what is the same in each row.
#[derive(Clone, Debug)]
pub(crate) enum Computed {
    Constant(Value),
    Column(Arc<Vector>),
}

impl Computed {
    pub(crate) fn get(&self, row: usize) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Column(column) => column.get(row),
        }
    }

    pub(crate) fn into_column(self, rows: usize) -> Arc<Vector> {
        match self {
            Self::Constant(value) => Arc::new(Vector::repeat(&value, rows)),
            Self::Column(column) => column,
        }
    }
}
