//! The frames a client sends.
//!
//! Guarantees: what decodes encodes to the same meaning, fields in the protocol's order.
//! Does not: check topics and patterns (see [`crate::check_topic`] and [`crate::Pattern`]): the
//! receiver answers a bad one with the frame's own id.

use crate::condition::Condition;
use crate::contract::{HeldContract, read_held, write_held};
use crate::error::FrameError;
use crate::fields::{self, Field, FrameFields};
use crate::raw::Raw;
use crate::write::{Object, push_string};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Who a client is; the extra field of its first `ping` (an extension).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// The protocol version the client speaks.
    pub version: u64,
    /// The client's name, the same over all its connections: the server recognises repeated
    /// writes by it.
    pub client: Cow<'a, str>,
    /// Counts those who wrote under the name, one after the other: writes of an earlier one are refused. Nothing
    /// from a client that does not chain its writes.
    pub epoch: Option<u64>,
    /// The contracts of the records that it mirrors, at most [`crate::CONTRACTS_HELD_MAX`]; nothing from a
    /// client that does not know of this.
    pub contracts: Option<Vec<HeldContract<'a>>>,
    /// What proves who it is, towards a server that asks for that: in the first hello of a connection.
    pub token: Option<Cow<'a, str>>,
}

/// Where a client stood when it lost its connection (an extension).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since<'a> {
    /// The instance of the server that the numbers are of.
    pub server: Cow<'a, str>,
    /// Topics, each with the number of the last value that came; at most [`crate::SINCE_MAX`].
    pub topics: Vec<(Cow<'a, str>, u64)>,
}

/// A frame from a client to a server.
#[derive(Debug, Clone)]
pub enum ClientFrame<'a> {
    /// Follow these patterns.
    Subscribe {
        /// Patterns.
        topics: Vec<Cow<'a, str>>,
        /// Of these topics what came since is wanted, and no snapshot (an extension).
        since: Option<Since<'a>>,
    },
    /// Follow these patterns no more.
    Unsubscribe {
        /// Patterns, spelled as they were subscribed.
        topics: Vec<Cow<'a, str>>,
    },
    /// Give a topic a value.
    Write {
        /// The topic.
        topic: Cow<'a, str>,
        /// The value.
        payload: Raw<'a>,
        /// The client's sequence number for this write (an extension).
        id: Option<u64>,
        /// The highest number before it that went over a wire, or was answered: the server takes it behind that one, or
        /// says where it [stands](crate::ServerFrame::Expected) (an extension).
        after: Option<u64>,
        /// The server takes it until this Unix millisecond of its own clock, and refuses it later (an extension).
        until: Option<u64>,
        /// On what condition it is taken (an extension).
        condition: Option<Condition<'a>>,
        /// The version of its contract that the value is in, where that is another than the client says in its hello
        /// (an extension).
        version: Option<u64>,
    },
    /// The answers to all writes up to this number have come and need not be kept any more (an extension).
    Settled {
        /// The number.
        id: u64,
    },
    /// Another token of the same subject, before the last one expires (an extension).
    Auth {
        /// The token.
        token: Cow<'a, str>,
    },
    /// Are you there?
    Ping {
        /// Who asks (an extension, in the first ping).
        hello: Option<ClientHello<'a>>,
    },
    /// Ask for history.
    Query {
        /// The request's name, repeated in the answer.
        id: Cow<'a, str>,
        /// Which topics.
        pattern: Cow<'a, str>,
        /// Not before this time.
        from: Option<u64>,
        /// Not after this time.
        to: Option<u64>,
        /// At most so many records a topic.
        limit: Option<u64>,
    },
    /// Ask for contracts by their names (an extension).
    Contracts {
        /// The request's name, repeated in the answer.
        id: Cow<'a, str>,
        /// At most [`crate::CONTRACTS_ASKED_MAX`].
        names: Vec<Cow<'a, str>>,
    },
    /// Ask which topics there are.
    ListTopics {
        /// The request's name, repeated in the answer.
        id: Cow<'a, str>,
    },
}

impl<'a> ClientFrame<'a> {
    /// Reads a frame of at most [`crate::CLIENT_FRAME_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// Says what is wrong with the text; never panics.
    pub fn decode(text: &'a str) -> Result<Self, FrameError> {
        Self::read(text, true)
    }

    /// Reads a frame of a peer that has not said hello: what extensions name in its other frames may be anything, and
    /// means nothing if it is not what they say.
    ///
    /// # Errors
    /// Says what is wrong with the text; never panics.
    pub fn decode_plain(text: &'a str) -> Result<Self, FrameError> {
        Self::read(text, false)
    }

