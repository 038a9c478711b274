//! The limits of a hub, their defaults and what is allowed for each.
//!
//! Guarantees: limits that pass [`Limits::check`] make a hub that serves and stays bounded.
//! Does not: fall back to a default when a value is bad; it names the field.

use aimdb_contracts::Code;
use aimdb_ws_protocol::CLIENT_FRAME_BYTES_MAX;
use serde::Deserialize;
use std::fmt;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What a hub allows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at a time.
    pub clients_max: usize,
    /// Topics at a time.
    pub topics_max: usize,
    /// Bytes of a client's frame.
    pub message_bytes_max: usize,
    /// Patterns that a client follows.
    pub subscriptions_max: usize,
    /// Frames a second from a client.
    pub frames_per_second_max: u32,
    /// Frames at once from a client after a pause.
    pub frames_burst_max: u32,
    /// Frames that a client's socket has not taken yet; more wait in the hub, where newer values
    /// of latest-value topics take the place of older ones.
    pub frames_in_flight_max: u32,
    /// Bytes that a client's socket has not taken yet, beside one frame of any size; more wait in the hub.
    pub in_flight_bytes_max: usize,
    /// The same of all clients together; beyond it a client gets a small frame at a time, until others have read.
    pub total_in_flight_bytes_max: usize,
    /// Values kept of each ring topic for clients that lag.
    pub ring_backlog_max: usize,
    /// Bytes of them, beside the newest; beyond it the oldest are dropped, and counted by those who lag.
    pub backlog_bytes_max: usize,
    /// The same of all topics together.
    pub total_backlog_bytes_max: usize,
    /// Answers that wait for a slow client; beyond it the client is closed.
    pub replies_max: usize,
    /// Bytes of answers that wait for a client; beyond it no request of its is answered.
    pub replies_bytes_max: usize,
    /// The same of all clients together.
    pub total_replies_bytes_max: usize,
    /// Writes of a client that wait for their answer.
    pub writes_pending_max: usize,
    /// Queries of a client that wait for their answer.
    pub queries_pending_max: usize,
    /// Queries of all clients together that wait for their answer.
    pub total_queries_pending_max: usize,
    /// Records a topic in a query's answer.
    pub query_records_max: u64,
    /// Client names whose answers are kept, to recognise repeats.
    pub sessions_max: usize,
    /// A client silent for this long is pinged.
    pub ping_after_ms: u64,
    /// A client silent for this long is closed.
    pub silent_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients_max: 1_024,
            topics_max: 4_096,
            message_bytes_max: CLIENT_FRAME_BYTES_MAX,
            subscriptions_max: 256,
            frames_per_second_max: 200,
            frames_burst_max: 400,
            frames_in_flight_max: 32,
            in_flight_bytes_max: 256 * KIB,
            total_in_flight_bytes_max: 64 * MIB,
            ring_backlog_max: 256,
            backlog_bytes_max: 4 * MIB,
            total_backlog_bytes_max: 256 * MIB,
            replies_max: 1_024,
            replies_bytes_max: MIB,
            total_replies_bytes_max: 64 * MIB,
            writes_pending_max: 256,
            queries_pending_max: 16,
            total_queries_pending_max: 64,
            query_records_max: 10_000,
            sessions_max: 65_536,
            ping_after_ms: 30_000,
            silent_ms_max: 60_000,
        }
    }
}

/// A limit that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsError {
    /// The limit.
    pub field: &'static str,
    /// The smallest value allowed.
    pub min: u64,
    /// The largest value allowed.
    pub max: u64,
    /// The value given.
    pub given: u64,
}

impl LimitsError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        Code::LimitOutOfRange.as_str()
    }
}

impl fmt::Display for LimitsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            min,
            max,
            given,
        } = self;
        write!(out, "{field} must be {min} to {max}, got {given}")
    }
}

impl std::error::Error for LimitsError {}

impl Limits {
    /// Checks every limit.
    ///
    /// # Errors
    /// Names the first limit that is outside its range.
    pub fn check(&self) -> Result<(), LimitsError> {
        const MANY: u64 = 1_000_000;
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        const TERABYTE: u64 = 1 << 40;
        // Each is a goal that one frame may exceed: less than a page would only make it slow.
        let bytes = |field, given: usize| (field, given as u64, 4_096, TERABYTE);
        let ranges = [
            ("clients_max", self.clients_max as u64, 1, MANY),
            ("topics_max", self.topics_max as u64, 1, MANY),
            // A smaller frame could not even carry the longest topic.
            (
                "message_bytes_max",
                self.message_bytes_max as u64,
                1_024,
                CLIENT_FRAME_BYTES_MAX as u64,
            ),
            // A client counts for each topic how many of its patterns select it, in 16 bits.
            (
                "subscriptions_max",
                self.subscriptions_max as u64,
                1,
                u16::MAX.into(),
            ),
            (
                "frames_per_second_max",
                u64::from(self.frames_per_second_max),
                1,
                MANY,
            ),
            (
                "frames_burst_max",
                u64::from(self.frames_burst_max),
                1,
                MANY,
            ),
            (
                "frames_in_flight_max",
                u64::from(self.frames_in_flight_max),
                1,
                MANY,
            ),
            bytes("in_flight_bytes_max", self.in_flight_bytes_max),
            bytes("total_in_flight_bytes_max", self.total_in_flight_bytes_max),
            ("ring_backlog_max", self.ring_backlog_max as u64, 1, MANY),
            bytes("backlog_bytes_max", self.backlog_bytes_max),
            bytes("total_backlog_bytes_max", self.total_backlog_bytes_max),
            bytes("replies_bytes_max", self.replies_bytes_max),
            bytes("total_replies_bytes_max", self.total_replies_bytes_max),
            (
                "total_queries_pending_max",
                self.total_queries_pending_max as u64,
                1,
                MANY,
            ),
            ("replies_max", self.replies_max as u64, 1, MANY),
            (
                "writes_pending_max",
                self.writes_pending_max as u64,
                1,
                MANY,
            ),
            (
                "queries_pending_max",
                self.queries_pending_max as u64,
                1,
                MANY,
            ),
            ("query_records_max", self.query_records_max, 1, MANY),
            ("sessions_max", self.sessions_max as u64, 1, MANY),
            ("ping_after_ms", self.ping_after_ms, 1, DAY_MS),
            (
                "silent_ms_max",
                self.silent_ms_max,
                self.ping_after_ms + 1,
                DAY_MS,
            ),
        ];
        let outside = ranges
            .into_iter()
            .find(|(_, given, min, max)| !(min..=max).contains(&given));
        match outside {
            Some((field, given, min, max)) => Err(LimitsError {
                field,
                min,
                max,
                given,
            }),
            None => Ok(()),
        }
    }
}
