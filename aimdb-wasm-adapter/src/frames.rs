//! Frames of a server that JavaScript has parsed.
//!
//! In a tab the browser's own `JSON.parse` reads the frames: it is exact, fast, and costs no
//! download, where a second JSON parser with exact floats would be a seventh of the engine. Values
//! stay in JavaScript until a record takes them; of the lists of an answer, which the client judges, it is seen here only
//! that they are lists.
//!
//! What is a frame is what `aimdb_ws_protocol` says: `tests/vectors/frames.json` holds both to it.

use std::borrow::Cow;

use aimdb_contracts::SAFE_INTEGER_MAX;
use aimdb_peer::session::{DeliveryKind, ValueHead};
use aimdb_ws_protocol::{
    CONTRACTS_HELD_MAX, ErrorCode, FieldProblem, FrameError, HeldContract, PEER_NAME_BYTES_MAX,
    ServerFrame, ServerHello, ServerLimits, WireError, WireViolation,
};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A `data` or `snapshot` frame, taken apart; a number that is not there is NaN, and one that is
/// something else is negative.
pub(crate) struct ValueFrame<'a> {
    pub(crate) topic: &'a str,
    pub(crate) snapshot: bool,
    pub(crate) ts: f64,
    pub(crate) seq: f64,
    pub(crate) gap: f64,
    pub(crate) by: f64,
    /// Whether it has a payload.
    pub(crate) full: bool,
}

impl<'a> ValueFrame<'a> {
    pub(crate) fn head(self) -> Result<ValueHead<'a>, FrameError> {
        // A snapshot has none of these; what is called so in one is something else.
        let of_data = |field, number| match self.snapshot {
            true => Ok(None),
            false => optional(field, number),
        };
        let ts = of_data("ts", self.ts)?;
        if !self.snapshot && ts.is_none() {
            return Err(missing("data", "ts"));
        }
        Ok(ValueHead {
            topic: self.topic,
            kind: match self.snapshot {
                true => DeliveryKind::Snapshot,
                false => DeliveryKind::Data,
            },
            ts,
            seq: optional("seq", self.seq)?,
            gap: of_data("gap", self.gap)?,
            by: optional("by", self.by)?,
            full: self.full,
        })
    }
}

/// A number of a value's frame.
#[inline(never)]
fn optional(field: &'static str, number: f64) -> Result<Option<u64>, FrameError> {
    match number.is_nan() {
        true => Ok(None),
        false => whole(number).map(Some).ok_or(wrong("data", field)),
    }
}

/// Any other frame, from the object that it is.
pub(crate) fn decode(frame: &JsValue) -> Result<ServerFrame<'static>, FrameError> {
    let kind = text(frame, "frame", "type")?;
    Ok(match &*kind {
        "subscribed" => {
            list(frame, "subscribed", "topics")?;
            ServerFrame::Subscribed { topics: Vec::new() }
        }
        "pong" => ServerFrame::Pong {
            hello: hello(frame)?,
        },
        "gone" => ServerFrame::Gone {
            topic: text(frame, "gone", "topic")?,
        },
        "contract_list" => {
            list(frame, "contract_list", "contracts")?;
            ServerFrame::ContractList {
                id: text(frame, "contract_list", "id")?,
                contracts: Vec::new(),
            }
        }
        "ack" => ServerFrame::Ack {
            id: number(frame, "ack", "id")?,
            seq: number_optional(frame, "ack", "seq")?,
        },
        "auth_ok" => ServerFrame::AuthOk {
            until: number_optional(frame, "auth_ok", "until")?,
            now: number(frame, "auth_ok", "now")?,
        },
        "auth_expired" => ServerFrame::AuthExpired,
        "expected" => ServerFrame::Expected {
            last: number(frame, "expected", "last")?,
        },
        "query_result" => {
            list(frame, "query_result", "records")?;
            ServerFrame::QueryResult {
                id: text(frame, "query_result", "id")?,
                records: Vec::new(),
                total: number(frame, "query_result", "total")?,
            }
        }
        "topic_list" => {
            list(frame, "topic_list", "topics")?;
            ServerFrame::TopicList {
                id: text(frame, "topic_list", "id")?,
                topics: Vec::new(),
            }
        }
        "error" => {
            let optional = |field| get(frame, field);
            ServerFrame::Error(WireError {
                code: code(frame)?,
                topic: text_optional(frame, "error", "topic")?,
                message: text(frame, "error", "message")?,
                // A peer that does not know of these may use their names for something else; its words count all the same.
                request: as_text(&optional("request")),
                reason: as_text(&optional("reason")),
                id: optional("id").as_f64().and_then(whole),
                violation: violation(frame),
                // It stays with the driver.
                value: None,
                seq: optional("seq").as_f64().and_then(whole),
            })
        }
        // One whose topic is a text comes apart.
        "data" | "snapshot" => {
            text(frame, "data", "topic")?;
            return Err(wrong("data", "topic"));
        }
        other => {
            return Err(FrameError::UnknownType {
                name: other.chars().take(32).collect(),
            });
        }
    })
}

