//! What changed, in order, so that peers which keep up are sent the changes and need no walk.
//!
//! A ring of record numbers. A reader that falls behind is told how much it missed.

use alloc::collections::VecDeque;

use crate::clock::epoch::Epoch;

/// How many changes are kept: 512 kB, and more than a peer that is connected falls behind.
pub const LOG_ENTRIES_MAX: usize = 1 << 16;

#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the first entry that is kept.
    first: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    slot: u32,
    epoch: Epoch,
}

impl Log {
    /// Notes a change in an epoch that is no earlier than the last.
    pub(crate) fn push(&mut self, slot: u32, epoch: Epoch) {
        if self.entries.len() == LOG_ENTRIES_MAX {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(Entry { slot, epoch });
    }

    /// The number after the last change.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The records that changed from a number on, or how many changes from there are forgotten.
    pub(crate) fn since(&self, number: u64) -> Result<impl Iterator<Item = u32> + '_, Missed> {
        if number < self.first {
            let count = self.first - number;
            return Err(Missed { count });
        }
        let start = usize::try_from(number - self.first).unwrap_or(usize::MAX);
        Ok(self.entries.iter().skip(start).map(|entry| entry.slot))
    }

    /// Forgets changes of epochs before one.
    pub(crate) fn prune(&mut self, before: Epoch) {
        while self
            .entries
            .front()
            .is_some_and(|entry| entry.epoch < before)
        {
            self.entries.pop_front();
            self.first += 1;
        }
    }

    /// Forgets all; numbers go on.
    pub(crate) fn clear(&mut self) {
        self.first = self.end();
        self.entries.clear();
    }
}

/// A reader fell behind: it has to walk the tree, by `Replica::open`, and read from `Replica::log_end` afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// How many changes are no longer there.
    pub count: u64,
}

impl core::fmt::Display for Missed {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let count = self.count;
        write!(
            out,
            "{count} changes are no longer in the log: walk the tree"
        )
    }
}

impl core::error::Error for Missed {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_reader_gets_all_from_its_number_or_hears_how_much_it_missed() {
        let mut log = Log::default();
        for slot in 0..LOG_ENTRIES_MAX as u32 + 3 {
            log.push(slot, Epoch(slot / 100));
        }
        let end = LOG_ENTRIES_MAX as u64 + 3;
        assert_eq!(log.end(), end);
        assert_eq!(log.since(1).err(), Some(Missed { count: 2 }));
        assert_eq!(log.since(3).unwrap().count(), LOG_ENTRIES_MAX);
        assert_eq!(
            log.since(end - 2).unwrap().collect::<Vec<_>>(),
            [65_537, 65_538]
        );
        assert_eq!(log.since(end + 5).unwrap().count(), 0);
        log.prune(Epoch(10));
        assert_eq!(log.since(999).err(), Some(Missed { count: 1 }));
        assert_eq!(log.since(1_000).unwrap().next(), Some(1_000));
        log.clear();
        assert_eq!((log.end(), log.since(end).unwrap().count()), (end, 0));
        assert_eq!(log.since(end - 1).err(), Some(Missed { count: 1 }));
    }
}
