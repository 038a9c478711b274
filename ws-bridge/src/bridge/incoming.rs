//! What the server says: values, answers, refusals, greetings.
//!
//! Guarantees: a value moves no deadline forward, so the hot path announces nothing. Does not:
//! touch the link except to note that somebody is there.

use super::{Bridge, Link, Peer};
use crate::LASTING_MS;
use crate::api::{Effect, Emit, Now, Refusal, RequestFailure, UnknownReason, ValueHead};
use crate::error::BridgeError;
use crate::inbox::Admitted;
use crate::shared::Author;
use aimdb_ws_protocol::{
    CHAIN_SINCE_VERSION, CONDITION_SINCE_VERSION, ErrorCode, FrameError, ServerFrame, ServerHello,
    VALUE_VERSION_SINCE_VERSION, WireError,
};
use alloc::boxed::Box;

/// The reasons for which our server wants a frame later, and not never.
fn is_later(reason: Option<&str>) -> bool {
    matches!(
        reason,
        Some("rate_limited" | "too_many_pending" | "too_many_unsettled")
    )
}

impl Bridge {
    /// Somebody is there, whatever they say. Gives whether a ping waited for that; nothing without a connection.
    fn hear(&mut self, now: Now) -> Option<bool> {
        match &mut self.link {
            Link::Open {
                heard_at,
                pong_due_at,
                ..
            } => {
                *heard_at = now.mono_ms;
                Some(pong_due_at.take().is_some())
            }
            Link::Off | Link::Asking | Link::Opening { .. } | Link::Waiting { .. } => None,
        }
    }

    /// Takes a value. False when that moved no deadline forward.
    pub(super) fn value(&mut self, head: &ValueHead<'_>, now: Now, emit: Emit<'_>) -> bool {
        let Some(waited) = self.hear(now) else {
            return false;
        };
        self.alive(emit);
        let is_wanted = self.options.late_join || head.kind == crate::DeliveryKind::Data;
        if !is_wanted {
            return waited;
        }
        match self.inbox.admit(head.topic, head.kind, head.seq) {
            Admitted::No => return waited,
            Admitted::Yes => {}
            Admitted::Regressed => emit(Effect::Restarted),
        }
        if let Some(missed) = head.gap.filter(|missed| *missed > 0) {
            emit(Effect::Lagged {
                topic: head.topic,
                missed,
            });
        }
        if head.full {
            let author = head.by.map(|by| self.outbox.author(by));
            let own = match author {
                Some(Author::Known(write)) => Some(write),
                _ => None,
            };
            emit(Effect::Deliver {
                topic: head.topic,
                kind: head.kind,
                ts: head.ts,
                seq: head.seq,
                by: own,
                is_unsure: author == Some(Author::Unsure),
            });
        }
        waited
    }

    /// Takes any other frame.
    pub(super) fn frame(
        &mut self,
        frame: Result<ServerFrame<'_>, FrameError>,
        now: Now,
        emit: Emit<'_>,
    ) {
        // What cannot be read is no sign that the server will never say who it is, nor is the word about a token, which comes
        // before that: its answer is still due.
        let is_noise = match &frame {
            Ok(frame) => matches!(frame, ServerFrame::AuthOk { .. }),
            Err(error) => !matches!(error, FrameError::UnknownType { .. }),
        };
        let is_heard = match is_noise && self.peer == Peer::Unknown {
            true => self.is_open(),
            false => self.hear(now).is_some(),
        };
        if !is_heard {
            return;
        }
        match frame {
            Ok(ServerFrame::Error(error)) => self.server_error(error, now, emit),
            Err(error) => {
                // A newer server may say more than we understand.
                if !matches!(error, FrameError::UnknownType { .. }) {
                    emit(Effect::Error(BridgeError::Frame(error)));
                }
            }
            Ok(ServerFrame::Pong { hello }) => {
                self.greeted(hello.as_ref(), now, emit);
                if let Some(contracts) = hello.and_then(|hello| hello.contracts) {
                    self.has_contracts = true;
                    emit(Effect::PeerContracts(&contracts));
                }
                self.flush(now, emit);
            }
            Ok(frame) => {
                self.alive(emit);
                self.answer(&frame, now, emit);
            }
        }
    }

    fn answer(&mut self, frame: &ServerFrame<'_>, now: Now, emit: Emit<'_>) {
        match frame {
            ServerFrame::Gone { topic } => {
                self.inbox.forget_topic(topic);
                emit(Effect::Gone { topic });
            }
            ServerFrame::Expected { last } => {
                self.outbox.go_on_from(*last, emit);
                self.flush(now, emit);
            }
            ServerFrame::Ack { id, .. } => {
                self.outbox.acknowledge(*id, emit);
                self.pace.succeeded();
                self.flush(now, emit);
            }
            ServerFrame::ContractList { id, contracts } => {
                if let Some(request) = self.requests.take(id) {
                    emit(Effect::ContractList { request, contracts });
                }
            }
            ServerFrame::TopicList { id, topics } => {
                if let Some(request) = self.requests.take(id) {
                    emit(Effect::TopicList { request, topics });
                }
            }
            ServerFrame::QueryResult { id, records, total } => {
                if let Some(request) = self.requests.take(id) {
                    let total = *total;
                    emit(Effect::QueryResult {
                        request,
                        records,
                        total,
                    });
                }
            }
            ServerFrame::AuthOk { until, now: told } => {
                let life_ms = until.map(|until| until.saturating_sub(*told));
                self.token_taken(life_ms, now, emit);
            }
            ServerFrame::AuthExpired => self.token_expired(now, emit),
            // Values come by their heads, and the rest was looked at before.
            ServerFrame::Subscribed { .. }
            | ServerFrame::Data { .. }
            | ServerFrame::Snapshot { .. }
            | ServerFrame::Pong { .. }
            | ServerFrame::Error(_) => {}
        }
    }

