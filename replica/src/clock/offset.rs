//! How far a server's wall clock is ahead of ours, estimated from round trips.
//!
//! The estimate of the quickest recent round trip counts: an answer that took little time says the server's clock
//! most exactly. It is added to the wall clock before a [`Clock`](crate::Clock) sees it, so that a tablet with a wrong
//! clock neither wins nor loses for ever.

use alloc::vec::Vec;

use super::stamp::MILLIS_MAX;

/// How many round trips are remembered. A clock that was set anew is followed after as many.
pub const SAMPLES_MAX: usize = 8;

/// One question to the server and its answer, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Our wall clock when the question was sent.
    pub sent_ms: u64,
    /// The server's wall clock when it answered.
    pub server_ms: u64,
    /// Our wall clock when the answer came.
    pub received_ms: u64,
}

/// The estimate.
#[derive(Clone, Debug, Default)]
pub struct Offset {
    /// Duration and offset of the last round trips, the oldest first.
    samples: Vec<(u64, i64)>,
}

impl Offset {
    /// Takes a round trip. One whose answer came before its question, because our clock was set back meanwhile, or that
    /// has a time beyond [`MILLIS_MAX`], says nothing and is not taken; the result tells which.
    pub fn take(&mut self, trip: RoundTrip) -> bool {
        let is_exact = |ms: u64| ms <= MILLIS_MAX;
        if trip.received_ms < trip.sent_ms
            || !is_exact(trip.received_ms)
            || !is_exact(trip.server_ms)
        {
            return false;
        }
        let duration = trip.received_ms - trip.sent_ms;
        let middle = trip.sent_ms + duration / 2;
        if self.samples.len() == SAMPLES_MAX {
            self.samples.remove(0);
        }
        // Both are below 2^53, so the difference fits.
        self.samples
            .push((duration, trip.server_ms as i64 - middle as i64));
        true
    }

    /// Milliseconds to add to our wall clock; 0 before the first round trip.
    pub fn ms(&self) -> i64 {
        // Of equally quick ones the newest.
        let best = self.samples.iter().rev().min_by_key(|sample| sample.0);
        best.map_or(0, |sample| sample.1)
    }

    /// The server's time when ours is `wall_ms`; never before 1970.
    pub fn apply(&self, wall_ms: u64) -> u64 {
        wall_ms.saturating_add_signed(self.ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trip(sent_ms: u64, server_ms: u64, received_ms: u64) -> RoundTrip {
        RoundTrip {
            sent_ms,
            server_ms,
            received_ms,
        }
    }

    #[test]
    fn the_quickest_of_the_last_round_trips_counts() {
        let mut offset = Offset::default();
        assert_eq!(offset.apply(70), 70);
        assert!(offset.take(trip(1_000, 5_050, 1_100)));
        assert_eq!(offset.ms(), 4_000);
        assert!(offset.take(trip(2_000, 6_900, 3_000)));
        assert_eq!(offset.ms(), 4_000);
        assert!(offset.take(trip(4_000, 7_010, 4_020)));
        assert_eq!((offset.ms(), offset.apply(5_000)), (3_000, 8_000));
        for n in 0..SAMPLES_MAX as u64 {
            assert!(offset.take(trip(10_000 + n, 5_000 + n, 10_100 + n)));
        }
        assert_eq!((offset.ms(), offset.apply(1_000)), (-5_050, 0));
    }

    #[test]
    fn what_says_nothing_is_not_taken() {
        let mut offset = Offset::default();
        assert!(!offset.take(trip(1_000, 5_000, 999)));
        assert!(!offset.take(trip(0, u64::MAX, 1)));
        assert!(!offset.take(trip(0, 1, u64::MAX)));
        assert_eq!(offset.ms(), 0);
    }
}
