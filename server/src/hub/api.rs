//! What goes into the hub and what comes out of it.
//!
//! Guarantees: both enums are closed; each doc line says who reports or performs it.
//! Does not: decide anything.

use super::QUERY_BYTES_MAX;
use super::frame::Frame;
use aimdb_contracts::{Schema, Violation};
use aimdb_ws_protocol::{Condition, ErrorCode, Pattern, QueryRecord, Raw, ServerFrame, TopicError};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A connection, numbered by the root: a place, used again when it is free, and a number that tells apart those who
/// have it one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

impl ClientId {
    /// The connection that has a place for the `turn`th time.
    #[must_use]
    pub fn at(place: u32, turn: u32) -> Self {
        Self(u64::from(turn) << 32 | u64::from(place))
    }

    /// Its place: those of all connections at a time are small numbers.
    #[must_use]
    pub fn place(self) -> u32 {
        // The lower half.
        self.0 as u32
    }
}

/// A write that waits for the root's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteToken(pub u64);

/// A query that waits for the root's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryToken(pub u64);

/// How values of a topic move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicKind {
    /// Only the newest counts; a slow client may miss what was in between.
    Latest,
    /// Each value counts; what a slow client misses is counted.
    Ring,
    /// A command slot: only the newest counts, and who comes late gets none that came before.
    Mailbox,
}

impl TopicKind {
    /// The buffer's name, as records are configured with it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Latest => "SingleLatest",
            Self::Ring => "SpmcRing",
            Self::Mailbox => "Mailbox",
        }
    }
}

/// A topic as the root registers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// The topic.
    pub name: String,
    /// The name of its contract.
    pub schema_type: Option<String>,
    /// What it is about.
    pub entity: Option<String>,
    /// How its values move.
    pub kind: TopicKind,
    /// Whether clients may write to it.
    pub writable: bool,
}

/// Topics that come with their first write.
#[derive(Debug, Clone)]
pub struct TopicTemplate {
    /// The topics.
    pub pattern: Pattern,
    /// The name of their contract.
    pub schema_type: String,
    /// How their values move.
    pub kind: TopicKind,
    /// So many may be there at a time.
    pub topics_max: usize,
}

impl TopicSpec {
    /// A topic to read, without a contract's name.
    #[must_use]
    pub fn new(name: &str, kind: TopicKind) -> Self {
        Self {
            name: name.into(),
            schema_type: None,
            entity: None,
            kind,
            writable: false,
        }
    }
}

/// The write that caused a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The connection over which it came.
    pub client: ClientId,
    /// The name of its client, if it said hello: it may have come back over another connection.
    pub name: Option<Arc<str>>,
    /// The write's id, when the client gave one.
    pub write: Option<u64>,
}

impl Cause {
    /// A write of a client that came before the hub began.
    #[must_use]
    pub fn earlier(name: Arc<str>, write: u64) -> Self {
        Self {
            client: ClientId(u64::MAX),
            name: Some(name),
            write: Some(write),
        }
    }

    /// Who wrote it and the number that it had there, if it had one.
    #[must_use]
    pub fn by(&self) -> Option<(Arc<str>, u64)> {
        Some((self.name.clone()?, self.write?))
    }
}

/// What tells a write from all others, and a repeat of it from another write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteHead {
    /// The name of its client.
    pub client: Arc<str>,
    /// Counts those who wrote under the name, one after the other.
    pub epoch: u64,
    /// Its number.
    pub id: u64,
    /// Of its topic and its value as they came.
    pub digest: u64,
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken {
        /// The number of its value within its topic, where the root gives numbers.
        seq: Option<u64>,
    },
    /// It was refused.
    Refused(Refusal),
}

/// What is kept of a client's writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub client: Arc<str>,
    /// The epoch of its last write.
    pub epoch: u64,
    /// The number of its last write.
    pub last: u64,
    /// It has the answers up to this number.
    pub settled: u64,
    /// Writes with the answers that it may still ask for: number, digest, outcome.
    pub lines: Vec<(u64, u64, Outcome)>,
}

