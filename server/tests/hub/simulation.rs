//! Slow clients against an oracle: whatever is published and however slowly it is read, the newest
//! value arrives, rings count what they lose, and no queue grows beyond its bound.

use aimdb_server::hub::{ClientId, Effect, Hub, Input, Limits, TopicKind, TopicSpec};
use aimdb_ws_protocol::{Pattern, ServerFrame};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

const IN_FLIGHT_MAX: u32 = 3;
const BACKLOG_MAX: usize = 4;
const REPLIES_MAX: usize = 1_000;
const KIB: usize = 1_024;
/// Values of very different sizes, so that bytes bound what frames do not.
const SIZES: [usize; 4] = [0, 100, 3 * KIB, 20 * KIB];
/// A frame is a value and some words around it.
const FRAME_MAX: usize = 21 * KIB;
const TOPICS: [(&str, TopicKind); 5] = [
    ("log/a", TopicKind::Ring),
    ("log/b", TopicKind::Ring),
    ("now/a", TopicKind::Latest),
    ("now/b", TopicKind::Latest),
    ("cmd", TopicKind::Mailbox),
];
const PATTERNS: [&str; 5] = ["#", "log/*", "log/a", "now/#", "*"];

#[derive(Debug, Clone)]
enum Step {
    Publish { topic: usize, count: u64 },
    Miss { ring: usize, count: u64 },
    Subscribe { client: usize, pattern: usize },
    Unsubscribe { client: usize, pattern: usize },
    Read { client: usize, frames: usize },
    Reconnect { client: usize },
}

fn any_step() -> impl Strategy<Value = Step> {
    let client = || 0..2_usize;
    let pattern = || 0..PATTERNS.len();
    prop_oneof![
        6 => (0..TOPICS.len(), 1..8_u64).prop_map(|(topic, count)| Step::Publish { topic, count }),
        1 => (0..2_usize, 1..8_u64).prop_map(|(ring, count)| Step::Miss { ring, count }),
        3 => (client(), pattern())
            .prop_map(|(client, pattern)| Step::Subscribe { client, pattern }),
        1 => (client(), pattern())
            .prop_map(|(client, pattern)| Step::Unsubscribe { client, pattern }),
        5 => (client(), 1..6_usize).prop_map(|(client, frames)| Step::Read { client, frames }),
        1 => client().prop_map(|client| Step::Reconnect { client }),
    ]
}

/// What a client should have: for each topic that it follows, the version it has come to.
#[derive(Default)]
struct Reader {
    id: u64,
    socket: VecDeque<Arc<str>>,
    patterns: Vec<&'static str>,
    /// Version before the first that must come or be counted.
    position: BTreeMap<String, u64>,
    /// The newest version seen.
    seen: BTreeMap<String, u64>,
}

struct World {
    hub: Hub,
    readers: [Reader; 2],
    published: BTreeMap<&'static str, u64>,
    next_id: u64,
}

/// The value of a version, recognisable and of some size.
fn value(seq: u64) -> String {
    let size = SIZES[(seq * 7 % 4) as usize];
    format!("\"{seq} {}\"", "x".repeat(size))
}

fn matches(pattern: &str, topic: &str) -> bool {
    Pattern::parse(pattern).unwrap().matches(topic)
}

impl World {
    fn new() -> Self {
        let limits = Limits {
            frames_in_flight_max: IN_FLIGHT_MAX,
            in_flight_bytes_max: 4 * KIB,
            total_in_flight_bytes_max: 8 * KIB,
            ring_backlog_max: BACKLOG_MAX,
            backlog_bytes_max: 30 * KIB,
            total_backlog_bytes_max: 60 * KIB,
            replies_max: REPLIES_MAX,
            frames_burst_max: 10_000,
            ..Limits::default()
        };
        let mut world = Self {
            hub: Hub::new(limits, "instance").unwrap(),
            readers: Default::default(),
            published: BTreeMap::new(),
            next_id: 1,
        };
        for (name, kind) in TOPICS {
            world.give(Input::Register(TopicSpec::new(name, kind)));
        }
        world.reconnect(0);
        world.reconnect(1);
        world
    }

    fn give(&mut self, input: Input<'_>) {
        let readers = &mut self.readers;
        self.hub.handle(input, 1, &mut |effect| match effect {
            Effect::Send { client, frame } => {
                let reader = readers
                    .iter_mut()
                    .find(|reader| reader.id == client.0)
                    .unwrap();
                reader.socket.extend(frame.texts().map(Arc::from));
                assert!(
                    reader.socket.len() <= IN_FLIGHT_MAX as usize,
                    "sent beyond the credit"
                );
                let bytes: usize = reader.socket.iter().map(|text| text.len()).sum();
                assert!(
                    bytes <= 4 * KIB + FRAME_MAX,
                    "{bytes} bytes sent beyond the credit"
                );
            }
            Effect::WakeAt { .. } => {}
            other => panic!("not expected: {other:?}"),
        });
        let totals = self.hub.totals();
        assert!(totals.in_flight <= 8 * KIB + 2 * FRAME_MAX, "{totals:?}");
        assert!(
            totals.kept <= 60 * KIB + TOPICS.len() * FRAME_MAX,
            "{totals:?}"
        );
        for reader in &self.readers {
            let queued = self.hub.queued(ClientId(reader.id));
            assert!(
                queued <= REPLIES_MAX + TOPICS.len(),
                "{queued} frames are queued"
            );
        }
    }

