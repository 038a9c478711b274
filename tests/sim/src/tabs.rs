//! A device that several tabs share: its disk, and the driver of each tab, as `client/src/storage/tabs/` has them.
//!
//! Guarantees: the disk does one transaction after the other, whole; what a tab has asked for is done in its order, one transaction at a
//! time; messages of one tab come in order to each that is awake, and are lost to one that is not. Does not: choose who sends, or
//! when anything happens; the world does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aimdb_peer::session::{DropReason, Entry, Outcome, UnknownReason, WriteId, WritePolicy};

use crate::mutation::Mutation;
use crate::server::number_of;

/// How a write ended, as one tab tells another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server has it.
    Acknowledged,
    /// The server refused it, for this reason.
    Refused(Option<String>),
    /// It never left.
    Dropped(DropReason),
    /// Nobody knows.
    Unknown,
}

impl End {
    /// What is told of an outcome.
    #[must_use]
    pub fn of(outcome: &Outcome<'_>) -> Self {
        match outcome {
            Outcome::Acknowledged | Outcome::Sent => Self::Acknowledged,
            Outcome::Refused(refusal) => Self::Refused(refusal.reason.map(Into::into)),
            Outcome::Dropped(reason) => Self::Dropped(reason.clone()),
            Outcome::Unknown(_) => Self::Unknown,
        }
    }

    /// Whether the device keeps it as a letter: what was taken, or never went and was replaced, leaves none.
    fn is_letter(&self) -> bool {
        !matches!(
            self,
            Self::Acknowledged | Self::Dropped(DropReason::Superseded)
        )
    }
}

/// What a tab asks of its disk.
#[derive(Debug, Clone)]
pub enum Change {
    /// Have a write, marked or not; one without a number gets one.
    Store(Box<Entry>),
    /// Have it no more.
    Remove {
        /// Its number on the wire.
        number: u64,
        /// How it ended.
        end: End,
    },
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(entry) => {
                let mark = if entry.handed_over { "!" } else { "" };
                let written = number_of(&entry.payload).unwrap_or_default();
                write!(out, "store {}{mark} ({written})", entry.number)
            }
            Self::Remove { number, end } => write!(out, "remove {number} {end:?}"),
        }
    }
}

impl Change {
    fn is_new(&self) -> bool {
        matches!(self, Self::Store(entry) if entry.number == 0)
    }

    fn is_answer(&self) -> bool {
        matches!(self, Self::Remove { end, .. } if !matches!(end, End::Dropped(_)))
    }

    /// Whether any tab may make it, whether it sends or not.
    fn is_of_any(&self) -> bool {
        self.is_new() && matches!(self, Self::Store(entry) if !entry.handed_over)
    }
}

/// The database of a device.
#[derive(Debug, Default)]
pub struct Disk {
    /// The writes that wait, by their numbers, with their marks.
    pub rows: BTreeMap<u64, Entry>,
    /// How those ended that are there no more, by their numbers.
    letters: BTreeMap<u64, End>,
    /// The same of all, by what was written: for the world to see, and for no tab.
    pub ends: BTreeMap<u64, End>,
    /// What a tab wanted to be rid of that did not send, by what was written: it had gone on already.
    pub clung_to: BTreeSet<u64>,
    /// What was ever there, by what was written.
    pub had: BTreeSet<u64>,
    /// Who sends has this epoch.
    pub epoch: u64,
    /// The highest number that was ever given.
    pub last: u64,
}

/// The disk has refused: another tab has taken over.
#[derive(Debug)]
struct TakenOver;

impl Disk {
    /// One transaction. With an epoch it is refused where another took over.
    fn commit(
        &mut self,
        changes: &[Change],
        epoch: Option<u64>,
        mutation: Option<Mutation>,
    ) -> Result<Vec<u64>, TakenOver> {
        let is_fenced = mutation != Some(Mutation::TabsFenceIgnored);
        if is_fenced && epoch.is_some_and(|epoch| epoch != self.epoch) {
            return Err(TakenOver);
        }
        let mut numbers = Vec::new();
        for change in changes {
            match change {
                Change::Store(entry) if entry.number == 0 => {
                    self.last += 1;
                    numbers.push(self.last);
                    self.put(self.last, entry);
                }
                Change::Store(entry) if entry.handed_over => {
                    if let Some(row) = self.rows.get_mut(&entry.number) {
                        row.handed_over = true;
                    }
                }
                Change::Store(entry) => self.put(entry.number, entry),
                Change::Remove { number, end } => self.remove(*number, end),
            }
        }
        Ok(numbers)
    }

