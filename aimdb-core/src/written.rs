//! What was written here and is to go to a server: each value as it was committed, in order.
//!
//! A record that mirrors one keeps a journal beside its buffer, filled in the commit itself, so that what is
//! sent is what was written, whoever wrote and whatever came after.

use alloc::collections::VecDeque;

use crate::commit::{Entry, Origin};

/// So many writes of a record wait to be taken; of more, the oldest are given up and counted.
pub const JOURNAL_MAX: usize = 4_096;

/// A local write as it was committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The record's version after it.
    pub version: u64,
    /// The value, and who made it.
    pub entry: Entry<T>,
    /// What a record of the newest value alone had before.
    pub before: Option<Entry<T>>,
    /// So many older writes were given up, since nobody took them.
    pub missed: u64,
}

impl<T> Written<T> {
    pub(crate) fn new(version: u64, value: T, origin: Origin, before: Option<Entry<T>>) -> Self {
        Self {
            version,
            entry: Entry { value, origin },
            before,
            missed: 0,
        }
    }

    /// The same with other values.
    pub(crate) fn map<U>(self, mut change: impl FnMut(Entry<T>) -> Entry<U>) -> Written<U> {
        Written {
            version: self.version,
            entry: change(self.entry),
            before: self.before.map(change),
            missed: self.missed,
        }
    }
}

/// The writes of one record that wait to be taken.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    waiting: VecDeque<Written<T>>,
    missed: u64,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            missed: 0,
        }
    }
}

impl<T> Journal<T> {
    pub(crate) fn push(&mut self, written: Written<T>) {
        if self.waiting.len() == JOURNAL_MAX {
            self.waiting.pop_front();
            self.missed += 1;
        }
        self.waiting.push_back(written);
    }

    pub(crate) fn pop(&mut self) -> Option<Written<T>> {
        let mut written = self.waiting.pop_front()?;
        written.missed = core::mem::take(&mut self.missed);
        Some(written)
    }
}