    /// The first answer to a ping on a connection tells what kind of server it is; later pongs
    /// carry no hello and say nothing new.
    pub(super) fn greeted(&mut self, hello: Option<&ServerHello<'_>>, now: Now, emit: Emit<'_>) {
        match hello {
            Some(hello) => {
                self.peer = Peer::Ours;
                self.outbox.chain(hello.version >= CHAIN_SINCE_VERSION);
                let hears = hello.version >= VALUE_VERSION_SINCE_VERSION;
                self.outbox.tell_versions(hears);
                let judge = Some(&*hello.server);
                let judges = hello.version >= CONDITION_SINCE_VERSION;
                self.outbox.judged_by(judge.filter(|_| judges), emit);
                self.outbox.set_clock(hello.now, now);
                self.keep_to(hello, now);
                if self.instance.as_deref() != Some(&*hello.server) {
                    let before = self.instance.replace((*hello.server).into());
                    self.begin_anew(before.is_some(), emit);
                }
            }
            None if self.peer == Peer::Unknown => {
                self.peer = Peer::Published;
                self.outbox.chain(false);
                self.outbox.tell_versions(false);
                self.outbox.judged_by(None, emit);
                self.outbox.set_clock(None, now);
                self.outbox.keep_to(None, None);
                self.pace.keep_to(None, now.mono_ms);
                let before = self.instance.take();
                self.begin_anew(before.is_some(), emit);
            }
            None => {}
        }
        self.alive(emit);
    }

    /// Another instance answers, with numbers of its own.
    fn begin_anew(&mut self, is_another: bool, emit: Emit<'_>) {
        self.inbox.forget_versions();
        if is_another {
            emit(Effect::Restarted);
        }
    }

    fn keep_to(&mut self, hello: &ServerHello<'_>, now: Now) {
        let limits = hello.limits.as_ref();
        self.outbox.keep_to(
            limits.map(|limits| limits.message_bytes),
            limits.map(|limits| limits.writes_pending),
        );
        let rate = limits.map(|limits| (limits.frames_per_second, limits.frames_burst));
        self.pace.keep_to(rate, now.mono_ms);
    }

    fn server_error(&mut self, error: WireError<'_>, now: Now, emit: Emit<'_>) {
        if self.peer == Peer::Ours && is_later(error.reason.as_deref()) && self.put_off(&error, now)
        {
            return;
        }
        if let Some(request) = self.request_of(&error) {
            let failure = RequestFailure::Refused(Refusal::from(&error));
            return emit(Effect::RequestFailed { request, failure });
        }
        if let Some(id) = error.id {
            if error.reason.as_deref() == Some("fenced") && self.outbox.shares() {
                // Whoever came later sends it.
                if self.outbox.lead(false, now, emit) {
                    emit(Effect::Overtaken);
                }
                return;
            }
            let unknown = match error.reason.as_deref() {
                Some("gone") => Some(UnknownReason::Forgotten),
                Some("fenced") => Some(UnknownReason::Fenced),
                _ => None,
            };
            if let Some(reason) = unknown
                && self.outbox.end_as_unknown(id, reason, emit)
            {
                return self.flush(now, emit);
            }
            // A write that has ended was reported then.
            if self.outbox.refuse(id, Refusal::from(&error), emit) || self.outbox.knows(id) {
                return self.flush(now, emit);
            }
        }
        if error.code == ErrorCode::Unauthorized {
            self.renewal_refused(now);
        }
        emit(Effect::Error(BridgeError::Server(Box::new(error))));
    }

    /// The request that an error answers. A published server names none; where one alone waits, and the error is
    /// about no topic, that one is meant.
    fn request_of(&mut self, error: &WireError<'_>) -> Option<crate::RequestId> {
        match &error.request {
            Some(name) => self.requests.take(name),
            None if self.peer == Peer::Ours || error.topic.is_some() || error.id.is_some() => None,
            None => self.requests.take_only(),
        }
    }

    /// Takes back what the server wants later; false when that is nothing of ours, or was put off too often.
    fn put_off(&mut self, error: &WireError<'_>, now: Now) -> bool {
        let again_at = now.mono_ms.saturating_add(LASTING_MS / 5);
        let is_known = match (error.id, &error.request) {
            (Some(id), _) => self.outbox.put_off(id),
            (None, Some(name)) => self.requests.put_off(name, again_at),
            // What is left is a `subscribe`: to ask for all again does no harm.
            (None, None) => match &mut self.link {
                Link::Open { subscribe_at, .. } => {
                    *subscribe_at = Some(again_at);
                    true
                }
                _ => false,
            },
        };
        if is_known {
            self.pace.put_off(now.mono_ms);
        }
        is_known
    }
}
