//! JSON Schema for JavaScript: a tree of JSON in, a tree of JSON out, both as bytes.
//!
//! Made for one caller, the entry `@aimdb/wasm/json-schema`. An answer is a contract file or a schema; a refusal is an
//! object with the name `refusal`, which neither has.
//!
//! It looks at no contract file that it makes: the engine does when the contract is registered, and the code for that is
//! larger than all the rest.
//!
//! On wasm it stands without the standard library, as the pipeline does, and is built by itself for the same reason.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod tree;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::{Code, Json};
use aimdb_json_schema::{Options, SchemaError};
use wasm_bindgen::prelude::*;

/// A fifth of the code of the default allocator, and each call takes the same time however full the memory is.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();

/// A panic is a bug of this module; it ends the call as an error that JavaScript can catch.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The contract file of a JSON Schema. `call` is the schema, the name of the contract, an empty one being none, its
/// version, and an object of the patterns in the schema that are none, by themselves, and why.
#[wasm_bindgen(js_name = fromJsonSchema)]
pub fn from_json_schema(call: &[u8]) -> Vec<u8> {
    answer(tree::read(call).ok_or_else(invalid).and_then(|parts| {
        let [
            schema,
            Json::Text(name),
            Json::Number(version),
            Json::Map(no_patterns),
        ] = parts.as_slice()
        else {
            return Err(invalid());
        };
        let options = Options {
            name: (!name.is_empty()).then(|| name.clone()),
            version: version.to_f64() as u32,
        };
        aimdb_json_schema::from_json_schema_judged(schema, &options, no_patterns)
            .map_err(unsupported)
    }))
}

/// The JSON Schema of a contract file, which is the whole of `call`.
#[wasm_bindgen(js_name = toJsonSchema)]
pub fn to_json_schema(call: &[u8]) -> Vec<u8> {
    answer(tree::read(call).ok_or_else(invalid).and_then(|parts| {
        let file = parts.first().ok_or_else(invalid)?;
        aimdb_json_schema::to_json_schema(file).map_err(unsupported)
    }))
}

/// What is told of a refusal: its code and message, and what else is known by name.
type Refusal = Vec<(&'static str, String)>;

fn invalid() -> Refusal {
    alloc::vec![
        ("code", Code::JsonInvalid.as_str().into()),
        ("message", "JSON nests too deep".into())
    ]
}

fn unsupported(error: SchemaError) -> Refusal {
    alloc::vec![
        ("code", error.code().into()),
        ("message", error.words()),
        ("keyword", error.keyword),
        ("pointer", error.pointer),
    ]
}

fn answer(result: Result<Json, Refusal>) -> Vec<u8> {
    let json = result.unwrap_or_else(|refusal| {
        let entries = refusal.into_iter();
        let entries = entries.map(|(name, words)| (name.to_string(), Json::Text(words)));
        Json::Map(alloc::vec![(
            "refusal".to_string(),
            Json::Map(entries.collect())
        )])
    });
    let mut out = Vec::new();
    tree::write(&json, &mut out);
    out
}
