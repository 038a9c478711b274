//! The writes that wait: to be sent, or to be answered.
//!
//! Guarantees: ids ascend from front to back, so order is kept; the writes already sent are a
//! prefix; there are never more than the bound; each write leaves with exactly one report.
//! Does not: know the link; the machine says when it is up, lost, or ended.

use crate::api::{DropReason, Effect, Emit, Outcome, WriteId, WritePolicy};
use crate::pace::Bucket;
use aimdb_ws_protocol::{CLIENT_FRAME_BYTES_MAX, ClientFrame, Raw, WireError, check_topic};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

struct Pending {
    id: u64,
    topic: String,
    payload: Box<str>,
    policy: WritePolicy,
    expires_at: Option<u64>,
}

impl Pending {
    fn frame(&self) -> ClientFrame<'_> {
        ClientFrame::Write {
            topic: Cow::Borrowed(&self.topic),
            payload: Raw::known(&self.payload),
            id: Some(self.id),
        }
    }
}

/// A write that was handed to the socket.
pub(crate) struct Sent<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: Raw<'a>,
}

pub(crate) struct Outbox {
    writes: VecDeque<Pending>,
    /// How many of `writes`, from the front, went over the present connection.
    sent: usize,
    next_id: u64,
    pending_max: usize,
    bucket: Bucket,
    text: String,
}

fn settle(id: u64, topic: &str, outcome: Outcome<'_>, emit: Emit<'_>) {
    emit(Effect::WriteSettled {
        write: WriteId(id),
        topic,
        outcome,
    });
}

impl Outbox {
    pub(crate) fn new(first_id: u64, pending_max: usize, bucket: Bucket) -> Self {
        let (writes, text) = (VecDeque::new(), String::new());
        Self {
            writes,
            sent: 0,
            next_id: first_id,
            pending_max,
            bucket,
            text,
        }
    }

