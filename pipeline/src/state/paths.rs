//! Paths as numbers in a tree, given back when nobody refers to them.
//!
//! A path is segments joined by dots; `''` is the root and has id 0. An id names its parent and its segment, so that
//! going up or comparing prefixes never touches text, and `user` can be no parent of `username`. A path lives while it
//! is counted or has a child; like a text it may be found first and counted afterwards, until [`Paths::collect`].

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{Error, Refusal};
use crate::state::strings::{StringId, Strings};
use crate::tables::table::{Table, hash_number};
use crate::tables::text;

/// The most segments of one path: it bounds every walk upwards and every recursion over the state.
pub const SEGMENTS_MAX: usize = 64;
/// The most paths alive at once.
pub const PATHS_MAX: usize = 1 << 24;

const NONE: u32 = u32::MAX;

/// The number of an interned path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(pub u32);

impl PathId {
    /// The path `''`: the whole state.
    pub const ROOT: Self = Self(0);
}

struct Entry {
    parent: u32,
    segment: StringId,
    first_child: u32,
    next: u32,
    previous: u32,
    count: u32,
    depth: u16,
    is_candidate: bool,
    is_alive: bool,
}

/// The table of paths.
pub struct Paths {
    entries: Vec<Entry>,
    ids: Table,
    free: Vec<u32>,
    candidates: Vec<u32>,
}

impl Default for Paths {
    fn default() -> Self {
        let root = Entry {
            parent: NONE,
            segment: StringId::EMPTY,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            count: 1,
            depth: 0,
            is_candidate: false,
            is_alive: true,
        };
        Self {
            entries: Vec::from([root]),
            ids: Table::default(),
            free: Vec::new(),
            candidates: Vec::new(),
        }
    }
}

impl Paths {
    /// The id of a path given as text, new or old.
    pub fn intern(&mut self, strings: &mut Strings, path: &[u8]) -> Result<PathId, Refusal> {
        let mut id = PathId::ROOT;
        if path.is_empty() {
            return Ok(id);
        }
        for segment in path.split(|byte| *byte == b'.') {
            let segment = strings.intern(segment)?;
            id = self.child(strings, id, segment)?;
        }
        Ok(id)
    }

    /// The id of a path that is known already.
    pub fn find(&self, strings: &Strings, path: &[u8]) -> Option<PathId> {
        if path.is_empty() {
            return Some(PathId::ROOT);
        }
        path.split(|byte| *byte == b'.')
            .try_fold(PathId::ROOT, |id, segment| {
                self.find_child(id, strings.find(segment)?)
            })
    }

    /// The path one segment below `parent`, new or old.
    pub fn child(
        &mut self,
        strings: &mut Strings,
        parent: PathId,
        segment: StringId,
    ) -> Result<PathId, Refusal> {
        if let Some(id) = self.find_child(parent, segment) {
            return Ok(id);
        }
        let depth = self.depth(parent) + 1;
        if depth > SEGMENTS_MAX {
            return Err(Error::PathTooDeep { segments: depth }.into());
        }
        if self.free.is_empty() && self.entries.len() >= PATHS_MAX {
            return Err(Error::TooManyPaths.into());
        }
        strings.retain(segment);
        Ok(self.insert(parent, segment, depth as u16))
    }

    /// The path one segment below `parent`, if it is known.
    pub fn find_child(&self, parent: PathId, segment: StringId) -> Option<PathId> {
        let is_sought = |id| {
            let entry = &self.entries[id as usize];
            entry.parent == parent.0 && entry.segment == segment
        };
        let hash = hash_child(parent.0, segment);
        self.ids.find(hash, is_sought).map(PathId)
    }

    /// Whether the id names a path.
    pub fn is_alive(&self, id: PathId) -> bool {
        self.entries
            .get(id.0 as usize)
            .is_some_and(|entry| entry.is_alive)
    }

    /// The path one segment shorter; none for the root.
    pub fn parent(&self, id: PathId) -> Option<PathId> {
        match self.entries.get(id.0 as usize)?.parent {
            NONE => None,
            parent => Some(PathId(parent)),
        }
    }

    /// The last segment; the empty text for the root.
    pub fn segment(&self, id: PathId) -> StringId {
        self.entries
            .get(id.0 as usize)
            .map_or(StringId::EMPTY, |entry| entry.segment)
    }

    /// How many segments the path has.
    pub fn depth(&self, id: PathId) -> usize {
        self.entries
            .get(id.0 as usize)
            .map_or(0, |entry| usize::from(entry.depth))
    }

