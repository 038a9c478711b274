//! The machine: inputs of clients and of the root, one at a time.
//!
//! Guarantees and limits: see the module above. Does not: keep history; a query goes to the root.

mod clients;
mod follow;
mod frames;
mod passes;
mod requests;
mod sending;
mod writes;

use super::api::{
    Cause, ClientId, Effect, Emit, Fault, Input, Refusal, Stamp, TopicSpec, TopicTemplate,
    WriteHead,
};
use super::clients::Clients;
use super::contracts::{Contracts, Known};
use super::gate::Gate;
use super::ledger::Ledger;
use super::limits::{Limits, LimitsError};
use super::permit::Permit;
use super::topic::{Follower, Topic};
use super::{CLOSE_RESTART, VALUE_BYTES_MAX};
use aimdb_ws_protocol::{ErrorCode, LevelTree, Pattern, ServerFrame, TopicError, check_topic};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

struct PendingWrite {
    client: ClientId,
    /// Of a client that said hello and gave a number.
    head: Option<WriteHead>,
    id: Option<u64>,
    topic: String,
}

struct PendingQuery {
    client: ClientId,
    request: String,
    pattern: Pattern,
}

/// What an error answers.
#[derive(Default, Clone, Copy)]
struct About<'a> {
    topic: Option<&'a str>,
    write: Option<u64>,
    request: Option<&'a str>,
}

/// What all clients and topics have together, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Given to sockets and not taken yet. What clients share counts for each.
    pub in_flight: usize,
    /// Answers that wait.
    pub replies: usize,
    /// Values that are kept.
    pub kept: usize,
}

/// Whom the end of a turn serves.
#[derive(Default)]
struct Round {
    /// Followers of topics with new values, by their clients.
    news: Vec<Follower>,
    /// So many of them are served.
    served: usize,
    /// Others that have something to get.
    dirty: VecDeque<ClientId>,
}

/// The hub.
pub struct Hub {
    limits: Limits,
    instance: String,
    contracts: Contracts,
    /// By number; those that stand in `free` are used again.
    topics: Vec<Topic>,
    free: Vec<u32>,
    /// Topics that there ever were.
    births: u64,
    /// Each with how many of its topics there are.
    templates: Vec<(TopicTemplate, usize)>,
    names: BTreeMap<Arc<str>, u32>,
    /// The numbers of the topics, for patterns.
    topic_tree: LevelTree<u32>,
    /// The places of the clients that follow each pattern, for new topics.
    pattern_tree: LevelTree<Vec<u32>>,
    clients: Clients,
    /// Topics with values that their followers have not been told of.
    untold: Vec<u32>,
    /// Clients to look at when the turn ends.
    dirty: VecDeque<ClientId>,
    round: Round,
    /// Clients with work that is not done yet, each in its turn.
    working: VecDeque<ClientId>,
    /// Clients that had to wait because all sockets together had too much.
    held_up: Vec<ClientId>,
    totals: Totals,
    permit: Option<Arc<dyn Permit>>,
    gate: Option<Arc<dyn Gate>>,
    /// Values of rings that clients were told to have missed.
    missed: u64,
    ledger: Ledger,
    writes: BTreeMap<u64, PendingWrite>,
    queries: BTreeMap<u64, PendingQuery>,
    next_token: u64,
    wake_at: Option<u64>,
    stopped: bool,
    /// What those hear who are sent away since the server stops.
    farewell: &'static str,
}

fn refusal(code: ErrorCode, reason: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(code, reason, message)
}

impl Hub {
    /// Makes a hub. The instance's name must be another one after each start: clients take it as
    /// the word that versions count anew.
    ///
    /// # Errors
    /// Names the limit that cannot be used.
    pub fn new(limits: Limits, instance: impl Into<String>) -> Result<Self, LimitsError> {
        limits.check()?;
        Ok(Self {
            ledger: Ledger::new(limits.sessions_max),
            limits,
            instance: instance.into(),
            contracts: Contracts::new(),
            topics: Vec::new(),
            free: Vec::new(),
            births: 0,
            templates: Vec::new(),
            names: BTreeMap::new(),
            topic_tree: LevelTree::new(),
            pattern_tree: LevelTree::new(),
            clients: Clients::default(),
            untold: Vec::new(),
            dirty: VecDeque::new(),
            round: Round::default(),
            working: VecDeque::new(),
            held_up: Vec::new(),
            totals: Totals::default(),
            permit: None,
            gate: None,
            missed: 0,
            writes: BTreeMap::new(),
            queries: BTreeMap::new(),
            next_token: 1,
            wake_at: None,
            stopped: false,
            farewell: farewell(0),
        })
    }

