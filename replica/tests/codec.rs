//! The bytes: golden files, every form that a reader takes, and bytes that lie.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;

use aimdb_replica::{
    Batch, CodecFault, DEPTH_MAX, EPOCH_MS, Epoch, FORMAT, Kind, LwwMap, MESSAGE_BYTES_MAX,
    Options, OrMap, Reader, Record, Replica, Role, Token, Writer, write_batch, xxh64,
};
use proptest::prelude::*;
use support::{Plain, WALL_MS, clock, merged, records, replica};

/// The format's number and the checksum of its golden files. When a shape changes, add a line with a new number; never
/// edit an old one.
const SHAPES: &[(u64, u64)] = &[(1, 8997221024699191329)];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn some_records() -> Vec<Plain> {
    let plain = |key: &str, millis, counter, node: &str, ttl_ms, value: Option<&[u8]>| Plain {
        key: key.into(),
        tag: String::new(),
        millis,
        counter,
        node: node.into(),
        ttl_ms,
        value: value.map(Vec::from),
    };
    vec![
        plain("lamp", 1_700_000_000_000, 0, "a1", None, Some(b"on")),
        plain(
            "door",
            1_700_000_000_001,
            300,
            "b2",
            Some(70_000),
            Some(b""),
        ),
        plain("höhe", 5, u32::MAX, "a1", None, None),
    ]
}

/// Every shape of bytes that the crate makes.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let plain = some_records();
    let batch: Vec<Record<'_>> = plain.iter().map(Plain::record).collect();
    let wall_ms = 1_700_000_000_002;
    let mut one = LwwMap::new(Options {
        depth: 1,
        ..Options::default()
    })
    .unwrap();
    let mut clock_one = clock("one");
    one.replica_mut().merge(&mut clock_one, wall_ms, &batch);
    one.set(&mut clock_one, wall_ms, "mine", b"new", None)
        .unwrap();
    let mut other = Replica::new(
        Kind::Lww,
        Options {
            depth: 1,
            role: Role::Authority,
            ..Options::default()
        },
    )
    .unwrap();
    let mut clock_other = clock("other");
    let older = Plain {
        millis: plain[1].millis - 1,
        ..plain[1].clone()
    };
    other.merge(&mut clock_other, wall_ms, &[batch[0], older.record()]);
    other
        .seal(Epoch((wall_ms / EPOCH_MS) as u32 - 2), wall_ms)
        .unwrap();
    other.prune(Epoch(1)).unwrap();
    let opening = one.replica().open();
    let spans = other
        .take(&mut clock_other, wall_ms, &opening)
        .unwrap()
        .answer
        .unwrap();
    let wants = one
        .replica_mut()
        .take(&mut clock_one, wall_ms, &spans)
        .unwrap()
        .answer
        .unwrap();
    let mut tagged = OrMap::new(Options::default()).unwrap();
    tagged
        .add(&mut clock("tab"), WALL_MS, "set", b"x", None)
        .unwrap();
    let (push, _) = tagged.replica().push(0).unwrap();
    let mut empty = replica(Kind::Or, Role::Authority);
    let equal = empty
        .take(&mut clock("server"), WALL_MS, push.as_ref().unwrap())
        .unwrap();
    vec![
        ("batch", write_batch(&batch)),
        ("batch-empty", write_batch(&[])),
        ("message-opening", opening),
        ("message-spans", spans),
        ("message-records", wants),
        ("message-push", push.unwrap()),
        ("message-equal", equal.answer.unwrap()),
        ("stored", one.replica().to_bytes()),
    ]
}

#[test]
fn the_bytes_are_those_of_the_golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut sum = 0;
    for (name, bytes) in shapes() {
        let written = hex(&bytes);
        let golden = fs::read_to_string(folder.join(format!("{name}.hex")));
        assert_eq!(golden.unwrap_or_default().trim_end(), written, "{name}");
        sum = xxh64(sum, written.as_bytes());
    }
    assert_eq!(
        SHAPES.last().copied(),
        Some((FORMAT, sum)),
        "the golden files changed: raise FORMAT and add its line to SHAPES"
    );
    assert_eq!(fs::read_dir(folder).unwrap().count(), shapes().len());
}

