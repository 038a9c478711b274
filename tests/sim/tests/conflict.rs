//! One client with a record whose writes must find it unchanged, frame by frame.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used)]

use aimdb_contracts::Contract;
use aimdb_core::{AimDbBuilder, BufferConfig, Origin, Record, Write};
use aimdb_peer::session::{Condition, Effect, Entry, Input, Now, Options, WritePolicy};
use aimdb_peer::{Action, Conflict, ConflictError, Mirroring, Peer, Truth};
use aimdb_tokio_adapter::TokioAdapter;

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "dial", version = 1)]
struct Dial {
    at: u64,
    note: Option<String>,
}

const LATEST: BufferConfig = BufferConfig::SingleLatest;

struct Client {
    _tokio: tokio::runtime::Runtime,
    peer: Peer<TokioAdapter>,
    dial: Record<Dial, TokioAdapter>,
    now: Now,
    sent: Vec<String>,
    told: Vec<String>,
}

impl Client {
    fn new(offline: WritePolicy) -> Self {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let runtime = TokioAdapter::new(tokio.handle().clone());
        let db = AimDbBuilder::new(runtime).build().unwrap();
        let dial = db
            .configure::<Dial>("dial", |reg| {
                reg.buffer(LATEST);
            })
            .unwrap();
        let mut peer = Peer::new(db.clone());
        let mirroring = Mirroring {
            offline,
            conflict: Conflict::IfUnchanged,
            ..Mirroring::by_default(LATEST)
        };
        peer.admit(db.door("dial").unwrap(), mirroring);
        let options = Options {
            subscribe_topics: vec!["#".into()],
            client: Some("me".into()),
            ..Options::default()
        };
        peer.open(options, Vec::new(), 1).unwrap();
        let now = Now {
            mono_ms: 1_000,
            wall_ms: 1_795_166_172_014,
        };
        Self {
            _tokio: tokio,
            peer,
            dial,
            now,
            sent: Vec::new(),
            told: Vec::new(),
        }
    }

    fn connected(offline: WritePolicy) -> Self {
        let mut client = Self::new(offline);
        client.give(Input::Start);
        client.open("one", 6);
        client
    }

    fn open(&mut self, server: &str, version: u64) {
        self.give(Input::SocketOpened);
        self.hear(&format!(
            r#"{{"type":"pong","hello":{{"v":{version},"server":"{server}"}}}}"#
        ));
    }

    fn lose(&mut self) {
        let (code, reason) = (1006, "");
        self.give(Input::SocketClosed { code, reason });
        self.give(Input::NetworkOnline);
    }

    fn give(&mut self, input: Input<'_>) {
        let (sent, told) = (&mut self.sent, &mut self.told);
        self.peer.handle(0, input, self.now, &mut |effect| {
            note(sent, told, &effect.action);
        });
    }

    fn hear(&mut self, text: &str) {
        let (sent, told) = (&mut self.sent, &mut self.told);
        self.peer.receive(0, text, self.now, &mut |effect| {
            note(sent, told, &effect.action);
        });
    }

    fn data(&mut self, at: u64, seq: u64, by: &str) {
        self.hear(&format!(
            r#"{{"type":"data","topic":"dial","payload":{{"at":{at}}},"ts":1,"seq":{seq}{by}}}"#
        ));
    }

    fn write(&mut self, at: u64) {
        let value = Dial { at, note: None };
        let written = self.dial.produce(value, Write::from(Origin::Local));
        written.unwrap();
        let (sent, told) = (&mut self.sent, &mut self.told);
        self.peer.take_written(None, self.now, &mut |effect| {
            note(sent, told, &effect.action);
        });
    }

    fn lost(&mut self, id: u64, winner: &str) {
        self.hear(&format!(
            r#"{{"type":"error","code":"WRITE_ERROR","topic":"dial","message":"no","id":{id},"reason":"superseded"{winner}}}"#
        ));
    }

    fn shows(&self) -> Option<u64> {
        self.dial.latest().map(|entry| entry.value.at)
    }

    /// The conditions of the writes that were sent since the last look.
    fn conditions(&mut self) -> Vec<String> {
        let sent = std::mem::take(&mut self.sent);
        let condition = |text: String| {
            let (_, rest) = text.split_once("\"after\":")?;
            let (_, condition) = rest.split_once(',')?;
            Some(condition.trim_end_matches('}').to_owned())
        };
        sent.into_iter().filter_map(condition).collect()
    }
}

fn note(sent: &mut Vec<String>, told: &mut Vec<String>, action: &Action<'_>) {
    match action {
        Action::Session(Effect::Send(text)) if text.contains(r#""type":"write""#) => {
            sent.push((*text).into());
        }
        Action::Session(Effect::WriteSettled { entry, outcome }) => {
            let outcome = format!("{outcome:?}");
            let name = outcome.split(['(', ' ']).next().unwrap_or_default();
            told.push(format!("{} {name}", entry.id.0));
        }
        Action::Unsent { reason, .. } => told.push(reason.code().into()),
        _ => {}
    }
}

