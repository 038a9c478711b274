//! Frames of a server that JavaScript has parsed.
//!
//! In a tab the browser's own `JSON.parse` reads the frames: it is exact, fast, and costs no
//! download, where a second JSON parser with exact floats would be a seventh of the engine. Values
//! stay in JavaScript until a record takes them; lists of an answer never come here at all.

use std::borrow::Cow;

use aimdb_peer::session::{DeliveryKind, ValueHead};
use aimdb_ws_protocol::{
    CONTRACTS_HELD_MAX, ErrorCode, FieldProblem, FrameError, HeldContract, ServerFrame,
    ServerHello, ServerLimits, WireError, WireViolation,
};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A `data` or `snapshot` frame, taken apart; a number that is not there is NaN.
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
        let ts = whole(self.ts);
        if !self.snapshot && ts.is_none() {
            return Err(FrameError::Field {
                frame: "data",
                field: "ts",
                problem: FieldProblem::Missing,
            });
        }
        let of_data = |number: f64| whole(number).filter(|_| !self.snapshot);
        Ok(ValueHead {
            topic: self.topic,
            kind: match self.snapshot {
                true => DeliveryKind::Snapshot,
                false => DeliveryKind::Data,
            },
            ts: ts.filter(|_| !self.snapshot),
            seq: whole(self.seq),
            gap: of_data(self.gap),
            by: whole(self.by),
            full: self.full,
        })
    }
}

/// Any other frame, from the object that it is.
pub(crate) fn decode(frame: &JsValue) -> Result<ServerFrame<'static>, FrameError> {
    let kind = text(frame, "frame", "type")?;
    Ok(match &*kind {
        "subscribed" => ServerFrame::Subscribed { topics: Vec::new() },
        "pong" => ServerFrame::Pong {
            hello: hello(&get(frame, "hello"))?,
        },
        "gone" => ServerFrame::Gone {
            topic: text(frame, "gone", "topic")?,
        },
        "contract_list" => ServerFrame::ContractList {
            id: text(frame, "contract_list", "id")?,
            contracts: Vec::new(),
        },
        "ack" => ServerFrame::Ack {
            id: number(frame, "ack", "id")?,
            seq: get(frame, "seq").as_f64().and_then(whole),
        },
        "expected" => ServerFrame::Expected {
            last: number(frame, "expected", "last")?,
        },
        "query_result" => ServerFrame::QueryResult {
            id: text(frame, "query_result", "id")?,
            records: Vec::new(),
            total: number(frame, "query_result", "total")?,
        },
        "topic_list" => ServerFrame::TopicList {
            id: text(frame, "topic_list", "id")?,
            topics: Vec::new(),
        },
        "error" => ServerFrame::Error(WireError {
            code: code(frame)?,
            message: text(frame, "error", "message")?,
            topic: optional_text(frame, "topic"),
            request: optional_text(frame, "request"),
            reason: optional_text(frame, "reason"),
            id: get(frame, "id").as_f64().and_then(whole),
            violation: violation(frame),
        }),
        "data" | "snapshot" => return Err(wrong("data", "topic")),
        other => {
            return Err(FrameError::UnknownType {
                name: other.chars().take(32).collect(),
            });
        }
    })
}

fn hello(value: &JsValue) -> Result<Option<ServerHello<'static>>, FrameError> {
    if !value.is_object() {
        return Ok(None);
    }
    let (version, server) = (
        number(value, "hello", "v")?,
        text(value, "hello", "server")?,
    );
    let contracts = held(&get(value, "contracts"))?;
    Ok(Some(ServerHello {
        version,
        server,
        contracts,
        limits: limits(&get(value, "limits"))?,
    }))
}

fn limits(value: &JsValue) -> Result<Option<ServerLimits>, FrameError> {
    if !value.is_object() {
        return Ok(None);
    }
    let limit = |name| number(value, "limits", name);
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
    Some(WireViolation {
        code: optional_text(frame, "violation")?,
        path: optional_text(frame, "path")?,
        expected: optional_text(frame, "expected")?,
        got: optional_text(frame, "got")?,
    })
}

/// The contracts that a hello names; nothing if it has no such list.
fn held(value: &JsValue) -> Result<Option<Vec<HeldContract<'static>>>, FrameError> {
    if !Array::is_array(value) {
        return Ok(None);
    }
    let list: &Array = value.unchecked_ref();
    let one = |value: JsValue| {
        Ok(HeldContract {
            name: text(&value, "hello", "name")?,
            version: number(&value, "hello", "version")?,
            fingerprint: text(&value, "hello", "fingerprint")?,
        })
    };
    let held = list.iter().take(CONTRACTS_HELD_MAX).map(one);
    held.collect::<Result<_, _>>().map(Some)
}

fn code(frame: &JsValue) -> Result<ErrorCode, FrameError> {
    let name = text(frame, "error", "code")?;
    ErrorCode::from_wire(&name).ok_or(wrong("error", "code"))
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

fn optional_text(object: &JsValue, name: &str) -> Option<Cow<'static, str>> {
    get(object, name).as_string().map(Cow::Owned)
}

fn text(
    object: &JsValue,
    frame: &'static str,
    field: &'static str,
) -> Result<Cow<'static, str>, FrameError> {
    optional_text(object, field).ok_or(wrong(frame, field))
}

fn number(object: &JsValue, frame: &'static str, field: &'static str) -> Result<u64, FrameError> {
    get(object, field)
        .as_f64()
        .and_then(whole)
        .ok_or(wrong(frame, field))
}

fn wrong(frame: &'static str, field: &'static str) -> FrameError {
    FrameError::Field {
        frame,
        field,
        problem: FieldProblem::WrongType,
    }
}

/// An integer from 0; nothing for NaN and for what is no integer.
fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number % 1.0 == 0.0).then_some(number as u64)
}
