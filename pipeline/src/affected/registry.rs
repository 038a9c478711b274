//! Numbered entries that watch paths: the common part of conditions, choices, templates, validators and listeners.
//!
//! Ids grow with each registration and are never used again, so that their order is the order of registration.

use alloc::vec::Vec;

use crate::batch::Change;
use crate::state::order;
use crate::state::paths::{PathId, Paths};
use crate::tables::numbered::Numbered;
use crate::watch::Watch;

/// The registry.
pub struct Registry<T> {
    entries: Numbered<T>,
    watched: Watched,
}

/// What each entry watches, numbered as the entries are.
#[derive(Default)]
struct Watched {
    paths: Numbered<Vec<PathId>>,
    watch: Watch,
}

impl Watched {
    fn add(&mut self, paths: &mut Paths, watched: Vec<PathId>) {
        let id = self.paths.next();
        for path in &watched {
            self.watch.add(paths, *path, id);
        }
        self.paths.push(watched);
    }

    fn remove(&mut self, paths: &mut Paths, id: u32) {
        for path in &self.paths.remove(id).unwrap_or_default() {
            self.watch.remove(paths, *path, id);
        }
    }

    /// Each entry whom the changes concern and who is not asleep, once, in ascending order.
    fn woken(&self, paths: &Paths, changes: &[Change], asleep: &[u32], woken: &mut Vec<u32>) {
        woken.clear();
        if self.watch.is_empty() {
            return;
        }
        for change in changes {
            self.watch.visit_related(paths, change.path, &mut |_, id| {
                if !order::has(asleep, id) {
                    woken.push(id);
                }
            });
        }
        order::sort_and_dedup(woken);
    }
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self {
            entries: Numbered::default(),
            watched: Watched::default(),
        }
    }
}

impl<T> Registry<T> {
    /// Adds an entry that watches these paths.
    pub fn add(&mut self, paths: &mut Paths, entry: T, watched: Vec<PathId>) -> u32 {
        self.watched.add(paths, watched);
        self.entries.push(entry)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, paths: &mut Paths, id: u32) -> Option<T> {
        self.watched.remove(paths, id);
        self.entries.remove(id)
    }

    /// The entry with this id.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.entries.get(id)
    }

    /// The entry with this id, to change it.
    pub fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.entries.get_mut(id)
    }

    /// The entries in the order of registration.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.entries.iter()
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
        &self.watched.watch
    }

    /// The entries whom a stretch of changes concerns and who are not asleep, each once, in the order of registration.
    pub(crate) fn woken(
        &self,
        paths: &Paths,
        changes: &[Change],
        asleep: &[u32],
        woken: &mut Vec<u32>,
    ) {
        self.watched.woken(paths, changes, asleep, woken);
    }
}
