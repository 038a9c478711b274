//! The newest value, for any number of readers.

use super::{Cursor, Read};

/// One value, replaced by each write. A new reader gets the current value at once; a slow one skips
/// to the newest and is told nothing, since for state nothing was lost.
///
/// ```
/// use aimdb_core::buffer::{Cursor, Read, SingleLatest};
///
/// let mut state = SingleLatest::new();
/// state.push(1);
/// let mut reader = Cursor::default();
/// assert_eq!(state.read(&mut reader), Read::Value(1));
/// state.push(2);
/// state.push(3);
/// assert_eq!(state.read(&mut reader), Read::Value(3));
/// assert_eq!(state.read(&mut reader), Read::Empty);
/// ```
#[derive(Clone, Debug)]
pub struct SingleLatest<T> {
    value: Option<T>,
    written: u64,
}

impl<T> Default for SingleLatest<T> {
    fn default() -> Self {
        Self {
            value: None,
            written: 0,
        }
    }
}

impl<T> SingleLatest<T> {
    /// No value yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes out what the next [`push`](Self::push) would replace, for who drops it elsewhere.
    pub fn make_room(&mut self) -> Option<T> {
        self.value.take()
    }

    /// Replaces the value.
    pub fn push(&mut self, value: T) -> u64 {
        self.value = Some(value);
        self.written += 1;
        self.written
    }

    /// The value.
    pub fn latest(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// How many values were ever written.
    pub fn version(&self) -> u64 {
        self.written
    }

    /// Forgets what it holds, which it gives away for who drops it elsewhere. The version stays.
    pub fn take_all(&mut self) -> Self {
        Self {
            value: self.value.take(),
            written: self.written,
        }
    }

    /// Forgets the value.
    pub fn clear(&mut self) {
        self.value = None;
    }
}

impl<T: Clone> SingleLatest<T> {
    /// The value, if this reader has not had it.
    pub fn read(&mut self, cursor: &mut Cursor) -> Read<T> {
        match &self.value {
            Some(value) if cursor.seen < self.written => {
                cursor.seen = self.written;
                Read::Value(value.clone())
            }
            _ => Read::Empty,
        }
    }
}
