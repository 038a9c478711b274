//! The engine as JavaScript drives it: records by number, values as numbers in the scratch area or
//! as plain objects, sessions as events in and effects out.
//!
//! Everything here converts, calls one thing and converts. What a method cannot do it says in its
//! result: a refusal is a plain object from which the client package makes an `Error`, since an
//! error made here would cost more than the write itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use aimdb_contracts::{Code, Policy, RegistryError, Schema, Violation, builtin, pattern};
use aimdb_core::{
    AimDb, AimDbBuilder, BufferConfig, Commit, Contracts, Described, Fields, Origin, Read,
    RecordId, Write, WriteError,
};
use aimdb_peer::session::WritePolicy;
use aimdb_peer::{Mirroring, Peer, Truth};
use aimdb_ws_protocol::check_topic;
use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::calls::Calls;
use crate::convert::{Plain, build_error, failure, file_error, refusal, schema, texts};
use crate::host::{Host, change_waker};
use crate::js_value::{self, json};
use crate::numbers::{
    BUFFER_LATEST, BUFFER_MAILBOX, CHANGES_MAX, ENGINE_API, NEXT_EMPTY, NEXT_LAGGED, NEXT_SLOTS,
    NEXT_VALUE, OFFLINE_LATEST, OFFLINE_QUEUE, OFFLINE_REJECT, ORIGIN_SHIFT, TRUTH_LOCAL,
    TRUTH_MIRROR, WRITE_REFUSED,
};
use crate::own::own;
use crate::patterns::REGULAR_EXPRESSIONS;
use crate::runtime::WasmAdapter;
use crate::scratch::Scratch;
use crate::views::{View, Views};

/// The database of a tab.
#[wasm_bindgen]
pub struct Engine {
    pub(crate) db: AimDb<WasmAdapter>,
    pub(crate) contracts: RefCell<Contracts<WasmAdapter>>,
    pub(crate) scratch: Scratch,
    pub(crate) views: RefCell<Views>,
    pub(crate) peer: RefCell<Peer<WasmAdapter>>,
    pub(crate) calls: Calls,
    changed: RefCell<Vec<RecordId>>,
    refused: Cell<Option<WriteError>>,
    /// JSON text of a value that does not fit numbers.
    value: Cell<Option<String>>,
    pub(crate) host: Rc<Host>,
}

