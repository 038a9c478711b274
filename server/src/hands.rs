//! Does what the hub says: frames to sockets, writes to records, look-ups for queries.
//!
//! Guarantees: nothing here waits; a write is checked by its record's contract and answered at
//! once. Does not: decide who gets what; the hub does.

use crate::clock::Clock;
use crate::event::{Closing, Event, Outgoing, Peer};
use crate::hub::{Cause, ClientId, Effect, QueryToken, Refusal, WriteToken};
use crate::query;
use crate::source::Source;
use aimdb_contracts::{Json, Policy, Reason, Schema, Violation};
use aimdb_core::{Fields, Origin, Write, WriteError};
use aimdb_ws_protocol::ErrorCode;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Queries that are looked up at a time; more wait for a permit.
const QUERIES_RUNNING_MAX: usize = 2;

/// What the hub's effects act on.
pub(crate) struct Hands {
    pub(crate) clock: Clock,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) peers: HashMap<ClientId, Peer>,
    pub(crate) sources: BTreeMap<Arc<str>, Source>,
    /// Writes that the hub is still to hear the answers of.
    pub(crate) answers: VecDeque<(WriteToken, Result<(), Refusal>)>,
    queries: Arc<Semaphore>,
    /// The hub's deadline.
    pub(crate) wake_at_ms: Option<u64>,
    /// Sockets that have not ended, also those that the hub has closed.
    pub(crate) sockets: usize,
}

impl Hands {
    pub(crate) fn new(events: mpsc::Sender<Event>) -> Self {
        Self {
            clock: Clock::start(),
            events,
            peers: HashMap::new(),
            sources: BTreeMap::new(),
            answers: VecDeque::new(),
            queries: Arc::new(Semaphore::new(QUERIES_RUNNING_MAX)),
            wake_at_ms: None,
            sockets: 0,
        }
    }

    pub(crate) fn perform(&mut self, effect: Effect<'_>) {
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
                announced,
                cause,
            } => {
                let answer = self.write(&topic, payload, announced, cause);
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

    fn write(
        &mut self,
        topic: &str,
        payload: &str,
        announced: Option<u32>,
        cause: Cause,
    ) -> Result<(), Refusal> {
        let Some(source) = self.sources.get_mut(topic) else {
            let message = format!("`{topic}` has no record");
            return Err(Refusal::new(ErrorCode::ServerError, "no_record", message));
        };
        let write = Write::from(Origin::Remote);
        let decoded = decode(source.door.schema(), payload, announced);
        let taken = source.door.accept_decoded(decoded, write);
        let commit = taken.map_err(|error| refusal(&error))?;
        tracing::debug!("client {} wrote {topic}: {payload}", cause.client.0);
        source.wrote(commit.version, cause);
        Ok(())
    }

    /// Notes that a value is published; gives the write that it came from.
    pub(crate) fn published(
        &mut self,
        topic: &str,
        version: Option<u64>,
        now_ms: u64,
    ) -> Option<Cause> {
        self.sources.get_mut(topic)?.published(version, now_ms)
    }

    fn query(&self, token: QueryToken, topics: &[Arc<str>], range: query::Range) {
        let selected: Vec<query::Selected> = topics
            .iter()
            .filter_map(|topic| {
                let source = self.sources.get(topic)?;
                source.readable.then(|| query::Selected {
                    topic: topic.clone(),
                    door: source.door.clone(),
                    times: source.times(),
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
    pub(crate) fn wait(&self) -> Option<Duration> {
        let at_ms = self.wake_at_ms?;
        Some(Duration::from_millis(
            at_ms.saturating_sub(self.clock.now_ms()),
        ))
    }
}

/// Reads a value that a client sent: of this version at once, of an older one by its migrations.
fn decode(
    schema: &Schema,
    payload: &str,
    announced: Option<u32>,
) -> Result<Fields, Box<Violation>> {
    let policy = Policy::default();
    if announced.is_none() {
        let decoded = schema.decode_json(payload.as_bytes(), policy);
        let is_older = |violation: &Violation| violation.reason == Reason::VersionTooOld;
        if !decoded.as_ref().is_err_and(|violation| is_older(violation)) {
            return decoded;
        }
    }
    let value = Json::parse_for_contract(payload).map_err(|error| schema.malformed(&error))?;
    schema.decode_any_version(value, announced, policy)
}

/// Why a value was not written, as it goes to the writer.
fn refusal(error: &WriteError) -> Refusal {
    let (code, reason) = match error.violation().map(|violation| violation.reason) {
        Some(Reason::Malformed) => (ErrorCode::SerializationError, "contract_violation"),
        Some(_) => (ErrorCode::WriteError, "contract_violation"),
        None => (ErrorCode::ServerError, "no_record"),
    };
    Refusal::new(code, reason, error.to_string())
}
