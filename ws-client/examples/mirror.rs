//! Mirrors one server into another: what the first one publishes of `sensors/#` the second one publishes too, and what is
//! written to the second goes to the first, whose contracts decide.
//!
//! ```text
//! make demo                                                   # a server on 8080
//! cargo run -p aimdb-ws-client --example mirror               # another one on 8081
//! ```

use std::error::Error;

use aimdb_contracts::builtin::Temperature;
use aimdb_core::{AimDbBuilder, BufferConfig};
use aimdb_server::{Config, Server};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_client::{Event, Options, WsBridge};
use tokio::net::TcpListener;

/// The first server, and where the second one listens.
const FROM: &str = "ws://127.0.0.1:8080/ws";
const TO: &str = "127.0.0.1:8081";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let from = arguments.first().map_or(FROM, String::as_str);
    let to = arguments.get(1).map_or(TO, String::as_str);

    let mut builder = AimDbBuilder::new(TokioAdapter::current()?);
    let links = builder.connector("ws");
    for city in ["vienna", "graz"] {
        let key = format!("sensors.temperature.{city}");
        let topic = format!("ws://sensors/temperature/{city}");
        builder.configure::<Temperature>(&key, |reg| {
            reg.buffer(BufferConfig::SingleLatest)
                .link_to(&topic)
                .link_from(&topic);
        });
    }
    let db = builder.build()?;

    let options = Options {
        subscribe_topics: vec!["sensors/#".into()],
        ..Options::default()
    };
    let bridge = WsBridge::connect(&db, from, options)?;
    let mut events = bridge.events();
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                Event::Status(status) => println!("{}", status.as_str()),
                Event::Settled(write) => println!("{write}"),
                other => println!("{other:?}"),
            }
        }
    });

    let listener = TcpListener::bind(to).await?;
    println!("mirrors {from} at ws://{}/ws", listener.local_addr()?);
    let server = Server::new(Config::default(), links)?;
    let stopped = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    server.serve(listener, stopped).await?;
    bridge.disconnect();
    Ok(())
}
