//! What clients say: one frame at a time, within their rate.
//!
//! Guarantees: each frame that asks for something is answered. Does not: apply writes (see
//! `writes`) or look up history; the root does.

use super::{About, Hub, refusal};
use crate::hub::api::{ClientId, Effect, Emit, Fault, Refusal};
use crate::hub::contracts::Comparison;
use crate::hub::gate::Denial;
use crate::hub::ledger::account_name;
use crate::hub::{CLOSE_POLICY, RATE_REFUSALS_MAX};
use aimdb_ws_protocol::{
    CHAIN_SINCE_VERSION, ClientFrame, ClientHello, ErrorCode, FrameError, HeldContract,
    LATER_SINCE_VERSION, LIMITS_SINCE_VERSION, PROTOCOL_VERSION, ServerFrame, ServerHello,
    ServerLimits,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Hub {
    pub(super) fn frame(&mut self, id: ClientId, text: &str, now_ms: u64, emit: Emit<'_>) {
        self.finish(id);
        let Some(allowed) = self.take_from_rate(id, now_ms, emit) else {
            return;
        };
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        client.bucket.charge_bytes(text.len());
        if self.gate.is_some() && client.pass.is_none() && !self.enter(id, text, now_ms, emit) {
            return;
        }
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let (bytes, bytes_max) = (text.len(), self.limits.message_bytes_max);
        let decoded = match (bytes > bytes_max, &client.session) {
            (true, _) => Err(FrameError::TooLarge { bytes, bytes_max }),
            (false, Some(_)) => ClientFrame::decode(text),
            (false, None) => ClientFrame::decode_plain(text),
        };
        match decoded {
            Err(error) => {
                let code = ErrorCode::SerializationError;
                let refusal = refusal(code, error.reason(), error.to_string());
                let about = About {
                    write: unreadable_write_id(text, &error),
                    ..About::default()
                };
                self.refuse(id, &refusal, about, emit);
            }
            Ok(frame) => {
                let over_rate = (!allowed).then(|| self.rate_refusal());
                self.decoded(id, frame, over_rate, emit);
            }
        }
    }

    pub(super) fn binary_frame(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) {
        let allowed = self.take_from_rate(id, now_ms, emit);
        if allowed.is_some() && self.is_outside(id) {
            return self.turn_away(id, Denial::Missing, emit);
        }
        let refusal = match allowed {
            None => return,
            Some(false) => self.rate_refusal(),
            Some(true) => {
                let message = "binary frames are not part of the protocol; send JSON text";
                refusal(ErrorCode::SerializationError, "binary_frame", message)
            }
        };
        self.refuse(id, &refusal, About::default(), emit);
    }

    /// A sign of life costs as much as a frame: it is work too, and may come as a flood.
    pub(super) fn alive(&mut self, id: ClientId, count: u32, now_ms: u64, emit: Emit<'_>) {
        for _ in 0..count {
            // Beyond the rate it is only counted: no frame of the protocol answers it.
            if self.take_from_rate(id, now_ms, emit).is_none() {
                return;
            }
        }
    }

    /// Notes that a client was heard and says whether that was within its rate; `None` when the
    /// client is gone, or closed now because it went too far.
    fn take_from_rate(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) -> Option<bool> {
        let client = self.clients.get_mut(id)?;
        client.heard(now_ms);
        let allowed = client.bucket.take(now_ms);
        if client.bucket.refused() > RATE_REFUSALS_MAX {
            self.close(id, CLOSE_POLICY, "too many messages", emit);
            return None;
        }
        Some(allowed)
    }

    pub(super) fn rate_refusal(&self) -> Refusal {
        let most = self.limits.frames_per_second_max;
        let message = format!("at most {most} messages a second are taken");
        refusal(ErrorCode::Forbidden, "rate_limited", message)
    }

    pub(super) fn decoded(
        &mut self,
        id: ClientId,
        frame: ClientFrame<'_>,
        over_rate: Option<Refusal>,
        emit: Emit<'_>,
    ) {
        match (frame, over_rate) {
            (
                ClientFrame::Write {
                    topic,
                    payload,
                    id: write,
                    after,
                    until,
                    condition,
                    version,
                },
                over_rate,
            ) => {
                let write = write.map(|write| (write, after, until));
                let write = (&*topic, (payload.get(), version), write, condition);
                self.write(id, write, over_rate, emit);
            }
            // Beyond the rate as well: without it the connection ends.
            (ClientFrame::Auth { token }, _) => {
                let now_ms = self.clients.get(id).map_or(0, |client| client.heard_at);
                if let Some(client) = self.clients.get_mut(id) {
                    client.hears_of_tokens = true;
                }
                self.show(id, &token, now_ms, emit);
            }
            // To drop it would keep what the client does not need.
            (ClientFrame::Settled { id: write }, _) => self.settled(id, write, emit),
            (ClientFrame::Contracts { id: request, names }, None) => {
                self.send_contracts(id, request, &names, emit);
            }
            (ClientFrame::ListTopics { id: request }, None) => self.list_topics(id, request, emit),
            (
                ClientFrame::Query {
                    id: request,
                    pattern,
                    from,
                    to,
                    limit,
                },
                None,
            ) => {
                self.query(id, &request, &pattern, (from, to, limit), emit);
            }
            (
                ClientFrame::ListTopics { id: request }
                | ClientFrame::Contracts { id: request, .. }
                | ClientFrame::Query { id: request, .. },
                Some(refusal),
            ) => {
                self.refuse_request(id, &request, &refusal, emit);
            }
            (_, Some(refusal)) => self.refuse(id, &refusal, About::default(), emit),
            (ClientFrame::Ping { hello }, None) => self.ping(id, hello, emit),
            (ClientFrame::Subscribe { topics, since }, None) => {
                self.note_since(id, since);
                self.subscribe(id, topics, emit);
            }
            (ClientFrame::Unsubscribe { topics }, None) => self.unsubscribe(id, &topics),
        }
    }

    pub(super) fn ping(&mut self, id: ClientId, hello: Option<ClientHello<'_>>, emit: Emit<'_>) {
        if let Some(hello) = &hello
            && let Some(client) = self.clients.get_mut(id)
        {
            client.comes_again = hello.version >= LATER_SINCE_VERSION;
            client.chains = hello.version >= CHAIN_SINCE_VERSION;
            client.epoch = hello.epoch.unwrap_or(0);
            let subject = client.pass.as_ref().map(|pass| &*pass.subject);
            let name = account_name(subject, &hello.client);
            let (is_known, now_ms) = (client.session.is_some(), client.heard_at);
            // One connection must not push the names of others out of memory.
            let is_other = |known: &Arc<str>| **known != *name;
            if client.session.as_ref().is_some_and(is_other) {
                let message = "this connection has said hello with another name";
                let refusal = refusal(ErrorCode::Forbidden, "hello_repeated", message);
                return self.refuse(id, &refusal, About::default(), emit);
            }
            // Said again, it may be with a higher epoch: whoever sends now is to be told where the chain stands.
            client.expected_told = None;
            client.session = Some(self.ledger.bind(&name, client.epoch, id));
            // That of the first one was looked at before anything else.
            let token = hello
                .token
                .as_deref()
                .filter(|_| is_known || self.gate.is_none());
            if let Some(token) = token {
                self.show(id, token, now_ms, emit);
            }
            let Some(client) = self.clients.get(id) else {
                return;
            };
            let (name, epoch) = (client.session.clone(), client.epoch);
            if let Some(name) = name
                && self.ledger.fence(&name, epoch)
            {
                emit(Effect::Fenced {
                    client: name,
                    epoch,
                });
            }
        }
        let server = self.instance.clone().into();
        let hello = hello.map(|hello| ServerHello {
            version: PROTOCOL_VERSION,
            server,
            limits: (hello.version >= LIMITS_SINCE_VERSION).then(|| self.told_limits()),
            now: (hello.version >= CHAIN_SINCE_VERSION)
                .then(|| self.clients.get(id).map(|client| client.heard_at))
                .flatten(),
            contracts: hello
                .contracts
                .map(|held| self.compare_contracts(id, &held, emit)),
        });
        self.reply(id, &ServerFrame::Pong { hello }, emit);
    }

    /// What a client has to keep to.
    fn told_limits(&self) -> ServerLimits {
        ServerLimits {
            message_bytes: self.limits.message_bytes_max as u64,
            frames_per_second: self.limits.frames_per_second_max.into(),
            frames_burst: self.limits.frames_burst_max.into(),
            subscriptions: self.limits.subscriptions_max as u64,
            writes_pending: self.limits.writes_pending_max as u64,
        }
    }

    /// Notes which contracts a client holds in an older version, tells it of those that cannot be
    /// reconciled, and gives what is held here under the same names.
    fn compare_contracts(
        &mut self,
        id: ClientId,
        held: &[HeldContract<'_>],
        emit: Emit<'_>,
    ) -> Vec<HeldContract<'static>> {
        let (mut older, mut ours, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        let known_names = self.known_contracts(id);
        for contract in held {
            let may_know = |known: &BTreeSet<String>| known.contains(&*contract.name);
            // What it may not know of is as if it were not there.
            if !known_names.as_ref().is_none_or(may_know) {
                continue;
            }
            let Some(known) = self.contracts.get(&*contract.name) else {
                continue;
            };
            ours.push(known.held());
            let (name, version) = (contract.name.to_string(), contract.version);
            match known.compare(contract) {
                Comparison::Fine => {}
                Comparison::Older(version) => older.push((name, version)),
                Comparison::TooOld => {
                    let ours = known.version();
                    let message = format!(
                        "the contract {name} has version {ours} here, and no migrations lead to version \
                         {version}: update the client"
                    );
                    refusals.push(refusal(ErrorCode::ServerError, "contract_too_old", message));
                }
                Comparison::Mismatch => {
                    let message = format!(
                        "the contract {name}, version {version}, is another one here: what the two sides \
                         take differs; give one of them another version"
                    );
                    refusals.push(refusal(
                        ErrorCode::ServerError,
                        "contract_mismatch",
                        message,
                    ));
                    emit(Effect::Fault(Fault::ContractMismatch { name, version }));
                }
            }
        }
        if let Some(client) = self.clients.get_mut(id) {
            client.tells_contracts = true;
            client.older = older;
        }
        for refusal in refusals {
            self.refuse(id, &refusal, About::default(), emit);
        }
        ours
    }
}

/// The id of a write that is too large or lacks another field, so that its client learns which one it was. Only
/// such a text is read a second time.
fn unreadable_write_id(text: &str, error: &FrameError) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct WriteId<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        id: u64,
    }
    match error {
        FrameError::Field { frame: "write", .. } | FrameError::TooLarge { .. } => {
            let read = serde_json::from_str(text).ok();
            read.filter(|WriteId { kind, .. }| kind == "write")
                .map(|WriteId { id, .. }| id)
        }
        _ => None,
    }
}
