//! A topic's record: which write each of its versions came from, and when each was published.
//!
//! Guarantees: a cause goes to the value of its own version or to none; both memories are bounded; who asks for
//! times looks them up where they are, and copies none. Does not: hold values; the record does.

use crate::hub::Cause;
use crate::thread::event::Door;
use aimdb_contracts::Policy;
use aimdb_core::BufferConfig;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Writes whose cause is remembered until their value is published; older ones are forgotten.
const CAUSES_MAX: usize = 1_024;
/// The field whose value is a record's time, if its contract has it.
pub(crate) const TIME_FIELD: &str = "timestamp";

/// A topic's record.
pub(crate) struct Source {
    pub(crate) door: Arc<Door>,
    /// Whether its values are published.
    pub(crate) readable: bool,
    /// Whether it takes integers that JavaScript would round; its publisher looks too.
    pub(crate) exact_integers: Arc<AtomicBool>,
    memory: Memory,
}

impl Source {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        // Only a ring has a past, and most values know their time themselves.
        let times_max = match door.buffer() {
            BufferConfig::SpmcRing { capacity } => capacity,
            BufferConfig::SingleLatest | BufferConfig::Mailbox => 1,
        };
        let times_max = match door.schema().index_of(TIME_FIELD) {
            Some(_) => 0,
            None => times_max,
        };
        Self {
            door,
            readable: false,
            exact_integers: Arc::default(),
            memory: Memory::new(times_max),
        }
    }

    /// How strict its door is for what clients write: as strict as every tab that may follow it.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            safe_integers: !self.exact_integers.load(Ordering::Relaxed),
            ..Policy::JAVASCRIPT
        }
    }

    /// Notes that a write made this version.
    pub(crate) fn wrote(&mut self, version: u64, cause: Cause) {
        if self.readable {
            self.memory.wrote(version, cause);
        }
    }

    /// Notes that a version is published; gives the write that it came from.
    pub(crate) fn published(&mut self, version: Option<u64>, now_ms: u64) -> Option<Cause> {
        self.memory.published(version?, now_ms)
    }

    /// When each version was published, for values without a time of their own.
    pub(crate) fn times(&self) -> Times {
        self.memory.times.clone()
    }
}

/// When each version of a record was published: version and time in Unix milliseconds, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Arc<Mutex<VecDeque<(u64, u64)>>>);

impl Times {
    fn note(&self, version: u64, now_ms: u64, times_max: usize) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() >= times_max {
            times.pop_front();
        }
        times.push_back((version, now_ms));
    }

    /// The times of these versions; 0 where nothing is known at all.
    pub(crate) fn of(&self, versions: impl Iterator<Item = u64>) -> Vec<u64> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let time_of = |wanted: u64| {
            let index = times.partition_point(|(version, _)| *version < wanted);
            // What was overtaken counts with what overtook it; what is written in this moment, with its neighbour.
            let known = times.get(index).or(times.back());
            known.map_or(0, |(_, time_ms)| *time_ms)
        };
        versions.map(time_of).collect()
    }
}

struct Memory {
    causes: VecDeque<(u64, Cause)>,
    times: Times,
    times_max: usize,
}

impl Memory {
    fn new(times_max: usize) -> Self {
        Self {
            causes: VecDeque::new(),
            times: Times::default(),
            times_max,
        }
    }

    fn wrote(&mut self, version: u64, cause: Cause) {
        if self.causes.len() >= CAUSES_MAX {
            self.causes.pop_front();
        }
        self.causes.push_back((version, cause));
    }

    fn published(&mut self, version: u64, now_ms: u64) -> Option<Cause> {
        if self.times_max > 0 {
            self.times.note(version, now_ms, self.times_max);
        }
        // Older ones were overtaken: their values were never published.
        while self.causes.front().is_some_and(|(one, _)| *one < version) {
            self.causes.pop_front();
        }
        let is_next = self.causes.front().is_some_and(|(one, _)| *one == version);
        let cause = is_next.then(|| self.causes.pop_front());
        cause.flatten().map(|(_, cause)| cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::ClientId;

    fn cause(write: u64) -> Cause {
        Cause {
            client: ClientId(1),
            write: Some(write),
        }
    }

    #[test]
    fn a_cause_goes_to_its_own_version_or_to_none() {
        let mut memory = Memory::new(0);
        memory.wrote(2, cause(20));
        memory.wrote(4, cause(40));
        memory.wrote(5, cause(50));
        memory.wrote(9, cause(90));
        let mut check = |version, expected| {
            assert_eq!(memory.published(version, 0), expected, "{version}");
        };
        check(1, None);
        check(2, Some(cause(20)));
        check(2, None);
        check(3, None);
        // Version 4 was overtaken.
        check(5, Some(cause(50)));
        check(8, None);
        check(9, Some(cause(90)));
        check(10, None);
        assert_eq!(memory.times.of([9].into_iter()), [0]);
    }

    #[test]
    fn the_memories_are_bounded_and_forget_the_oldest() {
        let mut memory = Memory::new(2);
        for version in 1..=3_u64 {
            assert_eq!(memory.published(version, version * 10), None);
        }
        assert_eq!(*memory.times.0.lock().unwrap(), [(2, 20), (3, 30)]);
        let last = CAUSES_MAX as u64 + 1;
        (1..=last).for_each(|version| memory.wrote(version, cause(version)));
        assert_eq!(memory.causes.len(), CAUSES_MAX);
        assert_eq!(memory.published(1, 0), None);
        assert_eq!(memory.published(last, 0), Some(cause(last)));
    }

    #[test]
    fn values_without_a_time_have_that_of_their_publication() {
        let times = Times::default();
        for (version, time_ms) in [(2, 20), (3, 30), (6, 60)] {
            times.note(version, time_ms, 9);
        }
        assert_eq!(times.of(2..=7), [20, 30, 60, 60, 60, 60]);
    }
}
