//! What is said of one record when it is configured.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::any::TypeId;
use core::future::Future;
use core::sync::atomic::AtomicBool;

use aimdb_contracts::Linkable;

use crate::buffer::BufferConfig;
use crate::commit::Origin;
use crate::door::TypedDoor;
use crate::endpoints::{Consumer, Producer};
use crate::kept::Kept;
use crate::lend::Lending;
use crate::link::{Codec, Direction, LinkPlan};
use crate::plan::{Input, Plan};
use crate::record::Record;
use crate::runtime::{Erase, Spawn, StateCell};
use crate::task::Task;
use crate::transform::{Stateful, Stateless, Step, Transform};

/// Says what a record of type `T` is: its buffer, who writes it, who looks at it, what it is linked
/// to.
pub struct Registrar<'a, T: Linkable, R: Erase<TypedDoor<T, R>>> {
    plan: &'a mut Plan<R>,
    record: core::marker::PhantomData<T>,
}

impl<'a, T: Linkable, R: Erase<TypedDoor<T, R>>> Registrar<'a, T, R> {
    pub(crate) fn new(plan: &'a mut Plan<R>) -> Self {
        Self {
            plan,
            record: core::marker::PhantomData,
        }
    }

    /// The record's buffer; every record needs one.
    pub fn buffer(&mut self, buffer: BufferConfig) -> &mut Self {
        self.plan.buffer = Some(buffer);
        self
    }

    /// A task that writes the record, e.g. one that reads a sensor. It starts when the database is
    /// built, after every reader has its place. That the record was removed or the database closed it learns from
    /// [`Producer::closed`], or from the error of its next value; if it goes on all the same, it is dropped
    /// where it waits after [`GRACE`](crate::GRACE).
    pub fn source<S, F>(&mut self, source: S) -> &mut Self
    where
        S: FnOnce(R, Producer<T, R>) -> F + 'static,
        F: Future<Output = ()>,
        R: Spawn<Task<F, R>>,
    {
        self.plan.writers.push("source");
        self.plan.wires.push(Box::new(move |doors| {
            let own = doors.own.clone();
            let producer = Producer::new(Record::behind(&own)?, Origin::Local);
            Ok(Box::new(move |runtime| {
                let work = source(runtime.clone(), producer);
                let progress = Arc::default();
                runtime.spawn(Task::owned("source", own, runtime, progress, work));
            }))
        }));
        self
    }

    /// A task that looks at the record. On a mailbox it is a reader like any other, and takes. Its
    /// consumer closes when the record is removed or the database closed; if the task neither ends nor reads
    /// for [`GRACE`](crate::GRACE) then, it is dropped where it waits.
    pub fn tap<S, F>(&mut self, tap: S) -> &mut Self
    where
        S: FnOnce(R, Consumer<T, R>) -> F + 'static,
        F: Future<Output = ()>,
        R: Spawn<Task<F, R>>,
    {
        self.plan.taps += 1;
        self.plan.wires.push(Box::new(move |doors| {
            let (own, progress) = (doors.own.clone(), Arc::<AtomicBool>::default());
            let consumer = Consumer::owned(Record::<T, R>::behind(&own)?, progress.clone());
            Ok(Box::new(move |runtime| {
                let work = tap(runtime.clone(), consumer);
                runtime.spawn(Task::owned("tap", own, runtime, progress, work));
            }))
        }));
        self
    }

    /// Derives the record from another: each value of `input` may give one.
    pub fn transform<I, F>(&mut self, input: &str, derive: F) -> &mut Self
    where
        I: Linkable,
        F: FnMut(&I) -> Option<T> + 'static,
        R: Erase<TypedDoor<I, R>> + Spawn<Task<Transform<I, T, (), Stateless<F>, R>, R>>,
    {
        self.plan.writers.push("transform");
        self.derive(
            "transform",
            input,
            R::Cell::new(Lending::new(())),
            Stateless(derive),
        );
        self
    }

