//! The real session of this project against the real binary, which is killed and comes back.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_ws_bridge::{Status, WriteId, WritePolicy};
use std::collections::BTreeMap;
use support::{Client, Process, Session, run, temporary_file};

const CONFIG: &str = r#"
[[records]]
key = "log"
schema = "humidity"
buffer = { type = "SpmcRing", capacity = 100 }
writable = true

[[records]]
key = "now"
schema = "humidity"
writable = true
"#;

#[test]
fn a_killed_server_comes_back_to_everything_that_was_written_meanwhile() {
    let config = temporary_file("reconnect.toml", CONFIG);
    let server = Process::start(&["--config", &config]);
    run(async {
        let mut session = Session::new(&server.socket(), "#");
        session
            .until(|session| session.seen.status == Some(Status::Connected))
            .await;
        let first = session.write("log", 1, WritePolicy::Queue);
        session
            .until(|session| session.seen.settled.contains_key(&first))
            .await;
        session
            .until(|session| session.seen.values.contains_key("log"))
            .await;

        let port = server.port;
        server.kill();
        session
            .until(|session| session.seen.status == Some(Status::Reconnecting))
            .await;
        session.seen.values.clear();
        let mut expected = BTreeMap::from([(first, "acknowledged")]);
        for number in 10..20 {
            let write = session.write("log", number, WritePolicy::Queue);
            expected.insert(write, "acknowledged");
            let write = session.write("now", number, WritePolicy::Latest);
            let last = number == 19;
            expected.insert(write, if last { "acknowledged" } else { "superseded" });
            let write = session.write("log", 50, WritePolicy::Reject);
            expected.insert(write, "offline");
            let write = session.write("log", 60, WritePolicy::Expire { after_ms: 1 });
            expected.insert(write, "expired");
        }
        // Until the commands are worthless.
        session
            .until(|session| session.bridge.writes_pending() == 11)
            .await;

        let server = Process::start_at(port, &["--config", &config]);
        session
            .until(|session| session.bridge.writes_pending() == 0)
            .await;
        let settled: BTreeMap<WriteId, &str> = session
            .seen
            .settled
            .iter()
            .map(|(write, outcome)| (*write, outcome.as_str()))
            .collect();
        assert_eq!(settled, expected);

        // The server holds what was acknowledged since, in order and once.
        let mut client = Client::connect(&server.socket()).await;
        client
            .send(r#"{"type":"query","id":"q","pattern":"*"}"#)
            .await;
        let result = client.next().await;
        let records = result["records"].as_array().unwrap();
        let held = |topic: &str| -> Vec<u64> {
            let of_topic = records.iter().filter(|record| record["topic"] == topic);
            of_topic
                .map(|record| record["ts"].as_u64().unwrap())
                .collect()
        };
        assert_eq!(held("log"), (10..20).collect::<Vec<u64>>());
        assert_eq!(held("now"), [19]);
        // And the session, which follows both topics, has seen it.
        let newest = |session: &Session, topic: &str| {
            let value = session.seen.values.get(topic)?.last()?.clone();
            Some(value)
        };
        let last = r#"{"percent":19.0,"timestamp":19}"#;
        session
            .until(|session| {
                ["log", "now"].map(|topic| newest(session, topic))
                    == [Some(last.into()), Some(last.into())]
            })
            .await;
    });
}
