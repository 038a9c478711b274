//! Binds what stands behind FROM.

use super::binder::{Binder, columns_differ};
use super::expression::comparison;
use super::frame::{Scope, ScopeColumn};
use super::info::Info;
use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::limits::COLUMNS_MAX;
use crate::plan::{Expr, JoinKind, JoinPlan, Plan, ScanPlan};
use crate::text::tree::{Common, Expression, From, Name};
use crate::value::Compare;

type Tables = (Plan, Vec<ScopeColumn>);

impl<'a> Binder<'a> {
    pub(super) fn from(&mut self, from: &'a From) -> Result<Tables> {
        match from {
            From::Table(name, alias) => self.named_table(name, alias.as_ref()),
            From::Query(query, alias) => {
                self.count_table(query.span)?;
                let bound = self.deeper(query.span, |binder| binder.query(query))?;
                let table = alias.as_ref().map_or("", |alias| alias.text.as_str());
                let columns = bound
                    .columns
                    .into_iter()
                    .map(|column| column_of(table, column.name, column.info));
                Ok((bound.plan, columns.collect()))
            }
            From::Join {
                kind,
                left,
                right,
                on,
                using,
            } => {
                let left = self.from(left)?;
                let right = self.from(right)?;
                self.join(*kind, left, right, on.as_ref(), using)
            }
        }
    }

    fn named_table(&mut self, name: &'a Name, alias: Option<&'a Name>) -> Result<Tables> {
        self.count_table(name.span)?;
        let table = alias.unwrap_or(name).text.as_str();
        if let Some((common, visible)) = self.common(&name.text) {
            return self.common_table(common, visible, table);
        }
        let source = self.table(&name.text, name.span)?;
        let columns: Vec<ScopeColumn> = source
            .columns()
            .iter()
            .map(|column| {
                let info = Info {
                    affinity: column.kind.affinity(),
                    kind: column.kind,
                };
                column_of(table, column.name.clone(), info)
            })
            .collect();
        if columns.len() > COLUMNS_MAX {
            let message = format!("a table has at most {COLUMNS_MAX} columns");
            return Err(QueryError::at(Code::QueryTooLarge, name.span, message));
        }
        let chosen = (0..columns.len()).collect();
        let scan = ScanPlan {
            source,
            table: name.text.clone(),
            columns: chosen,
            filters: Vec::new(),
        };
        Ok((Plan::Scan(scan), columns))
    }

    /// What WITH named is bound anew at each use, and sees neither the query around it nor later names.
    fn common_table(&mut self, common: &'a Common, visible: usize, table: &str) -> Result<Tables> {
        let scopes = std::mem::take(&mut self.scopes);
        let hidden = self.commons.split_off(visible);
        let bound = self.deeper(common.name.span, |binder| binder.query(&common.query));
        self.commons.truncate(visible);
        self.commons.extend(hidden);
        self.scopes = scopes;
        let bound = bound?;
        if !common.columns.is_empty() && common.columns.len() != bound.columns.len() {
            return Err(columns_differ(
                common.name.span,
                common.columns.len(),
                bound.columns.len(),
            ));
        }
        let mut names = common.columns.iter();
        let columns = bound.columns.into_iter().map(|column| {
            let name = names.next().map_or(column.name, |name| name.text.clone());
            column_of(table, name, column.info)
        });
        Ok((bound.plan, columns.collect()))
    }

    fn join(
        &mut self,
        kind: JoinKind,
        left: Tables,
        right: Tables,
        on: Option<&'a Expression>,
        using: &'a [Name],
    ) -> Result<Tables> {
        let (left, mut columns) = left;
        let (right, mut right_columns) = right;
        let width = columns.len();
        let mut rest = None;
        let mut parts = Vec::new();
        for name in using {
            let find = |columns: &[ScopeColumn]| {
                let found = columns.iter().position(|column| {
                    !column.is_hidden && column.name.eq_ignore_ascii_case(&name.text)
                });
                found.ok_or_else(|| {
                    let message = format!("{} is no column of both tables", name.text);
                    QueryError::at(Code::UnknownColumn, name.span, message)
                })
            };
            let (here, there) = (find(&columns)?, find(&right_columns)?);
            let left = (Expr::Column(here), columns[here].info);
            let right = (Expr::Column(width + there), right_columns[there].info);
            parts.push(comparison(Compare::Equal, left, right));
            right_columns[there].is_hidden = true;
        }
        columns.extend(right_columns);
        if columns.len() > COLUMNS_MAX {
            let message =
                format!("the tables of a query have at most {COLUMNS_MAX} columns together");
            return Err(QueryError::new(Code::QueryTooLarge, message));
        }
        if let Some(on) = on {
            let scope = Scope {
                columns,
                place: "in ON",
                ..Scope::default()
            };
            self.scopes.push(scope);
            let bound = self.expression(on);
            columns = self
                .scopes
                .pop()
                .map(|scope| scope.columns)
                .unwrap_or_default();
            rest = Some(bound?.0);
        }
        if let Some(condition) = rest.take() {
            parts.push(condition);
        }
        let rest = Expr::all(parts);
        let plan = Plan::Join(Box::new(JoinPlan {
            kind,
            left,
            right,
            keys: Vec::new(),
            rest,
        }));
        Ok((plan, columns))
    }
}

fn column_of(table: &str, name: String, info: Info) -> ScopeColumn {
    ScopeColumn {
        table: table.to_owned(),
        name,
        info,
        is_hidden: false,
    }
}
