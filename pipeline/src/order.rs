//! Sorting by a number, stable, compiled once for the whole crate.
//!
//! The library's sorts are written anew for every type they sort, several kilobytes each; this one moves numbers and
//! then puts the items in their places. Short lists are sorted where they are.

use alloc::vec::Vec;

/// Up to here insertion beats the detour over keys.
const INSERTION_MAX: usize = 24;

pub(crate) fn sort_by_key<T: Copy>(list: &mut [T], key: impl Fn(&T) -> u64) {
    if list.is_sorted_by_key(&key) {
        return;
    }
    if list.len() <= INSERTION_MAX {
        for end in 1..list.len() {
            let mut at = end;
            while at > 0 && key(&list[at - 1]) > key(&list[at]) {
                list.swap(at - 1, at);
                at -= 1;
            }
        }
        return;
    }
    let mut keys: Vec<(u64, u32)> = list
        .iter()
        .enumerate()
        .map(|(index, item)| (key(item), index as u32))
        .collect();
    merge_sort(&mut keys);
    let sorted: Vec<T> = keys
        .iter()
        .map(|(_, index)| list[*index as usize])
        .collect();
    list.copy_from_slice(&sorted);
}

/// Merges runs of doubling length between two lists.
fn merge_sort(keys: &mut Vec<(u64, u32)>) {
    let mut merged = Vec::with_capacity(keys.len());
    let mut run = 1;
    while run < keys.len() {
        merged.clear();
        for pair in keys.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
                if first <= second {
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

/// Sorts numbers and leaves each once.
pub(crate) fn sort_and_dedup(list: &mut Vec<u32>) {
    sort_by_key(list, |id| u64::from(*id));
    list.dedup();
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
            let mut sorted = list;
            sort_by_key(&mut sorted, |item| u64::from(item.0));
            prop_assert_eq!(sorted, expected);
        }
    }
}
