//! One client of the world: a database, a whole peer over it, its clocks and its line.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use aimdb_contracts::{Contract, Value};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Fields, Origin, Read, Reader, Record, Write};
use aimdb_peer::session::{
    DropReason, Entry, Input, Now, Options, Outcome, Status, UnknownReason, WritePolicy,
};
use aimdb_peer::{Action, Conflict, Effect, Mirroring, Peer, SessionId, session};
use aimdb_server::hub::TopicKind;
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::ServerFrame;

use crate::clock::Clock;
use crate::mutation::Mutation;
use crate::network::{Line, Socket};
use crate::server::{NEWER, TOPICS, UNCHANGED, number_of};
use crate::tabs::{Change, Disk, End, Message, News, Tab, outcome_of};

/// What the clients write: a number that is written once in a world, and something to make it large.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "counted", version = 1)]
pub struct Counted {
    /// The number.
    pub n: u64,
    /// Anything.
    pub pad: String,
    /// When it was written, by the clock of its writer.
    pub at: u64,
}

/// What the peer wants done to its socket.
#[derive(Debug)]
pub enum Wanted {
    /// Get a token.
    Token,
    /// Open one.
    Open,
    /// Close it.
    Close,
    /// Send a frame.
    Send(String),
}

/// What outlives a run of a client that keeps its writes.
#[derive(Debug, Default)]
struct Device {
    entries: BTreeMap<u64, Entry>,
    /// The highest number that was ever there.
    last: u64,
}

impl Device {
    fn apply(&mut self, one: Change) {
        match one {
            Change::Store(entry) => {
                self.last = self.last.max(entry.id.0);
                self.entries.insert(entry.id.0, *entry);
            }
            Change::Remove { number, .. } => {
                self.entries.remove(&number);
            }
        }
    }
}

/// What a run of a client has noted.
#[derive(Debug, Default)]
pub struct Notes {
    wanted: VecDeque<Wanted>,
    timer_at: Option<u64>,
    /// How each number that was written ended.
    pub settled: BTreeMap<u64, &'static str>,
    /// What is wrong so far.
    pub problems: Vec<String>,
    /// Numbers that went with a run which had not been told that they are kept.
    pub lost: BTreeSet<u64>,
    /// Whether the server knows its present name from a write.
    pub was_answered: bool,
    /// Whether nothing disturbs any more: each write has its answer.
    pub is_calm: bool,
    /// The network was good for as long as an answer takes at most: each that is due comes.
    pub is_answered: bool,
    cover: Cover,
    /// What the device is asked for, in order.
    asked: VecDeque<Change>,
    /// The numbers of writes, by their ids.
    numbers: BTreeMap<u64, u64>,
    /// Numbers that were told to be kept.
    kept: BTreeSet<u64>,
    /// What each number that lost was told to have lost against.
    pub lost_against: BTreeMap<u64, Option<u64>>,
    /// Whether a server may judge a write a second time, since it has forgotten the first.
    pub is_forgotten: bool,
    /// Numbers that an earlier run was told the end of, and whose writes were still there afterwards.
    told_before: BTreeSet<u64>,
    /// What the server says that it was told of, by the numbers that were written, and this program was not.
    pub forgotten: BTreeSet<u64>,
    /// Whether other tabs write to the same device.
    pub is_tab: bool,
    /// Whether how a write ended is a line on standard output.
    pub says: bool,
    /// The server has heard of another tab that came later.
    is_overtaken: bool,
}

/// Which values of the ring this run was shown or told to have missed, by their numbers in the topic.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Cover {
    first: Option<u64>,
    last: u64,
    arrived: u64,
    missed: u64,
}

/// So long a command to the door is worth something.
pub const EXPIRES_MS: u64 = 1_500;
/// The ring among the topics, and how it is read.
const RING: &str = "log/1";
const RING_KEY: &str = "log.1";

/// Where the writes of a client are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// Nowhere.
    Nothing,
    /// On a device of its own.
    Alone,
    /// On one that other tabs write to, too.
    WithOthers,
}

