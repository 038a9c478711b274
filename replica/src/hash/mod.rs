//! Three hashes, each where it belongs.
//!
//! FNV-1a of 32 bits gives a key its place in a tree and its partition, as other systems do. XXH64 makes the items of a
//! tree: quick, and no defence against somebody who looks for collisions. SHA-256 decides between two contents under one
//! stamp, and sums up a whole replica, where a collision must not be made. Tables in memory are hashed with SipHash under
//! a secret key (`store/index.rs`), since their keys come from peers.

pub(crate) mod fnv;
pub(crate) mod strong;
pub(crate) mod xx;
