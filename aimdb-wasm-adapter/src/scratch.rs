//! A small area of the module's memory that both sides use: how numbers cross without being
//! wrapped.
//!
//! JavaScript finds it by its address and looks at it through typed arrays. It writes there only
//! between calls of the engine, when nothing here is borrowed.

use std::cell::{Cell, Ref, RefCell, RefMut};

/// Most fields of a contract that crosses as numbers; a larger one takes the general path.
pub(crate) const SLOTS_MAX: usize = 16;

/// How many changed records one look at the list of changes can bring across.
pub(crate) const CHANGES_MAX: usize = 256;

/// Where the version of the value stands that was just read.
const VERSION: usize = SLOTS_MAX;

/// Where the number of missed values stands that was just read.
const MISSED: usize = SLOTS_MAX + 1;

/// The area: the fields of one value, then its version, then a count; and apart from it the numbers
/// of records that changed.
pub(crate) struct Scratch {
    numbers: Box<RefCell<[f64; SLOTS_MAX + 2]>>,
    changes: Box<[Cell<u32>; CHANGES_MAX]>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            numbers: Box::new(RefCell::new([0.0; SLOTS_MAX + 2])),
            changes: Box::new([const { Cell::new(0) }; CHANGES_MAX]),
        }
    }

    /// Where it starts in linear memory; it never moves.
    pub(crate) fn address(&self) -> usize {
        self.numbers.as_ptr() as usize
    }

    /// The first `count` numbers, at most [`SLOTS_MAX`].
    pub(crate) fn slots(&self, count: usize) -> Ref<'_, [f64]> {
        Ref::map(self.numbers.borrow(), |numbers| {
            &numbers[..count.min(SLOTS_MAX)]
        })
    }

    /// The first `count` numbers, to be written.
    pub(crate) fn slots_mut(&self, count: usize) -> RefMut<'_, [f64]> {
        RefMut::map(self.numbers.borrow_mut(), |numbers| {
            &mut numbers[..count.min(SLOTS_MAX)]
        })
    }

    pub(crate) fn set_version(&self, version: u64) {
        self.numbers.borrow_mut()[VERSION] = version as f64;
    }

    pub(crate) fn set_missed(&self, missed: u64) {
        self.numbers.borrow_mut()[MISSED] = missed as f64;
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
}
