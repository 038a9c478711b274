//! What a server with a folder keeps, whatever happens to it: counted in its file with a library of SQLite.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Options, Status, WriteId, WritePolicy};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::{Client, Process, Session, run, run_to_end, temporary_file, temporary_folder};

const CONFIG: &str = r#"
[limits]
frames_per_second_max = 5000
frames_burst_max = 5000

[[records]]
key = "log"
schema = "humidity"
buffer = { type = "SpmcRing", capacity = 50 }
history = { values = 1000000 }
writable = true

[[records]]
key = "room.1"
schema = "humidity"
writable = true

[[records]]
key = "door"
schema = "humidity"
buffer = "Mailbox"
writable = true

[[records]]
key = "devices.*.state"
schema = "humidity"
writable = true
"#;

struct Place {
    config: String,
    folder: PathBuf,
}

impl Place {
    fn new() -> Self {
        Self::with(CONFIG)
    }

    fn with(config: &str) -> Self {
        let folder = temporary_folder();
        let data = format!("data = {:?}\n{config}", folder.join("data"));
        let config = temporary_file("durable.toml", &data);
        Self { config, folder }
    }

    fn start(&self, port: u16) -> Process {
        Process::start_at(port, &["--config", &self.config])
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn file(&self) -> Connection {
        open(&self.data().join("aimdb.sqlite"))
    }
}

fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// The numbers that were kept of a topic, in the order in which they are told.
fn kept(file: &Connection, topic: &str) -> Vec<u64> {
    let all = "SELECT json_extract(payload, '$.timestamp') FROM history \
               WHERE topic = (SELECT id FROM topics WHERE name = ?1) ORDER BY seq";
    let mut statement = file.prepare(all).unwrap();
    let rows = statement
        .query_map([topic], |row| row.get::<_, i64>(0))
        .unwrap();
    rows.map(|row| row.unwrap().cast_unsigned()).collect()
}

fn value(number: u64) -> String {
    format!(r#"{{"percent":{},"timestamp":{number}}}"#, number % 100)
}

/// Chance from a seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// `AIMDB_KILLS=1000` for a night.
fn kills() -> u64 {
    let said = std::env::var("AIMDB_KILLS").ok();
    said.map_or(30, |kills| kills.parse().unwrap())
}

#[test]
fn of_what_was_acknowledged_nothing_is_lost_and_nothing_is_there_twice_however_often_the_server_is_killed()
 {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = Random(seed);
    let place = Place::new();
    let mut server = Some(place.start(0));
    let port = server.as_ref().unwrap().port;
    let mut numbers: BTreeMap<WriteId, u64> = BTreeMap::new();
    run(async {
        let options = Options {
            subscribe_topics: vec!["#".into()],
            retry_ms_min: 5,
            retry_ms_max: 20,
            writes_per_second_max: 5_000,
            writes_burst_max: 5_000,
            ..Options::default()
        };
        let url = server.as_ref().unwrap().socket();
        let mut session = Session::with(&url, options);
        for _ in 0..kills() {
            session
                .until(|session| session.seen.status == Some(Status::Connected))
                .await;
            let end_ms = session.now_ms() + random.below(60);
            while session.now_ms() < end_ms {
                for _ in 0..1 + random.below(20) {
                    let number = numbers.len() as u64 + 1;
                    let number_of_32 = u32::try_from(number).unwrap();
                    let id = session.write_value(
                        "log",
                        &value(u64::from(number_of_32)),
                        WritePolicy::Queue,
                    );
                    numbers.insert(id, number);
                }
                let waiting = session.bridge.writes_pending();
                session
                    .until(|session| {
                        session.bridge.writes_pending() <= waiting / 2 + 200
                            || session.now_ms() >= end_ms
                    })
                    .await;
            }
            server.take().unwrap().kill();
            server = Some(place.start(port));
        }
        session
            .until(|session| session.bridge.writes_pending() == 0)
            .await;
        assert_eq!(session.seen.settled.len(), numbers.len());
        let file = place.file();
        let in_file = kept(&file, "log");
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        in_file
            .iter()
            .for_each(|number| *times.entry(*number).or_default() += 1);
        let (mut acknowledged, mut others) = (0, 0);
        for (id, number) in &numbers {
            let times = times.get(number).copied().unwrap_or(0);
            let outcome = session.seen.settled[id].as_str();
            match outcome {
                "acknowledged" => acknowledged += 1,
                _ => others += 1,
            }
            let is_right = if outcome == "acknowledged" {
                times == 1
            } else {
                times <= 1
            };
            assert!(is_right, "{number} is {outcome} and is there {times} times");
        }
        println!(
            "{} kills, {acknowledged} acknowledged, {others} not",
            kills()
        );
        assert!(
            acknowledged > 0 && in_file.is_sorted(),
            "what one client wrote is in its order"
        );
        // What the client has the answers to is not kept for it any more.
        session
            .until(|_| {
                let count = "SELECT count(*) FROM answers";
                let left: i64 = file.query_row(count, [], |row| row.get(0)).unwrap();
                left == 0
            })
            .await;
    });
}

#[test]
fn after_its_next_start_a_server_goes_on_where_it_ended() {
    let place = Place::new();
    let server = place.start(0);
    let port = server.port;
    let first = run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        client.write(1, "room/1", &value(11)).await;
        client.until(|frame| frame["type"] == "ack").await;
        for number in 2..=60 {
            client.write(number, "log", &value(number)).await;
        }
        client.write(61, "door", &value(61)).await;
        client.write(62, "devices/7/state", &value(62)).await;
        client.write(63, "room/1", r#"{"percent":300}"#).await;
        // What is answered behind a refusal is kept behind it.
        client.write(64, "log", &value(64)).await;
        client.until(|frame| frame["id"] == 64).await;
        client
            .send(r#"{"type":"ping","hello":{"v":5,"client":"me"}}"#)
            .await;
        client.until(|frame| frame["type"] == "pong").await
    });
    server.kill();
    let server = place.start(port);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe("#").await;
        let frames = client.all_until_pong().await;
        let mut shown: Vec<(&str, &Value, &Value)> = Vec::new();
        for frame in &frames {
            let topic = frame["topic"].as_str().unwrap();
            shown.push((topic, &frame["payload"]["timestamp"], &frame["seq"]));
        }
        shown.sort_by_key(|shown| shown.0);
        let (eleven, last, state, one, sixty) =
            (json!(11), json!(64), json!(62), json!(1), json!(60));
        // A command is not there again.
        assert_eq!(
            shown,
            [
                ("devices/7/state", &state, &one),
                ("log", &last, &sixty),
                ("room/1", &eleven, &one)
            ]
        );
        // History reaches back further than the ring, and refusals are remembered as well.
        client
            .send(r#"{"type":"query","id":"q","pattern":"log"}"#)
            .await;
        let found = client.until(|frame| frame["type"] == "query_result").await;
        assert_eq!(
            (&found["total"], found["records"].as_array().unwrap().len()),
            (&json!(60), 60)
        );
        client
            .send(r#"{"type":"ping","hello":{"v":1,"client":"me"}}"#)
            .await;
        let pong = client.until(|frame| frame["type"] == "pong").await;
        assert_eq!(pong["hello"]["server"], first["hello"]["server"]);
        client.write(63, "room/1", r#"{"percent":300}"#).await;
        let again = client.until(|frame| frame["id"] == 63).await;
        assert_eq!(
            (&again["reason"], &again["path"]),
            (&json!("contract_violation"), &json!("percent"))
        );
        client.write(60, "log", &value(60)).await;
        client.until(|frame| frame["type"] == "ack").await;
        client.write(65, "log", &value(65)).await;
        let data = client.until(|frame| frame["type"] == "data").await;
        assert_eq!((&data["seq"], &data["by"]), (&json!(61), &json!(65)));
        let mut expected: Vec<u64> = (2..=60).collect();
        expected.extend([64, 65]);
        assert_eq!(kept(&place.file(), "log"), expected);
    });
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_what_is_restored_has_another_name() {
    let place = Place::new();
    let server = place.start(0);
    let (data, copy) = (place.data(), place.folder.join("copy.sqlite"));
    let (data, copy) = (data.to_str().unwrap(), copy.to_str().unwrap());
    let name = |port: u16| {
        run(async move {
            let mut client = Client::connect(&format!("ws://127.0.0.1:{port}/ws")).await;
            client
                .send(r#"{"type":"ping","hello":{"v":5,"client":"x"}}"#)
                .await;
            client.next().await["hello"]["server"].clone()
        })
    };
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        for number in 1..=5 {
            client.write(number, "log", &value(number)).await;
        }
        client.until(|frame| frame["id"] == 5).await;
        let made = run_to_end(&["backup", "--data", data, copy]);
        assert!(made.status.success(), "{made:?}");
        client.write(6, "log", &value(6)).await;
        client.until(|frame| frame["id"] == 6).await;
    });
    let before = name(server.port);
    assert_eq!(kept(&open(Path::new(copy)), "log"), [1, 2, 3, 4, 5]);
    let again = run_to_end(&["backup", "--data", data, copy]);
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("is there already")
    );
    // A second server does not touch what the first one has open.
    let second = run_to_end(&["--config", &place.config, "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(
        !second.status.success() && said.contains("another server has"),
        "{said}"
    );
    server.kill();
    let other = Place::new();
    std::fs::create_dir_all(other.data()).unwrap();
    std::fs::copy(copy, other.data().join("aimdb.sqlite")).unwrap();
    let restored = other.start(0);
    let after = name(restored.port);
    assert_ne!(before, after);
    restored.kill();
    let again = other.start(0);
    assert_eq!(name(again.port), after, "it is noticed once");
}

#[test]
fn what_is_no_data_of_this_server_is_left_alone() {
    let check = |prepare: &dyn Fn(&Path), says: &str| {
        let place = Place::new();
        std::fs::create_dir_all(place.data()).unwrap();
        let path = place.data().join("aimdb.sqlite");
        prepare(&path);
        let before = std::fs::read(&path).unwrap();
        let output = run_to_end(&["--config", &place.config, "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains(says),
            "{said} lacks {says}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before, "{says}");
    };
    check(
        &|path| std::fs::write(path, "x".repeat(9_000)).unwrap(),
        "damaged",
    );
    check(
        &|path| {
            let other = Connection::open(path).unwrap();
            other
                .execute_batch("CREATE TABLE a (b); PRAGMA journal_mode = WAL;")
                .unwrap();
        },
        "a database of something else",
    );
    check(
        &|path| {
            let newer = Connection::open(path).unwrap();
            newer
                .execute_batch("PRAGMA application_id = 0x41694442; PRAGMA user_version = 99; PRAGMA journal_mode = WAL;")
                .unwrap();
        },
        "layout 99",
    );
}

#[test]
fn history_without_a_folder_is_refused_and_so_is_none_of_it() {
    for (config, says) in [
        (
            "history = { values = 5 }",
            "history keeps nothing without a folder",
        ),
        (
            "[[records]]\nkey = 'a'\nschema = 'humidity'\nhistory = { age_s = 5 }",
            "records[0].history keeps nothing",
        ),
        (
            "history = { bytes = 0 }",
            "history.bytes must be at least 1",
        ),
        ("history = { days = 1 }", "unknown field `days`"),
    ] {
        let path = temporary_file("history.toml", config);
        let output = run_to_end(&["--config", &path, "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains(says),
            "{said} lacks {says}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_writes_and_nothing_else() {
    let place = Place::new();
    // A file may have 600 KiB: beyond it the system says EFBIG, since the signal for that is ignored.
    let server = Process::start_with_file_size(600, &["--config", &place.config]);
    let port = server.port;
    let status = async || {
        let (_, body) = support::get(port, "/health", "").await;
        serde_json::from_slice::<Value>(&body).unwrap()["status"].clone()
    };
    let taken = run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        assert_eq!(status().await, "ok");
        let mut id = 0;
        let refusal = loop {
            id += 1;
            client.write(id, "log", &value(id)).await;
            let answer = client.until(|frame| frame["id"] == id).await;
            if answer["type"] == "error" {
                break answer;
            }
        };
        assert_eq!(refusal["reason"], "storage_failed", "{refusal}");
        assert_eq!(status().await, "storage_failed");
        // What is there is shown, and found.
        client.subscribe("log").await;
        let snapshot = client.until(|frame| frame["type"] == "snapshot").await;
        assert_eq!(snapshot["payload"]["timestamp"], id - 1);
        client
            .send(r#"{"type":"query","id":"q","pattern":"log","limit":5}"#)
            .await;
        let found = client.until(|frame| frame["type"] == "query_result").await;
        assert_eq!(found["total"], id - 1);
        id - 1
    });
    assert!(taken > 10);
    server.kill();
    let server = place.start(port);
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        // The client was told that it was refused, so it is another write.
        client.write(taken + 2, "log", &value(taken + 2)).await;
        let answer = client.until(|frame| frame["id"] == taken + 2).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        let mut expected: Vec<u64> = (1..=taken).collect();
        expected.push(taken + 2);
        assert_eq!(kept(&place.file(), "log"), expected);
    });
}
