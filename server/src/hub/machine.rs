//! The machine: inputs of clients and of the root, one at a time.
//!
//! Guarantees and limits: see the module above. Does not: keep history; a query goes to the root.

mod clients;
mod frames;
mod writes;

use super::api::{Cause, ClientId, Effect, Emit, Fault, Input, Refusal, TopicSpec, TopicTemplate};
use super::client::Client;
use super::contracts::{Contracts, Known};
use super::limits::{Limits, LimitsError};
use super::session::Sessions;
use super::topic::Topic;
use super::{CLOSE_GOING_AWAY, VALUE_BYTES_MAX};
use aimdb_ws_protocol::{ErrorCode, ServerFrame, TopicError, check_topic};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

struct PendingWrite {
    client: ClientId,
    session: Option<Arc<str>>,
    id: Option<u64>,
    topic: String,
}

struct PendingQuery {
    client: ClientId,
    request: String,
}

/// What an error answers.
#[derive(Default, Clone, Copy)]
struct About<'a> {
    topic: Option<&'a str>,
    write: Option<u64>,
    request: Option<&'a str>,
}

/// The hub.
pub struct Hub {
    limits: Limits,
    instance: String,
    contracts: Contracts,
    /// By number; those that stand in `free` are used again.
    topics: Vec<Topic>,
    free: Vec<usize>,
    /// Each with how many of its topics there are.
    templates: Vec<(TopicTemplate, usize)>,
    names: BTreeMap<Arc<str>, usize>,
    clients: BTreeMap<ClientId, Client>,
    sessions: Sessions,
    writes: BTreeMap<u64, PendingWrite>,
    queries: BTreeMap<u64, PendingQuery>,
    next_token: u64,
    wake_at: Option<u64>,
    stopped: bool,
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
            sessions: Sessions::new(limits.sessions_max),
            limits,
            instance: instance.into(),
            contracts: Contracts::new(),
            topics: Vec::new(),
            free: Vec::new(),
            templates: Vec::new(),
            names: BTreeMap::new(),
            clients: BTreeMap::new(),
            writes: BTreeMap::new(),
            queries: BTreeMap::new(),
            next_token: 1,
            wake_at: None,
            stopped: false,
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
            .get(&client)
            .map_or(0, |client| client.replies.len() + client.queue.len())
    }

    /// Takes one input and gives its effects in order.
    pub fn handle(&mut self, input: Input<'_>, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        match input {
            Input::Published {
                topic,
                payload,
                cause,
            } => {
                self.published(topic, payload, cause, now_ms, emit);
            }
            Input::Missed { topic, missed } => match self.names.get(topic) {
                Some(&index) => self.topics[index].miss(missed),
                None => unknown(topic, emit),
            },
            Input::AllowWrites { topic } => match self.names.get(topic) {
                Some(&index) => self.topics[index].spec.writable = true,
                None => unknown(topic, emit),
            },
            Input::Drained { client, frames } => {
                if let Some(state) = self.clients.get_mut(&client) {
                    state.frames_in_flight = state.frames_in_flight.saturating_sub(frames);
                    self.pump(client, emit);
                }
            }
            Input::Frame { client, text } => {
                self.frame(client, text, now_ms, emit);
                self.pump(client, emit);
            }
            Input::BinaryFrame { client } => {
                self.binary_frame(client, now_ms, emit);
                self.pump(client, emit);
            }
            Input::Alive { client } => self.alive(client, now_ms, emit),
            Input::Connected { client } => self.connected(client, now_ms, emit),
            Input::Disconnected { client } => self.remove(client),
            Input::RegisterContract(schema) => {
                let name = schema.name.to_string();
                self.contracts.insert(name, Known::new(schema));
            }
            Input::Template(template) => self.templates.push((template, 0)),
            Input::Unregister { topic } => self.unregister(topic, emit),
            Input::Register(spec) => self.register(spec, emit),
            Input::WriteAnswered { token, answer } => self.write_answered(token, answer, emit),
            Input::QueryAnswered { token, answer } => self.query_answered(token, answer, emit),
            Input::Timer => self.timer(now_ms, emit),
            Input::Shutdown => {
                self.stopped = true;
                let clients: Vec<ClientId> = self.clients.keys().copied().collect();
                for client in clients {
                    self.close(client, CLOSE_GOING_AWAY, "the server stops", emit);
                }
            }
        }
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
        let index = self.free.last().copied().unwrap_or(self.topics.len());
        let mut topic = Topic::new(spec, self.limits.ring_backlog_max);
        for (id, client) in self
            .clients
            .iter_mut()
            .filter(|(_, c)| c.follows(&topic.name))
        {
            topic.followers.insert(*id);
            client.feeds.insert(index, topic.feed());
        }
        self.names.insert(topic.name.clone(), index);
        if self.free.pop().is_some() {
            self.topics[index] = topic;
        } else {
            self.topics.push(topic);
        }
    }

    fn unregister(&mut self, name: &str, emit: Emit<'_>) {
        let Some(index) = self.names.remove(name) else {
            return unknown(name, emit);
        };
        self.free.push(index);
        if let Some(template) = self.topics[index].template.take() {
            self.templates[template].1 -= 1;
        }
        let followers = std::mem::take(&mut self.topics[index].followers);
        let gone = ServerFrame::Gone {
            topic: Cow::Borrowed(name),
        };
        for id in followers {
            let Some(client) = self.clients.get_mut(&id) else {
                continue;
            };
            client.drop_feed(index);
            if client.tells_contracts {
                self.reply(id, &gone, emit);
                self.pump(id, emit);
            }
        }
    }

    fn published(
        &mut self,
        name: &str,
        value: Arc<str>,
        cause: Option<Cause>,
        now_ms: u64,
        emit: Emit<'_>,
    ) {
        let Some(&index) = self.names.get(name) else {
            return unknown(name, emit);
        };
        if value.len() > VALUE_BYTES_MAX {
            let (topic, bytes) = (name.into(), value.len());
            return emit(Effect::Fault(Fault::TooLarge { topic, bytes }));
        }
        let topic = &mut self.topics[index];
        if topic.publish(value, cause, now_ms).is_err() {
            return emit(Effect::Fault(Fault::NotJson { topic: name.into() }));
        }
        // Taken out for the walk, because sending borrows the topics; sending adds no follower.
        let followers = std::mem::take(&mut topic.followers);
        for id in &followers {
            if let Some(client) = self.clients.get_mut(id) {
                client.enqueue(index);
                self.pump(*id, emit);
            }
        }
        self.topics[index].followers = followers;
    }

    fn take_token(&mut self) -> u64 {
        let token = self.next_token;
        self.next_token += 1;
        token
    }
}

fn unknown(topic: &str, emit: Emit<'_>) {
    let topic = topic.into();
    emit(Effect::Fault(Fault::UnknownTopic { topic }));
}

fn bad_topic(error: &TopicError) -> Refusal {
    refusal(
        ErrorCode::SerializationError,
        error.code(),
        error.to_string(),
    )
}
