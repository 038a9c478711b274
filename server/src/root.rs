//! The task that owns the hub: events of sockets, records and timers in, effects out.
//!
//! Guarantees: one event at a time, in the order in which they came; a write is checked by its
//! record's contract and its cause stays with the version it was committed under. It never waits
//! for a client: what a socket cannot take within its credit stays in the hub. Does not: read
//! sockets or records; those have tasks of their own, which wait when this one is busy.

use crate::clock::Clock;
use crate::hub::{
    Cause, ClientId, Effect, Hub, Input, QueryAnswer, QueryToken, Refusal, TopicKind, TopicSpec,
    WriteToken,
};
use crate::publish::publish;
use crate::query;
use crate::server::LinkError;
use aimdb_contracts::{Policy, Reason, Violation};
use aimdb_core::{BufferConfig, Direction, JsonDoor, Link, Origin, RuntimeAdapter, Write};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::{ErrorCode, check_topic};
use axum::extract::ws::Utf8Bytes;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// A record's door as the native runtime has it.
pub(crate) type Door = <TokioAdapter as RuntimeAdapter>::Door;

/// Events that wait for the hub; beyond it their senders wait. Each may be a message of the largest
/// size, so this also bounds what flooding clients can make the server hold.
const EVENTS_MAX: usize = 256;
/// Queries that are looked up at a time; more wait for a permit.
const QUERIES_RUNNING_MAX: usize = 2;
/// Writes of a topic whose cause is remembered until their value is published.
const CAUSES_MAX: usize = 1_024;
/// How long sockets get to close when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// Room beside a client's credit for pings.
const PINGS_MAX: usize = 4;

/// What the hub's task hears.
pub(crate) enum Event {
    /// A socket is open.
    Connected { client: ClientId, peer: Peer },
    /// A socket is gone.
    Disconnected { client: ClientId },
    /// A text frame came.
    Text { client: ClientId, text: Utf8Bytes },
    /// A binary frame came.
    Binary { client: ClientId },
    /// A pong of the WebSocket itself came.
    Alive { client: ClientId },
    /// A socket took frames.
    Drained { client: ClientId, frames: u32 },
    /// A record has a new value.
    Published {
        topic: Arc<str>,
        payload: Arc<str>,
        version: Option<u64>,
    },
    /// A record was faster than its publisher.
    Missed { topic: Arc<str>, missed: u64 },
    /// A query was looked up.
    QueryAnswered {
        token: QueryToken,
        answer: Result<QueryAnswer, Refusal>,
    },
    /// Somebody wants to know how the server is.
    Look { answer: oneshot::Sender<Look> },
}

/// What the hub's task keeps of a socket.
pub(crate) struct Peer {
    pub(crate) frames: mpsc::Sender<Outgoing>,
    pub(crate) close: oneshot::Sender<Closing>,
}

/// What a socket is to send.
pub(crate) enum Outgoing {
    Text(Arc<str>),
    Ping,
}

/// How a socket is to end.
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

/// How the server is.
pub(crate) struct Look {
    pub(crate) clients: usize,
    pub(crate) topics: usize,
    pub(crate) uptime_ms: u64,
}

/// The channel of a socket with room for its credit.
pub(crate) fn frame_channel(
    frames_in_flight_max: u32,
) -> (mpsc::Sender<Outgoing>, mpsc::Receiver<Outgoing>) {
    mpsc::channel(frames_in_flight_max as usize + PINGS_MAX)
}

/// The hub and the hands that do what it says.
pub(crate) struct Root {
    hub: Hub,
    hands: Hands,
    events: mpsc::Receiver<Event>,
    topics_max: usize,
}

/// A topic's record.
struct Source {
    door: Arc<Door>,
    readable: bool,
    /// Writes whose value is not published yet, by version.
    causes: VecDeque<(u64, Cause)>,
    published_ms: u64,
}

struct Hands {
    clock: Clock,
    events: mpsc::Sender<Event>,
    peers: HashMap<ClientId, Peer>,
    sources: BTreeMap<Arc<str>, Source>,
    answers: VecDeque<(WriteToken, Result<(), Refusal>)>,
    queries: Arc<Semaphore>,
    wake_at_ms: Option<u64>,
    sockets: usize,
}

impl Root {
    pub(crate) fn new(hub: Hub, topics_max: usize) -> Self {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let hands = Hands {
            clock: Clock::start(),
            events: sender,
            peers: HashMap::new(),
            sources: BTreeMap::new(),
            answers: VecDeque::new(),
            queries: Arc::new(Semaphore::new(QUERIES_RUNNING_MAX)),
            wake_at_ms: None,
            sockets: 0,
        };
        Self {
            hub,
            hands,
            events,
            topics_max,
        }
    }

