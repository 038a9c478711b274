//! Finds slots by texts, under a secret key: peers choose the texts, and must not choose where they fall.

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use core::hash::Hasher;

use super::chains::{Chains, NONE};

/// The key of the hash: 128 random bits.
pub(crate) type Secret = [u64; 2];

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    secret: Secret,
    table: HashTable<u32>,
}

impl Index {
    pub(super) fn new(secret: Secret) -> Self {
        Self {
            secret,
            table: HashTable::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The hash of two texts, the second one often empty.
    pub(super) fn hash(&self, first: &[u8], second: &[u8]) -> u64 {
        let [key0, key1] = self.secret;
        let mut hasher = SipHasher13::new_with_keys(key0, key1);
        if second.is_empty() {
            return hasher.hash(first);
        }
        hasher.write(first);
        // No text has this byte, so no two pairs are one.
        hasher.write_u8(0xff);
        hasher.write(second);
        hasher.finish()
    }

    pub(super) fn find(&self, hash: u64, is_sought: impl Fn(u32) -> bool) -> Option<u32> {
        self.table.find(hash, |slot| is_sought(*slot)).copied()
    }

    pub(super) fn reserve<'a>(
        &mut self,
        slots: usize,
        first: impl Fn(u32) -> &'a [u8],
        second: impl Fn(u32) -> &'a [u8],
    ) {
        let hasher = Self::new(self.secret);
        self.table
            .reserve(slots, |slot| hasher.hash(first(*slot), second(*slot)));
    }

    /// Puts in a slot whose texts are not there.
    pub(super) fn insert<'a>(
        &mut self,
        slot: u32,
        first: impl Fn(u32) -> &'a [u8],
        second: impl Fn(u32) -> &'a [u8],
    ) {
        let hash = self.hash(first(slot), second(slot));
        let (secret, table) = (self.secret, &mut self.table);
        let hasher = Self::new(secret);
        table.insert_unique(hash, slot, |slot| hasher.hash(first(*slot), second(*slot)));
    }

    pub(super) fn remove<'a>(
        &mut self,
        slot: u32,
        first: impl Fn(u32) -> &'a [u8],
        second: impl Fn(u32) -> &'a [u8],
    ) {
        let hash = self.hash(first(slot), second(slot));
        if let Ok(entry) = self.table.find_entry(hash, |one| *one == slot) {
            entry.remove();
        }
    }

    /// Puts a slot at the front of the chain of its text: the index holds the first one.
    pub(super) fn push<'a>(
        &mut self,
        chains: &mut Chains,
        slot: u32,
        text: impl Fn(u32) -> &'a [u8],
    ) {
        let hash = self.hash(text(slot), b"");
        let first = self.table.find_mut(hash, |one| text(*one) == text(slot));
        match first {
            Some(first) => {
                chains.link(*first, slot);
                *first = slot;
            }
            None => {
                chains.link(NONE, slot);
                self.insert(slot, text, |_| b"");
            }
        }
    }

    /// Takes a slot out of the chain of its text.
    pub(super) fn take<'a>(
        &mut self,
        chains: &mut Chains,
        slot: u32,
        text: impl Fn(u32) -> &'a [u8],
    ) {
        let hash = self.hash(text(slot), b"");
        let next = chains.unlink(slot);
        // Only the first of a chain is in the table.
        if let Ok(mut entry) = self.table.find_entry(hash, |one| *one == slot) {
            match next {
                NONE => drop(entry.remove()),
                next => *entry.get_mut() = next,
            }
        }
    }
}
