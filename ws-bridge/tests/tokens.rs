//! A session whose server asks for tokens: got, renewed, refused, late.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Input, Options, WritePolicy};
use support::{OURS, Session, frame, options, sent};

const NEED: &str = "NeedToken";
const SUBSCRIBE: &str = r#"send {"type":"subscribe","topics":["a/#"]}"#;
/// Lives for 100 s of a server whose clock has nothing to do with ours.
const OK: &str = r#"{"type":"auth_ok","until":1100000,"now":1000000}"#;
const EXPIRED: &str = r#"{"type":"auth_expired"}"#;

fn with_token() -> Options {
    Options {
        asks_for_token: true,
        // Nobody is pinged here.
        ping_every_ms: 1_000_000,
        ..options()
    }
}

fn hello(token: &str) -> String {
    format!(
        r#"send {{"type":"ping","hello":{{"v":7,"client":"me","epoch":0,"contracts":[],"token":"{token}"}}}}"#
    )
}

fn auth(token: &str) -> String {
    format!(r#"send {{"type":"auth","token":"{token}"}}"#)
}

fn refused() -> Input<'static> {
    Input::SocketClosed {
        code: 4401,
        reason: "token_expired",
    }
}

fn connected() -> Session {
    let mut session = Session::new(with_token());
    session.check(Input::Start, &["connecting", NEED]);
    session.check(Input::Token(Some("one")), &["open 1"]);
    session.check(Input::SocketOpened, &[&hello("one"), SUBSCRIBE]);
    session.check(frame(OK), &["connected"]);
    session.check(frame(OURS), &[]);
    session
}

#[test]
fn a_token_comes_before_a_connection_and_goes_with_its_first_frame() {
    let mut session = connected();
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    // The same is shown again where its end is not near.
    session.check(
        Input::SocketClosed {
            code: 1006,
            reason: "",
        },
        &["reconnecting"],
    );
    assert_eq!(session.wait(500), ["open 2"]);
    session.check(Input::SocketOpened, &[&hello("one"), SUBSCRIBE]);
}

#[test]
fn a_token_is_renewed_in_the_open_socket_before_its_end() {
    let mut session = connected();
    assert_eq!(session.wait(79_999), Vec::<String>::new());
    assert_eq!(session.wait(1), [NEED]);
    session.check(Input::Token(Some("two")), &[&auth("two")]);
    session.check(frame(OK), &[]);
    assert_eq!(session.wait(80_000), [NEED]);
}

