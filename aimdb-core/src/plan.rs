//! What a record is to become, before anything of it exists.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::buffer::{BufferConfig, CapacityError};
use crate::commit::ChangeLog;
use crate::db::AimDb;
use crate::door::Door;
use crate::error::Problem;
use crate::graph::Node;
use crate::key::RecordId;
use crate::link::LinkPlan;
use crate::record::Record;
use crate::runtime::{Erase, RuntimeAdapter};
use crate::shape::Shape;

/// Starts a task that was put together.
pub(crate) type Start<R> = Box<dyn FnOnce(&R)>;

/// Puts a task together: subscribes its readers, so that it misses nothing once tasks start.
pub(crate) type Wire<R> = Box<dyn FnOnce(&AimDb<R>) -> Result<Start<R>, Problem>>;

/// Makes the record itself.
pub(crate) type Open<R> = Box<
    dyn FnOnce(
        RecordId,
        Arc<str>,
        BufferConfig,
        <R as RuntimeAdapter>::Cell<ChangeLog>,
    ) -> Result<Arc<<R as RuntimeAdapter>::Door>, CapacityError>,
>;

/// An input of a derived record.
pub(crate) struct Input {
    pub(crate) key: String,
    /// The name of the contract that is expected there.
    pub(crate) schema: &'static str,
}

/// One record of a configuration.
pub(crate) struct Plan<R: RuntimeAdapter> {
    pub(crate) key: Arc<str>,
    pub(crate) schema: String,
    pub(crate) buffer: Option<BufferConfig>,
    pub(crate) inputs: Vec<Input>,
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
            buffer: None,
            inputs: Vec::new(),
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

    pub(crate) fn node(&self) -> Node {
        Node {
            key: self.key.clone(),
            schema: self.schema.clone(),
            inputs: self.inputs.iter().map(|input| input.key.clone()).collect(),
            writers: self.writers.clone(),
            taps: self.taps,
            links: self.links.iter().map(ToString::to_string).collect(),
        }
    }
}
