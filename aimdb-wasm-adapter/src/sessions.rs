//! Sessions as JavaScript drives them: what its sockets and timers report comes in, and what the
//! bridge wants done goes out to the host or into a record.

use std::borrow::Cow;

use aimdb_contracts::Policy;
use aimdb_core::{BufferConfig, Names, Origin, RecordId, TimeOps, Write, WriteError};
use aimdb_ws_bridge::{
    BridgeError, DeliveryKind, DropReason, Effect, Input, Outcome, RequestFailure, RequestId,
    WriteId,
};
use aimdb_ws_protocol::{FrameError, HeldContract, Raw};
use wasm_bindgen::prelude::*;

use crate::convert::{Plain, failure, refusal};
use crate::engine::{Engine, decode, policy};
use crate::frames::{self, ValueFrame};
use crate::mirror::{Incoming, Settled, Verdict};
use crate::runtime::WasmAdapter;
use crate::session::{OpenError, Routes, Session};
use crate::views::{LocalWrite, View, Writing};

#[wasm_bindgen]
impl Engine {
    /// Opens a session and gives its number; `options` is a plain object, `topics` has keys, each with its
    /// topic behind it, `seed` is any random number.
    #[wasm_bindgen(js_name = sessionOpen)]
    pub fn session_open(
        &self,
        options: JsValue,
        topics: Vec<String>,
        seed: f64,
    ) -> Result<u32, JsValue> {
        let session = Session::open(options, topics, seed.to_bits()).map_err(open_error)?;
        let number = {
            let mut sessions = self.sessions.borrow_mut();
            let free = sessions
                .iter()
                .position(Option::is_none)
                .unwrap_or(sessions.len());
            if free == sessions.len() {
                sessions.push(None);
            }
            sessions[free] = Some(session);
            free
        };
        self.bind_all();
        // Nothing has come yet that a record could have missed.
        self.with_session(number as u32, |session| session.routes.take_missed());
        Ok(number as u32)
    }

    /// Begins the session, or begins it again after it gave up.
    #[wasm_bindgen(js_name = sessionStart)]
    pub fn session_start(&self, session: u32) {
        self.hold(session);
        self.drive(session, Input::Start);
    }

    /// The socket is open.
    #[wasm_bindgen(js_name = sessionOpened)]
    pub fn session_opened(&self, session: u32) {
        self.drive(session, Input::SocketOpened);
    }

    /// The socket has closed.
    #[wasm_bindgen(js_name = sessionClosed)]
    pub fn session_closed(&self, session: u32, code: u16, reason: &str) {
        self.drive(session, Input::SocketClosed { code, reason });
    }

    /// The socket could not be opened.
    #[wasm_bindgen(js_name = sessionFailed)]
    pub fn session_failed(&self, session: u32) {
        self.drive(session, Input::SocketFailed);
    }

