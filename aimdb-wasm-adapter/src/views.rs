//! The records as this side sees them, in the places that the database gave them.

use std::sync::Arc;

use aimdb_contracts::{Policy, UnknownFields};
use aimdb_core::{Reader, RecordDoor};

use crate::numbers::SLOTS_MAX;

/// A record as this side sees it.
pub(crate) struct View {
    pub(crate) door: Arc<dyn RecordDoor>,
    pub(crate) reader: Option<Reader>,
    /// Whether values of the record cross as numbers.
    pub(crate) flat: bool,
    /// How many fields the record's contract has.
    pub(crate) width: usize,
    pub(crate) policy: Policy,
}

impl View {
    pub(crate) fn new(door: Arc<dyn RecordDoor>, refuse_unknown: bool) -> Self {
        let width = door.schema().fields().len();
        Self {
            reader: None,
            width,
            flat: door.schema().is_flat() && width <= SLOTS_MAX,
            policy: Policy {
                unknown: refuse_unknown.then_some(UnknownFields::Refuse),
                safe_integers: true,
            },
            door,
        }
    }
}

/// Views by place: JavaScript names a record by its place, and forgets it with the record.
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &View> {
        self.0.iter().filter_map(Option::as_deref)
    }
}
