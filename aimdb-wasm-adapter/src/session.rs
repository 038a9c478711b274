//! One session with a server: the bridge, which record each topic is, and which record each write
//! came from.

use aimdb_contracts::{Contract, Policy, SchemaType, Streamable, Violation};
use aimdb_core::{Names, RecordId};
use aimdb_ws_bridge::{Bridge, Options, OptionsError};
use aimdb_ws_protocol::key_to_topic;
use wasm_bindgen::JsValue;

use crate::engine::decode;
use crate::views::Writing;

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
    #[contract(name = "maxOfflineQueue", min = 1)]
    writes_pending_max: Option<u32>,
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
            writes_pending_max: self
                .writes_pending_max
                .map_or(known.writes_pending_max, |writes| writes as usize),
            ..known
        }
    }
}

/// Why a session could not be opened.
pub(crate) enum OpenError {
    /// An option is of the wrong kind.
    Shape(Box<Violation>),
    /// Options do not fit together.
    Options(OptionsError),
}

/// A bridge and its routes; they are apart so that one can be driven while the other is read.
pub(crate) struct Session {
    pub(crate) bridge: Bridge,
    pub(crate) routes: Routes,
}

/// Which record is which topic here.
pub(crate) struct Routes {
    /// Keys and topics that an application gave to them for this session only, in turn; and which pair is
    /// whose.
    given: Vec<String>,
    keys: Names,
    /// The place of the newest record of each topic.
    records: Names,
    /// Whether a topic ever was that of two records: another one may step in for one that goes.
    shares: bool,
    /// Patterns that a record joined after their snapshots had come, in turn and each once.
    missed: Vec<String>,
    known_missed: Names,
    /// The local write that is just being handed to the bridge.
    pub(crate) writing: Option<Writing>,
    /// The record that each write under way came from, and the key that it has or had, in the order of
    /// the writes.
    pub(crate) writes: Vec<(u64, RecordId, String)>,
}

impl Session {
    /// A session from what JavaScript said; `given` has keys, each with its topic behind it.
    pub(crate) fn open(options: JsValue, given: Vec<String>, seed: u64) -> Result<Self, OpenError> {
        let schema = SessionOptions::SCHEMA;
        let fields = decode(schema, options, None, Policy::default()).map_err(OpenError::Shape)?;
        let options = SessionOptions::from_fields(fields)
            .ok_or_else(|| OpenError::Shape(schema.malformed(SessionOptions::NAME)))?
            .into_options();
        let bridge = Bridge::new(options, seed).map_err(OpenError::Options)?;
        let mut keys = Names::default();
        for (place, pair) in given.chunks_exact(2).enumerate() {
            keys.insert(pair[0].as_str().into(), place);
        }
        let routes = Routes {
            keys,
            given,
            records: Names::default(),
            shares: false,
            missed: Vec::new(),
            known_missed: Names::default(),
            writing: None,
            writes: Vec::new(),
        };
        Ok(Self { bridge, routes })
    }
}

impl Routes {
    /// The topic of a record: given here, given with the record, or its key with `/` for `.`.
    pub(crate) fn topic(&self, key: &str, own: Option<&str>) -> String {
        let given = self.keys.get(key);
        let given = given.and_then(|place| self.given.get(2 * place + 1));
        let given = given.map(String::as_str).or(own);
        given.map_or_else(|| key_to_topic(key).into_owned(), ToOwned::to_owned)
    }

    /// Binds a record's topic to it. Gives whether this session mirrors it: its values come from
    /// here, and writes go here.
    pub(crate) fn bind(
        &mut self,
        bridge: &Bridge,
        key: &str,
        own: Option<&str>,
        place: usize,
    ) -> bool {
        let topic = self.topic(key, own);
        let followed = bridge.follows(&topic);
        let known = self.records.get(&topic);
        if let Some(pattern) = followed
            && known.is_none()
            && self.known_missed.insert(pattern.into(), 0)
        {
            self.missed.push(pattern.to_owned());
        }
        let mirrors = followed.is_some() || self.keys.get(key).is_some();
        if known != Some(place) {
            self.shares |= known.is_some();
            self.records.remove(&topic);
            self.records.insert(topic.into(), place);
        }
        mirrors
    }

    /// Forgets a record's topic. Gives whether another record may have the same.
    pub(crate) fn unbind(&mut self, key: &str, own: Option<&str>, place: usize) -> bool {
        let topic = self.topic(key, own);
        if self.records.get(&topic) == Some(place) {
            self.records.remove(&topic);
        }
        self.shares
    }

    /// The patterns whose snapshots came before a record of theirs was there.
    pub(crate) fn take_missed(&mut self) -> Vec<String> {
        self.known_missed = Names::default();
        std::mem::take(&mut self.missed)
    }

    /// The record that a write came from, which has ended, and its key.
    pub(crate) fn take_write(&mut self, write: u64) -> Option<(RecordId, String)> {
        let position = self.writes.iter().position(|(known, ..)| *known == write)?;
        let (_, record, key) = self.writes.remove(position);
        Some((record, key))
    }

    /// The place of the record that a topic is.
    pub(crate) fn record(&self, topic: &str) -> Option<u32> {
        self.records.get(topic).map(|place| place as u32)
    }
}
