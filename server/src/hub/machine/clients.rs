//! Clients coming, falling silent and going; what is sent to them within their credit.
//!
//! Guarantees: credit and the bound on unread answers hold for every client. Does not: know what
//! a frame says.

use super::{About, Hub};
use crate::hub::api::{ClientId, Effect, Emit, Refusal};
use crate::hub::client::{Bucket, Client};
use crate::hub::limits::Limits;
use crate::hub::{CLOSE_GOING_AWAY, CLOSE_POLICY, CLOSE_TRY_LATER};
use aimdb_ws_protocol::{ServerFrame, WireError};
use std::borrow::Cow;

impl Hub {
    pub(super) fn connected(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) {
        if self.stopped {
            let reason = "the server stops";
            return emit(Effect::Close {
                client: id,
                code: CLOSE_GOING_AWAY,
                reason,
            });
        }
        if self.clients.len() >= self.limits.clients_max {
            let reason = "the server is full";
            return emit(Effect::Close {
                client: id,
                code: CLOSE_TRY_LATER,
                reason,
            });
        }
        let Limits {
            frames_per_second_max,
            frames_burst_max,
            ..
        } = self.limits;
        let bucket = Bucket::new(frames_per_second_max, frames_burst_max, now_ms);
        self.clients.insert(id, Client::new(bucket, now_ms));
        self.announce_wake(emit);
    }

    pub(super) fn close(&mut self, id: ClientId, code: u16, reason: &'static str, emit: Emit<'_>) {
        emit(Effect::Close {
            client: id,
            code,
            reason,
        });
        self.remove(id);
    }

    pub(super) fn remove(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            for index in client.feeds.keys() {
                self.topics[*index].followers.remove(&id);
            }
            if let Some(name) = client.session {
                self.sessions.unbind(&name, id);
            }
            self.queries.retain(|_, query| query.client != id);
        }
    }

    pub(super) fn timer(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.wake_at = None;
        let mut silent = Vec::new();
        for (id, client) in &mut self.clients {
            let silence_ms = now_ms.saturating_sub(client.heard_at);
            if silence_ms >= self.limits.silent_ms_max {
                silent.push(*id);
            } else if silence_ms >= self.limits.ping_after_ms && !client.pinged {
                client.pinged = true;
                emit(Effect::PingSocket { client: *id });
            }
        }
        for id in silent {
            self.close(
                id,
                CLOSE_GOING_AWAY,
                "nothing was heard from the client",
                emit,
            );
        }
        self.announce_wake(emit);
    }

    /// A life sign only postpones deadlines, so they are looked at when one has come or when a
    /// client has.
    pub(super) fn announce_wake(&mut self, emit: Emit<'_>) {
        let Limits {
            ping_after_ms,
            silent_ms_max,
            ..
        } = self.limits;
        let deadlines = self.clients.values().map(|client| {
            let patience_ms = if client.pinged {
                silent_ms_max
            } else {
                ping_after_ms
            };
            client.heard_at.saturating_add(patience_ms)
        });
        if let Some(at_ms) = deadlines.min()
            && self.wake_at.is_none_or(|announced| at_ms < announced)
        {
            self.wake_at = Some(at_ms);
            emit(Effect::WakeAt { at_ms });
        }
    }

    /// Sends what a client's credit allows.
    pub(super) fn pump(&mut self, id: ClientId, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        while client.frames_in_flight < self.limits.frames_in_flight_max {
            let text = match client.replies.pop_front() {
                Some(text) => text,
                None => {
                    let Some(index) = client.queue.pop_front() else {
                        return;
                    };
                    let Some(feed) = client.feeds.get_mut(&index) else {
                        continue;
                    };
                    feed.queued = false;
                    let topic = &mut self.topics[index];
                    let schema_type = topic.spec.schema_type.as_deref();
                    let older = client
                        .older
                        .iter()
                        .find(|(name, _)| Some(name.as_str()) == schema_type);
                    let older = older
                        .and_then(|(name, version)| Some((self.contracts.get(name)?, *version)));
                    let text = topic.next_frame(feed, id, older);
                    if topic.is_due(feed) {
                        client.enqueue(index);
                    }
                    match text {
                        Some(text) => text,
                        None => continue,
                    }
                }
            };
            client.frames_in_flight += 1;
            emit(Effect::Send { client: id, text });
        }
    }

    /// Puts an answer into a client's queue; who does not read answers is closed.
    pub(super) fn reply(&mut self, id: ClientId, frame: &ServerFrame<'_>, emit: Emit<'_>) {
        self.reply_text(id, frame.encode(), emit);
    }

    pub(super) fn reply_text(&mut self, id: ClientId, text: String, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if client.replies.len() >= self.limits.replies_max {
            return self.close(id, CLOSE_POLICY, "too many answers were not read", emit);
        }
        client.replies.push_back(text.into());
    }

    pub(super) fn refuse(
        &mut self,
        id: ClientId,
        refusal: &Refusal,
        about: About<'_>,
        emit: Emit<'_>,
    ) {
        let error = WireError {
            code: refusal.code,
            topic: about.topic.map(Cow::Borrowed),
            message: Cow::Borrowed(&refusal.message),
            id: about.write,
            request: about.request.map(Cow::Borrowed),
            reason: Some(Cow::Borrowed(&refusal.reason)),
        };
        self.reply(id, &ServerFrame::Error(error), emit);
    }
}
