//! What can be seen of the real binary from outside: its log and its metrics.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Client, Process, connect_with_origin, get, run, run_to_end, temporary_file};

/// A server with metrics, and their port.
fn watched(arguments: &[&str]) -> (Process, u16) {
    let mut server = Process::start(&[&["--metrics", "127.0.0.1:0"], arguments].concat());
    let line = server.line();
    let address = line.trim_end().strip_prefix("metrics on http://127.0.0.1:");
    let port = address.and_then(|rest| rest.strip_suffix("/metrics"));
    let port = port.and_then(|port| port.parse().ok());
    (server, port.unwrap_or_else(|| panic!("{line}")))
}

async fn metrics(port: u16) -> String {
    let (head, body) = get(port, "/metrics", "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("content-type: application/openmetrics-text"),
        "{head}"
    );
    String::from_utf8(body).unwrap()
}

/// Waits for a line of the metrics: what is counted when a socket ends comes when it does.
async fn until(port: u16, line: &str) {
    let waiting = async {
        while !metrics(port).await.lines().any(|one| one == line) {
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(support::PATIENCE, waiting)
        .await
        .is_err()
    {
        panic!("{line} is not in\n{}", metrics(port).await);
    }
}

#[test]
fn metrics_count_what_happens() {
    let config = temporary_file("watch.toml", "[limits]\nclients_max = 2");
    let (server, port) = watched(&["--demo", "--config", &config]);
    run(async {
        let text = metrics(port).await;
        for part in [
            "aimdb_build_info{version=",
            "aimdb_served_topics 19\n",
            "aimdb_known_clients 0\n",
            "aimdb_uptime_seconds ",
            "# EOF",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let mut client = Client::hello(&server.socket(), "c").await;
        until(port, "aimdb_open_sockets 1").await;
        until(port, "aimdb_received_frames_total 1").await;
        until(port, "aimdb_sent_frames_total 1").await;
        until(port, r#"aimdb_queued_bytes{queue="sockets"} 0"#).await;
        let setpoint = "commands/setpoint/room1";
        client
            .write(1, setpoint, r#"{"celsius":20,"timestamp":1}"#)
            .await;
        client
            .write(2, setpoint, r#"{"celsius":"warm","timestamp":1}"#)
            .await;
        client.write(3, "hosts/local/cpu", "1").await;
        client.send("no frame").await;
        client.send_binary(&[1, 2, 3]).await;
        client.all_until_pong().await;
        until(port, "aimdb_acknowledged_writes_total 1").await;
        until(
            port,
            r#"aimdb_refused_writes_total{reason="contract_violation"} 1"#,
        )
        .await;
        for reason in [
            "contract_violation",
            "read_only",
            "not_json",
            "binary_frame",
        ] {
            let line = format!("aimdb_refused_frames_total{{reason=\"{reason}\"}} 1");
            until(port, &line).await;
        }
        until(port, "aimdb_received_frames_total 7").await;
        assert!(
            connect_with_origin(&server.socket(), "https://a.example")
                .await
                .is_err()
        );
        until(
            port,
            r#"aimdb_refused_sockets_total{reason="foreign_origin"} 1"#,
        )
        .await;
        let second = Client::connect(&server.socket()).await;
        until(port, "aimdb_known_clients 2").await;
        let mut third = Client::connect(&server.socket()).await;
        assert_eq!(third.closed().await.0, 1013);
        until(
            port,
            r#"aimdb_closed_sockets_total{code="1013",reason="the server is full"} 1"#,
        )
        .await;
        drop((client, second, third));
        until(port, "aimdb_open_sockets 0").await;
        until(port, "aimdb_opened_sockets_total 3").await;
        until(port, "aimdb_known_clients 0").await;
    });
}

#[test]
fn health_and_readiness_have_their_own_answers() {
    let (server, port) = watched(&[]);
    run(async {
        for path in ["/healthz", "/readyz"] {
            let (head, body) = get(port, path, "").await;
            assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
            assert_eq!(body, b"ok\n", "{path}");
        }
        for path in ["/", "/ws", "/health", "/metrics/x"] {
            let (head, body) = get(port, path, "").await;
            assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
            assert!(String::from_utf8(body).unwrap().contains("/metrics"));
        }
        // Nor is there anything of this where the server itself listens.
        for path in ["/metrics", "/healthz", "/readyz"] {
            let (head, _) = get(server.port, path, "").await;
            assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        }
    });
}

#[cfg(unix)]
#[test]
fn a_server_that_stops_is_not_ready_and_still_healthy() {
    let (server, port) = watched(&["--demo"]);
    run(async {
        // A client that does not answer the close keeps the server waiting for its grace.
        let _silent = support::raw_socket(&server.socket()).await;
        until(port, "aimdb_open_sockets 1").await;
        server.terminate();
        loop {
            let (head, body) = get(port, "/readyz", "").await;
            if head.starts_with("http/1.1 503") {
                assert_eq!(body, b"the server stops\n");
                break;
            }
        }
        let (head, _) = get(port, "/healthz", "").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
    });
    assert!(server.ended().0);
}

#[test]
fn metrics_can_be_asked_for_in_the_file_and_a_place_that_is_taken_is_an_error() {
    let (_server, port) = watched(&[]);
    let taken = format!("127.0.0.1:{port}");
    let config = temporary_file("watch.toml", &format!("metrics_listen = '{taken}'"));
    for arguments in [["--metrics", &taken], ["--config", &config]] {
        let output = run_to_end(&[&["--listen", "127.0.0.1:0"], &arguments[..]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), &*output.stdout),
            (Some(1), &b""[..]),
            "{said}"
        );
        assert!(
            said.contains(&taken) && said.contains("--metrics"),
            "{said}"
        );
    }
}

/// Starts, lets many pages of another site be refused, and gives the log.
#[cfg(unix)]
fn log_of_refusals(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let listen = ["--listen", "127.0.0.1:0"];
    let server = Process::start_bare(&[&listen, arguments].concat(), variables);
    run(async {
        for _ in 0..40 {
            let refused = connect_with_origin(&server.socket(), "https://a.example").await;
            assert_eq!(refused.err().map(|refused| refused.0), Some(403));
        }
    });
    server.terminate();
    let (success, log) = server.ended();
    assert!(success, "{log}");
    log
}

#[cfg(unix)]
#[test]
fn the_log_says_what_repeats_a_few_times_and_then_how_often() {
    let log = log_of_refusals(&[], &[]);
    let said = log
        .lines()
        .filter(|line| line.contains("https://a.example"));
    assert!((10..40).contains(&said.count()), "{log}");
    assert!(
        log.contains("WARN") && log.contains("foreign_origin"),
        "{log}"
    );
}

#[cfg(unix)]
#[test]
fn the_log_can_be_json() {
    let config = temporary_file("log.toml", "log = 'json'");
    for arguments in [["--log", "json"], ["--config", &config]] {
        let log = log_of_refusals(&arguments, &[]);
        let lines: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let refused = lines
            .iter()
            .find(|line| line["reason"] == "foreign_origin")
            .unwrap();
        assert_eq!(refused["level"], "WARN", "{refused}");
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("https://a.example"), "{message}");
        assert!(
            lines.iter().any(|line| line["message"] == "stopped"),
            "{log}"
        );
    }
    // The argument is stronger than the file.
    let log = log_of_refusals(&["--config", &config, "--log", "text"], &[]);
    assert!(log.lines().all(|line| !line.starts_with('{')), "{log}");
}

#[cfg(unix)]
#[test]
fn rust_log_says_how_much_is_logged() {
    let log = |value: &str| log_of_refusals(&[], &[("RUST_LOG", value)]);
    assert_eq!(log("off"), "");
    let quiet = log("warn");
    assert!(quiet.contains("WARN") && !quiet.contains("INFO"), "{quiet}");
    let without = log("info,aimdb_server::watch=error");
    assert!(
        !without.contains("foreign_origin") && without.contains("stopped"),
        "{without}"
    );
    assert!(log("").contains("INFO"));
}

#[test]
fn a_log_that_cannot_be_is_refused() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_aimdb-server"))
        .args(["--listen", "127.0.0.1:0"])
        .env("RUST_LOG", "aimdb_server=loud")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("RUST_LOG") && said.contains("loud"), "{said}");
    let output = run_to_end(&["--log", "xml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("json"), "{said}");
    let config = temporary_file("log.toml", "log = 'xml'");
    let output = run_to_end(&["--config", &config]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("line 1") && said.contains("json"), "{said}");
}
