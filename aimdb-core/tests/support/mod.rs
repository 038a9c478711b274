//! A runtime without a platform: tasks wait in a list until the test runs them, and time stands still until it
//! is moved on. Whatever happens in it happens again in the next run.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::string::{String, ToString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use std::vec::Vec;

use aimdb_core::{
    Entry, Erase, Fields, Hold, Level, Logger, Next, Part, RecordDoor, RuntimeAdapter, Spawn,
    StateCell, TaskFailure, TimeOps,
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
    now_ms: Cell<u64>,
    sleepers: RefCell<Vec<Waker>>,
    outlives_panics: Cell<bool>,
    failures: RefCell<Vec<String>>,
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
                let mut poll = || {
                    let mut context = Context::from_waker(&waker);
                    task.future.as_mut().poll(&mut context).is_pending()
                };
                match self.0.outlives_panics.get() {
                    false => poll(),
                    true => catch_unwind(AssertUnwindSafe(poll)).unwrap_or(false),
                }
            });
            tasks.append(&mut self.0.spawned.borrow_mut());
            self.0.running.replace(tasks);
            if !has_run {
                return;
            }
        }
    }

    /// From now on a panic ends its task alone, as with a runtime of threads.
    pub(crate) fn outlive_panics(&self) {
        self.0.outlives_panics.set(true);
    }

    /// The tasks that panicked since the last look, as `record task`.
    pub(crate) fn take_failures(&self) -> Vec<String> {
        self.0.failures.take()
    }

    /// Moves time on, and runs what waits for it.
    pub(crate) fn advance(&self, duration: Duration) {
        let now_ms = self.0.now_ms.get() + duration.as_millis() as u64;
        self.0.now_ms.set(now_ms);
        self.0.sleepers.take().into_iter().for_each(Waker::wake);
        self.run();
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

impl<P: Part<Still>> Hold<P> for Still {
    fn hold(part: P) -> Box<Self::Part> {
        Box::new(part)
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
    type Part = dyn Part<Self>;

    fn task_failed(&self, failure: &TaskFailure<'_>) {
        self.log(Level::Error, format_args!("{failure}"));
        let TaskFailure { record, task } = failure;
        let told = std::format!("{record} {task}");
        self.0.failures.borrow_mut().push(told);
    }
}

impl<D: RecordDoor> Erase<D> for Still {
    #[allow(clippy::arc_with_non_send_sync, reason = "one thread")]
    fn erase(record: D) -> Arc<dyn RecordDoor> {
        Arc::new(record)
    }
}

aimdb_core::portable!(Still);

impl TimeOps for Still {
    type Sleep = Sleep;

    fn monotonic_ms(&self) -> f64 {
        self.0.now_ms.get() as f64
    }

    fn unix_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep {
            until_ms: self.0.now_ms.get() + duration.as_millis() as u64,
            runtime: self.clone(),
        }
    }
}

/// Ends when time was moved on far enough.
pub(crate) struct Sleep {
    until_ms: u64,
    runtime: Still,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = &self.runtime.0;
        if shared.now_ms.get() >= self.until_ms {
            return Poll::Ready(());
        }
        shared.sleepers.borrow_mut().push(context.waker().clone());
        Poll::Pending
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
