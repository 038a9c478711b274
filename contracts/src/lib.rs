//! What a record type is: a name, a version, checks that refuse bad data, and a description of itself.
//!
//! A contract is a struct and an attribute. The derive writes the serde implementations from the
//! struct's own description, so that every way in (JSON, a JavaScript object, plain numbers)
//! applies the same checks and refuses with the same words:
//!
//! ```
//! use aimdb_contracts::{Contract, SchemaType, Streamable};
//!
//! /// Pressure in a tank.
//! #[derive(Clone, Debug, PartialEq, Contract)]
//! #[contract(name = "pressure", version = 1)]
//! struct Pressure {
//!     /// Above ambient.
//!     #[contract(unit = "bar", min = 0.0, max = 400.0)]
//!     bar: f32,
//!     #[contract(unit = "ms")]
//!     timestamp: u64,
//! }
//!
//! assert_eq!(Pressure::NAME, "pressure");
//! let good: Pressure = serde_json::from_str(r#"{"bar":21.1,"timestamp":5}"#).unwrap();
//! assert_eq!(serde_json::to_string(&good).unwrap(), r#"{"bar":21.1,"timestamp":5}"#);
//!
//! let refusal = Pressure::SCHEMA.decode_json(br#"{"bar":1e9,"timestamp":5}"#, Default::default());
//! assert_eq!(
//!     refusal.unwrap_err().to_string(),
//!     "pressure: bar: expected a number from 0 to 400, got 1000000000",
//! );
//! ```
//!
//! What this crate does not do: it holds no values, knows no transport and reads no clock.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
extern crate self as aimdb_contracts;
#[cfg(any(test, feature = "patterns", feature = "std"))]
extern crate std;

mod alike;
mod base64;
#[cfg(feature = "builtin")]
pub mod builtin;
mod check;
mod code;
#[cfg(feature = "compat")]
pub mod compat;
mod decode;
#[doc(hidden)]
pub mod derive_support;
mod encode;
pub mod field;
pub mod file;
mod format;
mod json;
mod migratable;
pub mod migrate;
mod number;
pub mod pattern;
mod place;
mod preset;
pub mod registry;
mod room;
mod rules;
mod safe;
pub mod schema;
mod slots;
mod steps;
#[cfg(feature = "testing")]
pub mod testing;
mod traits;
mod typescript;
mod value;
mod violation;
mod wanted;

pub use aimdb_contracts_derive::Contract;
pub use code::Code;
pub use decode::Policy;
pub use encode::Described;
pub use field::{Bytes, FieldType, Timestamp};
pub use file::FileError;
pub use format::Format;
pub use json::{JSON_BYTES_MAX, JSON_DEPTH_MAX, Json, LONE_SURROGATE};
pub use migratable::Migratable;
pub use number::{Number, SAFE_INTEGER_MAX, shortest_f64};
pub use registry::{Registry, RegistryError};
pub use schema::{Field, Kind, Schema, UnknownFields};
pub use traits::{Linkable, Observable, SchemaType, Settable, Simulatable, Streamable};
pub use typescript::{pascal_case, typescript, typescript_module, typescript_of};
pub use value::{Entries, Lent, Parts, TypedEntries, TypedParts, Value};
pub use violation::{GOT_LENGTH_MAX, Reason, Violation};
pub use wanted::listed;
