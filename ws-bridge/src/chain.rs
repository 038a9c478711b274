//! In what order a server has a client's writes, and which of its answers it need not keep any more.
//!
//! Guarantees: each write says which one went before it, so that one that a cut connection has swallowed is never
//! overtaken by a later one; what the server keeps for this client is a bounded number of answers, and none for long.
//! Does not: hold writes.
//!
//! ```text
//! sent 1 (after 0), 2 (after 1)   cut   the server has 1   2 (after 1) again: taken
//! 3 is dropped before it was sent                          4 (after 2)
//! ```

/// So many answers have come before the server is told of it at once.
const SETTLED_MAX: u64 = 64;
/// Fewer are told after so many milliseconds.
const SETTLED_WITHIN_MS: u64 = 2_000;

/// See the module above.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The highest number that went over a wire, or that a server says that it has.
    tail: u64,
    /// The server of this connection knows that all up to here have their answers.
    told: u64,
    tell_at: Option<u64>,
}

impl Chain {
    /// One that begins with this number.
    pub(crate) fn new(first_id: u64) -> Self {
        Self {
            tail: first_id.saturating_sub(1),
            told: 0,
            tell_at: None,
        }
    }

    /// The number behind which a write goes that was never sent. One of an earlier run may be below what went before.
    pub(crate) fn before(&self, id: u64) -> u64 {
        self.tail.min(id.saturating_sub(1))
    }

    /// A write goes over the wire.
    pub(crate) fn add(&mut self, id: u64) {
        self.tail = self.tail.max(id);
    }

    /// The server has writes up to this one, whatever was believed of it.
    pub(crate) fn go_on_from(&mut self, last: u64) {
        self.tail = last;
    }

    /// Another connection: its server has to be told again.
    pub(crate) fn connection_lost(&mut self) {
        self.told = 0;
        self.tell_at = None;
    }

    /// All writes up to this one have their answers: notes when that is to be told.
    pub(crate) fn settled(&mut self, up_to: u64, now_ms: u64) {
        if up_to > self.told && self.tell_at.is_none() {
            self.tell_at = Some(now_ms.saturating_add(SETTLED_WITHIN_MS));
        }
    }

    /// When something is to be told.
    pub(crate) fn tell_at(&self) -> Option<u64> {
        self.tell_at
    }

    /// Whether it is to be told now that all up to this one have their answers; it counts as told then.
    pub(crate) fn tell(&mut self, up_to: u64, now_ms: u64) -> bool {
        let is_time = self.tell_at.is_some_and(|at| at <= now_ms);
        let is_much = up_to.saturating_sub(self.told) >= SETTLED_MAX;
        let is_due = up_to > self.told && (is_time || is_much);
        if is_due || up_to <= self.told {
            self.tell_at = None;
        }
        if is_due {
            self.told = up_to;
        }
        is_due
    }
}