#[test]
fn a_reader_takes_every_form_of_a_value() {
    let check = |bytes: &[u8], expected: Token<'_>| {
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.token(), Ok(expected), "{}", hex(bytes));
    };
    check(&[0xc0], Token::Nil);
    check(&[0xc2], Token::Bool(false));
    check(&[0x7f], Token::Uint(127));
    check(&[0xcc, 0xff], Token::Uint(255));
    check(&[0xcd, 1, 0], Token::Uint(256));
    check(&[0xce, 0, 0, 0, 1], Token::Uint(1));
    check(
        &[0xcf, 255, 255, 255, 255, 255, 255, 255, 255],
        Token::Uint(u64::MAX),
    );
    check(&[0xe0], Token::Int(-32));
    check(&[0xd0, 0x80], Token::Int(-128));
    check(&[0xd0, 0x05], Token::Uint(5));
    check(&[0xd1, 0xff, 0x00], Token::Int(-256));
    check(&[0xd2, 0x80, 0, 0, 0], Token::Int(i64::from(i32::MIN)));
    check(&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Token::Int(i64::MIN));
    check(&[0xca, 0x3f, 0xc0, 0, 0], Token::Float(1.5));
    check(&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], Token::Float(1.5));
    check(&[0xa1, b'x'], Token::Text("x"));
    check(&[0xd9, 1, b'x'], Token::Text("x"));
    check(&[0xda, 0, 1, b'x'], Token::Text("x"));
    check(&[0xdb, 0, 0, 0, 1, b'x'], Token::Text("x"));
    check(&[0xc4, 1, 9], Token::Bin(&[9]));
    check(&[0xc5, 0, 1, 9], Token::Bin(&[9]));
    check(&[0xc6, 0, 0, 0, 1, 9], Token::Bin(&[9]));
    check(&[0x91, 0], Token::Array(1));
    check(&[0xdc, 0, 1, 0], Token::Array(1));
    check(&[0xdd, 0, 0, 0, 1, 0], Token::Array(1));
    check(&[0x81, 0, 0], Token::Map(1));
    check(&[0xde, 0, 1, 0, 0], Token::Map(1));
    check(&[0xdf, 0, 0, 0, 1, 0, 0], Token::Map(1));
    check(&[0xd4, 5, 9], Token::Ext(5, &[9]));
    check(&[0xd5, 5, 9, 9], Token::Ext(5, &[9, 9]));
    check(&[0xc7, 1, 0xff, 9], Token::Ext(-1, &[9]));
}

#[test]
fn whole_doubles_are_integers_and_nothing_else_is() {
    let read = |value: f64| {
        let mut bytes = vec![0xcb];
        bytes.extend(value.to_be_bytes());
        Reader::new(&bytes).uint(u64::MAX, "a number").ok()
    };
    assert_eq!(read(1_700_000_000_000.0), Some(1_700_000_000_000));
    assert_eq!(read(0.0), Some(0));
    for wrong in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    let check = |value: f64, expected: &str| {
        let mut writer = Writer::default();
        writer.number(value);
        assert_eq!(hex(&writer.into_bytes()), expected, "{value}");
    };
    check(0.0, "00");
    check(-0.0, "00");
    check(128.0, "cc80");
    check(65_535.0, "cdffff");
    check(4_294_967_295.0, "ceffffffff");
    check(4_294_967_296.0, "cb41f0000000000000");
    check(-1.0, "ff");
    check(-32.0, "e0");
    check(-33.0, "d0df");
    check(-128.0, "d080");
    check(-129.0, "d1ff7f");
    check(-32_769.0, "d2ffff7fff");
    check(-2_147_483_649.0, "cbc1e0000000200000");
    check(0.5, "cb3fe0000000000000");
}

#[test]
fn bytes_that_lie_are_refused_for_what_is_wrong_with_them() {
    let check = |bytes: &[u8], at: usize, fault: CodecFault| {
        let error = Batch::read(bytes).unwrap_err();
        assert_eq!((error.at, error.fault), (at, fault), "{}", hex(bytes));
    };
    check(&[], 0, CodecFault::Ended);
    check(&[0xc1], 0, CodecFault::Marker);
    check(&[0xc0], 0, CodecFault::Wanted("a batch of two lists"));
    check(&[0x92, 0xdd, 0xff, 0xff, 0xff, 0xff], 6, CodecFault::Length);
    check(&[0x92, 0x91, 0xa1, 0xff, 0x90], 3, CodecFault::Utf8);
    check(&[0x92, 0x90, 0x90, 0x00], 3, CodecFault::Left);
    let mut deep = vec![0x91; DEPTH_MAX + 1];
    deep.push(0);
    let fault = CodecFault::Depth;
    assert_eq!(Reader::new(&deep).skip().unwrap_err().fault, fault);
    assert_eq!(Reader::new(&deep[1..]).skip(), Ok(()));
    let too_long = vec![0; MESSAGE_BYTES_MAX + 1];
    let mut map = replica(Kind::Lww, Role::Follower);
    let error = map.take(&mut clock("n"), 1, &too_long).unwrap_err();
    assert_eq!(error.reason(), "codec_message");
}

