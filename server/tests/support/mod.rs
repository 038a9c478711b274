//! The real server process, and clients with real sockets.
//!
//! Waiting here has a bound only so that a defect ends a test; no test asserts a time.

// Each test file uses its part.
#![allow(dead_code, unused_imports)]

mod client;
mod process;
mod session;

pub(crate) use client::{Client, connect_with, connect_with_origin};
pub(crate) use process::{Process, run_to_end, temporary_file, temporary_folder};
pub(crate) use session::Session;

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a test's future on a runtime of its own, like the server's.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// The head and the body of what the server answers to a GET with these further header lines.
pub(crate) async fn get(port: u16, path: &str, headers: &str) -> (String, Vec<u8>) {
    ask("GET", port, path, headers).await
}

/// The same for any method.
pub(crate) async fn ask(method: &str, port: u16, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap()
        .unwrap();
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head.to_lowercase(), answer[end + 4..].to_vec())
}

/// A socket by hand, for bytes that no client would send or leave unanswered.
pub(crate) async fn raw_socket(url: &str) -> TcpStream {
    let address = url
        .strip_prefix("ws://")
        .and_then(|rest| rest.strip_suffix("/ws"));
    let mut stream = TcpStream::connect(address.unwrap()).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream
}
