//! Sorting by a number, compiled once for the whole crate.
//!
//! The library's sorts are written anew for every type they sort, several kilobytes each. Here all that is sorted are
//! ranks with a number beside them; a list that is in order already is left alone and allocates nothing.

use alloc::vec::Vec;

use crate::state::paths::PathId;

/// A rank and what has it: an id or a place in a list. The smaller rank comes first, then the smaller number.
pub(crate) type Ranked = (u64, u32);

pub(crate) fn sort(list: &mut Vec<Ranked>) {
    if !list.windows(2).all(|pair| is_in_order(pair[0], pair[1])) {
        merge_sort(list);
    }
}

fn is_in_order(left: Ranked, right: Ranked) -> bool {
    left.0 < right.0 || left.0 == right.0 && left.1 <= right.1
}

/// The items by their ranks; those of the same rank stay in order.
pub(crate) fn by_rank<T: Copy>(items: Vec<T>, rank: &dyn Fn(&T) -> u64) -> Vec<T> {
    if items.is_sorted_by_key(rank) {
        return items;
    }
    let ranks = items.iter().map(rank).zip(0..);
    let mut ranked = crate::tables::lists::listed(ranks);
    sort(&mut ranked);
    crate::tables::lists::listed(ranked.iter().map(|(_, place)| items[*place as usize]))
}

/// Sorts numbers and leaves each once.
pub(crate) fn sort_and_dedup(list: &mut Vec<u32>) {
    if list.is_sorted_by(|left, right| left < right) {
        return;
    }
    let mut ranked = crate::tables::lists::listed(list.iter().map(|id| (u64::from(*id), *id)));
    sort(&mut ranked);
    list.clear();
    for (_, id) in ranked {
        if list.last() != Some(&id) {
            list.push(id);
        }
    }
}

/// The same for paths.
pub(crate) fn sort_paths(paths: &mut Vec<PathId>) {
    let mut ids = crate::tables::lists::listed(paths.iter().map(|path| path.0));
    sort_and_dedup(&mut ids);
    *paths = crate::tables::lists::listed(ids.iter().copied().map(PathId));
}

/// Whether a list in ascending order has a number.
pub(crate) fn has(list: &[u32], number: u32) -> bool {
    list.binary_search(&number).is_ok()
}

/// Merges runs of doubling length between two lists.
fn merge_sort(keys: &mut Vec<Ranked>) {
    let mut merged = Vec::with_capacity(keys.len());
    let mut run = 1;
    while run < keys.len() {
        merged.clear();
        for pair in keys.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
                if is_in_order(*first, *second) {
                    merged.push(*first);
                    left = left_rest;
                } else {
                    merged.push(*second);
                    right = right_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        core::mem::swap(keys, &mut merged);
        run *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_librarys_stable_sort(list in proptest::collection::vec((0u8..20, any::<u8>()), 0..300)) {
            let mut expected = list.clone();
            expected.sort_by_key(|item| item.0);
            prop_assert_eq!(by_rank(list, &|item| u64::from(item.0)), expected);
        }

        #[test]
        fn each_number_stays_once(list in proptest::collection::vec(0u32..60, 0..100)) {
            let expected: std::collections::BTreeSet<u32> = list.iter().copied().collect();
            let mut distinct = list;
            sort_and_dedup(&mut distinct);
            prop_assert_eq!(distinct, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
