//! The server as a library: around a program's own records, which change while it serves.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_contracts::builtin::{Humidity, Temperature};
use aimdb_contracts::{Contract, Settable};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig};
use aimdb_server::{Config, LinkError, ServeError, Server, hub::Limits};
use aimdb_tokio_adapter::TokioAdapter;
use serde_json::{Value, json};
use support::{Client, run};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const RING: BufferConfig = BufferConfig::SpmcRing { capacity: 8 };

type Builder = AimDbBuilder<TokioAdapter>;

/// A server of these records, in this process.
struct Embedded {
    db: AimDb<TokioAdapter>,
    url: String,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<Result<(), ServeError>>,
}

fn build(
    config: Config,
    describe: impl FnOnce(&mut Builder),
) -> (AimDb<TokioAdapter>, Result<Server, ServeError>) {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    let links = builder.connector("ws");
    describe(&mut builder);
    let db = builder.build().unwrap();
    (db, Server::new(config, links))
}

impl Embedded {
    async fn start(describe: impl FnOnce(&mut Builder)) -> Self {
        Self::start_with(Limits::default(), describe).await
    }

    async fn start_with(limits: Limits, describe: impl FnOnce(&mut Builder)) -> Self {
        let config = Config {
            limits,
            ..Config::default()
        };
        let (db, server) = build(config, describe);
        let server = server.map_err(|error| error.to_string()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.serve(listener, async {
            let _ = stopped.await;
        }));
        Self {
            db,
            url,
            stop,
            served,
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }
}

#[test]
fn of_a_ring_every_value_arrives_or_is_counted_however_fast_it_is_written() {
    const WRITTEN: u64 = 20_000;
    run(async {
        let server = Embedded::start(|builder| {
            builder.configure::<Temperature>("t", |reg| {
                reg.buffer(RING).link_to("ws://t");
            });
        })
        .await;
        let mut client = Client::connect(&server.url).await;
        client.subscribe("t").await;
        let producer = server.db.producer::<Temperature>("t").unwrap();
        // Beside the server's tasks, so that nothing makes it wait for them.
        let writing = tokio::task::spawn_blocking(move || {
            for number in 1..=WRITTEN {
                let value = Temperature::set(number as f32, number);
                producer.produce(value).unwrap();
            }
        });
        let (mut received, mut missed, mut last) = (0, 0, 0);
        while received + missed < WRITTEN {
            let frame = client.next().await;
            assert_eq!(frame["type"], "data", "{frame}");
            let number = frame["payload"]["timestamp"].as_u64().unwrap();
            assert!(number > last, "{number} after {last}");
            missed += frame.get("gap").map_or(0, |gap| gap.as_u64().unwrap());
            received += 1;
            last = number;
            assert_eq!(received + missed, number, "each is received or counted");
        }
        assert_eq!(last, WRITTEN);
        writing.await.unwrap();
        assert_eq!(client.all_until_pong().await, [] as [Value; 0]);
        drop(client);
        server.stop().await;
    });
}

#[test]
fn a_client_that_does_not_read_gets_the_newest_value_in_the_end() {
    const WRITTEN: u64 = 50_000;
    run(async {
        let server = Embedded::start(|builder| {
            builder.configure::<Temperature>("t", |reg| {
                reg.buffer(BufferConfig::SingleLatest).link_to("ws://t");
            });
        })
        .await;
        let mut slow = Client::connect(&server.url).await;
        slow.subscribe("t").await;
        let producer = server.db.producer::<Temperature>("t").unwrap();
        for number in 1..=WRITTEN {
            let value = Temperature::set(number as f32, number);
            producer.produce(value).unwrap();
            if number % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
        let mut last = 0;
        while last < WRITTEN {
            let frame = slow.next().await;
            assert_eq!(frame.get("gap"), None, "skipped states are no gap: {frame}");
            let number = frame["payload"]["timestamp"].as_u64().unwrap();
            assert!(number > last, "{number} after {last}");
            last = number;
        }
        drop(slow);
        server.stop().await;
    });
}

/// How loud it is; it does not know when.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "loudness", version = 1)]
struct Loudness {
    /// Above the threshold of hearing.
    #[contract(unit = "dB")]
    decibels: f32,
}

#[test]
fn in_a_history_a_value_without_a_time_has_the_time_of_its_publication() {
    run(async {
        let server = Embedded::start(|builder| {
            builder.configure::<Loudness>("loud", |reg| {
                reg.buffer(RING).link_to("ws://loud");
            });
        })
        .await;
        let mut client = Client::connect(&server.url).await;
        client.subscribe("loud").await;
        let producer = server.db.producer::<Loudness>("loud").unwrap();
        let mut published = Vec::new();
        for decibels in [30.0, 40.0, 50.0] {
            producer.produce(Loudness { decibels }).unwrap();
            published.push(client.next().await["ts"].clone());
        }
        let query = r#"{"type":"query","id":"q","pattern":"loud","limit":2}"#;
        client.send(query).await;
        let result = client.next().await;
        let records = result["records"].as_array().unwrap();
        let times: Vec<Value> = records.iter().map(|one| one["ts"].clone()).collect();
        assert_eq!(times, published[1..]);
        assert_eq!(result["total"], 3);
        drop(client);
        server.stop().await;
    });
}

#[test]
fn a_record_that_is_added_later_becomes_a_topic_for_those_who_follow_its_pattern() {
    run(async {
        let server = Embedded::start(|_| {}).await;
        let mut client = Client::hello(&server.url, "c").await;
        client.subscribe("rooms/#").await;
        let added = server.db.configure::<Humidity>("rooms.new", |reg| {
            reg.buffer(BufferConfig::SingleLatest)
                .link_to("ws://rooms/new")
                .link_from("ws://rooms/new");
        });
        let mut consumer = server.db.consumer::<Humidity>("rooms.new").unwrap();
        let producer = server.db.producer::<Humidity>("rooms.new").unwrap();
        assert!(added.is_ok());
        producer.produce(Humidity::set(40.0, 1)).unwrap();
        assert_eq!(client.next().await["payload"]["percent"], 40.0);
        client
            .write(1, "rooms/new", r#"{"percent":50,"timestamp":2}"#)
            .await;
        assert_eq!(client.next().await, json!({ "type": "ack", "id": 1 }));
        assert_eq!(client.next().await["by"], 1);
        assert_eq!(consumer.next().await, Some(Humidity::set(50.0, 2)));
        drop(client);
        server.stop().await;
    });
}

#[test]
fn a_topic_that_is_only_written_to_reaches_the_program_and_no_client() {
    run(async {
        let server = Embedded::start(|builder| {
            builder.configure::<Humidity>("orders", |reg| {
                reg.buffer(BufferConfig::Mailbox)
                    .link_from("ws://orders/in");
            });
        })
        .await;
        let mut client = Client::hello(&server.url, "c").await;
        client.subscribe("#").await;
        client
            .write(1, "orders/in", r#"{"percent":50,"timestamp":2}"#)
            .await;
        let answers = client.all_until_pong().await;
        assert_eq!(answers, [json!({ "type": "ack", "id": 1 })]);
        let mut consumer = server.db.consumer::<Humidity>("orders").unwrap();
        assert_eq!(consumer.next().await, Some(Humidity::set(50.0, 2)));
        drop(client);
        server.stop().await;
    });
}

#[test]
fn links_that_cannot_be_served_are_refused_before_anything_listens() {
    run(async {
        let check = |describe: fn(&mut Builder), code: &str, says: &[&str]| {
            let Err(ServeError::Link(error)) = build(Config::default(), describe).1 else {
                panic!("{code} was not refused");
            };
            let text = error.to_string();
            assert_eq!(error.code(), code);
            for part in says {
                assert!(text.contains(part), "{text} lacks {part}");
            }
        };
        let pattern = |builder: &mut Builder| {
            builder.configure::<Humidity>("h", |reg| {
                reg.buffer(RING).link_to("ws://a/#");
            });
        };
        check(pattern, "LINK_TOPIC_INVALID", &["'h'", "`a/#`"]);
        let shared = |builder: &mut Builder| {
            for key in ["one", "two"] {
                builder.configure::<Humidity>(key, |reg| {
                    reg.buffer(RING).link_to("ws://a");
                });
            }
        };
        check(shared, "TOPIC_TAKEN", &["'two'", "`a`", "'one' has it"]);
        let error = LinkError::TooMany {
            key: "h".into(),
            topic: "a".into(),
            topics_max: Limits::default().topics_max,
        };
        assert!(error.to_string().contains("4096"), "{error}");
    });
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_by_name() {
    run(async {
        let check = |change: fn(&mut Config), code: &str, says: &str| {
            let mut config = Config::default();
            change(&mut config);
            let Err(error) = build(config, |_| {}).1 else {
                panic!("{says} was not refused");
            };
            assert_eq!(error.code(), code);
            assert!(error.to_string().contains(says), "{error} lacks {says}");
        };
        check(
            |config| config.limits.frames_in_flight_max = 0,
            "LIMIT_OUT_OF_RANGE",
            "limits.frames_in_flight_max",
        );
        check(
            |config| config.origins = vec!["app.example/page".into()],
            "CONFIG_VALUE_INVALID",
            "origins[0]",
        );
    });
}

/// The pings that come before the close, and its code. Frames of a server are not masked.
async fn pings_until_close(url: &str) -> (usize, u16) {
    let (mut stream, mut frame) = (support::raw_socket(url).await, [0; 2]);
    let mut pings = 0;
    loop {
        stream.read_exact(&mut frame).await.unwrap();
        let mut body = vec![0; usize::from(frame[1])];
        stream.read_exact(&mut body).await.unwrap();
        match frame[0] {
            0x89 => pings += 1,
            0x88 => return (pings, u16::from_be_bytes([body[0], body[1]])),
            other => panic!("not expected: a frame {other:#x}"),
        }
    }
}

#[test]
fn a_client_that_answers_no_ping_is_closed_and_one_that_does_is_not() {
    run(async {
        let limits = Limits {
            ping_after_ms: 20,
            silent_ms_max: 2_000,
            ..Limits::default()
        };
        let server = Embedded::start_with(limits, |_| {}).await;
        let mut polite = Client::connect(&server.url).await;
        let listening = tokio::spawn(async move {
            // Who is silent gets one and is closed.
            polite.pings(2).await;
            assert_eq!(polite.all_until_pong().await, [] as [Value; 0]);
        });
        let ended = tokio::time::timeout(support::PATIENCE, pings_until_close(&server.url)).await;
        assert_eq!(ended.unwrap(), (1, 1001));
        listening.await.unwrap();
        server.stop().await;
    });
}

#[test]
fn a_full_server_asks_to_come_back_later() {
    run(async {
        let limits = Limits {
            clients_max: 1,
            ..Limits::default()
        };
        let server = Embedded::start_with(limits, |_| {}).await;
        let mut first = Client::connect(&server.url).await;
        assert_eq!(first.all_until_pong().await, [] as [Value; 0]);
        let mut second = Client::connect(&server.url).await;
        assert_eq!(second.closed().await.0, 1013);
        assert_eq!(first.all_until_pong().await, [] as [Value; 0]);
        drop((first, second));
        server.stop().await;
    });
}

#[test]
fn when_the_database_closes_the_server_goes_on_with_what_it_has() {
    run(async {
        let server = Embedded::start(|builder| {
            builder.configure::<Humidity>("h", |reg| {
                reg.buffer(BufferConfig::SingleLatest).link_to("ws://h");
            });
        })
        .await;
        let mut early = Client::connect(&server.url).await;
        early.subscribe("h").await;
        let producer = server.db.producer::<Humidity>("h").unwrap();
        producer.produce(Humidity::set(1.0, 1)).unwrap();
        assert_eq!(early.next().await["seq"], 1);
        server.db.close();
        let mut late = Client::connect(&server.url).await;
        late.subscribe("h").await;
        assert_eq!(late.next().await["type"], "snapshot");
        drop((early, late));
        server.stop().await;
    });
}
