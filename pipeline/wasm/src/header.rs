//! A few words of memory through which JavaScript finds everything else: addresses, lengths, small numbers.
//!
//! JavaScript reads it through a typed array, between calls. A list takes two words, its address and its length;
//! arrays of the same length share the length of the first.

use alloc::boxed::Box;
use core::cell::Cell;

/// What each word is. `client/src/store/wasm/area.ts` has the same list.
pub(crate) mod word {
    pub(crate) const INPUT_PATHS: usize = 0;
    pub(crate) const INPUT_KINDS: usize = 1;
    pub(crate) const INPUT_NUMBERS: usize = 2;
    pub(crate) const INPUT_SENDERS: usize = 3;
    pub(crate) const TEXT_AREA: usize = 4;
    pub(crate) const KEPT_COUNT: usize = 5;
    pub(crate) const CHANGE_PATHS: usize = 6;
    pub(crate) const CHANGE_KINDS: usize = 8;
    pub(crate) const CHANGE_NUMBERS: usize = 9;
    pub(crate) const CHANGE_LINEAGES: usize = 10;
    pub(crate) const CHANGE_SENDERS: usize = 11;
    pub(crate) const CONDITIONS: usize = 12;
    pub(crate) const HOLDS: usize = 14;
    pub(crate) const CHOICES: usize = 15;
    pub(crate) const LEAVES: usize = 17;
    pub(crate) const TEXTS: usize = 18;
    pub(crate) const VALIDATORS: usize = 20;
    pub(crate) const LISTENERS: usize = 22;
    pub(crate) const PLAN_STARTS: usize = 24;
    pub(crate) const PLAN_CHANGES: usize = 25;
    pub(crate) const PLAN_STRIPS: usize = 26;
    pub(crate) const FREED_PATHS: usize = 27;
    pub(crate) const FREED_TEXTS: usize = 29;
    pub(crate) const FREED_SLOTS: usize = 31;
    pub(crate) const IDS: usize = 33;
    pub(crate) const TEXT: usize = 35;
    pub(crate) const FAILURE_CODE: usize = 37;
    pub(crate) const FAILURE_NUMBER: usize = 38;
    pub(crate) const FAILURE_PATH: usize = 39;
    pub(crate) const FAILURE_OTHER: usize = 41;
    /// How many there are.
    pub(crate) const COUNT: usize = 43;
}

/// The words.
pub(crate) struct Header(Box<[Cell<u32>; word::COUNT]>);

impl Header {
    pub(crate) fn new() -> Self {
        Self(Box::new([const { Cell::new(0) }; word::COUNT]))
    }

    /// Where it starts; it never moves.
    pub(crate) fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    pub(crate) fn set(&self, word: usize, number: usize) {
        self.0[word].set(number as u32);
    }

    /// Names the place of an array.
    pub(crate) fn point<T>(&self, word: usize, array: &[T]) {
        self.set(word, array.as_ptr() as usize);
    }

    /// Names the place of an array and, in the next word, its length.
    pub(crate) fn list<T>(&self, word: usize, array: &[T]) {
        self.point(word, array);
        self.0[word + 1].set(array.len() as u32);
    }
}
