//! A map from ids to items, with one compiled hash table for all types of items.
//!
//! The table only holds places in a list. Iteration follows the list, so it is the same for the same history.

use alloc::vec::Vec;

use crate::tables::table::{Table, hash_number};

/// The part that is the same for all types: at which place of the list an id is.
#[derive(Default)]
struct Places {
    table: Table,
    ids: Vec<u32>,
}

impl Places {
    fn find(&self, id: u32) -> Option<usize> {
        let is_sought = |place: u32| self.ids[place as usize] == id;
        let place = self.table.find(hash_id(id), is_sought);
        place.map(|place| place as usize)
    }

    /// Appends an id that is not in the list.
    fn push(&mut self, id: u32) {
        let Self { table, ids } = self;
        ids.push(id);
        let place = ids.len() as u32 - 1;
        table.insert(place, &|place| hash_id(ids[place as usize]));
    }

    /// Takes an id out; the last one moves to its place.
    fn swap_remove(&mut self, id: u32) -> Option<usize> {
        let place = self.find(id)?;
        let Self { table, ids } = self;
        table.remove(place as u32, &|place| hash_id(ids[place as usize]));
        let last = ids.len() - 1;
        if place != last {
            table.replace(hash_id(ids[last]), last as u32, place as u32);
        }
        ids.swap_remove(place);
        Some(place)
    }
}

fn hash_id(id: u32) -> u32 {
    hash_number(u64::from(id))
}

pub(crate) struct IdMap<T> {
    places: Places,
    items: Vec<T>,
}

impl<T> Default for IdMap<T> {
    fn default() -> Self {
        Self {
            places: Places::default(),
            items: Vec::new(),
        }
    }
}

impl<T> IdMap<T> {
    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.places.find(id).map(|place| &self.items[place])
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.places.find(id).map(|place| &mut self.items[place])
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.places.find(id).is_some()
    }

    /// The item of an id, made first when there is none.
    pub(crate) fn get_or_insert_with(&mut self, id: u32, make: impl FnOnce() -> T) -> &mut T {
        let place = match self.places.find(id) {
            Some(place) => place,
            None => {
                self.places.push(id);
                self.items.push(make());
                self.items.len() - 1
            }
        };
        &mut self.items[place]
    }

    /// Puts an item in; the one before goes.
    pub(crate) fn insert(&mut self, id: u32, item: T) {
        match self.get_mut(id) {
            Some(old) => *old = item,
            None => {
                self.places.push(id);
                self.items.push(item);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let place = self.places.swap_remove(id)?;
        Some(self.items.swap_remove(place))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.places.ids.iter().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        if !self.is_empty() {
            self.places.table.clear();
            self.places.ids.clear();
            self.items.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map(ops in proptest::collection::vec((0u8..3, 0u32..12, any::<u8>()), 0..100)) {
            let (mut map, mut oracle) = (IdMap::default(), BTreeMap::new());
            for (op, id, item) in ops {
                match op {
                    0 => {
                        map.insert(id, item);
                        oracle.insert(id, item);
                    }
                    1 => {
                        let own = *map.get_or_insert_with(id, || item);
                        prop_assert_eq!(own, *oracle.entry(id).or_insert(item));
                    }
                    _ => prop_assert_eq!(map.remove(id), oracle.remove(&id)),
                }
                let mut ids: Vec<u32> = map.ids().collect();
                ids.sort_unstable();
                prop_assert_eq!(ids, oracle.keys().copied().collect::<Vec<_>>());
                prop_assert!(oracle.iter().all(|(id, item)| map.get(*id) == Some(item)));
            }
        }
    }
}
