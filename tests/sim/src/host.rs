//! One client of the world: a database, a whole peer over it, its clocks and its line.

mod notes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Read, Reader};
use aimdb_peer::session::{Entry, Input, Now, Options, Status, WritePolicy};
use aimdb_peer::{Conflict, Effect, Mirroring, Peer, SessionId};
use aimdb_server::hub::TopicKind;
use aimdb_tokio_adapter::TokioAdapter;

use crate::clock::Clock;
use crate::mutation::Mutation;
use crate::network::{Line, Socket};
use crate::server::{NEWER, TOPICS, UNCHANGED};
use crate::tabs::{Change, Disk, Message, News, Tab, number_of_entry, outcome_of};
use crate::updates::Version;

use notes::Cover;
pub use notes::{Notes, Wanted};

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

/// So long a command to the door is worth something.
pub const EXPIRES_MS: u64 = 1_500;
/// How the ring among the topics is read.
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
    /// What the program does wrongly.
    pub mutation: Option<Mutation>,
    /// Which version the program is of.
    version: Version,
    /// Which version the present run is of.
    ran: Version,
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
        version: Version,
    ) -> Result<Self, String> {
        let peer = new_peer(runtime, seed, version)?;
        let door = peer.db().door(RING_KEY).ok_or("no ring")?;
        let reader = door.subscribe();
        let mut host = Self {
            name,
            clock,
            line,
            notes: Notes {
                version: Some(version),
                ..Notes::default()
            },
            runtime: runtime.clone(),
            device: (keeps == Keeps::Alone).then(Device::default),
            tab: None,
            own: BTreeSet::new(),
            mutation: None,
            version,
            ran: version,
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
        let (version, mutation, db) = (self.version, self.mutation, self.peer.db().clone());
        let left = left.into_iter();
        let left = left
            .map(|entry| version.restored(&db, entry, mutation))
            .collect();
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
        self.own.insert(number);
        let pad = "x".repeat(pad);
        let at = self.clock.wall_ms();
        self.version
            .write(self.peer.db(), &key, (number, pad, at))?;
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
            let version = one.version.map(|version| format!(r#","version":{version}"#));
            let version = version.unwrap_or_default();
            let before = std::mem::replace(&mut after, id);
            format!(
                r#"{{"type":"write","topic":"{topic}","payload":{payload},"id":{id},"after":{before}{version}}}"#
            )
        });
        let mut frames: Vec<String> = frames.collect();
        if !matches!(self.line.socket, Socket::Open(_)) && !frames.is_empty() {
            let (name, epoch) = (self.full_name(), self.epoch);
            let hello = format!(
                r#"{{"type":"ping","hello":{{"v":7,"client":"{name}","epoch":{epoch},"contracts":{},"token":"{}"}}}}"#,
                self.ran.held(),
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
        let version = self.ran;
        let left = self.peer.writes(self.session);
        let left: Vec<Entry> = left.map(|entry| version.stored(entry)).collect();
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
                    let (version, mutation, db) =
                        (self.version, self.mutation, self.peer.db().clone());
                    let rows = rows.into_iter();
                    let rows = rows
                        .map(|entry| version.restored(&db, entry, mutation))
                        .collect();
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
        self.ran = self.version;
        self.notes.version = Some(self.version);
        self.peer = new_peer(&self.runtime, self.seed, self.version)?;
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
                Read::Value(entry) => match self.version.number_in(&entry.value) {
                    Some(number) => *self.in_ring.entry(number).or_default() += 1,
                    None => {
                        let problem = format!("the ring has another version: {:?}", entry.value);
                        self.notes.problems.push(problem);
                    }
                },
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
        Some(self.version.number_in(&door.latest()?.value)).map(|number| number.unwrap_or(u64::MAX))
    }

    /// Its next run is of another version of the application.
    pub fn update(&mut self, version: Version) {
        self.version = version;
    }

    /// Which version it is of.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// A topic that shows a value of another version than the application's.
    #[must_use]
    pub fn shows_other_version(&self) -> Option<&'static str> {
        let topics = TOPICS.iter().map(|(topic, _)| *topic);
        topics
            .into_iter()
            .find(|topic| self.shows(topic) == Some(u64::MAX))
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

fn new_peer(
    runtime: &TokioAdapter,
    seed: u64,
    version: Version,
) -> Result<Peer<TokioAdapter>, String> {
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
        version.configure(&db, &key, buffer)?;
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

fn id_of_write(text: &str) -> Option<u64> {
    let rest = text.strip_prefix(r#"{"type":"write""#)?;
    let rest = rest.split_once("\"id\":")?.1;
    let digits = rest.split(|one: char| !one.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}
