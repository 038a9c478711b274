//! A small area of the module's memory that both sides use: how numbers cross without being
//! wrapped.
//!
//! JavaScript finds it by its address and looks at it through typed arrays. It writes there only
//! between calls of the engine, when nothing here is borrowed.

use std::cell::{Cell, Ref, RefCell, RefMut};

use aimdb_contracts::Schema;
use aimdb_core::Fields;

use crate::numbers::{
    CHANGES_MAX, MISSED, PAST_NUMBERS_MAX, PAST_UNFIT, SCRATCH_LENGTH, SLOTS_MAX, VERSION,
};

/// The area: the fields of one value, then its version, then a count; and apart from it the numbers
/// of records that changed.
pub(crate) struct Scratch {
    numbers: Box<RefCell<[f64; SCRATCH_LENGTH]>>,
    changes: Box<[Cell<u32>; CHANGES_MAX]>,
    past: RefCell<Vec<f64>>,
}

/// A slice of a record's past on its way out.
pub(crate) struct Past<'a> {
    numbers: RefMut<'a, Vec<f64>>,
    /// How many fields a value has; 0 where values do not fit numbers.
    width: usize,
    /// How many values there is room for.
    pub(crate) length: usize,
    fits: bool,
}

impl Past<'_> {
    /// Adds a value.
    pub(crate) fn put(&mut self, value: &Fields) {
        let start = self.numbers.len();
        self.numbers.resize(start + self.width, 0.0);
        self.fits &= Schema::encode_slots(value, &mut self.numbers[start..]);
    }

    /// How many values there are; [`PAST_UNFIT`] if one of them does not fit numbers.
    pub(crate) fn end(self) -> i32 {
        let count = self.numbers.len().checked_div(self.width);
        count
            .filter(|_| self.fits)
            .map_or(PAST_UNFIT, |count| count as i32)
    }
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            numbers: Box::new(RefCell::new([0.0; SCRATCH_LENGTH])),
            changes: Box::new([const { Cell::new(0) }; CHANGES_MAX]),
            past: RefCell::default(),
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

    /// Begins a slice of so many values, or of as many as there is room for.
    pub(crate) fn past(&self, width: usize, length: u32) -> Past<'_> {
        let room = PAST_NUMBERS_MAX.checked_div(width).unwrap_or_default();
        let mut numbers = self.past.borrow_mut();
        numbers.clear();
        if length == 0 {
            *numbers = Vec::new();
        }
        Past {
            numbers,
            width,
            length: room.min(length as usize),
            fits: true,
        }
    }

    /// Where the last slice starts.
    pub(crate) fn past_address(&self) -> usize {
        self.past.borrow().as_ptr() as usize
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
