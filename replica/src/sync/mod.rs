//! Brings two replicas level, as two functions: make a message, take a message.
//!
//! A message says all that its reader has to know of its sender; neither side remembers a conversation. So messages may be
//! lost, repeated and reordered, and several syncs may run at once: the worst that happens is that a record crosses twice.
//! When messages end and the roots still differ, whoever drives opens again.

mod compose;
mod span;

use alloc::vec::Vec;
use core::fmt;

use crate::clock::{Clock, ClockError};
use crate::codec::error::CodecError;
use crate::codec::message::{EQUAL, Header, JOINING, Message, PUSH, REFUSED};
use crate::replica::Replica;
use crate::replica::horizon::Horizon;
use crate::replica::log::Missed;
use crate::replica::merge::{Reason, Report, Sender};
use crate::replica::options::{Kind, Role};
use crate::tree::TreeError;

use compose::Composer;

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What to send back, if anything.
    pub answer: Option<Vec<u8>>,
    /// What the records in it did.
    pub report: Report,
    /// How the two replicas stand.
    pub status: Status,
}

/// How two replicas stand after a message was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// They are level.
    Equal,
    /// They differ, and the answer goes on.
    Going,
    /// They differ, and there is no more to say on this message: open again when it suits. If the report has refusals,
    /// these are why, and opening again at once changes nothing.
    Differs,
    /// This replica was away for too long: the other one has pruned what this one has not seen, or refused what this one
    /// wrote long ago. [`Replica::refetch`], then open again.
    TooOld,
    /// The other replica was away for too long, and is told so by the answer. Nothing was taken from it.
    PeerTooOld,
}

impl Replica {
    /// Makes the message that begins a sync: what was written here and may be new there, and the hashes at the top.
    pub fn open(&self) -> Vec<u8> {
        let mut composer = Composer::new(self, self.header(0));
        // First, so that there is always something to go on with.
        composer.top();
        composer.records(self.unsynced.iter().copied());
        composer.finish()
    }

    /// Makes a message of what changed since a number of the log, as much as fits, and the number from which to go on.
    /// Nothing changed, no message. The first number is 0, or [`Replica::log_end`] when a sync was opened.
    pub fn push(&self, since: u64) -> Result<(Option<Vec<u8>>, u64), Missed> {
        let mut composer = Composer::new(self, self.header(PUSH));
        let mut next = since;
        for slot in self.log.since(since)? {
            if !composer.record(slot) {
                break;
            }
            next += 1;
        }
        Ok(match next == since {
            true => (None, since),
            false => (Some(composer.finish()), next),
        })
    }

    /// Takes a message. Bytes that are none, or are of a replica that is not configured alike, are an error that leaves
    /// everything as it was.
    pub fn take(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        bytes: &[u8],
    ) -> Result<Taken, SyncError> {
        let message = Message::read(bytes).map_err(SyncError::Codec)?;
        let header = message.header;
        self.check_alike(&header)?;
        self.check_seal(&header, clock, wall_ms)?;
        if let Some(taken) = self.take_age(&header) {
            return Ok(taken);
        }
        let records = message.batch.records();
        let report = self.merge_from(clock, wall_ms, records, self.sender(&header));
        if self.root() == header.root {
            self.settle(&header);
            let is_told = header.flags & EQUAL != 0;
            return Ok(Taken {
                answer: (!is_told).then(|| Composer::new(self, self.header(EQUAL)).finish()),
                report,
                status: Status::Equal,
            });
        }
        let answer = self.answer(&message, &report);
        Ok(Taken {
            status: match answer {
                Some(_) => Status::Going,
                None => Status::Differs,
            },
            answer,
            report,
        })
    }

    fn header(&self, flags: u8) -> Header {
        let joining = if self.is_joining { JOINING } else { 0 };
        Header {
            kind: self.kind as u8,
            depth: self.options.depth,
            flags: flags | joining,
            sealed: self.horizon.sealed,
            pruned: self.horizon.pruned,
            root: self.root(),
        }
    }

    fn sender(&self, header: &Header) -> Sender {
        match (header.sealed >= self.horizon.sealed, header.flags & JOINING) {
            (true, _) => Sender::Level,
            (false, JOINING) => Sender::Joining,
            (false, _) => Sender::Behind,
        }
    }

