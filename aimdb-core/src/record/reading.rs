//! Readers: where they are, what they get, and how much of it in a turn.

use core::task::{Context, Poll};

use crate::buffer::Cursor;
use crate::wakers::Slot;

/// What a waiting reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// The next value.
    Value(T),
    /// So many values were overwritten before this reader came to them. Reading goes on.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// The record was removed or the database is closed; nothing more will come.
    Closed,
}

impl<T> Next<T> {
    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Next<U> {
        match self {
            Self::Value(value) => Next::Value(change(value)),
            Self::Lagged { missed } => Next::Lagged { missed },
            Self::Closed => Next::Closed,
        }
    }
}

/// How much a reader is given without a wait before it lets other tasks run: it wakes itself and waits once. Few
/// enough that a timer is at most some microseconds late, many enough that the round through the runtime is
/// a small part of what a value costs.
pub const READS_PER_TURN: u32 = 64;

/// A reader's place in a record and among its waiters. It ends with [`Record::leave`](crate::Record::leave).
#[derive(Debug, Default)]
pub struct Reader {
    pub(crate) cursor: Cursor,
    pub(crate) slot: Option<Slot>,
    pub(crate) turn: Turn,
}

/// How far a reader is in its turn of [`READS_PER_TURN`].
#[derive(Debug, Default)]
pub(crate) struct Turn(u32);

impl Turn {
    /// Whether the turn is over: then the task is woken to go on later.
    pub(crate) fn is_over(&mut self, context: &Context<'_>) -> bool {
        let is_over = self.0 >= READS_PER_TURN;
        if is_over {
            self.0 = 0;
            context.waker().wake_by_ref();
        }
        is_over
    }

    /// Counts what was given, or begins anew where the task waits.
    pub(crate) fn count<O>(&mut self, given: Poll<O>) -> Poll<O> {
        self.0 = if given.is_ready() { self.0 + 1 } else { 0 };
        given
    }
}

impl Reader {
    /// The version of the value that it read last; 0 before the first, and on a mailbox, whose
    /// readers have no place.
    pub fn version(&self) -> u64 {
        self.cursor.position()
    }
}
