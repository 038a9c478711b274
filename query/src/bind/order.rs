//! Binds ORDER BY: by a result, its number, or what is computed beside the results.

use super::binder::{Binder, hint};
use super::info::{Bound, Info, Output};
use super::query::Computed;
use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::plan::{Plan, SortKey};
use crate::text::tree::{Expression, Kind, Order};
use crate::value::{ColumnType, Value};

impl<'a> Binder<'a> {
    /// The results, those behind `shown` only to order by, with the keys and `shown`.
    pub(super) fn order_items(
        &mut self,
        mut items: Vec<Computed>,
        order: &'a [Order],
        is_distinct: bool,
    ) -> Result<(Vec<Computed>, Vec<SortKey>, usize)> {
        let shown = items.len();
        let mut keys = Vec::new();
        for one in order {
            let names = items[..shown]
                .iter()
                .map(|(output, _)| output.name.as_str());
            let column = match named(&one.by, names)? {
                Some(column) => column,
                None => {
                    let expression = self.expression(&one.by)?.0;
                    let known = items.iter().position(|(_, item)| *item == expression);
                    if known.is_none() && is_distinct {
                        let message = "with DISTINCT, order by something that is selected";
                        return Err(QueryError::at(Code::UnknownColumn, one.by.span, message));
                    }
                    known.unwrap_or_else(|| {
                        let output = Output {
                            name: String::new(),
                            info: Info::of(ColumnType::Any),
                        };
                        items.push((output, expression));
                        items.len() - 1
                    })
                }
            };
            keys.push(key(column, one));
        }
        Ok((items, keys, shown))
    }

    /// Orders a UNION and its like, whose results alone can be ordered by.
    pub(super) fn order_set(&mut self, bound: Bound, order: &'a [Order]) -> Result<Bound> {
        let mut keys = Vec::new();
        for one in order {
            let names = bound.columns.iter().map(|column| column.name.as_str());
            let Some(column) = named(&one.by, names.clone())? else {
                let hint = hint("", names, "column");
                let message = format!(
                    "order a UNION, INTERSECT or EXCEPT by the name or number of a result; {hint}"
                );
                return Err(QueryError::at(Code::UnknownColumn, one.by.span, message));
            };
            keys.push(key(column, one));
        }
        let plan = match keys.is_empty() {
            true => bound.plan,
            false => Plan::Sort(bound.plan.into(), keys, None),
        };
        Ok(Bound { plan, ..bound })
    }
}

fn key(column: usize, order: &Order) -> SortKey {
    SortKey {
        column,
        descending: order.descending,
        nulls_first: order.nulls_first,
    }
}

/// The result that an expression names by its name or number.
fn named<'n>(
    tree: &Expression,
    mut names: impl ExactSizeIterator<Item = &'n str>,
) -> Result<Option<usize>> {
    match &tree.kind {
        Kind::Literal(Value::Integer(number)) => {
            let count = names.len();
            let at = usize::try_from(*number)
                .ok()
                .and_then(|number| number.checked_sub(1));
            match at.filter(|at| *at < count) {
                Some(at) => Ok(Some(at)),
                None => {
                    let message =
                        format!("there is no result with the number {number}, of {count}");
                    Err(QueryError::at(Code::UnknownColumn, tree.span, message))
                }
            }
        }
        Kind::Column(None, name) => {
            Ok(names.position(|known| known.eq_ignore_ascii_case(&name.text)))
        }
        _ => Ok(None),
    }
}
