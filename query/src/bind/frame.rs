//! What is seen from a place of a query.

use super::info::Info;
use crate::plan::{AggregateCall, ApplyKind, Expr, Plan};
use crate::text::tree::Expression;

/// A column that a name may mean.
#[derive(Clone, Debug)]
pub(super) struct ScopeColumn {
    /// Of the table, or of its alias.
    pub(super) table: String,
    pub(super) name: String,
    pub(super) info: Info,
    /// The right one of a USING: only its table's name finds it.
    pub(super) is_hidden: bool,
}

/// What is seen from within a SELECT, or the border around a subquery.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub(super) columns: Vec<ScopeColumn>,
    /// The names of results, which mean what they stand for where no column has that name.
    pub(super) aliases: Vec<(&'a str, &'a Expression)>,
    pub(super) grouped: Option<Grouped>,
    /// Whether an aggregate's argument, or a key, is being bound, so that columns are those of the rows.
    pub(super) is_within: bool,
    /// What may not stand here, with the place's name.
    pub(super) place: &'static str,
    pub(super) takes_aggregates: bool,
    pub(super) takes_queries: bool,
    pub(super) applies: Vec<Applied>,
    /// What a subquery reads of the rows around it, if this is its border.
    pub(super) border: Option<Vec<Expr>>,
}

/// What is left of rows that were grouped.
#[derive(Default)]
pub(super) struct Grouped {
    pub(super) keys: Vec<(Expr, Info)>,
    pub(super) calls: Vec<AggregateCall>,
}

/// A subquery that runs for the rows of a scope.
pub(super) struct Applied {
    pub(super) query: Plan,
    pub(super) outer: Vec<Expr>,
    pub(super) kind: ApplyKind,
}