    /// A `data` or `snapshot` frame came, taken apart: a number that it does not have is NaN, a
    /// payload that it does not have is undefined.
    #[wasm_bindgen(js_name = sessionValue)]
    #[allow(
        clippy::too_many_arguments,
        reason = "one number each is how they cross cheaply"
    )]
    pub fn session_value(
        &self,
        session: u32,
        topic: &str,
        snapshot: bool,
        ts: f64,
        seq: f64,
        gap: f64,
        by: f64,
        payload: JsValue,
    ) {
        let full = !payload.is_null() && !payload.is_undefined();
        *self.payload.borrow_mut() = payload;
        let frame = ValueFrame {
            topic,
            snapshot,
            ts,
            seq,
            gap,
            by,
            full,
        };
        self.drive(session, Input::Frame(frame.decode()));
        *self.payload.borrow_mut() = JsValue::UNDEFINED;
    }

    /// The record that mirrors a topic through this session, by number.
    #[wasm_bindgen(js_name = sessionRecord)]
    pub fn session_record(&self, session: u32, topic: &str) -> Option<u32> {
        self.with_session(session, |of| self.mirroring(session, &of.routes, topic))?
    }

    /// Any other frame came, as the object that `JSON.parse` made of it; undefined if the text was
    /// not JSON. Lists of an answer stay with the caller: the event `answer` says which request
    /// they are for.
    #[wasm_bindgen(js_name = sessionFrame)]
    pub fn session_frame(&self, session: u32, frame: &JsValue) {
        let frame = if frame.is_object() {
            frames::decode(frame)
        } else {
            Err(FrameError::NotJson)
        };
        self.drive(session, Input::Frame(frame));
    }

    /// The deadline has come.
    #[wasm_bindgen(js_name = sessionTimer)]
    pub fn session_timer(&self, session: u32) {
        self.drive(session, Input::Timer);
    }

    /// The system says that the network is back (`true`) or gone.
    #[wasm_bindgen(js_name = sessionNetwork)]
    pub fn session_network(&self, session: u32, online: bool) {
        let input = if online {
            Input::NetworkOnline
        } else {
            Input::NetworkOffline
        };
        self.drive(session, input);
    }

    /// The page is in front again.
    #[wasm_bindgen(js_name = sessionVisible)]
    pub fn session_visible(&self, session: u32) {
        self.drive(session, Input::PageVisible);
    }

    /// Follows more patterns, or asks again for the values of known ones.
    #[wasm_bindgen(js_name = sessionSubscribe)]
    pub fn session_subscribe(&self, session: u32, topics: Vec<String>) {
        self.change_subscriptions(session, &topics, |topics| Input::Subscribe(topics));
    }

    /// Follows patterns no more.
    #[wasm_bindgen(js_name = sessionUnsubscribe)]
    pub fn session_unsubscribe(&self, session: u32, topics: Vec<String>) {
        self.change_subscriptions(session, &topics, |topics| Input::Unsubscribe(topics));
    }

    /// Asks for the values of records that were configured after their topics had come.
    #[wasm_bindgen(js_name = sessionRefresh)]
    pub fn session_refresh(&self, session: u32) {
        self.hold(session);
        let missed = self.with_session(session, |session| session.routes.take_missed());
        let missed = missed.unwrap_or_default();
        if !missed.is_empty() {
            let missed: Vec<&str> = missed.iter().map(String::as_str).collect();
            self.drive(session, Input::Subscribe(&missed));
        }
    }

    /// Writes a topic; `payload` is JSON text, `offline` as in `RecordOptions`.
    #[wasm_bindgen(js_name = sessionWrite)]
    pub fn session_write(&self, session: u32, topic: &str, payload: &str, offline: f64) {
        let policy = policy(offline, BufferConfig::SpmcRing { capacity: 1 });
        self.drive(
            session,
            Input::Write {
                topic,
                payload: Raw::known(payload),
                policy,
            },
        );
    }

    /// Asks for contracts by their names.
    #[wasm_bindgen(js_name = sessionContracts)]
    pub fn session_contracts(&self, session: u32, request: u32, names: Vec<String>) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (request, names) = (RequestId(request.into()), &*names);
        self.drive(session, Input::Contracts { request, names });
    }

    /// Asks which topics the server has.
    #[wasm_bindgen(js_name = sessionListTopics)]
    pub fn session_list_topics(&self, session: u32, request: u32) {
        self.drive(
            session,
            Input::ListTopics {
                request: RequestId(request.into()),
            },
        );
    }

    /// Asks for history. The bounds are Unix milliseconds, the limit counts records a topic; what
    /// is not a number is left out.
    #[wasm_bindgen(js_name = sessionQuery)]
    #[allow(
        clippy::too_many_arguments,
        reason = "one number each is how they cross cheaply"
    )]
    pub fn session_query(
        &self,
        session: u32,
        request: u32,
        pattern: &str,
        from: Option<f64>,
        to: Option<f64>,
        limit: Option<f64>,
    ) {
        let whole = |number: Option<f64>| number.map(|number| number as u64);
        let request = RequestId(request.into());
        let (from, to, limit) = (whole(from), whole(to), whole(limit));
        self.drive(
            session,
            Input::Query {
                request,
                pattern,
                from,
                to,
                limit,
            },
        );
    }

    /// How many writes wait to be sent or answered.
    #[wasm_bindgen(js_name = sessionPending)]
    pub fn session_pending(&self, session: u32) -> u32 {
        let pending = self.with_session(session, |session| session.bridge.writes_pending());
        pending.unwrap_or_default() as u32
    }

    /// Ends the session: what waits is dropped with a report, and its number may be used again.
    #[wasm_bindgen(js_name = sessionEnd)]
    pub fn session_end(&self, session: u32) {
        self.drive(session, Input::Disconnect);
        if let Some(place) = self.sessions.borrow_mut().get_mut(session as usize) {
            *place = None;
        }
        self.bind_all();
    }
}

