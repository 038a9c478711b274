//! Writes: recognised when repeated, checked, handed to the root, answered.
//!
//! Guarantees: the root sees each write of a client that said hello once, in the order of their numbers, and its answer
//! reaches the client over whichever connection it then has. Does not: check payloads.

use super::{About, Hub, PendingWrite, bad_topic, refusal};
use crate::hub::PUT_OFF_MS_MAX;
use crate::hub::api::{
    Cause, ClientId, Effect, Emit, Fault, Outcome, Refusal, TopicKind, TopicSpec, WriteHead,
    WriteToken,
};
use crate::hub::conflict::{SUPERSEDED, superseded};
use crate::hub::ledger::{LetGo, Seen};
use crate::hub::permit::Action;
use aimdb_ws_protocol::{Condition, ErrorCode, ServerFrame, check_topic};
use sha1::{Digest, Sha1};

/// A write's topic, its value as text, its number with the one that went before and the end of its time, and on what condition
/// it is taken.
type Write<'a> = (
    &'a str,
    &'a str,
    Option<(u64, Option<u64>, Option<u64>)>,
    Option<Condition<'a>>,
);

impl Hub {
    /// Answers a repeat as the first was answered, also beyond the rate: it may have been taken.
    pub(super) fn write(
        &mut self,
        id: ClientId,
        (topic, text, write, condition): Write<'_>,
        over_rate: Option<Refusal>,
        emit: Emit<'_>,
    ) {
        let put_off = over_rate.or_else(|| self.too_many_pending(id));
        let number = write.map(|(number, ..)| number);
        let until = write.and_then(|(.., until)| until);
        let head = number.and_then(|number| self.head(id, topic, text, number));
        if let (Some(head), Some((_, after, _))) = (&head, write)
            && !self.is_wanted(id, (topic, head, after), put_off.as_ref(), emit)
        {
            return;
        }
        let checked = match put_off {
            Some(refusal) => Err(refusal),
            None => check_topic(topic)
                .map_err(|error| bad_topic(&error))
                .and_then(|()| self.is_in_time(id, until))
                .and_then(|()| self.may(id, Action::Write(topic)))
                .and_then(|()| self.make_topic(topic, emit))
                .and_then(|()| self.check_write(topic))
                .and_then(|index| self.check_condition(index, condition.as_ref())),
        };
        let index = match checked {
            Ok(index) => index,
            Err(refusal) => {
                if let Some(head) = head {
                    self.refused_here(head, &refusal, emit);
                }
                return self.refuse(id, &refusal, About::write(topic, number), emit);
            }
        };
        if let Some(client) = self.clients.get_mut(id) {
            client.writes_pending += 1;
        }
        let schema_type = self.topics[index as usize].spec.schema_type.as_deref();
        let announced = self
            .clients
            .get(id)
            .and_then(|client| client.older_version(schema_type));
        let condition = condition.as_ref();
        let condition = condition.map(|condition| condition.towards(Some(&self.instance)));
        let token = self.take_token();
        let pending = PendingWrite {
            client: id,
            head: head.clone(),
            id: number,
            topic: topic.into(),
        };
        self.writes.insert(token, pending);
        emit(Effect::Write {
            token: WriteToken(token),
            topic: self.topics[index as usize].name.clone(),
            payload: text,
            announced,
            cause: Cause {
                client: id,
                name: head.as_ref().map(|head| head.client.clone()),
                write: number,
            },
            condition,
            seq: self.topics[index as usize].seq(),
            head,
        });
    }

    /// Whether the time of a write is not over: it may have waited in a sleeping phone or in a socket.
    fn is_in_time(&self, id: ClientId, until: Option<u64>) -> Result<(), Refusal> {
        // It was heard just now.
        let now_ms = self.clients.get(id).map_or(0, |client| client.heard_at);
        match until.filter(|until| *until < now_ms) {
            None => Ok(()),
            Some(until) => {
                let message = format!("it came {} ms after its time was over", now_ms - until);
                Err(refusal(ErrorCode::WriteError, "expired", message))
            }
        }
    }

