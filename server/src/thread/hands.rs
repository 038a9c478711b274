//! Does what the hub says of records: writes, look-ups for queries.
//!
//! Guarantees: nothing here waits; a write is checked by its record's contract and answered at
//! once. Does not: decide who gets what; the hub does.

use crate::hub::{Cause, Effect, QueryToken, Refusal, WriteToken};
use crate::thread::clock::Clock;
use crate::thread::event::{Event, Events};
use crate::thread::publish::Publishers;
use crate::thread::query;
use crate::thread::source::Source;
use crate::thread::template::{Made, Template, key_of};
use crate::watch::Counters;
use aimdb_contracts::Reason;
use aimdb_core::{AimDb, Contract, DoorReader, Origin, Write, WriteError};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::ErrorCode;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// Queries that are looked up at a time; more wait for a permit.
const QUERIES_RUNNING_MAX: usize = 2;

/// What the hub's effects act on.
pub(crate) struct Hands {
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: Events,
    /// Where tasks run; this is no task.
    runtime: Handle,
    pub(crate) sources: BTreeMap<Arc<str>, Source>,
    pub(crate) publishers: Publishers,
    /// Whether a record has to be read before more is written.
    pub(crate) is_pressed: bool,
    /// Writes that the hub is still to hear the answers of.
    pub(crate) answers: VecDeque<(WriteToken, Result<(), Refusal>)>,
    /// By their numbers in the hub, each with its database.
    pub(crate) templates: Vec<(AimDb<TokioAdapter>, Template)>,
    /// What templates have made.
    made: Made,
    /// Topics whose records are gone and that the hub is still to hear of.
    pub(crate) ended: Vec<Arc<str>>,
    queries: Arc<Semaphore>,
    /// Look-ups that wait or are under way.
    looking: HashMap<QueryToken, AbortHandle>,
    /// The hub's deadline.
    pub(crate) wake_at_ms: Option<u64>,
}

