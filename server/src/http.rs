//! What the server answers over HTTP: the socket's upgrade, its health, its version, and files.
//!
//! Guarantees: a page of a foreign origin and an address with too many sockets get no socket and
//! are told why. Does not: list folders, or speak TLS.

use crate::addresses::Addresses;
use crate::config::Config;
use crate::event::Events;
use crate::files;
use crate::origin;
use crate::status::{Health, Status};
use crate::upgrade::Handshake;
use aimdb_ws_protocol::PROTOCOL_VERSION;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;

/// Sockets beyond those of the limits, so that who is one too many is told so by the socket itself.
const SOCKETS_BEYOND: usize = 64;

const NO_FILES: &str = "This server has no pages: start it with --files DIR, or with --demo \
     where examples/dashboard/dist is built. The socket is at /ws, see also /health and /version.\n";

struct Shared {
    events: Events,
    status: Arc<Status>,
    origins: Vec<String>,
    addresses: Addresses,
    sockets_max: usize,
}

/// Everything that can be asked for.
pub(crate) fn router(config: &Config, events: Events, status: Arc<Status>) -> Router {
    let shared = Shared {
        events,
        status,
        origins: config.origins.clone(),
        addresses: Addresses::new(config.connections_per_address_max),
        sockets_max: config.limits.clients_max + SOCKETS_BEYOND,
    };
    let router = Router::new()
        .route("/ws", get(upgrade))
        .route("/health", get(health))
        .route("/version", get(version))
        .with_state(Arc::new(shared));
    match &config.files {
        Some(folder) => router.fallback_service(files::router(folder)),
        None => router.fallback(async || (StatusCode::NOT_FOUND, NO_FILES)),
    }
}

async fn upgrade(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response<Body> {
    let handshake = match Handshake::read(&mut request) {
        Ok(handshake) => handshake,
        Err(refusal) => return *refusal,
    };
    let headers = request.headers();
    // Bytes that are no text are another origin, not none.
    let header = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()))
    };
    let (page, host) = (header(header::ORIGIN), header(header::HOST));
    let origins = &shared.origins;
    if !origin::is_allowed(page.as_deref(), host.as_deref(), peer.ip(), origins) {
        let page = page.unwrap_or_default();
        tracing::warn!("refused a page of {page:?} a socket");
        let message = format!(
            "pages of {page:?} may not connect here; the server's owner can list it under `origins`\n"
        );
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let Some(place) = shared.addresses.enter(peer.ip()) else {
        tracing::warn!("refused {} one more socket", peer.ip());
        let message = "this address has too many sockets open (`connections_per_address_max`)\n";
        return (StatusCode::TOO_MANY_REQUESTS, message).into_response();
    };
    if shared.status.sockets() >= shared.sockets_max {
        tracing::warn!("refused one more socket: the server is full");
        let retry = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
        let message = "the server is full (`limits.clients_max`)\n";
        return (StatusCode::SERVICE_UNAVAILABLE, retry, message).into_response();
    }
    handshake.accept(place, shared.events.clone())
}

/// Does not ask the hub, so that it answers whatever the hub does.
async fn health(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let status = &shared.status;
    let word = match status.health() {
        Health::Ok => "ok",
        Health::Busy => "busy",
        Health::Stopping => {
            let stopping = r#"{"status":"stopping"}"#.to_string();
            return (StatusCode::SERVICE_UNAVAILABLE, json(stopping)).into_response();
        }
    };
    let (uptime_ms, clients, topics) = (status.uptime_ms(), status.clients(), status.topics());
    json(format!(
        r#"{{"status":"{word}","uptime_ms":{uptime_ms},"clients":{clients},"topics":{topics}}}"#
    ))
}

async fn version() -> Response<Body> {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    json(format!(
        r#"{{"name":"{name}","version":"{version}","protocol":{PROTOCOL_VERSION}}}"#
    ))
}

fn json(text: String) -> Response<Body> {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}
