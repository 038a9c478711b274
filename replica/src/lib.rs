//! Replicas that work alone and then agree, byte for byte: a clock, maps that merge, a tree of hashes, delta sync.
//!
//! The crate guarantees that replicas which have taken the same records, in any order and any number of times, hold the
//! same bytes and the same root; that bytes which lie are an error and never a panic; and that what a peer can make it
//! hold or do is bounded by a stated limit. It does no I/O: wall clocks, randomness and messages are arguments. It
//! never looks into values: they are bytes, and whoever binds it knows their contracts.
//!
//! ```
//! use aimdb_replica::{Clock, LwwMap, NodeId, Options, Role, Status};
//!
//! let mut here = LwwMap::new(Options { role: Role::Authority, ..Options::default() })?;
//! let mut there = LwwMap::new(Options::default())?;
//! let mut clock_here = Clock::new(NodeId::new("here")?);
//! let mut clock_there = Clock::new(NodeId::new("there")?);
//! here.set(&mut clock_here, 1_000, "lamp", b"on", None)?;
//! there.set(&mut clock_there, 1_000, "door", b"shut", None)?;
//!
//! let mut message = Some(there.replica_mut().open());
//! let mut is_here = true;
//! while let Some(bytes) = message {
//!     let (map, clock) = match is_here {
//!         true => (&mut here, &mut clock_here),
//!         false => (&mut there, &mut clock_there),
//!     };
//!     message = map.replica_mut().take(clock, 1_000, &bytes)?.answer;
//!     is_here = !is_here;
//! }
//! assert_eq!(here.replica().root(), there.replica().root());
//! assert_eq!(there.get("lamp", 1_000), Some(&b"on"[..]));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
#[macro_use]
extern crate std;

// From the lowest to the highest, each using only those before it: hash, clock, tree, codec, store, replica, sync, maps
// (`xtask check circles` holds it).
mod clock;
mod codec;
mod hash;
mod maps;
mod replica;
mod store;
mod sync;
mod tree;

pub use clock::epoch::{EPOCH_MS, Epoch};
pub use clock::node::{NODE_BYTES_MAX, NodeError, NodeId};
pub use clock::offset::{Offset, RoundTrip, SAMPLES_MAX};
pub use clock::stamp::{MILLIS_MAX, Stamp, StampError};
pub use clock::{Clock, ClockError, DRIFT_MS_MAX};
pub use codec::batch::{Batch, write_batch};
pub use codec::error::{CodecError, CodecFault};
pub use codec::message::{FORMAT, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN};
pub use codec::reader::{DEPTH_MAX, Reader, Token};
pub use codec::record::{
    Content, KEY_BYTES_MAX, Record, TAG_BYTES_MAX, TTL_MS_MAX, VALUE_BYTES_MAX,
};
pub use codec::writer::Writer;
pub use hash::fnv::{PARTITIONS, fnv1a, partition};
pub use hash::strong::Sha256;
pub use hash::xx::xxh64;
pub use maps::counter::{Counter, CounterError};
pub use maps::lww::LwwMap;
pub use maps::or::OrMap;
pub use maps::ttl::{TtlError, ttl_from_number};
pub use replica::horizon::{Horizon, HorizonError};
pub use replica::log::{LOG_ENTRIES_MAX, Missed};
pub use replica::merge::{Reason, Refused, Report};
pub use replica::options::{BYTES_MAX, ITEMS_MAX, Kind, NODES_MAX, Options, OptionsError, Role};
pub use replica::stored::StoredError;
pub use replica::{ItemId, Replica};
pub use sync::{Status, SyncError, Taken};
pub use tree::{DEPTH_LEVELS_MAX, FAN, Tree, TreeError};
