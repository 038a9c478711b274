//! Values that a device keeps, on their way there and back.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::convert::Plain;
use crate::engine::Engine;
use crate::sessions::Parsed;

#[wasm_bindgen]
impl Engine {
    /// What is known of a record's newest value, if a later run may show it: `version` of its contract, and `seq` and `server`
    /// where its server gives numbers; `untaken` has the versions of what is in a ring though no server took it. Undefined of one that holds what no server has confirmed, and of commands.
    #[wasm_bindgen(js_name = recordSeen)]
    pub fn record_seen(&self, record: u32) -> JsValue {
        let seen = self.look(record, |view| {
            let peer = self.peer.borrow();
            let seen = peer.seen(view.door.id())?;
            let told = Plain::new()
                .with("version", f64::from(view.door.schema().version))
                .with_some("seq", seen.seq.map(|seq| seq as f64))
                .with_some("server", seen.server)
                .with("untaken", numbers(&seen.untaken));
            Some(told.done())
        });
        seen.flatten().unwrap_or(JsValue::UNDEFINED)
    }

    /// The server that an earlier run has heard last. Said before the session starts.
    #[wasm_bindgen(js_name = sessionHeardBefore)]
    pub fn session_heard_before(&self, session: u32, server: &str) {
        self.peer
            .borrow_mut()
            .heard_before(session as usize, server);
    }

    /// Shows a value that an earlier run has kept, of this version of the contract; `false` if that does not take it any more.
    /// `seq` is its number under the server that was heard before.
    #[wasm_bindgen(js_name = restoreValue)]
    pub fn restore_value(
        &self,
        record: u32,
        value: &JsValue,
        version: Option<u32>,
        seq: Option<f64>,
    ) -> bool {
        let parsed = Parsed::new(self, value);
        let id = self.look(record, |view| view.door.id());
        let restored = id.map(|id| {
            let seq = seq.map(|seq| seq as u64);
            self.peer
                .borrow_mut()
                .restore_value(id, &parsed, version, seq)
        });
        restored.is_some_and(|restored| restored.is_ok())
    }
}

fn numbers(versions: &[u64]) -> Array {
    versions
        .iter()
        .map(|version| JsValue::from_f64(*version as f64))
        .collect()
}
