//! Writes on their way to a device that keeps them, and back.
//!
//! Guarantees: what comes back is the write that went, with its value in the version of the contract that the record has
//! now; a value that its contract does not take any more is sent as it was, and shown nowhere. Does not: keep anything.

use aimdb_contracts::Policy;
use aimdb_core::{BufferConfig, RuntimeAdapter};
use aimdb_peer::session::{
    Deadline, DropReason, Entry, Outcome, Source, UnknownReason, WriteId, WritePolicy,
};
use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::convert::Plain;
use crate::engine::{Engine, decode, policy};
use crate::numbers::{OFFLINE_LATEST, OFFLINE_QUEUE, OFFLINE_REJECT};
use crate::runtime::WasmAdapter;
use crate::sessions::now;
use crate::told::{ended, event};

type Door = <WasmAdapter as RuntimeAdapter>::Door;

impl Engine {
    /// A write as a device is to keep it, and as a page sees it.
    pub(crate) fn written(&self, told: Plain, entry: &Entry) -> Plain {
        let offline = match entry.policy {
            WritePolicy::Queue => OFFLINE_QUEUE,
            WritePolicy::Latest => OFFLINE_LATEST,
            WritePolicy::Reject => OFFLINE_REJECT,
            WritePolicy::Expire { after_ms } => after_ms as f64,
        };
        let source = entry.source.as_ref();
        let door = source.and_then(|source| self.db.door(&source.key));
        told.with("write", entry.id.0 as f64)
            .with("topic", &*entry.topic)
            .with("payload", &*entry.payload)
            .with("offline", offline)
            .with("handedOver", entry.handed_over)
            .with_some(
                "expiresAt",
                entry.expires.map(|deadline| deadline.wall_ms as f64),
            )
            .with_some("until", entry.until.map(|until| until as f64))
            .with_some("key", source.map(|source| &*source.key))
            .with_some("version", door.map(|door| f64::from(door.schema().version)))
    }

    /// A write that has ended: with what it was, where it may be wanted again.
    pub(crate) fn ended(&self, kind: &str, entry: &Entry, outcome: &Outcome<'_>) -> JsValue {
        let key = entry.source.as_ref().map(|source| &*source.key);
        let told = match outcome {
            Outcome::Acknowledged
            | Outcome::Sent
            | Outcome::Dropped(DropReason::Superseded)
            | Outcome::Unknown(UnknownReason::Fenced) => event(kind)
                .with("write", entry.id.0 as f64)
                .with("topic", &*entry.topic)
                .with_some("key", key),
            _ => self.written(event(kind).with("dead", true), entry),
        };
        ended(told, outcome).done()
    }

    /// The write that a device kept; nothing where it is none.
    pub(crate) fn stored_write(&self, write: &JsValue) -> Option<Entry> {
        let get = |name: &str| {
            Reflect::get(write, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
        };
        let (topic, payload) = (get("topic").as_string()?, get("payload").as_string()?);
        let id = WriteId(get("write").as_f64()? as u64);
        let policy = policy(get("offline").as_f64()?, BufferConfig::Mailbox);
        let version = get("version").as_f64().map(|version| version as u32);
        let key = get("key").as_string();
        let door = key.as_deref().and_then(|key| self.db.door(key));
        let source = door.and_then(|door| source(&*door, get("value"), version));
        let mut entry = Entry::new(id, &topic, &payload, policy, source, now());
        entry.until = get("until").as_f64().map(|until| until as u64);
        entry.handed_over = get("handedOver").is_truthy();
        if let (Some(deadline), Some(wall_ms)) = (&mut entry.expires, get("expiresAt").as_f64()) {
            *deadline = Deadline {
                wall_ms: wall_ms as u64,
                ..*deadline
            };
        }
        Some(entry)
    }
}

/// The record that it came from, with the value as that takes it now.
fn source(door: &Door, value: JsValue, version: Option<u32>) -> Option<Source> {
    let fields = decode(door.schema(), value, version, Policy::JAVASCRIPT).ok()?;
    Some(Source {
        record: door.id(),
        key: door.key().into(),
        fields,
    })
}
