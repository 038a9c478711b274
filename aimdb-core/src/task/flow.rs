//! The task behind a tap or a derivation that knows no type. It has a name and is no closure, so that a
//! runtime can state its bound on it ([`Spawn`](crate::runtime::Spawn)).

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use crate::record::commit::{Entry, Origin, Write};
use crate::record::door::{Fields, RecordDoor};
use crate::record::reader::DoorReader;
use crate::record::reading::Next;
use crate::runtime::RuntimeAdapter;
use crate::task::ending::{Ending, has_ended, leave};
use crate::task::lend::{Lending, Lent, leave_lent};
use crate::task::transform::{tell_lag, tell_refusal};
use crate::wakers::Slot;

/// Hands what one record has to the code of a tap or of a derivation.
pub struct Flow<R: RuntimeAdapter> {
    input: Input<R>,
    /// What is derived, if anything.
    target: Option<Arc<R::Door>>,
    /// Shared by the inputs of one derivation.
    work: R::Cell<Lending<Work<R>>>,
    work_slot: Option<Slot>,
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

    /// The record.
    pub(crate) fn door(&self) -> &Arc<R::Door> {
        self.reader.door()
    }
}

// Nothing in it is pinned: it is polled through plain references.
impl<R: RuntimeAdapter> Unpin for Flow<R> {}

impl<R: RuntimeAdapter> Flow<R> {
    pub(crate) fn new(
        input: Input<R>,
        target: Option<Arc<R::Door>>,
        work: R::Cell<Lending<Work<R>>>,
        ending: R::Cell<Ending>,
        runtime: &R,
    ) -> Self {
        if let Some(target) = &target {
            target.derive(true);
        }
        Self {
            input,
            target,
            work,
            work_slot: None,
            ending,
            slot: None,
            runtime: runtime.clone(),
        }
    }
}

impl<R: RuntimeAdapter> Work<R> {
    /// Does the work for what came; gives what is derived, and whether there is more to do.
    fn take(&mut self, input: usize, next: Next<Entry<Fields>>) -> (Option<Fields>, bool) {
        match (self, next) {
            (Self::Tap(tap), next) => {
                let goes_on = !matches!(next, Next::Closed);
                tap(next);
                (None, goes_on)
            }
            (Self::Step(step), Next::Value(entry)) => (step(input, entry), true),
            (Self::Step(_), Next::Lagged { .. }) => (None, true),
            (Self::Step(_), Next::Closed) => (None, false),
        }
    }
}

impl<R: RuntimeAdapter> Future for Flow<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self {
            input,
            target,
            work,
            work_slot,
            ending,
            slot,
            runtime,
        } = &mut *self;
        let mut work = ready!(Lent::poll(work, work_slot, context));
        // The reader ends the turn.
        loop {
            if has_ended::<R>(ending, slot, context) {
                return Poll::Ready(());
            }
            let next = ready!(input.reader.poll(context));
            if let (Next::Lagged { missed }, Some(target)) = (&next, &target) {
                tell_lag(runtime, target.key(), *missed, input.door().key());
            }
            let taken = work.with(|work| work.take(input.number, next));
            let (derived, mut goes_on) = taken.unwrap_or_default();
            if let (Some(fields), Some(target)) = (derived, &target) {
                let written = target.accept(fields, Write::from(Origin::Rule));
                goes_on = tell_refusal(runtime, written);
            }
            if !goes_on {
                return Poll::Ready(());
            }
        }
    }
}

impl<R: RuntimeAdapter> Drop for Flow<R> {
    fn drop(&mut self) {
        leave::<R>(&self.ending, &mut self.slot);
        leave_lent(&self.work, &mut self.work_slot);
        if let Some(target) = &self.target {
            target.derive(false);
        }
    }
}
