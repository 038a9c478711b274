//! A reader of a record that is known by its door alone.

use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use crate::buffer::Read;
use crate::record::commit::Entry;
use crate::record::door::{Fields, RecordDoor};
use crate::record::reading::{Next, Reader};
use crate::runtime::RuntimeAdapter;

/// A [`Reader`] with its door, which it leaves when it is dropped.
pub struct DoorReader<R: RuntimeAdapter> {
    door: Arc<R::Door>,
    reader: Reader,
}

impl<R: RuntimeAdapter> DoorReader<R> {
    /// A new reader, in the place that the record's buffer gives to one.
    pub fn new(door: Arc<R::Door>) -> Self {
        let reader = door.subscribe();
        Self { door, reader }
    }

    /// The record.
    pub fn door(&self) -> &Arc<R::Door> {
        &self.door
    }

    /// See [`Reader::version`].
    pub fn version(&self) -> u64 {
        self.reader.version()
    }

    /// What there is now, without waiting.
    pub fn read(&mut self) -> Read<Entry<Fields>> {
        self.door.read(&mut self.reader)
    }

    /// See [`RecordDoor::poll`].
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Next<Entry<Fields>>> {
        self.door.poll(&mut self.reader, context)
    }

    /// Waits for what happens next.
    pub async fn next_event(&mut self) -> Next<Entry<Fields>> {
        poll_fn(|context| self.poll(context)).await
    }
}

impl<R: RuntimeAdapter> Drop for DoorReader<R> {
    fn drop(&mut self) {
        self.door.leave(&mut self.reader);
    }
}

impl<R: RuntimeAdapter> fmt::Debug for DoorReader<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DoorReader")
            .field("record", &self.door.key())
            .field("reader", &self.reader)
            .finish()
    }
}
