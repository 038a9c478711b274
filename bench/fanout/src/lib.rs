//! What the hubs and their clients of this benchmark have in common: the few bytes of a WebSocket that they need.
//!
//! Guarantees: clients count whole frames only. Does not: check what a hub sends against the RFC; the tests of the
//! server do.
#![forbid(unsafe_code)]

pub mod frames;
pub mod upgrade;

use std::io::Write;
use std::net::SocketAddr;

/// What a client sends to get every message, and the beginning of the hub's answer.
pub const SUBSCRIBE: &str = r#"{"type":"subscribe","topics":["t"]}"#;
/// How an answer to [`SUBSCRIBE`] begins.
pub const SUBSCRIBED: &str = r#"{"type":"subscribed""#;
/// How a message begins, at every hub.
pub const DATA: &str = r#"{"type":"data""#;

/// The write that publishes a number; numbers from [`FIRST`] on make it as long as any other.
#[must_use]
pub fn write(number: u64) -> String {
    format!(r#"{{"type":"write","topic":"t","payload":{{"n":{number}}}}}"#)
}

/// The first number that is published.
pub const FIRST: u64 = 1_000_000;

/// Tells whoever has started this process where it listens.
///
/// # Errors
/// Standard output is gone.
pub fn say_address(address: SocketAddr) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()
}
