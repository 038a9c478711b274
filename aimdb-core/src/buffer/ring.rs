//! The newest values in order, for any number of readers at their own pace.

use alloc::collections::VecDeque;

use super::{CapacityError, Cursor, Read};

/// Largest capacity of a ring: a million small values are some tens of megabytes, which is as much
/// as one record of a tab should ever hold.
pub const CAPACITY_MAX: usize = 1 << 20;

/// The newest `capacity` values. Writing never fails: the oldest is overwritten, and a reader that
/// had not come to it is told once how many it missed.
///
/// ```
/// use aimdb_core::buffer::{Read, SpmcRing};
///
/// let mut ring = SpmcRing::new(8)?;
/// ring.push("before anyone listens");
/// let mut reader = ring.subscribe();
/// assert_eq!(ring.read(&mut reader), Read::Empty);
/// assert_eq!(ring.history(5).count(), 1);
/// ring.push("a");
/// assert_eq!(ring.read(&mut reader), Read::Value("a"));
/// # Ok::<(), aimdb_core::buffer::CapacityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SpmcRing<T> {
    /// Oldest first. Grows as values come, so that a large ring costs nothing while it is empty.
    values: VecDeque<T>,
    capacity: usize,
    written: u64,
}

impl<T> SpmcRing<T> {
    /// An empty ring of 1 to [`CAPACITY_MAX`] values.
    pub fn new(capacity: usize) -> Result<Self, CapacityError> {
        if !(1..=CAPACITY_MAX).contains(&capacity) {
            return Err(CapacityError { capacity });
        }
        Ok(Self {
            values: VecDeque::new(),
            capacity,
            written: 0,
        })
    }

    /// Takes out what the next [`push`](Self::push) would overwrite, for who drops it elsewhere.
    pub fn make_room(&mut self) -> Option<T> {
        if self.values.len() < self.capacity {
            return None;
        }
        self.values.pop_front()
    }

    /// Appends a value, over the oldest if the ring is full.
    pub fn push(&mut self, value: T) -> u64 {
        self.make_room();
        self.values.push_back(value);
        self.written += 1;
        self.written
    }

    /// A reader that gets what is written from now on.
    pub fn subscribe(&self) -> Cursor {
        Cursor { seen: self.written }
    }

    /// The newest value.
    pub fn latest(&self) -> Option<&T> {
        self.values.back()
    }

    /// The newest values, at most `length`, oldest first.
    pub fn history(&self, length: usize) -> impl Iterator<Item = &T> {
        self.values
            .iter()
            .skip(self.values.len().saturating_sub(length))
    }

    /// The values up to a version, the newest `length` of them, oldest first and each with its version.
    /// Finding the first costs the same in any ring.
    pub fn slice(&self, until: u64, length: usize) -> impl Iterator<Item = (u64, &T)> {
        let end = self.count_until(until);
        let start = end.saturating_sub(length);
        (self.oldest() + start as u64 + 1..).zip(self.values.range(start..end))
    }

    /// How many of the values up to a version are kept.
    pub fn count_until(&self, until: u64) -> usize {
        let until = until.min(self.written);
        until.saturating_sub(self.oldest()) as usize
    }

    /// How many values were ever written.
    pub fn version(&self) -> u64 {
        self.written
    }

    /// Forgets every value. A reader that had not come to them is told that it missed them.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Forgets what it holds, which it gives away for who drops it elsewhere. The version stays.
    pub fn take_all(&mut self) -> Self {
        Self {
            values: core::mem::take(&mut self.values),
            capacity: self.capacity,
            written: self.written,
        }
    }

    fn oldest(&self) -> u64 {
        self.written - self.values.len() as u64
    }
}

impl<T: Clone> SpmcRing<T> {
    /// The reader's next value, or how many it missed.
    pub fn read(&mut self, cursor: &mut Cursor) -> Read<T> {
        let oldest = self.oldest();
        if cursor.seen < oldest {
            let missed = oldest - cursor.seen;
            cursor.seen = oldest;
            return Read::Lagged { missed };
        }
        match self.values.get((cursor.seen - oldest) as usize) {
            None => Read::Empty,
            Some(value) => {
                cursor.seen += 1;
                Read::Value(value.clone())
            }
        }
    }
}
