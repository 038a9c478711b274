//! What each map promises to whoever writes and reads it.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_replica::{Counter, CounterError, LwwMap, Options, OrMap, Record, Stamp};
use support::{Plain, WALL_MS, clock};

fn send(from: &OrMap, to: &mut OrMap) {
    let records: Vec<Record<'_>> = from.replica().records().collect();
    to.replica_mut().merge(&mut clock("any"), WALL_MS, &records);
}

#[test]
fn a_value_lives_to_the_exact_millisecond_and_its_record_longer() {
    let mut map = LwwMap::new(Options::default()).unwrap();
    let mut clock = clock("n");
    map.set(&mut clock, 1_000, "k", b"v", Some(50)).unwrap();
    assert_eq!(map.get("k", 1_050), Some(&b"v"[..]));
    assert_eq!(map.get("k", 1_051), None);
    assert_eq!((map.live(1_050).count(), map.live(1_051).count()), (1, 0));
    assert_eq!(map.replica().len(), 1);
    assert_ne!(map.replica().root(), 0);
}

#[test]
fn a_removal_is_noted_even_for_a_key_that_is_not_there() {
    let mut map = LwwMap::new(Options::default()).unwrap();
    let mut clock = clock("n");
    map.remove(&mut clock, 1_000, "k").unwrap();
    assert_eq!((map.get("k", 1_000), map.replica().len()), (None, 1));
    let older = Plain {
        key: "k".into(),
        tag: String::new(),
        millis: 999,
        counter: 9,
        node: "m".into(),
        ttl_ms: None,
        value: Some(vec![1]),
    };
    let report = map
        .replica_mut()
        .merge(&mut clock, 1_000, &[older.record()]);
    assert_eq!((report.stale, map.get("k", 1_000)), (1, None));
}

#[test]
fn a_write_wins_over_what_is_there_whatever_clock_it_comes_from() {
    let mut map = LwwMap::new(Options::default()).unwrap();
    map.set(&mut clock("ahead"), 9_000, "k", b"old", None)
        .unwrap();
    map.set(&mut clock("behind"), 1_000, "k", b"new", None)
        .unwrap();
    assert_eq!(map.get("k", 9_000), Some(&b"new"[..]));
    let record = map.replica().find("k", "").unwrap();
    assert_eq!(record.stamp.to_text(), "9000:1:behind");
}

#[test]
fn an_addition_survives_a_removal_that_had_not_seen_it() {
    let (mut here, mut there) = (
        OrMap::new(Options::default()).unwrap(),
        OrMap::new(Options::default()).unwrap(),
    );
    let (mut clock_here, mut clock_there) = (clock("here"), clock("there"));
    here.add(&mut clock_here, WALL_MS, "s", b"x", None).unwrap();
    send(&here, &mut there);
    let tags = there.remove(&mut clock_there, WALL_MS, "s", b"x").unwrap();
    assert_eq!(tags, ["1000000:0:here"]);
    here.add(&mut clock_here, WALL_MS, "s", b"x", None).unwrap();
    send(&there, &mut here);
    send(&here, &mut there);
    assert_eq!(here.get("s", WALL_MS), [b"x"]);
    assert_eq!(there.get("s", WALL_MS), [b"x"]);
    assert_eq!(here.replica().state_bytes(), there.replica().state_bytes());
    assert_eq!(here.records("s").len(), 2);
}

#[test]
fn a_tag_is_found_and_removed_without_its_key() {
    let mut map = OrMap::new(Options::default()).unwrap();
    let mut clock = clock("n");
    map.add(&mut clock, WALL_MS, "s", b"x", None).unwrap();
    map.add(&mut clock, WALL_MS, "t", b"y", None).unwrap();
    let tag = "1000000:1:n";
    assert_eq!(map.keys_of(tag).collect::<Vec<_>>(), ["t"]);
    assert_eq!(map.remove_tag(&mut clock, WALL_MS, tag).unwrap(), 1);
    assert_eq!(map.keys_of(tag).count(), 0);
    assert_eq!(map.remove_tag(&mut clock, WALL_MS, tag).unwrap(), 0);
    assert_eq!(map.get("t", WALL_MS), Vec::<&[u8]>::new());
    assert_eq!(map.get("s", WALL_MS), [b"x"]);
    assert_eq!(
        map.remove(&mut clock, WALL_MS, "t", b"y").unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn a_tagged_value_expires() {
    let mut map = OrMap::new(Options::default()).unwrap();
    map.add(&mut clock("n"), WALL_MS, "s", b"x", Some(10))
        .unwrap();
    assert_eq!(map.get("s", WALL_MS + 10).len(), 1);
    assert_eq!(map.get("s", WALL_MS + 11).len(), 0);
}

#[test]
fn counts_add_up_over_nodes_and_repeats_count_once() {
    let mut one = Counter::new(Options::default()).unwrap();
    let mut other = Counter::new(Options::default()).unwrap();
    let (mut clock_one, mut clock_other) = (clock("one"), clock("other"));
    for change in [5, -2, 0] {
        one.add(&mut clock_one, WALL_MS, "k", change).unwrap();
    }
    other.add(&mut clock_other, WALL_MS, "k", i64::MIN).unwrap();
    for _ in 0..2 {
        let records: Vec<Record<'_>> = other.replica().records().collect();
        one.replica_mut().merge(&mut clock_one, WALL_MS, &records);
    }
    assert_eq!(one.get("k"), 3 + i128::from(i64::MIN));
    assert_eq!(one.get("other"), 0);
}

#[test]
fn a_sum_beyond_64_bits_is_refused_and_changes_nothing() {
    let mut counter = Counter::new(Options::default()).unwrap();
    let mut clock = clock("n");
    for _ in 0..2 {
        counter.add(&mut clock, WALL_MS, "k", i64::MAX).unwrap();
    }
    counter.add(&mut clock, WALL_MS, "k", 1).unwrap();
    let change = 1;
    let error = counter.add(&mut clock, WALL_MS, "k", change);
    assert_eq!(error, Err(CounterError::Overflow { change }));
    assert_eq!(counter.get("k"), i128::from(u64::MAX));
}

#[test]
fn a_clock_that_takes_no_step_refuses_the_write() {
    let mut map = LwwMap::new(Options::default()).unwrap();
    let mut clock = clock("n");
    let last = Stamp {
        millis: aimdb_replica::MILLIS_MAX,
        counter: u32::MAX,
        node: "n",
    };
    clock.restore(last).unwrap();
    let error = map.set(&mut clock, 1, "k", b"", None).unwrap_err();
    assert_eq!(error.reason(), "clock_exhausted");
    assert!(map.replica().is_empty());
}
