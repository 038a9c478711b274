//! JSON Schema (2020-12) and contract files, both ways.
//!
//! What a contract can say is converted, and means the same. What it cannot is an error that names the keyword and its
//! place; nothing is dropped in silence but words for people that a contract has no room for (`examples`, `$comment`).
//! `docs/json-schema.md` has the table of keywords.
//!
//! ```
//! use aimdb_contracts::Json;
//! use aimdb_json_schema::{Options, from_json_schema};
//!
//! let schema = Json::parse(r#"{
//!     "title": "Pressure", "type": "object", "required": ["bar"],
//!     "properties": { "bar": { "type": "number", "minimum": 0, "maximum": 400 } }
//! }"#)?;
//! let contract = from_json_schema(&schema, &Options::default())?;
//! assert_eq!(contract.get("name"), Some(&Json::Text("pressure".into())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What this crate does not do: it fetches nothing. A `$ref` leads to a place in the same document.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod build;
mod cut;
mod document;
mod error;
mod from;
mod pointer;
mod to;

pub use error::SchemaError;
pub use from::{Options, TypeOf, from_json_schema, from_json_schema_judged, type_from_json_schema};
pub use to::to_json_schema;
