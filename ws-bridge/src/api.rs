//! What goes into the machine and what comes out of it.
//!
//! Guarantees: both enums are closed; each doc line says who reports or performs it.
//! Does not: decide anything.

use crate::entry::Entry;
use crate::error::BridgeError;
use crate::source::Source;
pub use crate::write::{Now, WriteId, WritePolicy};
use aimdb_core::Code;
use aimdb_ws_protocol::{
    ErrorCode, FrameError, HeldContract, QueryRecord, Raw, ServerFrame, TopicError, TopicInfo,
    WireError, WireViolation,
};

/// A request's number, chosen by the caller; unique among those that wait for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What happened.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// Begin the session, or begin again after `disconnected`.
    Start,
    /// The socket is open.
    SocketOpened,
    /// The socket has closed.
    SocketClosed {
        /// The close code.
        code: u16,
        /// The peer's words.
        reason: &'a str,
    },
    /// The socket could not be opened or broke without a close.
    SocketFailed,
    /// A `data` or `snapshot` frame came. Its payload stays with the driver, who writes it where `Deliver` says.
    Value(ValueHead<'a>),
    /// Any other frame came, or one that cannot be read.
    Frame(Result<ServerFrame<'a>, FrameError>),
    /// The driver has done so many of the `Store` and `Unstore` that it was told, in their order: what it has outlives
    /// the program.
    Stored {
        /// How many since the last such input.
        count: usize,
    },
    /// It could not do so many of them.
    NotStored {
        /// How many since the last such input.
        count: usize,
    },
    /// The deadline of the last `WakeAt` has come.
    Timer,
    /// The system says that the network is back.
    NetworkOnline,
    /// The system says that the network is gone (loopback may still work).
    NetworkOffline,
    /// The page is in front of the user again.
    PageVisible,
    /// Follow these patterns; known ones get a fresh snapshot.
    Subscribe(&'a [&'a str]),
    /// Follow these patterns no more.
    Unsubscribe(&'a [&'a str]),
    /// Give a topic a value.
    Write {
        /// The topic.
        topic: &'a str,
        /// The value, as whoever writes has checked or made it: a tab needs no reader of JSON for it.
        payload: Raw<'a>,
        /// What to do while it cannot be sent.
        policy: WritePolicy,
        /// The record that it was committed to, with the value, if any.
        source: Option<Source>,
    },
    /// The contracts of the records that are mirrored, from now on: told to the server, so that each side
    /// knows which versions the other holds.
    Hold(&'a [HeldContract<'a>]),
    /// Ask for contracts by name.
    Contracts {
        /// The caller's number for it.
        request: RequestId,
        /// The names, at most [`CONTRACTS_ASKED_MAX`](aimdb_ws_protocol::CONTRACTS_ASKED_MAX).
        names: &'a [&'a str],
    },
    /// Ask which topics there are.
    ListTopics {
        /// The caller's number for it.
        request: RequestId,
    },
    /// Ask for history.
    Query {
        /// The caller's number for it.
        request: RequestId,
        /// Which topics.
        pattern: &'a str,
        /// Not before this Unix millisecond.
        from: Option<u64>,
        /// Not after this Unix millisecond.
        to: Option<u64>,
        /// At most so many records a topic.
        limit: Option<u64>,
    },
    /// End the session: what waits is dropped with a report.
    Disconnect,
}

/// A value of a topic as a frame brings it, without the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueHead<'a> {
    /// The topic.
    pub topic: &'a str,
    /// How it comes.
    pub kind: DeliveryKind,
    /// When the server dispatched it, in Unix milliseconds.
    pub ts: Option<u64>,
    /// Its number within the topic.
    pub seq: Option<u64>,
    /// How many values of the topic the server left out before it.
    pub gap: Option<u64>,
    /// The number of this client's write that caused it.
    pub by: Option<u64>,
    /// Whether there is a value at all.
    pub full: bool,
}

impl<'a> ValueHead<'a> {
    /// The head and the payload of a `data` or `snapshot` frame; nothing of another.
    #[must_use]
    pub fn of(frame: &'a ServerFrame<'_>) -> Option<(Self, Option<Raw<'a>>)> {
        let (topic, payload, seq, kind, ts, gap, by) = match frame {
            ServerFrame::Data {
                topic,
                payload,
                ts,
                seq,
                gap,
                by,
            } => (
                topic,
                payload,
                seq,
                DeliveryKind::Data,
                Some(*ts),
                *gap,
                *by,
            ),
            ServerFrame::Snapshot {
                topic,
                payload,
                seq,
                by,
            } => (topic, payload, seq, DeliveryKind::Snapshot, None, None, *by),
            _ => return None,
        };
        let head = Self {
            topic,
            kind,
            ts,
            seq: *seq,
            gap,
            by,
            full: payload.is_some(),
        };
        Some((head, *payload))
    }
}

