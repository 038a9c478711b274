//! The hub as a table: inputs in, effects out.

use aimdb_server::hub::{
    Account, Cause, ClientId, Effect, Frame, HistoryRecord, Hub, Input, Limits, Outcome,
    QueryAnswer, QueryToken, Refusal, Stamp, TopicKind, TopicSpec, UNCHAINED_LINES_MAX, WriteToken,
};
use aimdb_ws_protocol::{ErrorCode, ServerFrame};
use proptest::prelude::*;
use std::sync::Arc;

const ONE: ClientId = ClientId(1);
const TWO: ClientId = ClientId(2);

struct Table {
    hub: Hub,
    now_ms: u64,
    frames: Vec<(ClientId, Frame)>,
}

fn line(effect: Effect<'_>) -> String {
    match effect {
        Effect::Send { client, frame } => {
            let texts: Vec<String> = frame
                .texts()
                .map(|text| format!("{} {text}", client.0))
                .collect();
            texts.join("\n")
        }
        Effect::Close { client, code, .. } => format!("{} close {code}", client.0),
        Effect::PingSocket { client } => format!("{} ping", client.0),
        Effect::Open { topic, template } => format!("open {topic} by {template}"),
        Effect::Write {
            token,
            topic,
            payload,
            cause,
            ..
        } => {
            format!(
                "write {} {topic} {payload} by {} {:?}",
                token.0, cause.client.0, cause.write
            )
        }
        Effect::Query {
            token,
            topics,
            limit,
            ..
        } => {
            format!("query {} {} {limit}", token.0, topics.join(","))
        }
        Effect::Refused { head, refusal } => {
            format!("refused {} {} {}", head.client, head.id, refusal.reason)
        }
        Effect::Fenced { client, epoch } => format!("fenced {client} {epoch}"),
        Effect::Settled { client, id } => format!("settled {client} {id}"),
        Effect::Forgotten { client } => format!("forgotten {client}"),
        Effect::Abandon { token } => format!("abandon {}", token.0),
        Effect::WakeAt { at_ms } => format!("wake {at_ms}"),
        Effect::Fault(fault) => format!("fault {fault}"),
    }
}

fn limits() -> Limits {
    Limits {
        frames_in_flight_max: 1_000,
        ..Limits::default()
    }
}

impl Table {
    /// A hub with `log` (a ring), `room` (writable) and `t/a`, `t/b` (latest), and two clients.
    fn new(limits: Limits) -> Self {
        let hub = Hub::new(limits, "instance").unwrap();
        let mut table = Self {
            hub,
            now_ms: 1_000,
            frames: Vec::new(),
        };
        for (name, kind, writable) in [
            ("log", TopicKind::Ring, false),
            ("room", TopicKind::Mailbox, true),
            ("t/a", TopicKind::Latest, false),
            ("t/b", TopicKind::Latest, false),
        ] {
            table.run(Input::Register(TopicSpec {
                writable,
                ..TopicSpec::new(name, kind)
            }));
        }
        table.run(Input::Connected { client: ONE });
        table.run(Input::Connected { client: TWO });
        table
    }

    fn run(&mut self, input: Input<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let frames = &mut self.frames;
        self.hub.handle(input, self.now_ms, &mut |effect| {
            if let Effect::Send { client, frame } = &effect {
                frames.push((*client, frame.clone()));
            }
            lines.extend(line(effect).lines().map(str::to_owned));
        });
        lines
    }

    fn check(&mut self, input: Input<'_>, expected: &[&str]) {
        let name = format!("{input:?}");
        assert_eq!(self.run(input), expected, "after {name}");
    }

    fn frame(&mut self, client: ClientId, text: &str, expected: &[&str]) {
        self.check(Input::Frame { client, text }, expected);
    }

    fn publish(&mut self, topic: &str, value: u32, expected: &[&str]) {
        let payload = value.to_string().into();
        self.check(
            Input::Published {
                topic,
                payload,
                cause: None,
                stamp: None,
            },
            expected,
        );
    }

