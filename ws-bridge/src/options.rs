//! The options of a session and their limits.
//!
//! Guarantees: options that pass [`Options::check`] make a session that cannot spin, overflow or
//! wait forever. Does not: fall back to a default when a value is bad; it names the field.

use crate::followed::Followed;
use aimdb_core::Code;
use aimdb_ws_protocol::{PEER_NAME_BYTES_MAX, Pattern, TopicError};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The longest time an option may state: one day.
const MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// The longest queue an option may ask for.
const QUEUE_MAX: usize = 1 << 20;
/// The fastest pace an option may ask for, in writes a second.
const PACE_MAX: u32 = 100_000;

/// How a session behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Patterns to follow from the start.
    pub subscribe_topics: Vec<String>,
    /// Whether to deliver snapshots on subscribing.
    pub late_join: bool,
    /// Whether to connect again by itself.
    pub auto_reconnect: bool,
    /// A connection must open within this time.
    pub connect_timeout_ms: u64,
    /// The shortest wait before a retry.
    pub retry_ms_min: u64,
    /// The longest wait before a retry.
    pub retry_ms_max: u64,
    /// How many retries may fail in a row; `None` for ever more.
    pub retries_max: Option<u32>,
    /// A peer silent for this long is pinged.
    pub ping_every_ms: u64,
    /// After a ping something must come within this time.
    pub pong_within_ms: u64,
    /// A list or query request is answered within this time or fails.
    pub request_timeout_ms: u64,
    /// A write is answered within this time after it was sent, or ends as unknown.
    pub write_timeout_ms: u64,
    /// So many writes may wait to be sent or answered.
    pub writes_pending_max: usize,
    /// So many writes a second at most; fewer where the server says that it takes fewer.
    pub writes_per_second_max: u32,
    /// So many writes at once after a pause.
    pub writes_burst_max: u32,
    /// Whether the driver has a token for the server, and does what `NeedToken` says.
    pub asks_for_token: bool,
    /// The client's name towards the server; `None` draws one from the seed. A name that was used
    /// before needs a `first_write` above every id used with it: the server takes a lower one for
    /// a repeat.
    pub client: Option<String>,
    /// Whether the driver keeps writes where they outlive the program: it then does what `Store` and `Unstore` say. A write
    /// is sent only when it is kept, and one that waits when the session ends goes on with the next one.
    pub keeps_writes: bool,
    /// Whether other programs keep their writes on the same device, such as the tabs of an origin. The device then gives the
    /// writes their numbers, and the session sends only once it is told to, by `Lead`.
    pub shares_writes: bool,
    /// Counts those who write under the name one after the other: the server takes nothing of an earlier one once it has
    /// heard of a later one.
    pub epoch: u64,
    /// The number of the first write.
    pub first_write: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            subscribe_topics: Vec::new(),
            late_join: true,
            auto_reconnect: true,
            connect_timeout_ms: 10_000,
            retry_ms_min: 500,
            retry_ms_max: 8_000,
            retries_max: None,
            ping_every_ms: 15_000,
            pong_within_ms: 10_000,
            request_timeout_ms: 10_000,
            write_timeout_ms: 30_000,
            writes_pending_max: 1_024,
            writes_per_second_max: 150,
            writes_burst_max: 300,
            asks_for_token: false,
            client: None,
            keeps_writes: false,
            shares_writes: false,
            epoch: 0,
            first_write: 1,
        }
    }
}

/// An option that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// A number is outside its range.
    OutOfRange {
        /// The option.
        field: &'static str,
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
        /// The value given.
        given: u64,
    },
    /// A subscription is not a pattern.
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        error: TopicError,
    },
    /// There are too many subscriptions.
    TooManySubscriptions {
        /// How many were given.
        given: usize,
    },
    /// Writes are shared that nobody keeps.
    SharesNothing,
    /// The client's name is not 1 to 64 bytes of visible ASCII.
    ClientName,
}