    /// Where events go.
    pub(crate) fn events(&self) -> mpsc::Sender<Event> {
        self.hands.events.clone()
    }

    /// Publishes a record, or takes writes for it.
    pub(crate) fn link(&mut self, link: Link<TokioAdapter>) -> Result<(), LinkError> {
        let Link {
            direction,
            address,
            door,
            ..
        } = link;
        let key = door.key().to_string();
        check_topic(&address).map_err(|error| LinkError::Topic {
            key: key.clone(),
            topic: address.clone(),
            error,
        })?;
        let topic: Arc<str> = address.into();
        match self.hands.sources.get(&topic) {
            None => self.register(&topic, &door)?,
            Some(source) if source.door.id() == door.id() => {}
            Some(source) => {
                let holder = source.door.key().to_string();
                let topic = topic.to_string();
                return Err(LinkError::Taken { key, topic, holder });
            }
        }
        match direction {
            Direction::From => self.handle(Input::AllowWrites { topic: &topic }),
            Direction::To => {
                if let Some(source) = self.hands.sources.get_mut(&topic)
                    && !source.readable
                {
                    source.readable = true;
                    tokio::spawn(publish(topic, door, self.hands.events.clone()));
                }
            }
        }
        Ok(())
    }

    fn register(&mut self, topic: &Arc<str>, door: &Arc<Door>) -> Result<(), LinkError> {
        if self.hub.topics() >= self.topics_max {
            let (key, topic) = (door.key().to_string(), topic.to_string());
            let topics_max = self.topics_max;
            return Err(LinkError::TooMany {
                key,
                topic,
                topics_max,
            });
        }
        let spec = TopicSpec {
            name: topic.to_string(),
            schema_type: Some(door.schema().name.to_string()),
            entity: Some(topic.to_string()),
            kind: match door.buffer() {
                BufferConfig::SpmcRing { .. } => TopicKind::Ring,
                BufferConfig::SingleLatest => TopicKind::Latest,
                BufferConfig::Mailbox => TopicKind::Mailbox,
            },
            writable: false,
        };
        let source = Source {
            door: door.clone(),
            readable: false,
            causes: VecDeque::new(),
            published_ms: self.hands.clock.now_ms(),
        };
        self.hands.sources.insert(topic.clone(), source);
        self.handle(Input::Register(spec));
        Ok(())
    }

    /// Runs until `stop` says so and the sockets are closed. `links` gives records that are added
    /// while the server runs.
    pub(crate) async fn run(
        mut self,
        mut links: aimdb_core::Links<TokioAdapter>,
        mut stop: oneshot::Receiver<()>,
    ) {
        let mut links_open = true;
        loop {
            let wait = self.hands.wait();
            tokio::select! {
                _ = &mut stop => break,
                event = self.events.recv() => {
                    let Some(event) = event else { break };
                    self.event(event);
                }
                link = links.next(), if links_open => match link {
                    Some(link) => self.late_link(link),
                    None => links_open = false,
                },
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {
                    self.hands.wake_at_ms = None;
                    self.handle(Input::Timer);
                }
            }
        }
        self.handle(Input::Shutdown);
        let close = async {
            while self.hands.sockets > 0 {
                let Some(event) = self.events.recv().await else {
                    break;
                };
                self.event(event);
            }
        };
        if tokio::time::timeout(STOP_GRACE, close).await.is_err() {
            tracing::warn!("some clients did not close their sockets in time");
        }
    }

