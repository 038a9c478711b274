//! The WebSocket itself against the real server: what the Autobahn suite asks of one, as a table of our own frames.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{PATIENCE, Process, get, raw_socket, run, temporary_file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const FINAL: u8 = 0x80;

/// What a client asks so that a server's answer shows that it understood.
const ASK: &[u8] = br#"{"type":"ping"}"#;
const ANSWER: &str = r#"text {"type":"pong"}"#;

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut bytes = vec![first];
    match payload.len() {
        short @ ..126 => bytes.push(0x80 | short as u8),
        middle @ ..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend((middle as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

fn whole(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(FINAL | opcode, payload)
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    whole(CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// A server's frame in words; nothing at the end of the stream.
async fn next(stream: &mut TcpStream) -> Option<String> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.ok()?;
    assert_eq!(head[0] & 0x70, 0, "no reserved bit");
    assert_eq!(head[1] & 0x80, 0, "a server does not mask");
    let length = match head[1] {
        126 => stream.read_u16().await.unwrap().into(),
        127 => stream.read_u64().await.unwrap(),
        short => short.into(),
    };
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).await.unwrap();
    Some(match head[0] & 0x0f {
        TEXT => format!("text {}", String::from_utf8(payload).unwrap()),
        PING => "ping".to_string(),
        PONG => format!("pong {payload:?}"),
        CLOSE if payload.is_empty() => "close".to_string(),
        CLOSE => format!("close {}", u16::from_be_bytes([payload[0], payload[1]])),
        other => panic!("opcode {other}"),
    })
}

/// Says what was sent in one piece, or a byte at a time, and what then comes until nothing does or enough has.
async fn talk(url: &str, bytes: &[u8], by_byte: bool, expected: &[&str]) {
    let mut stream = raw_socket(url).await;
    stream.set_nodelay(true).unwrap();
    if by_byte {
        for byte in bytes {
            // The server may have closed already.
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    } else {
        stream.write_all(bytes).await.unwrap();
    }
    let mut said = Vec::new();
    let ends = expected
        .last()
        .is_some_and(|last| last.starts_with("close"));
    let listening = async {
        while said.len() < expected.len() {
            said.extend(next(&mut stream).await);
        }
        // A server that has closed ends the stream, without waiting for the client to go first.
        assert!(
            !ends || next(&mut stream).await.is_none(),
            "the stream ends"
        );
    };
    if tokio::time::timeout(PATIENCE, listening).await.is_err() {
        panic!("{said:?} instead of {expected:?}");
    }
    assert_eq!(said, expected);
}

#[test]
fn frames_are_taken_or_refused_as_the_rfc_says() {
    let server = Process::start(&["--demo"]);
    let mut table: Vec<(&str, Vec<u8>, Vec<&str>)> = Vec::new();
    let mut row = |name, parts: &[Vec<u8>], expected: &[&'static str]| {
        table.push((name, parts.concat(), expected.to_vec()));
    };
    let (a, b) = ASK.split_at(6);
    let ask = whole(TEXT, ASK);
    // 1 Framing, 2 Pings and pongs.
    row("a text", std::slice::from_ref(&ask), &[ANSWER]);
    row("two texts", &[ask.clone(), ask.clone()], &[ANSWER, ANSWER]);
    row("an empty ping", &[whole(PING, b"")], &["pong []"]);
    row(
        "a ping with bytes",
        &[whole(PING, &[0, 255, 128])],
        &["pong [0, 255, 128]"],
    );
    row("a long ping", &[whole(PING, &[1; 126])], &["close 1002"]);
    row(
        "a pong that nobody asked for",
        &[whole(PONG, b"x"), ask.clone()],
        &[ANSWER],
    );
    // 3 Reserved bits.
    for (name, bit) in [("RSV1", 0x40), ("RSV2", 0x20), ("RSV3", 0x10)] {
        row(name, &[frame(FINAL | bit | TEXT, ASK)], &["close 1002"]);
        row(
            name,
            &[ask.clone(), frame(FINAL | bit | PING, b"")],
            &[ANSWER, "close 1002"],
        );
    }
    // 4 Opcodes.
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        row(
            "an opcode that there is not",
            &[ask.clone(), whole(opcode, b"")],
            &[ANSWER, "close 1002"],
        );
    }
    // 5 Fragmentation.
    row(
        "two pieces",
        &[frame(TEXT, a), whole(CONTINUATION, b)],
        &[ANSWER],
    );
    row(
        "an empty piece",
        &[
            frame(TEXT, b""),
            frame(CONTINUATION, ASK),
            whole(CONTINUATION, b""),
        ],
        &[ANSWER],
    );
    row(
        "a ping between pieces",
        &[frame(TEXT, a), whole(PING, b"p"), whole(CONTINUATION, b)],
        &["pong [112]", ANSWER],
    );
    row("a ping in pieces", &[frame(PING, b"")], &["close 1002"]);
    row("a pong in pieces", &[frame(PONG, b"x")], &["close 1002"]);
    row(
        "a continuation of nothing",
        &[whole(CONTINUATION, b"x")],
        &["close 1002"],
    );
    row(
        "a continuation after the end",
        &[
            frame(TEXT, a),
            whole(CONTINUATION, b),
            whole(CONTINUATION, b),
        ],
        &[ANSWER, "close 1002"],
    );
    row(
        "a text inside a text",
        &[frame(TEXT, a), whole(TEXT, ASK)],
        &["close 1002"],
    );
    row(
        "a binary inside a text",
        &[frame(TEXT, a), whole(BINARY, ASK)],
        &["close 1002"],
    );
    let single: Vec<Vec<u8>> = ASK
        .iter()
        .enumerate()
        .map(|(index, byte)| match index {
            0 => frame(TEXT, &[*byte]),
            last if last == ASK.len() - 1 => whole(CONTINUATION, &[*byte]),
            _ => frame(CONTINUATION, &[*byte]),
        })
        .collect();
    row("a piece for each byte", &[single.concat()], &[ANSWER]);
    // 6 UTF-8.
    let wide = "{\"type\":\"ping\",\"x\":\"\u{3ba}\u{1f600}\u{10ffff}\"}".as_bytes();
    row("UTF-8", &[whole(TEXT, wide)], &[ANSWER]);
    for cut in [19, 20, 22, 23, 24, 26, 27, 28] {
        let (a, b) = wide.split_at(cut);
        row(
            "UTF-8 cut inside a character",
            &[frame(TEXT, a), whole(CONTINUATION, b)],
            &[ANSWER],
        );
    }
    for wrong in [
        &b"\xc3"[..],
        b"\xc3\x28",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xff",
        b"\x80",
        b"a\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    ] {
        row("no UTF-8", &[whole(TEXT, wrong)], &["close 1007"]);
    }
    row(
        "no UTF-8, known before the end",
        &[frame(TEXT, b"\xed\xa0\x80")],
        &["close 1007"],
    );
    row(
        "UTF-8 that ends too early",
        &[frame(TEXT, b"\xf0\x9f"), whole(CONTINUATION, b"")],
        &["close 1007"],
    );
    row(
        "anything as binary",
        &[whole(BINARY, b"\xff\xfe"), ask.clone()],
        &[
            r#"text {"type":"error","code":"SERIALIZATION_ERROR","message":"binary frames are not part of the protocol; send JSON text","reason":"binary_frame"}"#,
            ANSWER,
        ],
    );
    // 7 Closes.
    row("a close", &[whole(CLOSE, b"")], &["close"]);
    row(
        "a close and then more",
        &[close(1000, b""), ask.clone(), whole(PING, b"")],
        &["close 1000"],
    );
    row(
        "a close between pieces",
        &[frame(TEXT, a), close(1000, b"bye")],
        &["close 1000"],
    );
    row(
        "a close with one byte",
        &[whole(CLOSE, b"x")],
        &["close 1002"],
    );
    row(
        "a close whose reason is no UTF-8",
        &[close(1000, b"\xed\xa0\x80")],
        &["close 1007"],
    );
    row(
        "a close with the longest reason",
        &[close(1000, &[b'x'; 123])],
        &["close 1000"],
    );
    row(
        "a close that is too long",
        &[close(1000, &[b'x'; 124])],
        &["close 1002"],
    );
    for (code, answer) in [
        (1001, "close 1001"),
        (1003, "close 1003"),
        (1007, "close 1007"),
        (1011, "close 1011"),
        (3000, "close 3000"),
        (4999, "close 4999"),
    ] {
        row("a code that there is", &[close(code, b"")], &[answer]);
    }
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        row(
            "a code that there is not",
            &[close(code, b"")],
            &["close 1002"],
        );
    }
    // What only a client does wrong.
    row("no mask", &[vec![0x81, 0x01, b'x']], &["close 1002"]);
    row(
        "a length of 2^63",
        &[[&[0x81, 0xff][..], &[0xff; 8], &[0; 4]].concat()],
        &["close 1009"],
    );
    row(
        "no frame at all",
        &[b"GET / HTTP/1.1\r\n\r\n".to_vec()],
        &["close 1002"],
    );
    let url = server.socket();
    run(async {
        for (name, bytes, expected) in &table {
            println!("{name}");
            talk(&url, bytes, false, expected).await;
            talk(&url, bytes, true, expected).await;
        }
    });
}

#[test]
fn messages_of_every_length_arrive_and_too_long_ones_end_the_connection() {
    let config = temporary_file("lengths.toml", "[limits]\nmessage_bytes_max = 4096\n");
    let server = Process::start(&["--config", &config]);
    let padded = |length: usize| {
        let mut text = br#"{"type":"ping","x":""#.to_vec();
        text.resize(length - 2, b'x');
        text.extend(b"\"}");
        text
    };
    run(async {
        for length in [125, 126, 127, 128, 4_000, 4_096] {
            let bytes = whole(TEXT, &padded(length));
            talk(&server.socket(), &bytes, false, &[ANSWER]).await;
            let (a, b) = (&padded(length)[..50], &padded(length)[50..]);
            let bytes = [frame(TEXT, a), whole(PING, b""), whole(CONTINUATION, b)].concat();
            talk(&server.socket(), &bytes, false, &["pong []", ANSWER]).await;
        }
        let refused = r#"text {"type":"error","code":"SERIALIZATION_ERROR","message":"the message has 4097 bytes, at most 4096 are allowed","reason":"too_large"}"#;
        let bytes = whole(TEXT, &padded(4_097));
        talk(&server.socket(), &bytes, false, &[refused]).await;
        let bytes = whole(TEXT, &padded(4_096 * 4 + 1));
        talk(&server.socket(), &bytes, false, &["close 1009"]).await;
        let half = padded(4_096 * 2 + 1);
        let bytes = [frame(TEXT, &half), whole(CONTINUATION, &half)].concat();
        talk(&server.socket(), &bytes, false, &["close 1009"]).await;
    });
}

#[test]
fn a_message_may_come_in_many_pieces_but_not_in_any_number() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut endless = frame(TEXT, b"");
        (0..2_000).for_each(|_| endless.extend(frame(CONTINUATION, b"")));
        talk(&server.socket(), &endless, false, &["close 1008"]).await;
    });
}

