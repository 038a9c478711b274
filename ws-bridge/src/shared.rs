//! What a session knows of the other programs that write to its device.

use crate::write::WriteId;
use alloc::collections::VecDeque;

/// So many echoes are remembered that came before their writes were heard of, and so many writes that are told and not forgotten.
const EARLY_MAX: usize = 1_024;

/// What is known of the others.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    /// Whether this session sends.
    pub(crate) leads: bool,
    /// The highest number that was heard of.
    pub(crate) last_number: u64,
    /// Numbers whose echoes came before their writes were heard of, and were shown as values of others.
    pub(crate) early: VecDeque<u64>,
    /// Numbers of writes that were told to have ended, and that the device could not be made to forget.
    pub(crate) told: VecDeque<u64>,
}

impl Sharing {
    /// An echo came of a write that was not heard of.
    pub(crate) fn note_early(&mut self, number: u64) {
        remember(&mut self.early, number);
    }

    /// A write was told to have ended, and the device has it yet.
    pub(crate) fn note_told(&mut self, number: u64) {
        remember(&mut self.told, number);
    }
}

/// Of more than there is room for the oldest are forgotten.
fn remember(numbers: &mut VecDeque<u64>, number: u64) {
    if numbers.len() >= EARLY_MAX {
        numbers.pop_front();
    }
    numbers.push_back(number);
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
