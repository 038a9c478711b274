//! A Rust program as a client of the real server: values come, writes go, refusals keep their parts, and a server that was
//! away is caught up with.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use aimdb_contracts::{Contract, Linkable};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Record, Write};
use aimdb_server::{Config, Server};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_client::{
    Conflict, ConflictError, ConnectError, Event, Events, MirrorError, Mirroring, Options, Status,
    Truth, WsBridge,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Most that anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "level", version = 1)]
struct Level {
    #[contract(min = 0, max = 100)]
    percent: f64,
}

/// The same contract, as a client believes it to be.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "level", version = 1)]
struct Lenient {
    percent: f64,
}

type Db = AimDb<TokioAdapter>;

/// A server of a few records, until it is dropped.
struct Running {
    db: Db,
    url: String,
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Running {
    async fn start(port: u16) -> Self {
        let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
        let links = builder.connector("ws");
        for (key, buffer) in [
            ("tank.1", BufferConfig::SingleLatest),
            ("tank.2", BufferConfig::SingleLatest),
            ("log", BufferConfig::SpmcRing { capacity: 64 }),
        ] {
            let url = format!("ws://{}", key.replace('.', "/"));
            builder.configure::<Level>(key, |reg| {
                reg.buffer(buffer).link_to(&url).link_from(&url);
            });
        }
        let db = builder.build().unwrap();
        let server = Server::new(Config::default(), links).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = server.serve(listener, async {
            let _ = stopped.await;
        });
        Self {
            db,
            url: format!("ws://127.0.0.1:{port}/ws"),
            port,
            stop: Some(stop),
            task: Some(tokio::spawn(async {
                served.await.unwrap();
            })),
        }
    }

    async fn end(mut self) -> u16 {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.take().unwrap().await.unwrap();
        self.port
    }
}

fn client<T: Linkable>(keys: &[(&str, BufferConfig)]) -> Db {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    for (key, buffer) in keys {
        builder.configure::<T>(key, |reg| {
            reg.buffer(*buffer);
        });
    }
    builder.build().unwrap()
}

fn options(patterns: &[&str]) -> Options {
    Options {
        subscribe_topics: patterns.iter().map(|pattern| (*pattern).into()).collect(),
        retry_ms: (20, 200),
        ..Options::default()
    }
}

fn record<T: Linkable>(db: &Db, key: &str) -> Record<T, TokioAdapter> {
    db.record(key).unwrap()
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let reached = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, reached).await.expect(what);
}

/// The next settled write.
async fn settled(events: &mut Events) -> aimdb_ws_client::Settled {
    let next = async {
        loop {
            match events.next().await.expect("the bridge ended") {
                Event::Settled(write) => return write,
                _ => continue,
            }
        }
    };
    timeout(PATIENCE, next).await.expect("no write settled")
}

fn level(percent: f64) -> Level {
    Level { percent }
}

const LATEST: BufferConfig = BufferConfig::SingleLatest;

#[tokio::test]
async fn values_come_and_writes_go() {
    let server = Running::start(0).await;
    let tank: Record<Level, _> = record(&server.db, "tank.1");
    tank.produce(level(7.0), Write::default()).unwrap();
    let db = client::<Level>(&[("tank.1", LATEST), ("tank.2", LATEST)]);
    let bridge = WsBridge::connect(&db, &server.url, options(&["tank/#"])).unwrap();
    let mut events = bridge.events();
    let mine: Record<Level, _> = record(&db, "tank.1");
    let shows = |percent| {
        mine.latest()
            .is_some_and(|entry| entry.value == level(percent))
    };
    until("the snapshot", || shows(7.0)).await;
    tank.produce(level(8.0), Write::default()).unwrap();
    until("the news", || shows(8.0)).await;
    mine.produce(level(9.0), Write::default()).unwrap();
    let write = settled(&mut events).await;
    assert_eq!(
        (write.key.as_deref(), write.outcome),
        (Some("tank.1"), "acknowledged")
    );
    until("the write", || {
        tank.latest().is_some_and(|entry| entry.value == level(9.0))
    })
    .await;
    // What came from the server is not sent back to it.
    assert_eq!(tank.counters().written, 3);
    assert_eq!(mine.latest().unwrap().value, level(9.0));
    let topics = bridge.list_topics(|topics| topics.len()).await.unwrap();
    assert_eq!(topics, 3);
    let records = bridge.query("tank/*", (None, None), None, |records, total| {
        (records.len(), total)
    });
    assert_eq!(records.await.unwrap(), (1, 1));
}

