//! Contracts of one's own on the real server: from files, in every version, made by templates, gone again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Client, Process, run, run_to_end, temporary_folder};

const ORDER: &str = r#"{
    "name": "order", "version": 3,
    "fields": [
        { "name": "id", "kind": "text", "minLength": 1, "pattern": "^[A-Z0-9-]+$" },
        { "name": "total", "kind": "f64", "min": 0 },
        { "name": "lines", "kind": { "list": { "contract": "order_line" } }, "minItems": 1 }
    ],
    "contracts": [
        { "name": "order_line", "fields": [
            { "name": "article", "kind": "text" }, { "name": "count", "kind": "u32", "min": 1 } ] }
    ],
    "migrations": [
        { "from": 2, "up": [ { "rename": ["sum", "total"] } ], "down": [ { "rename": ["total", "sum"] } ] }
    ]
}"#;

const PUMP: &str = r#"{
    "title": "Pump", "type": "object", "required": ["bar"],
    "properties": { "bar": { "type": "number", "minimum": 0, "maximum": 400 } }
}"#;

const CONFIG: &str = r#"
[[contracts]]
file = "order.json"
[[contracts]]
schema = "pump.schema.json"
version = 2

[[records]]
key = "orders.1"
schema = "order"
writable = true
[[records]]
key = "devices.*.pump"
schema = "pump"
writable = true
records_max = 2
"#;

fn server(config: &str) -> Process {
    let folder = temporary_folder();
    std::fs::write(folder.join("order.json"), ORDER).unwrap();
    std::fs::write(folder.join("pump.schema.json"), PUMP).unwrap();
    let path = folder.join("server.toml");
    std::fs::write(&path, config).unwrap();
    Process::start(&["--config", path.to_str().unwrap()])
}

fn order(total: f64, count: u32) -> String {
    json!({ "id": "A-1", "total": total, "lines": [{ "article": "tea", "count": count }] })
        .to_string()
}

/// A client that tells its contracts: name, version and fingerprint.
async fn holding(url: &str, name: &str, contracts: Value) -> (Client, Value) {
    let mut client = Client::connect(url).await;
    let hello =
        json!({ "type": "ping", "hello": { "v": 3, "client": name, "contracts": contracts } });
    client.send(&hello.to_string()).await;
    let pong = client.until(|frame| frame["type"] == "pong").await;
    (client, pong["hello"]["contracts"].clone())
}

#[test]
fn a_bad_order_is_refused_with_its_path_and_a_good_one_travels() {
    let server = server(CONFIG);
    run(async {
        let mut reader = Client::hello(&server.socket(), "reader").await;
        reader.subscribe("orders/#").await;
        let mut writer = Client::hello(&server.socket(), "writer").await;
        writer.write(1, "orders/1", &order(3.5, 0)).await;
        let refused = writer.next().await;
        assert_eq!(
            (&refused["type"], &refused["id"]),
            (&json!("error"), &json!(1))
        );
        let message = refused["message"].as_str().unwrap();
        assert!(
            message.contains("lines[0].count: expected an integer from 1, got 0"),
            "{message}"
        );
        writer.write(2, "orders/1", &order(3.5, 2)).await;
        assert_eq!(writer.next().await, json!({ "type": "ack", "id": 2 }));
        let data = reader.until(|frame| frame["type"] == "data").await;
        assert_eq!(
            data["payload"]["lines"],
            json!([{ "article": "tea", "count": 2 }])
        );
    });
}

/// An integer that JavaScript would round is refused here as in every tab, unless the record says that it takes it.
#[test]
fn integers_that_a_tab_would_refuse_are_refused_unless_the_record_says_otherwise() {
    const COUNTS: &str = r#"{ "name": "counts", "version": 2, "fields": [
        { "name": "total", "kind": "u64" },
        { "name": "change", "kind": "i64", "default": 0 },
        { "name": "more", "kind": { "list": { "map": "u64" } }, "optional": true },
        { "name": "any", "kind": "json", "optional": true } ],
        "migrations": [ { "from": 1, "up": [ { "rename": ["sum", "total"] } ], "down": [] } ] }"#;
    const RECORDS: &str = r#"
