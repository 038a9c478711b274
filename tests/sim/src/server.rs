//! The server of the world: the real hub, the real journal, and a root that checks, keeps, applies and publishes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use aimdb_contracts::{Reason, Violation};
use aimdb_server::hub::{
    Cause, ClientId, Contender, Denial, Effect, Gate, Grants, Hub, Input, Limits, Outcome, Pass,
    Present, Refusal, Stamp, TopicKind, TopicSpec, Winner, WriteHead, WriteToken, judge,
    superseded,
};
use aimdb_server::store::{
    Batch, Journal, Keep, Kept, Kind, Memory, Op, Range, Store, StoreError, Then, Value,
};
use aimdb_ws_protocol::{Condition, ErrorCode, Pattern};

use crate::mutation::Mutation;
use crate::updates::{self, Version};

/// The topic whose writers want it to be as they saw it.
pub const UNCHANGED: &str = "set/1";
/// The topic of whose values the later one stays.
pub const NEWER: &str = "set/2";

/// The topics of the world, and how their values move.
pub const TOPICS: [(&str, TopicKind); 6] = [
    ("room/1", TopicKind::Latest),
    ("room/2", TopicKind::Latest),
    ("log/1", TopicKind::Ring),
    ("door", TopicKind::Mailbox),
    (UNCHANGED, TopicKind::Latest),
    (NEWER, TopicKind::Latest),
];

/// The numbers that the contract of the server refuses, though that of the clients allows them.
#[must_use]
pub fn is_refused(number: u64) -> bool {
    number.is_multiple_of(7)
}

/// The number in a value.
#[must_use]
pub fn number_of(payload: &str) -> Option<u64> {
    updates::raw_number_of(payload).map(updates::plain)
}

/// The time in a value.
#[must_use]
pub fn time_of(payload: &str) -> Option<u64> {
    updates::field_of(payload, "\"at\":")
}

#[derive(Clone)]
struct Waiting {
    token: WriteToken,
    topic: Arc<str>,
    payload: Arc<str>,
    /// The version that it was announced in.
    announced: Option<u32>,
    cause: Cause,
    condition: Option<Condition<'static>>,
    head: Option<WriteHead>,
}

/// A value of a topic as the next write finds it.
#[derive(Debug, Clone)]
struct Newest {
    payload: Arc<str>,
    by: Option<(Arc<str>, u64)>,
    /// Its number, where it has one.
    seq: Option<u64>,
    /// Whether clients may have been told of it.
    is_told: bool,
}

/// What waits for the root, which does it in the order in which it came.
enum Asked {
    Write(Waiting),
    /// The hub has refused it, and the root keeps that.
    Refused(WriteHead, Refusal),
}

