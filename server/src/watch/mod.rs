//! Watching a server from outside: what it counts, what it logs, and where both can be looked at.
//!
//! Guarantees: counting costs an atomic addition; what repeats is counted in full and logged at a bounded rate.
//! Does not: keep anything about single clients, or decide anything.

mod counters;
mod limiter;
mod log;
pub(crate) mod outlook;

pub use counters::Counters;
pub(crate) use log::check_log;
pub use log::{LogForm, LogProblem, start_log};
pub(crate) use outlook::Outlook;
