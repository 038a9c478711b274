//! A server and some tabs, each with one map, and a network that loses, repeats and reorders what they send.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeMap;

use aimdb_replica::{
    Batch, Clock, Counter, EPOCH_MS, Epoch, Kind, LwwMap, Options, OrMap, Record, Replica, Role,
    Stamp, Status,
};

use super::{Plain, Random, clock};

/// A map of any kind, so that one world serves all.
pub enum Map {
    Lww(LwwMap),
    Or(OrMap),
    Counter(Counter),
}

impl Map {
    fn new(kind: Kind, options: Options) -> Self {
        match kind {
            Kind::Lww => Self::Lww(LwwMap::new(options).unwrap()),
            Kind::Or => Self::Or(OrMap::new(options).unwrap()),
            Kind::Counter => Self::Counter(Counter::new(options).unwrap()),
        }
    }

    pub fn replica(&self) -> &Replica {
        match self {
            Self::Lww(map) => map.replica(),
            Self::Or(map) => map.replica(),
            Self::Counter(map) => map.replica(),
        }
    }

    pub fn replica_mut(&mut self) -> &mut Replica {
        match self {
            Self::Lww(map) => map.replica_mut(),
            Self::Or(map) => map.replica_mut(),
            Self::Counter(map) => map.replica_mut(),
        }
    }
}

pub struct Node {
    pub map: Map,
    pub clock: Clock,
    /// How far its pushes to each other node are.
    pushed: BTreeMap<usize, u64>,
}

pub struct World {
    pub random: Random,
    pub wall_ms: u64,
    /// The first is the authority.
    pub nodes: Vec<Node>,
    /// Receiver, sender and bytes.
    network: Vec<(usize, usize, Vec<u8>)>,
    /// Every record that was ever at any node.
    pub ever: Vec<Plain>,
    /// Every record that was ever at the authority.
    pub at_authority: Vec<Plain>,
    pub refetches: usize,
    key_count: u64,
}

impl World {
    pub fn new(kind: Kind, seed: u64, followers: usize) -> Self {
        let mut random = Random(seed);
        let wall_ms = 1_000 * EPOCH_MS;
        let message_bytes_max = match random.chance(50) {
            true => 4096,
            false => 1 << 20,
        };
        let depth = 1 + random.below(3) as u8;
        let nodes = (0..=followers).map(|number| {
            let options = Options {
                depth,
                message_bytes_max,
                role: match number {
                    0 => Role::Authority,
                    _ => Role::Follower,
                },
                secret: [seed, number as u64],
                ..Options::default()
            };
            Node {
                map: Map::new(kind, options),
                clock: clock(&format!("n{number}")),
                pushed: BTreeMap::new(),
            }
        });
        let nodes = nodes.collect();
        let key_count = [4, 40, 400][random.below(3) as usize];
        Self {
            random,
            wall_ms,
            nodes,
            network: Vec::new(),
            ever: Vec::new(),
            at_authority: Vec::new(),
            refetches: 0,
            key_count,
        }
    }

    pub fn authority(&self) -> &Replica {
        self.nodes[0].map.replica()
    }

    fn wall(&mut self, node: usize) -> u64 {
        // Every clock is off by up to two seconds of its own.
        self.wall_ms + (node as u64 * 700) % 2_000
    }

    /// One node writes something.
    pub fn write(&mut self, node: usize) {
        let wall_ms = self.wall(node);
        let key = format!("key{}", self.random.below(self.key_count));
        let length = self.random.below(40) as usize;
        let value = vec![self.random.below(3) as u8; length];
        let ttl_ms = self
            .random
            .chance(10)
            .then(|| 1 + self.random.below(3 * EPOCH_MS));
        let is_removal = self.random.chance(35);
        let change = self.random.below(9) as i64 - 4;
        let Node { map, clock, .. } = &mut self.nodes[node];
        match map {
            Map::Lww(map) if is_removal => _ = map.remove(clock, wall_ms, &key).unwrap(),
            Map::Lww(map) => _ = map.set(clock, wall_ms, &key, &value, ttl_ms).unwrap(),
            Map::Or(map) if is_removal => {
                let first = map.get(&key, wall_ms).first().map(|value| value.to_vec());
                if let Some(value) = first {
                    assert!(!map.remove(clock, wall_ms, &key, &value).unwrap().is_empty());
                }
            }
            Map::Or(map) => _ = map.add(clock, wall_ms, &key, &value, ttl_ms).unwrap(),
            Map::Counter(map) => _ = map.add(clock, wall_ms, &key, change).unwrap(),
        }
        self.note(node);
    }

    fn note(&mut self, node: usize) {
        let records = self.nodes[node].map.replica().records().map(Plain::of);
        let records: Vec<Plain> = records.collect();
        for record in records {
            if node == 0 && !self.at_authority.contains(&record) {
                self.at_authority.push(record.clone());
            }
            if !self.ever.contains(&record) {
                self.ever.push(record);
            }
        }
    }

