//! A program around the server: its own routes and layers, its own rules, its own listener.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_contracts::Settable;
use aimdb_contracts::builtin::Temperature;
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig};
use aimdb_server::axum::http::request::Parts;
use aimdb_server::axum::http::{HeaderValue, header};
use aimdb_server::axum::middleware::map_response;
use aimdb_server::axum::response::Response;
use aimdb_server::axum::routing::get;
use aimdb_server::axum::serve::Listener;
use aimdb_server::hub::{Action, Denial, Gate, Grants, Pass, Permit, Refusal};
use aimdb_server::{Authorize, Config, ErrorCode, Pattern, Server};
use aimdb_tokio_adapter::TokioAdapter;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use support::{Client, run};
use tokio::io::{DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A server of three rooms in this process.
struct Running {
    port: u16,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
    _db: AimDb<TokioAdapter>,
}

fn rooms() -> (AimDb<TokioAdapter>, Server) {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    let links = builder.connector("ws");
    for topic in ["plant/a", "plant/b", "office/c"] {
        builder.configure::<Temperature>(topic, |reg| {
            reg.buffer(BufferConfig::SpmcRing { capacity: 8 })
                .link_to(&format!("ws://{topic}"))
                .link_from(&format!("ws://{topic}"));
        });
    }
    let db = builder.build().unwrap();
    for topic in ["plant/a", "plant/b", "office/c"] {
        let producer = db.producer::<Temperature>(topic).unwrap();
        producer.produce(Temperature::set(20.0, 1)).unwrap();
    }
    (db, Server::new(Config::default(), links).unwrap())
}

impl Running {
    async fn start(change: impl FnOnce(&mut Server)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self::start_on(listener, port, change)
    }

    fn start_on<L>(listener: L, port: u16, change: impl FnOnce(&mut Server)) -> Self
    where
        L: Listener<Addr = SocketAddr>,
    {
        let (db, mut server) = rooms();
        change(&mut server);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.await;
            };
            server.serve(listener, shutdown).await.unwrap();
        });
        Self {
            port,
            stop,
            served,
            _db: db,
        }
    }

    fn socket(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }
}

/// `?key=operator` may do everything in the plant, a guest may look at `plant/a`, nobody else comes in.
struct Keys;

impl Permit for Keys {
    fn may(&self, who: &str, action: Action<'_>) -> Result<(), Refusal> {
        let seen = match who {
            "operator" => "plant/#",
            _ => "plant/a",
        };
        let seen = Pattern::parse(seen).unwrap();
        let is_granted = match action {
            Action::Subscribe(pattern) | Action::Query(pattern) => seen.covers(pattern),
            Action::Write(topic) => who == "operator" && seen.matches(topic),
            Action::List(topic) => seen.matches(topic),
            _ => false,
        };
        let refused = || Refusal::new(ErrorCode::Forbidden, "not_granted", "ask the operator");
        is_granted.then_some(()).ok_or_else(refused)
    }
}

impl Authorize for Keys {
    fn connect(&self, request: &Parts, address: IpAddr) -> Result<Arc<str>, Refusal> {
        assert!(address.is_loopback());
        match request.uri.query() {
            Some("key=operator") => Ok("operator".into()),
            None => Ok("guest".into()),
            Some("key=") => Err(Refusal::new(
                ErrorCode::Unauthorized,
                "no_key",
                "say your key",
            )),
            Some(_) => Err(Refusal::new(
                ErrorCode::Forbidden,
                "wrong_key",
                "that is no key",
            )),
        }
    }
}

#[test]
fn a_programs_rules_are_asked_for_everything_that_a_client_does() {
    run(async {
        let server = Running::start(|server| server.authorize(Keys)).await;
        for (query, status) in [("?key=", 401), ("?key=guess", 403)] {
            let url = format!("{}{query}", server.socket());
            let refused = support::connect_with_origin(&url, "http://localhost").await;
            assert_eq!(refused.err().map(|(code, _)| code), Some(status));
        }
        let topics = |list: &serde_json::Value| -> Vec<String> {
            let names = list["topics"].as_array().unwrap().iter();
            names
                .map(|one| one["name"].as_str().unwrap().to_string())
                .collect()
        };
        let list = r#"{"type":"list_topics","id":"l"}"#;
        let write = |topic| {
            format!(
                r#"{{"type":"write","topic":"{topic}","payload":{{"celsius":21,"timestamp":2}}}}"#
            )
        };
        let mut guest = Client::connect(&server.socket()).await;
        guest.send(list).await;
        assert_eq!(topics(&guest.next().await), ["plant/a"]);
        for (text, is_request) in [
            (
                r##"{"type":"subscribe","topics":["#"]}"##.to_string(),
                false,
            ),
            (
                r#"{"type":"subscribe","topics":["plant/*"]}"#.to_string(),
                false,
            ),
            (write("plant/a"), false),
            (
                r##"{"type":"query","id":"q","pattern":"#"}"##.to_string(),
                true,
            ),
        ] {
            guest.send(&text).await;
            let answer = guest.next().await;
            assert_eq!(answer["reason"], "not_granted", "{text}: {answer}");
            assert_eq!(answer["code"], "FORBIDDEN");
            assert_eq!(answer["request"] == "q", is_request);
            if text.contains("subscribe") {
                // What is not granted is not followed.
                let subscribed = guest.next().await;
                assert_eq!(subscribed["topics"], serde_json::json!([]));
            }
        }
        guest.subscribe("plant/a").await;
        assert_eq!(guest.next().await["type"], "snapshot");
        let mut operator = Client::connect(&format!("{}?key=operator", server.socket())).await;
        operator.send(list).await;
        assert_eq!(topics(&operator.next().await), ["plant/a", "plant/b"]);
        operator.send(&write("plant/a")).await;
        operator.send(&write("office/c")).await;
        assert_eq!(operator.next().await["reason"], "not_granted");
        assert_eq!(guest.next().await["payload"]["celsius"], 21.0);
        server.stop().await;
    });
}

