//! The tree against sums that are made from scratch.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn build(depth: u8, items: &[(u32, u64)]) -> Tree {
    let mut tree = Tree::new(depth).unwrap();
    tree.rebuild(items.iter().copied());
    tree
}

/// Each node by the definition: the sum of the items whose leaf's digits begin with the node's.
fn sum_below(depth: u8, level: u8, index: u32, items: &[(u32, u64)]) -> u64 {
    let shift = 4 * u32::from(depth - level);
    let below = items.iter().filter(|item| item.0 >> shift == index);
    below.fold(0, |sum, item| u64::wrapping_add(sum, item.1))
}

fn items(depth: u8) -> impl Strategy<Value = Vec<(u32, u64)>> {
    let leaf = prop_oneof![
        0u32..1 << (4 * depth),
        Just(0),
        Just((1 << (4 * depth)) - 1)
    ];
    proptest::collection::vec((leaf, any::<u64>()), 0..30)
}

#[test]
fn depths_are_taken_or_refused() {
    for depth in 1..=DEPTH_LEVELS_MAX {
        let tree = Tree::new(depth).unwrap();
        assert_eq!((tree.root(), tree.depth()), (0, depth));
        assert_eq!(tree.leaf_of(u32::MAX), tree.leaf_count() - 1);
        assert_eq!(tree.node(depth, tree.leaf_count() - 1), Some(0));
        assert_eq!(tree.node(depth, tree.leaf_count()), None);
        assert_eq!(tree.node(depth + 1, 0), None);
        assert_eq!(tree.children(depth, 0), None);
        assert_eq!(tree.children(depth - 1, tree.leaf_count() / 16), None);
    }
    assert_eq!(Tree::new(0), Err(TreeError::Depth { depth: 0 }));
    assert_eq!(Tree::new(6), Err(TreeError::Depth { depth: 6 }));
    let (ours, theirs) = (1, 2);
    let mut one = Tree::new(ours).unwrap();
    let other = Tree::new(theirs).unwrap();
    let error = TreeError::DepthsDiffer { ours, theirs };
    assert_eq!(one.add(&other), Err(error));
    assert_eq!(one.differing(&other), Err(error));
}

#[test]
fn a_leaf_is_the_first_digits_of_the_hash() {
    let check = |depth, hash, leaf| assert_eq!(Tree::new(depth).unwrap().leaf_of(hash), leaf);
    check(1, 0x4f9f_2cab, 0x4);
    check(3, 0x4f9f_2cab, 0x4f9);
    check(5, 0x4f9f_2cab, 0x4_f9f2);
}

proptest! {
    #[test]
    fn every_node_is_the_sum_of_what_is_below(items in items(2)) {
        let tree = build(2, &items);
        for level in 0..=2 {
            for index in 0..1 << (4 * u32::from(level)) {
                let expected = sum_below(2, level, index, &items);
                prop_assert_eq!(tree.node(level, index), Some(expected));
                if level > 0 {
                    let above = tree.children(level - 1, index / 16).unwrap();
                    prop_assert_eq!(above[index as usize % 16], expected);
                }
            }
        }
    }

    #[test]
    fn updates_in_any_order_give_what_a_rebuild_gives(
        updates in proptest::collection::vec((0u32..40, any::<u64>()), 0..60), depth in 1u8..=4
    ) {
        let mut tree = Tree::new(depth).unwrap();
        let mut items = BTreeMap::new();
        for (name, hash) in updates {
            let leaf = tree.leaf_of(name.wrapping_mul(0x9e37_79b9));
            let old = items.insert((name, leaf), hash).unwrap_or(0);
            tree.replace(leaf, old, hash);
        }
        let list: Vec<(u32, u64)> = items.iter().map(|(key, hash)| (key.1, *hash)).collect();
        prop_assert_eq!(&tree, &build(depth, &list));
        for ((_, leaf), hash) in items {
            tree.replace(leaf, hash, 0);
        }
        prop_assert_eq!(tree, Tree::new(depth).unwrap());
    }

    #[test]
    fn parts_add_up_to_the_whole_and_are_taken_away_again(items in items(3), cut in any::<u64>()) {
        let is_left = |place: &usize| cut >> (place % 64) & 1 == 0;
        let part = |wanted: bool| {
            let chosen = (0..items.len()).filter(|place| is_left(place) == wanted);
            build(3, &chosen.map(|place| items[place]).collect::<Vec<_>>())
        };
        let (left, right) = (part(true), part(false));
        let mut sum = left.clone();
        sum.add(&right).unwrap();
        prop_assert_eq!(&sum, &build(3, &items));
        sum.subtract(&left).unwrap();
        prop_assert_eq!(sum, right);
    }

    #[test]
    fn a_walk_finds_exactly_the_leaves_that_differ_from_both_sides(
        common in items(3), left in items(3), right in items(3)
    ) {
        let join = |own: &[(u32, u64)]| [common.as_slice(), own].concat();
        let (a, b) = (build(3, &join(&left)), build(3, &join(&right)));
        let leaves = |items: &[(u32, u64)]| items.iter().map(|item| item.0).collect::<BTreeSet<_>>();
        let expected: Vec<u32> = leaves(&left)
            .union(&leaves(&right))
            .copied()
            .filter(|leaf| sum_below(3, 3, *leaf, &left) != sum_below(3, 3, *leaf, &right))
            .collect();
        prop_assert_eq!(a.differing(&b).unwrap(), expected.clone());
        prop_assert_eq!(b.differing(&a).unwrap(), expected);
    }
}