/// The state of the session as a person should see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The first connection is being opened.
    Connecting,
    /// The server has answered.
    Connected,
    /// No connection, and none is tried.
    Disconnected,
    /// The connection is lost, or was never reached, and is tried again.
    Reconnecting,
}

impl Status {
    /// The status as the JS surface spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Reconnecting => "reconnecting",
        }
    }
}

/// How a value came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// The current value, on subscribing.
    Snapshot,
    /// A new value.
    Data,
}

/// Why a write was dropped on this side.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The topic is none.
    InvalidTopic(TopicError),
    /// The frame would be beyond its size limit.
    TooLarge {
        /// The frame's size.
        bytes: usize,
    },
    /// The queue is full.
    QueueFull,
    /// A newer `Latest` write of the topic took its place.
    Superseded,
    /// Its time is over.
    Expired,
    /// There is no connection, and the policy was to reject.
    Offline,
    /// The device that keeps writes has no room for it, or does not work.
    NotStored,
    /// The session was ended before it was sent.
    Disconnected,
}

impl DropReason {
    /// A stable word for programs: the reason of an outcome.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidTopic(error) => error.reason(),
            Self::TooLarge { .. } => "too_large",
            Self::QueueFull => "queue_full",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Offline => "offline",
            Self::NotStored => "not_stored",
            Self::Disconnected => "disconnected",
        }
    }
}

/// Why nobody knows whether the server took a write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownReason<'a> {
    /// The connection was lost before the answer came, and the policy was to reject, or the next server takes no frame
    /// of its size.
    ConnectionLost,
    /// The session was ended before the answer came.
    Disconnected,
    /// No answer came in time over a connection that lives.
    Unanswered,
    /// The connection was lost before the answer came, and then its time was over.
    Expired,
    /// Each time it was sent, the other end closed the connection; see [`crate::WRITE_TRIES_MAX`].
    Closed {
        /// The last close code.
        code: u16,
        /// The other end's words.
        reason: &'a str,
    },
    /// The server has had it, and does not keep its answer any more.
    Forgotten,
    /// Somebody who came later writes under the client's name: whoever that is sends it, or has.
    Fenced,
}

impl UnknownReason<'_> {
    /// A stable word for programs: the reason of an outcome.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::Disconnected => "disconnected",
            Self::Unanswered => "unanswered",
            Self::Expired => "expired",
            Self::Closed { .. } => "closed_by_server",
            Self::Forgotten => "forgotten",
            Self::Fenced => "fenced",
        }
    }
}

/// A refusal with all that the server says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// One of the six codes.
    pub code: ErrorCode,
    /// A finer code, when the server gives one.
    pub reason: Option<&'a str>,
    /// A sentence for a person.
    pub message: &'a str,
    /// How the value breaks its contract, where that is why.
    pub violation: Option<&'a WireViolation<'a>>,
}

impl<'a> From<&'a WireError<'_>> for Refusal<'a> {
    fn from(error: &'a WireError<'_>) -> Self {
        Self {
            code: error.code,
            reason: error.reason.as_deref(),
            message: &error.message,
            violation: error.violation.as_ref(),
        }
    }
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The server took it and said so.
    Acknowledged,
    /// It was handed to a published server, which never says whether it took it; a refusal may
    /// still come as [`BridgeError::Server`] with the topic.
    Sent,
    /// The server refused it.
    Refused(Refusal<'a>),
    /// It never reached the server.
    Dropped(DropReason),
    /// It was handed over, and nobody knows whether the server took it.
    Unknown(UnknownReason<'a>),
}

/// Why a request got no result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestFailure<'a> {
    /// No answer came in time.
    Timeout,
    /// The session was ended.
    Disconnected,
    /// The server does not know such requests.
    Unsupported,
    /// [`crate::REQUESTS_MAX`] requests wait already.
    TooMany,
    /// A request with the same number waits already.
    Repeated,
    /// The pattern is none.
    Pattern(TopicError),
    /// Each time it was asked, the other end closed the connection.
    Closed {
        /// The last close code.
        code: u16,
        /// The other end's words.
        reason: &'a str,
    },
    /// The server refused it.
    Refused(Refusal<'a>),
}

impl RequestFailure<'_> {
    /// A stable code for programs. What the session would not or could not ask is `REQUEST_INVALID`, for a finer
    /// [`reason`](Self::reason).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout => Code::RequestTimeout.as_str(),
            Self::Disconnected => Code::Disconnected.as_str(),
            Self::Unsupported => Code::RequestUnsupported.as_str(),
            Self::Refused(_) => Code::RequestRefused.as_str(),
            Self::TooMany | Self::Repeated | Self::Pattern(_) | Self::Closed { .. } => {
                Code::RequestInvalid.as_str()
            }
        }
    }

    /// The finer why, as a stable word.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Disconnected => "disconnected",
            Self::Unsupported => "unsupported",
            Self::TooMany => "too_many_requests",
            Self::Repeated => "repeated_request",
            Self::Pattern(error) => error.reason(),
            Self::Closed { .. } => "closed_by_server",
            Self::Refused(_) => "refused",
        }
    }
}

