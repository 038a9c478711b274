//! A record for typed code, in whatever form it is kept.

pub(crate) mod commit;
pub(crate) mod door;
pub(crate) mod endpoints;
pub(crate) mod kept;
pub(crate) mod reader;
pub(crate) mod reading;
pub(crate) mod shape;
pub(crate) mod shaped;
pub(crate) mod written;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Context, Poll};

use aimdb_contracts::{Linkable, Violation};

use crate::buffer::{BufferConfig, Read};
use crate::error::{Problem, WriteError, wrong_type};
use crate::key::RecordId;
use crate::record::commit::{Commit, Counters, Entry, Write};
use crate::record::door::{Fields, RecordDoor};
use crate::record::kept::Kept;
use crate::record::reading::{Next, Reader};
use crate::runtime::RuntimeAdapter;
use crate::wakers::Slot;

/// A handle to a record of type `T`; clones share the record.
///
/// A record that keeps values as `T` is read and written as it is. One of the same contract that keeps
/// them otherwise, e.g. by its description, is converted value by value; nothing else tells them apart.
pub struct Record<T: Linkable, R: RuntimeAdapter> {
    form: Form<T, R>,
}

/// How a record keeps its values.
enum Form<T: Linkable, R: RuntimeAdapter> {
    /// As this type.
    Same(Kept<T, R>),
    /// In any other way, under a contract that is alike.
    Other(Other<R>),
}

struct Other<R: RuntimeAdapter> {
    door: Arc<R::Door>,
    /// Whether its fields are the type's as they are.
    shares_fields: bool,
}

impl<R: RuntimeAdapter> Clone for Other<R> {
    fn clone(&self) -> Self {
        Self {
            door: self.door.clone(),
            shares_fields: self.shares_fields,
        }
    }
}

impl<T: Linkable, R: RuntimeAdapter> Clone for Record<T, R> {
    fn clone(&self) -> Self {
        let form = match &self.form {
            Form::Same(kept) => Form::Same(kept.clone()),
            Form::Other(other) => Form::Other(other.clone()),
        };
        Self { form }
    }
}

impl<T: Linkable, R: RuntimeAdapter> Record<T, R> {
    /// The record behind a door; an error if it is of another contract.
    pub(crate) fn behind(door: &Arc<R::Door>) -> Result<Self, Problem> {
        let form = match door.as_any().downcast_ref::<Kept<T, R>>() {
            Some(kept) => Form::Same(kept.clone()),
            None if door.schema().is_alike(T::SCHEMA) => Form::Other(Other {
                door: door.clone(),
                shares_fields: door.schema().shares_fields_with(T::SCHEMA),
            }),
            None => return Err(wrong_type(door.key(), T::SCHEMA, door.schema())),
        };
        Ok(Self { form })
    }

    /// Its number.
    pub fn id(&self) -> RecordId {
        match &self.form {
            Form::Same(kept) => kept.id(),
            Form::Other(other) => other.door.id(),
        }
    }

    /// Its key.
    pub fn key(&self) -> &str {
        match &self.form {
            Form::Same(kept) => kept.key(),
            Form::Other(other) => other.door.key(),
        }
    }

    /// Its buffer.
    pub fn buffer(&self) -> BufferConfig {
        match &self.form {
            Form::Same(kept) => kept.buffer(),
            Form::Other(other) => other.door.buffer(),
        }
    }

    /// Writes a value that its contract allows; an error if it does not, or if the record was
    /// removed or the database is closed.
    pub fn produce(&self, value: T, write: Write) -> Result<Commit, WriteError> {
        let checked = value.check();
        match &self.form {
            Form::Same(kept) => {
                checked.map_err(|violation| kept.refuse(violation))?;
                kept.commit(value, write)
            }
            Form::Other(other) => other.accept(checked.map(|()| &value), write),
        }
    }

    /// A new reader, in the place its buffer gives to one.
    pub fn subscribe(&self) -> Reader {
        match &self.form {
            Form::Same(kept) => kept.subscribe(),
            Form::Other(other) => other.door.subscribe(),
        }
    }

    /// What the reader finds now, without waiting.
    pub fn read(&self, reader: &mut Reader) -> Read<Entry<T>> {
        match &self.form {
            Form::Same(kept) => match kept.read(reader) {
                Read::Value(entry) => Read::Value(Arc::unwrap_or_clone(entry)),
                Read::Lagged { missed } => Read::Lagged { missed },
                Read::Empty => Read::Empty,
            },
            Form::Other(other) => match other.door.read(reader) {
                Read::Value(entry) => other
                    .entry(entry)
                    .map_or(Read::Lagged { missed: UNREADABLE }, Read::Value),
                Read::Lagged { missed } => Read::Lagged { missed },
                Read::Empty => Read::Empty,
            },
        }
    }

