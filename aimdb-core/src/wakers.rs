//! Those who wait for a record, each in a slot of its own.

use alloc::vec::Vec;
use core::task::{Context, Poll, Waker};

use crate::platform::StateCell;
use crate::store::order::{Order, trim};

/// How many are taken out at once before the cell is released and they are called.
const BATCH: usize = 16;

/// Wakers taken out of a [`WakerList`], to be called after the cell is released.
pub(crate) type WakeBatch = [Option<Waker>; BATCH];

/// The place of one waiter. It holds at most one waker however often it is polled, so the list
/// grows with the number of waiters and not with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

/// The waiters of one record.
#[derive(Debug, Default)]
pub(crate) struct WakerList {
    slots: Vec<Option<Waker>>,
    vacant: Order,
    waiting: usize,
}

impl WakerList {
    /// Whether this waker waits in `slot` by now.
    fn knows(&self, slot: Option<Slot>, waker: &Waker) -> bool {
        let known = slot.and_then(|Slot(index)| self.slots.get(index)?.as_ref());
        known.is_some_and(|known| known.will_wake(waker))
    }

    /// Waits in `slot`, which is assigned on the first call. Gives the waker that waited there before, to be
    /// dropped after the cell is released.
    pub(crate) fn wait(&mut self, slot: &mut Option<Slot>, waker: Waker) -> Option<Waker> {
        let Slot(index) = *slot.get_or_insert_with(|| Slot(self.reserve()));
        let before = self.slots[index].replace(waker);
        if before.is_none() {
            self.waiting += 1;
        }
        before
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Gives a slot back, and the memory of those at the end that nobody has. Gives the waker that waited
    /// there, to be dropped after the cell is released.
    pub(crate) fn leave(&mut self, slot: Slot) -> Option<Waker> {
        let left = self.slots[slot.0].take();
        if left.is_some() {
            self.waiting -= 1;
        }
        self.vacant.push(slot.0);
        let mut length = self.slots.len();
        while length > 0 && self.vacant.remove(length - 1) {
            length -= 1;
        }
        trim(&mut self.slots, length);
        self.vacant.trim(length);
        left
    }

    /// Takes wakers out, from slot `from` on. Gives the slot to go on from, or none when all were
    /// looked at; a waiter that comes back meanwhile is left for the next write.
    pub(crate) fn take(&mut self, from: usize, batch: &mut WakeBatch) -> Option<usize> {
        if self.waiting == 0 {
            return None;
        }
        let mut filled = 0;
        for index in from..self.slots.len() {
            if let Some(waker) = self.slots[index].take() {
                batch[filled] = Some(waker);
                self.waiting -= 1;
                filled += 1;
                if filled == BATCH {
                    return Some(index + 1);
                }
            }
        }
        None
    }

    #[cfg(test)]
    pub(crate) fn places(&self) -> usize {
        self.slots.len()
    }

    fn reserve(&mut self) -> usize {
        let slot = self.vacant.first().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        self.vacant.remove(slot);
        slot
    }
}

/// Looks into a cell for what a task waits for; where there is nothing, the task waits in the cell's list.
///
/// Wakers belong to the application, so they are cloned and dropped while the cell is free. That takes a second
/// look where a task begins to wait.
pub(crate) fn poll_in<S, O>(
    cell: &impl StateCell<S>,
    list: fn(&mut S) -> &mut WakerList,
    slot: &mut Option<Slot>,
    context: &Context<'_>,
    mut look: impl FnMut(&mut S) -> Option<O>,
) -> Poll<O> {
    let mut waker = None;
    loop {
        let mut before = None;
        let found = cell.with(|state| {
            if let Some(found) = look(state) {
                return Some(Poll::Ready(found));
            }
            let list = list(state);
            if !list.knows(*slot, context.waker()) {
                before = list.wait(slot, waker.take()?);
            }
            Some(Poll::Pending)
        });
        drop(before);
        match found {
            Some(poll) => return poll,
            None => waker = Some(context.waker().clone()),
        }
    }
}

/// Leaves a list in a cell, if the task ever waited there.
pub(crate) fn leave_in<S>(
    cell: &impl StateCell<S>,
    list: fn(&mut S) -> &mut WakerList,
    slot: &mut Option<Slot>,
) {
    if let Some(slot) = slot.take() {
        let waker = cell.with(|state| list(state).leave(slot));
        drop(waker);
    }
}

/// Wakes all who wait in a list in a cell.
pub(crate) fn wake_in<S>(cell: &impl StateCell<S>, list: fn(&mut S) -> &mut WakerList) {
    let mut batch = WakeBatch::default();
    let mut from = Some(0);
    while let Some(start) = from {
        from = cell.with(|state| list(state).take(start, &mut batch));
        wake_all(&mut batch);
    }
}

/// Calls what was taken out.
pub(crate) fn wake_all(batch: &mut WakeBatch) {
    for waker in batch.iter_mut().filter_map(Option::take) {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use core::sync::atomic::{AtomicUsize, Ordering};

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wake_everyone(list: &mut WakerList) {
        let mut batch = WakeBatch::default();
        let mut from = Some(0);
        while let Some(start) = from {
            from = list.take(start, &mut batch);
            wake_all(&mut batch);
        }
    }

    #[test]
    fn each_waiter_is_woken_once_however_often_it_was_polled() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(count.clone());
        let mut list = WakerList::default();
        let mut slots = [None; 40];
        for _ in 0..3 {
            for slot in &mut slots {
                list.wait(slot, waker.clone());
            }
        }
        wake_everyone(&mut list);
        assert_eq!(count.0.load(Ordering::Relaxed), 40);
        wake_everyone(&mut list);
        assert_eq!(count.0.load(Ordering::Relaxed), 40);
    }

    #[test]
    fn slots_of_those_who_left_are_used_again() {
        let waker = Waker::noop();
        let mut list = WakerList::default();
        for _ in 0..10_000 {
            let mut slot = None;
            list.wait(&mut slot, waker.clone());
            list.leave(slot.unwrap());
        }
        assert_eq!((list.slots.len(), list.waiting), (0, 0));
    }

    #[test]
    fn many_who_came_and_went_leave_the_list_short_and_those_who_stay_in_it() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(count.clone());
        let mut list = WakerList::default();
        let mut slots = [None; 10_000];
        for slot in &mut slots {
            list.wait(slot, waker.clone());
        }
        let stays = slots.len() / 2;
        for (index, slot) in slots.iter().enumerate() {
            if index != stays {
                list.leave(slot.unwrap());
            }
        }
        assert_eq!((list.slots.len(), list.waiting), (stays + 1, 1));
        list.leave(slots[stays].unwrap());
        assert!(list.slots.capacity() + list.vacant.capacity() < 200);
        list.wait(&mut None, waker);
        wake_everyone(&mut list);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }
}
