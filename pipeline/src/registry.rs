//! Numbered entries that watch paths: the common part of conditions, choices, templates, validators and listeners.
//!
//! Ids grow with each registration and are never used again, so that their order is the order of registration.

use alloc::vec::Vec;

use crate::batch::Change;
use crate::numbered::Numbered;
use crate::order;
use crate::paths::{PathId, Paths};
use crate::watch::Watch;

/// The registry.
pub struct Registry<T> {
    entries: Numbered<(T, Vec<PathId>)>,
    watch: Watch,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self {
            entries: Numbered::default(),
            watch: Watch::default(),
        }
    }
}

impl<T> Registry<T> {
    /// Adds an entry that watches these paths.
    pub fn add(&mut self, paths: &mut Paths, entry: T, watched: Vec<PathId>) -> u32 {
        let id = self.entries.next();
        for path in &watched {
            self.watch.add(paths, *path, id);
        }
        self.entries.push((entry, watched))
    }

    /// Takes an entry out.
    pub fn remove(&mut self, paths: &mut Paths, id: u32) -> Option<T> {
        let (entry, watched) = self.entries.remove(id)?;
        for path in watched {
            self.watch.remove(paths, path, id);
        }
        Some(entry)
    }

    /// The entry with this id.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.entries.get(id).map(|(entry, _)| entry)
    }

    /// The entry with this id, to change it.
    pub fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.entries.get_mut(id).map(|(entry, _)| entry)
    }

    /// The entries in the order of registration.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.entries.iter().map(|(id, (entry, _))| (id, entry))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.len() == 0
    }

    /// The watches behind the entries.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The entries whom a stretch of changes concerns, each once, in the order of registration.
    pub(crate) fn woken(&self, paths: &Paths, changes: &[Change], woken: &mut Vec<u32>) {
        woken.clear();
        if self.is_empty() {
            return;
        }
        for change in changes {
            self.watch
                .visit_related(paths, change.path, &mut |_, id| woken.push(id));
        }
        order::sort_and_dedup(woken);
    }
}