    /// What the reader finds next; wakes the task when there is something. After [`READS_PER_TURN`] without a
    /// wait there is one, and the task is woken at once.
    pub fn poll(&self, reader: &mut Reader, context: &mut Context<'_>) -> Poll<Next<Entry<T>>> {
        match &self.form {
            Form::Same(kept) => {
                let next = kept.poll(reader, context);
                next.map(|next| next.map(Arc::unwrap_or_clone))
            }
            Form::Other(other) => other.door.poll(reader, context).map(|next| match next {
                Next::Value(entry) => other
                    .entry(entry)
                    .map_or(Next::Lagged { missed: UNREADABLE }, Next::Value),
                Next::Lagged { missed } => Next::Lagged { missed },
                Next::Closed => Next::Closed,
            }),
        }
    }

    /// Ends a reader that may have waited.
    pub fn leave(&self, reader: &mut Reader) {
        match &self.form {
            Form::Same(kept) => kept.leave(reader),
            Form::Other(other) => other.door.leave(reader),
        }
    }

    /// The newest value written.
    pub fn latest(&self) -> Option<Entry<T>> {
        match &self.form {
            Form::Same(kept) => kept.latest().map(Arc::unwrap_or_clone),
            Form::Other(other) => other.entry(other.door.latest()?),
        }
    }

    /// The newest values, at most `length`, oldest first.
    pub fn history(&self, length: usize) -> Vec<T> {
        let mut values = Vec::new();
        match &self.form {
            Form::Same(kept) => {
                kept.slice(u64::MAX, length, |_, entry| {
                    values.push(entry.value.clone())
                });
            }
            Form::Other(other) => {
                let mut keep = |_, entry| {
                    values.extend(other.entry(entry).map(|entry| entry.value));
                };
                other.door.slice(u64::MAX, length, &mut keep);
            }
        }
        values
    }

    /// How many values were ever written.
    pub fn version(&self) -> u64 {
        match &self.form {
            Form::Same(kept) => kept.version(),
            Form::Other(other) => other.door.version(),
        }
    }

    /// What it has seen.
    pub fn counters(&self) -> Counters {
        match &self.form {
            Form::Same(kept) => kept.counters(),
            Form::Other(other) => other.door.counters(),
        }
    }

    /// Forgets its values and tells those who watch.
    pub fn clear(&self) {
        match &self.form {
            Form::Same(kept) => kept.clear(),
            Form::Other(other) => other.door.clear(),
        }
    }

    /// Whether it was removed from its database: nothing can be written any more.
    pub fn is_removed(&self) -> bool {
        match &self.form {
            Form::Same(kept) => kept.is_removed(),
            Form::Other(other) => other.door.is_removed(),
        }
    }

    /// Notes that a task derives it, or does no more.
    pub(crate) fn derive(&self, begins: bool) {
        match &self.form {
            Form::Same(kept) => kept.derive(begins),
            Form::Other(other) => other.door.derive(begins),
        }
    }

    /// Whether its readers end; wakes the task when they do.
    pub(crate) fn poll_end(&self, slot: &mut Option<Slot>, context: &mut Context<'_>) -> Poll<()> {
        match &self.form {
            Form::Same(kept) => kept.poll_end(slot, context),
            Form::Other(other) => other.door.poll_end(slot, context),
        }
    }

    /// Ends one that may have waited for the end.
    pub(crate) fn leave_end(&self, slot: &mut Option<Slot>) {
        match &self.form {
            Form::Same(kept) => kept.leave_end(slot),
            Form::Other(other) => other.door.leave_end(slot),
        }
    }

    /// How many places its waiters take, where it keeps values as `T`.
    #[cfg(test)]
    pub(crate) fn waiter_places(&self) -> usize {
        match &self.form {
            Form::Same(kept) => kept.waiter_places(),
            Form::Other(_) => 0,
        }
    }
}

/// A value that its own type does not take, though the contract does, is one that this reader misses. Only
/// a type that implements [`Streamable`](aimdb_contracts::Streamable) by hand can do that.
const UNREADABLE: u64 = 1;

impl<R: RuntimeAdapter> Other<R> {
    fn accept<T: Linkable>(
        &self,
        value: Result<&T, Box<Violation>>,
        write: Write,
    ) -> Result<Commit, WriteError> {
        let fields = value.and_then(|value| {
            let fields = value.to_fields();
            match self.shares_fields {
                true => Ok(fields),
                false => self.door.schema().recast(T::SCHEMA, &fields),
            }
        });
        self.door.accept_decoded(fields, write)
    }

    fn entry<T: Linkable>(&self, entry: Entry<Fields>) -> Option<Entry<T>> {
        let fields = match self.shares_fields {
            true => entry.value,
            false => T::SCHEMA.recast(self.door.schema(), &entry.value).ok()?,
        };
        Some(Entry {
            value: T::from_fields(fields)?,
            origin: entry.origin,
        })
    }
}
