//! Expressions over the columns of a step's input, whose names are gone.

use crate::value::{Affinity, Compare, Math, Value};

use super::Function;

/// What is computed of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Literal(Value),
    /// Of the input, from 0.
    Column(usize),
    /// Of the query, from 0.
    Parameter(usize),
    /// A value of the row around a subquery.
    Outer(usize),
    /// The result of a subquery, until its column is known; only while binding.
    Applied(usize),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Invert(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Compare, Box<Expr>, Box<Expr>),
    Math(Math, Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    Cast(Affinity, Box<Expr>),
    /// What a comparison makes of a side.
    Convert(Affinity, Box<Expr>),
    Like {
        value: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
        is_glob: bool,
    },
    Call(Function, Vec<Expr>),
}

impl Expr {
    /// The expressions right below it.
    pub(crate) fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Literal(_)
            | Self::Column(_)
            | Self::Parameter(_)
            | Self::Outer(_)
            | Self::Applied(_) => Vec::new(),
            Self::Not(one)
            | Self::Negate(one)
            | Self::Invert(one)
            | Self::Cast(_, one)
            | Self::Convert(_, one) => vec![one],
            Self::And(left, right)
            | Self::Or(left, right)
            | Self::Compare(_, left, right)
            | Self::Math(_, left, right)
            | Self::Concat(left, right) => vec![left, right],
            Self::In(value, list) => std::iter::once(&**value).chain(list).collect(),
            Self::Case(arms, other) => {
                let arms = arms.iter().flat_map(|(when, then)| [when, then]);
                arms.chain(other.as_deref()).collect()
            }
            Self::Like {
                value,
                pattern,
                escape,
                ..
            } => [&**value, &**pattern]
                .into_iter()
                .chain(escape.as_deref())
                .collect(),
            Self::Call(_, arguments) => arguments.iter().collect(),
        }
    }

    /// The same with each expression right below it made into another.
    pub(crate) fn map_children(self, make: &mut impl FnMut(Expr) -> Expr) -> Expr {
        let mut boxed = |one: Box<Expr>| Box::new(make(*one));
        match self {
            Self::Not(one) => Self::Not(boxed(one)),
            Self::Negate(one) => Self::Negate(boxed(one)),
            Self::Invert(one) => Self::Invert(boxed(one)),
            Self::Cast(affinity, one) => Self::Cast(affinity, boxed(one)),
            Self::Convert(affinity, one) => Self::Convert(affinity, boxed(one)),
            Self::And(left, right) => Self::And(boxed(left), boxed(right)),
            Self::Or(left, right) => Self::Or(boxed(left), boxed(right)),
            Self::Compare(compare, left, right) => {
                Self::Compare(compare, boxed(left), boxed(right))
            }
            Self::Math(math, left, right) => Self::Math(math, boxed(left), boxed(right)),
            Self::Concat(left, right) => Self::Concat(boxed(left), boxed(right)),
            Self::In(value, list) => Self::In(boxed(value), list.into_iter().map(make).collect()),
            Self::Case(arms, other) => {
                let arms = arms
                    .into_iter()
                    .map(|(when, then)| (make(when), make(then)))
                    .collect();
                Self::Case(arms, other.map(|other| Box::new(make(*other))))
            }
            Self::Like {
                value,
                pattern,
                escape,
                is_glob,
            } => Self::Like {
                value: boxed(value),
                pattern: boxed(pattern),
                escape: escape.map(boxed),
                is_glob,
            },
            Self::Call(function, arguments) => {
                Self::Call(function, arguments.into_iter().map(make).collect())
            }
            leaf => leaf,
        }
    }

    /// The same with each column made into an expression.
    pub(crate) fn with_columns(self, make: &mut dyn FnMut(usize) -> Expr) -> Expr {
        match self {
            Self::Column(at) => make(at),
            other => other.map_children(&mut |below| below.with_columns(make)),
        }
    }

    /// Calls with the number of each column that it reads.
    pub(crate) fn each_column(&self, call: &mut dyn FnMut(usize)) {
        match self {
            Self::Column(at) => call(*at),
            _ => self
                .children()
                .into_iter()
                .for_each(|below| below.each_column(call)),
        }
    }

    /// Whether all columns that it reads lie in a range.
    pub(crate) fn reads_only(&self, from: usize, to: usize) -> bool {
        let mut is_within = true;
        self.each_column(&mut |at| is_within &= (from..to).contains(&at));
        is_within
    }

    /// The parts of a condition that must all hold.
    pub(crate) fn conjuncts(self, into: &mut Vec<Expr>) {
        match self {
            Self::And(left, right) => {
                left.conjuncts(into);
                right.conjuncts(into);
            }
            other => into.push(other),
        }
    }

    /// A condition that holds when all parts do.
    pub(crate) fn all(parts: Vec<Expr>) -> Option<Expr> {
        parts
            .into_iter()
            .reduce(|left, right| Self::And(left.into(), right.into()))
    }
}
