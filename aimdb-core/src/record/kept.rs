//! What a record keeps: its key, its buffer and those who wait for it. It knows no contract; whoever writes
//! here has checked.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Context, Poll};

use aimdb_contracts::Violation;

use crate::buffer::{Buffer, BufferConfig, CapacityError, Read};
use crate::error::WriteError;
use crate::key::RecordId;
use crate::platform::StateCell;
use crate::record::commit::{ChangeLog, Commit, Counters, Entry, Origin, Write};
use crate::record::reading::{Next, Reader, Turn};
use crate::record::written::{Journal, Noted};
use crate::runtime::RuntimeAdapter;
use crate::wakers::{Slot, WakerList, leave_in, poll_in, wake_in};

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
    /// Behind handles: what belongs to the application, such as `Clone`, `PartialEq` and `Drop` of a value, runs
    /// while the cell is free.
    buffer: Buffer<Arc<Entry<T>>>,
    waiters: WakerList,
    /// Those who wait for the end alone; a write does not wake them.
    end_waiters: WakerList,
    counters: Counters,
    watched: bool,
    /// Where local writes are kept for a server, while the record mirrors one.
    journal: Option<Box<Journal<T>>>,
    end: End,
    /// How many tasks derive it. As long as there is one, what is there when the database closes still comes through.
    derivers: usize,
    /// Which of its tasks panicked, each kind once.
    failed: Vec<&'static str>,
}

