//! TLS before HTTP: a listener whose connections are ciphered.
//!
//! Guarantees: a handshake is part of its own connection, so a slow one keeps nobody waiting and has the time of a request's
//! head; certificates that are read anew serve who comes from then on. Does not: ask clients for certificates, or get
//! certificates from an authority.

use crate::config::{ConfigProblem, TlsConfig};
use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

/// The certificate of a server, which may be read anew while it serves.
#[derive(Clone)]
pub struct Certificate {
    files: TlsConfig,
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// Names the file that cannot be used, and why; or that they do not belong together.
    pub fn load(files: &TlsConfig) -> Result<Self, ConfigProblem> {
        Ok(Self {
            current: Arc::new(RwLock::new(read(files)?)),
            files: files.clone(),
        })
    }

    /// Reads them again: who connects from now on gets what they hold now.
    ///
    /// # Errors
    /// As [`load`](Self::load); then all stays as it was.
    pub fn reload(&self) -> Result<(), ConfigProblem> {
        let fresh = read(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// A listener whose connections are ciphered by it.
    #[must_use]
    pub fn listen(&self, listener: TcpListener) -> TlsListener {
        TlsListener {
            listener,
            certificate: self.clone(),
        }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(current.clone())
    }
}

fn read(files: &TlsConfig) -> Result<Arc<ServerConfig>, ConfigProblem> {
    let problem =
        |field: &str, expected, file: &Path, why: &dyn std::fmt::Display| ConfigProblem::Value {
            field: format!("tls.{field}"),
            expected,
            got: format!("{}: {why}", file.display()),
        };
    let (cert, key) = (&files.cert, &files.key);
    let wanted = "a PEM file with the server's certificate and those between it and its authority";
    let wrong = |why: &dyn std::fmt::Display| problem("cert", wanted, cert, why);
    let chain = CertificateDer::pem_file_iter(cert).map_err(|error| wrong(&error))?;
    let chain: Result<Vec<_>, _> = chain.collect();
    let chain = chain.map_err(|error| wrong(&error))?;
    if chain.is_empty() {
        return Err(wrong(&"it has no certificate"));
    }
    let wanted = "a PEM file with the certificate's private key";
    let private = PrivateKeyDer::from_pem_file(key);
    let private = private.map_err(|error| problem("key", wanted, key, &error))?;
    // Said here, since a program may hold several.
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?;
    let config = config
        .with_no_client_auth()
        .with_single_cert(chain, private);
    let mut config = config.map_err(|error| {
        let wanted = "the private key of the certificate in tls.cert";
        problem("key", wanted, key, &error)
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Accepts connections that speak TLS.
pub struct TlsListener {
    listener: TcpListener,
    certificate: Certificate,
}

impl Listener for TlsListener {
    type Io = TlsIo;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsIo, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Without it small frames wait for each other; where it cannot be had they do.
        let _ = stream.set_nodelay(true);
        let handshake = self.certificate.acceptor().accept(stream);
        (TlsIo(State::Shaking(Box::new(handshake))), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that shakes hands as soon as somebody reads or writes.
pub struct TlsIo(State);

enum State {
    Shaking(Box<Accept<TcpStream>>),
    Open(Box<TlsStream<TcpStream>>),
}

impl TlsIo {
    fn open(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut TlsStream<TcpStream>>>> {
        if let State::Shaking(handshake) = &mut self.0 {
            let stream = ready!(Pin::new(&mut **handshake).poll(context))?;
            self.0 = State::Open(Box::new(stream));
        }
        match &mut self.0 {
            State::Open(stream) => Poll::Ready(Ok(Pin::new(&mut **stream))),
            State::Shaking(_) => Poll::Pending,
        }
    }
}

impl AsyncRead for TlsIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.open(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for TlsIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.open(context))?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.open(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            // There is nothing to say goodbye to.
            State::Shaking(_) => Poll::Ready(Ok(())),
            State::Open(stream) => Pin::new(&mut **stream).poll_shutdown(context),
        }
    }
}
