//! One client alone, frame by frame: what the worlds meet too seldom.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used)]

use aimdb_core::{AimDbBuilder, BufferConfig, Origin, Record, Write};
use aimdb_peer::session::{Effect, Input, Now, Options};
use aimdb_peer::{Action, Mirroring, Peer};
use aimdb_sim::updates::Counted;
use aimdb_tokio_adapter::TokioAdapter;

const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 8 };
const PONG: &str = r#"{"type":"pong","hello":{"v":4,"server":"one"}}"#;

struct Client {
    _tokio: tokio::runtime::Runtime,
    peer: Peer<TokioAdapter>,
    log: Record<Counted, TokioAdapter>,
    now: Now,
    told: Vec<String>,
}

impl Client {
    fn connected() -> Self {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let runtime = TokioAdapter::new(tokio.handle().clone());
        let db = AimDbBuilder::new(runtime).build().unwrap();
        let log = db
            .configure::<Counted>("log", |reg| {
                reg.buffer(RING);
            })
            .unwrap();
        let mut peer = Peer::new(db.clone());
        peer.admit(db.door("log").unwrap(), Mirroring::by_default(RING));
        let options = Options {
            subscribe_topics: vec!["#".into()],
            ..Options::default()
        };
        peer.open(options, Vec::new(), 1).unwrap();
        let mut client = Self {
            _tokio: tokio,
            peer,
            log,
            now: Now {
                mono_ms: 1_000,
                wall_ms: 1_795_166_172_014,
            },
            told: Vec::new(),
        };
        client.give(Input::Start);
        client.give(Input::SocketOpened);
        client.hear(PONG);
        client
    }

    fn give(&mut self, input: Input<'_>) {
        let told = &mut self.told;
        self.peer.handle(0, input, self.now, &mut |effect| {
            note(told, &effect.action);
        });
    }

    fn hear(&mut self, text: &str) {
        let told = &mut self.told;
        self.peer.receive(0, text, self.now, &mut |effect| {
            note(told, &effect.action);
        });
    }

    fn write(&mut self, n: u64) {
        let value = Counted {
            n,
            pad: String::new(),
            at: 0,
        };
        self.log.produce(value, Write::from(Origin::Local)).unwrap();
        let told = &mut self.told;
        self.peer.take_written(None, self.now, &mut |effect| {
            note(told, &effect.action);
        });
    }

    fn numbers(&self) -> Vec<u64> {
        let history = self.log.history(8);
        history.into_iter().map(|value| value.n).collect()
    }
}

fn note(told: &mut Vec<String>, action: &Action<'_>) {
    match action {
        Action::Session(Effect::WriteSettled { outcome, .. }) => told.push(format!("{outcome:?}")),
        Action::Session(Effect::Lagged { missed, .. }) => told.push(format!("missed {missed}")),
        _ => {}
    }
}

fn data(n: u64, seq: u64, by: &str) -> String {
    format!(
        r#"{{"type":"data","topic":"log","payload":{{"n":{n},"pad":"","at":0}},"ts":1,"seq":{seq}{by}}}"#
    )
}

#[test]
fn the_late_echo_of_a_write_that_ended_as_unknown_is_not_appended_again() {
    let mut client = Client::connected();
    client.write(7);
    client.now.mono_ms += 30_000;
    client.now.wall_ms += 30_000;
    client.give(Input::Timer);
    assert_eq!(client.told, ["Unknown(Unanswered)"]);
    client.hear(&data(7, 1, r#","by":1"#));
    client.hear(&data(8, 2, ""));
    assert_eq!(client.numbers(), [7, 8]);
}

#[test]
fn what_a_ring_missed_while_the_connection_was_lost_is_counted_unless_the_server_began_anew() {
    let mut client = Client::connected();
    client.hear(&data(1, 5, ""));
    let again = |client: &mut Client, pong: &str| {
        let (code, reason) = (1006, "");
        client.give(Input::SocketClosed { code, reason });
        client.give(Input::NetworkOnline);
        client.give(Input::SocketOpened);
        client.hear(pong);
    };
    again(&mut client, PONG);
    client.hear(&data(2, 9, ""));
    assert_eq!(client.told, ["missed 3"]);
    // Another instance counts anew: nothing of it was missed.
    again(&mut client, &PONG.replace("one", "two"));
    client.hear(&data(3, 40, ""));
    assert_eq!(client.told, ["missed 3"]);
    assert_eq!(client.numbers(), [1, 2, 3]);
}

#[test]
fn a_write_of_an_earlier_run_settles_no_record_but_its_own() {
    let mut client = Client::connected();
    client.write(7);
    let mut entry = client.peer.writes(0).next().unwrap().clone();
    // Its record is not configured in this run; the number that it had is another's now.
    entry.id.0 = 2;
    entry.source.as_mut().unwrap().key = "gone".into();
    let now = client.now;
    let mut settled = Vec::new();
    let mut take = |effect: aimdb_peer::Effect<'_>| {
        if let Action::Session(Effect::WriteSettled { entry, .. }) = &effect.action {
            let key = entry.source.as_ref().map(|source| source.key.to_string());
            settled.push((effect.record.is_some(), key));
        }
    };
    client.peer.restore(0, vec![entry], now, &mut take);
    for id in [2, 1] {
        let ack = format!(r#"{{"type":"ack","id":{id}}}"#);
        client.peer.receive(0, &ack, now, &mut take);
    }
    let expected = [(false, Some("gone".into())), (true, Some("log".into()))];
    assert_eq!(settled, expected);
}
