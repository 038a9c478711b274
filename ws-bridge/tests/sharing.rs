//! A device that several sessions write to: the numbers are its, one sends, and the others hear how it ended.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{
    Condition, DropReason, Entry, Input, Options, Outcome, UnknownReason, WriteId, WritePolicy,
};
use aimdb_ws_protocol::Raw;
use support::Session;

const OURS: &str = r#"{"type":"pong","hello":{"v":6,"server":"one"}}"#;
const LEAD: Input<'static> = Input::Lead { epoch: 1 };

fn session() -> Session {
    let options = Options {
        subscribe_topics: vec!["a/#".into()],
        client: Some("me".into()),
        keeps_writes: true,
        shares_writes: true,
        ..Options::default()
    };
    let mut session = Session::connected(options, OURS);
    session.effects.clear();
    session
}

fn stored(count: usize, numbers: &'static [u64]) -> Input<'static> {
    Input::Stored { count, numbers }
}

fn sent(id: u64, after: u64) -> String {
    format!(r#"send {{"type":"write","topic":"a/x","payload":1,"id":{id},"after":{after}}}"#)
}

/// The numbers on the wire, in order, as the session has them.
fn numbers(session: &Session) -> Vec<u64> {
    session.bridge.writes().map(|entry| entry.number).collect()
}

/// A write of another session, as the device has it.
fn row(session: &Session, number: u64, policy: WritePolicy, is_marked: bool) -> Entry {
    let now = support::at(session.now_ms);
    let mut entry = Entry::new(WriteId(number), "a/x", "1", policy, None, now);
    entry.handed_over = is_marked;
    entry
}

/// The device says that these wait.
fn hear(session: &mut Session, rows: Vec<Entry>) {
    let now = support::at(session.now_ms);
    let effects = &mut session.effects;
    effects.clear();
    session.bridge.restore(rows, now, &mut |effect| {
        effects.push(support::line(effect));
    });
}

fn write(session: &mut Session, policy: WritePolicy, expected: &[&str]) {
    session.write("a/x", "1", policy, expected);
}

#[test]
fn a_session_that_does_not_send_stores_unmarked_and_hears_how_it_ended() {
    let mut session = session();
    write(&mut session, WritePolicy::Queue, &["write 1", "store 1"]);
    session.check(stored(1, &[7]), &["stored 1"]);
    assert_eq!(numbers(&session), [7]);
    let outcome = Outcome::Acknowledged;
    session.check(Input::Ended { number: 8, outcome }, &[]);
    let outcome = Outcome::Acknowledged;
    session.check(
        Input::Ended { number: 7, outcome },
        &["settled 1 Acknowledged"],
    );
    assert_eq!(numbers(&session), [0; 0]);
}

#[test]
fn what_another_wrote_before_goes_before() {
    let mut session = session();
    session.give(LEAD);
    write(
        &mut session,
        WritePolicy::Queue,
        &["write 1", "store 1 marked"],
    );
    // Told before its own number is.
    let rows = vec![row(&session, 1, WritePolicy::Queue, false)];
    hear(&mut session, rows);
    assert_eq!(session.effects, ["store 2 marked"]);
    session.check(stored(1, &[2]), &["stored 1"]);
    assert_eq!(numbers(&session), [1, 2]);
    session.check(stored(1, &[]), &[&sent(1, 0), &sent(2, 1)]);
}

#[test]
fn who_leads_again_marks_again_and_sends_only_then() {
    let mut session = session();
    session.give(LEAD);
    write(
        &mut session,
        WritePolicy::Queue,
        &["write 1", "store 1 marked"],
    );
    session.check(Input::Follow, &[]);
    session.check(stored(1, &[1]), &["stored 1"]);
    session.check(Input::Follow, &[]);
    session.effects.clear();
    session.give(Input::Lead { epoch: 3 });
    let hello = &session.effects[0];
    assert!(hello.contains(r#""epoch":3"#), "{hello}");
    assert_eq!(session.effects[1..], ["store 1 marked"]);
    session.check(stored(1, &[]), &[&sent(1, 0)]);
}

#[test]
fn a_mark_that_was_refused_sends_nothing_where_another_sends() {
    let mut session = session();
    let rows = vec![row(&session, 1, WritePolicy::Queue, false)];
    hear(&mut session, rows);
    session.effects.clear();
    session.give(LEAD);
    assert_eq!(session.effects[1..], ["store 1 marked"]);
    session.check(Input::Follow, &[]);
    session.check(Input::NotStored { count: 1 }, &[]);
    assert_eq!(numbers(&session), [1]);
}

#[test]
fn a_newer_write_replaces_what_another_session_stored_and_never_sent() {
    let mut session = session();
    let rows = vec![
        row(&session, 1, WritePolicy::Latest, true),
        row(&session, 2, WritePolicy::Latest, false),
        row(&session, 3, WritePolicy::Latest, false),
    ];
    hear(&mut session, rows);
    session.effects.clear();
    session.give(LEAD);
    // The first may be at the server.
    assert_eq!(session.effects[0], "unstore 2");
    assert_eq!(session.effects[2..], ["store 1 marked", "store 3 marked"]);
    session.check(stored(1, &[]), &["settled 2 Dropped(Superseded)"]);
}

#[test]
fn a_write_that_was_replaced_before_it_had_a_number_keeps_it_from_no_other() {
    let mut session = Session::new(Options {
        client: Some("me".into()),
        keeps_writes: true,
        shares_writes: true,
        ..Options::default()
    });
    session.give(LEAD);
    write(&mut session, WritePolicy::Latest, &["write 1", "store 1"]);
    write(&mut session, WritePolicy::Latest, &["write 2", "store 2"]);
    session.check(stored(2, &[1, 2]), &["unstore 1", "stored 2"]);
    assert_eq!(session.bridge.writes().next().unwrap().number, 2);
    session.check(stored(1, &[]), &["settled 1 Dropped(Superseded)"]);
    assert_eq!(numbers(&session), [2]);
}

#[test]
fn a_write_that_was_not_stored_is_dropped_and_gives_its_number_to_none() {
    let mut session = session();
    write(&mut session, WritePolicy::Queue, &["write 1", "store 1"]);
    write(&mut session, WritePolicy::Queue, &["write 2", "store 2"]);
    session.check(
        Input::NotStored { count: 1 },
        &["settled 1 Dropped(NotStored)"],
    );
    session.check(stored(1, &[4]), &["stored 2"]);
    assert_eq!(numbers(&session), [4]);
}

#[test]
fn a_removal_that_was_refused_leaves_the_write_to_who_sends() {
    let mut session = session();
    let rows = vec![
        row(&session, 1, WritePolicy::Latest, false),
        row(&session, 2, WritePolicy::Latest, false),
    ];
    hear(&mut session, rows);
    session.give(LEAD);
    session.check(Input::Follow, &[]);
    // Another may have marked it meanwhile: that is learned, and it is not here twice.
    let rows = vec![row(&session, 1, WritePolicy::Latest, true)];
    hear(&mut session, rows);
    assert_eq!(session.effects, [""; 0]);
    session.check(Input::NotStored { count: 1 }, &[]);
    assert_eq!(numbers(&session), [1, 2]);
    assert!(session.bridge.writes().next().unwrap().handed_over);
    let outcome = Outcome::Dropped(DropReason::Superseded);
    session.check(
        Input::Ended { number: 1, outcome },
        &["settled 1 Dropped(Superseded)"],
    );
}

#[test]
fn one_that_is_about_to_be_forgotten_ends_as_who_sends_says() {
    let mut session = session();
    let rows = vec![
        row(&session, 1, WritePolicy::Latest, false),
        row(&session, 2, WritePolicy::Latest, false),
    ];
    hear(&mut session, rows);
    session.give(LEAD);
    session.give(Input::Follow);
    let outcome = Outcome::Acknowledged;
    session.check(
        Input::Ended { number: 1, outcome },
        &["settled 1 Acknowledged"],
    );
    session.check(Input::NotStored { count: 1 }, &[]);
    assert_eq!(numbers(&session), [2]);
}

#[test]
fn what_is_over_a_write_without_a_number_is_stored_once_that_has_one_and_so_is_what_waits_behind() {
    let mut session = session();
    write(&mut session, WritePolicy::Queue, &["write 1", "store 1"]);
    session.effects.clear();
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("2"),
        policy: WritePolicy::Queue,
        source: None,
        condition: Some(Condition::Onto { id: 1 }),
    });
    assert_eq!(session.effects, ["write 2"]);
    write(&mut session, WritePolicy::Queue, &["write 3"]);
    session.check(stored(1, &[5]), &["store 2", "store 3", "stored 1"]);
    let over: Vec<_> = session
        .bridge
        .writes()
        .filter_map(|entry| entry.condition.clone())
        .collect();
    assert_eq!(over, [Condition::Onto { id: 5 }]);
    session.check(stored(2, &[6, 8]), &["stored 2", "stored 3"]);
    assert_eq!(numbers(&session), [5, 6, 8]);
}

#[test]
fn what_changes_before_it_has_a_number_is_stored_again_under_it_and_not_twice() {
    let mut session = session();
    session.give(Input::NetworkOffline);
    let mut first = row(&session, 5, WritePolicy::Expire { after_ms: 100 }, false);
    first.condition = Some(Condition::Base {
        seq: 3,
        server: None,
    });
    hear(&mut session, vec![first]);
    session.give(Input::SocketClosed {
        code: 1006,
        reason: "",
    });
    session.give(LEAD);
    session.effects.clear();
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("2"),
        policy: WritePolicy::Queue,
        source: None,
        condition: Some(Condition::Onto { id: 1 }),
    });
    assert_eq!(session.effects, ["write 2", "store 2"]);
    // What it was written over never leaves: it is over what that was over.
    session.now_ms += 100;
    session.effects.clear();
    session.give(Input::Timer);
    let of_device = |one: &&String| one.contains("store");
    let asked: Vec<_> = session.effects.iter().filter(of_device).collect();
    assert_eq!(asked, ["unstore 1"]);
    session.check(stored(1, &[6]), &["store 2", "stored 2"]);
    let last = session.bridge.writes().next().unwrap();
    let base = Condition::Base {
        seq: 3,
        server: None,
    };
    assert_eq!((last.number, &last.condition), (6, &Some(base)));
}

