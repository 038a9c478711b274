//! The handshake that makes a socket of a connection, from both sides.

use base64ct::{Base64, Encoding};
use sha1::{Digest, Sha1};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// RFC 6455 has every server add this to a client's key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY: &str = "Sec-WebSocket-Key:";
/// The longest head that is read.
const HEAD_BYTES_MAX: usize = 4_096;

/// Where the head of a request or an answer ends.
#[must_use]
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// A server's answer to the head of a request; nothing if there is no key in it.
#[must_use]
pub fn answer(head: &[u8]) -> Option<String> {
    let head = str::from_utf8(head).ok()?;
    let key = head.lines().find_map(|line| line.strip_prefix(KEY))?.trim();
    let accept = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let accept = Base64::encode_string(&accept);
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

/// Opens a socket and waits for it.
///
/// # Errors
/// The connection failed, or the answer was another than 101.
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         {KEY} dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    // A byte at a time, so that no frame behind the head is taken with it.
    let mut head = Vec::new();
    while head_end(&head).is_none() && head.len() < HEAD_BYTES_MAX {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if head.starts_with(b"HTTP/1.1 101") {
        return Ok(stream);
    }
    let words = String::from_utf8_lossy(&head).into_owned();
    Err(io::Error::other(format!("no socket was given: {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_has_its_answer() {
        let answer =
            answer(format!("GET / HTTP/1.1\r\n{KEY} dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").as_bytes());
        assert!(answer.is_some_and(|answer| answer.contains(" s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")));
    }
}