    /// What tells a write from others, if its client has said hello.
    fn head(&self, id: ClientId, topic: &str, text: &str, number: u64) -> Option<WriteHead> {
        let client = self.clients.get(id)?;
        Some(WriteHead {
            client: client.session.clone()?,
            epoch: client.epoch,
            id: number,
            digest: digest(topic, text),
        })
    }

    /// Whether a write is to be looked at now; else it was answered, or needs no answer.
    fn is_wanted(
        &mut self,
        id: ClientId,
        (topic, head, after): (&str, &WriteHead, Option<u64>),
        put_off: Option<&Refusal>,
        emit: Emit<'_>,
    ) -> bool {
        let about = About::write(topic, Some(head.id));
        let is_new = self.ledger.is_new(&head.client, head.id);
        if is_new && self.waits(id, head.id, put_off.is_some()) {
            let refusal = put_off.cloned().unwrap_or_else(|| self.rate_refusal());
            self.refuse_outside(id, &refusal, about, emit);
            return false;
        }
        let after = after.filter(|_| self.chains(id));
        let (seen, let_go) = self.ledger.see(head, after);
        match let_go {
            Some(LetGo::Name(client)) => emit(Effect::Forgotten { client }),
            Some(LetGo::Answers(client, id)) => emit(Effect::Settled { client, id }),
            None => {}
        }
        let answer = match seen {
            Seen::New => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.expected_told = None;
                }
                return true;
            }
            // The answer to the first will do.
            Seen::UnderWay => {
                self.ledger.asked(head, id);
                return false;
            }
            Seen::Taken(seq) => {
                self.acknowledge(id, head.id, seq, emit);
                return false;
            }
            Seen::Expected(last) => {
                self.expect(id, last, emit);
                return false;
            }
            Seen::Refused(refusal) => {
                let refusal = self.with_winner(refusal, topic);
                self.refuse(id, &refusal, about, emit);
                return false;
            }
            Seen::Reused => not_taken("id_reused", "another write has this number already"),
            Seen::Gone => not_taken(
                "gone",
                "its answer is not kept any more: the client has said that it has it",
            ),
            Seen::Fenced => not_taken(
                "fenced",
                "somebody who came later writes under this client's name",
            ),
            Seen::Full => {
                let message = "too many answers are kept for this client: say which have come";
                refusal(ErrorCode::ServerError, "too_many_unsettled", message)
            }
            Seen::NoRoom => {
                let message = "this server keeps the answers of as many clients as it can; \
                               raise limits.sessions_max";
                refusal(ErrorCode::ServerError, "too_many_sessions", message)
            }
        };
        self.refuse_outside(id, &answer, about, emit);
        false
    }

    /// Answers a write that has not become the last of its chain. Its client may give it up, and go on from where it believes the
    /// chain to stand then: it is told anew.
    fn refuse_outside(&mut self, id: ClientId, answer: &Refusal, about: About<'_>, emit: Emit<'_>) {
        if let Some(client) = self.clients.get_mut(id) {
            client.expected_told = None;
        }
        self.refuse(id, answer, about, emit);
    }

    fn chains(&self, id: ClientId) -> bool {
        self.clients.get(id).is_some_and(|client| client.chains)
    }

    /// Tells a client where its chain stands, once until it goes on from there: what it has sent meanwhile comes again.
    /// Where what it wrote over an earlier connection arrives in between, the chain has moved, and it is told anew; so it is after
    /// a write that was [answered outside of the chain](Self::refuse_outside).
    fn expect(&mut self, id: ClientId, last: u64, emit: Emit<'_>) {
        if let Some(client) = self.clients.get_mut(id)
            && client.expected_told.replace(last) != Some(last)
        {
            self.reply(id, &ServerFrame::Expected { last }, emit);
        }
    }

    /// A client has the answers to its writes up to a number.
    pub(super) fn settled(&mut self, id: ClientId, write: u64, emit: Emit<'_>) {
        let client = self.clients.get(id);
        let Some(client) = client.and_then(|client| client.session.clone()) else {
            return;
        };
        if let Some(id) = self.ledger.settle(&client, write) {
            emit(Effect::Settled { client, id });
        }
    }

    /// Makes the topic of a template's first write.
    pub(super) fn make_topic(&mut self, topic: &str, emit: Emit<'_>) -> Result<(), Refusal> {
        if self.names.contains_key(topic) {
            return Ok(());
        }
        let matching = self
            .templates
            .iter()
            .position(|(template, _)| template.pattern.matches(topic));
        let Some(number) = matching else {
            return Ok(());
        };
        let (template, count) = &mut self.templates[number];
        if *count >= template.topics_max || self.names.len() >= self.limits.topics_max {
            let message = format!("there are {count} topics like `{topic}` already");
            return Err(refusal(ErrorCode::ServerError, "too_many_topics", message));
        }
        *count += 1;
        let spec = TopicSpec {
            name: topic.into(),
            schema_type: Some(template.schema_type.clone()),
            entity: Some(topic.into()),
            kind: template.kind,
            writable: true,
        };
        self.register(spec, emit);
        if let Some(&index) = self.names.get(topic) {
            self.topics[index as usize].template = Some(number);
            let topic = self.topics[index as usize].name.clone();
            emit(Effect::Open {
                topic,
                template: number,
            });
        }
        Ok(())
    }

    pub(super) fn check_write(&self, topic: &str) -> Result<u32, Refusal> {
        let Some(&index) = self.names.get(topic) else {
            let message = format!("there is no topic `{topic}`");
            return Err(refusal(ErrorCode::UnknownTopic, "unknown_topic", message));
        };
        if !self.topics[index as usize].spec.writable {
            let message = format!("`{topic}` takes no writes");
            return Err(refusal(ErrorCode::Forbidden, "read_only", message));
        }
        Ok(index)
    }

    /// Where each value stays, none is in conflict with another.
    fn check_condition(
        &self,
        index: u32,
        condition: Option<&Condition<'_>>,
    ) -> Result<u32, Refusal> {
        match self.topics[index as usize].spec.kind {
            TopicKind::Ring | TopicKind::Mailbox if condition.is_some() => {
                let message =
                    "each value of a ring or a mailbox counts: its writes have no condition";
                Err(not_taken("condition_needless", message))
            }
            _ => Ok(index),
        }
    }

    /// A refusal without the value that a write lost against, since it was told before, or whoever judged leaves that to the
    /// hub: gets the one that is there now.
    fn with_winner(&self, refusal: Refusal, topic: &str) -> Refusal {
        if refusal.reason != SUPERSEDED || refusal.winner.is_some() {
            return refusal;
        }
        let index = self.names.get(topic);
        superseded(index.and_then(|index| self.topics[*index as usize].newest()))
    }

    fn too_many_pending(&self, id: ClientId) -> Option<Refusal> {
        let pending = self.clients.get(id)?.writes_pending;
        (pending >= self.limits.writes_pending_max).then(|| {
            let message = format!("{pending} writes wait for their answer already");
            refusal(ErrorCode::ServerError, "too_many_pending", message)
        })
    }

    /// Whether a new write is to come again later: since the client asked for too much, or since an earlier one of
    /// the same connection is to come again. Were the later one taken first, the earlier would count as a repeat
    /// of what was taken, and be lost. Of a client that chains its writes, the chain sees to that.
    fn waits(&mut self, id: ClientId, write: u64, is_too_much: bool) -> bool {
        let Some(client) = self.clients.get_mut(id) else {
            return false;
        };
        if !client.comes_again || client.chains {
            return client.comes_again && is_too_much;
        }
        // It was heard just now.
        let now_ms = client.heard_at;
        let earlier = client
            .put_off
            .filter(|(earlier, until_ms)| *earlier < write && now_ms < *until_ms);
        client.put_off = match earlier {
            // Its client may have given it up: that others come does not make it be waited for longer.
            Some(earlier) => Some(earlier),
            None => is_too_much.then_some((write, now_ms.saturating_add(PUT_OFF_MS_MAX))),
        };
        client.put_off.is_some()
    }

    /// Keeps a refusal that the root had no part in: a later write may be taken before the client learns of it and
    /// sends both again.
    fn refused_here(&mut self, head: WriteHead, refusal: &Refusal, emit: Emit<'_>) {
        self.ledger.note(&head, Outcome::Refused(refusal.clone()));
        emit(Effect::Refused { head, refusal });
    }

    pub(super) fn write_answered(&mut self, token: WriteToken, answer: Outcome, emit: Emit<'_>) {
        let Some(pending) = self.writes.remove(&token.0) else {
            return emit(Effect::Fault(Fault::UnknownToken { token: token.0 }));
        };
        if let Some(client) = self.clients.get_mut(pending.client) {
            client.writes_pending -= 1;
        }
        // The client may have come back over another connection in the meantime, or another one of its name may have come
        // and gone: who wrote hears of it, and who asked again, and who has the name now, as far as they are there.
        let head = pending.head.as_ref();
        let kept = match &answer {
            Outcome::Refused(refusal) => Outcome::Refused(refusal.without_winner()),
            taken => taken.clone(),
        };
        let asked = head.and_then(|head| self.ledger.note(head, kept));
        let now = head.and_then(|head| self.ledger.connection(&head.client));
        let asked = asked.filter(|asked| *asked != pending.client);
        let now = now.filter(|now| *now != pending.client && Some(*now) != asked);
        for client in [Some(pending.client), asked, now].into_iter().flatten() {
            self.tell_writer(client, &pending, answer.clone(), emit);
        }
    }

    fn tell_writer(
        &mut self,
        client: ClientId,
        pending: &PendingWrite,
        answer: Outcome,
        emit: Emit<'_>,
    ) {
        match (answer, pending.id) {
            (Outcome::Refused(refusal), write) => {
                let refusal = self.with_winner(refusal, &pending.topic);
                let about = About::write(&pending.topic, write);
                self.refuse(client, &refusal, about, emit);
            }
            (Outcome::Taken { seq }, Some(write)) if pending.head.is_some() => {
                self.acknowledge(client, write, seq, emit);
            }
            // A published client expects no word about success.
            (Outcome::Taken { .. }, _) => {}
        }
    }

    fn acknowledge(&mut self, client: ClientId, id: u64, seq: Option<u64>, emit: Emit<'_>) {
        let seq = seq.filter(|_| self.chains(client));
        self.reply(client, &ServerFrame::Ack { id, seq }, emit);
    }
}

impl<'a> About<'a> {
    fn write(topic: &'a str, write: Option<u64>) -> Self {
        Self {
            topic: Some(topic),
            write,
            request: None,
        }
    }
}

/// Why a write is not taken that never reaches its record.
fn not_taken(reason: &str, message: &str) -> Refusal {
    refusal(ErrorCode::WriteError, reason, message)
}

/// Tells a repeat from another write under its number. SHA-1, since it is the same in every build; nobody gains by
/// forging one of his own writes.
fn digest(topic: &str, text: &str) -> u64 {
    let mut hash = Sha1::new();
    hash.update((topic.len() as u64).to_le_bytes());
    hash.update(topic);
    hash.update(text);
    let bytes: [u8; 20] = hash.finalize().into();
    let (first, _) = bytes.split_at(8);
    first
        .iter()
        .fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}
