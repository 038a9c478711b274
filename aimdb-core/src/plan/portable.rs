//! Configuration by libraries that name no runtime.
//!
//! What a runtime can hold and run (natively what is `Send`) is known of a concrete one. A library's own futures hold
//! handles of a runtime that it does not know, so nobody could say of them whether they are `Send`. What a library
//! writes is therefore closures over values, which are `Send` whatever the runtime, and the engine's own tasks
//! around them.
//!
//! ```
//! use aimdb_contracts::builtin::Temperature;
//! use aimdb_core::{AimDbBuilder, BufferConfig, Portable};
//!
//! /// Adds the warmest value of `room`, on any runtime.
//! pub fn install<R: Portable>(builder: &mut AimDbBuilder<R>) {
//!     builder.install::<Temperature>("warmest", |reg| {
//!         reg.buffer(BufferConfig::SingleLatest);
//!         reg.derive_with("room", f32::MIN, |warmest, room: &Temperature| {
//!             *warmest = warmest.max(room.celsius);
//!             Some(Temperature { celsius: *warmest, ..room.clone() })
//!         });
//!     });
//! }
//! ```

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::any::TypeId;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use aimdb_contracts::{Linkable, Schema};

use crate::buffer::{BufferConfig, CapacityError};
use crate::error::Problem;
use crate::key::RecordId;
use crate::plan::Make;
use crate::plan::registrar::{Join, Registrar};
use crate::record::Record;
use crate::record::commit::{ChangeLog, Origin};
use crate::record::endpoints::{Closed, Consumer, Producer};
use crate::record::kept::Kept;
use crate::record::reading::Turn;
use crate::record::shape::Typed;
use crate::record::shaped::{Door, TypedDoor};
use crate::runtime::{Doors, Part, RuntimeAdapter, Start};
use crate::task::Task;
use crate::task::part::TransformPart;
use crate::task::transform::{Stateful, Stateless, Step, Transform, tell_refusal};

/// A runtime that library code can be written for without its name. Adapters write [`portable!`](crate::portable) of
/// themselves; every runtime that takes what is `Send` can.
pub trait Portable: RuntimeAdapter {
    /// See [`Erase`](crate::Erase).
    #[doc(hidden)]
    fn keep<T: Linkable>(door: TypedDoor<T, Self>) -> Arc<Self::Door>;

    /// See [`Hold`](crate::runtime::Hold).
    #[doc(hidden)]
    fn hold_transform<I: Linkable, T: Linkable, S: Send + 'static, P>(
        part: TransformPart<I, T, S, P, Self>,
    ) -> Box<Self::Part>
    where
        P: Step<S, I, T> + Send + 'static;

    /// See [`Hold`](crate::runtime::Hold).
    #[doc(hidden)]
    fn hold_every<T: Linkable, F: FnMut() -> Option<T> + Send + 'static>(
        part: EveryPart<T, F>,
    ) -> Box<Self::Part>;

    /// See [`Hold`](crate::runtime::Hold).
    #[doc(hidden)]
    fn hold_each<T: Linkable, F: FnMut(&T) + Send + 'static>(
        part: EachPart<T, F>,
    ) -> Box<Self::Part>;

    /// See [`Spawn`](crate::Spawn).
    #[doc(hidden)]
    fn run_transform<I: Linkable, T: Linkable, S: Send + 'static, P>(
        &self,
        task: Task<Transform<I, T, S, P, Self>, Self>,
    ) where
        P: Step<S, I, T> + Send + 'static;

    /// See [`Spawn`](crate::Spawn).
    #[doc(hidden)]
    fn run_every<T: Linkable, F: FnMut() -> Option<T> + Send + 'static>(
        &self,
        task: Task<Every<T, F, Self>, Self>,
    );

    /// See [`Spawn`](crate::Spawn).
    #[doc(hidden)]
    fn run_each<T: Linkable, F: FnMut(&T) + Send + 'static>(
        &self,
        task: Task<Each<T, F, Self>, Self>,
    );
}

