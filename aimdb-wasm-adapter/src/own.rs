//! What a module of one's own brings into each of its databases: contracts, and a graph of Rust types.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use aimdb_contracts::{RegistryError, Schema};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, BuildError, Contracts, Described, RecordDoor};
use js_sys::Array;

use crate::convert::Plain;
use crate::numbers::{BUFFER_LATEST, BUFFER_MAILBOX};
use crate::runtime::WasmAdapter;
use crate::views::{View, Views};

/// One call of [`bring`].
#[derive(Clone, Copy)]
struct Part {
    contracts: &'static [&'static Schema],
    graph: fn(&mut AimDbBuilder<WasmAdapter>),
}

/// What the engine does for the parts. A module that brings nothing has no such functions in it: only
/// [`bring`] names them.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    /// Builds a database with every graph in it.
    pub(crate) build: fn() -> Result<AimDb<WasmAdapter>, BuildError>,
    /// Makes the contracts known, and those of the records that were configured.
    pub(crate) register:
        fn(&mut Contracts<WasmAdapter>, &AimDb<WasmAdapter>) -> Result<(), RegistryError>,
    /// Gives the records that were configured, as this side sees them.
    pub(crate) views: fn(&AimDb<WasmAdapter>) -> Views,
    /// Tells JavaScript of them, in the order of configuration.
    pub(crate) list: fn(&AimDb<WasmAdapter>) -> Array,
}

thread_local! {
    /// In the order in which they were brought.
    static PARTS: RefCell<Vec<Part>> = const { RefCell::new(Vec::new()) };
    static OWN: Cell<Option<Own>> = const { Cell::new(None) };
}

/// Brings contracts and a graph into every database that is made from now on; what was brought before
/// stays. [`engine!`](crate::engine!) calls it when the module starts, before JavaScript can make one.
///
/// JavaScript opens records of the contracts by name. `graph` configures records, sources, transforms,
/// joins and taps; it is called once for each `new WasmDb()`, and its records are there from the
/// start, with their contracts, for JavaScript as for Rust.
pub fn bring(contracts: &'static [&'static Schema], graph: fn(&mut AimDbBuilder<WasmAdapter>)) {
    PARTS.with_borrow_mut(|parts| parts.push(Part { contracts, graph }));
    OWN.set(Some(Own {
        build,
        register,
        views,
        list,
    }));
}

/// What was brought, if anything was.
pub(crate) fn own() -> Option<Own> {
    OWN.get()
}

fn build() -> Result<AimDb<WasmAdapter>, BuildError> {
    let mut builder = AimDbBuilder::new(WasmAdapter);
    // Out of the list first: a graph is code of the application.
    for part in PARTS.with_borrow(Clone::clone) {
        (part.graph)(&mut builder);
    }
    builder.build()
}

fn register(
    contracts: &mut Contracts<WasmAdapter>,
    db: &AimDb<WasmAdapter>,
) -> Result<(), RegistryError> {
    for part in PARTS.with_borrow(Clone::clone) {
        for schema in part.contracts {
            contracts.register(Described::fixed(schema))?;
        }
    }
    for door in db.doors() {
        contracts.register(Described::given(door.schema().clone()))?;
    }
    Ok(())
}

fn views(db: &AimDb<WasmAdapter>) -> Views {
    let mut views = Views::default();
    for door in db.doors() {
        views.put(View::new(door, false));
    }
    views
}

fn list(db: &AimDb<WasmAdapter>) -> Array {
    let known = |door: &Arc<dyn RecordDoor>| {
        Plain::new()
            .with("id", door.id().index() as f64)
            .with("key", door.key())
            .with("schemaType", &*door.schema().name)
            .with("capacity", capacity(door.buffer()))
            .done()
    };
    db.doors().iter().map(known).collect()
}

/// The number of a buffer, as [`Engine::configure`](crate::Engine::configure) takes it.
fn capacity(buffer: BufferConfig) -> f64 {
    match buffer {
        BufferConfig::SingleLatest => BUFFER_LATEST,
        BufferConfig::Mailbox => BUFFER_MAILBOX,
        BufferConfig::SpmcRing { capacity } => capacity as f64,
    }
}

/// Makes the crate an engine of one's own: what the npm package loads by `init({ glue })`, with these
/// contracts and this graph in each of its databases. To be called once, in a crate of the type `cdylib`.
///
/// ```ignore
/// aimdb_wasm_adapter::engine! {
///     contracts: [Pump, Meter],
///     graph: build,
/// }
///
/// fn build(builder: &mut AimDbBuilder<WasmAdapter>) {
///     builder.configure::<Meter>("meter", |reg| {
///         reg.buffer(BufferConfig::SingleLatest)
///             .transform("pump", |pump: &Pump| Some(Meter::of(pump)));
///     });
/// }
/// ```
///
/// It is the same as
///
/// ```ignore
/// #[wasm_bindgen(start)]
/// fn start_engine() {
///     aimdb_wasm_adapter::bring(&[Pump::SCHEMA, Meter::SCHEMA], build);
/// }
/// ```
#[macro_export]
macro_rules! engine {
    (contracts: [$($contract:ty),* $(,)?], graph: $graph:expr $(,)?) => {
        #[$crate::expanded::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = $crate::expanded::wasm_bindgen,
            start
        )]
        fn start_engine() {
            $crate::bring(
                &[$(<$contract as $crate::expanded::Streamable>::SCHEMA),*],
                $graph,
            );
        }
    };
}
