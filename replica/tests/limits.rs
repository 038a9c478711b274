//! Every limit: what is just within it is taken, what is beyond is refused, and nothing is changed by that.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_replica::{
    BYTES_MAX, ITEMS_MAX, Kind, LwwMap, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN, NODES_MAX, Options,
    OptionsError, OrMap, Reason, Record, Replica, Role, TTL_MS_MAX,
};
use support::{Plain, WALL_MS, clock, replica};

fn plain(key: &str, node: &str, value: &[u8]) -> Plain {
    Plain {
        key: key.into(),
        tag: String::new(),
        millis: 5,
        counter: 0,
        node: node.into(),
        ttl_ms: None,
        value: Some(value.into()),
    }
}

#[test]
fn options_are_taken_within_their_ranges() {
    let make = |options| Replica::new(Kind::Lww, options).map(|_| ());
    let base = Options::default();
    assert_eq!(make(base), Ok(()));
    let check = |options: Options, name: &str| match make(options) {
        Err(OptionsError::Range { name: found, .. }) => assert_eq!(found, name),
        other => panic!("{name}: {other:?}"),
    };
    check(
        Options {
            items_max: 0,
            ..base
        },
        "items_max",
    );
    check(
        Options {
            items_max: ITEMS_MAX + 1,
            ..base
        },
        "items_max",
    );
    check(
        Options {
            bytes_max: 0,
            ..base
        },
        "bytes_max",
    );
    check(
        Options {
            bytes_max: BYTES_MAX + 1,
            ..base
        },
        "bytes_max",
    );
    let message = |message_bytes_max| Options {
        message_bytes_max,
        ..base
    };
    check(message(MESSAGE_BYTES_MIN - 1), "message_bytes_max");
    check(message(MESSAGE_BYTES_MAX + 1), "message_bytes_max");
    assert_eq!(make(message(MESSAGE_BYTES_MIN)), Ok(()));
    let depth = |depth| make(Options { depth, ..base }).map_err(|error| error.reason());
    assert_eq!([depth(0), depth(6)], [Err("tree_depth"), Err("tree_depth")]);
}

#[test]
fn a_write_beyond_a_limit_is_refused_with_its_measure() {
    let mut map = LwwMap::new(Options {
        message_bytes_max: MESSAGE_BYTES_MIN,
        ..Options::default()
    })
    .unwrap();
    let mut clock = clock("n");
    let mut set = |key: &str, value: &[u8], ttl_ms| {
        let written = map.set(&mut clock, WALL_MS, key, value, ttl_ms);
        (written.map(|_| ()), map.replica().len())
    };
    let long = |bytes: usize| "k".repeat(bytes);
    let bytes_max = MESSAGE_BYTES_MIN - 1024;
    let refused = |reason| (Err(reason), 0);
    assert_eq!(
        set(&long(513), b"", None),
        refused(Reason::Key { bytes: 513 })
    );
    let value = vec![0; bytes_max + 1];
    let bytes = value.len();
    assert_eq!(
        set("k", &value, None),
        refused(Reason::Value { bytes, bytes_max })
    );
    assert_eq!(set("k", b"", Some(0)), refused(Reason::Ttl { ttl_ms: 0 }));
    let ttl_ms = TTL_MS_MAX + 1;
    assert_eq!(set("k", b"", Some(ttl_ms)), refused(Reason::Ttl { ttl_ms }));
    assert_eq!(set(&long(512), &value[1..], Some(TTL_MS_MAX)), (Ok(()), 1));
}

#[test]
fn the_longest_record_fits_into_a_message() {
    let options = Options {
        message_bytes_max: MESSAGE_BYTES_MIN,
        ..Options::default()
    };
    let mut map = OrMap::new(options).unwrap();
    let mut clock = clock(&"n".repeat(64));
    let value = vec![0; MESSAGE_BYTES_MIN - 1024];
    map.add(
        &mut clock,
        WALL_MS,
        &"k".repeat(512),
        &value,
        Some(TTL_MS_MAX),
    )
    .unwrap();
    let (message, next) = map.replica().push(0).unwrap();
    assert_eq!(next, 1);
    assert!(message.unwrap().len() <= MESSAGE_BYTES_MIN);
}

