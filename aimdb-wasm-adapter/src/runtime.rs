//! The four runtime traits over what every JavaScript place has: promises, `performance.now`,
//! `setTimeout` and the console, all reached through `globalThis`, so that a window, a worker and
//! Node are one platform.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aimdb_core::{
    Entry, Erase, Fields, Hold, Level, Logger, Next, Part, RecordDoor, RuntimeAdapter, Spawn,
    StateCell, TimeOps,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::console;

// web-sys reaches these through a window or a worker alone, and Node is neither.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, delay_ms: i32);
}

/// Longest time that `setTimeout` keeps, in milliseconds: beyond it, it fires at once.
const TIMEOUT_MS_MAX: u128 = i32::MAX as u128;

/// Runs a database on the event loop it is in.
#[derive(Clone, Copy, Debug, Default)]
pub struct WasmAdapter;

/// State of the one thread.
pub struct Local<T>(Rc<RefCell<T>>);

impl<T> Clone for Local<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> StateCell<T> for Local<T> {
    fn new(value: T) -> Self {
        Self(Rc::new(RefCell::new(value)))
    }

    fn with<O>(&self, look: impl FnOnce(&mut T) -> O) -> O {
        look(&mut self.0.borrow_mut())
    }
}

impl RuntimeAdapter for WasmAdapter {
    const NAME: &'static str = "wasm";

    type Cell<T: 'static> = Local<T>;
    type Door = dyn RecordDoor;
    type Tap = dyn FnMut(Next<Entry<Fields>>);
    type Step = dyn FnMut(usize, Entry<Fields>) -> Option<Fields>;
    type Part = dyn Part<Self>;
}

impl<D: RecordDoor> Erase<D> for WasmAdapter {
    #[allow(
        clippy::arc_with_non_send_sync,
        reason = "one face for all runtimes; here one thread"
    )]
    fn erase(record: D) -> Arc<dyn RecordDoor> {
        Arc::new(record)
    }
}

impl<P: Part<WasmAdapter>> Hold<P> for WasmAdapter {
    fn hold(part: P) -> Box<Self::Part> {
        Box::new(part)
    }
}

impl<F: Future<Output = ()> + 'static> Spawn<F> for WasmAdapter {
    fn spawn(&self, future: F) {
        spawn_local(future);
    }
}

aimdb_core::portable!(WasmAdapter);

impl TimeOps for WasmAdapter {
    type Sleep = Sleep;

    fn monotonic_ms(&self) -> f64 {
        performance_now()
    }

    fn unix_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let delay_ms = duration.as_millis().min(TIMEOUT_MS_MAX) as i32;
        let promise = js_sys::Promise::new(&mut |resolve, _| set_timeout(&resolve, delay_ms));
        Sleep(JsFuture::from(promise))
    }
}

/// Ends when its timeout fires.
pub struct Sleep(JsFuture);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(context).map(|_| ())
    }
}

impl Logger for WasmAdapter {
    fn log(&self, level: Level, line: fmt::Arguments<'_>) {
        let line = format!("[aimdb] {line}").into();
        match level {
            Level::Debug => console::debug_1(&line),
            Level::Info => console::info_1(&line),
            Level::Warn => console::warn_1(&line),
            Level::Error => console::error_1(&line),
        }
    }
}
