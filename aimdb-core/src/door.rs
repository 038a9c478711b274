//! A record's one erased face, for everything that does not know its Rust type: the network,
//! JavaScript, disks, tools.
//!
//! Values go through it as checked fields, as flat numbers or as bytes of a link; all three meet
//! the same contract.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::Any;
use core::task::{Context, Poll};

use aimdb_contracts::{Linkable, Policy, Schema, Value, Violation};

use crate::buffer::{BufferConfig, Read};
use crate::commit::{Commit, Counters, Entry, Origin, Write};
use crate::key::RecordId;
use crate::record::{Next, Reader, Record};
use crate::runtime::RuntimeAdapter;

/// Fields in the order of the record's schema.
pub type Fields = Vec<Value>;

/// A record without its Rust type.
pub trait RecordDoor: 'static {
    /// Its number.
    fn id(&self) -> RecordId;
    /// Its key.
    fn key(&self) -> &str;
    /// Its contract.
    fn schema(&self) -> &Schema;
    /// Its buffer.
    fn buffer(&self) -> BufferConfig;
    /// How many values were ever written.
    fn version(&self) -> u64;
    /// What it has seen.
    fn counters(&self) -> Counters;

    /// Writes fields in the order of this record's schema.
    fn accept(&self, fields: Fields, write: Write) -> Result<Commit, Box<Violation>>;
    /// Writes a value from JSON text.
    fn accept_json(
        &self,
        json: &[u8],
        policy: Policy,
        write: Write,
    ) -> Result<Commit, Box<Violation>>;
    /// Writes a flat value; see [`Schema::check_slots`].
    fn accept_slots(
        &self,
        slots: &[f64],
        policy: Policy,
        write: Write,
    ) -> Result<Commit, Box<Violation>>;
    /// Writes a value from the bytes of a link; see [`Linkable`].
    fn accept_bytes(&self, bytes: &[u8], write: Write) -> Result<Commit, Box<Violation>>;

    /// The newest value.
    fn latest(&self) -> Option<Entry<Fields>>;
    /// The newest value as flat numbers, with its origin; nothing if there is none or it is not
    /// flat.
    fn latest_slots(&self, slots: &mut [f64]) -> Option<Origin>;
    /// The newest values, at most `length`, oldest first.
    fn history(&self, length: usize) -> Vec<Entry<Fields>>;

    /// A new reader.
    fn subscribe(&self) -> Reader;
    /// What the reader finds now.
    fn read(&self, reader: &mut Reader) -> Read<Entry<Fields>>;
    /// What the reader finds next; wakes the task when there is something.
    fn poll(&self, reader: &mut Reader, context: &mut Context<'_>) -> Poll<Next<Entry<Fields>>>;
    /// What the reader finds next, as the bytes of a link.
    fn poll_bytes(
        &self,
        reader: &mut Reader,
        context: &mut Context<'_>,
    ) -> Poll<Next<Result<Vec<u8>, String>>>;
    /// Ends a reader.
    fn leave(&self, reader: &mut Reader);

    /// Forgets the values.
    fn clear(&self);
    /// Whether changes go to the list that [`AimDb::drain_changes`](crate::AimDb::drain_changes)
    /// empties.
    fn watch(&self, watched: bool);
    /// Ends every reader.
    fn close(&self);

    /// For the one look-up by key and Rust type.
    #[doc(hidden)]
    fn as_any(&self) -> &dyn Any;
}

impl<T: Linkable, R: RuntimeAdapter> RecordDoor for Record<T, R> {
    fn id(&self) -> RecordId {
        self.id()
    }

    fn key(&self) -> &str {
        self.key()
    }

    fn schema(&self) -> &Schema {
        T::SCHEMA
    }

    fn buffer(&self) -> BufferConfig {
        self.buffer()
    }

    fn version(&self) -> u64 {
        self.version()
    }

    fn counters(&self) -> Counters {
        self.counters()
    }

    fn accept(&self, fields: Fields, write: Write) -> Result<Commit, Box<Violation>> {
        T::SCHEMA
            .check_fields(&fields)
            .map_err(|violation| self.refuse(violation))?;
        self.commit_fields(fields, write)
    }

    fn accept_json(
        &self,
        json: &[u8],
        policy: Policy,
        write: Write,
    ) -> Result<Commit, Box<Violation>> {
        // Decoding has checked the fields; a second look would cost as much again.
        let fields = T::SCHEMA
            .decode_json(json, policy)
            .map_err(|violation| self.refuse(violation))?;
        self.commit_fields(fields, write)
    }

    fn accept_slots(
        &self,
        slots: &[f64],
        policy: Policy,
        write: Write,
    ) -> Result<Commit, Box<Violation>> {
        T::SCHEMA
            .check_slots(slots, policy)
            .map_err(|violation| self.refuse(violation))?;
        match T::from_slots(slots) {
            Some(value) => Ok(self.commit(value, write)),
            None => {
                Err(self.refuse(T::SCHEMA.malformed("numbers for a contract that is not flat")))
            }
        }
    }

    fn accept_bytes(&self, bytes: &[u8], write: Write) -> Result<Commit, Box<Violation>> {
        let value = T::from_bytes(bytes).map_err(|violation| self.refuse(violation))?;
        self.produce(value, write)
    }

    fn latest(&self) -> Option<Entry<Fields>> {
        self.look(|entry, _| entry.to_fields())
    }

    fn latest_slots(&self, slots: &mut [f64]) -> Option<Origin> {
        self.look(|entry, _| entry.value.to_slots(slots).then_some(entry.origin))
            .flatten()
    }

    fn history(&self, length: usize) -> Vec<Entry<Fields>> {
        self.history(length).iter().map(Entry::to_fields).collect()
    }

    fn subscribe(&self) -> Reader {
        self.subscribe()
    }

    fn read(&self, reader: &mut Reader) -> Read<Entry<Fields>> {
        match self.read(reader) {
            Read::Value(entry) => Read::Value(entry.to_fields()),
            Read::Lagged { missed } => Read::Lagged { missed },
            Read::Empty => Read::Empty,
        }
    }

    fn poll(&self, reader: &mut Reader, context: &mut Context<'_>) -> Poll<Next<Entry<Fields>>> {
        self.poll(reader, context)
            .map(|next| next.map(|entry| entry.to_fields()))
    }

    fn poll_bytes(
        &self,
        reader: &mut Reader,
        context: &mut Context<'_>,
    ) -> Poll<Next<Result<Vec<u8>, String>>> {
        self.poll(reader, context)
            .map(|next| next.map(|entry| entry.value.to_bytes()))
    }

    fn leave(&self, reader: &mut Reader) {
        self.leave(reader);
    }

    fn clear(&self) {
        self.clear();
    }

    fn watch(&self, watched: bool) {
        self.watch(watched);
    }

    fn close(&self) {
        self.close();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<T: Linkable, R: RuntimeAdapter> Record<T, R> {
    fn commit_fields(&self, fields: Fields, write: Write) -> Result<Commit, Box<Violation>> {
        match T::from_fields(fields) {
            Some(value) => Ok(self.commit(value, write)),
            None => Err(self.refuse(T::SCHEMA.malformed("fields of another contract"))),
        }
    }
}

impl<T: Linkable> Entry<T> {
    fn to_fields(&self) -> Entry<Fields> {
        Entry {
            value: self.value.to_fields(),
            origin: self.origin,
        }
    }
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
