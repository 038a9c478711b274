//! Topics, the patterns that select them, and containment between patterns.
//!
//! Guarantees: a [`Pattern`] that exists is well formed; matching and containment allocate nothing.
//! Does not: decide who may read what (it only answers whether a grant covers a request).

use crate::code::Code;
use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// A topic or a pattern may have this many bytes.
pub const TOPIC_BYTES_MAX: usize = 512;
/// A topic or a pattern may have this many levels: deeper trees are mistakes, and matching is
/// linear in the depth.
pub const TOPIC_LEVELS_MAX: usize = 32;

pub(crate) const ANY_TAIL: &str = "#";
pub(crate) const ANY_LEVEL: &str = "*";

/// Why a text is not a topic or not a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TopicError {
    /// There is no text.
    Empty,
    /// The text has more than [`TOPIC_BYTES_MAX`] bytes.
    TooLong {
        /// The length that came.
        bytes: usize,
    },
    /// The text has more than [`TOPIC_LEVELS_MAX`] levels.
    TooDeep {
        /// The depth that came.
        levels: usize,
    },
    /// A control character stands in the text.
    ControlCharacter {
        /// Its byte offset.
        at: usize,
    },
    /// A wildcard stands in a topic, where only patterns may have one.
    Wildcard {
        /// The level, counted from 0.
        level: usize,
    },
    /// Something follows `#`, which already matches everything after it.
    TailNotLast {
        /// The level of the `#`, counted from 0.
        level: usize,
    },
}

impl TopicError {
    /// What failed, as a stable code for programs: one of [`Code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => Code::TopicEmpty.as_str(),
            Self::TooLong { .. } => Code::TopicTooLong.as_str(),
            Self::TooDeep { .. } => Code::TopicTooDeep.as_str(),
            Self::ControlCharacter { .. } => Code::TopicControlCharacter.as_str(),
            Self::Wildcard { .. } => Code::TopicWildcard.as_str(),
            Self::TailNotLast { .. } => Code::PatternTailNotLast.as_str(),
        }
    }

    /// The word for it that goes over the wire, as a frame's `reason`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "topic_empty",
            Self::TooLong { .. } => "topic_too_long",
            Self::TooDeep { .. } => "topic_too_deep",
            Self::ControlCharacter { .. } => "topic_control_character",
            Self::Wildcard { .. } => "topic_wildcard",
            Self::TailNotLast { .. } => "pattern_tail_not_last",
        }
    }
}

impl fmt::Display for TopicError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("the topic is empty"),
            Self::TooLong { bytes } => {
                write!(
                    out,
                    "the topic has {bytes} bytes, at most {TOPIC_BYTES_MAX} are allowed"
                )
            }
            Self::TooDeep { levels } => {
                write!(
                    out,
                    "the topic has {levels} levels, at most {TOPIC_LEVELS_MAX} are allowed"
                )
            }
            Self::ControlCharacter { at } => {
                write!(out, "the topic has a control character at byte {at}")
            }
            Self::Wildcard { level } => {
                write!(
                    out,
                    "level {level} is a wildcard; only a subscription may have one"
                )
            }
            Self::TailNotLast { level } => {
                write!(
                    out,
                    "`#` at level {level} must be the last level of a pattern"
                )
            }
        }
    }
}

impl core::error::Error for TopicError {}

fn check_text(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > TOPIC_BYTES_MAX {
        return Err(TopicError::TooLong { bytes: text.len() });
    }
    if let Some(at) = text.find(char::is_control) {
        return Err(TopicError::ControlCharacter { at });
    }
    let levels = text.split('/').count();
    if levels > TOPIC_LEVELS_MAX {
        return Err(TopicError::TooDeep { levels });
    }
    Ok(())
}

/// Checks that a text can name one topic: something to publish or to write to.
///
/// # Errors
/// Says what is wrong with the text; a level that is `*` or `#` is a wildcard.
pub fn check_topic(text: &str) -> Result<(), TopicError> {
    check_text(text)?;
    match text
        .split('/')
        .position(|level| level == ANY_TAIL || level == ANY_LEVEL)
    {
        Some(level) => Err(TopicError::Wildcard { level }),
        None => Ok(()),
    }
}

/// A selection of topics: levels separated by `/`, `*` for exactly one level, `#` for this level
/// and everything after it (so `a/#` also matches `a`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    text: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        check_text(text)?;
        let mut levels = text.split('/').enumerate();
        if let Some((level, _)) = levels.find(|(_, level)| *level == ANY_TAIL)
            && levels.next().is_some()
        {
            return Err(TopicError::TailNotLast { level });
        }
        Ok(Self { text: text.into() })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern names exactly one topic.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self
            .text
            .split('/')
            .any(|level| level == ANY_TAIL || level == ANY_LEVEL)
    }

    /// Whether the pattern selects this topic.
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        let mut wanted = self.text.split('/');
        let mut given = topic.split('/');
        loop {
            match (wanted.next(), given.next()) {
                (Some(ANY_TAIL), _) | (None, None) => return true,
                (Some(ANY_LEVEL), Some(_)) => {}
                (Some(want), Some(level)) if want == level => {}
                _ => return false,
            }
        }
    }

    /// Whether every topic that `other` selects is selected by this pattern too. Compare
    /// permissions with this, never with [`Pattern::matches`]: `sensors/*` matches the text
    /// `sensors/#` but does not cover it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // A topic has at least one level, so at the root `#` selects what `*/#` selects.
        let other_text = if other.text == ANY_TAIL {
            "*/#"
        } else {
            &other.text
        };
        let mut ours = self.text.split('/');
        let mut theirs = other_text.split('/');
        loop {
            match (ours.next(), theirs.next()) {
                (Some(ANY_TAIL), _) | (None, None) => return true,
                (_, Some(ANY_TAIL)) => return false,
                (Some(ANY_LEVEL), Some(_)) => {}
                (Some(our), Some(their)) if our == their => {}
                _ => return false,
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The topic a record key stands for: dots become slashes, and a key that already contains a
/// slash is a topic already.
///
/// ```
/// use aimdb_ws_protocol::key_to_topic;
/// assert_eq!(key_to_topic("sensors.temperature.vienna"), "sensors/temperature/vienna");
/// assert_eq!(key_to_topic("sensors/v1.2"), "sensors/v1.2");
/// ```
#[must_use]
pub fn key_to_topic(key: &str) -> Cow<'_, str> {
    if key.contains('/') || !key.contains('.') {
        Cow::Borrowed(key)
    } else {
        Cow::Owned(key.replace('.', "/"))
    }
}