    fn reconnect(&mut self, client: usize) {
        self.give(Input::Disconnected {
            client: ClientId(self.readers[client].id),
        });
        self.readers[client] = Reader {
            id: self.next_id,
            ..Reader::default()
        };
        self.next_id += 1;
        self.give(Input::Connected {
            client: ClientId(self.readers[client].id),
        });
    }

    fn send(&mut self, client: usize, kind: &str, pattern: &str) {
        let text = format!(r#"{{"type":"{kind}","topics":["{pattern}"]}}"#);
        let client = ClientId(self.readers[client].id);
        self.give(Input::Frame {
            client,
            text: &text,
        });
    }

    fn subscribe(&mut self, client: usize, pattern: &'static str) {
        let reader = &mut self.readers[client];
        for (topic, _) in TOPICS.iter().filter(|(topic, _)| matches(pattern, topic)) {
            if !reader
                .patterns
                .iter()
                .any(|pattern| matches(pattern, topic))
            {
                let position = self.published.get(topic).copied().unwrap_or(0);
                reader.position.insert((*topic).to_owned(), position);
                reader.seen.remove(*topic);
            }
        }
        reader.patterns.push(pattern);
        self.send(client, "subscribe", pattern);
    }

    fn unsubscribe(&mut self, client: usize, pattern: &'static str) {
        self.send(client, "unsubscribe", pattern);
        // What is in the socket already arrives; nothing more is promised.
        self.read(client, usize::MAX);
        let reader = &mut self.readers[client];
        reader.patterns.retain(|known| *known != pattern);
        let patterns = &reader.patterns;
        reader
            .position
            .retain(|topic, _| patterns.iter().any(|known| matches(known, topic)));
    }

    fn read(&mut self, client: usize, frames: usize) {
        for _ in 0..frames {
            let Some(text) = self.readers[client].socket.pop_front() else {
                return;
            };
            self.readers[client].take(&text);
            self.give(Input::Drained {
                client: ClientId(self.readers[client].id),
                frames: 1,
                bytes: text.len(),
            });
        }
    }

    fn publish(&mut self, topic: usize, count: u64) {
        let (topic, _) = TOPICS[topic];
        for _ in 0..count {
            let seq = self.published.entry(topic).or_insert(0);
            *seq += 1;
            let payload = value(*seq).into();
            self.give(Input::Published {
                topic,
                payload,
                cause: None,
                stamp: None,
            });
        }
    }

    /// Values that the hub never got: they count like those that a reader was too slow for.
    fn miss(&mut self, ring: usize, count: u64) {
        let (topic, _) = TOPICS[ring];
        *self.published.entry(topic).or_insert(0) += count;
        self.give(Input::Missed {
            topic,
            missed: count,
        });
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Publish { topic, count } => self.publish(topic, count),
            Step::Miss { ring, count } => self.miss(ring, count),
            Step::Subscribe { client, pattern } => self.subscribe(client, PATTERNS[pattern]),
            Step::Unsubscribe { client, pattern } => self.unsubscribe(client, PATTERNS[pattern]),
            Step::Read { client, frames } => self.read(client, frames),
            Step::Reconnect { client } => self.reconnect(client),
        }
    }

    fn finish(&mut self) {
        // What was missed is told with the value that follows.
        (0..TOPICS.len()).for_each(|topic| self.publish(topic, 1));
        for client in 0..self.readers.len() {
            self.read(client, usize::MAX);
            let reader = &self.readers[client];
            assert_eq!(self.hub.queued(ClientId(reader.id)), 0);
            for (topic, kind) in TOPICS {
                let newest = self.published.get(topic).copied().unwrap_or(0);
                let Some(position) = reader.position.get(topic) else {
                    continue;
                };
                let seen = reader.seen.get(topic).copied().unwrap_or(0);
                assert_eq!(seen, newest, "{topic}: the newest value did not arrive");
                if kind == TopicKind::Ring {
                    assert_eq!(*position, newest, "{topic}: received and gaps are not all");
                }
            }
        }
    }
}

impl Reader {
    fn take(&mut self, text: &str) {
        let (topic, payload, seq, gap) = match ServerFrame::decode(text).unwrap() {
            ServerFrame::Subscribed { .. } => return,
            ServerFrame::Data {
                topic,
                payload,
                seq,
                gap,
                ..
            } => (topic, payload, seq, gap),
            ServerFrame::Snapshot {
                topic,
                payload,
                seq,
                ..
            } => {
                assert_ne!(topic, "cmd", "a command was handed out again");
                let (seen, seq) = (self.seen.get(&*topic).copied().unwrap_or(0), seq.unwrap());
                assert!(seq >= seen, "{topic}: snapshot {seq} after {seen}");
                self.seen.insert(topic.into(), seq);
                assert_eq!(payload.unwrap().get(), value(seq));
                return;
            }
            other => panic!("not expected: {other:?}"),
        };
        let seq = seq.unwrap();
        assert_eq!(payload.unwrap().get(), value(seq));
        let before = self.seen.insert(topic.to_string(), seq).unwrap_or(0);
        assert!(seq > before, "{topic}: data {seq} after {before}");
        if let Some(position) = self.position.get_mut(&*topic) {
            if topic.starts_with("log/") {
                assert_eq!(
                    seq,
                    *position + gap.unwrap_or(0) + 1,
                    "{topic}: uncounted loss"
                );
            } else {
                assert_eq!(gap, None, "{topic}: a latest value has no gaps");
            }
            *position = seq;
        }
    }
}

proptest! {
    #[test]
    fn every_reader_ends_with_the_newest_values_and_rings_lose_nothing_uncounted(
        steps in prop::collection::vec(any_step(), 0..60),
    ) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.step(step));
        world.finish();
    }
}