    fn put(&mut self, number: u64, entry: &Entry) {
        self.had.extend(number_of(&entry.payload));
        let before = self.rows.get(&number);
        let handed_over = entry.handed_over || before.is_some_and(|row| row.handed_over);
        let mut row = entry.clone();
        (row.id, row.after, row.handed_over) = (WriteId(number), None, handed_over);
        self.rows.insert(number, row);
    }

    fn remove(&mut self, number: u64, end: &End) {
        let Some(row) = self.rows.remove(&number) else {
            return;
        };
        if let Some(written) = number_of(&row.payload) {
            self.ends.insert(written, end.clone());
        }
        if end.is_letter() {
            self.letters.insert(number, end.clone());
        }
    }

    /// Changes are not done, and nobody asks again: what was to be dropped stays.
    pub fn refuse<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) {
        for change in changes {
            if let Change::Remove { number, end } = change
                && matches!(end, End::Dropped(_) | End::Unknown)
            {
                let row = self.rows.get(number);
                self.clung_to
                    .extend(row.and_then(|row| number_of(&row.payload)));
            }
        }
    }

    fn rows_after(&self, number: u64) -> Vec<Entry> {
        self.rows
            .range(number + 1..)
            .map(|(_, row)| row.clone())
            .collect()
    }

    /// How a write ended that is there no more. One that left no letter was taken, unless it may have been replaced.
    fn end_of(&self, waiting: &Entry, mutation: Option<Mutation>) -> End {
        let is_unseen = mutation != Some(Mutation::TabsReplacedAsTaken);
        match self.letters.get(&waiting.number) {
            Some(end) => end.clone(),
            None => match waiting.policy {
                WritePolicy::Latest if is_unseen => ENDED_UNSEEN,
                _ => End::Acknowledged,
            },
        }
    }
}

/// What a tab says of a write whose end it did not see and cannot know.
const ENDED_UNSEEN: End = End::Unknown;

/// What tabs tell each other.
#[derive(Debug, Clone)]
pub enum Message {
    /// The disk has more.
    Stored,
    /// The disk has these no more.
    Ended(Vec<(u64, End)>),
    /// Somebody else sends from now on.
    Leads,
    /// Somebody waits.
    Ask,
}

/// What a driver tells its session.
#[derive(Debug)]
pub enum News {
    /// These wait, with what the disk knows of them.
    Writes(Vec<Entry>),
    /// What was asked for is done, or cannot be; with the numbers that were given.
    Done(usize, Option<Vec<u64>>),
    /// The disk has done these for it, or not: for the trace.
    Tried(Vec<Change>, bool),
    /// This one has ended.
    Ended(u64, End),
    /// It sends under this epoch; with 0, it does not.
    Lead(u64),
}

impl std::fmt::Display for News {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Writes(rows) => {
                write!(out, "there wait")?;
                for row in rows {
                    let mark = if row.handed_over { "!" } else { "" };
                    let written = number_of(&row.payload).unwrap_or_default();
                    write!(out, " {}{mark} ({written})", row.id.0)?;
                }
                Ok(())
            }
            Self::Tried(changes, is_done) => {
                write!(out, "disk")?;
                for change in changes {
                    write!(out, ", {change}")?;
                }
                write!(out, ": {}", if *is_done { "done" } else { "refused" })
            }
            other => write!(out, "{other:?}"),
        }
    }
}

/// What is to be done when its turn comes.
#[derive(Debug)]
enum Job {
    Scan,
    Reconcile,
    Lead(u64),
    Ended(Vec<(u64, End)>),
}

