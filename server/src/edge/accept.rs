//! Connections as they come: each speaks HTTP until it is done or has become a socket.
//!
//! Guarantees: who says nothing, or says it too slowly, is let go after a while, and never keeps others out. Does
//! not: know what is asked for; the router does.

use crate::edge::addresses::network;
use crate::edge::lobby::Lobby;
use crate::edge::proxy::Trusted;
use crate::watch::Counters;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

/// How long the head of a request may take, also the first one after the connection is there.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long requests that are under way get to finish after a shutdown.
const STOP_GRACE: Duration = Duration::from_secs(6);

/// Serves connections until `stopping` says so, then lets requests finish that are under way.
pub(crate) async fn serve<L>(
    mut listener: L,
    router: Router,
    (lobby, trusted): (Lobby, Trusted),
    counters: Arc<Counters>,
    mut stopping: watch::Receiver<bool>,
) where
    L: Listener<Addr = SocketAddr>,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopping) => break,
            (io, address) = listener.accept() => {
                let (seat, someone_left) = lobby.enter(counted(address.ip(), &trusted));
                if someone_left {
                    counters.let_go();
                    tracing::debug!("the connection that had been open longest was let go for a new one");
                }
                let asking = (router.clone(), seat.has_asked.clone());
                let served = serve_one(io, address, asking, stopping.clone());
                connections.spawn(async move {
                    let mut seat = seat;
                    tokio::select! {
                        () = served => {}
                        _ = &mut seat.asked_to_leave => {}
                    }
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    let rest = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_GRACE, rest).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// An address whose places are counted: not this machine's own, nor a proxy's, which bring many clients.
fn counted(address: IpAddr, trusted: &Trusted) -> Option<IpAddr> {
    let address = address.to_canonical();
    (!address.is_loopback() && !trusted.has(address)).then(|| network(address))
}

async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: that is the word, too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn serve_one<I>(
    io: I,
    address: SocketAddr,
    (router, has_asked): (Router, Arc<AtomicBool>),
    mut stopping: watch::Receiver<bool>,
) where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        has_asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = told_to_stop(&mut stopping) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection of {address} ended: {error}");
    }
}
