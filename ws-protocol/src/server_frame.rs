//! The frames a server sends.
//!
//! Guarantees: what decodes encodes to the same meaning, fields in the protocol's order, the
//! fields of version 1 before those of our extensions.
//! Does not: sort records or order frames; the hub does.

use crate::contract::{HeldContract, read_held, write_held};
use crate::error::{ErrorCode, FrameError};
use crate::fields::{self, Field, FrameFields};
use crate::raw::Raw;
use crate::write::{Object, push_string};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Who a server is; the extra field of its answer to a hello (an extension).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// The protocol version the server speaks.
    pub version: u64,
    /// The server's instance: another name means that its sequence numbers started anew.
    pub server: Cow<'a, str>,
    /// Of the contracts that the client named, those that it holds too; nothing from a server that does
    /// not know of this, which cannot be asked for contracts either.
    pub contracts: Option<Vec<HeldContract<'a>>>,
    /// What the client has to keep to; nothing from a server that does not tell.
    pub limits: Option<ServerLimits>,
    /// The server's clock, in Unix milliseconds: what `until` of a write is measured by.
    pub now: Option<u64>,
}

/// What a server takes from one client (an extension).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Bytes of a frame.
    pub message_bytes: u64,
    /// Frames a second.
    pub frames_per_second: u64,
    /// Frames at once after a pause.
    pub frames_burst: u64,
    /// Patterns that it follows at a time.
    pub subscriptions: u64,
    /// Writes that wait for their answer at a time.
    pub writes_pending: u64,
}

/// One topic of a `topic_list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicInfo<'a> {
    /// The topic.
    pub name: Cow<'a, str>,
    /// The name of its contract.
    pub schema_type: Option<Cow<'a, str>>,
    /// What the topic is about.
    pub entity: Option<Cow<'a, str>>,
    /// The version of its contract (an extension).
    pub version: Option<u64>,
    /// The fingerprint of its contract (an extension).
    pub fingerprint: Option<Cow<'a, str>>,
    /// How its values move: `SpmcRing`, `SingleLatest` or `Mailbox` (an extension).
    pub buffer: Option<Cow<'a, str>>,
}

/// One record of a `query_result`.
#[derive(Debug, Clone)]
pub struct QueryRecord<'a> {
    /// The topic.
    pub topic: Cow<'a, str>,
    /// The value.
    pub payload: Raw<'a>,
    /// When it was published, in Unix milliseconds.
    pub ts: u64,
}

/// The content of an `error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError<'a> {
    /// One of the six codes.
    pub code: ErrorCode,
    /// The topic or the pattern it is about.
    pub topic: Option<Cow<'a, str>>,
    /// A sentence for a person.
    pub message: Cow<'a, str>,
    /// The write it answers (an extension).
    pub id: Option<u64>,
    /// The query or list request it answers (an extension).
    pub request: Option<Cow<'a, str>>,
    /// A stable code in snake_case, finer than the six (an extension).
    pub reason: Option<Cow<'a, str>>,
    /// How the value of a write breaks its contract (an extension).
    pub violation: Option<WireViolation<'a>>,
    /// The value that a write lost against (an extension).
    pub value: Option<Raw<'a>>,
    /// The number of that value within its topic, where it has one yet (an extension).
    pub seq: Option<u64>,
}

/// How a value breaks its contract, in the parts that the contract told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireViolation<'a> {
    /// A stable code in snake_case.
    pub code: Cow<'a, str>,
    /// The field, e.g. `position.latitude`; empty for the value as a whole.
    pub path: Cow<'a, str>,
    /// What the contract asks for.
    pub expected: Cow<'a, str>,
    /// What came, shortened.
    pub got: Cow<'a, str>,
}

