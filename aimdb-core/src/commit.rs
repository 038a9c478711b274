//! What is known of a write besides its value, and the list of records that changed.

use alloc::vec::Vec;
use core::task::Waker;

use crate::key::RecordId;

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
}

/// The watched records that changed since the last look, in the order of their first change.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    changed: Vec<RecordId>,
    queued: Vec<bool>,
    waker: Option<Waker>,
}

impl ChangeLog {
    /// Notes a change; gives the waker to call if it is the first since the last look.
    pub(crate) fn note(&mut self, id: RecordId) -> Option<Waker> {
        let index = id.index();
        if self.queued.len() <= index {
            self.queued.resize(index + 1, false);
        }
        if core::mem::replace(&mut self.queued[index], true) {
            return None;
        }
        self.changed.push(id);
        if self.changed.len() == 1 {
            self.waker.clone()
        } else {
            None
        }
    }

    /// Moves what changed into `out`.
    pub(crate) fn drain(&mut self, out: &mut Vec<RecordId>) {
        for id in &self.changed {
            self.queued[id.index()] = false;
        }
        out.append(&mut self.changed);
    }

    pub(crate) fn set_waker(&mut self, waker: Waker) {
        self.waker = Some(waker);
    }
}
