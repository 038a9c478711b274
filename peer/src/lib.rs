//! A whole client of one or several servers, as a machine without a platform: its sessions, which topic feeds
//! which record, and the life of each write.
//!
//! Guarantees: what is sent is what was committed, in the order of the commits; a write is one entry under one
//! number from its commit to its one report, and can be read out and put back; a record of the newest value
//! shows in the end what its server said last, whether writes were taken, refused or lost; a value that came from a
//! server is never sent back. Does not: open sockets, read clocks, store anything.
//!
//! The driver opens a [`Peer`] over a database, performs each [`Effect`], and tells what happens on sockets, of the
//! clocks, and when records come and go.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod api;
mod bound;
mod cached;
mod conflict;
mod deliver;
mod local;
mod mirror;
mod own;
mod peer;
mod policy;
mod topics;
mod versions;

pub use aimdb_ws_bridge as session;
pub use api::{
    Action, Effect, Mirroring, OpenError, Payload, SessionId, Text, TopicTaken, Truth, Unsent,
};
pub use cached::Seen;
pub use peer::Peer;
pub use policy::{Conflict, ConflictError};
