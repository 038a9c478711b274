//! A program around the server whose records stand in a configuration file, and whose code has types for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use aimdb_contracts::Contract;
use aimdb_core::{AimDbBuilder, BufferConfig};
use aimdb_server::{Config, Server, records};
use aimdb_tokio_adapter::TokioAdapter;
use serde_json::json;
use support::{Client, run, temporary_folder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The order of `order.json`, as the program knows it.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order", version = 2)]
struct Order {
    #[contract(min_length = 1)]
    id: String,
    #[contract(min = 0)]
    total: f64,
    #[contract(min_items = 1)]
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order_line", version = 1)]
struct Line {
    article: String,
    #[contract(min = 1)]
    count: u32,
}

/// An order that somebody should look at.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "alarm", version = 1)]
struct Alarm {
    order: String,
    items: u32,
}

/// An order that has lost its lines: another contract under the same name and version.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(name = "order", version = 2)]
struct OtherOrder {
    id: String,
}

const ORDER: &str = r#"{
    "name": "order", "version": 2, "doc": "From the shop.",
    "fields": [
        { "name": "id", "kind": "text", "minLength": 1, "doc": "As on the paper." },
        { "name": "total", "kind": "f64", "min": 0 },
        { "name": "lines", "kind": { "list": { "contract": "order_line" } }, "minItems": 1 }
    ],
    "contracts": [
        { "name": "order_line", "fields": [
            { "name": "article", "kind": "text" }, { "name": "count", "kind": "u32", "min": 1 } ] }
    ]
}"#;

const CONFIG: &str = r#"
[[contracts]]
file = "order.json"

[[records]]
key = "orders.1"
schema = "order"
writable = true
"#;

fn config() -> Config {
    let folder = temporary_folder();
    std::fs::write(folder.join("order.json"), ORDER).unwrap();
    std::fs::write(folder.join("server.toml"), CONFIG).unwrap();
    Config::read(&folder.join("server.toml")).unwrap()
}

fn alarm(order: &Order) -> Option<Alarm> {
    let items = order.lines.iter().map(|line| line.count).sum();
    (items >= 100).then(|| Alarm {
        order: order.id.clone(),
        items,
    })
}

#[test]
fn records_of_a_file_have_typed_readers_writers_and_transforms() {
    run(async {
        let config = config();
        let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
        let links = builder.connector("ws");
        let db = builder.build().unwrap();
        let contracts = records::contracts(&config.contracts).unwrap();
        let opened = records::open(&db, &config.records, config.history, &contracts).unwrap();
        let mut server = Server::new(config, links).unwrap();
        for link in opened.links {
            server.link(link).unwrap();
        }
        let configured = db.configure::<Alarm>("alarm", |reg| {
            reg.buffer(BufferConfig::SpmcRing { capacity: 8 })
                .transform("orders.1", alarm)
                .link_to("ws://alarm");
        });
        assert!(configured.is_ok());
        let mut orders = db.consumer::<Order>("orders.1").unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(server.serve(listener, async {
            let _ = stopped.await;
        }));
        let mut client = Client::hello(&url, "c").await;
        client.subscribe("#").await;

        // What a client writes the program reads as its type, and the graph derives from it.
        let order =
            json!({ "id": "A-1", "total": 3.5, "lines": [{ "article": "tea", "count": 120 }] });
        client.write(1, "orders/1", &order.to_string()).await;
        assert_eq!(client.next().await, json!({ "type": "ack", "id": 1 }));
        let raised = client.until(|frame| frame["topic"] == "alarm").await;
        assert_eq!(raised["payload"], json!({ "order": "A-1", "items": 120 }));
        let Some(mut order) = orders.next().await else {
            panic!("no order")
        };
        assert_eq!((&*order.id, order.lines[0].count), ("A-1", 120));

        // What the program writes the client reads, and what it may not write is refused with its path.
        let producer = db.producer::<Order>("orders.1").unwrap();
        order.lines[0].count = 7;
        producer.produce(order.clone()).unwrap();
        let seen = client
            .until(|frame| frame["payload"]["lines"][0]["count"] == 7)
            .await;
        assert_eq!(seen["topic"], "orders/1");
        order.lines[0].count = 0;
        let refused = producer.produce(order).unwrap_err();
        assert_eq!(refused.violation().unwrap().path, "lines[0].count");

        let problem = db.consumer::<OtherOrder>("orders.1").err().unwrap();
        let words = problem.to_string();
        assert!(
            words.contains("order version 2, fingerprint")
                && words.contains("the contracts differ"),
            "{words}"
        );
        drop(client);
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
    });
}