#[wasm_bindgen]
impl Engine {
    /// A database with the built-in contracts and those that the module [brings](crate::bring);
    /// with its graph too, unless it is one that only judges or asks.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, with_graph: bool) -> Result<Engine, JsValue> {
        let host = Rc::new(host);
        pattern::install(&REGULAR_EXPRESSIONS);
        let own = own();
        let built = match own.filter(|_| with_graph) {
            Some(own) => (own.build)(),
            None => AimDbBuilder::new(WasmAdapter).build(),
        };
        let db = built.map_err(|error| build_error(&error, None))?;
        let mut contracts = builtin_contracts().map_err(registry_error)?;
        if let Some(own) = own {
            (own.register)(&mut contracts, &db).map_err(registry_error)?;
        }
        let views = own.map(|own| (own.views)(&db)).unwrap_or_default();
        let mut peer = Peer::new(db.clone());
        for view in views.iter() {
            let mirroring = Mirroring::by_default(view.door.buffer());
            peer.admit(view.door.clone(), mirroring);
        }
        if own.is_some() {
            // Rust code of the module writes records too; what JavaScript writes is looked for at once.
            db.on_written(Some(change_waker(host.clone())));
        }
        Ok(Engine {
            db,
            contracts: RefCell::new(contracts),
            scratch: Scratch::new(),
            views: RefCell::new(views),
            peer: RefCell::new(peer),
            calls: Calls::default(),
            changed: RefCell::default(),
            refused: Cell::default(),
            value: Cell::default(),
            host,
        })
    }

    /// Where the scratch area starts in linear memory, in bytes: `slots_max` (16) fields, a version and
    /// a count, each a 64-bit float. It never moves, but the memory under it may be replaced when
    /// it grows.
    #[wasm_bindgen(getter)]
    pub fn scratch(&self) -> usize {
        self.scratch.address()
    }

    /// The names of the contracts, in order.
    #[wasm_bindgen(js_name = knownSchemas)]
    pub fn known_schemas(&self) -> Array {
        texts(self.contracts.borrow().names())
    }

    /// Adds a contract that its file describes.
    #[wasm_bindgen(js_name = registerContract)]
    pub fn register_contract(&self, file: JsValue) -> Result<(), JsValue> {
        let schema = read_file(file)?;
        let mut contracts = self.contracts.borrow_mut();
        contracts
            .register(Described::given(schema))
            .map_err(registry_error)
    }

    /// The contract as JSON text, in the form of a contract file; nothing if there is none of that name.
    pub fn schema(&self, name: &str) -> Option<String> {
        self.contracts
            .borrow()
            .get(name)
            .map(|contract| schema(contract.schema()))
    }

    /// Adds a record and gives its number. `capacity` is 0 for `SingleLatest`, -1 for `Mailbox`,
    /// else a ring's; `offline` is the policy of its writes without a connection, by number, see
    /// `policy`.
    pub fn configure(
        &self,
        key: &str,
        schema: &str,
        capacity: f64,
        options: RecordOptions,
    ) -> Result<u32, JsValue> {
        let buffer = buffer(capacity);
        if let Some(Err(error)) = options.topic.as_deref().map(check_topic) {
            let told = format!("record '{key}': the topic cannot be one: {error}");
            return Err(failure(Code::TopicInvalid.as_str(), &told));
        }
        let mirroring = options.mirroring(buffer);
        let mut peer = self.peer.borrow_mut();
        peer.check_topic(key, &mirroring)
            .map_err(|taken| failure(Code::TopicTaken.as_str(), &taken.to_string()))?;
        let door = self
            .contracts
            .borrow()
            .open(&self.db, key, schema, buffer)
            .map_err(|error| build_error(&error, Some(key)))?;
        peer.admit(door.clone(), mirroring);
        let id = door.id();
        let view = View::new(door, options.refuse_unknown);
        self.views.borrow_mut().put(view);
        Ok(id.index() as u32)
    }

    /// The records of a new database that came with its graph, in the order of configuration: each with
    /// `id`, `key`, `schemaType` and `capacity`, as for `configure`.
    pub fn records(&self) -> Array {
        own().map(|own| (own.list)(&self.db)).unwrap_or_default()
    }

    /// Takes a record out of the database, if asked with all that is derived from it, and gives the
    /// keys of what is gone. What they hold can be read until `release`.
    pub fn remove(&self, key: &str, dependents: bool) -> Result<Array, JsValue> {
        let gone = if dependents {
            self.db.remove_with_dependents(key)
        } else {
            self.db.remove(key).map(|()| vec![key.into()])
        };
        let gone = gone.map_err(|problem| build_error(&problem.into(), Some(key)))?;
        Ok(texts(gone.iter().map(|key| &**key)))
    }

    /// Lets go of a removed record: its number may be used again.
    pub fn release(&self, id: u32) {
        let view = self.views.borrow_mut().take(id);
        if let Some(view) = view {
            self.peer.borrow_mut().retire(view.door.id());
        }
        // What waits for a look is not to be taken for the next one in its place.
        let is_other = |changed: &RecordId| changed.index() != id as usize;
        self.changed.borrow_mut().retain(is_other);
    }

    /// Writes the value that stands in the scratch area; `rule`: it is derived. Gives the number of the write that it
    /// became, or 0 where nobody is told of it; `WRITE_REFUSED`: it was refused, and `takeRefusal` says why.
    #[wasm_bindgen(js_name = writeSlots)]
    pub fn write_slots(&self, id: u32, rule: bool) -> f64 {
        self.write(id, None, |view| {
            let slots = self.scratch.slots(view.width);
            view.door.accept_slots(&slots, view.policy, write(rule))
        })
    }

    /// Writes a plain value by the general path, otherwise as `writeSlots`. `outgoing` is the value as JSON text for a server that holds an older
    /// version, where JavaScript knows the way there.
    #[wasm_bindgen(js_name = writeValue)]
    pub fn write_value(
        &self,
        id: u32,
        value: JsValue,
        rule: bool,
        outgoing: Option<String>,
    ) -> f64 {
        self.write(id, outgoing, |view| {
            let decoded = decode(view.door.schema(), value, None, view.policy);
            view.door.accept_decoded(decoded, write(rule))
        })
    }

    /// A value as the record would keep it, as JSON text; nothing if it was refused, and `takeRefusal` says why.
    pub fn normal(&self, id: u32, value: JsValue) -> Option<String> {
        self.look(id, |view| {
            let schema = view.door.schema();
            let decoded = decode(schema, value, None, view.policy);
            let refuse = |violation: Box<Violation>| {
                let violation = violation.in_record(view.door.key());
                self.refused.set(Some(WriteError::Refused(violation)));
            };
            Some(schema.to_json(&decoded.map_err(refuse).ok()?))
        })?
    }

    /// From now on JavaScript brings values of older versions of the record's contract to this one, before they come here.
    #[wasm_bindgen(js_name = setByHost)]
    pub fn set_by_host(&self, id: u32) {
        if let Some(record) = self.look(id, |view| view.door.id()) {
            self.peer.borrow_mut().set_by_host(record);
        }
    }

    /// The version of the record's contract that its server holds, if that is an older one; else 0.
    pub fn older(&self, id: u32) -> u32 {
        let record = self.look(id, |view| view.door.id());
        let older = record.and_then(|record| self.peer.borrow().older(record));
        older.unwrap_or(0)
    }

    /// Takes a value through all migrations of a contract file, up or down, as JSON text. Nothing is checked after it.
    #[wasm_bindgen(js_name = takeSteps)]
    pub fn take_steps(&self, file: JsValue, value: JsValue, down: bool) -> Result<String, JsValue> {
        let schema = read_file(file)?;
        let oldest = schema.version - schema.migrations.list().len() as u32;
        let (from, to) = if down {
            (schema.version, oldest)
        } else {
            (oldest, schema.version)
        };
        schema
            .said(json(&value))
            .and_then(|value| schema.migrate(value, from, to))
            .map(|value| value.to_text())
            .map_err(|violation| refusal(&WriteError::Refused(violation)))
    }

    /// Why the last write was refused.
    #[wasm_bindgen(js_name = takeRefusal)]
    pub fn take_refusal(&self) -> JsValue {
        self.refused
            .take()
            .map_or(JsValue::UNDEFINED, |error| refusal(&error))
    }

    /// How many values were ever written to the record.
    pub fn version(&self, id: u32) -> f64 {
        self.look(id, |view| view.door.version() as f64)
            .unwrap_or_default()
    }

    /// A number that every change of the record's state moves, each time to a larger one: a value from anywhere, one that goes
    /// back, and the loss of the only value, which is no version.
    pub fn revision(&self, id: u32) -> f64 {
        self.look(id, |view| {
            let keeps_newest = matches!(view.door.buffer(), BufferConfig::SingleLatest);
            let is_empty = keeps_newest && view.door.slice(u64::MAX, 0, &mut |_, _| {}) == 0;
            2.0 * view.door.version() as f64 + f64::from(u8::from(is_empty))
        })
        .unwrap_or_default()
    }

    /// Reads the newest value: into the scratch area if it fits numbers (`1`), for `takeValue` if
    /// not (`2`), or nothing (`0`). The origin's number stands in the second byte.
    pub fn latest(&self, id: u32) -> u32 {
        self.look(id, |view| {
            self.scratch.set_version(view.door.version());
            self.lend_latest(view)
        })
        .unwrap_or(NEXT_EMPTY)
    }

    /// Reads the next value of this side's reader: as [`latest`](Self::latest), or `3` when values
    /// were missed.
    pub fn next(&self, id: u32) -> u32 {
        let mut views = self.views.borrow_mut();
        let Some(view) = views.at_mut(id) else {
            return NEXT_EMPTY;
        };
        let Some(reader) = view.reader.as_mut() else {
            return NEXT_EMPTY;
        };
        match view.door.read(reader) {
            Read::Empty => NEXT_EMPTY,
            Read::Lagged { missed } => {
                self.scratch.set_missed(missed);
                NEXT_LAGGED
            }
            Read::Value(entry) => {
                let version = match view.door.buffer() {
                    BufferConfig::Mailbox => view.door.version(),
                    _ => reader.version(),
                };
                self.scratch.set_version(version);
                let origin = origin_number(entry.origin);
                let mut slots = self.scratch.slots_mut(view.width);
                if view.flat && Schema::encode_slots(&entry.value, &mut slots) {
                    return NEXT_SLOTS | origin;
                }
                self.value
                    .set(Some(view.door.schema().to_json(&entry.value)));
                NEXT_VALUE | origin
            }
        }
    }

    /// The value that the last read could not put into numbers, as JSON text.
    #[wasm_bindgen(js_name = takeValue)]
    pub fn take_value(&self) -> Option<String> {
        self.value.take()
    }

    /// Puts a slice of the past into the area for that, each value as the numbers of its fields: the `length` newest values up to
    /// the version `until`, oldest first, and no more of them than there is room for. Gives how many there are, -1 if they do
    /// not fit numbers. No values give the area's memory back.
    #[wasm_bindgen(js_name = pastSlots)]
    pub fn past_slots(&self, id: u32, until: f64, length: u32) -> i32 {
        self.look(id, |view| {
            let mut past = self
                .scratch
                .past(if view.flat { view.width } else { 0 }, length);
            view.door.slice(until as u64, past.length, &mut |_, entry| {
                past.put(&entry.value)
            });
            past.end()
        })
        .unwrap_or_default()
    }

    /// Where the slice that was just read starts in linear memory, in bytes; it moves.
    #[wasm_bindgen(getter)]
    pub fn past(&self) -> usize {
        self.scratch.past_address()
    }

    /// A slice of the past as the JSON text of a list: see [`past_slots`](Self::past_slots).
    #[wasm_bindgen(js_name = pastJson)]
    pub fn past_json(&self, id: u32, until: f64, length: u32) -> String {
        let mut json = String::from("[");
        self.look(id, |view| {
            let length = length as usize;
            view.door.slice(until as u64, length, &mut |_, entry| {
                if json.len() > 1 {
                    json.push(',');
                }
                json.push_str(&view.door.schema().to_json(&entry.value));
            });
        });
        json + "]"
    }

    /// Starts or ends this side's reader of the record, and its place in the list of changes.
    pub fn watch(&self, id: u32, watched: bool) {
        if let Some(view) = self.views.borrow_mut().at_mut(id) {
            view.door.watch(watched);
            view.reader = watched.then(|| view.door.subscribe());
        }
    }

    /// Calls `changed` of the host when watched records change, from now on.
    pub fn start(&self) {
        self.db.on_change(change_waker(self.host.clone()));
    }

    /// Where the numbers of changed records stand in linear memory, in bytes, as 32-bit integers.
    #[wasm_bindgen(getter)]
    pub fn changes(&self) -> usize {
        self.scratch.changes_address()
    }

    /// Puts the numbers of watched records that changed into the area of changes and says how
    /// many they are. When the area is full there may be more: ask again.
    #[wasm_bindgen(js_name = drainChanges)]
    pub fn drain_changes(&self) -> u32 {
        self.send_written(None);
        let mut changed = self.changed.borrow_mut();
        self.db.drain_changes(&mut changed);
        let count = changed.len().min(CHANGES_MAX);
        self.scratch
            .write_changes(changed.drain(..count).map(|id| id.index() as u32));
        count as u32
    }

    /// What a record is and has seen, for tools.
    pub fn inspect(&self, id: u32) -> JsValue {
        self.look(id, |view| {
            let counters = view.door.counters();
            Plain::new()
                .with("key", view.door.key())
                .with("schemaType", &*view.door.schema().name)
                .with("version", view.door.version() as f64)
                .with("written", counters.written as f64)
                .with("refused", counters.refused as f64)
                .with("read", counters.read as f64)
                .with("missed", counters.missed as f64)
                .with(
                    "mirrored",
                    self.peer.borrow().session_of(view.door.id()).is_some(),
                )
                .done()
        })
        .unwrap_or(JsValue::UNDEFINED)
    }

    /// Ends every reader and every session.
    pub fn close(&self) {
        let sessions = self.peer.borrow().sessions();
        for session in sessions {
            self.session_end(session as u32);
        }
        self.db.close();
    }
}

