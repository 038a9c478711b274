//! What the engine asks of the platform it runs on: four small traits and three bounds.
//!
//! The engine never says `Send`. A runtime states what it needs: a native one implements
//! [`Spawn`], [`Hold`] and [`Erase`] for types that are `Send`, the browser's for all. So the same records,
//! transforms and links compile for both, and each side keeps its own guarantee.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::error::Problem;
use crate::record::commit::Entry;
use crate::record::door::{Fields, RecordDoor};
use crate::record::reading::Next;
use crate::task::failure::TaskFailure;

pub use crate::platform::{Level, Logger, StateCell, TimeOps};

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

/// Starts a task that was put together.
pub(crate) type Start<R> = Box<dyn FnOnce(&R)>;

/// The records that a task is put together from.
#[doc(hidden)]
pub struct Doors<R: RuntimeAdapter> {
    pub(crate) runtime: R,
    pub(crate) own: Arc<R::Door>,
    /// In the order of the plan's inputs.
    pub(crate) inputs: Vec<Arc<R::Door>>,
}

impl<R: RuntimeAdapter> fmt::Debug for Doors<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Doors").finish_non_exhaustive()
    }
}

/// A part of a configuration. Only the engine makes and uses it.
pub trait Part<R: RuntimeAdapter>: 'static {
    /// Puts the task together: subscribes its readers, so that it misses nothing once tasks start.
    #[doc(hidden)]
    fn wire(self: Box<Self>, doors: &Doors<R>) -> Result<Start<R>, Problem>;
}