    fn hello(&mut self, client: ClientId, name: &str) {
        let text = format!(r#"{{"type":"ping","hello":{{"v":1,"client":"{name}"}}}}"#);
        let pong = r#"{"type":"pong","hello":{"v":6,"server":"instance"}}"#;
        self.frame(client, &text, &[&format!("{} {pong}", client.0)]);
    }

    fn hello_as(&mut self, client: ClientId, name: &str, version: u64, epoch: u64) {
        let hello = format!(r#"{{"v":{version},"client":"{name}","epoch":{epoch}}}"#);
        let text = format!(r#"{{"type":"ping","hello":{hello}}}"#);
        self.run(Input::Frame {
            client,
            text: &text,
        });
    }

    fn answer(&mut self, token: u64, answer: Result<(), Refusal>, expected: &[&str]) {
        self.check(
            Input::WriteAnswered {
                token: WriteToken(token),
                answer: match answer {
                    Ok(()) => Outcome::Taken { seq: Some(9) },
                    Err(refusal) => Outcome::Refused(refusal),
                },
            },
            expected,
        );
    }
}

fn subscribe(pattern: &str) -> String {
    format!(r#"{{"type":"subscribe","topics":["{pattern}"]}}"#)
}

fn write(topic: &str, id: Option<u64>) -> String {
    let id = id.map_or(String::new(), |id| format!(",\"id\":{id}"));
    format!(r#"{{"type":"write","topic":"{topic}","payload":5{id}}}"#)
}

fn too_hot() -> Refusal {
    Refusal::new(ErrorCode::WriteError, "out_of_range", "too hot")
}

const TOO_HOT: &str = r#"1 {"type":"error","code":"WRITE_ERROR","topic":"room","message":"too hot","id":7,"reason":"out_of_range"}"#;

#[test]
fn a_late_joiner_gets_a_snapshot_of_each_match_and_then_the_data() {
    let mut table = Table::new(limits());
    table.publish("t/a", 1, &[]);
    table.publish("log", 2, &[]);
    table.frame(
        ONE,
        &subscribe("#"),
        &[
            r##"1 {"type":"subscribed","topics":["#"]}"##,
            r#"1 {"type":"snapshot","topic":"log","payload":2,"seq":1}"#,
            r#"1 {"type":"snapshot","topic":"t/a","payload":1,"seq":1}"#,
        ],
    );
    table.publish(
        "t/b",
        3,
        &[r#"1 {"type":"data","topic":"t/b","payload":3,"ts":1000,"seq":1}"#],
    );
}

#[test]
fn a_command_is_not_handed_to_who_comes_late_or_subscribes_again() {
    let mut table = Table::new(limits());
    let subscribed = r#"1 {"type":"subscribed","topics":["room"]}"#;
    table.publish("room", 1, &[]);
    table.frame(ONE, &subscribe("room"), &[subscribed]);
    let data = r#"1 {"type":"data","topic":"room","payload":2,"ts":1000,"seq":2}"#;
    table.publish("room", 2, &[data]);
    table.frame(ONE, &subscribe("room"), &[subscribed]);
}

#[test]
fn who_subscribes_again_is_acknowledged_and_gets_the_snapshot_again() {
    let mut table = Table::new(limits());
    table.publish("t/a", 1, &[]);
    let expected = [
        r#"1 {"type":"subscribed","topics":["t/a"]}"#,
        r#"1 {"type":"snapshot","topic":"t/a","payload":1,"seq":1}"#,
    ];
    table.frame(ONE, &subscribe("t/a"), &expected);
    table.frame(ONE, &subscribe("t/a"), &expected);
    table.frame(
        ONE,
        r#"{"type":"subscribe","topics":["t/a","t/a"]}"#,
        &expected,
    );
}

#[test]
fn a_topic_that_comes_later_reaches_who_waits_for_it() {
    let mut table = Table::new(limits());
    table.frame(
        ONE,
        &subscribe("new/#"),
        &[r#"1 {"type":"subscribed","topics":["new/#"]}"#],
    );
    table.check(
        Input::Register(TopicSpec::new("new/x", TopicKind::Latest)),
        &[],
    );
    let data = r#"1 {"type":"data","topic":"new/x","payload":1,"ts":1000,"seq":1}"#;
    table.publish("new/x", 1, &[data]);
}

#[test]
fn a_topic_takes_writes_from_when_the_root_allows_them() {
    let mut table = Table::new(limits());
    let refused = concat!(
        r#"1 {"type":"error","code":"FORBIDDEN","topic":"t/a","#,
        r#""message":"`t/a` takes no writes","id":1,"reason":"read_only"}"#
    );
    table.frame(ONE, &write("t/a", Some(1)), &[refused]);
    table.check(Input::AllowWrites { topic: "t/a" }, &[]);
    table.frame(ONE, &write("t/a", Some(2)), &["write 1 t/a 5 by 1 Some(2)"]);
}

#[test]
fn who_unsubscribes_gets_nothing_more_unless_another_pattern_matches() {
    let mut table = Table::new(limits());
    table.run(Input::Frame {
        client: ONE,
        text: r#"{"type":"subscribe","topics":["t/a","t/*"]}"#,
    });
    let data = |value: u32| {
        format!(r#"1 {{"type":"data","topic":"t/a","payload":{value},"ts":1000,"seq":{value}}}"#)
    };
    table.publish("t/a", 1, &[&data(1)]);
    table.frame(ONE, r#"{"type":"unsubscribe","topics":["t/a"]}"#, &[]);
    table.publish("t/a", 2, &[&data(2)]);
    table.frame(ONE, r#"{"type":"unsubscribe","topics":["t/*"]}"#, &[]);
    table.publish("t/a", 3, &[]);
}

#[test]
fn equal_bytes_are_one_text_shared_by_all() {
    let mut table = Table::new(limits());
    for client in [ONE, TWO] {
        table.run(Input::Frame {
            client,
            text: &subscribe("t/a"),
        });
    }
    table.frames.clear();
    table.run(Input::Published {
        topic: "t/a",
        payload: "1".into(),
        cause: None,
        stamp: None,
    });
    let [(ONE, first), (TWO, second)] = &table.frames[..] else {
        panic!("{:?}", table.frames)
    };
    assert_eq!(first.bytes().as_ptr(), second.bytes().as_ptr());
}

#[test]
fn only_the_writer_learns_which_write_caused_a_value() {
    let mut table = Table::new(limits());
    for client in [ONE, TWO] {
        table.run(Input::Frame {
            client,
            text: &subscribe("room"),
        });
    }
    let cause = Some(Cause {
        client: ONE,
        name: None,
        write: Some(7),
    });
    table.check(
        Input::Published {
            topic: "room",
            payload: "1".into(),
            cause,
            stamp: None,
        },
        &[
            r#"1 {"type":"data","topic":"room","payload":1,"ts":1000,"seq":1,"by":7}"#,
            r#"2 {"type":"data","topic":"room","payload":1,"ts":1000,"seq":1}"#,
        ],
    );
}

#[test]
fn a_slow_client_gets_the_newest_value_and_counted_gaps() {
    let mut table = Table::new(Limits {
        frames_in_flight_max: 1,
        ring_backlog_max: 2,
        ..Limits::default()
    });
    table.frame(
        ONE,
        &subscribe("#"),
        &[r##"1 {"type":"subscribed","topics":["#"]}"##],
    );
    for value in 1..=5 {
        table.publish("t/a", value, &[]);
        table.publish("log", value, &[]);
    }
    assert_eq!(table.hub.queued(ONE), 2);
    let drained = || Input::Drained {
        client: ONE,
        frames: 1,
        bytes: 0,
    };
    table.check(
        drained(),
        &[r#"1 {"type":"data","topic":"t/a","payload":5,"ts":1000,"seq":5}"#],
    );
    let log = r#"1 {"type":"data","topic":"log","payload":4,"ts":1000,"seq":4,"gap":3}"#;
    table.check(drained(), &[log]);
    table.check(
        drained(),
        &[r#"1 {"type":"data","topic":"log","payload":5,"ts":1000,"seq":5}"#],
    );
    table.check(drained(), &[]);
}

#[test]
fn each_write_that_cannot_be_is_answered_with_its_id() {
    let mut table = Table::new(limits());
    let check = |table: &mut Table, topic: &str, code: &str, message: &str, reason: &str| {
        let error = format!(
            r#"1 {{"type":"error","code":"{code}","topic":"{topic}","message":"{message}","id":1,"reason":"{reason}"}}"#
        );
        table.frame(ONE, &write(topic, Some(1)), &[&error]);
    };
    let t = &mut table;
    check(
        t,
        "nowhere",
        "UNKNOWN_TOPIC",
        "there is no topic `nowhere`",
        "unknown_topic",
    );
    check(t, "t/a", "FORBIDDEN", "`t/a` takes no writes", "read_only");
    let wildcard = "level 1 is a wildcard; only a subscription may have one";
    check(t, "t/#", "SERIALIZATION_ERROR", wildcard, "topic_wildcard");
    let no_payload = r#"1 {"type":"error","code":"SERIALIZATION_ERROR","message":"write: the field `payload` is missing","reason":"missing_field"}"#;
    table.frame(ONE, r#"{"type":"write","topic":"room"}"#, &[no_payload]);
}

#[test]
fn a_write_that_cannot_be_read_is_answered_with_the_id_that_can() {
    let mut table = Table::new(limits());
    table.hello(ONE, "me");
    for (text, id) in [
        (r#"{"type":"write","topic":"room","id":7}"#, Some(7)),
        (r#"{"id":7,"type":"write","topic":5,"payload":1}"#, Some(7)),
        (r#"{"type":"write","payload":1,"id":7}"#, Some(7)),
        (
            r#"{"type":"write","topic":"room","payload":1,"id":-7}"#,
            None,
        ),
        (r#"{"type":"write","topic":"room","id":null}"#, None),
        (r#"{"type":"write","topic":"room","id":7"#, None),
        (r#"{"type":"query","id":7}"#, None),
        (r#"{"type":"news","id":7}"#, None),
    ] {
        table.frames.clear();
        table.run(Input::Frame { client: ONE, text });
        let [(ONE, answer)] = &table.frames[..] else {
            panic!("{text}: {:?}", table.frames)
        };
        let Ok(ServerFrame::Error(error)) = ServerFrame::decode(answer.texts().next().unwrap())
        else {
            panic!("{text}: {answer:?}")
        };
        assert_eq!(error.id, id, "{text}");
    }
    // The id is free still: nothing was taken under it.
    let applied = ["write 1 room 5 by 1 Some(7)"];
    table.frame(ONE, &write("room", Some(7)), &applied);
}

#[test]
fn a_write_is_acknowledged_towards_who_said_hello() {
    let mut table = Table::new(limits());
    table.frame(ONE, &write("room", None), &["write 1 room 5 by 1 None"]);
    table.answer(1, Ok(()), &[]);
    table.hello(ONE, "me");
    table.frame(
        ONE,
        &write("room", Some(7)),
        &["write 2 room 5 by 1 Some(7)"],
    );
    table.answer(2, Ok(()), &[r#"1 {"type":"ack","id":7}"#]);
    table.answer(2, Ok(()), &["fault nothing waits for the answer 2"]);
    // A published client learns of a refusal, not of success.
    let refused = r#"2 {"type":"error","code":"WRITE_ERROR","topic":"room","message":"too hot","reason":"out_of_range"}"#;
    table.frame(TWO, &write("room", None), &["write 3 room 5 by 2 None"]);
    table.answer(3, Err(too_hot()), &[refused]);
}

#[test]
fn a_repeated_write_is_answered_as_the_first_and_not_applied_again() {
    let mut table = Table::new(limits());
    table.hello(ONE, "me");
    table.frame(
        ONE,
        &write("room", Some(6)),
        &["write 1 room 5 by 1 Some(6)"],
    );
    table.frame(
        ONE,
        &write("room", Some(7)),
        &["write 2 room 5 by 1 Some(7)"],
    );
    table.answer(1, Ok(()), &[r#"1 {"type":"ack","id":6}"#]);
    table.frame(ONE, &write("room", Some(7)), &[]);
    table.answer(2, Err(too_hot()), &[TOO_HOT]);
    table.frame(ONE, &write("room", Some(7)), &[TOO_HOT]);
    table.frame(
        ONE,
        &write("room", Some(6)),
        &[r#"1 {"type":"ack","id":6}"#],
    );
}

#[test]
fn an_id_below_the_highest_counts_as_a_repeat_although_it_never_came() {
    let mut table = Table::new(limits());
    table.hello(ONE, "me");
    let applied = ["write 1 room 5 by 1 Some(7)"];
    table.frame(ONE, &write("room", Some(7)), &applied);
    let acknowledged = [r#"1 {"type":"ack","id":3}"#];
    table.frame(ONE, &write("room", Some(3)), &acknowledged);
    // Ids are counted by name: who has none, or another one, is not concerned.
    let applied = ["write 2 room 5 by 2 Some(3)"];
    table.frame(TWO, &write("room", Some(3)), &applied);
}

#[test]
fn the_answer_to_a_write_finds_its_client_on_a_new_connection() {
    let mut table = Table::new(limits());
    table.hello(ONE, "me");
    table.frame(
        ONE,
        &write("room", Some(7)),
        &["write 1 room 5 by 1 Some(7)"],
    );
    table.check(Input::Disconnected { client: ONE }, &[]);
    table.hello(TWO, "me");
    table.frame(TWO, &write("room", Some(7)), &[]);
    table.answer(1, Ok(()), &[r#"2 {"type":"ack","id":7}"#]);
}

#[test]
fn one_connection_has_one_name() {
    let mut table = Table::new(limits());
    table.hello(ONE, "me");
    table.hello(ONE, "me");
    let refused = r#"1 {"type":"error","code":"FORBIDDEN","message":"this connection has said hello with another name","reason":"hello_repeated"}"#;
    table.frame(
        ONE,
        r#"{"type":"ping","hello":{"v":1,"client":"other"}}"#,
        &[refused],
    );
}

#[test]
fn topics_are_listed_by_name() {
    let mut table = Table::new(limits());
    let spec = TopicSpec {
        schema_type: Some("temperature".into()),
        entity: Some("vienna".into()),
        ..TopicSpec::new("a", TopicKind::Latest)
    };
    table.run(Input::Register(spec));
    table.frame(
        ONE,
        r#"{"type":"list_topics","id":"r1"}"#,
        &[r#"1 {"type":"topic_list","id":"r1","topics":[{"name":"a","schema_type":"temperature","entity":"vienna"},{"name":"log"},{"name":"room"},{"name":"t/a"},{"name":"t/b"}]}"#],
    );
}

#[test]
fn a_query_is_answered_in_the_order_of_time_and_names_its_refusal() {
    let mut table = Table::new(limits());
    let query = |pattern: &str| {
        format!(r#"{{"type":"query","id":"r1","pattern":"{pattern}","limit":99999}}"#)
    };
    table.frame(ONE, &query("t/*"), &["query 1 t/a,t/b 10000"]);
    let record = |topic: &str, ts| HistoryRecord {
        topic: topic.into(),
        payload: "1".into(),
        ts,
    };
    let records = vec![record("t/a", 5), record("t/b", 3)];
    let answer = Ok(QueryAnswer { records, total: 9 }.encode("r1"));
    table.check(
        Input::QueryAnswered { token: QueryToken(1), answer },
        &[r#"1 {"type":"query_result","id":"r1","records":[{"topic":"t/b","payload":1,"ts":3},{"topic":"t/a","payload":1,"ts":5}],"total":9}"#],
    );
    let refused = r#"1 {"type":"error","code":"SERIALIZATION_ERROR","message":"`#` at level 0 must be the last level of a pattern","request":"r1","reason":"pattern_tail_not_last"}"#;
    table.frame(ONE, &query("#/a"), &[refused]);
}

#[test]
fn a_query_result_beyond_its_size_loses_the_oldest() {
    let mut table = Table::new(limits());
    table.run(Input::Frame {
        client: ONE,
        text: r##"{"type":"query","id":"r","pattern":"#"}"##,
    });
    let payload: Arc<str> = format!("\"{}\"", "x".repeat(1_000_000)).into();
    let record = |ts| HistoryRecord {
        topic: "log".into(),
        payload: payload.clone(),
        ts,
    };
    let answer = QueryAnswer {
        records: (0..6).map(record).collect(),
        total: 6,
    };
    let answer = Ok(answer.encode("r"));
    let lines = table.run(Input::QueryAnswered {
        token: QueryToken(1),
        answer,
    });
    assert_eq!(lines[0].matches("\"topic\"").count(), 4);
    assert!(!lines[0].contains("\"ts\":1}") && lines[0].contains("\"ts\":5}"));
}

#[test]
fn beyond_its_rate_a_client_is_refused_and_in_the_end_closed() {
    let mut table = Table::new(Limits {
        frames_per_second_max: 10,
        frames_burst_max: 2,
        ..limits()
    });
    table.hello(ONE, "me");
    table.frame(
        ONE,
        &write("room", Some(1)),
        &["write 1 room 5 by 1 Some(1)"],
    );
    table.answer(1, Ok(()), &[r#"1 {"type":"ack","id":1}"#]);
    let refused = |about: &str, end: &str| {
        format!(
            r#"1 {{"type":"error","code":"FORBIDDEN",{about}"message":"at most 10 messages a second are taken",{end}"reason":"rate_limited"}}"#
        )
    };
    let topic = "\"topic\":\"room\",";
    table.frame(
        ONE,
        &write("room", Some(2)),
        &["refused me 2 rate_limited", &refused(topic, "\"id\":2,")],
    );
    // What was applied is never called refused.
    table.frame(
        ONE,
        &write("room", Some(1)),
        &[r#"1 {"type":"ack","id":1}"#],
    );
    table.frame(
        ONE,
        r#"{"type":"list_topics","id":"r"}"#,
        &[&refused("", "\"request\":\"r\",")],
    );
    table.now_ms += 100;
    table.frame(ONE, r#"{"type":"ping"}"#, &[r#"1 {"type":"pong"}"#]);
    // And what was refused stays refused, although there is room now.
    table.now_ms += 100;
    table.frame(
        ONE,
        &write("room", Some(2)),
        &[&refused(topic, "\"id\":2,")],
    );
    let ping = Input::Frame {
        client: ONE,
        text: r#"{"type":"ping"}"#,
    };
    let closed = (0..2_000).find(|_| {
        table.run(Input::Drained {
            client: ONE,
            frames: 1,
            bytes: 0,
        });
        table.run(ping.clone()) == ["1 close 1008"]
    });
    assert!(closed.is_some());
}

#[test]
fn a_write_that_came_too_soon_comes_again_before_later_ones_are_taken() {
    let mut table = Table::new(Limits {
        frames_per_second_max: 10,
        frames_burst_max: 2,
        ..limits()
    });
    let hello = r#"{"type":"ping","hello":{"v":4,"client":"me"}}"#;
    table.run(Input::Frame {
        client: ONE,
        text: hello,
    });
    let refused = |id: u64| {
        format!(
            r#"1 {{"type":"error","code":"FORBIDDEN","topic":"room","message":"at most 10 messages a second are taken","id":{id},"reason":"rate_limited"}}"#
        )
    };
    table.frame(
        ONE,
        &write("room", Some(1)),
        &["write 1 room 5 by 1 Some(1)"],
    );
    table.answer(1, Ok(()), &[r#"1 {"type":"ack","id":1}"#]);
    table.frame(ONE, &write("room", Some(2)), &[&refused(2)]);
    // There is room for the next now, but it would make the one before a repeat.
    table.now_ms += 200;
    table.frame(ONE, &write("room", Some(3)), &[&refused(3)]);
    table.now_ms += 200;
    table.frame(
        ONE,
        &write("room", Some(2)),
        &["write 2 room 5 by 1 Some(2)"],
    );
    table.answer(2, Ok(()), &[r#"1 {"type":"ack","id":2}"#]);
    table.frame(
        ONE,
        &write("room", Some(3)),
        &["write 3 room 5 by 1 Some(3)"],
    );
    table.answer(3, Ok(()), &[r#"1 {"type":"ack","id":3}"#]);
    // One that never comes again is waited for so long and no longer.
    table.frame(ONE, &write("room", Some(4)), &[&refused(4)]);
    for _ in 0..10 {
        table.now_ms += (aimdb_server::hub::PUT_OFF_MS_MAX - 1) / 10;
        table.frame(ONE, &write("room", Some(5)), &[&refused(5)]);
    }
    table.now_ms += 10;
    table.frame(
        ONE,
        &write("room", Some(5)),
        &["write 4 room 5 by 1 Some(5)"],
    );
}

/// After how many inputs of a flood at 3,000 a second, whose answers are read, the client is closed.
fn flood(table: &mut Table, input: &Input<'_>, inputs_max: u64) -> Option<u64> {
    let start_ms = table.now_ms;
    (0..inputs_max).find(|sent| {
        table.now_ms = start_ms + sent / 3;
        let lines = table.run(input.clone());
        for _ in lines.iter().filter(|line| line.starts_with("1 {")) {
            table.run(Input::Drained {
                client: ONE,
                frames: 1,
                bytes: 0,
            });
        }
        lines == ["1 close 1008"]
    })
}

#[test]
fn a_flood_of_any_kind_is_closed_although_it_earns_tokens_and_reads_its_answers() {
    let client = ONE;
    let text = r#"{"type":"ping"}"#;
    for input in [
        Input::Frame { client, text },
        Input::BinaryFrame { client },
        Input::Alive { client, count: 1 },
    ] {
        // The input number 1,500: after 400 at once, 99 earned meanwhile and 1,000 refused.
        let mut table = Table::new(Limits::default());
        assert_eq!(flood(&mut table, &input, 10_000), Some(1_499), "{input:?}");
        // A bucket of one token is full after each token.
        let mut table = Table::new(Limits {
            frames_burst_max: 1,
            ..Limits::default()
        });
        assert!(flood(&mut table, &input, 10_000).is_some(), "{input:?}");
    }
}

#[test]
fn binary_frames_beyond_the_rate_are_refused_like_others() {
    let mut table = Table::new(Limits {
        frames_burst_max: 1,
        ..limits()
    });
    for reason in ["binary_frame", "rate_limited"] {
        let lines = table.run(Input::BinaryFrame { client: ONE });
        assert!(lines[0].contains(reason), "{lines:?} lacks {reason}");
    }
}

#[test]
fn who_rests_until_the_burst_is_whole_again_is_forgiven() {
    let ping = Input::Frame {
        client: ONE,
        text: r#"{"type":"ping"}"#,
    };
    let mut table = Table::new(Limits::default());
    assert_eq!(flood(&mut table, &ping, 1_400), None);
    table.now_ms += 2_000;
    assert_eq!(flood(&mut table, &ping, 1_400), None);
    // Half of it is not enough.
    table.now_ms += 1_000;
    assert!(flood(&mut table, &ping, 1_400).is_some());
}

#[test]
fn a_client_that_reads_no_answers_is_closed() {
    let mut table = Table::new(Limits {
        replies_max: 3,
        frames_in_flight_max: 1,
        ..Limits::default()
    });
    let ping = |table: &mut Table| {
        table.run(Input::Frame {
            client: ONE,
            text: r#"{"type":"ping"}"#,
        })
    };
    assert_eq!(ping(&mut table).len(), 1);
    assert_eq!((0..3).map(|_| ping(&mut table).len()).sum::<usize>(), 0);
    assert_eq!(table.hub.queued(ONE), 3);
    assert_eq!(ping(&mut table), ["1 close 1008"]);
    assert_eq!(ping(&mut table), Vec::<String>::new());
}

#[test]
fn too_many_of_anything_is_refused_with_the_reason() {
    let mut table = Table::new(Limits {
        clients_max: 2,
        topics_max: 4,
        subscriptions_max: 1,
        writes_pending_max: 1,
        queries_pending_max: 1,
        message_bytes_max: 1_024,
        ..limits()
    });
    let t = &mut table;
    let ends = |table: &mut Table, text: &str, reason: &str| {
        let lines = table.run(Input::Frame { client: ONE, text });
        assert!(
            lines[0].contains(&format!("\"reason\":\"{reason}\"")),
            "{lines:?}"
        );
    };
    t.check(
        Input::Connected {
            client: ClientId(3),
        },
        &["3 close 1013"],
    );
    let spec = TopicSpec::new("more", TopicKind::Latest);
    t.check(
        Input::Register(spec),
        &["fault cannot register `more`: too many topics; raise topics_max"],
    );
    t.run(Input::Frame {
        client: ONE,
        text: &subscribe("a"),
    });
    ends(t, &subscribe("b"), "too_many_subscriptions");
    t.run(Input::Frame {
        client: ONE,
        text: &write("room", None),
    });
    ends(t, &write("room", None), "too_many_pending");
    let query = r#"{"type":"query","id":"r","pattern":"a"}"#;
    t.run(Input::Frame {
        client: ONE,
        text: query,
    });
    ends(t, query, "too_many_pending");
    ends(
        t,
        &format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(1_024)),
        "too_large",
    );
    ends(t, "not json", "not_json");
    ends(t, r#"{"type":"news"}"#, "unknown_type");
    let lines = t.run(Input::BinaryFrame { client: ONE });
    assert!(lines[0].contains("binary_frame"));
}

#[test]
fn a_silent_client_is_pinged_and_then_closed() {
    let mut table = Table::new(limits());
    table.now_ms += 29_999;
    // Deadlines are looked at a few times a second.
    table.check(Input::Timer, &["wake 31099"]);
    table.now_ms += 1;
    table.run(Input::Alive {
        client: TWO,
        count: 1,
    });
    table.check(Input::Timer, &["1 ping", "wake 61000"]);
    table.now_ms += 30_000;
    table.check(Input::Timer, &["2 ping", "1 close 1001", "wake 91000"]);
    assert_eq!(table.hub.clients(), 1);
}

#[test]
fn a_shutdown_closes_everybody_and_turns_later_ones_away() {
    let mut table = Table::new(limits());
    table.check(Input::Shutdown, &["1 close 1012", "2 close 1012"]);
    table.check(
        Input::Connected {
            client: ClientId(3),
        },
        &["3 close 1012"],
    );
    table.publish("t/a", 1, &[]);
}

#[test]
fn the_more_clients_there_are_the_longer_they_are_to_take_to_come_back() {
    for (clients, expected) in [
        (200, "back_ms=1000"),
        (201, "back_ms=10000"),
        (2_001, "back_ms=30000"),
    ] {
        let limits = Limits {
            clients_max: 10_000,
            ..limits()
        };
        let mut hub = Hub::new(limits, "instance").unwrap();
        for client in 0..clients {
            let client = ClientId(client);
            hub.handle(Input::Connected { client }, 0, &mut |_| {});
        }
        let mut count = 0;
        hub.handle(Input::Shutdown, 0, &mut |effect| {
            if let Effect::Close { code, reason, .. } = effect {
                assert_eq!((code, reason.ends_with(expected)), (1012, true), "{reason}");
                count += 1;
            }
        });
        assert_eq!(count, clients);
    }
}

#[test]
fn a_mistake_of_the_root_is_a_fault_and_harms_nobody() {
    let mut table = Table::new(limits());
    let unknown = ["fault `nowhere` is not registered"];
    table.publish("nowhere", 1, &unknown);
    table.check(Input::AllowWrites { topic: "nowhere" }, &unknown);
    let missed = Input::Missed {
        topic: "nowhere",
        missed: 1,
    };
    table.check(missed, &unknown);
    let published = |payload: &str| Input::Published {
        topic: "t/a",
        payload: payload.into(),
        cause: None,
        stamp: None,
    };
    let large = "1".repeat(2_000_000);
    let lines = table.run(published(&large));
    assert_eq!(
        lines,
        ["fault a value of `t/a` has 2000000 bytes, which is too large"]
    );
    let repeated = TopicSpec::new("t/a", TopicKind::Ring);
    table.check(
        Input::Register(repeated),
        &["fault `t/a` is registered already"],
    );
    let wildcard = TopicSpec::new("t/*", TopicKind::Ring);
    assert_eq!(table.run(Input::Register(wildcard)).len(), 1);
    table.check(
        Input::Drained {
            client: ClientId(9),
            frames: 3,
            bytes: 0,
        },
        &[],
    );
    table.check(
        Input::Disconnected {
            client: ClientId(9),
        },
        &[],
    );
    assert_eq!(table.hub.topics(), 4);
}

#[test]
fn a_bad_limit_is_named() {
    let check = |limits: Limits, field: &str| {
        assert_eq!(Hub::new(limits, "x").err().unwrap().field, field);
    };
    check(
        Limits {
            clients_max: 0,
            ..limits()
        },
        "clients_max",
    );
    check(
        Limits {
            message_bytes_max: 70_000,
            ..limits()
        },
        "message_bytes_max",
    );
    check(
        Limits {
            ring_backlog_max: 0,
            ..limits()
        },
        "ring_backlog_max",
    );
    check(
        Limits {
            frames_in_flight_max: 0,
            ..limits()
        },
        "frames_in_flight_max",
    );
    check(
        Limits {
            silent_ms_max: 30_000,
            ..limits()
        },
        "silent_ms_max",
    );
}

#[test]
fn refusals_are_remembered_for_as_many_writes_as_may_wait() {
    assert!(UNCHAINED_LINES_MAX >= Limits::default().writes_pending_max);
}

proptest! {
    #[test]
    fn no_text_of_a_client_makes_the_hub_panic(texts in prop::collection::vec(
        prop_oneof![
            ".{0,40}",
            "[a-z/#*]{0,12}".prop_map(|topic| subscribe(&topic)),
            "[a-z/#*]{0,12}".prop_map(|topic| write(&topic, Some(1))),
        ],
        0..20,
    )) {
        let mut table = Table::new(limits());
        for text in &texts {
            table.run(Input::Frame { client: ONE, text });
        }
    }
}

#[test]
fn what_clients_are_told_to_have_missed_is_counted_of_rings_only() {
    /// Publishes ten values at once to two clients that take so many frames at a time; gives the longest run that was sent.
    fn check(frames_in_flight_max: u32, missed_by_each: u64) -> u32 {
        let limits = Limits {
            frames_in_flight_max,
            ring_backlog_max: 4,
            ..Limits::default()
        };
        let mut hub = Hub::new(limits, "i").unwrap();
        let (mut told, mut longest) = (0, 0);
        let mut take = |hub: &mut Hub, input: Input<'_>| {
            hub.handle(input, 0, &mut |effect| {
                let Effect::Send { frame, .. } = effect else {
                    return;
                };
                longest = longest.max(frame.count());
                for text in frame.texts() {
                    let frame: serde_json::Value = serde_json::from_str(text).unwrap();
                    told += frame["gap"].as_u64().unwrap_or(0);
                }
            });
            told
        };
        for (name, kind) in [("ring", TopicKind::Ring), ("latest", TopicKind::Latest)] {
            take(&mut hub, Input::Register(TopicSpec::new(name, kind)));
        }
        for client in [ONE, TWO] {
            take(&mut hub, Input::Connected { client });
            let text = r##"{"type":"subscribe","topics":["#"]}"##;
            take(&mut hub, Input::Frame { client, text });
        }
        for number in 1..=10 {
            for topic in ["ring", "latest"] {
                let input = Input::Published {
                    topic,
                    payload: number.to_string().into(),
                    cause: None,
                    stamp: None,
                };
                take(&mut hub, input);
            }
        }
        for client in [ONE, TWO].repeat(10) {
            let (frames, bytes) = (frames_in_flight_max, 0);
            let input = Input::Drained {
                client,
                frames,
                bytes,
            };
            let told = take(&mut hub, input);
            assert_eq!(hub.missed(), told);
        }
        assert_eq!(hub.missed(), 2 * missed_by_each);
        longest
    }
    // The answer to `subscribe` is a frame, too; the ring keeps four of ten.
    assert_eq!(check(1, 6), 1);
    assert!(check(4, 4) > 1);
    check(64, 0);
}

fn chained(id: u64, after: u64, value: u64) -> String {
    format!(r#"{{"type":"write","topic":"room","payload":{value},"id":{id},"after":{after}}}"#)
}

#[test]
fn a_chain_is_taken_in_its_order_and_told_where_it_stands_once() {
    let mut table = Table::new(limits());
    table.hello_as(ONE, "me", 5, 1);
    table.frame(
        ONE,
        &chained(3, 2, 7),
        &[r#"1 {"type":"expected","last":0}"#],
    );
    // What was sent meanwhile comes again, so nothing more is said.
    table.frame(ONE, &chained(4, 3, 7), &[]);
    table.frame(ONE, &chained(3, 0, 7), &["write 1 room 7 by 1 Some(3)"]);
    table.frame(ONE, &chained(3, 0, 7), &[]);
    table.frame(
        ONE,
        &chained(5, 4, 7),
        &[r#"1 {"type":"expected","last":3}"#],
    );
    table.frame(ONE, &chained(4, 3, 8), &["write 2 room 8 by 1 Some(4)"]);
    table.answer(1, Ok(()), &[r#"1 {"type":"ack","id":3,"seq":9}"#]);
    table.answer(2, Err(too_hot()), &[TOO_HOT.replace(":7,", ":4,").as_str()]);
    table.frame(
        ONE,
        &chained(3, 0, 7),
        &[r#"1 {"type":"ack","id":3,"seq":9}"#],
    );
    table.frame(ONE, r#"{"type":"settled","id":3}"#, &["settled me 3"]);
    table.frame(ONE, r#"{"type":"settled","id":3}"#, &[]);
    for (text, reason) in [(chained(3, 0, 7), "gone"), (chained(4, 3, 9), "id_reused")] {
        let lines = table.run(Input::Frame {
            client: ONE,
            text: &text,
        });
        assert!(
            lines[0].contains(&format!(r#""reason":"{reason}""#)),
            "{lines:?}"
        );
    }
}

#[test]
fn a_chain_that_an_earlier_connection_moves_on_is_told_anew() {
    let mut table = Table::new(limits());
    table.hello_as(ONE, "me", 5, 1);
    table.hello_as(TWO, "me", 5, 1);
    let expected = |last| format!(r#"2 {{"type":"expected","last":{last}}}"#);
    table.frame(TWO, &chained(3, 2, 7), &[&expected(0)]);
    table.frame(TWO, &chained(3, 2, 7), &[]);
    // What was on its way when the first connection was given up.
    table.frame(ONE, &chained(2, 0, 7), &["write 1 room 7 by 1 Some(2)"]);
    table.frame(TWO, &chained(3, 0, 7), &[&expected(2)]);
    table.frame(TWO, &chained(3, 2, 7), &["write 2 room 7 by 2 Some(3)"]);
}

#[test]
fn a_chain_is_told_anew_after_a_write_that_came_too_soon() {
    let mut table = Table::new(Limits {
        frames_per_second_max: 10,
        frames_burst_max: 2,
        ..limits()
    });
    table.hello_as(ONE, "me", 6, 1);
    let expected = r#"1 {"type":"expected","last":0}"#;
    table.frame(ONE, &chained(3, 2, 7), &[expected]);
    let lines = table.run(Input::Frame {
        client: ONE,
        text: &chained(3, 0, 7),
    });
    assert!(lines[0].contains("rate_limited"), "{lines:?}");
    // Its client gives that one up, and goes on behind it.
    table.now_ms += 1_000;
    table.frame(ONE, &chained(4, 3, 7), &[expected]);
    table.frame(ONE, &chained(4, 0, 7), &["write 1 room 7 by 1 Some(4)"]);
}

#[test]
fn who_comes_later_under_a_name_fences_off_who_came_before() {
    let mut table = Table::new(limits());
    table.hello_as(ONE, "me", 5, 1);
    table.hello_as(TWO, "me", 5, 2);
    let lines = table.run(Input::Frame {
        client: ONE,
        text: &chained(1, 0, 7),
    });
    assert!(lines[0].contains(r#""reason":"fenced""#), "{lines:?}");
    table.frame(TWO, &chained(1, 0, 7), &["write 1 room 7 by 2 Some(1)"]);
}

#[test]
fn the_answer_goes_to_who_wrote_and_to_who_asked_again_though_another_one_had_the_name_and_left() {
    let mut table = Table::new(limits());
    let three = ClientId(3);
    table.hello_as(ONE, "me", 5, 0);
    table.frame(ONE, &chained(1, 0, 7), &["write 1 room 7 by 1 Some(1)"]);
    table.run(Input::Disconnected { client: ONE });
    table.hello_as(TWO, "me", 5, 0);
    table.frame(TWO, &chained(1, 0, 7), &[]);
    // A hello of a connection that was given up before arrives late.
    table.run(Input::Connected { client: three });
    table.hello_as(three, "me", 5, 0);
    table.run(Input::Disconnected { client: three });
    let answer = Outcome::Taken { seq: Some(4) };
    table.check(
        Input::WriteAnswered {
            token: WriteToken(1),
            answer,
        },
        &[r#"2 {"type":"ack","id":1,"seq":4}"#],
    );
}

#[test]
fn a_hub_goes_on_where_another_one_ended() {
    let mut table = Table::new(limits());
    table.run(Input::Recall(Account {
        client: "me".into(),
        epoch: 1,
        last: 8,
        settled: 5,
        lines: vec![
            (6, 0, Outcome::Taken { seq: Some(4) }),
            (8, 0, Outcome::Refused(too_hot())),
        ],
    }));
    table.run(Input::Begin {
        topic: "log",
        seq: 40,
    });
    table.run(Input::Frame {
        client: TWO,
        text: &subscribe("log"),
    });
    table.hello_as(ONE, "me", 5, 1);
    table.frame(
        ONE,
        &chained(9, 7, 7),
        &[r#"1 {"type":"expected","last":8}"#],
    );
    table.frame(ONE, &chained(9, 8, 7), &["write 1 room 7 by 1 Some(9)"]);
    // The value of an earlier run keeps its number and its time, and its writer is told that it is its own.
    table.run(Input::Frame {
        client: ONE,
        text: &subscribe("log"),
    });
    table.check(
        Input::Published {
            topic: "log",
            payload: "1".into(),
            cause: Some(Cause::earlier("me".into(), 6)),
            stamp: Some(Stamp { seq: 41, ts: 77 }),
        },
        &[
            r#"1 {"type":"data","topic":"log","payload":1,"ts":77,"seq":41,"by":6}"#,
            r#"2 {"type":"data","topic":"log","payload":1,"ts":77,"seq":41}"#,
        ],
    );
}

#[test]
fn who_comes_back_gets_what_came_since_and_a_gap_for_what_is_kept_no_more() {
    let mut table = Table::new(Limits {
        ring_backlog_max: 3,
        ..limits()
    });
    table.hello(ONE, "me");
    for value in 1..=5_u64 {
        table.run(Input::Published {
            topic: "log",
            payload: value.to_string().into(),
            cause: None,
            stamp: None,
        });
    }
    let since = |server: &str, seq: u64| {
        format!(
            r#"{{"type":"subscribe","topics":["log"],"server":"{server}","since":[{{"name":"log","seq":{seq}}}]}}"#
        )
    };
    let shown = |table: &mut Table, text: &str| {
        table.run(Input::Disconnected { client: ONE });
        table.run(Input::Connected { client: ONE });
        table.hello_as(ONE, "me", 5, 0);
        let lines = table.run(Input::Frame { client: ONE, text });
        let seq = |line: &String| {
            let (_, text) = line.split_once(' ').unwrap();
            match ServerFrame::decode(text).unwrap() {
                ServerFrame::Data { seq, gap, .. } => {
                    Some(("data", seq.unwrap(), gap.unwrap_or(0)))
                }
                ServerFrame::Snapshot { seq, .. } => Some(("snapshot", seq.unwrap(), 0)),
                _ => None,
            }
        };
        lines.iter().filter_map(seq).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&mut table, &since("instance", 3)),
        [("data", 4, 0), ("data", 5, 0)]
    );
    assert_eq!(shown(&mut table, &since("instance", 5)), []);
    assert_eq!(
        shown(&mut table, &since("instance", 1)),
        [("data", 3, 1), ("data", 4, 0), ("data", 5, 0)]
    );
    // Numbers of another run, or that were never given, say nothing.
    assert_eq!(shown(&mut table, &since("other", 3)), [("snapshot", 5, 0)]);
    assert_eq!(
        shown(&mut table, &since("instance", 6)),
        [("snapshot", 5, 0)]
    );
}

#[test]
fn a_write_whose_time_is_over_is_refused_wherever_it_waited() {
    let mut table = Table::new(limits());
    let hello = r#"{"type":"ping","hello":{"v":5,"client":"me","epoch":0}}"#;
    let lines = table.run(Input::Frame {
        client: ONE,
        text: hello,
    });
    assert!(lines[0].contains(r#""now":1000"#), "{lines:?}");
    let write = |id: u64, until: u64| {
        format!(
            r#"{{"type":"write","topic":"room","payload":7,"id":{id},"after":{},"until":{until}}}"#,
            id - 1
        )
    };
    table.frame(ONE, &write(1, 1_500), &["write 1 room 7 by 1 Some(1)"]);
    table.now_ms = 1_501;
    let refused = r#"1 {"type":"error","code":"WRITE_ERROR","topic":"room","message":"it came 1 ms after its time was over","id":2,"reason":"expired"}"#;
    table.frame(ONE, &write(2, 1_500), &["refused me 2 expired", refused]);
    table.frame(ONE, &write(3, 1_501), &["write 2 room 7 by 1 Some(3)"]);
}
