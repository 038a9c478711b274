//! The writes of a session: those that wait to be sent or answered, and those whose echo may still come.
//!
//! Guarantees: ids ascend from front to back, so order is kept; the writes already sent are a
//! prefix; there are never more than the bound; each write leaves with exactly one report.
//! Does not: know the link; the machine says when it is up, lost, or ended.

mod keeping;
mod sharing;

use crate::api::{
    DropReason, Effect, Emit, Now, Outcome, Refusal, UnknownReason, WriteId, WritePolicy,
};
use crate::blame::{Blame, Close};
use crate::chain::Chain;
use crate::entry::{Entry, Gone, Kept, ServerClock};
use crate::kept::Keeping;
use crate::pace::Pace;
use crate::shared::Sharing;
use crate::{WRITE_ID_MAX, WRITE_PUT_OFF_MAX};
use aimdb_ws_protocol::{CLIENT_FRAME_BYTES_MAX, ClientFrame, Raw, check_topic};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

pub(crate) struct Outbox {
    writes: VecDeque<Entry>,
    /// How many of `writes`, from the front, went over the present connection and wait for their answer.
    sent: usize,
    /// Writes of records that the server took, while their echo may still come; in order.
    taken: VecDeque<Entry>,
    /// How many of `writes` have a deadline, so that those without cost no look.
    expiring: usize,
    next_id: u64,
    /// The highest number that went over a connection of this session.
    last_sent: u64,
    pending_max: usize,
    /// What the server at the other end takes of a frame, and of writes without an answer.
    frame_bytes_max: usize,
    in_flight_max: usize,
    answer_within_ms: u64,
    blame: Blame,
    chain: Chain,
    /// The instance of the server of this connection, if it judges conditions.
    judge: Option<Box<str>>,
    /// Whether the server of this connection takes writes in the order of the chain.
    is_chained: bool,
    /// The clock of its server, where that tells it.
    server_clock: Option<ServerClock>,
    /// Nothing where the driver keeps no writes.
    keeping: Option<Keeping>,
    /// Nothing where no other program writes to the same device.
    sharing: Option<Sharing>,
    text: String,
}

fn settle(entry: &Entry, outcome: Outcome<'_>, emit: Emit<'_>) {
    emit(Effect::WriteSettled { entry, outcome });
}

/// How a write ends with its session.
fn ended_early(entry: &Entry) -> Outcome<'static> {
    match entry.handed_over {
        true => Outcome::Unknown(UnknownReason::Disconnected),
        false => Outcome::Dropped(DropReason::Disconnected),
    }
}

/// Encodes a write under a number, towards a server of this instance; its text stands in `text`.
fn encode(
    entry: &Entry,
    number: u64,
    (after, until): (Option<u64>, Option<u64>),
    judge: Option<&str>,
    text: &mut String,
) {
    let frame = ClientFrame::Write {
        topic: Cow::Borrowed(&entry.topic),
        payload: Raw::known(&entry.payload),
        id: Some(number),
        after,
        until,
        condition: entry.condition.as_ref().map(|one| one.towards(judge)),
    };
    text.clear();
    frame.encode_into(text);
}

impl Outbox {
    pub(crate) fn new(first_id: u64, pending_max: usize, answer_within_ms: u64) -> Self {
        Self {
            writes: VecDeque::new(),
            sent: 0,
            taken: VecDeque::new(),
            expiring: 0,
            next_id: first_id,
            last_sent: 0,
            pending_max,
            frame_bytes_max: CLIENT_FRAME_BYTES_MAX,
            in_flight_max: usize::MAX,
            answer_within_ms,
            blame: Blame::default(),
            chain: Chain::new(first_id),
            judge: None,
            is_chained: false,
            server_clock: None,
            keeping: None,
            sharing: None,
            text: String::new(),
        }
    }

    /// The number of the next write.
    pub(crate) fn next_id(&self) -> WriteId {
        WriteId(self.next_id)
    }

