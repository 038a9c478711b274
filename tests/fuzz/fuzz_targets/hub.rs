//! Inputs of the hub in any order that a root may give them: no panic, credit and budgets hold, nothing is sent to
//! who has gone, and nothing is left of clients that all have gone.
#![no_main]

use aimdb_contracts::builtin;
use aimdb_server::hub::{
    Cause, ClientId, Effect, Frame, Hub, Input, Limits, Outcome, QueryAnswer, QueryToken, Refusal,
    TopicKind, TopicSpec, TopicTemplate, WriteToken,
};
use aimdb_ws_protocol::{ErrorCode, Pattern};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

const CLIENTS: usize = 4;
const TOPICS: [&str; 7] = ["a", "a/b", "a/c", "d/e", "made/1", "made/2", "made/3"];
const PATTERNS: [&str; 8] = ["#", "a/*", "a", "made/#", "*/e", "a/b", "a/#/b", "made/1"];
const NAMES: [&str; 3] = ["one", "two", "three"];
const VALUE_BYTES_MAX: usize = 6_000;
/// A slice makes progress, so that so many of them end whatever small work there is.
const SLICES_MAX: usize = 10_000;

fn limits() -> Limits {
    Limits {
        clients_max: 3,
        topics_max: 6,
        message_bytes_max: 1_024,
        subscriptions_max: 4,
        frames_per_second_max: 50,
        frames_burst_max: 100,
        frames_in_flight_max: 3,
        in_flight_bytes_max: 4_096,
        total_in_flight_bytes_max: 8_192,
        ring_backlog_max: 4,
        backlog_bytes_max: 4_096,
        total_backlog_bytes_max: 8_192,
        replies_max: 8,
        replies_bytes_max: 4_096,
        total_replies_bytes_max: 8_192,
        writes_pending_max: 2,
        queries_pending_max: 2,
        total_queries_pending_max: 3,
        query_records_max: 10,
        sessions_max: 2,
        ping_after_ms: 1_000,
        silent_ms_max: 3_000,
    }
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Kind {
    Latest,
    Ring,
    Mailbox,
}

impl From<Kind> for TopicKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Latest => Self::Latest,
            Kind::Ring => Self::Ring,
            Kind::Mailbox => Self::Mailbox,
        }
    }
}

#[derive(Debug, Arbitrary)]
enum Say {
    Subscribe(Vec<u8>),
    Unsubscribe(Vec<u8>),
    Write {
        topic: u8,
        id: Option<u8>,
        bytes: u8,
    },
    Query {
        pattern: u8,
        limit: Option<u8>,
    },
    Hello {
        name: u8,
        version: u8,
        holds: Option<u8>,
    },
    Ping,
    ListTopics,
    Contracts,
    Raw(String),
}

#[derive(Debug, Arbitrary)]
enum Step {
    Connect(u8),
    Disconnect(u8),
    Say(u8, Say),
    Binary(u8),
    Alive(u8, u8),
    /// The socket takes so many of what it was given, joined ones as one.
    Take(u8, u8),
    Register(u8, Kind, bool),
    Unregister(u8),
    AllowWrites(u8),
    Template(Kind),
    RegisterContract,
    Publish {
        topic: u8,
        bytes: u16,
        is_of_write: bool,
    },
    Missed(u8, u16),
    AnswerWrite(u8, bool),
    AnswerQuery(u8, Option<u16>),
    Timer(u16),
    Work,
    Turn,
    Shutdown,
}

