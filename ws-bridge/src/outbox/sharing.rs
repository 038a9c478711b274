//! Writes of a session whose device is shared by several programs, such as the tabs of an origin: each of them writes, one sends.
//!
//! Guarantees: the numbers on the wire are those that the device gave, in the order in which it has the writes, whoever made
//! them; who does not send drops nothing, and ends a write only when it hears how it ended; an echo is known as one, also where it
//! comes before the number of its write. Does not: choose who sends; the driver says so.
//!
//! ```text
//! this one sends          the device          that one
//! Store ?                 1                   hears of 1
//!                         2                   Store ?
//! hears of 2, Send 1, 2
//! ack 2: Unstore 2                            hears that 2 has ended
//! ```

use super::Outbox;
use crate::WRITE_ID_MAX;
use crate::api::{DropReason, Emit, Now, Outcome, WriteId};
use crate::entry::{Entry, Kept};
use crate::shared::{Author, Sharing};
use crate::write::WritePolicy;
use aimdb_ws_protocol::Condition;
use alloc::borrow::Cow;
use alloc::vec::Vec;

impl Outbox {
    /// Others write to the same device; one of all sends.
    pub(crate) fn share(&mut self) {
        self.sharing = Some(Sharing::default());
    }

    pub(crate) fn shares(&self) -> bool {
        self.sharing.is_some()
    }

    /// Whether this session sends what waits.
    pub(crate) fn sends(&self) -> bool {
        self.sharing.as_ref().is_none_or(|sharing| sharing.leads)
    }

    /// So often it has changed whether this session sends.
    pub(super) fn term(&self) -> u64 {
        self.sharing.as_ref().map_or(0, |sharing| sharing.term)
    }

    /// Where a write stands among those that the server gets; first, if it is not known any more.
    pub(crate) fn order(&self, id: WriteId) -> u64 {
        match self.sharing {
            None => id.0,
            Some(_) => self.entry(id).map_or(0, Entry::order),
        }
    }

    /// This session sends from now on, or leaves it to another. False where that is no news.
    pub(crate) fn lead(&mut self, leads: bool, now: Now, emit: Emit<'_>) -> bool {
        let Some(sharing) = &mut self.sharing else {
            return false;
        };
        if core::mem::replace(&mut sharing.leads, leads) == leads {
            return false;
        }
        sharing.term += 1;
        // Another may have sent since, or will.
        (self.sent, self.last_sent) = (0, 0);
        for entry in &mut self.writes {
            // Who sent before may have marked it, or have been told that it could not: it is marked once more, before it goes.
            if entry.number > 0 && entry.kept != Kept::Nowhere {
                entry.kept = Kept::Waiting;
            }
            entry.after = None;
        }
        if leads {
            self.drop_all_superseded(emit);
            self.expire(now, emit);
        }
        true
    }

    /// A condition names a write of this session by its number on the wire, as soon as that has one.
    pub(super) fn name_what_it_is_over(&self, entry: &mut Entry) {
        let Some(Condition::Onto { id }) = &mut entry.condition else {
            return;
        };
        if self.sharing.is_none() {
            return;
        }
        let over = WriteId(*id);
        match self.entry(over).map(|over| over.number) {
            Some(0) => entry.over = Some(over),
            Some(number) => *id = number,
            // Nobody can say any more what it was; no instance has this name.
            None => {
                entry.condition = Some(Condition::Base {
                    seq: 0,
                    server: Some(Cow::Borrowed("")),
                });
            }
        }
    }

    /// Asks the device for what it was not asked for yet, in order, up to a write over another that has no number yet.
    pub(super) fn ask_in_order(&mut self, marks: bool, emit: Emit<'_>) {
        if self.keeping.is_none() {
            return;
        }
        let is_asked = |entry: &Entry| entry.kept != Kept::Nowhere;
        let first = self
            .writes
            .iter()
            .rposition(is_asked)
            .map_or(0, |last| last + 1);
        for index in first..self.writes.len() {
            if self
                .writes
                .get(index)
                .is_some_and(|entry| entry.over.is_some())
            {
                return;
            }
            let is_last = index + 1 == self.writes.len();
            self.ask_to_store(index, marks && is_last && index == first, emit);
        }
    }

    /// What was written over a write that has a number now can be stored, and what waits behind it.
    fn name_over(&mut self, id: WriteId, number: u64, emit: Emit<'_>) {
        for entry in &mut self.writes {
            if entry.over == Some(id) {
                entry.over = None;
                entry.condition = Some(Condition::Onto { id: number });
            }
        }
        self.ask_in_order(false, emit);
    }

    /// The device has a write for the first time, and gave it a number.
    pub(super) fn give_number(
        &mut self,
        id: WriteId,
        numbers: &mut impl Iterator<Item = u64>,
        emit: Emit<'_>,
    ) {
        let place = self.place_of(id);
        if !self.shares() {
            return;
        }
        let Some(place) = place else {
            if self.is_unnumbered(id)
                && let Some(number) = numbers.next()
            {
                self.note_number(number);
                self.forget_numbered(id, number, emit);
                self.name_over(id, number, emit);
            }
            return;
        };
        if self.writes.get(place).is_none_or(|entry| entry.number > 0) {
            return;
        }
        let (Some(number), Some(mut entry)) = (numbers.next(), self.writes.remove(place)) else {
            return;
        };
        entry.number = number;
        self.note_number(number);
        let has_changed = core::mem::take(&mut entry.has_changed);
        let place = self.writes.partition_point(|other| other.order() < number);
        self.writes.insert(place, entry);
        if has_changed {
            self.ask_to_store(place, false, emit);
        }
        self.name_over(id, number, emit);
    }