    /// Keeps to what the server of this connection takes; `None` where it does not say.
    pub(crate) fn keep_to(&mut self, frame_bytes: Option<u64>, in_flight: Option<u64>) {
        let whole = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX).max(1);
        let bytes = frame_bytes.map_or(CLIENT_FRAME_BYTES_MAX, whole);
        self.frame_bytes_max = bytes.min(CLIENT_FRAME_BYTES_MAX);
        self.in_flight_max = in_flight.map_or(usize::MAX, whole);
    }

    /// Whether the server of this connection takes writes in the order of the chain, and keeps its answers until it is told
    /// that they have come.
    pub(crate) fn chain(&mut self, is_chained: bool) {
        self.is_chained = is_chained;
    }

    /// Which instance the server of this connection is, if it judges conditions. One that does not would take a write with
    /// a condition whatever is there, so it gets none.
    pub(crate) fn judged_by(&mut self, instance: Option<&str>, emit: Emit<'_>) {
        self.judge = instance.map(Box::from);
        if instance.is_some() || !self.sends() {
            return;
        }
        self.end_unsent(emit, &mut |entry| {
            entry
                .condition
                .as_ref()
                .map(|_| match entry.may_have_gone() {
                    // Another server may have had it, which judged.
                    true => Outcome::Unknown(UnknownReason::ConnectionLost),
                    false => Outcome::Dropped(DropReason::ConflictUnsupported),
                })
        });
    }

    /// Whether the server of this connection judges conditions.
    pub(crate) fn is_judged(&self) -> bool {
        self.judge.is_some()
    }

    /// What the server of this connection says of its clock; that of one that says nothing is the last that was heard.
    pub(crate) fn set_clock(&mut self, unix_ms: Option<u64>, heard: Now) {
        let told = unix_ms.map(|unix_ms| ServerClock { unix_ms, heard });
        self.server_clock = told.or(self.server_clock);
        for entry in &mut self.writes {
            entry.note_until(self.server_clock, heard);
        }
    }

    /// Takes the write that has [`next_id`](Self::next_id), or reports at once why not. `refusal` is set while
    /// no write may wait or be sent at all.
    pub(crate) fn push(
        &mut self,
        mut entry: Entry,
        refusal: Option<DropReason>,
        (is_online, now): (bool, Now),
        emit: Emit<'_>,
    ) {
        self.next_id = entry.id.0.saturating_add(1);
        if self.sharing.is_some() {
            entry.number = 0;
        }
        entry.note_until(self.server_clock, now);
        emit(Effect::WriteTaken {
            write: entry.id,
            topic: &entry.topic,
        });
        let refused = match refusal {
            Some(reason) => Err(reason),
            None => self.admit(&entry),
        };
        if let Err(reason) = refused {
            return settle(&entry, Outcome::Dropped(reason), emit);
        }
        self.name_what_it_is_over(&mut entry);
        if entry.policy == WritePolicy::Latest && self.sends() {
            self.drop_superseded(&mut entry, emit);
        }
        if self.writes.len() >= self.pending_max {
            settle(&entry, Outcome::Dropped(DropReason::QueueFull), emit);
        } else {
            // Where it can go at once, it is stored and marked as handed over in one.
            let marks = is_online && self.goes_at_once();
            self.put(entry);
            self.ask_in_order(marks, emit);
        }
    }

    fn put(&mut self, entry: Entry) {
        self.expiring += usize::from(entry.expires.is_some());
        self.writes.push_back(entry);
    }

    fn admit(&mut self, entry: &Entry) -> Result<(), DropReason> {
        check_topic(&entry.topic).map_err(DropReason::InvalidTopic)?;
        // None that it may be sent with is longer.
        let number = match self.sharing {
            None => entry.number,
            Some(_) => WRITE_ID_MAX,
        };
        let after = self.is_chained.then_some(number);
        let until = after.filter(|_| entry.expires.is_some()).map(|_| u64::MAX);
        encode(entry, number, (after, until), None, &mut self.text);
        match self.text.len() {
            bytes if bytes > self.frame_bytes_max => Err(DropReason::TooLarge { bytes }),
            _ => Ok(()),
        }
    }

    /// What of these writes of an earlier session, or of another program, is not here yet, in order, under the numbers of this
    /// session. Each has its number on the wire as its id.
    pub(crate) fn admit_kept(&mut self, mut entries: Vec<Entry>) -> Vec<Entry> {
        entries.sort_unstable_by_key(|entry| entry.id);
        entries.dedup_by_key(|entry| entry.id);
        entries.retain_mut(|entry| {
            entry.number = entry.id.0;
            // Read before the device has forgotten it: it is told here once.
            if self.is_leaving(entry.number) {
                self.note_mark_of_leaving(entry);
                return false;
            }
            match self.place(entry.number) {
                None => self.note_restored(entry),
                // The device may know more of it than what was heard here.
                Some(place) => {
                    let known = &mut self.writes[place];
                    known.handed_over |= entry.handed_over;
                    known.until = known.until.or(entry.until);
                    known.condition.clone_from(&entry.condition);
                    return false;
                }
            }
            true
        });
        entries
    }

    /// Puts writes back that were admitted. One that does not fit, has no proper number, or comes after a later one was sent
    /// is reported: its server would take it for a repeat, and acknowledge what it never saw.
    pub(crate) fn restore(&mut self, entries: Vec<Entry>, now: Now, emit: Emit<'_>) {
        for mut entry in entries {
            let number = entry.number;
            let is_proper = (1..=WRITE_ID_MAX).contains(&number);
            let has_room = self.writes.len() < self.pending_max || self.sharing.is_some();
            if !has_room || !is_proper || number <= self.last_sent {
                settle(&entry, ended_early(&entry), emit);
                continue;
            }
            entry.begin_again(now);
            entry.kept = match (&self.keeping, entry.handed_over) {
                (None, _) => Kept::Nowhere,
                (Some(_), true) => Kept::Marked,
                (Some(_), false) => Kept::Waiting,
            };
            self.expiring += usize::from(entry.expires.is_some());
            // Behind those that were sent: it is beyond the last of them.
            let place = self.writes.partition_point(|other| other.order() < number);
            self.writes.insert(place, entry);
        }
        self.drop_all_superseded(emit);
    }

    /// Drops the `Latest` writes of a newer one's topic that no socket ever had. What they were written over, it is.
    fn drop_superseded(&mut self, newer: &mut Entry, emit: Emit<'_>) {
        let topic = newer.topic.clone();
        let is_older = |entry: &Entry| {
            entry.policy == WritePolicy::Latest && !entry.handed_over && entry.topic == topic
        };
        let older = self.writes.iter().rev().filter(|entry| is_older(entry));
        older
            .filter_map(Gone::of)
            .for_each(|gone| _ = newer.rebase(&gone));
        self.end_unsent(emit, &mut |entry| {
            is_older(entry).then_some(Outcome::Dropped(DropReason::Superseded))
        });
    }

    fn end_unsent(
        &mut self,
        emit: Emit<'_>,
        outcome: &mut dyn FnMut(&Entry) -> Option<Outcome<'static>>,
    ) {
        let (sent, mut over) = (self.sent, Vec::new());
        for (index, entry) in core::mem::take(&mut self.writes).into_iter().enumerate() {
            let outcome = if index < sent { None } else { outcome(&entry) };
            match outcome {
                None => self.writes.push_back(entry),
                Some(outcome) => {
                    self.expiring -= usize::from(entry.expires.is_some());
                    over.push((entry, outcome));
                }
            }
        }
        // Those that ended together build upon each other: over the last of three is over the second, and so over the first. The
        // device hears of what stays first: it must never have a write over one that it has forgotten.
        for (entry, outcome) in over.iter().rev() {
            let gone = Gone::of(entry).filter(|_| matches!(outcome, Outcome::Dropped(_)));
            if let Some(gone) = gone {
                self.rebase(&gone, emit);
            }
        }
        for (entry, outcome) in over {
            self.ended(entry, outcome, emit);
        }
    }

    /// A write never left: those that were written over it are over what it was over. The device is told, since a later run
    /// does not know of it.
    fn rebase(&mut self, gone: &Gone, emit: Emit<'_>) {
        for index in 0..self.writes.len() {
            let entry = self.writes.get_mut(index);
            if entry.is_some_and(|entry| entry.rebase(gone) && entry.over.is_none()) {
                self.ask_to_store(index, false, emit);
            }
        }
    }

    /// Ends the write at a place.
    fn end(&mut self, place: usize, outcome: Outcome<'_>, emit: Emit<'_>) {
        self.sent -= usize::from(place < self.sent);
        if let Some(entry) = self.remove(place) {
            let gone = Gone::of(&entry).filter(|_| matches!(outcome, Outcome::Dropped(_)));
            if let Some(gone) = gone {
                self.rebase(&gone, emit);
            }
            self.ended(entry, outcome, emit);
        }
    }

    /// Ends what has waited too long: for the wire, or for an answer.
    pub(crate) fn expire(&mut self, now: Now, emit: Emit<'_>) {
        if !self.sends() {
            return;
        }
        while self.sent > 0 && self.writes[0].answer_due_at <= now.mono_ms {
            self.end(0, Outcome::Unknown(UnknownReason::Unanswered), emit);
        }
        if self.expiring > 0 {
            self.end_unsent(emit, &mut |entry| {
                entry.is_over(now).then_some(match entry.may_have_gone() {
                    true => Outcome::Unknown(UnknownReason::Expired),
                    false => Outcome::Dropped(DropReason::Expired),
                })
            });
        }
    }

    /// Sends the next write if there is one and the pace allows it. With `answers` false (the
    /// server acknowledges nothing) it is settled by being sent.
    pub(crate) fn send_next(
        &mut self,
        answers: bool,
        pace: &mut Pace,
        now: Now,
        emit: Emit<'_>,
    ) -> bool {
        let window = self.in_flight_max.min(self.blame.window());
        self.ask_for_marks(emit);
        let next = self.writes.get(self.sent).filter(|_| self.sent < window);
        if !next.is_some_and(|entry| self.may_go(entry)) {
            return false;
        }
        let Some(entry) = self.writes.get_mut(self.sent) else {
            return false;
        };
        let after = entry.after.unwrap_or(self.chain.before(entry.number));
        entry.note_until(self.server_clock, now);
        let until = entry.until.filter(|_| self.is_chained);
        let after_told = self.is_chained.then_some(after);
        let judge = self.judge.as_deref();
        encode(
            entry,
            entry.number,
            (after_told, until),
            judge,
            &mut self.text,
        );
        let bytes = self.text.len();
        if bytes > self.frame_bytes_max {
            // Another server may have had it, which took larger ones.
            let outcome = match entry.handed_over {
                true => Outcome::Unknown(UnknownReason::ConnectionLost),
                false => Outcome::Dropped(DropReason::TooLarge { bytes }),
            };
            self.end(self.sent, outcome, emit);
            return true;
        }
        if !pace.take(bytes, now.mono_ms) {
            return false;
        }
        entry.handed_over = true;
        if self.is_chained {
            entry.after = Some(after);
            self.chain.add(entry.number);
        }
        self.last_sent = self.last_sent.max(entry.number);
        entry.answer_due_at = now.mono_ms.saturating_add(self.answer_within_ms);
        emit(Effect::Send(&self.text));
        if answers {
            self.sent += 1;
        } else if let Some(entry) = self.remove(self.sent)
            && let Some(entry) = self.ended(entry, Outcome::Sent, emit)
        {
            self.await_echo(entry);
        }
        true
    }

    fn remove(&mut self, index: usize) -> Option<Entry> {
        let entry = self.writes.remove(index)?;
        self.expiring -= usize::from(entry.expires.is_some());
        Some(entry)
    }

    fn await_echo(&mut self, entry: Entry) {
        if entry.source.is_none() {
            return;
        }
        if self.taken.len() >= self.pending_max {
            self.taken.pop_front();
        }
        self.taken.push_back(entry);
    }

    /// The server has taken a write.
    pub(crate) fn acknowledge(&mut self, id: u64, emit: Emit<'_>) {
        if let Some(entry) = self.take_handed_over(id) {
            self.blame.clear(id);
            if let Some(entry) = self.ended(entry, Outcome::Acknowledged, emit) {
                self.await_echo(entry);
            }
        }
    }

    /// The server has refused a write. False when no such write waits for an answer.
    pub(crate) fn refuse(&mut self, id: u64, refusal: Refusal<'_>, emit: Emit<'_>) -> bool {
        let Some(entry) = self.take_handed_over(id) else {
            return false;
        };
        self.blame.clear(id);
        self.ended(entry, Outcome::Refused(refusal), emit);
        true
    }

    /// The server wants a write later: it and what was sent after it wait again, in order. False when it is
    /// none of those that wait for an answer, or was put off too often.
    pub(crate) fn put_off(&mut self, id: u64) -> bool {
        let Some(place) = self.place(id) else {
            return false;
        };
        if place >= self.sent {
            return true;
        }
        let entry = &mut self.writes[place];
        entry.put_off += 1;
        let is_patient = entry.put_off <= WRITE_PUT_OFF_MAX;
        if is_patient {
            self.sent = place;
        }
        is_patient
    }

    /// The server has writes up to this one, and takes the next one after it: those that it has not wait again, but for
    /// what was sent behind it already.
    pub(crate) fn go_on_from(&mut self, last: u64, emit: Emit<'_>) {
        let place = self.writes.partition_point(|entry| entry.order() <= last);
        let is_under_way = |entry: &Entry| place < self.sent && entry.after == Some(last);
        if self.writes.get(place).is_some_and(is_under_way) {
            return;
        }
        self.sent = self.sent.min(place);
        self.chain.go_on_from(last);
        self.writes
            .range_mut(place..)
            .for_each(|entry| entry.after = None);
        let Some(next) = self.writes.get_mut(place) else {
            return;
        };
        next.put_off += 1;
        if next.put_off > WRITE_PUT_OFF_MAX {
            // It says each time that it has another one.
            self.end(place, Outcome::Unknown(UnknownReason::Unanswered), emit);
        }
    }

    /// Nobody here will know what became of a write.
    pub(crate) fn end_as_unknown(
        &mut self,
        id: u64,
        reason: UnknownReason<'static>,
        emit: Emit<'_>,
    ) -> bool {
        let Some(entry) = self.take_handed_over(id) else {
            return false;
        };
        self.blame.clear(id);
        self.ended(entry, Outcome::Unknown(reason), emit);
        true
    }

    /// All writes up to this one have their answers.
    fn settled_up_to(&self) -> u64 {
        let next = self.writes.front().map_or(u64::MAX, Entry::order);
        let next = self.first_to_forget().map_or(next, |first| first.min(next));
        next.min(self.last_sent.saturating_add(1)).saturating_sub(1)
    }

    /// The number up to which the server need not keep its answers, where it is to be told so now.
    pub(crate) fn tell_settled(&mut self, now: Now) -> Option<u64> {
        if !self.is_chained || !self.sends() {
            return None;
        }
        let up_to = self.settled_up_to();
        self.chain.settled(up_to, now.mono_ms);
        self.chain.tell(up_to, now.mono_ms).then_some(up_to)
    }

    /// When that is to be told.
    pub(crate) fn tells_settled_at(&self) -> Option<u64> {
        self.chain.tell_at().filter(|_| self.is_chained)
    }

    /// One that the server has answered. An answer that comes to a session which does not send any more is left alone: who sends gets
    /// it too, has the device forget the write, and tells.
    fn take_handed_over(&mut self, id: u64) -> Option<Entry> {
        if !self.sends() {
            return None;
        }
        let index = self.place(id)?;
        self.writes.get(index).filter(|entry| entry.handed_over)?;
        self.sent -= usize::from(index < self.sent);
        self.remove(index)
    }

    /// The connection is gone: what was sent and not answered waits again, with its id.
    pub(crate) fn connection_lost(&mut self, close: Close<'_>, now: Now, emit: Emit<'_>) {
        self.chain.connection_lost();
        let in_flight = core::mem::take(&mut self.sent);
        let last = in_flight
            .checked_sub(1)
            .and_then(|last| self.writes.get(last));
        let last = last.map(|entry| entry.number);
        let head = self.writes.front_mut().filter(|_| in_flight > 0);
        if self.blame.lost(in_flight, last, head, close) {
            let Close { code, reason } = close;
            let reason = UnknownReason::Closed { code, reason };
            self.end(0, Outcome::Unknown(reason), emit);
        }
        if !self.sends() {
            return;
        }
        self.end_unsent(emit, &mut |entry| {
            (entry.policy == WritePolicy::Reject).then_some(match entry.may_have_gone() {
                true => Outcome::Unknown(UnknownReason::ConnectionLost),
                false => Outcome::Dropped(DropReason::Offline),
            })
        });
        self.expire(now, emit);
    }

    /// The session is over: nothing waits any more. What the device has goes on with the next one.
    pub(crate) fn end_all(&mut self, emit: Emit<'_>) {
        self.sent = 0;
        self.taken.clear();
        if self.keeping.is_some() {
            self.tell_leaving(emit);
            self.expiring = 0;
            return self.writes.clear();
        }
        self.end_unsent(emit, &mut |entry| Some(ended_early(entry)));
    }

    /// When something here ends by itself.
    pub(crate) fn ends_at(&self, now: Now) -> Option<u64> {
        let answer = self.writes.front().filter(|_| self.sent > 0);
        let answer = answer.map(|entry| entry.answer_due_at);
        answer.into_iter().chain(self.expires_at(now)).min()
    }

    /// When the first write that is not on the wire expires, in monotonic milliseconds.
    fn expires_at(&self, now: Now) -> Option<u64> {
        if self.expiring == 0 || !self.sends() {
            return None;
        }
        let unsent = self.writes.iter().skip(self.sent);
        let deadlines = unsent.filter_map(|entry| entry.expires);
        let at = |deadline: crate::entry::Deadline| {
            let by_wall = deadline.wall_ms.saturating_sub(now.wall_ms);
            deadline.mono_ms.min(now.mono_ms.saturating_add(by_wall))
        };
        deadlines.map(at).min()
    }

    /// Whether a write could go over the wire now, but for the pace.
    pub(crate) fn is_ready(&self) -> bool {
        let window = self.in_flight_max.min(self.blame.window());
        let next = self.writes.get(self.sent).filter(|_| self.sent < window);
        next.is_some_and(|entry| self.may_go(entry))
    }

    pub(crate) fn len(&self) -> usize {
        self.writes.len()
    }

    /// The writes that have not ended, in order; then, where the device is shared, those that end as soon as it has forgotten them.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        let keeping = self.keeping.as_ref().filter(|_| self.shares());
        let leaving = keeping.into_iter().flat_map(|keeping| &keeping.leaving);
        self.writes.iter().chain(leaving.map(|(entry, _)| entry))
    }

    /// A write that has not ended, or whose echo may still come.
    pub(crate) fn entry(&self, id: WriteId) -> Option<&Entry> {
        match self.place_of(id) {
            Some(place) => self.writes.get(place),
            None => self.taken.iter().rfind(|entry| entry.id == id),
        }
    }

    /// Where the write of a number on the wire stands.
    fn place(&self, number: u64) -> Option<usize> {
        self.writes.binary_search_by_key(&number, Entry::order).ok()
    }

    /// Where a write of this session stands.
    fn place_of(&self, id: WriteId) -> Option<usize> {
        match self.sharing {
            None => self.place(id.0),
            // What others wrote stands between: it was numbered here when it was heard of.
            Some(_) => self.writes.iter().rposition(|entry| entry.id == id),
        }
    }

    /// No echo of a write is waited for any more.
    pub(crate) fn forget(&mut self, id: WriteId) {
        if let Some(place) = self.taken.iter().position(|entry| entry.id == id) {
            self.taken.remove(place);
        }
    }

    /// Whether an id was given to a write, of this session or of an earlier one under its name.
    pub(crate) fn knows(&self, number: u64) -> bool {
        match &self.sharing {
            None => number < self.next_id,
            Some(sharing) => number <= sharing.last_number,
        }
    }
}
