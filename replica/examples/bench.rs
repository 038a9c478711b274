//! Measures merging, hashing, walking and the codec: `cargo run --release -p aimdb-replica --example bench`.
//!
//! Each row is a median, beside a floor that does the same work in the plainest way and nothing else, and the target of
//! the project. Every repetition works on values that really differ from those before.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use aimdb_replica::{
    Batch, Clock, Content, Kind, NodeId, Options, Record, Replica, Stamp, Tree, fnv1a, write_batch,
    xxh64,
};

const WALL_MS: u64 = 1_700_000_000_000;

/// The median of some milliseconds.
fn median(mut millis: Vec<f64>) -> f64 {
    millis.sort_unstable_by(f64::total_cmp);
    millis[millis.len() / 2]
}

/// Times one repetition; what `make` makes is not timed, and neither is dropping it.
fn time<T, R>(
    repetitions: usize,
    mut make: impl FnMut(usize) -> T,
    work: impl Fn(&mut T) -> R,
) -> f64 {
    let run = |number: usize| {
        let mut given = make(number);
        let start = Instant::now();
        let result = black_box(work(&mut given));
        let millis = start.elapsed().as_secs_f64() * 1e3;
        drop((given, result));
        millis
    };
    median((0..repetitions).map(run).collect())
}

fn row(name: &str, ours: f64, floor: f64, target: &str) {
    let ratio = ours / floor;
    println!(
        "{name:<44} {ours:>9.4} ms  floor {floor:>9.4} ms  ratio {ratio:>6.2}  target {target}"
    );
}

fn keys(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("sensors/floor{}/t{number}", number % 7))
        .collect()
}

/// A value of 40 bytes that is another one for each round.
fn value(number: usize, round: usize) -> Vec<u8> {
    format!("{{\"celsius\":{number},\"at\":{round:>18}}}").into_bytes()
}

fn batch(keys: &[String], round: usize) -> Vec<u8> {
    let values: Vec<Vec<u8>> = (0..keys.len()).map(|number| value(number, round)).collect();
    let record = |(key, value): (&'_ String, &'_ Vec<u8>)| -> (String, Vec<u8>) {
        (key.clone(), value.clone())
    };
    let owned: Vec<(String, Vec<u8>)> = keys.iter().zip(&values).map(record).collect();
    let records: Vec<Record<'_>> = owned
        .iter()
        .map(|(key, value)| Record {
            key,
            tag: "",
            stamp: Stamp {
                millis: WALL_MS + round as u64,
                counter: 0,
                node: "tablet7",
            },
            ttl_ms: None,
            content: Content::Value(value),
        })
        .collect();
    write_batch(&records)
}

fn clock() -> Clock {
    Clock::new(NodeId::new("bench").unwrap())
}

fn merge(replica: &mut Replica, bytes: &[u8]) -> usize {
    let batch = Batch::read(bytes).unwrap();
    let report = replica.merge(&mut clock(), WALL_MS, batch.records());
    report.changed.len()
}

fn replica(bytes: &[u8]) -> Replica {
    let options = Options {
        secret: [1, 2],
        ..Options::default()
    };
    let mut replica = Replica::new(Kind::Lww, options).unwrap();
    merge(&mut replica, bytes);
    replica
}

type Plain = HashMap<String, (u64, Vec<u8>)>;

/// The floor of merging: decoded records into a map of the standard library, the newer one wins, no hashes.
fn merge_plain(map: &mut Plain, bytes: &[u8]) -> usize {
    let mut changed = 0;
    for record in Batch::read(bytes).unwrap().records() {
        let millis = record.stamp.millis;
        let value = record.content.value().unwrap();
        match map.get_mut(record.key) {
            Some(kept) if kept.0 >= millis => {}
            Some(kept) => {
                *kept = (millis, value.to_vec());
                changed += 1;
            }
            None => {
                map.insert(record.key.into(), (millis, value.to_vec()));
                changed += 1;
            }
        }
    }
    changed
}

fn merging(count: usize, repetitions: usize, target: &str) {
    let keys = keys(count);
    let first = batch(&keys, 0);
    let empty = || replica(&write_batch(&[]));
    let into_empty = |number| (empty(), batch(&keys, number));
    let ours = time(repetitions, into_empty, |(replica, bytes)| {
        assert_eq!(merge(replica, bytes), count);
    });
    let floor = time(
        repetitions,
        |number| (Plain::new(), batch(&keys, number)),
        |(map, bytes)| {
            assert_eq!(merge_plain(map, bytes), count);
        },
    );
    row(
        &format!("merge {count} new records, bytes in"),
        ours,
        floor,
        target,
    );
    let full = replica(&first);
    let over = |number| (full.clone(), batch(&keys, number + 1));
    let ours = time(repetitions, over, |(replica, bytes)| {
        assert_eq!(merge(replica, bytes), count);
    });
    let mut plain = Plain::new();
    merge_plain(&mut plain, &first);
    let floor = time(
        repetitions,
        |number| (plain.clone(), batch(&keys, number + 1)),
        |(map, bytes)| {
            assert_eq!(merge_plain(map, bytes), count);
        },
    );
    row(
        &format!("merge {count} newer records, bytes in"),
        ours,
        floor,
        target,
    );
}

