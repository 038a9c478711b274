//! What the tests and the examples share.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod js;
pub mod oracle;
pub mod rules;
pub mod store;
pub mod strategies;
pub mod vectors;
