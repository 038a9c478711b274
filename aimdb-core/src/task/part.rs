//! Parts of a configuration: what becomes a task of a record once the database is built. They have names and are no
//! closures, so that a runtime can state its bound on them ([`Hold`](crate::runtime::Hold)), as on the tasks.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::sync::atomic::AtomicBool;

use aimdb_contracts::Linkable;

use crate::error::Problem;
use crate::record::Record;
use crate::record::commit::Origin;
use crate::record::endpoints::{Consumer, Producer};
use crate::runtime::{Doors, Part, RuntimeAdapter, Spawn, Start};
use crate::task::Task;
use crate::task::lend::Lending;
use crate::task::transform::{Step, Transform};

/// A source or a tap to be: a function of the application that gives a future.
struct Begin<S, T, F> {
    begin: S,
    types: PhantomData<fn() -> (T, F)>,
}

/// A source to be.
#[derive(Debug)]
pub struct SourcePart<S, T, F>(Begin<S, T, F>);

/// A tap to be.
#[derive(Debug)]
pub struct TapPart<S, T, F>(Begin<S, T, F>);

impl<S, T, F> Begin<S, T, F> {
    fn new(begin: S) -> Self {
        let types = PhantomData;
        Self { begin, types }
    }
}

impl<S, T, F> fmt::Debug for Begin<S, T, F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Begin").finish_non_exhaustive()
    }
}

impl<S, T, F> SourcePart<S, T, F> {
    pub(crate) fn new(source: S) -> Self {
        Self(Begin::new(source))
    }
}

impl<S, T, F> TapPart<S, T, F> {
    pub(crate) fn new(tap: S) -> Self {
        Self(Begin::new(tap))
    }
}

impl<S, T, F, R> Part<R> for SourcePart<S, T, F>
where
    T: Linkable,
    S: FnOnce(R, Producer<T, R>) -> F + 'static,
    F: Future<Output = ()> + 'static,
    R: Spawn<Task<F, R>>,
{
    fn wire(self: Box<Self>, doors: &Doors<R>) -> Result<Start<R>, Problem> {
        let own = doors.own.clone();
        let producer = Producer::new(Record::behind(&own)?, Origin::Local);
        Ok(Box::new(move |runtime| {
            let work = (self.0.begin)(runtime.clone(), producer);
            let progress = Arc::default();
            runtime.spawn(Task::owned("source", own, runtime, progress, work));
        }))
    }
}

impl<S, T, F, R> Part<R> for TapPart<S, T, F>
where
    T: Linkable,
    S: FnOnce(R, Consumer<T, R>) -> F + 'static,
    F: Future<Output = ()> + 'static,
    R: Spawn<Task<F, R>>,
{
    fn wire(self: Box<Self>, doors: &Doors<R>) -> Result<Start<R>, Problem> {
        let (own, progress) = (doors.own.clone(), Arc::<AtomicBool>::default());
        let consumer = Consumer::owned(Record::<T, R>::behind(&own)?, progress.clone());
        Ok(Box::new(move |runtime| {
            let work = (self.0.begin)(runtime.clone(), consumer);
            runtime.spawn(Task::owned("tap", own, runtime, progress, work));
        }))
    }
}

/// A derivation from one record to be; a join has one for each input.
pub struct TransformPart<I: Linkable, T: Linkable, S: 'static, P, R: RuntimeAdapter> {
    pub(crate) name: &'static str,
    /// The position of the input in the plan.
    pub(crate) input: usize,
    pub(crate) state: R::Cell<Lending<S>>,
    pub(crate) step: P,
    pub(crate) spawn: fn(&R, Deriving<I, T, S, P, R>),
}

/// The task of a derivation.
pub(crate) type Deriving<I, T, S, P, R> = Task<Transform<I, T, S, P, R>, R>;

impl<I: Linkable, T: Linkable, S: 'static, P, R: RuntimeAdapter> fmt::Debug
    for TransformPart<I, T, S, P, R>
{
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TransformPart")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<I, T, S, P, R> Part<R> for TransformPart<I, T, S, P, R>
where
    I: Linkable,
    T: Linkable,
    S: 'static,
    P: Step<S, I, T> + 'static,
    R: RuntimeAdapter,
{
    fn wire(self: Box<Self>, doors: &Doors<R>) -> Result<Start<R>, Problem> {
        let Self {
            name,
            input,
            state,
            step,
            spawn,
        } = *self;
        let consumer = Consumer::new(Record::<I, R>::behind(&doors.inputs[input])?);
        let producer = Producer::new(Record::<T, R>::behind(&doors.own)?, Origin::Rule);
        let (own, itself) = (doors.own.clone(), doors.runtime.clone());
        let transform = Transform::new(consumer, producer, state, step, itself);
        Ok(Box::new(move |runtime| {
            spawn(runtime, Task::new(name, own, runtime, transform));
        }))
    }
}