#[tokio::test]
async fn a_refused_write_goes_back_and_says_where_the_value_is_wrong() {
    let server = Running::start(0).await;
    let tank: Record<Level, _> = record(&server.db, "tank.1");
    tank.produce(level(7.0), Write::default()).unwrap();
    let db = client::<Lenient>(&[("tank.1", LATEST)]);
    let bridge = WsBridge::connect(&db, &server.url, options(&["tank/#"])).unwrap();
    let mut events = bridge.events();
    let mine: Record<Lenient, _> = record(&db, "tank.1");
    let shows = |percent| {
        mine.latest()
            .is_some_and(|entry| entry.value == Lenient { percent })
    };
    until("the snapshot", || shows(7.0)).await;
    mine.produce(Lenient { percent: 101.0 }, Write::default())
        .unwrap();
    assert!(shows(101.0), "a write shows at once");
    let write = settled(&mut events).await;
    assert_eq!(write.outcome, "refused");
    let violation = write.violation.unwrap();
    assert_eq!(
        (&*violation.code, &*violation.path, &*violation.got),
        ("range", "percent", "101")
    );
    until("the way back", || shows(7.0)).await;
}

#[tokio::test]
async fn what_is_written_while_the_server_is_away_arrives_once_and_in_order() {
    let server = Running::start(0).await;
    let db = client::<Level>(&[("log", BufferConfig::SpmcRing { capacity: 64 })]);
    let bridge = WsBridge::connect(&db, &server.url, options(&["log"])).unwrap();
    until("the connection", || bridge.status() == Status::Connected).await;
    let port = server.end().await;
    until("its loss", || bridge.status() == Status::Reconnecting).await;
    let mine: Record<Level, _> = record(&db, "log");
    for percent in 1..=20 {
        mine.produce(level(percent.into()), Write::default())
            .unwrap();
    }
    until("the queue", || bridge.pending_writes() == 20).await;
    let server = Running::start(port).await;
    until("the way", || bridge.pending_writes() == 0).await;
    let theirs: Record<Level, _> = record(&server.db, "log");
    let expected: Vec<Level> = (1..=20).map(|percent| level(percent.into())).collect();
    assert_eq!(theirs.history(64), expected);
    // The echoes are known: nothing is in the ring twice.
    assert_eq!(mine.history(64), expected);
}