/// What the hub wants sent.
#[derive(Debug)]
pub enum Wanted {
    /// A frame to a client.
    Send(u64, String),
    /// A client's connection is to be closed.
    Close(u64, u16, &'static str),
}

/// What outlives a run of a server that keeps what is written.
struct Disk {
    store: Memory,
    journal: Journal<Waiting>,
    /// What is being written: it is there whole or not at all, whatever happens meanwhile.
    under_way: Option<Batch>,
    /// The numbers of all values that are there.
    numbers: BTreeSet<u64>,
}

impl Disk {
    fn append(&mut self, ops: &[Op], now_ms: u64) -> Result<(), String> {
        for op in ops {
            if let Op::Value { payload, .. } = op {
                self.numbers.extend(number_of(payload));
            }
        }
        let kept = self.store.append(ops, now_ms);
        kept.map_err(|error| error.to_string())
    }
}

/// The hub with all that a server keeps beside it.
pub struct Server {
    /// Which version of the contract it has.
    version: Version,
    /// Whether it asks for tokens.
    is_guarded: bool,
    hub: Hub,
    limits: Limits,
    disk: Option<Disk>,
    mutation: Option<Mutation>,
    /// What is wrong so far.
    pub problems: Vec<String>,
    /// Counted from 1: which run of the server it is.
    pub instance: u32,
    waiting: VecDeque<Asked>,
    /// The newest value of each topic.
    pub values: BTreeMap<&'static str, String>,
    /// The numbers that were applied, in order, with the run in which they were.
    pub applied: Vec<(u32, u64)>,
    /// The numbers that were refused.
    pub refused: Vec<u64>,
    /// When each number was first accepted to be looked at.
    pub heard: BTreeMap<u64, u64>,
    sensed: u64,
    /// When each value of its own was made, and of which topics there were some.
    pub sensed_at: BTreeMap<u64, u64>,
    /// See there.
    pub sensed_topics: BTreeSet<&'static str>,
    /// The newest value of each topic, and the writes that wait for the disk, in order.
    newest: BTreeMap<Arc<str>, Newest>,
    under_way: BTreeMap<Arc<str>, VecDeque<Newest>>,
    /// How many values of each topic were told, in a run without a disk.
    counts: BTreeMap<Arc<str>, u64>,
    /// What each number that was taken on a condition was taken over, and what each that lost did so against.
    pub taken_over: Vec<(u64, Option<u64>)>,
    /// See there.
    pub lost_against: BTreeMap<u64, Option<u64>>,
}

impl Server {
    /// The first run of a server; one with a disk keeps what it takes.
    ///
    /// # Errors
    /// The limits do not fit together.
    pub fn new(
        limits: Limits,
        (has_disk, is_guarded): (bool, bool),
        mutation: Option<Mutation>,
        version: Version,
    ) -> Result<Self, String> {
        let disk = has_disk.then(|| Disk {
            store: Memory::new("disk"),
            journal: Journal::default(),
            under_way: None,
            numbers: BTreeSet::new(),
        });
        let mut server = Self {
            hub: new_hub(&limits, (has_disk, is_guarded), 1)?,
            version,
            is_guarded,
            limits,
            disk,
            mutation,
            problems: Vec::new(),
            instance: 1,
            waiting: VecDeque::new(),
            values: BTreeMap::new(),
            applied: Vec::new(),
            refused: Vec::new(),
            heard: BTreeMap::new(),
            sensed: 0,
            sensed_at: BTreeMap::new(),
            sensed_topics: BTreeSet::new(),
            newest: BTreeMap::new(),
            under_way: BTreeMap::new(),
            counts: BTreeMap::new(),
            taken_over: Vec::new(),
            lost_against: BTreeMap::new(),
        };
        server.register(0, &mut Vec::new());
        Ok(server)
    }

    /// Whether it keeps what it takes.
    #[must_use]
    pub fn has_disk(&self) -> bool {
        self.disk.is_some()
    }

    /// Which version it is of.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its next run is of the newer version.
    pub fn update(&mut self) {
        self.version = Version::Two;
    }

    /// A value that was kept, or written, in a version: as one of this one.
    fn read(&self, payload: &str, announced: Option<u32>) -> Result<Arc<str>, Box<Violation>> {
        let announced = announced.filter(|_| !self.is(Mutation::MigrationSkipped));
        match announced.filter(|announced| *announced != self.version.number()) {
            Some(announced) => self.version.read(payload, Some(announced)).map(Into::into),
            // As it is: one that is of another version all the same is seen where it is published.
            None => Ok(payload.into()),
        }
    }

    /// The server dies and comes back. One with a disk has what was kept, and what was being written if `keeps`; another
    /// one has its values if `keeps`, and nothing else.
    ///
    /// # Errors
    /// As [`Server::new`]; or the disk cannot be read.
    pub fn restart(&mut self, keeps: bool, now_ms: u64) -> Result<(), String> {
        self.instance += 1;
        self.hub = new_hub(
            &self.limits,
            (self.has_disk(), self.is_guarded),
            self.instance,
        )?;
        self.waiting.clear();
        self.newest.clear();
        self.under_way.clear();
        self.counts.clear();
        let mut none = Vec::new();
        let values = std::mem::take(&mut self.values);
        if let Some(disk) = &mut self.disk {
            if let Some(mut batch) = disk.under_way.take().filter(|_| keeps) {
                batch.ops.retain(|op| match self.mutation {
                    Some(Mutation::AnswersTornOff) => !matches!(op, Op::Answer { .. }),
                    Some(Mutation::ValuesTornOff) => !matches!(op, Op::Value { .. }),
                    _ => true,
                });
                disk.append(&batch.ops, now_ms)?;
            }
            disk.journal = Journal::default();
            return self.go_on(now_ms);
        }
        self.register(now_ms, &mut none);
        for (topic, payload) in values.into_iter().filter(|_| keeps) {
            let was = match Version::Two.is_of(&payload) {
                true => Version::Two,
                false => Version::One,
            };
            let Ok(payload) = self.read(&payload, Some(was.number())) else {
                continue;
            };
            self.publish(topic, payload, (None, None), now_ms, &mut none);
        }
        Ok(())
    }

