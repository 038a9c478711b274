//! The door of a record that is kept in some shape.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::task::{Context, Poll};

use aimdb_contracts::{Policy, Schema, Violation};

use crate::buffer::{BufferConfig, Read};
use crate::error::WriteError;
use crate::key::RecordId;
use crate::record::commit::{Commit, Counters, Entry, Origin, Write};
use crate::record::door::{Fields, RecordDoor};
use crate::record::kept::Kept;
use crate::record::reading::{Next, Reader};
use crate::record::shape::{Shape, Typed};
use crate::record::written::Written;
use crate::runtime::RuntimeAdapter;
use crate::wakers::Slot;

/// The door of a record that keeps its values in the shape `S`.
pub struct Door<S: Shape, R: RuntimeAdapter> {
    shape: S,
    record: Kept<S::Value, R>,
}

/// The door of a typed record.
pub type TypedDoor<T, R> = Door<Typed<T>, R>;

impl<S: Shape, R: RuntimeAdapter> Door<S, R> {
    pub(crate) fn new(shape: S, record: Kept<S::Value, R>) -> Self {
        Self { shape, record }
    }

    fn checked<T>(&self, result: Result<T, Box<Violation>>) -> Result<T, WriteError> {
        result.map_err(|violation| self.record.refuse(violation).into())
    }

    fn commit(&self, value: Option<S::Value>, write: Write) -> Result<Commit, WriteError> {
        match value {
            Some(value) => self.record.commit(value, write),
            None => self.checked(Err(self
                .shape
                .schema()
                .malformed("a value of another contract"))),
        }
    }

    fn lend(&self, entry: &Entry<S::Value>) -> Entry<Fields> {
        Entry {
            value: self.shape.lend_fields(&entry.value),
            origin: entry.origin,
        }
    }
}

impl<S: Shape, R: RuntimeAdapter> RecordDoor for Door<S, R> {
    fn id(&self) -> RecordId {
        self.record.id()
    }

    fn key(&self) -> &str {
        self.record.key()
    }

    fn schema(&self) -> &Schema {
        self.shape.schema()
    }

    fn buffer(&self) -> BufferConfig {
        self.record.buffer()
    }

    fn version(&self) -> u64 {
        self.record.version()
    }

    fn counters(&self) -> Counters {
        self.record.counters()
    }

    fn accept(&self, fields: Fields, write: Write) -> Result<Commit, WriteError> {
        self.checked(self.shape.schema().check_fields(&fields))?;
        self.commit(self.shape.keep_fields(fields), write)
    }

    fn accept_decoded(
        &self,
        decoded: Result<Fields, Box<Violation>>,
        write: Write,
    ) -> Result<Commit, WriteError> {
        let fields = self.checked(decoded)?;
        self.commit(self.shape.keep_fields(fields), write)
    }

    fn accept_slots(
        &self,
        slots: &[f64],
        policy: Policy,
        write: Write,
    ) -> Result<Commit, WriteError> {
        self.checked(self.shape.schema().check_slots(slots, policy))?;
        self.commit(self.shape.keep_slots(slots), write)
    }

    fn latest(&self) -> Option<Entry<Fields>> {
        Some(self.lend(&*self.record.latest()?))
    }

    fn latest_slots(&self, slots: &mut [f64]) -> Option<Origin> {
        let entry = self.record.latest()?;
        self.shape
            .lend_slots(&entry.value, slots)
            .then_some(entry.origin)
    }

    fn slice(&self, until: u64, length: usize, show: &mut dyn FnMut(u64, Entry<Fields>)) -> usize {
        self.record.slice(until, length, |version, entry| {
            show(version, self.lend(entry))
        })
    }

    fn subscribe(&self) -> Reader {
        self.record.subscribe()
    }

    fn read(&self, reader: &mut Reader) -> Read<Entry<Fields>> {
        match self.record.read(reader) {
            Read::Value(entry) => Read::Value(self.lend(&entry)),
            Read::Lagged { missed } => Read::Lagged { missed },
            Read::Empty => Read::Empty,
        }
    }

    fn poll(&self, reader: &mut Reader, context: &mut Context<'_>) -> Poll<Next<Entry<Fields>>> {
        self.record
            .poll(reader, context)
            .map(|next| next.map(|entry| self.lend(&entry)))
    }

    fn leave(&self, reader: &mut Reader) {
        self.record.leave(reader);
    }

    fn clear(&self) {
        self.record.clear();
    }

    fn watch(&self, watched: bool) {
        self.record.watch(watched);
    }

    fn mirror(&self, mirrored: bool) {
        self.record.mirror(mirrored);
    }

    fn take_written(&self) -> Option<Written<Fields>> {
        let noted = self.record.take_written()?;
        Some(noted.show(|entry| self.lend(entry)))
    }

    fn close(&self) {
        self.record.close();
    }

    fn failed(&self) -> Vec<&'static str> {
        self.record.failed()
    }

    fn is_removed(&self) -> bool {
        self.record.is_removed()
    }

    fn derive(&self, begins: bool) {
        self.record.derive(begins);
    }

    fn note_failure(&self, task: &'static str) {
        self.record.note_failure(task);
    }

    fn retire(&self) {
        self.record.retire();
    }

    fn poll_end(&self, slot: &mut Option<Slot>, context: &mut Context<'_>) -> Poll<()> {
        self.record.poll_end(slot, context)
    }

    fn leave_end(&self, slot: &mut Option<Slot>) {
        self.record.leave_end(slot);
    }

    fn as_any(&self) -> &dyn Any {
        &self.record
    }
}