impl Engine {
    /// Looks at a session. Nothing if it has ended, or if it is at work: a socket that an application
    /// brought may call the engine in the middle of it.
    fn with_session<O>(&self, session: u32, look: impl FnOnce(&mut Session) -> O) -> Option<O> {
        let mut sessions = self.sessions.try_borrow_mut().ok()?;
        sessions.get_mut(session as usize)?.as_mut().map(look)
    }

    /// Gives the session one input and performs what it wants done; then what came up meanwhile.
    fn drive(&self, number: u32, input: Input<'_>) {
        self.with_session(number, |session| {
            let Session { bridge, routes } = session;
            let now_ms = WasmAdapter.monotonic_ms() as u64;
            bridge.handle(input, now_ms, &mut |effect| {
                self.perform(number, routes, effect);
            });
        });
        self.catch_up();
    }

    /// Binds and sends what came, went and was written while a session was at work.
    pub(crate) fn catch_up(&self) {
        while self.sessions.try_borrow_mut().is_ok() {
            self.unbind_leaving();
            if self.is_unbound.take() {
                self.bind_all();
            }
            let Some(write) = self.deferred.borrow_mut().pop_front() else {
                return;
            };
            self.send_local(write);
        }
    }

    fn change_subscriptions<'t>(
        &self,
        session: u32,
        topics: &'t [String],
        input: impl for<'i> FnOnce(&'i [&'t str]) -> Input<'i>,
    ) {
        let topics: Vec<&'t str> = topics.iter().map(String::as_str).collect();
        self.drive(session, input(&topics));
        self.bind_all();
        self.hold(session);
        self.with_session(session, |session| session.routes.take_missed());
    }

    /// Finds the session that mirrors a new record.
    pub(crate) fn bind(&self, record: RecordId) {
        let Ok(mut sessions) = self.sessions.try_borrow_mut() else {
            self.is_unbound.set(true);
            return;
        };
        if let Some(view) = self.views.borrow_mut().get_mut(record) {
            bind_view(&mut sessions, view);
        }
    }

    /// Takes the routes of removed records away.
    fn unbind_leaving(&self) {
        let mut sessions = self.sessions.borrow_mut();
        for view in self.leaving.take() {
            for session in sessions.iter_mut().flatten() {
                let (topic, place) = (view.topic.as_deref(), view.door.id().index());
                if session.routes.unbind(view.door.key(), topic, place) {
                    self.is_unbound.set(true);
                }
            }
        }
    }

    fn bind_all(&self) {
        let mut sessions = self.sessions.borrow_mut();
        let mut views = self.views.borrow_mut();
        // In the order of configuration: of two with one topic the newer has it.
        for door in self.db.doors() {
            if let Some(view) = views.get_mut(door.id()) {
                bind_view(&mut sessions, view);
            }
        }
    }

    /// Hands a local write to its session, now or when it has time.
    pub(crate) fn send_local(&self, write: LocalWrite) {
        if self.sessions.try_borrow_mut().is_err() {
            self.deferred.borrow_mut().push_back(write);
            return;
        }
        let LocalWrite {
            session,
            topic,
            policy,
            json,
            writing,
        } = write;
        let session = session as u32;
        let topic = self.with_session(session, |session| {
            let topic = session.routes.topic(&writing.key, topic.as_deref());
            session.routes.writing = Some(writing);
            topic
        });
        if let Some(topic) = topic {
            let input = Input::Write {
                topic: &topic,
                payload: Raw::known(&json),
                policy,
            };
            self.drive(session, input);
        }
        self.with_session(session, |session| session.routes.writing = None);
    }

