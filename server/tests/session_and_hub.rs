//! The client's session and the hub, joined by a bad network in virtual time: every write that is
//! acknowledged was applied exactly once and in order, all tabs end with the same values, and none
//! gets a command twice.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use aimdb_server::hub::{
    Cause, ClientId, Effect as HubEffect, Hub, Input as HubInput, Limits, Refusal, TopicKind,
    TopicSpec, WriteToken,
};
use aimdb_ws_bridge::{
    Bridge, Effect, ErrorCode, Input, Options, Outcome, Status, WriteId, WritePolicy,
};
use aimdb_ws_protocol::{Raw, ServerFrame};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A text frame as a driver hands it over.
fn frame(text: &str) -> Input<'_> {
    Input::Frame(ServerFrame::decode(text))
}

const TABS: usize = 2;
const COMMANDS: &str = "room/2";
const TOPICS: [(&str, TopicKind); 3] = [
    ("room/1", TopicKind::Latest),
    (COMMANDS, TopicKind::Mailbox),
    ("log", TopicKind::Ring),
];
/// The hub's time is Unix time, the session's is its own.
const UNIX_MS: u64 = 1_795_166_172_014;

#[derive(Debug, Clone)]
enum Step {
    Connect {
        tab: usize,
    },
    Break {
        tab: usize,
        server_reads: usize,
    },
    Move {
        tab: usize,
        up: usize,
        down: usize,
    },
    Write {
        tab: usize,
        topic: usize,
        latest: bool,
    },
    Sense {
        topic: usize,
    },
    Apply {
        count: usize,
    },
    Wait {
        ms: u64,
    },
    RestartServer,
}