    /// The path and everything above it, from below.
    pub fn upwards(&self, id: PathId) -> impl Iterator<Item = PathId> + '_ {
        core::iter::successors(Some(id), |id| self.parent(*id))
    }

    /// The paths one segment longer, in the order they were first named.
    pub fn children(&self, id: PathId) -> impl Iterator<Item = PathId> + '_ {
        core::iter::successors(self.first_child(id), |id| self.next_sibling(*id))
    }

    /// The first of [`Self::children`], for walks that change the state meanwhile.
    pub fn first_child(&self, id: PathId) -> Option<PathId> {
        self.entries
            .get(id.0 as usize)
            .map(|entry| entry.first_child)
            .filter(|id| *id != NONE)
            .map(PathId)
    }

    /// The next of the parent's children.
    pub fn next_sibling(&self, id: PathId) -> Option<PathId> {
        self.entries
            .get(id.0 as usize)
            .map(|entry| entry.next)
            .filter(|id| *id != NONE)
            .map(PathId)
    }

    /// Whether `below` is `above` itself or lies under it.
    pub fn is_at_or_below(&self, below: PathId, above: PathId) -> bool {
        let mut steps = self.depth(below).checked_sub(self.depth(above));
        let mut id = below;
        while let Some(count @ 1..) = steps {
            let Some(parent) = self.parent(id) else {
                return false;
            };
            id = parent;
            steps = Some(count - 1);
        }
        steps.is_some() && id == above
    }

    /// Whether the paths are the same or one lies under the other.
    pub fn is_related(&self, left: PathId, right: PathId) -> bool {
        self.is_at_or_below(left, right) || self.is_at_or_below(right, left)
    }

    /// The segments that lead from `above` down to `below`, appended to `segments`.
    pub fn segments_between(&self, above: PathId, below: PathId, segments: &mut Vec<StringId>) {
        let start = segments.len();
        for id in self.upwards(below).take_while(|id| *id != above) {
            segments.push(self.segment(id));
        }
        segments[start..].reverse();
    }

    /// The path that lies below `base` as `path` lies below `above`.
    pub fn moved(
        &mut self,
        strings: &mut Strings,
        path: PathId,
        above: PathId,
        base: PathId,
    ) -> Result<PathId, Refusal> {
        let mut segments = [StringId::EMPTY; SEGMENTS_MAX];
        let mut count = 0;
        for id in self.upwards(path).take_while(|id| *id != above) {
            segments[count] = self.segment(id);
            count += 1;
        }
        segments[..count]
            .iter()
            .rev()
            .try_fold(base, |id, segment| self.child(strings, id, *segment))
    }

    /// The text of a path as bytes.
    pub fn text(&self, strings: &Strings, id: PathId) -> Vec<u8> {
        let mut segments = Vec::new();
        self.segments_between(PathId::ROOT, id, &mut segments);
        let mut bytes = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            if index > 0 {
                bytes.push(b'.');
            }
            bytes.extend_from_slice(strings.text(*segment));
        }
        bytes
    }

    /// The text of a path for a message.
    pub fn display(&self, strings: &Strings, id: PathId) -> String {
        text::display(&self.text(strings, id))
    }

    /// Counts one more reference.
    pub fn retain(&mut self, id: PathId) {
        if let Some(entry) = self.entries.get_mut(id.0 as usize) {
            entry.count += 1;
        }
    }

    /// Counts one reference less.
    pub fn release(&mut self, id: PathId) {
        let Some(entry) = self.entries.get_mut(id.0 as usize) else {
            return;
        };
        debug_assert!(
            entry.count > 0,
            "a path is released more often than retained"
        );
        entry.count = entry.count.saturating_sub(1);
        self.propose(id.0);
    }

    /// Frees every path that nothing refers to and appends their ids to `freed`.
    pub fn collect(&mut self, strings: &mut Strings, freed: &mut Vec<u32>) {
        while let Some(id) = self.candidates.pop() {
            let entry = &mut self.entries[id as usize];
            entry.is_candidate = false;
            if entry.count > 0 || entry.first_child != NONE || !entry.is_alive {
                continue;
            }
            entry.is_alive = false;
            let (parent, segment) = (entry.parent, entry.segment);
            self.unlink(id);
            let Self { entries, ids, .. } = self;
            ids.remove(id, &|id| hash_at(entries, id));
            strings.release(segment);
            self.free.push(id);
            freed.push(id);
            self.propose(parent);
        }
        crate::tables::lists::shrink(&mut self.candidates);
    }

    /// How many paths are alive or wait for [`Self::collect`], the root included.
    pub fn len(&self) -> usize {
        self.ids.len() + 1
    }

    /// Always false: the root stays.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// One more than the largest id ever given out.
    pub fn id_bound(&self) -> usize {
        self.entries.len()
    }

    /// Bytes held.
    pub fn capacity_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.ids.capacity_bytes()
            + (self.free.capacity() + self.candidates.capacity()) * 4
    }

    fn propose(&mut self, id: u32) {
        let Some(entry) = self.entries.get_mut(id as usize) else {
            return;
        };
        if entry.count == 0 && entry.first_child == NONE && !entry.is_candidate {
            entry.is_candidate = true;
            self.candidates.push(id);
        }
    }

    fn insert(&mut self, parent: PathId, segment: StringId, depth: u16) -> PathId {
        let entry = Entry {
            parent: parent.0,
            segment,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            count: 0,
            depth,
            is_candidate: true,
            is_alive: true,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                crate::tables::lists::grow(&mut self.entries);
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.candidates.push(id);
        self.link(id, parent.0);
        let Self { entries, ids, .. } = self;
        ids.insert(id, &|id| hash_at(entries, id));
        PathId(id)
    }

    /// Appends to the parent's list of children. The first child's `previous` names the last.
    fn link(&mut self, id: u32, parent: u32) {
        let first = self.entries[parent as usize].first_child;
        if first == NONE {
            self.entries[parent as usize].first_child = id;
            self.entries[id as usize].previous = id;
            return;
        }
        let last = self.entries[first as usize].previous;
        self.entries[last as usize].next = id;
        self.entries[id as usize].previous = last;
        self.entries[first as usize].previous = id;
    }

    fn unlink(&mut self, id: u32) {
        let Entry {
            parent,
            next,
            previous,
            ..
        } = self.entries[id as usize];
        let first = self.entries[parent as usize].first_child;
        if first == id {
            self.entries[parent as usize].first_child = next;
        } else {
            self.entries[previous as usize].next = next;
        }
        let heir = if next != NONE { next } else { first };
        if heir != id {
            self.entries[heir as usize].previous = previous;
        }
    }
}

