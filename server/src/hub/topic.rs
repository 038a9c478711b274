//! A topic: its last values, each encoded once, and how far each follower has come.
//!
//! Guarantees: a feed yields its snapshot before newer data, versions only ascend, and of a ring
//! each value is yielded or counted as missed. A latest-value topic is a log of length one that
//! counts nothing as missed; a mailbox is one without snapshots. Does not: know sockets or credit.

use super::api::{Cause, ClientId, Stamp, TopicKind, TopicSpec, Winner};
use super::client::Feed;
use super::contracts::Known;
use super::frame::Frame;
use aimdb_ws_protocol::{Raw, ServerFrame};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

struct Value {
    seq: u64,
    ts: u64,
    payload: Arc<str>,
    cause: Option<Cause>,
    /// The bytes that all clients share, made when the first of them needs them.
    data: Option<Frame>,
    snapshot: Option<Frame>,
    /// The value for those who hold an older version of its contract, made when the first asks for it.
    older: Vec<(u32, Option<Arc<str>>)>,
}

/// Data frames of consecutive versions.
struct Joined {
    first: u64,
    frame: Frame,
}

/// How much a client can be given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) frames: usize,
    pub(super) bytes: usize,
}

/// Who is given something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whom<'a> {
    pub(super) client: ClientId,
    /// Its name, if it said hello.
    pub(super) name: Option<&'a Arc<str>>,
}

/// About what a data frame has beside its topic and its value.
const FRAME_WORDS: usize = 80;
/// As many bytes are put into one piece; larger frames gain nothing by it.
const JOINED_BYTES_MAX: usize = 64 * 1024;

/// Who follows a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follower {
    /// The client's place.
    pub(super) client: u32,
    /// Where among the client's feeds it says how far it has come.
    pub(super) feed: u32,
}

pub(super) struct Topic {
    pub(super) name: Arc<str>,
    pub(super) spec: TopicSpec,
    /// Ascending by the clients' places.
    followers: Vec<Follower>,
    /// The template that it came from.
    pub(super) template: Option<usize>,
    /// Counts the topics of a hub: what was registered later has a higher one.
    pub(super) birth: u64,
    /// Values since the followers were last told that there are some.
    pub(super) untold: usize,
    /// Versions ascend, with holes where values never came.
    kept: VecDeque<Value>,
    kept_max: usize,
    kept_bytes: usize,
    /// The frames of several values in one piece, as the last follower got them: most get the same.
    joined: Option<Joined>,
    /// The last version that was given to a value, or to one that never came; 0 before the first.
    seq: u64,
}

impl Topic {
    pub(super) fn new(spec: TopicSpec, birth: u64, ring_backlog_max: usize) -> Self {
        let kept_max = match spec.kind {
            TopicKind::Latest | TopicKind::Mailbox => 1,
            TopicKind::Ring => ring_backlog_max,
        };
        Self {
            name: spec.name.as_str().into(),
            spec,
            followers: Vec::new(),
            template: None,
            birth,
            untold: 0,
            kept: VecDeque::new(),
            kept_max,
            kept_bytes: 0,
            joined: None,
            seq: 0,
        }
    }

    pub(super) fn followers(&self) -> &[Follower] {
        &self.followers
    }

    /// The place of a client's feed, or where a new follower goes.
    pub(super) fn follower(&self, client: u32) -> Result<u32, usize> {
        let found = self
            .followers
            .binary_search_by_key(&client, |follower| follower.client);
        found.map(|index| self.followers[index].feed)
    }

    /// Adds a follower at the index that [`follower`](Self::follower) gave.
    pub(super) fn add_follower(&mut self, index: usize, follower: Follower) {
        self.followers.insert(index, follower);
    }

    /// Takes a follower out; gives the place of its feed.
    pub(super) fn remove_follower(&mut self, client: u32) -> Option<u32> {
        let found = self
            .followers
            .binary_search_by_key(&client, |follower| follower.client);
        found.ok().map(|index| self.followers.remove(index).feed)
    }

