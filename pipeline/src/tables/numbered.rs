//! Items numbered in the order of their arrival; a number is never used again.

use alloc::vec::Vec;

/// The numbers, apart from the items so that searching them is compiled once.
#[derive(Default)]
struct Numbers {
    /// In ascending order, as numbers only grow.
    ids: Vec<u32>,
    next: u32,
}

impl Numbers {
    fn push(&mut self) -> u32 {
        let id = self.next;
        self.next += 1;
        self.ids.push(id);
        id
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    fn remove(&mut self, id: u32) -> Option<usize> {
        let place = self.place(id)?;
        self.ids.remove(place);
        Some(place)
    }
}

pub(crate) struct Numbered<T> {
    numbers: Numbers,
    items: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            numbers: Numbers::default(),
            items: Vec::new(),
        }
    }
}

impl<T> Numbered<T> {
    /// The number the next item gets.
    pub(crate) fn next(&self) -> u32 {
        self.numbers.next
    }

    pub(crate) fn push(&mut self, item: T) -> u32 {
        self.items.push(item);
        self.numbers.push()
    }

    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.numbers.place(id).map(|place| &self.items[place])
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.numbers.place(id).map(|place| &mut self.items[place])
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let place = self.numbers.remove(id)?;
        Some(self.items.remove(place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.numbers.ids.iter().copied().zip(&self.items)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}
