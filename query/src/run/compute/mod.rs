//! Computes expressions, a batch at a time.

mod call;
mod combine;
mod computed;
mod fast;
mod select;

use std::sync::Arc;

use crate::column::{Batch, Builder};
use crate::plan::Expr;
use crate::value::Value;

use combine::combine;
pub(crate) use computed::{Computed, Env};
pub(crate) use select::select;

/// The value of an expression whose parts are literals.
pub(crate) fn constant(expression: &Expr) -> Value {
    row_value(expression, &Batch::new(Vec::new(), 1), 0, &Env::default())
}

/// The value in one row.
pub(crate) fn row_value(expression: &Expr, batch: &Batch, row: usize, env: &Env) -> Value {
    match leaf(expression, batch, env) {
        Some(leaf) => leaf.get(row),
        None => {
            let children = expression.children();
            let values: Vec<Value> = children
                .into_iter()
                .map(|child| row_value(child, batch, row, env))
                .collect();
            combine(expression, &values)
        }
    }
}

/// The values in all rows.
pub(crate) fn compute(expression: &Expr, batch: &Batch, env: &Env) -> Computed {
    if let Some(leaf) = leaf(expression, batch, env) {
        return leaf;
    }
    let parts: Vec<Computed> = expression
        .children()
        .into_iter()
        .map(|child| compute(child, batch, env))
        .collect();
    if let Some(fast) = fast::fast(expression, &parts, batch.rows) {
        return Computed::Column(Arc::new(fast));
    }
    let mut values: Vec<Value> = Vec::with_capacity(parts.len());
    if parts
        .iter()
        .all(|part| matches!(part, Computed::Constant(_)))
    {
        values.extend(parts.iter().map(|part| part.get(0)));
        return Computed::Constant(combine(expression, &values));
    }
    let mut builder = Builder::default();
    for row in 0..batch.rows {
        values.clear();
        values.extend(parts.iter().map(|part| part.get(row)));
        builder.push(&combine(expression, &values));
    }
    Computed::Column(Arc::new(builder.finish()))
}

fn leaf(expression: &Expr, batch: &Batch, env: &Env) -> Option<Computed> {
    let given = |values: &[Value], at: usize| values.get(at).cloned().unwrap_or(Value::Null);
    match expression {
        Expr::Literal(value) => Some(Computed::Constant(value.clone())),
        Expr::Column(at) => Some(match batch.columns.get(*at) {
            Some(column) => Computed::Column(column.clone()),
            None => Computed::Constant(Value::Null),
        }),
        Expr::Parameter(at) => Some(Computed::Constant(given(&env.parameters, *at))),
        Expr::Outer(at) => Some(Computed::Constant(given(&env.outer, *at))),
        // Settled by the binder.
        Expr::Applied(_) => Some(Computed::Constant(Value::Null)),
        _ => None,
    }
}
