//! Writes with a condition: what goes over the wire, and what becomes of those that a server does not judge.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Condition, Entry, Input, Options, WritePolicy};
use aimdb_ws_protocol::Raw;
use support::{PUBLISHED, Session, at, frame, options};

const JUDGES: &str = r#"{"type":"pong","hello":{"v":6,"server":"one"}}"#;
const CHAINS: &str = r#"{"type":"pong","hello":{"v":5,"server":"one"}}"#;

fn base(seq: u64) -> Condition<'static> {
    Condition::Base {
        seq,
        server: Some("one".into()),
    }
}

fn onto(id: u64) -> Condition<'static> {
    Condition::Onto { id }
}

fn write(session: &mut Session, payload: &str, policy: WritePolicy, condition: Condition<'static>) {
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known(payload),
        policy,
        source: None,
        condition: Some(condition),
    });
}

fn offline(options: Options) -> Session {
    let mut session = Session::new(options);
    session.give(Input::Start);
    session
}

/// Goes online; gives what happened to writes.
fn online(session: &mut Session, pong: &str) -> Vec<String> {
    session.give(Input::SocketOpened);
    session.effects.clear();
    session.give(frame(pong));
    writes(session)
}

fn writes(session: &Session) -> Vec<String> {
    let about_writes =
        |line: &&String| line.contains(r#""type":"write""#) || line.contains("settled");
    let lines = session.effects.iter().filter(about_writes);
    lines.cloned().collect()
}

fn sent(payload: u32, id: u64, after: u64, condition: &str) -> String {
    format!(
        r#"send {{"type":"write","topic":"a/x","payload":{payload},"id":{id},"after":{after},{condition}}}"#
    )
}

#[test]
fn a_write_says_what_it_was_written_over() {
    let mut session = offline(options());
    write(&mut session, "10", WritePolicy::Queue, base(41));
    write(&mut session, "12", WritePolicy::Queue, onto(1));
    let newer = Condition::Newer { field: "t".into() };
    write(&mut session, "15", WritePolicy::Queue, newer);
    let expected = [
        sent(10, 1, 0, r#""base":41"#),
        sent(12, 2, 1, r#""onto":1"#),
        sent(15, 3, 2, r#""newer":"t""#),
    ];
    assert_eq!(online(&mut session, JUDGES), expected);
}

#[test]
fn a_base_of_another_instance_says_so() {
    let mut session = offline(options());
    write(&mut session, "10", WritePolicy::Queue, base(41));
    let other = JUDGES.replace("one", "two");
    let expected = [sent(10, 1, 0, r#""base":41,"server":"one""#)];
    assert_eq!(online(&mut session, &other), expected);
}

#[test]
fn of_offline_writes_the_newest_is_over_what_the_first_was_over() {
    let mut session = offline(options());
    write(&mut session, "10", WritePolicy::Latest, base(41));
    write(&mut session, "12", WritePolicy::Latest, onto(1));
    write(&mut session, "15", WritePolicy::Latest, onto(2));
    assert_eq!(
        online(&mut session, JUDGES),
        [sent(15, 3, 0, r#""base":41"#)]
    );
}

#[test]
fn a_write_whose_predecessor_ended_unsent_is_over_what_that_was_over_also_for_the_device() {
    let keeps = Options {
        keeps_writes: true,
        ..options()
    };
    let mut session = offline(keeps);
    let expires = WritePolicy::Expire { after_ms: 1_000 };
    write(&mut session, "10", expires, base(41));
    write(&mut session, "12", WritePolicy::Queue, onto(1));
    session.give(Input::Stored {
        count: 2,
        numbers: &[],
    });
    let told = session.wait(2_000);
    assert!(told.contains(&"unstore 1".into()), "{told:?}");
    assert!(told.contains(&"store 2".into()), "{told:?}");
    let entries: Vec<&Entry> = session.bridge.writes().collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].condition, Some(base(41)));
}

#[test]
fn what_goes_out_stays_under_what_is_written_over_it() {
    let mut session = Session::connected(options(), JUDGES);
    write(&mut session, "10", WritePolicy::Latest, base(41));
    session.effects.clear();
    write(&mut session, "12", WritePolicy::Latest, onto(1));
    assert_eq!(writes(&session), [sent(12, 2, 1, r#""onto":1"#)]);
}

#[test]
fn a_server_that_does_not_judge_gets_no_write_with_a_condition() {
    for pong in [CHAINS, PUBLISHED] {
        let mut session = offline(options());
        write(&mut session, "10", WritePolicy::Queue, base(41));
        write(&mut session, "12", WritePolicy::Queue, onto(1));
        let dropped = |id: u64| format!("settled {id} Dropped(ConflictUnsupported)");
        assert_eq!(online(&mut session, pong), [dropped(1), dropped(2)]);
        session.effects.clear();
        write(&mut session, "15", WritePolicy::Queue, base(41));
        assert_eq!(writes(&session), [dropped(3)]);
        // Others go as ever.
        session.effects.clear();
        session.give(Input::Write {
            topic: "a/x",
            payload: Raw::known("16"),
            policy: WritePolicy::Queue,
            source: None,
            condition: None,
        });
        assert!(writes(&session)[0].starts_with("send"));
    }
}

#[test]
fn what_one_server_may_have_judged_is_unknown_at_one_that_does_not() {
    let mut session = Session::connected(options(), JUDGES);
    write(&mut session, "10", WritePolicy::Queue, base(41));
    let (code, reason) = (1006, "");
    session.give(Input::SocketClosed { code, reason });
    session.wait(2_000);
    let expected = ["settled 1 Unknown(ConnectionLost)"];
    assert_eq!(online(&mut session, CHAINS), expected);
}

#[test]
fn a_write_that_lost_ends_with_the_value_that_is_there() {
    let mut session = Session::connected(options(), JUDGES);
    write(&mut session, "10", WritePolicy::Queue, base(41));
    session.effects.clear();
    session.give(frame(
        r#"{"type":"error","code":"WRITE_ERROR","topic":"a/x","message":"no","id":1,"reason":"superseded","value":{"v":30},"seq":42}"#,
    ));
    let told = &writes(&session)[0];
    assert!(told.contains(r#"reason: Some("superseded")"#), "{told}");
    assert!(
        told.contains(r#"{\"v\":30}"#) && told.contains("seq: Some(42)"),
        "{told}"
    );
}

#[test]
fn a_write_that_is_put_back_has_its_condition() {
    let mut session = offline(options());
    write(&mut session, "10", WritePolicy::Queue, base(41));
    let left: Vec<Entry> = session.bridge.writes().cloned().collect();
    let mut next = offline(options());
    next.bridge.restore(left, at(0), &mut |_| {});
    assert_eq!(online(&mut next, JUDGES), [sent(10, 1, 0, r#""base":41"#)]);
}
