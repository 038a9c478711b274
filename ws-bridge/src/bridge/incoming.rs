//! What the server says: values, answers, refusals, greetings.
//!
//! Guarantees: a value moves no deadline forward, so the hot path announces nothing. Does not:
//! touch the link except to note that somebody is there.

use super::{Bridge, Link, Peer};
use crate::api::{DeliveryKind, Effect, Emit, RequestFailure, WriteId};
use crate::error::BridgeError;
use aimdb_ws_protocol::{FrameError, ServerFrame, WireError};

impl Bridge {
    /// Takes a frame. False when it was a value, which moves no deadline forward.
    pub(super) fn frame(
        &mut self,
        frame: Result<ServerFrame<'_>, FrameError>,
        now_ms: u64,
        emit: Emit<'_>,
    ) -> bool {
        let Link::Open {
            heard_at,
            pong_due_at,
        } = &mut self.link
        else {
            return false;
        };
        // Whatever it says, somebody is there.
        *heard_at = now_ms;
        let waited = pong_due_at.take().is_some();
        self.failures = 0;
        match frame {
            Ok(ServerFrame::Data {
                topic,
                payload,
                ts,
                seq,
                gap,
                by,
            }) => {
                let payload = payload.map(|payload| payload.get());
                let own_echo = self.is_own(&topic, payload, by, now_ms);
                if self.inbox.admit(&topic, DeliveryKind::Data, seq) {
                    if let Some(missed) = gap.filter(|missed| *missed > 0) {
                        emit(Effect::Lagged {
                            topic: &topic,
                            missed,
                        });
                    }
                    if let Some(payload) = payload {
                        let (kind, ts) = (DeliveryKind::Data, Some(ts));
                        emit(Effect::Deliver {
                            topic: &topic,
                            payload,
                            kind,
                            ts,
                            seq,
                            own_echo,
                            by: by.filter(|_| own_echo).map(WriteId),
                        });
                    }
                }
                return waited;
            }
            Ok(ServerFrame::Snapshot {
                topic,
                payload,
                seq,
            }) => {
                if self.options.late_join
                    && let Some(payload) = payload.map(|payload| payload.get())
                    && self.inbox.admit(&topic, DeliveryKind::Snapshot, seq)
                {
                    let (kind, ts, own_echo) = (DeliveryKind::Snapshot, None, false);
                    emit(Effect::Deliver {
                        topic: &topic,
                        payload,
                        kind,
                        ts,
                        seq,
                        own_echo,
                        by: None,
                    });
                }
                return waited;
            }
            Ok(ServerFrame::Pong { hello }) => {
                self.greeted(hello.as_ref().map(|hello| &*hello.server), emit);
                if let Some(contracts) = hello.and_then(|hello| hello.contracts) {
                    self.has_contracts = true;
                    emit(Effect::PeerContracts(&contracts));
                }
            }
            Ok(ServerFrame::Gone { topic }) => {
                self.inbox.forget_topic(&topic);
                emit(Effect::Gone { topic: &topic });
            }
            Ok(ServerFrame::ContractList { id, contracts }) => {
                if let Some(request) = self.requests.take(&id) {
                    emit(Effect::ContractList {
                        request,
                        contracts: &contracts,
                    });
                }
            }
            Ok(ServerFrame::Ack { id }) => self.outbox.acknowledge(id, emit),
            Ok(ServerFrame::Error(error)) => self.server_error(error, emit),
            Ok(ServerFrame::TopicList { id, topics }) => {
                if let Some(request) = self.requests.take(&id) {
                    emit(Effect::TopicList {
                        request,
                        topics: &topics,
                    });
                }
            }
            Ok(ServerFrame::QueryResult { id, records, total }) => {
                if let Some(request) = self.requests.take(&id) {
                    emit(Effect::QueryResult {
                        request,
                        records: &records,
                        total,
                    });
                }
            }
            // A newer server may say more than we understand.
            Ok(ServerFrame::Subscribed { .. }) | Err(FrameError::UnknownType { .. }) => {}
            Err(error) => emit(Effect::Error(BridgeError::Frame(error))),
        }
        true
    }

    pub(super) fn is_own(
        &mut self,
        topic: &str,
        payload: Option<&str>,
        by: Option<u64>,
        now_ms: u64,
    ) -> bool {
        match (by, payload) {
            (Some(id), _) => self.outbox.knows(id, self.options.first_write),
            (None, Some(payload)) if self.peer != Peer::Ours => {
                self.inbox.take_echo(topic, payload, now_ms)
            }
            _ => false,
        }
    }

    /// The first answer to a ping on a connection tells what kind of server it is; later pongs
    /// carry no hello and say nothing new.
    pub(super) fn greeted(&mut self, instance: Option<&str>, emit: Emit<'_>) {
        match instance {
            Some(instance) => {
                self.peer = Peer::Ours;
                self.inbox.forget_echoes();
                if self.instance.as_deref() != Some(instance) {
                    self.instance = Some(instance.into());
                    self.inbox.forget_versions();
                }
            }
            None if self.peer == Peer::Unknown => {
                self.peer = Peer::Published;
                self.outbox.settle_sent(emit);
                if self.instance.take().is_some() {
                    self.inbox.forget_versions();
                }
            }
            None => {}
        }
    }

    pub(super) fn server_error(&mut self, error: WireError<'_>, emit: Emit<'_>) {
        if let Some(name) = &error.request
            && let Some(request) = self.requests.take(name)
        {
            let (reason, message) = (error.reason.as_deref(), &*error.message);
            let failure = RequestFailure::Refused {
                code: error.code,
                reason,
                message,
            };
            return emit(Effect::RequestFailed { request, failure });
        }
        // A published server names only the topic: its oldest unanswered write is meant.
        let by_topic = self.peer != Peer::Ours;
        if self.outbox.refuse(&error, by_topic, emit) {
            return;
        }
        // A write that was superseded or dropped when its connection was lost has been reported.
        let settled = error
            .id
            .is_some_and(|id| self.outbox.knows(id, self.options.first_write));
        if !settled {
            emit(Effect::Error(BridgeError::Server(error)));
        }
    }
}
