//! What clients see of the real binary with `--demo`, over real sockets.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Client, Process, run};

const SETPOINT: &str = "commands/setpoint/room1";

const TOPICS: [(&str, &str); 19] = [
    ("assets/gps/van1", "gps_location"),
    (SETPOINT, "setpoint"),
    ("field/boiler/measure", "field_measure"),
    ("field/boiler/setpoint", "field_setpoint"),
    ("field/commands", "field_command"),
    ("field/photos", "field_photo"),
    ("field/pump/measure", "field_measure"),
    ("field/pump/setpoint", "field_setpoint"),
    ("field/readings", "field_reading"),
    ("field/tank/level", "field_measure"),
    ("field/tank/valve", "field_valve"),
    ("hosts/local/cpu", "host_cpu"),
    ("hosts/local/disk", "host_disk"),
    ("hosts/local/memory", "host_memory"),
    ("hosts/local/network", "host_network"),
    ("sensors/humidity/vienna", "humidity"),
    ("sensors/temperature/berlin", "temperature"),
    ("sensors/temperature/room1", "temperature"),
    ("sensors/temperature/vienna", "temperature"),
];

/// Topics of the demo that have no value before a client writes one.
const WRITTEN: [&str; 3] = ["field/commands", "field/photos", "field/readings"];
/// Those whose first value stays until a client writes.
const STEADY: [&str; 4] = [
    SETPOINT,
    "field/boiler/setpoint",
    "field/pump/setpoint",
    "field/tank/valve",
];

#[test]
fn a_client_discovers_every_topic_with_its_contract() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.send(r#"{"type":"list_topics","id":"all"}"#).await;
        let mut answer = client.next().await;
        for topic in answer["topics"].as_array_mut().unwrap() {
            let topic = topic.as_object_mut().unwrap();
            assert!(topic.remove("buffer").unwrap().is_string());
            assert!(topic.remove("version").unwrap().as_u64() > Some(0));
            assert_eq!(
                topic.remove("fingerprint").unwrap().as_str().unwrap().len(),
                16
            );
        }
        let topics = TOPICS
            .map(|(name, schema)| json!({ "name": name, "schema_type": schema, "entity": name }));
        let expected = json!({ "type": "topic_list", "id": "all", "topics": topics });
        assert_eq!(answer, expected);
    });
}

#[test]
fn a_late_joiner_of_one_topic_gets_its_value_at_once() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe(SETPOINT).await;
        let snapshot = client.next().await;
        assert_eq!(snapshot["type"], "snapshot");
        assert_eq!(snapshot["topic"], SETPOINT);
        assert_eq!(snapshot["payload"]["celsius"], 21.0);
    });
}

#[test]
fn a_late_joiner_by_wildcard_gets_one_snapshot_of_each_topic_before_its_data() {
    let server = Process::start(&["--demo"]);
    run(async {
        // Until every topic that gets one by itself has a value, so that the second client is late.
        let mut first = Client::connect(&server.socket()).await;
        first.subscribe("#").await;
        let mut filled = BTreeSet::new();
        let with_value = TOPICS.len() - WRITTEN.len();
        while filled.len() < with_value {
            filled.insert(first.next().await["topic"].to_string());
        }
        let mut late = Client::connect(&server.socket()).await;
        late.subscribe("#").await;
        let mut snapshots = BTreeSet::new();
        let mut streamed = BTreeSet::new();
        while streamed.len() < with_value - STEADY.len() {
            let frame = late.next().await;
            let topic = frame["topic"].to_string();
            if frame["type"] == "snapshot" {
                assert!(snapshots.insert(topic), "a second snapshot: {frame}");
            } else {
                assert_eq!(frame["type"], "data");
                assert!(snapshots.contains(&topic), "data first: {frame}");
                streamed.insert(topic);
            }
        }
        assert_eq!(snapshots.len(), with_value);
    });
}

#[test]
fn the_metrics_are_those_of_this_machine() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe("hosts/local/*").await;
        let mut value = async |topic: &str| {
            let frame = client.until(|frame| frame["topic"] == topic).await;
            frame["payload"].clone()
        };
        let memory = value("hosts/local/memory").await;
        let total = memory["total_bytes"].as_u64().unwrap();
        assert!((1 << 20..=1 << 50).contains(&total), "{memory}");
        assert!(memory["used_bytes"].as_u64().unwrap() <= total, "{memory}");
        let cores = std::thread::available_parallelism().unwrap().get() as u64;
        let cpu = value("hosts/local/cpu").await;
        assert!(cpu["cores"].as_u64().unwrap() >= cores, "{cpu}");
    });
}