/// What is said of a record besides its contract and buffer.
#[wasm_bindgen]
pub struct RecordOptions {
    pub(crate) topic: Option<String>,
    pub(crate) offline: f64,
    pub(crate) refuse_unknown: bool,
    truth: Truth,
}

impl RecordOptions {
    fn mirroring(&self, buffer: BufferConfig) -> Mirroring {
        Mirroring {
            topic: self.topic.clone(),
            offline: policy(self.offline, buffer),
            truth: self.truth,
            by_host: false,
        }
    }
}

/// [`ENGINE_API`], for the package.
#[wasm_bindgen(js_name = engineApi)]
pub fn engine_api() -> u32 {
    ENGINE_API
}

#[wasm_bindgen]
impl RecordOptions {
    /// `offline` is one of the numbers `OFFLINE_…`, or milliseconds; `truth` one of `TRUTH_…`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        topic: Option<String>,
        offline: f64,
        refuse_unknown: bool,
        truth: u32,
    ) -> RecordOptions {
        RecordOptions {
            topic,
            offline,
            refuse_unknown,
            truth: match truth {
                TRUTH_LOCAL => Truth::Local,
                TRUTH_MIRROR => Truth::Mirror,
                _ => Truth::Auto,
            },
        }
    }
}

impl Engine {
    /// Writes through a record's door; a mirrored record's write goes to its server too.
    fn write(
        &self,
        id: u32,
        outgoing: Option<String>,
        accept: impl FnOnce(&View) -> Result<Commit, WriteError>,
    ) -> f64 {
        let record = {
            let views = self.views.borrow();
            let Some(view) = views.at(id) else {
                return WRITE_REFUSED;
            };
            if let Err(error) = accept(view) {
                self.refused.set(Some(error));
                return WRITE_REFUSED;
            }
            view.door.id()
        };
        let taken = self.send_written(outgoing.as_deref().map(|text| (record, text)));
        let taken = taken.filter(|(written, _)| *written == record);
        taken.map_or(0.0, |(_, write)| write.0 as f64)
    }

