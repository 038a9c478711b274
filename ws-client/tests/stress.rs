//! A bridge under threads that never rest, other ends that never answer, servers that die and runtimes that end.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aimdb_contracts::Contract;
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, Record, Write};
use aimdb_peer::session::WritePolicy;
use aimdb_server::{Config, Server};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_client::{ConnectError, Event, Events, Mirroring, Options, Status, WsBridge};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 4_096 };

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "count", version = 1)]
struct Count {
    n: u64,
}

type Db = AimDb<TokioAdapter>;

fn database(keys: &[&str]) -> Db {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    for key in keys {
        builder.configure::<Count>(key, |reg| {
            reg.buffer(RING);
        });
    }
    builder.build().unwrap()
}

fn options(patterns: &[&str]) -> Options {
    Options {
        subscribe_topics: patterns.iter().map(|pattern| (*pattern).into()).collect(),
        retry_ms: (20, 100),
        ..Options::default()
    }
}

fn record(db: &Db, key: &str) -> Record<Count, TokioAdapter> {
    db.record(key).unwrap()
}

/// Serves `log` until it is told to stop; gives the database, the port and how to end it.
async fn serve(port: u16) -> (Db, u16, tokio::task::JoinHandle<()>) {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    let links = builder.connector("ws");
    builder.configure::<Count>("log", |reg| {
        reg.buffer(RING).link_to("ws://log").link_from("ws://log");
    });
    let db = builder.build().unwrap();
    let server = Server::new(Config::default(), links).unwrap();
    let listener = loop {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => break listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let port = listener.local_addr().unwrap().port();
    let served = server.serve(listener, std::future::pending());
    let task = tokio::spawn(async {
        served.await.unwrap();
    });
    (db, port, task)
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let reached = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, reached).await.expect(what);
}

/// How each of the writes ended, until so many have.
async fn outcomes(events: &mut Events, count: usize) -> BTreeMap<u64, &'static str> {
    let mut ended = BTreeMap::new();
    while ended.len() < count {
        match timeout(PATIENCE, events.next()).await.expect("an event") {
            Some(Event::Settled(write)) => {
                let before = ended.insert(write.id.0, write.outcome);
                assert_eq!(before, None, "{write} again");
            }
            Some(Event::Missed(missed)) => panic!("{missed} events were missed"),
            Some(_) => {}
            None => break,
        }
    }
    ended
}

#[tokio::test]
async fn an_other_end_that_never_answers_the_goodbye_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let db = database(&["log"]);
    let bridge = WsBridge::connect(&db, &url, options(&["log"])).unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let mut silent = tokio_tungstenite::accept_async(stream).await.unwrap();
    let mut bytes = [0_u8; 1_024];
    assert_ne!(silent.get_mut().read(&mut bytes).await.unwrap(), 0);
    bridge.disconnect();
    let left = async { while silent.get_mut().read(&mut bytes).await.unwrap_or(0) > 0 {} };
    timeout(PATIENCE, left).await.expect("the socket is held");
}

#[tokio::test]
async fn a_second_bridge_that_is_refused_leaves_the_first_alone() {
    let (_server, port, _task) = serve(0).await;
    let url = format!("ws://127.0.0.1:{port}/ws");
    let db = database(&["log", "other"]);
    let bridge = WsBridge::connect(&db, &url, options(&["log"])).unwrap();
    let mut events = bridge.events();
    record(&db, "log")
        .produce(Count { n: 0 }, Write::default())
        .unwrap();
    let refused = WsBridge::connect(&db, &url, options(&[])).unwrap_err();
    assert_eq!(refused, ConnectError::InUse);
    record(&db, "log")
        .produce(Count { n: 1 }, Write::default())
        .unwrap();
    let expected = [(1, "acknowledged"), (2, "acknowledged")];
    assert_eq!(outcomes(&mut events, 2).await, BTreeMap::from(expected));
    // Nor does a record lose its place by a change that cannot be.
    let taken = Mirroring {
        topic: Some("log".into()),
        ..Mirroring::by_default(RING)
    };
    let own = Mirroring {
        topic: Some("own".into()),
        ..Mirroring::by_default(RING)
    };
    bridge.mirror("log", own).await.unwrap();
    bridge.mirror("other", taken).await.unwrap();
    let again = Mirroring {
        topic: Some("own".into()),
        ..Mirroring::by_default(RING)
    };
    bridge.mirror("other", again).await.unwrap_err();
    record(&db, "other")
        .produce(Count { n: 2 }, Write::default())
        .unwrap();
    assert_eq!(outcomes(&mut events, 1).await[&3], "acknowledged");
}

