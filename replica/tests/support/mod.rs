//! What the tests share: arbitrary records, a plain form of each rule, nodes that write, a random source.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

pub mod world;

use std::collections::BTreeMap;

use aimdb_replica::{Clock, Content, Kind, NodeId, Options, Record, Replica, Role, Stamp};
use proptest::prelude::*;
use sha2::Digest;

/// Now, for replicas whose stamps are small.
pub const WALL_MS: u64 = 1_000_000;

/// A record that owns its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    pub key: String,
    pub tag: String,
    pub millis: u64,
    pub counter: u32,
    pub node: String,
    pub ttl_ms: Option<u64>,
    pub value: Option<Vec<u8>>,
}

impl Plain {
    pub fn of(record: Record<'_>) -> Self {
        Self {
            key: record.key.into(),
            tag: record.tag.into(),
            millis: record.stamp.millis,
            counter: record.stamp.counter,
            node: record.stamp.node.into(),
            ttl_ms: record.ttl_ms,
            value: record.content.value().map(Vec::from),
        }
    }

    pub fn record(&self) -> Record<'_> {
        Record {
            key: &self.key,
            tag: &self.tag,
            stamp: self.stamp(),
            ttl_ms: self.ttl_ms,
            content: match &self.value {
                None => Content::Tombstone,
                Some(value) => Content::Value(value),
            },
        }
    }

    pub fn stamp(&self) -> Stamp<'_> {
        Stamp {
            millis: self.millis,
            counter: self.counter,
            node: &self.node,
        }
    }

    /// The digest that decides between equal stamps, as `docs/replica.md` has it.
    pub fn digest(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.value.is_some())];
        bytes.extend(self.ttl_ms.unwrap_or(0).to_le_bytes());
        bytes.extend(self.value.iter().flatten());
        sha2::Sha256::digest(bytes).to_vec()
    }

    pub fn sums(&self) -> (u64, u64) {
        let bytes = self.value.as_deref().unwrap();
        let half = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        (half(0), half(8))
    }
}

/// The join of two records of one key and tag, by the words of the specification.
pub fn join(kind: Kind, a: &Plain, b: &Plain) -> Plain {
    let later = |a: &Plain, b: &Plain| match (a.stamp(), a.digest()) > (b.stamp(), b.digest()) {
        true => a.clone(),
        false => b.clone(),
    };
    match (kind, a.value.is_some(), b.value.is_some()) {
        (Kind::Or, false, true) => a.clone(),
        (Kind::Or, true, false) => b.clone(),
        (Kind::Counter, ..) => {
            let (left, right) = (a.sums(), b.sums());
            let bytes = [left.0.max(right.0), left.1.max(right.1)];
            let last = if a.stamp() > b.stamp() { a } else { b };
            Plain {
                value: Some(bytes.iter().flat_map(|sum| sum.to_le_bytes()).collect()),
                ..last.clone()
            }
        }
        _ => later(a, b),
    }
}

/// What a map of all these records is.
pub fn join_all(kind: Kind, records: &[Plain]) -> BTreeMap<(String, String), Plain> {
    let mut map = BTreeMap::new();
    for record in records {
        let place = (record.key.clone(), record.tag.clone());
        let joined = match map.get(&place) {
            Some(before) => join(kind, before, record),
            None => record.clone(),
        };
        map.insert(place, joined);
    }
    map
}

/// Few keys, tags and stamps, so that they meet often.
pub fn records(kind: Kind) -> impl Strategy<Value = Vec<Plain>> {
    let value = move || match kind {
        Kind::Counter => (0u64..4, 0u64..4)
            .prop_map(|(added, taken)| Some([added.to_le_bytes(), taken.to_le_bytes()].concat()))
            .boxed(),
        _ => proptest::option::of(proptest::collection::vec(0u8..3, 0..3)).boxed(),
    };
    let tag = match kind {
        Kind::Lww => "",
        _ => "[xy]",
    };
    let ttl = proptest::option::of(1u64..3);
    let record = ("[a-c]", tag, 0u64..4, 0u32..2, "[m-o]", ttl, value());
    let record = record.prop_map(
        move |(key, tag, millis, counter, node, ttl_ms, value)| Plain {
            ttl_ms: ttl_ms.filter(|_| value.is_some() && kind != Kind::Counter),
            key,
            tag,
            millis,
            counter,
            node,
            value,
        },
    );
    proptest::collection::vec(record, 0..24)
}

pub fn clock(name: &str) -> Clock {
    Clock::new(NodeId::new(name).unwrap())
}

pub fn replica(kind: Kind, role: Role) -> Replica {
    let secret = [5, 6];
    Replica::new(
        kind,
        Options {
            role,
            secret,
            ..Options::default()
        },
    )
    .unwrap()
}

/// A replica that took these records, in this order.
pub fn merged(kind: Kind, records: &[Plain]) -> Replica {
    let mut replica = replica(kind, Role::Follower);
    let records: Vec<Record<'_>> = records.iter().map(Plain::record).collect();
    let report = replica.merge(&mut clock("me"), WALL_MS, &records);
    assert_eq!(report.refused, []);
    replica
}

/// What a replica holds.
pub fn state(replica: &Replica) -> BTreeMap<(String, String), Plain> {
    let records = replica.records().map(Plain::of);
    records
        .map(|record| ((record.key.clone(), record.tag.clone()), record))
        .collect()
}

/// A random source that is its seed: SplitMix64.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