    pub fn open(&mut self, from: usize, to: usize) {
        let bytes = self.nodes[from].map.replica().open();
        self.send(from, to, bytes);
    }

    pub fn push(&mut self, from: usize, to: usize) {
        let replica = self.nodes[from].map.replica();
        let since = self.nodes[from].pushed.get(&to).copied().unwrap_or(0);
        match replica.push(since) {
            Ok((message, next)) => {
                self.nodes[from].pushed.insert(to, next);
                if let Some(bytes) = message {
                    self.send(from, to, bytes);
                }
            }
            Err(_) => {
                let end = replica.log_end();
                self.nodes[from].pushed.insert(to, end);
                self.open(from, to);
            }
        }
    }

    fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        assert!(bytes.len() <= self.nodes[from].map.replica().options().message_bytes_max);
        self.network.push((to, from, bytes));
    }

    /// The network hands over one message, any of them; or loses it, or keeps it to hand it over again.
    pub fn deliver(&mut self) {
        if self.network.is_empty() {
            return;
        }
        let place = self.random.below(self.network.len() as u64) as usize;
        let message = match self.random.chance(15) {
            true => self.network[place].clone(),
            false => self.network.swap_remove(place),
        };
        if !self.random.chance(20) {
            self.hand_over(message);
        }
    }

    fn hand_over(&mut self, (to, from, bytes): (usize, usize, Vec<u8>)) -> Status {
        let wall_ms = self.wall(to);
        let Node { map, clock, .. } = &mut self.nodes[to];
        let taken = map.replica_mut().take(clock, wall_ms, &bytes).unwrap();
        if taken.status == Status::TooOld {
            assert!(to > 0, "an authority is never too old");
            self.refetch(to);
        }
        if let Some(bytes) = taken.answer {
            self.send(to, from, bytes);
        }
        self.note(to);
        taken.status
    }

    /// Fetches all anew; half of the time what was not synced is written again.
    fn refetch(&mut self, node: usize) {
        self.refetches += 1;
        let wall_ms = self.wall(node);
        let is_written_again = self.random.chance(50);
        let Node { map, clock, .. } = &mut self.nodes[node];
        let unsynced = map.replica_mut().refetch().unwrap();
        assert!(map.replica().is_empty());
        for record in Batch::read(&unsynced).unwrap().records() {
            if is_written_again {
                write_again(map, clock, wall_ms, record);
            }
        }
    }

    /// The network loses all that is under way and works from now on: each follower and the authority get level.
    pub fn settle(&mut self) {
        self.network.clear();
        for round in 0.. {
            assert!(round < 60, "they come to no end");
            let mut are_equal = true;
            for follower in 1..self.nodes.len() {
                are_equal &= self.sync(follower, 0) == Status::Equal;
            }
            // Those that were first may lack what the last ones brought.
            let root = self.authority().root();
            let is_level = |node: &Node| node.map.replica().root() == root;
            if are_equal && self.nodes.iter().all(is_level) {
                return;
            }
        }
    }

    /// A conversation without loss, in order; how it ended.
    pub fn sync(&mut self, from: usize, to: usize) -> Status {
        self.open(from, to);
        let mut status = Status::Going;
        for step in 0.. {
            assert!(step < 2_000, "a conversation without end");
            let Some(message) = self.network.pop() else {
                break;
            };
            status = self.hand_over(message);
        }
        status
    }

    /// An hour or some go by; the authority seals and prunes a part of what is over.
    pub fn pass_time(&mut self, prunes: bool) {
        self.wall_ms += self.random.below(2 * EPOCH_MS);
        if !prunes {
            return;
        }
        let now = Epoch::of(self.wall_ms);
        let replica = self.nodes[0].map.replica_mut();
        let horizon = replica.horizon();
        let sealed = Epoch(now.0 - self.random.below(6) as u32).max(horizon.sealed);
        replica.seal(sealed, self.wall_ms).unwrap();
        let pruned = Epoch(sealed.0 - self.random.below(6) as u32).max(horizon.pruned);
        replica.prune(pruned).unwrap();
    }
}

fn write_again(map: &mut Map, clock: &mut Clock, wall_ms: u64, record: &Record<'_>) {
    match (map, record.content.value()) {
        (Map::Lww(map), Some(value)) => {
            _ = map.set(clock, wall_ms, record.key, value, None).unwrap();
        }
        (Map::Lww(map), None) => _ = map.remove(clock, wall_ms, record.key).unwrap(),
        (Map::Or(map), Some(value)) => {
            _ = map.add(clock, wall_ms, record.key, value, None).unwrap();
        }
        _ => {}
    }
}

/// Whether a stamp is of the time that a replica has pruned.
pub fn is_pruned(stamp: Stamp<'_>, replica: &Replica) -> bool {
    Epoch::of(stamp.millis) < replica.horizon().pruned
}
