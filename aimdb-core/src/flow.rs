//! The task behind a tap or a derivation that knows no type. It has a name and is no closure, so that a
//! runtime can state its bound on it ([`Spawn`](crate::runtime::Spawn)).

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::attach::{Ending, has_ended, leave};
use crate::commit::{Entry, Origin, Write};
use crate::door::{Fields, RecordDoor};
use crate::reader::DoorReader;
use crate::record::Next;
use crate::runtime::{RuntimeAdapter, StateCell};
use crate::transform::{tell_lag, tell_refusal};
use crate::wakers::Slot;

/// Hands what one record has to the code of a tap or of a derivation.
pub struct Flow<R: RuntimeAdapter> {
    input: Input<R>,
    /// What is derived, if anything.
    target: Option<Arc<R::Door>>,
    /// Shared by the inputs of one derivation.
    work: R::Cell<Work<R>>,
    ending: R::Cell<Ending>,
    slot: Option<Slot>,
    runtime: R,
}

/// The application's code.
pub(crate) enum Work<R: RuntimeAdapter> {
    Tap(Box<R::Tap>),
    Step(Box<R::Step>),
}

/// One of the records that a flow reads.
pub(crate) struct Input<R: RuntimeAdapter> {
    /// Its position among the inputs.
    number: usize,
    reader: DoorReader<R>,
}

impl<R: RuntimeAdapter> Input<R> {
    pub(crate) fn new(number: usize, door: Arc<R::Door>) -> Self {
        let reader = DoorReader::new(door);
        Self { number, reader }
    }
}

// Nothing in it is pinned: it is polled through plain references.
impl<R: RuntimeAdapter> Unpin for Flow<R> {}

impl<R: RuntimeAdapter> Flow<R> {
    pub(crate) fn new(
        input: Input<R>,
        target: Option<Arc<R::Door>>,
        work: R::Cell<Work<R>>,
        ending: R::Cell<Ending>,
        runtime: &R,
    ) -> Self {
        Self {
            input,
            target,
            work,
            ending,
            slot: None,
            runtime: runtime.clone(),
        }
    }

    /// Does the work for what came; `false` when there is no more to do.
    fn take(&mut self, next: Next<Entry<Fields>>) -> bool {
        let number = self.input.number;
        let (derived, goes_on) = self.work.with(|work| match (work, next) {
            (Work::Tap(tap), next) => {
                let goes_on = !matches!(next, Next::Closed);
                tap(next);
                (None, goes_on)
            }
            (Work::Step(step), Next::Value(entry)) => (step(number, entry), true),
            (Work::Step(_), Next::Lagged { missed }) => {
                let to = self.target.as_ref().map_or("", |target| target.key());
                tell_lag(&self.runtime, to, missed, self.input.reader.door().key());
                (None, true)
            }
            (Work::Step(_), Next::Closed) => (None, false),
        });
        match (derived, &self.target) {
            (Some(fields), Some(target)) => {
                let written = target.accept(fields, Write::from(Origin::Rule));
                tell_refusal(&self.runtime, written)
            }
            _ => goes_on,
        }
    }
}

impl<R: RuntimeAdapter> Future for Flow<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let flow = &mut *self;
        // The reader ends the turn.
        loop {
            if has_ended::<R>(&flow.ending, &mut flow.slot, context) {
                return Poll::Ready(());
            }
            let Poll::Ready(next) = flow.input.reader.poll(context) else {
                return Poll::Pending;
            };
            if !flow.take(next) {
                return Poll::Ready(());
            }
        }
    }
}

impl<R: RuntimeAdapter> Drop for Flow<R> {
    fn drop(&mut self) {
        leave::<R>(&self.ending, &mut self.slot);
    }
}