    /// How many clients are connected.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// How many topics there are.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.names.len()
    }

    /// How many frames wait in the hub for a client, topics counted once each.
    #[must_use]
    pub fn queued(&self, client: ClientId) -> usize {
        self.clients
            .get(client)
            .map_or(0, |client| client.replies.len() + client.feeds.queued())
    }

    /// What all clients and topics have together.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// How many values of rings clients were told to have missed, each client for itself.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Takes one input and gives all its effects in order, whatever they cost: [`take`](Self::take), then
    /// [`work`](Self::work) to the end and [`turn`](Self::turn).
    pub fn handle(&mut self, input: Input<'_>, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        self.take(input, now_ms, emit);
        while self.is_working() {
            self.work();
        }
        self.turn(emit);
    }

    /// Takes one input. What clients get because of it comes with [`turn`](Self::turn).
    pub fn take(&mut self, input: Input<'_>, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        match input {
            Input::Published {
                topic,
                payload,
                cause,
                stamp,
            } => {
                self.published(topic, (payload, cause), stamp.ok_or(now_ms), emit);
            }
            Input::Recall(account) => self.ledger.recall(account),
            Input::Missed { topic, missed } => match self.topic_mut(topic) {
                Some(topic) => topic.miss(missed),
                None => unknown(topic, emit),
            },
            Input::AllowWrites { topic } => match self.topic_mut(topic) {
                Some(topic) => topic.spec.writable = true,
                None => unknown(topic, emit),
            },
            Input::Drained {
                client,
                frames,
                bytes,
            } => self.drained(client, frames, bytes),
            Input::Frame { client, text } => self.frame(client, text, now_ms, emit),
            Input::BinaryFrame { client } => self.binary_frame(client, now_ms, emit),
            Input::Alive { client, count } => self.alive(client, count, now_ms, emit),
            Input::Connected { client } => self.connected(client, now_ms, emit),
            Input::Identified { client, who } => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.who = who;
                }
            }
            Input::Shown { client, token } => self.show(client, token, now_ms, emit),
            Input::Disconnected { client } => self.remove(client, emit),
            Input::RegisterContract(schema) => {
                let name = schema.name.to_string();
                self.contracts.insert(name, Known::new(schema));
            }
            Input::Template(template) => self.templates.push((template, 0)),
            Input::Begin { topic, seq } => self.go_on(topic, seq, emit),
            Input::Revive { topic } => {
                // Beyond its limit, which was another one then, it has no record, and its past is looked up nowhere.
                if let Err(refusal) = self.make_topic(topic, emit) {
                    let (topic, why) = (topic.into(), refusal.message);
                    emit(Effect::Fault(Fault::NotRevived { topic, why }));
                }
            }
            Input::Unregister { topic } => self.unregister(topic, emit),
            Input::Register(spec) => self.register(spec, emit),
            Input::WriteAnswered { token, answer } => self.write_answered(token, answer, emit),
            Input::QueryAnswered { token, answer } => self.query_answered(token, answer, emit),
            Input::Timer => self.timer(now_ms, emit),
            Input::Shutdown => self.shut_down(emit),
        }
    }

    /// Asks somebody from now on whether clients may do what they are about to.
    pub fn ask(&mut self, permit: Arc<dyn Permit>) {
        self.permit = Some(permit);
    }

    fn topic_mut(&mut self, name: &str) -> Option<&mut Topic> {
        let number = *self.names.get(name)?;
        self.topics.get_mut(number as usize)
    }

    fn register(&mut self, spec: TopicSpec, emit: Emit<'_>) {
        let topic = spec.name.clone();
        let fault = match check_topic(&topic) {
            Err(error) => Some(Fault::TopicName { topic, error }),
            Ok(()) if self.names.contains_key(topic.as_str()) => {
                Some(Fault::TopicRepeated { topic })
            }
            Ok(()) if self.names.len() >= self.limits.topics_max => {
                Some(Fault::TooManyTopics { topic })
            }
            Ok(()) => None,
        };
        if let Some(fault) = fault {
            return emit(Effect::Fault(fault));
        }
        self.births += 1;
        let mut topic = Topic::new(spec, self.births, self.limits.ring_backlog_max);
        // The limit of topics is far below what 32 bits count.
        let number = self.free.pop().unwrap_or(self.topics.len() as u32);
        self.greet_followers(&mut topic, number);
        self.names.insert(topic.name.clone(), number);
        self.topic_tree.insert(&topic.name, number);
        match self.topics.get_mut(number as usize) {
            Some(free) => *free = topic,
            None => self.topics.push(topic),
        }
    }

    /// Lets those follow a new topic whose patterns select it.
    fn greet_followers(&mut self, topic: &mut Topic, number: u32) {
        let mut places = Vec::new();
        self.pattern_tree.matching(&topic.name, |of_pattern| {
            places.extend_from_slice(of_pattern)
        });
        places.sort_unstable();
        for patterns in places.chunk_by(|one, next| one == next) {
            let client_place = patterns[0];
            let Some(client) = self.clients.at_mut(client_place) else {
                continue;
            };
            let mut feed = topic.feed();
            feed.patterns = u16::try_from(patterns.len()).unwrap_or(u16::MAX);
            let follower = Follower {
                client: client_place,
                feed: client.feeds.insert(number, feed),
            };
            topic.add_follower(topic.followers().len(), follower);
        }
    }

    fn go_on(&mut self, name: &str, seq: u64, emit: Emit<'_>) {
        let Some(&number) = self.names.get(name) else {
            return unknown(name, emit);
        };
        let topic = &mut self.topics[number as usize];
        topic.begin(seq);
        for follower in topic.followers() {
            let client = self.clients.at_mut(follower.client);
            if let Some(client) = client {
                client.feeds.get_mut(follower.feed).next = seq + 1;
            }
        }
    }

    fn unregister(&mut self, name: &str, emit: Emit<'_>) {
        let Some(number) = self.names.remove(name) else {
            return unknown(name, emit);
        };
        self.topic_tree.remove(name);
        self.free.push(number);
        let topic = &mut self.topics[number as usize];
        let (followers, was_heard) = (topic.take_followers(), topic.ever_had_a_value());
        self.untold.retain(|untold| *untold != number);
        self.totals.kept -= topic.kept_bytes();
        topic.clear();
        if let Some(template) = topic.template.take() {
            self.templates[template].1 -= 1;
        }
        let gone = ServerFrame::Gone {
            topic: Cow::Borrowed(name),
        };
        let gone = gone.encode();
        for Follower { client, feed } in followers {
            let Some(client) = self.clients.at_mut(client) else {
                continue;
            };
            client.feeds.remove(feed);
            client.feeds.purge();
            // Nobody has heard of a topic that never had a value, such as one whose first write was refused.
            if client.tells_contracts && was_heard {
                let id = client.id;
                self.reply_text(id, &gone, emit);
            }
        }
    }

    fn published(
        &mut self,
        name: &str,
        (value, cause): (Arc<str>, Option<Cause>),
        stamp: Result<Stamp, u64>,
        emit: Emit<'_>,
    ) {
        let Some(&number) = self.names.get(name) else {
            return unknown(name, emit);
        };
        if value.len() > VALUE_BYTES_MAX {
            let (topic, bytes) = (name.into(), value.len());
            return emit(Effect::Fault(Fault::TooLarge { topic, bytes }));
        }
        if self.topics[number as usize].is_full_of_news() {
            // Who reads as fast as this comes must not miss what one turn brings.
            self.turn(emit);
        }
        let topic = &mut self.topics[number as usize];
        let before = topic.kept_bytes();
        topic.publish(value, cause, stamp);
        let others = self.totals.kept - before;
        let room = self.limits.total_backlog_bytes_max.saturating_sub(others);
        topic.trim(self.limits.backlog_bytes_max.min(room));
        self.totals.kept = others + topic.kept_bytes();
        if topic.untold == 1 {
            self.untold.push(number);
        }
    }

    fn shut_down(&mut self, emit: Emit<'_>) {
        self.stopped = true;
        let clients: Vec<ClientId> = self.clients.iter().map(|client| client.id).collect();
        self.farewell = farewell(clients.len());
        for client in clients {
            self.close(client, CLOSE_RESTART, self.farewell, emit);
        }
    }

    fn take_token(&mut self) -> u64 {
        let token = self.next_token;
        self.next_token += 1;
        token
    }
}

/// The words for those who are sent away since the server stops: within how long each is to come back, at a moment of its own, so
/// that all of them together are a few hundred a second. Texts and no number, since each counts as a series.
fn farewell(clients: usize) -> &'static str {
    match clients {
        0..=200 => "the server stops; back_ms=1000",
        201..=2_000 => "the server stops; back_ms=10000",
        _ => "the server stops; back_ms=30000",
    }
}

fn unknown(topic: &str, emit: Emit<'_>) {
    let topic = topic.into();
    emit(Effect::Fault(Fault::UnknownTopic { topic }));
}

fn bad_topic(error: &TopicError) -> Refusal {
    refusal(
        ErrorCode::SerializationError,
        error.reason(),
        error.to_string(),
    )
}