    fn perform(&self, session: u32, routes: &mut Routes, effect: Effect<'_>) {
        match effect {
            Effect::Open { attempt } => self.host.open(session, attempt),
            Effect::Close { code, reason } => self.host.close(session, code, reason),
            Effect::Send(text) => self.host.send(session, text),
            Effect::WakeAt { at_ms } => self.host.wake_at(session, at_ms as f64),
            Effect::Deliver {
                topic,
                kind,
                seq,
                by,
                ..
            } => {
                if let Some(place) = routes.record(topic) {
                    let is_snapshot = kind == DeliveryKind::Snapshot;
                    let by = by.map(|write| write.0);
                    self.deliver(
                        session,
                        place,
                        &Delivered {
                            is_snapshot,
                            seq,
                            by,
                        },
                    );
                }
            }
            Effect::WriteTaken { write, .. } => {
                if let Some(Writing {
                    record,
                    key,
                    fields,
                }) = routes.writing.take()
                {
                    routes.writes.push((write.0, record, key));
                    self.with_view(record, |view| view.mirror.written(write.0, fields));
                }
            }
            Effect::WriteSettled {
                write,
                topic,
                outcome,
            } => {
                let (record, key) = routes.take_write(write.0).unzip();
                self.settle(record, write, &outcome);
                self.host
                    .event(session, settled_event(write, topic, key, &outcome));
            }
            Effect::PeerContracts(held) => self.note_versions(session, held),
            told => self.tell(session, routes, told),
        }
    }

    /// Notes of which contracts the server holds an older version: whoever has the newer one converts.
    fn note_versions(&self, session: u32, held: &[HeldContract<'_>]) {
        let mut places = Names::default();
        for (place, held) in held.iter().enumerate() {
            places.insert(held.name.as_ref().into(), place);
        }
        let mut views = self.views.borrow_mut();
        let mirrored = views
            .iter_mut()
            .filter(|view| view.session == Some(session as usize));
        for view in mirrored {
            let schema = view.door.schema();
            let theirs = places.get(&schema.name).and_then(|place| held.get(place));
            let theirs = theirs.and_then(|held| u32::try_from(held.version).ok());
            view.older = theirs.filter(|theirs| *theirs < schema.version);
        }
    }

    /// Tells the session's server which contracts its records have.
    fn hold(&self, session: u32) {
        let held: Vec<HeldContract<'_>> = {
            let views = self.views.borrow();
            let (mut held, mut names) = (Vec::new(), Names::default());
            let mirrored = views
                .iter()
                .filter(|view| view.session == Some(session as usize));
            for view in mirrored {
                let schema = view.door.schema();
                if names.get(&schema.name).is_none() {
                    names.insert((*schema.name).into(), 0);
                    held.push(HeldContract {
                        name: Cow::Owned(schema.name.to_string()),
                        version: schema.version.into(),
                        fingerprint: Cow::Owned(schema.fingerprint_text()),
                    });
                }
            }
            held
        };
        self.drive(session, Input::Hold(&held));
    }

    /// What concerns only those who listen.
    fn tell(&self, session: u32, routes: &Routes, effect: Effect<'_>) {
        let event = match effect {
            Effect::Status(status) => event("status").with("status", status.as_str()),
            Effect::Lagged { topic, missed } => event("lag")
                .with("topic", topic)
                .with("missed", missed as f64)
                .with_some("record", self.mirroring(session, routes, topic)),
            Effect::TopicList { request, .. }
            | Effect::QueryResult { request, .. }
            | Effect::ContractList { request, .. } => answer(request),
            Effect::Gone { topic } => event("gone")
                .with("topic", topic)
                .with_some("record", self.mirroring(session, routes, topic)),
            Effect::RequestFailed { request, failure } => {
                answer(request).with("error", request_failure(&failure))
            }
            Effect::Error(error) => event("error").with("error", bridge_error(&error)),
            _ => return,
        };
        self.host.event(session, event.done());
    }

