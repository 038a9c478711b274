//! Which key is at which place: a sorted table in blocks.
//!
//! It does what a `BTreeMap` does, as quickly, for a tenth of the code: every tab downloads it.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// A block that is full is split, so that putting a key in moves few others.
const BLOCK_MAX: usize = 256;

/// Places by key, for whoever keeps tables beside a database.
///
/// ```
/// let mut names = aimdb_core::Names::default();
/// assert!(names.insert("room".into(), 3));
/// assert_eq!(names.get("room"), Some(3));
/// assert!(names.has_beginning("ro"));
/// names.remove("room");
/// assert_eq!(names.get("room"), None);
/// ```
#[derive(Debug, Default)]
pub struct Names {
    /// In order, and none empty.
    blocks: Vec<Vec<Name>>,
}

#[derive(Debug)]
struct Name {
    key: Arc<str>,
    place: u32,
}

impl Names {
    /// The place of a key.
    #[inline(never)]
    pub fn get(&self, key: &str) -> Option<usize> {
        let (block, found) = self.find(key);
        let name = &self.blocks.get(block)?[found.ok()?];
        Some(name.place as usize)
    }

    /// Whether there is a key that begins so.
    #[inline(never)]
    pub fn has_beginning(&self, beginning: &str) -> bool {
        let (at, found) = self.find(beginning);
        let (Ok(position) | Err(position)) = found;
        // Behind a block's last key stands the next block's first.
        let here = self.blocks.get(at).and_then(|block| block.get(position));
        let next = || self.blocks.get(at + 1).and_then(|block| block.first());
        here.or_else(next)
            .is_some_and(|name| name.key.starts_with(beginning))
    }

    /// Puts a key in; `false`, and nothing happens, if it is there.
    #[inline(never)]
    pub fn insert(&mut self, key: Arc<str>, place: usize) -> bool {
        if self.blocks.is_empty() {
            self.blocks.push(Vec::new());
        }
        let (mut at, found) = self.find(&key);
        let Err(mut position) = found else {
            return false;
        };
        if self.blocks[at].len() == BLOCK_MAX {
            let half = self.blocks[at].split_off(BLOCK_MAX / 2);
            self.blocks.insert(at + 1, half);
            if position > BLOCK_MAX / 2 {
                position -= BLOCK_MAX / 2;
                at += 1;
            }
        }
        let place = place as u32;
        self.blocks[at].insert(position, Name { key, place });
        true
    }

    /// Takes a key out, if it is there.
    #[inline(never)]
    pub fn remove(&mut self, key: &str) {
        let (at, Ok(position)) = self.find(key) else {
            return;
        };
        let block = &mut self.blocks[at];
        block.remove(position);
        if block.is_empty() {
            self.blocks.remove(at);
        } else {
            self.unite(at);
        }
        self.unite(at.wrapping_sub(1));
    }

    /// Puts the keys of a block and its next into one when both are short.
    fn unite(&mut self, at: usize) {
        if let Some([this, next]) = self.blocks.get(at..).and_then(|from| from.get(..2))
            && this.len() + next.len() <= BLOCK_MAX / 2
        {
            let mut next = self.blocks.remove(at + 1);
            self.blocks[at].append(&mut next);
        }
    }

    /// The block that a key belongs to, and where it is there or would be.
    fn find(&self, key: &str) -> (usize, Result<usize, usize>) {
        let is_not_behind =
            |block: &Vec<Name>| block.first().is_some_and(|first| *first.key <= *key);
        let at = self.blocks.partition_point(is_not_behind).saturating_sub(1);
        let found = self.blocks.get(at).map_or(Err(0), |block| {
            block.binary_search_by(|name| (*name.key).cmp(key))
        });
        (at, found)
    }

    /// How many keys its memory is for.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        let keys: usize = self.blocks.iter().map(Vec::capacity).sum();
        self.blocks.capacity() + keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::Seeded;
    use std::collections::BTreeMap;
    use std::string::ToString;

    #[test]
    fn it_behaves_like_a_map() {
        for seed in 1..=12 {
            let mut random = Seeded(seed);
            let (mut names, mut model) = (Names::default(), BTreeMap::new());
            // Grows to some blocks, shrinks to one, grows and goes.
            for grows in [true, false, true, false, false, false] {
                for place in 0..3_000 {
                    let key: Arc<str> = random.below(2_000).to_string().into();
                    if grows == (random.below(4) > 0) {
                        let is_new = names.insert(key.clone(), place);
                        assert_eq!(is_new, !model.contains_key(&key), "seed {seed}");
                        model.entry(key).or_insert(place);
                    } else {
                        names.remove(&key);
                        model.remove(&key);
                    }
                }
                for number in 0..2_000 {
                    let key = number.to_string();
                    let expected = model.get(key.as_str()).copied();
                    assert_eq!(names.get(&key), expected, "seed {seed}");
                    let mut behind = model.range(Arc::from(&*key)..);
                    let begins = behind
                        .next()
                        .is_some_and(|(next, _)| next.starts_with(&key));
                    assert_eq!(names.has_beginning(&key), begins, "seed {seed}: {key}");
                }
                let sorted = names.blocks.iter().flatten().map(|name| &name.key);
                assert!(sorted.eq(model.keys()), "seed {seed}");
                assert!(names.blocks.iter().all(|block| !block.is_empty()));
            }
            let short = |pair: &[Vec<Name>]| pair[0].len() + pair[1].len() <= BLOCK_MAX / 2;
            assert!(!names.blocks.windows(2).any(short), "seed {seed}");
            model.keys().for_each(|key| names.remove(key));
            assert!(names.capacity() < 100, "seed {seed}");
        }
    }
}