[[contracts]]
file = "order.json"
[[records]]
key = "safe"
schema = "counts"
writable = true
[[records]]
key = "exact"
schema = "counts"
writable = true
exact_integers = true
[[records]]
key = "made.*"
schema = "counts"
writable = true
[[records]]
key = "kept.*"
schema = "counts"
writable = true
exact_integers = true
"#;
    let folder = temporary_folder();
    std::fs::write(folder.join("order.json"), COUNTS).unwrap();
    let path = folder.join("server.toml");
    std::fs::write(&path, RECORDS).unwrap();
    let server = Process::start(&["--config", path.to_str().unwrap()]);
    run(async {
        let mut client = Client::hello(&server.socket(), "c").await;
        let refused = [
            (r#"{"total":9007199254740993}"#, "total"),
            (r#"{"total":0,"change":-9007199254740993}"#, "change"),
            (
                r#"{"total":0,"more":[{"a":9007199254740993}]}"#,
                "more[0].a",
            ),
            (r#"{"total":0,"any":{"a":[9007199254740993]}}"#, "any.a[0]"),
        ];
        let mut id = 0;
        for (payload, path) in refused {
            for (topic, is_taken) in [
                ("safe", false),
                ("made/1", false),
                ("exact", true),
                ("kept/1", true),
            ] {
                id += 1;
                client.write(id, topic, payload).await;
                let answer = client.next().await;
                assert_eq!(answer["id"], id, "{answer}");
                if is_taken {
                    assert_eq!(answer["type"], "ack", "{payload}: {answer}");
                    continue;
                }
                assert_eq!(answer["reason"], "contract_violation", "{answer}");
                let message = answer["message"].as_str().unwrap();
                let words = format!(
                    "counts: {path}: expected an integer that JavaScript holds exactly \
                     (up to 9007199254740991), got "
                );
                assert!(message.contains(&words), "{message}");
            }
        }
        client
            .write(99, "safe", r#"{"total":9007199254740991}"#)
            .await;
        assert_eq!(client.next().await["type"], "ack");
    });
}

#[test]
fn exact_integers_of_a_contract_without_any_are_refused() {
    let folder = temporary_folder();
    let path = folder.join("server.toml");
    std::fs::write(folder.join("order.json"), ORDER).unwrap();
    let record = "[[contracts]]\nfile = 'order.json'\n\
                  [[records]]\nkey = 'a'\nschema = 'order'\nexact_integers = true\n";
    std::fs::write(&path, record).unwrap();
    let path = path.to_str().unwrap();
    for arguments in [
        &["--config", path][..],
        &["--config", path, "--check-config"],
    ] {
        let output = run_to_end(arguments);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(
            said.contains("records[0].exact_integers must be left out"),
            "{said}"
        );
    }
}

#[test]
fn contracts_are_listed_with_the_topics_and_given_to_who_asks() {
    let server = server(CONFIG);
    run(async {
        let mut client = Client::hello(&server.socket(), "c").await;
        client.send(r#"{"type":"list_topics","id":"t"}"#).await;
        let list = client.next().await;
        assert_eq!(list["topics"][0]["schema_type"], "order");
        assert_eq!(list["topics"][0]["version"], 3);
        client
            .send(r#"{"type":"contracts","id":"r","names":["order","pump","none"]}"#)
            .await;
        let answer = client.next().await;
        assert_eq!(
            (&answer["type"], &answer["id"]),
            (&json!("contract_list"), &json!("r"))
        );
        let names: Vec<_> = answer["contracts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| &file["name"])
            .collect();
        assert_eq!(names, ["order", "pump"]);
        assert_eq!(answer["contracts"][0]["contracts"][0]["name"], "order_line");
        let names: Vec<String> = (0..65).map(|index| format!("c{index}")).collect();
        client
            .send(&json!({ "type": "contracts", "id": "q", "names": names }).to_string())
            .await;
        assert_eq!(client.next().await["reason"], "too_many_contracts");
    });
}

#[test]
fn a_client_of_an_older_version_writes_and_reads_in_its_own() {
    let server = server(CONFIG);
    run(async {
        let held = json!([{ "name": "order", "version": 2, "fingerprint": "0000000000000000" }]);
        let (mut old, ours) = holding(&server.socket(), "old", held).await;
        assert_eq!(
            (&ours[0]["name"], &ours[0]["version"]),
            (&json!("order"), &json!(3))
        );
        let mut new = Client::hello(&server.socket(), "new").await;
        for client in [&mut old, &mut new] {
            client.subscribe("orders/#").await;
        }
        let payload = order(7.0, 1).replace("total", "sum");
        old.write(1, "orders/1", &payload).await;
        let data = |frame: &Value| frame["type"] == "data";
        assert_eq!(
            new.until(data).await["payload"]["total"].as_f64(),
            Some(7.0)
        );
        let echo = old.until(data).await;
        assert_eq!(echo["payload"]["sum"].as_f64(), Some(7.0));
        assert_eq!(echo["by"], 1);
        // Who joins late gets the snapshot in its version too.
        let held = json!([{ "name": "order", "version": 2, "fingerprint": "0000000000000000" }]);
        let (mut late, _) = holding(&server.socket(), "late", held).await;
        late.subscribe("orders/1").await;
        assert_eq!(late.next().await["payload"]["sum"].as_f64(), Some(7.0));
    });
}

#[test]
fn a_write_may_say_its_own_version_whatever_its_client_holds_by_now() {
    let server = server(CONFIG);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        let hello = json!({ "type": "ping", "hello": { "v": 7, "client": "updated" } });
        client.send(&hello.to_string()).await;
        client.until(|frame| frame["type"] == "pong").await;
        client.subscribe("orders/#").await;
        let old = order(7.0, 1).replace("total", "sum");
        let write = |id: u64, payload: &str, version: u64| {
            format!(
                r#"{{"type":"write","topic":"orders/1","payload":{payload},"id":{id},"version":{version}}}"#
            )
        };
        client.send(&write(1, &old, 2)).await;
        let data = client.until(|frame| frame["type"] == "data").await;
        assert_eq!(data["payload"]["total"].as_f64(), Some(7.0));
        client.send(&write(2, &order(8.0, 1), 3)).await;
        let data = client.until(|frame| frame["type"] == "data").await;
        assert_eq!(data["payload"]["total"].as_f64(), Some(8.0));
        for (id, version, code) in [
            (3, 4, "version_too_new"),
            (4, 1 << 40, "version_too_new"),
            (5, 1, "version_too_old"),
        ] {
            client.send(&write(id, &order(9.0, 1), version)).await;
            let error = client.until(|frame| frame["type"] == "error").await;
            assert_eq!(error["id"], id);
            assert_eq!(error["violation"], code);
        }
    });
}

#[test]
fn versions_that_cannot_be_reconciled_are_told_at_the_hello() {
    let server = server(CONFIG);
    run(async {
        for (version, reason) in [(1, "contract_too_old"), (3, "contract_mismatch")] {
            let mut client = Client::connect(&server.socket()).await;
            let held = json!([{ "name": "order", "version": version, "fingerprint": "00" }]);
            let hello =
                json!({ "type": "ping", "hello": { "v": 3, "client": "c", "contracts": held } });
            client.send(&hello.to_string()).await;
            assert_eq!(client.next().await["reason"], reason);
            assert_eq!(client.next().await["type"], "pong");
        }
    });
}

#[test]
fn a_template_makes_a_record_for_a_first_good_write_up_to_its_limit() {
    let server = server(CONFIG);
    run(async {
        let mut reader = Client::hello(&server.socket(), "reader").await;
        reader.subscribe("devices/#").await;
        let mut writer = Client::hello(&server.socket(), "writer").await;
        writer.write(1, "devices/0/pump", r#"{"bar":-1}"#).await;
        assert_eq!(writer.next().await["reason"], "contract_violation");
        for id in 1..=2 {
            writer
                .write(id + 1, &format!("devices/{id}/pump"), r#"{"bar":5}"#)
                .await;
            assert_eq!(writer.next().await["type"], "ack");
            let topic = format!("devices/{id}/pump");
            let data = reader.until(|frame| frame["type"] == "data").await;
            assert_eq!(
                (&data["topic"], &data["payload"]),
                (&json!(topic), &json!({ "bar": 5.0 }))
            );
        }
        writer.write(4, "devices/3/pump", r#"{"bar":5}"#).await;
        assert_eq!(writer.next().await["reason"], "too_many_topics");
        writer.write(5, "devices/3/other", r#"{"bar":5}"#).await;
        assert_eq!(writer.next().await["reason"], "unknown_topic");
        writer.send(r#"{"type":"list_topics","id":"t"}"#).await;
        let list = writer.next().await;
        // The topic whose first write was refused has left nothing behind.
        assert_eq!(list["topics"].as_array().unwrap().len(), 3, "{list}");
    });
}

#[test]
fn an_idle_record_of_a_template_goes_and_its_followers_are_told() {
    let server = server(&CONFIG.replace("records_max = 2", "records_max = 1\nidle_s = 1"));
    run(async {
        let (mut reader, _) = holding(&server.socket(), "reader", json!([])).await;
        reader.subscribe("devices/#").await;
        let mut writer = Client::hello(&server.socket(), "writer").await;
        for id in 1..=2 {
            let topic = format!("devices/{id}/pump");
            writer.write(id, &topic, r#"{"bar":5}"#).await;
            assert_eq!(writer.next().await["type"], "ack");
            let gone = reader.until(|frame| frame["type"] == "gone").await;
            assert_eq!(gone["topic"], topic);
        }
    });
}

#[test]
fn contracts_that_cannot_be_used_are_said_with_file_and_place() {
    let cases = [
        ("[[contracts]]\nfile = \"none.json\"", "", vec!["none.json"]),
        (
            "[[contracts]]\nfile = \"c.json\"",
            "{",
            vec!["c.json", "EOF"],
        ),
        (
            "[[contracts]]\nfile = \"c.json\"",
            r#"{"name":"c","fields":[{"name":"a","kind":"u9"}]}"#,
            vec!["c.json", "/fields/0/kind"],
        ),
        (
            "[[contracts]]\nschema = \"c.json\"\nname = \"c\"",
            r#"{"type":"object","patternProperties":{"a":{}}}"#,
            vec!["c.json", "patternProperties"],
        ),
        (
            "[[contracts]]\nfile = \"c.json\"\nname = \"x\"",
            "{}",
            vec!["contracts[0]", "without name"],
        ),
        (
            "[[records]]\nkey = \"a\"\nschema = \"temperature\"\nidle_s = 3",
            "",
            vec!["records[0].key", "template"],
        ),
        (
            "[[records]]\nkey = \"a.*\"\nschema = \"temperature\"",
            "",
            vec!["records[0].writable"],
        ),
        (
            "[[records]]\nkey = \"a\"\nschema = \"none\"",
            "",
            vec!["none", "temperature"],
        ),
    ];
    for (config, contract, expected) in cases {
        let folder = temporary_folder();
        std::fs::write(folder.join("c.json"), contract).unwrap();
        let path = folder.join("server.toml");
        std::fs::write(&path, config).unwrap();
        let output = run_to_end(&[
            "--config",
            path.to_str().unwrap(),
            "--listen",
            "127.0.0.1:0",
        ]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{config}");
        for words in expected {
            assert!(said.contains(words), "{config}: {words:?} is not in {said}");
        }
    }
}
