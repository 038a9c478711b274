//! The options of a session as JavaScript says them.

use aimdb_contracts::{Contract, Policy, SchemaType, Streamable, Violation};
use aimdb_peer::session::Options;
use wasm_bindgen::JsValue;

use crate::engine::decode;

/// What JavaScript may say of a session. Read like any record, so that a bad option is refused with
/// its name, what was expected and what came.
#[derive(Clone, Debug, PartialEq, Contract)]
#[contract(
    name = "bridge_options",
    version = 1,
    unknown = "refuse",
    link = "manual"
)]
struct SessionOptions {
    #[contract(name = "subscribeTopics")]
    subscribe_topics: Option<Vec<String>>,
    #[contract(name = "lateJoin", default = true)]
    late_join: bool,
    #[contract(name = "autoReconnect", default = true)]
    auto_reconnect: bool,
    #[contract(name = "connectTimeoutMs", min = 1)]
    connect_timeout_ms: Option<u64>,
    #[contract(name = "backoffMinMs", min = 1)]
    retry_ms_min: Option<u64>,
    #[contract(name = "backoffMaxMs", min = 1)]
    retry_ms_max: Option<u64>,
    #[contract(name = "maxRetries")]
    retries_max: Option<u32>,
    #[contract(name = "keepaliveMs", min = 1)]
    ping_every_ms: Option<u64>,
    #[contract(name = "pongTimeoutMs", min = 1)]
    pong_within_ms: Option<u64>,
    #[contract(name = "queryTimeoutMs", min = 1)]
    request_timeout_ms: Option<u64>,
    #[contract(name = "writeTimeoutMs", min = 1)]
    write_timeout_ms: Option<u64>,
    #[contract(name = "maxOfflineQueue", min = 1)]
    writes_pending_max: Option<u32>,
    /// Whether there is somebody who gives tokens: then `token` events ask for them.
    #[contract(name = "hasToken", default = false)]
    has_token: bool,
    /// The name, the epoch and the next number of a device that keeps writes; given together.
    client: Option<String>,
    epoch: Option<u64>,
    /// Whether the device gives numbers to the writes of several tabs.
    #[contract(default = false)]
    shares: bool,
    #[contract(name = "firstWrite", min = 1)]
    first_write: Option<u64>,
}

impl SessionOptions {
    fn into_options(self) -> Options {
        let known = Options::default();
        Options {
            subscribe_topics: self.subscribe_topics.unwrap_or_default(),
            late_join: self.late_join,
            auto_reconnect: self.auto_reconnect,
            connect_timeout_ms: self.connect_timeout_ms.unwrap_or(known.connect_timeout_ms),
            retry_ms_min: self.retry_ms_min.unwrap_or(known.retry_ms_min),
            retry_ms_max: self.retry_ms_max.unwrap_or(known.retry_ms_max),
            retries_max: self.retries_max,
            ping_every_ms: self.ping_every_ms.unwrap_or(known.ping_every_ms),
            pong_within_ms: self.pong_within_ms.unwrap_or(known.pong_within_ms),
            request_timeout_ms: self.request_timeout_ms.unwrap_or(known.request_timeout_ms),
            write_timeout_ms: self.write_timeout_ms.unwrap_or(known.write_timeout_ms),
            writes_pending_max: self
                .writes_pending_max
                .map_or(known.writes_pending_max, |writes| writes as usize),
            asks_for_token: self.has_token,
            keeps_writes: self.client.is_some(),
            shares_writes: self.shares,
            client: self.client,
            epoch: self.epoch.unwrap_or(known.epoch),
            first_write: self.first_write.unwrap_or(known.first_write),
            ..known
        }
    }
}

/// A session's options from what JavaScript said.
pub(crate) fn options(said: JsValue) -> Result<Options, Box<Violation>> {
    let schema = SessionOptions::SCHEMA;
    let fields = decode(schema, said, None, Policy::default())?;
    let options = SessionOptions::from_fields(fields);
    let options = options.ok_or_else(|| schema.malformed(SessionOptions::NAME))?;
    Ok(options.into_options())
}
