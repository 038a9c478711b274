//! Spans of time in which stamps fall: what is pruned is pruned by whole epochs.

use super::stamp::MILLIS_MAX;

/// How long an epoch is: an hour. Short enough that pruning is even, long enough that few of them are kept.
pub const EPOCH_MS: u64 = 3_600_000;

/// The number of an epoch since 1970. Epoch 0 is before everything, so nothing is older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The epoch that a millisecond is in. Beyond the range of epochs it is the last one.
    pub fn of(millis: u64) -> Self {
        Self(u32::try_from(millis / EPOCH_MS).unwrap_or(u32::MAX))
    }

    /// Its first millisecond.
    pub fn start_ms(self) -> u64 {
        u64::from(self.0) * EPOCH_MS
    }
}

// Every stamp has an epoch of its own range.
const _: () = assert!(MILLIS_MAX / EPOCH_MS < u32::MAX as u64);
