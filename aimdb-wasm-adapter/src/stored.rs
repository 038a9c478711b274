//! Writes on their way to a device that keeps them, and back.
//!
//! Guarantees: what comes back is the write that went, byte for byte, with the version that it is in; its record shows it in the
//! version of the contract that it has now, and where that does not take it any more, it is shown nowhere. Does not: keep anything.

use std::borrow::Cow;

use aimdb_contracts::Policy;
use aimdb_core::{BufferConfig, RuntimeAdapter};
use aimdb_peer::session::{
    Condition, Deadline, DropReason, Entry, Input, Outcome, Refusal, Source, UnknownReason,
    WriteId, WritePolicy,
};
use aimdb_ws_protocol::ErrorCode;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use crate::convert::Plain;
use crate::engine::{Engine, decode, policy};
use crate::numbers::{OFFLINE_LATEST, OFFLINE_QUEUE, OFFLINE_REJECT};
use crate::runtime::WasmAdapter;
use crate::sessions::now;
use crate::told::{ended, event};

type Door = <WasmAdapter as RuntimeAdapter>::Door;

#[wasm_bindgen]
impl Engine {
    /// The device has done so many of the `store` and `unstore` events, in their order; or could not. `numbers` are those that
    /// a shared device gave to what it had not before.
    #[wasm_bindgen(js_name = sessionStored)]
    pub fn session_stored(&self, session: u32, count: u32, done: bool, numbers: &[f64]) {
        let count = count as usize;
        let numbers: Vec<u64> = numbers.iter().map(|number| *number as u64).collect();
        let input = match done {
            true => Input::Stored {
                count,
                numbers: &numbers,
            },
            false => Input::NotStored { count },
        };
        self.drive(session, input);
    }

    /// This session sends what waits on a shared device, under an epoch; 0: another does.
    #[wasm_bindgen(js_name = sessionLead)]
    pub fn session_lead(&self, session: u32, epoch: f64) {
        let input = match epoch as u64 {
            0 => Input::Follow,
            epoch => Input::Lead { epoch },
        };
        self.drive(session, input);
    }

    /// Another tab has heard how a write on a shared device ended: `settled` is what it told there.
    #[wasm_bindgen(js_name = sessionEnded)]
    pub fn session_ended(&self, session: u32, number: f64, settled: &JsValue) {
        let text = |name: &str| {
            let value = Reflect::get(settled, &JsValue::from_str(name));
            value.ok().and_then(|value| value.as_string())
        };
        let (reason, message) = (text("reason"), text("message").unwrap_or_default());
        // What the other tab told in words stays there; here it decides what the record shows.
        let outcome = match &*text("outcome").unwrap_or_default() {
            "acknowledged" => Outcome::Acknowledged,
            "sent" => Outcome::Sent,
            "refused" => Outcome::Refused(Refusal {
                code: ErrorCode::WriteError,
                reason: reason.as_deref(),
                message: &message,
                violation: None,
                value: None,
                seq: None,
            }),
            "dropped" if reason.as_deref() == Some("superseded") => {
                Outcome::Dropped(DropReason::Superseded)
            }
            "dropped" => Outcome::Dropped(DropReason::Disconnected),
            _ => Outcome::Unknown(UnknownReason::Unanswered),
        };
        let number = number as u64;
        self.drive(session, Input::Ended { number, outcome });
    }
}

impl Engine {
    /// A write as a device is to keep it, and as a page sees it.
    pub(crate) fn written(&self, told: Plain, entry: &Entry) -> Plain {
        let offline = match entry.policy {
            WritePolicy::Queue => OFFLINE_QUEUE,
            WritePolicy::Latest => OFFLINE_LATEST,
            WritePolicy::Reject => OFFLINE_REJECT,
            WritePolicy::Expire { after_ms } => after_ms as f64,
        };
        let key = entry.key.as_deref();
        let door = key.and_then(|key| self.db.door(key));
        // Of the payload: a server may have held an older version.
        let version = entry
            .version
            .or_else(|| door.map(|door| door.schema().version));
        let (mut base, mut server, mut onto, mut newer) = (None, None, None, None);
        match &entry.condition {
            Some(Condition::Base { seq, server: of }) => {
                (base, server) = (Some(*seq as f64), of.as_deref());
            }
            Some(Condition::Onto { id }) => onto = Some(*id as f64),
            Some(Condition::Newer { field }) => newer = Some(&**field),
            None => {}
        }
        told.with("write", entry.id.0 as f64)
            .with("number", entry.number as f64)
            .with("topic", &*entry.topic)
            .with("payload", &*entry.payload)
            .with("offline", offline)
            .with("handedOver", entry.handed_over)
            .with_some(
                "expiresAt",
                entry.expires.map(|deadline| deadline.wall_ms as f64),
            )
            .with_some("until", entry.until.map(|until| until as f64))
            .with_some("base", base)
            .with_some("server", server)
            .with_some("onto", onto)
            .with_some("newer", newer)
            .with_some("key", key)
            .with_some("version", version.map(f64::from))
    }

    /// A write that has ended: with what it was, where it may be wanted again.
    pub(crate) fn ended(&self, kind: &str, entry: &Entry, outcome: &Outcome<'_>) -> JsValue {
        let key = entry.key.as_deref();
        let told = match outcome {
            Outcome::Acknowledged
            | Outcome::Sent
            | Outcome::Dropped(DropReason::Superseded)
            | Outcome::Unknown(UnknownReason::Fenced) => event(kind)
                .with("write", entry.id.0 as f64)
                .with("number", entry.number as f64)
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
        let held = door.as_ref().map(|door| door.schema().version);
        let source = door.and_then(|door| source(&*door, get("value"), version));
        let mut entry = Entry::new(id, &topic, &payload, policy, source, now());
        entry.key = key.map(Into::into);
        // One that is shown nowhere cannot be converted either, and says what it is.
        let is_shown = entry.source.is_some();
        entry.version = version.filter(|version| !is_shown || held != Some(*version));
        entry.until = get("until").as_f64().map(|until| until as u64);
        entry.handed_over = get("handedOver").is_truthy();
        let number = |name: &str| get(name).as_f64().map(|number| number as u64);
        let base = number("base").map(|seq| Condition::Base {
            seq,
            server: get("server").as_string().map(Cow::Owned),
        });
        let onto = number("onto").map(|id| Condition::Onto { id });
        let newer = get("newer").as_string().map(Cow::Owned);
        let newer = newer.map(|field| Condition::Newer { field });
        entry.condition = base.or(onto).or(newer);
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
        version: None,
    })
}