    /// Derives the record from another, with a state that is kept between values.
    pub fn transform_with<I, S, F>(&mut self, input: &str, state: S, derive: F) -> &mut Self
    where
        I: Linkable,
        S: 'static,
        F: FnMut(&mut S, &I) -> Option<T> + 'static,
        R: Erase<TypedDoor<I, R>> + Spawn<Task<Transform<I, T, S, Stateful<F>, R>, R>>,
    {
        self.plan.writers.push("transform");
        self.derive(
            "transform",
            input,
            R::Cell::new(Lending::new(state)),
            Stateful(derive),
        );
        self
    }

    /// Derives the record from several others of any types. They share one state; each value of
    /// each input may give one.
    ///
    /// ```text
    /// reg.transform_join(Both::default(), |join| {
    ///     join.on::<Temperature, _>("indoor", |both, indoor| both.indoor(indoor))
    ///         .on::<Temperature, _>("outdoor", |both, outdoor| both.outdoor(outdoor));
    /// });
    /// ```
    pub fn transform_join<S: 'static>(
        &mut self,
        state: S,
        inputs: impl FnOnce(&mut Join<'_, 'a, T, S, R>),
    ) -> &mut Self {
        self.plan.writers.push("join");
        self.plan.is_derived = true;
        let state = R::Cell::new(Lending::new(state));
        inputs(&mut Join {
            registrar: self,
            state,
        });
        self
    }

    /// Sends each value of the record to `scheme://address`, by the connector for that scheme.
    pub fn link_to(&mut self, url: &str) -> &mut Self {
        self.link(Direction::To, url)
    }

    /// Receives values of the record from `scheme://address`. It writes the record like a source does,
    /// so there can be no other; code of the application may still write through a [`Producer`].
    pub fn link_from(&mut self, url: &str) -> &mut Self {
        self.plan.writers.push("link");
        self.link(Direction::From, url)
    }

    fn link(&mut self, direction: Direction, url: &str) -> &mut Self {
        self.plan.links.push(LinkPlan {
            direction,
            url: url.to_string(),
            codec: Codec::of::<T>(),
        });
        self
    }

    fn derive<I, S, P>(
        &mut self,
        name: &'static str,
        input: &str,
        state: R::Cell<Lending<S>>,
        step: P,
    ) where
        I: Linkable,
        S: 'static,
        P: Step<S, I, T> + 'static,
        R: Erase<TypedDoor<I, R>> + Spawn<Task<Transform<I, T, S, P, R>, R>>,
    {
        let number = self.plan.inputs.len();
        self.plan.inputs.push(Input {
            key: input.to_string(),
            schema: I::SCHEMA,
            form: TypeId::of::<Kept<I, R>>(),
        });
        self.plan.wires.push(Box::new(move |doors| {
            let consumer = Consumer::new(Record::<I, R>::behind(&doors.inputs[number])?);
            let producer = Producer::new(Record::<T, R>::behind(&doors.own)?, Origin::Rule);
            let (own, itself) = (doors.own.clone(), doors.runtime.clone());
            let transform = Transform::new(consumer, producer, state, step, itself);
            Ok(Box::new(move |runtime| {
                runtime.spawn(Task::new(name, own, runtime, transform));
            }))
        }));
    }
}

/// The inputs of a joined record.
pub struct Join<'j, 'a, T: Linkable, S: 'static, R: Erase<TypedDoor<T, R>>> {
    registrar: &'j mut Registrar<'a, T, R>,
    state: R::Cell<Lending<S>>,
}

impl<T: Linkable, S: 'static, R: Erase<TypedDoor<T, R>>> Join<'_, '_, T, S, R> {
    /// What happens to each value of `input`.
    pub fn on<I, F>(&mut self, input: &str, derive: F) -> &mut Self
    where
        I: Linkable,
        F: FnMut(&mut S, &I) -> Option<T> + 'static,
        R: Erase<TypedDoor<I, R>> + Spawn<Task<Transform<I, T, S, Stateful<F>, R>, R>>,
    {
        self.registrar
            .derive("join", input, self.state.clone(), Stateful(derive));
        self
    }
}
