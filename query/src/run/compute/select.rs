//! The rows for which conditions hold.

use super::compute;
use super::computed::{Computed, Env};
use crate::column::{Batch, Data, Vector};
use crate::plan::Expr;
use crate::value::{Compare, Pattern, Value};

/// The numbers of the rows for which a condition holds, in their order.
pub(crate) fn select(condition: &Expr, batch: &Batch, env: &Env) -> Vec<u32> {
    match condition {
        Expr::And(left, right) => {
            let left = select(left, batch, env);
            match left.is_empty() {
                true => left,
                false => both(&left, &select(right, batch, env)),
            }
        }
        Expr::Compare(operator, left, right) if !operator.is_total() => {
            let (left, right) = (compute(left, batch, env), compute(right, batch, env));
            match (&left, &right) {
                (Computed::Column(column), Computed::Constant(value)) => {
                    compared(column, *operator, value)
                }
                (Computed::Constant(value), Computed::Column(column)) => {
                    compared(column, operator.swapped(), value)
                }
                _ => None,
            }
            .unwrap_or_else(|| by_value(condition, batch, env))
        }
        Expr::Like {
            value,
            pattern,
            escape: None,
            is_glob: false,
        } => {
            let (value, pattern) = (compute(value, batch, env), compute(pattern, batch, env));
            match (&value, &pattern) {
                (Computed::Column(column), Computed::Constant(Value::Text(pattern))) => {
                    like(column, pattern)
                }
                _ => None,
            }
            .unwrap_or_else(|| by_value(condition, batch, env))
        }
        _ => by_value(condition, batch, env),
    }
}

fn by_value(condition: &Expr, batch: &Batch, env: &Env) -> Vec<u32> {
    let computed = compute(condition, batch, env);
    let rows = batch.rows as u32;
    match &computed {
        Computed::Constant(value) => match value.is_true() {
            Some(true) => (0..rows).collect(),
            _ => Vec::new(),
        },
        Computed::Column(column) => match &column.data {
            Data::Integer(truths) => chosen(column, rows, |row| truths[row] != 0),
            _ => (0..rows)
                .filter(|row| column.get(*row as usize).is_true() == Some(true))
                .collect(),
        },
    }
}

fn chosen(column: &Vector, rows: u32, holds: impl Fn(usize) -> bool) -> Vec<u32> {
    match &column.valid {
        None => (0..rows).filter(|row| holds(*row as usize)).collect(),
        Some(bits) => (0..rows)
            .filter(|row| bits.get(*row as usize) && holds(*row as usize))
            .collect(),
    }
}

fn compared(column: &Vector, operator: Compare, value: &Value) -> Option<Vec<u32>> {
    let rows = column.len() as u32;
    Some(match (&column.data, value) {
        (_, Value::Null) => Vec::new(),
        (Data::Integer(all), Value::Integer(one)) => {
            chosen(column, rows, |row| operator.holds(all[row].cmp(one)))
        }
        (Data::Real(all), Value::Real(_) | Value::Integer(_)) => {
            let one = match value {
                Value::Integer(one) if one.unsigned_abs() >= 1 << 53 => return None,
                other => other.as_real(),
            };
            chosen(column, rows, |row| {
                all[row]
                    .partial_cmp(&one)
                    .is_some_and(|order| operator.holds(order))
            })
        }
        (Data::Text(all), Value::Text(one)) => chosen(column, rows, |row| {
            operator.holds(all.get(row).as_bytes().cmp(one.as_bytes()))
        }),
        _ => return None,
    })
}

fn like(column: &Vector, pattern: &str) -> Option<Vec<u32>> {
    let Data::Text(texts) = &column.data else {
        return None;
    };
    let pattern = Pattern::of_like(pattern, None);
    Some(chosen(column, column.len() as u32, |row| {
        pattern.matches(texts.get(row))
    }))
}

/// What two ascending lists have in common.
fn both(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut rest = right.iter().peekable();
    let is_in = |row: &u32| {
        while rest.next_if(|other| *other < row).is_some() {}
        rest.peek().is_some_and(|other| *other == row)
    };
    let mut is_in = is_in;
    left.iter().copied().filter(|row| is_in(row)).collect()
}