    fn read(text: &'a str, extended: bool) -> Result<Self, FrameError> {
        let (kind, fields) = fields::read(text, crate::CLIENT_FRAME_BYTES_MAX)?;
        match &*kind {
            "subscribe" => Ok(Self::Subscribe {
                topics: fields.of("subscribe").texts(Field::TOPICS)?,
                since: match read_since(fields.of("subscribe")) {
                    // Whatever else it may be to its sender.
                    Err(_) if !extended => None,
                    since => since?,
                },
            }),
            "unsubscribe" => Ok(Self::Unsubscribe {
                topics: fields.of("unsubscribe").texts(Field::TOPICS)?,
            }),
            "write" => read_write(fields.of("write"), extended),
            "ping" => Ok(Self::Ping {
                hello: read_hello(fields.of("ping"))?,
            }),
            "query" => read_query(fields.of("query")),
            "list_topics" => Ok(Self::ListTopics {
                id: fields.of("list_topics").text(Field::ID)?,
            }),
            "auth" => Ok(Self::Auth {
                token: fields.of("auth").token()?,
            }),
            "settled" => Ok(Self::Settled {
                id: fields.of("settled").number(Field::ID)?,
            }),
            "contracts" => {
                let fields = fields.of("contracts");
                Ok(Self::Contracts {
                    id: fields.text(Field::ID)?,
                    names: fields.texts(Field::NAMES)?,
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
            Self::Subscribe { topics, since } => {
                let mut frame = Object::frame(out, "subscribe");
                write_topics(&mut frame, topics);
                if let Some(since) = since {
                    frame.text("server", &since.server);
                    frame.list("since", &since.topics, write_since);
                }
                frame.close();
            }
            Self::Unsubscribe { topics } => {
                let mut frame = Object::frame(out, "unsubscribe");
                write_topics(&mut frame, topics);
                frame.close();
            }
            Self::Write {
                topic,
                payload,
                id,
                after,
                until,
                condition,
                version,
            } => {
                let mut frame = Object::frame(out, "write");
                frame.text("topic", topic);
                frame.raw("payload", *payload);
                frame.number_optional("id", *id);
                frame.number_optional("after", *after);
                frame.number_optional("until", *until);
                if let Some(condition) = condition {
                    condition.write(&mut frame);
                }
                frame.number_optional("version", *version);
                frame.close();
            }
            Self::Settled { id } => {
                let mut frame = Object::frame(out, "settled");
                frame.number("id", *id);
                frame.close();
            }
            Self::Auth { token } => {
                let mut frame = Object::frame(out, "auth");
                frame.text("token", token);
                frame.close();
            }
            Self::Ping { hello } => {
                let mut frame = Object::frame(out, "ping");
                if let Some(hello) = hello {
                    frame.object("hello", |inner| {
                        inner.number("v", hello.version);
                        inner.text("client", &hello.client);
                        inner.number_optional("epoch", hello.epoch);
                        write_held(inner, hello.contracts.as_deref());
                        inner.text_optional("token", hello.token.as_deref());
                    });
                }
                frame.close();
            }
            Self::Query {
                id,
                pattern,
                from,
                to,
                limit,
            } => {
                let mut frame = Object::frame(out, "query");
                frame.text("id", id);
                frame.text("pattern", pattern);
                frame.number_optional("from", *from);
                frame.number_optional("to", *to);
                frame.number_optional("limit", *limit);
                frame.close();
            }
            Self::Contracts { id, names } => {
                let mut frame = Object::frame(out, "contracts");
                frame.text("id", id);
                frame.list("names", names, |out, name| push_string(out, name));
                frame.close();
            }
            Self::ListTopics { id } => {
                let mut frame = Object::frame(out, "list_topics");
                frame.text("id", id);
                frame.close();
            }
        }
    }
}

fn read_write<'a>(
    fields: FrameFields<'a, '_>,
    extended: bool,
) -> Result<ClientFrame<'a>, FrameError> {
    let number = |field| match extended {
        true => fields.number_optional(field),
        // Whatever else it may be to its sender.
        false => Ok(fields.number_optional(field).unwrap_or_default()),
    };
    Ok(ClientFrame::Write {
        topic: fields.text(Field::TOPIC)?,
        payload: fields.raw(Field::PAYLOAD)?,
        id: number(Field::ID)?,
        after: number(Field::AFTER)?,
        until: number(Field::UNTIL)?,
        condition: match extended {
            true => Condition::read(fields)?,
            false => None,
        },
        version: number(Field::CONTRACT_VERSION)?,
    })
}

fn read_query<'a>(fields: FrameFields<'a, '_>) -> Result<ClientFrame<'a>, FrameError> {
    Ok(ClientFrame::Query {
        id: fields.text(Field::ID)?,
        pattern: fields.text(Field::PATTERN)?,
        from: fields.number_optional(Field::FROM)?,
        to: fields.number_optional(Field::TO)?,
        limit: fields.number_optional(Field::LIMIT)?,
    })
}

fn read_hello<'a>(fields: FrameFields<'a, '_>) -> Result<Option<ClientHello<'a>>, FrameError> {
    let Some(inner) = fields.object_optional(Field::HELLO)? else {
        return Ok(None);
    };
    let hello = inner.of("hello");
    Ok(Some(ClientHello {
        version: hello.number(Field::VERSION)?,
        client: hello.peer_name(Field::CLIENT)?,
        epoch: hello.number_optional(Field::EPOCH)?,
        contracts: read_held(hello)?,
        token: match hello.raw_optional(Field::TOKEN) {
            Some(_) => Some(hello.token()?),
            None => None,
        },
    }))
}

fn read_since<'a>(fields: FrameFields<'a, '_>) -> Result<Option<Since<'a>>, FrameError> {
    if fields.raw_optional(Field::SINCE).is_none() {
        return Ok(None);
    }
    let objects = fields.objects(Field::SINCE)?;
    if objects.len() > crate::SINCE_MAX {
        return Err(fields.wrong(Field::SINCE));
    }
    let topics = objects.iter().map(|object| {
        let topic = object.of("subscribe topic");
        Ok((topic.text(Field::NAME)?, topic.number(Field::SEQ)?))
    });
    Ok(Some(Since {
        topics: topics.collect::<Result<_, _>>()?,
        server: fields.peer_name(Field::SERVER)?,
    }))
}

fn write_topics(frame: &mut Object<'_>, topics: &[Cow<'_, str>]) {
    frame.list("topics", topics, |out, topic| push_string(out, topic));
}

fn write_since(out: &mut String, (name, seq): &(Cow<'_, str>, u64)) {
    let mut object = Object::open(out);
    object.text("name", name);
    object.number("seq", *seq);
    object.close();
}
