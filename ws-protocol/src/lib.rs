//! Every WebSocket frame both sides speak, topics and patterns, and their limits.
//!
//! Guarantees: the bytes of protocol version [`PROTOCOL_VERSION`] as `docs/wire.md` states them;
//! decoding never panics, borrows from the text, and leaves payloads unparsed ([`Raw`]).
//! Does not: open sockets, keep state, or know what a payload means.
//!
//! ```
//! use aimdb_ws_protocol::{ClientFrame, Pattern};
//! let text = r#"{"type":"subscribe","topics":["sensors/#"]}"#;
//! let frame = ClientFrame::decode(text).unwrap();
//! assert_eq!(frame.encode(), text);
//! assert!(Pattern::parse("sensors/#").unwrap().matches("sensors/temperature/vienna"));
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod client_frame;
mod code;
mod condition;
mod contract;
mod error;
mod fields;
mod levels;
mod plain;
mod raw;
mod server_frame;
mod topic;
mod write;

pub use client_frame::{ClientFrame, ClientHello, Since};
pub use code::Code;
pub use condition::Condition;
pub use contract::{CONTRACTS_ASKED_MAX, CONTRACTS_HELD_MAX, HeldContract};
pub use error::{ErrorCode, FieldProblem, FrameError};
pub use levels::{LevelTree, Search};
pub use raw::Raw;
pub use server_frame::{
    QueryRecord, ServerFrame, ServerHello, ServerLimits, TopicInfo, WireError, WireViolation,
};
pub use topic::{
    Pattern, TOPIC_BYTES_MAX, TOPIC_LEVELS_MAX, TopicError, check_topic, key_to_topic,
};

/// The version both sides announce in their hello. The shapes in `tests/golden` belong to it.
///
/// Versions 2 to 7 are version 1 with more optional fields and frames, which only peers that know them are sent.
pub const PROTOCOL_VERSION: u64 = 7;

/// The version of a client's hello from which on a server tells its limits in the answer.
pub const LIMITS_SINCE_VERSION: u64 = 3;
/// The version since which a client sends a write again, later and in its order, that came too soon.
pub const LATER_SINCE_VERSION: u64 = 4;
/// The version since which a client says of each write which one went before it, and a server keeps the answers until
/// the client has them.
pub const CHAIN_SINCE_VERSION: u64 = 5;
/// The version since which a write may have a [condition](Condition), and a server judges it.
pub const CONDITION_SINCE_VERSION: u64 = 6;
/// The version since which a write may say which version of its contract its value is in.
pub const VALUE_VERSION_SINCE_VERSION: u64 = 7;

/// A client's frame may have this many bytes: room for any record a person would type or a sensor
/// would send, small enough that a thousand clients cannot fill a server's memory with one each.
pub const CLIENT_FRAME_BYTES_MAX: usize = 64 * 1024;

/// A server's frame may have this many bytes: a query over long histories fits, and a tab
/// survives it.
pub const SERVER_FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A `subscribe` may say of so many topics where its client stood.
pub const SINCE_MAX: usize = 256;

/// A token may have this many bytes of visible ASCII: a JWT with the largest grants that are taken fits.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The close code for a client whose token is missing, refused, or expired for too long.
pub const CLOSE_UNAUTHORIZED: u16 = 4401;
/// The close code for a page whose origin, or a name of the server that it asked for, is not let in.
pub const CLOSE_FORBIDDEN: u16 = 4403;

/// Whether a text can be a token: 1 to [`TOKEN_BYTES_MAX`] bytes of visible ASCII.
#[must_use]
pub fn is_token(text: &str) -> bool {
    (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A client's or a server's name in a hello may have this many bytes of visible ASCII.
pub const PEER_NAME_BYTES_MAX: usize = 64;
