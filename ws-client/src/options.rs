//! How a bridge behaves, and why it cannot begin.

use std::fmt;

use crate::token::TokenSource;
use aimdb_core::Code;
use aimdb_peer::{ConflictError, Mirroring, OpenError, TopicTaken, session};

/// How a bridge behaves. Times are in milliseconds.
#[derive(Debug, Clone)]
pub struct Options {
    /// Patterns to follow from the start.
    pub subscribe_topics: Vec<String>,
    /// Whether values that topics have already are delivered on subscribing.
    pub late_join: bool,
    /// Whether to connect again by itself.
    pub auto_reconnect: bool,
    /// The shortest and the longest wait before a retry.
    pub retry_ms: (u64, u64),
    /// How many retries may fail in a row; `None` for ever more.
    pub retries_max: Option<u32>,
    /// So many writes may wait to be sent or answered.
    pub writes_pending_max: usize,
    /// What gets tokens for a server that asks for them.
    pub token: Option<TokenSource>,
    /// The client's name towards the server; `None` draws one.
    pub client: Option<String>,
    /// How records of these keys go together with the server; the others as [`Mirroring::by_default`] says.
    pub records: Vec<(String, Mirroring)>,
}

impl Default for Options {
    fn default() -> Self {
        let session = session::Options::default();
        Self {
            subscribe_topics: session.subscribe_topics,
            late_join: session.late_join,
            auto_reconnect: session.auto_reconnect,
            retry_ms: (session.retry_ms_min, session.retry_ms_max),
            retries_max: session.retries_max,
            writes_pending_max: session.writes_pending_max,
            token: None,
            client: session.client,
            records: Vec::new(),
        }
    }
}

impl Options {
    /// What of it the session wants to know.
    pub(crate) fn session(&self) -> session::Options {
        session::Options {
            subscribe_topics: self.subscribe_topics.clone(),
            late_join: self.late_join,
            auto_reconnect: self.auto_reconnect,
            retry_ms_min: self.retry_ms.0,
            retry_ms_max: self.retry_ms.1,
            retries_max: self.retries_max,
            writes_pending_max: self.writes_pending_max,
            asks_for_token: self.token.is_some(),
            client: self.client.clone(),
            ..session::Options::default()
        }
    }
}

/// Why a bridge cannot begin.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is none of a WebSocket, or of one that this program has no code for.
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An option cannot be used, or two records would have one topic.
    Open(OpenError),
    /// A bridge mirrors this database already.
    InUse,
    /// The database has no record of this key.
    UnknownRecord {
        /// The key.
        key: String,
    },
    /// The policy of a record for conflicts would do nothing.
    Conflict {
        /// The record's key.
        key: String,
        /// Why.
        error: ConflictError,
    },
}

impl ConnectError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => Code::UrlInvalid.as_str(),
            Self::Open(OpenError::Options(error)) => error.code(),
            Self::Open(OpenError::Topic(_)) => Code::TopicTaken.as_str(),
            Self::InUse => Code::BridgeInUse.as_str(),
            Self::UnknownRecord { .. } => Code::RecordUnknown.as_str(),
            Self::Conflict { .. } => Code::OptionsInvalid.as_str(),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, problem } => write!(out, "'{url}' {problem}"),
            Self::Open(error) => error.fmt(out),
            Self::InUse => out.write_str(
                "another bridge mirrors this database: end that one first, or subscribe through it",
            ),
            Self::UnknownRecord { key } => {
                write!(out, "there is no record '{key}': configure it first")
            }
            Self::Conflict { key, error } => write!(out, "record '{key}': {error}"),
        }
    }
}

impl std::error::Error for ConnectError {}

impl From<TopicTaken> for ConnectError {
    fn from(taken: TopicTaken) -> Self {
        Self::Open(OpenError::Topic(taken))
    }
}