/// A message of a replica of depth 1 that wants, lists and shows these.
fn message(wants: &[u64], spans: &[(u64, u64)], nodes: &[(u64, u64)], hashes: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(11);
    for header in [FORMAT, 0, 1, 0, 0, 0] {
        writer.uint(header);
    }
    writer.bin(&[9; 8]);
    for length in [2, 0, 0] {
        writer.array(length);
    }
    writer.array(wants.len());
    for leaf in wants {
        writer.array(2);
        writer.uint(*leaf);
        writer.bin(hashes);
    }
    for (list, hashes) in [(spans, hashes), (nodes, &[1; 128][..])] {
        writer.array(list.len());
        for (level, index) in list {
            writer.array(3);
            writer.uint(*level);
            writer.uint(*index);
            writer.bin(hashes);
        }
    }
    writer.into_bytes()
}

#[test]
fn no_message_asks_twice_for_work_or_for_what_there_is_not() {
    let check = |bytes: &[u8], expected: Option<&str>| {
        let options = Options {
            depth: 1,
            ..Options::default()
        };
        let mut map = Replica::new(Kind::Lww, options).unwrap();
        let taken = map.take(&mut clock("n"), WALL_MS, bytes);
        assert_eq!(taken.err().map(|error| error.reason()), expected);
    };
    let (one, two) = ([1; 8], [[1; 8], [2; 8]].concat());
    let order = Some("codec_order");
    let range = Some("codec_range");
    check(
        &message(&[0, 15], &[(1, 0), (2, 7)], &[(0, 0), (1, 3), (6, 5)], &two),
        None,
    );
    check(&message(&[3, 3], &[], &[], &one), order);
    check(&message(&[4, 3], &[], &[], &one), order);
    check(&message(&[16], &[], &[], &one), range);
    check(&message(&[], &[(1, 3), (1, 3)], &[], &one), order);
    check(&message(&[], &[(2, 3), (1, 4)], &[], &one), order);
    check(&message(&[], &[(0, 0)], &[], &one), range);
    check(&message(&[], &[(1, 16)], &[], &one), range);
    check(&message(&[], &[(8, 0)], &[], &one), range);
    check(&message(&[], &[], &[(0, 0), (0, 0)], &one), order);
    check(&message(&[], &[], &[(7, 0)], &one), range);
    let twice = [one, one].concat();
    check(&message(&[3], &[], &[], &twice), order);
    check(&message(&[], &[(1, 3)], &[], &twice), order);
    check(&message(&[3], &[], &[], &one[1..]), range);
}

#[test]
fn a_stored_record_that_is_there_twice_is_refused() {
    let first = some_records().remove(0);
    let later = Plain {
        counter: 1,
        ..first.clone()
    };
    let stored = |records: &[Record<'_>]| {
        let mut head = Writer::default();
        head.array(7);
        head.uint(FORMAT);
        head.uint(0);
        head.bool(false);
        head.uint(0);
        head.uint(0);
        let bytes = [head.into_bytes(), write_batch(records), vec![0x90]].concat();
        let read = Replica::from_bytes(Kind::Lww, Options::default(), &mut clock("n"), &bytes);
        read.map(|replica| replica.len())
            .map_err(|error| error.reason())
    };
    assert_eq!(stored(&[first.record()]), Ok(1));
    assert_eq!(
        stored(&[first.record(), later.record()]),
        Err("stored_twice")
    );
    assert_eq!(
        stored(&[first.record(), first.record()]),
        Err("stored_twice")
    );
}

