//! The client's session with a server as a state machine without a socket.
//!
//! Guarantees: subscriptions outlive connections; every write settles exactly once and nothing is
//! dropped without a report; a snapshot never overwrites newer data; a dead peer is found and the
//! session reconnects with bounded, jittered delays; nothing goes out faster than the server says it takes;
//! every queue has a stated bound.
//! Does not: open sockets, read clocks, keep anything across a reload, or know what a payload
//! means. The driver performs each [`Effect`] and reports each event as an [`Input`].
//!
//! ```
//! use aimdb_ws_bridge::{Bridge, Effect, Input, Now, Options};
//! let options = Options { subscribe_topics: vec!["sensors/#".into()], ..Options::default() };
//! let mut bridge = Bridge::new(options, 7)?;
//! let mut sent = Vec::new();
//! let now = Now::default();
//! bridge.handle(Input::Start, now, &mut |_| {});
//! bridge.handle(Input::SocketOpened, now, &mut |effect| {
//!     if let Effect::Send(text) = effect {
//!         sent.push(text.to_owned());
//!     }
//! });
//! assert!(sent[0].starts_with(r#"{"type":"ping","hello":"#));
//! assert_eq!(sent[1], r#"{"type":"subscribe","topics":["sensors/#"]}"#);
//! # Ok::<(), aimdb_ws_bridge::OptionsError>(())
//! ```
//!
//! # What a driver must keep to
//! - One socket at a time: `Open` asks for a new one, `Close` gives it up. After `Close` no event
//!   of that socket is reported any more.
//! - `WakeAt` replaces the earlier deadline; at that time (or a little later) `Timer` is reported.
//! - `mono_ms` of [`Now`] never runs backwards and has one zero for the whole session; any zero will do.
//! - A payload stays with the driver: it gives the head of a value, and writes the payload if `Deliver` comes back.
//! - Effects are performed in their order. A callback may not call the bridge; it may note what
//!   to do and do it after `handle` has returned.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod api;
mod blame;
mod bridge;
mod chain;
mod entry;
mod error;
mod followed;
mod inbox;
mod kept;
mod options;
mod outbox;
mod pace;
mod requests;
mod shared;
mod source;
mod tokens;
mod write;

pub use aimdb_ws_protocol::{
    Condition, ErrorCode, FrameError, QueryRecord, TopicError, TopicInfo, WireError,
};
pub use api::{
    DeliveryKind, DropReason, Effect, Input, Now, Outcome, Refusal, RequestFailure, RequestId,
    Status, UnknownReason, ValueHead, WriteId, WritePolicy,
};
pub use bridge::Bridge;
pub use entry::{Deadline, Entry};
pub use error::BridgeError;
pub use options::{Options, OptionsError};
pub use source::Source;

/// A session may follow this many patterns; the server's default limit is the same.
pub const SUBSCRIPTIONS_MAX: usize = 256;
/// So many list and query requests may wait for an answer.
pub const REQUESTS_MAX: usize = 64;
/// The versions of so many topics are remembered; a server with more topics is still served, but
/// for the rest the order of a snapshot against newer data is the server's word alone.
pub const TOPICS_TRACKED_MAX: usize = 65_536;
/// A write that was alone on the wire for so many connections, each of which the other end closed as not to its
/// liking, is given up as [`UnknownReason::Closed`].
pub const WRITE_TRIES_MAX: u32 = 3;
/// The same where the connections were lost without a reason: more of them, since networks do that by themselves.
pub const WRITE_LOSSES_MAX: u32 = 20;
/// A request that was on the wire for so many connections that were closed as not to the other end's liking fails.
pub const REQUEST_TRIES_MAX: u32 = 3;
/// The highest number that the first write of a session may have, and one that is put back. The upper half stays free, so
/// that numbers can grow for ever.
pub const WRITE_ID_MAX: u64 = 1 << 53;
/// A write that the server puts off for the so-manieth time counts as refused.
pub const WRITE_PUT_OFF_MAX: u32 = 16;
/// A connection that was answered and lasted so long counts as one that worked: the next loss is the first again.
pub const LASTING_MS: u64 = 5_000;
/// However long a server that stops wants its clients to take to come back, one waits no longer.
pub const BACK_MS_MAX: u64 = 60_000;
/// The close code for a server that has gone silent.
pub const CLOSE_SILENT: u16 = 4000;
/// The close code for a connection that did not open in time.
pub const CLOSE_CONNECT_TIMEOUT: u16 = 4001;
