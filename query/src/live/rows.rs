//! Rows that come and go, and expressions over one of them.

use super::change::Row;
use crate::column::Batch;
use crate::plan::Expr;
use crate::run::{Env, row_value};

/// Rows that came, with how often; less than nothing is gone.
pub(super) type Rows = Vec<(Row, i64)>;

/// Values of expressions over a row.
pub(super) fn values(expressions: &[Expr], row: Row, env: &Env) -> Row {
    let batch = Batch::of_rows(row.len(), &[row]);
    expressions
        .iter()
        .map(|expression| row_value(expression, &batch, 0, env))
        .collect()
}

pub(super) fn holds(condition: &Expr, row: &Row, env: &Env) -> bool {
    let batch = Batch::of_rows(row.len(), std::slice::from_ref(row));
    row_value(condition, &batch, 0, env).is_true() == Some(true)
}