/// What a root that keeps values has given one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its number within its topic, above all before it.
    pub seq: u64,
    /// When it was first published, in Unix milliseconds.
    pub ts: u64,
}

/// Why something was refused, as it goes to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// One of the six codes.
    pub code: ErrorCode,
    /// A finer, stable code in snake_case.
    pub reason: String,
    /// A sentence for a person.
    pub message: String,
    /// How the value breaks its contract, where that is why.
    pub violation: Option<Box<Breach>>,
    /// The value that a write lost against. It is told once; who asks again is told of what is there then.
    pub winner: Option<Winner>,
}

/// The value that a write lost against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Winner {
    /// It as JSON text.
    pub payload: Arc<str>,
    /// Its number within the topic, where it has one yet.
    pub seq: Option<u64>,
}

/// How a value breaks its contract, in the parts that are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// A stable code in snake_case.
    pub code: Cow<'static, str>,
    /// The field; empty for the value as a whole.
    pub path: String,
    /// What the contract asks for.
    pub expected: String,
    /// What came, shortened.
    pub got: String,
}

impl From<&Violation> for Breach {
    fn from(violation: &Violation) -> Self {
        Self {
            code: violation.reason.as_str().into(),
            path: violation.path.clone(),
            expected: violation.expected.clone(),
            got: violation.got.clone(),
        }
    }
}

impl Refusal {
    /// Puts a refusal together.
    pub fn new(code: ErrorCode, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            message: message.into(),
            violation: None,
            winner: None,
        }
    }

    /// The same as it is kept: values are not kept twice.
    #[must_use]
    pub fn without_winner(&self) -> Self {
        Self {
            winner: None,
            ..self.clone()
        }
    }

    /// The same with the parts of what the contract said.
    #[must_use]
    pub fn with_violation(mut self, violation: &Violation) -> Self {
        self.violation = Some(Box::new(Breach::from(violation)));
        self
    }
}

/// One value of a topic's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRecord {
    /// The topic.
    pub topic: Arc<str>,
    /// The value as JSON text.
    pub payload: Arc<str>,
    /// When it was published, in Unix milliseconds.
    pub ts: u64,
}

/// What the root found for a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryAnswer {
    /// The records, in any order.
    pub records: Vec<HistoryRecord>,
    /// How many there were before the limit.
    pub total: u64,
}

