//! The names of nodes, each once, as long as a record has it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::hash::xx::xxh64;

use super::index::{Index, Secret};

#[derive(Clone, Debug)]
pub(super) struct Nodes {
    index: Index,
    nodes: Vec<Node>,
    free: Vec<u32>,
    /// The one that was looked for last: most records follow one of the same node.
    last: u32,
}

#[derive(Clone, Debug)]
struct Node {
    name: Box<str>,
    hash: u64,
    uses: u32,
}

impl Nodes {
    pub(super) fn new(secret: Secret) -> Self {
        Self {
            index: Index::new(secret),
            nodes: Vec::new(),
            free: Vec::new(),
            last: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    #[cfg(test)]
    pub(super) fn indexed(&self) -> usize {
        self.index.len()
    }

    pub(super) fn name(&self, node: u32) -> &str {
        &self.nodes[node as usize].name
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        self.nodes[node as usize].hash
    }

    pub(super) fn find(&mut self, name: &str) -> Option<u32> {
        // An unused node has no name, and no name is empty.
        let last = self.nodes.get(self.last as usize);
        if last.is_some_and(|last| &*last.name == name) {
            return Some(self.last);
        }
        let hash = self.index.hash(name.as_bytes(), b"");
        let found = self.index.find(hash, |node| self.name(node) == name)?;
        self.last = found;
        Some(found)
    }

    /// The number of a name, for one more record.
    pub(super) fn acquire(&mut self, name: &str) -> u32 {
        let node = match self.find(name) {
            Some(node) => node,
            None => self.insert(name),
        };
        self.nodes[node as usize].uses += 1;
        node
    }

    fn insert(&mut self, name: &str) -> u32 {
        let node = Node {
            name: name.into(),
            hash: xxh64(0, name.as_bytes()),
            uses: 0,
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.nodes[number as usize] = node;
                number
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as u32 - 1
            }
        };
        let nodes = &self.nodes;
        let name = |node: u32| nodes[node as usize].name.as_bytes();
        self.index.insert(number, name, |_| b"");
        number
    }

    /// One record less has it; a name that none has is forgotten.
    pub(super) fn release(&mut self, node: u32) {
        let one = &mut self.nodes[node as usize];
        one.uses -= 1;
        if one.uses > 0 {
            return;
        }
        let nodes = &self.nodes;
        let name = |node: u32| nodes[node as usize].name.as_bytes();
        self.index.remove(node, name, |_| b"");
        self.nodes[node as usize].name = Box::default();
        self.free.push(node);
    }
}
