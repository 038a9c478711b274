//! The two ends of a record for typed code: one writes, one reads.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use aimdb_contracts::Linkable;

use crate::buffer::Read;
use crate::commit::{Commit, Entry, Origin, Write};
use crate::error::WriteError;
use crate::record::{Next, Reader, Record};
use crate::runtime::RuntimeAdapter;
use crate::wakers::Slot;

/// Writes a record. Clones write the same record.
pub struct Producer<T: Linkable, R: RuntimeAdapter> {
    record: Record<T, R>,
    origin: Origin,
}

impl<T: Linkable, R: RuntimeAdapter> Clone for Producer<T, R> {
    fn clone(&self) -> Self {
        Self {
            record: self.record.clone(),
            origin: self.origin,
        }
    }
}

impl<T: Linkable, R: RuntimeAdapter> Producer<T, R> {
    pub(crate) fn new(record: Record<T, R>, origin: Origin) -> Self {
        Self { record, origin }
    }

    /// Writes a value; an error if its contract refuses it, e.g. because of a NaN, or if the record
    /// was removed.
    pub fn produce(&self, value: T) -> Result<Commit, WriteError> {
        self.record.produce(value, Write::from(self.origin))
    }

    /// Ends when the record is removed or the database is closed: the sign for a source that waits
    /// for its sensor to end too.
    pub fn closed(&self) -> Closed<T, R> {
        Closed {
            record: self.record.clone(),
            slot: None,
        }
    }

    /// Whether the record was removed or the database is closed: for a source that looks between two
    /// values instead of waiting for [`closed`](Self::closed).
    pub fn is_closed(&self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.closed()).poll(&mut context).is_ready()
    }

    /// Whether the record was removed: nothing can be written any more.
    pub fn is_removed(&self) -> bool {
        self.record.is_removed()
    }

    /// The record's key.
    pub fn key(&self) -> &str {
        self.record.key()
    }
}

/// See [`Producer::closed`]. Once it has ended it stays so, however often it is polled.
pub struct Closed<T: Linkable, R: RuntimeAdapter> {
    record: Record<T, R>,
    slot: Option<Slot>,
}

// Nothing in it is pinned.
impl<T: Linkable, R: RuntimeAdapter> Unpin for Closed<T, R> {}

impl<T: Linkable, R: RuntimeAdapter> Future for Closed<T, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { record, slot } = &mut *self;
        record.poll_end(slot, context)
    }
}

impl<T: Linkable, R: RuntimeAdapter> Drop for Closed<T, R> {
    fn drop(&mut self) {
        self.record.leave_end(&mut self.slot);
    }
}

/// Reads a record from its own place.
pub struct Consumer<T: Linkable, R: RuntimeAdapter> {
    record: Record<T, R>,
    reader: Reader,
}

impl<T: Linkable, R: RuntimeAdapter> Consumer<T, R> {
    pub(crate) fn new(record: Record<T, R>) -> Self {
        let reader = record.subscribe();
        Self { record, reader }
    }

    /// Waits for the next value. A reader that was too slow is told once how many it missed, and
    /// goes on; dropping the future loses nothing.
    pub async fn next(&mut self) -> Next<T> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// [`next`](Self::next) for hand-written futures.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next<T>> {
        self.poll_entry(context)
            .map(|next| next.map(|entry| entry.value))
    }

    pub(crate) fn poll_entry(&mut self, context: &mut Context<'_>) -> Poll<Next<Entry<T>>> {
        self.record.poll(&mut self.reader, context)
    }

    /// The next value if there is one now.
    pub fn try_next(&mut self) -> Read<T> {
        match self.record.read(&mut self.reader) {
            Read::Value(entry) => Read::Value(entry.value),
            Read::Lagged { missed } => Read::Lagged { missed },
            Read::Empty => Read::Empty,
        }
    }

    /// The newest value written, wherever this reader is.
    pub fn latest(&self) -> Option<T> {
        self.record.latest().map(|entry| entry.value)
    }

    /// The record's key.
    pub fn key(&self) -> &str {
        self.record.key()
    }
}

impl<T: Linkable, R: RuntimeAdapter> Drop for Consumer<T, R> {
    fn drop(&mut self) {
        self.record.leave(&mut self.reader);
    }
}