    /// Goes on from what is on the disk.
    fn go_on(&mut self, now_ms: u64) -> Result<(), String> {
        let mut none = Vec::new();
        let mut store = match &self.disk {
            Some(disk) => disk.store.clone(),
            None => return Ok(()),
        };
        let failed = |error: StoreError| error.to_string();
        for mut account in store.ledger().map_err(failed)? {
            match self.mutation {
                Some(Mutation::LedgerLost) => continue,
                Some(Mutation::LastLost) => account.last = 0,
                _ => {}
            }
            self.give(Input::Recall(account), now_ms, &mut none);
        }
        self.register(now_ms, &mut none);
        for (topic, kind) in TOPICS {
            let count = match kind {
                TopicKind::Mailbox => 0,
                TopicKind::Latest => 1,
                TopicKind::Ring => 5,
            };
            let latest = store.latest(topic, count).map_err(failed)?;
            for Kept {
                seq,
                ts,
                payload,
                by,
                version,
                ..
            } in latest.values
            {
                let Ok(payload) = self.read(&payload, Some(version)) else {
                    continue;
                };
                let cause = by.map(|(name, write)| Cause::earlier(name, write));
                let stamp = Some(Stamp { seq, ts });
                self.publish(topic, payload, (cause, stamp), now_ms, &mut none);
            }
        }
        Ok(())
    }

