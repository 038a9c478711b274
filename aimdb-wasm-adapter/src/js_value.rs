//! A JavaScript value as plain JSON: what is no data stands in it as a stray, for the contract to refuse with its place.
//!
//! The client package has copied a value before it comes here. What is no data stands there as a function that has
//! the words for it (`client/src/plain.ts`). Half a character can be anywhere in what is parsed from JSON too, so
//! that it is looked for here: it would become another character on the way into Rust.

use aimdb_contracts::{JSON_BYTES_MAX, JSON_DEPTH_MAX, Json, LONE_SURROGATE, Number};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Deepest nesting of a value that is read: a frame that goes on and on must not use up the engine's stack.
const DEPTH_MAX: usize = 64;

/// Largest value that is read, in bytes of its texts and eight for each part: twice the largest frame of a server.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// The first byte of U+FFFD, which half a character becomes on the way into Rust, and of few others.
const REPLACEMENT: u8 = 0xef;

/// Reads a value.
pub(crate) fn json(value: &JsValue) -> Json {
    Reader {
        depth_max: DEPTH_MAX,
        bytes_left: BYTES_MAX,
    }
    .json(value, 0)
}

/// Reads a contract file.
pub(crate) fn file(value: &JsValue) -> Json {
    Reader {
        depth_max: JSON_DEPTH_MAX,
        bytes_left: JSON_BYTES_MAX,
    }
    .json(value, 0)
}

/// The limits, and what is left of them.
struct Reader {
    depth_max: usize,
    bytes_left: usize,
}

impl Reader {
    fn json(&mut self, value: &JsValue, depth: usize) -> Json {
        if value.is_null() || value.is_undefined() {
            Json::Null
        } else if let Some(number) = value.as_f64() {
            Json::Number(Number::of_f64(number))
        } else if let Some(boolean) = value.as_bool() {
            Json::Bool(boolean)
        } else if value.is_string() {
            self.text(value).map_or_else(half, Json::Text)
        } else if value.is_bigint() {
            big_integer(value)
        } else if value.is_function() {
            let words = Reflect::get(value, &JsValue::from_str("words")).ok();
            let words = words.and_then(|words| words.as_string());
            Json::Stray(words.unwrap_or_default())
        } else if depth == self.depth_max {
            Json::Stray(format!("a value deeper than {} levels", self.depth_max))
        } else if Array::is_array(value) {
            self.list(value.unchecked_ref(), depth + 1)
        } else {
            self.map(value, depth + 1)
        }
    }

    fn list(&mut self, list: &Array, depth: usize) -> Json {
        let mut elements = Vec::new();
        for at in 0..list.length() {
            elements.push(self.part(&list.get(at), depth));
        }
        Json::List(elements)
    }

    fn map(&mut self, object: &JsValue, depth: usize) -> Json {
        let names = Object::keys(object.unchecked_ref::<Object>());
        let mut entries = Vec::new();
        for at in 0..names.length() {
            let name = names.get(at);
            let part = Reflect::get(object, &name).unwrap_or(JsValue::NULL);
            let Some(name) = self.text(&name) else {
                return half();
            };
            entries.push((name, self.part(&part, depth)));
        }
        Json::Map(entries)
    }

    fn part(&mut self, value: &JsValue, depth: usize) -> Json {
        match self.bytes_left.checked_sub(8) {
            None => Json::Stray("more than all bytes that a value may have".into()),
            Some(left) => {
                self.bytes_left = left;
                self.json(value, depth)
            }
        }
    }

    /// A text; nothing if it has half a character.
    fn text(&mut self, value: &JsValue) -> Option<String> {
        let text = value.as_string().unwrap_or_default();
        self.bytes_left = self.bytes_left.saturating_sub(text.len());
        // Half a character does not come back as it was.
        let is_whole =
            !text.bytes().any(|byte| byte == REPLACEMENT) || JsValue::from_str(&text) == *value;
        is_whole.then_some(text)
    }
}

fn half() -> Json {
    Json::Stray(LONE_SURROGATE.into())
}

/// A BigInt by its digits.
fn big_integer(value: &JsValue) -> Json {
    let big: &js_sys::BigInt = value.unchecked_ref();
    let digits = big
        .to_string(10)
        .map_or_else(|_| String::new(), String::from);
    if let Ok(integer) = digits.parse::<u64>() {
        Json::Number(Number::Unsigned(integer))
    } else if let Ok(integer) = digits.parse::<i64>() {
        Json::Number(Number::Signed(integer))
    } else {
        Json::Stray("a bigint beyond 64 bits".into())
    }
}
