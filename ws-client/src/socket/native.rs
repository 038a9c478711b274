//! A WebSocket over tokio's TCP.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aimdb_peer::session::Input;
use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::options::ConnectError;
use crate::shared::Shared;

/// A connection that is being opened; nothing if it could not be.
pub(crate) type Connecting = Pin<Box<dyn Future<Output = Option<Socket>> + Send>>;

/// What a socket says.
pub(crate) enum Heard {
    Text(String),
    Binary,
    Closed { code: u16, reason: String },
    Failed,
}

/// Of an other end that talks but does not read, so many bytes wait before it is given up.
const OUTGOING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An open socket.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What it has not taken yet.
    outgoing: VecDeque<Message>,
    /// The bytes of it, at most [`OUTGOING_BYTES_MAX`].
    outgoing_bytes: usize,
    is_flushed: bool,
}

/// Whether an address is one that [`connect`] can open.
pub(crate) fn check_url(url: &str) -> Result<(), ConnectError> {
    let problem = match url.split_once("://") {
        Some(("ws", rest)) if !rest.is_empty() => return Ok(()),
        Some(("wss", rest)) if !rest.is_empty() && cfg!(feature = "rustls") => return Ok(()),
        Some(("wss", _)) => {
            "needs TLS, which this program is built without: turn on the feature `rustls` of aimdb-ws-client"
        }
        _ => "is no address of a WebSocket: it begins with ws:// or wss:// and has a host",
    };
    Err(ConnectError::Url {
        url: url.into(),
        problem,
    })
}

pub(crate) fn connect(url: &str) -> Connecting {
    let url = url.to_owned();
    Box::pin(async move {
        let (stream, _) = connect_async(url).await.ok()?;
        Some(Socket {
            stream,
            outgoing: VecDeque::new(),
            outgoing_bytes: 0,
            is_flushed: true,
        })
    })
}

/// A number that no other client draws.
pub(crate) fn seed() -> u64 {
    fastrand::u64(..)
}

impl Socket {
    pub(crate) fn send(&mut self, text: String) {
        self.outgoing_bytes += text.len();
        self.outgoing.push_back(Message::text(text));
    }

    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        };
        self.outgoing.push_back(Message::Close(Some(frame)));
    }

    /// Sends what waits, and hears what comes.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        if self.poll_send(context).is_err() || self.outgoing_bytes > OUTGOING_BYTES_MAX {
            return Poll::Ready(Heard::Failed);
        }
        loop {
            let heard = match Pin::new(&mut self.stream).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None | Some(Err(_))) => Heard::Failed,
                Poll::Ready(Some(Ok(Message::Text(text)))) => Heard::Text(text.as_str().into()),
                Poll::Ready(Some(Ok(Message::Binary(_)))) => Heard::Binary,
                Poll::Ready(Some(Ok(Message::Close(frame)))) => Heard::Closed {
                    code: frame.as_ref().map_or(1005, |frame| frame.code.into()),
                    reason: frame.map_or_else(String::new, |frame| frame.reason.as_str().into()),
                },
                // The library answers pings; the answer goes out with the next flush.
                Poll::Ready(Some(Ok(_))) => {
                    self.is_flushed = false;
                    continue;
                }
            };
            return Poll::Ready(heard);
        }
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        let mut stream = Pin::new(&mut self.stream);
        while !self.outgoing.is_empty() {
            match stream.as_mut().poll_ready(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(ready) => ready?,
            }
            if let Some(message) = self.outgoing.pop_front() {
                self.is_flushed = false;
                self.outgoing_bytes = self.outgoing_bytes.saturating_sub(message.len());
                stream.as_mut().start_send(message)?;
            }
        }
        if !self.is_flushed
            && let Poll::Ready(flushed) = stream.poll_flush(context)
        {
            flushed?;
            self.is_flushed = true;
        }
        Ok(())
    }
}

/// News of the system. A native program has none: its sockets tell.
pub(crate) struct News;

impl News {
    pub(crate) fn new(_: Arc<Shared>) -> Self {
        Self
    }

    pub(crate) fn next(&mut self) -> Option<Input<'static>> {
        None
    }
}
