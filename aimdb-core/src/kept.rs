//! What a record keeps: its key, its buffer and those who wait for it. It knows no contract; whoever writes
//! here has checked.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::task::{Context, Poll};

use aimdb_contracts::Violation;

use crate::buffer::{Buffer, BufferConfig, CapacityError, Read};
use crate::commit::{ChangeLog, Commit, Counters, Entry, Write};
use crate::error::WriteError;
use crate::key::RecordId;
use crate::record::{Next, Reader, Turn};
use crate::runtime::{RuntimeAdapter, StateCell};
use crate::wakers::{Slot, WakeBatch, WakerList, wake_all};
use crate::written::{Journal, Written};

/// A handle to a record that keeps values of type `T`; clones share it.
pub(crate) struct Kept<T: 'static, R: RuntimeAdapter> {
    head: Arc<Head>,
    state: R::Cell<State<T>>,
    changes: R::Cell<ChangeLog>,
}

/// What never changes.
#[derive(Debug)]
struct Head {
    id: RecordId,
    key: Arc<str>,
    buffer: BufferConfig,
}

/// What a runtime's cell holds.
pub(crate) struct State<T> {
    buffer: Buffer<Entry<T>>,
    waiters: WakerList,
    /// Those who wait for the end alone; a write does not wake them.
    end_waiters: WakerList,
    counters: Counters,
    watched: bool,
    /// Where local writes are kept for a server, while the record mirrors one.
    journal: Option<Box<Journal<T>>>,
    end: End,
}

/// How far a record has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is read and written.
    Open,
    /// Readers end; it can still be written.
    Closed,
    /// It is in no database any more.
    Removed,
}

impl<T: 'static, R: RuntimeAdapter> Clone for Kept<T, R> {
    fn clone(&self) -> Self {
        Self {
            head: self.head.clone(),
            state: self.state.clone(),
            changes: self.changes.clone(),
        }
    }
}

