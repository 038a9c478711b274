//! What a record is to become, before anything of it exists.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::TypeId;

use aimdb_contracts::Linkable;

use crate::buffer::{BufferConfig, CapacityError};
use crate::commit::ChangeLog;
use crate::door::{Door, RecordDoor};
use crate::error::Problem;
use crate::key::RecordId;
use crate::link::LinkPlan;
use crate::record::Record;
use crate::runtime::{Erase, RuntimeAdapter};
use crate::shape::Shape;

/// Starts a task that was put together.
pub(crate) type Start<R> = Box<dyn FnOnce(&R)>;

/// Puts a task together: subscribes its readers, so that it misses nothing once tasks start.
pub(crate) type Wire<R> = Box<dyn FnOnce(&Doors<R>) -> Result<Start<R>, Problem>>;

/// The records that a task is put together from.
pub(crate) struct Doors<R: RuntimeAdapter> {
    pub(crate) own: Arc<R::Door>,
    /// In the order of [`Plan::inputs`].
    pub(crate) inputs: Vec<Arc<R::Door>>,
}

/// Makes the record itself.
pub(crate) type Open<R> = Box<
    dyn Fn(
        RecordId,
        Arc<str>,
        BufferConfig,
        <R as RuntimeAdapter>::Cell<ChangeLog>,
    ) -> Result<Arc<<R as RuntimeAdapter>::Door>, CapacityError>,
>;

/// The typed record behind a door.
pub(crate) fn typed<T: Linkable, R: RuntimeAdapter>(
    door: &R::Door,
) -> Result<Record<T, R>, Problem> {
    let record = door.as_any().downcast_ref::<Record<T, R>>();
    record
        .cloned()
        .ok_or_else(|| wrong_type(door.key(), T::NAME, &door.schema().name))
}

/// A record is asked for with a type that it does not have; of the same contract it has another form.
pub(crate) fn wrong_type(record: &str, expected: &str, found: &str) -> Problem {
    let record = record.to_string();
    if expected == found {
        Problem::WrongType {
            record,
            expected: "the type of ".to_string() + expected,
            found: found.to_string() + " in another form",
        }
    } else {
        Problem::WrongType {
            record,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

/// An input of a derived record.
pub(crate) struct Input {
    pub(crate) key: String,
    /// The name of the contract that is expected there.
    pub(crate) schema: &'static str,
    /// The type of the [`Record`] that is expected there.
    pub(crate) form: TypeId,
}

/// One record of a configuration.
pub(crate) struct Plan<R: RuntimeAdapter> {
    pub(crate) key: Arc<str>,
    pub(crate) schema: String,
    /// The type of the [`Record`] that it becomes.
    pub(crate) form: TypeId,
    pub(crate) buffer: Option<BufferConfig>,
    pub(crate) inputs: Vec<Input>,
    /// Whether there is to be an input at least.
    pub(crate) is_derived: bool,
    pub(crate) writers: Vec<&'static str>,
    pub(crate) taps: usize,
    pub(crate) links: Vec<LinkPlan>,
    pub(crate) open: Open<R>,
    pub(crate) wires: Vec<Wire<R>>,
}

impl<R: RuntimeAdapter> Plan<R> {
    /// A record that keeps its values in the shape that `shape` makes.
    pub(crate) fn new<S: Shape>(key: &str, shape: impl Fn() -> S + 'static) -> Self
    where
        R: Erase<Door<S, R>>,
    {
        Self {
            key: Arc::from(key),
            schema: shape().schema().name.to_string(),
            form: TypeId::of::<Record<S::Value, R>>(),
            buffer: None,
            inputs: Vec::new(),
            is_derived: false,
            writers: Vec::new(),
            taps: 0,
            links: Vec::new(),
            open: Box::new(move |id, key, buffer, changes| {
                let record = Record::new(id, key, buffer, changes)?;
                Ok(R::erase(Door::new(shape(), record)))
            }),
            wires: Vec::new(),
        }
    }
}
