//! The three buffers, each a state machine without a clock, a lock or a waker.
//!
//! | buffer | a write | a reader | for |
//! |---|---|---|---|
//! | [`SpmcRing`] | appends; the oldest is overwritten | has its own place, starts at the newest end, is told once how many it missed | events, samples |
//! | [`SingleLatest`] | replaces | gets the current value at once, then each newer one; may skip | state |
//! | [`Mailbox`] | replaces what waits | takes; exactly one reader gets each value | commands |
//!
//! All three count what was ever written; that count is the record's version. A reader is nothing
//! but a [`Cursor`]: dropping it needs no farewell, and the buffer never waits for one.
//!
//! ```
//! use aimdb_core::buffer::{Buffer, BufferConfig, Read};
//!
//! let mut ring = Buffer::new(BufferConfig::SpmcRing { capacity: 2 })?;
//! let mut reader = ring.subscribe();
//! for value in [1, 2, 3] {
//!     ring.push(value);
//! }
//! assert_eq!(ring.read(&mut reader), Read::Lagged { missed: 1 });
//! assert_eq!(ring.read(&mut reader), Read::Value(2));
//! assert_eq!(ring.read(&mut reader), Read::Value(3));
//! assert_eq!(ring.read(&mut reader), Read::Empty);
//! assert_eq!(ring.latest(), Some(&3));
//! # Ok::<(), aimdb_core::buffer::CapacityError>(())
//! ```

mod latest;
mod mailbox;
mod ring;

pub use latest::SingleLatest;
pub use mailbox::Mailbox;
pub use ring::{CAPACITY_MAX, SpmcRing};

use core::fmt;

/// Which buffer a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferConfig {
    /// The newest `capacity` values, 1 to [`CAPACITY_MAX`].
    SpmcRing {
        /// How many values are kept.
        capacity: usize,
    },
    /// The newest value.
    SingleLatest,
    /// One value until it is taken.
    Mailbox,
}

/// A ring's capacity is not in 1 to [`CAPACITY_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityError {
    /// What was asked for.
    pub capacity: usize,
}

impl fmt::Display for CapacityError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "a ring holds 1 to {CAPACITY_MAX} values, not {}",
            self.capacity
        )
    }
}

impl core::error::Error for CapacityError {}

/// A reader's place in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// How many of the values ever written this reader is done with.
    seen: u64,
}

impl Cursor {
    /// How many of the values ever written this reader is done with.
    pub fn position(&self) -> u64 {
        self.seen
    }
}

/// What a reader finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<T> {
    /// The next value.
    Value(T),
    /// So many values were overwritten before this reader came to them; it goes on at the oldest
    /// that is kept.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// Nothing new.
    Empty,
}

/// One of the three buffers.
#[derive(Clone, Debug)]
pub enum Buffer<T> {
    /// See [`SpmcRing`].
    Ring(SpmcRing<T>),
    /// See [`SingleLatest`].
    Latest(SingleLatest<T>),
    /// See [`Mailbox`].
    Mailbox(Mailbox<T>),
}

impl<T: Clone> Buffer<T> {
    /// An empty buffer.
    pub fn new(config: BufferConfig) -> Result<Self, CapacityError> {
        Ok(match config {
            BufferConfig::SpmcRing { capacity } => Self::Ring(SpmcRing::new(capacity)?),
            BufferConfig::SingleLatest => Self::Latest(SingleLatest::new()),
            BufferConfig::Mailbox => Self::Mailbox(Mailbox::new()),
        })
    }

    /// Takes out what the next [`push`](Self::push) would overwrite, for who drops it elsewhere. Nothing is read in
    /// between.
    pub fn make_room(&mut self) -> Option<T> {
        match self {
            Self::Ring(ring) => ring.make_room(),
            Self::Latest(latest) => latest.make_room(),
            Self::Mailbox(mailbox) => mailbox.make_room(),
        }
    }

    /// Writes a value; never fails. Gives back the new version.
    pub fn push(&mut self, value: T) -> u64 {
        match self {
            Self::Ring(ring) => ring.push(value),
            Self::Latest(latest) => latest.push(value),
            Self::Mailbox(mailbox) => mailbox.push(value),
        }
    }

    /// A new reader's place.
    pub fn subscribe(&self) -> Cursor {
        match self {
            Self::Ring(ring) => ring.subscribe(),
            Self::Latest(_) | Self::Mailbox(_) => Cursor::default(),
        }
    }

    /// What a reader finds next.
    pub fn read(&mut self, cursor: &mut Cursor) -> Read<T> {
        match self {
            Self::Ring(ring) => ring.read(cursor),
            Self::Latest(latest) => latest.read(cursor),
            Self::Mailbox(mailbox) => mailbox.take().map_or(Read::Empty, Read::Value),
        }
    }

    /// The newest value written, without taking it.
    pub fn latest(&self) -> Option<&T> {
        match self {
            Self::Ring(ring) => ring.latest(),
            Self::Latest(latest) => latest.latest(),
            Self::Mailbox(mailbox) => mailbox.latest(),
        }
    }

    /// The newest values, at most `length`, oldest first. Only a ring keeps more than one.
    pub fn history(&self, length: usize) -> impl Iterator<Item = &T> {
        let (ring, single) = match self {
            Self::Ring(ring) => (Some(ring.history(length)), None),
            _ => (None, self.latest().filter(|_| length > 0)),
        };
        ring.into_iter().flatten().chain(single)
    }

    /// The values up to a version, the newest `length` of them, oldest first and each with its version.
    pub fn slice(&self, until: u64, length: usize) -> impl Iterator<Item = (u64, &T)> {
        let (ring, single) = match self {
            Self::Ring(ring) => (Some(ring.slice(until, length)), None),
            _ => (None, self.single_until(until).filter(|_| length > 0)),
        };
        let version = self.version();
        let single = single.map(|value| (version, value));
        ring.into_iter().flatten().chain(single)
    }

    /// How many of the values up to a version are kept.
    pub fn count_until(&self, until: u64) -> usize {
        match self {
            Self::Ring(ring) => ring.count_until(until),
            _ => usize::from(self.single_until(until).is_some()),
        }
    }

    fn single_until(&self, until: u64) -> Option<&T> {
        self.latest().filter(|_| self.version() <= until)
    }

    /// How many values were ever written.
    pub fn version(&self) -> u64 {
        match self {
            Self::Ring(ring) => ring.version(),
            Self::Latest(latest) => latest.version(),
            Self::Mailbox(mailbox) => mailbox.version(),
        }
    }

    /// Forgets what it holds, which it gives away for who drops it elsewhere. The version stays.
    pub fn take_all(&mut self) -> Self {
        match self {
            Self::Ring(ring) => Self::Ring(ring.take_all()),
            Self::Latest(latest) => Self::Latest(latest.take_all()),
            Self::Mailbox(mailbox) => Self::Mailbox(mailbox.take_all()),
        }
    }

    /// Forgets every value; the version stays.
    pub fn clear(&mut self) {
        match self {
            Self::Ring(ring) => ring.clear(),
            Self::Latest(latest) => latest.clear(),
            Self::Mailbox(mailbox) => mailbox.clear(),
        }
    }
}