    fn late_link(&mut self, link: Link<TokioAdapter>) {
        if let Err(error) = self.link(link) {
            tracing::error!("{error}");
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected { client, peer } => {
                self.hands.sockets += 1;
                self.hands.peers.insert(client, peer);
                self.handle(Input::Connected { client });
            }
            Event::Disconnected { client } => {
                self.hands.sockets -= 1;
                self.hands.peers.remove(&client);
                self.handle(Input::Disconnected { client });
            }
            Event::Text { client, text } => {
                self.handle(Input::Frame {
                    client,
                    text: text.as_str(),
                });
            }
            Event::Binary { client } => self.handle(Input::BinaryFrame { client }),
            Event::Alive { client } => self.handle(Input::Alive { client }),
            Event::Drained { client, frames } => self.handle(Input::Drained { client, frames }),
            Event::Published {
                topic,
                payload,
                version,
            } => {
                let cause = self.hands.cause(&topic, version);
                self.handle(Input::Published {
                    topic: &topic,
                    payload,
                    cause,
                });
            }
            Event::Missed { topic, missed } => {
                tracing::warn!("{missed} values of {topic} came too fast to publish");
                self.handle(Input::Missed {
                    topic: &topic,
                    missed,
                });
            }
            Event::QueryAnswered { token, answer } => {
                self.handle(Input::QueryAnswered { token, answer });
            }
            Event::Look { answer } => {
                let look = Look {
                    clients: self.hub.clients(),
                    topics: self.hub.topics(),
                    uptime_ms: self.hands.clock.uptime_ms(),
                };
                // Who asked may have gone.
                let _ = answer.send(look);
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let now_ms = self.hands.clock.now_ms();
        let Self { hub, hands, .. } = self;
        hub.handle(input, now_ms, &mut |effect| hands.perform(effect));
        while let Some((token, answer)) = hands.answers.pop_front() {
            let input = Input::WriteAnswered { token, answer };
            hub.handle(input, now_ms, &mut |effect| hands.perform(effect));
        }
    }
}

impl Hands {
    fn perform(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Send { client, text } => self.send(client, Outgoing::Text(text)),
            Effect::PingSocket { client } => self.send(client, Outgoing::Ping),
            Effect::Close {
                client,
                code,
                reason,
            } => {
                if let Some(peer) = self.peers.remove(&client) {
                    // A socket that has ended by itself does not listen any more.
                    let _ = peer.close.send(Closing { code, reason });
                }
            }
            Effect::Write {
                token,
                topic,
                payload,
                cause,
            } => {
                let answer = self.write(&topic, payload, cause);
                self.answers.push_back((token, answer));
            }
            Effect::Query {
                token,
                topics,
                from,
                to,
                limit,
            } => {
                self.query(token, topics, query::Range { from, to, limit });
            }
            Effect::WakeAt { at_ms } => self.wake_at_ms = Some(at_ms),
            Effect::Fault(fault) => tracing::error!("{fault}"),
        }
    }

    fn send(&mut self, client: ClientId, outgoing: Outgoing) {
        let Some(peer) = self.peers.get(&client) else {
            return;
        };
        if let Err(mpsc::error::TrySendError::Full(Outgoing::Text(_))) =
            peer.frames.try_send(outgoing)
        {
            // The hub keeps to the credit, for which there is room.
            tracing::error!("client {} got more frames than its credit", client.0);
        }
    }

    fn write(&mut self, topic: &str, payload: &str, cause: Cause) -> Result<(), Refusal> {
        let Some(source) = self.sources.get_mut(topic) else {
            let message = format!("`{topic}` has no record");
            return Err(Refusal::new(ErrorCode::ServerError, "no_record", message));
        };
        let write = Write::from(Origin::Remote);
        let taken = source
            .door
            .accept_json(payload.as_bytes(), Policy::default(), write);
        let commit = taken.map_err(|violation| refusal(&violation))?;
        tracing::debug!("client {} wrote {topic}: {payload}", cause.client.0);
        if source.readable {
            if source.causes.len() >= CAUSES_MAX {
                source.causes.pop_front();
            }
            source.causes.push_back((commit.version, cause));
        }
        Ok(())
    }

    /// The write that a published version comes from; older ones were overtaken.
    fn cause(&mut self, topic: &str, version: Option<u64>) -> Option<Cause> {
        let source = self.sources.get_mut(topic)?;
        source.published_ms = self.clock.now_ms();
        let version = version?;
        while let Some((written, cause)) = source.causes.front().copied() {
            if written > version {
                return None;
            }
            source.causes.pop_front();
            if written == version {
                return Some(cause);
            }
        }
        None
    }

    fn query(&self, token: QueryToken, topics: &[Arc<str>], range: query::Range) {
        let selected: Vec<query::Selected> = topics
            .iter()
            .filter_map(|topic| {
                let source = self.sources.get(topic)?;
                source.readable.then(|| query::Selected {
                    topic: topic.clone(),
                    door: source.door.clone(),
                    published_ms: source.published_ms,
                })
            })
            .collect();
        let (permits, events) = (self.queries.clone(), self.events.clone());
        tokio::spawn(async move {
            let _permit = permits.acquire_owned().await;
            let found = tokio::task::spawn_blocking(move || query::answer(&selected, range)).await;
            let answer = found.map_err(|_| {
                let message = "the look-up did not end; the server's log may say why";
                Refusal::new(ErrorCode::ServerError, "query_failed", message)
            });
            // The server may have stopped meanwhile.
            let _ = events.send(Event::QueryAnswered { token, answer }).await;
        });
    }

    /// How long until the hub's deadline.
    fn wait(&self) -> Option<Duration> {
        let at_ms = self.wake_at_ms?;
        Some(Duration::from_millis(
            at_ms.saturating_sub(self.clock.now_ms()),
        ))
    }
}

/// A contract's refusal as it goes to the writer.
fn refusal(violation: &Violation) -> Refusal {
    let code = match violation.reason {
        Reason::Malformed => ErrorCode::SerializationError,
        _ => ErrorCode::WriteError,
    };
    Refusal::new(code, "contract_violation", violation.to_string())
}
