//! Runs plans: expressions over batches, steps as small machines, and the graph they make.

mod compute;
mod graph;
mod keys;
mod lower;
mod machine;
mod pull;
mod steps;
mod turn;

pub(crate) use compute::{Env, constant, row_value};
pub(crate) use lower::lower;
pub(crate) use machine::Machine;
pub(crate) use pull::{Pull, Root};
pub(crate) use steps::Accumulator;
pub(crate) use turn::Turn;
