//! Which columns a name may mean, from the innermost query out.

use super::binder::{Binder, hint};
use super::frame::Scope;
use super::info::Info;
use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::plan::Expr;
use crate::text::tree::Name;

impl<'a> Binder<'a> {
    pub(super) fn scope(&mut self) -> &mut Scope<'a> {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// The column that a name means, here or around.
    pub(super) fn resolve(&mut self, table: Option<&Name>, name: &Name) -> Result<(Expr, Info)> {
        let Some(top) = self.scopes.len().checked_sub(1) else {
            return Err(self.unknown(table, name));
        };
        if let Some(found) = self.resolve_in(top, table, name)? {
            return Ok(found);
        }
        // A double-quoted or bare name of a result.
        let alias = self.scopes[top]
            .aliases
            .iter()
            .find(|(alias, _)| table.is_none() && alias.eq_ignore_ascii_case(&name.text));
        if let Some((_, meant)) = alias.copied() {
            let aliases = std::mem::take(&mut self.scopes[top].aliases);
            let bound = self.expression(meant);
            self.scopes[top].aliases = aliases;
            return bound;
        }
        match top.checked_sub(1) {
            Some(around) => self
                .resolve_around(around, table, name)?
                .ok_or_else(|| self.unknown(table, name)),
            None => Err(self.unknown(table, name)),
        }
    }

    /// Looks in a scope and those around it; each border on the way takes the value in.
    fn resolve_around(
        &mut self,
        level: usize,
        table: Option<&Name>,
        name: &Name,
    ) -> Result<Option<(Expr, Info)>> {
        if self.scopes[level].border.is_none()
            && let Some(found) = self.resolve_in(level, table, name)?
        {
            return Ok(Some(found));
        }
        let Some(around) = level.checked_sub(1) else {
            return Ok(None);
        };
        let Some((outer, info)) = self.resolve_around(around, table, name)? else {
            return Ok(None);
        };
        let Some(border) = &mut self.scopes[level].border else {
            return Ok(Some((outer, info)));
        };
        let known = border.iter().position(|known| *known == outer);
        let number = known.unwrap_or_else(|| {
            border.push(outer);
            border.len() - 1
        });
        Ok(Some((Expr::Outer(number), info)))
    }

    fn resolve_in(
        &self,
        level: usize,
        table: Option<&Name>,
        name: &Name,
    ) -> Result<Option<(Expr, Info)>> {
        let scope = &self.scopes[level];
        let mut found = None;
        for (at, column) in scope.columns.iter().enumerate() {
            let is_table = match table {
                Some(table) => column.table.eq_ignore_ascii_case(&table.text),
                None => !column.is_hidden,
            };
            if !is_table || !column.name.eq_ignore_ascii_case(&name.text) {
                continue;
            }
            if let Some((other, _)) = found.replace((at, column)) {
                let tables = format!("{} and {}", scope.columns[other].table, column.table);
                let message = format!(
                    "{} is a column of {tables}: write the table before it",
                    name.text
                );
                return Err(QueryError::at(Code::AmbiguousColumn, name.span, message));
            }
        }
        let Some((at, column)) = found else {
            return Ok(None);
        };
        let (Some(grouped), false) = (&scope.grouped, scope.is_within) else {
            return Ok(Some((Expr::Column(at), column.info)));
        };
        match grouped
            .keys
            .iter()
            .position(|(key, _)| *key == Expr::Column(at))
        {
            Some(key) => Ok(Some((Expr::Column(key), column.info))),
            None => {
                let message = format!(
                    "{} differs within a group: group by it, or put it in an aggregate such as max()",
                    name.text
                );
                Err(QueryError::at(Code::NotGrouped, name.span, message))
            }
        }
    }

    fn unknown(&self, table: Option<&Name>, name: &Name) -> QueryError {
        let columns = self.scopes.iter().rev().flat_map(|scope| &scope.columns);
        let has_table = |table: &Name| {
            columns
                .clone()
                .any(|column| column.table.eq_ignore_ascii_case(&table.text))
        };
        if let Some(table) = table.filter(|table| !has_table(table)) {
            let hint = hint(
                &table.text,
                columns.map(|column| column.table.as_str()),
                "table",
            );
            let message = format!("the query reads no table {}; {hint}", table.text);
            return QueryError::at(Code::UnknownTable, table.span, message);
        }
        let of_table = columns.filter(|column| {
            table.is_none_or(|table| column.table.eq_ignore_ascii_case(&table.text))
        });
        let hint = hint(
            &name.text,
            of_table.map(|column| column.name.as_str()),
            "column",
        );
        QueryError::at(
            Code::UnknownColumn,
            name.span,
            format!("there is no column {}; {hint}", name.text),
        )
    }
}
