//! Reads a source.

use super::simple::chosen;
use crate::code::Code;
use crate::error::{QueryError, Result};
use crate::plan::{Expr, ScanPlan, pushed};
use crate::run::compute::Env;
use crate::run::pull::{Inputs, Operator, Pull};
use crate::run::turn::Turn;
use crate::source::{Cursor, Request};

pub(super) struct Scan {
    cursor: Box<dyn Cursor>,
    condition: Option<Expr>,
    width: usize,
    table: String,
    env: Env,
}

impl Scan {
    pub(super) fn new(plan: &ScanPlan, env: &Env) -> Result<Self> {
        let value_of = |expression: &Expr| match expression {
            Expr::Literal(value) => Some(value.clone()),
            Expr::Parameter(at) => env.parameters.get(*at).cloned(),
            Expr::Outer(at) => env.outer.get(*at).cloned(),
            _ => None,
        };
        let request = Request {
            columns: plan.columns.clone(),
            pushed: pushed(plan, &value_of),
        };
        Ok(Self {
            cursor: plan.source.scan(&request)?,
            condition: Expr::all(plan.filters.clone()),
            width: plan.columns.len(),
            table: plan.table.clone(),
            env: env.clone(),
        })
    }
}

impl Operator for Scan {
    fn next(&mut self, _: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        loop {
            if turn.is_over() {
                return Ok(Pull::Pending);
            }
            let Some(batch) = self.cursor.next()? else {
                return Ok(Pull::End);
            };
            turn.spend(batch.rows);
            if batch.width() != self.width
                || batch
                    .columns
                    .iter()
                    .any(|column| column.len() != batch.rows)
            {
                let message = format!(
                    "the source of {} gave columns that were not asked for",
                    self.table
                );
                return Err(QueryError::new(Code::SourceFailed, message));
            }
            let batch = match &self.condition {
                Some(condition) => chosen(batch, condition, &self.env),
                None => batch,
            };
            if batch.rows > 0 {
                return Ok(Pull::Batch(batch));
            }
        }
    }
}
