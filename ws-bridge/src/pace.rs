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

/// A token in thousandths, so that filling needs no fractions.
const TOKEN: i64 = 1_000;
/// A frame costs a token, and each so many bytes of it another: the price that the server asks.
const BYTES_PER_TOKEN: usize = 4_096;
/// What the server put off is not tried again before so many milliseconds: the first time, and at most.
const PUT_OFF_MS: (u64, u64) = (500, 8_000);

/// How fast frames go out: a token bucket that may be in debt, filled no faster than the server of this
/// connection empties its own.
pub(crate) struct Pace {
    /// What the options say: tokens a second, tokens at once.
    wanted: (u32, u32),
    per_second: u32,
    burst: u32,
    /// Thousandths of tokens.
    milli: i64,
    filled_at: u64,
    /// Nothing goes out before.
    resumes_at: u64,
    /// How often in a row the server put something off.
    put_off: u32,
}

impl Pace {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            wanted: (per_second, burst),
            per_second,
            burst,
            milli: i64::from(burst) * TOKEN,
            filled_at: 0,
            resumes_at: 0,
            put_off: 0,
        }
    }

    /// Keeps to what the server says it takes, or to the options alone. Three quarters of it: what a network
    /// held back for a moment comes there all at once.
    pub(crate) fn keep_to(&mut self, limits: Option<(u64, u64)>, now_ms: u64) {
        self.fill(now_ms);
        let below = |limit: u64| u32::try_from(limit - limit / 4).unwrap_or(u32::MAX).max(1);
        let (per_second, burst) = self.wanted;
        (self.per_second, self.burst) = match limits {
            Some((rate, at_once)) => (per_second.min(below(rate)), burst.min(below(at_once))),
            None => self.wanted,
        };
        self.milli = self.milli.min(i64::from(self.burst) * TOKEN);
    }

    /// A new connection: its server has counted nothing yet.
    pub(crate) fn begin_again(&mut self, now_ms: u64) {
        (self.milli, self.filled_at) = (i64::from(self.burst) * TOKEN, now_ms);
        (self.resumes_at, self.put_off) = (0, 0);
    }

    fn fill(&mut self, now_ms: u64) {
        let elapsed = now_ms.saturating_sub(self.filled_at);
        let gained = elapsed.saturating_mul(self.per_second.into());
        let full = i64::from(self.burst) * TOKEN;
        self.milli = self.milli.saturating_add_unsigned(gained).min(full);
        self.filled_at = self.filled_at.max(now_ms);
    }

    /// Takes the price of a frame, if there is a token.
    pub(crate) fn take(&mut self, bytes: usize, now_ms: u64) -> bool {
        self.fill(now_ms);
        let is_free = self.milli >= TOKEN && self.resumes_at <= now_ms;
        if is_free {
            self.milli -= price(bytes);
        }
        is_free
    }

    /// Pays for a frame that does not wait.
    pub(crate) fn pay(&mut self, bytes: usize, now_ms: u64) {
        self.fill(now_ms);
        self.milli -= price(bytes);
    }

    /// The server wants less for a while.
    pub(crate) fn put_off(&mut self, now_ms: u64) {
        if self.resumes_at <= now_ms {
            let (ms_min, ms_max) = PUT_OFF_MS;
            let wait_ms = (ms_min << self.put_off.min(16)).min(ms_max);
            self.put_off += 1;
            self.resumes_at = now_ms.saturating_add(wait_ms);
        }
    }

    /// The server took something.
    pub(crate) fn succeeded(&mut self) {
        self.put_off = 0;
    }

    /// When the next token is there.
    pub(crate) fn ready_at(&self) -> u64 {
        let lacking = u64::try_from(TOKEN - self.milli).unwrap_or(0);
        let wait_ms = lacking.div_ceil(self.per_second.into());
        let filled_at = self.filled_at.saturating_add(wait_ms);
        filled_at.max(self.resumes_at)
    }
}

fn price(bytes: usize) -> i64 {
    let tokens = 1 + bytes / BYTES_PER_TOKEN;
    i64::try_from(tokens)
        .unwrap_or(i64::MAX / TOKEN)
        .saturating_mul(TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

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
    fn a_burst_goes_at_once_and_then_the_rate() {
        let mut pace = Pace::new(100, 3);
        let taken = (0..10).filter(|_| pace.take(10, 50)).count();
        assert_eq!(taken, 3);
        assert_eq!(pace.ready_at(), 60);
        assert!(!pace.take(10, 59));
        assert!(pace.take(10, 60));
        assert!(!pace.take(10, 60));
        assert_eq!((0..10).filter(|_| pace.take(10, 1_000_000)).count(), 3);
    }

    #[test]
    fn a_large_frame_and_one_that_does_not_wait_are_owed_for() {
        let mut pace = Pace::new(100, 3);
        assert!(pace.take(3 * BYTES_PER_TOKEN, 0));
        assert_eq!(pace.ready_at(), 20);
        pace.pay(10, 0);
        assert_eq!(pace.ready_at(), 30);
        assert!(pace.take(10, 30));
    }

    #[test]
    fn three_quarters_of_what_the_server_takes_and_no_more_than_was_wanted() {
        let mut pace = Pace::new(150, 300);
        pace.keep_to(Some((40, 80)), 0);
        assert_eq!((pace.per_second, pace.burst), (30, 60));
        assert_eq!((0..100).filter(|_| pace.take(10, 0)).count(), 60);
        pace.keep_to(Some((1_000, 1)), 0);
        assert_eq!((pace.per_second, pace.burst), (150, 1));
        pace.keep_to(Some((0, 0)), 0);
        assert_eq!((pace.per_second, pace.burst), (1, 1));
        pace.keep_to(None, 0);
        assert_eq!((pace.per_second, pace.burst), (150, 300));
    }

    #[test]
    fn what_is_put_off_again_and_again_waits_longer_each_time() {
        let mut pace = Pace::new(100, 10);
        let mut waits = Vec::new();
        let mut now_ms = 0;
        for _ in 0..6 {
            pace.put_off(now_ms);
            pace.put_off(now_ms);
            assert!(!pace.take(1, now_ms));
            waits.push(pace.ready_at() - now_ms);
            now_ms = pace.ready_at();
            assert!(pace.take(1, now_ms));
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
        pace.succeeded();
        pace.put_off(now_ms);
        assert_eq!(pace.ready_at() - now_ms, 500);
    }
}
