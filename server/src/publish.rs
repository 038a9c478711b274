//! From a record to its topic: one task reads the record through its door and hands JSON on.
//!
//! Guarantees: each value that the record's reader gets is published with the version under which
//! it was committed, so that the write behind it can be named. Waits for the hub, never for a
//! client. Does not: keep values; a record that is faster than the hub laps its reader.

use crate::event::{Door, Event, Events};
use aimdb_core::{BufferConfig, Entry, Fields, Next, Reader};
use std::future::poll_fn;
use std::sync::Arc;

/// Publishes a record until the database or the server ends.
pub(crate) async fn publish(topic: Arc<str>, door: Arc<Door>, events: Events) {
    let mut reader = LeavingReader::new(door.clone());
    if let Some((entry, version)) = reader.already_there() {
        let event = published(&topic, &*door, &entry, Some(version));
        if events.send(event).await.is_err() {
            return;
        }
    }
    loop {
        let event = match reader.next().await {
            (Next::Value(entry), version) => published(&topic, &*door, &entry, version),
            (Next::Lagged { missed }, _) => Event::Missed {
                topic: topic.clone(),
                missed,
            },
            (Next::Closed, _) => return,
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

fn published(topic: &Arc<str>, door: &Door, entry: &Entry<Fields>, version: Option<u64>) -> Event {
    Event::Published {
        topic: topic.clone(),
        payload: door.schema().to_json(&entry.value).into(),
        version,
    }
}

/// A reader that leaves its record when it is dropped.
struct LeavingReader {
    door: Arc<Door>,
    reader: Reader,
}

impl LeavingReader {
    fn new(door: Arc<Door>) -> Self {
        let reader = door.subscribe();
        Self { door, reader }
    }

    /// A ring's reader starts behind what is there, but clients that come late want to see it.
    fn already_there(&self) -> Option<(Entry<Fields>, u64)> {
        let version = self.reader.version();
        let is_ring = matches!(self.door.buffer(), BufferConfig::SpmcRing { .. });
        if !is_ring || version == 0 {
            return None;
        }
        let entry = self.door.latest()?;
        // A value written just now is read in its turn.
        (self.door.version() == version).then_some((entry, version))
    }

    /// The next value and its version, if that is certain: a mailbox does not tell, so it is only
    /// when nothing was written while the value was taken.
    async fn next(&mut self) -> (Next<Entry<Fields>>, Option<u64>) {
        poll_fn(|context| {
            let before = self.door.version();
            self.door.poll(&mut self.reader, context).map(|next| {
                let version = match self.door.buffer() {
                    BufferConfig::Mailbox => (self.door.version() == before).then_some(before),
                    _ => Some(self.reader.version()),
                };
                (next, version)
            })
        })
        .await
    }
}

impl Drop for LeavingReader {
    fn drop(&mut self) {
        self.door.leave(&mut self.reader);
    }
}
