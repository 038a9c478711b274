//! Small numbers in the order in which they were put in, each at most once.
//!
//! Putting one in and taking any out takes the same short time however many there are.

use alloc::vec::Vec;

/// A list through a table: each number knows its neighbours.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// Number `n` stands at `n + 1`; at 0 stand the two ends. What is its own neighbour is not in
    /// the list.
    table: Vec<Neighbours>,
}

#[derive(Clone, Copy, Debug)]
struct Neighbours {
    before: u32,
    after: u32,
}

impl Order {
    /// Puts a number behind all others; `false` if it is there already.
    #[inline(never)]
    pub(crate) fn push(&mut self, number: usize) -> bool {
        let at = number + 1;
        while self.table.len() <= at {
            let own = self.table.len() as u32;
            self.table.push(Neighbours {
                before: own,
                after: own,
            });
        }
        if self.table[at].after as usize == at {
            let last = self.table[0].before;
            self.table[at] = Neighbours {
                before: last,
                after: 0,
            };
            self.table[last as usize].after = at as u32;
            self.table[0].before = at as u32;
            return true;
        }
        false
    }

    /// Takes a number out, wherever it stands; `false` if it is not there.
    #[inline(never)]
    pub(crate) fn remove(&mut self, number: usize) -> bool {
        let at = number + 1;
        let Some(&Neighbours { before, after }) = self.table.get(at) else {
            return false;
        };
        if after as usize == at {
            return false;
        }
        self.table[before as usize].after = after;
        self.table[after as usize].before = before;
        self.table[at] = Neighbours {
            before: at as u32,
            after: at as u32,
        };
        true
    }

    /// The number that was put in first.
    pub(crate) fn first(&self) -> Option<usize> {
        self.following(0)
    }

    /// The numbers, the first put in first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        core::iter::successors(self.first(), |number| self.following(number + 1))
    }

    /// Gives memory back: no number of `length` or more is in the list.
    #[inline(never)]
    pub(crate) fn trim(&mut self, length: usize) {
        trim(&mut self.table, length + 1);
    }

    fn following(&self, at: usize) -> Option<usize> {
        (self.table.get(at)?.after as usize).checked_sub(1)
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.table.capacity()
    }
}

/// Cuts a table to `length`, and gives its memory back when little of it is left in use.
#[inline(never)]
pub(crate) fn trim<T>(table: &mut Vec<T>, length: usize) {
    table.truncate(length);
    if table.capacity() > 4 * table.len() + 64 {
        table.shrink_to(2 * table.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn it_is_a_list_without_repetition() {
        for seed in 1..200_u64 {
            let mut random = seed;
            let mut below = |bound: u64| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                ((random >> 33) % bound) as usize
            };
            let (mut order, mut model) = (Order::default(), VecDeque::new());
            for _ in 0..200 {
                let number = below(12);
                let is_in = model.contains(&number);
                if below(2) == 0 {
                    assert_eq!(order.push(number), !is_in, "seed {seed}");
                    (!is_in).then(|| model.push_back(number));
                } else {
                    assert_eq!(order.remove(number), is_in, "seed {seed}");
                    model.retain(|one| *one != number);
                }
                assert_eq!(order.first(), model.front().copied(), "seed {seed}");
                assert!(order.iter().eq(model.iter().copied()), "seed {seed}");
            }
        }
    }

    #[test]
    fn its_memory_is_given_back() {
        let mut order = Order::default();
        (0..36_000).for_each(|number| assert!(order.push(number)));
        (1..36_000).for_each(|number| assert!(order.remove(number)));
        order.trim(1);
        assert!(order.capacity() < 128);
        assert!(order.iter().eq([0]));
    }
}
