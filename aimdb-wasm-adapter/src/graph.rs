//! What JavaScript does between records, as the graph knows it. The reading and writing is done there.

use aimdb_core::{Attachment, Claim};
use wasm_bindgen::prelude::*;

use crate::convert::build_error;
use crate::engine::Engine;
use crate::numbers::{CLAIM_DERIVATION, CLAIM_SOURCE};

#[wasm_bindgen]
impl Engine {
    /// Notes that JavaScript writes a record (`kind` is `CLAIM_SOURCE`), derives it from `inputs` (`CLAIM_DERIVATION`) or looks
    /// at it (`CLAIM_TAP`), unless the graph cannot be so. Gives a number for `unclaim`.
    pub fn claim(&self, key: &str, kind: u32, inputs: Vec<String>) -> Result<f64, JsValue> {
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let claim = match kind {
            CLAIM_SOURCE => Claim::Source,
            CLAIM_DERIVATION => Claim::Derivation(&inputs),
            _ => Claim::Tap,
        };
        match self.db.claim(key, claim) {
            Ok(claimed) => Ok(claimed.number() as f64),
            Err(error) => Err(build_error(&error, Some(key))),
        }
    }

    /// Takes back what `claim` noted, unless it went with its record.
    pub fn unclaim(&self, key: &str, number: f64) {
        if let Some(door) = self.db.door(key) {
            let claimed = Attachment::new(door.id(), number as u64);
            self.db.detach(claimed);
        }
    }

    /// Who reads whom, in the order of configuration: a line for each record, and in it, after a tab each, its
    /// key, its contract, its writer or nothing, the number of its taps, and its inputs. No key holds a
    /// control character.
    pub fn graph(&self) -> String {
        let mut text = String::new();
        let mut put = |part: &str, end: char| {
            text.push_str(part);
            text.push(end);
        };
        for node in &self.db.graph() {
            put(&node.key, '\t');
            put(&node.schema, '\t');
            put(node.writers.first().copied().unwrap_or_default(), '\t');
            put(&node.taps.to_string(), '\t');
            for input in &node.inputs {
                put(input, '\t');
            }
            put("", '\n');
        }
        text
    }
}
