//! What the engine asks of JavaScript.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The client package's side of the engine.
    ///
    /// Its methods must not throw. `changed` and `slots` are called in the middle of the engine's work and
    /// must not call the engine before they return: whatever reaches user code is put off to a microtask. The others are
    /// called when that work is done, and may call it.
    pub type Host;

    /// A watched record changed: drain the changes in a microtask.
    #[wasm_bindgen(method)]
    pub(crate) fn changed(this: &Host);

    /// Open a socket for the session.
    #[wasm_bindgen(method)]
    pub(crate) fn open(this: &Host, session: u32, attempt: u32);

    /// Close the session's socket and report nothing of it any more.
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &Host, session: u32, code: u16, reason: &str);

    /// Send a text frame over the session's socket.
    #[wasm_bindgen(method)]
    pub(crate) fn send(this: &Host, session: u32, text: &str);

    /// Report the session's timer at this time of `performance.now`.
    #[wasm_bindgen(method, js_name = wakeAt)]
    pub(crate) fn wake_at(this: &Host, session: u32, at_ms: f64);

    /// Put a payload into the scratch area, as numbers of this record's contract; `false` if it does not fit them. Called in
    /// the middle of the engine's work.
    #[wasm_bindgen(method)]
    pub(crate) fn slots(this: &Host, record: u32, payload: &JsValue) -> bool;

    /// Tell those who listen to the session; `event` is a plain object with a `type`.
    #[wasm_bindgen(method)]
    pub(crate) fn event(this: &Host, session: u32, event: JsValue);
}

thread_local! {
    /// The hosts whose engines run in this thread. A waker must be `Send`, and a JavaScript object
    /// is not: a waker holds its number here instead.
    static HOSTS: RefCell<Vec<Option<Rc<Host>>>> = const { RefCell::new(Vec::new()) };
}

/// Calls [`Host::changed`] of one host, in the thread that made it.
struct Changed(usize);

/// A waker that tells `host` that a watched record changed, for as long as it is kept.
pub(crate) fn change_waker(host: Rc<Host>) -> Waker {
    let number = HOSTS.with_borrow_mut(|hosts| {
        let free = hosts
            .iter()
            .position(Option::is_none)
            .unwrap_or(hosts.len());
        if free == hosts.len() {
            hosts.push(None);
        }
        hosts[free] = Some(host);
        free
    });
    Waker::from(Arc::new(Changed(number)))
}

impl Wake for Changed {
    fn wake(self: Arc<Self>) {
        // Out of the list first: the host may make another engine.
        let host = HOSTS.with_borrow(|hosts| hosts.get(self.0).cloned().flatten());
        if let Some(host) = host {
            host.changed();
        }
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        // At the end of a thread the list may be gone already.
        let _ = HOSTS.try_with(|hosts| hosts.borrow_mut().get_mut(self.0).and_then(Option::take));
    }
}
