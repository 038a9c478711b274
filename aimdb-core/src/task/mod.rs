//! The tasks of a database: each belongs to a record, ends with it, and does not end in silence.

pub(crate) mod ending;
pub(crate) mod failure;
pub(crate) mod flow;
pub(crate) mod lend;
pub(crate) mod part;
pub(crate) mod transform;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, ready};
use core::time::Duration;

use crate::platform::Level;
use crate::record::door::RecordDoor;
use crate::runtime::RuntimeAdapter;
use crate::task::failure::TaskFailure;
use crate::wakers::Slot;

/// How long a source or a tap may go on after its record was removed or its database closed: time to end a
/// sensor or to flush a file. A tap that still reads begins anew. What is not over then is dropped where it waits.
pub const GRACE: Duration = Duration::from_secs(10);

/// A task of a record. It has a name so that a runtime can state its bound on it
/// ([`Spawn`](crate::runtime::Spawn)).
///
/// A runtime that outlives a panic drops what panicked. That is how it is told here, without the standard library:
/// a task that is dropped in the middle of its work did not end by itself.
pub struct Task<F, R: RuntimeAdapter> {
    name: &'static str,
    work: Option<Pin<Box<F>>>,
    door: Arc<R::Door>,
    runtime: R,
    is_at_work: bool,
    owned: Option<Owned<R>>,
}

/// What ends a task that does not end by itself.
struct Owned<R: RuntimeAdapter> {
    /// Whether it has read since the last look; none reads that has no consumer.
    progress: Arc<AtomicBool>,
    slot: Option<Slot>,
    /// Runs once the record has ended.
    grace: Option<Pin<Box<R::Sleep>>>,
}

// Nothing in it is pinned: what must not move is boxed.
impl<F, R: RuntimeAdapter> Unpin for Task<F, R> {}

impl<F: Future<Output = ()>, R: RuntimeAdapter> Task<F, R> {
    /// Work that ends by itself when its records do.
    pub(crate) fn new(name: &'static str, door: Arc<R::Door>, runtime: &R, work: F) -> Self {
        Self {
            name,
            work: Some(Box::pin(work)),
            door,
            runtime: runtime.clone(),
            is_at_work: false,
            owned: None,
        }
    }

    /// Work of the application, which is ended if it does not end by itself.
    pub(crate) fn owned(
        name: &'static str,
        door: Arc<R::Door>,
        runtime: &R,
        progress: Arc<AtomicBool>,
        work: F,
    ) -> Self {
        let owned = Owned {
            progress,
            slot: None,
            grace: None,
        };
        let mut task = Self::new(name, door, runtime, work);
        task.owned = Some(owned);
        task
    }
}

impl<R: RuntimeAdapter> Owned<R> {
    /// Ends when the time is over.
    fn poll_end(&mut self, door: &R::Door, runtime: &R, context: &mut Context<'_>) -> Poll<()> {
        if self.grace.is_none() {
            ready!(door.poll_end(&mut self.slot, context));
        }
        loop {
            let begin = || Box::pin(runtime.sleep(GRACE));
            ready!(self.grace.get_or_insert_with(begin).as_mut().poll(context));
            self.grace = None;
            if !self.progress.swap(false, Ordering::Relaxed) {
                return Poll::Ready(());
            }
        }
    }
}

impl<F: Future<Output = ()>, R: RuntimeAdapter> Future for Task<F, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let task = &mut *self;
        let Some(work) = &mut task.work else {
            return Poll::Ready(());
        };
        task.is_at_work = true;
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            task.is_at_work = false;
            let Some(owned) = &mut task.owned else {
                return Poll::Pending;
            };
            ready!(owned.poll_end(&task.door, &task.runtime, context));
            let (name, key) = (task.name, task.door.key());
            task.runtime.log(
                Level::Warn,
                format_args!("record '{key}': its {name} did not end with it and is dropped"),
            );
            task.is_at_work = true;
        }
        task.work = None;
        task.is_at_work = false;
        Poll::Ready(())
    }
}

impl<F, R: RuntimeAdapter> Drop for Task<F, R> {
    fn drop(&mut self) {
        if let Some(owned) = &mut self.owned {
            self.door.leave_end(&mut owned.slot);
        }
        if self.is_at_work {
            self.door.note_failure(self.name);
            self.runtime.task_failed(&TaskFailure {
                record: self.door.key(),
                task: self.name,
            });
        }
    }
}

impl<F, R: RuntimeAdapter> fmt::Debug for Task<F, R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Task")
            .field("record", &self.door.key())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
