//! State of the application that several tasks use in turns. It is taken out of its cell meanwhile, so that its code
//! runs while no cell is held; who comes in between waits.

use core::task::{Context, Poll};

use crate::platform::StateCell;
use crate::wakers::{Slot, WakerList, leave_in, poll_in, wake_in};

/// What a runtime's cell holds.
pub(crate) struct Lending<S> {
    state: Option<S>,
    waiters: WakerList,
}

impl<S> Lending<S> {
    pub(crate) fn new(state: S) -> Self {
        Self {
            state: Some(state),
            waiters: WakerList::default(),
        }
    }

    fn waiters(&mut self) -> &mut WakerList {
        &mut self.waiters
    }
}

/// State that was taken out; it goes back when this is dropped, in a panic too.
pub(crate) struct Lent<'c, S, C: StateCell<Lending<S>>> {
    cell: &'c C,
    state: Option<S>,
}

impl<'c, S, C: StateCell<Lending<S>>> Lent<'c, S, C> {
    /// Takes the state out; wakes the task when it is back, if another one has it.
    pub(crate) fn poll(cell: &'c C, slot: &mut Option<Slot>, context: &Context<'_>) -> Poll<Self> {
        let take = |lending: &mut Lending<S>| lending.state.take();
        let taken = poll_in(cell, Lending::waiters, slot, context, take);
        taken.map(|state| Self {
            cell,
            state: Some(state),
        })
    }

    /// Uses it.
    pub(crate) fn with<O>(&mut self, work: impl FnOnce(&mut S) -> O) -> Option<O> {
        self.state.as_mut().map(work)
    }
}

impl<S, C: StateCell<Lending<S>>> Drop for Lent<'_, S, C> {
    fn drop(&mut self) {
        let state = self.state.take();
        self.cell.with(|lending| lending.state = state);
        wake_in(self.cell, Lending::waiters);
    }
}

/// Ends one that may have waited.
pub(crate) fn leave_lent<S>(cell: &impl StateCell<Lending<S>>, slot: &mut Option<Slot>) {
    leave_in(cell, Lending::waiters, slot);
}
