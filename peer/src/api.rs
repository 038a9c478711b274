//! What a driver and the machine tell each other, besides what a session's own inputs and effects say.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use aimdb_contracts::{Policy, Schema, Violation};
use aimdb_core::{BufferConfig, Code, Commit, Fields, RecordId, Write, WriteError};
use aimdb_ws_bridge::{self as session, OptionsError, WritePolicy};

use crate::policy::Conflict;

/// A session's number; one that has ended may be used again.
pub type SessionId = usize;

/// Which truth a record follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truth {
    /// A server's, where a session follows the record's topic or was given one for it; else its own.
    #[default]
    Auto,
    /// Its own: it never leaves this side, and nothing comes in.
    Local,
    /// A server's: writes go to the first session even where no pattern selects the topic.
    Mirror,
}

/// How a record and a server go together.
#[derive(Clone, Debug)]
pub struct Mirroring {
    /// The topic, where it does not follow from the key.
    pub topic: Option<String>,
    /// What becomes of its writes while they cannot be sent.
    pub offline: WritePolicy,
    /// Which truth it follows.
    pub truth: Truth,
    /// Which write stays, where two were made at once.
    pub conflict: Conflict,
    /// The driver brings values of older versions of the contract to this one before they come here.
    pub by_host: bool,
}

impl Mirroring {
    /// The topic follows from the key; a ring sends all that was written offline, the others the newest.
    #[must_use]
    pub fn by_default(buffer: BufferConfig) -> Self {
        let offline = match buffer {
            BufferConfig::SpmcRing { .. } => WritePolicy::Queue,
            BufferConfig::SingleLatest | BufferConfig::Mailbox => WritePolicy::Latest,
        };
        Self {
            topic: None,
            offline,
            truth: Truth::Auto,
            conflict: Conflict::Last,
            by_host: false,
        }
    }
}

/// The value of a frame, in whatever form the driver has it.
pub trait Payload {
    /// Reads it by a contract, from the version that its sender announced.
    ///
    /// # Errors
    /// Says where it breaks the contract.
    fn decode(
        &self,
        schema: &Schema,
        announced: Option<u32>,
        policy: Policy,
    ) -> Result<Fields, Box<Violation>>;

    /// Writes it to a record as flat numbers, where the driver has a short way for that; else nothing.
    fn accept_flat(
        &self,
        record: RecordId,
        policy: Policy,
        write: Write,
    ) -> Option<Result<Commit, WriteError>> {
        let _ = (record, policy, write);
        None
    }
}

/// A payload as JSON text.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(pub &'a str);

impl Payload for Text<'_> {
    fn decode(
        &self,
        schema: &Schema,
        announced: Option<u32>,
        policy: Policy,
    ) -> Result<Fields, Box<Violation>> {
        schema.decode_text_of_any_version(self.0, announced, policy)
    }
}

/// What to do, or what happened.
#[derive(Debug)]
pub struct Effect<'a> {
    /// The session that it is about.
    pub session: SessionId,
    /// The record that it is about, if there is one that this session mirrors.
    pub record: Option<RecordId>,
    /// What it is.
    pub action: Action<'a>,
}

/// See [`Effect`].
#[derive(Debug)]
pub enum Action<'a> {
    /// As the session says. Values were written, versions noted and records rolled back already: `Deliver`,
    /// `WriteTaken` and `PeerContracts` never come here.
    Session(session::Effect<'a>),
    /// The server has confirmed, for the first time over this connection, what the record shows.
    Confirmed,
    /// A value of the server breaks the record's contract; the record stays as it is.
    Refused(&'a WriteError),
    /// What was written here was not sent. Told once a record.
    Unsent {
        /// The record's key.
        key: &'a str,
        /// Why not.
        reason: Unsent,
    },
}

/// Why a local write was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// No session follows the record's topic, and it was given none.
    NotMirrored,
    /// It was written before there was a session.
    BeforeSession,
    /// So many were written faster than they were taken.
    Overrun {
        /// How many.
        missed: u64,
    },
    /// The record's policy for conflicts cannot hold: its server does not judge.
    ConflictUnsupported,
}

impl Unsent {
    /// A stable code for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ConflictUnsupported => Code::ConflictUnsupported.as_str(),
            _ => Code::WriteNotSent.as_str(),
        }
    }

    /// A stable word for programs: the reason that goes with the code.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotMirrored => "not_mirrored",
            Self::BeforeSession => "before_session",
            Self::Overrun { .. } => "overrun",
            Self::ConflictUnsupported => "conflict_unsupported",
        }
    }
}

impl fmt::Display for Unsent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMirrored => out.write_str(
                "it was written and not sent: no session follows its topic; subscribe to it, give it a topic, \
                 or say that it is local",
            ),
            Self::BeforeSession => out.write_str(
                "what was written before the session began was not sent: write it again, or connect first",
            ),
            Self::ConflictUnsupported => out.write_str(
                "it was written and not sent: the server is too old to judge conflicts, so the record's policy cannot \
                 hold; update the server, or let the last write win",
            ),
            Self::Overrun { missed } => write!(
                out,
                "{missed} writes were not sent: they came faster than they were taken"
            ),
        }
    }
}

/// Two records cannot have one topic in a session: a value of it would have two places to go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicTaken {
    /// The record that was to have it.
    pub record: String,
    /// The topic.
    pub topic: String,
    /// The record that has it.
    pub by: String,
}

impl fmt::Display for TopicTaken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, topic, by } = self;
        write!(
            out,
            "record '{record}': the topic '{topic}' is that of record '{by}' already; give one of them another"
        )
    }
}

impl core::error::Error for TopicTaken {}

/// Why a session cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// An option cannot be used.
    Options(OptionsError),
    /// Two records would have one topic.
    Topic(TopicTaken),
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(error) => error.fmt(out),
            Self::Topic(error) => error.fmt(out),
        }
    }
}

impl core::error::Error for OpenError {}
