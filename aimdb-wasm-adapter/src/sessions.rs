//! Sessions as JavaScript drives them: what its sockets and timers report goes into the machine, and what that
//! wants done goes out to the host.

use aimdb_contracts::{Code, Policy, Schema, Violation};
use aimdb_core::{BufferConfig, Commit, Fields, RecordId, TimeOps, Write, WriteError};
use aimdb_peer::session::{Input, Now, RequestId, WriteId};
use aimdb_peer::{Action, Effect, Payload, Peer, session};
use aimdb_ws_protocol::{FrameError, Raw};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::calls::Call;
use crate::convert::Plain;
use crate::convert::failure;
use crate::engine::{Engine, decode, policy};
use crate::frames::{self, ValueFrame};
use crate::runtime::WasmAdapter;
use crate::session as options_of;
use crate::told::{event, open_error, refused_event, session_event, unsent_event};

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
        let options = options_of::options(options)
            .map_err(|violation| failure(Code::OptionsInvalid.as_str(), &violation.to_string()))?;
        let pairs = topics.chunks_exact(2);
        let topics = pairs.map(|pair| (pair[0].clone(), pair[1].clone()));
        let seed = seed.to_bits();
        let mut peer = self.peer.borrow_mut();
        peer.open(options, topics.collect(), seed)
            .map(|session| session as u32)
            .map_err(|error| open_error(&error))
    }

    /// Begins the session, or begins it again after it gave up.
    #[wasm_bindgen(js_name = sessionStart)]
    pub fn session_start(&self, session: u32) {
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

    /// A `data` or `snapshot` frame came, taken apart: a number that it does not have is NaN, one that is
    /// something else is negative, a payload that it does not have is undefined.
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
        let frame = ValueFrame {
            topic,
            snapshot,
            ts,
            seq,
            gap,
            by,
            full,
        };
        match frame.head() {
            Ok(head) => {
                let parsed = Parsed::new(self, &payload);
                self.work(|peer, note| peer.value(session as usize, head, &parsed, now(), note));
            }
            Err(error) => self.drive(session, Input::Frame(Err(error))),
        }
    }

    /// The record that mirrors a topic through this session, by number.
    #[wasm_bindgen(js_name = sessionRecord)]
    pub fn session_record(&self, session: u32, topic: &str) -> Option<u32> {
        let record = self.peer.borrow().mirroring(session as usize, topic);
        record.map(|record| record.index() as u32)
    }

    /// The session that mirrors a record; nothing where none does.
    #[wasm_bindgen(js_name = recordSession)]
    pub fn record_session(&self, record: u32) -> Option<u32> {
        let id = self.views.borrow().at(record)?.door.id();
        let session = self.peer.borrow().session_of(id)?;
        Some(session as u32)
    }

    /// Whether a record's server has confirmed over the present connection what it shows.
    #[wasm_bindgen(js_name = isConfirmed)]
    pub fn is_confirmed(&self, record: u32) -> bool {
        let views = self.views.borrow();
        let id = views.at(record).map(|view| view.door.id());
        id.is_some_and(|id| self.peer.borrow().is_confirmed(id))
    }

    /// Any other frame came, as the object that `JSON.parse` made of it; undefined if the text was
    /// no JSON object. Lists of an answer stay with the caller, who has judged them: the event `answer` says
    /// which request they are for.
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
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        self.drive(session, Input::Subscribe(&topics));
    }

    /// Follows patterns no more.
    #[wasm_bindgen(js_name = sessionUnsubscribe)]
    pub fn session_unsubscribe(&self, session: u32, topics: Vec<String>) {
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        self.drive(session, Input::Unsubscribe(&topics));
    }

    /// Asks for the values of records that were configured after their topics had come.
    #[wasm_bindgen(js_name = sessionRefresh)]
    pub fn session_refresh(&self, session: u32) {
        self.work(|peer, note| peer.refresh(session as usize, now(), note));
    }

    /// Writes a topic; `payload` is JSON text, `offline` as in `RecordOptions`. Gives the number of the write.
    #[wasm_bindgen(js_name = sessionWrite)]
    pub fn session_write(&self, session: u32, topic: &str, payload: &str, offline: f64) -> f64 {
        let write = self.peer.borrow().next_write(session as usize);
        let policy = policy(offline, BufferConfig::SpmcRing { capacity: 1 });
        self.drive(
            session,
            Input::Write {
                topic,
                payload: Raw::known(payload),
                policy,
                source: None,
            },
        );
        write.map_or(0.0, |write| write.0 as f64)
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

    /// Puts back writes that a device kept, as `store` events gave them, each with its payload parsed as `value`. Said
    /// before the session starts.
    #[wasm_bindgen(js_name = sessionRestore)]
    pub fn session_restore(&self, session: u32, writes: &Array) {
        let writes = writes.iter().filter_map(|write| self.stored_write(&write));
        let writes = writes.collect();
        self.work(|peer, note| peer.restore(session as usize, writes, now(), note));
    }

    /// The device has done so many of the `store` and `unstore` events, in their order; or could not.
    #[wasm_bindgen(js_name = sessionStored)]
    pub fn session_stored(&self, session: u32, count: u32, done: bool) {
        let count = count as usize;
        let input = match done {
            true => Input::Stored { count },
            false => Input::NotStored { count },
        };
        self.drive(session, input);
    }

    /// How many writes wait to be sent or answered.
    #[wasm_bindgen(js_name = sessionPending)]
    pub fn session_pending(&self, session: u32) -> u32 {
        self.peer.borrow().writes_pending(session as usize) as u32
    }

    /// The writes that have not ended, in order, as `store` events have them.
    #[wasm_bindgen(js_name = sessionWrites)]
    pub fn session_writes(&self, session: u32) -> Array {
        let peer = self.peer.borrow();
        let writes = peer.writes(session as usize);
        writes
            .map(|entry| {
                let told = Plain::new().with("kept", entry.is_kept());
                self.written(told, entry).done()
            })
            .collect()
    }

    /// Ends the session: what waits is dropped with a report, and its number may be used again.
    #[wasm_bindgen(js_name = sessionEnd)]
    pub fn session_end(&self, session: u32) {
        self.work(|peer, note| peer.end(session as usize, now(), note));
    }
}