/// A frame from a server to a client.
#[derive(Debug, Clone)]
pub enum ServerFrame<'a> {
    /// A topic has a new value.
    Data {
        /// The topic.
        topic: Cow<'a, str>,
        /// The value.
        payload: Option<Raw<'a>>,
        /// When the server dispatched it, in Unix milliseconds.
        ts: u64,
        /// The value's number within its topic (an extension).
        seq: Option<u64>,
        /// How many values before this one the client missed (an extension).
        gap: Option<u64>,
        /// The id of the write that caused it, towards its writer only (an extension).
        by: Option<u64>,
    },
    /// A topic's current value, for who comes late.
    Snapshot {
        /// The topic.
        topic: Cow<'a, str>,
        /// The value.
        payload: Option<Raw<'a>>,
        /// The value's number within its topic (an extension).
        seq: Option<u64>,
        /// The id of the write that caused it, towards its writer only (an extension).
        by: Option<u64>,
    },
    /// These patterns are followed from now on.
    Subscribed {
        /// The patterns as they were spelled.
        topics: Vec<Cow<'a, str>>,
    },
    /// Something was refused.
    Error(WireError<'a>),
    /// I am here.
    Pong {
        /// Who answers (an extension, to a ping with a hello).
        hello: Option<ServerHello<'a>>,
    },
    /// A write was taken (an extension, only towards clients that said hello).
    Ack {
        /// The write's id.
        id: u64,
        /// The number of the value within its topic, where the server knows it by then.
        seq: Option<u64>,
    },
    /// A write came after another one than the last that the server has: it was not taken, and is to come again
    /// after that one (an extension, only towards clients that chain their writes).
    Expected {
        /// The highest number that the server has of this client; 0 before the first.
        last: u64,
    },
    /// A token was taken (an extension, only towards clients that sent one).
    AuthOk {
        /// When it expires, in Unix milliseconds of the server's clock; nothing if it does not.
        until: Option<u64>,
        /// That clock now, so that nobody has to know it otherwise.
        now: u64,
    },
    /// The token has expired: without another one of the same subject the connection is closed soon (an extension).
    AuthExpired,
    /// A topic is no more (an extension, only towards clients that said hello with contracts).
    Gone {
        /// The topic.
        topic: Cow<'a, str>,
    },
    /// The answer to a request for contracts (an extension).
    ContractList {
        /// The request's name.
        id: Cow<'a, str>,
        /// The contract files of those that the server has.
        contracts: Vec<Raw<'a>>,
    },
    /// The answer to a query, ascending by time.
    QueryResult {
        /// The request's name.
        id: Cow<'a, str>,
        /// The records.
        records: Vec<QueryRecord<'a>>,
        /// How many there were before the limit.
        total: u64,
    },
    /// The answer to `list_topics`.
    TopicList {
        /// The request's name.
        id: Cow<'a, str>,
        /// The topics.
        topics: Vec<TopicInfo<'a>>,
    },
}

impl<'a> ServerFrame<'a> {
    /// Reads a frame of at most [`crate::SERVER_FRAME_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// Says what is wrong with the text; never panics.
    pub fn decode(text: &'a str) -> Result<Self, FrameError> {
        let (kind, fields) = fields::read(text, crate::SERVER_FRAME_BYTES_MAX)?;
        match &*kind {
            "data" => read_data(fields.of("data")),
            "snapshot" => read_snapshot(fields.of("snapshot")),
            "subscribed" => Ok(Self::Subscribed {
                topics: fields.of("subscribed").texts(Field::TOPICS)?,
            }),
            "error" => read_error(fields.of("error")),
            "pong" => Ok(Self::Pong {
                hello: read_hello(fields.of("pong"))?,
            }),
            "ack" => {
                let fields = fields.of("ack");
                Ok(Self::Ack {
                    id: fields.number(Field::ID)?,
                    seq: fields.number_optional(Field::SEQ)?,
                })
            }
            "expected" => Ok(Self::Expected {
                last: fields.of("expected").number(Field::LAST)?,
            }),
            "auth_ok" => {
                let fields = fields.of("auth_ok");
                Ok(Self::AuthOk {
                    until: fields.number_optional(Field::UNTIL)?,
                    now: fields.number(Field::NOW)?,
                })
            }
            "auth_expired" => Ok(Self::AuthExpired),
            "query_result" => read_query_result(fields.of("query_result")),
            "topic_list" => read_topic_list(fields.of("topic_list")),
            "gone" => Ok(Self::Gone {
                topic: fields.of("gone").text(Field::TOPIC)?,
            }),
            "contract_list" => {
                let fields = fields.of("contract_list");
                Ok(Self::ContractList {
                    id: fields.text(Field::ID)?,
                    contracts: fields.raws(Field::CONTRACTS)?,
                })
            }
            other => Err(fields::unknown_type(other)),
        }
    }

