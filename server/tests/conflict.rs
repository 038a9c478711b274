//! Which of two writes stays: by real sockets, with a folder and without one; and who is told what won, by the hub alone.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_server::hub::{
    Action, ClientId, Effect, Hub, Input, Limits, Outcome, Permit, Refusal, TopicKind, TopicSpec,
    Winner, WriteToken, superseded,
};
use aimdb_ws_protocol::ErrorCode;
use serde_json::Value;
use std::sync::Arc;
use support::{Client, Process, run, temporary_file, temporary_folder};

const CONFIG: &str = r#"
[[records]]
key = "dial"
schema = "humidity"
writable = true

[[records]]
key = "log"
schema = "humidity"
buffer = { type = "SpmcRing", capacity = 50 }
writable = true
"#;

/// A configuration with a folder, and one without.
fn configurations() -> [String; 2] {
    let data = format!("data = {:?}\n{CONFIG}", temporary_folder().join("data"));
    [data.as_str(), CONFIG].map(|config| temporary_file("conflict.toml", config))
}

async fn hello(url: &str, name: &str) -> Client {
    let mut client = Client::connect(url).await;
    client
        .send(&format!(
            r#"{{"type":"ping","hello":{{"v":6,"client":"{name}"}}}}"#
        ))
        .await;
    client.next().await;
    client
}

