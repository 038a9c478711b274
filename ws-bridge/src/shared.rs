//! What a session knows of the other programs that write to its device.

use crate::write::WriteId;
use alloc::collections::VecDeque;

/// So many echoes are remembered that came before their writes were heard of, and so many writes that have ended.
const EARLY_MAX: usize = 1_024;

/// What is known of the others.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    /// Whether this session sends.
    pub(crate) leads: bool,
    /// So often that has changed.
    pub(crate) term: u64,
    /// The highest number that was heard of.
    pub(crate) last_number: u64,
    /// Numbers whose echoes came before their writes were heard of, and were shown as values of others.
    pub(crate) early: VecDeque<u64>,
    /// The last writes that were told to have ended: the device may have one yet, and an echo of one may come.
    told: VecDeque<(u64, WriteId)>,
}

impl Sharing {
    /// An echo came of a write that was not heard of.
    pub(crate) fn note_early(&mut self, number: u64) {
        remember(&mut self.early, number);
    }

    /// A write was told to have ended.
    pub(crate) fn note_told(&mut self, number: u64, write: WriteId) {
        remember(&mut self.told, (number, write));
    }

    /// What a write of a number was here, if it was told to have ended.
    pub(crate) fn told(&self, number: u64) -> Option<WriteId> {
        let mut told = self.told.iter();
        let (_, write) = told.find(|(other, _)| *other == number)?;
        Some(*write)
    }
}

/// Of more than there is room for the oldest are forgotten.
fn remember<One>(list: &mut VecDeque<One>, one: One) {
    if list.len() >= EARLY_MAX {
        list.pop_front();
    }
    list.push_back(one);
}

/// Whose write a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// One that is known here.
    Known(WriteId),
    /// One that this session may have made, and that has no number yet.
    Unsure,
    /// Somebody else.
    Other,
}
