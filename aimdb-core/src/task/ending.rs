//! The word to tasks of what is attached that they are to end.

use core::task::Context;

use crate::platform::StateCell;
use crate::runtime::RuntimeAdapter;
use crate::wakers::{Slot, WakerList, leave_in, poll_in, wake_in};

/// The word to tasks that they are to end.
#[derive(Default)]
pub(crate) struct Ending {
    has_come: bool,
    waiters: WakerList,
}

impl Ending {
    fn waiters(&mut self) -> &mut WakerList {
        &mut self.waiters
    }
}

/// Whether the word has come; wakes the task when it does.
pub(crate) fn has_ended<R: RuntimeAdapter>(
    ending: &R::Cell<Ending>,
    slot: &mut Option<Slot>,
    context: &Context<'_>,
) -> bool {
    let has_come = |ending: &mut Ending| ending.has_come.then_some(());
    poll_in(ending, Ending::waiters, slot, context, has_come).is_ready()
}

/// Ends a task that may have waited for the word.
pub(crate) fn leave<R: RuntimeAdapter>(ending: &R::Cell<Ending>, slot: &mut Option<Slot>) {
    leave_in(ending, Ending::waiters, slot);
}

/// Tells tasks to end.
pub(crate) fn end<R: RuntimeAdapter>(ending: &R::Cell<Ending>) {
    ending.with(|ending| ending.has_come = true);
    wake_in(ending, Ending::waiters);
}
