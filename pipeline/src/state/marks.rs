//! A set of path ids with one number each, emptied by counting up instead of by clearing.

use alloc::vec::Vec;

use crate::state::paths::PathId;

#[derive(Clone, Copy, Default)]
struct Mark {
    epoch: u32,
    value: u32,
}

/// The set; it keeps its memory between batches.
#[derive(Default)]
pub(crate) struct Marks {
    marks: Vec<Mark>,
    epoch: u32,
}

impl Marks {
    /// Empties the set and makes room for ids below `bound`.
    pub(crate) fn reset(&mut self, bound: usize) {
        if self.marks.len() < bound {
            self.marks.resize(bound, Mark::default());
        }
        self.epoch = match self.epoch.checked_add(1) {
            Some(epoch) => epoch,
            None => {
                self.marks.fill(Mark::default());
                1
            }
        };
    }

    /// Puts an id in with a number; false when it was in already, and then its number stays.
    pub(crate) fn insert(&mut self, path: PathId, value: u32) -> bool {
        let epoch = self.epoch;
        match self.marks.get_mut(path.0 as usize) {
            Some(mark) if mark.epoch != epoch => {
                *mark = Mark { epoch, value };
                true
            }
            _ => false,
        }
    }

    /// Puts an id in with a number, or replaces its number; false when it was in already.
    pub(crate) fn put(&mut self, path: PathId, value: u32) -> bool {
        let is_new = self.insert(path, value);
        if let Some(mark) = self.marks.get_mut(path.0 as usize) {
            mark.value = value;
        }
        is_new
    }

    /// The number of an id that is in.
    pub(crate) fn get(&self, path: PathId) -> Option<u32> {
        let mark = self.marks.get(path.0 as usize)?;
        (mark.epoch == self.epoch).then_some(mark.value)
    }
}
