//! Clients that mean no good, within their limits or beyond, against the real server: the others are served, and the
//! memory stays and goes back.
#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fmt::Write as _;
use std::time::Duration;
use support::{Client, PATIENCE, Process, get, raw_socket, run, temporary_file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MIB: usize = 1024 * 1024;
/// What the debug build of a server with all these topics may need for itself beside what is tested.
const SLACK: usize = 24 * MIB;

/// A server with a record to write to and 4,000 others.
fn plant() -> Process {
    let mut text = String::from("[[records]]\nkey = 'mine'\nschema = 'json'\nwritable = true\n");
    for n in 0..4_000 {
        let (a, b, c) = (n / 200, n / 10 % 20, n % 10);
        let key = format!("plant/{a}/{b}/x{c}");
        writeln!(
            text,
            "[[records]]\nkey = '{key}'\nschema = 'json'\nwritable = true"
        )
        .unwrap();
    }
    Process::start(&["--config", &temporary_file("plant.toml", &text)])
}

/// A client's text frame.
fn frame(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81];
    match text.len() {
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
    // A mask of zeros is one, too.
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}

fn patterns(kind: &str, frame: usize) -> String {
    let list: Vec<String> = (0..250)
        .map(|n| format!("\"plant/*/*/*x{frame}_{n}\""))
        .collect();
    format!(r#"{{"type":"{kind}","topics":[{}]}}"#, list.join(","))
}

/// Everything that a client may ask for and that is work in proportion to the topics.
fn laborious() -> Vec<(&'static str, Vec<String>)> {
    let times = |make: &dyn Fn(usize) -> String| (0..24).map(make).collect::<Vec<_>>();
    vec![
        ("subscribe", times(&|n| patterns("subscribe", n))),
        (
            "subscribe and unsubscribe",
            times(&|n| match n % 2 {
                0 => patterns("subscribe", n),
                _ => patterns("unsubscribe", n - 1),
            }),
        ),
        (
            "everything again and again",
            times(&|n| match n % 2 {
                0 => r##"{"type":"subscribe","topics":["#"]}"##.to_string(),
                _ => r##"{"type":"unsubscribe","topics":["#"]}"##.to_string(),
            }),
        ),
        (
            "queries",
            times(&|n| format!(r#"{{"type":"query","id":"q{n}","pattern":"plant/*/*/#"}}"#)),
        ),
        (
            "lists",
            times(&|n| format!(r#"{{"type":"list_topics","id":"l{n}"}}"#)),
        ),
        (
            "one pattern many times",
            times(&|_| {
                let list = vec!["\"a\""; 15_000].join(",");
                format!(r#"{{"type":"subscribe","topics":[{list}]}}"#)
            }),
        ),
    ]
}

#[test]
fn work_that_one_client_asks_for_does_not_stop_the_others() {
    let server = plant();
    run(async {
        for (name, frames) in laborious() {
            let mut other = Client::hello(&server.socket(), name.split(' ').next().unwrap()).await;
            other.subscribe("mine").await;
            let mut greedy = raw_socket(&server.socket()).await;
            let bytes: Vec<u8> = frames.iter().flat_map(|text| frame(text)).collect();
            let sending = async {
                // Closed in the middle, or not read for a while: both are the server's good right.
                let _ = greedy.write_all(&bytes).await;
            };
            let writing = async {
                for id in 1..=100 {
                    other.write(id, "mine", &format!("{{\"n\":{id}}}")).await;
                    other
                        .until(|frame| frame["type"] == "ack" && frame["id"] == id)
                        .await;
                }
            };
            tokio::time::timeout(PATIENCE, async { tokio::join!(sending, writing) })
                .await
                .unwrap_or_else(|_| panic!("{name}: the other's writes were not answered"));
            let (head, _) = get(server.port, "/health", "").await;
            assert!(head.starts_with("http/1.1 200"), "{name}: {head}");
        }
    });
}

#[test]
fn topics_that_come_and_go_cost_those_who_make_them() {
    let text = "[[records]]\nkey = 'devices.*'\nschema = 'json'\nwritable = true\nrecords_max = 2000\n\
        [[records]]\nkey = 'mine'\nschema = 'json'\nwritable = true\n";
    let server = Process::start(&["--config", &temporary_file("devices.toml", text)]);
    run(async {
        let mut watcher = Client::connect(&server.socket()).await;
        for round in 0..4 {
            let list: Vec<String> = (0..60)
                .map(|n| format!("\"devices/*{}\"", round * 60 + n))
                .collect();
            watcher
                .send(&format!(
                    r#"{{"type":"subscribe","topics":[{}]}}"#,
                    list.join(",")
                ))
                .await;
        }
        let mut other = Client::hello(&server.socket(), "other").await;
        let mut greedy = raw_socket(&server.socket()).await;
        let bytes: Vec<u8> = (0..400)
            .flat_map(|n| {
                frame(&format!(
                    r#"{{"type":"write","topic":"devices/d{n}","payload":{{"n":1}}}}"#
                ))
            })
            .collect();
        greedy.write_all(&bytes).await.unwrap();
        for id in 1..=100 {
            other.write(id, "mine", "{\"n\":1}").await;
            other
                .until(|frame| frame["type"] == "ack" && frame["id"] == id)
                .await;
        }
    });
}

/// Waits until the server's memory is below so much; gives what it has.
async fn settles_below(server: &Process, bytes: usize) -> usize {
    for _ in 0..250 {
        if server.resident_bytes() < bytes {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.resident_bytes()
}

#[test]
fn answers_that_nobody_reads_take_little_memory_and_give_it_back() {
    let server = plant();
    let before = server.resident_bytes();
    run(async {
        for (name, request) in [
            ("lists", r#"{"type":"list_topics","id":"l"}"#),
            ("queries", r##"{"type":"query","id":"q","pattern":"#"}"##),
            ("snapshots", r##"{"type":"subscribe","topics":["#"]}"##),
            ("errors", r##"{"type":"query","id":"q","pattern":"#/a"}"##),
            ("no JSON", "x"),
        ] {
            let mut sockets = Vec::new();
            for _ in 0..30 {
                let mut socket = raw_socket(&server.socket()).await;
                let bytes = frame(request).repeat(300);
                let _ = tokio::time::timeout(Duration::from_millis(200), socket.write_all(&bytes))
                    .await;
                sockets.push(socket);
            }
            let mut other = Client::connect(&server.socket()).await;
            other.send(r#"{"type":"ping"}"#).await;
            assert_eq!(other.next().await["type"], "pong", "{name}");
            let most = server.resident_bytes();
            assert!(
                most < before + 64 * MIB + SLACK,
                "{name}: {} MiB",
                most / MIB
            );
            drop(sockets);
            let after = settles_below(&server, before + SLACK).await;
            assert!(
                after < before + SLACK,
                "{name}: {} of {} MiB stay",
                after / MIB,
                most / MIB
            );
        }
    });
}

#[test]
fn pings_that_nobody_reads_the_answers_of_take_no_memory_and_end_the_connection() {
    let server = plant();
    let before = server.resident_bytes();
    run(async {
        let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[7; 125]].concat();
        let mut sockets = Vec::new();
        for _ in 0..50 {
            let mut socket = raw_socket(&server.socket()).await;
            let bytes = ping.repeat(5_000);
            let _ =
                tokio::time::timeout(Duration::from_millis(500), socket.write_all(&bytes)).await;
            sockets.push(socket);
        }
        let most = server.resident_bytes();
        assert!(most < before + SLACK, "{} MiB", most / MIB);
        // Each was closed for its rate; what it had not read comes before.
        for mut socket in sockets {
            let mut rest = Vec::new();
            let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut rest)).await;
            let closed = rest
                .windows(4)
                .any(|bytes| bytes[0] == 0x88 && bytes[2..] == 1008_u16.to_be_bytes());
            assert!(closed || read.unwrap().is_err(), "closed with 1008");
        }
    });
}

#[test]
fn pongs_and_pieces_count_like_frames() {
    let server = plant();
    run(async {
        for (name, bytes) in [
            ("pongs", [0x8a, 0x80, 0, 0, 0, 0].repeat(5_000)),
            ("binary frames", [0x82, 0x80, 0, 0, 0, 0].repeat(5_000)),
            (
                "empty pieces",
                [
                    &[0x01, 0x80, 0, 0, 0, 0][..],
                    &[0x00, 0x80, 0, 0, 0, 0].repeat(5_000),
                ]
                .concat(),
            ),
        ] {
            let mut socket = raw_socket(&server.socket()).await;
            let _ = socket.write_all(&bytes).await;
            let mut rest = Vec::new();
            let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut rest)).await;
            let closed = rest
                .windows(4)
                .any(|bytes| bytes[0] == 0x88 && bytes[2..] == 1008_u16.to_be_bytes());
            assert!(closed || read.unwrap().is_err(), "{name}: closed with 1008");
        }
    });
}

#[test]
fn unfinished_messages_are_bounded_for_all_together() {
    let server = plant();
    let before = server.resident_bytes();
    run(async {
        let half = &frame(&"x".repeat(250_000))[..249_000];
        let mut sockets = Vec::new();
        for _ in 0..300 {
            let mut socket = raw_socket(&server.socket()).await;
            // A ping inside is a sign of life, and no excuse.
            let _ = socket.write_all(half).await;
            sockets.push(socket);
        }
        let most = server.resident_bytes();
        // 32 MiB, which growing buffers may take twice for a moment.
        assert!(most < before + 64 * MIB + SLACK, "{} MiB", most / MIB);
        let mut other = Client::connect(&server.socket()).await;
        other.send(r#"{"type":"ping"}"#).await;
        assert_eq!(other.next().await["type"], "pong");
        drop(sockets);
        let after = settles_below(&server, before + SLACK).await;
        assert!(
            after < before + SLACK,
            "{} of {} MiB stay",
            after / MIB,
            most / MIB
        );
    });
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let server = Process::start_with_files(256, &["--demo"]);
    run(async {
        let mut silent = Vec::new();
        for n in 0..400 {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port))
                .await
                .unwrap();
            match n % 4 {
                0 => stream.write_all(b"GET / HT").await.unwrap(),
                1 => stream
                    .write_all(b"GET /ws HTTP/1.1\r\nHost: x\r\n")
                    .await
                    .unwrap(),
                2 => stream
                    .write_all(&[0x16, 3, 1, 2, 0])
                    .await
                    .unwrap_or_default(),
                _ => {}
            }
            silent.push(stream);
        }
        let (head, _) = get(server.port, "/health", "").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe("#").await;
    });
}

#[test]
fn more_clients_than_the_system_lets_in_are_told_so_and_the_rest_is_served() {
    let server = Process::start_with_files(128, &["--demo"]);
    run(async {
        let mut clients = Vec::new();
        let mut refused = 0;
        for _ in 0..150 {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port))
                .await
                .unwrap();
            let request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut status = [0; 12];
            tokio::time::timeout(PATIENCE, stream.read_exact(&mut status))
                .await
                .unwrap()
                .unwrap();
            match &status[9..] {
                b"101" => clients.push(stream),
                b"503" => refused += 1,
                other => panic!("{}", String::from_utf8_lossy(other)),
            }
        }
        assert!(
            clients.len() >= 50 && refused >= 50,
            "{} and {refused}",
            clients.len()
        );
        let (head, _) = get(server.port, "/health", "").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        // Who goes makes room.
        drop(clients);
        for _ in 0..100 {
            if let Ok(mut client) =
                support::connect_with_origin(&server.socket(), "http://localhost").await
            {
                client.subscribe("#").await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody gets in any more");
    });
}

#[test]
fn following_everything_takes_little_memory() {
    let server = plant();
    run(async {
        let before = server.resident_bytes();
        let mut clients = Vec::new();
        for _ in 0..100 {
            let mut client = Client::connect(&server.socket()).await;
            client.subscribe("#").await;
            client.send(r#"{"type":"ping"}"#).await;
            client.until(|frame| frame["type"] == "pong").await;
            clients.push(client);
        }
        let each = server.resident_bytes().saturating_sub(before) / 100;
        assert!(each < 220_000, "{each} bytes for 4,001 topics");
    });
}

#[test]
fn queries_that_nobody_waits_for_any_more_are_not_looked_up() {
    let server = plant();
    let before = server.resident_bytes();
    run(async {
        let query = frame(r##"{"type":"query","id":"q","pattern":"#"}"##).repeat(16);
        for _ in 0..300 {
            let mut socket = raw_socket(&server.socket()).await;
            socket.write_all(&query).await.unwrap();
        }
        let mut other = Client::connect(&server.socket()).await;
        loop {
            other
                .send(r#"{"type":"query","id":"mine","pattern":"mine"}"#)
                .await;
            let answer = other.next().await;
            if answer["type"] == "query_result" {
                break;
            }
            // Only until the server has seen that the others are gone.
            assert_eq!(answer["reason"], "too_many_pending", "{answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let most = server.resident_bytes();
        assert!(most < before + SLACK, "{} MiB", most / MIB);
    });
}

#[test]
fn an_end_that_comes_together_with_data_is_seen_at_once() {
    let server = Process::start(&["--demo"]);
    run(async {
        for _ in 0..200 {
            let mut socket = raw_socket(&server.socket()).await;
            // No answer to read first: data and end are one event for the server.
            let leave = frame(r#"{"type":"unsubscribe","topics":["a"]}"#);
            socket.write_all(&leave).await.unwrap();
            drop(socket);
        }
        // Sooner than the ping that would find them, too.
        for _ in 0..100 {
            let (_, body) = get(server.port, "/health", "").await;
            if String::from_utf8(body).unwrap().contains("\"clients\":0") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("some that have gone are still clients");
    });
}

#[test]
fn refused_first_writes_tell_nobody_of_their_topics() {
    let text = "[[records]]\nkey = 'd.*'\nschema = 'json'\nwritable = true\nrecords_max = 2000\n";
    let server = Process::start(&["--config", &temporary_file("refused.toml", text)]);
    run(async {
        let mut reader = Client::connect(&server.socket()).await;
        reader
            .send(r#"{"type":"ping","hello":{"v":3,"client":"reader","contracts":[]}}"#)
            .await;
        reader.next().await;
        reader.subscribe("#").await;
        let mut writers = Vec::new();
        for _ in 0..4 {
            let mut socket = raw_socket(&server.socket()).await;
            let writes: Vec<u8> = (0..380)
                .flat_map(|n| {
                    frame(&format!(
                        r#"{{"type":"write","topic":"d/{n}","payload":7}}"#
                    ))
                })
                .collect();
            socket.write_all(&writes).await.unwrap();
            writers.push(socket);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(
            reader.all_until_pong().await,
            Vec::<serde_json::Value>::new()
        );
    });
}