/// How far a record has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is read and written.
    Open,
    /// Nothing but what is derived is written; readers end once nothing derives it any more.
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
            derivers: 0,
            failed: Vec::new(),
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
    /// record that has ended refuses it.
    pub(crate) fn commit(&self, value: T, write: Write) -> Result<Commit, WriteError> {
        let origin = write.origin;
        let mut entry = Some(Entry { value, origin });
        let mut compares_left = if write.skip_equal { COMPARES_MAX } else { 0 };
        let mut differs_from = None;
        let keeps_newest = self.head.buffer == BufferConfig::SingleLatest;
        loop {
            let step = self.state.with(|state| {
                if !state.takes(origin) {
                    return Step::Refused(state.end);
                }
                let version = state.buffer.version();
                let is_compared = compares_left == 0 || differs_from == Some(version);
                match state.buffer.latest() {
                    Some(newest) if !is_compared => Step::Compare(newest.clone(), version),
                    _ => {
                        let written = entry.take().map(|entry| state.write(entry, keeps_newest));
                        let calls = state.calls();
                        Step::Written(written, calls)
                    }
                }
            });
            match step {
                Step::Refused(end) => {
                    let record = self.head.key.clone();
                    return Err(match end {
                        End::Removed => WriteError::Removed { record },
                        _ => WriteError::Closed { record },
                    });
                }
                Step::Written(written, calls) => {
                    let is_noted = written.as_ref().is_some_and(|write| write.is_noted);
                    self.call(Calls {
                        written: is_noted,
                        ..calls
                    });
                    let version = written.map_or(0, |write| write.version);
                    return Ok(Commit {
                        version,
                        changed: true,
                    });
                }
                Step::Compare(newest, version) => {
                    if entry
                        .as_ref()
                        .is_some_and(|entry| entry.value == newest.value)
                    {
                        return Ok(Commit {
                            version,
                            changed: false,
                        });
                    }
                    compares_left -= 1;
                    differs_from = Some(version);
                }
            }
        }
    }

    fn call(&self, calls: Calls) {
        if calls.written {
            let waker = self
                .changes
                .with(|changes| changes.note_written(self.head.id));
            if let Some(waker) = waker {
                waker.wake_by_ref();
            }
        }
        if calls.watched {
            let waker = self.changes.with(|changes| changes.note(self.head.id));
            if let Some(waker) = waker {
                waker.wake_by_ref();
            }
        }
        if calls.waiters {
            self.wake_waiters();
        }
    }

    fn wake_waiters(&self) {
        self.wake(State::waiters);
    }

    #[inline(never)]
    fn wake(&self, list: fn(&mut State<T>) -> &mut WakerList) {
        wake_in(&self.state, list);
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
    pub(crate) fn read(&self, reader: &mut Reader) -> Read<Arc<Entry<T>>> {
        self.state.with(|state| state.read(reader))
    }

    /// What the reader finds next; wakes the task when there is something.
    pub(crate) fn poll(
        &self,
        reader: &mut Reader,
        context: &mut Context<'_>,
    ) -> Poll<Next<Arc<Entry<T>>>> {
        if reader.turn.is_over(context) {
            return Poll::Pending;
        }
        let mut slot = reader.slot.take();
        let look = |state: &mut State<T>| match state.read(reader) {
            Read::Value(entry) => Some(Next::Value(entry)),
            Read::Lagged { missed } => Some(Next::Lagged { missed }),
            Read::Empty => state.is_over().then_some(Next::Closed),
        };
        let next = poll_in(&self.state, State::waiters, &mut slot, context, look);
        reader.slot = slot;
        reader.turn.count(next)
    }

    /// Ends a reader that may have waited.
    pub(crate) fn leave(&self, reader: &mut Reader) {
        leave_in(&self.state, State::waiters, &mut reader.slot);
    }

    /// The newest value written.
    pub(crate) fn latest(&self) -> Option<Arc<Entry<T>>> {
        self.state.with(|state| state.buffer.latest().cloned())
    }

    /// Shows the values up to a version, the newest `length` of them, oldest first; gives how
    /// many are kept up to there.
    pub(crate) fn slice(
        &self,
        until: u64,
        length: usize,
        mut show: impl FnMut(u64, &Entry<T>),
    ) -> usize {
        let mut shown = Vec::new();
        let count = self.state.with(|state| {
            let slice = state.buffer.slice(until, length);
            // No `extend`, which is a loop of its own for what the iterator promises.
            for (version, entry) in slice {
                shown.push((version, entry.clone()));
            }
            state.buffer.count_until(until)
        });
        for (version, entry) in shown {
            show(version, &entry);
        }
        count
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
        // Kept until the cell is free.
        let (_values, calls) = self
            .state
            .with(|state| (state.buffer.take_all(), state.calls()));
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
    pub(crate) fn take_written(&self) -> Option<Noted<T>> {
        self.state.with(|state| state.journal.as_mut()?.pop())
    }

    /// Refuses further values, and ends every reader once it has read what is there and what is still derived of it.
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
        self.wake(State::end_waiters);
    }

    /// Whether it was removed from its database: nothing can be written any more.
    pub(crate) fn is_removed(&self) -> bool {
        self.state.with(|state| state.end == End::Removed)
    }

    /// Notes that a task derives it, or does no more.
    pub(crate) fn derive(&self, begins: bool) {
        let is_over = self.state.with(|state| {
            state.derivers = match begins {
                true => state.derivers + 1,
                false => state.derivers.saturating_sub(1),
            };
            state.is_over()
        });
        if is_over {
            self.wake_waiters();
        }
    }

    /// Notes that a task of it panicked.
    pub(crate) fn note_failure(&self, task: &'static str) {
        self.state.with(|state| {
            state.counters.failed += 1;
            if !state.failed.contains(&task) {
                state.failed.push(task);
            }
        });
    }

    /// Which of its tasks panicked, each kind once.
    pub(crate) fn failed(&self) -> Vec<&'static str> {
        self.state.with(|state| state.failed.clone())
    }

    /// How many places its waiters take.
    #[cfg(test)]
    pub(crate) fn waiter_places(&self) -> usize {
        self.state
            .with(|state| state.waiters.places() + state.end_waiters.places())
    }

    /// Whether its readers end; wakes the task when they do.
    pub(crate) fn poll_end(&self, slot: &mut Option<Slot>, context: &mut Context<'_>) -> Poll<()> {
        let has_ended = |state: &mut State<T>| (state.end != End::Open).then_some(());
        poll_in(&self.state, State::end_waiters, slot, context, has_ended)
    }

    /// Ends one that may have waited for the end.
    pub(crate) fn leave_end(&self, slot: &mut Option<Slot>) {
        leave_in(&self.state, State::end_waiters, slot);
    }
}

