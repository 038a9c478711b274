//! From a request to a socket: the handshake of RFC 6455, and the connection's way out of the HTTP stack.
//!
//! Guarantees: who asks wrongly is told what is wrong. Does not: judge who may connect; extend the protocol (what a
//! client offers is declined by not being named).

use crate::edge::addresses::Place;
use crate::thread::event::{Event, Events};
use crate::wire::Stream;
use aimdb_ws_protocol::CLOSE_FORBIDDEN;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use base64ct::{Base64, Encoding};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the RFC has each server append to the key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION: &str = "13";
const KEY_BYTES: usize = 16;

/// A request that may become a socket.
pub(crate) struct Handshake {
    on_upgrade: OnUpgrade,
    accept: HeaderValue,
}

impl Handshake {
    /// Reads the handshake.
    ///
    /// # Errors
    /// What to answer to a request that asks for no socket, or wrongly.
    pub(crate) fn read(request: &mut Request) -> Result<Self, Box<Response<Body>>> {
        let headers = request.headers();
        if !lists(headers, &header::CONNECTION, "upgrade")
            || !lists(headers, &header::UPGRADE, "websocket")
        {
            let words = "this is the address of a WebSocket; ask for an upgrade\n";
            return Err(refused(StatusCode::UPGRADE_REQUIRED, words));
        }
        if headers
            .get(header::SEC_WEBSOCKET_VERSION)
            .is_none_or(|version| version != VERSION)
        {
            let words = "only version 13 of the WebSocket protocol is spoken here\n";
            return Err(refused(StatusCode::UPGRADE_REQUIRED, words));
        }
        let key = headers
            .get(header::SEC_WEBSOCKET_KEY)
            .map(HeaderValue::as_bytes);
        let Some(accept) = key.and_then(accept) else {
            let words = "Sec-WebSocket-Key must be 16 bytes in base64\n";
            return Err(refused(StatusCode::BAD_REQUEST, words));
        };
        let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
            let words = "this connection cannot be upgraded\n";
            return Err(refused(StatusCode::UPGRADE_REQUIRED, words));
        };
        Ok(Self { on_upgrade, accept })
    }

    /// Agrees, and hands the connection to the hub as soon as the answer is out.
    pub(crate) fn accept(
        self,
        place: Place,
        (who, token): (Option<Arc<str>>, Option<String>),
        events: Events,
    ) -> Response<Body> {
        let Self { on_upgrade, accept } = self;
        tokio::spawn(async move {
            let handed = match on_upgrade.await {
                Ok(upgraded) => hand_over(upgraded, (place, who, token), &events).await,
                Err(error) => Err(io::Error::other(error)),
            };
            if let Err(error) = handed {
                tracing::debug!("a handshake came to nothing: {error}");
            }
        });
        switching(accept)
    }

    /// Agrees, only to say why it will not be: a page learns nothing of a status and a body, but the reason of a close.
    pub(crate) fn refuse(self, reason: &str) -> Response<Body> {
        let Self { on_upgrade, accept } = self;
        let frame = close_frame(CLOSE_FORBIDDEN, reason);
        tokio::spawn(async move {
            let told = tokio::time::timeout(REFUSED_WITHIN, async {
                let upgraded = on_upgrade.await.map_err(io::Error::other)?;
                let mut stream = TokioIo::new(upgraded);
                stream.write_all(&frame).await?;
                stream.shutdown().await?;
                // What the page sends meanwhile is taken: dropped unread, it would end the connection before the words are there.
                tokio::io::copy(&mut stream.take(REFUSED_BYTES_MAX), &mut tokio::io::sink()).await
            });
            if !matches!(told.await, Ok(Ok(_))) {
                tracing::debug!("a page that is refused did not wait for the words");
            }
        });
        switching(accept)
    }
}

/// How long a page that is refused is waited for, and how much of what it sends is taken.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
const REFUSED_BYTES_MAX: u64 = 64 * 1024;

/// A close as one frame of a server: its words may have 123 bytes.
fn close_frame(code: u16, reason: &str) -> Vec<u8> {
    const CLOSE: u8 = 0x88;
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let words = &reason.as_bytes()[..end];
    let mut frame = vec![CLOSE, (2 + words.len()) as u8];
    frame.extend(code.to_be_bytes());
    frame.extend(words);
    frame
}

const CLOSE_REASON_BYTES_MAX: usize = 123;

fn switching(accept: HeaderValue) -> Response<Body> {
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// Whether a header's list has an item.
fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(wanted))
}

fn accept(key: &[u8]) -> Option<HeaderValue> {
    let mut room = [0; KEY_BYTES];
    let is_key = Base64::decode(key, &mut room).is_ok_and(|bytes| bytes.len() == KEY_BYTES);
    if !is_key {
        return None;
    }
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::from_str(&Base64::encode_string(&digest)).ok()
}

fn refused(status: StatusCode, words: &'static str) -> Box<Response<Body>> {
    let headers = [
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static(VERSION),
        ),
    ];
    Box::new((status, headers, words).into_response())
}

async fn hand_over(
    upgraded: Upgraded,
    (place, who, token): (Place, Option<Arc<str>>, Option<String>),
    events: &Events,
) -> io::Result<()> {
    let (stream, early) = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => {
            let stream = parts.io.into_inner();
            // Small frames must not wait for each other.
            stream.set_nodelay(true)?;
            (Stream::from_tokio(stream)?, parts.read_buf.to_vec())
        }
        Err(upgraded) => (serve_other_end(upgraded)?, Vec::new()),
    };
    let connected = Event::Connected {
        stream,
        early,
        place,
        who,
        token,
    };
    // The hub may have ended meanwhile; then the stream is closed by being dropped.
    let _ = events.send(connected).await;
    Ok(())
}

/// What is no plain socket, such as one with TLS, is served by a task, which the hub reaches through a pair of them.
#[cfg(unix)]
fn serve_other_end(upgraded: Upgraded) -> io::Result<Stream> {
    let (ours, mut theirs) = Stream::pair()?;
    tokio::spawn(async move {
        let mut upgraded = TokioIo::new(upgraded);
        // Both sides learn of an end by the end of the other one.
        let _ = tokio::io::copy_bidirectional(&mut upgraded, &mut theirs).await;
    });
    Ok(ours)
}

#[cfg(not(unix))]
fn serve_other_end(_: Upgraded) -> io::Result<Stream> {
    Err(io::Error::other(
        "on this system only plain TCP sockets are served",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_close_fit_a_frame_and_are_text() {
        assert_eq!(close_frame(4403, "no"), b"\x88\x04\x11\x33no");
        let frame = close_frame(4403, &"\u{e9}".repeat(80));
        assert_eq!(frame.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }

    #[test]
    fn the_key_of_the_rfc_gets_its_answer_and_what_is_no_key_gets_none() {
        let answer = accept(b"dGhlIHNhbXBsZSBub25jZQ==").unwrap();
        assert_eq!(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for wrong in [
            "",
            "dGhlIHNhbXBsZSBub25jZQ",
            "c2hvcnQ=",
            "not base64!!",
            "dGhlIHNhbXBsZSBub25jZSBhbmQgbW9yZQ==",
        ] {
            assert_eq!(accept(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