#[test]
fn a_write_is_acknowledged_and_its_echo_comes_once_and_names_it() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut writer = Client::hello(&server.socket(), "writer").await;
        let mut other = Client::hello(&server.socket(), "other").await;
        for client in [&mut writer, &mut other] {
            client.subscribe(SETPOINT).await;
            assert_eq!(client.next().await["type"], "snapshot");
        }
        let payload = r#"{"celsius":23.5,"timestamp":7}"#;
        writer.write(1, SETPOINT, payload).await;
        let ack = writer.next().await;
        assert_eq!(ack, json!({ "type": "ack", "id": 1 }));
        let echo = writer.next().await;
        assert_eq!((&echo["type"], &echo["by"]), (&json!("data"), &json!(1)));
        // What the record holds, which has the version that the writer left out.
        let value = json!({ "schema_version": 2, "celsius": 23.5, "timestamp": 7 });
        assert_eq!(echo["payload"], value);
        let seen = other.next().await;
        assert_eq!((&seen["payload"], &seen["seq"]), (&value, &echo["seq"]));
        assert_eq!(seen.get("by"), None, "a write of another client");
        assert_eq!(writer.all_until_pong().await, [] as [Value; 0]);
        // A repeat, as after a lost connection, is acknowledged and not applied again.
        writer.write(1, SETPOINT, payload).await;
        let frames = writer.all_until_pong().await;
        assert_eq!(frames, [json!({ "type": "ack", "id": 1 })]);
        assert_eq!(other.all_until_pong().await, [] as [Value; 0]);
    });
}

#[test]
fn clients_that_write_at_once_agree_on_the_last_value() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut clients = Vec::new();
        for name in ["a", "b"] {
            let mut client = Client::hello(&server.socket(), name).await;
            client.subscribe(SETPOINT).await;
            clients.push(client);
        }
        for id in 1..=20_u64 {
            for (index, client) in clients.iter_mut().enumerate() {
                let celsius = 20.0 + id as f64 / 8.0 + index as f64 / 16.0;
                let payload = format!(r#"{{"celsius":{celsius},"timestamp":{id}}}"#);
                client.write(id, SETPOINT, &payload).await;
            }
        }
        for client in &mut clients {
            client
                .until(|frame| frame["type"] == "ack" && frame["id"] == 20)
                .await;
        }
        // Values between may be skipped, the newest may not.
        let payload = r#"{"celsius":25,"timestamp":21}"#;
        clients[0].write(21, SETPOINT, payload).await;
        let mut last = Vec::new();
        for client in &mut clients {
            let is_last = |frame: &Value| frame["payload"]["timestamp"] == 21;
            last.push(client.until(is_last).await["seq"].clone());
            assert_eq!(
                client
                    .all_until_pong()
                    .await
                    .iter()
                    .filter(|frame| frame["type"] == "data")
                    .count(),
                0
            );
        }
        assert_eq!(last[0], last[1]);
    });
}

#[test]
fn the_room_follows_the_setpoint_through_the_servers_own_records() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::hello(&server.socket(), "heater").await;
        client
            .write(1, SETPOINT, r#"{"celsius":90,"timestamp":1}"#)
            .await;
        assert_eq!(client.next().await["type"], "ack");
        client.subscribe("sensors/temperature/room1").await;
        let warmer = |frame: &Value| {
            frame["topic"] == "sensors/temperature/room1"
                && frame["payload"]["celsius"].as_f64() > Some(23.0)
        };
        client.until(warmer).await;
    });
}

#[test]
fn a_wrong_write_is_refused_with_the_record_the_field_and_the_reason() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::hello(&server.socket(), "clumsy").await;
        client.subscribe(SETPOINT).await;
        assert_eq!(client.next().await["type"], "snapshot");
        let mut id = 0;
        let mut check =
            async |topic: &str, payload: &str, code: &str, reason: &str, says: &[&str]| {
                id += 1;
                client.write(id, topic, payload).await;
                let frames = client.all_until_pong().await;
                let [answer] = &frames[..] else {
                    panic!("one answer and no echo: {frames:?}");
                };
                let head = [&answer["type"], &answer["id"], &answer["topic"]];
                assert_eq!(head, [&json!("error"), &json!(id), &json!(topic)]);
                let codes = [&answer["code"], &answer["reason"]];
                assert_eq!(codes, [&json!(code), &json!(reason)], "{answer}");
                for part in says {
                    let message = answer["message"].as_str().unwrap();
                    assert!(message.contains(part), "{message} lacks {part}");
                }
            };
        let violation = "contract_violation";
        let hot = r#"{"celsius":100.5,"timestamp":1}"#;
        let says = ["commands.setpoint.room1", "celsius", "-50 to 100", "100.5"];
        check(SETPOINT, hot, "WRITE_ERROR", violation, &says).await;
        let text = r#"{"celsius":"warm","timestamp":1}"#;
        check(
            SETPOINT,
            text,
            "WRITE_ERROR",
            violation,
            &["celsius", "warm"],
        )
        .await;
        let says = ["timestamp"];
        check(
            SETPOINT,
            r#"{"celsius":21}"#,
            "WRITE_ERROR",
            violation,
            &says,
        )
        .await;
        check(SETPOINT, "7", "WRITE_ERROR", violation, &["object"]).await;
        let good = r#"{"celsius":21,"timestamp":1}"#;
        let says = ["sensors/temperature/attic"];
        let (topic, reason) = (says[0], "unknown_topic");
        check(topic, good, "UNKNOWN_TOPIC", reason, &says).await;
        let topic = "sensors/temperature/vienna";
        check(topic, good, "FORBIDDEN", "read_only", &[topic]).await;
    });
}