/// How often a value is compared with the newest one before it is written in any case: another may be written
/// while the application's own code compares.
const COMPARES_MAX: u32 = 8;

/// What one look into a record comes to for who writes.
enum Step<T> {
    /// It takes no values any more.
    Refused(End),
    /// To be compared with the newest value, of this version, while the cell is free.
    Compare(Arc<Entry<T>>, u64),
    /// It is written; with what is to be dropped while the cell is free.
    Written(Option<Done<T>>, Calls),
}

/// Who is to hear of a change.
#[derive(Clone, Copy, Default)]
struct Calls {
    written: bool,
    watched: bool,
    waiters: bool,
}

/// A value that was put in.
struct Done<T> {
    version: u64,
    /// Whether the journal has it too.
    is_noted: bool,
    _replaced: Replaced<T>,
    /// What the journal gave up for it.
    _lost: Option<Noted<T>>,
}

/// What a new value took the place of: the value, or its handle where somebody else still has it.
type Replaced<T> = (Option<Entry<T>>, Option<Arc<Entry<T>>>);

impl<T> State<T> {
    fn calls(&self) -> Calls {
        Calls {
            written: false,
            watched: self.watched,
            waiters: !self.waiters.is_empty(),
        }
    }

    /// Whether a value of this origin can be written.
    fn takes(&self, origin: Origin) -> bool {
        match self.end {
            End::Open => true,
            End::Closed => origin == Origin::Rule && self.derivers > 0,
            End::Removed => false,
        }
    }

    /// Whether nothing comes any more.
    fn is_over(&self) -> bool {
        match self.end {
            End::Open => false,
            End::Closed => self.derivers == 0,
            End::Removed => true,
        }
    }

    fn waiters(&mut self) -> &mut WakerList {
        &mut self.waiters
    }

    fn end_waiters(&mut self) -> &mut WakerList {
        &mut self.end_waiters
    }

    /// Puts a value in, and into the journal if the record mirrors a server that has yet to hear of it. Whoever keeps the
    /// newest value alone goes back to the one before, should the server refuse it.
    fn write(&mut self, entry: Entry<T>, keeps_newest: bool) -> Done<T> {
        let is_noted = self.journal.is_some() && entry.origin.is_made_here();
        let before = self.buffer.latest().filter(|_| is_noted && keeps_newest);
        let before = before.cloned();
        let (version, _replaced) = self.push(entry);
        let newest = self.buffer.latest().cloned();
        let lost = match (&mut self.journal, newest) {
            (Some(journal), Some(entry)) if is_noted => {
                journal.push(Noted::new(version, entry, before))
            }
            _ => None,
        };
        Done {
            version,
            // One that takes the place of another has its number too, so that there are as many numbers as writes.
            is_noted: is_noted && lost.is_none(),
            _replaced,
            _lost: lost,
        }
    }

    /// Puts a value in, into the memory of the one that it overwrites unless somebody reads that one just now. So a
    /// ring that is full allocates nothing.
    fn push(&mut self, entry: Entry<T>) -> (u64, Replaced<T>) {
        let (kept, replaced) = match self.buffer.make_room() {
            None => (Arc::new(entry), (None, None)),
            Some(mut old) => match Arc::get_mut(&mut old) {
                Some(place) => {
                    let replaced = core::mem::replace(place, entry);
                    (old, (Some(replaced), None))
                }
                None => (Arc::new(entry), (None, Some(old))),
            },
        };
        let version = self.buffer.push(kept);
        self.counters.written += 1;
        (version, replaced)
    }

    fn read(&mut self, reader: &mut Reader) -> Read<Arc<Entry<T>>> {
        let read = self.buffer.read(&mut reader.cursor);
        match &read {
            Read::Value(_) => self.counters.read += 1,
            Read::Lagged { missed } => self.counters.missed += missed,
            Read::Empty => {}
        }
        read
    }
}
