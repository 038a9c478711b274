//! The two ends of a record for typed code: one writes, one reads.

use alloc::boxed::Box;
use core::future::poll_fn;
use core::task::{Context, Poll};

use aimdb_contracts::{Linkable, Violation};

use crate::buffer::Read;
use crate::commit::{Commit, Entry, Origin, Write};
use crate::record::{Next, Reader, Record};
use crate::runtime::RuntimeAdapter;

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

    /// Writes a value; an error if its contract refuses it, e.g. because of a NaN.
    pub fn produce(&self, value: T) -> Result<Commit, Box<Violation>> {
        self.record.produce(value, Write::from(self.origin))
    }

    /// The record's key.
    pub fn key(&self) -> &str {
        self.record.key()
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