fn hash_child(parent: u32, segment: StringId) -> u32 {
    hash_number(u64::from(parent) << 32 | u64::from(segment.0))
}

fn hash_at(entries: &[Entry], id: u32) -> u32 {
    let entry = &entries[id as usize];
    hash_child(entry.parent, entry.segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::prelude::v1::*;

    #[test]
    fn a_prefix_needs_a_segment_boundary() {
        let (mut strings, mut paths) = (Strings::default(), Paths::default());
        let mut path = |text: &str| paths.intern(&mut strings, text.as_bytes()).unwrap();
        let (user, username, name) = (path("user"), path("username"), path("user.name"));
        assert!(paths.is_at_or_below(name, user));
        assert!(paths.is_at_or_below(user, user));
        assert!(!paths.is_at_or_below(username, user));
        assert!(!paths.is_at_or_below(user, name));
        assert!(paths.is_at_or_below(name, PathId::ROOT));
    }

    #[test]
    fn a_path_is_bounded_in_depth() {
        let (mut strings, mut paths) = (Strings::default(), Paths::default());
        let deep = vec!["a"; SEGMENTS_MAX + 1].join(".");
        let error = paths.intern(&mut strings, deep.as_bytes());
        assert_eq!(
            error,
            Err(Error::PathTooDeep {
                segments: SEGMENTS_MAX + 1
            }
            .into())
        );
    }

    proptest! {
        /// The oracle keeps the counted texts and derives which ancestors must live.
        #[test]
        fn a_path_lives_while_it_or_a_descendant_is_counted(
            ops in proptest::collection::vec((any::<bool>(), proptest::collection::vec(0u8..3, 0..4)), 0..120)
        ) {
            let (mut strings, mut paths) = (Strings::default(), Paths::default());
            let mut counted: Vec<String> = Vec::new();
            for (add, segments) in ops {
                let text = segments.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(".");
                if add {
                    let id = paths.intern(&mut strings, text.as_bytes()).unwrap();
                    paths.retain(id);
                    counted.push(text);
                } else if let Some(at) = counted.iter().position(|other| *other == text) {
                    counted.swap_remove(at);
                    let id = paths.find(&strings, text.as_bytes()).unwrap();
                    paths.release(id);
                }
                paths.collect(&mut strings, &mut Vec::new());
                let mut alive: BTreeSet<&str> = BTreeSet::from([""]);
                for mut text in counted.iter().map(String::as_str) {
                    while !text.is_empty() {
                        alive.insert(text);
                        text = text.rfind('.').map_or("", |dot| &text[..dot]);
                    }
                }
                prop_assert_eq!(paths.len(), alive.len());
                for text in alive {
                    let id = paths.find(&strings, text.as_bytes()).unwrap();
                    prop_assert_eq!(paths.text(&strings, id), text.as_bytes());
                    for child in paths.children(id) {
                        prop_assert_eq!(paths.parent(child), Some(id));
                    }
                }
                strings.collect(&mut Vec::new());
            }
            for text in counted {
                let id = paths.find(&strings, text.as_bytes()).unwrap();
                paths.release(id);
            }
            paths.collect(&mut strings, &mut Vec::new());
            strings.collect(&mut Vec::new());
            prop_assert_eq!((paths.len(), strings.len()), (1, 2));
        }
    }
}
