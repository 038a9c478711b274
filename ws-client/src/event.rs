//! What a bridge tells.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use aimdb_core::{Code, WriteError};
use aimdb_peer::session::{self, BridgeError, Outcome, Status, WriteId};
use aimdb_peer::{Action, Effect};
use futures_util::Stream;
use futures_util::task::AtomicWaker;

/// So many events wait for one who listens; of more the oldest are left out, and counted.
pub const EVENTS_MAX: usize = 1_024;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The bridge has another status.
    Status(Status),
    /// A write has ended.
    Settled(Settled),
    /// Values of a topic were missed just before the next one.
    Lagged {
        /// The topic.
        topic: String,
        /// How many.
        missed: u64,
    },
    /// A topic is no more.
    Gone {
        /// The topic.
        topic: String,
    },
    /// The server is another instance than before: what it had not yet told may be lost.
    Restarted,
    /// Something went wrong that belongs to no write and no request.
    Error {
        /// What failed, as a stable code.
        code: String,
        /// The finer why, as a stable word, where there is one.
        reason: Option<String>,
        /// A sentence for a person.
        message: String,
    },
    /// So many events were left out, since nobody took them.
    Missed(u64),
}

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The write.
    pub id: WriteId,
    /// Its topic.
    pub topic: String,
    /// The key of the record that was written, unless it was [`WsBridge::write`](crate::WsBridge::write).
    pub key: Option<String>,
    /// `acknowledged`, `sent`, `refused`, `dropped` or `unknown`.
    pub outcome: &'static str,
    /// Why, as a stable code.
    pub reason: Option<String>,
    /// Why, for a person.
    pub message: Option<String>,
    /// Where the value breaks its contract, what that asks for, and what came.
    pub violation: Option<Violation>,
}

/// How a value breaks its contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable code.
    pub code: String,
    /// The field; empty for the value as a whole.
    pub path: String,
    /// What the contract asks for.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl Event {
    /// What an effect tells; nothing of one that is work to do or an answer.
    pub(crate) fn of(effect: &Effect<'_>) -> Option<Self> {
        let told = match &effect.action {
            Action::Session(told) => told,
            Action::Confirmed => return None,
            Action::Refused(error) => {
                return Some(Self::Error {
                    code: error.code().into(),
                    reason: match error {
                        WriteError::Refused(violation) => Some(violation.reason.as_str().into()),
                        _ => None,
                    },
                    message: error.to_string(),
                });
            }
            Action::Unsent { key, reason } => {
                return Some(Self::Error {
                    code: Code::WriteNotSent.as_str().into(),
                    reason: Some(reason.reason().into()),
                    message: format!("record '{key}': {reason}"),
                });
            }
        };
        Some(match told {
            session::Effect::Status(status) => Self::Status(*status),
            session::Effect::Lagged { topic, missed } => Self::Lagged {
                topic: (*topic).into(),
                missed: *missed,
            },
            session::Effect::Gone { topic } => Self::Gone {
                topic: (*topic).into(),
            },
            session::Effect::Restarted => Self::Restarted,
            session::Effect::Error(error) => Self::Error {
                code: error.code().into(),
                reason: match error {
                    BridgeError::Server(wire) => wire.reason.as_deref().map(Into::into),
                    _ => None,
                },
                message: error.to_string(),
            },
            session::Effect::WriteSettled { entry, outcome } => Self::Settled(Settled {
                key: entry.source.as_ref().map(|source| source.key.to_string()),
                ..Settled::of(entry.id, &entry.topic, outcome)
            }),
            _ => return None,
        })
    }
}

impl Settled {
    fn of(id: WriteId, topic: &str, outcome: &Outcome<'_>) -> Self {
        let mut settled = Self {
            id,
            topic: topic.into(),
            key: None,
            outcome: "acknowledged",
            reason: None,
            message: None,
            violation: None,
        };
        match outcome {
            Outcome::Acknowledged => {}
            Outcome::Sent => settled.outcome = "sent",
            Outcome::Refused(refusal) => {
                settled.outcome = "refused";
                settled.reason = Some(refusal.reason.unwrap_or(refusal.code.as_str()).into());
                settled.message = Some(refusal.message.into());
                settled.violation = refusal.violation.map(|violation| Violation {
                    code: violation.code.to_string(),
                    path: violation.path.to_string(),
                    expected: violation.expected.to_string(),
                    got: violation.got.to_string(),
                });
            }
            Outcome::Dropped(reason) => {
                settled.outcome = "dropped";
                settled.reason = Some(reason.reason().into());
            }
            Outcome::Unknown(reason) => {
                settled.outcome = "unknown";
                settled.reason = Some(reason.reason().into());
                if let session::UnknownReason::Closed { reason, .. } = reason {
                    settled.message = Some((*reason).into());
                }
            }
        }
        settled
    }
}

impl fmt::Display for Settled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "write {} to '{}' is {}",
            self.id.0, self.topic, self.outcome
        )?;
        match (&self.message, &self.reason) {
            (Some(why), _) | (None, Some(why)) => write!(out, ": {why}"),
            (None, None) => Ok(()),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Event>,
    missed: u64,
    is_closed: bool,
}

/// One who listens, and the other end.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    queue: Mutex<Queue>,
    waker: AtomicWaker,
}

impl Listener {
    pub(crate) fn tell(&self, event: &Event) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.len() == EVENTS_MAX {
            queue.waiting.pop_front();
            queue.missed += 1;
        }
        queue.waiting.push_back(event.clone());
        drop(queue);
        self.waker.wake();
    }

    pub(crate) fn close(&self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.is_closed = true;
        drop(queue);
        self.waker.wake();
    }
}

/// The events of a bridge from the moment that it was asked for, in order. A [`Stream`]; it ends with the bridge.
#[derive(Debug)]
pub struct Events(pub(crate) Arc<Listener>);

impl Events {
    /// The next event; nothing once the bridge has ended.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut std::task::Context<'_>) -> Poll<Option<Event>> {
        self.0.waker.register(context.waker());
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.missed > 0 {
            return Poll::Ready(Some(Event::Missed(std::mem::take(&mut queue.missed))));
        }
        match queue.waiting.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if queue.is_closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> Poll<Option<Event>> {
        self.poll(context)
    }
}
