//! A runtime of one thread without a platform: what a record costs there and nothing else.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, Pending, pending};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aimdb_core::{
    Entry, Erase, Fields, Hold, Level, Logger, Next, Part, RecordDoor, RuntimeAdapter, Spawn,
    StateCell, TimeOps,
};

#[derive(Clone, Copy)]
pub struct OneThread;

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

impl RuntimeAdapter for OneThread {
    const NAME: &'static str = "one thread";

    type Cell<T: 'static> = Local<T>;
    type Door = dyn RecordDoor;
    type Tap = dyn FnMut(Next<Entry<Fields>>);
    type Step = dyn FnMut(usize, Entry<Fields>) -> Option<Fields>;
    type Part = dyn Part<Self>;
}

impl<D: RecordDoor> Erase<D> for OneThread {
    #[allow(clippy::arc_with_non_send_sync, reason = "one face for all runtimes")]
    fn erase(record: D) -> Arc<dyn RecordDoor> {
        Arc::new(record)
    }
}

impl<P: Part<OneThread>> Hold<P> for OneThread {
    fn hold(part: P) -> Box<Self::Part> {
        Box::new(part)
    }
}

impl<F: Future<Output = ()> + 'static> Spawn<F> for OneThread {
    fn spawn(&self, _: F) {}
}

impl TimeOps for OneThread {
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

impl Logger for OneThread {
    fn log(&self, _: Level, _: fmt::Arguments<'_>) {}
}
