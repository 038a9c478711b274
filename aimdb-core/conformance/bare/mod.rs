//! A runtime of one thread without any platform: `Rc`, a queue of tasks, and a clock that moves when it is told to, or
//! to the next timer when all wait. It is what an adapter for a small device looks like, and runs a test at the speed of the
//! machine; whatever happens in it happens again in the next run.
#![allow(dead_code, reason = "each place uses what it needs")]

use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::string::{String, ToString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use std::vec::Vec;

use aimdb_core::{
    Entry, Erase, Fields, Hold, Level, Logger, Next, Part, RecordDoor, RuntimeAdapter, Spawn,
    StateCell, TaskFailure, TimeOps,
};

/// The runtime. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Bare(Rc<Shared>);

#[derive(Default)]
struct Shared {
    tasks: RefCell<BTreeMap<u64, Work>>,
    /// How many tasks and timers there ever were.
    count: Cell<u64>,
    ready: Ready,
    now_ms: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    log: RefCell<Vec<String>>,
    outlives_panics: Cell<bool>,
    failures: RefCell<Vec<String>>,
}

struct Work {
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
}

/// The numbers of the tasks that were woken. Wakers may be called from anywhere, so this much is shared.
type Ready = Arc<Mutex<VecDeque<u64>>>;

struct Woken {
    task: u64,
    /// Whether its number is in the queue: it stands there once, however often it is woken.
    is_ready: AtomicBool,
    ready: Ready,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::Relaxed) {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            ready.push_back(self.task);
        }
    }
}

impl Bare {
    /// Runs a future, and beside it all tasks, until it ends.
    pub(crate) fn block_on<O: 'static>(&self, future: impl Future<Output = O> + 'static) -> O {
        let output = Rc::new(RefCell::new(None));
        let place = output.clone();
        self.spawn(async move {
            let ended = future.await;
            place.borrow_mut().replace(ended);
        });
        loop {
            if let Some(output) = output.borrow_mut().take() {
                return output;
            }
            match self.next_ready() {
                Some(task) => self.poll(task),
                None => assert!(self.jump(), "all tasks wait, and no timer runs"),
            }
        }
    }

    /// Runs the tasks until all of them wait.
    pub(crate) fn run(&self) {
        while let Some(task) = self.next_ready() {
            self.poll(task);
        }
    }

    /// Moves time on at once, and runs what waited for it.
    pub(crate) fn advance(&self, duration: Duration) {
        let now_ms = self.0.now_ms.get().saturating_add(whole_ms(duration));
        self.0.now_ms.set(now_ms);
        while let Some(waker) = self.next_due(now_ms) {
            waker.wake();
        }
        self.run();
    }

    /// How many tasks have not ended.
    pub(crate) fn tasks(&self) -> usize {
        self.0.tasks.borrow().len()
    }

    /// From now on a panic ends its task alone, as with a runtime of threads.
    pub(crate) fn outlive_panics(&self) {
        self.0.outlives_panics.set(true);
    }

    /// The tasks that panicked since the last look, as `record task`.
    pub(crate) fn take_failures(&self) -> Vec<String> {
        self.0.failures.take()
    }

    /// The lines of the log since the last look; those that are no warnings with their level before them.
    pub(crate) fn take_log(&self) -> Vec<String> {
        self.0.log.take()
    }

    fn next_due(&self, now_ms: u64) -> Option<Waker> {
        let mut timers = self.0.timers.borrow_mut();
        let first = timers.first_entry()?;
        (first.key().0 <= now_ms).then(|| first.remove())
    }

    fn next_number(&self) -> u64 {
        self.0.count.replace(self.0.count.get() + 1)
    }

    fn next_ready(&self) -> Option<u64> {
        let mut ready = self.0.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.pop_front()
    }

    fn poll(&self, task: u64) {
        // Taken out, since it may spawn others.
        let Some(mut work) = self.0.tasks.borrow_mut().remove(&task) else {
            return;
        };
        work.woken.is_ready.store(false, Ordering::Relaxed);
        let waker = Waker::from(work.woken.clone());
        let mut poll = || {
            let mut context = Context::from_waker(&waker);
            work.future.as_mut().poll(&mut context).is_pending()
        };
        let is_pending = match self.0.outlives_panics.get() {
            false => poll(),
            true => catch_unwind(AssertUnwindSafe(poll)).unwrap_or(false),
        };
        if is_pending {
            self.0.tasks.borrow_mut().insert(task, work);
        }
    }

    /// Moves time on to the next timer; `false` if there is none.
    fn jump(&self) -> bool {
        let next = self.0.timers.borrow_mut().pop_first();
        let Some(((at_ms, _), waker)) = next else {
            return false;
        };
        self.0.now_ms.set(at_ms.max(self.0.now_ms.get()));
        waker.wake();
        true
    }
}

impl<P: Part<Bare>> Hold<P> for Bare {
    fn hold(part: P) -> Box<Self::Part> {
        Box::new(part)
    }
}

impl<F: Future<Output = ()> + 'static> Spawn<F> for Bare {
    fn spawn(&self, future: F) {
        let task = self.next_number();
        let woken = Arc::new(Woken {
            task,
            is_ready: AtomicBool::new(false),
            ready: self.0.ready.clone(),
        });
        let work = Work {
            future: Box::pin(future),
            woken: woken.clone(),
        };
        self.0.tasks.borrow_mut().insert(task, work);
        woken.wake();
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

impl RuntimeAdapter for Bare {
    const NAME: &'static str = "bare";

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

impl<D: RecordDoor> Erase<D> for Bare {
    #[allow(
        clippy::arc_with_non_send_sync,
        reason = "one face for all runtimes; here one thread"
    )]
    fn erase(record: D) -> Arc<dyn RecordDoor> {
        Arc::new(record)
    }
}

/// When this clock began, in Unix milliseconds: the first of January 2025.
const BEGAN_UNIX_MS: u64 = 1_735_689_600_000;

aimdb_core::portable!(Bare);

impl TimeOps for Bare {
    type Sleep = Sleep;

    fn monotonic_ms(&self) -> f64 {
        self.0.now_ms.get() as f64
    }

    fn unix_ms(&self) -> u64 {
        BEGAN_UNIX_MS + self.0.now_ms.get()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let end_ms = self.0.now_ms.get().saturating_add(whole_ms(duration));
        Sleep {
            at: (end_ms, self.next_number()),
            runtime: self.clone(),
        }
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Ends at its time.
pub(crate) struct Sleep {
    at: (u64, u64),
    runtime: Bare,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = &self.runtime.0;
        if shared.now_ms.get() >= self.at.0 {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        shared.timers.borrow_mut().insert(self.at, waker);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.runtime.0.timers.borrow_mut().remove(&self.at);
    }
}

impl Logger for Bare {
    fn log(&self, level: Level, line: fmt::Arguments<'_>) {
        let line = match level {
            Level::Warn => line.to_string(),
            other => std::format!("{other:?}: {line}"),
        };
        self.0.log.borrow_mut().push(line);
    }
}
