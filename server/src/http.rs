//! What the server answers over HTTP: the socket's upgrade, its health, its version, and files.
//!
//! Guarantees: a page of a foreign origin and an address with too many sockets get no socket and
//! are told why; files come with a policy that lets pages run only their own scripts; nothing
//! outside the folder is reachable by a path. Does not: list folders, or speak TLS.

use crate::addresses::Addresses;
use crate::config::Config;
use crate::event::{Event, Look};
use crate::hub::ClientId;
use crate::origin;
use crate::socket;
use aimdb_ws_protocol::PROTOCOL_VERSION;
use axum::Router;
use axum::body::Body;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;

/// A message this many times larger than allowed is still read, so that it can be answered with
/// an error instead of a closed socket.
const READ_BEYOND_LIMIT: usize = 4;
/// Buffers of each socket. An idle one should cost little; a large message grows them for a while.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024;

/// Pages may run their own scripts and WebAssembly, and connect to any socket: a dashboard may
/// follow another server.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; \
     worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const NO_FILES: &str = "This server has no pages: start it with --files DIR, or with --demo \
     where examples/dashboard/dist is built. The socket is at /ws, see also /health and /version.\n";

struct Shared {
    events: mpsc::Sender<Event>,
    origins: Vec<String>,
    addresses: Addresses,
    next_client: AtomicU64,
    message_bytes_max: usize,
    frames_in_flight_max: u32,
}

/// Everything that can be asked for.
pub(crate) fn router(config: &Config, events: mpsc::Sender<Event>) -> Router {
    let shared = Shared {
        events,
        origins: config.origins.clone(),
        addresses: Addresses::new(config.connections_per_address_max),
        next_client: AtomicU64::new(1),
        message_bytes_max: config.limits.message_bytes_max,
        frames_in_flight_max: config.limits.frames_in_flight_max,
    };
    let router = Router::new()
        .route("/ws", get(upgrade))
        .route("/health", get(health))
        .route("/version", get(version))
        .with_state(Arc::new(shared));
    match &config.files {
        Some(folder) => {
            let files = Router::new()
                .fallback_service(ServeDir::new(folder))
                .layer(map_response(guard))
                .layer(CompressionLayer::new());
            router.fallback_service(files)
        }
        None => router.fallback(async || (StatusCode::NOT_FOUND, NO_FILES)),
    }
}

async fn upgrade(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
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
    let client = ClientId(shared.next_client.fetch_add(1, Ordering::Relaxed));
    let bytes_max = shared.message_bytes_max.saturating_mul(READ_BEYOND_LIMIT);
    upgrade
        .read_buffer_size(SOCKET_BUFFER_BYTES)
        .write_buffer_size(SOCKET_BUFFER_BYTES)
        .max_message_size(bytes_max)
        .max_frame_size(bytes_max)
        .on_upgrade(move |socket| async move {
            let events = shared.events.clone();
            socket::run(socket, client, shared.frames_in_flight_max, events).await;
            drop(place);
        })
}

async fn health(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let (answer, look) = oneshot::channel();
    let asked = shared.events.send(Event::Look { answer }).await.is_ok();
    match look.await {
        Ok(Look {
            clients,
            topics,
            uptime_ms,
        }) if asked => json(format!(
            r#"{{"status":"ok","uptime_ms":{uptime_ms},"clients":{clients},"topics":{topics}}}"#
        )),
        _ => {
            let stopping = r#"{"status":"stopping"}"#.to_string();
            (StatusCode::SERVICE_UNAVAILABLE, json(stopping)).into_response()
        }
    }
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

/// Adds what a browser is to know about a file.
async fn guard(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Asked for anew each time, and answered with 304 while it is the same.
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