#[test]
fn what_a_write_is_over_is_what_its_record_showed() {
    let mut client = Client::connected(WritePolicy::Queue);
    client.write(1);
    assert_eq!(client.conditions(), [r#""base":0"#]);
    // Not yet answered, and answered without its echo: over the write that is there by then.
    client.write(2);
    client.hear(r#"{"type":"ack","id":1}"#);
    client.hear(r#"{"type":"ack","id":2}"#);
    client.write(3);
    assert_eq!(client.conditions(), [r#""onto":1"#, r#""onto":2"#]);
    client.hear(r#"{"type":"ack","id":3}"#);
    client.data(3, 9, r#","by":3"#);
    client.write(4);
    assert_eq!(client.conditions(), [r#""base":9"#]);
    // Another's value that is not shown yet was not seen.
    client.data(30, 10, "");
    client.write(5);
    assert_eq!(client.conditions(), [r#""onto":4"#]);
    assert_eq!(client.shows(), Some(5));
}

#[test]
fn of_a_chain_of_offline_writes_all_lose_and_the_record_shows_who_won() {
    for offline in [WritePolicy::Queue, WritePolicy::Latest] {
        let mut client = Client::connected(offline);
        client.data(5, 7, "");
        client.lose();
        for at in [10, 12, 15] {
            client.write(at);
        }
        client.open("one", 6);
        let expected: &[&str] = match offline {
            WritePolicy::Latest => &[r#""base":7"#],
            _ => &[r#""base":7"#, r#""onto":1"#, r#""onto":2"#],
        };
        assert_eq!(client.conditions(), expected);
        let first = 4 - expected.len() as u64;
        for id in first..=3 {
            client.lost(id, r#","value":{"at":30},"seq":8"#);
        }
        assert_eq!(client.shows(), Some(30), "{offline:?}");
        let door = client.peer.db().door("dial").unwrap();
        let before = door.version();
        // It comes by itself too, and is no second value.
        client.data(30, 8, "");
        assert_eq!(door.version(), before);
        client.write(16);
        assert_eq!(client.conditions(), [r#""base":8"#]);
    }
}

#[test]
fn without_the_value_that_won_the_record_goes_back_and_what_follows_is_over_that() {
    let mut client = Client::connected(WritePolicy::Queue);
    client.data(5, 7, "");
    client.write(10);
    client.lost(1, "");
    assert_eq!(client.shows(), Some(5));
    client.write(11);
    assert_eq!(client.conditions(), [r#""base":7"#, r#""base":7"#]);
    // One that has no number yet: nobody knows what to be over.
    client.lost(2, r#","value":{"at":30}"#);
    assert_eq!(client.shows(), Some(30));
    client.write(12);
    assert_eq!(client.conditions(), [r#""base":0,"server":"""#]);
}

#[test]
fn an_older_value_that_won_does_not_hide_a_newer_one() {
    let mut client = Client::connected(WritePolicy::Queue);
    client.data(5, 7, "");
    client.write(10);
    client.data(40, 9, "");
    client.lost(1, r#","value":{"at":30},"seq":8"#);
    assert_eq!(client.shows(), Some(40));
}

#[test]
fn what_was_seen_of_another_instance_is_over_nothing_here() {
    let mut client = Client::connected(WritePolicy::Queue);
    client.data(5, 7, "");
    client.lose();
    client.write(10);
    client.open("two", 6);
    client.lost(1, "");
    client.write(11);
    let expected = [r#""base":7,"server":"one""#, r#""base":0,"server":"""#];
    assert_eq!(client.conditions(), expected);
}

#[test]
fn a_write_of_an_earlier_run_is_over_what_it_was_over_and_those_after_it_over_it() {
    let mut first = Client::connected(WritePolicy::Queue);
    first.data(5, 7, "");
    first.lose();
    first.write(10);
    let left: Vec<Entry> = first.peer.writes(0).cloned().collect();
    let base = Condition::Base {
        seq: 7,
        server: Some("one".into()),
    };
    assert_eq!(left[0].condition, Some(base));
    let mut next = Client::new(WritePolicy::Queue);
    next.peer.restore(0, left, next.now, &mut |_| {});
    next.give(Input::Start);
    next.write(11);
    assert_eq!(next.shows(), Some(11));
    next.open("one", 6);
    assert_eq!(next.conditions(), [r#""base":7"#, r#""onto":1"#]);
}

#[test]
fn a_server_that_does_not_judge_is_told_of_once() {
    let mut client = Client::connected(WritePolicy::Queue);
    client.data(5, 7, "");
    client.lose();
    client.write(10);
    client.write(11);
    client.open("one", 5);
    client.write(12);
    let expected = [
        "CONFLICT_UNSUPPORTED",
        "1 Dropped",
        "2 Dropped",
        "3 Dropped",
    ];
    assert_eq!(client.told, expected);
    assert_eq!(client.conditions(), [] as [&str; 0]);
    assert_eq!(client.shows(), Some(5));
}

#[test]
fn a_policy_that_would_do_nothing_is_refused() {
    let client = Client::new(WritePolicy::Queue);
    let door = client.peer.db().door("dial").unwrap();
    let ring = BufferConfig::SpmcRing { capacity: 2 };
    let newer = |field: &str| Conflict::IfNewer {
        field: field.into(),
    };
    let check = |conflict: Conflict, buffer, truth, expected: Result<(), ConflictError>| {
        let mirroring = Mirroring {
            conflict,
            truth,
            ..Mirroring::by_default(buffer)
        };
        assert_eq!(mirroring.check(door.schema(), buffer), expected);
    };
    let field = |field: &str| field.to_owned();
    check(newer("at"), LATEST, Truth::Auto, Ok(()));
    check(Conflict::IfUnchanged, LATEST, Truth::Mirror, Ok(()));
    check(Conflict::Last, ring, Truth::Local, Ok(()));
    let none = ConflictError::NoField { field: field("no") };
    check(newer("no"), LATEST, Truth::Auto, Err(none));
    let text = ConflictError::NoTime {
        field: field("note"),
    };
    check(newer("note"), LATEST, Truth::Auto, Err(text));
    let appends = ConflictError::Appends;
    check(Conflict::IfUnchanged, ring, Truth::Auto, Err(appends));
    let local = ConflictError::Local;
    check(Conflict::IfUnchanged, LATEST, Truth::Local, Err(local));
}
