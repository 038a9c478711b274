//! The real session of this project against the real binary, which is killed and comes back.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Bridge, Effect, Input, Now, Options, Outcome, Status, WriteId, WritePolicy};
use aimdb_ws_protocol::{Raw, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use support::{Client, PATIENCE, Process, run, temporary_file};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What the machine wants done to its socket.
enum Task {
    Open,
    Send(String),
    Close,
}

/// What a driver keeps beside the machine.
#[derive(Default)]
struct Seen {
    tasks: VecDeque<Task>,
    wake_at: Option<u64>,
    status: Option<Status>,
    /// The payload of the frame that is being taken.
    arriving: String,
    /// The values that came of each topic.
    values: BTreeMap<String, Vec<String>>,
    taken: Vec<WriteId>,
    settled: BTreeMap<WriteId, String>,
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
            Effect::WriteSettled { write, outcome, .. } => {
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
            Effect::PeerContracts(_) | Effect::Restarted => {}
            other => panic!("not expected: {other:?}"),
        }
    }
}

/// A driver of the session over real sockets.
struct Session {
    bridge: Bridge,
    url: String,
    start: Instant,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    seen: Seen,
}

impl Session {
    fn new(url: &str, subscribe: &str) -> Self {
        let options = Options {
            subscribe_topics: vec![subscribe.into()],
            retry_ms_min: 20,
            retry_ms_max: 100,
            ..Options::default()
        };
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

    fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn now(&self) -> Now {
        let mono_ms = self.now_ms();
        let wall_ms = 1_795_166_172_014 + mono_ms;
        Now { mono_ms, wall_ms }
    }

    fn give(&mut self, input: Input<'_>) {
        let (now, seen) = (self.now(), &mut self.seen);
        self.bridge
            .handle(input, now, &mut |effect| seen.note(effect));
    }

    fn write(&mut self, topic: &str, number: u32, policy: WritePolicy) -> WriteId {
        let payload = format!(r#"{{"percent":{number},"timestamp":{number}}}"#);
        self.give(Input::Write {
            topic,
            payload: Raw::known(&payload),
            policy,
            source: None,
        });
        *self.seen.taken.last().unwrap()
    }

    /// Goes on until it is so.
    async fn until(&mut self, done: impl Fn(&Self) -> bool) {
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

const CONFIG: &str = r#"
[[records]]
key = "log"
schema = "humidity"
buffer = { type = "SpmcRing", capacity = 100 }
writable = true

[[records]]
key = "now"
schema = "humidity"
writable = true
"#;

#[test]
fn a_killed_server_comes_back_to_everything_that_was_written_meanwhile() {
    let config = temporary_file("reconnect.toml", CONFIG);
    let server = Process::start(&["--config", &config]);
    run(async {
        let mut session = Session::new(&server.socket(), "#");
        session
            .until(|session| session.seen.status == Some(Status::Connected))
            .await;
        let first = session.write("log", 1, WritePolicy::Queue);
        session
            .until(|session| session.seen.settled.contains_key(&first))
            .await;
        session
            .until(|session| session.seen.values.contains_key("log"))
            .await;

        let port = server.port;
        server.kill();
        session
            .until(|session| session.seen.status == Some(Status::Reconnecting))
            .await;
        session.seen.values.clear();
        let mut expected = BTreeMap::from([(first, "acknowledged")]);
        for number in 10..20 {
            let write = session.write("log", number, WritePolicy::Queue);
            expected.insert(write, "acknowledged");
            let write = session.write("now", number, WritePolicy::Latest);
            let last = number == 19;
            expected.insert(write, if last { "acknowledged" } else { "superseded" });
            let write = session.write("log", 50, WritePolicy::Reject);
            expected.insert(write, "offline");
            let write = session.write("log", 60, WritePolicy::Expire { after_ms: 1 });
            expected.insert(write, "expired");
        }
        // Until the commands are worthless.
        session
            .until(|session| session.bridge.writes_pending() == 11)
            .await;

        let server = Process::start_at(port, &["--config", &config]);
        session
            .until(|session| session.bridge.writes_pending() == 0)
            .await;
        let settled: BTreeMap<WriteId, &str> = session
            .seen
            .settled
            .iter()
            .map(|(write, outcome)| (*write, outcome.as_str()))
            .collect();
        assert_eq!(settled, expected);

        // The server holds what was acknowledged since, in order and once.
        let mut client = Client::connect(&server.socket()).await;
        client
            .send(r#"{"type":"query","id":"q","pattern":"*"}"#)
            .await;
        let result = client.next().await;
        let records = result["records"].as_array().unwrap();
        let held = |topic: &str| -> Vec<u64> {
            let of_topic = records.iter().filter(|record| record["topic"] == topic);
            of_topic
                .map(|record| record["ts"].as_u64().unwrap())
                .collect()
        };
        assert_eq!(held("log"), (10..20).collect::<Vec<u64>>());
        assert_eq!(held("now"), [19]);
        // And the session, which follows both topics, has seen it.
        let newest = |session: &Session, topic: &str| {
            let value = session.seen.values.get(topic)?.last()?.clone();
            Some(value)
        };
        let last = r#"{"percent":19.0,"timestamp":19}"#;
        session
            .until(|session| {
                ["log", "now"].map(|topic| newest(session, topic))
                    == [Some(last.into()), Some(last.into())]
            })
            .await;
    });
}