/// Takes the tokens of a program's own kind.
struct Badges;

impl Gate for Badges {
    fn admit(&self, token: &str, _now_ms: u64) -> Result<Pass, Denial> {
        let number = token.strip_prefix("badge:").ok_or(Denial::Unknown)?;
        Ok(Pass {
            subject: format!("badge:{number}").into(),
            grants: Arc::new(Grants {
                subscribe: vec![Pattern::parse("#").unwrap()],
                ..Grants::default()
            }),
            until_ms: None,
        })
    }
}

#[test]
fn a_programs_own_tokens_open_the_same_door_and_its_rules_count_beside_them() {
    run(async {
        let server = Running::start(|server| {
            server.guard(Badges);
            // What a token grants is granted only as far as the rules go.
            server.authorize(Keys);
        })
        .await;
        let mut nobody = Client::connect(&server.socket()).await;
        nobody
            .send(r##"{"type":"subscribe","topics":["#"]}"##)
            .await;
        assert_eq!(nobody.closed_without_a_word().await.0, 4401);
        let mut guest = Client::connect(&server.socket()).await;
        let hello = |token: &str| {
            format!(r#"{{"type":"ping","hello":{{"v":6,"client":"me","token":"{token}"}}}}"#)
        };
        guest.send(&hello("badge:7")).await;
        assert_eq!(guest.next().await["type"], "auth_ok");
        assert_eq!(guest.next().await["type"], "pong");
        guest.subscribe("plant/a").await;
        assert_eq!(guest.next().await["type"], "snapshot");
        guest.send(r##"{"type":"subscribe","topics":["#"]}"##).await;
        assert_eq!(guest.next().await["reason"], "not_granted");
        server.stop().await;
    });
}

#[test]
fn a_programs_routes_and_layers_stand_beside_the_servers_own() {
    run(async {
        let server = Running::start(|server| {
            server.with_router(|router| router.route("/hello", get(async || "hello")));
            server.with_router(|router| {
                router.layer(map_response(async |mut response: Response| {
                    let value = HeaderValue::from_static("plant");
                    response.headers_mut().insert(header::SERVER, value);
                    response
                }))
            });
        })
        .await;
        for (path, word) in [
            ("/hello", "hello"),
            ("/health", "\"ok\""),
            ("/nothing", "no pages"),
        ] {
            let (head, body) = support::get(server.port, path, "").await;
            assert!(head.contains("server: plant"), "{path}: {head}");
            assert!(String::from_utf8(body).unwrap().contains(word), "{path}");
        }
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe("plant/a").await;
        server.stop().await;
    });
}

/// Accepts TCP and serves it through a pipe in memory, as TLS would be.
struct Piped(TcpListener);

impl Listener for Piped {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        let (mut stream, address): (TcpStream, SocketAddr) = self.0.accept().await.unwrap();
        let (ours, mut theirs) = duplex(1_024);
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut theirs).await });
        (ours, address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[test]
fn what_a_programs_own_listener_accepts_need_not_be_a_tcp_socket() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Running::start_on(Piped(listener), port, |_| {});
        let mut reader = Client::connect(&server.socket()).await;
        reader.subscribe("plant/a").await;
        reader.next().await;
        let mut writer = Client::hello(&server.socket(), "writer").await;
        for id in 1..=50 {
            writer
                .write(
                    id,
                    "plant/a",
                    &format!("{{\"celsius\":{id},\"timestamp\":{id}}}"),
                )
                .await;
        }
        for id in 1..=50 {
            assert_eq!(reader.next().await["payload"]["celsius"], f64::from(id));
        }
        drop(writer);
        server.stop().await;
        assert_eq!(reader.closed().await.0, 1012);
    });
}
