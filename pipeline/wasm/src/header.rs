//! A few words of memory through which JavaScript finds everything else: addresses, lengths, small numbers.
//!
//! What each word is stands in `shared`. JavaScript reads it through a typed array, between calls. A list takes two words, its address and its length;
//! arrays of the same length share the length of the first.

use alloc::boxed::Box;
use core::cell::Cell;

use crate::shared::WORDS;

/// The words.
pub(crate) struct Header(Box<[Cell<u32>; WORDS]>);

impl Header {
    pub(crate) fn new() -> Self {
        Self(Box::new([const { Cell::new(0) }; WORDS]))
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