impl OptionsError {
    /// The option that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::OutOfRange { field, .. } => field,
            Self::Pattern { .. } | Self::TooManySubscriptions { .. } => "subscribe_topics",
            Self::SharesNothing => "shares_writes",
            Self::ClientName => "client",
        }
    }

    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => Code::OptionOutOfRange.as_str(),
            Self::Pattern { error, .. } => error.code(),
            Self::TooManySubscriptions { .. } => Code::TooManySubscriptions.as_str(),
            Self::SharesNothing => Code::OptionsInvalid.as_str(),
            Self::ClientName => Code::ClientNameInvalid.as_str(),
        }
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange {
                field,
                min,
                max,
                given,
            } => {
                write!(out, "{field} must be {min} to {max}, got {given}")
            }
            Self::Pattern { pattern, error } => {
                write!(out, "subscribe_topics: `{pattern}`: {error}")
            }
            Self::TooManySubscriptions { given } => write!(
                out,
                "subscribe_topics: at most {} patterns, got {given}",
                crate::SUBSCRIPTIONS_MAX
            ),
            Self::SharesNothing => write!(out, "shares_writes needs keeps_writes and a client"),
            Self::ClientName => write!(
                out,
                "client must be 1 to {PEER_NAME_BYTES_MAX} visible ASCII characters"
            ),
        }
    }
}

impl core::error::Error for OptionsError {}

fn within(field: &'static str, given: u64, min: u64, max: u64) -> Result<(), OptionsError> {
    if (min..=max).contains(&given) {
        Ok(())
    } else {
        Err(OptionsError::OutOfRange {
            field,
            min,
            max,
            given,
        })
    }
}

impl Options {
    /// Checks every option and returns the patterns, read and without repeats.
    pub(crate) fn check(&self) -> Result<Followed, OptionsError> {
        within("connect_timeout_ms", self.connect_timeout_ms, 1, MS_MAX)?;
        within("retry_ms_min", self.retry_ms_min, 1, MS_MAX)?;
        within("retry_ms_max", self.retry_ms_max, self.retry_ms_min, MS_MAX)?;
        within("ping_every_ms", self.ping_every_ms, 1, MS_MAX)?;
        within("pong_within_ms", self.pong_within_ms, 1, MS_MAX)?;
        within("request_timeout_ms", self.request_timeout_ms, 1, MS_MAX)?;
        within("write_timeout_ms", self.write_timeout_ms, 1, MS_MAX)?;
        within(
            "writes_pending_max",
            self.writes_pending_max as u64,
            1,
            QUEUE_MAX as u64,
        )?;
        let pace = u64::from(PACE_MAX);
        within(
            "writes_per_second_max",
            u64::from(self.writes_per_second_max),
            1,
            pace,
        )?;
        within(
            "writes_burst_max",
            u64::from(self.writes_burst_max),
            1,
            pace,
        )?;
        within("epoch", self.epoch, 0, crate::WRITE_ID_MAX)?;
        within("first_write", self.first_write, 1, crate::WRITE_ID_MAX)?;
        if self.shares_writes && !(self.keeps_writes && self.client.is_some()) {
            return Err(OptionsError::SharesNothing);
        }
        if let Some(client) = &self.client {
            let visible = client.bytes().all(|byte| byte.is_ascii_graphic());
            if client.is_empty() || client.len() > PEER_NAME_BYTES_MAX || !visible {
                return Err(OptionsError::ClientName);
            }
        }
        self.patterns()
    }

    fn patterns(&self) -> Result<Followed, OptionsError> {
        let mut followed = Followed::default();
        for text in &self.subscribe_topics {
            let pattern = Pattern::parse(text).map_err(|error| OptionsError::Pattern {
                pattern: text.clone(),
                error,
            })?;
            followed.add(pattern);
        }
        let given = followed.patterns().len();
        if given > crate::SUBSCRIPTIONS_MAX {
            return Err(OptionsError::TooManySubscriptions { given });
        }
        Ok(followed)
    }
}
