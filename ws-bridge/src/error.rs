//! What can go wrong in a session besides writes and requests.
//!
//! Guarantees: each error has a stable code and a sentence a person can act on.
//! Does not: end the session; a status says when it ends.

use aimdb_core::Code;
use aimdb_ws_protocol::{FrameError, TopicError, WireError};
use alloc::boxed::Box;
use core::fmt;

/// Something went wrong that belongs to no write and no request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BridgeError<'a> {
    /// A frame of the server cannot be read; it was skipped.
    Frame(FrameError),
    /// A subscription is not a pattern; it was skipped.
    Pattern {
        /// What was asked for.
        pattern: &'a str,
        /// What is wrong with it.
        error: TopicError,
    },
    /// There are [`crate::SUBSCRIPTIONS_MAX`] subscriptions already; this one was skipped.
    TooManySubscriptions {
        /// What was asked for.
        pattern: &'a str,
    },
    /// The server reports an error about no write and no request that waits.
    Server(Box<WireError<'a>>),
    /// The server closed the connection for a reason.
    Closed {
        /// The close code.
        code: u16,
        /// The server's words.
        reason: &'a str,
    },
    /// The server has not answered a ping; the connection was given up.
    PeerSilent,
    /// The first attempt to connect failed; reported once until a connection works.
    ConnectFailed,
    /// The first attempt to connect took too long; reported once until a connection works.
    ConnectTimeout,
    /// No token came in time; it is asked for again.
    TokenFailed,
    /// All retries failed; nothing more is tried until `Start`.
    RetriesExhausted {
        /// How many retries there were.
        retries: u32,
    },
}

impl BridgeError<'_> {
    /// A stable code for programs; of what the server reports, the one that it gives.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Frame(error) => error.code(),
            Self::Pattern { error, .. } => error.code(),
            Self::TooManySubscriptions { .. } => Code::TooManySubscriptions.as_str(),
            Self::Server(error) => error.code.as_str(),
            Self::Closed { .. } => Code::ClosedByServer.as_str(),
            Self::PeerSilent => Code::PeerSilent.as_str(),
            Self::ConnectFailed => Code::ConnectFailed.as_str(),
            Self::ConnectTimeout => Code::ConnectTimeout.as_str(),
            Self::TokenFailed => Code::TokenFailed.as_str(),
            Self::RetriesExhausted { .. } => Code::RetriesExhausted.as_str(),
        }
    }
}

impl fmt::Display for BridgeError<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => write!(out, "skipped a frame of the server: {error}"),
            Self::Pattern { pattern, error } => {
                write!(out, "cannot subscribe to `{pattern}`: {error}")
            }
            Self::TooManySubscriptions { pattern } => write!(
                out,
                "cannot subscribe to `{pattern}`: there are {} subscriptions already",
                crate::SUBSCRIPTIONS_MAX
            ),
            Self::Server(error) => {
                write!(out, "the server says {}: {}", error.code, error.message)?;
                match &error.topic {
                    Some(topic) => write!(out, " (`{topic}`)"),
                    None => Ok(()),
                }
            }
            Self::Closed { code, reason } => {
                write!(
                    out,
                    "the server closed the connection with code {code}: {reason}"
                )
            }
            Self::PeerSilent => out.write_str("the server does not answer; connecting again"),
            Self::ConnectFailed => {
                out.write_str("cannot connect; is the address right and the server running?")
            }
            Self::ConnectTimeout => out.write_str("connecting takes too long; trying again"),
            Self::TokenFailed => out.write_str("no token came in time; asking for one again"),
            Self::RetriesExhausted { retries } => {
                write!(
                    out,
                    "gave up after {retries} retries; connect again to go on"
                )
            }
        }
    }
}

impl core::error::Error for BridgeError<'_> {}