    pub(super) fn take_followers(&mut self) -> Vec<Follower> {
        std::mem::take(&mut self.followers)
    }

    /// Whether one more value would push out one that followers have not been told of.
    pub(super) fn is_full_of_news(&self) -> bool {
        self.kept_max > 1 && self.untold >= self.kept_max
    }

    /// The last number.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// The newest value, as a write hears of it that lost against it.
    pub(super) fn newest(&self) -> Option<Winner> {
        self.kept.back().map(|value| Winner {
            payload: value.payload.clone(),
            seq: Some(value.seq),
        })
    }

    /// Whether there ever was a value, or one that never came.
    pub(super) fn ever_had_a_value(&self) -> bool {
        self.seq > 0
    }

    /// The bytes of the values that are kept.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Its numbers go on behind this one.
    pub(super) fn begin(&mut self, seq: u64) {
        self.seq = seq;
    }

    /// Takes a new value, with the next number unless it has one.
    pub(super) fn publish(
        &mut self,
        payload: Arc<str>,
        cause: Option<Cause>,
        stamp: Result<Stamp, u64>,
    ) {
        let (seq, ts) = match stamp {
            Ok(stamp) => (stamp.seq, stamp.ts),
            Err(now_ms) => (self.seq + 1, now_ms),
        };
        self.seq = seq;
        self.untold += 1;
        if self.kept.len() >= self.kept_max {
            self.drop_oldest();
        }
        self.kept_bytes += payload.len();
        self.kept.push_back(Value {
            seq: self.seq,
            ts,
            payload,
            cause,
            data: None,
            snapshot: None,
            older: Vec::new(),
        });
    }

    /// Drops the oldest values until the rest has no more than so many bytes; the newest stays. Who has not had
    /// them counts them as missed.
    pub(super) fn trim(&mut self, bytes_max: usize) {
        while self.kept_bytes > bytes_max && self.kept.len() > 1 {
            self.drop_oldest();
        }
    }

    /// Forgets all values: the topic is no more.
    pub(super) fn clear(&mut self) {
        self.kept = VecDeque::new();
        self.kept_bytes = 0;
        self.joined = None;
        self.untold = 0;
    }

    fn drop_oldest(&mut self) {
        if let Some(value) = self.kept.pop_front() {
            self.kept_bytes -= value.payload.len();
        }
    }

    /// Leaves a hole for values that never came: who follows a ring counts them as missed.
    pub(super) fn miss(&mut self, missed: u64) {
        self.seq = self.seq.saturating_add(missed);
    }

    /// A feed for somebody new: the newest value as a snapshot (of a mailbox none), then what comes
    /// after it.
    pub(super) fn feed(&self) -> Feed {
        let mut feed = Feed::new(self.seq + 1);
        self.promise_snapshot(&mut feed);
        feed
    }

    /// A feed for somebody who had values up to a number: of a ring what came since, and what of it is not kept any more
    /// as missed. Where the numbers are not ours, as after a restore, it is one for somebody new.
    pub(super) fn feed_since(&self, seq: u64) -> Feed {
        match self.spec.kind {
            TopicKind::Ring if seq <= self.seq => Feed::new(seq + 1),
            _ => self.feed(),
        }
    }

    /// Makes a feed yield the newest value again, after what it still has to yield. A mailbox's
    /// value is a command: who comes late must not carry it out again.
    pub(super) fn promise_snapshot(&self, feed: &mut Feed) {
        if self.spec.kind == TopicKind::Mailbox {
            return;
        }
        feed.snapshot = self.kept.back().map_or(0, |value| value.seq);
    }

    pub(super) fn is_due(&self, feed: &Feed) -> bool {
        feed.snapshot != 0 || self.kept.back().is_some_and(|value| feed.next <= value.seq)
    }

