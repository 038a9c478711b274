//! Steps that take changes of rows and give changes of rows.

use std::collections::HashMap;

use super::change::{Row, bytes};
use super::group::Group;
use super::join::Join;
use super::rows::{Rows, holds, values};
use crate::error::Result;
use crate::plan::{Expr, Plan};
use crate::run::{Env, Turn};

/// A step that follows changes.
pub(super) enum Flow {
    Scan {
        table: String,
        columns: Vec<usize>,
        filters: Vec<Expr>,
    },
    Filter(Box<Flow>, Expr),
    Project(Box<Flow>, Vec<Expr>),
    Join(Box<Flow>, Box<Flow>, Join),
    Group(Box<Flow>, Group),
    Distinct(Box<Flow>, HashMap<Vec<u8>, (Row, i64)>),
    Union(Box<Flow>, Box<Flow>),
}

impl Flow {
    /// The flow of a plan, or none if a step of it cannot follow changes.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let boxed = |plan| Self::of(plan).map(Box::new);
        if !plan.is_followed() {
            return None;
        }
        Some(match plan {
            Plan::Scan(scan) => Self::Scan {
                table: scan.table.clone(),
                columns: scan.columns.clone(),
                filters: scan.filters.clone(),
            },
            Plan::Filter(input, condition) => Self::Filter(boxed(input)?, condition.clone()),
            Plan::Project(input, expressions) => Self::Project(boxed(input)?, expressions.clone()),
            Plan::Join(join) => Self::Join(
                boxed(&join.left)?,
                boxed(&join.right)?,
                Join::new(&join.keys, join.rest.as_ref()),
            ),
            Plan::Aggregate(input, keys, calls) => {
                Self::Group(boxed(input)?, Group::new(keys, calls))
            }
            Plan::Distinct(input) => Self::Distinct(boxed(input)?, HashMap::new()),
            Plan::Set(_, left, right) => Self::Union(boxed(left)?, boxed(right)?),
            // The order of a result is no part of its changes.
            Plan::Sort(input, ..) => return Self::of(input),
            Plan::One | Plan::Limit(..) | Plan::Apply { .. } => return None,
        })
    }

    /// The rows that are there before any row is: those of groups without keys.
    pub(super) fn begin(&mut self, env: &Env, turn: &mut Turn) -> Result<Rows> {
        self.step(env, turn, &mut |_, _| Vec::new(), true)
    }

    /// What changes when rows of a table do.
    pub(super) fn follow(
        &mut self,
        table: &str,
        rows: &[(Row, i64)],
        env: &Env,
        turn: &mut Turn,
    ) -> Result<Rows> {
        self.step(
            env,
            turn,
            &mut |name, columns| {
                let chosen = |row: &Row| columns.iter().map(|at| row[*at].clone()).collect();
                match name.eq_ignore_ascii_case(table) {
                    true => rows
                        .iter()
                        .map(|(row, count)| (chosen(row), *count))
                        .collect(),
                    false => Vec::new(),
                }
            },
            false,
        )
    }

    fn step(
        &mut self,
        env: &Env,
        turn: &mut Turn,
        read: &mut dyn FnMut(&str, &[usize]) -> Rows,
        is_first: bool,
    ) -> Result<Rows> {
        match self {
            Self::Scan {
                table,
                columns,
                filters,
            } => {
                let rows = read(table, columns);
                Ok(filters
                    .iter()
                    .fold(rows, |rows, filter| filtered(rows, filter, env)))
            }
            Self::Filter(input, condition) => {
                let rows = input.step(env, turn, read, is_first)?;
                Ok(filtered(rows, condition, env))
            }
            Self::Project(input, expressions) => {
                let rows = input.step(env, turn, read, is_first)?;
                Ok(rows
                    .into_iter()
                    .map(|(row, count)| (values(expressions, row, env), count))
                    .collect())
            }
            Self::Join(left, right, join) => {
                let left = left.step(env, turn, read, is_first)?;
                let right = right.step(env, turn, read, is_first)?;
                join.take(left, right, env, turn)
            }
            Self::Group(input, group) => {
                let rows = input.step(env, turn, read, is_first)?;
                group.take(rows, env, turn, is_first)
            }
            Self::Distinct(input, seen) => {
                let rows = input.step(env, turn, read, is_first)?;
                distinct(seen, rows, turn)
            }
            Self::Union(left, right) => {
                let mut rows = left.step(env, turn, read, is_first)?;
                rows.extend(right.step(env, turn, read, is_first)?);
                Ok(rows)
            }
        }
    }
}

fn filtered(mut rows: Rows, condition: &Expr, env: &Env) -> Rows {
    rows.retain(|(row, _)| holds(condition, row, env));
    rows
}

fn distinct(seen: &mut HashMap<Vec<u8>, (Row, i64)>, rows: Rows, turn: &mut Turn) -> Result<Rows> {
    let mut changed = Vec::new();
    for (row, count) in rows {
        let mut key = Vec::new();
        row.iter().for_each(|value| value.write_key(&mut key));
        let size = bytes(&row) + key.len();
        let entry = seen.entry(key.clone()).or_insert((row, 0));
        let before = entry.1;
        entry.1 += count;
        if before == 0 && entry.1 != 0 {
            turn.hold(size)?;
            changed.push((entry.0.clone(), 1));
        } else if entry.1 == 0 {
            changed.push((entry.0.clone(), if before == 0 { 0 } else { -1 }));
            seen.remove(&key);
            turn.give_back(size);
        }
    }
    changed.retain(|(_, count)| *count != 0);
    Ok(changed)
}
