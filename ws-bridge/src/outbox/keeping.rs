//! Writes of a session whose driver keeps them on the device.
//!
//! Guarantees: nothing goes over a wire before the device has it, marked as handed over, so that no later run takes it for
//! one that was never sent; a write that ends is forgotten there, and the server hears that it need not keep its answer only
//! when that is done. Does not: keep anything; the driver does, and says in order when it has.
//!
//! ```text
//! offline   Store 1   Store 2              Stored, Stored
//! online    Store 1 and 2, handed over     Stored, Stored     Send 1, 2    ack 1: Unstore 1   Stored   settled 1
//! ```

use super::{Outbox, settle};
use crate::api::{DropReason, Effect, Emit, Outcome, WriteId};
use crate::entry::{Entry, Kept};
use crate::kept::{Asked, Keeping};

/// So many writes are marked at a time before they are sent.
const MARKS_MAX: usize = 64;

impl Outbox {
    /// The driver keeps writes, and says when it has.
    pub(crate) fn keep(&mut self) {
        self.keeping = Some(Keeping::default());
    }

    /// Whether one more write can go as soon as the device has it: nothing before it waits for anything else.
    pub(super) fn goes_at_once(&self) -> bool {
        let last = self.writes.back();
        let is_next = last.is_none_or(|last| last.handed_over);
        self.sends() && is_next && self.writes.len() - self.sent < MARKS_MAX
    }

    /// Asks the device for a write, as one that may be sent at once or one that waits.
    pub(super) fn ask_to_store(&mut self, index: usize, marks: bool, emit: Emit<'_>) {
        let term = self.term();
        let (Some(keeping), Some(entry)) = (&mut self.keeping, self.writes.get_mut(index)) else {
            return;
        };
        if self.sharing.is_some() && entry.kept == Kept::Asked && entry.number == 0 {
            // Asked for once more, it would be there twice.
            entry.has_changed = true;
            return;
        }
        entry.handed_over |= marks;
        entry.kept = match (entry.kept, marks) {
            (Kept::Nowhere, _) => Kept::Asked,
            (kept, false) => kept,
            (_, true) => Kept::Marking,
        };
        let id = entry.id;
        keeping.asked.push_back(Asked::Store { id, marks, term });
        emit(Effect::Store(entry));
    }

    /// Asks the device to forget a write that has ended. One that it has not numbered yet it is asked to forget when it has.
    fn ask_to_forget(&mut self, entry: &Entry, outcome: &Outcome<'_>, emit: Emit<'_>) {
        if let Some(keeping) = &mut self.keeping
            && entry.kept != Kept::Nowhere
            && entry.number > 0
        {
            let (id, number) = (entry.id, entry.number);
            keeping.asked.push_back(Asked::Unstore { id, number });
            emit(Effect::Unstore { entry, outcome });
        }
    }

    /// The device has done so many of the things that it was asked for, in their order; or could not. Where it is shared,
    /// `numbers` are those that it gave to writes which it had not before.
    pub(crate) fn stored(&mut self, count: usize, is_done: bool, numbers: &[u64], emit: Emit<'_>) {
        let mut numbers = numbers.iter().copied();
        for _ in 0..count {
            let asked = self
                .keeping
                .as_mut()
                .and_then(|keeping| keeping.asked.pop_front());
            match asked {
                Some(Asked::Store { id, marks, term }) => {
                    if is_done {
                        self.give_number(id, &mut numbers, emit);
                    }
                    // A mark that was asked for before it changed who sends counts no more: it is asked for again.
                    let marks = marks && term == self.term();
                    self.store_ended(id, marks, is_done, emit);
                }
                Some(Asked::Unstore { id, number }) if !is_done && self.shares() => {
                    self.take_back(id, number);
                }
                Some(Asked::Unstore { id, .. }) => self.forgotten_there(id, emit),
                None => return,
            }
        }
    }

    fn store_ended(&mut self, id: WriteId, marks: bool, is_done: bool, emit: Emit<'_>) {
        let Some(place) = self.place_of(id) else {
            if !is_done && self.is_unnumbered(id) {
                // It was dropped meanwhile, and is not there.
                self.forgotten_there(id, emit);
            }
            return;
        };
        let Some(entry) = self.writes.get_mut(place) else {
            return;
        };
        let is_first = entry.kept == Kept::Asked;
        if is_first && !is_done {
            // It was never sent, and nobody has it.
            entry.kept = Kept::Nowhere;
            return self.end(place, Outcome::Dropped(DropReason::NotStored), emit);
        }
        // A device that cannot mark what it has is told of by the driver; to hold the write back for ever helps nobody.
        if marks {
            entry.kept = Kept::Marked;
        } else if is_first {
            entry.kept = Kept::Waiting;
        }
        if is_first {
            emit(Effect::WriteStored {
                write: id,
                topic: &entry.topic,
            });
        }
    }