fn any_step() -> impl Strategy<Value = Step> {
    let tab = || 0..TABS;
    prop_oneof![
        4 => tab().prop_map(|tab| Step::Connect { tab }),
        2 => (tab(), 0..5_usize).prop_map(|(tab, server_reads)| Step::Break { tab, server_reads }),
        6 => (tab(), 0..5_usize, 0..5_usize).prop_map(|(tab, up, down)| Step::Move { tab, up, down }),
        6 => (tab(), 0..TOPICS.len(), any::<bool>())
            .prop_map(|(tab, topic, latest)| Step::Write { tab, topic, latest }),
        3 => (0..TOPICS.len()).prop_map(|topic| Step::Sense { topic }),
        4 => (1..5_usize).prop_map(|count| Step::Apply { count }),
        3 => (1..15_000_u64).prop_map(|ms| Step::Wait { ms }),
    ]
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Socket {
    None,
    Opening,
    Open(ClientId),
}

struct Tab {
    bridge: Bridge,
    timer_at: Option<u64>,
    socket: Socket,
    up: VecDeque<String>,
    down: VecDeque<Arc<str>>,
    settled: BTreeMap<WriteId, &'static str>,
    taken: Vec<WriteId>,
    values: BTreeMap<String, String>,
    /// The commands that came, in order.
    commands: Vec<String>,
    own_echoes: usize,
}

struct Waiting {
    token: WriteToken,
    topic: Arc<str>,
    payload: String,
    cause: Cause,
}

struct World {
    hub: Hub,
    instance: u32,
    tabs: Vec<Tab>,
    waiting: VecDeque<Waiting>,
    /// Payloads applied, in order: `tab * 1000 + n` of the tab's n-th write.
    applied: Vec<u64>,
    values: BTreeMap<String, String>,
    written: u64,
    next_client: u64,
    now_ms: u64,
}

fn new_hub(instance: u32) -> Hub {
    let limits = Limits {
        frames_in_flight_max: 2,
        ring_backlog_max: 3,
        ..Limits::default()
    };
    Hub::new(limits, format!("instance-{instance}")).unwrap()
}

impl World {
    fn new(seed: u64) -> Self {
        let tab = |index: usize| {
            let options = Options {
                subscribe_topics: vec!["#".into()],
                ..Options::default()
            };
            Tab {
                bridge: Bridge::new(options, seed.wrapping_add(index as u64)).unwrap(),
                timer_at: None,
                socket: Socket::None,
                up: VecDeque::new(),
                down: VecDeque::new(),
                settled: BTreeMap::new(),
                taken: Vec::new(),
                values: BTreeMap::new(),
                commands: Vec::new(),
                own_echoes: 0,
            }
        };
        let mut world = Self {
            hub: new_hub(1),
            instance: 1,
            tabs: (0..TABS).map(tab).collect(),
            waiting: VecDeque::new(),
            applied: Vec::new(),
            values: BTreeMap::new(),
            written: 0,
            next_client: 1,
            now_ms: 0,
        };
        world.register();
        for tab in 0..TABS {
            world.give(tab, Input::Start);
        }
        world
    }

    fn register(&mut self) {
        for (name, kind) in TOPICS {
            let spec = TopicSpec {
                writable: true,
                ..TopicSpec::new(name, kind)
            };
            self.give_hub(HubInput::Register(spec));
        }
    }

    fn give_hub(&mut self, input: HubInput<'_>) {
        let (tabs, waiting) = (&mut self.tabs, &mut self.waiting);
        self.hub
            .handle(input, UNIX_MS + self.now_ms, &mut |effect| match effect {
                HubEffect::Send { client, frame } => {
                    let tab = tabs
                        .iter_mut()
                        .find(|tab| tab.socket == Socket::Open(client));
                    tab.unwrap().down.extend(frame.texts().map(Arc::from));
                }
                HubEffect::Write {
                    token,
                    topic,
                    payload,
                    cause,
                    ..
                } => {
                    waiting.push_back(Waiting {
                        token,
                        topic,
                        payload: payload.into(),
                        cause,
                    });
                }
                HubEffect::WakeAt { .. } => {}
                other => panic!("not expected: {other:?}"),
            });
    }

    fn give(&mut self, tab: usize, input: Input<'_>) {
        let Tab {
            bridge,
            timer_at,
            socket,
            up,
            settled,
            taken,
            values,
            commands,
            own_echoes,
            ..
        } = &mut self.tabs[tab];
        bridge.handle(input, self.now_ms, &mut |effect| match effect {
            Effect::Open { .. } => *socket = Socket::Opening,
            Effect::Send(text) => up.push_back(text.to_owned()),
            Effect::WakeAt { at_ms } => *timer_at = Some(at_ms),
            Effect::Deliver {
                topic,
                payload,
                own_echo,
                ..
            } => {
                if topic == COMMANDS {
                    commands.push(payload.to_owned());
                }
                values.insert(topic.into(), payload.into());
                *own_echoes += usize::from(own_echo);
            }
            Effect::WriteTaken { write, .. } => taken.push(write),
            Effect::WriteSettled { write, outcome, .. } => {
                let outcome = match outcome {
                    Outcome::Acknowledged => "acknowledged",
                    Outcome::Refused { .. } => "refused",
                    Outcome::Dropped(_) => "dropped",
                    Outcome::Sent => panic!("our server acknowledges"),
                };
                assert!(
                    settled.insert(write, outcome).is_none(),
                    "{write:?} settled twice"
                );
            }
            Effect::Status(_) | Effect::Lagged { .. } | Effect::PeerContracts(_) => {}
            other => panic!("not expected: {other:?}"),
        });
    }

    fn connect(&mut self, tab: usize) {
        if self.tabs[tab].socket == Socket::Opening {
            let client = ClientId(self.next_client);
            self.next_client += 1;
            self.tabs[tab].socket = Socket::Open(client);
            self.give_hub(HubInput::Connected { client });
            self.give(tab, Input::SocketOpened);
        }
    }

    fn break_link(&mut self, tab: usize) {
        if let Socket::Open(client) = self.tabs[tab].socket {
            self.tabs[tab].up.clear();
            self.tabs[tab].down.clear();
            self.tabs[tab].socket = Socket::None;
            self.give_hub(HubInput::Disconnected { client });
            self.give(
                tab,
                Input::SocketClosed {
                    code: 1006,
                    reason: "",
                },
            );
        }
    }

    fn transfer(&mut self, tab: usize, up: usize, down: usize) {
        let Socket::Open(client) = self.tabs[tab].socket else {
            return;
        };
        for _ in 0..up {
            let Some(text) = self.tabs[tab].up.pop_front() else {
                break;
            };
            self.give_hub(HubInput::Frame {
                client,
                text: &text,
            });
        }
        for _ in 0..down {
            let Some(text) = self.tabs[tab].down.pop_front() else {
                break;
            };
            self.give_hub(HubInput::Drained {
                client,
                frames: 1,
                bytes: text.len(),
            });
            self.give(tab, frame(&text));
        }
    }

    /// The root: applies a write, or refuses every fifth.
    fn apply(&mut self, count: usize) {
        for _ in 0..count {
            let Some(Waiting {
                token,
                topic,
                payload,
                cause,
            }) = self.waiting.pop_front()
            else {
                return;
            };
            let value: u64 = payload.parse().unwrap();
            let answer = if value.is_multiple_of(5) {
                Err(Refusal::new(ErrorCode::WriteError, "fifth", "every fifth"))
            } else {
                self.applied.push(value);
                self.publish(&topic, payload.into(), Some(cause));
                Ok(())
            };
            self.give_hub(HubInput::WriteAnswered { token, answer });
        }
    }

    fn publish(&mut self, topic: &str, payload: Arc<str>, cause: Option<Cause>) {
        self.values.insert(topic.into(), payload.as_ref().into());
        self.give_hub(HubInput::Published {
            topic,
            payload,
            cause,
        });
    }

    fn wait(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        loop {
            let timers = self.tabs.iter().enumerate().filter_map(|(tab, state)| {
                state.timer_at.filter(|at| *at <= end).map(|at| (at, tab))
            });
            let Some((at, tab)) = timers.min() else { break };
            self.now_ms = self.now_ms.max(at);
            self.tabs[tab].timer_at = None;
            // The sockets of a session that gives up are forgotten by the hub as well.
            let before = self.tabs[tab].socket;
            self.give_timer(tab, before);
        }
        self.now_ms = end;
    }

    fn give_timer(&mut self, tab: usize, before: Socket) {
        let mut closed = false;
        let Tab {
            bridge,
            timer_at,
            socket,
            up,
            down,
            settled,
            ..
        } = &mut self.tabs[tab];
        bridge.handle(Input::Timer, self.now_ms, &mut |effect| match effect {
            Effect::Close { .. } => {
                closed = true;
                up.clear();
                down.clear();
                *socket = Socket::None;
            }
            Effect::Open { .. } => *socket = Socket::Opening,
            Effect::Send(text) => up.push_back(text.to_owned()),
            Effect::WakeAt { at_ms } => *timer_at = Some(at_ms),
            Effect::WriteSettled { write, .. } => {
                assert!(settled.insert(write, "dropped").is_none());
            }
            Effect::Status(_) | Effect::Error(_) => {}
            other => panic!("not expected: {other:?}"),
        });
        if let (true, Socket::Open(client)) = (closed, before) {
            self.give_hub(HubInput::Disconnected { client });
        }
    }

    fn restart_server(&mut self) {
        for tab in 0..TABS {
            self.break_link(tab);
        }
        self.instance += 1;
        self.hub = new_hub(self.instance);
        self.waiting.clear();
        self.register();
        let values: Vec<(String, String)> = self.values.clone().into_iter().collect();
        for (topic, payload) in values {
            self.publish(&topic, payload.into(), None);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Connect { tab } => self.connect(tab),
            Step::Break { tab, server_reads } => {
                self.transfer(tab, server_reads, 0);
                self.break_link(tab);
            }
            Step::Move { tab, up, down } => self.transfer(tab, up, down),
            Step::Write { tab, topic, latest } => {
                self.written += 1;
                let payload = (tab as u64 * 1_000 + self.written).to_string();
                let policy = if latest {
                    WritePolicy::Latest
                } else {
                    WritePolicy::Queue
                };
                let (topic, payload) = (TOPICS[topic].0, Raw::known(&payload));
                self.give(
                    tab,
                    Input::Write {
                        topic,
                        payload,
                        policy,
                    },
                );
            }
            Step::Sense { topic } => {
                let payload = format!("\"sensed at {}\"", self.now_ms);
                self.publish(TOPICS[topic].0, payload.into(), None);
            }
            Step::Apply { count } => self.apply(count),
            Step::Wait { ms } => self.wait(ms),
            Step::RestartServer => self.restart_server(),
        }
    }

    fn calm_down(&mut self) {
        for _ in 0..300 {
            for tab in 0..TABS {
                self.connect(tab);
                self.transfer(tab, 10, 10);
                self.apply(10);
            }
            self.wait(200);
        }
        // A tab that was away lacks the commands given meanwhile, and gets the next one.
        self.publish(COMMANDS, "\"the last\"".into(), None);
        (0..TABS).for_each(|tab| self.transfer(tab, 10, 10));
        for tab in &self.tabs {
            assert_eq!(tab.bridge.status(), Status::Connected);
            assert_eq!(tab.bridge.writes_pending(), 0, "a write never settled");
            assert_eq!(tab.settled.len(), tab.taken.len());
            assert_eq!(
                tab.values, self.values,
                "a tab does not have the newest values"
            );
        }
    }

    fn check_applied_once(&self) {
        for tab in 0..TABS as u64 {
            let of_tab = self.applied.iter().filter(|value| **value / 1_000 == tab);
            assert!(
                of_tab.is_sorted_by(|a, b| a < b),
                "twice or out of order: {:?}",
                self.applied
            );
        }
        for tab in &self.tabs {
            let written = tab.commands.iter().filter(|text| !text.starts_with('"'));
            let mut written: Vec<&String> = written.collect();
            let count = written.len();
            written.sort();
            written.dedup();
            assert_eq!(written.len(), count, "a command came twice: {written:?}");
        }
        let outcomes = self.tabs.iter().flat_map(|tab| tab.settled.values());
        let acknowledged = outcomes
            .filter(|outcome| **outcome == "acknowledged")
            .count();
        // A `Latest` write that was applied while its answer got lost may count as superseded.
        assert!(acknowledged <= self.applied.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn on_a_bad_network_writes_are_applied_once_and_tabs_agree(
        seed in any::<u64>(),
        steps in prop::collection::vec(any_step(), 0..80),
    ) {
        let mut world = World::new(seed);
        steps.into_iter().for_each(|step| world.step(step));
        world.calm_down();
        world.check_applied_once();
    }

    #[test]
    fn over_restarts_of_the_server_writes_settle_and_tabs_agree(
        seed in any::<u64>(),
        steps in prop::collection::vec(
            prop_oneof![12 => any_step(), 1 => Just(Step::RestartServer)],
            0..80,
        ),
    ) {
        let mut world = World::new(seed);
        steps.into_iter().for_each(|step| world.step(step));
        world.calm_down();
    }
}

#[test]
fn the_echo_of_a_write_is_marked_for_its_writer_only() {
    let mut world = World::new(1);
    (0..TABS).for_each(|tab| world.connect(tab));
    world.give(
        0,
        Input::Write {
            topic: "room/1",
            payload: Raw::known("1"),
            policy: WritePolicy::Queue,
        },
    );
    world.calm_down();
    assert_eq!((world.tabs[0].own_echoes, world.tabs[1].own_echoes), (1, 0));
}
