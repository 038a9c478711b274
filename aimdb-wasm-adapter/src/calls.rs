//! What the engine asks of JavaScript, in order, once its own work is done.
//!
//! A WebSocket class that an application brought may call the engine in the middle of `send`. So nothing is
//! performed while a machine is at work: what it wants is noted, and done when it has returned. What comes up meanwhile
//! is done after it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use wasm_bindgen::JsValue;

use crate::host::Host;

/// One call of the host.
pub(crate) enum Call {
    /// Open a socket.
    Open { attempt: u32 },
    /// Close the socket.
    Close { code: u16, reason: &'static str },
    /// Send a text frame.
    Send(String),
    /// Report the timer.
    WakeAt(f64),
    /// Tell those who listen.
    Event(JsValue),
}

/// The calls that wait, each with its session.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: RefCell<VecDeque<(u32, Call)>>,
    is_busy: Cell<bool>,
}

impl Calls {
    pub(crate) fn note(&self, session: u32, call: Call) {
        self.waiting.borrow_mut().push_back((session, call));
    }

    /// Performs what waits, unless that is being done further up.
    pub(crate) fn perform(&self, host: &Host) {
        if self.is_busy.replace(true) {
            return;
        }
        loop {
            // Out of the list first: the host may call the engine.
            let next = self.waiting.borrow_mut().pop_front();
            let Some((session, call)) = next else { break };
            match call {
                Call::Open { attempt } => host.open(session, attempt),
                Call::Close { code, reason } => host.close(session, code, reason),
                Call::Send(text) => host.send(session, &text),
                Call::WakeAt(at_ms) => host.wake_at(session, at_ms),
                Call::Event(event) => host.event(session, event),
            }
        }
        self.is_busy.set(false);
    }
}
