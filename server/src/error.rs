//! Why a server cannot start, cannot go on, or cannot serve a link.

use crate::config::ConfigProblem;
use aimdb_contracts::Code;
use aimdb_ws_protocol::TopicError;
use std::{fmt, io};

/// A link cannot be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The address of a link is no topic.
    Topic {
        /// The record's key.
        key: String,
        /// The address.
        topic: String,
        /// What is wrong with it.
        error: TopicError,
    },
    /// Another record has the topic.
    Taken {
        /// The record's key.
        key: String,
        /// The topic.
        topic: String,
        /// The other record's key.
        holder: String,
    },
    /// There are as many topics as the limits allow.
    TooMany {
        /// The record's key.
        key: String,
        /// The topic.
        topic: String,
        /// The limit.
        topics_max: usize,
    },
}

impl LinkError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Topic { .. } => Code::LinkTopicInvalid.as_str(),
            Self::Taken { .. } => Code::TopicTaken.as_str(),
            Self::TooMany { .. } => Code::TooManyTopics.as_str(),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic { key, topic, error } => {
                write!(
                    out,
                    "record '{key}' cannot have the topic `{topic}`: {error}"
                )
            }
            Self::Taken { key, topic, holder } => write!(
                out,
                "record '{key}' cannot have the topic `{topic}`: record '{holder}' has it"
            ),
            Self::TooMany {
                key,
                topic,
                topics_max,
            } => write!(
                out,
                "record '{key}' cannot have the topic `{topic}`: there are {topics_max} already; \
                 raise limits.topics_max"
            ),
        }
    }
}

impl std::error::Error for LinkError {}

/// A server cannot start or go on.
#[derive(Debug)]
pub enum ServeError {
    /// The configuration cannot be used.
    Config(ConfigProblem),
    /// A link cannot be served.
    Link(LinkError),
    /// The listener broke.
    Listen(io::Error),
}

impl ServeError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(problem) => problem.code(),
            Self::Link(error) => error.code(),
            Self::Listen(_) => Code::ListenFailed.as_str(),
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(problem) => problem.fmt(out),
            Self::Link(error) => error.fmt(out),
            Self::Listen(error) => write!(out, "cannot listen any more: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}
