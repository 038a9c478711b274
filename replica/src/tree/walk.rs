//! Finds the leaves in which two trees differ, going down only where their sums do.

use alloc::vec::Vec;

use super::{FAN, Tree, TreeError};

impl Tree {
    /// The leaves that differ, in their order. It is the same list from either side.
    pub fn differing(&self, other: &Tree) -> Result<Vec<u32>, TreeError> {
        self.check_depth(other.depth)?;
        if self.root() == other.root() {
            return Ok(Vec::new());
        }
        let mut differing = Vec::from([0]);
        for level in 0..self.depth {
            let mut below = Vec::new();
            for index in differing {
                let theirs = other.children(level, index).unwrap_or_default();
                below.extend(self.differing_children(level, index, theirs.iter().copied()));
            }
            differing = below;
        }
        Ok(differing)
    }

    /// The numbers, on the level below, of a node's children that are not as the other side has them.
    pub fn differing_children(
        &self,
        level: u8,
        index: u32,
        theirs: impl Iterator<Item = u64>,
    ) -> impl Iterator<Item = u32> {
        let ours = self.children(level, index).unwrap_or_default();
        let first = index * FAN as u32;
        let pairs = ours.iter().zip(theirs).enumerate();
        pairs.filter_map(move |(place, (ours, theirs))| {
            (*ours != theirs).then_some(first + place as u32)
        })
    }
}
