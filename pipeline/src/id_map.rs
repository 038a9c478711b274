//! A map from ids to items, with one compiled hash table for all types of items.
//!
//! The table only holds places in a list. Iteration follows the list, so it is the same for the same history.

use alloc::vec::Vec;

use hashbrown::HashMap;

pub(crate) struct IdMap<T> {
    places: HashMap<u32, u32>,
    items: Vec<(u32, T)>,
}

impl<T> Default for IdMap<T> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            items: Vec::new(),
        }
    }
}

impl<T> IdMap<T> {
    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.places
            .get(&id)
            .map(|place| &self.items[*place as usize].1)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.places
            .get(&id)
            .map(|place| &mut self.items[*place as usize].1)
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.places.contains_key(&id)
    }

    /// The item of an id, made first when there is none.
    pub(crate) fn get_or_insert_with(&mut self, id: u32, make: impl FnOnce() -> T) -> &mut T {
        let place = match self.places.get(&id) {
            Some(place) => *place as usize,
            None => {
                self.places.insert(id, self.items.len() as u32);
                self.items.push((id, make()));
                self.items.len() - 1
            }
        };
        &mut self.items[place].1
    }

    /// Puts an item in; the one before goes.
    pub(crate) fn insert(&mut self, id: u32, item: T) {
        match self.get_mut(id) {
            Some(old) => *old = item,
            None => {
                self.get_or_insert_with(id, || item);
            }
        }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let place = self.places.remove(&id)?;
        let (_, item) = self.items.swap_remove(place as usize);
        if let Some((moved, _)) = self.items.get(place as usize) {
            self.places.insert(*moved, place);
        }
        Some(item)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.items.iter().map(|(id, _)| *id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.items.clear();
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
