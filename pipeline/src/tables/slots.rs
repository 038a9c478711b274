//! How many cells refer to each slot, so that JavaScript learns when it may drop the object behind it.
//!
//! JavaScript numbers the slots; the engine only counts. A slot that was named but never kept is reported as free too.

use alloc::vec::Vec;

#[derive(Clone, Copy, Default)]
struct Entry {
    count: u32,
    is_candidate: bool,
}

/// The counts.
#[derive(Default)]
pub struct Slots {
    entries: Vec<Entry>,
    candidates: Vec<u32>,
}

impl Slots {
    /// Notes a slot that is used in a batch; unless a cell keeps it, the next collection frees it.
    pub(crate) fn mention(&mut self, slot: u32) {
        let index = slot as usize;
        if index >= self.entries.len() {
            self.entries.resize(index + 1, Entry::default());
        }
        let entry = &mut self.entries[index];
        if entry.count == 0 && !entry.is_candidate {
            entry.is_candidate = true;
            self.candidates.push(slot);
        }
    }

    pub(crate) fn retain(&mut self, slot: u32) {
        self.mention(slot);
        self.entries[slot as usize].count += 1;
    }

    pub(crate) fn release(&mut self, slot: u32) {
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            entry.count = entry.count.saturating_sub(1);
            self.mention(slot);
        }
    }

    pub(crate) fn collect(&mut self, freed: &mut Vec<u32>) {
        for slot in &self.candidates {
            let entry = &mut self.entries[*slot as usize];
            entry.is_candidate = false;
            if entry.count == 0 {
                freed.push(*slot);
            }
        }
        self.candidates.clear();
    }

    /// How many slots are kept by at least one cell.
    pub fn kept_count(&self) -> usize {
        self.entries.iter().filter(|entry| entry.count > 0).count()
    }

    /// Bytes held.
    pub fn capacity_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.candidates.capacity() * 4
    }
}
