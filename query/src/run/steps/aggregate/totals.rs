//! What an aggregate has come to.

use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::plan::Aggregate;
use crate::value::{Affinity, Compare, Value};

/// What an aggregate has come to in a group.
#[derive(Clone, Debug)]
pub(crate) enum Accumulator {
    Count(i64),
    Sum(Totals, Aggregate),
    Extreme(Option<Value>, Compare),
    Concat(Option<String>),
}

/// Integers exactly, reals with what rounding took from them (Neumaier's sum).
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    count: u64,
    integers: i128,
    reals: f64,
    lost: f64,
    has_real: bool,
}

impl Totals {
    fn add_integer(&mut self, integer: i64) {
        self.count += 1;
        self.integers += i128::from(integer);
    }

    fn add_real(&mut self, real: f64) {
        self.count += 1;
        self.has_real = true;
        let sum = self.reals + real;
        self.lost += match self.reals.abs() >= real.abs() {
            true => (self.reals - sum) + real,
            false => (real - sum) + self.reals,
        };
        self.reals = sum;
    }

    fn real(&self) -> f64 {
        let lost = if self.lost.is_finite() {
            self.lost
        } else {
            0.0
        };
        self.integers as f64 + (self.reals + lost)
    }

    fn value(&self, function: Aggregate) -> Result<Value> {
        match (function, self.count) {
            (Aggregate::Total, _) => Ok(Value::real(self.real())),
            (_, 0) => Ok(Value::Null),
            (Aggregate::Average, count) => Ok(Value::real(self.real() / count as f64)),
            _ if self.has_real => Ok(Value::real(self.real())),
            _ => i64::try_from(self.integers)
                .map(Value::Integer)
                .map_err(|_| {
                    let message = "sum() of integers left the range of 64 bits: use total()";
                    QueryError::new(Code::IntegerOverflow, message)
                }),
        }
    }
}

impl Accumulator {
    pub(crate) fn new(function: Aggregate) -> Self {
        match function {
            Aggregate::Count => Self::Count(0),
            Aggregate::Sum | Aggregate::Total | Aggregate::Average => {
                Self::Sum(Totals::default(), function)
            }
            Aggregate::Min => Self::Extreme(None, Compare::Less),
            Aggregate::Max => Self::Extreme(None, Compare::Greater),
            Aggregate::GroupConcat => Self::Concat(None),
        }
    }

    #[inline]
    pub(crate) fn count_row(&mut self) {
        if let Self::Count(count) = self {
            *count += 1;
        }
    }

    #[inline]
    pub(crate) fn add_integer(&mut self, integer: i64) {
        if let Self::Sum(totals, _) = self {
            totals.add_integer(integer);
        }
    }

    /// Adds the sum of some integers at once.
    pub(crate) fn add_integers(&mut self, sum: i128, count: u64) {
        if let Self::Sum(totals, _) = self {
            totals.count += count;
            totals.integers += sum;
        }
    }

    #[inline]
    pub(crate) fn add_real(&mut self, real: f64) {
        if let Self::Sum(totals, _) = self {
            totals.add_real(real);
        }
    }

    /// Adds a value that is there, and says how many bytes more are held.
    pub(crate) fn add(&mut self, value: &Value, separator: Option<&Value>) -> usize {
        match self {
            Self::Count(count) => *count += 1,
            Self::Sum(totals, _) => match Affinity::Numeric.apply(value) {
                Value::Integer(integer) => totals.add_integer(integer),
                other => totals.add_real(other.as_real()),
            },
            Self::Extreme(kept, wanted) => {
                if kept
                    .as_ref()
                    .is_none_or(|kept| wanted.holds(value.order(kept)))
                {
                    let before = kept.as_ref().map_or(0, Value::bytes);
                    *kept = Some(value.clone());
                    return value.bytes().saturating_sub(before);
                }
            }
            Self::Concat(text) => {
                let piece = value.as_text();
                let Some(text) = text else {
                    *text = Some(piece.into_owned());
                    return value.bytes();
                };
                let before = text.len();
                text.push_str(&separator.map_or(",".into(), Value::as_text));
                text.push_str(&piece);
                return text.len() - before;
            }
        }
        0
    }

    pub(crate) fn value(&self) -> Result<Value> {
        Ok(match self {
            Self::Count(count) => Value::Integer(*count),
            Self::Sum(totals, function) => return totals.value(*function),
            Self::Extreme(kept, _) => kept.clone().unwrap_or(Value::Null),
            Self::Concat(text) => text.as_deref().map_or(Value::Null, Value::text),
        })
    }
}