/// Two replicas of which one has changed one key in a hundred.
fn pair(count: usize, round: usize) -> (Replica, Replica) {
    let keys = keys(count);
    let left = replica(&batch(&keys, 0));
    let mut right = left.clone();
    let few: Vec<String> = keys.iter().step_by(100).cloned().collect();
    merge(&mut right, &batch(&few, round + 1));
    (left, right)
}

fn walking() {
    let pairs = |number| pair(10_000, number);
    let ours = time(51, pairs, |(left, right)| {
        left.tree().differing(right.tree()).unwrap().len()
    });
    let leaves = |tree: &Tree| -> Vec<u64> {
        (0..tree.leaf_count())
            .map(|leaf| tree.node(tree.depth(), leaf).unwrap())
            .collect()
    };
    let flat = |number| {
        let (left, right) = pair(10_000, number);
        (leaves(left.tree()), leaves(right.tree()))
    };
    let floor = time(51, flat, |(left, right)| {
        left.iter()
            .zip(right.iter())
            .filter(|(left, right)| left != right)
            .count()
    });
    row(
        "walk to the leaves, 10K keys, 1 % differ",
        ours,
        floor,
        "0.05",
    );
    let ours = time(51, pairs, |(left, right)| {
        assert_eq!(left.differing_keys(right).unwrap().len(), 100);
    });
    row(
        "walk to the keys, 10K keys, 1 % differ",
        ours,
        floor,
        "0.05",
    );
}

fn building(count: usize, repetitions: usize, target: &str) {
    let ours = time(
        repetitions,
        |number| pair(count, number),
        |(left, right)| {
            left.rebuild_tree();
            right.rebuild_tree();
            left.tree().differing(right.tree()).unwrap().len()
        },
    );
    let keys = keys(count);
    // What the floor in typed arrays does: one hash of the key, one sum a leaf, for both sides, and a comparison.
    let floor = time(
        repetitions,
        |_| vec![vec![0_u64; 4096]; 2],
        |sides| {
            for side in sides.iter_mut() {
                for key in &keys {
                    let hash = fnv1a(key);
                    let sum = &mut side[(hash >> 20) as usize];
                    *sum = sum.wrapping_add(u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                }
            }
            sides[0] == sides[1]
        },
    );
    row(
        &format!("build both trees and diff, {count} keys"),
        ours,
        floor,
        target,
    );
}

fn hashing() {
    let blob = |number: usize| vec![number as u8 | 1; 1 << 20];
    let ours = time(101, blob, |bytes| xxh64(0, bytes));
    let floor = time(101, blob, |bytes| {
        let words = bytes
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap()));
        words.fold(0, u64::wrapping_add)
    });
    row("hash of 1 MiB", ours, floor, "0.06");
}

fn coding() {
    let keys = keys(10_000);
    let full = |number| replica(&batch(&keys, number));
    let ours = time(31, full, |replica| replica.state_bytes().len());
    let floor = time(31, |number| batch(&keys, number), |bytes| bytes.clone());
    row("encode 10K records, sorted", ours, floor, "3");
    let unsorted = time(31, full, |replica| {
        let records: Vec<Record<'_>> = replica.records().collect();
        write_batch(&records).len()
    });
    row("encode 10K records, in any order", unsorted, floor, "3");
    let ours = time(
        31,
        |number| batch(&keys, number),
        |bytes| {
            assert_eq!(Batch::read(bytes).unwrap().records().len(), 10_000);
        },
    );
    let floor = time(
        31,
        |number| batch(&keys, number),
        |bytes| {
            bytes
                .iter()
                .fold(0_u64, |sum, byte| sum.wrapping_add(u64::from(*byte)))
        },
    );
    row(
        "decode 10K records, values in place",
        ours,
        floor,
        "1.4 (peer)",
    );
}

fn main() {
    walking();
    building(10_000, 31, "3");
    building(100_000, 9, "30");
    merging(1_000, 101, "0.3");
    merging(100_000, 9, "50");
    hashing();
    coding();
}