fn hello(frame: &JsValue) -> Result<Option<ServerHello<'static>>, FrameError> {
    let Some(value) = object(frame, "pong", "hello")? else {
        return Ok(None);
    };
    let server = text(&value, "hello", "server")?;
    // It ends up in logs and as a key.
    let is_visible = server.bytes().all(|byte| byte.is_ascii_graphic());
    if server.is_empty() || server.len() > PEER_NAME_BYTES_MAX || !is_visible {
        return Err(wrong("hello", "server"));
    }
    Ok(Some(ServerHello {
        version: number(&value, "hello", "v")?,
        server,
        contracts: held(&value)?,
        limits: limits(&value)?,
        now: number_optional(&value, "hello", "now")?,
    }))
}

fn limits(hello: &JsValue) -> Result<Option<ServerLimits>, FrameError> {
    let Some(value) = object(hello, "hello", "limits")? else {
        return Ok(None);
    };
    let limit = |name| number(&value, "limits", name);
    Ok(Some(ServerLimits {
        message_bytes: limit("message_bytes")?,
        frames_per_second: limit("frames_per_second")?,
        frames_burst: limit("frames_burst")?,
        subscriptions: limit("subscriptions")?,
        writes_pending: limit("writes_pending")?,
    }))
}

/// How a value breaks its contract; nothing if the error does not say all of it.
fn violation(frame: &JsValue) -> Option<WireViolation<'static>> {
    let said = |field| as_text(&get(frame, field));
    Some(WireViolation {
        code: said("violation")?,
        path: said("path")?,
        expected: said("expected")?,
        got: said("got")?,
    })
}

/// The contracts that a hello names; nothing if it has no such list.
fn held(hello: &JsValue) -> Result<Option<Vec<HeldContract<'static>>>, FrameError> {
    let value = get(hello, "contracts");
    if is_absent(&value) {
        return Ok(None);
    }
    list(hello, "hello", "contracts")?;
    let list: &Array = value.unchecked_ref();
    let are_objects = list.iter().all(|value| is_object(&value));
    if list.length() as usize > CONTRACTS_HELD_MAX || !are_objects {
        return Err(wrong("hello", "contracts"));
    }
    let one = |value: JsValue| {
        Ok(HeldContract {
            name: text(&value, "contract", "name")?,
            version: number(&value, "contract", "version")?,
            fingerprint: text(&value, "contract", "fingerprint")?,
        })
    };
    list.iter().map(one).collect::<Result<_, _>>().map(Some)
}

fn code(frame: &JsValue) -> Result<ErrorCode, FrameError> {
    let name = text(frame, "error", "code")?;
    ErrorCode::from_wire(&name).ok_or(wrong("error", "code"))
}

pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// `null` counts as absent.
fn is_absent(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

fn is_object(value: &JsValue) -> bool {
    value.is_object() && !Array::is_array(value)
}

#[inline(never)]
fn object(
    frame: &JsValue,
    kind: &'static str,
    field: &'static str,
) -> Result<Option<JsValue>, FrameError> {
    let value = get(frame, field);
    match is_absent(&value) {
        true => Ok(None),
        false if is_object(&value) => Ok(Some(value)),
        false => Err(wrong(kind, field)),
    }
}

#[inline(never)]
fn text_optional(
    object: &JsValue,
    frame: &'static str,
    field: &'static str,
) -> Result<Option<Cow<'static, str>>, FrameError> {
    let value = get(object, field);
    match as_text(&value) {
        None if !is_absent(&value) => Err(wrong(frame, field)),
        text => Ok(text),
    }
}

#[inline(never)]
fn text(
    object: &JsValue,
    frame: &'static str,
    field: &'static str,
) -> Result<Cow<'static, str>, FrameError> {
    text_optional(object, frame, field)?.ok_or(missing(frame, field))
}

#[inline(never)]
fn number(object: &JsValue, frame: &'static str, field: &'static str) -> Result<u64, FrameError> {
    let value = get(object, field);
    match value.as_f64().and_then(whole) {
        Some(number) => Ok(number),
        None if is_absent(&value) => Err(missing(frame, field)),
        None => Err(wrong(frame, field)),
    }
}

#[inline(never)]
fn number_optional(
    object: &JsValue,
    frame: &'static str,
    field: &'static str,
) -> Result<Option<u64>, FrameError> {
    match is_absent(&get(object, field)) {
        true => Ok(None),
        false => number(object, frame, field).map(Some),
    }
}

/// That a field is a list; here `null` is something, and none.
#[inline(never)]
fn list(frame: &JsValue, kind: &'static str, field: &'static str) -> Result<(), FrameError> {
    let value = get(frame, field);
    match Array::is_array(&value) {
        true => Ok(()),
        false if value.is_undefined() => Err(missing(kind, field)),
        false => Err(wrong(kind, field)),
    }
}

fn as_text(value: &JsValue) -> Option<Cow<'static, str>> {
    value.as_string().map(Cow::Owned)
}

fn wrong(frame: &'static str, field: &'static str) -> FrameError {
    FrameError::Field {
        frame,
        field,
        problem: FieldProblem::WrongType,
    }
}

fn missing(frame: &'static str, field: &'static str) -> FrameError {
    FrameError::Field {
        frame,
        field,
        problem: FieldProblem::Missing,
    }
}

/// An integer from 0 that was not rounded; nothing for NaN and for what is no integer.
fn whole(number: f64) -> Option<u64> {
    let is_exact = number >= 0.0 && number <= SAFE_INTEGER_MAX as f64;
    (is_exact && number % 1.0 == 0.0).then_some(number as u64)
}