/// Writes [`Portable`] of an adapter, from its [`Erase`](crate::Erase), [`Spawn`](crate::Spawn) and
/// [`Hold`](crate::runtime::Hold):
///
/// ```text
/// aimdb_core::portable!(MyAdapter);
///
/// impl Portable for MyAdapter {
///     fn keep<T: Linkable>(door: TypedDoor<T, Self>) -> Arc<Self::Door> { Self::erase(door) }
///     // … and so on, each method by the one trait that it names.
/// }
/// ```
#[macro_export]
macro_rules! portable {
    ($adapter:ty) => {
        impl $crate::Portable for $adapter {
            fn keep<T: $crate::Linkable>(
                door: $crate::TypedDoor<T, Self>,
            ) -> ::std::sync::Arc<Self::Door> {
                <Self as $crate::Erase<_>>::erase(door)
            }

            fn hold_transform<I: $crate::Linkable, T: $crate::Linkable, S, P>(
                part: $crate::TransformPart<I, T, S, P, Self>,
            ) -> ::std::boxed::Box<Self::Part>
            where
                S: Send + 'static,
                P: $crate::Step<S, I, T> + Send + 'static,
            {
                <Self as $crate::Hold<_>>::hold(part)
            }

            fn hold_every<T: $crate::Linkable, F: FnMut() -> Option<T> + Send + 'static>(
                part: $crate::EveryPart<T, F>,
            ) -> ::std::boxed::Box<Self::Part> {
                <Self as $crate::Hold<_>>::hold(part)
            }

            fn hold_each<T: $crate::Linkable, F: FnMut(&T) + Send + 'static>(
                part: $crate::EachPart<T, F>,
            ) -> ::std::boxed::Box<Self::Part> {
                <Self as $crate::Hold<_>>::hold(part)
            }

            fn run_transform<I: $crate::Linkable, T: $crate::Linkable, S, P>(
                &self,
                task: $crate::Task<$crate::Transform<I, T, S, P, Self>, Self>,
            ) where
                S: Send + 'static,
                P: $crate::Step<S, I, T> + Send + 'static,
            {
                <Self as $crate::Spawn<_>>::spawn(self, task);
            }

            fn run_every<T: $crate::Linkable, F: FnMut() -> Option<T> + Send + 'static>(
                &self,
                task: $crate::Task<$crate::Every<T, F, Self>, Self>,
            ) {
                <Self as $crate::Spawn<_>>::spawn(self, task);
            }

            fn run_each<T: $crate::Linkable, F: FnMut(&T) + Send + 'static>(
                &self,
                task: $crate::Task<$crate::Each<T, F, Self>, Self>,
            ) {
                <Self as $crate::Spawn<_>>::spawn(self, task);
            }
        }
    };
}

/// As a type, on any [`Portable`] runtime.
pub(crate) struct Anywhere<T>(pub(crate) Typed<T>);

impl<T: Linkable, R: Portable> Make<R> for Anywhere<T> {
    fn schema(&self) -> &Schema {
        T::SCHEMA
    }

    fn form(&self) -> TypeId {
        TypeId::of::<Kept<T, R>>()
    }

    fn open(
        &self,
        id: RecordId,
        key: Arc<str>,
        buffer: BufferConfig,
        changes: R::Cell<ChangeLog>,
    ) -> Result<Arc<R::Door>, CapacityError> {
        let kept = Kept::new(id, key, buffer, changes)?;
        Ok(R::keep(Door::new(self.0.clone(), kept)))
    }
}

/// What a library says of a record, on any [`Portable`] runtime. Buffers and links are said as everywhere.
impl<T: Linkable, R: Portable> Registrar<'_, T, R> {
    /// Writes the record every `period`, and once at the start: what `measure` gives, if anything. It ends with
    /// the record.
    pub fn every(
        &mut self,
        period: Duration,
        measure: impl FnMut() -> Option<T> + Send + 'static,
    ) -> &mut Self {
        let types = PhantomData;
        let part = EveryPart {
            period,
            measure,
            types,
        };
        self.write("source", R::hold_every(part))
    }

    /// Shows each value of the record to `look`. On a mailbox it is a reader like any other, and takes.
    pub fn each(&mut self, look: impl FnMut(&T) + Send + 'static) -> &mut Self {
        let types = PhantomData;
        self.look(R::hold_each(EachPart { look, types }))
    }

    /// [`transform`](Self::transform) for libraries.
    pub fn derive<I: Linkable>(
        &mut self,
        input: &str,
        derive: impl FnMut(&I) -> Option<T> + Send + 'static,
    ) -> &mut Self {
        let part = |part| R::hold_transform(part);
        self.transform_by(input, (), Stateless(derive), R::run_transform, part)
    }

    /// [`transform_with`](Self::transform_with) for libraries.
    pub fn derive_with<I: Linkable, S: Send + 'static>(
        &mut self,
        input: &str,
        state: S,
        derive: impl FnMut(&mut S, &I) -> Option<T> + Send + 'static,
    ) -> &mut Self {
        let part = |part| R::hold_transform(part);
        self.transform_by(input, state, Stateful(derive), R::run_transform, part)
    }
}