    /// Takes a write, or reports at once why not. `refusal` is set while no write may wait or be
    /// sent at all.
    pub(crate) fn push(
        &mut self,
        (topic, payload, policy): (&str, Raw<'_>, WritePolicy),
        refusal: Option<DropReason>,
        now_ms: u64,
        emit: Emit<'_>,
    ) {
        let id = self.next_id;
        self.next_id += 1;
        emit(Effect::WriteTaken {
            write: WriteId(id),
            topic,
        });
        let refused = match refusal {
            Some(reason) => Err(reason),
            None => self.admit(id, topic, payload, policy, now_ms),
        };
        match refused {
            Err(reason) => settle(id, topic, Outcome::Dropped(reason), emit),
            Ok(pending) => {
                if policy == WritePolicy::Latest {
                    self.drop_superseded(topic, emit);
                }
                if self.writes.len() >= self.pending_max {
                    settle(id, topic, Outcome::Dropped(DropReason::QueueFull), emit);
                } else {
                    self.writes.push_back(pending);
                }
            }
        }
    }

    fn admit(
        &mut self,
        id: u64,
        topic: &str,
        payload: Raw<'_>,
        policy: WritePolicy,
        now_ms: u64,
    ) -> Result<Pending, DropReason> {
        check_topic(topic).map_err(DropReason::InvalidTopic)?;
        let expires_at = match policy {
            WritePolicy::Expire { after_ms } => Some(now_ms.saturating_add(after_ms)),
            _ => None,
        };
        let pending = Pending {
            id,
            topic: topic.into(),
            payload: payload.get().into(),
            policy,
            expires_at,
        };
        self.text.clear();
        pending.frame().encode_into(&mut self.text);
        match self.text.len() {
            bytes if bytes > CLIENT_FRAME_BYTES_MAX => Err(DropReason::TooLarge { bytes }),
            _ => Ok(pending),
        }
    }

    /// Drops the `Latest` writes of a topic that have not been sent.
    fn drop_superseded(&mut self, topic: &str, emit: Emit<'_>) {
        self.drop_unsent(emit, |write| {
            let older = write.policy == WritePolicy::Latest && write.topic == topic;
            older.then_some(DropReason::Superseded)
        });
    }

    fn drop_unsent(
        &mut self,
        emit: Emit<'_>,
        mut reason: impl FnMut(&Pending) -> Option<DropReason>,
    ) {
        let mut index = 0;
        let sent = self.sent;
        self.writes.retain(|write| {
            let dropped = if index < sent { None } else { reason(write) };
            index += 1;
            match dropped {
                None => true,
                Some(reason) => {
                    settle(write.id, &write.topic, Outcome::Dropped(reason), emit);
                    false
                }
            }
        });
    }

    /// Drops what has waited too long.
    pub(crate) fn expire(&mut self, now_ms: u64, emit: Emit<'_>) {
        if self.expires_at().is_some_and(|at| at <= now_ms) {
            self.drop_unsent(emit, |write| {
                let over = write.expires_at.is_some_and(|at| at <= now_ms);
                over.then_some(DropReason::Expired)
            });
        }
    }

    /// Sends the next write if there is one and the pace allows it. With `answers` false (the
    /// server acknowledges nothing) it is settled by being sent.
    pub(crate) fn send_next(
        &mut self,
        answers: bool,
        now_ms: u64,
        emit: Emit<'_>,
        on_sent: impl FnOnce(Sent<'_>),
    ) -> bool {
        let Some(write) = self.writes.get(self.sent) else {
            return false;
        };
        if !self.bucket.take(now_ms) {
            return false;
        }
        self.text.clear();
        write.frame().encode_into(&mut self.text);
        emit(Effect::Send(&self.text));
        on_sent(Sent {
            topic: &write.topic,
            payload: Raw::known(&write.payload),
        });
        if answers {
            self.sent += 1;
        } else if let Some(write) = self.writes.remove(self.sent) {
            settle(write.id, &write.topic, Outcome::Sent, emit);
        }
        true
    }

    /// The server has taken a write.
    pub(crate) fn acknowledge(&mut self, id: u64, emit: Emit<'_>) {
        if let Some(write) = self.take_sent(|write| write.id == id) {
            settle(write.id, &write.topic, Outcome::Acknowledged, emit);
        }
    }

    /// The server has refused a write. False when no such write waits for an answer.
    pub(crate) fn refuse(&mut self, error: &WireError<'_>, by_topic: bool, emit: Emit<'_>) -> bool {
        let write = match (error.id, &error.topic) {
            (Some(id), _) => self.take_sent(|write| write.id == id),
            (None, Some(topic)) if by_topic => self.take_sent(|write| write.topic == **topic),
            _ => None,
        };
        let Some(write) = write else { return false };
        let (reason, message) = (error.reason.as_deref(), &*error.message);
        let outcome = Outcome::Refused {
            code: error.code,
            reason,
            message,
        };
        settle(write.id, &write.topic, outcome, emit);
        true
    }

    fn take_sent(&mut self, is_it: impl Fn(&Pending) -> bool) -> Option<Pending> {
        let index = self.writes.iter().take(self.sent).position(is_it)?;
        self.sent -= 1;
        self.writes.remove(index)
    }

    /// The server turned out to answer no writes: what was sent is settled by that.
    pub(crate) fn settle_sent(&mut self, emit: Emit<'_>) {
        for write in self.writes.drain(..self.sent) {
            settle(write.id, &write.topic, Outcome::Sent, emit);
        }
        self.sent = 0;
    }

    /// The connection is gone: what was sent and not answered waits again, with its id.
    pub(crate) fn connection_lost(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.sent = 0;
        self.drop_unsent(emit, |write| {
            (write.policy == WritePolicy::Reject).then_some(DropReason::ConnectionLost)
        });
        self.drop_outdated(emit);
        self.expire(now_ms, emit);
    }

    /// Of several `Latest` writes of a topic, keeps the newest: one that was sent may have met a
    /// newer one in the queue again.
    fn drop_outdated(&mut self, emit: Emit<'_>) {
        // In order. At most as many as may wait.
        let mut seen: Vec<&str> = Vec::new();
        // Descending, since the newest is looked at first.
        let mut outdated = Vec::new();
        for write in self
            .writes
            .iter()
            .rev()
            .filter(|write| write.policy == WritePolicy::Latest)
        {
            match seen.binary_search(&write.topic.as_str()) {
                Ok(_) => outdated.push(write.id),
                Err(place) => seen.insert(place, &write.topic),
            }
        }
        drop(seen);
        if !outdated.is_empty() {
            self.drop_unsent(emit, |write| {
                outdated
                    .binary_search_by(|id| write.id.cmp(id))
                    .is_ok()
                    .then_some(DropReason::Superseded)
            });
        }
    }

    /// The session is over: nothing waits any more.
    pub(crate) fn drop_all(&mut self, emit: Emit<'_>) {
        self.sent = 0;
        self.drop_unsent(emit, |_| Some(DropReason::Disconnected));
    }

    /// When the first unsent write expires.
    pub(crate) fn expires_at(&self) -> Option<u64> {
        self.writes
            .iter()
            .skip(self.sent)
            .filter_map(|write| write.expires_at)
            .min()
    }

    /// When the pace allows the next write, if one waits.
    pub(crate) fn ready_at(&self) -> Option<u64> {
        (self.sent < self.writes.len()).then(|| self.bucket.ready_at())
    }

    pub(crate) fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether an id was given to a write of this session.
    pub(crate) fn knows(&self, id: u64, first_id: u64) -> bool {
        (first_id..self.next_id).contains(&id)
    }
}