impl<T: Clone + PartialEq + 'static, R: RuntimeAdapter> Kept<T, R> {
    pub(crate) fn new(
        id: RecordId,
        key: Arc<str>,
        buffer: BufferConfig,
        changes: R::Cell<ChangeLog>,
    ) -> Result<Self, CapacityError> {
        let state = State {
            buffer: Buffer::new(buffer)?,
            waiters: WakerList::default(),
            end_waiters: WakerList::default(),
            counters: Counters::default(),
            watched: false,
            journal: None,
            end: End::Open,
        };
        let head = Arc::new(Head { id, key, buffer });
        Ok(Self {
            head,
            state: R::Cell::new(state),
            changes,
        })
    }

    /// Its number.
    pub(crate) fn id(&self) -> RecordId {
        self.head.id
    }

    /// Its key.
    pub(crate) fn key(&self) -> &str {
        &self.head.key
    }

    /// Its buffer.
    pub(crate) fn buffer(&self) -> BufferConfig {
        self.head.buffer
    }

    /// Counts a refusal and puts the key on it.
    pub(crate) fn refuse(&self, violation: Box<Violation>) -> Box<Violation> {
        self.state.with(|state| state.counters.refused += 1);
        violation.in_record(&self.head.key)
    }

    /// Writes a value that was checked, then wakes: the cell is free again when others run. A
    /// record that was removed refuses it.
    pub(crate) fn commit(&self, value: T, write: Write) -> Result<Commit, WriteError> {
        let mut calls = Calls::default();
        let commit = self.state.with(|state| {
            if state.end == End::Removed {
                return None;
            }
            let same = |entry: &Entry<T>| entry.value == value;
            if write.skip_equal && state.buffer.latest().is_some_and(same) {
                let version = state.buffer.version();
                return Some(Commit {
                    version,
                    changed: false,
                });
            }
            let origin = write.origin;
            let is_written = state.journal.is_some() && origin.is_made_here();
            let copy = is_written.then(|| value.clone());
            let before = match self.head.buffer {
                BufferConfig::SingleLatest if is_written => state.buffer.latest().cloned(),
                _ => None,
            };
            let version = state.buffer.push(Entry { value, origin });
            state.counters.written += 1;
            if let (Some(journal), Some(value)) = (&mut state.journal, copy) {
                journal.push(Written::new(version, value, origin, before));
            }
            calls = state.calls();
            calls.written = is_written;
            Some(Commit {
                version,
                changed: true,
            })
        });
        self.call(calls);
        commit.ok_or_else(|| WriteError::Removed {
            record: self.head.key.clone(),
        })
    }

    fn call(&self, calls: Calls) {
        if calls.written {
            let waker = self
                .changes
                .with(|changes| changes.note_written(self.head.id));
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        if calls.watched {
            let waker = self.changes.with(|changes| changes.note(self.head.id));
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        if calls.waiters {
            self.wake_waiters();
        }
    }

    fn wake_waiters(&self) {
        self.wake(|state| &mut state.waiters);
    }

    #[inline(never)]
    fn wake(&self, list: fn(&mut State<T>) -> &mut WakerList) {
        let mut batch = WakeBatch::default();
        let mut from = Some(0);
        while let Some(start) = from {
            from = self.state.with(|state| list(state).take(start, &mut batch));
            wake_all(&mut batch);
        }
    }

    /// A new reader, in the place its buffer gives to one.
    pub(crate) fn subscribe(&self) -> Reader {
        self.state.with(|state| Reader {
            cursor: state.buffer.subscribe(),
            slot: None,
            turn: Turn::default(),
        })
    }

    /// What the reader finds now, without waiting.
    pub(crate) fn read(&self, reader: &mut Reader) -> Read<Entry<T>> {
        self.state.with(|state| state.read(reader))
    }

    /// What the reader finds next; wakes the task when there is something.
    pub(crate) fn poll(
        &self,
        reader: &mut Reader,
        context: &mut Context<'_>,
    ) -> Poll<Next<Entry<T>>> {
        if reader.turn.is_over(context) {
            return Poll::Pending;
        }
        let next = self.state.with(|state| match state.read(reader) {
            Read::Value(entry) => Poll::Ready(Next::Value(entry)),
            Read::Lagged { missed } => Poll::Ready(Next::Lagged { missed }),
            Read::Empty if state.end != End::Open => Poll::Ready(Next::Closed),
            Read::Empty => {
                state.waiters.wait(&mut reader.slot, context.waker());
                Poll::Pending
            }
        });
        reader.turn.count(next)
    }

    /// Ends a reader that may have waited.
    pub(crate) fn leave(&self, reader: &mut Reader) {
        if let Some(slot) = reader.slot.take() {
            self.state.with(|state| state.waiters.leave(slot));
        }
    }

    /// The newest value written.
    pub(crate) fn latest(&self) -> Option<Entry<T>> {
        self.state.with(|state| state.buffer.latest().cloned())
    }

    /// Looks at the newest value in place.
    pub(crate) fn look<O>(&self, look: impl FnOnce(&Entry<T>) -> O) -> Option<O> {
        self.state.with(|state| state.buffer.latest().map(look))
    }

    /// Shows the values up to a version in place, the newest `length` of them, oldest first; gives how
    /// many are kept up to there.
    pub(crate) fn look_at_slice(
        &self,
        until: u64,
        length: usize,
        mut show: impl FnMut(u64, &Entry<T>),
    ) -> usize {
        self.state.with(|state| {
            let slice = state.buffer.slice(until, length);
            slice.for_each(|(version, entry)| show(version, entry));
            state.buffer.count_until(until)
        })
    }

    /// How many values were ever written.
    pub(crate) fn version(&self) -> u64 {
        self.state.with(|state| state.buffer.version())
    }

    /// What it has seen.
    pub(crate) fn counters(&self) -> Counters {
        self.state.with(|state| state.counters)
    }

    /// Forgets its values and tells those who watch.
    pub(crate) fn clear(&self) {
        let calls = self.state.with(|state| {
            state.buffer.clear();
            state.calls()
        });
        self.call(calls);
    }

    /// Whether changes go to the list of the database.
    pub(crate) fn watch(&self, watched: bool) {
        self.state.with(|state| state.watched = watched);
    }

    /// Whether local writes are kept for a server; those that wait are forgotten when it ends.
    pub(crate) fn mirror(&self, mirrored: bool) {
        let old = self.state.with(|state| match (mirrored, &state.journal) {
            (true, Some(_)) => None,
            (true, None) => state.journal.replace(Box::default()),
            (false, _) => state.journal.take(),
        });
        // It holds values of the application.
        drop(old);
    }

    /// The oldest local write that was not taken yet.
    pub(crate) fn take_written(&self) -> Option<Written<T>> {
        self.state.with(|state| state.journal.as_mut()?.pop())
    }

    /// Ends every reader once it has read what is there.
    pub(crate) fn close(&self) {
        self.end(End::Closed);
    }

    /// Closes it and refuses every further value.
    pub(crate) fn retire(&self) {
        self.end(End::Removed);
    }

    #[inline(never)]
    fn end(&self, end: End) {
        self.state.with(|state| {
            if state.end != End::Removed {
                state.end = end;
            }
        });
        self.wake_waiters();
        self.wake(|state| &mut state.end_waiters);
    }

    /// Whether it was removed from its database: nothing can be written any more.
    pub(crate) fn is_removed(&self) -> bool {
        self.state.with(|state| state.end == End::Removed)
    }

    /// How many places its waiters take.
    #[cfg(test)]
    pub(crate) fn waiter_places(&self) -> usize {
        self.state
            .with(|state| state.waiters.places() + state.end_waiters.places())
    }

    /// Whether its readers end; wakes the task when they do.
    pub(crate) fn poll_end(&self, slot: &mut Option<Slot>, context: &mut Context<'_>) -> Poll<()> {
        self.state.with(|state| {
            if state.end != End::Open {
                return Poll::Ready(());
            }
            state.end_waiters.wait(slot, context.waker());
            Poll::Pending
        })
    }

    /// Ends one that may have waited for the end.
    pub(crate) fn leave_end(&self, slot: &mut Option<Slot>) {
        if let Some(slot) = slot.take() {
            self.state.with(|state| state.end_waiters.leave(slot));
        }
    }
}

/// Who is to hear of a change.
#[derive(Clone, Copy, Default)]
struct Calls {
    written: bool,
    watched: bool,
    waiters: bool,
}

impl<T> State<T> {
    fn calls(&self) -> Calls {
        Calls {
            written: false,
            watched: self.watched,
            waiters: !self.waiters.is_empty(),
        }
    }
}

impl<T: Clone> State<T> {
    fn read(&mut self, reader: &mut Reader) -> Read<Entry<T>> {
        let read = self.buffer.read(&mut reader.cursor);
        match &read {
            Read::Value(_) => self.counters.read += 1,
            Read::Lagged { missed } => self.counters.missed += missed,
            Read::Empty => {}
        }
        read
    }
}
