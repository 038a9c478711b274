//! One write and all that its life needs, wherever it waits.
//!
//! Guarantees: an entry that was read out and is put back is the same write. Does not: decide anything.

use crate::source::Source;
use crate::write::{Now, WriteId, WritePolicy};
use aimdb_ws_protocol::Condition;
use alloc::boxed::Box;
use alloc::string::String;

/// When a write is worthless, by both clocks: whichever comes first ends it, so that neither a sleep nor a
/// clock that is set back makes a command live longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// In monotonic milliseconds.
    pub mono_ms: u64,
    /// In Unix milliseconds.
    pub wall_ms: u64,
}

impl Deadline {
    /// So many milliseconds from now.
    #[must_use]
    pub fn after(now: Now, ms: u64) -> Self {
        Self {
            mono_ms: now.mono_ms.saturating_add(ms),
            wall_ms: now.wall_ms.saturating_add(ms),
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self, now: Now) -> bool {
        self.mono_ms <= now.mono_ms || self.wall_ms <= now.wall_ms
    }

    /// How long it has still to come, by the clock by which that is less.
    fn left_ms(self, now: Now) -> u64 {
        let by_mono = self.mono_ms.saturating_sub(now.mono_ms);
        by_mono.min(self.wall_ms.saturating_sub(now.wall_ms))
    }

    /// The same deadline for a session that began anew, whose monotonic clock has another zero.
    fn again(self, now: Now, after_ms: u64) -> Self {
        let left_ms = self.wall_ms.saturating_sub(now.wall_ms).min(after_ms);
        Self {
            mono_ms: now.mono_ms.saturating_add(left_ms),
            wall_ms: self.wall_ms,
        }
    }
}

/// The clock of a server, as its hello told it.
///
/// It is taken to have gone on by as little as either clock here says: then it is rather earlier than later, and a write ends
/// rather too early than too late, also where a device slept or its clock was set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerClock {
    pub(crate) unix_ms: u64,
    pub(crate) heard: Now,
}

impl ServerClock {
    /// When a deadline comes there.
    pub(crate) fn until(self, deadline: Deadline, now: Now) -> u64 {
        let by_mono = now.mono_ms.saturating_sub(self.heard.mono_ms);
        let passed = by_mono.min(now.wall_ms.saturating_sub(self.heard.wall_ms));
        let there = self.unix_ms.saturating_add(passed);
        there.saturating_add(deadline.left_ms(now))
    }
}

/// Where a write stands on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kept {
    /// Nobody has asked for it: the driver keeps nothing, or it is about to.
    #[default]
    Nowhere,
    /// The device was asked to have it.
    Asked,
    /// The device has it.
    Waiting,
    /// The device has it, and was asked to mark it as handed over.
    Marking,
    /// The device has it as one that may have been sent.
    Marked,
}

/// What is left of a write with a condition that never left.
#[derive(Debug)]
pub(crate) struct Gone {
    id: WriteId,
    number: u64,
    condition: Condition<'static>,
    over: Option<WriteId>,
}

impl Gone {
    /// Nothing of one that had no condition.
    pub(crate) fn of(entry: &Entry) -> Option<Self> {
        Some(Self {
            id: entry.id,
            number: entry.number,
            condition: entry.condition.clone()?,
            over: entry.over,
        })
    }
}

/// A write that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number within the session.
    pub id: WriteId,
    /// Its number on the wire: the same, unless the device is shared; then 0 until that has given it one.
    pub number: u64,
    /// The topic.
    pub topic: String,
    /// The value as JSON text, as it is sent.
    pub payload: Box<str>,
    /// What becomes of it while it cannot be sent.
    pub policy: WritePolicy,
    /// When it is worthless.
    pub expires: Option<Deadline>,
    /// Where it came from, if from a record.
    pub source: Option<Source>,
    /// Whether it was handed to a socket, ever: then the server may have it.
    pub handed_over: bool,
    /// The number that went before it when it was handed over.
    pub after: Option<u64>,
    /// When it is worthless by the clock of its server, as soon as that is known: it outlives what happens to the clocks
    /// here.
    pub until: Option<u64>,
    /// On what condition its server is to take it.
    pub condition: Option<Condition<'static>>,
    /// The write of this session that it was written over and that has no number yet: the condition names it once it has.
    pub(crate) over: Option<WriteId>,
    /// Where it stands on the device.
    pub(crate) kept: Kept,
    /// Where the device is shared: it is another one than the device was asked to store, which has not numbered it yet.
    pub(crate) has_changed: bool,
    /// How often the connection was lost with nothing else to blame than this.
    pub(crate) tries: u32,
    /// How often the server put it off.
    pub(crate) put_off: u32,
    /// When an answer must have come, in monotonic milliseconds.
    pub(crate) answer_due_at: u64,
}

impl Entry {
    /// A write that waits.
    #[must_use]
    pub fn new(
        id: WriteId,
        topic: &str,
        payload: &str,
        policy: WritePolicy,
        source: Option<Source>,
        now: Now,
    ) -> Self {
        let expires = match policy {
            WritePolicy::Expire { after_ms } => Some(Deadline::after(now, after_ms)),
            _ => None,
        };
        Self {
            id,
            number: id.0,
            topic: topic.into(),
            payload: payload.into(),
            policy,
            expires,
            source,
            handed_over: false,
            after: None,
            until: None,
            condition: None,
            over: None,
            kept: Kept::default(),
            has_changed: false,
            tries: 0,
            put_off: 0,
            answer_due_at: u64::MAX,
        }
    }

    /// Where it stands among all writes of its client: one without a number comes behind those that have one.
    pub(crate) fn order(&self) -> u64 {
        match self.number {
            0 => u64::MAX,
            number => number,
        }
    }

    /// Whether the device has it.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.kept, Kept::Waiting | Kept::Marking | Kept::Marked)
    }

    /// Whether a socket may have had it: one that the device is yet to mark was given to none.
    pub(crate) fn may_have_gone(&self) -> bool {
        self.handed_over && self.kept != Kept::Asked
    }

    pub(crate) fn is_over(&self, now: Now) -> bool {
        self.expires.is_some_and(|deadline| deadline.is_over(now))
    }

    /// Notes when its time is over by its server's clock; the earliest that was ever found counts.
    pub(crate) fn note_until(&mut self, clock: Option<ServerClock>, now: Now) {
        if let (Some(clock), Some(deadline)) = (clock, self.expires) {
            let until = clock.until(deadline, now);
            self.until = Some(self.until.map_or(until, |before| before.min(until)));
        }
    }

    /// Another write took the place of what it was written over, or that never left: what is true of the other must be true
    /// for it. Gives whether it was written over that one.
    pub(crate) fn rebase(&mut self, gone: &Gone) -> bool {
        let is_over = match (self.over, &self.condition) {
            // Until it names a number on the wire, its condition has one of this session, which may be that of another write there.
            (Some(over), _) => over == gone.id,
            (None, Some(Condition::Onto { id })) => gone.number > 0 && *id == gone.number,
            _ => false,
        };
        if is_over {
            self.condition = Some(gone.condition.clone());
            self.over = gone.over;
        }
        is_over
    }

    /// Fits it to the clocks of this session.
    pub(crate) fn begin_again(&mut self, now: Now) {
        if let (Some(deadline), WritePolicy::Expire { after_ms }) = (&mut self.expires, self.policy)
        {
            *deadline = deadline.again(now, after_ms);
        }
    }
}
