//! The table of what is in a database: places that are used again, under numbers that are not.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::key::RecordId;
use crate::order::{Order, trim};

/// Things by number. Memory follows how many there are, not how many there ever were.
#[derive(Debug)]
pub(crate) struct Places<T> {
    /// Boxed, so that a place that waits for the next one is small.
    table: Vec<Option<Box<Placed<T>>>>,
    taken: Order,
    vacant: Order,
    length: usize,
    /// Of the newest. It comes to no end: a billion records a second would take centuries.
    generation: u64,
}

#[derive(Debug)]
struct Placed<T> {
    generation: u64,
    value: T,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self {
            table: Vec::new(),
            taken: Order::default(),
            vacant: Order::default(),
            length: 0,
            generation: 0,
        }
    }
}

impl<T> Places<T> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// How long tables must be that are looked up by [`RecordId::index`].
    pub(crate) fn extent(&self) -> usize {
        self.table.len()
    }

    /// The numbers that the next ones will get, in order.
    pub(crate) fn upcoming(&self) -> impl Iterator<Item = RecordId> {
        let places = self.vacant.iter().chain(self.table.len()..);
        (self.generation + 1..)
            .zip(places)
            .map(|(generation, index)| RecordId::new(index, generation))
    }

    /// Puts one in, under the first number of [`upcoming`](Self::upcoming).
    pub(crate) fn put(&mut self, value: T) -> RecordId {
        let index = self.vacant.first().unwrap_or(self.table.len());
        if index == self.table.len() {
            self.table.push(None);
        }
        self.vacant.remove(index);
        self.taken.push(index);
        self.length += 1;
        self.generation += 1;
        let generation = self.generation;
        self.table[index] = Some(Box::new(Placed { generation, value }));
        RecordId::new(index, generation)
    }

    /// Takes one out; nothing if it is gone.
    pub(crate) fn take(&mut self, id: RecordId) -> Option<T> {
        self.get(id)?;
        let index = id.index();
        let placed = self.table[index].take()?;
        self.taken.remove(index);
        self.vacant.push(index);
        self.length -= 1;
        self.cut();
        Some(placed.value)
    }

    /// The one with this number; nothing if it is gone.
    pub(crate) fn get(&self, id: RecordId) -> Option<&T> {
        let placed = self.table.get(id.index())?.as_ref()?;
        (placed.generation == id.generation()).then_some(&placed.value)
    }

    /// The one in this place.
    pub(crate) fn at(&self, index: usize) -> Option<&T> {
        Some(&self.table.get(index)?.as_ref()?.value)
    }

    /// As [`at`](Self::at), to be changed.
    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut T> {
        Some(&mut self.table.get_mut(index)?.as_mut()?.value)
    }

    /// All, in the order in which they were put in.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.taken.iter().filter_map(|index| self.at(index))
    }

    /// Gives back the places at the end that nobody has.
    fn cut(&mut self) {
        let mut length = self.table.len();
        while length > 0 && self.table[length - 1].is_none() {
            length -= 1;
            self.vacant.remove(length);
        }
        trim(&mut self.table, length);
        self.taken.trim(length);
        self.vacant.trim(length);
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.table.capacity() + self.taken.capacity() + self.vacant.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::RECORDS_MAX;
    use std::collections::BTreeMap;

    #[test]
    fn it_behaves_like_a_map_whose_keys_are_never_used_again() {
        for seed in 1..100_u64 {
            let mut random = seed;
            let mut below = |bound: usize| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) as usize % bound
            };
            let (mut places, mut model) = (Places::default(), BTreeMap::new());
            let mut ever = Vec::new();
            for step in 0..300 {
                if below(2) == 0 {
                    let batch = below(4);
                    let upcoming: Vec<RecordId> = places.upcoming().take(batch).collect();
                    for expected in upcoming {
                        assert_eq!(places.put(step), expected, "seed {seed}");
                        assert_eq!(model.insert(expected, step), None, "seed {seed}");
                        ever.push(expected);
                    }
                } else if !ever.is_empty() {
                    let id = ever[below(ever.len())];
                    assert_eq!(places.take(id), model.remove(&id), "seed {seed}");
                }
                let found = ever.iter().map(|id| places.get(*id));
                assert!(found.eq(ever.iter().map(|id| model.get(id))), "seed {seed}");
                // Ids compare in the order in which they were given.
                assert!(places.iter().eq(model.values()), "seed {seed}");
                assert_eq!(places.len(), model.len(), "seed {seed}");
            }
        }
    }

    #[test]
    fn memory_follows_those_that_are_there() {
        let mut places = Places::default();
        let stays = places.put(0);
        let before = places.capacity();
        let ids: Vec<RecordId> = (0..36_000).map(|number| places.put(number)).collect();
        ids.iter()
            .for_each(|id| assert!(places.take(*id).is_some()));
        assert!(
            places.capacity() <= before + 4 * 128,
            "{}",
            places.capacity()
        );
        assert_eq!((places.len(), places.extent()), (1, 1));
        assert_eq!(places.get(stays), Some(&0));
    }

    #[test]
    fn one_place_serves_more_than_there_can_be_at_a_time() {
        let mut places = Places::default();
        for number in 0..=RECORDS_MAX as u64 {
            let id = places.put(number);
            assert_eq!((id.index(), id.generation()), (0, number + 1));
            assert_eq!(places.take(id), Some(number));
        }
        assert_eq!(places.len(), 0);
    }
}
