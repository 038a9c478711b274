//! The TypeScript of contracts, for JavaScript: a list of contract files as JSON text in, source text out.
//!
//! Made for one caller, the entry `@aimdb/wasm/types`. It is a module of its own, since it checks the files as the
//! engine does, which is most of its size, and who converts schemas in a tab hands the result to an engine anyway.
//!
//! On wasm it stands without the standard library, as the pipeline does, and is built by itself for the same reason.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(unsafe_code)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::{Json, Schema, typescript_module};
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

/// Contract files, and their types.
#[wasm_bindgen]
#[derive(Default)]
pub struct Types {
    schemas: Vec<Schema>,
    message: String,
    place: String,
}

#[wasm_bindgen]
impl Types {
    /// Without any contract.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        aimdb_regexp::install();
        Self::default()
    }

    /// Adds a contract file, given as JSON text; false if it cannot be one.
    pub fn add(&mut self, file: &str) -> bool {
        let read = Json::parse(file)
            .map_err(|words| (words, String::new()))
            .and_then(|file| self.read(&file));
        match read {
            Ok(schema) => {
                self.schemas.push(schema);
                true
            }
            Err((message, place)) => {
                (self.message, self.place) = (message, place);
                false
            }
        }
    }

    /// Why the last file was refused.
    pub fn message(&self) -> String {
        self.message.clone()
    }

    /// Where in it, as a JSON pointer.
    pub fn place(&self) -> String {
        self.place.clone()
    }

    /// The source text of all.
    pub fn write(&self) -> String {
        typescript_module(&self.schemas.iter().collect::<Vec<_>>(), "@aimdb/wasm")
    }
}

impl Types {
    fn read(&self, file: &Json) -> Result<Schema, (String, String)> {
        let schema = Schema::from_file(file).map_err(|error| (error.to_string(), error.place))?;
        // One of them would go without a word.
        if self.schemas.iter().any(|known| known.name == schema.name) {
            let message = "another contract has the same name: ".to_string() + &schema.name;
            return Err((message, "/name".into()));
        }
        Ok(schema)
    }
}
