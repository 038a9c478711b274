//! The records as this side sees them, in the places that the database gave them.

use std::sync::Arc;

use aimdb_contracts::{Policy, Schema, UnknownFields};
use aimdb_core::{BufferConfig, Fields, Reader, RecordDoor, RecordId};
use aimdb_ws_bridge::WritePolicy;

use crate::engine::{RecordOptions, policy};
use crate::mirror::Mirror;
use crate::scratch::SLOTS_MAX;

/// A record as this side sees it.
pub(crate) struct View {
    pub(crate) door: Arc<dyn RecordDoor>,
    pub(crate) reader: Option<Reader>,
    /// Whether values of the record cross as numbers.
    pub(crate) flat: bool,
    /// How many fields the record's contract has.
    pub(crate) width: usize,
    pub(crate) policy: Policy,
    /// The topic that the application gave to the record, if any.
    pub(crate) topic: Option<String>,
    pub(crate) offline: WritePolicy,
    /// The session that mirrors the record, and what is under way there.
    pub(crate) session: Option<usize>,
    pub(crate) mirror: Mirror,
    /// The number of the last value that came from there.
    pub(crate) seq: Option<u64>,
    /// The version of its contract that the server holds, where that is an older one.
    pub(crate) older: Option<u32>,
    /// Whether JavaScript brings values from there to this version.
    pub(crate) by_host: bool,
}

impl View {
    pub(crate) fn new(door: Arc<dyn RecordDoor>, options: RecordOptions) -> Self {
        let width = door.schema().fields().len();
        Self {
            reader: None,
            width,
            flat: door.schema().is_flat() && width <= SLOTS_MAX,
            policy: Policy {
                unknown: options.refuse_unknown.then_some(UnknownFields::Refuse),
                safe_integers: true,
            },
            topic: options.topic,
            offline: policy(options.offline, door.buffer()),
            session: None,
            mirror: Mirror::default(),
            seq: None,
            older: None,
            by_host: false,
            door,
        }
    }

    pub(crate) fn appends(&self) -> bool {
        !matches!(self.door.buffer(), BufferConfig::SingleLatest)
    }

    /// The newest value of the record for its server; nothing if no session mirrors it.
    /// It is as it comes (`given`), where JavaScript has made it one of the server's version.
    pub(crate) fn local_write(&self, given: Option<String>) -> Option<LocalWrite> {
        let session = self.session?;
        let fields = self.door.latest()?.value;
        Some(LocalWrite {
            session,
            topic: self.topic.clone(),
            policy: self.offline,
            json: given.unwrap_or_else(|| outgoing(self.door.schema(), &fields, self.older)),
            writing: Writing {
                record: self.door.id(),
                key: self.door.key().to_owned(),
                fields,
            },
        })
    }
}

/// A value on its way to a session. Whole, since the record may have another one, or be gone, when the
/// session has time for it.
pub(crate) struct LocalWrite {
    pub(crate) session: usize,
    /// The topic that the application gave to the record, if any.
    pub(crate) topic: Option<String>,
    pub(crate) policy: WritePolicy,
    pub(crate) json: String,
    pub(crate) writing: Writing,
}

/// Where a write under way came from.
pub(crate) struct Writing {
    pub(crate) record: RecordId,
    pub(crate) key: String,
    pub(crate) fields: Fields,
}

/// A value as JSON text for a server: in its own, older version of the contract, where it has one. What
/// does not become one is sent as it is, and refused there with the reason.
fn outgoing(schema: &Schema, fields: &Fields, older: Option<u32>) -> String {
    let older = older.and_then(|version| {
        let value = schema.to_plain_json(fields);
        schema.migrate_down(value, version).ok()
    });
    match older {
        Some(value) => value.to_text(),
        None => schema.to_json(fields),
    }
}

/// Views by place. JavaScript names a record by its place and forgets it with the record; what waits on this
/// side names it by its whole number, which finds nothing once the record is gone.
#[derive(Default)]
pub(crate) struct Views(Vec<Option<Box<View>>>);

impl Views {
    pub(crate) fn put(&mut self, view: View) {
        let place = view.door.id().index();
        let length = self.0.len().max(place + 1);
        self.0.resize_with(length, || None);
        self.0[place] = Some(Box::new(view));
    }

    /// Empties a place, and gives back the memory of those at the end.
    pub(crate) fn take(&mut self, place: u32) -> Option<Box<View>> {
        let view = self.0.get_mut(place as usize)?.take();
        let used = self.0.iter().rposition(Option::is_some);
        self.0.truncate(used.map_or(0, |last| last + 1));
        if self.0.capacity() > 4 * self.0.len() + 64 {
            self.0.shrink_to(2 * self.0.len());
        }
        view
    }

    pub(crate) fn at(&self, place: u32) -> Option<&View> {
        self.0.get(place as usize)?.as_deref()
    }

    pub(crate) fn at_mut(&mut self, place: u32) -> Option<&mut View> {
        self.0.get_mut(place as usize)?.as_deref_mut()
    }

    pub(crate) fn get_mut(&mut self, id: RecordId) -> Option<&mut View> {
        let view = self.at_mut(id.index() as u32)?;
        (view.door.id() == id).then_some(view)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut View> {
        self.0.iter_mut().filter_map(Option::as_deref_mut)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &View> {
        self.0.iter().filter_map(Option::as_deref)
    }
}
