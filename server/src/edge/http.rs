//! What the server answers over HTTP: the socket's upgrade, its health, its version, and files.
//!
//! Guarantees: a page of a foreign origin and an address with too many sockets get no socket and
//! are told why. Does not: list folders, or speak TLS.

use crate::config::{Config, ConfigProblem};
use crate::edge::addresses::{Addresses, Full};
use crate::edge::authorize::Authorize;
use crate::edge::files;
use crate::edge::origin::Origins;
use crate::edge::proxy::{self, Trusted};
use crate::edge::upgrade::Handshake;
use crate::thread::event::Events;
use crate::thread::status::{Health, Status};
use crate::watch::Counters;
use aimdb_ws_protocol::{ErrorCode, PROTOCOL_VERSION, is_token};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Response, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;

const NO_FILES: &str = "This server has no pages: start it with --files DIR, or with --demo \
     where examples/dashboard/dist is built. The socket is at /ws, see also /health and /version.\n";

struct Shared {
    events: Events,
    status: Arc<Status>,
    origins: Origins,
    trusted: Trusted,
    addresses: Addresses,
    counters: Arc<Counters>,
    authorize: Option<Arc<dyn Authorize>>,
    /// Whether a token is asked for.
    has_gate: bool,
}

/// Everything that can be asked for.
///
/// # Errors
/// The configuration has an origin, a name or a proxy that is none.
pub(crate) fn router(
    config: &Config,
    (events, status, counters): (Events, Arc<Status>, Arc<Counters>),
    (authorize, has_gate): (Option<Arc<dyn Authorize>>, bool),
    sockets_max: usize,
) -> Result<Router, ConfigProblem> {
    let shared = Shared {
        events,
        status,
        origins: Origins::new(config, sysinfo::System::host_name().ok())?,
        trusted: config.trusted()?,
        addresses: Addresses::new(config.connections_per_address_max, sockets_max),
        counters,
        authorize,
        has_gate,
    };
    let router = Router::new()
        .route("/ws", get(upgrade))
        .route("/health", get(health))
        .route("/version", get(version))
        .with_state(Arc::new(shared));
    Ok(match &config.files {
        Some(folder) => router.fallback_service(files::router(folder)),
        None => router.fallback(async || (StatusCode::NOT_FOUND, NO_FILES)),
    })
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
    let peer = proxy::peer_of(request.headers(), peer, &shared.trusted);
    let page = proxy::origin_of(request.headers());
    let counters = &shared.counters;
    if let Err(refusal) = shared.origins.judge(page.as_deref(), &peer) {
        counters.refused_socket(refusal.reason(), peer.address, &refusal);
        if is_browser(request.headers()) {
            return handshake.refuse(&refusal.in_short());
        }
        return (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response();
    }
    let (parts, _) = request.into_parts();
    let who = match &shared.authorize {
        None => None,
        Some(authorize) => match authorize.connect(&parts, peer.address) {
            Ok(who) => Some(who),
            Err(refusal) => {
                counters.refused_socket("not_authorized", peer.address, &refusal.message);
                let status = match refusal.code {
                    ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
                    _ => StatusCode::FORBIDDEN,
                };
                return (status, format!("{}\n", refusal.message)).into_response();
            }
        },
    };
    let place = match shared.addresses.enter(peer.address, !peer.is_forwarded) {
        Ok(place) => place,
        Err(Full::Address) => {
            let message =
                "this address has too many sockets open (`connections_per_address_max`)\n";
            counters.refused_socket("address_full", peer.address, &message.trim_end());
            return (StatusCode::TOO_MANY_REQUESTS, message).into_response();
        }
        Err(Full::Server) => {
            let retry = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
            let message = "the server is full (`limits.clients_max`, or files that it may open)\n";
            counters.refused_socket("server_full", peer.address, &message.trim_end());
            return (StatusCode::SERVICE_UNAVAILABLE, retry, message).into_response();
        }
    };
    let token = shared.has_gate.then(|| token_of(&parts.uri)).flatten();
    handshake.accept(place, (who, token), shared.events.clone())
}

/// Whether a page is behind a request, which learns nothing of a status and a body. All browsers call themselves so, and programs do not.
fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT);
    agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

/// The token in a request of a published client, which has no other place for it.
fn token_of(uri: &Uri) -> Option<String> {
    let mut fields = uri.query()?.split('&');
    let token = fields.find_map(|field| field.strip_prefix("token="))?;
    // What tokens are made of stands for itself in an address; what does not is none of them.
    is_token(token).then(|| token.to_owned())
}

/// Does not ask the hub, so that it answers whatever the hub does.
async fn health(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let status = &shared.status;
    let word = match status.health() {
        Health::Ok => "ok",
        Health::Busy => "busy",
        Health::KeepsNot => "storage_failed",
        Health::Stopping => {
            let stopping = r#"{"status":"stopping"}"#.to_string();
            return (StatusCode::SERVICE_UNAVAILABLE, json(stopping)).into_response();
        }
    };
    if shared.has_gate {
        // How much there is, is for those who may know of it, and for those who watch.
        let uptime_ms = status.uptime_ms();
        return json(format!(r#"{{"status":"{word}","uptime_ms":{uptime_ms}}}"#));
    }
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
