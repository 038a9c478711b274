//! The hub as a machine, without sockets.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod budgets;
mod simulation;
mod table;
mod tokens;
