//! Binds queries: WITH, sets, and the steps of a SELECT.

use super::aggregate::has_aggregate;
use super::binder::{Binder, columns_differ, settle};
use super::frame::{Applied, Grouped, Scope};
use super::info::{Bound, Info, Output};
use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::limits::COLUMNS_MAX;
use crate::plan::{Expr, Plan};
use crate::text::tree::{Body, Expression, Item, Kind, Order, Query, Select};
use crate::value::{Affinity, ColumnType, Value};

/// A result's column and what computes it.
pub(super) type Computed = (Output, Expr);

impl<'a> Binder<'a> {
    pub(super) fn query(&mut self, query: &'a Query) -> Result<Bound> {
        let before = self.commons.len();
        for common in &query.with {
            self.commons.push((common, self.commons.len()));
        }
        let bound = self.query_within(query);
        self.commons.truncate(before);
        bound
    }

    fn query_within(&mut self, query: &'a Query) -> Result<Bound> {
        let mut bound = match &query.body {
            Body::Select(select) => self.select(select, &query.order)?,
            set => {
                let bound = self.body(set)?;
                self.order_set(bound, &query.order)?
            }
        };
        if query.limit.is_some() {
            let limit = self.constant(query.limit.as_ref(), "in LIMIT")?;
            let offset = self.constant(query.offset.as_ref(), "in OFFSET")?;
            bound.plan = Plan::Limit(bound.plan.into(), limit, offset);
        }
        Ok(bound)
    }

    /// An expression that no row is seen from.
    fn constant(
        &mut self,
        tree: Option<&'a Expression>,
        place: &'static str,
    ) -> Result<Option<Expr>> {
        let Some(tree) = tree else {
            return Ok(None);
        };
        let scopes = std::mem::take(&mut self.scopes);
        self.scopes.push(Scope {
            place,
            ..Scope::default()
        });
        let bound = self.expression(tree);
        self.scopes = scopes;
        Ok(Some(bound?.0))
    }

    fn body(&mut self, body: &'a Body) -> Result<Bound> {
        let (operator, left, right, span) = match body {
            Body::Select(select) => return self.select(select, &[]),
            Body::Set(operator, left, right, span) => (*operator, left, right, *span),
        };
        let (left, right) = (self.body(left)?, self.body(right)?);
        if left.columns.len() != right.columns.len() {
            return Err(columns_differ(
                span,
                left.columns.len(),
                right.columns.len(),
            ));
        }
        let mut columns = left.columns;
        for (column, other) in columns.iter_mut().zip(&right.columns) {
            if column.info.kind != other.info.kind {
                column.info.kind = ColumnType::Any;
            }
            if column.info.affinity != other.info.affinity {
                column.info.affinity = Affinity::None;
            }
        }
        Ok(Bound {
            plan: Plan::Set(operator, left.plan.into(), right.plan.into()),
            columns,
        })
    }

