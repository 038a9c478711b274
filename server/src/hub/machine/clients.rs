//! Clients coming, falling silent and going.
//!
//! Guarantees: nothing of a client is left when it has gone, but its session. Does not: know sockets.

use super::Hub;
use crate::hub::api::{ClientId, Effect, Emit, QueryToken};
use crate::hub::bucket::Bucket;
use crate::hub::client::Client;
use crate::hub::limits::Limits;
use crate::hub::{AUTH_WITHIN_MS, CLOSE_GOING_AWAY, CLOSE_RESTART, CLOSE_TRY_LATER};

/// Silent clients are looked for at most this often.
const TIMER_MS_MIN: u64 = 100;

impl Hub {
    pub(super) fn connected(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) {
        if self.stopped {
            return emit(Effect::Close {
                client: id,
                code: CLOSE_RESTART,
                reason: self.farewell,
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
        self.clients.insert(Client::new(id, bucket, now_ms));
        let patience_ms = match self.gate {
            Some(_) => self.limits.ping_after_ms.min(AUTH_WITHIN_MS),
            None => self.limits.ping_after_ms,
        };
        self.announce_wake(now_ms.saturating_add(patience_ms), emit);
    }

    pub(super) fn close(&mut self, id: ClientId, code: u16, reason: &'static str, emit: Emit<'_>) {
        emit(Effect::Close {
            client: id,
            code,
            reason,
        });
        self.remove(id, emit);
    }

    pub(super) fn remove(&mut self, id: ClientId, emit: Emit<'_>) {
        let Some(client) = self.clients.remove(id) else {
            return;
        };
        for number in client.feeds.topics() {
            self.topics[number as usize].remove_follower(id.place());
        }
        for pattern in &client.patterns {
            self.forget_pattern(pattern.as_str(), id.place());
        }
        self.totals.in_flight -= client.bytes_in_flight;
        self.totals.replies -= client.replies_bytes;
        self.working.retain(|working| *working != id);
        self.held_up.retain(|held_up| *held_up != id);
        if let Some(name) = client.session {
            self.ledger.unbind(&name, id);
        }
        if client.queries_pending > 0 {
            self.queries.retain(|token, query| {
                let stays = query.client != id;
                if !stays {
                    let token = QueryToken(*token);
                    emit(Effect::Abandon { token });
                }
                stays
            });
        }
    }

    /// Pings who has been silent, and closes who has been silent for too long.
    pub(super) fn timer(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.wake_at = None;
        let Limits {
            ping_after_ms,
            silent_ms_max,
            ..
        } = self.limits;
        let mut silent = Vec::new();
        let mut next = self.look_at_passes(now_ms, emit);
        for client in self.clients.iter_mut() {
            let silence_ms = now_ms.saturating_sub(client.heard_at);
            if silence_ms >= silent_ms_max {
                silent.push(client.id);
                continue;
            }
            if silence_ms >= ping_after_ms && !client.pinged {
                client.pinged = true;
                emit(Effect::PingSocket { client: client.id });
            }
            let patience_ms = match client.pinged {
                true => silent_ms_max,
                false => ping_after_ms,
            };
            let deadline = client.heard_at.saturating_add(patience_ms);
            next = Some(next.map_or(deadline, |next: u64| next.min(deadline)));
        }
        for id in silent {
            self.close(
                id,
                CLOSE_GOING_AWAY,
                "nothing was heard from the client",
                emit,
            );
        }
        if let Some(next) = next {
            self.announce_wake(next.max(now_ms + TIMER_MS_MIN), emit);
        }
    }

    /// A life sign only postpones deadlines, so all are looked at when the first has come.
    pub(super) fn announce_wake(&mut self, at_ms: u64, emit: Emit<'_>) {
        if self.wake_at.is_none_or(|announced| at_ms < announced) {
            self.wake_at = Some(at_ms);
            emit(Effect::WakeAt { at_ms });
        }
    }
}
