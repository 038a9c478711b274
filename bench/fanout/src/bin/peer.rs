//! What many write first: a task for each socket, and one broadcast channel (axum and tokio, as their documentation
//! shows them together).
//!
//! It reads a write, makes the frame for all once, and sends what is shared.
#![forbid(unsafe_code)]

use aimdb_bench_fanout::{SUBSCRIBE, SUBSCRIBED, say_address};
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// Messages that are kept for sockets that lag.
const KEPT_MAX: usize = 1_024;

struct Hub {
    messages: broadcast::Sender<Utf8Bytes>,
    seq: AtomicU64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hub = Arc::new(Hub {
        messages: broadcast::channel(KEPT_MAX).0,
        seq: AtomicU64::new(0),
    });
    let upgrade = async |State(hub): State<Arc<Hub>>, upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(move |socket| serve(socket, hub))
    };
    let router = Router::new().route("/ws", any(upgrade)).with_state(hub);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?)?;
    use axum::serve::ListenerExt;
    let listener = listener.tap_io(|stream| {
        // Nobody can be told; it only makes this hub slower.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

/// Until the client leaves.
async fn serve(mut socket: WebSocket, hub: Arc<Hub>) {
    let mut messages = None;
    loop {
        tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) if text.as_str() == SUBSCRIBE => {
                    messages = Some(hub.messages.subscribe());
                    let answer = format!("{SUBSCRIBED}}}");
                    if socket.send(Message::Text(answer.into())).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Text(text))) => hub.publish(&text),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            message = next(&mut messages) => {
                if socket.send(Message::Text(message)).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn next(messages: &mut Option<broadcast::Receiver<Utf8Bytes>>) -> Utf8Bytes {
    let Some(messages) = messages else {
        return std::future::pending().await;
    };
    loop {
        match messages.recv().await {
            Ok(message) => return message,
            // Whoever lags is a frame short, which the benchmark finds.
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
        }
    }
}

impl Hub {
    fn publish(&self, text: &str) {
        let Ok(write) = serde_json::from_str::<HashMap<&str, &RawValue>>(text) else {
            return;
        };
        let (Some(topic), Some(payload)) = (write.get("topic"), write.get("payload")) else {
            return;
        };
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let ts = now.map_or(0, |now| now.as_millis());
        let message = format!(
            r#"{{"type":"data","topic":{topic},"payload":{payload},"ts":{ts},"seq":{seq}}}"#
        );
        // Nobody may be there.
        let _ = self.messages.send(message.into());
    }
}