    /// The feed's next frames for a client: one, or several that fit into what there is room for; `older` is the contract and the version that it holds,
    /// where that is an older one.
    pub(super) fn next_frames(
        &mut self,
        feed: &mut Feed,
        whom: Whom<'_>,
        older: Option<(&Known, u32)>,
        room: Room,
    ) -> Option<Frame> {
        let index = self.index_from(feed.next);
        if feed.snapshot == 0 && older.is_none() {
            let count = self.shared_run(feed.next, index, whom, room);
            if count > 1 {
                let first = feed.next;
                feed.next += count as u64;
                return Some(self.join(first, index, count));
            }
        }
        if feed.snapshot != 0 {
            let seq = feed.snapshot;
            let snapshot = self.index_from(seq);
            let is_kept = self
                .kept
                .get(snapshot)
                .is_some_and(|value| value.seq == seq);
            if !is_kept || index > snapshot {
                feed.snapshot = 0;
            }
            if is_kept && index == snapshot + 1 {
                return Some(self.snapshot_text(snapshot, whom, older));
            }
            // Else older values come first, or newer ones are there and follow as data.
        }
        let seq = self.kept.get(index)?.seq;
        let missed = seq - feed.next;
        feed.next = seq + 1;
        let gap = (self.spec.kind == TopicKind::Ring && missed > 0).then_some(missed);
        Some(self.data_text(index, gap, whom, older))
    }

    /// How many values from here on follow each other without a hole, have the same bytes for everybody, and fit.
    fn shared_run(&self, next: u64, index: usize, whom: Whom<'_>, room: Room) -> usize {
        let bytes_max = room.bytes.min(JOINED_BYTES_MAX);
        let mut bytes = 0;
        let values = self.kept.range(index.min(self.kept.len())..);
        let run = values
            .take(room.frames)
            .zip(next..)
            .take_while(|(value, seq)| {
                bytes += value.payload.len() + self.name.len() + FRAME_WORDS;
                value.seq == *seq && bytes <= bytes_max && value.written_by(whom).is_none()
            });
        run.count()
    }

    fn join(&mut self, first: u64, index: usize, count: usize) -> Frame {
        if let Some(joined) = &self.joined
            && joined.first == first
            && joined.frame.count() as usize == count
        {
            return joined.frame.clone();
        }
        let Self { name, kept, .. } = self;
        let frames = kept
            .range_mut(index..index + count)
            .map(|value| value.data(name));
        let frames: Vec<Frame> = frames.collect();
        let frame = Frame::join(&frames);
        self.joined = Some(Joined {
            first,
            frame: frame.clone(),
        });
        frame
    }

    /// Where the kept values from this version on begin.
    fn index_from(&self, seq: u64) -> usize {
        // Without holes, which are rare, a version tells its place.
        let first = self.kept.front().map_or(0, |value| value.seq);
        let guess = usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX);
        match self.kept.get(guess) {
            Some(value) if value.seq == seq => guess,
            _ => self.kept.partition_point(|value| value.seq < seq),
        }
    }

    fn snapshot_text(
        &mut self,
        index: usize,
        whom: Whom<'_>,
        older: Option<(&Known, u32)>,
    ) -> Frame {
        let (name, value) = (&self.name, &mut self.kept[index]);
        let converted = value.older(older);
        let by = value.written_by(whom);
        if by.is_none() && converted.is_none() {
            return value.snapshot(name);
        }
        let payload = converted.as_deref().unwrap_or(&value.payload);
        value.encode_snapshot(name, payload, by)
    }

    fn data_text(
        &mut self,
        index: usize,
        gap: Option<u64>,
        whom: Whom<'_>,
        older: Option<(&Known, u32)>,
    ) -> Frame {
        let (name, value) = (&self.name, &mut self.kept[index]);
        let converted = value.older(older);
        let by = value.written_by(whom);
        if gap.is_none() && by.is_none() && converted.is_none() {
            return value.data(name);
        }
        let payload = converted.as_deref().unwrap_or(&value.payload);
        value.encode(name, payload, gap, by)
    }
}