fn pick<T: ?Sized>(list: &[&'static T], number: u8) -> &'static T {
    list[usize::from(number) % list.len()]
}

impl Say {
    fn text(&self) -> String {
        let patterns = |numbers: &[u8]| {
            let patterns = numbers
                .iter()
                .map(|number| format!("{:?}", pick(&PATTERNS, *number)));
            patterns.collect::<Vec<_>>().join(",")
        };
        match self {
            Self::Subscribe(list) => {
                format!(r#"{{"type":"subscribe","topics":[{}]}}"#, patterns(list))
            }
            Self::Unsubscribe(list) => {
                format!(r#"{{"type":"unsubscribe","topics":[{}]}}"#, patterns(list))
            }
            Self::Write { topic, id, bytes } => {
                let id = id.map_or(String::new(), |id| format!(r#","id":{id}"#));
                let (topic, text) = (pick(&TOPICS, *topic), "x".repeat(usize::from(*bytes)));
                format!(r#"{{"type":"write","topic":"{topic}","payload":"{text}"{id}}}"#)
            }
            Self::Query { pattern, limit } => {
                let limit = limit.map_or(String::new(), |limit| format!(r#","limit":{limit}"#));
                let pattern = pick(&PATTERNS, *pattern);
                format!(r#"{{"type":"query","id":"q","pattern":"{pattern}"{limit}}}"#)
            }
            Self::Hello {
                name,
                version,
                holds,
            } => {
                let held = holds.map_or(String::new(), |version| format!(
                    r#","contracts":[{{"name":"temperature","version":{version},"fingerprint":"0000000000000000"}}]"#
                ));
                let name = pick(&NAMES, *name);
                format!(
                    r#"{{"type":"ping","hello":{{"version":{version},"client":"{name}"{held}}}}}"#
                )
            }
            Self::Ping => r#"{"type":"ping"}"#.into(),
            Self::ListTopics => r#"{"type":"list_topics","id":"l"}"#.into(),
            Self::Contracts => {
                r#"{"type":"contracts","id":"c","names":["temperature","none"]}"#.into()
            }
            Self::Raw(text) => text.clone(),
        }
    }
}

/// A client as its socket sees it.
struct Client {
    id: ClientId,
    given: VecDeque<Frame>,
}

impl Client {
    fn frames(&self) -> u32 {
        self.given.iter().map(Frame::count).sum()
    }

    fn bytes(&self) -> usize {
        self.given.iter().map(|frame| frame.bytes().len()).sum()
    }
}

/// What the root keeps.
#[derive(Default)]
struct Root {
    /// By their places.
    clients: [Option<Client>; CLIENTS],
    writes: Vec<(WriteToken, Arc<str>, Cause)>,
    queries: Vec<QueryToken>,
    /// Those that were there once, by their names and kinds.
    topics: BTreeMap<String, TopicKind>,
}

impl Root {
    fn perform(&mut self, effect: Effect<'_>, limits: &Limits) {
        match effect {
            Effect::Send { client, frame } => self.send(client, frame, limits),
            Effect::Close { client, .. } => self.clients[client.place() as usize] = None,
            Effect::PingSocket { client } => {
                assert!(self.find(client).is_some(), "a ping for who has gone");
            }
            Effect::Open { topic, .. } => {
                let before = self.topics.insert(topic.to_string(), TopicKind::Latest);
                assert!(before.is_none(), "{topic} was opened twice");
            }
            Effect::Write {
                token,
                topic,
                cause,
                ..
            } => {
                assert!(self.topics.contains_key(&*topic), "a write to no topic");
                self.writes.push((token, topic, cause));
            }
            Effect::Query { token, topics, .. } => {
                assert!(
                    topics
                        .iter()
                        .all(|topic| self.topics.contains_key(&**topic))
                );
                self.queries.push(token);
            }
            // This root keeps nothing beyond its run.
            Effect::Refused { .. }
            | Effect::Settled { .. }
            | Effect::Fenced { .. }
            | Effect::Forgotten { .. }
            | Effect::Abandon { .. }
            | Effect::WakeAt { .. } => {}
            // The steps below do what a root may not, such as registering twice; tokens are always right.
            Effect::Fault(fault) => {
                let words = fault.to_string();
                assert!(!words.contains("nothing waits"), "{words}");
            }
        }
    }

    fn find(&mut self, id: ClientId) -> Option<&mut Client> {
        let client = self.clients[id.place() as usize].as_mut();
        client.filter(|client| client.id == id)
    }

    fn in_flight(&self) -> usize {
        self.clients.iter().flatten().map(Client::bytes).sum()
    }

    fn send(&mut self, id: ClientId, frame: Frame, limits: &Limits) {
        let all = self.in_flight();
        let client = self.find(id);
        let client = client.unwrap_or_else(|| panic!("sent to who has gone: {frame:?}"));
        let has_none = client.given.is_empty();
        assert!(
            has_none || client.bytes() < limits.in_flight_bytes_max,
            "bytes of a client"
        );
        assert!(
            has_none || all < limits.total_in_flight_bytes_max,
            "bytes of all"
        );
        assert_eq!(frame.texts().count(), frame.count() as usize);
        client.given.push_back(frame);
        assert!(
            client.frames() <= limits.frames_in_flight_max,
            "frames of a client"
        );
    }
}

struct World {
    hub: Hub,
    limits: Limits,
    root: Root,
    now_ms: u64,
    turn: u32,
    templates: usize,
}

impl World {
    fn new() -> Option<Self> {
        Some(Self {
            hub: Hub::new(limits(), "instance").ok()?,
            limits: limits(),
            root: Root::default(),
            now_ms: 1_000_000,
            turn: 0,
            templates: 0,
        })
    }

    fn take(&mut self, input: Input<'_>) {
        let Self {
            hub, root, limits, ..
        } = self;
        hub.take(input, self.now_ms, &mut |effect| {
            root.perform(effect, limits)
        });
    }

    fn turn(&mut self) {
        let Self {
            hub, root, limits, ..
        } = self;
        hub.turn(&mut |effect| root.perform(effect, limits));
    }

    fn id(&self, place: u8) -> Option<ClientId> {
        let client = self.root.clients[usize::from(place) % CLIENTS].as_ref()?;
        Some(client.id)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Connect(place) => self.connect(usize::from(place) % CLIENTS),
            Step::Disconnect(place) => {
                if let Some(client) = self.id(place) {
                    self.root.clients[client.place() as usize] = None;
                    self.take(Input::Disconnected { client });
                }
            }
            Step::Say(place, say) => {
                if let Some(client) = self.id(place)
                    && !self.hub.is_busy(client)
                {
                    let text = &*say.text();
                    self.take(Input::Frame { client, text });
                }
            }
            Step::Binary(place) => {
                if let Some(client) = self.id(place) {
                    self.take(Input::BinaryFrame { client });
                }
            }
            Step::Alive(place, count) => {
                if let Some(client) = self.id(place) {
                    let count = count.into();
                    self.take(Input::Alive { client, count });
                }
            }
            Step::Take(place, count) => self.socket_takes(place, count.into()),
            Step::Register(topic, kind, writable) => {
                self.register(pick(&TOPICS, topic), kind, writable)
            }
            Step::Unregister(topic) => self.unregister(pick(&TOPICS, topic)),
            Step::AllowWrites(topic) => self.take(Input::AllowWrites {
                topic: pick(&TOPICS, topic),
            }),
            Step::Template(kind) => self.template(kind.into()),
            Step::RegisterContract => {
                let schema = builtin::ALL
                    .iter()
                    .find(|schema| schema.name == "temperature");
                let Some(schema) = schema.map(|schema| Arc::new((*schema).clone())) else {
                    return;
                };
                self.take(Input::RegisterContract(schema));
            }
            Step::Publish {
                topic,
                bytes,
                is_of_write,
            } => self.publish(pick(&TOPICS, topic), bytes, is_of_write),
            Step::Missed(topic, missed) => self.take(Input::Missed {
                topic: pick(&TOPICS, topic),
                missed: missed.into(),
            }),
            Step::AnswerWrite(which, is_ok) => self.answer_write(which, is_ok),
            Step::AnswerQuery(which, bytes) => self.answer_query(which, bytes),
            Step::Timer(later_ms) => {
                self.now_ms += u64::from(later_ms);
                self.take(Input::Timer);
            }
            Step::Work => self.hub.work(),
            Step::Turn => self.turn(),
            Step::Shutdown => self.take(Input::Shutdown),
        }
        self.check();
    }

    fn connect(&mut self, place: usize) {
        if self.root.clients[place].is_some() {
            return;
        }
        self.turn += 1;
        let id = ClientId::at(place as u32, self.turn);
        let given = VecDeque::new();
        self.root.clients[place] = Some(Client { id, given });
        self.take(Input::Connected { client: id });
    }

    fn socket_takes(&mut self, place: u8, count: usize) {
        let Some(client) = &mut self.root.clients[usize::from(place) % CLIENTS] else {
            return;
        };
        let count = count.min(client.given.len());
        let taken: Vec<Frame> = client.given.drain(..count).collect();
        let client = client.id;
        self.take(Input::Drained {
            client,
            frames: taken.iter().map(Frame::count).sum(),
            bytes: taken.iter().map(|frame| frame.bytes().len()).sum(),
        });
    }

    fn register(&mut self, name: &str, kind: Kind, writable: bool) {
        let is_new = !self.root.topics.contains_key(name);
        let spec = TopicSpec {
            schema_type: writable.then(|| "temperature".into()),
            writable,
            ..TopicSpec::new(name, kind.into())
        };
        let topics = self.hub.topics();
        self.take(Input::Register(spec));
        if self.hub.topics() > topics {
            assert!(is_new, "{name} is there twice");
            self.root.topics.insert(name.into(), kind.into());
        }
    }

    fn unregister(&mut self, name: &str) {
        self.root.topics.remove(name);
        self.take(Input::Unregister { topic: name });
    }

    fn template(&mut self, kind: TopicKind) {
        // As many as a configuration would have; each is looked through by a first write.
        if self.templates < 3
            && let Ok(pattern) = Pattern::parse("made/*")
        {
            self.templates += 1;
            self.take(Input::Template(TopicTemplate {
                pattern,
                schema_type: "temperature".into(),
                kind,
                topics_max: 2,
            }));
        }
    }

    fn publish(&mut self, topic: &str, bytes: u16, is_of_write: bool) {
        let write = self
            .root
            .writes
            .iter()
            .find(|(_, written, _)| **written == *topic);
        let cause = write
            .filter(|_| is_of_write)
            .map(|(_, _, cause)| cause.clone());
        let text = "v".repeat(usize::from(bytes) % VALUE_BYTES_MAX);
        let payload = format!("\"{text}\"").into();
        self.take(Input::Published {
            topic,
            payload,
            cause,
            stamp: None,
        });
    }

    fn answer_write(&mut self, which: u8, is_ok: bool) {
        if self.root.writes.is_empty() {
            return;
        }
        let which = usize::from(which) % self.root.writes.len();
        let (token, ..) = self.root.writes.remove(which);
        let refusal = || Refusal::new(ErrorCode::WriteError, "no", "no");
        let answer = match is_ok {
            true => Outcome::Taken { seq: None },
            false => Outcome::Refused(refusal()),
        };
        self.take(Input::WriteAnswered { token, answer });
    }

    fn answer_query(&mut self, which: u8, bytes: Option<u16>) {
        if self.root.queries.is_empty() {
            return;
        }
        let which = usize::from(which) % self.root.queries.len();
        let token = self.root.queries.remove(which);
        let answer = match bytes {
            Some(bytes) => {
                let request = "r".repeat(usize::from(bytes));
                Ok(QueryAnswer::default().encode(&request))
            }
            None => Err(Refusal::new(ErrorCode::ServerError, "no", "no")),
        };
        self.take(Input::QueryAnswered { token, answer });
    }

    fn check(&self) {
        let Self {
            hub, root, limits, ..
        } = self;
        let totals = hub.totals();
        assert_eq!(hub.clients(), root.clients.iter().flatten().count());
        assert_eq!(hub.topics(), root.topics.len());
        assert!(hub.clients() <= limits.clients_max && hub.topics() <= limits.topics_max);
        assert_eq!(totals.in_flight, root.in_flight());
        // The newest value of each topic stays, whatever its size.
        let newest = limits.topics_max * (VALUE_BYTES_MAX + 2);
        assert!(totals.kept <= limits.total_backlog_bytes_max + newest);
        for client in root.clients.iter().flatten() {
            let queued = hub.queued(client.id);
            // What was forgotten is taken out of the queue when it is forgotten.
            assert!(queued <= limits.replies_max + limits.topics_max, "{queued}");
        }
    }

    /// All go.
    fn end(mut self) {
        for place in 0..CLIENTS as u8 {
            self.step(Step::Disconnect(place));
        }
        for _ in 0..SLICES_MAX {
            self.hub.work();
        }
        assert!(!self.hub.is_working(), "work for nobody");
        self.turn();
        let totals = self.hub.totals();
        assert_eq!((totals.in_flight, totals.replies), (0, 0));
        while !self.root.queries.is_empty() {
            self.step(Step::AnswerQuery(0, Some(10)));
        }
        while !self.root.writes.is_empty() {
            self.step(Step::AnswerWrite(0, false));
        }
        for topic in TOPICS {
            if self.root.topics.contains_key(topic) {
                self.unregister(topic);
            }
        }
        self.turn();
        let totals = self.hub.totals();
        assert_eq!((totals.in_flight, totals.replies, totals.kept), (0, 0, 0));
        assert_eq!((self.hub.clients(), self.hub.topics()), (0, 0));
        assert!(!self.hub.has_news());
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let Some(mut world) = World::new() else {
        panic!("the limits of this test cannot be used");
    };
    steps.into_iter().for_each(|step| world.step(step));
    world.end();
});
