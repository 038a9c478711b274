//! An index of texts by their levels: of topics, to find what a pattern selects, and of patterns, to find
//! which of them select a topic.
//!
//! Guarantees: both searches give what [`Pattern::matches`] gives for each entry, and look only at branches
//! that can match; a search over topics can be cut into slices, also while entries come and go. Does not:
//! check texts.

use crate::topic::{ANY_LEVEL, ANY_TAIL, Pattern};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

const ROOT: u32 = 0;

/// Texts with something at each.
///
/// ```
/// use aimdb_ws_protocol::{LevelTree, Pattern};
/// let mut topics = LevelTree::new();
/// topics.insert("plant/pump/speed", 1);
/// topics.insert("plant/fan/speed", 2);
/// let mut found = Vec::new();
/// topics.select(&Pattern::parse("plant/*/speed")?, |topic| found.push(*topic));
/// assert_eq!(found, [2, 1]);
///
/// let mut patterns = LevelTree::new();
/// patterns.insert("plant/#", "all");
/// patterns.insert("plant/*", "two levels");
/// let mut found = Vec::new();
/// patterns.matching("plant/pump/speed", |name| found.push(*name));
/// assert_eq!(found, ["all"]);
/// # Ok::<(), aimdb_ws_protocol::TopicError>(())
/// ```
#[derive(Debug)]
pub struct LevelTree<T> {
    nodes: Vec<Node<T>>,
    free: Vec<u32>,
    /// Nodes that are cut off, but that a search in slices may still stand at.
    retired: Vec<u32>,
}

#[derive(Debug)]
struct Node<T> {
    children: BTreeMap<Box<str>, u32>,
    here: Option<T>,
}

impl<T> Node<T> {
    const fn empty() -> Self {
        Self {
            children: BTreeMap::new(),
            here: None,
        }
    }
}

impl<T> Default for LevelTree<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> LevelTree<T> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: vec![Node::empty()],
            free: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// What is at a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<&T> {
        let mut node = ROOT;
        for level in text.split('/') {
            node = *self.node(node).children.get(level)?;
        }
        self.node(node).here.as_ref()
    }

    /// Puts something at a text; gives what was there.
    pub fn insert(&mut self, text: &str, value: T) -> Option<T> {
        let node = self.make(text);
        self.nodes[node as usize].here.replace(value)
    }

    /// What is at a text, made if nothing is.
    pub fn get_or_insert_with(&mut self, text: &str, make: impl FnOnce() -> T) -> &mut T {
        let node = self.make(text);
        self.nodes[node as usize].here.get_or_insert_with(make)
    }

    /// What is at a text.
    pub fn get_mut(&mut self, text: &str) -> Option<&mut T> {
        let mut node = ROOT;
        for level in text.split('/') {
            node = *self.node(node).children.get(level)?;
        }
        self.nodes[node as usize].here.as_mut()
    }

    /// Takes out what is at a text.
    pub fn remove(&mut self, text: &str) -> Option<T> {
        let mut trail = Vec::new();
        let mut node = ROOT;
        for level in text.split('/') {
            trail.push((node, level));
            node = *self.node(node).children.get(level)?;
        }
        let value = self.nodes[node as usize].here.take()?;
        // Cut off the branch as far as nothing else hangs on it.
        while let Some((parent, level)) = trail.pop() {
            let Node { children, here } = self.node(node);
            if here.is_some() || !children.is_empty() {
                break;
            }
            self.nodes[parent as usize].children.remove(level);
            self.retired.push(node);
            node = parent;
        }
        Some(value)
    }

    /// Uses the places of removed entries again. Searches in slices that began earlier must have ended.
    pub fn reclaim(&mut self) {
        self.free.append(&mut self.retired);
    }

    /// Visits what is at the topics that a pattern selects; gives how many places it looked at.
    pub fn select(&self, pattern: &Pattern, mut visit: impl FnMut(&T)) -> usize {
        let mut steps = usize::MAX;
        Search::new(pattern).advance(self, &mut steps, &mut visit);
        usize::MAX - steps
    }

    /// Visits what is at the patterns that select a topic; gives how many places it looked at.
    pub fn matching(&self, topic: &str, mut visit: impl FnMut(&T)) -> usize {
        let mut looked = 0;
        // Nodes that the levels so far lead to: by their names, by `*` or by a mix of both.
        let mut reached = vec![ROOT];
        let mut next = Vec::new();
        for level in topic.split('/') {
            for node in reached.drain(..) {
                let Node { children, .. } = self.node(node);
                looked += 1;
                self.visit_tail(node, &mut visit);
                next.extend(
                    [level, ANY_LEVEL]
                        .iter()
                        .filter_map(|key| children.get(*key)),
                );
            }
            core::mem::swap(&mut reached, &mut next);
        }
        for node in reached {
            looked += 1;
            self.node(node).here.iter().for_each(&mut visit);
            self.visit_tail(node, &mut visit);
        }
        looked
    }

    fn visit_tail(&self, node: u32, visit: &mut impl FnMut(&T)) {
        if let Some(tail) = self.node(node).children.get(ANY_TAIL) {
            self.node(*tail).here.iter().for_each(visit);
        }
    }

    fn node(&self, node: u32) -> &Node<T> {
        &self.nodes[node as usize]
    }

    /// The node of a text, made if it is not there.
    fn make(&mut self, text: &str) -> u32 {
        let mut node = ROOT;
        for level in text.split('/') {
            node = match self.node(node).children.get(level) {
                Some(child) => *child,
                None => {
                    let child = self.fresh();
                    self.nodes[node as usize]
                        .children
                        .insert(level.into(), child);
                    child
                }
            };
        }
        node
    }

    fn fresh(&mut self) -> u32 {
        if let Some(node) = self.free.pop() {
            return node;
        }
        // Entries are counted by numbers of 32 bits everywhere, and each has at most 32 levels of some bytes:
        // memory ends first.
        let node = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node::empty());
        node
    }
}

