//! Joins two inputs: the right one is kept, by its keys, and the left one passes by.

use std::sync::Arc;

use super::sort::concat;
use crate::column::{Batch, Vector};
use crate::error::Result;
use crate::limits::BATCH_ROWS;
use crate::plan::{Expr, JoinKind};
use crate::run::compute::{Env, compute, select};
use crate::run::keys::{Groups, NONE};
use crate::run::pull::{Inputs, Operator, Pull, batch_of};
use crate::run::turn::Turn;
use crate::value::Value;

pub(super) struct Join {
    kind: JoinKind,
    left_keys: Vec<Expr>,
    right_keys: Vec<Expr>,
    rest: Option<Expr>,
    right_width: usize,
    env: Env,
    building: Vec<Batch>,
    built: Option<Built>,
    probe: Option<Probe>,
}

/// The right side: its rows, and for each key the first of them, and for each row the next one.
struct Built {
    rows: Batch,
    groups: Groups,
    heads: Vec<u32>,
    next: Vec<u32>,
}

/// A batch of the left side, and how far it has come.
struct Probe {
    batch: Batch,
    numbers: Vec<u32>,
    row: usize,
    /// The right row that comes next for this left row.
    at: Option<u32>,
    has_match: Vec<bool>,
}

impl Join {
    pub(super) fn new(
        kind: JoinKind,
        keys: &[(Expr, Expr)],
        rest: Option<&Expr>,
        widths: &[usize],
        env: &Env,
    ) -> Self {
        let (left_keys, right_keys) = keys.iter().cloned().unzip();
        Self {
            kind,
            left_keys,
            right_keys,
            rest: rest.cloned(),
            right_width: widths.get(1).copied().unwrap_or(0),
            env: env.clone(),
            building: Vec::new(),
            built: None,
            probe: None,
        }
    }

    fn build(&mut self, turn: &mut Turn) -> Result<Built> {
        let batches = std::mem::take(&mut self.building);
        let rows = match batches.is_empty() {
            true => Batch::of_rows(self.right_width, &[]),
            false => concat(&batches),
        };
        let mut groups = Groups::new();
        let (mut heads, mut next) = (Vec::new(), vec![NONE; rows.rows]);
        turn.hold(rows.rows * 4)?;
        let keys = columns(&self.right_keys, &rows, &self.env);
        let numbers = groups.insert(&keys, rows.rows, turn)?;
        heads.resize(groups.count(), NONE);
        // From the end, so that rows come in their order.
        for row in (0..rows.rows).rev() {
            if keys.iter().all(|key| key.is_valid(row)) {
                let head = &mut heads[numbers[row] as usize];
                next[row] = std::mem::replace(head, row as u32);
            }
        }
        Ok(Built {
            rows,
            groups,
            heads,
            next,
        })
    }

    fn probe(&mut self, batch: Batch) -> Probe {
        let keys = columns(&self.left_keys, &batch, &self.env);
        let numbers = match &mut self.built {
            Some(built) => built.groups.find(&keys, batch.rows),
            None => vec![NONE; batch.rows],
        };
        let mut probe = Probe {
            numbers,
            row: 0,
            at: None,
            has_match: vec![false; batch.rows],
            batch,
        };
        for row in 0..probe.batch.rows {
            if !keys.iter().all(|key| key.is_valid(row)) {
                probe.numbers[row] = NONE;
            }
        }
        probe
    }
}

fn columns(keys: &[Expr], batch: &Batch, env: &Env) -> Vec<Arc<Vector>> {
    keys.iter()
        .map(|key| compute(key, batch, env).into_column(batch.rows))
        .collect()
}

impl Probe {
    /// Some pairs of rows, left and right; none when the batch is at its end.
    fn pairs(&mut self, built: &Built) -> (Vec<u32>, Vec<u32>) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        while self.row < self.batch.rows && left.len() < BATCH_ROWS {
            let at = self.at.take().or_else(|| {
                let number = self.numbers[self.row];
                (number != NONE).then(|| built.heads[number as usize])
            });
            match at.filter(|at| *at != NONE) {
                Some(at) => {
                    left.push(self.row as u32);
                    right.push(at);
                    self.at = Some(built.next[at as usize]);
                }
                None => self.row += 1,
            }
        }
        (left, right)
    }

    /// The left rows that found none, with nothing on the right.
    fn unmatched(&self, right_width: usize) -> Option<Batch> {
        let rows: Vec<u32> = (0..self.batch.rows as u32)
            .filter(|row| !self.has_match[*row as usize])
            .collect();
        let mut batch = self.batch.gather(&rows);
        let nothing = Arc::new(Vector::of(rows.iter().map(|_| Value::Null)));
        batch
            .columns
            .extend(std::iter::repeat_n(nothing, right_width));
        (batch.rows > 0).then_some(batch)
    }
}

impl Operator for Join {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        while self.built.is_none() {
            let batch = batch_of!(ports.pull(1, turn)?, {
                self.built = Some(self.build(turn)?);
                break;
            });
            turn.hold(batch.bytes())?;
            self.building.push(batch);
        }
        loop {
            if turn.is_over() {
                return Ok(Pull::Pending);
            }
            let Some(mut probe) = self.probe.take() else {
                let batch = batch_of!(ports.pull(0, turn)?, return Ok(Pull::End));
                self.probe = Some(self.probe(batch));
                continue;
            };
            let Some(built) = &self.built else {
                return Ok(Pull::End);
            };
            let (left, right) = probe.pairs(built);
            turn.spend(left.len());
            if left.is_empty() {
                if self.kind == JoinKind::Left
                    && let Some(batch) = probe.unmatched(self.right_width)
                {
                    return Ok(Pull::Batch(batch));
                }
                continue;
            }
            let mut batch = probe.batch.gather(&left);
            batch.columns.extend(built.rows.gather(&right).columns);
            let rows = match &self.rest {
                Some(rest) => select(rest, &batch, &self.env),
                None => (0..batch.rows as u32).collect(),
            };
            rows.iter()
                .for_each(|row| probe.has_match[left[*row as usize] as usize] = true);
            self.probe = Some(probe);
            if rows.len() == batch.rows {
                return Ok(Pull::Batch(batch));
            }
            if !rows.is_empty() {
                return Ok(Pull::Batch(batch.gather(&rows)));
            }
        }
    }
}
