//! What is kept of each client's writes over its connections: which were seen, and how each was answered.
//!
//! Guarantees: a write that comes again is answered as it was the first time, and never applied again, as long as its
//! client has not said that it has the answer; another write under the same number is told from it by its digest; a
//! name that never wrote takes no room, and one whose answers are still owed is not pushed out by others. Does not:
//! outlive the process; what a root was told of (`Effect::Write`, `Refused`, `Settled`, `Forgotten`) it can
//! [give back](super::Input::Recall) after its next start.

use super::api::{Account, ClientId, Outcome, Refusal, WriteHead};
use super::{LEDGER_LINES_MAX, REFUSALS_ALL_MAX, SUBJECT_NAMES_MAX, UNCHAINED_LINES_MAX};
use aimdb_ws_protocol::ErrorCode;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// One write.
struct Line {
    digest: u64,
    /// Nothing while the root works at it.
    outcome: Option<Outcome>,
    /// Who asked again meanwhile.
    asked: Option<ClientId>,
}

/// The writes under one name.
#[derive(Default)]
struct Writes {
    epoch: u64,
    /// The highest number seen.
    last: u64,
    /// The client has the answers up to here.
    settled: u64,
    /// Those whose answers it may still ask for.
    lines: BTreeMap<u64, Line>,
    /// Whether it says when it has its answers.
    settles: bool,
    used: u64,
}

/// Who speaks under a name now.
struct Speaker {
    connection: ClientId,
    epoch: u64,
}

/// The names of one subject.
#[derive(Default)]
struct Subject {
    names: usize,
    /// Those that may go, by when they were last used.
    idle: BTreeSet<(u64, Arc<str>)>,
}

/// The name of an account: clients of different subjects have different ones, whatever they call themselves. A client's own
/// name has no space, so nobody has the account of another one by a clever name.
pub(super) fn account_name<'c>(subject: Option<&str>, client: &'c str) -> Cow<'c, str> {
    match subject {
        None => Cow::Borrowed(client),
        Some(subject) => Cow::Owned(format!("{subject} {client}")),
    }
}

/// The subject that a name belongs to, if it does to one.
fn subject_of(name: &str) -> Option<&str> {
    name.rsplit_once(' ').map(|(subject, _)| subject)
}

/// All of it.
pub(super) struct Ledger {
    accounts: BTreeMap<Arc<str>, Writes>,
    accounts_max: usize,
    speakers: BTreeMap<Arc<str>, Speaker>,
    /// Names that nobody speaks under and that are owed nothing, by when they were last used.
    idle: BTreeSet<(u64, Arc<str>)>,
    /// Subjects with names that wrote.
    subjects: BTreeMap<Box<str>, Subject>,
    /// Counts uses.
    uses: u64,
    /// Refusals that are kept in full, in the order in which they came; some may be settled by now.
    in_full: VecDeque<(Arc<str>, u64)>,
}

/// What a write is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// New: it is now under way, and its outcome is to be [noted](Ledger::note).
    New,
    /// It came before, and waits for its outcome.
    UnderWay,
    /// It came before and was taken.
    Taken(Option<u64>),
    /// It came before and was refused.
    Refused(Refusal),
    /// It comes behind another write than the last, which has this number.
    Expected(u64),
    /// Another write has its number.
    Reused,
    /// It came before, and its client has said that it has the answer.
    Gone,
    /// Somebody writes under the name who came later.
    Fenced,
    /// Too many answers are kept for the client already: it is to say first which of them it has.
    Full,
    /// There are too many names that answers are kept for.
    NoRoom,
}

/// What made room for a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LetGo {
    /// All of this name.
    Name(Arc<str>),
    /// The answers up to this one, of a client that never says which of them it has.
    Answers(Arc<str>, u64),
}

impl Ledger {
    pub(super) fn new(accounts_max: usize) -> Self {
        Self {
            accounts: BTreeMap::new(),
            accounts_max,
            speakers: BTreeMap::new(),
            idle: BTreeSet::new(),
            subjects: BTreeMap::new(),
            uses: 0,
            in_full: VecDeque::new(),
        }
    }

