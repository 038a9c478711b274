//! The browser: a runtime for the engine in a tab, a worker or Node, and the engine that the npm
//! package `@aimdb/wasm` loads.
//!
//! [`WasmAdapter`] is the platform for Rust code that runs a database in a tab. With the feature `engine`
//! there is `Engine`, the composition root that JavaScript drives; it is made for one caller, the client
//! package, which keeps to the rules that stand on `Host`. A module of one's own is that engine and a
//! graph of Rust types in the same database: see `engine!`.
//!
//! There is one thread here, so shared state lives in `Rc<RefCell<_>>` and nothing is `Send`.
#![deny(unsafe_code)]

#[cfg(feature = "engine")]
mod cached;
#[cfg(feature = "engine")]
mod calls;
#[cfg(feature = "engine")]
mod convert;
#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "engine")]
mod frames;
#[cfg(feature = "engine")]
mod graph;
#[cfg(feature = "engine")]
mod host;
#[cfg(feature = "engine")]
mod js_value;
#[cfg(feature = "engine")]
pub mod numbers;
#[cfg(feature = "engine")]
mod own;
#[cfg(feature = "engine")]
mod patterns;
mod runtime;
#[cfg(feature = "engine")]
mod scratch;
#[cfg(feature = "engine")]
mod session;
#[cfg(feature = "engine")]
mod sessions;
#[cfg(feature = "engine")]
mod stored;
#[cfg(feature = "engine")]
mod told;
#[cfg(feature = "engine")]
mod views;

#[cfg(feature = "engine")]
pub use engine::{Engine, RecordOptions, engine_api};
#[cfg(feature = "engine")]
pub use host::Host;
#[cfg(feature = "engine")]
pub use own::bring;
pub use runtime::{Local, WasmAdapter};

/// What [`engine!`] names.
#[cfg(feature = "engine")]
#[doc(hidden)]
pub mod expanded {
    pub use aimdb_contracts::Streamable;
    pub use wasm_bindgen;
}