#[tokio::test]
async fn links_say_which_records_take_part_and_in_which_direction() {
    let server = Running::start(0).await;
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    let links = builder.connector("ws");
    builder.configure::<Level>("in", |reg| {
        reg.buffer(LATEST).link_from("ws://tank/1");
    });
    builder.configure::<Level>("out", |reg| {
        reg.buffer(LATEST).link_to("ws://tank/2");
    });
    builder.configure::<Level>("tank.2", |reg| {
        reg.buffer(LATEST);
    });
    let db = builder.build().unwrap();
    let bridge = WsBridge::link(&db, links, &server.url, options(&[])).unwrap();
    let tank: Record<Level, _> = record(&server.db, "tank.1");
    tank.produce(level(5.0), Write::default()).unwrap();
    let mine: Record<Level, _> = record(&db, "in");
    until("the value", || mine.latest().is_some()).await;
    let out: Record<Level, _> = record(&db, "out");
    out.produce(level(6.0), Write::default()).unwrap();
    let other: Record<Level, _> = record(&server.db, "tank.2");
    until("the write", || other.latest().is_some()).await;
    // Nothing else takes part, whatever its key is.
    assert!(record::<Level>(&db, "tank.2").latest().is_none());
    // A record that comes late brings its link along.
    db.configure::<Level>("late", |reg| {
        reg.buffer(BufferConfig::SpmcRing { capacity: 4 })
            .link_from("ws://log");
    })
    .unwrap();
    let log: Record<Level, _> = record(&server.db, "log");
    log.produce(level(3.0), Write::default()).unwrap();
    let late: Record<Level, _> = record(&db, "late");
    until("the late one", || late.latest().is_some()).await;
    bridge.disconnect();
    until("the end", || bridge.status() == Status::Disconnected).await;
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_begins() {
    let db = client::<Level>(&[("tank.1", LATEST), ("tank/1", LATEST)]);
    let code = |url: &str, options| WsBridge::connect(&db, url, options).unwrap_err().code();
    assert_eq!(code("http://127.0.0.1/", options(&[])), "URL_INVALID");
    assert_eq!(code("ws://", options(&[])), "URL_INVALID");
    #[cfg(not(feature = "rustls"))]
    assert_eq!(code("wss://127.0.0.1/", options(&[])), "URL_INVALID");
    assert_eq!(code("ws://127.0.0.1:9/", options(&["#/a"])), "TOPIC_TAKEN");
    let db = client::<Level>(&[("tank.1", LATEST)]);
    let code = |options| {
        WsBridge::connect(&db, "ws://127.0.0.1:9/", options)
            .unwrap_err()
            .code()
    };
    assert_eq!(code(options(&["#/a"])), "PATTERN_TAIL_NOT_LAST");
    let records = vec![("typo".into(), Mirroring::by_default(LATEST))];
    assert_eq!(
        code(Options {
            records,
            ..options(&[])
        }),
        "RECORD_UNKNOWN"
    );
    let bridge = WsBridge::connect(&db, "ws://127.0.0.1:9/", options(&[])).unwrap();
    let error = WsBridge::connect(&db, "ws://127.0.0.1:9/", options(&[])).unwrap_err();
    assert_eq!(error, ConnectError::InUse);
    drop(bridge);
    // The last one to let go ends it, and another may begin.
    let again = async {
        while WsBridge::connect(&db, "ws://127.0.0.1:9/", options(&[])).is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn a_write_that_nobody_sends_is_told_once_and_a_local_record_is_left_alone() {
    let server = Running::start(0).await;
    let db = client::<Level>(&[("tank.1", LATEST), ("mine", LATEST), ("quiet", LATEST)]);
    let local = Mirroring {
        truth: Truth::Local,
        ..Mirroring::by_default(LATEST)
    };
    let records = vec![("quiet".into(), local)];
    let options = Options {
        records,
        ..options(&["tank/#"])
    };
    let bridge = WsBridge::connect(&db, &server.url, options).unwrap();
    let mut events = bridge.events();
    for key in ["quiet", "mine", "mine", "tank.1"] {
        record::<Level>(&db, key)
            .produce(level(1.0), Write::default())
            .unwrap();
    }
    let mut told = Vec::new();
    let until_settled = async {
        while let Some(event) = events.next().await {
            match event {
                Event::Error {
                    code,
                    reason,
                    message,
                } => told.push((code, reason, message)),
                Event::Settled(_) => return,
                _ => {}
            }
        }
    };
    timeout(PATIENCE, until_settled).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "WRITE_NOT_SENT");
    assert_eq!(told[0].1.as_deref(), Some("not_mirrored"));
    assert!(told[0].2.contains("'mine'"), "{told:?}");
}

#[tokio::test]
async fn a_write_that_must_find_its_record_unchanged_loses_against_what_came_meanwhile() {
    let server = Running::start(0).await;
    let tank: Record<Level, _> = record(&server.db, "tank.1");
    tank.produce(level(20.0), Write::default()).unwrap();
    let db = client::<Level>(&[("tank.1", LATEST), ("tank.2", LATEST)]);
    let unchanged = Mirroring {
        conflict: Conflict::IfUnchanged,
        ..Mirroring::by_default(LATEST)
    };
    let records = vec![("tank.1".into(), unchanged)];
    let options = Options {
        records,
        ..options(&["tank/#"])
    };
    let bridge = WsBridge::connect(&db, &server.url, options).unwrap();
    let mut events = bridge.events();
    let mine: Record<Level, _> = record(&db, "tank.1");
    let shows = |percent| {
        mine.latest()
            .is_some_and(|entry| entry.value == level(percent))
    };
    until("the snapshot", || shows(20.0)).await;
    // The server has it at once, and nothing of it can have come here yet.
    tank.produce(level(30.0), Write::default()).unwrap();
    mine.produce(level(10.0), Write::default()).unwrap();
    let write = settled(&mut events).await;
    let told = (
        write.outcome,
        write.reason.as_deref(),
        write.value.as_deref(),
    );
    let expected = ("refused", Some("superseded"), Some(r#"{"percent":30.0}"#));
    assert_eq!(told, expected);
    until("what won", || shows(30.0)).await;
    // A server that began anew knows nothing of what was seen.
    let port = server.end().await;
    mine.produce(level(11.0), Write::default()).unwrap();
    let server = Running::start(port).await;
    let tank: Record<Level, _> = record(&server.db, "tank.1");
    let write = settled(&mut events).await;
    assert_eq!(write.reason.as_deref(), Some("superseded"), "{write:?}");
    assert!(tank.latest().is_none());
    let newer = Mirroring {
        conflict: Conflict::IfNewer { field: "at".into() },
        ..Mirroring::by_default(LATEST)
    };
    let refused = bridge.mirror("tank.2", newer).await.unwrap_err();
    let error = ConflictError::NoField { field: "at".into() };
    let key = "tank.2".into();
    assert_eq!(refused, MirrorError::Conflict { key, error });
    assert_eq!(refused.code(), "OPTIONS_INVALID");
}
