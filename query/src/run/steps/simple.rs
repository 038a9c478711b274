//! Steps that keep no rows: one row, filter, project, limit.

use crate::column::Batch;
use crate::error::Result;
use crate::plan::Expr;
use crate::run::compute::{Env, compute, select};
use crate::run::pull::{Inputs, Operator, Pull, batch_of};
use crate::run::turn::Turn;

/// One row without columns.
#[derive(Default)]
pub(super) struct One {
    is_given: bool,
}

impl Operator for One {
    fn next(&mut self, _: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        turn.spend(1);
        Ok(match std::mem::replace(&mut self.is_given, true) {
            false => Pull::Batch(Batch::new(Vec::new(), 1)),
            true => Pull::End,
        })
    }
}

pub(super) struct Filter {
    condition: Expr,
    env: Env,
}

impl Filter {
    pub(super) fn new(condition: &Expr, env: &Env) -> Self {
        Self {
            condition: condition.clone(),
            env: env.clone(),
        }
    }
}

impl Operator for Filter {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        loop {
            let batch = batch_of!(ports.pull(0, turn)?, return Ok(Pull::End));
            let chosen = chosen(batch, &self.condition, &self.env);
            if chosen.rows > 0 {
                return Ok(Pull::Batch(chosen));
            }
        }
    }
}

/// The rows of a batch for which a condition holds.
pub(super) fn chosen(batch: Batch, condition: &Expr, env: &Env) -> Batch {
    let rows = select(condition, &batch, env);
    match rows.len() == batch.rows {
        true => batch,
        false => batch.gather(&rows),
    }
}

pub(super) struct Project {
    expressions: Vec<Expr>,
    env: Env,
}

impl Project {
    pub(super) fn new(expressions: &[Expr], env: &Env) -> Self {
        Self {
            expressions: expressions.to_vec(),
            env: env.clone(),
        }
    }
}

impl Operator for Project {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        let batch = batch_of!(ports.pull(0, turn)?, return Ok(Pull::End));
        let column = |expression| compute(expression, &batch, &self.env).into_column(batch.rows);
        let columns = self.expressions.iter().map(column).collect();
        Ok(Pull::Batch(Batch::new(columns, batch.rows)))
    }
}

pub(super) struct Limit {
    left: Option<usize>,
    skip: usize,
}

impl Limit {
    pub(super) fn new(limit: Option<usize>, offset: usize) -> Self {
        Self {
            left: limit,
            skip: offset,
        }
    }
}

impl Operator for Limit {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        loop {
            if self.left == Some(0) {
                return Ok(Pull::End);
            }
            let batch = batch_of!(ports.pull(0, turn)?, return Ok(Pull::End));
            let skipped = self.skip.min(batch.rows);
            self.skip -= skipped;
            let batch = batch.slice(skipped, self.left.unwrap_or(usize::MAX));
            if let Some(left) = &mut self.left {
                *left -= batch.rows;
            }
            if batch.rows > 0 {
                return Ok(Pull::Batch(batch));
            }
        }
    }
}
