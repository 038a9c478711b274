//! The server of the world: the real hub, and a root that checks, applies and publishes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use aimdb_contracts::{Reason, Violation};
use aimdb_server::hub::{
    Cause, ClientId, Effect, Hub, Input, Limits, Refusal, TopicKind, TopicSpec, WriteToken,
};
use aimdb_ws_protocol::ErrorCode;

/// The topics of the world, and how their values move.
pub const TOPICS: [(&str, TopicKind); 4] = [
    ("room/1", TopicKind::Latest),
    ("room/2", TopicKind::Latest),
    ("log/1", TopicKind::Ring),
    ("door", TopicKind::Mailbox),
];

/// The numbers that the contract of the server refuses, though that of the clients allows them.
#[must_use]
pub fn is_refused(number: u64) -> bool {
    number.is_multiple_of(7)
}

/// The number in a value.
#[must_use]
pub fn number_of(payload: &str) -> Option<u64> {
    let rest = payload.split_once("\"n\":")?.1;
    let digits = rest.split(|character: char| !character.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}

struct Waiting {
    token: WriteToken,
    topic: Arc<str>,
    payload: String,
    cause: Cause,
}

/// What the hub wants sent.
#[derive(Debug)]
pub enum Wanted {
    /// A frame to a client.
    Send(u64, String),
    /// A client's connection is to be closed.
    Close(u64, u16, &'static str),
}

/// The hub with all that a server keeps beside it.
pub struct Server {
    hub: Hub,
    limits: Limits,
    /// Counted from 1: which run of the server it is.
    pub instance: u32,
    waiting: VecDeque<Waiting>,
    /// The newest value of each topic.
    pub values: BTreeMap<&'static str, String>,
    /// The numbers that were applied, in order, with the run in which they were.
    pub applied: Vec<(u32, u64)>,
    /// The numbers that were refused.
    pub refused: Vec<u64>,
    sensed: u64,
}

impl Server {
    /// The first run of a server.
    ///
    /// # Errors
    /// The limits do not fit together.
    pub fn new(limits: Limits) -> Result<Self, String> {
        let mut server = Self {
            hub: new_hub(&limits, 1)?,
            limits,
            instance: 1,
            waiting: VecDeque::new(),
            values: BTreeMap::new(),
            applied: Vec::new(),
            refused: Vec::new(),
            sensed: 0,
        };
        server.register(0, &mut Vec::new());
        Ok(server)
    }

    /// The server dies and comes back: it has its values, or not, and nothing else.
    ///
    /// # Errors
    /// As [`Server::new`].
    pub fn restart(&mut self, keeps_values: bool, now_ms: u64) -> Result<(), String> {
        self.instance += 1;
        self.hub = new_hub(&self.limits, self.instance)?;
        self.waiting.clear();
        let mut none = Vec::new();
        self.register(now_ms, &mut none);
        let values = std::mem::take(&mut self.values);
        for (topic, payload) in values.into_iter().filter(|_| keeps_values) {
            self.publish(topic, payload, None, now_ms, &mut none);
        }
        Ok(())
    }

    fn register(&mut self, now_ms: u64, out: &mut Vec<Wanted>) {
        for (name, kind) in TOPICS {
            let spec = TopicSpec {
                writable: true,
                ..TopicSpec::new(name, kind)
            };
            self.give(Input::Register(spec), now_ms, out);
        }
    }

    /// Gives the hub one input.
    pub fn give(&mut self, input: Input<'_>, now_ms: u64, out: &mut Vec<Wanted>) {
        let waiting = &mut self.waiting;
        self.hub.handle(input, now_ms, &mut |effect| match effect {
            Effect::Send { client, frame } => {
                out.extend(
                    frame
                        .texts()
                        .map(|text| Wanted::Send(client.0, text.into())),
                );
            }
            Effect::Close {
                client,
                code,
                reason,
            } => out.push(Wanted::Close(client.0, code, reason)),
            Effect::Write {
                token,
                topic,
                payload,
                cause,
                ..
            } => waiting.push_back(Waiting {
                token,
                topic,
                payload: payload.into(),
                cause,
            }),
            _ => {}
        });
    }

    /// A client's frame arrives.
    pub fn hear(&mut self, client: u64, text: &str, now_ms: u64, out: &mut Vec<Wanted>) {
        let client = ClientId(client);
        self.give(Input::Frame { client, text }, now_ms, out);
    }

    /// Answers so many of the writes that wait.
    pub fn apply(&mut self, count: usize, now_ms: u64, out: &mut Vec<Wanted>) {
        for _ in 0..count {
            let Some(write) = self.waiting.pop_front() else {
                return;
            };
            let Waiting {
                token,
                topic,
                payload,
                cause,
            } = write;
            let number = number_of(&payload).unwrap_or_default();
            let known = TOPICS.iter().find(|(name, _)| *name == &*topic);
            let answer = match known {
                Some((name, _)) if !is_refused(number) => {
                    self.applied.push((self.instance, number));
                    self.publish(name, payload, Some(cause), now_ms, out);
                    Ok(())
                }
                _ => {
                    self.refused.push(number);
                    Err(refusal(number))
                }
            };
            self.give(Input::WriteAnswered { token, answer }, now_ms, out);
        }
    }

    /// A value of the server's own.
    pub fn sense(&mut self, topic: &'static str, now_ms: u64, out: &mut Vec<Wanted>) {
        self.sensed += 1;
        // Above all numbers of clients, and never refused.
        let number = 1_000_000_000 + self.sensed;
        let payload = format!(r#"{{"n":{number},"pad":""}}"#);
        self.publish(topic, payload, None, now_ms, out);
    }

    fn publish(
        &mut self,
        topic: &'static str,
        payload: String,
        cause: Option<Cause>,
        now_ms: u64,
        out: &mut Vec<Wanted>,
    ) {
        self.values.insert(topic, payload.clone());
        let input = Input::Published {
            topic,
            payload: payload.into(),
            cause,
        };
        self.give(input, now_ms, out);
    }
}

fn new_hub(limits: &Limits, instance: u32) -> Result<Hub, String> {
    Hub::new(limits.clone(), format!("run-{instance}")).map_err(|error| error.to_string())
}

fn refusal(number: u64) -> Refusal {
    let violation = Violation {
        record: None,
        schema: "counted".into(),
        path: "n".into(),
        expected: "no multiple of 7".into(),
        got: number.to_string(),
        reason: Reason::Multiple,
    };
    let message = format!("n: expected {}, got {number}", violation.expected);
    Refusal::new(ErrorCode::WriteError, "contract_violation", message).with_violation(violation)
}
