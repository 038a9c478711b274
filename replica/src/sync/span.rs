//! The nodes of a walk: those of the tree, and below its leaves those that the hashes of the items make.

use alloc::vec::Vec;

use crate::codec::message::LEVELS_BELOW_LEAVES;
use crate::replica::Replica;
use crate::tree::FAN;

/// A list of hashes is sent instead of sums when it has at most so many: 2 KiB.
pub(super) const LIST_ITEMS_MAX: usize = 256;

/// The items of a leaf by their hashes, kept for the nodes of one leaf that are asked for one after the other.
#[derive(Default)]
pub(super) struct Spans {
    leaf: Option<u32>,
    /// Hash and slot, ascending.
    items: Vec<(u64, u32)>,
}

impl Spans {
    /// The items of a leaf.
    pub(super) fn leaf(&mut self, replica: &Replica, leaf: u32) -> &[(u64, u32)] {
        if self.leaf != Some(leaf) {
            replica.store.sort_leaf(leaf, &mut self.items);
            self.leaf = Some(leaf);
        }
        &self.items
    }

    /// The items of a node that is a leaf, or below one.
    pub(super) fn items(&mut self, replica: &Replica, level: u8, index: u64) -> &[(u64, u32)] {
        let below = 4 * u32::from(level - replica.options.depth);
        // An index on a level of the tree's leaves is of 20 bits at most.
        let leaf = (index >> below) as u32;
        let items = self.leaf(replica, leaf);
        if below == 0 {
            return items;
        }
        let shift = u64::BITS - below;
        let digits = index & ((1 << below) - 1);
        let start = items.partition_point(|item| item.0 >> shift < digits);
        let end = items.partition_point(|item| item.0 >> shift <= digits);
        &items[start..end]
    }

    /// The hashes of a node's children.
    pub(super) fn children(&mut self, replica: &Replica, level: u8, index: u64) -> [u64; FAN] {
        let mut children = [0_u64; FAN];
        let depth = replica.options.depth;
        if level < depth {
            let sums = replica.tree().children(level, index as u32);
            for (child, sum) in children.iter_mut().zip(sums.unwrap_or_default()) {
                *child = *sum;
            }
            return children;
        }
        let shift = u64::BITS - 4 * (u32::from(level - depth) + 1);
        for (hash, _) in self.items(replica, level, index) {
            let child = &mut children[(hash >> shift) as usize % FAN];
            *child = child.wrapping_add(*hash);
        }
        children
    }

    /// Whether the items below a node are few enough to be listed, or cannot be divided any more.
    pub(super) fn is_listed(&mut self, replica: &Replica, level: u8, index: u64) -> bool {
        let depth = replica.options.depth;
        level == depth + LEVELS_BELOW_LEAVES
            || level >= depth && self.items(replica, level, index).len() <= LIST_ITEMS_MAX
    }
}
