//! Items numbered in the order of their arrival; a number is never used again.

use alloc::vec::Vec;

pub(crate) struct Numbered<T> {
    /// Sorted by number, as numbers only grow.
    items: Vec<(u32, T)>,
    next: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: 0,
        }
    }
}

impl<T> Numbered<T> {
    /// The number the next item gets.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    pub(crate) fn push(&mut self, item: T) -> u32 {
        let id = self.next;
        self.next += 1;
        self.items.push((id, item));
        id
    }

    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.place(id).map(|place| &self.items[place].1)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.place(id).map(|place| &mut self.items[place].1)
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        self.place(id).map(|place| self.items.remove(place).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.items.iter().map(|(id, item)| (*id, item))
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.items.binary_search_by_key(&id, |(own, _)| *own).ok()
    }
}
