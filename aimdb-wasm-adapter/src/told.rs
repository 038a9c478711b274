//! What sessions tell JavaScript, as plain objects.

use aimdb_core::{Code, RecordId, WriteError};
use aimdb_peer::session::{
    BridgeError, Effect, Outcome, Refusal, RequestFailure, RequestId, UnknownReason,
};
use aimdb_peer::{OpenError, Unsent};
use wasm_bindgen::JsValue;

use crate::convert::{Plain, failure, refusal};

/// The event of what concerns only those who listen; nothing of what does not.
pub(crate) fn session_event(effect: Effect<'_>, record: Option<RecordId>) -> Option<JsValue> {
    let record = record.map(|record| record.index() as f64);
    let event = match effect {
        Effect::Status(status) => event("status").with("status", status.as_str()),
        Effect::Lagged { topic, missed } => event("lag")
            .with("topic", topic)
            .with("missed", missed as f64)
            .with_some("record", record),
        Effect::Gone { topic } => event("gone")
            .with("topic", topic)
            .with_some("record", record),
        Effect::TopicList { request, .. }
        | Effect::QueryResult { request, .. }
        | Effect::ContractList { request, .. } => answer(request),
        Effect::RequestFailed { request, failure } => {
            answer(request).with("error", request_failure(&failure))
        }
        Effect::WriteStored { write, topic } => event("stored")
            .with("write", write.0 as f64)
            .with("topic", topic),
        Effect::Error(error) => event("error").with("error", bridge_error(&error)),
        _ => return None,
    };
    Some(event.done())
}

/// A value of the server that its record refuses.
pub(crate) fn refused_event(error: &WriteError) -> JsValue {
    event("error").with("error", refusal(error)).done()
}

/// What was written here and not sent.
pub(crate) fn unsent_event(key: &str, reason: Unsent) -> JsValue {
    let message = format!("record '{key}': {reason}");
    let error = Plain::new()
        .with("code", Code::WriteNotSent.as_str())
        .with("message", message)
        .with("record", key)
        .with("reason", reason.reason());
    event("error").with("error", error.done()).done()
}

pub(crate) fn event(kind: &str) -> Plain {
    Plain::new().with("type", kind)
}

fn answer(request: RequestId) -> Plain {
    event("answer").with("request", request.0 as f64)
}

/// How a write ended, in all its parts.
pub(crate) fn ended(told: Plain, outcome: &Outcome<'_>) -> Plain {
    match outcome {
        Outcome::Acknowledged => told.with("outcome", "acknowledged"),
        Outcome::Sent => told.with("outcome", "sent"),
        Outcome::Refused(refusal) => refused(told.with("outcome", "refused"), refusal),
        Outcome::Dropped(reason) => told
            .with("outcome", "dropped")
            .with("reason", reason.reason()),
        Outcome::Unknown(reason) => {
            let told = told
                .with("outcome", "unknown")
                .with("reason", reason.reason());
            match reason {
                UnknownReason::Closed { code, reason } => told
                    .with("closeCode", f64::from(*code))
                    .with("message", *reason),
                _ => told,
            }
        }
    }
}

/// A refusal in all its parts.
fn refused(told: Plain, refusal: &Refusal<'_>) -> Plain {
    let told = told
        .with("code", refusal.code.as_str())
        .with_some("reason", refusal.reason)
        .with("message", refusal.message);
    match refusal.violation {
        Some(violation) => told
            .with("violation", &*violation.code)
            .with("path", &*violation.path)
            .with("expected", &*violation.expected)
            .with("got", &*violation.got),
        None => told,
    }
}

fn request_failure(error: &RequestFailure<'_>) -> JsValue {
    match error {
        RequestFailure::Refused(refusal) => failure(error.code(), refusal.message),
        _ => {
            let told = format!("the request got no answer: {}", error.reason());
            failure(error.code(), &told)
        }
    }
}

fn bridge_error(error: &BridgeError<'_>) -> JsValue {
    let plain = Plain::new()
        .with("code", error.code())
        .with("message", error.to_string());
    match error {
        BridgeError::Server(wire) => plain
            .with_some("topic", wire.topic.as_deref())
            .with_some("reason", wire.reason.as_deref()),
        _ => plain,
    }
    .done()
}

/// Why a session could not be opened.
pub(crate) fn open_error(error: &OpenError) -> JsValue {
    match error {
        OpenError::Topic(taken) => failure(Code::TopicTaken.as_str(), &taken.to_string()),
        OpenError::Options(error) => {
            // It begins with the option, under the name that it has in Rust.
            let (said, field) = (error.to_string(), error.field());
            let rest = said.strip_prefix(field).unwrap_or_default();
            let told = String::from(option_name(field)) + rest;
            failure(
                Code::OptionsInvalid.as_str(),
                &format!("bridge_options: {told}"),
            )
        }
    }
}

/// The name that JavaScript gives to an option of the bridge.
fn option_name(field: &str) -> &str {
    match field {
        "subscribe_topics" => "subscribeTopics",
        "connect_timeout_ms" => "connectTimeoutMs",
        "retry_ms_min" => "backoffMinMs",
        "retry_ms_max" => "backoffMaxMs",
        "ping_every_ms" => "keepaliveMs",
        "pong_within_ms" => "pongTimeoutMs",
        "request_timeout_ms" => "queryTimeoutMs",
        "write_timeout_ms" => "writeTimeoutMs",
        "writes_pending_max" => "maxOfflineQueue",
        other => other,
    }
}
