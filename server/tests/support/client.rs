//! A client that speaks frames by hand.

use super::PATIENCE;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// An open socket.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What the server answers to a page of this origin.
pub(crate) async fn connect_with_origin(url: &str, origin: &str) -> Result<Client, (u16, String)> {
    connect_with(url, &[("Origin", origin)]).await
}

/// What the server answers to a socket with these headers, which replace a client's own.
pub(crate) async fn connect_with(
    url: &str,
    headers: &[(&'static str, &str)],
) -> Result<Client, (u16, String)> {
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(Client { socket }),
        Err(Error::Http(response)) => {
            let status = response.status().as_u16();
            let body = response.into_body().unwrap_or_default();
            Err((status, String::from_utf8(body).unwrap()))
        }
        Err(other) => panic!("{other}"),
    }
}

impl Client {
    pub(crate) async fn connect(url: &str) -> Self {
        let (socket, _) = connect_async(url).await.unwrap();
        Self { socket }
    }

    /// Connects as a client of this project does: with a name, so that writes are acknowledged.
    pub(crate) async fn hello(url: &str, name: &str) -> Self {
        let mut client = Self::connect(url).await;
        let hello = format!(r#"{{"type":"ping","hello":{{"v":1,"client":"{name}"}}}}"#);
        client.send(&hello).await;
        let pong = client.next().await;
        assert_eq!(pong["type"], "pong", "{pong}");
        assert_eq!(pong["hello"]["v"], 7, "{pong}");
        client
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: &[u8]) {
        let message = Message::binary(bytes.to_vec());
        self.socket.send(message).await.unwrap();
    }

    /// Gives a message to the socket, which may be closed from the other side while it is sent.
    pub(crate) async fn try_send(&mut self, text: &str) {
        let _ = self.socket.send(Message::text(text)).await;
    }

    pub(crate) async fn subscribe(&mut self, pattern: &str) {
        self.send(&format!(r#"{{"type":"subscribe","topics":["{pattern}"]}}"#))
            .await;
        let answer = self.next().await;
        assert_eq!(answer["type"], "subscribed", "{answer}");
    }

    pub(crate) async fn write(&mut self, id: u64, topic: &str, payload: &str) {
        let head = format!(r#"{{"type":"write","id":{id},"topic":"{topic}""#);
        self.send(&format!(r#"{head},"payload":{payload}}}"#)).await;
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match self.next_message().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("instead of a frame came {other:?}"),
            }
        }
    }

    /// Waits for so many pings of the WebSocket itself, which are answered as they come.
    pub(crate) async fn pings(&mut self, count: usize) {
        for _ in 0..count {
            match self.next_message().await {
                Some(Message::Ping(_)) => {}
                other => panic!("instead of a ping came {other:?}"),
            }
        }
    }

    /// The next frame that is like this; those before it are passed over.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await;
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// What came before the answer to a ping that is sent now: everything the server had to say.
    pub(crate) async fn all_until_pong(&mut self) -> Vec<Value> {
        self.send(r#"{"type":"ping"}"#).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["type"] == "pong" {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// The code and the words with which the server closes; frames before it are passed over.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next_message().await {
                Some(Message::Close(Some(frame))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Message::Text(_) | Message::Ping(_)) => {}
                other => panic!("instead of a close came {other:?}"),
            }
        }
    }

    /// The same where nothing may come before it.
    pub(crate) async fn closed_without_a_word(&mut self) -> (u16, String) {
        match self.next_message().await {
            Some(Message::Close(Some(frame))) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("instead of a close came {other:?}"),
        }
    }

    async fn next_message(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        next.expect("the server said nothing").transpose().unwrap()
    }
}
