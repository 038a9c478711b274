//! The session as a table: inputs in, effects out.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Bridge, Input, Now, Options, RequestId, Status, WritePolicy};
use aimdb_ws_protocol::Raw;
use support::{HELLO, OURS, PUBLISHED, Session, frame, options, sent};

#[test]
fn hello_and_subscribe_come_before_the_writes_that_waited() {
    let mut session = Session::new(options());
    session.check(Input::Start, &["connecting", "open 1"]);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    session.check(
        Input::SocketOpened,
        &[HELLO, r#"send {"type":"subscribe","topics":["a/#"]}"#],
    );
    session.check(frame(OURS), &["connected", &sent(1, 1)]);
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["settled 1 Acknowledged"],
    );
    session.check(frame(r#"{"type":"ack","id":1}"#), &[]);
}

#[test]
fn an_unanswered_write_is_sent_again_with_its_id_and_in_order() {
    let mut session = Session::connected(options(), OURS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    session.write("a/x", "2", WritePolicy::Queue, &["write 2", &sent(2, 2)]);
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["settled 1 Acknowledged"],
    );
    session.check(
        Input::SocketClosed {
            code: 1006,
            reason: "",
        },
        &["reconnecting"],
    );
    session.write("a/x", "3", WritePolicy::Queue, &["write 3"]);
    assert_eq!(session.wait(500), ["open 2"]);
    session.give(Input::SocketOpened);
    session.check(frame(OURS), &["connected", &sent(2, 2), &sent(3, 3)]);
}

#[test]
fn a_published_server_settles_a_write_by_having_it() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    session.give(Input::SocketOpened);
    session.check(
        frame(PUBLISHED),
        &["connected", &sent(1, 1), "settled 1 Sent"],
    );
    session.write(
        "a/x",
        "2",
        WritePolicy::Queue,
        &["write 2", &sent(2, 2), "settled 2 Sent"],
    );
}

#[test]
fn each_policy_does_what_it_says_while_there_is_no_connection() {
    let mut session = Session::new(Options {
        writes_pending_max: 3,
        ..options()
    });
    session.give(Input::Start);
    session.write("a/x", "1", WritePolicy::Latest, &["write 1"]);
    let superseded = "settled 1 Dropped(Superseded)";
    session.write("a/x", "2", WritePolicy::Latest, &["write 2", superseded]);
    session.write(
        "a/x",
        "3",
        WritePolicy::Expire { after_ms: 100 },
        &["write 3"],
    );
    session.write(
        "a/x",
        "4",
        WritePolicy::Reject,
        &["write 4", "settled 4 Dropped(Offline)"],
    );
    session.write("a/x", "5", WritePolicy::Queue, &["write 5"]);
    session.write(
        "a/y",
        "6",
        WritePolicy::Queue,
        &["write 6", "settled 6 Dropped(QueueFull)"],
    );
    assert_eq!(session.wait(99), Vec::<String>::new());
    assert_eq!(session.wait(1), ["settled 3 Dropped(Expired)"]);
    session.give(Input::SocketOpened);
    session.check(frame(OURS), &["connected", &sent(2, 2), &sent(5, 5)]);
}

#[test]
fn a_write_that_can_never_be_sent_is_refused_at_once() {
    let mut session = Session::connected(options(), OURS);
    let large = format!("\"{}\"", "x".repeat(70_000));
    let bytes = 70_002 + r#"{"type":"write","topic":"a","payload":,"id":3}"#.len();
    let check = |session: &mut Session, topic: &str, payload: &str, id: u64, reason: &str| {
        let settled = format!("settled {id} Dropped({reason})");
        session.write(
            topic,
            payload,
            WritePolicy::Queue,
            &[&format!("write {id}"), &settled],
        );
    };
    check(
        &mut session,
        "a/#",
        "1",
        1,
        "InvalidTopic(Wildcard { level: 1 })",
    );
    check(&mut session, "", "1", 2, "InvalidTopic(Empty)");
    check(
        &mut session,
        "a",
        &large,
        3,
        &format!("TooLarge {{ bytes: {bytes} }}"),
    );
}

#[test]
fn a_rejecting_write_is_reported_when_its_connection_is_lost() {
    let mut session = Session::connected(options(), OURS);
    session.write("a/x", "1", WritePolicy::Reject, &["write 1", &sent(1, 1)]);
    session.check(
        Input::SocketFailed,
        &["settled 1 Unknown(ConnectionLost)", "reconnecting"],
    );
}

#[test]
fn a_refusal_settles_its_write_with_the_reason() {
    let mut session = Session::connected(options(), OURS);
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("1"),
        policy: WritePolicy::Queue,
        source: None,
        condition: None,
    });
    let refusal = r#"{"type":"error","code":"WRITE_ERROR","topic":"a/x","message":"no","id":1,"reason":"out_of_range"}"#;
    let settled = r#"settled 1 Refused(Refusal { code: WriteError, reason: Some("out_of_range"), message: "no", violation: None, value: None, seq: None })"#;
    session.check(frame(refusal), &[settled]);
    session.check(frame(refusal), &[]);
    let other = refusal.replace("\"id\":1", "\"id\":2");
    session.check(frame(&other), &["error WRITE_ERROR"]);
}

