//! Does what the hub says of records: writes, look-ups for queries.
//!
//! Guarantees: nothing here waits; a write is checked by its record's contract and answered at
//! once. Does not: decide who gets what; the hub does.

use crate::hub::{
    Cause, ClientId, Effect, Outcome, QueryToken, Refusal, Stamp, WriteHead, WriteToken,
};
use crate::store::{Kept, StoreError};
use crate::thread::clock::Clock;
use crate::thread::conflict::{self, Lost};
use crate::thread::event::{Event, Events};
use crate::thread::keep::{Deferred, Keeping};
use crate::thread::publish::Publishers;
use crate::thread::query;
use crate::thread::source::{Known, Source, time_of};
use crate::thread::template::{Made, Template, key_of};
use crate::watch::Counters;
use aimdb_contracts::Reason;
use aimdb_core::{AimDb, Contract, DoorReader, Origin, Write, WriteError};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::{Condition, ErrorCode};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
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
    pub(crate) answers: VecDeque<(WriteToken, Outcome)>,
    /// Topics whose numbers go on behind these, and that the hub is still to hear of.
    pub(crate) begins: VecDeque<(Arc<str>, u64)>,
    /// Where what is to outlive this goes; nothing if it is kept in memory alone.
    pub(crate) keeping: Option<Keeping>,
    /// Who wrote although so much waits to be kept: no more is heard of them until there is room.
    pub(crate) held: BTreeSet<ClientId>,
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
            begins: VecDeque::new(),
            keeping: None,
            held: BTreeSet::new(),
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
                condition,
                seq,
                head,
            } => self.write(
                (token, topic, cause),
                (payload, announced),
                (condition, seq),
                head,
            ),
            Effect::Refused { head, refusal } => {
                if let Some(keeping) = &mut self.keeping {
                    keeping.journal.refused(head, refusal);
                }
            }
            Effect::Settled { client, id } => {
                if let Some(keeping) = &mut self.keeping {
                    keeping.journal.settled(client, id);
                }
            }
            Effect::Fenced { client, epoch } => {
                if let Some(keeping) = &mut self.keeping {
                    keeping.journal.fenced(client, epoch);
                }
            }
            Effect::Forgotten { client } => {
                if let Some(keeping) = &mut self.keeping {
                    keeping.journal.forgotten(client);
                }
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
                if let Some(keeping) = &mut self.keeping {
                    keeping.keep(&topic, template.keep);
                }
                self.begin(&topic);
            }
            Err(error) => tracing::error!("no record for {topic}: {error}"),
        }
    }

    /// Lets a topic go on where an earlier run of the server ended: its numbers, and the values of its record.
    pub(crate) fn begin(&mut self, topic: &Arc<str>) {
        let (Some(keeping), Some(source)) = (&mut self.keeping, self.sources.get_mut(topic)) else {
            return;
        };
        let latest = keeping.begin(topic, &*source.door);
        let first = latest.values.first().map(|kept| kept.seq - 1);
        self.begins
            .push_back((topic.clone(), first.unwrap_or(latest.seq)));
        let mut is_told = false;
        for kept in latest.values {
            let schema = source.door.schema();
            let decoded = schema.decode_text_of_any_version(
                &kept.payload,
                (kept.version > 0).then_some(kept.version),
                source.policy(),
            );
            match source
                .door
                .accept_decoded(decoded, Write::from(Origin::Restored))
            {
                Ok(commit) => {
                    let Kept { seq, ts, by, .. } = kept;
                    let cause = by.map(|(name, write)| Cause::earlier(name, write));
                    source.restored(commit.version, (cause, Some(Stamp { seq, ts })));
                }
                Err(error) if !std::mem::replace(&mut is_told, true) => {
                    tracing::error!(
                        "{topic}: what was kept is not what its contract takes now: {error}"
                    );
                }
                Err(_) => {}
            }
        }
    }

    /// Removes the records of templates that nothing was written to for their time.
    pub(crate) fn end_idle(&mut self) {
        let now_ms = self.clock.now_ms();
        for topic in self.made.idle(now_ms) {
            let source = self.sources.get(&topic);
            match source.is_some_and(|source| source.under_way > 0) {
                true => self.made.put_off(&topic, now_ms),
                false => self.end_made(topic),
            }
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

    /// Checks a write. A good one is given to its record at once, or kept first where things are kept.
    fn write(
        &mut self,
        (token, topic, cause): (WriteToken, Arc<str>, Cause),
        (payload, announced): (&str, Option<u32>),
        (condition, seq): (Option<Condition<'_>>, u64),
        head: Option<WriteHead>,
    ) {
        let Some(source) = self.sources.get_mut(&topic) else {
            let message = format!("`{topic}` has no record");
            let refusal = Refusal::new(ErrorCode::ServerError, "no_record", message);
            return self.refuse(token, cause.client, (&topic, head), refusal);
        };
        let schema = source.door.schema();
        let decoded = schema.decode_text_of_any_version(payload, announced, source.policy());
        let fields = match decoded {
            Ok(fields) => fields,
            Err(violation) => {
                let is_first = source.door.version() == 0 && source.under_way == 0;
                // Counted, and told with the record's key.
                let write = Write::from(Origin::Remote);
                let refused = source.door.accept_decoded(Err(violation), write).err();
                // A first write that is refused leaves no record behind.
                if is_first && self.made.has(&topic) {
                    self.end_made(topic.clone());
                }
                if let Some(error) = refused {
                    self.refuse(token, cause.client, (&topic, head), refusal(&error));
                }
                return;
            }
        };
        tracing::debug!("client {} writes {topic}: {payload}", cause.client.0);
        if let Some(condition) = condition {
            // What was told is what was kept, where things are kept.
            let newest = self.keeping.as_ref();
            let newest = newest.and_then(|keeping| keeping.journal.newest(&topic));
            let (newest, now_ms) = (newest.unwrap_or((seq, true)), self.clock.now_ms());
            let lost = conflict::check(source, &condition, (&cause, &fields), newest, now_ms);
            if let Err(lost) = lost {
                let deferred = Deferred {
                    token,
                    topic,
                    fields,
                    cause,
                };
                return self.lose(deferred, head, lost);
            }
        }
        let deferred = Deferred {
            token,
            topic: topic.clone(),
            fields,
            cause,
        };
        match &mut self.keeping {
            None => self.commit(deferred, None),
            Some(keeping) => {
                let ts = time_of(schema, &deferred.fields);
                let ts = ts.unwrap_or_else(|| self.clock.now_ms());
                // As it is now: an older version of the contract wrote less.
                let payload = schema.to_json(&deferred.fields).into();
                let client = deferred.cause.client;
                let (cause, fields) = (deferred.cause.clone(), deferred.fields.clone());
                let seq = keeping.journal.write(&topic, (payload, ts), head, deferred);
                source.defers(seq, cause, fields);
                self.hold_if_full(client);
            }
        }
    }

    /// Refuses a write that lost. Where that was against one that is still to be kept, its writer hears of it when that is.
    fn lose(&mut self, write: Deferred, head: Option<WriteHead>, lost: Lost) {
        let Lost { refusal, is_early } = lost;
        let client = write.cause.client;
        if let Some(keeping) = self.keeping.as_mut().filter(|_| is_early) {
            keeping.journal.lost(head, refusal, write);
            return self.hold_if_full(client);
        }
        let source = self.sources.get(&write.topic);
        let is_empty = source.is_some_and(|source| source.door.version() == 0);
        if is_empty && self.made.has(&write.topic) {
            self.end_made(write.topic.clone());
        }
        self.refuse(write.token, client, (&write.topic, head), refusal);
    }

    /// Tells who lost against a write that is kept by now.
    pub(crate) fn lost(&mut self, write: &Deferred, refusal: Refusal) {
        let client = write.cause.client;
        self.refuse(write.token, client, (&write.topic, None), refusal);
    }

    /// Who writes while so much waits to be kept waits as well; who does not, does not.
    fn hold_if_full(&mut self, client: ClientId) {
        let keeping = self.keeping.as_ref();
        if keeping.is_some_and(|keeping| keeping.journal.is_full()) {
            self.held.insert(client);
        }
    }

    /// Gives a write to its record.
    pub(crate) fn commit(&mut self, write: Deferred, stamp: Option<Stamp>) {
        let Deferred {
            token,
            topic,
            fields,
            cause,
        } = write;
        let Some(source) = self.sources.get_mut(&topic) else {
            // What was kept was taken, though its record is gone by now.
            return self.answers.push_back((token, taken(stamp)));
        };
        if stamp.is_some() {
            source.kept();
        }
        let write = Write::from(Origin::Remote);
        match source.door.accept_decoded(Ok(fields), write) {
            Ok(commit) => {
                source.wrote(commit.version, (Some(cause), stamp));
                self.made.wrote(&topic, self.clock.now_ms());
                self.is_pressed |= self.publishers.wrote(&topic);
            }
            // The database has ended, and the server with it: what is not answered is written to the next one.
            Err(WriteError::Closed { .. }) if stamp.is_none() => return self.events.wake().stop(),
            Err(error) if stamp.is_none() => {
                return self.refuse(token, cause.client, (&topic, None), refusal(&error));
            }
            Err(_) => {}
        }
        self.counters.acknowledged_write();
        self.answers.push_back((token, taken(stamp)));
    }

    /// Refuses a write that could not be kept.
    pub(crate) fn not_kept(&mut self, write: &Deferred, error: &StoreError) {
        if let Some(source) = self.sources.get_mut(&write.topic) {
            source.kept();
        }
        self.not_told(write, error);
    }

    /// Refuses a write of which nobody can know how it ended.
    pub(crate) fn not_told(&mut self, write: &Deferred, error: &StoreError) {
        let refusal = Refusal::new(ErrorCode::ServerError, "storage_failed", error.to_string());
        self.refuse(
            write.token,
            write.cause.client,
            (&write.topic, None),
            refusal,
        );
    }

    fn refuse(
        &mut self,
        token: WriteToken,
        client: ClientId,
        (topic, head): (&str, Option<WriteHead>),
        refusal: Refusal,
    ) {
        let Refusal {
            reason, message, ..
        } = &refusal;
        self.counters
            .refused_write(client.0, topic, reason, message);
        if let (Some(keeping), Some(head)) = (&mut self.keeping, head) {
            keeping.journal.refused(head, &refusal);
            self.hold_if_full(client);
        }
        self.answers.push_back((token, Outcome::Refused(refusal)));
    }

    /// Notes that a value is published; gives what is known of it.
    pub(crate) fn published(&mut self, topic: &str, version: Option<u64>, now_ms: u64) -> Known {
        let source = self.sources.get_mut(topic);
        source.map_or((None, None), |source| source.published(version, now_ms))
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
        let past = self.keeping.as_ref().map(Keeping::reader);
        let looking = self.runtime.spawn(async move {
            let permit = permits.acquire_owned().await;
            let answer = move || {
                let answer = match &past {
                    Some(past) => query::look_up(past, &selected, range),
                    None => Ok(query::answer(&selected, range)),
                };
                let answer = answer.map(|answer| answer.encode(&request));
                // Held until it is done, also if nobody waits for it any more.
                drop(permit);
                answer
            };
            let failed = |why: &str| Refusal::new(ErrorCode::ServerError, "query_failed", why);
            let answer = match tokio::task::spawn_blocking(answer).await {
                Ok(found) => found.map_err(|error| failed(&error.to_string())),
                Err(_) => Err(failed(
                    "the look-up did not end; the server's log may say why",
                )),
            };
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

fn taken(stamp: Option<Stamp>) -> Outcome {
    let seq = stamp.map(|stamp| stamp.seq);
    Outcome::Taken { seq }
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
        Some(violation) => refusal.with_violation(violation),
        None => refusal,
    }
}