/// A transaction that the disk has done, and that its tab has not heard of.
#[derive(Debug)]
struct Done {
    changes: Vec<Change>,
    numbers: Option<Vec<u64>>,
    /// The highest number that the tab knew of when it was done.
    known: u64,
}

/// The driver of one tab.
#[derive(Debug, Default)]
pub struct Tab {
    /// The epoch under which it sends; 0 while it does not.
    pub epoch: u64,
    /// It hears nothing, and does nothing.
    pub is_frozen: bool,
    /// Another has taken its place, and it is still to be told.
    pub is_lost: bool,
    /// Its socket was closed while it heard nothing.
    pub closed: Option<u16>,
    scanned: u64,
    given: BTreeSet<u64>,
    /// What the session has asked for, in order.
    pub asked: VecDeque<Change>,
    /// So many of them are tried alone, since together they could not be done.
    alone: usize,
    /// So many of them were asked for by a session that sent under an earlier epoch, and may not have known what the disk knows.
    disowned: usize,
    done: Option<Done>,
    jobs: VecDeque<Job>,
    /// What the session hears between two transactions.
    between: Vec<News>,
    /// What others have told, by who told it.
    heard: BTreeMap<usize, VecDeque<Message>>,
    mutation: Option<Mutation>,
}

impl Tab {
    /// A tab that has read all rows of a disk.
    #[must_use]
    pub fn new(disk: &Disk, mutation: Option<Mutation>) -> Self {
        Self {
            scanned: disk.rows.keys().next_back().copied().unwrap_or(0),
            jobs: VecDeque::from([Job::Scan]),
            mutation,
            ..Self::default()
        }
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let is_heard = self.heard.values().all(VecDeque::is_empty);
        let is_calm = !self.is_busy() && self.jobs.is_empty() && !self.is_lost;
        is_heard && is_calm && !self.is_frozen
    }