fn frame((id, after): (u64, u64), topic: &str, percent: u64, timestamp: u64, on: &str) -> String {
    let payload = format!(r#"{{"percent":{percent},"timestamp":{timestamp}}}"#);
    format!(
        r#"{{"type":"write","topic":"{topic}","payload":{payload},"id":{id},"after":{after},{on}}}"#
    )
}

async fn write(
    client: &mut Client,
    numbers: (u64, u64),
    percent: u64,
    timestamp: u64,
    on: &str,
) -> Value {
    let text = frame(numbers, "dial", percent, timestamp, on);
    client.send(&text).await;
    answer(client, numbers.0).await
}

async fn answer(client: &mut Client, id: u64) -> Value {
    let is_it = |frame: &Value| frame["id"] == id && frame["type"] != "data";
    client.until(is_it).await
}

/// How a write ended, and against what with which number, where it lost.
fn told(answer: &Value) -> (&str, Option<f64>, Option<u64>) {
    let reason = answer["reason"].as_str();
    let name = reason.unwrap_or(answer["type"].as_str().unwrap());
    let seq = answer["seq"].as_u64().filter(|_| reason.is_some());
    (name, answer["value"]["percent"].as_f64(), seq)
}

#[test]
fn a_write_is_taken_over_what_its_writer_saw_and_over_nothing_else() {
    for config in configurations() {
        let server = Process::start(&["--config", &config]);
        run(async {
            let mut one = hello(&server.socket(), "one").await;
            let mut two = hello(&server.socket(), "two").await;
            one.subscribe("dial").await;
            let answer = write(&mut one, (1, 0), 10, 5, r#""base":0"#).await;
            assert_eq!(answer["type"], "ack", "{answer}");
            let lost = write(&mut two, (1, 0), 20, 5, r#""base":0"#).await;
            assert_eq!(told(&lost), ("superseded", Some(10.0), Some(1)));
            let answer = write(&mut two, (2, 1), 30, 5, r#""base":1"#).await;
            assert_eq!(answer["type"], "ack", "{answer}");
            one.until(|frame| frame["payload"]["percent"] == 30.0).await;
            // Of another instance, or over a write that is not the newest any more.
            let other = write(&mut one, (2, 1), 40, 5, r#""base":2,"server":"other""#).await;
            assert_eq!(told(&other), ("superseded", Some(30.0), Some(2)));
            let onto = write(&mut one, (3, 2), 40, 5, r#""onto":1"#).await;
            assert_eq!(told(&onto), ("superseded", Some(30.0), Some(2)));
            // A repeat is answered as the first was, and judged no second time.
            let again = write(&mut two, (2, 1), 30, 5, r#""base":1"#).await;
            assert_eq!(again["type"], "ack", "{again}");
            let again = write(&mut two, (1, 0), 20, 5, r#""base":0"#).await;
            assert_eq!(told(&again), ("superseded", Some(30.0), Some(2)));
            one.send(&frame((4, 3), "log", 1, 5, r#""base":0"#)).await;
            let ring = one.until(|frame| frame["id"] == 4).await;
            assert_eq!(ring["reason"], "condition_needless");
        });
    }
}

#[test]
fn of_many_who_saw_the_same_one_is_taken_and_the_others_hear_of_it() {
    for config in configurations() {
        let server = Process::start(&["--config", &config]);
        run(async {
            let mut clients = Vec::new();
            for number in 0..6 {
                clients.push(hello(&server.socket(), &format!("client-{number}")).await);
            }
            for round in 1..=20_u64 {
                let base = format!(r#""base":{}"#, round - 1);
                for (number, client) in clients.iter_mut().enumerate() {
                    let percent = number as u64;
                    let text = frame((round, round - 1), "dial", percent, 5, &base);
                    client.send(&text).await;
                }
                let (mut taken, mut winners) = (Vec::new(), Vec::new());
                for (number, client) in clients.iter_mut().enumerate() {
                    let answer = answer(client, round).await;
                    match told(&answer) {
                        ("ack", ..) => taken.push(Some(number as f64)),
                        (reason, winner, _) => {
                            assert_eq!(reason, "superseded", "{answer}");
                            winners.push(winner);
                        }
                    }
                }
                assert_eq!(taken.len(), 1, "round {round}");
                assert!(
                    winners.iter().all(|winner| *winner == taken[0]),
                    "round {round}: {taken:?} won, {winners:?} were told"
                );
            }
        });
    }
}

#[test]
fn a_chain_that_comes_at_once_is_taken_whole_or_lost_whole() {
    for config in configurations() {
        let server = Process::start(&["--config", &config]);
        run(async {
            let mut one = hello(&server.socket(), "one").await;
            let mut two = hello(&server.socket(), "two").await;
            let chain = |first: u64, base: u64| {
                let on = move |id: u64| match id == first {
                    true => format!(r#""base":{base}"#),
                    false => format!(r#""onto":{}"#, id - 1),
                };
                (first..first + 3).map(move |id| frame((id, id - 1), "dial", 10 * id, 5, &on(id)))
            };
            for text in chain(1, 0) {
                one.send(&text).await;
            }
            for id in 1..=3 {
                let answer = answer(&mut one, id).await;
                assert_eq!(answer["type"], "ack", "{answer}");
            }
            for text in chain(1, 0) {
                two.send(&text).await;
            }
            for id in 1..=3 {
                let answer = answer(&mut two, id).await;
                assert_eq!(
                    (told(&answer).0, told(&answer).1),
                    ("superseded", Some(30.0))
                );
            }
        });
    }
}

#[test]
fn of_two_times_the_later_one_stays_and_a_clock_that_runs_ahead_is_refused() {
    for config in configurations() {
        let server = Process::start(&["--config", &config]);
        run(async {
            let mut one = hello(&server.socket(), "one").await;
            let newer = r#""newer":"timestamp""#;
            let mut check = async |id: u64, percent: u64, timestamp: u64, on: &str| {
                let answer = write(&mut one, (id, id - 1), percent, timestamp, on).await;
                let (name, winner, _) = told(&answer);
                (name.to_owned(), winner)
            };
            let ack = ("ack".to_owned(), None);
            assert_eq!(check(1, 10, 500, newer).await, ack);
            let lost = ("superseded".to_owned(), Some(10.0));
            assert_eq!(check(2, 20, 499, newer).await, lost);
            assert_eq!(check(3, 30, 500, newer).await, lost);
            assert_eq!(check(4, 40, 501, newer).await, ack);
            let (ahead, _) = check(5, 50, 9_000_000_000_000, newer).await;
            assert_eq!(ahead, "clock_ahead");
            let (none, _) = check(6, 60, 600, r#""newer":"room""#).await;
            assert_eq!(none, "no_time");
            // Who sets no condition is not asked.
            let text = frame((7, 6), "dial", 70, 3, r#""x":1"#);
            one.send(&text).await;
            assert_eq!(answer(&mut one, 7).await["type"], "ack");
        });
    }
}

#[test]
fn what_was_seen_holds_over_a_restart_with_a_folder_and_not_without_one() {
    for (config, has_folder) in configurations().iter().zip([true, false]) {
        let server = Process::start(&["--config", config]);
        let port = server.port;
        run(async {
            let mut one = hello(&server.socket(), "one").await;
            for id in 1..=3_u64 {
                let on = format!(r#""base":{}"#, id - 1);
                let answer = write(&mut one, (id, id - 1), id, 5, &on).await;
                assert_eq!(answer["type"], "ack", "{answer}");
            }
            let lost = write(&mut one, (4, 3), 4, 5, r#""base":1"#).await;
            assert_eq!(told(&lost).0, "superseded");
        });
        server.kill();
        let server = Process::start_at(port, &["--config", config]);
        run(async {
            let mut one = hello(&server.socket(), "one").await;
            if has_folder {
                let lost = write(&mut one, (4, 3), 4, 5, r#""base":1"#).await;
                assert_eq!(told(&lost), ("superseded", Some(3.0), Some(3)));
                let onto = write(&mut one, (5, 4), 5, 5, r#""onto":3"#).await;
                assert_eq!(onto["type"], "ack", "{onto}");
                let over = write(&mut one, (6, 5), 6, 5, r#""base":4"#).await;
                assert_eq!(over["type"], "ack", "{over}");
            } else {
                let lost = write(&mut one, (1, 0), 4, 5, r#""base":3"#).await;
                assert_eq!(told(&lost), ("superseded", None, None));
            }
        });
    }
}

/// Everybody may write, and only `reader` may read.
struct Readers;

impl Permit for Readers {
    fn may(&self, who: &str, action: Action<'_>) -> Result<(), Refusal> {
        match action {
            Action::Subscribe(_) if who != "reader" => {
                Err(Refusal::new(ErrorCode::Forbidden, "no", "no"))
            }
            _ => Ok(()),
        }
    }
}

#[test]
fn what_won_is_told_to_who_may_read_it_alone() {
    for (who, expected) in [("reader", true), ("writer", false)] {
        let mut hub = Hub::new(Limits::default(), "instance").unwrap();
        hub.ask(Arc::new(Readers));
        let client = ClientId(1);
        let spec = TopicSpec {
            writable: true,
            ..TopicSpec::new("dial", TopicKind::Latest)
        };
        let text = r#"{"type":"write","topic":"dial","payload":5,"id":1,"base":7}"#;
        let winner = Winner {
            payload: "30".into(),
            seq: Some(8),
        };
        let mut sent = String::new();
        for input in [
            Input::Register(spec),
            Input::Connected { client },
            Input::Identified {
                client,
                who: who.into(),
            },
            Input::Frame {
                client,
                text: r#"{"type":"ping","hello":{"v":6,"client":"me"}}"#,
            },
            Input::Frame { client, text },
            Input::WriteAnswered {
                token: WriteToken(1),
                answer: Outcome::Refused(superseded(Some(winner))),
            },
        ] {
            hub.handle(input, 0, &mut |effect| {
                if let Effect::Send { frame, .. } = effect {
                    sent = frame.texts().map(str::to_owned).collect();
                }
            });
        }
        assert!(sent.contains(r#""reason":"superseded""#), "{sent}");
        let is_told = sent.contains(r#""value":30,"seq":8"#);
        assert_eq!(is_told, expected, "{who}: {sent}");
        assert_eq!(sent.contains("seq"), expected, "{who}: {sent}");
    }
}
