//! Where the records of a replica are: one arena of bytes, one array of slots, an index, and a tree of hashes.
//!
//! It keeps what it is told to and decides nothing. A record's slot stays while it is replaced; a slot whose record is
//! gone is used again.

mod chains;
mod index;
mod item;
mod nodes;
mod slot;

pub(crate) use item::content_digest;

use alloc::vec::Vec;

use crate::codec::record::Record;
use crate::hash::fnv::fnv1a;
use crate::tree::{Tree, TreeError};

use chains::{Chains, NONE};
use index::{Index, Secret};
use nodes::Nodes;
use slot::Slot;

/// What a record is counted for beside its texts and value: its slot, its links, its places in the tables.
pub(crate) const SLOT_BYTES: usize = 128;

/// Bytes that no record has are given back when they are more than those in use, and more than this.
const GARBAGE_BYTES_MIN: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Store {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Key, tag and value of each record, one after the other.
    bytes: Vec<u8>,
    bytes_live: usize,
    index: Index,
    nodes: Nodes,
    leaves: Chains,
    /// Records of one key and of one tag, where records have tags.
    tagged: Option<Tagged>,
    tree: Tree,
}

#[derive(Clone, Debug, Default)]
struct Tagged {
    key_index: Index,
    keys: Chains,
    tag_index: Index,
    tags: Chains,
}

impl Store {
    pub(crate) fn new(depth: u8, has_tags: bool, secret: Secret) -> Result<Self, TreeError> {
        let tree = Tree::new(depth)?;
        let mut leaves = Chains::default();
        leaves.set_heads(tree.leaf_count() as usize);
        let tagged = Tagged {
            key_index: Index::new(secret),
            tag_index: Index::new(secret),
            ..Tagged::default()
        };
        Ok(Self {
            slots: Vec::new(),
            free: Vec::new(),
            bytes: Vec::new(),
            bytes_live: 0,
            index: Index::new(secret),
            nodes: Nodes::new(secret),
            leaves,
            tagged: has_tags.then_some(tagged),
            tree,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The bytes that count against a replica's limit.
    pub(crate) fn bytes_used(&self) -> usize {
        self.bytes_live + self.len() * SLOT_BYTES
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn knows_node(&mut self, name: &str) -> bool {
        self.nodes.find(name).is_some()
    }

    pub(crate) fn find(&self, key: &str, tag: &str) -> Option<u32> {
        let hash = self.index.hash(key.as_bytes(), tag.as_bytes());
        self.find_hashed(hash, key, tag)
    }

    fn find_hashed(&self, hash: u64, key: &str, tag: &str) -> Option<u32> {
        self.index.find(hash, |slot| {
            let slot = &self.slots[slot as usize];
            slot.key_bytes(&self.bytes) == key.as_bytes()
                && slot.tag_bytes(&self.bytes) == tag.as_bytes()
        })
    }

    /// The record of a slot that is in use.
    pub(crate) fn record(&self, slot: u32) -> Option<Record<'_>> {
        let slot = self.slots.get(slot as usize)?;
        slot.record(&self.bytes, &self.nodes)
    }

    /// What is kept under the key and tag of a record, which are those of its slot.
    pub(crate) fn kept<'a>(&'a self, slot: u32, record: &Record<'a>) -> Record<'a> {
        let Record { key, tag, .. } = *record;
        let kept = &self.slots[slot as usize];
        kept.named(&self.bytes, &self.nodes, key, tag)
    }

    /// Makes room for that many records of that many bytes in all.
    pub(crate) fn reserve(&mut self, records: usize, bytes: usize) {
        self.slots.reserve(records);
        self.bytes.reserve(bytes);
        let (slots, bytes) = (&self.slots, &self.bytes);
        self.index.reserve(
            records,
            |slot| slots[slot as usize].key_bytes(bytes),
            |slot| slots[slot as usize].tag_bytes(bytes),
        );
    }

    /// The slots in use, in the order of their numbers.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(slot, one)| one.is_used().then_some(slot as u32))
    }

    pub(crate) fn in_leaf(&self, leaf: u32) -> impl Iterator<Item = u32> + '_ {
        self.leaves.iter(self.leaves.head(leaf as usize))
    }

    /// The items of a leaf, each with its hash, ascending.
    pub(crate) fn sort_leaf(&self, leaf: u32, items: &mut Vec<(u64, u32)>) {
        items.clear();
        let slots = self.in_leaf(leaf);
        items.extend(slots.map(|slot| (self.slots[slot as usize].item, slot)));
        items.sort_unstable();
    }

    /// The slots of a key, in a store whose records have tags.
    pub(crate) fn of_key(&self, key: &str) -> impl Iterator<Item = u32> + '_ {
        let chain = self.tagged.as_ref().map(|tagged| {
            let hash = tagged.key_index.hash(key.as_bytes(), b"");
            let head = tagged.key_index.find(hash, |slot| {
                self.slots[slot as usize].key_bytes(&self.bytes) == key.as_bytes()
            });
            tagged.keys.iter(head.unwrap_or(NONE))
        });
        chain.into_iter().flatten()
    }