impl Engine {
    /// Gives a session one input and performs what it wants done.
    fn drive(&self, session: u32, input: Input<'_>) {
        self.work(|peer, note| peer.handle(session as usize, input, now(), note));
    }

    /// Lets the machine work, then performs what it wants done.
    fn work(&self, work: impl FnOnce(&mut Peer<WasmAdapter>, &mut dyn FnMut(Effect<'_>))) {
        work(&mut self.peer.borrow_mut(), &mut |effect| self.note(effect));
        self.calls.perform(&self.host);
    }

    /// Sends what was written to mirrored records; `given` is the newest write of a record as JSON text. Gives the record
    /// that was written last, and the number of its write. The clocks stand outside of the module and cost more than the
    /// write itself, so they are asked only for what is to be sent.
    pub(crate) fn send_written(
        &self,
        given: Option<(RecordId, &str)>,
    ) -> Option<(RecordId, WriteId)> {
        if !self.db.has_written() {
            return None;
        }
        let mut taken = None;
        self.work(|peer, note| {
            while peer.take_written(given, now(), note) {}
            taken = peer.take_taken();
        });
        taken
    }

    /// Notes what the machine wants done.
    fn note(&self, effect: Effect<'_>) {
        let call = match effect.action {
            Action::Session(session::Effect::Open { attempt }) => Call::Open { attempt },
            Action::Session(session::Effect::Close { code, reason }) => {
                Call::Close { code, reason }
            }
            Action::Session(session::Effect::Send(text)) => Call::Send(text.to_owned()),
            Action::Session(session::Effect::WakeAt { at_ms }) => Call::WakeAt(at_ms as f64),
            Action::Session(session::Effect::Store(entry)) => {
                Call::Event(self.written(event("store"), entry).done())
            }
            Action::Session(session::Effect::Unstore { entry, outcome }) => {
                Call::Event(self.ended("unstore", entry, outcome))
            }
            Action::Session(session::Effect::WriteSettled { entry, outcome }) => {
                Call::Event(self.ended("settled", entry, &outcome))
            }
            Action::Session(told) => match session_event(told, effect.record) {
                Some(event) => Call::Event(event),
                None => return,
            },
            Action::Confirmed => match effect.record {
                Some(record) => {
                    Call::Event(event("fresh").with("record", record.index() as f64).done())
                }
                None => return,
            },
            Action::Refused(error) => Call::Event(refused_event(error)),
            Action::Unsent { key, reason } => Call::Event(unsent_event(key, reason)),
        };
        self.calls.note(effect.session as u32, call);
    }
}

/// What both clocks say.
pub(crate) fn now() -> Now {
    Now {
        mono_ms: WasmAdapter.monotonic_ms() as u64,
        wall_ms: WasmAdapter.unix_ms(),
    }
}

/// The payload of a frame that JavaScript has parsed.
pub(crate) struct Parsed<'e> {
    engine: &'e Engine,
    payload: &'e JsValue,
}

impl<'e> Parsed<'e> {
    pub(crate) fn new(engine: &'e Engine, payload: &'e JsValue) -> Self {
        Self { engine, payload }
    }
}

impl Payload for Parsed<'_> {
    fn decode(
        &self,
        schema: &Schema,
        announced: Option<u32>,
        policy: Policy,
    ) -> Result<Fields, Box<Violation>> {
        decode(schema, self.payload.clone(), announced, policy)
    }

    fn accept_flat(
        &self,
        record: RecordId,
        policy: Policy,
        write: Write,
    ) -> Option<Result<Commit, WriteError>> {
        let place = record.index() as u32;
        let views = self.engine.views.borrow();
        let view = views.at(place).filter(|view| view.flat)?;
        if !self.engine.host.slots(place, self.payload) {
            return None;
        }
        let slots = self.engine.scratch.slots(view.width);
        Some(view.door.accept_slots(&slots, policy, write))
    }
}
