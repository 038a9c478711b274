//! What is known of a write besides its value, and the list of records that changed.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;

use crate::key::RecordId;
use crate::store::order::{Order, trim};

/// Where a value came from. It is what stops echoes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Written here.
    #[default]
    Local,
    /// Received over a link.
    Remote,
    /// Derived from other records.
    Rule,
    /// Put back: after a refusal by the server, or from storage.
    Restored,
}

impl Origin {
    /// Whether the value came into being on this side, so that a server has yet to hear of it.
    pub fn is_made_here(self) -> bool {
        matches!(self, Self::Local | Self::Rule)
    }

    /// A stable name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
            Self::Rule => "rule",
            Self::Restored => "restored",
        }
    }
}

/// How a value is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// Where it came from.
    pub origin: Origin,
    /// Leave the record as it is if the value is the same, so that an echo is no second update.
    pub skip_equal: bool,
}

impl Write {
    /// A write from `origin`.
    pub fn from(origin: Origin) -> Self {
        Self {
            origin,
            skip_equal: false,
        }
    }
}

/// What a write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The record's version after it.
    pub version: u64,
    /// Whether anything was written.
    pub changed: bool,
}

/// A value as the buffers hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// What one record has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Values written.
    pub written: u64,
    /// Values refused by the contract.
    pub refused: u64,
    /// Values handed to readers.
    pub read: u64,
    /// Values that readers missed because they were too slow.
    pub missed: u64,
    /// Tasks of the record (sources, taps, transforms, joins) that ended by a panic.
    pub failed: u64,
}

/// The watched records that changed since the last look, in the order of their first change.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    changed: Order,
    /// The generation of the record that is in each place; 0 where there is none.
    living: Vec<u64>,
    /// Behind a handle, since the waker itself belongs to the application: it is cloned and dropped while no
    /// cell is held.
    waker: Option<Arc<Waker>>,
    /// The records whose journals have something, a number for each write, in the order of the writes.
    written: VecDeque<RecordId>,
    written_waker: Option<Arc<Waker>>,
}

impl ChangeLog {
    /// Notes that a journal has got a write; gives the waker to call if it is the first since the last look.
    pub(crate) fn note_written(&mut self, id: RecordId) -> Option<Arc<Waker>> {
        self.written.push_back(id);
        let is_first = self.written.len() == 1;
        self.written_waker.clone().filter(|_| is_first)
    }

    /// The record of the oldest write that was not looked at.
    pub(crate) fn next_written(&mut self) -> Option<RecordId> {
        self.written.pop_front()
    }

    pub(crate) fn has_written(&self) -> bool {
        !self.written.is_empty()
    }

    pub(crate) fn has_written_waker(&self) -> bool {
        self.written_waker.is_some()
    }

    pub(crate) fn set_written_waker(&mut self, waker: Option<Arc<Waker>>) -> Option<Arc<Waker>> {
        core::mem::replace(&mut self.written_waker, waker)
    }

    /// Takes changes of a record from now on.
    pub(crate) fn admit(&mut self, id: RecordId) {
        let length = self.living.len().max(id.index() + 1);
        self.living.resize(length, 0);
        self.living[id.index()] = id.generation();
    }

    /// Forgets the changes of a record, and takes none of it any more: who wrote it in the moment it
    /// was removed may still be on the way here.
    pub(crate) fn forget(&mut self, id: RecordId) {
        self.living[id.index()] = 0;
        self.changed.remove(id.index());
    }

    /// Gives memory back: there is no record in the places of `extent` and beyond.
    pub(crate) fn trim(&mut self, extent: usize) {
        trim(&mut self.living, extent);
        self.changed.trim(extent);
    }

    /// Notes a change; gives the waker to call if it is the first since the last look.
    pub(crate) fn note(&mut self, id: RecordId) -> Option<Arc<Waker>> {
        let index = id.index();
        if self.living.get(index) != Some(&id.generation()) {
            return None;
        }
        let is_first = self.changed.first().is_none();
        if self.changed.push(index) && is_first {
            self.waker.clone()
        } else {
            None
        }
    }

    /// Moves what changed into `out`.
    pub(crate) fn drain(&mut self, out: &mut Vec<RecordId>) {
        while let Some(index) = self.changed.first() {
            self.changed.remove(index);
            out.push(RecordId::new(index, self.living[index]));
        }
    }

    /// Gives the waker that was there before.
    pub(crate) fn set_waker(&mut self, waker: Arc<Waker>) -> Option<Arc<Waker>> {
        self.waker.replace(waker)
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.changed.capacity() + self.living.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_record_that_is_gone_is_nobodys() {
        let mut log = ChangeLog::default();
        let mut drained = Vec::new();
        let (gone, next) = (RecordId::new(3, 7), RecordId::new(3, 8));
        log.admit(gone);
        log.note(gone);
        log.forget(gone);
        log.note(gone);
        log.admit(next);
        log.note(gone);
        log.drain(&mut drained);
        assert_eq!(drained, []);
        log.note(next);
        log.note(next);
        log.drain(&mut drained);
        assert_eq!(drained, [next]);
        log.forget(next);
        log.trim(0);
        log.note(next);
        log.drain(&mut drained);
        assert_eq!((drained, log.living.len()), (alloc::vec![next], 0));
    }
}