#[test]
fn what_is_no_frame_is_answered_and_the_socket_goes_on() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        let check = |answer: &Value, reason: &str| {
            assert_eq!(answer["type"], "error", "{answer}");
            assert_eq!(answer["code"], "SERIALIZATION_ERROR", "{answer}");
            assert_eq!(answer["reason"], reason, "{answer}");
        };
        client.send("{").await;
        check(&client.next().await, "not_json");
        client.send_binary(b"{}").await;
        check(&client.next().await, "binary_frame");
        let large = format!(r#"{{"type":"ping","more":"{}"}}"#, "x".repeat(100_000));
        client.send(&large).await;
        check(&client.next().await, "too_large");
        client.subscribe(SETPOINT).await;
        assert_eq!(client.next().await["type"], "snapshot");
    });
}

#[test]
fn a_message_too_large_to_look_at_closes_the_socket_with_1009() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.try_send(&"x".repeat(1 << 20)).await;
        let (code, reason) = client.closed().await;
        assert_eq!(code, 1009);
        assert!(reason.contains("too large"), "{reason}");
        let mut other = Client::connect(&server.socket()).await;
        other.subscribe(SETPOINT).await;
    });
}

#[test]
fn more_patterns_than_allowed_are_refused_by_name() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        let patterns: Vec<String> = (0..257).map(|number| format!("none/{number}")).collect();
        let request = json!({ "type": "subscribe", "topics": patterns });
        client.send(&request.to_string()).await;
        let refused = client.next().await;
        assert_eq!(refused["topic"], "none/256", "{refused}");
        assert_eq!(refused["code"], "FORBIDDEN");
        assert_eq!(refused["reason"], "too_many_subscriptions");
        let taken = client.next().await;
        assert_eq!(taken["topics"].as_array().unwrap().len(), 256);
    });
}

#[test]
fn a_client_that_floods_is_told_and_then_closed() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        for _ in 0..900 {
            client.send(r#"{"type":"ping"}"#).await;
        }
        let refused = client.until(|frame| frame["type"] == "error").await;
        assert_eq!(refused["reason"], "rate_limited", "{refused}");
        for _ in 0..4_000 {
            client.try_send(r#"{"type":"ping"}"#).await;
        }
        assert_eq!(client.closed().await.0, 1008);
    });
}

#[test]
fn a_query_gives_the_newest_of_a_rings_history_in_order() {
    let server = Process::start(&["--demo"]);
    run(async {
        let topic = "sensors/temperature/berlin";
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe(topic).await;
        client.until(|frame| frame["seq"].as_u64() >= Some(4)).await;
        let query = r#"{"type":"query","id":"q1","pattern":"sensors/temperature/*","limit":2}"#;
        client.send(query).await;
        let result = client.until(|frame| frame["type"] == "query_result").await;
        assert_eq!(result["id"], "q1");
        assert!(result["total"].as_u64() >= Some(3 * 4), "{result}");
        let records = result["records"].as_array().unwrap();
        assert_eq!(records.len(), 3 * 2, "two of each");
        let times: Vec<u64> = records
            .iter()
            .map(|one| one["ts"].as_u64().unwrap())
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        for record in records {
            assert_eq!(record["ts"], record["payload"]["timestamp"]);
        }
        let (from, to) = (times[2], times[3]);
        let query =
            format!(r#"{{"type":"query","id":"q2","pattern":"{topic}","from":{from},"to":{to}}}"#);
        client.send(&query).await;
        let result = client.until(|frame| frame["id"] == "q2").await;
        let times = result["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["ts"].as_u64());
        let outside: Vec<_> = times
            .filter(|ts| !(Some(from)..=Some(to)).contains(ts))
            .collect();
        assert_eq!(outside, []);
    });
}

#[test]
fn an_answer_is_for_its_client_alone() {
    let server = Process::start(&["--demo"]);
    run(async {
        let mut asks = Client::connect(&server.socket()).await;
        let mut listens = Client::connect(&server.socket()).await;
        asks.send(r#"{"type":"list_topics","id":"mine"}"#).await;
        assert_eq!(asks.next().await["id"], "mine");
        let heard = listens.all_until_pong().await;
        assert_eq!(heard, [] as [Value; 0]);
    });
}