impl Value {
    /// The number of the write that it came from, for the client whose write it was.
    fn written_by(&self, whom: Whom<'_>) -> Option<u64> {
        let cause = self.cause.as_ref()?;
        let is_own = match (&cause.name, whom.name) {
            (Some(name), Some(own)) => Arc::ptr_eq(name, own) || name == own,
            (None, None) => cause.client == whom.client,
            _ => false,
        };
        cause.write.filter(|_| is_own)
    }

    /// The frame that all get who need no other.
    fn data(&mut self, name: &str) -> Frame {
        if let Some(data) = &self.data {
            return data.clone();
        }
        let data = self.encode(name, &self.payload, None, None);
        self.data.insert(data).clone()
    }

    /// The snapshot that all get who need no other.
    fn snapshot(&mut self, name: &str) -> Frame {
        if let Some(snapshot) = &self.snapshot {
            return snapshot.clone();
        }
        let snapshot = self.encode_snapshot(name, &self.payload, None);
        self.snapshot.insert(snapshot).clone()
    }

    fn encode_snapshot(&self, name: &str, payload: &str, by: Option<u64>) -> Frame {
        let frame = ServerFrame::Snapshot {
            topic: Cow::Borrowed(name),
            payload: Some(Raw::known(payload)),
            seq: Some(self.seq),
            by,
        };
        Frame::new(&frame.encode())
    }

    fn encode(&self, name: &str, payload: &str, gap: Option<u64>, by: Option<u64>) -> Frame {
        let frame = ServerFrame::Data {
            topic: Cow::Borrowed(name),
            payload: Some(Raw::known(payload)),
            ts: self.ts,
            seq: Some(self.seq),
            gap,
            by,
        };
        Frame::new(&frame.encode())
    }