    /// A write that was taken out has ended. That one was dropped is told when the device has forgotten it.
    pub(super) fn ended(
        &mut self,
        entry: Entry,
        outcome: Outcome<'_>,
        emit: Emit<'_>,
    ) -> Option<Entry> {
        // Who sends for this device hears of it too, and has it forget it.
        let sends = self.sends();
        if sends {
            self.ask_to_forget(&entry, &outcome, emit);
        }
        if let (Some(keeping), Outcome::Dropped(reason)) = (&mut self.keeping, &outcome)
            && entry.kept != Kept::Nowhere
            && sends
        {
            keeping.leaving.push_back((entry, reason.clone()));
            return None;
        }
        self.tell(&entry, outcome, emit);
        Some(entry)
    }

    /// Tells how a write has ended.
    pub(super) fn tell(&mut self, entry: &Entry, outcome: Outcome<'_>, emit: Emit<'_>) {
        self.note_told(entry);
        settle(entry, outcome, emit);
    }

    /// A write was dropped before the device had numbered it, and now it has: it is to forget it.
    pub(super) fn forget_numbered(&mut self, id: WriteId, number: u64, emit: Emit<'_>) {
        let leaving = self.keeping.as_mut().map(|keeping| &mut keeping.leaving);
        let found = leaving.and_then(|leaving| leaving.iter_mut().find(|(one, _)| one.id == id));
        let Some((entry, reason)) = found else {
            return;
        };
        (entry.number, entry.kept) = (number, Kept::Waiting);
        let (entry, outcome) = (entry.clone(), Outcome::Dropped(reason.clone()));
        match self.sends() {
            true => self.ask_to_forget(&entry, &outcome, emit),
            // Who sends now decides.
            false => self.take_back(id, number),
        }
    }

    fn forgotten_there(&mut self, id: WriteId, emit: Emit<'_>) {
        let leaving = self.keeping.as_mut().map(|keeping| &mut keeping.leaving);
        let place = leaving
            .as_ref()
            .and_then(|leaving| leaving.iter().position(|(entry, _)| entry.id == id));
        if let Some((entry, reason)) = leaving
            .zip(place)
            .and_then(|(leaving, place)| leaving.remove(place))
        {
            self.tell(&entry, Outcome::Dropped(reason), emit);
        }
    }

    /// Tells of all that is about to be forgotten: the session ends.
    pub(super) fn tell_leaving(&mut self, emit: Emit<'_>) {
        let leaving = self
            .keeping
            .as_mut()
            .map(|keeping| core::mem::take(&mut keeping.leaving));
        for (entry, reason) in leaving.unwrap_or_default() {
            settle(&entry, Outcome::Dropped(reason), emit);
        }
    }

    /// Whether a write may go over a wire as far as the device is concerned.
    pub(super) fn may_go(&self, entry: &Entry) -> bool {
        self.sends() && (self.keeping.is_none() || entry.kept == Kept::Marked)
    }

    /// Asks for the marks of what comes next, where it waits for them.
    pub(super) fn ask_for_marks(&mut self, emit: Emit<'_>) {
        if self.keeping.is_none() || !self.sends() {
            return;
        }
        let end = self.writes.len().min(self.sent.saturating_add(MARKS_MAX));
        for index in self.sent..end {
            if self
                .writes
                .get(index)
                .is_some_and(|entry| entry.kept == Kept::Waiting)
            {
                self.ask_to_store(index, true, emit);
            }
        }
    }

    /// Whether a write has ended here, and the device was asked to forget it and has not answered.
    pub(super) fn is_leaving(&self, number: u64) -> bool {
        let asked = self.keeping.iter().flat_map(|keeping| &keeping.asked);
        asked
            .into_iter()
            .any(|asked| matches!(asked, Asked::Unstore { number: of, .. } if *of == number))
    }

    /// One that is to be dropped may have been sent by another meanwhile: should it come back, it is known.
    pub(super) fn note_mark_of_leaving(&mut self, row: &Entry) {
        let leaving = self
            .keeping
            .iter_mut()
            .flat_map(|keeping| &mut keeping.leaving);
        for (entry, _) in leaving.filter(|(entry, _)| entry.number == row.number) {
            entry.handed_over |= row.handed_over;
        }
    }

    /// The first write that has ended and that the device still has. They are asked for in the order of their ends: one that
    /// expired may stand before an earlier one that was answered.
    pub(super) fn first_to_forget(&self) -> Option<u64> {
        let asked = self.keeping.iter().flat_map(|keeping| &keeping.asked);
        asked
            .filter_map(|asked| match asked {
                Asked::Unstore { number, .. } => Some(*number),
                Asked::Store { .. } => None,
            })
            .min()
    }
}
