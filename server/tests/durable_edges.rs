//! What a server with a folder keeps where things come together that seldom do.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use support::{Client, Process, run, temporary_file, temporary_folder};

const LIMITS: &str = "[limits]\nframes_per_second_max = 5000\nframes_burst_max = 5000\n";

struct Place {
    config: String,
    folder: PathBuf,
}

impl Place {
    fn new(records: &str) -> Self {
        let folder = temporary_folder().join("data");
        let config = format!("data = {folder:?}\n{LIMITS}{records}");
        let config = temporary_file("edges.toml", &config);
        Self { config, folder }
    }

    fn start(&self) -> Process {
        Process::start(&["--config", &self.config])
    }

    fn file(&self) -> Connection {
        let path = self.folder.join("aimdb.sqlite");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    fn count(&self, what: &str) -> i64 {
        let all = format!("SELECT count(*) FROM {what}");
        self.file().query_row(&all, [], |row| row.get(0)).unwrap()
    }

    /// The times that were kept of a topic, in the order of their numbers.
    fn kept(&self, topic: &str) -> Vec<i64> {
        let file = self.file();
        let all = "SELECT ts FROM history JOIN topics ON topics.id = history.topic WHERE name = ?1 ORDER BY history.seq";
        let mut statement = file.prepare(all).unwrap();
        let rows = statement.query_map([topic], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The disk is as slow as this is held.
    fn hold(&self) -> Connection {
        let holder = Connection::open(self.folder.join("aimdb.sqlite")).unwrap();
        holder.busy_timeout(Duration::from_secs(5)).unwrap();
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        holder
    }
}

fn value(number: u64) -> String {
    format!(r#"{{"percent":{},"timestamp":{number}}}"#, number % 100)
}

async fn chained(url: &str, name: &str, epoch: u64) -> Client {
    let mut client = Client::connect(url).await;
    let hello = json!({"v": 5, "client": name, "epoch": epoch});
    let ping = json!({"type": "ping", "hello": hello});
    client.send(&ping.to_string()).await;
    client.until(|frame| frame["type"] == "pong").await;
    client
}

async fn write(client: &mut Client, topic: &str, (after, id): (u64, u64)) {
    let head = format!(r#"{{"type":"write","id":{id},"after":{after},"topic":"{topic}""#);
    let payload = value(id);
    client
        .send(&format!(r#"{head},"payload":{payload}}}"#))
        .await;
}

async fn answered(client: &mut Client, topic: &str, ids: (u64, u64)) -> Value {
    write(client, topic, ids).await;
    let is_answer = |frame: &Value| {
        frame["id"] == ids.1 || frame["type"] == "expected" || frame["type"] == "error"
    };
    client.until(is_answer).await
}

const RING: &str = r#"
[[records]]
key = "log"
schema = "humidity"
buffer = { type = "SpmcRing", capacity = 5000 }
history = { values = 100000 }
writable = true
"#;

const DEVICES: &str = r#"
[[records]]
key = "devices.*.state"
schema = "humidity"
writable = true
idle_s = 1
history = { values = 100 }
"#;

#[test]
fn of_a_batch_with_many_writes_of_a_ring_each_is_kept_once() {
    let place = Place::new(RING);
    let server = place.start();
    run(async {
        let mut clients = Vec::new();
        for name in 0..10_u64 {
            let mut client = Client::hello(&server.socket(), &name.to_string()).await;
            client.write(1, "log", &value(1)).await;
            client.until(|frame| frame["id"] == 1).await;
            clients.push(client);
        }
        let holder = place.hold();
        for client in &mut clients {
            for id in 2..=250 {
                client.write(id, "log", &value(id)).await;
            }
        }
        for client in &mut clients {
            client.all_until_pong().await;
        }
        drop(holder);
        for client in &mut clients {
            client.until(|frame| frame["id"] == 250).await;
        }
        // What the record has is read by now.
        for client in &mut clients {
            client.subscribe("log").await;
            client.all_until_pong().await;
        }
        assert_eq!(place.count("history"), 2_500);
    });
}

#[test]
fn of_a_batch_that_is_larger_than_a_ring_its_own_reader_misses_nothing() {
    let place = Place::new(&RING.replace("5000", "1000"));
    let server = place.start();
    run(async {
        let mut clients = Vec::new();
        for name in 0..16_u64 {
            clients.push(Client::hello(&server.socket(), &name.to_string()).await);
        }
        let holder = place.hold();
        for client in &mut clients {
            for id in 1..=250 {
                client.write(id, "log", &value(id)).await;
            }
            client.all_until_pong().await;
        }
        drop(holder);
        for client in &mut clients {
            client.until(|frame| frame["id"] == 250).await;
            client.all_until_pong().await;
        }
        let mut other = chained(&server.socket(), "other", 0).await;
        let next = answered(&mut other, "log", (0, 1)).await;
        assert_eq!(
            (place.count("history"), &next["seq"]),
            (4_001, &json!(4_001))
        );
    });
}

#[test]
fn what_a_ring_has_again_after_a_start_is_no_news() {
    let place = Place::new(RING);
    let server = place.start();
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        for id in 1..=3_000 {
            client.write(id, "log", &value(id)).await;
            if id % 200 == 0 {
                client.until(|frame| frame["id"] == id).await;
            }
        }
    });
    server.kill();
    let server = place.start();
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe("#").await;
        let frames = client.all_until_pong().await;
        assert_eq!(frames.len(), 1, "{:?}", frames.last());
        assert_eq!(
            (&frames[0]["type"], &frames[0]["seq"]),
            (&json!("snapshot"), &json!(3_000))
        );
    });
}

#[test]
fn of_a_client_that_never_settles_as_many_answers_are_in_the_file_as_in_memory() {
    let place = Place::new(RING);
    let server = place.start();
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        for id in 1..=700 {
            client.write(id, "log", &value(id)).await;
            if id % 100 == 0 {
                client.until(|frame| frame["id"] == id).await;
            }
        }
        client.write(701, "log", &value(701)).await;
        client.until(|frame| frame["id"] == 701).await;
        assert!(place.count("answers") <= 257, "{}", place.count("answers"));
        // One that is not kept any more was taken all the same, after the next start as well.
        server.kill();
        let server = place.start();
        let mut client = Client::hello(&server.socket(), "me").await;
        client.write(1, "log", &value(1)).await;
        let answer = client.until(|frame| frame["id"] == 1).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        assert_eq!(place.count("history"), 701);
    });
}

#[test]
fn who_settles_more_than_there_is_can_settle_what_comes() {
    let place = Place::new(RING);
    let mut server = place.start();
    run(async {
        for id in 1..=3 {
            let mut client = chained(&server.socket(), "me", 0).await;
            let answer = answered(&mut client, "log", (id - 1, id)).await;
            assert_eq!(answer["type"], "ack", "{answer}");
            client
                .send(r#"{"type":"settled","id":9007199254740991}"#)
                .await;
            client.all_until_pong().await;
            // What comes behind it in the file is there when this is answered.
            let mut other = Client::hello(&server.socket(), &id.to_string()).await;
            other.write(1, "log", &value(1)).await;
            other.until(|frame| frame["id"] == 1).await;
            server.kill();
            server = place.start();
        }
        let settled = "SELECT settled FROM clients WHERE name = 'me'";
        let settled: i64 = place
            .file()
            .query_row(settled, [], |row| row.get(0))
            .unwrap();
        assert_eq!(settled, 3);
    });
}

#[test]
fn who_came_earlier_stays_fenced_when_who_came_later_has_left_and_after_a_start() {
    let place = Place::new(RING);
    let server = place.start();
    run(async {
        let mut earlier = chained(&server.socket(), "me", 1).await;
        let answer = answered(&mut earlier, "log", (0, 1)).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        let later = chained(&server.socket(), "me", 2).await;
        drop(later);
        // The server has seen that it left.
        let mut other = Client::connect(&server.socket()).await;
        other.all_until_pong().await;
        std::thread::sleep(Duration::from_millis(100));
        let answer = answered(&mut earlier, "log", (1, 2)).await;
        assert_eq!(answer["reason"], "fenced", "{answer}");
        let answer = answered(
            &mut chained(&server.socket(), "you", 0).await,
            "log",
            (0, 1),
        )
        .await;
        assert_eq!(answer["type"], "ack", "{answer}");
        server.kill();
        let server = place.start();
        let mut earlier = chained(&server.socket(), "me", 1).await;
        let answer = answered(&mut earlier, "log", (1, 2)).await;
        assert_eq!(answer["reason"], "fenced", "{answer}");
    });
}

#[test]
fn a_topic_that_went_comes_back_without_its_past_and_its_numbers_go_on() {
    let place = Place::new(DEVICES);
    let server = place.start();
    run(async {
        let mut client = chained(&server.socket(), "me", 0).await;
        answered(&mut client, "devices/1/state", (0, 1)).await;
        std::thread::sleep(Duration::from_millis(1_500));
        client.send(r#"{"type":"write","id":2,"after":1,"topic":"devices/1/state","payload":{"percent":300}}"#).await;
        let refused = client.until(|frame| frame["id"] == 2).await;
        assert_eq!(refused["reason"], "contract_violation");
        client.send(r#"{"type":"list_topics","id":"t"}"#).await;
        let list = client.until(|frame| frame["type"] == "topic_list").await;
        assert_eq!(
            list["topics"],
            json!([]),
            "a refused write brings nothing back"
        );
        let answer = answered(&mut client, "devices/1/state", (2, 3)).await;
        assert_eq!(answer["seq"], 2, "{answer}");
    });
}

#[test]
fn a_record_whose_write_is_being_kept_is_not_idle_and_no_number_is_given_twice() {
    let place = Place::new(DEVICES);
    let server = place.start();
    run(async {
        let mut client = chained(&server.socket(), "me", 0).await;
        answered(&mut client, "devices/1/state", (0, 1)).await;
        client.subscribe("#").await;
        let holder = place.hold();
        write(&mut client, "devices/1/state", (1, 2)).await;
        tokio::time::sleep(Duration::from_millis(1_600)).await;
        write(&mut client, "devices/1/state", (2, 3)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(holder);
        let last = client
            .until(|frame| frame["id"] == 3 || frame["type"] == "gone")
            .await;
        assert_eq!(last["type"], "ack", "{last}");
        assert_eq!(place.kept("devices/1/state"), [1, 2, 3]);
    });
}

const NOTE: &str =
    r#"{ "name": "note", "version": 1, "fields": [{ "name": "text", "kind": "text" }] }"#;

#[test]
fn who_writes_more_than_can_wait_holds_up_nobody_who_does_not_write() {
    let contract = temporary_file("note.json", NOTE);
    let place = Place::new(&format!(
        "writes_pending_max = 1024\n[[contracts]]\nfile = {contract:?}\n[[records]]\nkey = \"note\"\nschema = \"note\"\nwritable = true\n"
    ));
    let server = place.start();
    let url = server.socket();
    run(async {
        let mut client = Client::hello(&url, "first").await;
        client.write(1, "note", r#"{"text":"a"}"#).await;
        client.until(|frame| frame["id"] == 1).await;
        let holder = place.hold();
        // Three, since one alone is slowed down by its rate before that.
        let writes = (0..3).map(|name| {
            let url = url.clone();
            tokio::spawn(async move {
                let mut client = Client::hello(&url, &format!("writer-{name}")).await;
                let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(16_000));
                for id in 1..=900 {
                    client.write(id, "note", &text).await;
                }
                // A batch that waits for too long fails.
                client
                    .until(|frame| frame["id"] == 900 || frame["type"] == "error")
                    .await
            })
        });
        let mut writes: Vec<_> = writes.collect();
        tokio::time::sleep(Duration::from_millis(1_000)).await;
        let mut reader = Client::connect(&url).await;
        reader.subscribe("note").await;
        let shown = reader.until(|frame| frame["type"] == "snapshot").await;
        assert_eq!(shown["payload"]["text"], "a");
        let first = tokio::time::timeout(Duration::ZERO, &mut writes[0]).await;
        assert!(first.is_err(), "{first:?}");
        drop(holder);
        for one in writes {
            let answer = one.await.unwrap();
            assert_eq!(answer["type"], "ack", "{answer}");
        }
    });
}

#[test]
fn what_was_kept_in_an_older_version_of_its_contract_is_there_in_the_newer_one() {
    let contract = temporary_file("note.json", NOTE);
    let place = Place::new(&format!(
        "[[contracts]]\nfile = {contract:?}\n[[records]]\nkey = \"note\"\nschema = \"note\"\nwritable = true\n"
    ));
    let server = place.start();
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        client.write(1, "note", r#"{"text":"a"}"#).await;
        client.until(|frame| frame["id"] == 1).await;
    });
    server.kill();
    let newer = r#"{ "name": "note", "version": 2, "fields": [{ "name": "words", "kind": "text" }],
        "migrations": [{ "from": 1, "up": [{ "rename": ["text", "words"] }], "down": [{ "rename": ["words", "text"] }] }] }"#;
    std::fs::write(&contract, newer).unwrap();
    let server = place.start();
    run(async {
        let mut client = Client::hello(&server.socket(), "me").await;
        client
            .send(r#"{"type":"query","id":"q","pattern":"note"}"#)
            .await;
        let found = client.until(|frame| frame["type"] == "query_result").await;
        assert_eq!(
            found["records"][0]["payload"],
            json!({"words": "a"}),
            "{found}"
        );
        client.subscribe("note").await;
        let shown = client.all_until_pong().await;
        assert_eq!(shown[0]["payload"], json!({"words": "a"}), "{shown:?}");
    });
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_gone_keeps_nothing() {
    let place = Place::new(RING);
    let server = place.start();
    run(async {
        let mut client = chained(&server.socket(), "me", 0).await;
        answered(&mut client, "log", (0, 1)).await;
        std::fs::remove_dir_all(&place.folder).unwrap();
        let answer = answered(&mut client, "log", (1, 2)).await;
        assert_eq!(answer["reason"], "storage_failed", "{answer}");
    });
}

#[test]
fn a_topic_of_a_template_may_become_a_record_of_its_own() {
    let place = Place::new(DEVICES);
    let server = place.start();
    run(async {
        let mut client = chained(&server.socket(), "me", 0).await;
        answered(&mut client, "devices/1/state", (0, 1)).await;
    });
    server.kill();
    let own = "[[records]]\nkey = \"devices.1.state\"\nschema = \"humidity\"\nwritable = true\n";
    let config = std::fs::read_to_string(&place.config).unwrap();
    std::fs::write(&place.config, format!("{config}{own}")).unwrap();
    let server = place.start();
    run(async {
        let mut client = chained(&server.socket(), "me", 0).await;
        let answer = answered(&mut client, "devices/1/state", (1, 2)).await;
        assert_eq!(answer["seq"], 2, "{answer}");
        std::thread::sleep(Duration::from_millis(1_500));
        client.send(r#"{"type":"list_topics","id":"t"}"#).await;
        let list = client.until(|frame| frame["type"] == "topic_list").await;
        assert_eq!(list["topics"].as_array().unwrap().len(), 1, "{list}");
    });
}