    fn is_busy(&self) -> bool {
        self.done.is_some() || !self.asked.is_empty()
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// A message comes from another tab.
    pub fn tell(&mut self, from: usize, message: Message) {
        if !self.is_frozen {
            self.heard.entry(from).or_default().push_back(message);
        }
    }

    /// It hears and does nothing from now on.
    pub fn freeze(&mut self) {
        self.is_frozen = true;
        self.heard.clear();
    }

    /// It is back, and may have missed what others told.
    pub fn wake(&mut self) {
        self.is_frozen = false;
        self.jobs.push_back(match self.epoch {
            0 => Job::Reconcile,
            _ => Job::Scan,
        });
    }

    /// It takes the place of whoever sends.
    pub fn take_over(&mut self, disk: &mut Disk) {
        disk.epoch += 1;
        self.is_lost = false;
        self.jobs.push_back(Job::Lead(disk.epoch));
    }

    /// It has lost its place.
    pub fn follow(&mut self, news: &mut Vec<News>) {
        self.is_lost = false;
        self.epoch = 0;
        self.disowned = self.asked.len();
        self.jobs.retain(|job| !matches!(job, Job::Lead(_)));
        self.between.retain(|one| !matches!(one, News::Lead(_)));
        // At once: what it could not mark must not go.
        match self.is(Mutation::TabsFollowLate) {
            true => self.hear_between(News::Lead(0), news),
            false => news.push(News::Lead(0)),
        }
        // What others told meanwhile was heard as by one that sends.
        self.jobs.push_back(Job::Reconcile);
    }

    fn hear_between(&mut self, one: News, news: &mut Vec<News>) {
        match self.is_busy() {
            true => self.between.push(one),
            false => news.push(one),
        }
    }

    /// It hears the next thing that another has told, if there is any.
    pub fn hear(&mut self, from: usize) {
        let heard = self.heard.get_mut(&from).and_then(VecDeque::pop_front);
        match heard {
            Some(Message::Stored) => self.jobs.push_back(Job::Scan),
            Some(Message::Ended(ended)) => self.jobs.push_back(Job::Ended(ended)),
            Some(Message::Leads) if self.epoch == 0 => self.jobs.push_back(Job::Reconcile),
            Some(Message::Ask) if self.epoch > 0 => self.jobs.push_back(Job::Scan),
            _ => {}
        }
    }

    /// The disk does one transaction for it, with so many changes at most. Gives whether there was one to do.
    pub fn commit(&mut self, disk: &mut Disk, most: usize, news: &mut Vec<News>) -> bool {
        if self.done.is_some() || self.asked.is_empty() {
            return false;
        }
        let is_alone = self.alone > 0 || self.disowned > 0;
        let most = if is_alone { 1 } else { most.max(1) };
        let count = most.min(self.asked.len());
        let changes: Vec<Change> = self.asked.iter().take(count).cloned().collect();
        let numbers = match self.disowned {
            0 => self.try_commit(disk, &changes, news),
            // How the server answered stays true, whoever sends.
            _ if changes.iter().all(Change::is_answer) => self.try_commit(disk, &changes, news),
            _ => commit_new(disk, &changes),
        };
        if numbers.is_none() && count > 1 {
            // One after the other then, so that one that cannot be done takes no others with it.
            self.alone = count;
            return true;
        }
        self.asked.drain(..count);
        self.alone = self.alone.saturating_sub(1);
        self.disowned = self.disowned.saturating_sub(1);
        if numbers.is_none() {
            disk.refuse(&changes);
        }
        news.push(News::Tried(changes.clone(), numbers.is_some()));
        let known = self.given.last().copied().unwrap_or(0).max(self.scanned);
        self.done = Some(Done {
            changes,
            numbers,
            known,
        });
        true
    }

    fn try_commit(
        &mut self,
        disk: &mut Disk,
        changes: &[Change],
        news: &mut Vec<News>,
    ) -> Option<Vec<u64>> {
        let is_plain = changes.iter().all(Change::is_of_any);
        if self.epoch > 0 {
            let epoch = Some(self.epoch).filter(|_| !is_plain);
            match disk.commit(changes, epoch, self.mutation) {
                Ok(numbers) => return Some(numbers),
                Err(TakenOver) => self.follow(news),
            }
        }
        commit_new(disk, changes)
    }

    /// The tab's next turn: it hears what became of its transaction, or does what waits. `waiting` are the writes that its session
    /// knows, read when they are needed. Gives what it tells the others.
    pub fn turn(
        &mut self,
        disk: &Disk,
        waiting: &dyn Fn() -> Vec<Entry>,
        news: &mut Vec<News>,
    ) -> Vec<Message> {
        let mut messages = Vec::new();
        if self.epoch > 0 && self.is(Mutation::TabsEndedEarly) {
            messages.extend(ends_in(self.asked.iter()));
        }
        if let Some(done) = self.done.take() {
            self.finish(done, disk, news, &mut messages);
            return messages;
        }
        match self.jobs.pop_front() {
            Some(Job::Scan) => self.scan(disk, news),
            Some(Job::Reconcile) if self.epoch == 0 => {
                self.reconcile(disk, waiting, false, news);
            }
            Some(Job::Reconcile) | None => {}
            Some(Job::Ended(ended)) => self.hear_ends(ended, news),
            Some(Job::Lead(epoch)) => {
                if self.epoch > 0 {
                    // It never heard that another sent meanwhile.
                    news.push(News::Lead(0));
                }
                self.reconcile(disk, waiting, true, news);
                self.epoch = epoch;
                self.disowned = self.asked.len();
                self.hear_between(News::Lead(epoch), news);
                if !self.is(Mutation::TabsLeaderUntold) {
                    messages.push(Message::Leads);
                }
            }
        }
        messages
    }

    fn finish(
        &mut self,
        done: Done,
        disk: &Disk,
        news: &mut Vec<News>,
        messages: &mut Vec<Message>,
    ) {
        let count = done.changes.len();
        if let Some(numbers) = &done.numbers {
            self.given.extend(numbers);
            let is_behind = numbers.first().is_some_and(|first| *first > done.known + 1);
            // What others wrote before goes before: who sends hears of it first.
            if self.epoch > 0 && is_behind && !self.is(Mutation::TabsOrderIgnored) {
                self.scan(disk, news);
            }
            if !numbers.is_empty() {
                messages.push(Message::Stored);
            }
            if self.epoch > 0 {
                messages.extend(ends_in(done.changes.iter()));
            }
        }
        news.push(News::Done(count, done.numbers));
        news.append(&mut self.between);
    }

    fn scan(&mut self, disk: &Disk, news: &mut Vec<News>) {
        let rows = disk.rows_after(self.scanned);
        let fresh = self.fresh(&rows);
        self.note_scanned(&rows);
        if !fresh.is_empty() {
            news.push(News::Writes(fresh));
        }
    }

    fn fresh(&self, rows: &[Entry]) -> Vec<Entry> {
        let is_fresh = |row: &&Entry| row.id.0 > self.scanned && !self.given.contains(&row.id.0);
        rows.iter().filter(is_fresh).cloned().collect()
    }

    fn note_scanned(&mut self, rows: &[Entry]) {
        let last = rows.last().map_or(0, |row| row.id.0);
        self.scanned = self.scanned.max(last);
        let scanned = self.scanned;
        self.given.retain(|number| *number > scanned);
    }

    /// Brings the session to what the disk says: what that has no more has ended.
    fn reconcile(
        &mut self,
        disk: &Disk,
        waiting: &dyn Fn() -> Vec<Entry>,
        is_for_sending: bool,
        news: &mut Vec<News>,
    ) {
        let mut rows = disk.rows_after(0);
        if self.is(Mutation::TabsMarksLost) {
            rows.iter_mut().for_each(|row| row.handed_over = false);
        }
        let fresh = self.fresh(&rows);
        let waiting = waiting().into_iter().filter(|one| one.number > 0);
        let gone = waiting.filter(|one| !disk.rows.contains_key(&one.number));
        let ended: Vec<(u64, End)> = gone
            .map(|one| (one.number, disk.end_of(&one, self.mutation)))
            .collect();
        self.note_scanned(&rows);
        let writes = if is_for_sending { rows } else { fresh };
        if !writes.is_empty() && !self.is(Mutation::TabsTakeOverBlind) {
            news.push(News::Writes(writes));
        }
        self.hear_ends(ended, news);
    }

    fn hear_ends(&mut self, ended: Vec<(u64, End)>, news: &mut Vec<News>) {
        for (number, end) in ended {
            self.hear_between(News::Ended(number, end), news);
        }
    }
}

/// What any tab may have done, whether it sends or not; nothing where there is more to do.
fn commit_new(disk: &mut Disk, changes: &[Change]) -> Option<Vec<u64>> {
    changes.iter().all(Change::is_new).then(|| {
        let plain: Vec<Change> = changes.iter().map(unmarked).collect();
        disk.commit(&plain, None, None).unwrap_or_default()
    })
}

/// What is told of the removals among changes.
fn ends_in<'a>(changes: impl Iterator<Item = &'a Change>) -> Option<Message> {
    let ended = changes.filter_map(|change| match change {
        Change::Remove { number, end } => Some((*number, end.clone())),
        Change::Store(_) => None,
    });
    let ended: Vec<(u64, End)> = ended.collect();
    (!ended.is_empty()).then_some(Message::Ended(ended))
}

/// A change as a tab makes it that does not send.
fn unmarked(change: &Change) -> Change {
    let mut change = change.clone();
    if let Change::Store(entry) = &mut change {
        entry.handed_over = false;
    }
    change
}

/// The outcome as a session hears it that did not see it itself.
#[must_use]
pub fn outcome_of(end: &End) -> Outcome<'_> {
    match end {
        End::Acknowledged => Outcome::Acknowledged,
        End::Refused(reason) => Outcome::Refused(aimdb_peer::session::Refusal {
            code: aimdb_ws_protocol::ErrorCode::WriteError,
            reason: reason.as_deref(),
            message: "",
            violation: None,
            value: None,
            seq: None,
        }),
        End::Dropped(reason) => Outcome::Dropped(reason.clone()),
        End::Unknown => Outcome::Unknown(UnknownReason::Disconnected),
    }
}

/// The number that a write wrote.
#[must_use]
pub fn number_of_entry(entry: &Entry) -> Option<u64> {
    number_of(&entry.payload)
}