impl Hands {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            clock: Clock::start(),
            counters: Counters::new(),
            publishers: Publishers::new(events.wake()),
            is_pressed: false,
            events,
            runtime: Handle::current(),
            sources: BTreeMap::new(),
            answers: VecDeque::new(),
            templates: Vec::new(),
            made: Made::default(),
            ended: Vec::new(),
            queries: Arc::new(Semaphore::new(QUERIES_RUNNING_MAX)),
            looking: HashMap::new(),
            wake_at_ms: None,
        }
    }

    pub(crate) fn perform(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Write {
                token,
                topic,
                payload,
                announced,
                cause,
            } => {
                let answer = self.write(&topic, payload, announced, cause);
                match &answer {
                    Ok(()) => self.counters.acknowledged_write(),
                    Err(Refusal {
                        reason, message, ..
                    }) => self
                        .counters
                        .refused_write(cause.client.0, &topic, reason, message),
                }
                self.answers.push_back((token, answer));
            }
            Effect::Open { topic, template } => self.open(topic, template),
            Effect::Query {
                token,
                request,
                topics,
                from,
                to,
                limit,
            } => {
                let range = query::Range { from, to, limit };
                self.query((token, request.into()), topics, range);
            }
            Effect::Abandon { token } => {
                if let Some(looking) = self.looking.remove(&token) {
                    looking.abort();
                }
            }
            Effect::WakeAt { at_ms } => self.wake_at_ms = Some(at_ms),
            Effect::Fault(fault) => tracing::error!("{fault}"),
            // Those are for sockets.
            Effect::Send { .. } | Effect::Close { .. } | Effect::PingSocket { .. } => {}
        }
    }

    /// Makes the record of a template's topic. If that cannot be, the write that follows finds none, and
    /// its refusal ends the topic.
    fn open(&mut self, topic: Arc<str>, template: usize) {
        let Some((db, template)) = self.templates.get(template) else {
            return;
        };
        let key = key_of(&topic);
        match template.shape.open(db, &key, template.buffer) {
            Ok(door) => {
                let mut source = Source::new(door.clone());
                source.readable = true;
                source
                    .exact_integers
                    .store(template.exact_integers, Ordering::Relaxed);
                let exact_integers = source.exact_integers.clone();
                self.sources.insert(topic.clone(), source);
                let now_ms = self.clock.now_ms();
                self.made.add(topic.clone(), template.idle_ms, now_ms);
                let reader = DoorReader::new(door.clone());
                self.publishers.add(&topic, reader, &exact_integers);
            }
            Err(error) => tracing::error!("no record for {topic}: {error}"),
        }
    }

    /// Removes the records of templates that nothing was written to for their time.
    pub(crate) fn end_idle(&mut self) {
        for topic in self.made.idle(self.clock.now_ms()) {
            self.end_made(topic);
        }
    }

    fn end_made(&mut self, topic: Arc<str>) {
        let key = key_of(&topic);
        for (db, _) in &self.templates {
            let door = db.door(&key);
            let source = self.sources.get(&topic);
            let is_ours = door
                .zip(source)
                .is_some_and(|(door, source)| door.id() == source.door.id());
            if is_ours && let Err(problem) = db.remove_with_dependents(&key) {
                tracing::error!("{problem}");
            }
        }
        self.made.remove(&topic);
        self.ended.push(topic);
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
        let schema = source.door.schema();
        let decoded = schema.decode_text_of_any_version(payload, announced, source.policy());
        let commit = match source.door.accept_decoded(decoded, write) {
            Ok(commit) => commit,
            Err(error) => {
                // A first write that is refused leaves no record behind.
                if source.door.version() == 0 && self.made.has(topic) {
                    self.end_made(topic.into());
                }
                return Err(refusal(&error));
            }
        };
        self.made.wrote(topic, self.clock.now_ms());
        self.is_pressed |= self.publishers.wrote(topic);
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

    fn query(
        &mut self,
        (token, request): (QueryToken, String),
        topics: &[Arc<str>],
        range: query::Range,
    ) {
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
        let looking = self.runtime.spawn(async move {
            let permit = permits.acquire_owned().await;
            let answer = move || {
                let answer = query::answer(&selected, range).encode(&request);
                // Held until it is done, also if nobody waits for it any more.
                drop(permit);
                answer
            };
            let found = tokio::task::spawn_blocking(answer).await;
            let answer = found.map_err(|_| {
                let message = "the look-up did not end; the server's log may say why";
                Refusal::new(ErrorCode::ServerError, "query_failed", message)
            });
            // The server may have stopped meanwhile.
            let _ = events.send(Event::QueryAnswered { token, answer }).await;
        });
        self.looking.insert(token, looking.abort_handle());
    }

    /// A look-up has come to its end.
    pub(crate) fn looked_up(&mut self, token: QueryToken) {
        self.looking.remove(&token);
    }

    /// Whether the hub's deadline has come.
    pub(crate) fn is_hub_due(&self) -> bool {
        self.wake_at_ms
            .is_some_and(|at_ms| at_ms <= self.clock.now_ms())
    }

    /// How long until the hub's deadline, or until a record has been idle for its time.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let deadlines = [self.wake_at_ms, self.made.next_look()];
        let at_ms = deadlines.into_iter().flatten().min()?;
        Some(Duration::from_millis(
            at_ms.saturating_sub(self.clock.now_ms()),
        ))
    }
}

/// Why a value was not written, as it goes to the writer.
fn refusal(error: &WriteError) -> Refusal {
    let (code, reason) = match error.violation().map(|violation| violation.reason) {
        Some(Reason::Malformed) => (ErrorCode::SerializationError, "contract_violation"),
        Some(_) => (ErrorCode::WriteError, "contract_violation"),
        None => (ErrorCode::ServerError, "no_record"),
    };
    let refusal = Refusal::new(code, reason, error.to_string());
    match error.violation() {
        Some(violation) => refusal.with_violation(violation.clone()),
        None => refusal,
    }
}
