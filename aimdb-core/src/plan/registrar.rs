//! What is said of one record when it is configured.

use alloc::boxed::Box;
use alloc::string::ToString;
use core::any::TypeId;
use core::future::Future;

use aimdb_contracts::Linkable;

use crate::buffer::BufferConfig;
use crate::link::{Codec, Direction, LinkPlan};
use crate::plan::{Input, Plan};
use crate::platform::StateCell;
use crate::record::endpoints::{Consumer, Producer};
use crate::record::kept::Kept;
use crate::record::shape::Typed;
use crate::record::shaped::TypedDoor;
use crate::runtime::{Erase, Hold, RuntimeAdapter, Spawn};
use crate::task::Task;
use crate::task::lend::Lending;
use crate::task::part::{Deriving, SourcePart, TapPart, TransformPart};
use crate::task::transform::{Stateful, Stateless, Transform};

/// Says what a record of type `T` is: its buffer, who writes it, who looks at it, what it is linked
/// to.
pub struct Registrar<'a, T: Linkable, R: RuntimeAdapter> {
    plan: &'a mut Plan<R>,
    record: core::marker::PhantomData<T>,
}

impl<'a, T: Linkable, R: RuntimeAdapter> Registrar<'a, T, R> {
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
        F: Future<Output = ()> + 'static,
        R: Spawn<Task<F, R>> + Hold<SourcePart<S, T, F>>,
    {
        self.write("source", R::hold(SourcePart::new(source)))
    }

    /// A task that looks at the record. On a mailbox it is a reader like any other, and takes. Its
    /// consumer closes when the record is removed or the database closed; if the task neither ends nor reads
    /// for [`GRACE`](crate::GRACE) then, it is dropped where it waits.
    pub fn tap<S, F>(&mut self, tap: S) -> &mut Self
    where
        S: FnOnce(R, Consumer<T, R>) -> F + 'static,
        F: Future<Output = ()> + 'static,
        R: Spawn<Task<F, R>> + Hold<TapPart<S, T, F>>,
    {
        self.look(R::hold(TapPart::new(tap)))
    }

    /// Something that writes the record.
    pub(crate) fn write(&mut self, kind: &'static str, part: Box<R::Part>) -> &mut Self {
        self.plan.writers.push(kind);
        self.plan.parts.push(part);
        self
    }

    /// Something that looks at the record.
    pub(crate) fn look(&mut self, part: Box<R::Part>) -> &mut Self {
        self.plan.taps += 1;
        self.plan.parts.push(part);
        self
    }

    /// Derives the record from another: each value of `input` may give one.
    pub fn transform<I, F>(&mut self, input: &str, derive: F) -> &mut Self
    where
        I: Linkable,
        F: FnMut(&I) -> Option<T> + 'static,
        R: Spawn<Task<Transform<I, T, (), Stateless<F>, R>, R>>
            + Hold<TransformPart<I, T, (), Stateless<F>, R>>,
    {
        self.transform_by(input, (), Stateless(derive), R::spawn, R::hold)
    }

    /// Derives the record from another, with a state that is kept between values.
    pub fn transform_with<I, S, F>(&mut self, input: &str, state: S, derive: F) -> &mut Self
    where
        I: Linkable,
        S: 'static,
        F: FnMut(&mut S, &I) -> Option<T> + 'static,
        R: Spawn<Task<Transform<I, T, S, Stateful<F>, R>, R>>
            + Hold<TransformPart<I, T, S, Stateful<F>, R>>,
    {
        self.transform_by(input, state, Stateful(derive), R::spawn, R::hold)
    }

    /// A derivation from one record, by what the runtime can do with it.
    pub(crate) fn transform_by<I: Linkable, S: 'static, P>(
        &mut self,
        input: &str,
        state: S,
        step: P,
        spawn: fn(&R, Deriving<I, T, S, P, R>),
        hold: impl FnOnce(TransformPart<I, T, S, P, R>) -> Box<R::Part>,
    ) -> &mut Self {
        self.plan.writers.push("transform");
        let part = TransformPart {
            name: "transform",
            input: self.input::<I>(input),
            state: R::Cell::new(Lending::new(state)),
            step,
            spawn,
        };
        self.plan.parts.push(hold(part));
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

    /// Notes an input; gives its position.
    fn input<I: Linkable>(&mut self, input: &str) -> usize {
        self.plan.inputs.push(Input {
            key: input.to_string(),
            schema: I::SCHEMA,
            form: TypeId::of::<Kept<I, R>>(),
        });
        self.plan.inputs.len() - 1
    }
}

/// The inputs of a joined record.
pub struct Join<'j, 'a, T: Linkable, S: 'static, R: RuntimeAdapter> {
    registrar: &'j mut Registrar<'a, T, R>,
    state: R::Cell<Lending<S>>,
}

impl<T: Linkable, S: 'static, R: RuntimeAdapter> Join<'_, '_, T, S, R> {
    /// What happens to each value of `input`.
    pub fn on<I, F>(&mut self, input: &str, derive: F) -> &mut Self
    where
        I: Linkable,
        F: FnMut(&mut S, &I) -> Option<T> + 'static,
        R: Spawn<Task<Transform<I, T, S, Stateful<F>, R>, R>>
            + Hold<TransformPart<I, T, S, Stateful<F>, R>>,
    {
        self.on_by(input, Stateful(derive), R::spawn, R::hold)
    }

    /// An input, by what the runtime can do with it.
    pub(crate) fn on_by<I: Linkable, P>(
        &mut self,
        input: &str,
        step: P,
        spawn: fn(&R, Deriving<I, T, S, P, R>),
        hold: impl FnOnce(TransformPart<I, T, S, P, R>) -> Box<R::Part>,
    ) -> &mut Self {
        let part = TransformPart {
            name: "join",
            input: self.registrar.input::<I>(input),
            state: self.state.clone(),
            step,
            spawn,
        };
        self.registrar.plan.parts.push(hold(part));
        self
    }
}

/// What one call of `configure` says.
pub(crate) fn plan<T: Linkable, R: Erase<TypedDoor<T, R>>>(
    key: &str,
    describe: impl FnOnce(&mut Registrar<'_, T, R>),
) -> Plan<R> {
    let mut plan = Plan::new(key, Typed::<T>::default());
    describe(&mut Registrar::new(&mut plan));
    plan
}
