//! A topic's record: which write each of its versions came from, and when each was published.
//!
//! Guarantees: a cause goes to the value of its own version or to none; both memories are bounded; who asks for
//! times looks them up where they are, and copies none. Does not: hold values; the record does.

use crate::hub::{Cause, Stamp};
use crate::thread::event::Door;
use aimdb_contracts::{Policy, Schema, Value};
use aimdb_core::{BufferConfig, Fields};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Values of which is remembered what is known of them until they are published, or as many as a ring holds if those are more; older ones are
/// forgotten, and are overtaken by then.
const KNOWN_MAX: usize = 1_024;
/// The field whose value is a record's time, if its contract has it.
pub(crate) const TIME_FIELD: &str = "timestamp";

/// A topic's record.
pub(crate) struct Source {
    pub(crate) door: Arc<Door>,
    /// Whether its values are published.
    pub(crate) readable: bool,
    /// Whether it takes integers that JavaScript would round; its publisher looks too.
    pub(crate) exact_integers: Arc<AtomicBool>,
    /// Writes that are checked and wait to be kept.
    pub(crate) under_way: usize,
    /// The last of these.
    last_under_way: Option<UnderWay>,
    /// The last version that a write of a client made, and that write.
    written: Option<(u64, Cause)>,
    /// The last version that was published.
    published_version: u64,
    memory: Memory,
}

/// A write that is checked and waits to be kept.
struct UnderWay {
    seq: Option<u64>,
    cause: Cause,
    fields: Fields,
}

/// The newest value of a record, with what is under way to it.
pub(crate) struct Newest {
    pub(crate) fields: Option<Fields>,
    /// The write that it comes from.
    pub(crate) cause: Option<Cause>,
    /// The number that it was given, where that is known.
    pub(crate) seq: Option<u64>,
    /// Whether clients may have been told of it; then its number is the topic's last.
    pub(crate) is_told: bool,
    /// Whether it is still to be kept.
    pub(crate) is_under_way: bool,
}

/// What is known of a value before it is read: the write that it came from, and its stamp where it was kept already.
pub(crate) type Known = (Option<Cause>, Option<Stamp>);

impl Source {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        // Only a ring has a past, and most values know their time themselves.
        let times_max = match door.buffer() {
            BufferConfig::SpmcRing { capacity } => capacity,
            BufferConfig::SingleLatest | BufferConfig::Mailbox => 1,
        };
        let known_max = times_max.max(KNOWN_MAX);
        let times_max = match door.schema().index_of(TIME_FIELD) {
            Some(_) => 0,
            None => times_max,
        };
        Self {
            door,
            readable: false,
            exact_integers: Arc::default(),
            under_way: 0,
            last_under_way: None,
            written: None,
            published_version: 0,
            memory: Memory::new(times_max, known_max),
        }
    }

    /// How strict its door is for what clients write: as strict as every tab that may follow it.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            safe_integers: !self.exact_integers.load(Ordering::Relaxed),
            ..Policy::JAVASCRIPT
        }
    }

    /// A write is to be kept before its record has it.
    pub(crate) fn defers(&mut self, seq: Option<u64>, cause: Cause, fields: Fields) {
        self.under_way += 1;
        self.last_under_way = Some(UnderWay { seq, cause, fields });
    }

    /// A write that was to be kept was, or could not be.
    pub(crate) fn kept(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 {
            self.last_under_way = None;
        }
    }

    /// What a write finds that is about to be taken.
    pub(crate) fn newest(&self) -> Newest {
        if let Some(last) = &self.last_under_way {
            return Newest {
                fields: Some(last.fields.clone()),
                cause: Some(last.cause.clone()),
                seq: last.seq,
                is_told: false,
                is_under_way: true,
            };
        }
        let version = self.door.version();
        let written = self.written.as_ref().filter(|(of, _)| *of == version);
        Newest {
            fields: self.door.latest().map(|entry| entry.value),
            cause: written.map(|(_, cause)| cause.clone()),
            seq: None,
            is_told: version == self.published_version,
            is_under_way: false,
        }
    }

    /// Notes what made this version.
    pub(crate) fn wrote(&mut self, version: u64, known: Known) {
        self.written = known.0.clone().map(|cause| (version, cause));
        if self.readable {
            self.memory.wrote(version, known);
        }
    }

    /// Notes that this version was kept by an earlier run, as many of which are remembered as there are.
    pub(crate) fn restored(&mut self, version: u64, known: Known) {
        self.written = known.0.clone().map(|cause| (version, cause));
        self.memory.known.push_back((version, known));
        self.memory.known_max = self.memory.known_max.max(self.memory.known.len());
    }

    /// How many values are known that were not published yet.
    pub(crate) fn known(&self) -> usize {
        self.memory.known.len()
    }

    /// Notes that a version is published; gives what is known of it.
    pub(crate) fn published(&mut self, version: Option<u64>, now_ms: u64) -> Known {
        self.published_version = version.unwrap_or(self.published_version);
        version.map_or((None, None), |version| {
            self.memory.published(version, now_ms)
        })
    }

    /// When each version was published, for values without a time of their own.
    pub(crate) fn times(&self) -> Times {
        self.memory.times.clone()
    }
}