#[test]
fn older_values_are_not_delivered_and_gaps_are() {
    let mut session = Session::connected(options(), OURS);
    let check = |session: &mut Session, text: &str, expected: &[&str]| {
        session.check(frame(text), expected);
    };
    let s = &mut session;
    check(
        s,
        r#"{"type":"snapshot","topic":"a/x","payload":1,"seq":5}"#,
        &["Snapshot a/x"],
    );
    check(
        s,
        r#"{"type":"data","topic":"a/x","payload":2,"ts":1,"seq":6}"#,
        &["Data a/x"],
    );
    check(
        s,
        r#"{"type":"snapshot","topic":"a/x","payload":1,"seq":5}"#,
        &[],
    );
    check(
        s,
        r#"{"type":"data","topic":"a/x","payload":2,"ts":1,"seq":6}"#,
        &[],
    );
    check(
        s,
        r#"{"type":"data","topic":"a/x","payload":3,"ts":1,"seq":10,"gap":3}"#,
        &["lagged a/x 3", "Data a/x"],
    );
    check(
        s,
        r#"{"type":"data","topic":"b","payload":1,"ts":1,"seq":1,"gap":3}"#,
        &[],
    );
    check(s, r#"{"type":"data","topic":"a/x","ts":1,"seq":11}"#, &[]);
    // Another instance counts anew.
    check(
        s,
        r#"{"type":"pong","hello":{"v":1,"server":"two"}}"#,
        &["Restarted"],
    );
    check(
        s,
        r#"{"type":"snapshot","topic":"a/x","payload":1,"seq":1}"#,
        &["Snapshot a/x"],
    );
}

#[test]
fn without_late_join_snapshots_are_ignored() {
    let mut session = Session::connected(
        Options {
            late_join: false,
            ..options()
        },
        OURS,
    );
    session.check(
        frame(r#"{"type":"snapshot","topic":"a/x","payload":1,"seq":5}"#),
        &[],
    );
    session.check(
        frame(r#"{"type":"data","topic":"a/x","payload":2,"ts":1,"seq":5}"#),
        &["Data a/x"],
    );
}

#[test]
fn what_this_session_wrote_comes_back_marked() {
    let mut session = Session::connected(options(), OURS);
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("1"),
        policy: WritePolicy::Queue,
        source: None,
        condition: None,
    });
    let data = |by: u64, seq: u64| {
        format!(r#"{{"type":"data","topic":"a/x","payload":1,"ts":1,"seq":{seq},"by":{by}}}"#)
    };
    session.check(frame(&data(1, 1)), &["Data a/x own"]);
    session.check(frame(&data(2, 2)), &["Data a/x"]);
}

#[test]
fn a_silent_server_is_pinged_and_then_given_up() {
    let mut session = Session::connected(options(), OURS);
    assert_eq!(session.wait(14_999), Vec::<String>::new());
    assert_eq!(session.wait(1), [r#"send {"type":"ping"}"#]);
    session.check(frame(r#"{"type":"subscribed","topics":[]}"#), &[]);
    assert_eq!(session.wait(15_000), [r#"send {"type":"ping"}"#]);
    assert_eq!(
        session.wait(10_000),
        ["error PEER_SILENT", "close 4000", "reconnecting"]
    );
    assert_eq!(session.wait(500), ["open 2"]);
}

#[test]
fn a_connection_that_does_not_open_is_given_up_and_reported_once() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    assert_eq!(
        session.wait(10_000),
        ["error CONNECT_TIMEOUT", "close 4001", "reconnecting"]
    );
    assert_eq!(session.wait(500), ["open 2"]);
    session.check(Input::SocketFailed, &[]);
    assert_eq!(session.wait(500), ["open 3"]);
}

#[test]
fn after_the_last_retry_the_session_rests_until_it_is_started_again() {
    let mut session = Session::new(Options {
        retries_max: Some(1),
        ..options()
    });
    session.give(Input::Start);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    session.check(
        Input::SocketFailed,
        &["error CONNECT_FAILED", "reconnecting"],
    );
    assert_eq!(session.wait(500), ["open 2"]);
    session.check(
        Input::SocketFailed,
        &["error RETRIES_EXHAUSTED", "disconnected"],
    );
    session.check(Input::NetworkOnline, &[]);
    assert_eq!(session.wait(100_000), Vec::<String>::new());
    session.check(Input::Start, &["connecting", "open 1"]);
    assert_eq!(session.bridge.writes_pending(), 1);
}

#[test]
fn without_auto_reconnect_a_lost_connection_stays_lost() {
    let mut session = Session::connected(
        Options {
            auto_reconnect: false,
            ..options()
        },
        OURS,
    );
    session.check(
        Input::SocketClosed {
            code: 1000,
            reason: "",
        },
        &["disconnected"],
    );
    assert_eq!(session.wait(100_000), Vec::<String>::new());
}

#[test]
fn good_news_of_the_network_are_acted_on_at_once() {
    let mut session = Session::connected(options(), OURS);
    session.check(Input::PageVisible, &[r#"send {"type":"ping"}"#]);
    session.check(Input::NetworkOnline, &[]);
    session.check(frame(PUBLISHED), &[]);
    session.check(Input::NetworkOffline, &[r#"send {"type":"ping"}"#]);
    assert_eq!(
        session.wait(10_000),
        ["error PEER_SILENT", "close 4000", "reconnecting"]
    );
    session.check(Input::NetworkOffline, &[]);
    session.check(Input::PageVisible, &["open 2"]);
    session.check(Input::NetworkOnline, &[]);
}

#[test]
fn a_close_with_a_reason_is_reported() {
    let mut session = Session::connected(options(), OURS);
    session.check(
        Input::SocketClosed {
            code: 1013,
            reason: "full",
        },
        &["error CLOSED_BY_SERVER", "reconnecting"],
    );
}

#[test]
fn requests_wait_for_the_connection_and_end_once() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    session.check(
        Input::ListTopics {
            request: RequestId(1),
        },
        &[],
    );
    session.check(
        Input::ListTopics {
            request: RequestId(1),
        },
        &["failed 1 repeated_request"],
    );
    session.give(Input::SocketOpened);
    assert_eq!(
        session.effects[3..],
        [r#"send {"type":"list_topics","id":"r1"}"#]
    );
    session.check(frame(OURS), &["connected"]);
    let query = |request, pattern| Input::Query {
        request,
        pattern,
        from: None,
        to: None,
        limit: Some(2),
    };
    let sent = r#"send {"type":"query","id":"r2","pattern":"a/#","limit":2}"#;
    session.check(query(RequestId(2), "a/#"), &[sent]);
    session.check(
        query(RequestId(3), "#/a"),
        &["failed 3 pattern_tail_not_last"],
    );
    let list = r#"{"type":"topic_list","id":"r1","topics":[{"name":"a"}]}"#;
    session.check(frame(list), &["list 1 1"]);
    session.check(frame(list), &[]);
    let refusal = r#"{"type":"error","code":"FORBIDDEN","message":"no","request":"r2"}"#;
    session.check(frame(refusal), &["failed 2 refused"]);
    session.check(query(RequestId(4), "a/#"), &[&sent.replace("r2", "r4")]);
    session.check(frame(PUBLISHED), &[]);
    assert_eq!(session.wait(10_000), ["failed 4 timeout"]);
}

#[test]
fn subscriptions_are_checked_kept_and_sent_again() {
    let mut session = Session::connected(options(), OURS);
    session.check(
        Input::Subscribe(&["b", "b", "a/#", "#/x"]),
        &[
            "error PATTERN_TAIL_NOT_LAST",
            r#"send {"type":"subscribe","topics":["b","a/#"]}"#,
        ],
    );
    session.check(
        Input::Unsubscribe(&["a/#", "unknown"]),
        &[r#"send {"type":"unsubscribe","topics":["a/#"]}"#],
    );
    session.give(Input::SocketClosed {
        code: 1006,
        reason: "",
    });
    session.check(Input::Subscribe(&["c"]), &[]);
    session.wait(500);
    session.give(Input::SocketOpened);
    assert_eq!(
        session.effects[1],
        r#"send {"type":"subscribe","topics":["b","c"]}"#
    );
    let many: Vec<String> = (0..300).map(|index| format!("t/{index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    session.effects.clear();
    session.give(Input::Subscribe(&many));
    let refused = session
        .effects
        .iter()
        .filter(|line| *line == "error TOO_MANY_SUBSCRIPTIONS");
    assert_eq!(
        refused.count(),
        300 + 2 - aimdb_ws_bridge::SUBSCRIPTIONS_MAX
    );
}

#[test]
fn after_disconnect_nothing_waits_and_nothing_is_sent() {
    let mut session = Session::connected(options(), OURS);
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("1"),
        policy: WritePolicy::Queue,
        source: None,
        condition: None,
    });
    session.give(Input::ListTopics {
        request: RequestId(1),
    });
    session.check(
        Input::Disconnect,
        &[
            "settled 1 Unknown(Disconnected)",
            "failed 1 disconnected",
            "close 1000",
            "disconnected",
        ],
    );
    session.check(frame(OURS), &[]);
    session.check(
        Input::SocketClosed {
            code: 1000,
            reason: "",
        },
        &[],
    );
    let dropped = "settled 2 Dropped(Disconnected)";
    session.write("a/x", "2", WritePolicy::Queue, &["write 2", dropped]);
    assert_eq!(session.wait(1_000_000), Vec::<String>::new());
    assert_eq!(session.bridge.status(), Status::Disconnected);
    session.check(Input::Start, &["connecting", "open 1"]);
}

#[test]
fn a_long_queue_is_sent_at_the_stated_pace() {
    let paced = Options {
        writes_per_second_max: 10,
        writes_burst_max: 2,
        ..options()
    };
    let mut session = Session::connected(paced, OURS);
    for _ in 0..5 {
        session.give(Input::Write {
            topic: "a/x",
            payload: Raw::known("1"),
            policy: WritePolicy::Queue,
            source: None,
            condition: None,
        });
    }
    let writes = |lines: &[String]| {
        lines
            .iter()
            .filter(|line| line.contains("\"write\""))
            .count()
    };
    // Hello and the subscription are paid for too.
    assert_eq!(writes(&session.effects), 0);
    assert_eq!(writes(&session.wait(100)), 1);
    assert_eq!(writes(&session.wait(200)), 2);
    assert_eq!(writes(&session.wait(200)), 2);
}

#[test]
fn a_frame_that_cannot_be_read_is_reported_and_the_session_goes_on() {
    let mut session = Session::connected(options(), OURS);
    session.check(frame("not json"), &["error NOT_JSON"]);
    session.check(frame(r#"{"type":"news"}"#), &[]);
    session.check(
        frame(r#"{"type":"data","topic":"a/x"}"#),
        &["error MISSING_FIELD"],
    );
    session.check(
        frame(r#"{"type":"data","topic":"a/x","payload":1,"ts":1}"#),
        &["Data a/x"],
    );
}

#[test]
fn a_bad_option_is_named() {
    let check = |options: Options, field: &str| {
        assert_eq!(Bridge::new(options, 1).err().unwrap().field(), field);
    };
    check(
        Options {
            retry_ms_min: 0,
            ..options()
        },
        "retry_ms_min",
    );
    check(
        Options {
            retry_ms_max: 499,
            ..options()
        },
        "retry_ms_max",
    );
    check(
        Options {
            ping_every_ms: 0,
            ..options()
        },
        "ping_every_ms",
    );
    check(
        Options {
            writes_pending_max: 0,
            ..options()
        },
        "writes_pending_max",
    );
    check(
        Options {
            writes_per_second_max: 0,
            ..options()
        },
        "writes_per_second_max",
    );
    check(
        Options {
            first_write: 0,
            ..options()
        },
        "first_write",
    );
    check(
        Options {
            client: Some("a b".into()),
            ..options()
        },
        "client",
    );
    check(
        Options {
            subscribe_topics: vec!["#/a".into()],
            ..options()
        },
        "subscribe_topics",
    );
    let many = (0..257).map(|index| format!("t{index}")).collect();
    check(
        Options {
            subscribe_topics: many,
            ..options()
        },
        "subscribe_topics",
    );
}

const CHAINS: &str = r#"{"type":"pong","hello":{"v":5,"server":"one"}}"#;

fn chained(id: u64, after: u64) -> String {
    format!(r#"send {{"type":"write","topic":"a/x","payload":1,"id":{id},"after":{after}}}"#)
}

#[test]
fn each_write_says_which_went_before_and_goes_on_from_where_the_server_stands() {
    let mut session = Session::connected(options(), CHAINS);
    for id in 1..=3 {
        session.write(
            "a/x",
            "1",
            WritePolicy::Queue,
            &[&format!("write {id}"), &chained(id, id - 1)],
        );
    }
    session.give(frame(r#"{"type":"ack","id":1,"seq":9}"#));
    session.check(frame(r#"{"type":"expected","last":1}"#), &[]);
    // It has forgotten even what it acknowledged, as one does that was restored from a backup.
    session.check(
        frame(r#"{"type":"expected","last":0}"#),
        &[&chained(2, 0), &chained(3, 2)],
    );
    // The same word again is about what was sent before that.
    session.check(frame(r#"{"type":"expected","last":0}"#), &[]);
    session.check(
        frame(r#"{"type":"error","code":"WRITE_ERROR","message":"m","id":2,"reason":"gone"}"#),
        &["settled 2 Unknown(Forgotten)"],
    );
    session.check(
        frame(r#"{"type":"ack","id":3}"#),
        &["settled 3 Acknowledged"],
    );
    // Two seconds later the server hears that it need not keep its answers.
    assert_eq!(session.wait(2_000), [r#"send {"type":"settled","id":3}"#]);
    assert_eq!(session.wait(2_000), [""; 0]);
}

#[test]
fn a_server_that_never_takes_the_next_one_is_not_asked_for_ever() {
    let options = Options {
        first_write: 5,
        ..options()
    };
    let mut session = Session::connected(options, CHAINS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 5", &chained(5, 4)]);
    let mut tries = 0;
    while !session
        .effects
        .iter()
        .any(|effect| effect.starts_with("settled"))
    {
        tries += 1;
        assert!(tries < 100);
        session.effects.clear();
        session.give(frame(&format!(
            r#"{{"type":"expected","last":{}}}"#,
            tries % 2
        )));
    }
}

#[test]
fn what_was_missed_is_asked_for_by_the_number_that_came_last() {
    let mut session = Session::connected(options(), CHAINS);
    session.give(frame(
        r#"{"type":"data","topic":"a/x","payload":1,"ts":1,"seq":7}"#,
    ));
    session.give(Input::SocketClosed {
        code: 1006,
        reason: "",
    });
    session.wait(2_000);
    session
        .bridge
        .resume(vec![("a/x".into(), 7), ("t".repeat(17_000), 1)]);
    session.give(Input::SocketOpened);
    let subscribe = r#"send {"type":"subscribe","topics":["a/#"],"server":"one","since":[{"name":"a/x","seq":7}]}"#;
    assert!(
        session.effects.iter().any(|effect| effect == subscribe),
        "{:?}",
        session.effects
    );
    // A server that begins lower has lost what it had told of: what it has counts all the same.
    session.give(frame(CHAINS));
    session.check(
        frame(r#"{"type":"snapshot","topic":"a/x","payload":1,"seq":5}"#),
        &["Restarted", "Snapshot a/x"],
    );
    session.check(
        frame(r#"{"type":"data","topic":"a/x","payload":1,"ts":1,"seq":4}"#),
        &[],
    );
}

#[test]
fn a_command_says_until_when_the_server_may_take_it_whatever_the_clocks_here_say() {
    let told = r#"{"type":"pong","hello":{"v":5,"server":"one","now":5000000}}"#;
    let until = |sleeps_ms: u64, set_by_ms: i64| {
        let mut session = Session::connected(options(), told);
        session.effects.clear();
        let before = support::at(session.now_ms);
        // A second passes; the device slept for some of it, and its clock was set.
        let now = Now {
            mono_ms: before.mono_ms + 1_000 - sleeps_ms,
            wall_ms: (before.wall_ms + 1_000).saturating_add_signed(set_by_ms),
        };
        let mut until = None;
        let input = Input::Write {
            topic: "a/x",
            payload: aimdb_ws_protocol::Raw::known("1"),
            policy: WritePolicy::Expire { after_ms: 300 },
            source: None,
            condition: None,
        };
        session.bridge.handle(input, now, &mut |effect| {
            if let aimdb_ws_bridge::Effect::Send(text) = effect {
                let digits = text.split_once("\"until\":").unwrap().1;
                until = digits.trim_end_matches('}').parse::<u64>().ok();
            }
        });
        until.unwrap()
    };
    assert_eq!(until(0, 0), 5_001_300);
    // Rather too early than too late.
    assert_eq!(until(1_000, 0), 5_000_300);
    assert_eq!(until(0, -3_600_000), 5_000_300);
    assert_eq!(until(0, 3_600_000), 5_001_300);
}

#[test]
fn who_is_sent_away_by_a_server_that_stops_comes_back_when_it_says_each_at_a_time_of_its_own() {
    let wait = |seed: u64, code: u16, reason: &str| -> u64 {
        let options = Options {
            retry_ms_max: 8_000,
            ..options()
        };
        let mut session = Session::new(options.clone());
        session.bridge = Bridge::new(options, seed).unwrap();
        for input in [Input::Start, Input::SocketOpened, frame(OURS)] {
            session.give(input);
        }
        session.check(Input::SocketClosed { code, reason }, &["reconnecting"]);
        let from_ms = session.now_ms;
        session.effects.clear();
        while session.effects != ["open 2"] {
            session.now_ms = session.wake_at.take().unwrap();
            session.give(Input::Timer);
        }
        session.now_ms - from_ms
    };
    let waits =
        |code, reason| -> Vec<u64> { (0..200).map(|seed| wait(seed, code, reason)).collect() };
    let check = |reason, min: u64, max: u64| {
        let waits = waits(1012, reason);
        let range = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
        assert!(range.0 >= min && range.1 <= max, "{reason}: {range:?}");
        // They are spread over all of it.
        let middle = (min + max) / 2;
        let early = waits.iter().filter(|wait| **wait < middle).count();
        assert!(
            (60..=140).contains(&early),
            "{reason}: {early} of 200 are early"
        );
    };
    check("the server stops; back_ms=30000", 500, 30_000);
    check("back_ms=1000", 500, 1_000);
    // No longer than a minute, whatever it says.
    check("back_ms=18446744073709551615", 500, 60_000);
    // What is no number, or of another code, is none.
    for (code, reason) in [
        (1012, "back_ms=soon"),
        (1012, "back_ms=-1"),
        (1012, ""),
        (1001, "back_ms=30000"),
    ] {
        assert!(
            waits(code, reason).iter().all(|wait| *wait <= 1_000),
            "{code} {reason}"
        );
    }
    assert!(waits(1012, "back_ms=0").iter().all(|wait| *wait == 500));
}