    /// Writes the frame.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        self.encode_into(&mut out);
        out
    }

    /// Writes the frame at the end of a text.
    pub fn encode_into(&self, out: &mut String) {
        match self {
            Self::Data {
                topic,
                payload,
                ts,
                seq,
                gap,
                by,
            } => {
                let mut frame = Object::frame(out, "data");
                frame.text("topic", topic);
                frame.raw_optional("payload", *payload);
                frame.number("ts", *ts);
                frame.number_optional("seq", *seq);
                frame.number_optional("gap", *gap);
                frame.number_optional("by", *by);
                frame.close();
            }
            Self::Snapshot {
                topic,
                payload,
                seq,
                by,
            } => {
                let mut frame = Object::frame(out, "snapshot");
                frame.text("topic", topic);
                frame.raw_optional("payload", *payload);
                frame.number_optional("seq", *seq);
                frame.number_optional("by", *by);
                frame.close();
            }
            Self::Subscribed { topics } => {
                let mut frame = Object::frame(out, "subscribed");
                frame.list("topics", topics, |out, topic| push_string(out, topic));
                frame.close();
            }
            Self::Error(error) => write_error(out, error),
            Self::Pong { hello } => write_pong(out, hello.as_ref()),
            Self::Ack { id, seq } => {
                let mut frame = Object::frame(out, "ack");
                frame.number("id", *id);
                frame.number_optional("seq", *seq);
                frame.close();
            }
            Self::Expected { last } => {
                let mut frame = Object::frame(out, "expected");
                frame.number("last", *last);
                frame.close();
            }
            Self::AuthOk { until, now } => {
                let mut frame = Object::frame(out, "auth_ok");
                frame.number_optional("until", *until);
                frame.number("now", *now);
                frame.close();
            }
            Self::AuthExpired => Object::frame(out, "auth_expired").close(),
            Self::Gone { topic } => {
                let mut frame = Object::frame(out, "gone");
                frame.text("topic", topic);
                frame.close();
            }
            Self::ContractList { id, contracts } => {
                let mut frame = Object::frame(out, "contract_list");
                frame.text("id", id);
                frame.list("contracts", contracts, |out, raw| out.push_str(raw.get()));
                frame.close();
            }
            Self::QueryResult { id, records, total } => {
                let mut frame = Object::frame(out, "query_result");
                frame.text("id", id);
                frame.list("records", records, write_record);
                frame.number("total", *total);
                frame.close();
            }
            Self::TopicList { id, topics } => {
                let mut frame = Object::frame(out, "topic_list");
                frame.text("id", id);
                frame.list("topics", topics, write_topic);
                frame.close();
            }
        }
    }
}

fn read_data<'a>(fields: FrameFields<'a, '_>) -> Result<ServerFrame<'a>, FrameError> {
    Ok(ServerFrame::Data {
        topic: fields.text(Field::TOPIC)?,
        payload: fields.raw_optional(Field::PAYLOAD),
        ts: fields.number(Field::TS)?,
        seq: fields.number_optional(Field::SEQ)?,
        gap: fields.number_optional(Field::GAP)?,
        by: fields.number_optional(Field::BY)?,
    })
}

fn read_snapshot<'a>(fields: FrameFields<'a, '_>) -> Result<ServerFrame<'a>, FrameError> {
    Ok(ServerFrame::Snapshot {
        topic: fields.text(Field::TOPIC)?,
        payload: fields.raw_optional(Field::PAYLOAD),
        seq: fields.number_optional(Field::SEQ)?,
        by: fields.number_optional(Field::BY)?,
    })
}

fn read_error<'a>(fields: FrameFields<'a, '_>) -> Result<ServerFrame<'a>, FrameError> {
    let code = fields.text(Field::CODE)?;
    Ok(ServerFrame::Error(WireError {
        code: ErrorCode::from_wire(&code).ok_or_else(|| fields.wrong(Field::CODE))?,
        topic: fields.text_optional(Field::TOPIC)?,
        message: fields.text(Field::MESSAGE)?,
        // A peer that does not know of these may use their names for something else; its words count all the same.
        id: fields.number_optional(Field::ID).unwrap_or_default(),
        request: fields.text_optional(Field::REQUEST).unwrap_or_default(),
        reason: fields.text_optional(Field::REASON).unwrap_or_default(),
        violation: read_violation(fields).unwrap_or_default(),
        value: fields.raw_optional(Field::VALUE),
        seq: fields.number_optional(Field::SEQ).unwrap_or_default(),
    }))
}

fn read_violation<'a>(
    fields: FrameFields<'a, '_>,
) -> Result<Option<WireViolation<'a>>, FrameError> {
    let Some(code) = fields.text_optional(Field::VIOLATION)? else {
        return Ok(None);
    };
    Ok(Some(WireViolation {
        code,
        path: fields.text(Field::PATH)?,
        expected: fields.text(Field::EXPECTED)?,
        got: fields.text(Field::GOT)?,
    }))
}

fn read_hello<'a>(fields: FrameFields<'a, '_>) -> Result<Option<ServerHello<'a>>, FrameError> {
    let Some(inner) = fields.object_optional(Field::HELLO)? else {
        return Ok(None);
    };
    let hello = inner.of("hello");
    Ok(Some(ServerHello {
        version: hello.number(Field::VERSION)?,
        server: hello.peer_name(Field::SERVER)?,
        contracts: read_held(hello)?,
        limits: read_limits(hello)?,
        now: hello.number_optional(Field::NOW)?,
    }))
}

