//! The browser: a runtime for the engine in a tab, a worker or Node, and the engine that the npm
//! package `@aimdb/wasm` loads.
//!
//! [`WasmAdapter`] is the platform for Rust code that runs a database in a tab. [`Engine`] is the
//! composition root that JavaScript drives; it is made for one caller, the client package, which
//! keeps to the rules that stand on [`Host`].
//!
//! There is one thread here, so shared state lives in `Rc<RefCell<_>>` and nothing is `Send`.
#![deny(unsafe_code)]

mod convert;
mod engine;
mod frames;
mod host;
mod js_value;
mod mirror;
mod patterns;
mod runtime;
mod scratch;
mod session;
mod sessions;
mod views;

pub use engine::{Engine, RecordOptions};
pub use host::Host;
pub use runtime::{Local, WasmAdapter};
