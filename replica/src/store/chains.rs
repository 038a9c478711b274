//! Lists that are threaded through slots, so that one leaves as quickly as it came.

use alloc::vec;
use alloc::vec::Vec;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub(super) struct Chains {
    /// The first slots of lists that have numbers.
    heads: Vec<u32>,
    next: Vec<u32>,
    previous: Vec<u32>,
}

impl Chains {
    pub(super) fn set_heads(&mut self, count: usize) {
        self.heads = vec![NONE; count];
    }

    pub(super) fn head(&self, list: usize) -> u32 {
        self.heads.get(list).copied().unwrap_or(NONE)
    }

    /// Puts a slot at the front of a list with a number.
    pub(super) fn push_at(&mut self, list: usize, slot: u32) {
        self.link(self.heads[list], slot);
        self.heads[list] = slot;
    }

    pub(super) fn take_at(&mut self, list: usize, slot: u32) {
        let next = self.unlink(slot);
        if self.heads[list] == slot {
            self.heads[list] = next;
        }
    }

    /// Puts a slot before the first one of a list.
    pub(super) fn link(&mut self, first: u32, slot: u32) {
        let place = slot as usize;
        if self.next.len() <= place {
            self.next.resize(place + 1, NONE);
            self.previous.resize(place + 1, NONE);
        }
        self.next[place] = first;
        self.previous[place] = NONE;
        if first != NONE {
            self.previous[first as usize] = slot;
        }
    }

    /// Takes a slot out of its list; the one after it is the answer.
    pub(super) fn unlink(&mut self, slot: u32) -> u32 {
        let (next, previous) = (self.next[slot as usize], self.previous[slot as usize]);
        if next != NONE {
            self.previous[next as usize] = previous;
        }
        if previous != NONE {
            self.next[previous as usize] = next;
        }
        next
    }

    pub(super) fn iter(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let real = |slot: u32| (slot != NONE).then_some(slot);
        core::iter::successors(real(first), move |slot| real(self.next[*slot as usize]))
    }
}
