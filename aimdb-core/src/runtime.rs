//! What the engine asks of the platform it runs on: four small traits and three bounds.
//!
//! The engine never says `Send`. A runtime states what it needs: a native one implements
//! [`Spawn`], [`Hold`] and [`Erase`] for types that are `Send`, the browser's for all. So the same records,
//! transforms and links compile for both, and each side keeps its own guarantee.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::time::Duration;

use crate::commit::Entry;
use crate::door::{Fields, RecordDoor};
use crate::part::Part;
use crate::record::Next;
use crate::task::TaskFailure;

/// A platform.
pub trait RuntimeAdapter: TimeOps + Logger + Clone + 'static {
    /// Its name, for logs.
    const NAME: &'static str;

    /// The cell in which shared state lives: `Rc<RefCell<T>>` in a tab, a lock natively.
    type Cell<T: 'static>: StateCell<T>;

    /// A record's erased face: `dyn RecordDoor`, with `Send + Sync` where threads exist.
    type Door: RecordDoor + ?Sized;

    /// Code that looks at a record without its type: `dyn FnMut(Next<Entry<Fields>>)`, with `Send`
    /// where threads exist. See [`AimDb::tap`](crate::AimDb::tap).
    type Tap: FnMut(Next<Entry<Fields>>) + ?Sized + 'static;

    /// Code that derives a record from others without their types:
    /// `dyn FnMut(usize, Entry<Fields>) -> Option<Fields>`, with `Send` where threads exist. See
    /// [`AimDb::derive`](crate::AimDb::derive).
    type Step: FnMut(usize, Entry<Fields>) -> Option<Fields> + ?Sized + 'static;

    /// A part of a configuration that is still to be built: `dyn Part<Self>`, with `Send` where threads exist. So a
    /// builder may be filled on one thread and built on another.
    type Part: Part<Self> + ?Sized;

    /// A task of a record ended by a panic; the log is told. A runtime may tell others too. It is called where the
    /// task is dropped, perhaps while the panic unwinds, so it must not panic.
    fn task_failed(&self, failure: &TaskFailure<'_>) {
        self.log(Level::Error, format_args!("{failure}"));
    }
}

/// Shared state. `with` must not be re-entered on the same cell: the engine never calls out while
/// it holds one.
pub trait StateCell<T>: Clone + 'static {
    /// A cell that holds `value`.
    fn new(value: T) -> Self;

    /// Looks into the cell.
    fn with<O>(&self, look: impl FnOnce(&mut T) -> O) -> O;
}

/// A runtime that can hold the record `D` behind its erased face.
pub trait Erase<D>: RuntimeAdapter {
    /// Forgets the record's type.
    fn erase(record: D) -> Arc<Self::Door>;
}

/// A runtime that can hold the part `P` of a configuration until it is built.
pub trait Hold<P>: RuntimeAdapter {
    /// Forgets the part's type.
    fn hold(part: P) -> Box<Self::Part>;
}

/// A runtime that can run the future `F` to its end, beside everything else. Where a panic does not end the
/// program, what panicked is dropped and the rest goes on: dropping is what tells the database.
pub trait Spawn<F>: RuntimeAdapter {
    /// Starts it.
    fn spawn(&self, future: F);
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
