//! Unix time that never runs backwards: the machine's clock at the start, a monotonic one since.
//!
//! Guarantees: what the hub asks of `now_ms`. Does not: follow later corrections of the clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock for one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    start_unix: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let start_unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            start: Instant::now(),
            start_unix,
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        to_ms(self.start_unix + self.start.elapsed())
    }
}

fn to_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