    pub(crate) fn look<O>(&self, id: u32, look: impl FnOnce(&View) -> O) -> Option<O> {
        self.views.borrow().at(id).map(look)
    }

    fn lend_latest(&self, view: &View) -> u32 {
        if view.flat {
            let mut slots = self.scratch.slots_mut(view.width);
            let origin = view.door.latest_slots(&mut slots);
            return origin.map_or(NEXT_EMPTY, |origin| NEXT_SLOTS | origin_number(origin));
        }
        let Some(entry) = view.door.latest() else {
            return NEXT_EMPTY;
        };
        self.value
            .set(Some(view.door.schema().to_json(&entry.value)));
        NEXT_VALUE | origin_number(entry.origin)
    }
}

/// Reads a plain value by a contract. It becomes JSON first: a decoder of contracts for JavaScript values too
/// would be a twentieth of the engine.
pub(crate) fn decode(
    schema: &Schema,
    value: JsValue,
    announced: Option<u32>,
    policy: Policy,
) -> Result<Fields, Box<Violation>> {
    schema.decode_any_version(json(&value), announced, policy)
}

fn read_file(file: JsValue) -> Result<Schema, JsValue> {
    Schema::from_file(&js_value::file(&file)).map_err(|error| file_error(&error))
}

/// The built-in contracts by their descriptions: one compiled record serves them all, where a typed
/// record for each would cost a tab 2 kB of download a contract.
fn builtin_contracts() -> Result<Contracts<WasmAdapter>, RegistryError> {
    let mut contracts = Contracts::default();
    for schema in builtin::ALL {
        contracts.register(Described::fixed(schema))?;
    }
    Ok(contracts)
}

