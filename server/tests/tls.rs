//! TLS by a certificate of one's own: the real binary, real handshakes.

// Helpers of tests may fail loudly, like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use support::{Process, run, run_to_end, temporary_file, temporary_folder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

/// Writes a new certificate for `localhost` and its key; gives what trusts it.
fn certify(folder: &Path) -> TlsConnector {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_string()]).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(cert.der().to_vec()))
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn shake(connector: &TlsConnector, port: u16) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    connector
        .connect(ServerName::try_from("localhost").unwrap(), stream)
        .await
}

const CONFIG: &str = "[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n[[records]]\nkey = 'room'\nschema = 'setpoint'\nwritable = true\n";

fn start(folder: &Path) -> Process {
    let config = folder.join("server.toml");
    std::fs::write(&config, CONFIG).unwrap();
    Process::start(&["--config", config.to_str().unwrap()])
}

#[test]
fn pages_and_sockets_go_over_tls_and_nothing_goes_without() {
    run(async {
        let folder = temporary_folder();
        let connector = certify(&folder);
        let process = start(&folder);
        let mut stream = shake(&connector, process.port).await.unwrap();
        let request = b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let url = format!("wss://localhost:{}/ws", process.port);
        let stream = shake(&connector, process.port).await.unwrap();
        let (mut socket, _) = client_async(url, stream).await.unwrap();
        // A write there and back, and a frame of more than a record of TLS.
        let topics: Vec<String> = (0..200)
            .map(|number| format!("room/{number}/{}", "x".repeat(100)))
            .collect();
        for text in [
            r#"{"type":"subscribe","topics":["room"]}"#.to_string(),
            serde_json::json!({"type": "subscribe", "topics": topics}).to_string(),
            r#"{"type":"write","topic":"room","payload":{"celsius":21,"timestamp":1}}"#.to_string(),
        ] {
            socket.send(Message::text(text)).await.unwrap();
        }
        let mut frames = Vec::new();
        while frames.len() < 3 {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                frames.push(serde_json::from_str::<Value>(&text).unwrap());
            }
        }
        let types: Vec<&Value> = frames.iter().map(|frame| &frame["type"]).collect();
        assert_eq!(types, ["subscribed", "subscribed", "data"]);
        assert_eq!(frames[1]["topics"].as_array().unwrap().len(), 200);
        // Who speaks no TLS hears no HTTP.
        let mut plain = TcpStream::connect(("127.0.0.1", process.port))
            .await
            .unwrap();
        plain.write_all(request).await.unwrap();
        let mut bytes = Vec::new();
        let _ = plain.read_to_end(&mut bytes).await;
        assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
        // Who says nothing keeps nobody waiting.
        let _silent = TcpStream::connect(("127.0.0.1", process.port))
            .await
            .unwrap();
        shake(&connector, process.port).await.unwrap();
    });
}

#[cfg(unix)]
#[test]
fn a_new_certificate_is_read_when_the_server_is_told_to_and_a_broken_one_changes_nothing() {
    run(async {
        let folder = temporary_folder();
        let old = certify(&folder);
        let process = start(&folder);
        shake(&old, process.port).await.unwrap();
        let new = certify(&folder);
        // Not by itself.
        shake(&old, process.port).await.unwrap();
        process.hang_up();
        // The signal is heard a moment later.
        while shake(&new, process.port).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(shake(&old, process.port).await.is_err());
        std::fs::write(folder.join("key.pem"), "broken").unwrap();
        process.hang_up();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        shake(&new, process.port).await.unwrap();
    });
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = temporary_folder();
    certify(&folder);
    let config = folder.join("server.toml");
    let config = config.to_str().unwrap();
    let good = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (cert, key) = (good("cert.pem"), good("key.pem"));
    certify(&folder);
    let other = good("key.pem");
    std::fs::write(config, CONFIG).unwrap();
    let check = |cert: Option<&str>, key: Option<&str>, expected: &[&str]| {
        for (name, text) in [("cert.pem", cert), ("key.pem", key)] {
            match text {
                Some(text) => std::fs::write(folder.join(name), text).unwrap(),
                None => std::fs::remove_file(folder.join(name)).unwrap(),
            }
        }
        for arguments in [
            vec!["--config", config],
            vec!["--config", config, "--check-config"],
        ] {
            let output = run_to_end(&[&arguments[..], &["--listen", "127.0.0.1:0"]].concat());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{said}");
            for part in expected {
                assert!(said.contains(part), "{said} lacks {part}");
            }
        }
    };
    check(
        Some(&cert),
        Some(&other),
        &["tls.key", "private key of the certificate"],
    );
    check(
        Some("nothing"),
        Some(&key),
        &["tls.cert", "cert.pem", "no certificate"],
    );
    check(Some(&cert), Some("nothing"), &["tls.key", "key.pem"]);
    check(Some(&cert), None, &["tls.key", "key.pem", "No such file"]);
    let half = temporary_file("half.toml", "[tls]\ncert = 'x'");
    let output = run_to_end(&["--config", &half]);
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("missing field `key`")
    );
}
