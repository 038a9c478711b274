//! The task that derives one record from another.
//!
//! It has a name and is no closure, so that a runtime can state its bound on it ([`Spawn`]).
//!
//! [`Spawn`]: crate::runtime::Spawn

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use aimdb_contracts::Linkable;

use crate::error::WriteError;
use crate::platform::{Level, Logger};
use crate::record::commit::Commit;
use crate::record::endpoints::{Closed, Consumer, Producer};
use crate::record::reading::Next;
use crate::runtime::RuntimeAdapter;
use crate::task::lend::{Lending, Lent, leave_lent};
use crate::wakers::Slot;

/// Tells the log that a derived record missed values of its input.
pub(crate) fn tell_lag(log: &impl Logger, to: &str, missed: u64, from: &str) {
    log.log(
        Level::Warn,
        format_args!("{to} missed {missed} values of {from}"),
    );
}

/// Tells the log what became of a derived value if the contract refused it. `false`: the record was
/// removed, and there is nothing more to derive.
pub(crate) fn tell_refusal(log: &impl Logger, written: Result<Commit, WriteError>) -> bool {
    match written {
        Ok(_) => true,
        Err(WriteError::Refused(violation)) => {
            log.log(
                Level::Warn,
                format_args!("derived value refused: {violation}"),
            );
            true
        }
        Err(WriteError::Removed { .. } | WriteError::Closed { .. }) => false,
    }
}

/// Turns a value of one record into one of another.
pub trait Step<S, I, T> {
    /// The derived value, if this one gives any.
    fn step(&mut self, state: &mut S, value: &I) -> Option<T>;
}

/// A step that remembers nothing.
pub struct Stateless<F>(pub(crate) F);

impl<I, T, F: FnMut(&I) -> Option<T>> Step<(), I, T> for Stateless<F> {
    fn step(&mut self, (): &mut (), value: &I) -> Option<T> {
        (self.0)(value)
    }
}

/// A step with a state.
pub struct Stateful<F>(pub(crate) F);

impl<S, I, T, F: FnMut(&mut S, &I) -> Option<T>> Step<S, I, T> for Stateful<F> {
    fn step(&mut self, state: &mut S, value: &I) -> Option<T> {
        (self.0)(state, value)
    }
}

/// Reads one record, applies a step, writes another; ends when the database closes, or when the
/// record that it writes is removed.
///
/// A lag and a derived value that the contract refuses are logged, and it goes on.
pub struct Transform<I: Linkable, T: Linkable, S: 'static, P, R: RuntimeAdapter> {
    consumer: Consumer<I, R>,
    producer: Producer<T, R>,
    /// Of the record that it writes: its input may be silent while that one is removed.
    closed: Closed<T, R>,
    state: R::Cell<Lending<S>>,
    /// Where it waits for the state while another input has it.
    slot: Option<Slot>,
    step: P,
    runtime: R,
}

// Nothing in it is pinned: it is polled through plain references.
impl<I: Linkable, T: Linkable, S: 'static, P, R: RuntimeAdapter> Unpin
    for Transform<I, T, S, P, R>
{
}

impl<I: Linkable, T: Linkable, S: 'static, P: Step<S, I, T>, R: RuntimeAdapter>
    Transform<I, T, S, P, R>
{
    pub(crate) fn new(
        consumer: Consumer<I, R>,
        producer: Producer<T, R>,
        state: R::Cell<Lending<S>>,
        step: P,
        runtime: R,
    ) -> Self {
        producer.derive(true);
        Self {
            consumer,
            closed: producer.closed(),
            producer,
            state,
            slot: None,
            step,
            runtime,
        }
    }

    /// Whether the record that it writes is gone. While the database only closes, what is there is
    /// still worked off.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        Pin::new(&mut self.closed).poll(context).is_ready() && self.producer.is_removed()
    }
}

impl<I: Linkable, T: Linkable, S: 'static, P: Step<S, I, T>, R: RuntimeAdapter> Future
    for Transform<I, T, S, P, R>
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.is_over(context) {
            return Poll::Ready(());
        }
        let Self {
            consumer,
            producer,
            state,
            slot,
            step,
            runtime,
            ..
        } = &mut *self;
        let mut state = ready!(Lent::poll(state, slot, context));
        // The consumer ends the turn.
        loop {
            match ready!(consumer.poll_event(context)) {
                Next::Closed => return Poll::Ready(()),
                Next::Lagged { missed } => {
                    tell_lag(runtime, producer.key(), missed, consumer.key());
                }
                Next::Value(value) => {
                    let derived = state.with(|state| step.step(state, &value));
                    if let Some(derived) = derived.flatten() {
                        // That it is removed is seen at the next turn.
                        tell_refusal(runtime, producer.produce(derived));
                    }
                }
            }
        }
    }
}

impl<I: Linkable, T: Linkable, S: 'static, P, R: RuntimeAdapter> Drop for Transform<I, T, S, P, R> {
    fn drop(&mut self) {
        leave_lent(&self.state, &mut self.slot);
        self.producer.derive(false);
    }
}
