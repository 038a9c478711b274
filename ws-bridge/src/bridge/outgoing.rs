//! What the application wants: subscriptions, writes, requests.
//!
//! Guarantees: what cannot be sent now is kept or refused with a report. Does not: open or close
//! connections.

use super::{Bridge, Link, Peer};
use crate::api::{DropReason, Effect, Emit, Now, RequestFailure, RequestId, WritePolicy};
use crate::entry::Entry;
use crate::error::BridgeError;
use crate::followed::Followed;
use crate::pace::Pace;
use crate::requests;
use aimdb_ws_protocol::{
    CONTRACTS_ASKED_MAX, CONTRACTS_HELD_MAX, ClientFrame, HeldContract, Pattern, Since,
};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// One `subscribe` frame carries patterns of so many bytes: escapes at most double them, and the
/// frame stays below the server's limit.
const SUBSCRIBE_BYTES_MAX: usize = 24 * 1024;

impl Bridge {
    pub(super) fn subscribe(&mut self, topics: &[&str], now: Now, emit: Emit<'_>) {
        let mut fresh = Followed::default();
        for text in topics {
            match Pattern::parse(text) {
                Err(error) => {
                    emit(Effect::Error(BridgeError::Pattern {
                        pattern: text,
                        error,
                    }));
                }
                Ok(pattern) if self.inbox.follow(&pattern) => fresh.add(pattern),
                Ok(_) => {
                    emit(Effect::Error(BridgeError::TooManySubscriptions {
                        pattern: text,
                    }));
                }
            }
        }
        self.inbox.renew(&fresh);
        if self.is_open() {
            send_subscribe(fresh.patterns(), None, &mut self.pace, now.mono_ms, emit);
        }
    }

    /// Asks for all patterns: over a new connection, or again, since the server did not take some.
    pub(super) fn subscribe_to_all(&mut self, now: Now, emit: Emit<'_>) {
        if let Link::Open { subscribe_at, .. } = &mut self.link {
            *subscribe_at = None;
        }
        let patterns = self.inbox.followed().patterns();
        let since = self.instance.as_deref().filter(|_| !self.since.is_empty());
        let since = since.map(|server| Since {
            server: Cow::Borrowed(server),
            topics: self
                .since
                .iter()
                .map(|(topic, seq)| (Cow::Borrowed(topic.as_str()), *seq))
                .collect(),
        });
        send_subscribe(patterns, since, &mut self.pace, now.mono_ms, emit);
    }

    pub(super) fn unsubscribe(&mut self, topics: &[&str], now: Now, emit: Emit<'_>) {
        let left = self.inbox.leave(topics);
        if !left.is_empty() && self.is_open() {
            let topics = left.into_iter().map(Cow::Borrowed).collect();
            let text = ClientFrame::Unsubscribe { topics }.encode();
            self.pace.pay(text.len(), now.mono_ms);
            emit(Effect::Send(&text));
        }
    }

    pub(super) fn write_refusal(&self, entry: &Entry) -> Option<DropReason> {
        if self.ended {
            Some(DropReason::Disconnected)
        } else if entry.policy == WritePolicy::Reject && !self.takes_writes() {
            Some(DropReason::Offline)
        } else if entry.condition.is_some() && self.takes_writes() && !self.outbox.is_judged() {
            Some(DropReason::ConflictUnsupported)
        } else {
            None
        }
    }

    /// Sends what waits from now on. A server that is there is told first, so that it takes nothing more of who sent before.
    pub(super) fn lead(&mut self, epoch: u64, now: Now, emit: Emit<'_>) {
        self.options.epoch = epoch.max(self.options.epoch);
        if self.outbox.lead(true, now, emit) && self.is_open() {
            self.say_hello(false, now, emit);
        }
        self.flush(now, emit);
    }

    /// Whether there is a server, it has said who it is, and wants no other token first.
    pub(super) fn takes_writes(&self) -> bool {
        self.is_open() && self.peer != Peer::Unknown && !self.tokens.is_needed
    }