/// A search for the topics that a pattern selects, in slices. Entries may come and go between them: those that
/// come are found or not, those that go are not found any more.
#[derive(Debug)]
pub struct Search {
    pattern: Pattern,
    /// Nodes to look at, each with the level of the pattern that its children are compared with.
    stack: Vec<(u32, u32)>,
}

/// Everything below a node: beyond the last level of any pattern.
const ALL: u32 = u32::MAX;

impl Search {
    /// A search from the beginning.
    #[must_use]
    pub fn new(pattern: &Pattern) -> Self {
        Self {
            pattern: pattern.clone(),
            stack: vec![(ROOT, 0)],
        }
    }

    /// The pattern that is searched for.
    #[must_use]
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Goes on for about so many places, which are taken off `steps`; says whether it has come to the end.
    pub fn advance<T>(
        &mut self,
        tree: &LevelTree<T>,
        steps: &mut usize,
        visit: &mut impl FnMut(&T),
    ) -> bool {
        while let Some((node, depth)) = self.stack.pop() {
            if *steps == 0 {
                self.stack.push((node, depth));
                return false;
            }
            let before = self.stack.len();
            let Node { children, here } = tree.node(node);
            let level = match depth {
                ALL => Some(ANY_TAIL),
                depth => self.pattern.as_str().split('/').nth(depth as usize),
            };
            match level {
                None => here.iter().for_each(&mut *visit),
                Some(ANY_TAIL) => {
                    here.iter().for_each(&mut *visit);
                    let all = children.values().rev().map(|child| (*child, ALL));
                    self.stack.extend(all);
                }
                Some(ANY_LEVEL) => {
                    let all = children.values().rev().map(|child| (*child, depth + 1));
                    self.stack.extend(all);
                }
                Some(name) => {
                    let child = children.get(name).map(|child| (*child, depth + 1));
                    self.stack.extend(child);
                }
            }
            *steps = steps.saturating_sub(1 + self.stack.len() - before);
        }
        true
    }
}
