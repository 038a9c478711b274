//! Comparing and counting, by SQLite's rules.

use std::cmp::Ordering;

use super::Value;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `IS`: nothing equals nothing.
    Is,
    /// `IS NOT`
    IsNot,
}

impl Compare {
    /// Whether it holds of two sides that stand so.
    #[inline]
    pub(crate) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal | Self::Is => ordering.is_eq(),
            Self::NotEqual | Self::IsNot => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// Whether it knows nothing from nothing.
    pub(crate) fn is_total(self) -> bool {
        matches!(self, Self::Is | Self::IsNot)
    }

    /// The one that says the same with its sides exchanged.
    pub(crate) fn swapped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Is => "IS",
            Self::IsNot => "IS NOT",
        }
    }
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Math {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    ShiftLeft,
    ShiftRight,
}

impl Math {
    /// As it is written.
    #[must_use]
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::And => "&",
            Self::Or => "|",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
        }
    }

    /// The result, unless it leaves the integers.
    #[inline]
    pub(crate) fn integers(self, left: i64, right: i64) -> Option<i64> {
        match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide => left.checked_div(right),
            Self::Remainder => Some(left.checked_rem(right).unwrap_or(0)),
            Self::And => Some(left & right),
            Self::Or => Some(left | right),
            Self::ShiftLeft => Some(shift(left, right)),
            Self::ShiftRight => Some(shift(left, right.checked_neg().unwrap_or(i64::MAX))),
        }
    }

    #[inline]
    pub(crate) fn reals(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            _ => left / right,
        }
    }
}

/// To the left, or to the right by a negative number of bits.
fn shift(bits: i64, by: i64) -> i64 {
    match by {
        0..=63 => bits << by,
        64.. => 0,
        -63..=-1 => bits >> -by,
        _ => bits >> 63,
    }
}

/// The truth of a comparison, or nothing if a side is.
pub(crate) fn compare(operator: Compare, left: &Value, right: &Value) -> Value {
    if !operator.is_total() && (left.is_null() || right.is_null()) {
        return Value::Null;
    }
    Value::truth(operator.holds(left.order(right)))
}

/// The result of an operation, or nothing if a side is, or the right one is 0 where it divides.
pub(crate) fn math(operator: Math, left: &Value, right: &Value) -> Value {
    if left.is_null() || right.is_null() {
        return Value::Null;
    }
    if matches!(
        operator,
        Math::And | Math::Or | Math::ShiftLeft | Math::ShiftRight
    ) {
        let result = operator.integers(left.as_integer(), right.as_integer());
        return result.map_or(Value::Null, Value::Integer);
    }
    let (left_number, right_number) = (left.as_number(), right.as_number());
    if let (Value::Integer(left), Value::Integer(right)) = (&left_number, &right_number) {
        if *right == 0 && matches!(operator, Math::Divide | Math::Remainder) {
            return Value::Null;
        }
        if let Some(result) = operator.integers(*left, *right) {
            return Value::Integer(result);
        }
    } else if operator == Math::Remainder {
        let divisor = right.as_integer();
        return match divisor {
            0 => Value::Null,
            _ => Value::Real(left.as_integer().checked_rem(divisor).unwrap_or(0) as f64),
        };
    }
    let (left, right) = (left_number.as_real(), right_number.as_real());
    if operator == Math::Divide && right == 0.0 {
        return Value::Null;
    }
    Value::real(operator.reals(left, right))
}

/// `-value`.
pub(crate) fn negate(value: &Value) -> Value {
    math(Math::Subtract, &Value::Integer(0), value)
}

/// `~value`.
pub(crate) fn invert(value: &Value) -> Value {
    match value.is_null() {
        true => Value::Null,
        false => Value::Integer(!value.as_integer()),
    }
}
