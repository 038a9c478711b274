//! How steps ask each other for rows.

use super::compute::Env;
use super::graph::Graph;
use super::turn::Turn;
use crate::column::Batch;
use crate::error::Result;

/// What came of a pull.
pub(crate) enum Pull {
    Batch(Batch),
    /// The turn is over: pull again in the next one.
    Pending,
    End,
}

/// The inputs of a step.
pub(crate) trait Inputs {
    fn pull(&mut self, port: usize, turn: &mut Turn) -> Result<Pull>;
}

/// A step at work.
pub(crate) trait Operator {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull>;
}

/// A whole graph at work.
pub(crate) trait Root {
    fn pull(&mut self, turn: &mut Turn) -> Result<Pull>;
}

/// Makes a graph run: what a step that has a graph of its own is given.
pub(crate) type Maker = fn(&Graph, &Env) -> Result<Box<dyn Root>>;

/// Takes the batch of a pull, or hands the rest back to whoever pulled.
macro_rules! batch_of {
    ($pull:expr, $at_end:expr) => {
        match $pull {
            Pull::Batch(batch) => batch,
            Pull::Pending => return Ok(Pull::Pending),
            Pull::End => $at_end,
        }
    };
}
pub(crate) use batch_of;
