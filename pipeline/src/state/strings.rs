//! The string table: each distinct text once, named by a number, given back when nobody refers to it.
//!
//! An id is first come first numbered and the same for the same text while it lives. A text is alive while its count
//! is above zero; a fresh or released one is only a candidate until [`Strings::collect`], so that it can be interned
//! first and referred to afterwards. Ids of freed texts are used again; `collect` names them for whoever caches ids.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::{Error, Refusal};
use crate::tables::table::{Table, hash_bytes};

/// The longest text of one value, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 24;
/// The most texts alive at once.
pub const TEXTS_MAX: usize = 1 << 24;

/// The number of an interned text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StringId(pub u32);

impl StringId {
    /// The empty text; it is never freed.
    pub const EMPTY: Self = Self(0);
    /// The text `length`; it is never freed.
    pub const LENGTH: Self = Self(1);
}

struct Entry {
    text: Option<Box<[u8]>>,
    count: u32,
    is_candidate: bool,
}

/// The table itself.
pub struct Strings {
    entries: Vec<Entry>,
    ids: Table,
    free: Vec<u32>,
    candidates: Vec<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Self {
            entries: Vec::new(),
            ids: Table::default(),
            free: Vec::new(),
            candidates: Vec::new(),
        };
        for text in [&b""[..], b"length"] {
            let id = strings.insert(text);
            strings.retain(id);
        }
        strings
    }
}

impl Strings {
    /// The id of a text, new or old.
    pub fn intern(&mut self, text: &[u8]) -> Result<StringId, Refusal> {
        if let Some(id) = self.find(text) {
            return Ok(id);
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(Error::TextTooLong { bytes: text.len() }.into());
        }
        if self.free.is_empty() && self.entries.len() >= TEXTS_MAX {
            return Err(Error::TooManyTexts.into());
        }
        Ok(self.insert(text))
    }

    /// The id of a text that is known already.
    pub fn find(&self, text: &[u8]) -> Option<StringId> {
        let is_sought = |id| self.text_at(id) == Some(text);
        self.ids.find(hash_bytes(text), is_sought).map(StringId)
    }

    /// The bytes of a text, or `None` for an id that is not alive.
    pub fn get(&self, id: StringId) -> Option<&[u8]> {
        self.text_at(id.0)
    }

    /// The bytes of a text; empty for an id that is not alive.
    pub fn text(&self, id: StringId) -> &[u8] {
        self.text_at(id.0).unwrap_or_default()
    }

    /// Counts one more reference.
    pub fn retain(&mut self, id: StringId) {
        if let Some(entry) = self.entries.get_mut(id.0 as usize) {
            entry.count += 1;
        }
    }

    /// Counts one reference less.
    pub fn release(&mut self, id: StringId) {
        let Some(entry) = self.entries.get_mut(id.0 as usize) else {
            return;
        };
        debug_assert!(
            entry.count > 0,
            "a text is released more often than retained"
        );
        entry.count = entry.count.saturating_sub(1);
        if entry.count == 0 && !entry.is_candidate {
            entry.is_candidate = true;
            self.candidates.push(id.0);
        }
    }

    /// Frees every text that nothing refers to and appends their ids to `freed`.
    pub fn collect(&mut self, freed: &mut Vec<u32>) {
        while let Some(id) = self.candidates.pop() {
            let entry = &mut self.entries[id as usize];
            entry.is_candidate = false;
            if entry.count > 0 {
                continue;
            }
            if entry.text.is_none() {
                continue;
            }
            let Self { entries, ids, .. } = self;
            ids.remove(id, &|id| hash_at(entries, id));
            entries[id as usize].text = None;
            self.free.push(id);
            freed.push(id);
        }
        crate::tables::lists::shrink(&mut self.candidates);
    }

    /// How many texts are alive or wait for [`Self::collect`].
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Always false: the empty text and `length` stay.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held, as far as the table can know them.
    pub fn capacity_bytes(&self) -> usize {
        let texts: usize = self
            .entries
            .iter()
            .filter_map(|entry| entry.text.as_ref())
            .map(|text| text.len())
            .sum();
        self.entries.capacity() * size_of::<Entry>()
            + self.ids.capacity_bytes()
            + (self.free.capacity() + self.candidates.capacity()) * 4
            + texts
    }

    fn text_at(&self, id: u32) -> Option<&[u8]> {
        self.entries.get(id as usize)?.text.as_deref()
    }

    fn insert(&mut self, text: &[u8]) -> StringId {
        let entry = Entry {
            text: Some(text.into()),
            count: 0,
            is_candidate: true,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                crate::tables::lists::grow(&mut self.entries);
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.candidates.push(id);
        let Self { entries, ids, .. } = self;
        ids.insert(id, &|id| hash_at(entries, id));
        StringId(id)
    }
}

fn hash_at(entries: &[Entry], id: u32) -> u32 {
    hash_bytes(entries[id as usize].text.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::prelude::v1::*;

    #[test]
    fn an_unreferenced_text_lives_until_the_next_collection() {
        let mut strings = Strings::default();
        let id = strings.intern(b"speed").unwrap();
        assert_eq!(strings.intern(b"speed"), Ok(id));
        let mut freed = Vec::new();
        strings.collect(&mut freed);
        assert_eq!(freed, [id.0]);
        assert_eq!(strings.get(id), None);
        assert_eq!(strings.find(b"speed"), None);
        assert_eq!(strings.intern(b"other"), Ok(id), "the number is used again");
    }

    proptest! {
        /// The oracle is a plain map of texts and counts.
        #[test]
        fn texts_live_exactly_as_long_as_they_are_counted(ops in proptest::collection::vec((0u8..3, 0u8..12), 0..200)) {
            let mut strings = Strings::default();
            let mut counts: HashMap<u8, (StringId, u32)> = HashMap::new();
            for (op, key) in ops {
                match op {
                    0 => {
                        let id = strings.intern(&[key]).unwrap();
                        strings.retain(id);
                        let known = counts.entry(key).or_insert((id, 0));
                        prop_assert_eq!(known.0, id);
                        known.1 += 1;
                    }
                    1 => {
                        if let Some((id, count)) = counts.get_mut(&key) {
                            strings.release(*id);
                            *count -= 1;
                            if *count == 0 {
                                counts.remove(&key);
                            }
                        }
                    }
                    _ => {
                        strings.collect(&mut Vec::new());
                        prop_assert_eq!(strings.len(), counts.len() + 2);
                    }
                }
                for (key, (id, _)) in &counts {
                    prop_assert_eq!(strings.get(*id), Some(&[*key][..]));
                }
            }
        }
    }
}
