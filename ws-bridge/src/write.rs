//! What names a write and its time.

/// The two clocks. Intervals are measured by the first; a deadline that must survive a sleep or a reload
/// stands in the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds that never run backwards, from any zero; they may stand still while a device sleeps.
    pub mono_ms: u64,
    /// Unix milliseconds; they may jump.
    pub wall_ms: u64,
}

/// A write's number: grows with every write of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteId(pub u64);

/// What becomes of a write while it cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WritePolicy {
    /// Keep all, in order.
    Queue,
    /// Keep the newest of the topic; an older `Latest` write of the topic that still waits is
    /// dropped as superseded.
    Latest,
    /// Keep it for so long, in order, then drop it: a command that is worthless later.
    Expire {
        /// Milliseconds from the write to its end.
        after_ms: u64,
    },
    /// Send it over the present connection or not at all.
    Reject,
}