    fn check_alike(&self, header: &Header) -> Result<(), SyncError> {
        if header.kind != self.kind as u8 {
            return Err(SyncError::Kind {
                ours: self.kind,
                theirs: header.kind,
            });
        }
        let (ours, theirs) = (self.options.depth, header.depth);
        match ours == theirs {
            true => Ok(()),
            false => Err(SyncError::Tree(TreeError::DepthsDiffer { ours, theirs })),
        }
    }

    /// The end of a sync between replicas of which one was away for too long.
    fn take_age(&mut self, header: &Header) -> Option<Taken> {
        if self.kind == Kind::Counter {
            return None;
        }
        let ended = |status, answer| {
            Some(Taken {
                answer,
                report: Report::default(),
                status,
            })
        };
        let is_follower = self.options.role == Role::Follower;
        let is_refused = header.flags & REFUSED != 0 && header.sealed > self.horizon.sealed;
        let has_missed = !self.is_joining && header.pruned > self.horizon.sealed;
        if is_follower && (is_refused || has_missed) {
            return ended(Status::TooOld, None);
        }
        let is_joining = header.flags & JOINING != 0;
        if !is_joining && header.sealed < self.horizon.pruned {
            let told = Composer::new(self, self.header(REFUSED)).finish();
            return ended(Status::PeerTooOld, Some(told));
        }
        if is_follower && !self.is_joining && header.pruned > self.horizon.pruned {
            // Level with the other one since the seal, so it has seen all that goes.
            self.prune_to(header.pruned);
        }
        None
    }

    /// A seal that this replica may come to follow must not be far in the future, or nothing could be written here.
    fn check_seal(
        &self,
        header: &Header,
        clock: &mut Clock,
        wall_ms: u64,
    ) -> Result<(), SyncError> {
        if self.options.role == Role::Authority || header.sealed <= self.horizon.sealed {
            return Ok(());
        }
        let observed = clock.observe(header.sealed.start_ms(), 0, wall_ms);
        observed.map_err(SyncError::Clock)
    }

    /// Notes that the other one has all that is here, and takes over what it has sealed and pruned.
    fn settle(&mut self, header: &Header) {
        if header.flags & JOINING != 0 {
            return;
        }
        self.unsynced.clear();
        self.is_joining = false;
        if self.options.role == Role::Follower
            && self.kind != Kind::Counter
            && header.sealed > self.horizon.sealed
        {
            let Horizon { pruned, .. } = self.horizon;
            self.horizon.sealed = header.sealed;
            self.prune_to(pruned.max(header.pruned));
        }
    }

    /// What is to be said on a message of a replica that still differs.
    fn answer(&self, message: &Message<'_>, report: &Report) -> Option<Vec<u8>> {
        let is_old = |reason: &Reason| matches!(reason, Reason::TooOld { .. });
        if report.refused.iter().any(|refused| is_old(&refused.reason)) {
            return Some(Composer::new(self, self.header(REFUSED)).finish());
        }
        if message.header.flags & PUSH != 0 {
            return None;
        }
        let mut composer = Composer::new(self, self.header(0));
        composer.reply(message);
        if composer.is_bare() && !report.changed.is_empty() {
            composer.top();
        }
        (!composer.is_bare()).then(|| composer.finish())
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncError {
    /// The bytes are no message.
    Codec(CodecError),
    /// The other replica is of another kind of map.
    Kind {
        /// Ours.
        ours: Kind,
        /// The number of theirs.
        theirs: u8,
    },
    /// The trees cannot be compared.
    Tree(TreeError),
    /// The other one has sealed a time that is too far ahead of our wall clock.
    Clock(ClockError),
}

impl SyncError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Codec(error) => error.reason(),
            Self::Kind { .. } => "sync_kind",
            Self::Tree(error) => error.reason(),
            Self::Clock(error) => error.reason(),
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codec(error) => error.fmt(out),
            Self::Kind { ours, theirs } => write!(
                out,
                "this map is of kind {ours:?} and the other one of kind {theirs}"
            ),
            Self::Tree(error) => error.fmt(out),
            Self::Clock(error) => error.fmt(out),
        }
    }
}

impl core::error::Error for SyncError {}