    pub(super) fn flush(&mut self, now: Now, emit: Emit<'_>) {
        if !self.takes_writes() {
            return;
        }
        self.outbox.expire(now, emit);
        let answers = self.peer == Peer::Ours;
        while self.outbox.send_next(answers, &mut self.pace, now, emit) {}
        if let Some(id) = self.outbox.tell_settled(now) {
            let text = ClientFrame::Settled { id }.encode();
            self.pace.pay(text.len(), now.mono_ms);
            emit(Effect::Send(&text));
        }
    }

    /// Takes over which contracts are held here; a server that is there is told again.
    pub(super) fn hold(&mut self, contracts: &[HeldContract<'_>], now: Now, emit: Emit<'_>) {
        let contracts = &contracts[..contracts.len().min(CONTRACTS_HELD_MAX)];
        if self.contracts == contracts {
            return;
        }
        let own = |contract: &HeldContract<'_>| HeldContract {
            name: Cow::Owned(contract.name.clone().into_owned()),
            version: contract.version,
            fingerprint: Cow::Owned(contract.fingerprint.clone().into_owned()),
        };
        self.contracts = contracts.iter().map(own).collect();
        if self.is_open() {
            self.say_hello(false, now, emit);
        }
    }

    pub(super) fn ask_contracts(
        &mut self,
        request: RequestId,
        names: &[&str],
        now: Now,
        emit: Emit<'_>,
    ) {
        let is_known = self.takes_writes();
        let failure = if is_known && !self.has_contracts {
            Some(RequestFailure::Unsupported)
        } else if names.len() > CONTRACTS_ASKED_MAX {
            Some(RequestFailure::TooMany)
        } else {
            None
        };
        if let Some(failure) = failure {
            return emit(Effect::RequestFailed { request, failure });
        }
        let names = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        let id = Cow::Owned(requests::name(request));
        self.request(request, &ClientFrame::Contracts { id, names }, now, emit);
    }

    pub(super) fn query(
        &mut self,
        request: RequestId,
        (pattern, from, to, limit): (&str, Option<u64>, Option<u64>, Option<u64>),
        now: Now,
        emit: Emit<'_>,
    ) {
        if let Err(error) = Pattern::parse(pattern) {
            let failure = RequestFailure::Pattern(error);
            return emit(Effect::RequestFailed { request, failure });
        }
        let (id, pattern) = (Cow::Owned(requests::name(request)), Cow::Borrowed(pattern));
        let frame = ClientFrame::Query {
            id,
            pattern,
            from,
            to,
            limit,
        };
        self.request(request, &frame, now, emit);
    }

    /// Asks at once, or as soon as there is a connection, as long as its time lasts.
    pub(super) fn request(
        &mut self,
        request: RequestId,
        frame: &ClientFrame<'_>,
        now: Now,
        emit: Emit<'_>,
    ) {
        let refusal = match self.requests.check(request) {
            Err(failure) => Some(failure),
            Ok(()) => self.ended.then_some(RequestFailure::Disconnected),
        };
        if let Some(failure) = refusal {
            return emit(Effect::RequestFailed { request, failure });
        }
        let fails_at = now.mono_ms.saturating_add(self.options.request_timeout_ms);
        self.requests.push(request, frame.encode(), fails_at);
        self.send_requests(now, emit);
    }
}

/// The first frame says where the client stood.
fn send_subscribe(
    patterns: &[Pattern],
    mut since: Option<Since<'_>>,
    pace: &mut Pace,
    now_ms: u64,
    emit: Emit<'_>,
) {
    let mut topics: Vec<Cow<'_, str>> = Vec::new();
    let mut bytes = 0;
    for (index, pattern) in patterns.iter().enumerate() {
        topics.push(Cow::Borrowed(pattern.as_str()));
        bytes += pattern.as_str().len();
        if bytes > SUBSCRIBE_BYTES_MAX || index + 1 == patterns.len() {
            let topics = core::mem::take(&mut topics);
            bytes = 0;
            let since = since.take();
            let text = ClientFrame::Subscribe { topics, since }.encode();
            pace.pay(text.len(), now_ms);
            emit(Effect::Send(&text));
        }
    }
}
