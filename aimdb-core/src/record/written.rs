//! What was written here and is to go to a server: each value as it was committed, in order.
//!
//! A record that mirrors one keeps a journal beside its buffer, filled in the commit itself, so that what is
//! sent is what was written, whoever wrote and whatever came after.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use crate::record::commit::Entry;

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

/// A write as its record keeps it: behind handles, so that no code of the application runs while the cell is held.
#[derive(Debug)]
pub(crate) struct Noted<T> {
    version: u64,
    entry: Arc<Entry<T>>,
    before: Option<Arc<Entry<T>>>,
    missed: u64,
}

impl<T> Noted<T> {
    pub(crate) fn new(version: u64, entry: Arc<Entry<T>>, before: Option<Arc<Entry<T>>>) -> Self {
        Self {
            version,
            entry,
            before,
            missed: 0,
        }
    }

    /// The same with the values in another form.
    pub(crate) fn show<U>(&self, show: impl Fn(&Entry<T>) -> Entry<U>) -> Written<U> {
        Written {
            version: self.version,
            entry: show(&self.entry),
            before: self.before.as_deref().map(show),
            missed: self.missed,
        }
    }
}

/// The writes of one record that wait to be taken.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    waiting: VecDeque<Noted<T>>,
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
    /// Puts a write at the end; gives one that it takes the place of.
    pub(crate) fn push(&mut self, noted: Noted<T>) -> Option<Noted<T>> {
        let is_full = self.waiting.len() == JOURNAL_MAX;
        let lost = is_full.then(|| self.waiting.pop_front()).flatten();
        self.missed += u64::from(lost.is_some());
        self.waiting.push_back(noted);
        lost
    }

    pub(crate) fn pop(&mut self) -> Option<Noted<T>> {
        let mut noted = self.waiting.pop_front()?;
        noted.missed = core::mem::take(&mut self.missed);
        Some(noted)
    }
}
