//! A client: what it follows, what it still has to get, and how much it may ask for.
//!
//! Guarantees: a topic stands at most once in the queue, so the queue is bounded by the topics; answers go first.
//! Does not: encode anything.

use super::api::ClientId;
use super::bucket::Bucket;
use super::frame::Frame;
use super::gate::Pass;
use super::job::Job;
use aimdb_ws_protocol::Pattern;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// No topic: the place is free.
const NONE: u32 = u32::MAX;

pub(super) struct Client {
    pub(super) id: ClientId,
    /// In order, so that one is found quickly.
    pub(super) patterns: Vec<Pattern>,
    pub(super) feeds: Feeds,
    pub(super) replies: VecDeque<Frame>,
    pub(super) replies_bytes: usize,
    /// What the socket has been given and has not taken yet.
    pub(super) frames_in_flight: u32,
    pub(super) bytes_in_flight: usize,
    pub(super) bucket: Bucket,
    pub(super) heard_at: u64,
    pub(super) pinged: bool,
    /// Whether it is looked at when the turn ends.
    pub(super) dirty: bool,
    /// Whether it waits until all sockets together have less.
    pub(super) held_up: bool,
    /// Whether it said in its hello which contracts it holds.
    pub(super) tells_contracts: bool,
    /// The contracts of which it holds an older version than the topics have.
    pub(super) older: Vec<(String, u32)>,
    /// Who it is, for those who decide what it may do; empty if nobody said so.
    pub(super) who: Arc<str>,
    /// What its token grants, where one is asked for.
    pub(super) pass: Option<Pass>,
    /// Whether it was told that its token has expired.
    pub(super) is_expired: bool,
    /// Whether it has sent a token over the socket: then it is told how that went.
    pub(super) hears_of_tokens: bool,
    /// When it connected.
    pub(super) came_at: u64,
    /// The client's name, when it said hello, with the subject that it belongs to.
    pub(super) session: Option<Arc<str>>,
    /// Counts those who wrote under that name.
    pub(super) epoch: u64,
    /// Whether it says of each write which one went before it.
    pub(super) chains: bool,
    /// Where its chain stands as it was told, since a write of it was last taken.
    pub(super) expected_told: Option<u64>,
    /// Topics of which it wants what came since a number, and no snapshot.
    pub(super) since: BTreeMap<String, u64>,
    pub(super) writes_pending: usize,
    /// Whether it sends a write again that came too soon.
    pub(super) comes_again: bool,
    /// The write that is to come again before later ones are taken, and until when that is waited for.
    pub(super) put_off: Option<(u64, u64)>,
    pub(super) queries_pending: usize,
    /// Work of its last frame that is not done yet; until it is, nothing more is heard of the client.
    pub(super) job: Option<Box<Job>>,
}

impl Client {
    pub(super) fn new(id: ClientId, bucket: Bucket, now_ms: u64) -> Self {
        Self {
            id,
            patterns: Vec::new(),
            feeds: Feeds::default(),
            replies: VecDeque::new(),
            replies_bytes: 0,
            frames_in_flight: 0,
            bytes_in_flight: 0,
            bucket,
            heard_at: now_ms,
            pinged: false,
            dirty: false,
            held_up: false,
            tells_contracts: false,
            older: Vec::new(),
            who: Arc::default(),
            pass: None,
            is_expired: false,
            hears_of_tokens: false,
            came_at: now_ms,
            session: None,
            epoch: 0,
            chains: false,
            expected_told: None,
            since: BTreeMap::new(),
            writes_pending: 0,
            comes_again: false,
            put_off: None,
            queries_pending: 0,
            job: None,
        }
    }

    pub(super) fn heard(&mut self, now_ms: u64) {
        self.heard_at = now_ms;
        self.pinged = false;
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

    pub(super) fn has_more(&self) -> bool {
        !self.replies.is_empty() || !self.feeds.queue.is_empty()
    }

    /// Whether it follows a pattern: its place among them, or where that would be.
    pub(super) fn find(&self, pattern: &str) -> Result<usize, usize> {
        self.patterns
            .binary_search_by(|known| known.as_str().cmp(pattern))
    }
}

/// How far a client has come in a topic that it follows.
#[derive(Debug)]
pub(super) struct Feed {
    /// The version of the next data.
    pub(super) next: u64,
    /// The version of the snapshot that is due as soon as `next` follows it; 0 for none.
    pub(super) snapshot: u64,
    /// The topic's number.
    topic: u32,
    /// How many of the client's patterns select the topic.
    pub(super) patterns: u16,
    /// Whether it stands in the queue.
    queued: bool,
}

impl Feed {
    pub(super) fn new(next: u64) -> Self {
        Self {
            next,
            snapshot: 0,
            topic: NONE,
            patterns: 0,
            queued: false,
        }
    }
}

/// What a client follows, by places that stay, and which of it has something to send.
///
/// ```text
/// feeds [ a  -  c  d ]   free [1]   queue [3, 0]      d is due, then a
/// ```
#[derive(Default)]
pub(super) struct Feeds {
    feeds: Vec<Feed>,
    free: Vec<u32>,
    queue: VecDeque<u32>,
}

impl Feeds {
    /// Adds one for a topic; gives its place.
    pub(super) fn insert(&mut self, topic: u32, feed: Feed) -> u32 {
        let feed = Feed { topic, ..feed };
        if let Some(place) = self.free.pop() {
            self.feeds[place as usize] = feed;
            return place;
        }
        self.feeds.push(feed);
        // No more than there are topics, which have numbers of 32 bits.
        (self.feeds.len() - 1) as u32
    }

    /// Forgets one. If it is queued, its place is free when the queue comes to it or is [purged](Self::purge).
    pub(super) fn remove(&mut self, place: u32) {
        let feed = &mut self.feeds[place as usize];
        feed.topic = NONE;
        if !feed.queued {
            self.free.push(place);
        }
    }

    /// Takes what was forgotten out of the queue, so that following and leaving without end does not make it grow.
    pub(super) fn purge(&mut self) {
        let Self { feeds, free, queue } = self;
        queue.retain(|place| {
            let stays = feeds[*place as usize].topic != NONE;
            if !stays {
                feeds[*place as usize].queued = false;
                free.push(*place);
            }
            stays
        });
    }

    pub(super) fn get_mut(&mut self, place: u32) -> &mut Feed {
        &mut self.feeds[place as usize]
    }

    /// Puts a feed into the queue if it is not there.
    pub(super) fn enqueue(&mut self, place: u32) {
        let feed = &mut self.feeds[place as usize];
        if !feed.queued {
            feed.queued = true;
            self.queue.push_back(place);
        }
    }

    /// The next feed of the queue with its topic and its place.
    pub(super) fn pop(&mut self) -> Option<(u32, u32, &mut Feed)> {
        loop {
            let place = self.queue.pop_front()?;
            let feed = &mut self.feeds[place as usize];
            feed.queued = false;
            if feed.topic != NONE {
                break self
                    .feeds
                    .get_mut(place as usize)
                    .map(|feed| (feed.topic, place, feed));
            }
            self.free.push(place);
        }
    }

    /// The topics that are followed.
    pub(super) fn topics(&self) -> impl Iterator<Item = u32> {
        self.feeds
            .iter()
            .map(|feed| feed.topic)
            .filter(|topic| *topic != NONE)
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Gives back what growing took beforehand; for a client that has just begun to follow many topics.
    pub(super) fn shrink(&mut self) {
        self.feeds.shrink_to_fit();
    }
}
