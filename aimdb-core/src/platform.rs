//! What the engine asks of a platform whatever it keeps: cells, clocks, timers and a log.

use core::fmt;
use core::future::Future;
use core::time::Duration;

/// Shared state. `with` must not be re-entered on the same cell: the engine never calls out while
/// it holds one.
pub trait StateCell<T>: Clone + 'static {
    /// A cell that holds `value`.
    fn new(value: T) -> Self;

    /// Looks into the cell.
    fn with<O>(&self, look: impl FnOnce(&mut T) -> O) -> O;
}

/// Clocks and timers.
pub trait TimeOps {
    /// Ends after a time.
    type Sleep: Future<Output = ()> + 'static;

    /// Milliseconds since some fixed moment; never goes back.
    fn monotonic_ms(&self) -> f64;

    /// Unix time in milliseconds; goes where the machine's clock is set.
    fn unix_ms(&self) -> u64;

    /// A future that ends after `duration`.
    fn sleep(&self, duration: Duration) -> Self::Sleep;
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// What a person may want to know.
    Info,
    /// Something was lost or late, and the engine goes on.
    Warn,
    /// Something does not work.
    Error,
}

/// Where lines for people go.
pub trait Logger {
    /// Writes one line.
    fn log(&self, level: Level, line: fmt::Arguments<'_>);
}
