//! What binding knows on its way, and the errors that several parts of it say.

use std::sync::Arc;

use super::frame::Scope;
use crate::code::Code;
use crate::error::{QueryError, Result, Span};
use crate::limits::{DEPTH_MAX, NODES_MAX, TABLES_MAX};
use crate::plan::Expr;
use crate::source::Catalog;
use crate::text::tree::Common;

/// Binds one query.
pub(super) struct Binder<'a> {
    pub(super) catalog: &'a dyn Catalog,
    pub(super) text: &'a str,
    /// From the outermost query in.
    pub(super) scopes: Vec<Scope<'a>>,
    /// What WITH named, each with how many of those before it may be seen from it.
    pub(super) commons: Vec<(&'a Common, usize)>,
    pub(super) tables: usize,
    pub(super) depth: usize,
    /// Parts of expressions that were made twice.
    pub(super) copied: usize,
}

impl<'a> Binder<'a> {
    pub(super) fn new(text: &'a str, catalog: &'a dyn Catalog) -> Self {
        Self {
            catalog,
            text,
            scopes: Vec::new(),
            commons: Vec::new(),
            tables: 0,
            depth: 0,
            copied: 0,
        }
    }

    /// Binds something that may nest, one level deeper. A name of WITH is bound where it is used, so that the heights of
    /// its query and of what uses it add up.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if self.depth >= DEPTH_MAX {
            let message = format!("the query nests deeper than {DEPTH_MAX} levels with its WITH");
            return Err(QueryError::at(Code::QueryTooLarge, span, message));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// BETWEEN and CASE use a value more than once; nested, they would grow without bounds.
    pub(super) fn count_copy(&mut self, span: Span, expression: &Expr) -> Result<()> {
        self.copied += size(expression);
        if self.copied <= NODES_MAX {
            return Ok(());
        }
        let message = format!(
            "BETWEEN and CASE repeat more than {NODES_MAX} parts: select what they test in a subquery"
        );
        Err(QueryError::at(Code::QueryTooLarge, span, message))
    }

    pub(super) fn count_table(&mut self, span: Span) -> Result<()> {
        self.tables += 1;
        if self.tables <= TABLES_MAX {
            return Ok(());
        }
        let message = format!(
            "a query has at most {TABLES_MAX} tables, those of WITH counted where they are used"
        );
        Err(QueryError::at(Code::QueryTooLarge, span, message))
    }

    pub(super) fn table(&self, name: &str, span: Span) -> Result<Arc<dyn crate::source::Source>> {
        self.catalog.table(name).ok_or_else(|| {
            let mut names = self.catalog.names();
            names.extend(
                self.commons
                    .iter()
                    .map(|(common, _)| common.name.text.clone()),
            );
            let hint = hint(name, names.iter().map(String::as_str), "table");
            QueryError::at(
                Code::UnknownTable,
                span,
                format!("there is no table {name}; {hint}"),
            )
        })
    }

    pub(super) fn common(&self, name: &str) -> Option<(&'a Common, usize)> {
        let found = self
            .commons
            .iter()
            .rev()
            .find(|(common, _)| common.name.text.eq_ignore_ascii_case(name));
        found.copied()
    }
}

/// What is possible instead of a name.
pub(super) fn hint<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n str> + Clone,
    what: &str,
) -> String {
    match crate::text::nearest(wanted, names.clone()) {
        Some(name) => format!("the nearest {what} is {name}"),
        None => {
            let some: Vec<&str> = names.take(8).collect();
            match some.is_empty() {
                true => format!("there is no {what} here"),
                false => format!("there is {}", some.join(", ")),
            }
        }
    }
}

/// An error of a wrong number of columns.
pub(super) fn columns_differ(span: Span, left: usize, right: usize) -> QueryError {
    let message = format!("the sides have {left} and {right} columns: give both as many");
    QueryError::at(Code::ColumnCount, span, message)
}

/// The expression with the results of subqueries in the columns that come behind a width.
pub(super) fn settle(expression: Expr, width: usize) -> Expr {
    match expression {
        Expr::Applied(number) => Expr::Column(width + number),
        other => other.map_children(&mut |below| settle(below, width)),
    }
}

fn size(expression: &Expr) -> usize {
    1 + expression.children().into_iter().map(size).sum::<usize>()
}