#[test]
fn a_handshake_that_is_none_is_told_why() {
    let server = Process::start(&["--demo"]);
    let upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
    let key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    run(async {
        for (headers, status, word) in [
            (String::new(), "426", "upgrade"),
            (
                format!("Connection: Upgrade\r\n{key}{version}"),
                "426",
                "upgrade",
            ),
            (format!("{upgrade}{version}"), "400", "key"),
            (
                format!("{upgrade}{version}Sec-WebSocket-Key: short\r\n"),
                "400",
                "key",
            ),
            (format!("{upgrade}{key}"), "426", "version 13"),
            (
                format!("{upgrade}{key}Sec-WebSocket-Version: 12\r\n"),
                "426",
                "version 13",
            ),
        ] {
            let (head, body) = get(server.port, "/ws", &headers).await;
            let body = String::from_utf8(body).unwrap().to_lowercase();
            assert!(
                head.starts_with(&format!("http/1.1 {status}")),
                "{headers}{head}"
            );
            assert!(body.contains(word), "{headers}{body}");
            assert!(head.contains("sec-websocket-version: 13"), "{head}");
        }
    });
}

#[test]
fn compression_that_a_client_offers_is_declined() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port))
            .await
            .unwrap();
        let request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\
            Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
            Sec-WebSocket-Protocol: chat\r\n\r\n";
        // What comes right behind the handshake is not lost.
        let early = [request.as_bytes(), &whole(TEXT, ASK)].concat();
        stream.write_all(&early).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(
            !head.contains("extensions") && !head.contains("websocket-protocol"),
            "{head}"
        );
        assert_eq!(next(&mut stream).await.as_deref(), Some(ANSWER));
    });
}
