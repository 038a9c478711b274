//! A runtime without a platform: tasks wait in a list until the test runs them, and time stands still.
//! Whatever happens in it happens again in the next run.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Pending, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::string::{String, ToString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use std::vec::Vec;

use aimdb_core::{
    Entry, Erase, Fields, Level, Logger, Next, RecordDoor, RuntimeAdapter, Spawn, StateCell,
    TimeOps,
};

/// The runtime. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Still(Rc<Shared>);

#[derive(Default)]
struct Shared {
    spawned: RefCell<Vec<Task>>,
    running: RefCell<Vec<Task>>,
    polls: Cell<u64>,
    log: RefCell<Vec<String>>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Still {
    /// Runs the tasks until all of them wait.
    pub(crate) fn run(&self) {
        loop {
            let mut tasks = self.0.running.take();
            tasks.append(&mut self.0.spawned.borrow_mut());
            let mut has_run = false;
            tasks.retain_mut(|task| {
                if !task.woken.0.swap(false, Ordering::Relaxed) {
                    return true;
                }
                has_run = true;
                self.0.polls.set(self.0.polls.get() + 1);
                let waker = Waker::from(task.woken.clone());
                task.future
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            });
            tasks.append(&mut self.0.spawned.borrow_mut());
            self.0.running.replace(tasks);
            if !has_run {
                return;
            }
        }
    }

    /// How many tasks have not ended.
    pub(crate) fn tasks(&self) -> usize {
        self.0.running.borrow().len() + self.0.spawned.borrow().len()
    }

    /// How often a task was run.
    pub(crate) fn polls(&self) -> u64 {
        self.0.polls.get()
    }

    /// The lines of the log since the last look.
    pub(crate) fn take_log(&self) -> Vec<String> {
        self.0.log.take()
    }
}

impl<F: Future<Output = ()> + 'static> Spawn<F> for Still {
    fn spawn(&self, future: F) {
        self.0.spawned.borrow_mut().push(Task {
            future: Box::pin(future),
            woken: Arc::new(Woken(AtomicBool::new(true))),
        });
    }
}

/// State of the one thread; a look within a look panics.
pub(crate) struct Local<T>(Rc<RefCell<T>>);

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

impl RuntimeAdapter for Still {
    const NAME: &'static str = "still";

    type Cell<T: 'static> = Local<T>;
    type Door = dyn RecordDoor;
    type Tap = dyn FnMut(Next<Entry<Fields>>);
    type Step = dyn FnMut(usize, Entry<Fields>) -> Option<Fields>;
}

impl<D: RecordDoor> Erase<D> for Still {
    #[allow(clippy::arc_with_non_send_sync, reason = "one thread")]
    fn erase(record: D) -> Arc<dyn RecordDoor> {
        Arc::new(record)
    }
}

impl TimeOps for Still {
    type Sleep = Pending<()>;

    fn monotonic_ms(&self) -> f64 {
        0.0
    }

    fn unix_ms(&self) -> u64 {
        0
    }

    fn sleep(&self, _: Duration) -> Pending<()> {
        pending()
    }
}

impl Logger for Still {
    fn log(&self, level: Level, line: fmt::Arguments<'_>) {
        let line = match level {
            Level::Warn => line.to_string(),
            other => std::format!("{other:?}: {line}"),
        };
        self.0.log.borrow_mut().push(line);
    }
}

/// What a future gives without waiting.
pub(crate) fn now<O>(future: impl Future<Output = O>) -> Option<O> {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A linear congruential generator: the same on every run of a seed.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
