//! Distinct rows, and what two inputs have together.

use crate::column::Batch;
use crate::error::Result;
use crate::plan::SetOperator;
use crate::run::keys::{Groups, NONE};
use crate::run::pull::{Inputs, Operator, Pull, batch_of};
use crate::run::turn::Turn;

/// Lets the first of equal rows through.
pub(super) struct Distinct {
    seen: Groups,
}

impl Distinct {
    pub(super) fn new() -> Self {
        Self {
            seen: Groups::new(),
        }
    }

    fn first(&mut self, batch: &Batch, turn: &mut Turn) -> Result<Vec<u32>> {
        let mut next = self.seen.count() as u32;
        let numbers = self.seen.insert(&batch.columns, batch.rows, turn)?;
        let is_first = |(_, number): &(usize, &u32)| {
            let is_new = **number == next;
            next += u32::from(is_new);
            is_new
        };
        Ok(numbers
            .iter()
            .enumerate()
            .filter(is_first)
            .map(|(row, _)| row as u32)
            .collect())
    }
}

impl Operator for Distinct {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        loop {
            let batch = batch_of!(ports.pull(0, turn)?, return Ok(Pull::End));
            let rows = self.first(&batch, turn)?;
            if !rows.is_empty() {
                return Ok(Pull::Batch(batch.gather(&rows)));
            }
        }
    }
}

/// UNION and its like. The right input of INTERSECT and EXCEPT is read first, and its keys are kept.
pub(super) struct Set {
    operator: SetOperator,
    port: usize,
    right: Groups,
    seen: Distinct,
}

impl Set {
    pub(super) fn new(operator: SetOperator) -> Self {
        let is_right_first = matches!(operator, SetOperator::Intersect | SetOperator::Except);
        Self {
            operator,
            port: usize::from(is_right_first),
            right: Groups::new(),
            seen: Distinct::new(),
        }
    }
}

impl Operator for Set {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        let is_union = matches!(self.operator, SetOperator::Union | SetOperator::UnionAll);
        loop {
            let batch = batch_of!(ports.pull(self.port, turn)?, {
                if self.port == usize::from(is_union) {
                    return Ok(Pull::End);
                }
                self.port = usize::from(is_union);
                continue;
            });
            if self.operator == SetOperator::UnionAll {
                return Ok(Pull::Batch(batch));
            }
            if !is_union && self.port == 1 {
                self.right.insert(&batch.columns, batch.rows, turn)?;
                continue;
            }
            let mut rows = self.seen.first(&batch, turn)?;
            if !is_union {
                let found = self.right.find(&batch.columns, batch.rows);
                let is_wanted = self.operator == SetOperator::Intersect;
                rows.retain(|row| (found[*row as usize] != NONE) == is_wanted);
            }
            if !rows.is_empty() {
                return Ok(Pull::Batch(batch.gather(&rows)));
            }
        }
    }
}
