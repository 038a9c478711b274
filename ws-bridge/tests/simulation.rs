//! A bad network in virtual time: whatever happens to the link, each write settles exactly once.
//!
//! The other end is a model of a server (ours, or a published one) as short as it can be: the hub
//! itself meets this machine in the server's own tests.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use aimdb_ws_bridge::{
    Bridge, Effect, Input, Now, Options, Status, ValueHead, WriteId, WritePolicy,
};
use aimdb_ws_protocol::{ClientFrame, ErrorCode, Raw, ServerFrame, ServerHello, WireError};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

fn at(mono_ms: u64) -> Now {
    let wall_ms = 1_795_166_172_014 + mono_ms;
    Now { mono_ms, wall_ms }
}

const RETRY_MS: (u64, u64) = (500, 8_000);
const PENDING_MAX: usize = 6;
const TOPICS: [&str; 3] = ["t/0", "t/1", "t/2"];

#[derive(Debug, Clone)]
enum Step {
    /// The socket that is being opened opens, or fails.
    Connect(bool),
    /// The link breaks; the server has still read so many frames, the client gets none.
    Break {
        server_read: usize,
    },
    /// The server reads all, the client reads all.
    Exchange,
    /// The server reads so many frames, the client so many.
    Trickle {
        server_read: usize,
        client_read: usize,
    },
    Wait(u64),
    Write {
        topic: usize,
        policy: WritePolicy,
    },
    Publish {
        topic: usize,
    },
    Resubscribe,
    RestartServer,
    Online,
    Offline,
    Visible,
    /// A text that is no frame.
    Garbage,
}

