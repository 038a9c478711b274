//! Merging: its laws, and each kind of map against the words of the specification.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used)]

mod support;

use aimdb_replica::{Kind, Record, Replica, Role};
use proptest::prelude::*;
use support::{Plain, WALL_MS, clock, join_all, merged, records, replica, state};

fn kind_and_records() -> impl Strategy<Value = (Kind, Vec<Plain>)> {
    let kind = prop_oneof![Just(Kind::Lww), Just(Kind::Or), Just(Kind::Counter)];
    kind.prop_flat_map(|kind| (Just(kind), records(kind)))
}

/// Takes all that another replica has.
fn merge_all(into: &mut Replica, from: &Replica) {
    let records: Vec<Record<'_>> = from.records().collect();
    assert_eq!(into.merge(&mut clock("me"), WALL_MS, &records).refused, []);
}

fn assert_alike(one: &Replica, other: &Replica) -> Result<(), TestCaseError> {
    prop_assert_eq!(state(one), state(other));
    prop_assert_eq!(one.state_bytes(), other.state_bytes());
    prop_assert_eq!(one.digest(), other.digest());
    prop_assert_eq!(one.tree(), other.tree());
    prop_assert_eq!(one.differing_keys(other).unwrap(), Vec::<&str>::new());
    Ok(())
}

proptest! {
    #[test]
    fn a_map_is_the_join_of_all_records_in_any_order_and_number(
        ((kind, records), mixed) in kind_and_records()
            .prop_flat_map(|one| { let list = one.1.clone(); (Just(one), Just(list).prop_shuffle()) })
    ) {
        let replica = merged(kind, &records);
        prop_assert_eq!(state(&replica), join_all(kind, &records));
        assert_alike(&replica, &merged(kind, &mixed))?;
        let twice = [records.as_slice(), &mixed].concat();
        assert_alike(&replica, &merged(kind, &twice))?;
        let mut rebuilt = replica.clone();
        rebuilt.rebuild_tree();
        prop_assert_eq!(rebuilt.tree(), replica.tree());
    }

    #[test]
    fn merging_is_commutative_associative_and_idempotent(
        (kind, records) in kind_and_records(), cuts in (any::<u64>(), any::<u64>())
    ) {
        let part = |wanted: u64| {
            let chosen = records.iter().enumerate().filter(|(place, _)| {
                (cuts.0 >> place & 1) + 2 * (cuts.1 >> place & 1) == wanted
            });
            merged(kind, &chosen.map(|one| one.1.clone()).collect::<Vec<_>>())
        };
        let (a, b, c) = (part(0), part(1), part(2));
        let joined = |one: &Replica, other: &Replica| {
            let mut sum = one.clone();
            merge_all(&mut sum, other);
            sum
        };
        assert_alike(&joined(&a, &b), &joined(&b, &a))?;
        assert_alike(&joined(&joined(&a, &b), &c), &joined(&a, &joined(&b, &c)))?;
        assert_alike(&joined(&a, &a), &a)?;
    }

    #[test]
    fn a_report_tells_exactly_what_changed(
        (kind, first, second) in kind_and_records()
            .prop_flat_map(|(kind, first)| (Just(kind), Just(first), records(kind)))
    ) {
        let mut replica = merged(kind, &first);
        let before = state(&replica);
        let batch: Vec<Record<'_>> = second.iter().map(Plain::record).collect();
        let report = replica.merge(&mut clock("me"), WALL_MS, &batch);
        let after = state(&replica);
        let mut changed: Vec<(String, String)> = report
            .changed
            .iter()
            .map(|item| replica.record(*item).unwrap())
            .map(|record| (record.key.into(), record.tag.into()))
            .collect();
        changed.sort();
        let expected = after.iter().filter(|(place, record)| before.get(*place) != Some(record));
        let expected: Vec<(String, String)> = expected.map(|one| one.0.clone()).collect();
        prop_assert_eq!(&changed, &expected);
        let mut keys: Vec<&str> = expected.iter().map(|place| &*place.0).collect();
        keys.dedup();
        prop_assert_eq!(replica.changed_keys(&report), keys);
        prop_assert!(report.same + report.stale + report.changed.len() <= second.len());
        let again = replica.merge(&mut clock("me"), WALL_MS, &batch);
        prop_assert_eq!(again.changed, []);
        prop_assert_eq!(again.same + again.stale, second.len());
    }

    #[test]
    fn a_walk_finds_exactly_the_keys_that_differ(
        (kind, first, second) in kind_and_records()
            .prop_flat_map(|(kind, first)| (Just(kind), Just(first), records(kind)))
    ) {
        let (one, other) = (merged(kind, &first), merged(kind, &second));
        let (left, right) = (state(&one), state(&other));
        let places = left.keys().chain(right.keys());
        let differing = places.filter(|place| left.get(*place) != right.get(*place));
        let mut keys: Vec<&str> = differing.map(|place| &*place.0).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(one.differing_keys(&other).unwrap(), keys.clone());
        prop_assert_eq!(other.differing_keys(&one).unwrap(), keys);
    }

    #[test]
    fn what_is_stored_is_what_is_there_in_the_next_run((kind, records) in kind_and_records()) {
        let mut replica = merged(kind, &records);
        let mut writer = clock("own");
        if kind == Kind::Lww {
            let mut map = aimdb_replica::LwwMap::over(replica).unwrap();
            map.set(&mut writer, WALL_MS, "own", b"1", None).unwrap();
            replica = map.replica().clone();
        }
        let bytes = replica.to_bytes();
        let mut clock = clock("next");
        let again = Replica::from_bytes(kind, *replica.options(), &mut clock, &bytes).unwrap();
        assert_alike(&replica, &again)?;
        prop_assert_eq!(again.to_bytes(), bytes);
        prop_assert_eq!(again.unsynced().count(), replica.unsynced().count());
        let last = replica.records().map(|record| record.stamp).max();
        if let Some(last) = last {
            prop_assert!((clock.last().millis, clock.last().counter) >= (last.millis, last.counter));
        }
    }
}

#[test]
fn equal_stamps_are_decided_alike_whoever_came_first() {
    let plain = |value: Option<&[u8]>, ttl_ms| Plain {
        key: "k".into(),
        tag: String::new(),
        millis: 100,
        counter: 1,
        node: "a".into(),
        ttl_ms,
        value: value.map(Vec::from),
    };
    let all = [
        plain(Some(b"A"), None),
        plain(Some(b"B"), None),
        plain(Some(b"A"), Some(5)),
        plain(Some(b""), None),
        plain(None, None),
    ];
    for one in &all {
        for other in &all {
            let ahead = merged(Kind::Lww, &[one.clone(), other.clone()]);
            let behind = merged(Kind::Lww, &[other.clone(), one.clone()]);
            assert_eq!(state(&ahead), state(&behind));
        }
    }
}

#[test]
fn every_record_moves_the_clock_whether_it_wins_or_not() {
    let mut map = replica(Kind::Lww, Role::Follower);
    let mut clock = clock("me");
    let at = |millis, counter| Plain {
        key: "k".into(),
        tag: String::new(),
        millis,
        counter,
        node: "a".into(),
        ttl_ms: None,
        value: Some(vec![1]),
    };
    let records = [at(1_000_500, 3), at(10, 0), at(1_000_500, 3)];
    let batch: Vec<Record<'_>> = records.iter().map(Plain::record).collect();
    map.merge(&mut clock, WALL_MS, &batch);
    assert_eq!((clock.last().millis, clock.last().counter), (1_000_500, 6));
}
