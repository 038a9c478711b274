//! One client's WebSocket: what it sends goes to the hub, what the hub sends goes to it.
//!
//! Guarantees: reading and writing do not wait for each other; each frame the socket has taken is
//! reported as drained; a close is announced with its code and waits a bounded time for what was
//! sent before. Does not: look into frames.

use crate::event::{Closing, Event, Outgoing, Peer, frame_channel};
use crate::hub::ClientId;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a client gets to take what was sent before a close, and then to close its side.
const CLOSE_GRACE: Duration = Duration::from_secs(3);
/// The close code for a message beyond what is even looked at.
const CLOSE_TOO_BIG: u16 = 1009;

type Sink = SplitSink<WebSocket, Message>;

/// How reading ended.
enum Ended {
    /// The client closed, or the connection broke.
    Gone,
    /// The client sent what a WebSocket of this server does not take.
    Unreadable,
}

/// Serves a socket to its end.
pub(crate) async fn run(
    socket: WebSocket,
    client: ClientId,
    frames_in_flight_max: u32,
    events: mpsc::Sender<Event>,
) {
    let (frames_sender, frames) = frame_channel(frames_in_flight_max);
    let (close_sender, close) = oneshot::channel();
    let peer = Peer {
        frames: frames_sender,
        close: close_sender,
    };
    if events
        .send(Event::Connected { client, peer })
        .await
        .is_err()
    {
        return;
    }
    let (mut sink, mut stream) = socket.split();
    let ended = tokio::select! {
        ended = read(client, &mut stream, &events) => Some(ended),
        () = write(client, &mut sink, frames, close, &events) => None,
    };
    match ended {
        Some(Ended::Gone) => {}
        Some(Ended::Unreadable) => {
            let reason = "the message is too large or no WebSocket message";
            let close = close_message(CLOSE_TOO_BIG, reason);
            let _ = tokio::time::timeout(CLOSE_GRACE, sink.send(close)).await;
        }
        // The close was sent; the client answers it, and what it sends meanwhile is not heard.
        None => {
            let answered = async { while let Some(Ok(_)) = stream.next().await {} };
            let _ = tokio::time::timeout(CLOSE_GRACE, answered).await;
        }
    }
    let _ = events.send(Event::Disconnected { client }).await;
}

async fn read(
    client: ClientId,
    stream: &mut SplitStream<WebSocket>,
    events: &mpsc::Sender<Event>,
) -> Ended {
    while let Some(message) = stream.next().await {
        let event = match message {
            Ok(Message::Text(text)) => Event::Text { client, text },
            Ok(Message::Binary(_)) => Event::Binary { client },
            Ok(Message::Ping(_) | Message::Pong(_)) => Event::Alive { client },
            // The end of the stream follows, once the answer to it is sent.
            Ok(Message::Close(_)) => continue,
            Err(_) => return Ended::Unreadable,
        };
        if events.send(event).await.is_err() {
            break;
        }
    }
    Ended::Gone
}

async fn write(
    client: ClientId,
    sink: &mut Sink,
    mut frames: mpsc::Receiver<Outgoing>,
    mut close: oneshot::Receiver<Closing>,
    events: &mpsc::Sender<Event>,
) {
    loop {
        tokio::select! {
            closing = &mut close => {
                if let Ok(Closing { code, reason }) = closing {
                    let rest = finish(sink, &mut frames, close_message(code, reason));
                    let _ = tokio::time::timeout(CLOSE_GRACE, rest).await;
                }
                return;
            }
            taken = write_waiting(sink, &mut frames) => match taken {
                Some(frames) => {
                    if events.send(Event::Drained { client, frames }).await.is_err() {
                        return;
                    }
                }
                // The connection is broken, which the reading side learns too.
                None => return,
            }
        }
    }
}

/// Waits for frames and writes all that wait; gives how many the hub is to hear of.
async fn write_waiting(sink: &mut Sink, frames: &mut mpsc::Receiver<Outgoing>) -> Option<u32> {
    let mut next = match frames.recv().await {
        Some(outgoing) => Some(outgoing),
        // The hub has dropped its end, so the word to close is there or on its way.
        None => std::future::pending().await,
    };
    let mut taken = 0;
    while let Some(outgoing) = next {
        taken += u32::from(matches!(outgoing, Outgoing::Text(_)));
        sink.feed(message(outgoing)).await.ok()?;
        next = frames.try_recv().ok();
    }
    sink.flush().await.ok()?;
    Some(taken)
}

async fn finish(sink: &mut Sink, frames: &mut mpsc::Receiver<Outgoing>, close: Message) {
    while let Ok(outgoing) = frames.try_recv() {
        if sink.feed(message(outgoing)).await.is_err() {
            return;
        }
    }
    let _ = sink.send(close).await;
}

fn message(outgoing: Outgoing) -> Message {
    match outgoing {
        Outgoing::Text(text) => Message::text(&*text),
        Outgoing::Ping => Message::Ping(Default::default()),
    }
}

fn close_message(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }))
}