    /// Puts back what was kept of a client before the hub began.
    pub(super) fn recall(&mut self, account: Account) {
        let Account {
            client,
            epoch,
            last,
            settled,
            lines,
        } = account;
        self.uses += 1;
        let mut writes = Writes {
            epoch,
            last,
            settled,
            settles: true,
            used: self.uses,
            ..Writes::default()
        };
        for (id, digest, outcome) in lines {
            if matches!(outcome, Outcome::Refused(_)) {
                self.in_full.push_back((client.clone(), id));
            }
            let outcome = Some(outcome);
            let line = Line {
                digest,
                outcome,
                asked: None,
            };
            writes.lines.insert(id, line);
        }
        self.accounts.insert(client.clone(), writes);
        self.count_name(&client);
        self.file(&client);
        self.shorten_refusals();
    }

    /// Somebody speaks under a name from now on, unless one who came later does.
    pub(super) fn bind(&mut self, name: &str, epoch: u64, connection: ClientId) -> Arc<str> {
        let known = self.accounts.get_key_value(name).map(|(known, _)| known);
        let name: Arc<str> = known.cloned().unwrap_or_else(|| name.into());
        if epoch >= self.epoch(&name) {
            let speaker = Speaker { connection, epoch };
            self.speakers.insert(name.clone(), speaker);
            self.file(&name);
        }
        name
    }

    /// Refuses writes of earlier epochs from now on, whoever comes and goes; gives whether it did not before. Where nothing
    /// was ever written under the name there is nothing to write over.
    pub(super) fn fence(&mut self, name: &Arc<str>, epoch: u64) -> bool {
        let writes = self.accounts.get_mut(name);
        let writes = writes.filter(|writes| writes.epoch < epoch);
        writes.map(|writes| writes.epoch = epoch).is_some()
    }

    pub(super) fn unbind(&mut self, name: &Arc<str>, connection: ClientId) {
        if self.connection(name) == Some(connection) {
            self.speakers.remove(name);
            self.file(name);
        }
    }

    pub(super) fn connection(&self, name: &str) -> Option<ClientId> {
        Some(self.speakers.get(name)?.connection)
    }

    fn epoch(&self, name: &str) -> u64 {
        let written = self.accounts.get(name).map(|writes| writes.epoch);
        let spoken = self.speakers.get(name).map(|speaker| speaker.epoch);
        written.max(spoken).unwrap_or(0)
    }

    /// Whether a number was never seen.
    pub(super) fn is_new(&self, name: &str, id: u64) -> bool {
        self.accounts
            .get(name)
            .is_none_or(|writes| id > writes.last)
    }

    /// Says what a write is; one that is new is under way from now on. `after` is the number that its client says went
    /// before, where it says so. Gives what made room, too.
    pub(super) fn see(&mut self, head: &WriteHead, after: Option<u64>) -> (Seen, Option<LetGo>) {
        let name = &head.client;
        if head.epoch < self.epoch(name) {
            return (Seen::Fenced, None);
        }
        let Some(writes) = self.accounts.get(name) else {
            return match after {
                Some(1..) => (Seen::Expected(0), None),
                _ => self.begin(head, after.is_some()),
            };
        };
        if head.id <= writes.last {
            return (writes.again(head, after.is_some()), None);
        }
        if after.is_some_and(|after| after != writes.last) {
            return (Seen::Expected(writes.last), None);
        }
        if after.is_some() && writes.lines.len() >= LEDGER_LINES_MAX {
            return (Seen::Full, None);
        }
        (Seen::New, self.enter(head, after.is_some()))
    }

    /// The first write under a name.
    fn begin(&mut self, head: &WriteHead, settles: bool) -> (Seen, Option<LetGo>) {
        let mut forgotten = None;
        let subject = subject_of(&head.client).and_then(|subject| self.subjects.get(subject));
        let subject = subject.filter(|subject| subject.names >= SUBJECT_NAMES_MAX);
        let candidates = match subject {
            Some(subject) => Some(&subject.idle),
            None => (self.accounts.len() >= self.accounts_max).then_some(&self.idle),
        };
        if let Some(candidates) = candidates {
            let Some(name) = candidates.first().map(|(_, name)| name.clone()) else {
                return (Seen::NoRoom, None);
            };
            self.forget(&name);
            forgotten = Some(LetGo::Name(name));
        }
        self.enter(head, settles);
        self.count_name(&head.client);
        (Seen::New, forgotten)
    }

