//! Typed loops for what queries do most: comparing and counting columns of numbers.

use super::computed::Computed;
use crate::column::{Bits, Data, Vector};
use crate::plan::Expr;
use crate::value::{Compare, Math, Value};

/// The column, if there is a loop for these parts.
pub(super) fn fast(expression: &Expr, parts: &[Computed], rows: usize) -> Option<Vector> {
    let [left, right] = parts else {
        return None;
    };
    match expression {
        Expr::Compare(operator, ..) if !operator.is_total() => {
            comparison(*operator, left, right, rows)
        }
        Expr::Math(operator @ (Math::Add | Math::Subtract | Math::Multiply), ..) => {
            math(*operator, left, right, rows)
        }
        _ => None,
    }
}

/// Numbers of a side: one for all rows, or one for each.
enum Side<'a, T> {
    One(T),
    Each(&'a [T]),
}

impl<T: Copy> Side<'_, T> {
    #[inline]
    fn get(&self, row: usize) -> T {
        match self {
            Self::One(one) => *one,
            Self::Each(all) => all[row],
        }
    }
}

fn integers(side: &Computed) -> Option<Side<'_, i64>> {
    match side {
        Computed::Constant(Value::Integer(one)) => Some(Side::One(*one)),
        Computed::Column(column) => match &column.data {
            Data::Integer(all) => Some(Side::Each(all)),
            _ => None,
        },
        Computed::Constant(_) => None,
    }
}

fn reals(side: &Computed) -> Option<Side<'_, f64>> {
    match side {
        Computed::Constant(Value::Real(one)) => Some(Side::One(*one)),
        // Exact, so that it compares as the integer would.
        Computed::Constant(Value::Integer(one)) if one.unsigned_abs() < 1 << 53 => {
            Some(Side::One(*one as f64))
        }
        Computed::Column(column) => match &column.data {
            Data::Real(all) => Some(Side::Each(all)),
            _ => None,
        },
        Computed::Constant(_) => None,
    }
}

fn valid(left: &Computed, right: &Computed) -> Option<Bits> {
    let bits = |side: &'_ Computed| match side {
        Computed::Column(column) => column.valid.clone(),
        Computed::Constant(_) => None,
    };
    Bits::both(bits(left).as_ref(), bits(right).as_ref())
}

fn comparison(operator: Compare, left: &Computed, right: &Computed, rows: usize) -> Option<Vector> {
    let truths: Vec<i64> = if let (Some(l), Some(r)) = (integers(left), integers(right)) {
        (0..rows)
            .map(|row| i64::from(operator.holds(l.get(row).cmp(&r.get(row)))))
            .collect()
    } else {
        let (l, r) = (reals(left)?, reals(right)?);
        let holds = |row| {
            l.get(row)
                .partial_cmp(&r.get(row))
                .is_some_and(|order| operator.holds(order))
        };
        (0..rows).map(|row| i64::from(holds(row))).collect()
    };
    Some(Vector {
        data: Data::Integer(truths),
        valid: valid(left, right),
    })
}

/// None where a result leaves the integers: then the slow way makes it real.
fn math(operator: Math, left: &Computed, right: &Computed, rows: usize) -> Option<Vector> {
    let valid = valid(left, right);
    if let (Some(l), Some(r)) = (integers(left), integers(right)) {
        let results: Option<Vec<i64>> = (0..rows)
            .map(|row| operator.integers(l.get(row), r.get(row)))
            .collect();
        return Some(Vector {
            data: Data::Integer(results?),
            valid,
        });
    }
    let (l, r) = (reals(left)?, reals(right)?);
    let results: Vec<f64> = (0..rows)
        .map(|row| operator.reals(l.get(row), r.get(row)))
        .collect();
    // Infinities may make NaN, which is no value.
    if results.iter().any(|result| result.is_nan()) {
        return None;
    }
    Some(Vector {
        data: Data::Real(results),
        valid,
    })
}