fn read_limits(hello: FrameFields<'_, '_>) -> Result<Option<ServerLimits>, FrameError> {
    let Some(inner) = hello.object_optional(Field::LIMITS)? else {
        return Ok(None);
    };
    let limits = inner.of("limits");
    Ok(Some(ServerLimits {
        message_bytes: limits.number(Field::MESSAGE_BYTES)?,
        frames_per_second: limits.number(Field::FRAMES_PER_SECOND)?,
        frames_burst: limits.number(Field::FRAMES_BURST)?,
        subscriptions: limits.number(Field::SUBSCRIPTIONS)?,
        writes_pending: limits.number(Field::WRITES_PENDING)?,
    }))
}

fn read_query_result<'a>(fields: FrameFields<'a, '_>) -> Result<ServerFrame<'a>, FrameError> {
    let objects = fields.objects(Field::RECORDS)?;
    let records = objects.iter().map(|object| {
        let record = object.of("query_result record");
        Ok(QueryRecord {
            topic: record.text(Field::TOPIC)?,
            payload: record.raw(Field::PAYLOAD)?,
            ts: record.number(Field::TS)?,
        })
    });
    Ok(ServerFrame::QueryResult {
        id: fields.text(Field::ID)?,
        records: records.collect::<Result<_, _>>()?,
        total: fields.number(Field::TOTAL)?,
    })
}

fn read_topic_list<'a>(fields: FrameFields<'a, '_>) -> Result<ServerFrame<'a>, FrameError> {
    let objects = fields.objects(Field::TOPICS)?;
    let topics = objects.iter().map(|object| {
        let topic = object.of("topic_list topic");
        Ok(TopicInfo {
            name: topic.text(Field::NAME)?,
            schema_type: topic.text_optional(Field::SCHEMA_TYPE)?,
            entity: topic.text_optional(Field::ENTITY)?,
            version: topic.number_optional(Field::CONTRACT_VERSION)?,
            fingerprint: topic.text_optional(Field::FINGERPRINT)?,
            buffer: topic.text_optional(Field::BUFFER)?,
        })
    });
    Ok(ServerFrame::TopicList {
        id: fields.text(Field::ID)?,
        topics: topics.collect::<Result<_, _>>()?,
    })
}

fn write_error(out: &mut String, error: &WireError<'_>) {
    let mut frame = Object::frame(out, "error");
    frame.text("code", error.code.as_str());
    frame.text_optional("topic", error.topic.as_deref());
    frame.text("message", &error.message);
    frame.number_optional("id", error.id);
    frame.text_optional("request", error.request.as_deref());
    frame.text_optional("reason", error.reason.as_deref());
    if let Some(violation) = &error.violation {
        frame.text("violation", &violation.code);
        frame.text("path", &violation.path);
        frame.text("expected", &violation.expected);
        frame.text("got", &violation.got);
    }
    frame.raw_optional("value", error.value);
    frame.number_optional("seq", error.seq);
    frame.close();
}

fn write_pong(out: &mut String, hello: Option<&ServerHello<'_>>) {
    let mut frame = Object::frame(out, "pong");
    if let Some(hello) = hello {
        frame.object("hello", |inner| {
            inner.number("v", hello.version);
            inner.text("server", &hello.server);
            write_held(inner, hello.contracts.as_deref());
            if let Some(limits) = &hello.limits {
                inner.object("limits", |inner| write_limits(inner, limits));
            }
            inner.number_optional("now", hello.now);
        });
    }
    frame.close();
}

fn write_limits(object: &mut Object<'_>, limits: &ServerLimits) {
    object.number("message_bytes", limits.message_bytes);
    object.number("frames_per_second", limits.frames_per_second);
    object.number("frames_burst", limits.frames_burst);
    object.number("subscriptions", limits.subscriptions);
    object.number("writes_pending", limits.writes_pending);
}

fn write_record(out: &mut String, record: &QueryRecord<'_>) {
    let mut object = Object::open(out);
    object.text("topic", &record.topic);
    object.raw("payload", record.payload);
    object.number("ts", record.ts);
    object.close();
}

fn write_topic(out: &mut String, topic: &TopicInfo<'_>) {
    let mut object = Object::open(out);
    object.text("name", &topic.name);
    object.text_optional("schema_type", topic.schema_type.as_deref());
    object.text_optional("entity", topic.entity.as_deref());
    object.number_optional("version", topic.version);
    object.text_optional("fingerprint", topic.fingerprint.as_deref());
    object.text_optional("buffer", topic.buffer.as_deref());
    object.close();
}
