//! A tree of hashes over the places of keys, in one flat array.
//!
//! A node is the wrapping sum of the item hashes below it, so it does not depend on the order of updates or on how the
//! keys are divided over trees, an update costs one addition a level, and trees are added and subtracted. A sum finds
//! what differs by accident; it is no seal against somebody who makes items so that their sum fits (`Replica::digest` is).
//!
//! A leaf's number is the first digits of its keys' hash in hexadecimal, one for each level.

mod walk;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// How many children a node has: one for each hexadecimal digit.
pub const FAN: usize = 16;

/// How many levels a tree may have below its root: 5 are a million leaves in 9 MB.
pub const DEPTH_LEVELS_MAX: u8 = 5;

/// The tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    depth: u8,
    /// The levels from the root to the leaves.
    nodes: Vec<u64>,
}

impl Tree {
    /// An empty tree of 1 to [`DEPTH_LEVELS_MAX`] levels: every node is 0.
    pub fn new(depth: u8) -> Result<Self, TreeError> {
        if depth == 0 || depth > DEPTH_LEVELS_MAX {
            return Err(TreeError::Depth { depth });
        }
        Ok(Self {
            depth,
            nodes: vec![0; level_start(depth + 1)],
        })
    }

    /// How many levels there are below the root.
    pub fn depth(&self) -> u8 {
        self.depth
    }

    /// How many leaves there are.
    pub fn leaf_count(&self) -> u32 {
        1 << (4 * u32::from(self.depth))
    }

    /// The leaf of a key with this hash ([`fnv1a`](crate::fnv1a)).
    pub fn leaf_of(&self, key_hash: u32) -> u32 {
        key_hash >> (32 - 4 * u32::from(self.depth))
    }

    /// The sum of all items.
    pub fn root(&self) -> u64 {
        self.nodes[0]
    }

    /// The node of a level and its number there; nothing where there is none.
    pub fn node(&self, level: u8, index: u32) -> Option<u64> {
        let is_there = level <= self.depth && index < 1 << (4 * u32::from(level));
        is_there.then(|| self.nodes[level_start(level) + index as usize])
    }

    /// The [`FAN`] children of a node that is no leaf.
    pub fn children(&self, level: u8, index: u32) -> Option<&[u64]> {
        if level >= self.depth || index >= 1 << (4 * u32::from(level)) {
            return None;
        }
        let start = level_start(level + 1) + index as usize * FAN;
        Some(&self.nodes[start..start + FAN])
    }

    /// Puts the hash of one item in the place of another one; 0 is none. A leaf that is not there changes nothing.
    pub fn replace(&mut self, leaf: u32, old: u64, new: u64) {
        debug_assert!(leaf < self.leaf_count());
        if leaf >= self.leaf_count() {
            return;
        }
        let change = new.wrapping_sub(old);
        for level in 0..=self.depth {
            let index = leaf >> (4 * u32::from(self.depth - level));
            let node = &mut self.nodes[level_start(level) + index as usize];
            *node = node.wrapping_add(change);
        }
    }

    /// Builds the tree of some items, each a leaf and a hash: one addition an item, and one for each node.
    pub fn rebuild(&mut self, items: impl Iterator<Item = (u32, u64)>) {
        self.nodes.fill(0);
        let leaves = level_start(self.depth);
        for (leaf, item) in items {
            debug_assert!(leaf < self.leaf_count());
            if let Some(node) = self.nodes.get_mut(leaves + leaf as usize) {
                *node = node.wrapping_add(item);
            }
        }
        for place in (1..self.nodes.len()).rev() {
            let above = (place - 1) / FAN;
            self.nodes[above] = self.nodes[above].wrapping_add(self.nodes[place]);
        }
    }

    /// Adds the tree of other items, such as those of another partition.
    pub fn add(&mut self, other: &Tree) -> Result<(), TreeError> {
        self.combine(other, u64::wrapping_add)
    }

    /// Takes away the tree of items that are in this one.
    pub fn subtract(&mut self, other: &Tree) -> Result<(), TreeError> {
        self.combine(other, u64::wrapping_sub)
    }

    fn combine(&mut self, other: &Tree, with: fn(u64, u64) -> u64) -> Result<(), TreeError> {
        self.check_depth(other.depth)?;
        for (ours, theirs) in self.nodes.iter_mut().zip(&other.nodes) {
            *ours = with(*ours, *theirs);
        }
        Ok(())
    }

    fn check_depth(&self, theirs: u8) -> Result<(), TreeError> {
        let ours = self.depth;
        match ours == theirs {
            true => Ok(()),
            false => Err(TreeError::DepthsDiffer { ours, theirs }),
        }
    }
}

/// Where a level starts in the array. Children of the node at `n` are at `16 n + 1` and after.
const fn level_start(level: u8) -> usize {
    ((1 << (4 * level as usize)) - 1) / (FAN - 1)
}

/// Why trees cannot be made or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeError {
    /// No tree has this depth.
    Depth {
        /// The depth that was asked for.
        depth: u8,
    },
    /// Only trees of one depth can be compared.
    DepthsDiffer {
        /// The depth of this one.
        ours: u8,
        /// The depth of the other one.
        theirs: u8,
    },
}

impl TreeError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Depth { .. } => "tree_depth",
            Self::DepthsDiffer { .. } => "tree_depths_differ",
        }
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth { depth } => write!(
                out,
                "a tree of {depth} levels was asked for: 1 to {DEPTH_LEVELS_MAX} are possible"
            ),
            Self::DepthsDiffer { ours, theirs } => write!(
                out,
                "this tree has {ours} levels and the other one {theirs}: configure both alike"
            ),
        }
    }
}

impl core::error::Error for TreeError {}

#[cfg(test)]
mod tests;
