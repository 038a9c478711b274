//! A small area of the module's memory that both sides write: how numbers cross without being
//! wrapped.
//!
//! JavaScript finds it by [`Scratch::address`] and looks at it through typed arrays. Cells make
//! that safe to say in Rust: whatever is read is whatever stands there.

use std::cell::Cell;

/// Most fields of a contract that crosses as numbers; a larger one takes the general path. Every
/// crossing clears as many numbers, so this is no larger than records of plain numbers are.
pub(crate) const SLOTS_MAX: usize = 16;

/// How many changed records one look at the list of changes can bring across.
pub(crate) const CHANGES_MAX: usize = 256;

/// Where the version of the value stands that was just read.
const VERSION: usize = SLOTS_MAX;

/// Where the number of missed values stands that was just read.
const MISSED: usize = SLOTS_MAX + 1;

/// The area: the fields of one value, then its version, then a count.
pub(crate) struct Scratch {
    numbers: Box<[Cell<f64>; SLOTS_MAX + 2]>,
    changes: Box<[Cell<u32>; CHANGES_MAX]>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            numbers: Box::new([const { Cell::new(0.0) }; SLOTS_MAX + 2]),
            changes: Box::new([const { Cell::new(0) }; CHANGES_MAX]),
        }
    }

    /// Where it starts in linear memory; it never moves.
    pub(crate) fn address(&self) -> usize {
        self.numbers.as_ptr() as usize
    }

    /// Where the numbers of changed records start; it never moves.
    pub(crate) fn changes_address(&self) -> usize {
        self.changes.as_ptr() as usize
    }

    pub(crate) fn write_changes(&self, ids: impl Iterator<Item = u32>) {
        for (place, id) in self.changes.iter().zip(ids) {
            place.set(id);
        }
    }

    /// The first `count` numbers, in an array to lend out.
    pub(crate) fn read(&self, slots: &mut [f64]) {
        for (slot, number) in slots.iter_mut().zip(self.numbers.iter()) {
            *slot = number.get();
        }
    }

    pub(crate) fn write(&self, slots: &[f64]) {
        for (slot, number) in slots.iter().zip(self.numbers.iter()) {
            number.set(*slot);
        }
    }

    pub(crate) fn set_version(&self, version: u64) {
        self.numbers[VERSION].set(version as f64);
    }

    pub(crate) fn set_missed(&self, missed: u64) {
        self.numbers[MISSED].set(missed as f64);
    }
}
