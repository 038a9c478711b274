//! How often something may be said.
//!
//! Guarantees: of each kind the first few are said whole, then one a second; each that is not said is counted,
//! and the count is told with the next one or when it is asked for. Does not: read clocks, or say anything.

use std::collections::BTreeMap;

/// So many of a kind are said one after the other, however fast they come.
pub(crate) const WHOLE_MAX: u32 = 10;
/// From then on one is said in this time.
pub(crate) const LINE_EVERY_MS: u64 = 1_000;
/// A kind that was not heard for so long begins anew.
pub(crate) const QUIET_MS: u64 = 60_000;

/// Judges what is to be said. There are as many kinds as the type has values, so it does not grow.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    kinds: BTreeMap<K, Kind>,
}

#[derive(Debug)]
struct Kind {
    whole_left: u32,
    said_ms: u64,
    heard_ms: u64,
    left_out: u64,
}

/// Whether to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Say it, and that so many before it were left out.
    Say { left_out: u64 },
    /// It is counted.
    LeaveOut,
}

impl<K> Default for Limiter<K> {
    fn default() -> Self {
        let kinds = BTreeMap::new();
        Self { kinds }
    }
}

impl<K: Ord + Copy> Limiter<K> {
    /// Hears of one more. `now_ms` is any clock that does not run backwards.
    pub(crate) fn hear(&mut self, kind: K, now_ms: u64) -> Verdict {
        let kind = self.kinds.entry(kind).or_insert(Kind {
            whole_left: WHOLE_MAX,
            said_ms: now_ms,
            heard_ms: now_ms,
            left_out: 0,
        });
        if now_ms.saturating_sub(kind.heard_ms) >= QUIET_MS {
            kind.whole_left = WHOLE_MAX;
        }
        kind.heard_ms = now_ms;
        if kind.whole_left > 0 {
            kind.whole_left -= 1;
        } else if !kind.is_due(now_ms) {
            kind.left_out += 1;
            return Verdict::LeaveOut;
        }
        Verdict::Say {
            left_out: kind.say(now_ms),
        }
    }

    /// What was left out and not told for its time, because nothing more came.
    pub(crate) fn overdue(&mut self, now_ms: u64) -> Vec<(K, u64)> {
        let due = |kind: &Kind| kind.left_out > 0 && kind.is_due(now_ms);
        let kinds = self.kinds.iter_mut().filter(|(_, kind)| due(kind));
        kinds
            .map(|(name, kind)| (*name, kind.say(now_ms)))
            .collect()
    }
}

impl Kind {
    fn is_due(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.said_ms) >= LINE_EVERY_MS
    }

    fn say(&mut self, now_ms: u64) -> u64 {
        self.said_ms = now_ms;
        std::mem::take(&mut self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEAVE_OUT: Verdict = Verdict::LeaveOut;

    fn say(left_out: u64) -> Verdict {
        Verdict::Say { left_out }
    }

    #[test]
    fn the_first_are_whole_and_then_one_a_second_tells_how_many_were_not() {
        let mut limiter = Limiter::default();
        for _ in 0..WHOLE_MAX {
            assert_eq!(limiter.hear("a", 5), say(0));
        }
        for _ in 0..3 {
            assert_eq!(limiter.hear("a", 500), LEAVE_OUT);
        }
        assert_eq!(limiter.hear("b", 500), say(0), "another kind");
        assert_eq!(limiter.hear("a", 1_004), LEAVE_OUT);
        assert_eq!(limiter.hear("a", 1_005), say(4));
        assert_eq!(limiter.hear("a", 1_006), LEAVE_OUT);
        assert_eq!(limiter.hear("a", 9_000), say(1));
        assert_eq!(limiter.hear("a", 10_000), say(0));
    }

    #[test]
    fn what_was_left_out_last_is_told_when_nothing_more_comes() {
        let mut limiter = Limiter::default();
        for _ in 0..WHOLE_MAX + 7 {
            limiter.hear("a", 0);
        }
        assert_eq!(limiter.overdue(999), []);
        assert_eq!(limiter.overdue(1_000), [("a", 7)]);
        assert_eq!(limiter.overdue(9_000), []);
    }

    #[test]
    fn after_a_quiet_time_a_kind_begins_anew() {
        let mut limiter = Limiter::default();
        for _ in 0..WHOLE_MAX + 1 {
            limiter.hear("a", 0);
        }
        let later = QUIET_MS;
        assert_eq!(limiter.hear("a", later), say(1));
        for _ in 1..WHOLE_MAX {
            assert_eq!(limiter.hear("a", later), say(0));
        }
        assert_eq!(limiter.hear("a", later), LEAVE_OUT);
    }

    proptest! {
        #[test]
        fn everything_is_said_or_counted_and_little_is_said(
            steps in proptest::collection::vec((0_u64..400, 0_u8..3, proptest::bool::ANY), 0..500),
        ) {
            let mut limiter = Limiter::default();
            let (mut now_ms, mut heard, mut accounted) = (0, [0; 3], [0; 3]);
            let mut lines = [0; 3];
            for (pause_ms, kind, asks) in steps {
                now_ms += pause_ms;
                let index = usize::from(kind);
                heard[index] += 1;
                if let Verdict::Say { left_out } = limiter.hear(kind, now_ms) {
                    accounted[index] += 1 + left_out;
                    lines[index] += 1;
                }
                if asks {
                    for (kind, left_out) in limiter.overdue(now_ms) {
                        accounted[usize::from(kind)] += left_out;
                        lines[usize::from(kind)] += 1;
                    }
                }
            }
            for (kind, left_out) in limiter.overdue(now_ms + LINE_EVERY_MS) {
                accounted[usize::from(kind)] += left_out;
            }
            prop_assert_eq!(heard, accounted);
            let most = u64::from(WHOLE_MAX) + now_ms / LINE_EVERY_MS;
            prop_assert!(lines.iter().all(|lines| *lines <= most), "{lines:?} of {most}");
        }
    }
}
