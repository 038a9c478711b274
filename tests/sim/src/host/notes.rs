//! What a run of a client is told: how its writes ended, what its device is asked for, and what of the ring it saw.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aimdb_contracts::Reason;
use aimdb_peer::session::{DropReason, Outcome, Refusal, UnknownReason};
use aimdb_peer::{Action, Effect, session};
use aimdb_ws_protocol::ServerFrame;

use crate::server::number_of;
use crate::tabs::{Change, End, number_of_entry};
use crate::updates::Version;

/// The ring among the topics.
const RING: &str = "log/1";

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

/// What a run of a client has noted.
#[derive(Debug, Default)]
pub struct Notes {
    pub(super) wanted: VecDeque<Wanted>,
    pub(super) timer_at: Option<u64>,
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
    pub(super) cover: Cover,
    /// What the device is asked for, in order.
    pub(super) asked: VecDeque<Change>,
    /// The numbers of writes, by their ids.
    pub(super) numbers: BTreeMap<u64, u64>,
    /// Numbers that were told to be kept.
    pub(super) kept: BTreeSet<u64>,
    /// What each number that lost was told to have lost against.
    pub lost_against: BTreeMap<u64, Option<u64>>,
    /// Whether a server may judge a write a second time, since it has forgotten the first.
    pub is_forgotten: bool,
    /// Numbers that an earlier run was told the end of, and whose writes were still there afterwards.
    pub(super) told_before: BTreeSet<u64>,
    /// What the server says that it was told of, by the numbers that were written, and this program was not.
    pub forgotten: BTreeSet<u64>,
    /// Which version the program is of.
    pub(super) version: Option<Version>,
    /// Whether other tabs write to the same device.
    pub is_tab: bool,
    /// Whether how a write ended is a line on standard output.
    pub says: bool,
    /// The server has heard of another tab that came later.
    pub(super) is_overtaken: bool,
}

/// Which values of the ring this run was shown or told to have missed, by their numbers in the topic.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cover {
    first: Option<u64>,
    last: u64,
    arrived: u64,
    missed: u64,
}

impl Notes {
    fn version(&self) -> Version {
        self.version.unwrap_or(Version::One)
    }

    pub(super) fn take(&mut self, effect: Effect<'_>) {
        let told = match effect.action {
            Action::Session(told) => told,
            Action::Confirmed => return,
            Action::Refused(error) => {
                let reason = error.violation().map(|violation| violation.reason);
                // What a server of an older version has may be what this one does not take.
                if reason != Some(Reason::MigrationFailed) || self.version() == Version::One {
                    self.problems.push(error.to_string());
                }
                return;
            }
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
                let stored = self.version().stored(entry);
                self.asked.push_back(Change::Store(Box::new(stored)));
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
            Outcome::Refused(refusal) if is_of_version(refusal, "migration_failed") => "unmigrated",
            Outcome::Refused(refusal) if is_of_version(refusal, "version_too_new") => "too-new",
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
        // Of the end of one that another tab heard of it hears no more than that it was refused.
        let is_refusal = |name: &str| matches!(name, "refused" | "unmigrated" | "too-new");
        let is_verdict = |name: &str| matches!(name, "overtaken" | "ahead");
        let is_judged_again = self.is_forgotten && (is_verdict(name) || is_verdict(before));
        if is_again && self.is_tab && before == "expired" && name == "acknowledged" {
            // When its time was over the device was not told: another clock may see that otherwise.
            self.settled.insert(number, "unknown");
        } else if is_again && before == "too-new" && !is_refusal(name) {
            // A server tells of a refusal before it has kept it: one that died and was updated meanwhile takes the version.
            self.settled.insert(number, name);
        } else if is_again && (name == "unknown" || name == "expired" || is_judged_again) {
            self.settled.insert(number, before);
        } else if is_again && self.is_tab && is_refusal(name) && is_refusal(before) {
            let told = if name == "refused" { before } else { name };
            self.settled.insert(number, told);
        } else if !(is_again && (before == name || before == "unknown")) {
            let problem = format!("{number} settled twice: {before}, then {name}");
            self.problems.push(problem);
        }
    }
}

impl Cover {
    pub(super) fn arrives(&mut self, text: &str, is_empty: bool) {
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

    pub(super) fn problem(&self) -> Option<String> {
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

fn is_of_version(refusal: &Refusal<'_>, code: &str) -> bool {
    refusal
        .violation
        .is_some_and(|violation| violation.code == code)
}