/// Does something over and over in a thread of its own, until this is dropped.
struct Hammer {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Hammer {
    fn new(mut strike: impl FnMut() + Send + 'static) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = is_over.clone();
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                strike();
            }
        });
        Self {
            is_over,
            thread: Some(thread),
        }
    }
}

impl Drop for Hammer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_that_never_rest_keep_the_socket_and_the_end_waiting_for_no_long() {
    for by_command in [true, false] {
        let (_server, port, _task) = serve(0).await;
        let db = database(&["log"]);
        let bridge =
            WsBridge::connect(&db, &format!("ws://127.0.0.1:{port}/ws"), options(&["log"]))
                .unwrap();
        let (log, other) = (record(&db, "log"), bridge.clone());
        let _hammer = Hammer::new(move || {
            if by_command {
                let _ = other.write("log", r#"{"n":1}"#, WritePolicy::Queue);
            } else {
                let _ = log.produce(Count { n: 1 }, Write::default());
            }
        });
        until("the connection", || bridge.status() == Status::Connected).await;
        bridge.disconnect();
        until("the end", || bridge.status() == Status::Disconnected).await;
    }
}

#[tokio::test]
async fn a_thousand_writes_and_a_server_that_dies_among_them() {
    const WRITES: u64 = 1_000;
    let (first, port, task) = serve(0).await;
    let url = format!("ws://127.0.0.1:{port}/ws");
    // Two databases, each with its bridge.
    let clients: Vec<_> = (0..2)
        .map(|_| {
            let db = database(&["log"]);
            let bridge = WsBridge::connect(&db, &url, options(&["log"])).unwrap();
            let events = bridge.events();
            (db, bridge, events)
        })
        .collect();
    for (number, (db, _, _)) in (0..).zip(&clients) {
        for n in 1..=WRITES {
            let n = number * 10_000 + n;
            record(db, "log")
                .produce(Count { n }, Write::default())
                .unwrap();
        }
    }
    let theirs = record(&first, "log");
    until("some writes", || theirs.counters().written > 100).await;
    task.abort();
    let _ = task.await;
    let before = theirs.history(4_096);
    drop((theirs, first));
    let (second, _, _task) = serve(port).await;
    let mut acknowledged = Vec::new();
    for (number, (_db, bridge, mut events)) in (0..).zip(clients) {
        let ended = outcomes(&mut events, WRITES as usize).await;
        assert_eq!(ended.len() as u64, WRITES);
        let taken = ended.iter().filter(|(_, end)| **end == "acknowledged");
        acknowledged.extend(taken.map(|(id, _)| number * 10_000 + id));
        assert_eq!(bridge.pending_writes(), 0);
    }
    assert_eq!(acknowledged.len() as u64, 2 * WRITES);
    let after = record(&second, "log").history(4_096);
    for values in [&before, &after] {
        for number in 0..2 {
            let of_one = values.iter().map(|value| value.n);
            let of_one: Vec<_> = of_one.filter(|n| n / 10_000 == number).collect();
            assert!(of_one.is_sorted_by(|one, next| one < next), "{of_one:?}");
        }
    }
    for n in acknowledged {
        let has_it = |values: &[Count]| values.iter().any(|value| value.n == n);
        assert!(has_it(&before) || has_it(&after), "{n} is nowhere");
    }
}

#[test]
fn a_runtime_that_ends_ends_what_waits_and_says_so() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bridge, mut events) = runtime.block_on(async {
        let db = database(&["log"]);
        let bridge = WsBridge::connect(&db, "ws://127.0.0.1:9/", options(&["log"])).unwrap();
        let events = bridge.events();
        record(&db, "log")
            .produce(Count { n: 1 }, Write::default())
            .unwrap();
        until("the queue", || bridge.pending_writes() == 1).await;
        (bridge, events)
    });
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let ended = other.block_on(outcomes(&mut events, 2));
    assert_eq!(ended, BTreeMap::from([(1, "dropped")]));
    assert_eq!(bridge.status(), Status::Disconnected);
}
