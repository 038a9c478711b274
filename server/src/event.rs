//! What the tasks of a server say to each other.
//!
//! Guarantees: every channel has a bound. Does not: decide anything.

use crate::hub::{ClientId, QueryAnswer, QueryToken, Refusal};
use aimdb_core::RuntimeAdapter;
use aimdb_tokio_adapter::TokioAdapter;
use axum::extract::ws::Utf8Bytes;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A record's door as the native runtime has it.
pub(crate) type Door = <TokioAdapter as RuntimeAdapter>::Door;

/// Events that wait for the hub; beyond it their senders wait. Each may be a message of the largest
/// size, so this also bounds what flooding clients can make the server hold.
pub(crate) const EVENTS_MAX: usize = 256;
/// Room beside a client's credit for pings.
const PINGS_MAX: usize = 4;

/// What the hub's task hears.
pub(crate) enum Event {
    /// A socket is open.
    Connected { client: ClientId, peer: Peer },
    /// A socket is gone.
    Disconnected { client: ClientId },
    /// A text frame came.
    Text { client: ClientId, text: Utf8Bytes },
    /// A binary frame came.
    Binary { client: ClientId },
    /// A pong of the WebSocket itself came.
    Alive { client: ClientId },
    /// A socket took frames.
    Drained { client: ClientId, frames: u32 },
    /// A record has a new value.
    Published {
        topic: Arc<str>,
        payload: Arc<str>,
        version: Option<u64>,
    },
    /// A record was faster than its publisher.
    Missed { topic: Arc<str>, missed: u64 },
    /// A query was looked up.
    QueryAnswered {
        token: QueryToken,
        answer: Result<QueryAnswer, Refusal>,
    },
    /// Somebody wants to know how the server is.
    Look { answer: oneshot::Sender<Look> },
}

/// What the hub's task keeps of a socket.
pub(crate) struct Peer {
    pub(crate) frames: mpsc::Sender<Outgoing>,
    pub(crate) close: oneshot::Sender<Closing>,
}

/// What a socket is to send.
pub(crate) enum Outgoing {
    Text(Arc<str>),
    Ping,
}

/// How a socket is to end.
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

/// How the server is.
pub(crate) struct Look {
    pub(crate) clients: usize,
    pub(crate) topics: usize,
    pub(crate) uptime_ms: u64,
}

/// The channel of a socket with room for its credit.
pub(crate) fn frame_channel(
    frames_in_flight_max: u32,
) -> (mpsc::Sender<Outgoing>, mpsc::Receiver<Outgoing>) {
    mpsc::channel(frames_in_flight_max as usize + PINGS_MAX)
}