    /// Gives the answers that go, if any do.
    fn enter(&mut self, head: &WriteHead, settles: bool) -> Option<LetGo> {
        self.uses += 1;
        let writes = self.accounts.entry(head.client.clone()).or_default();
        if let Some(speaker) = self.speakers.get(&head.client) {
            writes.epoch = writes.epoch.max(speaker.epoch);
        }
        writes.epoch = writes.epoch.max(head.epoch);
        writes.settles = settles;
        writes.last = head.id;
        writes.lines.insert(
            head.id,
            Line {
                digest: head.digest,
                outcome: None,
                asked: None,
            },
        );
        let mut let_go = None;
        while !settles && writes.lines.len() > UNCHAINED_LINES_MAX {
            let oldest = writes.lines.pop_first();
            let_go = oldest.map(|(id, _)| LetGo::Answers(head.client.clone(), id));
        }
        let before = std::mem::replace(&mut writes.used, self.uses);
        self.set_idle((before, head.client.clone()), false);
        self.file(&head.client);
        let_go
    }

    fn line(&mut self, head: &WriteHead) -> Option<&mut Line> {
        let writes = self.accounts.get_mut(&head.client)?;
        let line = writes.lines.get_mut(&head.id);
        line.filter(|line| line.digest == head.digest)
    }

    /// A write that is under way was asked for again over this connection.
    pub(super) fn asked(&mut self, head: &WriteHead, connection: ClientId) {
        if let Some(line) = self.line(head) {
            line.asked = Some(connection);
        }
    }

    /// How a write ended; gives over which connection it was last asked for again.
    pub(super) fn note(&mut self, head: &WriteHead, outcome: Outcome) -> Option<ClientId> {
        let line = self.line(head)?;
        let asked = line.asked.take();
        let is_refused = matches!(outcome, Outcome::Refused(_));
        line.outcome = Some(outcome);
        if is_refused {
            self.in_full.push_back((head.client.clone(), head.id));
        }
        self.file(&head.client);
        self.shorten_refusals();
        asked
    }

    /// The client has the answers up to a number. Gives up to which there were any.
    pub(super) fn settle(&mut self, name: &Arc<str>, id: u64) -> Option<u64> {
        let writes = self.accounts.get_mut(name)?;
        let id = id.min(writes.last);
        if id <= writes.settled {
            return None;
        }
        writes.settled = id;
        let mut rest = writes.lines.split_off(&(id + 1));
        std::mem::swap(&mut writes.lines, &mut rest);
        // What is under way is still to be answered.
        rest.retain(|_, line| line.outcome.is_none());
        writes.lines.append(&mut rest);
        self.file(name);
        Some(id)
    }

    /// Puts a name among those that may go, or takes it out.
    fn file(&mut self, name: &Arc<str>) {
        let Some(writes) = self.accounts.get(name) else {
            return;
        };
        let is_owed = match writes.settles {
            true => !writes.lines.is_empty(),
            // It never says, so it is owed what it waits for.
            false => writes.lines.values().any(|line| line.outcome.is_none()),
        };
        let place = (writes.used, name.clone());
        let is_idle = !is_owed && !self.speakers.contains_key(name);
        self.set_idle(place, is_idle);
    }

    fn set_idle(&mut self, place: (u64, Arc<str>), is_idle: bool) {
        let subject = subject_of(&place.1).and_then(|subject| self.subjects.get_mut(subject));
        for idle in subject
            .map(|subject| &mut subject.idle)
            .into_iter()
            .chain([&mut self.idle])
        {
            match is_idle {
                true => idle.insert(place.clone()),
                false => idle.remove(&place),
            };
        }
    }

    /// A name of a subject has an account from now on.
    fn count_name(&mut self, name: &str) {
        if let Some(subject) = subject_of(name) {
            self.subjects.entry(subject.into()).or_default().names += 1;
        }
    }

    fn forget(&mut self, name: &Arc<str>) {
        let Some(writes) = self.accounts.remove(name) else {
            return;
        };
        self.set_idle((writes.used, name.clone()), false);
        if let Some(text) = subject_of(name)
            && let Some(subject) = self.subjects.get_mut(text)
        {
            subject.names -= 1;
            if subject.names == 0 {
                self.subjects.remove(text);
            }
        }
    }