    fn register(&mut self, now_ms: u64, out: &mut Vec<Wanted>) {
        let contract = self.version.shared_schema();
        self.give(Input::RegisterContract(contract), now_ms, out);
        for (name, kind) in TOPICS {
            let spec = TopicSpec {
                writable: true,
                schema_type: Some(updates::CONTRACT.into()),
                ..TopicSpec::new(name, kind)
            };
            self.give(Input::Register(spec), now_ms, out);
            let Some(disk) = &mut self.disk else {
                continue;
            };
            // The memory of a disk always answers.
            let count =
                u64::from(kind != TopicKind::Mailbox) * if kind == TopicKind::Ring { 5 } else { 1 };
            let mut latest = disk.store.latest(name, count).unwrap_or_default();
            if self.mutation == Some(Mutation::NumbersAnew) {
                latest.seq = 0;
                latest.values.clear();
            }
            let told = latest
                .values
                .first()
                .map_or(latest.seq, |first| first.seq - 1);
            let kind = Kind {
                keep: Keep::values(u64::MAX),
                is_latest: kind == TopicKind::Latest,
                version: self.version.number(),
            };
            disk.journal.begin(&name.into(), kind, (latest.seq, told));
            self.give(
                Input::Begin {
                    topic: name,
                    seq: told,
                },
                now_ms,
                out,
            );
        }
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Gives the hub one input.
    pub fn give(&mut self, input: Input<'_>, now_ms: u64, out: &mut Vec<Wanted>) {
        let (waiting, disk, heard) = (&mut self.waiting, &mut self.disk, &mut self.heard);
        let (mutation, problems) = (self.mutation, &mut self.problems);
        self.hub.handle(input, now_ms, &mut |effect| match effect {
            Effect::Send { client, frame } => {
                for text in frame.texts() {
                    problems.extend(disk.as_ref().and_then(|disk| told_too_early(disk, text)));
                    let said = mutation.and_then(|mutation| mutation.said(text));
                    let said = said.unwrap_or_else(|| text.into());
                    if !said.is_empty() {
                        out.push(Wanted::Send(client.0, said));
                    }
                }
            }
            Effect::Close {
                client,
                code,
                reason,
            } => out.push(Wanted::Close(client.0, code, reason)),
            Effect::Write {
                token,
                topic,
                payload,
                announced,
                cause,
                condition,
                head,
                ..
            } => {
                let number = number_of(payload).unwrap_or_default();
                heard.entry(number).or_insert(now_ms);
                waiting.push_back(Asked::Write(Waiting {
                    token,
                    topic,
                    payload: payload.into(),
                    announced,
                    cause,
                    condition: condition.map(owned),
                    head,
                }));
            }
            Effect::Refused { head, refusal } => {
                waiting.push_back(Asked::Refused(head, refusal.clone()));
            }
            Effect::Settled { client, id } => {
                if let Some(disk) = disk {
                    disk.journal.settled(client, id);
                }
            }
            Effect::Fenced { client, epoch } => {
                if let Some(disk) = disk {
                    disk.journal.fenced(client, epoch);
                }
            }
            Effect::Forgotten { client } => {
                if let Some(disk) = disk {
                    disk.journal.forgotten(client);
                }
            }
            _ => {}
        });
    }

    /// A client's frame arrives.
    pub fn hear(&mut self, client: u64, text: &str, now_ms: u64, out: &mut Vec<Wanted>) {
        let heard = self
            .mutation
            .and_then(|mutation| mutation.heard(client, text));
        let text = heard.as_deref().unwrap_or(text);
        let client = ClientId(client);
        self.give(Input::Frame { client, text }, now_ms, out);
    }

    /// Checks so many of the writes that wait. What is good is taken at once, or goes to the disk.
    pub fn apply(&mut self, count: usize, now_ms: u64, out: &mut Vec<Wanted>) {
        for _ in 0..count {
            let mut write = match self.waiting.pop_front() {
                Some(Asked::Write(write)) => write,
                Some(Asked::Refused(head, refusal)) => {
                    if let Some(disk) = &mut self.disk {
                        disk.journal.refused(head, &refusal);
                    }
                    continue;
                }
                None => return,
            };
            let number = number_of(&write.payload).unwrap_or_default();
            if is_refused(number) {
                self.refuse(write, number, now_ms, out);
                continue;
            }
            match self.read(&write.payload, write.announced) {
                Ok(payload) => write.payload = payload,
                Err(violation) => {
                    self.refuse_as(write, broken(&violation), now_ms, out);
                    continue;
                }
            }
            let Some(write) = self.contend(write, now_ms, out) else {
                continue;
            };
            match &mut self.disk {
                None => self.take(write, None, now_ms, out),
                Some(disk) => {
                    let (topic, value) = (write.topic.clone(), (write.payload.clone(), now_ms));
                    let head = write.head.clone();
                    let seq = disk.journal.write(&topic, value, head, write.clone());
                    let newest = Newest {
                        payload: write.payload.clone(),
                        by: write.cause.by(),
                        seq,
                        is_told: false,
                    };
                    self.under_way.entry(topic).or_default().push_back(newest);
                    self.hurry(write, seq.unwrap_or(0), now_ms, out);
                }
            }
        }
    }

    /// Does at once what is to be done once the write is kept, where that is what is wrong.
    fn hurry(&mut self, write: Waiting, seq: u64, now_ms: u64, out: &mut Vec<Wanted>) {
        let stamp = Some(Stamp { seq, ts: now_ms });
        if self.is(Mutation::AnswerBeforeKept) {
            self.take(write, stamp, now_ms, out);
        } else if self.is(Mutation::ToldBeforeKept) {
            let about = (Some(write.cause), stamp);
            self.tell(&write.topic, write.payload, about, now_ms, out);
        }
    }

    /// Judges a write that has a condition; gives it back if it is taken.
    fn contend(&mut self, write: Waiting, now_ms: u64, out: &mut Vec<Wanted>) -> Option<Waiting> {
        let Some(condition) = &write.condition else {
            return Some(write);
        };
        let waits = self.under_way.get(&write.topic);
        let waits = waits.and_then(|waits| waits.back().cloned());
        let disk = self.disk.as_ref();
        let read = disk.and_then(|disk| disk.journal.newest(&write.topic));
        let waits_for_write = waits.is_some();
        let is_early = waits_for_write || read.is_some_and(|(_, is_told)| !is_told);
        let newest = waits.or_else(|| self.newest.get(&write.topic).cloned());
        let by = newest.as_ref().and_then(|newest| newest.by.as_ref());
        let time_of = |payload: &str| time_of(payload).map(|time| time as f64);
        let contender = Contender {
            client: write.cause.name.as_deref(),
            time: time_of(&write.payload),
        };
        let present = Present {
            seq: newest
                .as_ref()
                .map_or(Some(0), |newest| newest.seq.filter(|_| newest.is_told)),
            by: by.map(|(client, id)| (&**client, *id)),
            time: newest.as_ref().and_then(|newest| time_of(&newest.payload)),
        };
        let number = number_of(&write.payload).unwrap_or_default();
        let over = newest
            .as_ref()
            .and_then(|newest| number_of(&newest.payload));
        let is_ignored = match condition {
            Condition::Newer { .. } => self.is(Mutation::NewerIgnored),
            Condition::Onto { .. } => self.is(Mutation::OntoIgnored),
            Condition::Base { .. } => self.is(Mutation::BaseIgnored),
        };
        let judged = judge(condition, contender, present, now_ms);
        let refusal = match judged {
            Err(refusal) if !is_ignored => refusal,
            _ => {
                self.taken_over.push((number, over));
                return Some(write);
            }
        };
        let is_lost = refusal == superseded(None);
        // One of the server's own that waits may be replaced yet: the hub tells what is there then.
        let is_settled = is_lost && (waits_for_write || !is_early);
        let winner = newest.filter(|_| is_settled).map(|newest| Winner {
            payload: newest.payload,
            seq: newest.seq,
        });
        if is_lost {
            self.lost_against.insert(number, over);
        }
        let refusal = match is_lost {
            true => superseded(winner),
            false => refusal,
        };
        let is_early = is_early && !self.is(Mutation::LostTooEarly);
        match &mut self.disk {
            Some(disk) if is_early => disk.journal.lost(write.head.clone(), refusal, write),
            _ => self.refuse_as(write, refusal, now_ms, out),
        }
        None
    }

    fn refuse(&mut self, write: Waiting, number: u64, now_ms: u64, out: &mut Vec<Wanted>) {
        self.refused.push(number);
        self.refuse_as(write, refusal(number), now_ms, out);
    }

    fn refuse_as(&mut self, write: Waiting, refusal: Refusal, now_ms: u64, out: &mut Vec<Wanted>) {
        if let (Some(disk), Some(head)) = (&mut self.disk, write.head) {
            disk.journal.refused(head, &refusal);
        }
        let (token, answer) = (write.token, Outcome::Refused(refusal));
        self.give(Input::WriteAnswered { token, answer }, now_ms, out);
    }

    /// Gives a write to its record, and answers it.
    fn take(&mut self, write: Waiting, stamp: Option<Stamp>, now_ms: u64, out: &mut Vec<Wanted>) {
        let Waiting {
            token,
            topic,
            payload,
            cause,
            head,
            ..
        } = write;
        if let Some(waits) = self.under_way.get_mut(&topic).filter(|_| stamp.is_some()) {
            waits.pop_front();
        }
        let client = cause.client;
        let number = number_of(&payload).unwrap_or_default();
        self.applied.push((self.instance, number));
        let known = TOPICS.iter().find(|(name, _)| *name == &*topic);
        if let Some((name, _)) = known {
            self.publish(name, payload, (Some(cause), stamp), now_ms, out);
        }
        let seq = stamp.map(|stamp| stamp.seq);
        let answer = Outcome::Taken { seq };
        self.give(Input::WriteAnswered { token, answer }, now_ms, out);
        if let Some(head) = head.filter(|_| self.is(Mutation::SettledTooEarly)) {
            let text = &format!(r#"{{"type":"settled","id":{}}}"#, head.id);
            self.give(Input::Frame { client, text }, now_ms, out);
        }
    }

    /// The disk begins with what waits.
    pub fn write_down(&mut self) {
        if let Some(disk) = &mut self.disk
            && let Some(mut batch) = disk.journal.take()
        {
            batch.ops.retain(|op| match (self.mutation, op) {
                (Some(Mutation::MovesForgotten), Op::Moved { .. }) => false,
                (Some(Mutation::OwnValuesNotKept), Op::Value { by, .. }) => by.is_some(),
                _ => true,
            });
            disk.under_way = Some(batch);
        }
    }

    /// The disk is done with what was under way.
    ///
    /// # Errors
    /// It cannot be kept, which memory always can.
    pub fn sync(&mut self, now_ms: u64, out: &mut Vec<Wanted>) -> Result<(), String> {
        let Some(disk) = &mut self.disk else {
            return Ok(());
        };
        let Some(batch) = disk.under_way.take() else {
            return Ok(());
        };
        disk.append(&batch.ops, now_ms)?;
        let mut then = disk.journal.kept(true);
        if self.is(Mutation::BatchReversed) {
            then.reverse();
        }
        for one in then {
            match one {
                Then::Write { .. } if self.is(Mutation::AnswerBeforeKept) => {}
                Then::Write { write, .. } if self.is(Mutation::StampsLost) => {
                    self.take(write, None, now_ms, out);
                }
                Then::Write { write, stamp } => self.take(write, Some(stamp), now_ms, out),
                Then::Publish {
                    topic,
                    payload,
                    stamp,
                    cause,
                } => self.tell(&topic, payload, (cause, Some(stamp)), now_ms, out),
                Then::Lost { write, refusal } => {
                    let (token, answer) = (write.token, Outcome::Refused(refusal));
                    self.give(Input::WriteAnswered { token, answer }, now_ms, out);
                }
                Then::Missed { .. } => {}
            }
        }
        Ok(())
    }

    /// Whether nothing waits for the disk.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let disk = self.disk.as_ref();
        self.waiting.is_empty() && disk.is_none_or(|disk| disk.journal.is_idle())
    }

    /// How often a number is in the history of its topic.
    pub fn times_kept(&mut self, topic: &str, number: u64) -> usize {
        let Some(disk) = &mut self.disk else {
            return 0;
        };
        // The memory of a disk always answers.
        let found = disk
            .store
            .history(topic, Range::newest(u64::MAX))
            .unwrap_or_default();
        let values = found.values.iter();
        values
            .filter(|kept| number_of(&kept.payload) == Some(number))
            .count()
    }

    /// The newest number in the history of a topic.
    pub fn newest_kept(&mut self, topic: &str) -> Option<u64> {
        let latest = self
            .disk
            .as_mut()?
            .store
            .latest(topic, 1)
            .unwrap_or_default();
        number_of(&latest.values.first()?.payload)
    }

    /// A value of the server's own.
    pub fn sense(&mut self, topic: &'static str, now_ms: u64, out: &mut Vec<Wanted>) {
        self.sensed += 1;
        self.sensed_topics.insert(topic);
        // Above all numbers of clients, and never refused.
        let number = 1_000_000_000 + self.sensed;
        self.sensed_at.insert(number, now_ms);
        let payload = self.version.made(number, now_ms);
        self.publish(topic, payload.into(), (None, None), now_ms, out);
    }

    /// A record has a value.
    fn publish(
        &mut self,
        topic: &'static str,
        payload: Arc<str>,
        (cause, stamp): (Option<Cause>, Option<Stamp>),
        now_ms: u64,
        out: &mut Vec<Wanted>,
    ) {
        if !self.version.is_of(&payload) {
            let problem = format!("{topic} has a value of another version: {payload}");
            self.problems.push(problem);
        }
        self.values.insert(topic, payload.to_string());
        let key: Arc<str> = topic.into();
        let mut newest = Newest {
            payload: payload.clone(),
            by: cause.as_ref().and_then(Cause::by),
            seq: None,
            is_told: true,
        };
        let Some(disk) = &mut self.disk else {
            let count = self.counts.entry(key.clone()).or_default();
            *count += 1;
            newest.seq = Some(*count);
            self.newest.insert(key, newest);
            return self.tell(topic, payload, (cause, stamp), now_ms, out);
        };
        let value = Value {
            payload,
            ts: now_ms,
            cause,
            stamp,
        };
        let told = disk.journal.value(&topic.into(), value);
        newest.seq = disk.journal.newest(topic).map(|(seq, _)| seq);
        self.newest.insert(key, newest);
        if let Some((value, stamp)) = told {
            self.tell(
                topic,
                value.payload,
                (value.cause, Some(stamp)),
                now_ms,
                out,
            );
        }
    }

    fn tell(
        &mut self,
        topic: &str,
        payload: Arc<str>,
        (cause, stamp): (Option<Cause>, Option<Stamp>),
        now_ms: u64,
        out: &mut Vec<Wanted>,
    ) {
        let input = Input::Published {
            topic,
            payload,
            cause,
            stamp,
        };
        self.give(input, now_ms, out);
    }
}

fn owned(condition: Condition<'_>) -> Condition<'static> {
    match condition {
        Condition::Base { seq, server } => Condition::Base {
            seq,
            server: server.map(|server| server.into_owned().into()),
        },
        Condition::Onto { id } => Condition::Onto { id },
        Condition::Newer { field } => Condition::Newer {
            field: field.into_owned().into(),
        },
    }
}

/// What is wrong with a frame that shows a value which is not on the disk.
fn told_too_early(disk: &Disk, text: &str) -> Option<String> {
    let is_value = text.contains("\"type\":\"data\"")
        || text.contains("\"type\":\"snapshot\"")
        || text.contains("\"reason\":\"superseded\"");
    let number = number_of(text).filter(|_| is_value)?;
    (!disk.numbers.contains(&number)).then(|| format!("{number} was shown before it was kept"))
}

/// Knows the tokens of the world: `NAME:UNTIL` is of a client, for as long.
struct Names;

impl Gate for Names {
    fn admit(&self, token: &str, now_ms: u64) -> Result<Pass, Denial> {
        let (name, until) = token.split_once(':').ok_or(Denial::Unknown)?;
        let until_ms: u64 = until.parse().map_err(|_| Denial::Claim)?;
        if until_ms <= now_ms {
            return Err(Denial::Expired);
        }
        let all = Pattern::parse("#").map_err(|_| Denial::Claim)?;
        let grants = Grants {
            subscribe: vec![all.clone()],
            write: vec![all.clone()],
            query: vec![all],
        };
        Ok(Pass {
            subject: name.into(),
            grants: Arc::new(grants),
            until_ms: Some(until_ms),
        })
    }
}

fn new_hub(
    limits: &Limits,
    (has_disk, is_guarded): (bool, bool),
    instance: u32,
) -> Result<Hub, String> {
    let name = match has_disk {
        true => "disk".to_string(),
        false => format!("run-{instance}"),
    };
    let mut hub = Hub::new(limits.clone(), name).map_err(|error| error.to_string())?;
    if is_guarded {
        hub.guard(Arc::new(Names));
    }
    Ok(hub)
}

fn broken(violation: &Violation) -> Refusal {
    let (code, message) = (ErrorCode::WriteError, violation.to_string());
    Refusal::new(code, "contract_violation", message).with_violation(violation)
}

fn refusal(number: u64) -> Refusal {
    let violation = Violation {
        record: None,
        schema: "counted".into(),
        path: "n".into(),
        expected: "no multiple of 7".into(),
        got: number.to_string(),
        reason: Reason::Multiple,
    };
    let message = format!("n: expected {}, got {number}", violation.expected);
    Refusal::new(ErrorCode::WriteError, "contract_violation", message).with_violation(&violation)
}
