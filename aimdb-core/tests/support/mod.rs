//! What the tests run on: the runtime without a platform, and what is the same in every run.
#![allow(dead_code, unused_imports, reason = "each test uses what it needs")]

use std::task::{Context, Poll, Waker};

aimdb_conformance::bare!();

pub(crate) use bare::{Bare, Local};

/// What a future gives without waiting.
pub(crate) fn now<O>(future: impl Future<Output = O>) -> Option<O> {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A linear congruential generator: the same on every run of a seed.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