    fn select(&mut self, select: &'a Select, order: &'a [Order]) -> Result<Bound> {
        let (plan, columns) = match &select.from {
            Some(from) => self.from(from)?,
            None => (Plan::One, Vec::new()),
        };
        let alias = |item: &'a Item| match item {
            Item::One(expression, Some(name)) => Some((name.text.as_str(), expression)),
            _ => None,
        };
        let aliases = select.items.iter().filter_map(alias).collect();
        self.scopes.push(Scope {
            columns,
            aliases,
            takes_queries: true,
            place: "in WHERE",
            ..Scope::default()
        });
        let bound = self.select_within(plan, select, order);
        self.scopes.pop();
        bound
    }

    fn select_within(
        &mut self,
        mut plan: Plan,
        select: &'a Select,
        order: &'a [Order],
    ) -> Result<Bound> {
        if let Some(filter) = &select.filter {
            let filter = self.expression(filter)?.0;
            plan = self.filter(plan, filter);
        }
        self.group(select, order)?;
        let having = match &select.having {
            Some(having) => Some((
                self.expression(having)?.0,
                std::mem::take(&mut self.scope().applies),
            )),
            None => None,
        };
        self.scope().place = "in the results";
        let items = self.items(select)?;
        self.scope().place = "in ORDER BY";
        let (items, keys, shown) = self.order_items(items, order, select.distinct)?;
        let applies = std::mem::take(&mut self.scope().applies);
        if let Some(grouped) = self.scope().grouped.take() {
            let keys = grouped.keys.into_iter().map(|(key, _)| key).collect();
            plan = Plan::Aggregate(plan.into(), keys, grouped.calls);
        }
        if let Some((having, applies)) = having {
            plan = filter_by(plan, having, applies);
        }
        let width = plan.width();
        plan = wrap(plan, applies);
        let (mut columns, expressions): (Vec<Output>, Vec<Expr>) = items.into_iter().unzip();
        let expressions = expressions
            .into_iter()
            .map(|item| settle(item, width))
            .collect();
        plan = Plan::Project(plan.into(), expressions);
        if select.distinct {
            plan = Plan::Distinct(plan.into());
        }
        if !keys.is_empty() {
            plan = Plan::Sort(plan.into(), keys, None);
        }
        if shown < columns.len() {
            columns.truncate(shown);
            plan = Plan::Project(plan.into(), (0..shown).map(Expr::Column).collect());
        }
        Ok(Bound { plan, columns })
    }

    fn filter(&mut self, plan: Plan, condition: Expr) -> Plan {
        let applies = std::mem::take(&mut self.scope().applies);
        filter_by(plan, condition, applies)
    }

    /// Binds the keys, after which columns are those of groups.
    fn group(&mut self, select: &'a Select, order: &'a [Order]) -> Result<()> {
        let items = select.items.iter().filter_map(|item| match item {
            Item::One(expression, _) => Some(expression),
            Item::All(..) => None,
        });
        let mut above = items
            .chain(&select.having)
            .chain(order.iter().map(|order| &order.by));
        if select.group.is_empty() && select.having.is_none() && !above.any(has_aggregate) {
            return Ok(());
        }
        let scope = self.scope();
        scope.place = "in GROUP BY";
        scope.is_within = true;
        let keys: Result<Vec<(Expr, Info)>> = select
            .group
            .iter()
            .map(|key| self.key(select, key))
            .collect();
        let scope = self.scope();
        scope.is_within = false;
        scope.takes_aggregates = true;
        scope.place = "in HAVING";
        scope.grouped = Some(Grouped {
            keys: keys?,
            calls: Vec::new(),
        });
        Ok(())
    }

    /// A key is an expression, or the number of a result.
    fn key(&mut self, select: &'a Select, key: &'a Expression) -> Result<(Expr, Info)> {
        let Kind::Literal(Value::Integer(number)) = key.kind else {
            return self.expression(key);
        };
        let item = usize::try_from(number)
            .ok()
            .and_then(|number| select.items.get(number.checked_sub(1)?));
        match item {
            Some(Item::One(expression, _)) => self.expression(expression),
            _ => {
                let message = format!("there is no result with the number {number}");
                Err(QueryError::at(Code::UnknownColumn, key.span, message))
            }
        }
    }

    fn items(&mut self, select: &'a Select) -> Result<Vec<Computed>> {
        let mut all = Vec::new();
        for item in &select.items {
            match item {
                Item::One(tree, alias) => {
                    let (expression, info) = self.expression(tree)?;
                    let name = match (alias, &tree.kind) {
                        (Some(alias), _) => alias.text.clone(),
                        (None, Kind::Column(_, name)) => name.text.clone(),
                        _ => self
                            .text
                            .get(tree.span.start..tree.span.end)
                            .unwrap_or_default()
                            .to_owned(),
                    };
                    all.push((Output { name, info }, expression));
                }
                Item::All(table, span) => {
                    let before = all.len();
                    let scope = self.scope();
                    let is_grouped = scope.grouped.is_some();
                    for (at, column) in scope.columns.iter().enumerate() {
                        let is_meant = match table {
                            Some(table) => column.table.eq_ignore_ascii_case(&table.text),
                            None => !column.is_hidden,
                        };
                        if is_meant {
                            all.push((
                                Output {
                                    name: column.name.clone(),
                                    info: column.info,
                                },
                                Expr::Column(at),
                            ));
                        }
                    }
                    if is_grouped {
                        let message = "* is of rows, not of groups: name the columns";
                        return Err(QueryError::at(Code::NotGrouped, *span, message));
                    }
                    if all.len() == before {
                        let message = "no table of the query is meant by it";
                        return Err(QueryError::at(Code::UnknownTable, *span, message));
                    }
                }
            }
        }
        if all.len() > COLUMNS_MAX {
            let message = format!("a result has at most {COLUMNS_MAX} columns");
            return Err(QueryError::at(Code::QueryTooLarge, select.span, message));
        }
        Ok(all)
    }
}

fn filter_by(plan: Plan, condition: Expr, applies: Vec<Applied>) -> Plan {
    let width = plan.width();
    Plan::Filter(wrap(plan, applies).into(), settle(condition, width))
}

/// The plan with a column for each subquery.
fn wrap(mut plan: Plan, applies: Vec<Applied>) -> Plan {
    let width = plan.width();
    for Applied { query, outer, kind } in applies {
        let kind = match kind {
            crate::plan::ApplyKind::In(value) => crate::plan::ApplyKind::In(settle(value, width)),
            other => other,
        };
        plan = Plan::Apply {
            input: plan.into(),
            query: query.into(),
            outer,
            kind,
        };
    }
    plan
}
