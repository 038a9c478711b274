//! What the real binary answers over HTTP, and to whom it gives a socket.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Client, Process, connect_with, connect_with_origin, get, run, temporary_folder};
use tokio::io::AsyncWriteExt;

/// A server of pages, and a file beside the folder that it must not give away.
fn with_pages() -> Process {
    let folder = temporary_folder();
    std::fs::write(folder.join("secret.txt"), "secret").unwrap();
    let pages = folder.join("pages");
    std::fs::create_dir_all(pages.join("local")).unwrap();
    std::fs::write(pages.join("index.html"), "<p>front</p>").unwrap();
    std::fs::write(pages.join("local/index.html"), "<p>local</p>").unwrap();
    std::fs::write(pages.join("engine.wasm"), "\0asm").unwrap();
    std::fs::write(pages.join("app.js"), "x".repeat(10_000)).unwrap();
    Process::start(&["--files", pages.to_str().unwrap()])
}

#[test]
fn health_counts_clients_and_topics() {
    let server = Process::start(&["--demo"]);
    run(async {
        let health = async || {
            let (head, body) = get(server.port, "/health", "").await;
            assert!(head.starts_with("http/1.1 200"), "{head}");
            assert!(head.contains("content-type: application/json"), "{head}");
            serde_json::from_slice::<Value>(&body).unwrap()
        };
        let alone = health().await;
        assert_eq!(alone["status"], "ok");
        assert_eq!(
            (&alone["clients"], &alone["topics"]),
            (&json!(0), &json!(19))
        );
        let mut client = Client::connect(&server.socket()).await;
        assert_eq!(client.all_until_pong().await, [] as [Value; 0]);
        let later = health().await;
        assert_eq!(later["clients"], 1);
        assert!(later["uptime_ms"].as_u64() >= alone["uptime_ms"].as_u64());
    });
}

#[test]
fn the_version_names_the_protocol() {
    let server = Process::start(&[]);
    run(async {
        let (_, body) = get(server.port, "/version", "").await;
        let version = env!("CARGO_PKG_VERSION");
        let expected = json!({ "name": "aimdb-server", "version": version, "protocol": 7 });
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    });
}

#[test]
fn files_come_with_their_kind_and_a_policy() {
    let server = with_pages();
    run(async {
        let check = async |path: &str, kind: &str, body: &[u8]| {
            let (head, got) = get(server.port, path, "").await;
            assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
            assert!(
                head.contains(&format!("content-type: {kind}")),
                "{path}: {head}"
            );
            assert!(
                head.contains("x-content-type-options: nosniff"),
                "{path}: {head}"
            );
            let policy = "script-src 'self' 'wasm-unsafe-eval';";
            assert!(head.contains(policy), "{path}: {head}");
            assert!(
                head.contains("connect-src 'self' ws: wss:;"),
                "{path}: {head}"
            );
            assert_eq!(got, body, "{path}");
        };
        check("/", "text/html", b"<p>front</p>").await;
        check("/index.html?x=1", "text/html", b"<p>front</p>").await;
        check("/local/", "text/html", b"<p>local</p>").await;
        check("/engine.wasm", "application/wasm", b"\0asm").await;
        let (head, _) = get(server.port, "/local", "").await;
        assert!(head.contains("location: /local/"), "{head}");
        let (head, body) = get(server.port, "/app.js", "Accept-Encoding: gzip\r\n").await;
        assert!(head.contains("content-encoding: gzip"), "{head}");
        assert!(body.len() < 1_000, "{} bytes", body.len());
    });
}

#[test]
fn nothing_outside_the_folder_is_given_away() {
    let server = with_pages();
    run(async {
        for path in [
            "/../secret.txt",
            "/local/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/..\\secret.txt",
            "//secret.txt",
            "/local/%2e%2e/%2e%2e/secret.txt",
            "/none",
        ] {
            let (head, body) = get(server.port, path, "").await;
            assert!(head.starts_with("http/1.1 4"), "{path}: {head}");
            assert!(!body.windows(6).any(|bytes| bytes == b"secret"), "{path}");
        }
    });
}

