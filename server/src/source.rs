//! A topic's record: which write each of its versions came from, and when each was published.
//!
//! Guarantees: a cause goes to the value of its own version or to none; both memories are bounded.
//! Does not: hold values; the record does.

use crate::event::Door;
use crate::hub::Cause;
use aimdb_core::BufferConfig;
use std::collections::VecDeque;
use std::sync::Arc;

/// Writes whose cause is remembered until their value is published; older ones are forgotten.
const CAUSES_MAX: usize = 1_024;
/// The field whose value is a record's time, if its contract has it.
pub(crate) const TIME_FIELD: &str = "timestamp";

/// A topic's record.
pub(crate) struct Source {
    pub(crate) door: Arc<Door>,
    /// Whether its values are published.
    pub(crate) readable: bool,
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
            memory: Memory::new(times_max),
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

    /// Version and time of what was published, oldest first, for values without a time of their
    /// own.
    pub(crate) fn times(&self) -> Vec<(u64, u64)> {
        self.memory.times.iter().copied().collect()
    }
}

struct Memory {
    causes: VecDeque<(u64, Cause)>,
    times: VecDeque<(u64, u64)>,
    times_max: usize,
}

impl Memory {
    fn new(times_max: usize) -> Self {
        Self {
            causes: VecDeque::new(),
            times: VecDeque::new(),
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
            if self.times.len() >= self.times_max {
                self.times.pop_front();
            }
            self.times.push_back((version, now_ms));
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
        assert!(memory.times.is_empty());
    }

    #[test]
    fn the_memories_are_bounded_and_forget_the_oldest() {
        let mut memory = Memory::new(2);
        for version in 1..=3_u64 {
            assert_eq!(memory.published(version, version * 10), None);
        }
        assert_eq!(memory.times, [(2, 20), (3, 30)]);
        let last = CAUSES_MAX as u64 + 1;
        (1..=last).for_each(|version| memory.wrote(version, cause(version)));
        assert_eq!(memory.causes.len(), CAUSES_MAX);
        assert_eq!(memory.published(1, 0), None);
        assert_eq!(memory.published(last, 0), Some(cause(last)));
    }
}
