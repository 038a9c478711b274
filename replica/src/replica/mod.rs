//! One map of one node: its records, what is sealed and pruned of them, and what changed.

pub(crate) mod horizon;
pub(crate) mod log;
pub(crate) mod merge;
pub(crate) mod options;
pub(crate) mod prune;
pub(crate) mod rule;
pub(crate) mod stored;
pub(crate) mod write;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::codec::batch::write_batch;
use crate::codec::record::{Content, Record};
use crate::hash::strong::{Sha256, sha256};
use crate::store::Store;
use crate::tree::Tree;

use horizon::Horizon;
use log::Log;
use options::{Kind, Options, OptionsError, Role};

/// The place of a record in a replica, until the next call that changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub(crate) u32);

/// The records of one map, with the rule by which they merge.
///
/// The maps ([`LwwMap`](crate::LwwMap), [`OrMap`](crate::OrMap), [`Counter`](crate::Counter)) write into it; merging and
/// syncing are the same for all of them, and are here.
#[derive(Clone, Debug)]
pub struct Replica {
    pub(crate) kind: Kind,
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) horizon: Horizon,
    /// It has never had all that a replica has which does not say this of itself.
    pub(crate) is_joining: bool,
    pub(crate) log: Log,
    /// What was written here and is not known to be elsewhere.
    pub(crate) unsynced: BTreeSet<u32>,
}

impl Replica {
    /// An empty replica.
    pub fn new(kind: Kind, options: Options) -> Result<Self, OptionsError> {
        options.check()?;
        let has_tags = kind != Kind::Lww;
        let store = Store::new(options.depth, has_tags, options.secret);
        Ok(Self {
            kind,
            options,
            store: store.map_err(OptionsError::Tree)?,
            horizon: Horizon::default(),
            is_joining: options.role == Role::Follower,
            log: Log::default(),
            unsynced: BTreeSet::new(),
        })
    }

    /// How its records merge.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// How many records it holds, tombstones among them.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that count against its limit.
    pub fn bytes_used(&self) -> usize {
        self.store.bytes_used()
    }

    /// The sum of all its records. Replicas with equal records have equal roots, whatever their histories.
    pub fn root(&self) -> u64 {
        self.tree().root()
    }

    /// Its tree of hashes.
    pub fn tree(&self) -> &Tree {
        self.store.tree()
    }

    /// Makes the tree anew from the records. It is the same afterwards.
    pub fn rebuild_tree(&mut self) {
        self.store.rebuild_tree();
    }

    /// The record of a key and tag, tombstones and expired ones too.
    pub fn find(&self, key: &str, tag: &str) -> Option<Record<'_>> {
        self.record(ItemId(self.store.find(key, tag)?))
    }

    /// A record by its place; nothing if there is none any more.
    pub fn record(&self, item: ItemId) -> Option<Record<'_>> {
        self.store.record(item.0)
    }

    /// All records, in no order that means anything.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.store
            .slots()
            .filter_map(|slot| self.store.record(slot))
    }

    /// Whether one of its records counts: a value whose time is not over.
    pub(crate) fn live<'a>(record: &Record<'a>, now_ms: u64) -> Option<&'a [u8]> {
        match record.content {
            Content::Value(value) if !record.is_expired(now_ms) => Some(value),
            _ => None,
        }
    }

    /// All records as a batch, in the order of their keys and tags. Equal records give equal bytes.
    pub fn state_bytes(&self) -> Vec<u8> {
        write_batch(&self.sorted_records())
    }

    /// SHA-256 of [`Replica::state_bytes`]: what tells two replicas apart even if somebody would have them look alike.
    pub fn digest(&self) -> Sha256 {
        sha256(&[&self.state_bytes()])
    }

    pub(crate) fn sorted_records(&self) -> Vec<Record<'_>> {
        let mut records: Vec<Record<'_>> = self.records().collect();
        records.sort_unstable_by(|one, other| {
            let by_key = in_words(one.key.as_bytes(), other.key.as_bytes());
            by_key.then_with(|| one.tag.cmp(other.tag))
        });
        records
    }

    /// The keys in which two replicas differ, each once, in order: found by a walk, and the same from either side.
    pub fn differing_keys<'a>(
        &'a self,
        other: &'a Replica,
    ) -> Result<Vec<&'a str>, crate::tree::TreeError> {
        let mut keys = Vec::new();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for leaf in self.tree().differing(other.tree())? {
            self.store.sort_leaf(leaf, &mut ours);
            other.store.sort_leaf(leaf, &mut theirs);
            for (store, items, others) in [
                (&self.store, &ours, &theirs),
                (&other.store, &theirs, &ours),
            ] {
                let is_alone =
                    |item: &&(u64, u32)| others.binary_search_by_key(&item.0, |one| one.0).is_err();
                let records = items.iter().filter(is_alone);
                let records = records.filter_map(|item| store.record(item.1));
                keys.extend(records.map(|record| record.key));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The number after the last change in its log, from which [`Replica::push`] goes on.
    pub fn log_end(&self) -> u64 {
        self.log.end()
    }

    /// The records that were written here and are not known to be elsewhere, in no order that means anything.
    pub fn unsynced(&self) -> impl Iterator<Item = Record<'_>> {
        let slots = self.unsynced.iter();
        slots.filter_map(|slot| self.store.record(*slot))
    }
}

/// The order of bytes, eight at a time: wasm compares slices byte by byte.
fn in_words(one: &[u8], other: &[u8]) -> Ordering {
    let (left, right) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    for (left, right) in left.0.iter().zip(right.0) {
        if left != right {
            return u64::from_be_bytes(*left).cmp(&u64::from_be_bytes(*right));
        }
    }
    let same = left.0.len().min(right.0.len()) * 8;
    one[same..].cmp(&other[same..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_in_words_is_that_of_bytes(
            same in "[ab]{0,20}", one in "[aü]{0,12}", other in "[aü]{0,12}"
        ) {
            let (one, other) = (same.clone() + &one, same + &other);
            prop_assert_eq!(in_words(one.as_bytes(), other.as_bytes()), one.cmp(&other));
        }
    }
}