#[test]
fn a_token_that_lives_for_a_moment_is_not_renewed_without_a_pause() {
    let mut session = connected();
    session.check(frame(r#"{"type":"auth_ok","until":5,"now":5}"#), &[]);
    assert_eq!(session.wait(999), Vec::<String>::new());
    assert_eq!(session.wait(1), [NEED]);
    // One that does not end is not renewed at all.
    session.check(Input::Token(Some("two")), &[&auth("two")]);
    session.check(frame(r#"{"type":"auth_ok","now":5}"#), &[]);
    assert_eq!(session.wait(900_000), Vec::<String>::new());
}

#[test]
fn what_is_written_while_another_token_is_needed_waits_and_goes_when_one_comes() {
    let mut session = connected();
    session.check(frame(EXPIRED), &["needs-auth", NEED]);
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    // Values come all the same, and change nothing of that.
    let data = r#"{"type":"data","topic":"a/y","payload":1,"ts":1,"seq":1}"#;
    session.check(frame(data), &["Data a/y"]);
    session.check(Input::Token(Some("two")), &[&auth("two")]);
    session.check(frame(OK), &["connected", &sent(1, 1)]);
    session.check(
        frame(r#"{"type":"ack","id":1}"#),
        &["settled 1 Acknowledged"],
    );
}

#[test]
fn a_refused_token_is_not_shown_again_and_nothing_hammers() {
    let mut session = connected();
    session.write("a/x", "1", WritePolicy::Queue, &["write 1", &sent(1, 1)]);
    session.check(refused(), &["error CLOSED_BY_SERVER", "needs-auth"]);
    session.write("a/x", "2", WritePolicy::Queue, &["write 2"]);
    for attempt in 2..40 {
        // A pause of half a second before each.
        assert_eq!(session.wait(499), Vec::<String>::new());
        assert_eq!(session.wait(1), [NEED]);
        session.check(Input::Token(Some("bad")), &[&format!("open {attempt}")]);
        session.check(Input::SocketOpened, &[&hello("bad"), SUBSCRIBE]);
        // Told once.
        session.check(refused(), &[]);
    }
    assert_eq!(session.wait(500), [NEED]);
    session.check(Input::Token(Some("good")), &["open 40"]);
    session.check(Input::SocketOpened, &[&hello("good"), SUBSCRIBE]);
    session.check(frame(OK), &["connected"]);
    // No write is to blame for all that, and none is lost.
    session.check(frame(OURS), &[&sent(1, 1), &sent(2, 2)]);
}

#[test]
fn a_token_that_comes_by_itself_ends_the_wait() {
    let mut session = connected();
    session.check(refused(), &["error CLOSED_BY_SERVER", "needs-auth"]);
    session.check(Input::Token(Some("good")), &["open 2"]);
}

#[test]
fn without_a_token_it_is_asked_for_again_after_a_pause() {
    let mut session = Session::new(with_token());
    session.check(Input::Start, &["connecting", NEED]);
    session.check(Input::Token(None), &["reconnecting"]);
    assert_eq!(session.wait(500), [NEED]);
    // What is no token is none.
    session.check(Input::Token(Some("two words")), &[]);
    assert_eq!(session.wait(500), [NEED]);
    // Nor is one that does not come.
    assert_eq!(session.wait(9_999), Vec::<String>::new());
    assert_eq!(session.wait(1), ["error TOKEN_FAILED"]);
    assert_eq!(session.wait(500), [NEED]);
    // Who reconnects by hand asks at once, and the first answer will do.
    session.check(Input::NetworkOnline, &[NEED]);
    session.check(Input::Token(Some("late")), &["open 1"]);
}

#[test]
fn a_renewal_that_fails_is_tried_again_while_the_connection_stands() {
    let mut session = connected();
    assert_eq!(session.wait(80_000), [NEED]);
    session.check(Input::Token(None), &[]);
    assert_eq!(session.wait(500), [NEED]);
    session.check(Input::Token(Some("bad")), &[&auth("bad")]);
    let error = r#"{"type":"error","code":"UNAUTHORIZED","message":"no","reason":"token_unknown"}"#;
    session.check(frame(error), &["error UNAUTHORIZED"]);
    assert_eq!(session.wait(500), [NEED]);
    session.check(Input::Token(Some("two")), &[&auth("two")]);
    session.check(frame(OK), &[]);
}

#[test]
fn who_has_no_token_says_so_by_its_status_and_goes_on_when_the_server_takes_it() {
    let mut session = Session::new(options());
    session.check(Input::Start, &["connecting", "open 1"]);
    session.give(Input::SocketOpened);
    session.check(refused(), &["error CLOSED_BY_SERVER", "needs-auth"]);
    assert_eq!(session.wait(500), ["open 2"]);
    session.give(Input::SocketOpened);
    session.check(refused(), &[]);
    assert_eq!(session.wait(500), ["open 3"]);
    session.give(Input::SocketOpened);
    session.check(frame(OURS), &["connected"]);
}

#[test]
fn an_ended_session_asks_for_nothing() {
    let mut session = connected();
    session.check(Input::Disconnect, &["close 1000", "disconnected"]);
    assert_eq!(session.wait(500_000), Vec::<String>::new());
    session.check(Input::Token(Some("late")), &[]);
    session.check(Input::Start, &["connecting", "open 1"]);
}

#[test]
fn a_word_about_a_token_is_no_sign_that_the_server_never_says_who_it_is() {
    let mut session = Session::new(with_token());
    session.write("a/x", "1", WritePolicy::Queue, &["write 1"]);
    session.give(Input::Start);
    session.give(Input::Token(Some("one")));
    session.give(Input::SocketOpened);
    session.check(frame(OK), &["connected"]);
    // A published server would be given the write, and never say what became of it.
    assert_eq!(
        session.wait(10_000),
        ["error PEER_SILENT", "close 4000", "reconnecting"]
    );
}
