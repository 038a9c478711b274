//! The real binary from outside: what it says, how it stops, how it comes back.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Client, Process, run, run_to_end, temporary_file};

#[cfg(unix)]
#[test]
fn a_signal_to_stop_closes_every_socket_with_1012_and_ends_well() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut client = Client::connect(&server.socket()).await;
            client.subscribe("#").await;
            clients.push(client);
        }
        server.terminate();
        for client in &mut clients {
            assert_eq!(client.closed().await.0, 1012);
        }
    });
    let (success, log) = server.ended();
    assert!(success, "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn what_cannot_be_configured_is_said_with_file_place_and_expectation() {
    let check = |text: &str, says: &[&str]| {
        let path = temporary_file("bad.toml", text);
        let output = run_to_end(&["--config", &path, "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{text}");
        assert_eq!(output.stdout, b"", "{text}");
        for part in says {
            assert!(said.contains(part), "{text}\n{said} lacks {part}");
        }
    };
    check(
        "lisen = 'x'",
        &["bad.toml", "line 1", "`lisen`", "`listen`"],
    );
    check(
        "[limits]\nclients_max = 0",
        &["bad.toml", "limits.clients_max", "1 to 1000000", "got 0"],
    );
    let record = |rest: &str| format!("[[records]]\nkey = 'a.b'\n{rest}");
    let unknown = [
        "'a.b'",
        "'presure'",
        "there are gps_location",
        "temperature",
    ];
    check(&record("schema = 'presure'"), &unknown);
    let ring = "schema = 'humidity'\nbuffer = { type = 'SpmcRing', capacity = 0 }";
    check(&record(ring), &["'a.b'", "1 to 1048576", "not 0"]);
    let topic = "schema = 'humidity'\ntopic = 'a/#'";
    check(&record(topic), &["'a.b'", "`a/#`"]);
    let twice = format!(
        "{}\n{}",
        record("schema = 'humidity'"),
        record("schema = 'humidity'")
    );
    check(&twice, &["'a.b'", "twice"]);
    let other = "schema = 'humidity'\n[[records]]\nkey = 'c'\nschema = 'humidity'\ntopic = 'a/b'";
    check(&record(other), &["'c'", "`a/b`", "'a.b' has it"]);
    let limit = "schema = 'humidity'\n[[records]]\nkey = 'c'\nschema = 'humidity'\n[limits]\ntopics_max = 1";
    check(&record(limit), &["'c'", "limits.topics_max"]);
    let nothing = run_to_end(&["--config", "no/such/file.toml"]);
    let said = String::from_utf8(nothing.stderr).unwrap();
    assert!(said.contains("no/such/file.toml"), "{said}");
    let nothing = run_to_end(&["--files", "no/such/folder"]);
    let said = String::from_utf8(nothing.stderr).unwrap();
    assert!(said.contains("no folder no/such/folder"), "{said}");
}

#[test]
fn an_address_in_use_is_named() {
    let server = Process::start(&[]);
    let address = format!("127.0.0.1:{}", server.port);
    let output = run_to_end(&["--listen", &address]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.contains(&address) && said.contains("--listen"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_server_without_records_says_how_to_get_some() {
    let server = Process::start(&[]);
    run(async {
        // It serves all the same.
        let mut client = Client::connect(&server.socket()).await;
        client.send(r#"{"type":"list_topics","id":"x"}"#).await;
        assert_eq!(client.next().await["topics"], json!([]));
    });
    server.terminate();
    let (_, log) = server.ended();
    assert!(log.contains("--demo") && log.contains("--config"), "{log}");
}

#[test]
fn the_help_teaches_by_examples() {
    let output = run_to_end(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in [
        "aimdb-server --demo",
        "--config",
        "--listen",
        "--files",
        "[[records]]",
        "clients_max = 1024",
        "gps_location",
        "/ws",
    ] {
        assert!(help.contains(part), "the help lacks {part}");
    }
}

#[test]
fn records_of_a_file_are_served_without_any_code() {
    let config = temporary_file(
        "rooms.toml",
        r#"
        [[records]]
        key = "rooms.one"
        schema = "temperature"
        buffer = { type = "SpmcRing", capacity = 3 }
        writable = true

        [[records]]
        key = "rooms.two"
        schema = "humidity"
        topic = "damp/two"

        [[records]]
        key = "doors.one"
        schema = "setpoint"
        buffer = "Mailbox"
        writable = true
        "#,
    );
    let server = Process::start(&["--config", &config]);
    run(async {
        let mut client = Client::hello(&server.socket(), "c").await;
        client.send(r#"{"type":"list_topics","id":"x"}"#).await;
        let list = client.next().await;
        let names: Vec<&Value> = list["topics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["name"])
            .collect();
        assert_eq!(names, ["damp/two", "doors/one", "rooms/one"]);
        client.subscribe("#").await;
        for id in 1..=4 {
            let payload = format!(r#"{{"celsius":{id},"timestamp":{id}}}"#);
            client.write(id, "rooms/one", &payload).await;
            let echo = client.until(|frame| frame["type"] == "data").await;
            assert_eq!((&echo["by"], &echo["seq"]), (&json!(id), &json!(id)));
        }
        client
            .write(5, "doors/one", r#"{"celsius":20,"timestamp":5}"#)
            .await;
        let echo = client.until(|frame| frame["topic"] == "doors/one").await;
        assert_eq!((&echo["type"], &echo["by"]), (&json!("data"), &json!(5)));
        client
            .write(6, "damp/two", r#"{"percent":20,"timestamp":6}"#)
            .await;
        let refused = client.until(|frame| frame["id"] == 6).await;
        assert_eq!(refused["reason"], "read_only");
        client
            .send(r#"{"type":"query","id":"q","pattern":"rooms/*"}"#)
            .await;
        let result = client.until(|frame| frame["id"] == "q").await;
        let records = result["records"].as_array().unwrap();
        let times: Vec<&Value> = records.iter().map(|one| &one["ts"]).collect();
        assert_eq!(times, [2, 3, 4], "what the ring still holds");
    });
}

#[test]
fn a_query_finds_the_newest_of_a_long_ring_and_counts_the_rest() {
    let config = temporary_file(
        "long.toml",
        "[limits]\nframes_per_second_max = 100000\nframes_burst_max = 100000\nwrites_pending_max = 9999\n\
         replies_max = 9999\n[[records]]\nkey = 'long'\nschema = 'temperature'\nwritable = true\n\
         buffer = { type = 'SpmcRing', capacity = 2500 }",
    );
    let server = Process::start(&["--config", &config]);
    run(async {
        let mut client = Client::hello(&server.socket(), "c").await;
        for id in 1..=3_000_u64 {
            let payload = format!(r#"{{"celsius":1,"timestamp":{}}}"#, id * 10);
            client.write(id, "long", &payload).await;
            if id % 100 == 0 {
                client
                    .until(|frame| frame["type"] == "ack" && frame["id"] == id)
                    .await;
            }
        }
        let mut query = async |more: &str| {
            let text = format!(r#"{{"type":"query","id":"q","pattern":"long"{more}}}"#);
            client.send(&text).await;
            let result = client.until(|frame| frame["id"] == "q").await;
            let records = result["records"].as_array().unwrap();
            let times: Vec<u64> = records
                .iter()
                .map(|one| one["ts"].as_u64().unwrap())
                .collect();
            assert!(times.is_sorted());
            (
                times.len(),
                times.first().copied(),
                result["total"].as_u64().unwrap(),
            )
        };
        assert_eq!(query(r#","limit":10"#).await, (10, Some(29_910), 2_500));
        assert_eq!(
            query(r#","limit":2000"#).await,
            (2_000, Some(10_010), 2_500)
        );
        assert_eq!(query("").await, (2_500, Some(5_010), 2_500));
        assert_eq!(
            query(r#","from":29000,"limit":10"#).await,
            (10, Some(29_910), 101)
        );
        assert_eq!(
            query(r#","from":6000,"to":6090"#).await,
            (10, Some(6_000), 10)
        );
        assert_eq!(query(r#","to":5000"#).await, (0, None, 0));
    });
}

#[test]
fn a_change_of_a_contract_is_judged_and_a_level_decides_how_it_ends() {
    let file = |name: &str, fields: &str| {
        let text = format!(r#"{{ "name": "tank", "fields": [{fields}] }}"#);
        temporary_file(name, &text)
    };
    let first = file(
        "tank-1.json",
        r#"{ "name": "level", "kind": "u8", "max": 50 }"#,
    );
    let second = file(
        "tank-2.json",
        r#"{ "name": "level", "kind": "u8", "max": 100 }"#,
    );
    let third = file(
        "tank-3.json",
        r#"{ "name": "level", "kind": "u8" }, { "name": "id", "kind": "text" }"#,
    );
    let diff = |files: &[&str], more: &[&str]| {
        let output = run_to_end(&[&["contract", "diff"], files, more].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = diff(&[&first, &second], &[]);
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "level: was an integer up to 50, is an integer up to 100, breaks forward\n",
        "backward compatible: yes\n",
        "forward compatible: no\n",
        "for instance {\"level\":",
    ] {
        assert!(said.contains(part), "{said} lacks {part}");
    }
    for (level, files, code) in [
        ("backward", [&*first, &*second], 0),
        ("forward", [&*first, &*second], 1),
        ("full", [&*first, &*second], 1),
        ("full", [&*first, &*first], 0),
        ("backward", [&*second, &*third], 1),
    ] {
        let (ended, said) = diff(&files, &["--level", level]);
        assert_eq!(ended, Some(code), "{level}: {said}");
    }
    let (code, said) = diff(&[&second, &third], &["--json", "--all", &first]);
    assert_eq!(code, Some(0));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["pairs"].as_array().unwrap().len(), 3);
    assert_eq!(said["pairs"][0]["backward"], "holds");
    assert_eq!(said["pairs"][2]["changes"][1]["place"], "id");
    assert!(
        said["pairs"][2]["changes"][1]["mend"]
            .as_str()
            .unwrap()
            .contains("add")
    );
    let (code, _) = diff(
        &[&first, &second],
        &["--level", "backward", "--all", &third],
    );
    assert_eq!(code, Some(1), "the chain goes from the third to the first");
    let (code, said) = diff(&["no-such-file.json", &second], &[]);
    assert_eq!((code, &*said), (Some(1), ""));
}

#[test]
fn a_write_that_is_too_large_is_answered_with_its_id() {
    let text = "[[records]]\nkey = 'a'\nschema = 'json'\nwritable = true\n[limits]\nmessage_bytes_max = 1024\n";
    let server = Process::start(&["--config", &temporary_file("small.toml", text)]);
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        let long = "x".repeat(3_000);
        for (id, text) in [
            (
                1,
                format!(r#"{{"type":"write","id":1,"topic":"a","payload":{{"x":"{long}"}}}}"#),
            ),
            (
                2,
                format!(r#"{{"topic":"a","payload":{{"x":"{long}"}},"id":2,"type":"write"}}"#),
            ),
        ] {
            client.send(&text).await;
            let answer = client.next().await;
            assert_eq!(answer["id"], id, "{answer}");
            assert_eq!(answer["reason"], "too_large", "{answer}");
        }
        client.write(3, "a", r#"{"x":1}"#).await;
        assert_eq!(client.next().await["id"], 3);
    });
}

#[test]
fn what_extensions_name_may_be_anything_before_a_hello() {
    let text = "[[records]]\nkey = 'a'\nschema = 'json'\nwritable = true\n";
    let server = Process::start(&["--config", &temporary_file("plain.toml", text)]);
    run(async {
        let mut reader = Client::connect(&server.socket()).await;
        reader.subscribe("a").await;
        let mut writer = Client::connect(&server.socket()).await;
        for (n, id) in ["\"abc\"", "-1", "1.5", "[7]", "null"].iter().enumerate() {
            let write = r#"{"type":"write","topic":"a","payload":{"n":"#;
            writer.send(&format!("{write}{n}}},\"id\":{id}}}")).await;
            assert_eq!(reader.next().await["payload"]["n"], n);
        }
        assert_eq!(writer.all_until_pong().await, Vec::<Value>::new());
    });
}