#[test]
fn a_mark_that_was_asked_for_before_another_sent_is_none() {
    let mut session = session();
    let rows = vec![row(&session, 1, WritePolicy::Queue, false)];
    hear(&mut session, rows);
    session.effects.clear();
    session.give(LEAD);
    assert_eq!(session.effects[1..], ["store 1 marked"]);
    session.give(Input::Follow);
    session.effects.clear();
    session.give(Input::Lead { epoch: 3 });
    assert_eq!(session.effects[1..], ["store 1 marked"]);
    // The first was refused, or done under an epoch that is over.
    session.check(Input::NotStored { count: 1 }, &[]);
    session.check(stored(1, &[]), &[&sent(1, 0)]);
}

#[test]
fn an_answer_to_a_session_that_does_not_send_any_more_is_left_to_the_one_that_does() {
    let mut session = session();
    session.give(LEAD);
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("1"),
        policy: WritePolicy::Queue,
        source: None,
        condition: None,
    });
    session.check(stored(1, &[1]), &["stored 1", &sent(1, 0)]);
    session.check(Input::Follow, &[]);
    session.check(support::frame(r#"{"type":"ack","id":1}"#), &[]);
    assert_eq!(numbers(&session), [1]);
    // It sends again, and nobody else has had the answer: the server gives it once more.
    session.give(Input::Lead { epoch: 3 });
    session.check(stored(1, &[]), &[&sent(1, 0)]);
    session.check(
        support::frame(r#"{"type":"ack","id":1}"#),
        &["unstore 1", "settled 1 Acknowledged"],
    );
}

#[test]
fn the_echo_of_a_write_that_ended_as_unknown_is_known() {
    let mut session = session();
    write(&mut session, WritePolicy::Queue, &["write 1", "store 1"]);
    session.check(stored(1, &[7]), &["stored 1"]);
    let outcome = Outcome::Unknown(UnknownReason::Unanswered);
    session.check(
        Input::Ended { number: 7, outcome },
        &["settled 1 Unknown(Unanswered)"],
    );
    let data = |by: u64| {
        format!(r#"{{"type":"data","topic":"a/x","payload":1,"ts":1,"seq":{by},"by":{by}}}"#)
    };
    session.effects.clear();
    session.give(support::frame(&data(7)));
    session.give(support::frame(&data(8)));
    assert_eq!(session.effects, ["Data a/x own", "Data a/x"]);
}

fn write_over(session: &mut Session, condition: Condition<'static>) {
    session.effects.clear();
    session.give(Input::Write {
        topic: "a/x",
        payload: Raw::known("1"),
        policy: WritePolicy::Latest,
        source: None,
        condition: Some(condition),
    });
}

#[test]
fn what_is_over_several_that_are_dropped_at_once_is_over_what_the_first_was_over() {
    let mut session = session();
    let base = Condition::Base {
        seq: 3,
        server: None,
    };
    write_over(&mut session, base.clone());
    write_over(&mut session, Condition::Onto { id: 1 });
    write_over(&mut session, Condition::Onto { id: 2 });
    // Only the first has been asked for: the others wait for its number.
    session.effects.clear();
    session.give(LEAD);
    let stored = session.effects.iter().find(|one| one.contains("store"));
    assert_eq!(stored.map(String::as_str), Some("store 3"));
    let left: Vec<_> = session
        .bridge
        .writes()
        .filter(|entry| entry.id == WriteId(3))
        .collect();
    assert_eq!(left[0].condition, Some(base));
}

#[test]
fn a_write_of_this_session_is_not_taken_for_one_of_its_number_on_the_wire() {
    let mut session = session();
    let mut other = row(&session, 2, WritePolicy::Expire { after_ms: 100 }, false);
    other.condition = Some(Condition::Newer { field: "at".into() });
    hear(&mut session, vec![other]);
    write(&mut session, WritePolicy::Queue, &["write 2", "store 2"]);
    write_over(&mut session, Condition::Onto { id: 2 });
    session.wait(200);
    session.give(LEAD);
    session.give(stored(1, &[7]));
    let conditions: Vec<_> = session
        .bridge
        .writes()
        .filter_map(|entry| entry.condition.clone())
        .collect();
    assert!(
        conditions.contains(&Condition::Onto { id: 7 }),
        "{conditions:?}"
    );
}
