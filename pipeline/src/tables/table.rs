//! A hash table of places, compiled once for the whole crate.
//!
//! It holds numbers: each is a place in a list of its owner, who knows what lies there. The owner gives a key's hash
//! and says whether a place is the one sought, so that a table costs four bytes a slot and no code of its own. Probing
//! is linear; a removal closes its gap, so that a table in which much comes and goes stays as fast as a fresh one.
//!
//! The hashes are not keyed: whoever chooses the texts can make them collide, and then pays with a slower tab.

use alloc::vec::Vec;

/// A slot that holds no place.
const FREE: u32 = u32::MAX;
/// The first size, a power of two as all that follow.
const SLOTS_MIN: usize = 16;
/// An odd number without a pattern: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of a number. Its upper half depends on all bits.
#[inline]
pub(crate) fn hash_number(number: u64) -> u32 {
    (number.wrapping_mul(MULTIPLIER) >> 32) as u32
}

/// The hash of a text.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u32 {
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    let mut words = bytes.chunks_exact(4);
    let mut hash = bytes.len() as u64;
    for word in &mut words {
        let word = word
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = mix(hash, word);
    }
    for byte in words.remainder() {
        hash = mix(hash, u64::from(*byte));
    }
    (hash >> 32) as u32
}

/// The table.
#[derive(Default)]
pub(crate) struct Table {
    slots: Vec<u32>,
    len: usize,
}

impl Table {
    /// The place of a key with this hash.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is_sought: impl Fn(u32) -> bool) -> Option<u32> {
        self.position(hash, is_sought).map(|at| self.slots[at])
    }

    /// Puts a place in whose key is not in the table. `hash_of` gives the hash of any place.
    pub(crate) fn insert(&mut self, place: u32, hash_of: &dyn Fn(u32) -> u32) {
        // A quarter stays free: probing ends soon, and always.
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.grow(hash_of);
        }
        self.put(place, hash_of(place));
        self.len += 1;
    }

    /// Takes a place out.
    pub(crate) fn remove(&mut self, place: u32, hash_of: &dyn Fn(u32) -> u32) {
        let Some(mut gap) = self.position(hash_of(place), |other| other == place) else {
            return;
        };
        self.len -= 1;
        let mask = self.slots.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let next = self.slots[at];
            if next == FREE {
                break;
            }
            let home = hash_of(next) as usize & mask;
            // One whose probing passes the gap moves into it.
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(gap) & mask {
                self.slots[gap] = next;
                gap = at;
            }
        }
        self.slots[gap] = FREE;
    }

    /// Puts a place where another was, for a key that moved.
    pub(crate) fn replace(&mut self, hash: u32, old: u32, new: u32) {
        if let Some(at) = self.position(hash, |place| place == old) {
            self.slots[at] = new;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn clear(&mut self) {
        self.slots.fill(FREE);
        self.len = 0;
    }

    pub(crate) fn capacity_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }

    #[inline]
    fn position(&self, hash: u32, is_sought: impl Fn(u32) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let place = self.slots[at];
            if place == FREE {
                return None;
            }
            if is_sought(place) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    fn put(&mut self, place: u32, hash: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != FREE {
            at = (at + 1) & mask;
        }
        self.slots[at] = place;
    }

    fn grow(&mut self, hash_of: &dyn Fn(u32) -> u32) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let old = core::mem::replace(&mut self.slots, alloc::vec![FREE; size]);
        for place in old.into_iter().filter(|place| *place != FREE) {
            self.put(place, hash_of(place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Few distinct hashes, so that runs are long and wrap around the end.
        #[test]
        fn it_is_a_set_of_places(ops in proptest::collection::vec((any::<bool>(), 0u32..40), 0..300), spread in 1u32..9) {
            let hash_of = |place: u32| (place % spread).wrapping_sub(2);
            let (mut table, mut oracle) = (Table::default(), BTreeSet::new());
            for (is_added, place) in ops {
                if !is_added {
                    table.remove(place, &hash_of);
                    oracle.remove(&place);
                } else if oracle.insert(place) {
                    table.insert(place, &hash_of);
                }
                prop_assert_eq!(table.len(), oracle.len());
                for place in 0..40 {
                    let found = table.find(hash_of(place), |other| other == place);
                    prop_assert_eq!(found, oracle.get(&place).copied());
                }
            }
        }
    }

    #[test]
    fn neighbouring_keys_get_hashes_apart() {
        let texts = (0..10_000u32).map(|n| hash_bytes(std::format!("sensor-{n}").as_bytes()));
        let numbers = (0..10_000u64).map(hash_number);
        for hashes in [texts.collect::<Vec<_>>(), numbers.collect()] {
            let slots: BTreeSet<u32> = hashes.iter().map(|hash| hash & 0x3FFF).collect();
            // Random hashes would fill 7,480 of 16,384 slots.
            assert!(slots.len() > 7_000, "{} slots", slots.len());
        }
    }
}