    /// Whether a write was dropped here that the device has not numbered yet.
    pub(super) fn is_unnumbered(&self, id: WriteId) -> bool {
        let leaving = self.keeping.iter().flat_map(|keeping| &keeping.leaving);
        leaving
            .into_iter()
            .any(|(entry, _)| entry.id == id && entry.number == 0)
    }

    /// A number was given to a write of this session.
    fn note_number(&mut self, number: u64) {
        if let Some(sharing) = &mut self.sharing {
            sharing.last_number = sharing.last_number.max(number);
            sharing.early.retain(|early| *early != number);
        }
    }

    /// The device has a write yet that was to be dropped: who sends now may have sent it. One that was told to have ended is not
    /// shown again, should it come back from there.
    pub(super) fn take_back(&mut self, id: WriteId, number: u64) {
        let (Some(keeping), Some(sharing)) = (&mut self.keeping, &mut self.sharing) else {
            return;
        };
        let place = keeping.leaving.iter().position(|(entry, _)| entry.id == id);
        let Some((entry, _)) = place.and_then(|place| keeping.leaving.remove(place)) else {
            return sharing.note_told(number, id);
        };
        let order = entry.order();
        let place = self.writes.partition_point(|other| other.order() < order);
        self.expiring += usize::from(entry.expires.is_some());
        self.writes.insert(place, entry);
    }

    /// Makes a write that came from the device one of this session. One whose echo was shown already is not shown again.
    pub(super) fn note_restored(&mut self, entry: &mut Entry) {
        let number = entry.number;
        let Some(sharing) = &mut self.sharing else {
            if number <= WRITE_ID_MAX {
                self.next_id = self.next_id.max(number.saturating_add(1));
            }
            return;
        };
        entry.id = WriteId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        sharing.last_number = sharing.last_number.max(number);
        if sharing.early.contains(&number) || sharing.told(number).is_some() {
            entry.source = None;
        }
    }

    /// A write has ended with whoever sends it. False if it is none of those that are known here.
    pub(crate) fn ended_elsewhere(
        &mut self,
        number: u64,
        outcome: Outcome<'_>,
        emit: Emit<'_>,
    ) -> bool {
        if !self.shares() {
            return false;
        }
        let Some(place) = self.place(number) else {
            return self.end_leaving(number, outcome, emit);
        };
        self.sent -= usize::from(place < self.sent);
        let Some(entry) = self.remove(place) else {
            return false;
        };
        let is_taken = matches!(outcome, Outcome::Acknowledged | Outcome::Sent);
        self.tell(&entry, outcome, emit);
        if is_taken {
            self.await_echo(entry);
        }
        true
    }

    /// A write that was dropped here ends as whoever sends has heard.
    fn end_leaving(&mut self, number: u64, outcome: Outcome<'_>, emit: Emit<'_>) -> bool {
        let leaving = self.keeping.as_mut().map(|keeping| &mut keeping.leaving);
        let found = leaving.and_then(|leaving| {
            let is_it = |(entry, _): &(Entry, DropReason)| number > 0 && entry.number == number;
            leaving.remove(leaving.iter().position(is_it)?)
        });
        if let Some((entry, _)) = &found {
            self.tell(entry, outcome, emit);
        }
        found.is_some()
    }

    /// A write is told to have ended here.
    pub(super) fn note_told(&mut self, entry: &Entry) {
        if let Some(sharing) = &mut self.sharing
            && entry.number > 0
        {
            sharing.note_told(entry.number, entry.id);
        }
    }

    /// Whose write a value of the server came from, by the number that its server says.
    pub(crate) fn author(&mut self, number: u64) -> Author {
        let known = self.knows(number);
        let Some(sharing) = &mut self.sharing else {
            return match known {
                true => Author::Known(WriteId(number)),
                false => Author::Other,
            };
        };
        let of_number = |entry: &&Entry| entry.number == number;
        // One that waits again though its end was told is shown by nobody: the one whose echo is waited for is.
        let taken = self.taken.iter().rfind(of_number);
        let found = taken.or_else(|| self.writes.iter().find(of_number));
        // Of one that ended as unknown the echo may come yet.
        let known = found.map(|entry| entry.id).or(sharing.told(number));
        if let Some(write) = known {
            return Author::Known(write);
        }
        // It may be heard of yet, also where a higher number was: those of this session are known at once.
        sharing.note_early(number);
        match self.writes.back() {
            Some(last) if last.number == 0 => Author::Unsure,
            _ => Author::Other,
        }
    }

    /// Of several `Latest` writes of a topic that no socket ever had the newest stays, whoever made them.
    pub(super) fn drop_all_superseded(&mut self, emit: Emit<'_>) {
        if !self.sharing.as_ref().is_some_and(|sharing| sharing.leads) {
            return;
        }
        let mut superseded: Vec<WriteId> = Vec::new();
        let mut topics: Vec<&str> = Vec::new();
        for entry in self.writes.iter().rev() {
            if entry.policy != WritePolicy::Latest || entry.handed_over {
                continue;
            }
            match topics.contains(&&*entry.topic) {
                true => superseded.push(entry.id),
                false => topics.push(&entry.topic),
            }
        }
        self.end_unsent(emit, &mut |entry| {
            let is_one = superseded.contains(&entry.id);
            is_one.then_some(Outcome::Dropped(DropReason::Superseded))
        });
    }
}
