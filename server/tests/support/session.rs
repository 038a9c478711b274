//! The real session of this project, driven over real sockets.

use super::PATIENCE;
use aimdb_ws_bridge::{Bridge, Effect, Input, Now, Options, Outcome, Status, WriteId, WritePolicy};
use aimdb_ws_protocol::{Raw, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What the machine wants done to its socket.
pub(crate) enum Task {
    Open,
    Send(String),
    Close,
}

/// What a driver keeps beside the machine.
#[derive(Default)]
pub(crate) struct Seen {
    tasks: VecDeque<Task>,
    wake_at: Option<u64>,
    pub(crate) status: Option<Status>,
    /// The payload of the frame that is being taken.
    arriving: String,
    /// The values that came of each topic.
    pub(crate) values: BTreeMap<String, Vec<String>>,
    /// Values that the server counted as missed.
    pub(crate) missed: u64,
    pub(crate) taken: Vec<WriteId>,
    pub(crate) settled: BTreeMap<WriteId, String>,
}

impl Seen {
    fn note(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Open { .. } => self.tasks.push_back(Task::Open),
            Effect::Send(text) => self.tasks.push_back(Task::Send(text.into())),
            Effect::Close { .. } => self.tasks.push_back(Task::Close),
            Effect::WakeAt { at_ms } => self.wake_at = Some(at_ms),
            Effect::Status(status) => self.status = Some(status),
            Effect::Deliver { topic, .. } => {
                let values = self.values.entry(topic.into()).or_default();
                values.push(self.arriving.clone());
            }
            Effect::WriteTaken { write, .. } => self.taken.push(write),
            Effect::WriteSettled { entry, outcome } => {
                let write = entry.id;
                let outcome = match outcome {
                    Outcome::Acknowledged => "acknowledged".to_string(),
                    Outcome::Dropped(reason) => reason.reason().to_string(),
                    Outcome::Refused(refusal) => refusal.message.to_string(),
                    Outcome::Unknown(reason) => reason.reason().to_string(),
                    Outcome::Sent => "sent".to_string(),
                };
                let before = self.settled.insert(write, outcome);
                assert_eq!(before, None, "{write:?} settled twice");
            }
            Effect::Error(error) => panic!("{error}"),
            Effect::Lagged { missed, .. } => self.missed += missed,
            Effect::PeerContracts(_) | Effect::Restarted => {}
            other => panic!("not expected: {other:?}"),
        }
    }
}

/// A driver of the session over real sockets.
pub(crate) struct Session {
    pub(crate) bridge: Bridge,
    url: String,
    start: Instant,
    pub(crate) socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    pub(crate) seen: Seen,
}

impl Session {
    pub(crate) fn new(url: &str, subscribe: &str) -> Self {
        let options = Options {
            subscribe_topics: vec![subscribe.into()],
            retry_ms_min: 20,
            retry_ms_max: 100,
            ..Options::default()
        };
        Self::with(url, options)
    }

    pub(crate) fn with(url: &str, options: Options) -> Self {
        let mut session = Self {
            bridge: Bridge::new(options, 7).unwrap(),
            url: url.into(),
            start: Instant::now(),
            socket: None,
            seen: Seen::default(),
        };
        session.give(Input::Start);
        session
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn now(&self) -> Now {
        let mono_ms = self.now_ms();
        let wall_ms = 1_795_166_172_014 + mono_ms;
        Now { mono_ms, wall_ms }
    }

    pub(crate) fn give(&mut self, input: Input<'_>) {
        let (now, seen) = (self.now(), &mut self.seen);
        self.bridge
            .handle(input, now, &mut |effect| seen.note(effect));
    }

    pub(crate) fn write(&mut self, topic: &str, number: u32, policy: WritePolicy) -> WriteId {
        let payload = format!(r#"{{"percent":{number},"timestamp":{number}}}"#);
        self.write_value(topic, &payload, policy)
    }

    pub(crate) fn write_value(
        &mut self,
        topic: &str,
        payload: &str,
        policy: WritePolicy,
    ) -> WriteId {
        self.give(Input::Write {
            topic,
            payload: Raw::known(payload),
            policy,
            source: None,
        });
        *self.seen.taken.last().unwrap()
    }

    /// Goes on until it is so.
    pub(crate) async fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let reached = async {
            while !done(self) {
                match self.seen.tasks.pop_front() {
                    Some(task) => self.perform(task).await,
                    None => self.listen().await,
                }
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        reached.expect("the session got stuck");
    }

    async fn perform(&mut self, task: Task) {
        match task {
            Task::Open => match connect_async(&self.url).await {
                Ok((socket, _)) => {
                    self.socket = Some(socket);
                    self.give(Input::SocketOpened);
                }
                Err(_) => self.give(Input::SocketFailed),
            },
            Task::Close => self.socket = None,
            Task::Send(text) => {
                if let Some(socket) = &mut self.socket {
                    // A broken socket says so when it is read.
                    let _ = socket.send(Message::text(text)).await;
                }
            }
        }
    }

    async fn listen(&mut self) {
        let wait_ms = self
            .seen
            .wake_at
            .map_or(60_000, |at_ms| at_ms.saturating_sub(self.now_ms()));
        let message = async {
            match &mut self.socket {
                Some(socket) => socket.next().await,
                None => std::future::pending().await,
            }
        };
        match tokio::time::timeout(Duration::from_millis(wait_ms), message).await {
            Err(_) => {
                self.seen.wake_at = None;
                self.give(Input::Timer);
            }
            Ok(Some(Ok(Message::Text(text)))) => {
                if let Ok(
                    ServerFrame::Data { payload, .. } | ServerFrame::Snapshot { payload, .. },
                ) = ServerFrame::decode(&text)
                {
                    self.seen.arriving = payload.map_or("", Raw::get).to_owned();
                }
                let (now, seen) = (self.now(), &mut self.seen);
                self.bridge
                    .receive(&text, now, &mut |effect| seen.note(effect));
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => {
                self.socket = None;
                self.give(Input::SocketFailed);
            }
        }
    }
}
