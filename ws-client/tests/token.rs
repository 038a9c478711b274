//! A Rust program whose server asks for tokens.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aimdb_contracts::Contract;
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig};
use aimdb_server::{Config, Server};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_client::{Event, Events, Options, Status, TokenSource, WsBridge};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Most that anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
const TOKEN: &str = "gauge-token-0123456789";

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "level", version = 1)]
struct Level {
    percent: f64,
}

fn tank(scheme: Option<&str>) -> (AimDb<TokioAdapter>, aimdb_core::Links<TokioAdapter>) {
    let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
    let links = builder.connector("ws");
    builder.configure::<Level>("tank.1", |reg| {
        let record = reg.buffer(BufferConfig::SingleLatest);
        if let Some(scheme) = scheme {
            record
                .link_to(&format!("{scheme}://tank/1"))
                .link_from(&format!("{scheme}://tank/1"));
        }
    });
    (builder.build().unwrap(), links)
}

async fn server() -> (AimDb<TokioAdapter>, String) {
    let (db, links) = tank(Some("ws"));
    let config = format!(
        "[[auth.tokens]]\nname = 'gauge'\ntoken = '{TOKEN}'\ngrants = {{ subscribe = ['tank/#'], write = ['tank/#'] }}"
    );
    let server = Server::new(Config::parse(&config).unwrap(), links).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    tokio::spawn(server.serve(listener, std::future::pending()));
    (db, url)
}

async fn next(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    let look = async {
        loop {
            let event = events.next().await.expect("the bridge ended");
            if wanted(&event) {
                return event;
            }
        }
    };
    timeout(PATIENCE, look).await.expect("it did not happen")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_waits_for_a_good_token_and_loses_nothing_meanwhile() {
    let (theirs, url) = server().await;
    let (ours, _links) = tank(None);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let listens = Arc::new(Notify::new());
    let listened = listens.clone();
    let source = TokenSource::new(move || {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let listened = listened.clone();
        async move {
            match turn {
                0 => {
                    // What is told before somebody listens nobody hears.
                    listened.notified().await;
                    Err("no login".into())
                }
                1 => Ok("two words".to_string()),
                2 => Ok("nobodys-token-0123456789".to_string()),
                _ => Ok(TOKEN.to_string()),
            }
        }
    });
    let options = Options {
        subscribe_topics: vec!["tank/#".into()],
        retry_ms: (10, 10),
        token: Some(source),
        ..Options::default()
    };
    let bridge = WsBridge::connect(&ours, &url, options).unwrap();
    let mut events = bridge.events();
    listens.notify_one();
    ours.producer::<Level>("tank.1")
        .unwrap()
        .produce(Level { percent: 7.0 })
        .unwrap();
    for why in ["no login", "visible ASCII"] {
        let failed = next(&mut events, |event| matches!(event, Event::Error { .. })).await;
        let Event::Error { code, message, .. } = failed else {
            unreachable!()
        };
        assert_eq!(code, "TOKEN_FAILED");
        assert!(
            message.contains(why) && !message.contains("two words"),
            "{message}"
        );
    }
    next(&mut events, |event| {
        *event == Event::Status(Status::NeedsAuth)
    })
    .await;
    next(&mut events, |event| {
        *event == Event::Status(Status::Connected)
    })
    .await;
    let settled = next(&mut events, |event| matches!(event, Event::Settled(_))).await;
    let Event::Settled(settled) = settled else {
        unreachable!()
    };
    assert_eq!(settled.outcome, "acknowledged");
    let newest = theirs.consumer::<Level>("tank.1").unwrap().next().await;
    assert_eq!(newest, Some(Level { percent: 7.0 }));
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}
