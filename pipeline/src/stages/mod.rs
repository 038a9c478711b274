//! The rules that write: each reads the changes so far and adds its own.

pub(crate) mod aggregation;
pub(crate) mod clear;
pub(crate) mod computation;
pub(crate) mod flip;
pub(crate) mod sync;
