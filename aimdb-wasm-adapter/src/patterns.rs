//! Patterns, judged by the regular expressions that every JavaScript place has.

use std::cell::RefCell;

use aimdb_contracts::pattern::Engine;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type RegExp;
    #[wasm_bindgen(constructor, catch)]
    fn new(pattern: &str, flags: &str) -> Result<RegExp, JsValue>;
    #[wasm_bindgen(method)]
    fn test(this: &RegExp, text: &str) -> bool;
    #[wasm_bindgen(method, getter)]
    fn message(this: &JsError) -> String;
    #[wasm_bindgen(js_name = Error)]
    type JsError;
}

/// So many compiled expressions are kept; an application has tens of patterns.
const KEPT_MAX: usize = 256;

thread_local! {
    static KEPT: RefCell<Vec<(String, RegExp)>> = const { RefCell::new(Vec::new()) };
}

/// The browser's own engine. It has no bound on its steps: a tab judges by the patterns of its own
/// application and of the servers that it chose to adopt.
pub(crate) static REGULAR_EXPRESSIONS: Engine = Engine {
    check: |pattern| compile(pattern).map(|_| ()),
    is_match: |pattern, text| {
        KEPT.with_borrow_mut(|kept| {
            if let Some((_, expression)) = kept.iter().find(|(known, _)| known == pattern) {
                return Some(expression.test(text));
            }
            // It was compiled once when its contract was registered.
            let expression = compile(pattern).ok()?;
            let is_match = expression.test(text);
            if kept.len() == KEPT_MAX {
                kept.clear();
            }
            kept.push((pattern.to_owned(), expression));
            Some(is_match)
        })
    },
};

fn compile(pattern: &str) -> Result<RegExp, String> {
    RegExp::new(pattern, "u").map_err(|error| error.unchecked_into::<JsError>().message())
}
