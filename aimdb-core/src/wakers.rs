//! Those who wait for a record, each in a slot of its own.

use alloc::vec::Vec;
use core::task::Waker;

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
    /// Waits in `slot`, which is assigned on the first call.
    pub(crate) fn wait(&mut self, slot: &mut Option<Slot>, waker: &Waker) {
        let Slot(index) = *slot.get_or_insert_with(|| Slot(self.reserve()));
        let place = &mut self.slots[index];
        match place {
            Some(known) if known.will_wake(waker) => {}
            Some(known) => *known = waker.clone(),
            None => {
                *place = Some(waker.clone());
                self.waiting += 1;
            }
        }
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Gives a slot back, and the memory of those at the end that nobody has.
    pub(crate) fn leave(&mut self, slot: Slot) {
        if self.slots[slot.0].take().is_some() {
            self.waiting -= 1;
        }
        self.vacant.push(slot.0);
        let mut length = self.slots.len();
        while length > 0 && self.vacant.remove(length - 1) {
            length -= 1;
        }
        trim(&mut self.slots, length);
        self.vacant.trim(length);
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
            slots.iter_mut().for_each(|slot| list.wait(slot, &waker));
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
            list.wait(&mut slot, waker);
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
        slots.iter_mut().for_each(|slot| list.wait(slot, &waker));
        let stays = slots.len() / 2;
        for (index, slot) in slots.iter().enumerate() {
            if index != stays {
                list.leave(slot.unwrap());
            }
        }
        assert_eq!((list.slots.len(), list.waiting), (stays + 1, 1));
        list.leave(slots[stays].unwrap());
        assert!(list.slots.capacity() + list.vacant.capacity() < 200);
        list.wait(&mut None, &waker);
        wake_everyone(&mut list);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }
}
