//! Tokens: who is let in, how that is renewed, and how it ends.
//!
//! Guarantees: where there is a gate, a client is told nothing before its token was taken, and what it follows is granted
//! at any time; a pass that was not renewed ends [`AUTH_GRACE_MS`] after its token. Does not: read tokens; the gate does.

use super::{About, Hub, refusal};
use crate::hub::api::{ClientId, Effect, Emit, QueryToken, Refusal};
use crate::hub::gate::{Denial, Gate, Pass};
use crate::hub::permit::Action;
use crate::hub::{AUTH_GRACE_MS, AUTH_WITHIN_MS};
use aimdb_ws_protocol::{CLOSE_UNAUTHORIZED, ClientFrame, ErrorCode, ServerFrame};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What reading a token costs, in places of the index: to check a signature takes a tenth of a millisecond.
const TOKEN_STEPS: usize = 1_024;

impl Hub {
    /// Lets nobody in from now on whose token the gate does not take.
    pub fn guard(&mut self, gate: Arc<dyn Gate>) {
        self.gate = Some(gate);
    }

    /// Whether a client has not shown yet that it may be here.
    #[must_use]
    pub fn is_outside(&self, client: ClientId) -> bool {
        self.gate.is_some()
            && self
                .clients
                .get(client)
                .is_some_and(|client| client.pass.is_none())
    }