/// A client.
pub struct Host {
    /// Whether its server asks for tokens.
    is_asked: bool,
    /// Its name in the trace.
    pub name: usize,
    /// Its clocks.
    pub clock: Clock,
    /// Its line to the server.
    pub line: Line,
    /// What it noted.
    pub notes: Notes,
    runtime: TokioAdapter,
    /// Nothing where writes are not kept.
    device: Option<Device>,
    /// Nothing where no other tab writes to the same device.
    tab: Option<Tab>,
    /// What was written here.
    own: BTreeSet<u64>,
    mutation: Option<Mutation>,
    /// Whether what its driver tells it is a line on standard output.
    pub says: bool,
    /// Which of the hosts it is.
    pub at: usize,
    peer: Peer<TokioAdapter>,
    session: SessionId,
    client: u32,
    epoch: u64,
    /// The highest number of a write that went over a wire under the present name.
    last_sent: u64,
    runs: u32,
    ring: (
        Arc<<TokioAdapter as aimdb_core::RuntimeAdapter>::Door>,
        Reader,
    ),
    /// The numbers in the ring, by any way, since this run began.
    in_ring: BTreeMap<u64, u32>,
    seed: u64,
}

impl Host {
    /// A client that has started.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn new(
        name: usize,
        runtime: &TokioAdapter,
        clock: Clock,
        line: Line,
        (keeps, is_asked, seed): (Keeps, bool, u64),
    ) -> Result<Self, String> {
        let peer = new_peer(runtime, seed)?;
        let door = peer.db().door(RING_KEY).ok_or("no ring")?;
        let reader = door.subscribe();
        let mut host = Self {
            name,
            clock,
            line,
            notes: Notes::default(),
            runtime: runtime.clone(),
            device: (keeps == Keeps::Alone).then(Device::default),
            tab: None,
            own: BTreeSet::new(),
            mutation: None,
            says: false,
            at: name,
            peer,
            session: 0,
            client: 0,
            epoch: 0,
            last_sent: 0,
            runs: 0,
            ring: (door, reader),
            in_ring: BTreeMap::new(),
            seed,
            is_asked,
        };
        if keeps != Keeps::WithOthers {
            host.begin(Vec::new(), 1)?;
        }
        Ok(host)
    }

    /// A tab that opens on the disk of a device.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn open_tab(&mut self, disk: &Disk, mutation: Option<Mutation>) -> Result<(), String> {
        self.mutation = mutation;
        self.notes.is_tab = true;
        self.tab = Some(Tab::new(disk, mutation));
        self.epoch = disk.epoch;
        let rows: Vec<Entry> = disk.rows.values().cloned().collect();
        self.note_told(&rows);
        self.begin(rows, disk.last + 1)
    }

    /// What was told to have ended, and is there again.
    fn note_told(&mut self, rows: &[Entry]) {
        let numbers = rows.iter().filter_map(number_of_entry);
        let told = numbers.filter(|number| self.notes.settled.contains_key(number));
        self.notes.told_before.extend(told);
    }

    fn now(&self) -> Now {
        Now {
            mono_ms: self.clock.mono_ms(),
            wall_ms: self.clock.wall_ms(),
        }
    }

    fn full_name(&self) -> String {
        format!("host-{}-{}", self.name, self.client)
    }

    /// A token of it, as the server takes one until then.
    #[must_use]
    pub fn token(&self, until_ms: u64) -> String {
        format!("{}:{until_ms}", self.name)
    }

    /// Opens a session under the present name and goes on with what an earlier run left.
    fn begin(&mut self, left: Vec<Entry>, first_write: u64) -> Result<(), String> {
        let options = Options {
            subscribe_topics: vec!["#".into()],
            client: Some(self.full_name()),
            first_write,
            keeps_writes: self.device.is_some() || self.tab.is_some(),
            shares_writes: self.tab.is_some(),
            asks_for_token: self.is_asked,
            epoch: self.epoch,
            writes_pending_max: 8,
            retry_ms_min: 100,
            retry_ms_max: 2_000,
            ..Options::default()
        };
        let now = self.now();
        let notes = &mut self.notes;
        let mut note = |effect: Effect<'_>| notes.take(effect);
        let opened = self.peer.open(options, Vec::new(), self.seed);
        self.session = opened.map_err(|error| error.to_string())?;
        self.peer.restore(self.session, left, now, &mut note);
        self.peer.handle(self.session, Input::Start, now, &mut note);
        Ok(())
    }

    /// Gives the session one input.
    pub fn give(&mut self, input: Input<'_>) {
        let (now, notes) = (self.now(), &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(effect);
        self.peer.handle(self.session, input, now, &mut note);
        self.read_ring();
    }

    /// Takes a frame of the server.
    pub fn receive(&mut self, text: &str) {
        let is_empty = self.ring.0.version() == 0;
        self.notes.cover.arrives(text, is_empty);
        let (now, notes) = (self.now(), &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(effect);
        self.peer.receive(self.session, text, now, &mut note);
        self.read_ring();
        if let Some(problem) = self.notes.cover.problem() {
            self.notes.problems.push(problem);
        }
    }

    /// Writes a record, as an application would.
    ///
    /// # Errors
    /// The record refuses it, which it must not.
    pub fn write(&mut self, topic: &str, number: u64, pad: usize) -> Result<(), String> {
        let key = topic.replace('/', ".");
        let record: Record<Counted, TokioAdapter> = self
            .peer
            .db()
            .record(&key)
            .map_err(|error| error.to_string())?;
        self.own.insert(number);
        let pad = "x".repeat(pad);
        let at = self.clock.wall_ms();
        let counted = Counted { n: number, pad, at };
        let written = record.produce(counted, Write::from(Origin::Local));
        written.map_err(|error| error.to_string())?;
        let (now, notes) = (self.now(), &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(effect);
        self.peer.take_written(None, now, &mut note);
        self.read_ring();
        Ok(())
    }

    /// The deadline of its timer, on its monotonic clock.
    #[must_use]
    pub fn timer_at(&self) -> Option<u64> {
        self.notes.timer_at
    }

    /// Its timer goes off.
    pub fn wake(&mut self) {
        self.notes.timer_at = None;
        self.give(Input::Timer);
    }

    /// What it wants done to its socket next.
    pub fn next_wanted(&mut self) -> Option<Wanted> {
        let wanted = self.notes.wanted.pop_front();
        if let Some(Wanted::Send(text)) = &wanted
            && let Some(id) = id_of_write(text)
        {
            self.last_sent = self.last_sent.max(id);
        }
        wanted
    }

    /// Another run takes over under the same name, and the one before is frozen: gives the frames that it would send if it
    /// woke up.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn take_over(&mut self, mono_ms: u64, done: usize) -> Result<Vec<String>, String> {
        let mut after = self.last_sent;
        let unsent = self
            .peer
            .writes(self.session)
            .filter(|one| !one.handed_over);
        let frames = unsent.map(|one| {
            let (id, topic, payload) = (one.id.0, &one.topic, &one.payload);
            let before = std::mem::replace(&mut after, id);
            format!(
                r#"{{"type":"write","topic":"{topic}","payload":{payload},"id":{id},"after":{before}}}"#
            )
        });
        let mut frames: Vec<String> = frames.collect();
        if !matches!(self.line.socket, Socket::Open(_)) && !frames.is_empty() {
            let (name, epoch) = (self.full_name(), self.epoch);
            let hello = format!(
                r#"{{"type":"ping","hello":{{"v":6,"client":"{name}","epoch":{epoch},"token":"{}"}}}}"#,
                self.token(u64::MAX)
            );
            frames.insert(0, hello);
        }
        self.epoch += 1;
        self.reload(mono_ms, done)?;
        // One that keeps its writes sends none that its device does not mark, and that does not for who came before.
        Ok(match self.notes.was_answered && self.device.is_none() {
            true => frames,
            // Nothing was written under the name yet, so there is nothing to write over, and no fence.
            false => Vec::new(),
        })
    }

    /// The program is killed and begins again: it has what it read out, and nothing else.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn reload(&mut self, mono_ms: u64, done: usize) -> Result<(), String> {
        if self.device.is_some() {
            return self.reload_from_device(mono_ms, done);
        }
        let left: Vec<Entry> = self.peer.writes(self.session).cloned().collect();
        // All that a number was given to, since those that have ended count too.
        let first_write = self
            .peer
            .next_write(self.session)
            .map_or(1, |write| write.0);
        self.begin_run(mono_ms)?;
        self.begin(left, first_write)
    }

    /// The device does so many of the things that it was asked for, and says so.
    pub fn keep(&mut self, most: usize) {
        let Some(device) = &mut self.device else {
            return;
        };
        let count = most.min(self.notes.asked.len());
        self.notes
            .asked
            .drain(..count)
            .for_each(|one| device.apply(one));
        if count > 0 {
            self.give(Input::Stored {
                count,
                numbers: &[],
            });
        }
    }

    /// Whether the device has nothing to do.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        match &self.tab {
            Some(tab) => self.notes.asked.is_empty() && tab.is_idle() && !self.notes.is_overtaken,
            None => self.notes.asked.is_empty(),
        }
    }

    /// Whether it hears and does anything.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.tab.as_ref().is_none_or(|tab| !tab.is_frozen)
    }

    /// The driver of its tab, if it is one of several.
    pub fn tab(&mut self) -> Option<&mut Tab> {
        let tab = self.tab.as_mut()?;
        tab.asked.append(&mut self.notes.asked);
        Some(tab)
    }

    /// The epoch under which it sends, as its driver believes; 0 where it does not.
    #[must_use]
    pub fn leads_as(&self) -> u64 {
        self.tab.as_ref().map_or(0, |tab| tab.epoch)
    }

    /// The disk does a transaction of the tab.
    pub fn tab_commits(&mut self, disk: &mut Disk, most: usize) -> bool {
        let mut news = Vec::new();
        let is_done = self
            .tab()
            .is_some_and(|tab| tab.commit(disk, most, &mut news));
        self.hear(news);
        is_done
    }

    /// The tab does what is next. Gives what it tells the others.
    pub fn tab_turns(&mut self, disk: &Disk) -> Vec<Message> {
        let mut news = Vec::new();
        let waiting: Vec<Entry> = self.peer.writes(self.session).cloned().collect();
        let turned = self
            .tab()
            .map(|tab| tab.turn(disk, &|| waiting.clone(), &mut news));
        self.hear(news);
        turned.unwrap_or_default()
    }

    /// The tab finds that another has taken its place, where that is so and it was not told.
    pub fn tab_follows(&mut self) {
        let is_overtaken = std::mem::take(&mut self.notes.is_overtaken);
        let mut news = Vec::new();
        if let Some(tab) = self.tab()
            && (tab.is_lost || (is_overtaken && tab.epoch > 0))
        {
            tab.follow(&mut news);
        }
        self.hear(news);
    }

    /// The tab is awake again.
    pub fn tab_wakes(&mut self) {
        let Some(tab) = self.tab() else {
            return;
        };
        tab.wake();
        if let Some(code) = tab.closed.take() {
            let reason = "";
            self.give(Input::SocketClosed { code, reason });
        }
    }

    fn hear(&mut self, news: Vec<News>) {
        for one in news {
            if self.says {
                println!("         tab {}: {one}", self.at);
            }
            match one {
                News::Writes(rows) => {
                    self.note_told(&rows);
                    let (now, notes) = (self.now(), &mut self.notes);
                    let mut note = |effect: Effect<'_>| notes.take(effect);
                    self.peer.restore(self.session, rows, now, &mut note);
                    self.read_ring();
                }
                News::Done(count, Some(numbers)) => {
                    let numbers = &numbers;
                    self.give(Input::Stored { count, numbers });
                }
                News::Done(count, None) => self.give(Input::NotStored { count }),
                News::Ended(number, end) => {
                    let outcome = outcome_of(&end);
                    self.give(Input::Ended { number, outcome });
                }
                News::Tried(..) => {}
                News::Lead(0) => self.give(Input::Follow),
                News::Lead(epoch) => {
                    self.epoch = epoch;
                    self.give(Input::Lead { epoch });
                }
            }
        }
    }

    /// The tab dies, with so much of what it asked for done, and is opened again.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn reload_tab(&mut self, disk: &mut Disk, mono_ms: u64, done: usize) -> Result<(), String> {
        if let Some(tab) = self.tab() {
            if done > 0 {
                tab.commit(disk, done, &mut Vec::new());
            }
            disk.refuse(&tab.asked);
        }
        let there: BTreeSet<u64> = disk.rows.values().filter_map(number_of_entry).collect();
        for number in self.own.difference(&there) {
            if self.notes.settled.contains_key(number) {
                continue;
            }
            if self.notes.kept.contains(number) && !disk.had.contains(number) {
                let problem = format!("{number} was told to be kept, and never was");
                self.notes.problems.push(problem);
            }
            self.notes.lost.insert(*number);
        }
        self.notes.asked.clear();
        self.notes.is_overtaken = false;
        self.notes.numbers.clear();
        self.begin_run(mono_ms)?;
        self.open_tab(disk, self.mutation)
    }

    /// Whether its writes outlive it.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.device.is_some()
    }

    /// The program dies; the device has done some of what it was asked for, without anybody hearing of it.
    fn reload_from_device(&mut self, mono_ms: u64, done: usize) -> Result<(), String> {
        let Some(device) = &mut self.device else {
            return Ok(());
        };
        let count = done.min(self.notes.asked.len());
        self.notes
            .asked
            .drain(..count)
            .for_each(|one| device.apply(one));
        self.notes.asked.clear();
        let left: Vec<Entry> = device.entries.values().cloned().collect();
        let first_write = device.last + 1;
        let there: BTreeSet<u64> = left.iter().filter_map(number_of_entry).collect();
        let all: Vec<u64> = self.notes.numbers.values().copied().collect();
        for number in all {
            let is_told = self.notes.settled.contains_key(&number);
            match (is_told, there.contains(&number)) {
                (true, true) => _ = self.notes.told_before.insert(number),
                (false, false) if self.notes.kept.contains(&number) => {
                    let problem = format!("{number} was told to be kept, and is gone");
                    self.notes.problems.push(problem);
                }
                (false, false) => _ = self.notes.lost.insert(number),
                _ => {}
            }
        }
        self.begin_run(mono_ms)?;
        self.begin(left, first_write)
    }

    /// The application ends the session and opens another, under another name.
    ///
    /// # Errors
    /// Something cannot be configured.
    pub fn reopen(&mut self) -> Result<(), String> {
        let (now, notes) = (self.now(), &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(effect);
        self.peer.end(self.session, now, &mut note);
        self.client += 1;
        if let Some(device) = &mut self.device {
            // Its writes are another client's, and end with it.
            self.notes.asked.drain(..).for_each(|one| device.apply(one));
            for entry in std::mem::take(&mut device.entries).into_values() {
                self.notes.lost.extend(number_of_entry(&entry));
            }
            let numbers = self.notes.numbers.values();
            let untold = numbers.filter(|number| !self.notes.settled.contains_key(number));
            let untold: Vec<u64> = untold.copied().collect();
            self.notes.lost.extend(untold);
            self.notes.numbers.clear();
            *device = Device::default();
        }
        (self.epoch, self.last_sent, self.notes.was_answered) = (0, 0, false);
        let mono_ms = self.clock.mono_ms();
        self.begin_run(mono_ms)?;
        self.begin(Vec::new(), 1)
    }

    fn begin_run(&mut self, mono_ms: u64) -> Result<(), String> {
        self.clock.begin_again(mono_ms);
        self.runs += 1;
        self.peer = new_peer(&self.runtime, self.seed)?;
        let door = self.peer.db().door(RING_KEY).ok_or("no ring")?;
        let reader = door.subscribe();
        self.ring = (door, reader);
        self.in_ring.clear();
        self.notes.wanted.clear();
        self.notes.timer_at = None;
        self.notes.cover = Cover::default();
        Ok(())
    }

    fn read_ring(&mut self) {
        let (door, reader) = &mut self.ring;
        loop {
            match door.read(reader) {
                Read::Empty => return,
                Read::Lagged { missed } => {
                    let problem = format!("the reader of the ring missed {missed}");
                    self.notes.problems.push(problem);
                }
                Read::Value(entry) => {
                    *self.in_ring.entry(number_in(&entry.value)).or_default() += 1;
                }
            }
        }
    }

    /// The numbers that are in the ring more than once.
    pub fn twice_in_ring(&self) -> impl Iterator<Item = u64> {
        let twice = self.in_ring.iter().filter(|(_, times)| **times > 1);
        twice.map(|(number, _)| *number)
    }

    /// The number that a record shows.
    #[must_use]
    pub fn shows(&self, topic: &str) -> Option<u64> {
        let door = self.peer.db().door(&topic.replace('/', "."))?;
        Some(number_in(&door.latest()?.value))
    }

    /// Which of its names it has now.
    #[must_use]
    pub fn client(&self) -> u32 {
        self.client
    }

    /// What its clock on the wall says.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        self.clock.wall_ms()
    }

    /// The status of its session.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.peer.status(self.session)
    }

    /// How many writes wait.
    #[must_use]
    pub fn writes_pending(&self) -> usize {
        self.peer.writes_pending(self.session)
    }
}

