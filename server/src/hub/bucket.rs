//! How much work a client may still ask for.
//!
//! Guarantees: over any time a client gets no more than its rate, its burst and, once, what the last piece of
//! work cost beyond that. Does not: refuse; whoever asks for tokens does.

/// A token in thousandths, so that filling needs no fractions.
const TOKEN: i64 = 1_000;
/// A bucket so small that it fills within a flood forgets no refusal younger than this.
const REFUSALS_KEPT_MS_MIN: u64 = 1_000;
/// Work that cost more than there was is owed for so long at most: a client is held up, not locked out.
const DEBT_MS_MAX: u64 = 10_000;
/// So many places of an index looked at, or followers made, cost a token beside that of the frame.
const STEPS_PER_TOKEN: usize = 256;
/// So many bytes read or answered cost a token beside that of the frame.
const BYTES_PER_TOKEN: usize = 4_096;

/// A token bucket that may be in debt.
pub(super) struct Bucket {
    per_second: u32,
    burst: u32,
    /// Thousandths of tokens.
    milli: i64,
    filled_at: u64,
    /// Refusals since the bucket was last full.
    refused: u32,
    refused_at: u64,
}

impl Bucket {
    pub(super) fn new(per_second: u32, burst: u32, now_ms: u64) -> Self {
        Self {
            per_second,
            burst,
            milli: i64::from(burst) * TOKEN,
            filled_at: now_ms,
            refused: 0,
            refused_at: now_ms,
        }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now_ms: u64) -> bool {
        let elapsed_ms = now_ms.saturating_sub(self.filled_at);
        let gained = elapsed_ms.saturating_mul(self.per_second.into());
        let full = i64::from(self.burst) * TOKEN;
        self.milli = self.milli.saturating_add_unsigned(gained).min(full);
        self.filled_at = self.filled_at.max(now_ms);
        if self.milli < TOKEN {
            self.refused = self.refused.saturating_add(1);
            self.refused_at = now_ms;
            return false;
        }
        let rested_ms = now_ms.saturating_sub(self.refused_at);
        if self.milli == full && rested_ms >= REFUSALS_KEPT_MS_MIN {
            self.refused = 0;
        }
        self.milli -= TOKEN;
        true
    }

    /// How often there was no token since the bucket was last full. The single token that a flood
    /// earns between two of its frames does not make up for it.
    pub(super) fn refused(&self) -> u32 {
        self.refused
    }

    /// Takes the price of looking at so many places of an index, also what is not there: it is done already.
    pub(super) fn charge_steps(&mut self, steps: usize) {
        self.charge(steps, STEPS_PER_TOKEN);
    }

    /// Takes the price of so many bytes.
    pub(super) fn charge_bytes(&mut self, bytes: usize) {
        self.charge(bytes, BYTES_PER_TOKEN);
    }

    fn charge(&mut self, units: usize, units_per_token: usize) {
        let milli = ((units / units_per_token) as u64).saturating_mul(TOKEN as u64);
        let debt_max = u64::from(self.per_second) * DEBT_MS_MAX;
        let owed = self.milli.saturating_sub_unsigned(milli);
        self.milli = owed.max(0_i64.saturating_sub_unsigned(debt_max));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_cost_too_much_is_owed_but_not_for_ever() {
        let mut bucket = Bucket::new(100, 200, 0);
        assert!(bucket.take(0));
        bucket.charge_steps(usize::MAX);
        assert!(!bucket.take(1));
        assert!(!bucket.take(DEBT_MS_MAX));
        assert!(bucket.take(DEBT_MS_MAX + 10));
        assert_eq!(bucket.refused(), 2);
    }

    #[test]
    fn small_work_costs_no_more_than_its_frame() {
        let mut bucket = Bucket::new(1, 2, 0);
        (0..9).for_each(|_| bucket.charge_bytes(BYTES_PER_TOKEN - 1));
        assert!(bucket.take(0));
        bucket.charge_bytes(BYTES_PER_TOKEN);
        assert!(!bucket.take(0));
        // What is missing comes back with the time.
        assert!(bucket.take(1_000));
    }
}
