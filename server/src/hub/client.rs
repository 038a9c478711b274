//! A client: what it follows, what it still has to get, and how much it may send.
//!
//! Guarantees: a topic stands at most once in the queue, so the queue is bounded by the topics;
//! replies go first and are bounded by the limit. Does not: encode anything.

use super::topic::Feed;
use aimdb_ws_protocol::Pattern;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub(super) struct Client {
    pub(super) patterns: Vec<Pattern>,
    pub(super) feeds: BTreeMap<usize, Feed>,
    pub(super) replies: VecDeque<Arc<str>>,
    pub(super) queue: VecDeque<usize>,
    pub(super) frames_in_flight: u32,
    pub(super) bucket: Bucket,
    pub(super) heard_at: u64,
    pub(super) pinged: bool,
    /// Whether it said in its hello which contracts it holds.
    pub(super) tells_contracts: bool,
    /// The contracts of which it holds an older version than the topics have.
    pub(super) older: Vec<(String, u32)>,
    /// The client's name, when it said hello.
    pub(super) session: Option<Arc<str>>,
    pub(super) writes_pending: usize,
    pub(super) queries_pending: usize,
}

impl Client {
    pub(super) fn new(bucket: Bucket, now_ms: u64) -> Self {
        Self {
            patterns: Vec::new(),
            feeds: BTreeMap::new(),
            replies: VecDeque::new(),
            queue: VecDeque::new(),
            frames_in_flight: 0,
            bucket,
            heard_at: now_ms,
            pinged: false,
            tells_contracts: false,
            older: Vec::new(),
            session: None,
            writes_pending: 0,
            queries_pending: 0,
        }
    }

    pub(super) fn heard(&mut self, now_ms: u64) {
        self.heard_at = now_ms;
        self.pinged = false;
    }

    /// Puts a topic into the queue if it is not there.
    pub(super) fn enqueue(&mut self, topic: usize) {
        if let Some(feed) = self.feeds.get_mut(&topic)
            && !feed.queued
        {
            feed.queued = true;
            self.queue.push_back(topic);
        }
    }

    /// The version of a contract that it holds, if that is an older one.
    pub(super) fn older_version(&self, schema_type: Option<&str>) -> Option<u32> {
        // Empty for nearly every client: asked for each frame.
        let older = self
            .older
            .iter()
            .find(|(name, _)| Some(name.as_str()) == schema_type)?;
        Some(older.1)
    }

    pub(super) fn follows(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    pub(super) fn drop_feed(&mut self, topic: usize) {
        if self.feeds.remove(&topic).is_some_and(|feed| feed.queued) {
            self.queue.retain(|queued| *queued != topic);
        }
    }
}

/// A token bucket in thousandths, so that it needs no fractions.
pub(super) struct Bucket {
    per_second: u64,
    burst_milli: u64,
    milli: u64,
    filled_at: u64,
    /// Refusals since the bucket was last full.
    refused: u32,
    refused_at: u64,
}

const TOKEN: u64 = 1_000;
/// A bucket so small that it fills within a flood forgets no refusal younger than this.
const REFUSALS_KEPT_MS_MIN: u64 = 1_000;

impl Bucket {
    pub(super) fn new(per_second: u32, burst: u32, now_ms: u64) -> Self {
        let (per_second, burst_milli) = (u64::from(per_second), u64::from(burst) * TOKEN);
        Self {
            per_second,
            burst_milli,
            milli: burst_milli,
            filled_at: now_ms,
            refused: 0,
            refused_at: now_ms,
        }
    }

    pub(super) fn take(&mut self, now_ms: u64) -> bool {
        let gained = now_ms
            .saturating_sub(self.filled_at)
            .saturating_mul(self.per_second);
        self.milli = self.milli.saturating_add(gained).min(self.burst_milli);
        self.filled_at = self.filled_at.max(now_ms);
        if self.milli < TOKEN {
            self.refused = self.refused.saturating_add(1);
            self.refused_at = now_ms;
            return false;
        }
        let rested_ms = now_ms.saturating_sub(self.refused_at);
        if self.milli == self.burst_milli && rested_ms >= REFUSALS_KEPT_MS_MIN {
            self.refused = 0;
        }
        self.milli -= TOKEN;
        true
    }

    /// How often there was no token since the bucket was last full. The single token that a flood
    /// earns between two of its frames does not make up for it.
    pub(super) fn refused(&self) -> u32 {
        self.refused
    }

    /// Takes tokens for work that is done already, as many as there are.
    pub(super) fn charge(&mut self, tokens: u64) {
        self.milli = self.milli.saturating_sub(tokens * TOKEN);
    }
}