fn new_peer(runtime: &TokioAdapter, seed: u64) -> Result<Peer<TokioAdapter>, String> {
    let db: AimDb<TokioAdapter> = AimDbBuilder::new(runtime.clone())
        .build()
        .map_err(|error| error.to_string())?;
    let mut peer = Peer::new(db.clone());
    for (topic, kind) in TOPICS {
        let buffer = match kind {
            TopicKind::Ring => BufferConfig::SpmcRing { capacity: 4_096 },
            TopicKind::Mailbox => BufferConfig::Mailbox,
            _ => BufferConfig::SingleLatest,
        };
        let key = topic.replace('/', ".");
        db.configure::<Counted>(&key, |reg| {
            reg.buffer(buffer);
        })
        .map_err(|error| error.to_string())?;
        let door = db.door(&key).ok_or("no record")?;
        let mirroring = Mirroring {
            // One record queues, though it keeps the newest alone.
            offline: match topic {
                "room/2" => match seed % 4 {
                    0 => WritePolicy::Reject,
                    1 => WritePolicy::Expire { after_ms: 3_000 },
                    _ => WritePolicy::Queue,
                },
                // Commands that are worthless later.
                "door" => WritePolicy::Expire {
                    after_ms: EXPIRES_MS,
                },
                UNCHANGED if seed.is_multiple_of(2) => WritePolicy::Queue,
                _ => Mirroring::by_default(buffer).offline,
            },
            conflict: match topic {
                UNCHANGED => Conflict::IfUnchanged,
                NEWER => Conflict::IfNewer { field: "at".into() },
                _ => Conflict::Last,
            },
            ..Mirroring::by_default(buffer)
        };
        peer.admit(door, mirroring);
    }
    Ok(peer)
}

