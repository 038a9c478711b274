//! The steps of a plan.

use std::sync::Arc;

use super::{Aggregate, Expr, JoinKind, SetOperator};
use crate::source::{Pushed, Source};

/// A step, with those that feed it.
#[derive(Clone)]
pub(crate) enum Plan {
    /// One row without columns.
    One,
    Scan(ScanPlan),
    Filter(Box<Plan>, Expr),
    Project(Box<Plan>, Vec<Expr>),
    Join(Box<JoinPlan>),
    /// Keys, then results.
    Aggregate(Box<Plan>, Vec<Expr>, Vec<AggregateCall>),
    Distinct(Box<Plan>),
    Set(SetOperator, Box<Plan>, Box<Plan>),
    /// Ordered by columns; only the first rows, if a limit and an offset above say so.
    Sort(Box<Plan>, Vec<SortKey>, Option<(Expr, Option<Expr>)>),
    Limit(Box<Plan>, Option<Expr>, Option<Expr>),
    /// Appends a column: the result of a subquery for each row.
    Apply {
        input: Box<Plan>,
        query: Box<Plan>,
        outer: Vec<Expr>,
        kind: ApplyKind,
    },
}

#[derive(Clone)]
pub(crate) struct ScanPlan {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) table: String,
    /// By their numbers in the table.
    pub(crate) columns: Vec<usize>,
    /// Over the chosen columns; all must hold.
    pub(crate) filters: Vec<Expr>,
}

#[derive(Clone)]
pub(crate) struct JoinPlan {
    pub(crate) kind: JoinKind,
    pub(crate) left: Plan,
    pub(crate) right: Plan,
    /// What must be equal on the left and on the right, each over its own columns.
    pub(crate) keys: Vec<(Expr, Expr)>,
    /// What else must hold, over the columns of both.
    pub(crate) rest: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AggregateCall {
    pub(crate) function: Aggregate,
    /// None counts rows.
    pub(crate) argument: Option<Expr>,
    pub(crate) separator: Option<Expr>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SortKey {
    pub(crate) column: usize,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// What becomes of a subquery's rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ApplyKind {
    /// The first column of the first one.
    Scalar,
    /// Whether there is one.
    Exists,
    /// Whether the value is the first column of one.
    In(Expr),
}

impl Plan {
    /// Columns of its rows.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::One => 0,
            Self::Scan(scan) => scan.columns.len(),
            Self::Filter(input, _)
            | Self::Distinct(input)
            | Self::Sort(input, ..)
            | Self::Limit(input, ..) => input.width(),
            Self::Project(_, expressions) => expressions.len(),
            Self::Join(join) => join.left.width() + join.right.width(),
            Self::Aggregate(_, keys, calls) => keys.len() + calls.len(),
            Self::Set(_, left, _) => left.width(),
            Self::Apply { input, .. } => input.width() + 1,
        }
    }

    /// The steps right below it; of a subquery the query comes last.
    pub(crate) fn inputs(&self) -> Vec<&Plan> {
        match self {
            Self::One | Self::Scan(_) => Vec::new(),
            Self::Filter(input, _)
            | Self::Project(input, _)
            | Self::Aggregate(input, ..)
            | Self::Distinct(input)
            | Self::Sort(input, ..)
            | Self::Limit(input, ..) => vec![input],
            Self::Join(join) => vec![&join.left, &join.right],
            Self::Set(_, left, right) => vec![left, right],
            Self::Apply { input, query, .. } => vec![input, query],
        }
    }

    /// Whether this step, those below it not asked, can follow changes.
    pub(crate) fn is_followed(&self) -> bool {
        match self {
            Self::Scan(_) | Self::Filter(..) | Self::Project(..) | Self::Distinct(_) => true,
            Self::Join(join) => join.kind == JoinKind::Inner,
            Self::Aggregate(_, _, calls) => calls
                .iter()
                .all(|call| call.function != Aggregate::GroupConcat),
            Self::Set(operator, ..) => *operator == SetOperator::UnionAll,
            Self::Sort(_, _, top) => top.is_none(),
            Self::One | Self::Limit(..) | Self::Apply { .. } => false,
        }
    }

    /// Rows, as a guess: a filter leaves a third, a group has ten rows.
    pub(crate) fn rows_guess(&self) -> usize {
        match self {
            Self::One => 1,
            Self::Scan(scan) => {
                let rows = scan.source.statistics().rows;
                scan.filters.iter().fold(rows, |rows, _| rows.div_ceil(3))
            }
            Self::Filter(input, _) => input.rows_guess().div_ceil(3),
            Self::Project(input, _)
            | Self::Distinct(input)
            | Self::Sort(input, ..)
            | Self::Apply { input, .. } => input.rows_guess(),
            Self::Limit(input, limit, _) => match limit {
                Some(Expr::Literal(value)) => {
                    input.rows_guess().min(value.as_integer().max(0) as usize)
                }
                _ => input.rows_guess(),
            },
            Self::Join(join) => {
                let (left, right) = (join.left.rows_guess(), join.right.rows_guess());
                match join.keys.is_empty() {
                    true => left.saturating_mul(right),
                    false => left.max(right),
                }
            }
            Self::Aggregate(input, keys, _) => match keys.is_empty() {
                true => 1,
                false => input.rows_guess().div_ceil(10),
            },
            Self::Set(_, left, right) => left.rows_guess().saturating_add(right.rows_guess()),
        }
    }
}

/// The conditions of a scan that its source may use.
pub(crate) fn pushed(
    scan: &ScanPlan,
    value_of: &dyn Fn(&Expr) -> Option<crate::value::Value>,
) -> Vec<Pushed> {
    let simple = |filter: &Expr| {
        let Expr::Compare(compare, left, right) = filter else {
            return None;
        };
        let (compare, column, value) = match (&**left, &**right) {
            (Expr::Column(at), value) => (*compare, *at, value_of(value)?),
            (value, Expr::Column(at)) => (compare.swapped(), *at, value_of(value)?),
            _ => return None,
        };
        Some(Pushed {
            column: scan.columns[column],
            compare,
            value,
        })
    };
    scan.filters.iter().filter_map(simple).collect()
}
