//! When to try again and how fast to send: backoff with jitter, and a token bucket.
//!
//! Guarantees: waits stay within their stated bounds; the same seed gives the same waits.
//! Does not: read a clock.

/// A small generator (splitmix64): its quality is enough to spread clients over time.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The wait before the retry that follows so many failures in a row: anything from the
    /// minimum to a ceiling that doubles with each failure, so that the clients of a server that
    /// died together do not come back together.
    pub(crate) fn backoff_ms(&mut self, failures: u32, ms_min: u64, ms_max: u64) -> u64 {
        let doublings = failures.min(32);
        let ceiling = ms_min.saturating_mul(1 << doublings).min(ms_max);
        ms_min + self.next() % (ceiling - ms_min + 1)
    }
}

/// A token bucket in thousandths, so that it needs no fractions.
pub(crate) struct Bucket {
    per_second: u64,
    burst_milli: u64,
    milli: u64,
    filled_at: u64,
}

const TOKEN: u64 = 1_000;

impl Bucket {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let burst_milli = u64::from(burst) * TOKEN;
        Self {
            per_second: u64::from(per_second),
            burst_milli,
            milli: burst_milli,
            filled_at: 0,
        }
    }

    fn filled(&self, now_ms: u64) -> u64 {
        let elapsed = now_ms.saturating_sub(self.filled_at);
        self.milli
            .saturating_add(elapsed.saturating_mul(self.per_second))
            .min(self.burst_milli)
    }

    pub(crate) fn take(&mut self, now_ms: u64) -> bool {
        self.milli = self.filled(now_ms);
        self.filled_at = self.filled_at.max(now_ms);
        if self.milli < TOKEN {
            return false;
        }
        self.milli -= TOKEN;
        true
    }

    /// When the next token is there.
    pub(crate) fn ready_at(&self) -> u64 {
        let lacking = TOKEN.saturating_sub(self.milli);
        self.filled_at + lacking.div_ceil(self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_stays_within_its_bounds_and_grows() {
        let mut random = Random::new(1);
        let mut widest = 0;
        for failures in 1..200 {
            let wait = random.backoff_ms(failures, 500, 8_000);
            assert!((500..=8_000).contains(&wait), "{wait} after {failures}");
            assert!(
                failures > 1 || wait <= 1_000,
                "{wait} after the first failure"
            );
            widest = widest.max(wait);
        }
        assert!(widest > 4_000, "{widest}");
        assert_eq!(random.backoff_ms(9, 300, 300), 300);
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(100, 3);
        let taken = (0..10).filter(|_| bucket.take(50)).count();
        assert_eq!(taken, 3);
        assert_eq!(bucket.ready_at(), 60);
        assert!(!bucket.take(59));
        assert!(bucket.take(60));
        assert!(!bucket.take(60));
        assert_eq!((0..10).filter(|_| bucket.take(1_000_000)).count(), 3);
    }
}
