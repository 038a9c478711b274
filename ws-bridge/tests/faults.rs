//! What other ends do that is none of a good server, and what a session makes of it.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{
    Entry, Input, Options, RequestId, WRITE_LOSSES_MAX, WRITE_PUT_OFF_MAX, WRITE_TRIES_MAX,
    WritePolicy,
};
use support::{OURS, PUBLISHED, Session, at, frame, options, sent};

const NOTHING: [&str; 0] = [];

fn closed(code: u16) -> Input<'static> {
    let reason = "not that";
    Input::SocketClosed { code, reason }
}

/// The lines that begin with a word.
fn only(lines: &[String], word: &str) -> Vec<String> {
    let all = lines.iter().filter(|line| line.starts_with(word));
    all.cloned().collect()
}

/// How many writes a text of lines sends, by their ids.
fn writes(lines: &[String]) -> Vec<u64> {
    let sent = lines
        .iter()
        .filter(|line| line.contains(r#""type":"write""#));
    let id = |line: &String| {
        line.rsplit("\"id\":")
            .next()?
            .trim_end_matches('}')
            .parse()
            .ok()
    };
    sent.filter_map(id).collect()
}

/// Connects again, with a server that says `pong`, and gives what happened.
fn again(session: &mut Session, pong: &str) -> Vec<String> {
    let mut lines = session.wait(500);
    session.give(Input::SocketOpened);
    session.give(frame(pong));
    lines.append(&mut session.effects);
    lines
}

/// Loses each connection by this code once all that can go is on the wire, and gives how often it did before no write was
/// left, and how each write ended.
fn lose_until_settled(session: &mut Session, code: u16, losses_max: u32) -> (u32, Vec<String>) {
    let mut settled = Vec::new();
    for loss in 1..=losses_max {
        session.effects.clear();
        session.give(closed(code));
        settled.append(&mut only(&session.effects, "settled"));
        if session.bridge.writes_pending() == 0 {
            return (loss, settled);
        }
        again(session, OURS);
    }
    panic!("writes still wait: {settled:?}");
}

#[test]
fn a_write_that_makes_the_other_end_close_is_given_up_with_the_reason() {
    for code in [1002, 1003, 1007, 1008, 1009, 1010, 1011, 4400, 4999] {
        let mut session = Session::connected(options(), OURS);
        session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
        let (losses, settled) = lose_until_settled(&mut session, code, 10);
        let expected =
            format!("settled 1 Unknown(Closed {{ code: {code}, reason: \"not that\" }})");
        assert_eq!((losses, settled), (WRITE_TRIES_MAX, vec![expected]));
    }
}

#[test]
fn what_comes_after_such_a_write_goes_through() {
    let mut session = Session::connected(options(), OURS);
    for payload in 1..=3 {
        let (write, sent) = (format!("write {payload}"), sent(payload, payload.into()));
        session.write(
            "a/x",
            &payload.to_string(),
            WritePolicy::Queue,
            &[&write, &sent],
        );
    }
    // The second is the one. All three were on the wire, so nobody knows; then they go one at a time.
    session.give(closed(1009));
    let mut log = again(&mut session, OURS);
    assert_eq!(writes(&log), [1]);
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["settled 1 Acknowledged", &sent(2, 2)],
    );
    for _ in 0..WRITE_TRIES_MAX {
        session.effects.clear();
        session.give(closed(1009));
        log.append(&mut session.effects);
        log.append(&mut again(&mut session, OURS));
    }
    assert_eq!(only(&log, "settled").len(), 1, "{log:?}");
    assert_eq!(writes(&log).last(), Some(&3));
    session.check(
        frame(r#"{"type":"ack","id":3}"#),
        &["settled 3 Acknowledged"],
    );
    // All is well again: as many as wait go at once.
    session.write("a/x", "4", WritePolicy::Queue, &["write 4", &sent(4, 4)]);
    session.write("a/x", "5", WritePolicy::Queue, &["write 5", &sent(5, 5)]);
}

#[test]
fn a_bad_network_blames_no_write_for_long() {
    for code in [1000, 1001, 1005, 1006, 1012, 1013] {
        let mut session = Session::connected(options(), OURS);
        session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
        let (losses, _) = lose_until_settled(&mut session, code, 100);
        assert_eq!(losses, WRITE_LOSSES_MAX, "{code}");
    }
    // An answer in between, and nothing was to blame.
    let mut session = Session::connected(options(), OURS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    for id in 1..100 {
        session.give(closed(1006));
        again(&mut session, OURS);
        session.give(frame(&format!(r#"{{"type":"ack","id":{id}}}"#)));
        session.write(
            "a/x",
            "1",
            WritePolicy::Queue,
            &[&format!("write {}", id + 1), &sent(1, id + 1)],
        );
    }
}

#[test]
fn a_request_that_makes_the_other_end_close_fails_and_no_write_is_blamed() {
    let mut session = Session::connected(options(), OURS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    let request = RequestId(7);
    session.give(Input::ListTopics { request });
    let mut failed = Vec::new();
    for _ in 0..WRITE_TRIES_MAX {
        session.effects.clear();
        session.give(closed(1007));
        failed.append(&mut only(&session.effects, "failed"));
        again(&mut session, OURS);
    }
    assert_eq!(failed, ["failed 7 closed_by_server"]);
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["settled 1 Acknowledged"],
    );
}

#[test]
fn a_server_that_says_one_frame_and_closes_is_asked_less_and_less_often() {
    let patient = Options {
        retry_ms_max: 8_000,
        retries_max: Some(6),
        ..options()
    };
    for said in [
        OURS,
        PUBLISHED,
        r#"{"type":"error","code":"SERVER_ERROR","message":"full"}"#,
        r#"{"type":"subscribed","topics":["a/#"]}"#,
        r#"{"type":"snapshot","topic":"a/x","payload":1}"#,
    ] {
        let mut session = Session::new(patient.clone());
        session.give(Input::Start);
        let mut opened = 1;
        let mut last = Vec::new();
        while session.bridge.status() != aimdb_ws_bridge::Status::Disconnected {
            session.give(Input::SocketOpened);
            session.give(frame(said));
            session.give(closed(1006));
            opened += only(&session.wait(8_000), "open").len();
            last.push(session.now_ms);
        }
        assert_eq!(opened, 7, "{said}");
    }
}

#[test]
fn a_connection_that_lasted_is_tried_again_as_if_it_were_the_first() {
    let mut session = Session::connected(options(), OURS);
    session.give(closed(1006));
    let lines = again(&mut session, OURS);
    assert_eq!(only(&lines, "open"), ["open 2"]);
    session.wait(aimdb_ws_bridge::LASTING_MS - 1);
    session.give(closed(1006));
    let lines = again(&mut session, OURS);
    assert_eq!(only(&lines, "open"), ["open 3"]);
    session.wait(aimdb_ws_bridge::LASTING_MS);
    session.give(closed(1006));
    assert_eq!(only(&session.wait(500), "open"), ["open 2"]);
}

#[test]
fn connected_is_said_when_the_server_has_answered_and_not_before() {
    let open = || {
        let mut session = Session::new(options());
        session.give(Input::Start);
        session.effects.clear();
        session.give(Input::SocketOpened);
        assert_eq!(only(&session.effects, "connected"), NOTHING);
        session
    };
    for said in [
        OURS,
        PUBLISHED,
        r#"{"type":"subscribed","topics":["a/#"]}"#,
        r#"{"type":"snapshot","topic":"a/x","payload":1}"#,
        r#"{"type":"data","topic":"b","payload":1,"ts":1}"#,
    ] {
        let mut session = open();
        session.effects.clear();
        session.give(frame(said));
        assert_eq!(only(&session.effects, "connected"), ["connected"], "{said}");
    }
    for said in [
        r#"{"type":"error","code":"SERVER_ERROR","message":"full"}"#,
        "not json",
        r#"{"type":"news"}"#,
    ] {
        let mut session = open();
        session.give(frame(said));
        session.give(closed(1013));
        assert_eq!(only(&session.effects, "connected"), NOTHING, "{said}");
    }
}

#[test]
fn a_server_that_talks_but_answers_no_ping_gets_the_writes_in_the_end() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    session.give(Input::SocketOpened);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    session.give(frame(r#"{"type":"subscribed","topics":["a/#"]}"#));
    assert_eq!(session.wait(10_000), [sent(1, 1), "settled 1 Sent".into()]);
}

const SLOW: &str = r#"{"type":"pong","hello":{"v":4,"server":"one","limits":{"message_bytes":1000,"frames_per_second":40,"frames_burst":80,"subscriptions":256,"writes_pending":5}}}"#;

#[test]
fn no_more_goes_out_than_the_server_says_it_takes() {
    let mut session = Session::connected(options(), SLOW);
    session.effects.clear();
    for _ in 0..301 {
        session.give(Input::Write {
            topic: "a/x",
            payload: aimdb_ws_protocol::Raw::known("1"),
            policy: WritePolicy::Queue,
            source: None,
            condition: None,
        });
    }
    // Five may be unanswered; three quarters of 40 a second are answered as they come.
    let mut all = writes(&session.effects);
    assert_eq!(all, [1, 2, 3, 4, 5]);
    let mut answered = 0;
    let began = session.now_ms;
    while answered < 301 {
        while answered < all.len() {
            answered += 1;
            session.effects.clear();
            session.give(frame(&format!(r#"{{"type":"ack","id":{answered}}}"#)));
            all.append(&mut writes(&session.effects));
        }
        let waited = session.wait(10);
        all.append(&mut writes(&waited));
    }
    assert_eq!(all, (1..=301).collect::<Vec<u64>>());
    let least_ms = (301 - 60) * 1_000 / 30;
    assert!(
        session.now_ms - began >= least_ms,
        "{}",
        session.now_ms - began
    );
    // A frame that this server does not take is told so here, not there.
    let large = format!("\"{}\"", "x".repeat(1_000));
    session.effects.clear();
    session.write(
        "a/x",
        &large,
        WritePolicy::Queue,
        &["write 302", "settled 302 Dropped(TooLarge { bytes: 1052 })"],
    );
}

#[test]
fn rate_limited_means_later_and_in_order() {
    for reason in ["rate_limited", "too_many_pending"] {
        let mut session = Session::connected(options(), OURS);
        for id in 1..=3 {
            let (write, sent) = (format!("write {id}"), sent(1, id));
            session.write("a/x", "1", WritePolicy::Queue, &[&write, &sent]);
        }
        let refuse = |id: u64| {
            format!(
                r#"{{"type":"error","code":"FORBIDDEN","topic":"a/x","message":"slow","id":{id},"reason":"{reason}"}}"#
            )
        };
        session.check(
            frame(r#"{"type":"ack","id":1}"#),
            &["settled 1 Acknowledged"],
        );
        session.check(frame(&refuse(2)), &[]);
        session.check(frame(&refuse(3)), &[]);
        assert_eq!(session.wait(499), NOTHING);
        assert_eq!(session.wait(1), [sent(1, 2), sent(1, 3)]);
        session.check(frame(&refuse(2)), &[]);
        session.check(frame(&refuse(3)), &[]);
        assert_eq!(session.wait(999), NOTHING);
        assert_eq!(writes(&session.wait(1)), [2, 3]);
        // For ever is not later.
        let mut settled = Vec::new();
        for _ in 0..WRITE_PUT_OFF_MAX {
            session.effects.clear();
            session.give(frame(&refuse(2)));
            settled.append(&mut only(&session.effects, "settled"));
            session.wait(8_000);
        }
        assert_eq!(settled.len(), 1, "{settled:?}");
        assert!(settled[0].starts_with("settled 2 Refused"), "{settled:?}");
    }
}

#[test]
fn a_request_and_a_subscription_that_come_too_soon_are_sent_again() {
    let mut session = Session::connected(options(), OURS);
    let list = r#"send {"type":"list_topics","id":"r1"}"#;
    let request = RequestId(1);
    session.check(Input::ListTopics { request }, &[list]);
    let refusal = r#"{"type":"error","code":"FORBIDDEN","message":"slow","request":"r1","reason":"rate_limited"}"#;
    session.check(frame(refusal), &[]);
    assert_eq!(session.wait(1_000), [list]);
    let refusal = r#"{"type":"error","code":"FORBIDDEN","message":"slow","reason":"rate_limited"}"#;
    session.check(frame(refusal), &[]);
    assert_eq!(
        session.wait(1_000),
        [r#"send {"type":"subscribe","topics":["a/#"]}"#]
    );
    // A published server that uses the word for something else is heard.
    let mut session = Session::connected(options(), PUBLISHED);
    session.check(frame(refusal), &["error FORBIDDEN"]);
}

#[test]
fn an_error_without_an_id_ends_the_only_request_that_can_be_meant() {
    let error = r#"{"type":"error","code":"SERVER_ERROR","message":"no history"}"#;
    let ask = |session: &mut Session, number: u64| {
        let request = RequestId(number);
        session.give(Input::ListTopics { request });
    };
    let mut session = Session::connected(options(), PUBLISHED);
    ask(&mut session, 1);
    session.check(frame(error), &["failed 1 refused"]);
    // Of two nobody knows.
    ask(&mut session, 2);
    ask(&mut session, 3);
    session.check(frame(error), &["error SERVER_ERROR"]);
    // One about a topic is about something else, and our own server names what it means.
    let mut session = Session::connected(options(), PUBLISHED);
    ask(&mut session, 1);
    let about = error.replace("\"message\"", "\"topic\":\"b\",\"message\"");
    session.check(frame(&about), &["error SERVER_ERROR"]);
    let mut session = Session::connected(options(), OURS);
    ask(&mut session, 1);
    session.check(frame(error), &["error SERVER_ERROR"]);
}

#[test]
fn what_was_handed_over_and_has_no_answer_is_unknown_and_not_dropped() {
    let unknown = |reason: &str| format!("settled 1 Unknown({reason})");
    let write = |session: &mut Session, policy| {
        session.write("a/x", "1", policy, &["write 1", &sent(1, 1)]);
    };
    // The session ends.
    let mut session = Session::connected(options(), OURS);
    write(&mut session, WritePolicy::Queue);
    session.write(
        "b/#",
        "1",
        WritePolicy::Queue,
        &[
            "write 2",
            "settled 2 Dropped(InvalidTopic(Wildcard { level: 1 }))",
        ],
    );
    session.effects.clear();
    session.give(Input::Disconnect);
    assert_eq!(only(&session.effects, "settled"), [unknown("Disconnected")]);
    // It ends while the connection is lost.
    let mut session = Session::connected(options(), OURS);
    write(&mut session, WritePolicy::Queue);
    session.give(closed(1006));
    session.write("a/y", "1", WritePolicy::Queue, &["write 2"]);
    session.effects.clear();
    session.give(Input::Disconnect);
    assert_eq!(
        only(&session.effects, "settled"),
        [
            unknown("Disconnected"),
            "settled 2 Dropped(Disconnected)".into()
        ]
    );
    // Its time is over after the connection was lost.
    let mut session = Session::connected(options(), OURS);
    write(&mut session, WritePolicy::Expire { after_ms: 300 });
    session.give(closed(1006));
    assert_eq!(session.wait(300), [unknown("Expired")]);
    // A newer one does not take the place of one that the server may have.
    let mut session = Session::connected(options(), OURS);
    write(&mut session, WritePolicy::Latest);
    session.give(closed(1006));
    session.write("a/x", "2", WritePolicy::Latest, &["write 2"]);
    session.write(
        "a/x",
        "3",
        WritePolicy::Latest,
        &["write 3", "settled 2 Dropped(Superseded)"],
    );
    assert_eq!(writes(&again(&mut session, OURS)), [1, 3]);
}

#[test]
fn an_unanswered_write_on_a_living_connection_ends() {
    let mut session = Session::connected(options(), OURS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    let mut settled = Vec::new();
    for _ in 0..40 {
        settled.append(&mut only(&session.wait(1_000), "settled"));
        session.give(frame(OURS));
    }
    assert_eq!(settled, ["settled 1 Unknown(Unanswered)"]);
    // Its answer comes late, and is nobody's.
    session.check(frame(r#"{"type":"ack","id":1}"#), &[]);
    session.check(
        frame(r#"{"type":"error","code":"WRITE_ERROR","topic":"a/x","message":"no","id":1}"#),
        &[],
    );
}

#[test]
fn a_command_does_not_outlive_its_time_whatever_the_clocks_do() {
    let policy = WritePolicy::Expire { after_ms: 1_000 };
    let waiting = || {
        let mut session = Session::new(options());
        session.give(Input::Start);
        session.write("a/x", "1", policy, &["write 1"]);
        session
    };
    // The device slept: its monotonic clock stood still, the wall clock did not.
    let mut session = waiting();
    let mut lines = Vec::new();
    let mut now = at(session.now_ms + 10);
    now.wall_ms += 6_000;
    let mut note = |effect: aimdb_ws_bridge::Effect<'_>| lines.push(support::line(effect));
    session.bridge.handle(Input::PageVisible, now, &mut note);
    assert_eq!(lines, ["settled 1 Dropped(Expired)"]);
    // The wall clock was set back: the monotonic one ends it.
    let mut session = waiting();
    let mut lines = Vec::new();
    let mut now = at(session.now_ms + 1_000);
    now.wall_ms -= 3_600_000;
    let mut note = |effect: aimdb_ws_bridge::Effect<'_>| lines.push(support::line(effect));
    session.bridge.handle(Input::Timer, now, &mut note);
    assert_eq!(only(&lines, "settled"), ["settled 1 Dropped(Expired)"]);
}

#[test]
fn writes_are_read_out_and_put_back_as_they_were() {
    let mut first = Session::connected(options(), OURS);
    first.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    first.give(closed(1006));
    first.write(
        "a/x",
        "2",
        WritePolicy::Expire { after_ms: 5_000 },
        &["write 2"],
    );
    first.write("a/x", "3", WritePolicy::Queue, &["write 3"]);
    let kept: Vec<Entry> = first.bridge.writes().cloned().collect();
    // Another run of the program, whose monotonic clock begins at another zero, two seconds later.
    let mut second = Session::new(options());
    second.now_ms = first.now_ms + 2_000;
    second.give(Input::Start);
    let mut ended = Vec::new();
    let now = at(second.now_ms);
    second.bridge.restore(kept.clone(), now, &mut |effect| {
        ended.push(support::line(effect))
    });
    second
        .bridge
        .restore(kept, now, &mut |effect| ended.push(support::line(effect)));
    assert_eq!(only(&ended, "settled"), NOTHING);
    assert_eq!(second.bridge.writes_pending(), 3);
    second.write("a/x", "4", WritePolicy::Queue, &["write 4"]);
    assert_eq!(second.wait(2_999), NOTHING);
    second.wake_at = Some(second.now_ms + 1);
    assert_eq!(
        only(&second.wait(1), "settled"),
        ["settled 2 Dropped(Expired)"]
    );
    second.give(Input::SocketOpened);
    second.check(
        frame(OURS),
        &["connected", &sent(1, 1), &sent(3, 3), &sent(4, 4)],
    );
}

/// Puts writes back, and gives what was reported.
fn restore(session: &mut Session, entries: Vec<Entry>) -> Vec<String> {
    let mut lines = Vec::new();
    let now = at(session.now_ms);
    let mut note = |effect: aimdb_ws_bridge::Effect<'_>| lines.push(support::line(effect));
    session.bridge.restore(entries, now, &mut note);
    lines
}

/// Writes that wait, with these numbers; those up to `sent` were handed over.
fn entries(ids: &[u64], sent: u64) -> Vec<Entry> {
    let entry = |id: &u64| {
        let mut entry = Entry::new(
            aimdb_ws_bridge::WriteId(*id),
            "a/x",
            "1",
            WritePolicy::Queue,
            None,
            at(1_000),
        );
        entry.handed_over = *id <= sent;
        entry
    };
    ids.iter().map(entry).collect()
}

#[test]
fn what_is_put_back_and_does_not_fit_ends_once_and_as_it_was() {
    let options = Options {
        writes_pending_max: 3,
        ..options()
    };
    let mut session = Session::new(options);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    // Repeated, out of order, and more than there is room for; the one that is here stays.
    let ended = restore(&mut session, entries(&[9, 3, 3, 1, 2, 9, 5], 5));
    assert_eq!(
        ended,
        [
            "settled 5 Unknown(Disconnected)",
            "settled 9 Dropped(Disconnected)"
        ]
    );
    assert_eq!(session.bridge.next_write().0, 10);
    session.give(Input::Start);
    session.give(Input::SocketOpened);
    session.check(
        frame(OURS),
        &["connected", &sent(1, 1), &sent(1, 2), &sent(1, 3)],
    );
}

#[test]
fn a_number_that_no_write_can_have_is_not_taken_over() {
    let mut session = Session::new(options());
    let ended = restore(&mut session, entries(&[0, u64::MAX, (1 << 53) + 1], 0));
    assert_eq!(only(&ended, "settled").len(), 3);
    assert_eq!(session.bridge.next_write().0, 1);
    assert_eq!(session.bridge.writes_pending(), 0);
}

#[test]
fn what_is_put_back_after_a_later_one_was_sent_is_not_sent_any_more() {
    let options = Options {
        first_write: 5,
        ..options()
    };
    let mut session = Session::connected(options, OURS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 5", &sent(1, 5)]);
    // The server would take 3 and 4 for repeats of what it has, and acknowledge them.
    let lines = restore(&mut session, entries(&[3, 4, 6], 3));
    assert_eq!(
        lines,
        [
            "settled 3 Unknown(Disconnected)",
            "settled 4 Dropped(Disconnected)",
            &sent(1, 6)
        ]
    );
    session.check(
        frame(r#"{"type":"ack","id":5}"#),
        &["settled 5 Acknowledged"],
    );
    session.check(
        frame(r#"{"type":"ack","id":6}"#),
        &["settled 6 Acknowledged"],
    );
}

#[test]
fn a_write_that_the_next_server_finds_too_large_may_be_at_the_one_before() {
    let mut session = Session::connected(options(), OURS);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    session.give(closed(1006));
    session.write("a/x", "2", WritePolicy::Queue, &["write 2"]);
    let small = r#"{"type":"pong","hello":{"v":1,"server":"two","limits":{"message_bytes":10,"writes_pending":64,"frames_per_second":200,"frames_burst":400,"subscriptions":256}}}"#;
    let settled = only(&again(&mut session, small), "settled");
    assert_eq!(settled[0], "settled 1 Unknown(ConnectionLost)");
    assert!(settled[1].starts_with("settled 2 Dropped(TooLarge"));
}

#[test]
fn a_rejecting_write_that_was_never_sent_is_dropped_with_its_connection() {
    let options = Options {
        writes_burst_max: 1,
        ..options()
    };
    let mut session = Session::connected(options, OURS);
    session.write("a/x", "1", WritePolicy::Reject, &["write 1"]);
    session.check(
        closed(1006),
        &["settled 1 Dropped(Offline)", "reconnecting"],
    );
}

#[test]
fn clocks_at_their_ends_and_any_limits_do_no_harm() {
    for limit in [0, 1, u64::MAX] {
        let pong = format!(
            r#"{{"type":"pong","hello":{{"v":1,"server":"one","limits":{{"message_bytes":{limit},"writes_pending":{limit},"frames_per_second":{limit},"frames_burst":{limit},"subscriptions":{limit}}}}}}}"#
        );
        for now_ms in [0, u64::MAX / 2, u64::MAX - 10, u64::MAX] {
            let now = aimdb_ws_bridge::Now {
                mono_ms: now_ms,
                wall_ms: u64::MAX - now_ms,
            };
            let mut bridge = aimdb_ws_bridge::Bridge::new(options(), 1).unwrap();
            let mut settled = 0;
            let mut note = |effect: aimdb_ws_bridge::Effect<'_>| {
                settled += u32::from(matches!(
                    effect,
                    aimdb_ws_bridge::Effect::WriteSettled { .. }
                ));
            };
            bridge.handle(Input::Start, now, &mut note);
            bridge.handle(Input::SocketOpened, now, &mut note);
            bridge.handle(frame(&pong), now, &mut note);
            for policy in [
                WritePolicy::Queue,
                WritePolicy::Expire { after_ms: u64::MAX },
            ] {
                for _ in 0..500 {
                    let input = Input::Write {
                        topic: "a/x",
                        payload: aimdb_ws_protocol::Raw::known("1"),
                        policy,
                        source: None,
                        condition: None,
                    };
                    bridge.handle(input, now, &mut note);
                }
            }
            bridge.handle(Input::Timer, now, &mut note);
            bridge.handle(closed(1006), now, &mut note);
            bridge.handle(Input::Disconnect, now, &mut note);
            assert_eq!(settled, 1_000);
        }
    }
}