/// A field of a value as a time in Unix milliseconds; nothing if it is no number.
pub(crate) fn number_in(schema: &Schema, fields: &Fields, name: &str) -> Option<f64> {
    match fields.get(schema.index_of(name)?)? {
        Value::Unsigned(number) => Some(*number as f64),
        Value::Signed(number) => Some(*number as f64),
        Value::F32(number) => Some(f64::from(*number)),
        Value::F64(number) => Some(*number),
        _ => None,
    }
}

/// The time that a value itself tells.
pub(crate) fn time_of(schema: &Schema, fields: &Fields) -> Option<u64> {
    match fields.get(schema.index_of(TIME_FIELD)?) {
        Some(Value::Unsigned(ts)) => Some(*ts),
        _ => None,
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
    known: VecDeque<(u64, Known)>,
    known_max: usize,
    times: Times,
    times_max: usize,
}

impl Memory {
    fn new(times_max: usize, known_max: usize) -> Self {
        Self {
            known: VecDeque::new(),
            known_max,
            times: Times::default(),
            times_max,
        }
    }

    fn wrote(&mut self, version: u64, known: Known) {
        if self.known.len() >= self.known_max {
            self.known.pop_front();
        }
        self.known.push_back((version, known));
    }

    fn published(&mut self, version: u64, now_ms: u64) -> Known {
        if self.times_max > 0 {
            self.times.note(version, now_ms, self.times_max);
        }
        // Older ones were overtaken: their values were never published.
        while self.known.front().is_some_and(|(one, _)| *one < version) {
            self.known.pop_front();
        }
        let is_next = self.known.front().is_some_and(|(one, _)| *one == version);
        let known = is_next.then(|| self.known.pop_front()).flatten();
        known.map_or((None, None), |(_, known)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::ClientId;

    fn cause(write: u64) -> Known {
        let cause = Cause {
            client: ClientId(1),
            name: None,
            write: Some(write),
        };
        let stamp = Stamp { seq: write, ts: 0 };
        (Some(cause), Some(stamp))
    }

    #[test]
    fn a_cause_goes_to_its_own_version_or_to_none() {
        let mut memory = Memory::new(0, KNOWN_MAX);
        memory.wrote(2, cause(20));
        memory.wrote(4, cause(40));
        memory.wrote(5, cause(50));
        memory.wrote(9, cause(90));
        let mut check = |version, expected: Option<Known>| {
            let expected = expected.unwrap_or_default();
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
        let mut memory = Memory::new(2, KNOWN_MAX);
        for version in 1..=3_u64 {
            assert_eq!(memory.published(version, version * 10), (None, None));
        }
        assert_eq!(*memory.times.0.lock().unwrap(), [(2, 20), (3, 30)]);
        let last = KNOWN_MAX as u64 + 1;
        (1..=last).for_each(|version| memory.wrote(version, cause(version)));
        assert_eq!(memory.known.len(), KNOWN_MAX);
        assert_eq!(memory.published(1, 0), (None, None));
        assert_eq!(memory.published(last, 0), cause(last));
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
