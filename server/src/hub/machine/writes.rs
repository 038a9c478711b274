//! Writes: recognised when repeated, checked, handed to the root, answered.
//!
//! Guarantees: the root sees each write of a session once, and its answer reaches the session over
//! whichever connection it then has. Does not: check payloads.

use super::{About, Hub, PendingWrite, bad_topic, refusal};
use crate::hub::PUT_OFF_MS_MAX;
use crate::hub::api::{Cause, ClientId, Effect, Emit, Fault, Refusal, TopicSpec, WriteToken};
use crate::hub::permit::Action;
use crate::hub::session::Seen;
use aimdb_ws_protocol::{ErrorCode, ServerFrame, check_topic};

impl Hub {
    /// Answers a repeat as the first was answered, also beyond the rate: it may have been taken.
    pub(super) fn write(
        &mut self,
        id: ClientId,
        (topic, text, write): (&str, &str, Option<u64>),
        over_rate: Option<Refusal>,
        emit: Emit<'_>,
    ) {
        let session = self
            .clients
            .get(id)
            .and_then(|client| client.session.clone());
        let put_off = over_rate.or_else(|| self.too_many_pending(id));
        if let (Some(name), Some(write)) = (&session, write) {
            if self.sessions.is_new(name, write) && self.waits(id, write, put_off.is_some()) {
                let refusal = put_off.unwrap_or_else(|| self.rate_refusal());
                let about = About {
                    topic: Some(topic),
                    write: Some(write),
                    request: None,
                };
                return self.refuse(id, &refusal, about, emit);
            }
            match self.sessions.see(name, write) {
                Seen::New => {}
                Seen::Refused(refusal) => {
                    let about = About {
                        topic: Some(topic),
                        write: Some(write),
                        request: None,
                    };
                    return self.refuse(id, &refusal, about, emit);
                }
                Seen::Repeat if self.is_pending(name, write) => return,
                Seen::Repeat => return self.reply(id, &ServerFrame::Ack { id: write }, emit),
            }
        }
        let checked = match put_off {
            Some(refusal) => Err(refusal),
            None => check_topic(topic)
                .map_err(|error| bad_topic(&error))
                .and_then(|()| self.may(id, Action::Write(topic)))
                .and_then(|()| self.make_topic(topic, emit))
                .and_then(|()| self.check_write(topic)),
        };
        let index = match checked {
            Ok(index) => index,
            Err(refusal) => return self.refuse_write(id, write, topic, &refusal, emit),
        };
        if let Some(client) = self.clients.get_mut(id) {
            client.writes_pending += 1;
        }
        let schema_type = self.topics[index as usize].spec.schema_type.as_deref();
        let announced = self
            .clients
            .get(id)
            .and_then(|client| client.older_version(schema_type));
        let token = self.take_token();
        let pending = PendingWrite {
            client: id,
            session,
            id: write,
            topic: topic.into(),
        };
        self.writes.insert(token, pending);
        let (name, cause) = (
            self.topics[index as usize].name.clone(),
            Cause { client: id, write },
        );
        emit(Effect::Write {
            token: WriteToken(token),
            topic: name,
            payload: text,
            announced,
            cause,
        });
    }

    /// Whether the first of several equal writes still waits for the root: its answer will do.
    ///
    /// This server's root answers each write before it hands on the next frame, so there it is never
    /// so. The hub allows a root to answer later, and then an `ack` here could precede a refusal.
    pub(super) fn is_pending(&self, name: &str, write: u64) -> bool {
        self.writes
            .values()
            .any(|pending| pending.id == Some(write) && pending.session.as_deref() == Some(name))
    }

    /// The same cause, where its client has come back over another connection since it wrote: the echo is still its own.
    pub(super) fn where_it_is_now(&self, cause: Cause) -> Cause {
        if self.clients.get(cause.client).is_some() {
            return cause;
        }
        let mut waiting = self.writes.values();
        let write = waiting
            .find(|pending| pending.client == cause.client && pending.id == cause.write)
            .and_then(|pending| self.sessions.connection(pending.session.as_deref()?));
        write.map_or(cause, |client| Cause { client, ..cause })
    }

    /// Makes the topic of a template's first write.
    fn make_topic(&mut self, topic: &str, emit: Emit<'_>) -> Result<(), Refusal> {
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

    fn too_many_pending(&self, id: ClientId) -> Option<Refusal> {
        let pending = self.clients.get(id)?.writes_pending;
        (pending >= self.limits.writes_pending_max).then(|| {
            let message = format!("{pending} writes wait for their answer already");
            refusal(ErrorCode::ServerError, "too_many_pending", message)
        })
    }

    /// Whether a new write is to come again later: since the client asked for too much, or since an earlier one of
    /// the same connection is to come again. Were the later one taken first, the earlier would count as a repeat
    /// of what was taken, and be lost.
    fn waits(&mut self, id: ClientId, write: u64, is_too_much: bool) -> bool {
        let Some(client) = self.clients.get_mut(id) else {
            return false;
        };
        if !client.comes_again {
            return false;
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

    /// Refuses a write and remembers it: a later write of the session may be taken before the
    /// client learns of this refusal and sends both again.
    pub(super) fn refuse_write(
        &mut self,
        id: ClientId,
        write: Option<u64>,
        topic: &str,
        refusal: &Refusal,
        emit: Emit<'_>,
    ) {
        let session = self
            .clients
            .get(id)
            .and_then(|client| client.session.clone());
        if let (Some(name), Some(write)) = (session, write) {
            self.sessions.refuse(&name, write, refusal);
        }
        let about = About {
            topic: Some(topic),
            write,
            request: None,
        };
        self.refuse(id, refusal, about, emit);
    }

    pub(super) fn write_answered(
        &mut self,
        token: WriteToken,
        answer: Result<(), Refusal>,
        emit: Emit<'_>,
    ) {
        let Some(pending) = self.writes.remove(&token.0) else {
            return emit(Effect::Fault(Fault::UnknownToken { token: token.0 }));
        };
        if let Some(client) = self.clients.get_mut(pending.client) {
            client.writes_pending -= 1;
        }
        // The client may have come back over another connection in the meantime.
        let connection = match &pending.session {
            Some(name) => self.sessions.connection(name),
            None => Some(pending.client),
        };
        if let (Some(name), Some(write), Err(refusal)) = (&pending.session, pending.id, &answer) {
            self.sessions.refuse(name, write, refusal);
        }
        let Some(client) = connection else { return };
        match (answer, pending.id) {
            (Err(refusal), write) => {
                let about = About {
                    topic: Some(&pending.topic),
                    write,
                    request: None,
                };
                self.refuse(client, &refusal, about, emit);
            }
            (Ok(()), Some(write)) if pending.session.is_some() => {
                self.reply(client, &ServerFrame::Ack { id: write }, emit);
            }
            // A published client expects no word about success.
            (Ok(()), _) => {}
        }
    }
}