    /// Of all refusals together so many are kept in full; of older ones it is known that they were refused.
    fn shorten_refusals(&mut self) {
        while self.in_full.len() > REFUSALS_ALL_MAX {
            let Some((name, id)) = self.in_full.pop_front() else {
                return;
            };
            let writes = self.accounts.get_mut(&name);
            let line = writes.and_then(|writes| writes.lines.get_mut(&id));
            if let Some(Line {
                outcome: Some(Outcome::Refused(refusal)),
                ..
            }) = line
            {
                let message = "it was refused; what was wrong with it is not kept any more";
                *refusal = Refusal::new(ErrorCode::WriteError, "refused_before", message);
            }
        }
    }
}

impl Writes {
    /// What a write is whose number was seen.
    fn again(&self, head: &WriteHead, is_chained: bool) -> Seen {
        match self.lines.get(&head.id) {
            Some(line) if line.digest != head.digest => Seen::Reused,
            Some(Line { outcome, .. }) => match outcome {
                None => Seen::UnderWay,
                Some(Outcome::Taken { seq }) => Seen::Taken(*seq),
                Some(Outcome::Refused(refusal)) => Seen::Refused(refusal.clone()),
            },
            None if is_chained => Seen::Gone,
            // Of clients that never say what they have, the oldest answers are not kept, and most were good.
            None => Seen::Taken(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(client: &str, id: u64, digest: u64) -> WriteHead {
        WriteHead {
            client: client.into(),
            epoch: 0,
            id,
            digest,
        }
    }

    fn see(ledger: &mut Ledger, head: &WriteHead, after: u64) -> Seen {
        ledger.see(head, Some(after)).0
    }

    const TAKEN: Outcome = Outcome::Taken { seq: Some(7) };

    #[test]
    fn a_write_that_comes_again_is_answered_as_the_first_time() {
        let mut ledger = Ledger::new(2);
        let (one, three) = (head("a", 1, 10), head("a", 3, 30));
        assert_eq!(see(&mut ledger, &one, 0), Seen::New);
        assert_eq!(see(&mut ledger, &one, 0), Seen::UnderWay);
        ledger.note(&one, TAKEN);
        assert_eq!(see(&mut ledger, &one, 0), Seen::Taken(Some(7)));
        assert_eq!(see(&mut ledger, &three, 2), Seen::Expected(1));
        assert_eq!(see(&mut ledger, &three, 1), Seen::New);
        let refusal = Refusal::new(ErrorCode::WriteError, "no", "no");
        ledger.note(&three, Outcome::Refused(refusal.clone()));
        assert_eq!(see(&mut ledger, &three, 1), Seen::Refused(refusal));
        assert_eq!(see(&mut ledger, &head("a", 3, 31), 1), Seen::Reused);
        // A number that was never sent leaves no line.
        assert_eq!(see(&mut ledger, &head("a", 2, 20), 1), Seen::Gone);
        assert_eq!(ledger.settle(&one.client, 1), Some(1));
        assert_eq!(ledger.settle(&one.client, 1), None);
        assert_eq!(ledger.settle(&one.client, u64::MAX), Some(3));
        assert_eq!(see(&mut ledger, &one, 0), Seen::Gone);
    }

    #[test]
    fn who_came_later_fences_off_who_came_before() {
        let mut ledger = Ledger::new(2);
        let name = ledger.bind("a", 1, ClientId(1));
        let mut old = head("a", 1, 1);
        old.epoch = 1;
        assert_eq!(see(&mut ledger, &old, 0), Seen::New);
        ledger.note(&old, TAKEN);
        ledger.bind("a", 2, ClientId(2));
        ledger.bind("a", 1, ClientId(3));
        assert_eq!(ledger.connection(&name), Some(ClientId(2)));
        (old.id, old.digest) = (2, 2);
        assert_eq!(see(&mut ledger, &old, 1), Seen::Fenced);
        old.epoch = 2;
        assert_eq!(see(&mut ledger, &old, 1), Seen::New);
        ledger.unbind(&name, ClientId(1));
        assert_eq!(ledger.connection(&name), Some(ClientId(2)));
    }

    #[test]
    fn a_name_that_is_owed_an_answer_is_not_pushed_out_and_one_that_never_wrote_takes_no_room() {
        let mut ledger = Ledger::new(2);
        let (a, b) = (head("a", 1, 1), head("b", 1, 1));
        for stranger in 0..10_000_u64 {
            let name = ledger.bind(&stranger.to_string(), 0, ClientId(stranger));
            ledger.unbind(&name, ClientId(stranger));
        }
        assert_eq!(see(&mut ledger, &a, 0), Seen::New);
        assert_eq!(see(&mut ledger, &b, 0), Seen::New);
        ledger.note(&a, TAKEN);
        ledger.note(&b, TAKEN);
        assert_eq!(see(&mut ledger, &head("c", 1, 1), 0), Seen::NoRoom);
        ledger.bind("b", 0, ClientId(1));
        ledger.settle(&b.client, 1);
        assert_eq!(see(&mut ledger, &head("c", 1, 1), 0), Seen::NoRoom);
        ledger.settle(&a.client, 1);
        let (seen, forgotten) = ledger.see(&head("c", 1, 1), Some(0));
        assert_eq!(
            (seen, forgotten),
            (Seen::New, Some(LetGo::Name("a".into())))
        );
        assert_eq!(see(&mut ledger, &b, 0), Seen::Gone);
    }

    #[test]
    fn clients_that_never_settle_have_the_newest_answers_kept() {
        let mut ledger = Ledger::new(1);
        let refusal = Refusal::new(ErrorCode::WriteError, "no", "no");
        let many = UNCHAINED_LINES_MAX as u64 + 2;
        for id in 1..=many {
            let head = head("a", id, id);
            let over = id.checked_sub(UNCHAINED_LINES_MAX as u64);
            let over = over.filter(|over| *over > 0);
            let let_go = over.map(|over| LetGo::Answers("a".into(), over));
            assert_eq!(ledger.see(&head, None), (Seen::New, let_go));
            ledger.note(&head, Outcome::Refused(refusal.clone()));
        }
        assert_eq!(
            ledger.see(&head("a", many, many), None).0,
            Seen::Refused(refusal)
        );
        assert_eq!(ledger.see(&head("a", 1, 1), None).0, Seen::Taken(None));
        // It never says what it has, so it goes for the next one.
        assert_eq!(
            ledger.see(&head("b", 1, 1), None),
            (Seen::New, Some(LetGo::Name("a".into())))
        );
    }

    #[test]
    fn answers_that_nobody_settles_are_bounded_and_a_refusal_stays_one() {
        let mut ledger = Ledger::new(1_000);
        let refusal = Refusal::new(ErrorCode::WriteError, "no", "no");
        let names = REFUSALS_ALL_MAX / LEDGER_LINES_MAX + 1;
        for name in 0..names {
            let name = name.to_string();
            for id in 1..=LEDGER_LINES_MAX as u64 {
                let head = head(&name, id, id);
                assert_eq!(see(&mut ledger, &head, id - 1), Seen::New);
                ledger.note(&head, Outcome::Refused(refusal.clone()));
            }
            let next = LEDGER_LINES_MAX as u64 + 1;
            assert_eq!(
                see(&mut ledger, &head(&name, next, 0), next - 1),
                Seen::Full
            );
        }
        assert_eq!(ledger.in_full.len(), REFUSALS_ALL_MAX);
        let reason = |seen| match seen {
            Seen::Refused(refusal) => refusal.reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            reason(see(&mut ledger, &head("0", 1, 1), 0)),
            "refused_before"
        );
        assert_eq!(reason(see(&mut ledger, &head("1", 1, 1), 0)), "no");
    }

    #[test]
    fn what_was_recalled_is_known_as_if_it_had_come_here() {
        let mut ledger = Ledger::new(9);
        ledger.recall(Account {
            client: "a".into(),
            epoch: 3,
            last: 8,
            settled: 5,
            lines: vec![(6, 60, TAKEN)],
        });
        let mut six = head("a", 6, 60);
        assert_eq!(see(&mut ledger, &six, 5), Seen::Fenced);
        six.epoch = 3;
        assert_eq!(see(&mut ledger, &six, 5), Seen::Taken(Some(7)));
        six.id = 9;
        assert_eq!(see(&mut ledger, &six, 6), Seen::Expected(8));
        assert_eq!(see(&mut ledger, &six, 8), Seen::New);
    }
}