    /// The first message of a client: one that has a token.
    pub(super) fn enter(&mut self, id: ClientId, text: &str, now_ms: u64, emit: Emit<'_>) -> bool {
        let token = match ClientFrame::decode_plain(text) {
            Ok(ClientFrame::Ping { hello: Some(hello) }) => hello.token.map(Cow::into_owned),
            _ => None,
        };
        match token {
            Some(token) => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.hears_of_tokens = true;
                }
                self.show(id, &token, now_ms, emit);
            }
            None => self.turn_away(id, Denial::Missing, emit),
        }
        self.clients.get(id).is_some()
    }

    /// A token came: of somebody outside, or to renew what it has.
    pub(super) fn show(&mut self, id: ClientId, token: &str, now_ms: u64, emit: Emit<'_>) {
        let Some(gate) = self.gate.clone() else {
            // Everything is granted, without an end.
            return self.reply(id, &auth_ok(None, now_ms), emit);
        };
        let admitted = gate.admit(token, now_ms);
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        client.bucket.charge_steps(TOKEN_STEPS);
        let before = client.pass.as_ref();
        let admitted = admitted.and_then(|pass| match before {
            Some(before) if before.subject != pass.subject => Err(Denial::Subject),
            _ => Ok(pass),
        });
        match admitted {
            Ok(pass) => self.let_in(id, pass, now_ms, emit),
            Err(denial) if before.is_none() => self.turn_away(id, denial, emit),
            Err(denial) => {
                let message =
                    "this token is not taken; the one before it still counts until it expires";
                let refusal = refusal(ErrorCode::Unauthorized, denial.reason(), message);
                self.refuse(id, &refusal, About::default(), emit);
            }
        }
    }

    fn let_in(&mut self, id: ClientId, pass: Pass, now_ms: u64, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let until = pass.until_ms;
        if client.who.is_empty() {
            client.who = pass.subject.clone();
        }
        client.is_expired = false;
        client.pass = Some(pass);
        if client.hears_of_tokens {
            self.reply(id, &auth_ok(until, now_ms), emit);
        }
        self.end_what_is_not_granted(id, emit);
        if let Some(until) = until {
            self.announce_wake(until, emit);
        }
    }

    /// Ends what an earlier token granted and this one does not.
    fn end_what_is_not_granted(&mut self, id: ClientId, emit: Emit<'_>) {
        let Some(client) = self.clients.get(id) else {
            return;
        };
        let Some(grants) = client.pass.as_ref().map(|pass| pass.grants.clone()) else {
            return;
        };
        let ended = client.patterns.iter();
        let ended = ended.filter(|pattern| !grants.allow(Action::Subscribe(pattern)));
        let ended: Vec<Cow<'_, str>> = ended
            .map(|pattern| Cow::Owned(pattern.as_str().to_owned()))
            .collect();
        if !ended.is_empty() {
            self.unsubscribe(id, &ended);
            self.finish(id);
        }
        for pattern in &ended {
            let about = About {
                topic: Some(pattern),
                ..About::default()
            };
            self.refuse(id, &not_granted(), about, emit);
        }
        let of_client = self.queries.iter().filter(|(_, query)| query.client == id);
        let ended = of_client.filter(|(_, query)| !grants.allow(Action::Query(&query.pattern)));
        let ended: Vec<u64> = ended.map(|(token, _)| *token).collect();
        for token in ended {
            emit(Effect::Abandon {
                token: QueryToken(token),
            });
            self.query_answered(QueryToken(token), Err(not_granted()), emit);
        }
    }

    pub(super) fn turn_away(&mut self, id: ClientId, denial: Denial, emit: Emit<'_>) {
        self.close(id, CLOSE_UNAUTHORIZED, denial.reason(), emit);
    }

    /// Tells those whose token has expired, closes those who have not renewed it, and those who have shown none. Gives
    /// when to look again.
    pub(super) fn look_at_passes(&mut self, now_ms: u64, emit: Emit<'_>) -> Option<u64> {
        self.gate.as_ref()?;
        let (mut expired, mut over, mut next) = (Vec::new(), Vec::new(), None);
        for client in self.clients.iter_mut() {
            let (deadline, denial) = match &client.pass {
                None => (
                    client.came_at.saturating_add(AUTH_WITHIN_MS),
                    Denial::Missing,
                ),
                Some(Pass { until_ms: None, .. }) => continue,
                Some(Pass {
                    until_ms: Some(until),
                    ..
                }) if *until > now_ms => {
                    next = earlier(next, *until);
                    continue;
                }
                Some(Pass {
                    until_ms: Some(until),
                    ..
                }) => (until.saturating_add(AUTH_GRACE_MS), Denial::Expired),
            };
            if deadline <= now_ms {
                over.push((client.id, denial));
                continue;
            }
            next = earlier(next, deadline);
            if client.hears_of_tokens
                && client.pass.is_some()
                && !std::mem::replace(&mut client.is_expired, true)
            {
                expired.push(client.id);
            }
        }
        for id in expired {
            self.reply(id, &ServerFrame::AuthExpired, emit);
        }
        for (id, denial) in over {
            self.turn_away(id, denial, emit);
        }
        next
    }

    /// Whether somebody may do something: as its token grants, and as a program's own rules have it.
    pub(super) fn may(&self, id: ClientId, action: Action<'_>) -> Result<(), Refusal> {
        let Some(client) = self.clients.get(id) else {
            return Ok(());
        };
        if self.gate.is_some() {
            let pass = client.pass.as_ref();
            if !pass.is_some_and(|pass| pass.grants.allow(action)) {
                return Err(not_granted());
            }
        }
        match &self.permit {
            Some(permit) => permit.may(&client.who, action),
            None => Ok(()),
        }
    }

    /// The names of the contracts that a client may know of: those of topics that it may know of, and of templates that could
    /// make one. Nothing where it may know of all.
    pub(super) fn known_contracts(&mut self, id: ClientId) -> Option<BTreeSet<String>> {
        self.gate.as_ref()?;
        let grants = self.clients.get(id)?.pass.as_ref()?.grants.clone();
        let (mut names, mut steps) = (BTreeSet::new(), 0);
        for grant in grants.all() {
            let topics = &self.topics;
            steps += self.topic_tree.select(grant, |number| {
                let topic = &topics[*number as usize].spec;
                if let Some(name) = &topic.schema_type
                    && !names.contains(name)
                    && self.may(id, Action::List(&topic.name)).is_ok()
                {
                    names.insert(name.clone());
                }
            });
        }
        let templates = self.templates.iter();
        let templates = templates.filter(|(template, _)| grants.touch(&template.pattern));
        names.extend(templates.map(|(template, _)| template.schema_type.clone()));
        if let Some(client) = self.clients.get_mut(id) {
            client.bucket.charge_steps(steps);
        }
        Some(names)
    }
}

fn earlier(next: Option<u64>, at_ms: u64) -> Option<u64> {
    Some(next.map_or(at_ms, |next| next.min(at_ms)))
}

fn auth_ok(until: Option<u64>, now: u64) -> ServerFrame<'static> {
    ServerFrame::AuthOk { until, now }
}

/// One answer, whether there is such a topic or not.
fn not_granted() -> Refusal {
    let message = "your token does not grant this, whether there is such a topic or not";
    refusal(ErrorCode::Forbidden, "not_granted", message)
}