impl QueryAnswer {
    /// The frame that answers a request: the newest records that fit, ascending by time.
    #[must_use]
    pub fn encode(mut self, request: &str) -> String {
        self.records.sort_by_key(|record| record.ts);
        let mut bytes = 0;
        let size = |record: &HistoryRecord| record.topic.len() + record.payload.len() + 64;
        let fitting = self.records.iter().rev().take_while(|record| {
            bytes += size(record);
            bytes <= QUERY_BYTES_MAX
        });
        let skipped = self.records.len() - fitting.count();
        let records = self.records[skipped..].iter().map(|record| QueryRecord {
            topic: Cow::Borrowed(&*record.topic),
            payload: Raw::known(&record.payload),
            ts: record.ts,
        });
        let (id, records, total) = (Cow::Borrowed(request), records.collect(), self.total);
        ServerFrame::QueryResult { id, records, total }.encode()
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// A contract is known from now on: topics name it, clients may ask for it, and who holds an older version
    /// is understood and answered in that.
    RegisterContract(Arc<Schema>),
    /// Topics of a pattern come with their first write, from now on. Templates are numbered from 0.
    Template(TopicTemplate),
    /// A topic exists from now on.
    Register(TopicSpec),
    /// A topic's numbers go on behind this one; said before its first value.
    Begin {
        /// The topic.
        topic: &'a str,
        /// The number.
        seq: u64,
    },
    /// A topic of a template was there before the hub began.
    Revive {
        /// The topic.
        topic: &'a str,
    },
    /// A topic is no more: who follows it is told.
    Unregister {
        /// The topic.
        topic: &'a str,
    },
    /// Clients may write to a registered topic from now on.
    AllowWrites {
        /// The topic.
        topic: &'a str,
    },
    /// A socket is open.
    Connected {
        /// Its new number.
        client: ClientId,
    },
    /// It is known who a client is: said right after `Connected`, if at all.
    Identified {
        /// The client.
        client: ClientId,
        /// Its name for the [`Permit`](super::Permit).
        who: Arc<str>,
    },
    /// A client has brought a token with its request for a socket: said right after `Connected`, if at all.
    Shown {
        /// The client.
        client: ClientId,
        /// The token.
        token: &'a str,
    },
    /// A socket is gone.
    Disconnected {
        /// Whose.
        client: ClientId,
    },
    /// A client sent a text frame.
    Frame {
        /// Who.
        client: ClientId,
        /// What.
        text: &'a str,
    },
    /// A client sent a binary frame, which the protocol does not have.
    BinaryFrame {
        /// Who.
        client: ClientId,
    },
    /// A client gave other signs of life: pings and pongs of the WebSocket itself, or pieces of a message.
    Alive {
        /// Who.
        client: ClientId,
        /// How many.
        count: u32,
    },
    /// A client's socket has taken frames.
    Drained {
        /// Whose.
        client: ClientId,
        /// How many.
        frames: u32,
        /// How many bytes they had together.
        bytes: usize,
    },
    /// A topic has a new value.
    Published {
        /// The topic.
        topic: &'a str,
        /// The value as JSON text. It goes into frames as it is, so it has to be one JSON value: nobody reads it again.
        payload: Arc<str>,
        /// The write that caused it, if one did.
        cause: Option<Cause>,
        /// Its number and time, where the root keeps values; else it gets the next number, and its time is now.
        stamp: Option<Stamp>,
    },
    /// Values of a topic were overtaken before they could be published. Followers of a ring count
    /// them as missed.
    Missed {
        /// The topic.
        topic: &'a str,
        /// How many.
        missed: u64,
    },
    /// A write was taken or refused.
    WriteAnswered {
        /// Which.
        token: WriteToken,
        /// How.
        answer: Outcome,
    },
    /// What was kept of a client's writes before the hub began; said before any client is there.
    Recall(Account),
    /// A query was answered or refused.
    QueryAnswered {
        /// Which.
        token: QueryToken,
        /// How: the frame that [`QueryAnswer::encode`] makes, so that this work is the root's to place.
        answer: Result<String, Refusal>,
    },
    /// The deadline of the last `WakeAt` has come.
    Timer,
    /// The server stops: all clients are closed, later ones are turned away.
    Shutdown,
}

/// What to do, in this order.
#[derive(Debug, Clone)]
pub enum Effect<'a> {
    /// Give a text frame to a client's socket.
    Send {
        /// Whose.
        client: ClientId,
        /// The frame, shared by all clients that get the same bytes.
        frame: Frame,
    },
    /// Close a client's socket, after what was sent.
    Close {
        /// Whose.
        client: ClientId,
        /// The close code.
        code: u16,
        /// The words that go with it.
        reason: &'static str,
    },
    /// Send a ping of the WebSocket itself.
    PingSocket {
        /// To whom.
        client: ClientId,
    },
    /// A write has come for a topic of a template: make its record, before the write that follows.
    Open {
        /// The topic.
        topic: Arc<str>,
        /// The template's number.
        template: usize,
    },
    /// Check a write against its contract, apply it, and answer it.
    Write {
        /// Its number for the answer.
        token: WriteToken,
        /// The topic: registered and writable.
        topic: Arc<str>,
        /// The value as JSON text.
        payload: &'a str,
        /// The version of the contract that the client holds, where it is older than the topic's.
        announced: Option<u32>,
        /// What a value published because of it carries.
        cause: Cause,
        /// On what condition it is taken. `server` stands in it only if that is not this one.
        condition: Option<Condition<'a>>,
        /// The last number of the topic as clients were told it.
        seq: u64,
        /// What tells it from others, for who keeps that together with the value; nothing from a client that has
        /// not said hello.
        head: Option<WriteHead>,
    },
    /// A write was refused before the root had to do with it: nothing to do but to keep that, behind the writes that came
    /// before, or a root that begins again between the two takes those for answered.
    Refused {
        /// Which.
        head: WriteHead,
        /// How.
        refusal: &'a Refusal,
    },
    /// A client has the answers to its writes up to this number: what is kept of them is needed no more.
    Settled {
        /// Who.
        client: Arc<str>,
        /// The number.
        id: u64,
    },
    /// Writes of a client's earlier epochs are refused from now on.
    Fenced {
        /// Who.
        client: Arc<str>,
        /// The epoch.
        epoch: u64,
    },
    /// Nothing is kept of a client any more: others needed the room, and it was owed nothing.
    Forgotten {
        /// Who.
        client: Arc<str>,
    },
    /// Look up history and answer with it.
    Query {
        /// Its number for the answer.
        token: QueryToken,
        /// The request's name, for the answer.
        request: &'a str,
        /// The topics that the pattern selects.
        topics: &'a [Arc<str>],
        /// Not before this Unix millisecond.
        from: Option<u64>,
        /// Not after this Unix millisecond.
        to: Option<u64>,
        /// At most so many records a topic, the newest ones.
        limit: u64,
    },
    /// Nobody waits for the answer to a query any more: it need not be looked up, and not be answered.
    Abandon {
        /// Its number.
        token: QueryToken,
    },
    /// Report `Timer` at this time; replaces the earlier deadline.
    WakeAt {
        /// The deadline.
        at_ms: u64,
    },
    /// The root has asked for something impossible; a defect to log.
    Fault(Fault),
}

