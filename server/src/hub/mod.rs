//! The hub: who follows which topic, what each client still has to get, and which writes wait for
//! their answer, as one state machine without I/O.
//!
//! Guarantees: a follower gets a snapshot before newer data, except of a mailbox, whose commands are
//! not handed out a second time; the newest value of a latest-value topic always arrives, however
//! slow the client; of a ring topic everything arrives or is counted as a gap; each write and each
//! request is answered; nobody does what the
//! [`Permit`] or its token does not allow, and who must show a token learns nothing without one; every queue has a bound; one encoded text is shared by all clients whose
//! bytes are equal. Does not: check payloads against contracts, authenticate, open sockets or read
//! clocks; the root does.
//!
//! ```
//! use aimdb_server::hub::{ClientId, Effect, Hub, Input, Limits, TopicKind, TopicSpec};
//! let mut hub = Hub::new(Limits::default(), "instance-1")?;
//! let client = ClientId(1);
//! let mut sent = Vec::new();
//! let mut emit = |effect: Effect<'_>| {
//!     if let Effect::Send { frame, .. } = effect {
//!         sent.extend(frame.texts().map(str::to_owned));
//!     }
//! };
//! hub.handle(Input::Register(TopicSpec::new("a/b", TopicKind::Latest)), 0, &mut emit);
//! hub.handle(Input::Published { topic: "a/b", payload: "1".into(), cause: None, stamp: None }, 0, &mut emit);
//! hub.handle(Input::Connected { client }, 1, &mut emit);
//! let text = r#"{"type":"subscribe","topics":["a/#"]}"#;
//! hub.handle(Input::Frame { client, text }, 2, &mut emit);
//! assert_eq!(sent[0], r#"{"type":"subscribed","topics":["a/#"]}"#);
//! assert_eq!(sent[1], r#"{"type":"snapshot","topic":"a/b","payload":1,"seq":1}"#);
//! # Ok::<(), aimdb_server::hub::LimitsError>(())
//! ```
//!
//! # What a root must keep to
//! - Inputs are taken one by one; when a handful of them is taken, [`Hub::turn`] gives what clients get because of
//!   all of them. [`Hub::handle`] does both for a single one.
//! - While [`Hub::is_working`], [`Hub::work`] does a slice of it, and the next frame of a client that
//!   [is busy](Hub::is_busy) waits with the root.
//! - `Send` gives a frame to a client's socket; `Drained` says how many of those the socket has
//!   taken. Without `Drained` a client gets no more than [`Limits::frames_in_flight_max`] frames.
//! - After `Close` or `Disconnected` a client's id is not used again.
//! - Each `Write` is answered by one `WriteAnswered` with its token, each `Query` by one
//!   `QueryAnswered`, at once or later. A root that keeps what is written keeps the write's head with it, and the
//!   heads of `Refused`, `Settled` and `Forgotten`, and gives them back with `Recall`.
//! - A record that a write changed is published with the write's `cause`.
//! - `now_ms` is Unix time (it becomes `ts`) and never runs backwards: anchor a monotonic clock.

mod api;
mod bucket;
mod client;
mod clients;
mod conflict;
mod contracts;
mod frame;
mod gate;
mod grants;
mod job;
mod ledger;
mod limits;
mod machine;
mod permit;
mod topic;

pub use api::{
    Account, Breach, Cause, ClientId, Effect, Fault, HistoryRecord, Input, Outcome, QueryAnswer,
    QueryToken, Refusal, Stamp, TopicKind, TopicSpec, TopicTemplate, Winner, WriteHead, WriteToken,
};
pub use conflict::{AHEAD_MS_MAX, Contender, Present, judge, superseded};
pub use frame::Frame;
pub(crate) use frame::push_length;
pub use gate::{Denial, Gate, Pass};
pub use grants::{GRANT_PATTERNS_MAX, Grants};
pub use limits::{Limits, LimitsError};
pub use machine::{Hub, Totals};
pub use permit::{Action, Permit};

/// A published value may have this many bytes of JSON.
pub const VALUE_BYTES_MAX: usize = 1024 * 1024;
/// A query's answer may have this many bytes of records; the oldest are left out beyond it.
pub const QUERY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// So many answers are kept for a client that says which of them it has; beyond it, it is to say so first.
pub const LEDGER_LINES_MAX: usize = 4_096;
/// So many answers are kept for a client that never says.
pub const UNCHAINED_LINES_MAX: usize = 256;
/// So many refusals are kept in full, those of all clients together; of older ones it is known that they were some.
pub const REFUSALS_ALL_MAX: usize = 16_384;
/// A write that came too soon is waited for so long, before later ones of its connection are taken without it.
pub const PUT_OFF_MS_MAX: u64 = 30_000;
/// A client that must show a token has so long for it.
pub const AUTH_WITHIN_MS: u64 = 10_000;
/// A client whose token has expired keeps its connection for so long, to renew it there.
pub const AUTH_GRACE_MS: u64 = 60_000;
/// So many client names of one subject may have writes that are kept; beyond it the one that was used least recently and
/// is owed nothing goes.
pub const SUBJECT_NAMES_MAX: usize = 1_024;
/// A client that was refused so many frames for its rate, before it came to rest for as long as its
/// burst takes to be whole again, is closed.
pub const RATE_REFUSALS_MAX: u32 = 1_000;
/// The close code for a server that stops, and most likely comes back.
pub const CLOSE_RESTART: u16 = 1012;
/// The close code for a client that is not heard of.
pub const CLOSE_GOING_AWAY: u16 = 1001;
/// The close code for a client that breaks a limit for good.
pub const CLOSE_POLICY: u16 = 1008;
/// The close code for a server that is full.
pub const CLOSE_TRY_LATER: u16 = 1013;
