//! A record's one erased face, for everything that does not know its Rust type: the network,
//! JavaScript, disks, tools.
//!
//! Values go through it as fields or as flat numbers; both meet the same contract.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::task::{Context, Poll};

use aimdb_contracts::{Policy, Schema, Value, Violation};

use crate::buffer::{BufferConfig, Read};
use crate::error::WriteError;
use crate::key::RecordId;
use crate::record::commit::{Commit, Counters, Entry, Origin, Write};
use crate::record::reading::{Next, Reader};
use crate::record::written::Written;
use crate::wakers::Slot;

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
    fn accept(&self, fields: Fields, write: Write) -> Result<Commit, WriteError>;
    /// Writes what [`Schema::decode`] of this record's schema gave, without a second check; a
    /// refusal is counted and gets the record's key.
    fn accept_decoded(
        &self,
        decoded: Result<Fields, Box<Violation>>,
        write: Write,
    ) -> Result<Commit, WriteError>;
    /// Writes a flat value; see [`Schema::check_slots`].
    fn accept_slots(
        &self,
        slots: &[f64],
        policy: Policy,
        write: Write,
    ) -> Result<Commit, WriteError>;

    /// The newest value.
    fn latest(&self) -> Option<Entry<Fields>>;
    /// The newest value as flat numbers, with its origin; nothing if there is none or it is not
    /// flat.
    fn latest_slots(&self, slots: &mut [f64]) -> Option<Origin>;
    /// Shows the values up to a version, the newest `length` of them, oldest first and each with its
    /// version. Gives how many are kept up to there, shown or not. `u64::MAX` is up to the newest.
    ///
    /// Whoever writes waits while `length` values are copied, so a long past is better read from its end in
    /// slices: the next one ends one version before the first that this one showed.
    fn slice(&self, until: u64, length: usize, show: &mut dyn FnMut(u64, Entry<Fields>)) -> usize;

    /// A new reader.
    fn subscribe(&self) -> Reader;
    /// What the reader finds now.
    fn read(&self, reader: &mut Reader) -> Read<Entry<Fields>>;
    /// What the reader finds next; wakes the task when there is something. After
    /// [`READS_PER_TURN`](crate::READS_PER_TURN) without a wait there is one, and the task is woken at once.
    fn poll(&self, reader: &mut Reader, context: &mut Context<'_>) -> Poll<Next<Entry<Fields>>>;
    /// Ends a reader.
    fn leave(&self, reader: &mut Reader);

    /// Forgets the values.
    fn clear(&self);
    /// Whether changes go to the list that [`AimDb::drain_changes`](crate::AimDb::drain_changes)
    /// empties.
    fn watch(&self, watched: bool);
    /// Whether local writes are kept for a server: each [`take_written`](Self::take_written) gives one,
    /// [`AimDb::next_written`](crate::AimDb::next_written) says whose turn it is.
    fn mirror(&self, mirrored: bool);
    /// The oldest local write that was not taken yet, as it was committed.
    fn take_written(&self) -> Option<Written<Fields>>;
    /// Refuses further values, and ends every reader once it has read what is there. See
    /// [`AimDb::close`](crate::AimDb::close).
    fn close(&self);
    /// Which of its tasks (`source`, `tap`, `transform`, `join`) ended by a panic, each kind once.
    fn failed(&self) -> Vec<&'static str>;
    /// Whether it was removed from its database: readers end, and nothing can be written any more.
    fn is_removed(&self) -> bool;

    /// Half of [`AimDb::remove`](crate::AimDb::remove), which is what is to be called.
    #[doc(hidden)]
    fn retire(&self);

    /// For the tasks that derive it: one begins or ends.
    #[doc(hidden)]
    fn derive(&self, begins: bool);

    /// For its tasks: one panicked.
    #[doc(hidden)]
    fn note_failure(&self, task: &'static str);

    /// Half of [`Producer::closed`](crate::Producer::closed), which is what is to be polled.
    #[doc(hidden)]
    fn poll_end(&self, slot: &mut Option<Slot>, context: &mut Context<'_>) -> Poll<()>;

    /// The other half: ends one that may have waited.
    #[doc(hidden)]
    fn leave_end(&self, slot: &mut Option<Slot>);

    /// For the one look-up by key and Rust type.
    #[doc(hidden)]
    fn as_any(&self) -> &dyn Any;
}

/// The door for JSON text. It stands apart from [`RecordDoor`] so that a program in which something
/// else reads JSON has no parser in every door.
pub trait JsonDoor: RecordDoor {
    /// Writes a value from JSON text.
    fn accept_json(&self, json: &[u8], policy: Policy, write: Write) -> Result<Commit, WriteError> {
        self.accept_decoded(self.schema().decode_json(json, policy), write)
    }
}

impl<D: RecordDoor + ?Sized> JsonDoor for D {}