impl<T: Linkable, S: Send + 'static, R: Portable> Join<'_, '_, T, S, R> {
    /// [`on`](Self::on) for libraries.
    pub fn each<I: Linkable>(
        &mut self,
        input: &str,
        derive: impl FnMut(&mut S, &I) -> Option<T> + Send + 'static,
    ) -> &mut Self {
        let part = |part| R::hold_transform(part);
        self.on_by(input, Stateful(derive), R::run_transform, part)
    }
}

/// A source that measures in intervals, to be.
pub struct EveryPart<T, F> {
    period: Duration,
    measure: F,
    types: PhantomData<fn() -> T>,
}

/// A tap that is shown each value, to be.
pub struct EachPart<T, F> {
    look: F,
    types: PhantomData<fn() -> T>,
}

impl<T, F> fmt::Debug for EveryPart<T, F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EveryPart")
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

impl<T, F> fmt::Debug for EachPart<T, F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EachPart").finish_non_exhaustive()
    }
}

impl<T, F, R> Part<R> for EveryPart<T, F>
where
    T: Linkable,
    F: FnMut() -> Option<T> + Send + 'static,
    R: Portable,
{
    fn wire(self: Box<Self>, doors: &Doors<R>) -> Result<Start<R>, Problem> {
        let own = doors.own.clone();
        let producer = Producer::new(Record::behind(&own)?, Origin::Local);
        let every = Every {
            closed: producer.closed(),
            producer,
            measure: self.measure,
            period: self.period,
            sleep: None,
            turn: Turn::default(),
            runtime: doors.runtime.clone(),
        };
        Ok(Box::new(move |runtime| {
            runtime.run_every(Task::new("source", own, runtime, every));
        }))
    }
}

impl<T, F, R> Part<R> for EachPart<T, F>
where
    T: Linkable,
    F: FnMut(&T) + Send + 'static,
    R: Portable,
{
    fn wire(self: Box<Self>, doors: &Doors<R>) -> Result<Start<R>, Problem> {
        let own = doors.own.clone();
        let consumer = Consumer::new(Record::behind(&own)?);
        let look = self.look;
        Ok(Box::new(move |runtime| {
            let each = Each { consumer, look };
            runtime.run_each(Task::new("tap", own, runtime, each));
        }))
    }
}

/// Writes what it measures in intervals; ends with its record.
pub struct Every<T: Linkable, F, R: RuntimeAdapter> {
    producer: Producer<T, R>,
    closed: Closed<T, R>,
    measure: F,
    period: Duration,
    sleep: Option<Pin<Box<R::Sleep>>>,
    turn: Turn,
    runtime: R,
}

/// Shows what it reads; ends with its record.
pub struct Each<T: Linkable, F, R: RuntimeAdapter> {
    consumer: Consumer<T, R>,
    look: F,
}

// Nothing in them is pinned: what must not move is boxed.
impl<T: Linkable, F, R: RuntimeAdapter> Unpin for Every<T, F, R> {}
impl<T: Linkable, F, R: RuntimeAdapter> Unpin for Each<T, F, R> {}

impl<T: Linkable, F: FnMut() -> Option<T>, R: RuntimeAdapter> Future for Every<T, F, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let every = &mut *self;
        loop {
            if Pin::new(&mut every.closed).poll(context).is_ready() {
                return Poll::Ready(());
            }
            if let Some(sleep) = &mut every.sleep {
                ready!(every.turn.count(sleep.as_mut().poll(context)));
                every.sleep = None;
            }
            // A period of nothing is over at once.
            if every.turn.is_over(context) {
                return Poll::Pending;
            }
            if let Some(value) = (every.measure)() {
                tell_refusal(&every.runtime, every.producer.produce(value));
            }
            every.sleep = Some(Box::pin(every.runtime.sleep(every.period)));
        }
    }
}

impl<T: Linkable, F: FnMut(&T), R: RuntimeAdapter> Future for Each<T, F, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { consumer, look } = &mut *self;
        // The consumer ends the turn.
        while let Some(value) = ready!(consumer.poll_value(context)) {
            look(&value);
        }
        Poll::Ready(())
    }
}

impl<T: Linkable, F, R: RuntimeAdapter> fmt::Debug for Every<T, F, R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Every")
            .field("record", &self.producer.key())
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

impl<T: Linkable, F, R: RuntimeAdapter> fmt::Debug for Each<T, F, R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Each")
            .field("record", &self.consumer.key())
            .finish_non_exhaustive()
    }
}
