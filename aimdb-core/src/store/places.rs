//! The table of what is in a database: places that are used again, under numbers that are not.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::key::RecordId;
use crate::store::order::{Order, trim};

/// Things by number. Memory follows how many there are, not how many there ever were.
#[derive(Debug)]
pub(crate) struct Places<T> {
    table: Vec<Place<T>>,
    taken: Order,
    vacant: Order,
    length: usize,
    /// Of the newest. It comes to no end: a billion records a second would take centuries.
    generation: u64,
}

/// A place, and who has it.
#[derive(Debug)]
struct Place<T> {
    generation: u64,
    /// Boxed, so that a place that waits for the next one is small.
    value: Option<Box<T>>,
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

    /// The numbers that the next `count` will get, in order.
    pub(crate) fn upcoming(&self, count: usize) -> Vec<RecordId> {
        let mut ids = Vec::with_capacity(count);
        let mut vacant = self.vacant.iter();
        let mut end = self.table.len();
        for number in 1..=count as u64 {
            let index = vacant.next().unwrap_or_else(|| {
                end += 1;
                end - 1
            });
            ids.push(RecordId::new(index, self.generation + number));
        }
        ids
    }

    /// Puts one in, under the first number of [`upcoming`](Self::upcoming).
    pub(crate) fn put(&mut self, value: T) -> RecordId {
        let index = self.vacant.first().unwrap_or(self.table.len());
        self.vacant.remove(index);
        self.taken.push(index);
        self.length += 1;
        self.generation += 1;
        let place = Place {
            generation: self.generation,
            value: Some(Box::new(value)),
        };
        match self.table.get_mut(index) {
            Some(vacant) => *vacant = place,
            None => self.table.push(place),
        }
        RecordId::new(index, self.generation)
    }

    /// Takes one out; nothing if it is gone.
    pub(crate) fn take(&mut self, id: RecordId) -> Option<Box<T>> {
        self.get(id)?;
        let index = id.index();
        let value = self.table[index].value.take();
        self.taken.remove(index);
        self.vacant.push(index);
        self.length -= 1;
        self.cut();
        value
    }

    /// The one with this number; nothing if it is gone.
    pub(crate) fn get(&self, id: RecordId) -> Option<&T> {
        let place = self.table.get(id.index())?;
        let value = place.value.as_deref();
        value.filter(|_| place.generation == id.generation())
    }

    /// The one in this place.
    pub(crate) fn at(&self, index: usize) -> Option<&T> {
        self.table.get(index)?.value.as_deref()
    }

    /// As [`at`](Self::at), to be changed.
    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut T> {
        self.table.get_mut(index)?.value.as_deref_mut()
    }

    /// All, in the order in which they were put in.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.taken.iter().filter_map(|index| self.at(index))
    }

    /// Gives back the places at the end that nobody has.
    #[inline(never)]
    fn cut(&mut self) {
        let mut length = self.table.len();
        while length > 0 && self.table[length - 1].value.is_none() {
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
                    for expected in places.upcoming(batch) {
                        assert_eq!(places.put(step), expected, "seed {seed}");
                        assert_eq!(model.insert(expected, step), None, "seed {seed}");
                        ever.push(expected);
                    }
                } else if !ever.is_empty() {
                    let id = ever[below(ever.len())];
                    assert_eq!(
                        places.take(id).map(|step| *step),
                        model.remove(&id),
                        "seed {seed}"
                    );
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
            assert_eq!(places.take(id).as_deref(), Some(&number));
        }
        assert_eq!(places.len(), 0);
    }
}