    /// The place of the record that mirrors a topic through this session.
    fn mirroring(&self, session: u32, routes: &Routes, topic: &str) -> Option<u32> {
        let place = routes.record(topic)?;
        let views = self.views.borrow();
        let view = views.at(place)?;
        (view.session == Some(session as usize)).then_some(place)
    }

    fn with_view<O>(&self, record: RecordId, look: impl FnOnce(&mut View) -> O) -> Option<O> {
        self.views.borrow_mut().get_mut(record).map(look)
    }

    /// Writes what the server says of a record; a value that its contract refuses is told to those
    /// who listen, and the record stays as it is.
    fn deliver(&self, session: u32, place: u32, value: &Delivered) {
        let refused = self.views.borrow_mut().at_mut(place).map(|view| {
            // Of several sessions that follow the topic one is in charge.
            if view.session != Some(session as usize) || !view.wants(value) {
                return Ok(());
            }
            view.seq = value.seq.or(view.seq);
            // A value of an older version goes the general way, where it is migrated.
            let is_quick = view.mirror.is_idle() && view.flat && view.older.is_none();
            if is_quick && self.host.slots(place) {
                let slots = self.scratch.slots(view.width);
                let write = Write {
                    origin: Origin::Remote,
                    skip_equal: value.by.is_some(),
                };
                return view
                    .door
                    .accept_slots(&slots, Policy::JAVASCRIPT, write)
                    .map(|_| ());
            }
            self.deliver_fields(view, value)
        });
        if let Some(Err(error)) = refused {
            let event = event("error").with("error", refusal(&error));
            self.host.event(session, event.done());
        }
    }

    /// The general way: with local writes under way, or a value that does not fit numbers.
    fn deliver_fields(&self, view: &mut View, value: &Delivered) -> Result<(), WriteError> {
        let payload = self.payload.borrow().clone();
        let announced = view.older.filter(|_| !view.by_host);
        let decoded = decode(view.door.schema(), payload, announced, Policy::JAVASCRIPT);
        let write = Write::from(Origin::Remote);
        let Ok(fields) = decoded else {
            return view.door.accept_decoded(decoded, write).map(|_| ());
        };
        let by = value.by;
        // Our own server numbers its values; one that does not never says whose they are.
        let incoming = Incoming {
            fields: &fields,
            by,
            published: value.seq.is_none(),
        };
        let skip_equal = match view.mirror.incoming(incoming, view.appends()) {
            Verdict::Keep => return Ok(()),
            Verdict::Apply => false,
            Verdict::ApplyIfNew => true,
        };
        view.door
            .accept_decoded(
                Ok(fields),
                Write {
                    skip_equal,
                    ..write
                },
            )
            .map(|_| ())
    }

    /// Puts a record back when the server did not take its newest write.
    fn settle(&self, record: Option<RecordId>, write: WriteId, outcome: &Outcome<'_>) {
        let Some(record) = record else { return };
        self.with_view(record, |view| {
            let appends = view.appends();
            let settled = match outcome {
                Outcome::Dropped(DropReason::Superseded) => {
                    view.mirror.superseded(write.0);
                    return;
                }
                Outcome::Acknowledged | Outcome::Sent => {
                    view.mirror.settled(write.0, true, appends)
                }
                _ => view.mirror.settled(write.0, false, appends),
            };
            match settled {
                Settled::Keep => {}
                Settled::Restore(None) => view.door.clear(),
                Settled::Show(fields) => {
                    let write = Write {
                        origin: Origin::Remote,
                        skip_equal: true,
                    };
                    let _ = view.door.accept(fields, write);
                }
                Settled::Restore(Some(fields)) => {
                    // It was in the record before, so its contract allows it.
                    let _ = view.door.accept(fields, Write::from(Origin::Restored));
                }
            }
        });
    }
}