#[test]
fn a_full_replica_refuses_what_is_new_and_takes_what_is_not() {
    let options = Options {
        items_max: 2,
        bytes_max: 2 * 128 + 20,
        ..Options::default()
    };
    let mut map = Replica::new(Kind::Lww, options).unwrap();
    let (items_max, bytes_max) = (options.items_max, options.bytes_max);
    let full = Reason::Full {
        items_max,
        bytes_max,
    };
    let mut merge = |plain: &Plain| {
        let report = map.merge(&mut clock("me"), WALL_MS, &[plain.record()]);
        let reason = report.refused.first().map(|refused| refused.reason);
        (reason, map.len(), map.bytes_used())
    };
    assert_eq!(merge(&plain("a", "n", &[0; 9])), (None, 1, 138));
    assert_eq!(merge(&plain("b", "n", &[0; 10])), (Some(full), 1, 138));
    assert_eq!(merge(&plain("b", "n", &[0; 9])), (None, 2, 276));
    assert_eq!(merge(&plain("c", "n", b"")), (Some(full), 2, 276));
    let later = |value: &[u8]| Plain {
        millis: 6,
        ..plain("a", "n", value)
    };
    assert_eq!(merge(&later(&[0; 10])), (Some(full), 2, 276));
    assert_eq!(merge(&later(&[0; 9])), (None, 2, 276));
    let gone = Plain {
        value: None,
        millis: 7,
        ..plain("a", "n", b"")
    };
    assert_eq!(merge(&gone), (None, 2, 267));
}

#[test]
fn nodes_are_limited_while_their_records_are_there() {
    let mut map = replica(Kind::Lww, Role::Authority);
    let names: Vec<String> = (0..=NODES_MAX).map(|number| format!("n{number}")).collect();
    let plains: Vec<Plain> = names.iter().map(|name| plain(name, name, b"")).collect();
    let batch: Vec<Record<'_>> = plains.iter().map(Plain::record).collect();
    let mut clock = clock("me");
    let report = map.merge(&mut clock, WALL_MS, &batch);
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.refused[0].reason, Reason::Nodes);
    assert_eq!(report.refused[0].place, NODES_MAX);
    // A node whose only record is replaced by another's makes room.
    let later = Plain {
        millis: 6,
        ..plain("n0", "n1", b"")
    };
    let report = map.merge(&mut clock, WALL_MS, &[later.record(), batch[NODES_MAX]]);
    assert_eq!((report.refused.len(), report.changed.len()), (0, 2));
}

#[test]
fn a_map_takes_records_of_its_own_shape_only() {
    let lww = plain("k", "n", b"v");
    let tagged = Plain {
        tag: "t".into(),
        ..lww.clone()
    };
    let sums = Plain {
        value: Some(vec![0; 16]),
        ..tagged.clone()
    };
    let expiring = |one: &Plain| Plain {
        ttl_ms: Some(5),
        ..one.clone()
    };
    let gone = |one: &Plain| Plain {
        value: None,
        ..one.clone()
    };
    let check = |kind, plain: &Plain, is_taken: bool| {
        let mut map = replica(kind, Role::Follower);
        let report = map.merge(&mut clock("me"), WALL_MS, &[plain.record()]);
        match is_taken {
            true => assert_eq!(report.refused, []),
            false => assert_eq!(report.refused[0].reason, Reason::Shape(kind)),
        }
    };
    for (kind, one, another) in [(Kind::Lww, &lww, &tagged), (Kind::Or, &tagged, &lww)] {
        check(kind, one, true);
        check(kind, &expiring(one), true);
        check(kind, &gone(one), true);
        check(kind, &expiring(&gone(one)), false);
        check(kind, another, false);
    }
    check(Kind::Counter, &sums, true);
    check(Kind::Counter, &tagged, false);
    check(Kind::Counter, &expiring(&sums), false);
    check(Kind::Counter, &gone(&sums), false);
}
