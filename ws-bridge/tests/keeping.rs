//! Writes that a device keeps: nothing is sent before it has them, and nothing ends before it has forgotten them where
//! that matters.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Entry, Input, Options, WriteId, WritePolicy};
use support::{Session, frame};

const OURS: &str = r#"{"type":"pong","hello":{"v":5,"server":"one"}}"#;

fn options() -> Options {
    Options {
        subscribe_topics: vec!["a/#".into()],
        client: Some("me".into()),
        keeps_writes: true,
        ..Options::default()
    }
}

fn sent(id: u64, after: u64) -> String {
    format!(r#"send {{"type":"write","topic":"a/x","payload":1,"id":{id},"after":{after}}}"#)
}

const DONE: Input<'static> = Input::Stored {
    count: 1,
    numbers: &[],
};

#[test]
fn what_is_written_online_is_stored_and_marked_in_one_and_sent_when_that_is_done() {
    let mut session = Session::connected(options(), OURS);
    session.write(
        "a/x",
        "1",
        WritePolicy::Queue,
        &["write 1", "store 1 marked"],
    );
    session.write(
        "a/x",
        "1",
        WritePolicy::Queue,
        &["write 2", "store 2 marked"],
    );
    session.check(DONE, &["stored 1", &sent(1, 0)]);
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["unstore 1", "settled 1 Acknowledged"],
    );
    session.check(DONE, &["stored 2", &sent(2, 1)]);
    // The server keeps its answer as long as the device could ask for it again.
    session.check(
        frame(r#"{"type":"ack","id":2}"#),
        &["unstore 2", "settled 2 Acknowledged"],
    );
    assert_eq!(session.wait(3_000), [""; 0]);
    session.give(Input::Stored {
        count: 2,
        numbers: &[],
    });
    assert_eq!(session.wait(3_000), [r#"send {"type":"settled","id":2}"#]);
}

#[test]
fn what_waited_offline_is_marked_before_it_is_sent() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", "store 1"]);
    session.write("a/x", "1", WritePolicy::Queue, &["write 2", "store 2"]);
    session.check(DONE, &["stored 1"]);
    session.give(Input::SocketOpened);
    session.check(frame(OURS), &["connected", "store 1 marked"]);
    session.check(DONE, &["stored 2", "store 2 marked"]);
    session.check(DONE, &[&sent(1, 0)]);
    session.check(DONE, &[&sent(2, 1)]);
}

#[test]
fn that_a_write_is_dropped_is_told_when_a_later_run_cannot_send_it_any_more() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    session.write("a/x", "1", WritePolicy::Latest, &["write 1", "store 1"]);
    session.check(DONE, &["stored 1"]);
    session.write(
        "a/x",
        "1",
        WritePolicy::Latest,
        &["write 2", "unstore 1", "store 2"],
    );
    session.check(DONE, &["settled 1 Dropped(Superseded)"]);
    session.check(DONE, &["stored 2"]);
}

#[test]
fn a_device_that_has_no_room_refuses_new_writes_and_loses_none() {
    let mut session = Session::connected(options(), OURS);
    session.write(
        "a/x",
        "1",
        WritePolicy::Queue,
        &["write 1", "store 1 marked"],
    );
    session.write(
        "a/x",
        "1",
        WritePolicy::Queue,
        &["write 2", "store 2 marked"],
    );
    session.check(DONE, &["stored 1", &sent(1, 0)]);
    session.check(
        Input::NotStored { count: 1 },
        &["settled 2 Dropped(NotStored)"],
    );
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["unstore 1", "settled 1 Acknowledged"],
    );
}

#[test]
fn a_session_that_ends_leaves_what_the_device_has_to_the_next_one() {
    let mut session = Session::new(options());
    session.give(Input::Start);
    for id in 1..=2 {
        session.write(
            "a/x",
            "1",
            WritePolicy::Queue,
            &[&format!("write {id}"), &format!("store {id}")],
        );
    }
    session.give(Input::Stored {
        count: 2,
        numbers: &[],
    });
    let left: Vec<Entry> = session.bridge.writes().cloned().collect();
    session.check(Input::Disconnect, &["close 1000", "disconnected"]);
    let mut next = Session::connected(
        Options {
            first_write: 3,
            ..options()
        },
        OURS,
    );
    next.effects.clear();
    let now = support::at(next.now_ms);
    let mut effects = Vec::new();
    next.bridge
        .restore(left, now, &mut |effect| effects.push(support::line(effect)));
    assert_eq!(effects, ["store 1 marked", "store 2 marked"]);
    next.check(
        Input::Stored {
            count: 2,
            numbers: &[],
        },
        &[&sent(1, 0), &sent(2, 1)],
    );
    assert_eq!(next.bridge.next_write(), WriteId(3));
}

#[test]
fn answers_that_come_out_of_their_order_are_given_up_in_it() {
    let mut session = Session::connected(options(), OURS);
    for id in 1..=2 {
        let expected = [format!("write {id}"), format!("store {id} marked")];
        let expected = expected.each_ref().map(String::as_str);
        session.write("a/x", "1", WritePolicy::Queue, &expected);
    }
    session.give(Input::Stored {
        count: 2,
        numbers: &[],
    });
    session.check(
        frame(r#"{"type":"ack","id":2}"#),
        &["unstore 2", "settled 2 Acknowledged"],
    );
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["unstore 1", "settled 1 Acknowledged"],
    );
    // A run that dies now asks for the answer to the first.
    assert_eq!(session.wait(3_000), [""; 0]);
    session.check(DONE, &[]);
    assert_eq!(session.wait(3_000), [""; 0]);
    session.give(DONE);
    assert_eq!(session.wait(3_000), [r#"send {"type":"settled","id":2}"#]);
}
