//! What a module of one's own brings into each of its databases: contracts, and a graph of Rust types.

use std::cell::RefCell;

use aimdb_contracts::{RegistryError, Schema};
use aimdb_core::{AimDb, AimDbBuilder, Contracts, Described};

use crate::runtime::WasmAdapter;

/// One call of [`bring`].
#[derive(Clone, Copy)]
struct Part {
    contracts: &'static [&'static Schema],
    graph: fn(&mut AimDbBuilder<WasmAdapter>),
}

thread_local! {
    /// In the order in which they were brought.
    static PARTS: RefCell<Vec<Part>> = const { RefCell::new(Vec::new()) };
}

/// Brings contracts and a graph into every database that is made from now on; what was brought before
/// stays. [`engine!`](crate::engine!) calls it when the module starts, before JavaScript can make one.
///
/// JavaScript opens records of the contracts by name. `graph` configures records, sources, transforms,
/// joins and taps; it is called once for each `new WasmDb()`, and its records are there from the
/// start, with their contracts, for JavaScript as for Rust.
pub fn bring(contracts: &'static [&'static Schema], graph: fn(&mut AimDbBuilder<WasmAdapter>)) {
    PARTS.with_borrow_mut(|parts| parts.push(Part { contracts, graph }));
}

/// Lets every graph configure its records.
pub(crate) fn configure(builder: &mut AimDbBuilder<WasmAdapter>) {
    // Out of the list first: a graph is code of the application.
    for part in PARTS.with_borrow(Clone::clone) {
        (part.graph)(builder);
    }
}

/// Makes the contracts known, and those of the records that were configured.
pub(crate) fn register(
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