/// What to do, in this order.
#[derive(Debug, Clone)]
pub enum Effect<'a> {
    /// Open a new socket.
    Open {
        /// Counted from 1 since the last connection that worked.
        attempt: u32,
    },
    /// Close the socket and report nothing of it any more.
    Close {
        /// The close code.
        code: u16,
        /// The words that go with it.
        reason: &'static str,
    },
    /// Send a text frame.
    Send(&'a str),
    /// Keep a write, in the place of what is kept under its number, and say so by `Stored`. Only where the session was
    /// told that its driver does.
    Store(&'a Entry),
    /// A write has ended: keep it no more, and say so by `Stored`. `WriteSettled` tells the application.
    Unstore {
        /// The write.
        entry: &'a Entry,
        /// How it ended: what came to nothing may be worth a look later.
        outcome: &'a Outcome<'a>,
    },
    /// A write is kept: it outlives the program.
    WriteStored {
        /// Its number.
        write: WriteId,
        /// The topic.
        topic: &'a str,
    },
    /// Report `Timer` at this time; replaces the earlier deadline.
    WakeAt {
        /// The deadline, in the zero of `now_ms`.
        at_ms: u64,
    },
    /// The status has changed.
    Status(Status),
    /// The value that just came is to be written: it is followed, and newer than what was delivered before.
    Deliver {
        /// The topic.
        topic: &'a str,
        /// How it came.
        kind: DeliveryKind,
        /// When the server dispatched it, in Unix milliseconds.
        ts: Option<u64>,
        /// Its number within the topic.
        seq: Option<u64>,
        /// The write of this session that caused it, where the server says so.
        by: Option<WriteId>,
    },
    /// Values of a topic were missed just before the next one.
    Lagged {
        /// The topic.
        topic: &'a str,
        /// How many.
        missed: u64,
    },
    /// The last `Write` has this number; comes before anything else about it.
    WriteTaken {
        /// The write.
        write: WriteId,
        /// Its topic.
        topic: &'a str,
    },
    /// A write has ended, once and for all.
    WriteSettled {
        /// The write.
        entry: &'a Entry,
        /// How it ended.
        outcome: Outcome<'a>,
    },
    /// The server has answered the hello: it holds these of the contracts that it was told.
    PeerContracts(&'a [HeldContract<'a>]),
    /// The server at the other end is another instance than the one before: its numbers begin anew.
    Restarted,
    /// A topic is no more: the server has no record of it.
    Gone {
        /// The topic.
        topic: &'a str,
    },
    /// The answer to `Contracts`.
    ContractList {
        /// The caller's number.
        request: RequestId,
        /// The contract files.
        contracts: &'a [Raw<'a>],
    },
    /// The answer to `ListTopics`.
    TopicList {
        /// The caller's number.
        request: RequestId,
        /// The topics.
        topics: &'a [TopicInfo<'a>],
    },
    /// The answer to `Query`.
    QueryResult {
        /// The caller's number.
        request: RequestId,
        /// The records, ascending by time.
        records: &'a [QueryRecord<'a>],
        /// How many there were before the limit.
        total: u64,
    },
    /// A request got no result.
    RequestFailed {
        /// The caller's number.
        request: RequestId,
        /// Why.
        failure: RequestFailure<'a>,
    },
    /// Something went wrong that belongs to no write and no request; the session goes on unless
    /// a status says otherwise.
    Error(BridgeError<'a>),
}

/// Where effects go.
pub(crate) type Emit<'e> = &'e mut dyn FnMut(Effect<'_>);