fn registry_error(error: RegistryError) -> JsValue {
    failure(error.code(), &error.to_string())
}

fn buffer(capacity: f64) -> BufferConfig {
    match capacity {
        BUFFER_LATEST => BufferConfig::SingleLatest,
        BUFFER_MAILBOX => BufferConfig::Mailbox,
        // Out of range, a ring says so itself.
        _ => BufferConfig::SpmcRing {
            capacity: capacity as usize,
        },
    }
}

fn write(rule: bool) -> Write {
    Write::from(if rule { Origin::Rule } else { Origin::Local })
}

/// An origin in the result of a read: its place in [`ORIGIN_NAMES`](crate::numbers::ORIGIN_NAMES).
fn origin_number(origin: Origin) -> u32 {
    let place = match origin {
        Origin::Local => 0,
        Origin::Remote => 1,
        Origin::Rule => 2,
        Origin::Restored => 3,
    };
    place << ORIGIN_SHIFT
}

pub(crate) fn policy(offline: f64, buffer: BufferConfig) -> WritePolicy {
    match offline {
        OFFLINE_QUEUE => WritePolicy::Queue,
        OFFLINE_LATEST => WritePolicy::Latest,
        OFFLINE_REJECT => WritePolicy::Reject,
        after_ms if after_ms >= 0.0 => WritePolicy::Expire {
            after_ms: after_ms as u64,
        },
        _ => Mirroring::by_default(buffer).offline,
    }
}
