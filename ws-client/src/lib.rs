//! Mirrors the topics of a server into the records of a Rust program: reconnect, late join, optimistic writes and
//! offline queues, natively over tokio-tungstenite and in a page over its own `WebSocket`.
//!
//! It is the machine that the npm package runs on, [`Peer`](aimdb_peer::Peer), with a driver of its own, so a record
//! behaves the same on either side. What is written to a mirrored record, by whatever code, goes to its server; what the
//! server says is written to the record under its contract. A record of the newest value shows a local write at once, and
//! goes back when it is refused.
//!
//! ```no_run
//! # async fn mirror(db: aimdb_core::AimDb<aimdb_tokio_adapter::TokioAdapter>) -> Result<(), Box<dyn std::error::Error>> {
//! use aimdb_ws_client::{Event, Options, WsBridge};
//!
//! let options = Options { subscribe_topics: vec!["sensors/#".into()], ..Options::default() };
//! let bridge = WsBridge::connect(&db, "ws://127.0.0.1:8080/ws", options)?;
//! let mut events = bridge.events();
//! while let Some(event) = events.next().await {
//!     if let Event::Settled(write) = event {
//!         println!("{} to {}: {}", write.id.0, write.topic, write.outcome);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Records
//! [`WsBridge::connect`] mirrors the records that a pattern selects; a record's topic is its key with `/` for `.`, unless
//! [`Options::records`] or [`WsBridge::mirror`] says otherwise. [`WsBridge::link`] mirrors those whose configuration has
//! `link_to` or `link_from` with an address `ws://topic`, each with that topic: `link_from` follows it, `link_to` sends
//! what is written here.
//!
//! # In a page
//! The same calls, with the runtime of `aimdb-wasm-adapter` and no TypeScript: `examples/rust-page` is a page in plain
//! wasm-bindgen.
//!
//! # What it does not do
//! It keeps nothing across a restart of the program, and has no connection of its own to a second server: a database is
//! mirrored by one bridge.
#![forbid(unsafe_code)]

mod bridge;
mod driver;
mod event;
mod options;
mod shared;
#[cfg_attr(target_arch = "wasm32", path = "socket/web.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "socket/native.rs")]
mod socket;
mod token;

pub use aimdb_peer::session::{
    QueryRecord, RequestFailure, Status, TopicInfo, WriteId, WritePolicy,
};
pub use aimdb_peer::{Conflict, ConflictError, Mirroring, Truth};
pub use bridge::WsBridge;
pub use driver::Driver;
pub use event::{EVENTS_MAX, Event, Events, Settled, Violation};
pub use options::{ConnectError, Options};
pub use shared::{COMMANDS_MAX, CommandError, MirrorError, RequestError};
pub use token::{TokenResult, TokenSource};
