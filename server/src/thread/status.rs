//! How the server is, for whoever asks, without asking the hub.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A turn of the hub that takes so long is told of.
const BUSY_AFTER: Duration = Duration::from_secs(1);

/// What the hub's thread writes down once a turn.
pub(crate) struct Status {
    start: Instant,
    clients: AtomicUsize,
    sockets: AtomicUsize,
    topics: AtomicUsize,
    /// When the turn that is under way began, in milliseconds since the start, plus one; 0 while the hub sleeps.
    turn_since: AtomicU64,
    ended: AtomicBool,
    /// Whether what was last to be kept could not be.
    keeps_not: AtomicBool,
}

/// What can be said of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Ok,
    /// It has been at one thing for longer than it should.
    Busy,
    /// What is written cannot be kept: writes are refused, and all else goes on.
    KeepsNot,
    /// It has ended, or is about to.
    Stopping,
}

impl Status {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            clients: AtomicUsize::new(0),
            sockets: AtomicUsize::new(0),
            topics: AtomicUsize::new(0),
            turn_since: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            keeps_not: AtomicBool::new(false),
        }
    }

    /// Whether what was to be kept could be.
    pub(crate) fn keeps(&self, is_kept: bool) {
        self.keeps_not.store(!is_kept, Ordering::Relaxed);
    }

    pub(crate) fn begin_turn(&self) {
        self.turn_since
            .store(self.uptime_ms() + 1, Ordering::Relaxed);
    }

    /// What there is now.
    pub(crate) fn count(&self, clients: usize, sockets: usize, topics: usize) {
        self.clients.store(clients, Ordering::Relaxed);
        self.sockets.store(sockets, Ordering::Relaxed);
        self.topics.store(topics, Ordering::Relaxed);
    }

    pub(crate) fn end_turn(&self) {
        self.turn_since.store(0, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn health(&self) -> Health {
        if self.ended.load(Ordering::Relaxed) {
            return Health::Stopping;
        }
        if self.keeps_not.load(Ordering::Relaxed) {
            return Health::KeepsNot;
        }
        match self.turn_since.load(Ordering::Relaxed) {
            0 => Health::Ok,
            since if self.uptime_ms().saturating_sub(since) < BUSY_AFTER.as_millis() as u64 => {
                Health::Ok
            }
            _ => Health::Busy,
        }
    }

    pub(crate) fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Connections after their upgrade, those that are closing too.
    pub(crate) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }

    pub(crate) fn topics(&self) -> usize {
        self.topics.load(Ordering::Relaxed)
    }

    pub(crate) fn uptime_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