fn any_policy() -> impl Strategy<Value = WritePolicy> {
    prop_oneof![
        3 => Just(WritePolicy::Queue),
        3 => Just(WritePolicy::Latest),
        1 => (1..20_000_u64).prop_map(|after_ms| WritePolicy::Expire { after_ms }),
        1 => Just(WritePolicy::Reject),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::bool::weighted(0.7).prop_map(Step::Connect),
        2 => (0..6_usize).prop_map(|server_read| Step::Break { server_read }),
        4 => Just(Step::Exchange),
        3 => (0..4_usize, 0..4_usize)
            .prop_map(|(server_read, client_read)| Step::Trickle { server_read, client_read }),
        4 => (1..20_000_u64).prop_map(Step::Wait),
        8 => (0..TOPICS.len(), any_policy()).prop_map(|(topic, policy)| Step::Write { topic, policy }),
        4 => (0..TOPICS.len()).prop_map(|topic| Step::Publish { topic }),
        1 => Just(Step::Resubscribe),
        1 => Just(Step::RestartServer),
        1 => Just(Step::Online),
        1 => Just(Step::Offline),
        1 => Just(Step::Visible),
        1 => Just(Step::Garbage),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Socket {
    None,
    Opening,
    Open,
}

struct Taken {
    topic: String,
    policy: WritePolicy,
}

/// The server: takes each write once, refuses every fifth, publishes values with versions.
struct Server {
    acknowledges: bool,
    instance: u32,
    highest: u64,
    refused: Vec<u64>,
    /// Ids applied, in order.
    applied: Vec<u64>,
    values: BTreeMap<&'static str, u64>,
    subscribed: bool,
}

impl Server {
    fn read(&mut self, text: &str, out: &mut VecDeque<String>) {
        match ClientFrame::decode(text).expect("the bridge sends frames") {
            ClientFrame::Ping { hello } => {
                let server = format!("instance-{}", self.instance).into();
                let hello = hello.filter(|_| self.acknowledges);
                let hello = hello.map(|_| ServerHello {
                    version: 1,
                    server,
                    contracts: None,
                    limits: None,
                    now: None,
                });
                out.push_back(ServerFrame::Pong { hello }.encode());
            }
            ClientFrame::Subscribe { .. } => {
                self.subscribed = true;
                for (topic, seq) in &self.values {
                    out.push_back(self.value(topic, *seq, true));
                }
            }
            ClientFrame::Write {
                id: Some(id),
                topic,
                ..
            } => self.write(id, &topic, out),
            other => panic!("not expected: {other:?}"),
        }
    }

    fn write(&mut self, id: u64, topic: &str, out: &mut VecDeque<String>) {
        let refused = id.is_multiple_of(5);
        if !self.acknowledges {
            // Without ids to go by, a repeat is applied again.
            self.applied.push(id);
            return;
        }
        if id > self.highest {
            self.highest = id;
            if refused {
                self.refused.push(id);
            } else {
                self.applied.push(id);
            }
        }
        let answer = if refused {
            ServerFrame::Error(WireError {
                code: ErrorCode::WriteError,
                topic: Some(topic.into()),
                message: "every fifth".into(),
                id: Some(id),
                request: None,
                reason: Some("fifth".into()),
                violation: None,
            })
        } else {
            ServerFrame::Ack { id, seq: None }
        };
        out.push_back(answer.encode());
    }

    fn value(&self, topic: &str, seq: u64, snapshot: bool) -> String {
        let payload = seq.to_string();
        let payload = Some(aimdb_ws_protocol::Raw::check(&payload).unwrap());
        let seq = self.acknowledges.then_some(seq);
        let topic = topic.into();
        if snapshot {
            ServerFrame::Snapshot {
                topic,
                payload,
                seq,
                by: None,
            }
            .encode()
        } else {
            ServerFrame::Data {
                topic,
                payload,
                ts: 1,
                seq,
                gap: None,
                by: None,
            }
            .encode()
        }
    }
}

/// What an effect does to the world, once the machine has returned.
type WorldChange = Box<dyn FnOnce(&mut World)>;

struct World {
    bridge: Bridge,
    server: Server,
    now_ms: u64,
    timer_at: Option<u64>,
    socket: Socket,
    /// Frames sent over the present socket, before and after the server has read them.
    up: VecDeque<String>,
    down: VecDeque<String>,
    sent_on_socket: usize,
    lost_at: Option<u64>,
    taken: BTreeMap<WriteId, Taken>,
    settled: BTreeMap<WriteId, String>,
    /// The newest value delivered of each topic, under the present instance.
    delivered: BTreeMap<String, u64>,
    ended: bool,
    /// The payload of the frame that is being taken.
    arriving: String,
}

impl World {
    fn new(acknowledges: bool, seed: u64) -> Self {
        let options = Options {
            subscribe_topics: vec!["t/#".into()],
            writes_pending_max: PENDING_MAX,
            retry_ms_min: RETRY_MS.0,
            retry_ms_max: RETRY_MS.1,
            ..Options::default()
        };
        let server = Server {
            acknowledges,
            instance: 1,
            highest: 0,
            refused: Vec::new(),
            applied: Vec::new(),
            values: BTreeMap::new(),
            subscribed: false,
        };
        Self {
            bridge: Bridge::new(options, seed).unwrap(),
            server,
            now_ms: 1_000_000,
            timer_at: None,
            socket: Socket::None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            sent_on_socket: 0,
            lost_at: None,
            taken: BTreeMap::new(),
            settled: BTreeMap::new(),
            delivered: BTreeMap::new(),
            ended: false,
            arriving: String::new(),
        }
    }

    fn give(&mut self, input: Input<'_>) {
        let policy = match input {
            Input::Write { policy, .. } => policy,
            _ => WritePolicy::Queue,
        };
        let by_timer = matches!(input, Input::Timer);
        let now_ms = self.now_ms;
        let arriving = self.arriving.clone();
        let mut effects: Vec<WorldChange> = Vec::new();
        self.bridge
            .handle(input, at(now_ms), &mut |effect| match effect {
                Effect::Open { .. } => effects.push(Box::new(move |world| world.open(by_timer))),
                Effect::Close { .. } => effects.push(Box::new(|world| {
                    assert_ne!(
                        world.socket,
                        Socket::None,
                        "closes a socket that is not there"
                    );
                    world.socket_gone();
                })),
                Effect::Send(text) => {
                    let text = text.to_owned();
                    effects.push(Box::new(move |world| world.send(text)));
                }
                Effect::WakeAt { at_ms } => effects.push(Box::new(move |world| {
                    assert!(at_ms >= now_ms, "wakes in the past");
                    assert!(!world.ended, "wakes after the end");
                    world.timer_at = Some(at_ms);
                })),
                Effect::Status(status) => effects.push(Box::new(move |world| {
                    if status == Status::Reconnecting {
                        world.lost_at = Some(now_ms);
                    }
                })),
                Effect::Deliver { topic, .. } => {
                    let (topic, value) = (topic.to_owned(), arriving.parse().unwrap());
                    effects.push(Box::new(move |world| world.deliver(topic, value)));
                }
                Effect::WriteTaken { write, topic } => {
                    let topic = topic.to_owned();
                    effects.push(Box::new(move |world| {
                        let before = world.taken.insert(write, Taken { topic, policy });
                        assert!(before.is_none(), "{write:?} taken twice");
                    }));
                }
                Effect::WriteSettled { entry, outcome } => {
                    let write = entry.id;
                    let outcome = format!("{outcome:?}");
                    effects.push(Box::new(move |world| {
                        assert!(
                            world.taken.contains_key(&write),
                            "{write:?} was never taken"
                        );
                        let before = world.settled.insert(write, outcome);
                        assert!(before.is_none(), "{write:?} settled twice: {before:?}");
                    }));
                }
                Effect::Error(_) | Effect::Restarted => {}
                other => panic!("not expected: {other:?}"),
            });
        effects.into_iter().for_each(|effect| effect(self));
        self.check();
    }

    fn give_text(&mut self, text: &str) {
        let frame = ServerFrame::decode(text);
        match frame.as_ref().ok().and_then(ValueHead::of) {
            Some((head, payload)) => {
                self.arriving = payload.map_or("", Raw::get).to_owned();
                self.give(Input::Value(head));
            }
            None => self.give(Input::Frame(frame)),
        }
    }

    fn check(&self) {
        let waiting = self.taken.len() - self.settled.len();
        assert_eq!(
            self.bridge.writes_pending(),
            waiting,
            "a write was lost without a report"
        );
        assert!(waiting <= PENDING_MAX, "{waiting} writes wait");
        if self.bridge.status() == Status::Reconnecting {
            let mut seen = BTreeSet::new();
            // What a socket had is never given up for a newer one.
            for write in self.bridge.writes().filter(|write| !write.handed_over) {
                let first = write.policy != WritePolicy::Latest || seen.insert(&write.topic);
                assert!(first, "{:?} waits beside an older one", write.id);
            }
        }
    }

    fn open(&mut self, by_timer: bool) {
        assert!(!self.ended, "opens after the end");
        assert_eq!(self.socket, Socket::None, "opens a second socket");
        self.socket = Socket::Opening;
        if let (Some(lost_at), true) = (self.lost_at, by_timer) {
            let waited = self.now_ms - lost_at;
            assert!(
                (RETRY_MS.0..=RETRY_MS.1).contains(&waited),
                "waited {waited} ms"
            );
        }
        self.lost_at = None;
    }

    fn send(&mut self, text: String) {
        assert_eq!(self.socket, Socket::Open, "sends without a socket");
        let expected = ["\"ping\"", "\"subscribe\""].get(self.sent_on_socket);
        assert!(
            expected.is_none_or(|kind| text.contains(kind)),
            "{text} came too early"
        );
        self.sent_on_socket += 1;
        self.up.push_back(text);
    }

    fn deliver(&mut self, topic: String, value: u64) {
        assert!(!self.ended, "delivers after the end");
        let before = self.delivered.insert(topic.clone(), value);
        // Without versions an old snapshot cannot be told on a new connection.
        if self.server.acknowledges {
            assert!(
                before.is_none_or(|before| before < value),
                "{topic} went back to {value}"
            );
        }
    }

    fn socket_gone(&mut self) {
        self.socket = Socket::None;
        self.up.clear();
        self.down.clear();
        self.sent_on_socket = 0;
        self.server.subscribed = false;
    }

    fn server_reads(&mut self, count: usize) {
        for _ in 0..count {
            let Some(text) = self.up.pop_front() else {
                return;
            };
            self.server.read(&text, &mut self.down);
        }
    }

    fn client_reads(&mut self, count: usize) {
        for _ in 0..count {
            let Some(text) = self.down.pop_front() else {
                return;
            };
            self.give_text(&text);
        }
    }

    fn wait(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        while let Some(at) = self.timer_at.filter(|at| *at <= end) {
            self.now_ms = at;
            self.timer_at = None;
            self.give(Input::Timer);
        }
        self.now_ms = end;
    }

    fn connect(&mut self, succeeds: bool) {
        match (self.socket, succeeds) {
            (Socket::Opening, true) => {
                self.socket = Socket::Open;
                self.give(Input::SocketOpened);
            }
            (Socket::Opening, false) => {
                self.socket_gone();
                self.give(Input::SocketFailed);
            }
            _ => {}
        }
    }

    fn break_link(&mut self) {
        if self.socket == Socket::Open {
            self.socket_gone();
            self.give(Input::SocketClosed {
                code: 1006,
                reason: "",
            });
        }
    }

    fn publish(&mut self, topic: &'static str) {
        let seq = self.server.values.entry(topic).or_insert(0);
        *seq += 1;
        let seq = *seq;
        if self.server.subscribed {
            self.down.push_back(self.server.value(topic, seq, false));
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Connect(succeeds) => self.connect(succeeds),
            Step::Break { server_read } => {
                self.server_reads(server_read);
                self.break_link();
            }
            Step::Exchange => {
                self.server_reads(usize::MAX);
                self.client_reads(usize::MAX);
            }
            Step::Trickle {
                server_read,
                client_read,
            } => {
                self.server_reads(server_read);
                self.client_reads(client_read);
            }
            Step::Wait(ms) => self.wait(ms),
            Step::Write { topic, policy } => {
                self.give(Input::Write {
                    topic: TOPICS[topic],
                    payload: Raw::known("-1"),
                    policy,
                    source: None,
                });
            }
            Step::Publish { topic } => self.publish(TOPICS[topic]),
            Step::Resubscribe => {
                // Who subscribes again is told again.
                self.delivered.clear();
                self.give(Input::Subscribe(&["t/#"]));
            }
            Step::RestartServer => {
                self.server.instance += 1;
                self.server.values.clear();
                self.delivered.clear();
                self.break_link();
            }
            Step::Online => self.give(Input::NetworkOnline),
            Step::Offline => self.give(Input::NetworkOffline),
            Step::Visible => self.give(Input::PageVisible),
            Step::Garbage => {
                if self.socket == Socket::Open {
                    self.give_text("{\"type\":");
                }
            }
        }
    }

    /// The network is good again for as long as it takes.
    fn calm_down(&mut self) {
        for _ in 0..20 {
            self.connect(true);
            self.server_reads(usize::MAX);
            self.client_reads(usize::MAX);
            self.wait(5_000);
        }
        assert_eq!(self.bridge.status(), Status::Connected);
        assert_eq!(self.bridge.writes_pending(), 0, "a write never settled");
        let values = self.server.values.iter();
        let newest: BTreeMap<_, _> = values
            .map(|(topic, seq)| ((*topic).to_owned(), *seq))
            .collect();
        assert_eq!(
            self.delivered, newest,
            "the client does not have the newest values"
        );
    }

    fn check_outcomes(&self) {
        let mut newest_latest: BTreeMap<&str, WriteId> = BTreeMap::new();
        for (id, write) in &self.taken {
            let outcome = &self.settled[id];
            let full = outcome == "Dropped(QueueFull)";
            match write.policy {
                WritePolicy::Queue => {
                    assert!(full || !outcome.starts_with("Dropped"), "{id:?}: {outcome}");
                }
                WritePolicy::Latest if !full => {
                    newest_latest.insert(&write.topic, *id);
                }
                _ => {}
            }
            let acknowledged = outcome == "Acknowledged";
            assert!(
                !acknowledged || self.server.applied.contains(&id.0),
                "{id:?} was not applied"
            );
        }
        for id in newest_latest.values() {
            let outcome = &self.settled[id];
            assert!(
                !outcome.starts_with("Dropped"),
                "the newest {id:?}: {outcome}"
            );
        }
        if self.server.acknowledges {
            let applied = &self.server.applied;
            assert!(
                applied.is_sorted_by(|a, b| a < b),
                "out of order or twice: {applied:?}"
            );
        }
    }
}

fn run(acknowledges: bool, seed: u64, steps: Vec<Step>) {
    let mut world = World::new(acknowledges, seed);
    world.give(Input::Start);
    steps.into_iter().for_each(|step| world.step(step));
    world.calm_down();
    world.check_outcomes();
}

proptest! {
    #[test]
    fn with_our_server_each_write_settles_once_and_the_newest_values_arrive(
        seed in any::<u64>(),
        steps in prop::collection::vec(any_step(), 0..80),
    ) {
        run(true, seed, steps);
    }

    #[test]
    fn with_a_published_server_each_write_settles_once(
        seed in any::<u64>(),
        steps in prop::collection::vec(any_step(), 0..80),
    ) {
        run(false, seed, steps);
    }

    #[test]
    fn after_disconnect_nothing_happens_any_more(
        seed in any::<u64>(),
        before in prop::collection::vec(any_step(), 0..40),
        after in prop::collection::vec(any_step(), 0..20),
    ) {
        let mut world = World::new(true, seed);
        world.give(Input::Start);
        before.into_iter().for_each(|step| world.step(step));
        world.give(Input::Disconnect);
        prop_assert_eq!(world.socket, Socket::None);
        world.ended = true;
        after.into_iter().for_each(|step| world.step(step));
        prop_assert_eq!(world.bridge.status(), Status::Disconnected);
        prop_assert_eq!(world.bridge.writes_pending(), 0);
    }
}
