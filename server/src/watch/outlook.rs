//! What is answered to who watches: metrics, and whether the server lives and serves.
//!
//! Guarantees: a listener of its own, so that it can be kept from those who use the server; an answer that does
//! not wait for the hub. Does not: authenticate, or tell anything of clients and values.

use super::Counters;
use crate::edge::accept;
use crate::edge::lobby::Lobby;
use crate::edge::proxy::Trusted;
use crate::thread::status::{Health, Status};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Connections of those who watch; one more takes the place of the one that has been there longest.
const CONNECTIONS_MAX: usize = 16;
/// How often the log tells what it has left out.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// The form that `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const NOTHING: &str = "There is /metrics, /healthz and /readyz here.\n";

/// What answers are made of.
#[derive(Clone)]
pub(crate) struct Outlook {
    pub(crate) counters: Arc<Counters>,
    pub(crate) status: Arc<Status>,
}

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, outlook: Outlook) {
    let counters = outlook.counters.clone();
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .fallback(async || (StatusCode::NOT_FOUND, NOTHING))
        .with_state(outlook);
    let lobby = Lobby::new(CONNECTIONS_MAX, CONNECTIONS_MAX);
    // Nobody gives the word to stop.
    let (_silent, stopping) = watch::channel(false);
    accept::serve(
        listener,
        router,
        (lobby, Trusted::new(Vec::new())),
        counters,
        stopping,
    )
    .await;
}

/// Lets the log tell what it has left out, until it is dropped.
pub(crate) async fn tell_left_out(counters: Arc<Counters>) {
    loop {
        tokio::time::sleep(TELL_EVERY).await;
        counters.tell_left_out();
    }
}

async fn metrics(State(outlook): State<Outlook>) -> Response<Body> {
    match outlook.counters.to_text(&outlook.status) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether the process is worth keeping: its hub has not ended.
async fn health(State(outlook): State<Outlook>) -> Response<Body> {
    match outlook.status.health() {
        Health::Stopping => unavailable("the hub has ended\n"),
        Health::Ok | Health::Busy | Health::KeepsNot => "ok\n".into_response(),
    }
}

/// Whether to send clients here.
async fn readiness(State(outlook): State<Outlook>) -> Response<Body> {
    match outlook.status.health() {
        _ if outlook.counters.is_stopping() => unavailable("the server stops\n"),
        Health::Stopping => unavailable("the hub has ended\n"),
        Health::Busy => unavailable("the hub is busy\n"),
        Health::KeepsNot => unavailable("what is written cannot be kept\n"),
        Health::Ok => "ok\n".into_response(),
    }
}

fn unavailable(words: &'static str) -> Response<Body> {
    (StatusCode::SERVICE_UNAVAILABLE, words).into_response()
}
