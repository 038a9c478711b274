//! Who watches which path, answering for a changed path: who watches it, a path above it, or one below it.
//!
//! Each watched path also counts itself in everything above, so that the search downwards only enters branches in which
//! somebody watches. A watched path is kept alive. The search upwards asks for every changed path and all above it,
//! nearly always in vain: one bit for each path answers it.

pub(crate) mod graph;

use alloc::vec::Vec;

use crate::state::paths::{PathId, Paths};
use crate::tables::id_map::IdMap;

#[derive(Default)]
struct Node {
    watchers: Vec<u32>,
    watched_below: u32,
}

/// The index from paths to watchers, which are numbers of its owner's choice.
#[derive(Default)]
pub struct Watch {
    nodes: IdMap<Node>,
    /// Which paths have watchers: path `n` is bit `n % 32` of word `n / 32`.
    watched: Vec<u32>,
}

impl Watch {
    /// Adds a watcher of a path.
    pub fn add(&mut self, paths: &mut Paths, path: PathId, watcher: u32) {
        paths.retain(path);
        self.nodes
            .get_or_insert_with(path.0, Node::default)
            .watchers
            .push(watcher);
        let (word, bit) = place(path);
        if word >= self.watched.len() {
            self.watched.resize(word + 1, 0);
        }
        self.watched[word] |= bit;
        for above in paths.upwards(path).skip(1) {
            self.nodes
                .get_or_insert_with(above.0, Node::default)
                .watched_below += 1;
        }
    }

    /// Removes a watcher added before; others of the same path stay.
    pub fn remove(&mut self, paths: &mut Paths, path: PathId, watcher: u32) {
        let Some(node) = self.nodes.get_mut(path.0) else {
            return;
        };
        let Some(index) = node.watchers.iter().position(|other| *other == watcher) else {
            return;
        };
        node.watchers.remove(index);
        if node.watchers.is_empty() {
            let (word, bit) = place(path);
            self.watched[word] &= !bit;
        }
        self.drop_if_empty(path);
        for above in paths.upwards(path).skip(1) {
            if let Some(node) = self.nodes.get_mut(above.0) {
                node.watched_below -= 1;
            }
            self.drop_if_empty(above);
        }
        paths.release(path);
    }

    /// Whether nobody watches anything.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The watchers of exactly this path.
    pub fn at(&self, path: PathId) -> &[u32] {
        self.nodes.get(path.0).map_or(&[], |node| &node.watchers)
    }

    /// Whether anything below the path is watched.
    pub fn has_below(&self, path: PathId) -> bool {
        let node = self.nodes.get(path.0);
        node.is_some_and(|node| node.watched_below > 0)
    }

    /// Visits the watchers of the path itself and of each path above it.
    pub fn visit_upwards(&self, paths: &Paths, path: PathId, visit: &mut dyn FnMut(PathId, u32)) {
        if self.is_empty() {
            return;
        }
        let mut next = Some(path);
        while let Some(above) = next {
            if self.is_watched(above) {
                for watcher in self.at(above) {
                    visit(above, *watcher);
                }
            }
            next = paths.parent(above);
        }
    }

    /// Visits the watchers of each path below the given one, which is not visited itself.
    pub fn visit_below(&self, paths: &Paths, path: PathId, visit: &mut dyn FnMut(PathId, u32)) {
        if !self.has_below(path) {
            return;
        }
        for child in paths.children(path) {
            for watcher in self.at(child) {
                visit(child, *watcher);
            }
            self.visit_below(paths, child, visit);
        }
    }

    /// Visits all whom a change of the path concerns.
    pub fn visit_related(&self, paths: &Paths, path: PathId, visit: &mut dyn FnMut(PathId, u32)) {
        self.visit_upwards(paths, path, visit);
        self.visit_below(paths, path, visit);
    }

    #[inline]
    fn is_watched(&self, path: PathId) -> bool {
        let (word, bit) = place(path);
        self.watched.get(word).is_some_and(|word| word & bit != 0)
    }

    fn drop_if_empty(&mut self, path: PathId) {
        let is_empty = |node: &Node| node.watchers.is_empty() && node.watched_below == 0;
        if self.nodes.get(path.0).is_some_and(is_empty) {
            self.nodes.remove(path.0);
        }
    }
}

/// The word and the bit of a path.
#[inline]
fn place(path: PathId) -> (usize, u32) {
    ((path.0 / u32::BITS) as usize, 1 << (path.0 % u32::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::strings::Strings;
    use proptest::prelude::*;
    use std::prelude::v1::*;

    fn is_related(left: &str, right: &str) -> bool {
        let is_below = |below: &str, above: &str| {
            above.is_empty() || below == above || below.starts_with(&format!("{above}."))
        };
        is_below(left, right) || is_below(right, left)
    }

    proptest! {
        /// The oracle compares texts, path by path.
        #[test]
        fn a_change_concerns_exactly_the_watchers_at_above_and_below(
            watched in proptest::collection::vec("([ab](\\.[ab]){0,3})?", 0..20),
            removed in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
            changed in "([ab](\\.[ab]){0,3})?",
        ) {
            let (mut strings, mut paths, mut watch) =
                (Strings::default(), Paths::default(), Watch::default());
            let mut id = |paths: &mut Paths, text: &str| paths.intern(&mut strings, text.as_bytes()).unwrap();
            let mut alive: Vec<(u32, String)> = Vec::new();
            for (watcher, text) in watched.into_iter().enumerate() {
                let path = id(&mut paths, &text);
                watch.add(&mut paths, path, watcher as u32);
                alive.push((watcher as u32, text));
            }
            for index in removed {
                if alive.is_empty() { break; }
                let (watcher, text) = alive.swap_remove(index.index(alive.len()));
                let path = id(&mut paths, &text);
                watch.remove(&mut paths, path, watcher);
            }
            let path = id(&mut paths, &changed);
            let mut found = Vec::new();
            watch.visit_related(&paths, path, &mut |_, watcher| found.push(watcher));
            found.sort_unstable();
            let mut expected: Vec<u32> =
                alive.iter().filter(|(_, text)| is_related(text, &changed)).map(|(w, _)| *w).collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
            for (watcher, text) in alive {
                let path = id(&mut paths, &text);
                watch.remove(&mut paths, path, watcher);
            }
            prop_assert!(watch.is_empty());
        }
    }
}
