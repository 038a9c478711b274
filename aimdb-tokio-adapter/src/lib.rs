//! The native runtime: tasks and timers of tokio, locks, and lines through `tracing`.
//!
//! ```
//! use aimdb_contracts::{Settable, builtin::Temperature};
//! use aimdb_core::{AimDbBuilder, BufferConfig};
//! use aimdb_tokio_adapter::TokioAdapter;
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
//! let mut builder = AimDbBuilder::new(TokioAdapter::current().unwrap());
//! builder.configure::<Temperature>("room", |reg| {
//!     reg.buffer(BufferConfig::SingleLatest).source(|_, producer| async move {
//!         producer.produce(Temperature::set(21.5, 1)).unwrap();
//!     });
//! });
//! let db = builder.build().unwrap();
//! let mut reader = db.consumer::<Temperature>("room").unwrap();
//! assert_eq!(reader.next().await, Some(Temperature::set(21.5, 1)));
//! # });
//! ```
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aimdb_core::{
    Entry, Erase, Fields, Hold, Level, Logger, Next, Part, RecordDoor, RuntimeAdapter, Spawn,
    StateCell, TaskFailure, TimeOps,
};
use tokio::runtime::{Handle, TryCurrentError};

/// Runs a database on a tokio runtime with timers. Everything that it holds or runs must be `Send`.
#[derive(Clone)]
pub struct TokioAdapter {
    handle: Handle,
    start: Instant,
    on_failure: Option<Arc<OnFailure>>,
}

type OnFailure = dyn Fn(&TaskFailure<'_>) + Send + Sync;

impl fmt::Debug for TokioAdapter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TokioAdapter")
            .field("handle", &self.handle)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl TokioAdapter {
    /// For the runtime that this is called in; an error outside of one.
    pub fn current() -> Result<Self, TryCurrentError> {
        Handle::try_current().map(Self::new)
    }

    /// For a runtime.
    pub fn new(handle: Handle) -> Self {
        Self {
            handle,
            start: Instant::now(),
            on_failure: None,
        }
    }

    /// Calls `hook` for each task of a database that panicked, after the log was told, e.g. to end the program or to
    /// ring a bell. It is called where the task is dropped, so it must not panic.
    #[must_use]
    pub fn on_failure(mut self, hook: impl Fn(&TaskFailure<'_>) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(hook));
        self
    }
}

/// State behind a lock.
#[derive(Debug)]
pub struct Locked<T>(Arc<Mutex<T>>);

impl<T> Clone for Locked<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> StateCell<T> for Locked<T> {
    fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    fn with<O>(&self, look: impl FnOnce(&mut T) -> O) -> O {
        // The engine's own code runs in here, and user code only in a transform's state: one that
        // panicked there must not stop every other reader.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RuntimeAdapter for TokioAdapter {
    const NAME: &'static str = "tokio";

    type Cell<T: 'static> = Locked<T>;
    type Door = dyn RecordDoor + Send + Sync;
    type Tap = dyn FnMut(Next<Entry<Fields>>) + Send;
    type Step = dyn FnMut(usize, Entry<Fields>) -> Option<Fields> + Send;
    type Part = dyn Part<Self> + Send;

    fn task_failed(&self, failure: &TaskFailure<'_>) {
        self.log(Level::Error, format_args!("{failure}"));
        if let Some(hook) = &self.on_failure {
            hook(failure);
        }
    }
}

impl<D: RecordDoor + Send + Sync> Erase<D> for TokioAdapter {
    fn erase(record: D) -> Arc<Self::Door> {
        Arc::new(record)
    }
}

impl<P: Part<TokioAdapter> + Send> Hold<P> for TokioAdapter {
    fn hold(part: P) -> Box<Self::Part> {
        Box::new(part)
    }
}

impl<F: Future<Output = ()> + Send + 'static> Spawn<F> for TokioAdapter {
    fn spawn(&self, future: F) {
        self.handle.spawn(future);
    }
}

aimdb_core::portable!(TokioAdapter);

impl TimeOps for TokioAdapter {
    type Sleep = tokio::time::Sleep;

    fn monotonic_ms(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1e3
    }

    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        let _inside = self.handle.enter();
        tokio::time::sleep(duration)
    }
}

impl Logger for TokioAdapter {
    fn log(&self, level: Level, line: fmt::Arguments<'_>) {
        match level {
            Level::Debug => tracing::debug!(target: "aimdb", "{line}"),
            Level::Info => tracing::info!(target: "aimdb", "{line}"),
            Level::Warn => tracing::warn!(target: "aimdb", "{line}"),
            Level::Error => tracing::error!(target: "aimdb", "{line}"),
        }
    }
}

/// Runs the Rust of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