#[test]
fn without_pages_the_front_says_how_to_get_them() {
    let server = Process::start(&[]);
    run(async {
        let (head, body) = get(server.port, "/", "").await;
        assert!(head.starts_with("http/1.1 404"), "{head}");
        let body = String::from_utf8(body).unwrap();
        for part in ["--files", "--demo", "/ws", "/health", "/version"] {
            assert!(body.contains(part), "{body} lacks {part}");
        }
    });
}

#[test]
fn the_socket_is_for_sockets() {
    let server = Process::start(&[]);
    run(async {
        let (head, _) = get(server.port, "/ws", "").await;
        assert!(head.starts_with("http/1.1 4"), "{head}");
    });
}

#[test]
fn a_page_of_another_site_gets_no_socket_and_is_told_why() {
    let config = support::temporary_file("o.toml", "origins = ['https://app.example']");
    let server = Process::start(&["--config", &config]);
    run(async {
        let connect = async |origin: &str| connect_with_origin(&server.socket(), origin).await;
        for origin in [
            "http://evil.example",
            "null",
            "https://evil.example:8080",
            "",
        ] {
            let Err((status, body)) = connect(origin).await else {
                panic!("{origin:?} got a socket");
            };
            assert_eq!(status, 403, "{origin:?}");
            assert!(body.contains("origins"), "{body}");
        }
        let own = format!("http://127.0.0.1:{}", server.port);
        for origin in [own.as_str(), "http://localhost:5173", "https://app.example"] {
            let mut client = connect(origin).await.map_err(|refused| refused.1).unwrap();
            assert_eq!(client.all_until_pong().await, [] as [Value; 0]);
        }
    });
}

#[test]
fn a_page_hears_why_it_gets_no_socket_as_the_reason_of_a_close() {
    let server = Process::start(&[]);
    run(async {
        let check = async |headers: &[(&'static str, &'static str)], expected: &str| {
            let browser = (
                "User-Agent",
                "Mozilla/5.0 (X11) Gecko/20100101 Firefox/128.0",
            );
            let headers = [&[browser], headers].concat();
            let connected = connect_with(&server.socket(), &headers).await;
            let mut client = connected.map_err(|refused| refused.1).unwrap();
            // What it says at once, as clients do, does no harm to the words.
            client.try_send(r#"{"type":"ping"}"#).await;
            assert_eq!(client.closed().await, (4403, expected.to_owned()));
        };
        check(
            &[("Origin", "null")],
            "foreign_origin: the server must list \"null\" in `origins`",
        )
        .await;
        check(
            &[("Origin", "http://a.example"), ("Host", "a.example")],
            "unknown_name: the server must list \"a.example\" in `names`",
        )
        .await;
        let own = format!("http://127.0.0.1:{}", server.port);
        let headers = [("Origin", &*own), ("User-Agent", "Mozilla/5.0")];
        let mut client = connect_with(&server.socket(), &headers)
            .await
            .map_err(|refused| refused.1)
            .unwrap();
        assert_eq!(client.all_until_pong().await, [] as [Value; 0]);
    });
}

#[test]
fn garbage_of_any_kind_harms_nobody_and_leaves_nothing_behind() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut witness = Client::connect(&server.socket()).await;
        for seed in 0..64 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut stream = support::raw_socket(&server.socket()).await;
            let mut bytes: Vec<u8> = (0..random.usize(0..2_000)).map(|_| random.u8(..)).collect();
            if random.bool() && bytes.len() > 8 {
                // The head of a masked text frame, so that more of the rest is looked at.
                bytes[..2].copy_from_slice(&[0x81, 0x80 | random.u8(0..126)]);
            }
            // The server may have closed by then.
            let _ = stream.write_all(&bytes).await;
        }
        assert_eq!(witness.all_until_pong().await, [] as [Value; 0]);
        let left = async {
            loop {
                let (_, body) = get(server.port, "/health", "").await;
                let health: Value = serde_json::from_slice(&body).unwrap();
                if health["clients"] == 1 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let left = tokio::time::timeout(support::PATIENCE, left).await;
        left.expect("sockets that are gone are still counted");
    });
}
