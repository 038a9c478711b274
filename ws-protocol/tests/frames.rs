//! What a decoder accepts, refuses and ignores.
// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use aimdb_ws_protocol::{
    CLIENT_FRAME_BYTES_MAX, ClientFrame, ErrorCode, FieldProblem, FrameError, ServerFrame,
};
use proptest::prelude::*;

fn missing(frame: &'static str, field: &'static str) -> FrameError {
    FrameError::Field {
        frame,
        field,
        problem: FieldProblem::Missing,
    }
}

fn wrong(frame: &'static str, field: &'static str) -> FrameError {
    FrameError::Field {
        frame,
        field,
        problem: FieldProblem::WrongType,
    }
}

#[test]
fn a_client_frame_that_is_wrong_is_refused_with_its_field() {
    let check = |text: &str, expected: FrameError| {
        assert_eq!(ClientFrame::decode(text).err(), Some(expected), "{text}");
    };
    check("", FrameError::NotJson);
    check("not json", FrameError::NotJson);
    check("[]", FrameError::NotJson);
    check("{", FrameError::NotJson);
    check(r#"{"type":"ping"} {}"#, FrameError::NotJson);
    check("{\"type\":\"pi\u{1}ng\"}", FrameError::NotJson);
    check("{}", missing("frame", "type"));
    check(r#"{"type":7}"#, wrong("frame", "type"));
    check(r#"{"type":null}"#, missing("frame", "type"));
    check(
        r#"{"type":"write","topic":"a"}"#,
        missing("write", "payload"),
    );
    check(r#"{"type":"write","payload":1}"#, missing("write", "topic"));
    check(
        r#"{"type":"write","topic":7,"payload":1}"#,
        wrong("write", "topic"),
    );
    check(
        r#"{"type":"write","topic":"\ud800","payload":1}"#,
        wrong("write", "topic"),
    );
    check(
        r#"{"type":"write","topic":"a","payload":1,"id":"x"}"#,
        wrong("write", "id"),
    );
    check(
        r#"{"type":"write","topic":"a","payload":1,"id":-1}"#,
        wrong("write", "id"),
    );
    check(
        r#"{"type":"write","topic":"a","payload":1,"id":1.5}"#,
        wrong("write", "id"),
    );
    // A write has one condition at most.
    for (conditions, field) in [
        (r#""base":1,"onto":2"#, "onto"),
        (r#""base":1,"newer":"t""#, "newer"),
        (r#""onto":1,"newer":"t""#, "onto"),
        (r#""base":-1"#, "base"),
        (r#""newer":7"#, "newer"),
        (r#""base":1,"server":7"#, "server"),
    ] {
        let text = format!(r#"{{"type":"write","topic":"a","payload":1,{conditions}}}"#);
        check(&text, wrong("write", field));
        // Of a peer that has not said hello they mean nothing.
        assert!(matches!(
            ClientFrame::decode_plain(&text),
            Ok(ClientFrame::Write {
                condition: None,
                ..
            })
        ));
    }
    check(r#"{"type":"subscribe"}"#, missing("subscribe", "topics"));
    check(
        r#"{"type":"subscribe","topics":"a"}"#,
        wrong("subscribe", "topics"),
    );
    check(
        r#"{"type":"subscribe","topics":[1]}"#,
        wrong("subscribe", "topics"),
    );
    check(r#"{"type":"query","id":"r"}"#, missing("query", "pattern"));
    check(r#"{"type":"list_topics"}"#, missing("list_topics", "id"));
    check(r#"{"type":"ping","hello":1}"#, wrong("ping", "hello"));
    check(
        r#"{"type":"ping","hello":{"v":1}}"#,
        missing("hello", "client"),
    );
    check(
        r#"{"type":"ping","hello":{"v":1,"client":""}}"#,
        wrong("hello", "client"),
    );
    check(
        r#"{"type":"ping","hello":{"v":1,"client":"a b"}}"#,
        wrong("hello", "client"),
    );
    check(
        r#"{"type":"data"}"#,
        FrameError::UnknownType {
            name: "data".into(),
        },
    );
    let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(500));
    check(
        &long,
        FrameError::UnknownType {
            name: "x".repeat(32),
        },
    );
    let large = format!(
        r#"{{"type":"ping","x":"{}"}}"#,
        "x".repeat(CLIENT_FRAME_BYTES_MAX)
    );
    check(
        &large,
        FrameError::TooLarge {
            bytes: large.len(),
            bytes_max: CLIENT_FRAME_BYTES_MAX,
        },
    );
}

#[test]
fn a_server_frame_that_is_wrong_is_refused_with_its_field() {
    let check = |text: &str, expected: FrameError| {
        assert_eq!(ServerFrame::decode(text).err(), Some(expected), "{text}");
    };
    check(
        r#"{"type":"data","topic":"a","payload":1}"#,
        missing("data", "ts"),
    );
    check(
        r#"{"type":"data","topic":"a","ts":1,"seq":"1"}"#,
        wrong("data", "seq"),
    );
    check(
        r#"{"type":"error","code":"NEW","message":""}"#,
        wrong("error", "code"),
    );
    check(r#"{"type":"ack"}"#, missing("ack", "id"));
    check(
        r#"{"type":"query_result","id":"r","records":[{"topic":"a","ts":1}],"total":1}"#,
        missing("query_result record", "payload"),
    );
    check(
        r#"{"type":"topic_list","id":"r","topics":[{}]}"#,
        missing("topic_list topic", "name"),
    );
    check(
        r#"{"type":"topic_list","id":"r","topics":[1]}"#,
        wrong("topic_list", "topics"),
    );
    check(
        r#"{"type":"pong","hello":{"v":1}}"#,
        missing("hello", "server"),
    );
}

#[test]
fn unknown_fields_and_foreign_uses_of_known_names_are_ignored() {
    let check = |text: &str, expected: &str| {
        assert_eq!(
            ClientFrame::decode(text).unwrap().encode(),
            expected,
            "{text}"
        );
    };
    check(r#"{"new":{"a":[1,2]},"type":"ping"}"#, r#"{"type":"ping"}"#);
    check(
        r#"{"type":"ping","topics":7,"ts":"x"}"#,
        r#"{"type":"ping"}"#,
    );
    check(r#"{"type":"ping","hello":null}"#, r#"{"type":"ping"}"#);
    check(r#" { "type" : "ping" } "#, r#"{"type":"ping"}"#);
}

#[test]
fn a_payload_stays_the_text_that_it_was() {
    let text = r#"{"type":"write","topic":"a","payload": {"x" : 1.10, "y":[ ]} }"#;
    let Ok(ClientFrame::Write { payload, .. }) = ClientFrame::decode(text) else {
        panic!()
    };
    assert_eq!(payload.get(), r#"{"x" : 1.10, "y":[ ]}"#);
}

#[test]
fn null_is_a_payload_to_write_and_no_payload_in_data() {
    let write = r#"{"type":"write","topic":"a","payload":null}"#;
    assert_eq!(ClientFrame::decode(write).unwrap().encode(), write);
    let data = r#"{"type":"data","topic":"a","payload":null,"ts":1}"#;
    assert_eq!(
        ServerFrame::decode(data).unwrap().encode(),
        r#"{"type":"data","topic":"a","ts":1}"#
    );
}

#[test]
fn a_payload_may_nest_deeper_than_any_stack() {
    let depth = 30_000;
    let text = format!(
        r#"{{"type":"write","topic":"a","payload":{}{}}}"#,
        "[".repeat(depth),
        "]".repeat(depth)
    );
    assert!(ClientFrame::decode(&text).is_ok());
}

#[test]
fn error_codes_are_six_and_read_back() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::from_wire(code.as_str()), Some(code));
    }
    assert_eq!(ErrorCode::from_wire("server_error"), None);
}

/// Texts near the protocol: frames with pieces cut, doubled and swapped.
fn almost_a_frame() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "\\ud800",
        "null",
        "1",
        "-1",
        "1e400",
        "18446744073709551616",
        "\"type\":",
        "\"data\"",
        "\"write\"",
        "\"ping\"",
        "\"error\"",
        "\"topic\":",
        "\"payload\":",
        "\"ts\":",
        "\"hello\":",
        "\"topics\":",
        "\"records\":",
        "\"id\":",
        "\"query_result\"",
        "\"topic_list\"",
        "\u{0}",
        "é",
        " ",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_a_decoder_panic(text in prop_oneof![".*", almost_a_frame()]) {
        let _ = ClientFrame::decode(&text);
        let _ = ServerFrame::decode(&text);
        let _ = ServerFrame::decode(&format!(r#"{{"type":"query_result","records":{text}}}"#));
    }

    #[test]
    fn strings_are_written_as_serde_json_writes_them(text in any::<String>(), id in any::<u64>()) {
        let payload = serde_json::to_string(&text).unwrap();
        let frame = ClientFrame::Write {
            topic: text.as_str().into(),
            payload: aimdb_ws_protocol::Raw::check(&payload).unwrap(),
            id: Some(id),
            after: None,
            until: None,
            condition: None,
            version: None,
        }
        .encode();
        prop_assert_eq!(
            &frame,
            &format!(r#"{{"type":"write","topic":{payload},"payload":{payload},"id":{id}}}"#)
        );
        match ClientFrame::decode(&frame) {
            Ok(ClientFrame::Write { topic, payload: read, id: Some(read_id), .. }) => {
                prop_assert_eq!(&*topic, text);
                prop_assert_eq!(read.get(), payload);
                prop_assert_eq!(read_id, id);
            }
            // Control characters triple in size: the frame may be beyond its limit.
            other => prop_assert!(matches!(other, Err(FrameError::TooLarge { .. })), "{other:?}"),
        }
    }
}
