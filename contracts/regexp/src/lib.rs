//! Patterns, judged by the regular expressions that every JavaScript place has: for modules that seldom do it.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

use aimdb_contracts::pattern::{self, Engine};
use alloc::string::String;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type RegExp;
    #[wasm_bindgen(constructor, catch)]
    fn new(pattern: &str, flags: &str) -> Result<RegExp, JsValue>;
    #[wasm_bindgen(method)]
    fn test(this: &RegExp, text: &str) -> bool;
    #[wasm_bindgen(js_name = String)]
    fn words(value: &JsValue) -> String;
}

/// Nothing is kept: here only defaults are judged by patterns.
static REGULAR_EXPRESSIONS: Engine = Engine {
    check: |pattern| compile(pattern).map(|_| ()),
    is_match: |pattern, text| Some(compile(pattern).ok()?.test(text)),
};

/// Makes the module judge patterns so. Once is enough, more often does no harm.
pub fn install() {
    pattern::install(&REGULAR_EXPRESSIONS);
}

fn compile(pattern: &str) -> Result<RegExp, String> {
    RegExp::new(pattern, "u").map_err(|error| words(&error))
}
