//! The repetition of the derived stages until nothing changes any more.
//!
//! Each stage remembers how much of the log it has seen and is given the rest. A round that leaves nothing unseen is the
//! last; more rounds than allowed are an error that names a path still changing.

use core::ops::Range;

use crate::batch::Batch;
use crate::error::{Error, Refusal};
use crate::run::stages::Stages;
use crate::stages::flip::Written;

/// How many rounds the derived stages get unless the store says otherwise: rules that need more go in circles.
pub const ROUNDS_MAX: u32 = 32;

/// How the derived stages repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Once, as in older engines; what is left over stays.
    Single,
    /// Until nothing changes, at most this many rounds; more is an error.
    Settle(u32),
}

/// How far each stage has read the log.
#[derive(Default)]
pub(crate) struct Settling {
    distributed: usize,
    synced: usize,
    flipped: usize,
    read: usize,
    computed: usize,
    rounds: u32,
}

impl Settling {
    /// Begins behind the inputs, whose writes to aggregation targets are distributed already.
    pub(crate) fn behind_inputs(applied: usize) -> Self {
        Self {
            distributed: applied,
            ..Self::default()
        }
    }

    /// Runs the derived stages until none has anything left to read.
    pub(crate) fn run(
        &mut self,
        stages: &Stages,
        batch: &mut Batch<'_>,
        passes: Passes,
        written: &mut Written,
    ) -> Result<(), Refusal> {
        loop {
            self.run_round(stages, batch, passes, written)?;
            let Some(last) = batch.log.last() else {
                return Ok(());
            };
            match passes {
                Passes::Single => return Ok(()),
                Passes::Settle(_) if self.is_settled(batch.log.len()) => return Ok(()),
                Passes::Settle(rounds_max) if self.rounds >= rounds_max => {
                    let path = batch.state.paths.display(&batch.state.strings, last.path);
                    return Err(Error::NotSettled {
                        rounds: self.rounds,
                        path,
                    }
                    .into());
                }
                Passes::Settle(_) => {}
            }
        }
    }

    fn run_round(
        &mut self,
        stages: &Stages,
        batch: &mut Batch<'_>,
        passes: Passes,
        written: &mut Written,
    ) -> Result<(), Refusal> {
        if passes != Passes::Single {
            let window = unread(&mut self.distributed, batch);
            stages.aggregations.distribute(batch, window)?;
        }
        let window = unread(&mut self.synced, batch);
        stages.sync.run(batch, window)?;
        let window = unread(&mut self.flipped, batch);
        stages.flip.run(batch, window, written)?;
        let window = unread(&mut self.read, batch);
        stages.aggregations.run(batch, window)?;
        let window = unread(&mut self.computed, batch);
        stages.computations.run(batch, window)?;
        self.rounds += 1;
        Ok(())
    }

    fn is_settled(&self, end: usize) -> bool {
        [
            self.distributed,
            self.synced,
            self.flipped,
            self.read,
            self.computed,
        ]
        .iter()
        .all(|cursor| *cursor == end)
    }
}

fn unread(cursor: &mut usize, batch: &Batch<'_>) -> Range<usize> {
    let start = core::mem::replace(cursor, batch.log.len());
    start..*cursor
}
