//! Runs plans: expressions over batches, steps as small machines, and the graph they make.

mod compute;
mod graph;
mod keys;
mod lower;
mod machine;
mod steps;
mod turn;

pub(crate) use compute::{Env, constant, row_value};
pub(crate) use lower::lower;
pub(crate) use machine::{Machine, Pull};
pub(crate) use steps::Accumulator;
pub(crate) use turn::Turn;