fn number_of_entry(entry: &Entry) -> Option<u64> {
    number_of(&entry.payload)
}

fn id_of_write(text: &str) -> Option<u64> {
    let rest = text.strip_prefix(r#"{"type":"write""#)?;
    let rest = rest.split_once("\"id\":")?.1;
    let digits = rest.split(|one: char| !one.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}

fn number_in(fields: &Fields) -> u64 {
    match fields.first() {
        Some(Value::Unsigned(number)) => *number,
        _ => 0,
    }
}

impl Notes {
    fn take(&mut self, effect: Effect<'_>) {
        let told = match effect.action {
            Action::Session(told) => told,
            Action::Confirmed => return,
            Action::Refused(error) => return self.problems.push(error.to_string()),
            Action::Unsent { key, reason } => {
                return self.problems.push(format!("{key}: {reason}"));
            }
        };
        match told {
            session::Effect::NeedToken => self.wanted.push_back(Wanted::Token),
            session::Effect::Open { .. } => self.wanted.push_back(Wanted::Open),
            session::Effect::Close { .. } => self.wanted.push_back(Wanted::Close),
            session::Effect::Send(text) => self.wanted.push_back(Wanted::Send(text.into())),
            session::Effect::Store(entry) => {
                if let Some(number) = number_of_entry(entry) {
                    self.numbers.insert(entry.id.0, number);
                }
                self.asked.push_back(Change::Store(Box::new(entry.clone())));
            }
            session::Effect::Overtaken => self.is_overtaken = true,
            session::Effect::Unstore { entry, outcome } => {
                // It has ended, though a program that dies now may not have been told so.
                if let Some(number) = self.numbers.get(&entry.id.0) {
                    self.kept.remove(number);
                }
                let (number, end) = (entry.number, End::of(outcome));
                self.asked.push_back(Change::Remove { number, end });
            }
            session::Effect::WriteStored { write, .. } => {
                self.kept.extend(self.numbers.get(&write.0));
            }
            session::Effect::WakeAt { at_ms } => self.timer_at = Some(at_ms),
            session::Effect::Restarted => self.cover = Cover::default(),
            // What was before the first value that was shown is nobody's loss.
            session::Effect::Lagged { topic, missed }
                if topic == RING && self.cover.arrived > 1 =>
            {
                self.cover.missed += missed;
            }
            session::Effect::WriteSettled { entry, outcome } => {
                if let Some(number) = number_of_entry(entry) {
                    self.settled(number, &outcome);
                }
            }
            _ => {}
        }
    }

    fn settled(&mut self, number: u64, outcome: &Outcome<'_>) {
        let name = match outcome {
            Outcome::Acknowledged => {
                self.was_answered = true;
                "acknowledged"
            }
            Outcome::Sent => "sent",
            // It waited somewhere for longer than it was worth something.
            Outcome::Refused(refusal) if refusal.reason == Some("expired") => "expired",
            Outcome::Refused(refusal) if refusal.reason == Some("superseded") => {
                self.was_answered = true;
                let value = refusal.value.and_then(|value| number_of(value.get()));
                self.lost_against.insert(number, value);
                "overtaken"
            }
            Outcome::Refused(refusal) if refusal.reason == Some("clock_ahead") => {
                self.was_answered = true;
                "ahead"
            }
            Outcome::Refused(refusal) => {
                let path = refusal.violation.map(|violation| &*violation.path);
                // What another tab was told of the place stays there.
                let is_heard = path.is_none() && refusal.reason == Some("contract_violation");
                if path != Some("n") && !is_heard {
                    self.problems
                        .push(format!("{number}: refused as {refusal:?}"));
                }
                self.was_answered = true;
                "refused"
            }
            Outcome::Dropped(DropReason::Superseded) => "superseded",
            Outcome::Dropped(_) => "dropped",
            Outcome::Unknown(UnknownReason::Forgotten) => {
                // A program that died before its device had forgotten the write had the answer, and said so.
                if !self.told_before.contains(&number) {
                    self.forgotten.insert(number);
                }
                "unknown"
            }
            Outcome::Unknown(UnknownReason::Unanswered) if self.is_answered => {
                self.problems.push(format!("{number}: no answer came"));
                "unknown"
            }
            Outcome::Unknown(_) => "unknown",
        };
        if self.says {
            println!("         tab: {number} is {name}");
        }
        let Some(before) = self.settled.insert(number, name) else {
            return;
        };
        // What a program was told that died before the device had forgotten the write, the next one is told as well, or
        // that nobody knows, or that its time is over, by a server that has forgotten it.
        let is_again = self.told_before.contains(&number);
        let is_verdict = |name: &str| matches!(name, "overtaken" | "ahead");
        let is_judged_again = self.is_forgotten && (is_verdict(name) || is_verdict(before));
        if is_again && self.is_tab && before == "expired" && name == "acknowledged" {
            // When its time was over the device was not told: another clock may see that otherwise.
            self.settled.insert(number, "unknown");
        } else if is_again && (name == "unknown" || name == "expired" || is_judged_again) {
            self.settled.insert(number, before);
        } else if !(is_again && (before == name || before == "unknown")) {
            let problem = format!("{number} settled twice: {before}, then {name}");
            self.problems.push(problem);
        }
    }
}

impl Cover {
    fn arrives(&mut self, text: &str, is_empty: bool) {
        let (topic, seq, is_snapshot) = match ServerFrame::decode(text) {
            Ok(ServerFrame::Data { topic, seq, .. }) => (topic, seq, false),
            Ok(ServerFrame::Snapshot { topic, seq, .. }) => (topic, seq, true),
            _ => return,
        };
        let Some(seq) = seq.filter(|_| topic == RING) else {
            return;
        };
        match self.first {
            None if is_snapshot && !is_empty => {}
            None => (self.first, self.last, self.arrived) = (Some(seq), seq, 1),
            Some(_) if seq > self.last => {
                self.last = seq;
                self.arrived += 1;
            }
            Some(_) => {}
        }
    }

    fn problem(&self) -> Option<String> {
        let first = self.first?;
        let all = self.last - first + 1;
        (self.arrived + self.missed != all).then(|| {
            let Self {
                arrived, missed, ..
            } = self;
            format!("of {all} values of the ring {arrived} arrived and {missed} were counted")
        })
    }
}