/// A mistake of the root.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A topic's name is none.
    TopicName {
        /// The name.
        topic: String,
        /// What is wrong with it.
        error: TopicError,
    },
    /// A topic was registered twice.
    TopicRepeated {
        /// The name.
        topic: String,
    },
    /// There are too many topics.
    TooManyTopics {
        /// The name of the one too many.
        topic: String,
    },
    /// Something was said of a topic that was not registered.
    UnknownTopic {
        /// The name.
        topic: String,
    },
    /// A value is larger than [`crate::hub::VALUE_BYTES_MAX`].
    TooLarge {
        /// The topic.
        topic: String,
        /// Its size.
        bytes: usize,
    },
    /// A client holds another contract under the same name and version.
    ContractMismatch {
        /// The contract's name.
        name: String,
        /// Its version.
        version: u64,
    },
    /// A topic that was there before cannot be there again.
    NotRevived {
        /// The topic.
        topic: String,
        /// Why not.
        why: String,
    },
    /// An answer has a token that does not wait.
    UnknownToken {
        /// The token.
        token: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TopicName { topic, error } => write!(out, "cannot register `{topic}`: {error}"),
            Self::TopicRepeated { topic } => write!(out, "`{topic}` is registered already"),
            Self::TooManyTopics { topic } => {
                write!(
                    out,
                    "cannot register `{topic}`: too many topics; raise topics_max"
                )
            }
            Self::UnknownTopic { topic } => write!(out, "`{topic}` is not registered"),
            Self::TooLarge { topic, bytes } => {
                write!(
                    out,
                    "a value of `{topic}` has {bytes} bytes, which is too large"
                )
            }
            Self::ContractMismatch { name, version } => write!(
                out,
                "a client holds another contract under the name {name}, version {version}: what the two \
                 sides take differs"
            ),
            Self::NotRevived { topic, why } => write!(
                out,
                "`{topic}` was there before the server stopped, and cannot be again: {why}"
            ),
            Self::UnknownToken { token } => write!(out, "nothing waits for the answer {token}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Where effects go.
pub(super) type Emit<'e> = &'e mut dyn FnMut(Effect<'_>);