/// What a frame says of a record's value besides the value.
pub(crate) struct Delivered {
    pub(crate) is_snapshot: bool,
    seq: Option<u64>,
    by: Option<u64>,
}

impl View {
    /// Whether a value belongs into the record. A snapshot repeats what a ring may have already, and
    /// what a mailbox may have handed out long ago.
    fn wants(&self, value: &Delivered) -> bool {
        match self.door.buffer() {
            _ if !value.is_snapshot => true,
            BufferConfig::SingleLatest => true,
            BufferConfig::Mailbox => false,
            BufferConfig::SpmcRing { .. } => match (value.seq, self.seq) {
                (Some(seq), Some(last)) => seq > last,
                _ => self.door.version() == 0,
            },
        }
    }
}

/// Every session knows the record's topic; the first that mirrors it takes its writes.
fn bind_view(sessions: &mut [Option<Session>], view: &mut View) {
    view.session = None;
    for (number, session) in sessions.iter_mut().enumerate() {
        let Some(session) = session else { continue };
        let (topic, place) = (view.topic.as_deref(), view.door.id().index());
        let Session { bridge, routes } = session;
        let mirrors = routes.bind(bridge, view.door.key(), topic, place);
        if mirrors && view.session.is_none() {
            view.session = Some(number);
        }
    }
}

fn event(kind: &str) -> Plain {
    Plain::new().with("type", kind)
}

fn answer(request: RequestId) -> Plain {
    event("answer").with("request", request.0 as f64)
}

fn settled_event(
    write: WriteId,
    topic: &str,
    key: Option<String>,
    outcome: &Outcome<'_>,
) -> JsValue {
    let told = event("settled")
        .with("write", write.0 as f64)
        .with("topic", topic)
        .with_some("key", key);
    match outcome {
        Outcome::Acknowledged => told.with("outcome", "acknowledged"),
        Outcome::Sent => told.with("outcome", "sent"),
        Outcome::Refused {
            code,
            reason,
            message,
        } => told
            .with("outcome", "refused")
            .with("code", code.as_str())
            .with_some("reason", *reason)
            .with("message", *message),
        Outcome::Dropped(reason) => told
            .with("outcome", "dropped")
            .with("reason", reason.code()),
    }
    .done()
}

fn request_failure(error: &RequestFailure<'_>) -> JsValue {
    let code = match error {
        RequestFailure::Timeout => "REQUEST_TIMEOUT",
        RequestFailure::Disconnected => "DISCONNECTED",
        RequestFailure::Refused { .. } => "REQUEST_REFUSED",
        RequestFailure::Unsupported => "REQUEST_UNSUPPORTED",
        _ => "REQUEST_INVALID",
    };
    match error {
        RequestFailure::Refused { message, .. } => failure(code, message),
        other => failure(
            code,
            &format!("the request got no answer: {}", other.code()),
        ),
    }
}

fn bridge_error(error: &BridgeError<'_>) -> JsValue {
    let plain = Plain::new()
        .with("code", error.code().to_ascii_uppercase())
        .with("message", error.to_string());
    match error {
        BridgeError::Server(wire) => plain
            .with("code", wire.code.as_str())
            .with_some("topic", wire.topic.as_deref())
            .with_some("reason", wire.reason.as_deref()),
        _ => plain,
    }
    .done()
}

fn open_error(error: OpenError) -> JsValue {
    match error {
        OpenError::Shape(violation) => failure("OPTIONS_INVALID", &violation.to_string()),
        OpenError::Options(error) => {
            // It begins with the option, under the name that it has in Rust.
            let (said, field) = (error.to_string(), error.field());
            let rest = said.strip_prefix(field).unwrap_or_default();
            let told = String::from(option_name(field)) + rest;
            failure("OPTIONS_INVALID", &format!("bridge_options: {told}"))
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
        "writes_pending_max" => "maxOfflineQueue",
        other => other,
    }
}
