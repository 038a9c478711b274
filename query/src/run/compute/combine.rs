//! One value of the values below it.

use super::call::call;
use crate::plan::Expr;
use crate::value::{Compare, Pattern, Value, compare, glob, invert, math, negate};

/// The value of an expression, given those of its children in their order.
pub(super) fn combine(expression: &Expr, values: &[Value]) -> Value {
    match (expression, values) {
        (Expr::Not(_), [one]) => truth(one.is_true().map(|is_true| !is_true)),
        (Expr::Negate(_), [one]) => negate(one),
        (Expr::Invert(_), [one]) => invert(one),
        (Expr::Cast(affinity, _), [one]) => affinity.cast(one),
        (Expr::Convert(affinity, _), [one]) => affinity.apply(one),
        (Expr::And(..), [left, right]) => truth(and(left.is_true(), right.is_true())),
        (Expr::Or(..), [left, right]) => {
            let not = |side: &Value| side.is_true().map(|is_true| !is_true);
            truth(and(not(left), not(right)).map(|neither| !neither))
        }
        (Expr::Compare(operator, ..), [left, right]) => compare(*operator, left, right),
        (Expr::Math(operator, ..), [left, right]) => math(*operator, left, right),
        (Expr::Concat(..), [left, right]) => match left.is_null() || right.is_null() {
            true => Value::Null,
            false => Value::text(&(left.as_text() + right.as_text())),
        },
        (Expr::In(..), [value, list @ ..]) => within(value, list),
        (Expr::Case(arms, _), _) => case(arms.len(), values),
        (Expr::Like { is_glob, .. }, [value, pattern, escape @ ..]) => {
            like(value, pattern, escape.first(), *is_glob)
        }
        (Expr::Call(function, _), _) => call(*function, values),
        _ => Value::Null,
    }
}

fn truth(is_true: Option<bool>) -> Value {
    is_true.map_or(Value::Null, Value::truth)
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn within(value: &Value, list: &[Value]) -> Value {
    if list.is_empty() {
        return Value::truth(false);
    }
    let mut is_known = true;
    for item in list {
        match compare(Compare::Equal, value, item).is_true() {
            Some(true) => return Value::truth(true),
            Some(false) => {}
            None => is_known = false,
        }
    }
    truth(is_known.then_some(false))
}

/// Conditions and results by turns, then what else.
fn case(arms: usize, values: &[Value]) -> Value {
    let chosen = values
        .chunks(2)
        .take(arms)
        .find(|arm| arm[0].is_true() == Some(true));
    let chosen = chosen
        .and_then(|arm| arm.get(1))
        .or_else(|| values.get(arms * 2));
    chosen.cloned().unwrap_or(Value::Null)
}

fn like(value: &Value, pattern: &Value, escape: Option<&Value>, is_glob: bool) -> Value {
    if value.is_null() || pattern.is_null() || escape.is_some_and(Value::is_null) {
        return Value::Null;
    }
    let (text, pattern) = (value.as_text(), pattern.as_text());
    if is_glob {
        return Value::truth(glob(&pattern, &text));
    }
    let escape = escape.and_then(|escape| escape.as_text().chars().next());
    Value::truth(Pattern::of_like(&pattern, escape).matches(&text))
}