#[test]
fn a_record_that_breaks_a_limit_is_no_record() {
    let good = some_records().remove(0);
    let read = |plain: &Plain| Batch::read(&write_batch(&[plain.record()])).map(|_| ());
    assert_eq!(read(&good), Ok(()));
    let long = |bytes: usize| "x".repeat(bytes);
    let bad = [
        Plain {
            key: long(513),
            ..good.clone()
        },
        Plain {
            tag: long(129),
            ..good.clone()
        },
        Plain {
            node: long(65),
            ..good.clone()
        },
        Plain {
            node: "a:b".into(),
            ..good.clone()
        },
        Plain {
            node: String::new(),
            ..good.clone()
        },
        Plain {
            millis: aimdb_replica::MILLIS_MAX + 1,
            ..good.clone()
        },
        Plain {
            ttl_ms: Some(0),
            ..good.clone()
        },
        Plain {
            ttl_ms: Some(aimdb_replica::TTL_MS_MAX + 1),
            ..good.clone()
        },
        Plain {
            value: Some(vec![0; (1 << 20) + 1]),
            ..good.clone()
        },
    ];
    for plain in bad {
        assert!(read(&plain).is_err());
        let mut map = replica(Kind::Lww, Role::Follower);
        let report = map.merge(&mut clock("n"), 1 << 41, &[plain.record()]);
        assert_eq!((report.refused.len(), map.len()), (1, 0));
        assert_ne!(report.refused[0].reason.reason(), "replica_shape");
    }
}

proptest! {
    #[test]
    fn a_batch_is_read_as_it_was_written(plain in prop_oneof![records(Kind::Lww), records(Kind::Or)]) {
        let written: Vec<Record<'_>> = plain.iter().map(Plain::record).collect();
        let bytes = write_batch(&written);
        let read = Batch::read(&bytes).unwrap();
        prop_assert_eq!(read.records(), written.as_slice());
        prop_assert_eq!(write_batch(read.records()), bytes.clone());
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.skip(), Ok(()));
        prop_assert_eq!(reader.end(), Ok(()));
        for end in 0..bytes.len() {
            prop_assert!(Batch::read(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn any_number_of_javascript_is_read_as_it_was_written(value in any::<f64>(), whole in any::<i32>()) {
        for value in [value, f64::from(whole), f64::from(whole.unsigned_abs()), value.trunc()] {
            let mut writer = Writer::default();
            writer.number(value);
            let bytes = writer.into_bytes();
            let read = match Reader::new(&bytes).token().unwrap() {
                Token::Uint(value) => value as f64,
                Token::Int(value) => value as f64,
                Token::Float(value) => value,
                other => panic!("{other:?}"),
            };
            prop_assert!(read == value || read.is_nan() && value.is_nan());
        }
    }

    #[test]
    fn mutated_bytes_are_taken_or_refused_and_never_break_a_replica(
        plain in records(Kind::Lww),
        shape in 0usize..8,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
    ) {
        let mut bytes = shapes().swap_remove(shape).1;
        for (place, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes[place] ^= 1 << (byte % 8),
                2 => bytes.insert(place, byte),
                _ => bytes.truncate(place),
            }
        }
        let mut reader = Reader::new(&bytes);
        _ = reader.skip();
        if let Ok(batch) = Batch::read(&bytes) {
            let again = write_batch(batch.records());
            let read = Batch::read(&again).unwrap();
            prop_assert_eq!(read.records(), batch.records());
        }
        for kind in [Kind::Lww, Kind::Or] {
            let depth = if kind == Kind::Lww { 1 } else { 3 };
            let options = Options { depth, ..Options::default() };
            let mut map = Replica::new(kind, options).unwrap();
            if kind == Kind::Lww {
                let records: Vec<Record<'_>> = plain.iter().map(Plain::record).collect();
                map.merge(&mut clock("n"), WALL_MS, &records);
            }
            let before = map.state_bytes();
            let wall_ms = 1_700_000_000_002;
            match map.take(&mut clock("n"), wall_ms, &bytes) {
                Err(_) => prop_assert_eq!(map.state_bytes(), before),
                Ok(taken) => {
                    let length = taken.answer.map_or(0, |answer| answer.len());
                    prop_assert!(length <= options.message_bytes_max);
                }
            }
            let mut rebuilt = map.clone();
            rebuilt.rebuild_tree();
            prop_assert_eq!(rebuilt.tree(), map.tree());
            if let Ok(stored) = Replica::from_bytes(kind, options, &mut clock("n"), &bytes) {
                let bytes = stored.to_bytes();
                let again = Replica::from_bytes(kind, options, &mut clock("n"), &bytes).unwrap();
                prop_assert_eq!(again.state_bytes(), stored.state_bytes());
            }
        }
    }

    #[test]
    fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        _ = Reader::new(&bytes).skip();
        _ = Batch::read(&bytes);
        let mut map = merged(Kind::Lww, &[]);
        _ = map.take(&mut clock("n"), WALL_MS, &bytes);
        _ = Replica::from_bytes(Kind::Lww, Options::default(), &mut clock("n"), &bytes);
    }
}
