//! The two ends of a record for typed code: one writes, one reads.

use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};

use aimdb_contracts::Linkable;
use futures_core::Stream;

use crate::buffer::Read;
use crate::error::WriteError;
use crate::record::Record;
use crate::record::commit::{Commit, Origin, Write};
use crate::record::reading::{Next, Reader};
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

    /// Writes a value; an error if its contract refuses it, e.g. because of a NaN, if the record
    /// was removed, or if the database is closed.
    pub fn produce(&self, value: T) -> Result<Commit, WriteError> {
        self.record.produce(value, Write::from(self.origin))
    }

    /// Ends when the record is removed or the database is closed: the sign for a source that waits
    /// for its sensor to end too. It has [`GRACE`](crate::GRACE) for that, then it is dropped where it waits.
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

    /// For a task that derives the record: it begins or ends.
    pub(crate) fn derive(&self, begins: bool) {
        self.record.derive(begins);
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

/// Reads a record from its own place: value by value, or with all that happens.
///
/// ```text
/// while let Some(value) = consumer.next().await { … }   // values alone; goes on after a lag
/// while let Next::Value(_) | Next::Lagged { .. } = consumer.next_event().await { … }
/// ```
///
/// It is a [`Stream`] of values too. A lag is never silent: [`missed`](Self::missed) counts it here, and the
/// record's [`Counters`](crate::Counters) for all its readers. After [`READS_PER_TURN`](crate::READS_PER_TURN)
/// values without a wait it lets other tasks run once, so that a loop that writes what it reads starves nobody.
pub struct Consumer<T: Linkable, R: RuntimeAdapter> {
    record: Record<T, R>,
    reader: Reader,
    missed: u64,
    /// Tells the task that it belongs to that it has read.
    progress: Option<Arc<AtomicBool>>,
}

impl<T: Linkable, R: RuntimeAdapter> Consumer<T, R> {
    pub(crate) fn new(record: Record<T, R>) -> Self {
        let reader = record.subscribe();
        Self {
            record,
            reader,
            missed: 0,
            progress: None,
        }
    }

    /// The consumer of a task that is ended if it does not end by itself.
    pub(crate) fn owned(record: Record<T, R>, progress: Arc<AtomicBool>) -> Self {
        let mut consumer = Self::new(record);
        consumer.progress = Some(progress);
        consumer
    }

    fn note_progress(&self) {
        if let Some(progress) = &self.progress {
            progress.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for the next value; nothing when the record was removed or the database is closed. A reader that was
    /// too slow goes on at the oldest value that is kept, and [`missed`](Self::missed) has grown. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| self.poll_value(context)).await
    }

    /// Waits for what happens next: a value, a lag, told once and in its place, or the end.
    pub async fn next_event(&mut self) -> Next<T> {
        poll_fn(|context| self.poll_event(context)).await
    }

    /// [`next_event`](Self::next_event) for hand-written futures. [`Stream`] has that of [`next`](Self::next).
    pub fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Next<T>> {
        let next = self.record.poll(&mut self.reader, context);
        match &next {
            Poll::Ready(Next::Lagged { missed }) => self.missed += missed,
            Poll::Ready(Next::Value(_)) => self.note_progress(),
            Poll::Ready(Next::Closed) | Poll::Pending => {}
        }
        next.map(|next| next.map(|entry| entry.value))
    }

    pub(crate) fn poll_value(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            match self.poll_event(context) {
                Poll::Ready(Next::Lagged { .. }) => {}
                Poll::Ready(Next::Value(value)) => return Poll::Ready(Some(value)),
                Poll::Ready(Next::Closed) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The next value if there is one now; a lag is left out, as [`next`](Self::next) does.
    pub fn try_next(&mut self) -> Option<T> {
        loop {
            match self.try_event() {
                Read::Lagged { .. } => {}
                Read::Value(value) => return Some(value),
                Read::Empty => return None,
            }
        }
    }

    /// What there is now: a value, a lag, or nothing new.
    pub fn try_event(&mut self) -> Read<T> {
        match self.record.read(&mut self.reader) {
            Read::Value(entry) => {
                self.note_progress();
                Read::Value(entry.value)
            }
            Read::Lagged { missed } => {
                self.missed += missed;
                Read::Lagged { missed }
            }
            Read::Empty => Read::Empty,
        }
    }

    /// How many values were overwritten before this reader came to them, as far as it has read.
    pub fn missed(&self) -> u64 {
        self.missed
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

// Nothing in it is pinned.
impl<T: Linkable, R: RuntimeAdapter> Unpin for Consumer<T, R> {}

/// The values, as [`Consumer::next`] gives them.
impl<T: Linkable, R: RuntimeAdapter> Stream for Consumer<T, R> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_value(context)
    }
}

impl<T: Linkable, R: RuntimeAdapter> Drop for Consumer<T, R> {
    fn drop(&mut self) {
        self.record.leave(&mut self.reader);
    }
}