    /// The slots of a tag, whatever their keys.
    pub(crate) fn of_tag(&self, tag: &str) -> impl Iterator<Item = u32> + '_ {
        let chain = self.tagged.as_ref().map(|tagged| {
            let hash = tagged.tag_index.hash(tag.as_bytes(), b"");
            let head = tagged.tag_index.find(hash, |slot| {
                self.slots[slot as usize].tag_bytes(&self.bytes) == tag.as_bytes()
            });
            tagged.tags.iter(head.unwrap_or(NONE))
        });
        chain.into_iter().flatten()
    }

    /// Puts in a record whose key and tag are not there.
    pub(crate) fn insert(&mut self, record: &Record<'_>) -> u32 {
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                self.slots.push(Slot::default());
                self.slots.len() as u32 - 1
            }
        };
        let leaf = self.tree.leaf_of(fnv1a(record.key));
        self.fill(number, leaf, record);
        self.leaves.push_at(leaf as usize, number);
        let (slots, bytes) = (&self.slots, &self.bytes);
        self.index.insert(
            number,
            |slot| slots[slot as usize].key_bytes(bytes),
            |slot| slots[slot as usize].tag_bytes(bytes),
        );
        if let Some(tagged) = &mut self.tagged {
            let key = |slot: u32| slots[slot as usize].key_bytes(bytes);
            let tag = |slot: u32| slots[slot as usize].tag_bytes(bytes);
            tagged.key_index.push(&mut tagged.keys, number, key);
            tagged.tag_index.push(&mut tagged.tags, number, tag);
        }
        number
    }

    /// Puts a record in the place of the one that has its key and tag.
    pub(crate) fn replace(&mut self, number: u32, record: &Record<'_>) {
        let old = &self.slots[number as usize];
        let (leaf, old_node) = (old.leaf, old.node);
        self.bytes_live -= old.bytes_len();
        self.fill(number, leaf, record);
        self.nodes.release(old_node);
        self.collect();
    }

    /// Takes a record out.
    pub(crate) fn remove(&mut self, number: u32) {
        let Self { slots, bytes, .. } = self;
        let slot = &slots[number as usize];
        let key = |slot: u32| slots[slot as usize].key_bytes(bytes);
        let tag = |slot: u32| slots[slot as usize].tag_bytes(bytes);
        if let Some(tagged) = &mut self.tagged {
            tagged.key_index.take(&mut tagged.keys, number, key);
            tagged.tag_index.take(&mut tagged.tags, number, tag);
        }
        self.index.remove(number, key, tag);
        self.leaves.take_at(slot.leaf as usize, number);
        self.tree.replace(slot.leaf, slot.item, 0);
        self.nodes.release(slot.node);
        self.bytes_live -= slot.bytes_len();
        self.slots[number as usize] = Slot::default();
        self.free.push(number);
        self.collect();
    }

    /// Makes the whole tree anew from the records.
    pub(crate) fn rebuild_tree(&mut self) {
        for number in 0..self.slots.len() {
            if let Some(record) = self.slots[number].record(&self.bytes, &self.nodes) {
                let node_hash = self.nodes.hash(self.slots[number].node);
                let leaf = self.tree.leaf_of(fnv1a(record.key));
                let item = item::hash(&record, node_hash);
                (self.slots[number].leaf, self.slots[number].item) = (leaf, item);
            }
        }
        let used = self.slots.iter().filter(|slot| slot.is_used());
        self.tree.rebuild(used.map(|slot| (slot.leaf, slot.item)));
    }

    /// Writes a record into a slot, its bytes to the end of the arena, and its change into the tree.
    fn fill(&mut self, number: u32, leaf: u32, record: &Record<'_>) {
        let at = self.bytes.len() as u32;
        let value = record.content.value();
        self.bytes.extend_from_slice(record.key.as_bytes());
        self.bytes.extend_from_slice(record.tag.as_bytes());
        self.bytes.extend_from_slice(value.unwrap_or_default());
        let node = self.nodes.acquire(record.stamp.node);
        let item = item::hash(record, self.nodes.hash(node));
        let slot = &mut self.slots[number as usize];
        let old_item = slot.item;
        *slot = Slot {
            item,
            millis: record.stamp.millis,
            ttl_ms: record.ttl_ms.unwrap_or(0),
            at,
            value_len: value.unwrap_or_default().len() as u32,
            counter: record.stamp.counter,
            node,
            leaf,
            key_len: record.key.len() as u16,
            tag_len: record.tag.len() as u8,
            state: Slot::state_of(record.content),
        };
        self.bytes_live += slot.bytes_len();
        self.tree.replace(leaf, old_item, item);
    }

    /// Copies what is in use together when most of the arena is not.
    fn collect(&mut self) {
        let garbage = self.bytes.len() - self.bytes_live;
        if garbage <= self.bytes_live || garbage <= GARBAGE_BYTES_MIN {
            return;
        }
        let mut packed = Vec::with_capacity(self.bytes_live);
        for slot in self.slots.iter_mut().filter(|slot| slot.is_used()) {
            let at = packed.len() as u32;
            packed.extend_from_slice(slot.all_bytes(&self.bytes));
            slot.at = at;
        }
        self.bytes = packed;
    }
}

impl Record<'_> {
    /// What a record counts against a replica's limit of bytes.
    pub(crate) fn stored_bytes(&self) -> usize {
        SLOT_BYTES + self.arena_bytes()
    }

    /// The bytes of its texts and its value.
    pub(crate) fn arena_bytes(&self) -> usize {
        let value = self.content.value().map_or(0, <[u8]>::len);
        self.key.len() + self.tag.len() + value
    }
}

#[cfg(test)]
mod tests;