    /// The value in an older version of its contract. One that does not become one is sent as it is: the
    /// client's own contract refuses it, and says why.
    fn older(&mut self, older: Option<(&Known, u32)>) -> Option<Arc<str>> {
        let (known, version) = older?;
        if let Some((_, payload)) = self.older.iter().find(|(made, _)| *made == version) {
            return payload.clone();
        }
        let payload = known.older(&self.payload, version);
        self.older.push((version, payload.clone()));
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(kind: TopicKind, published: u64) -> Topic {
        let mut topic = Topic::new(TopicSpec::new("t", kind), 1, 3);
        publish(&mut topic, published);
        topic
    }

    fn publish(topic: &mut Topic, count: u64) {
        for _ in 0..count {
            let payload = (topic.seq + 1).to_string();
            topic.publish(payload.into(), None, Err(7));
        }
    }

    fn check(topic: &mut Topic, feed: &mut Feed, expected: &[&str]) {
        let mut frames = Vec::new();
        let mut texts = Vec::new();
        let room = Room {
            frames: 3,
            bytes: 1_000,
        };
        let whom = Whom {
            client: ClientId(1),
            name: None,
        };
        while let Some(frame) = topic.next_frames(feed, whom, None, room) {
            texts.extend(frame.texts().map(str::to_owned));
        }
        for text in texts {
            frames.push(match ServerFrame::decode(&text).unwrap() {
                ServerFrame::Snapshot { seq: Some(seq), .. } => format!("snapshot {seq}"),
                ServerFrame::Data {
                    seq: Some(seq),
                    gap: None,
                    ..
                } => format!("data {seq}"),
                ServerFrame::Data {
                    seq: Some(seq),
                    gap: Some(gap),
                    ..
                } => {
                    format!("data {seq} gap {gap}")
                }
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(frames, expected);
        assert!(!topic.is_due(feed));
    }

    #[test]
    fn a_latest_feed_yields_the_snapshot_and_then_only_the_newest() {
        let mut topic = topic(TopicKind::Latest, 2);
        let mut feed = topic.feed();
        check(&mut topic, &mut feed, &["snapshot 2"]);
        publish(&mut topic, 5);
        check(&mut topic, &mut feed, &["data 7"]);
        topic.promise_snapshot(&mut feed);
        check(&mut topic, &mut feed, &["snapshot 7"]);
    }

    #[test]
    fn a_mailbox_feed_yields_the_newest_of_what_comes_and_nothing_that_was_there() {
        let mut topic = topic(TopicKind::Mailbox, 2);
        let mut feed = topic.feed();
        check(&mut topic, &mut feed, &[]);
        publish(&mut topic, 3);
        topic.promise_snapshot(&mut feed);
        check(&mut topic, &mut feed, &["data 5"]);
        topic.promise_snapshot(&mut feed);
        check(&mut topic, &mut feed, &[]);
    }

    #[test]
    fn a_snapshot_that_newer_data_has_overtaken_is_left_out() {
        let mut topic = topic(TopicKind::Latest, 2);
        let mut feed = topic.feed();
        publish(&mut topic, 1);
        check(&mut topic, &mut feed, &["data 3"]);
    }

    #[test]
    fn a_snapshot_promised_again_comes_after_the_data_that_is_due() {
        let mut topic = topic(TopicKind::Latest, 1);
        let mut feed = topic.feed();
        publish(&mut topic, 1);
        topic.promise_snapshot(&mut feed);
        check(&mut topic, &mut feed, &["data 2", "snapshot 2"]);
    }

    #[test]
    fn a_ring_feed_yields_all_that_is_kept_and_counts_the_rest() {
        let mut topic = topic(TopicKind::Ring, 2);
        let mut feed = topic.feed();
        publish(&mut topic, 2);
        check(&mut topic, &mut feed, &["snapshot 2", "data 3", "data 4"]);
        publish(&mut topic, 5);
        check(&mut topic, &mut feed, &["data 7 gap 2", "data 8", "data 9"]);
    }

    #[test]
    fn a_ring_snapshot_promised_again_comes_after_the_backlog() {
        let mut topic = topic(TopicKind::Ring, 1);
        let mut feed = topic.feed();
        publish(&mut topic, 2);
        topic.promise_snapshot(&mut feed);
        check(&mut topic, &mut feed, &["data 2", "data 3", "snapshot 3"]);
    }

    #[test]
    fn values_that_never_came_are_a_gap_for_who_followed_then() {
        let mut topic = topic(TopicKind::Ring, 1);
        let mut early = topic.feed();
        publish(&mut topic, 1);
        topic.miss(5);
        let mut late = topic.feed();
        check(&mut topic, &mut late, &["snapshot 2"]);
        check(&mut topic, &mut early, &["snapshot 1", "data 2"]);
        publish(&mut topic, 1);
        check(&mut topic, &mut early, &["data 8 gap 5"]);
        check(&mut topic, &mut late, &["data 8"]);
        topic.promise_snapshot(&mut late);
        topic.miss(1);
        check(&mut topic, &mut late, &["snapshot 8"]);
    }

    #[test]
    fn values_that_never_came_before_the_first_are_a_gap_too() {
        let mut topic = topic(TopicKind::Ring, 0);
        let mut feed = topic.feed();
        topic.miss(3);
        check(&mut topic, &mut feed, &[]);
        publish(&mut topic, 1);
        check(&mut topic, &mut feed, &["data 4 gap 3"]);
    }

    #[test]
    fn what_was_dropped_for_its_bytes_is_a_gap_and_the_newest_stays() {
        let mut topic = topic(TopicKind::Ring, 0);
        let mut feed = topic.feed();
        publish(&mut topic, 3);
        topic.trim(1);
        check(&mut topic, &mut feed, &["data 3 gap 2"]);
        topic.trim(0);
        assert_eq!(topic.kept_bytes(), 1);
    }

    #[test]
    fn a_topic_without_a_value_yields_nothing() {
        let mut topic = topic(TopicKind::Ring, 0);
        let mut feed = topic.feed();
        check(&mut topic, &mut feed, &[]);
        publish(&mut topic, 1);
        check(&mut topic, &mut feed, &["data 1"]);
    }
}
