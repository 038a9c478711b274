//! What a record is to become, before anything of it exists.

pub(crate) mod portable;
pub(crate) mod registrar;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::TypeId;

use aimdb_contracts::Schema;

use crate::buffer::{BufferConfig, CapacityError};
use crate::key::RecordId;
use crate::link::LinkPlan;
use crate::record::commit::ChangeLog;
use crate::record::kept::Kept;
use crate::record::shape::Shape;
use crate::record::shaped::Door;
use crate::runtime::{Erase, RuntimeAdapter};

/// What a record is made of: its contract and its form.
pub(crate) trait Make<R: RuntimeAdapter>: Send {
    /// The contract.
    fn schema(&self) -> &Schema;
    /// The type of the [`Kept`] that it becomes.
    fn form(&self) -> TypeId;
    /// Makes it.
    fn open(
        &self,
        id: RecordId,
        key: Arc<str>,
        buffer: BufferConfig,
        changes: R::Cell<ChangeLog>,
    ) -> Result<Arc<R::Door>, CapacityError>;
}

impl<S: Shape + Clone, R: Erase<Door<S, R>>> Make<R> for S {
    fn schema(&self) -> &Schema {
        Shape::schema(self)
    }

    fn form(&self) -> TypeId {
        TypeId::of::<Kept<S::Value, R>>()
    }

    fn open(
        &self,
        id: RecordId,
        key: Arc<str>,
        buffer: BufferConfig,
        changes: R::Cell<ChangeLog>,
    ) -> Result<Arc<R::Door>, CapacityError> {
        let kept = Kept::new(id, key, buffer, changes)?;
        Ok(R::erase(Door::new(self.clone(), kept)))
    }
}

/// An input of a derived record.
pub(crate) struct Input {
    pub(crate) key: String,
    /// The contract that is expected there.
    pub(crate) schema: &'static Schema,
    /// The type of the [`Kept`] that needs no conversion.
    pub(crate) form: TypeId,
}

/// One record of a configuration.
pub(crate) struct Plan<R: RuntimeAdapter> {
    pub(crate) key: Arc<str>,
    pub(crate) shape: Box<dyn Make<R>>,
    pub(crate) buffer: Option<BufferConfig>,
    pub(crate) inputs: Vec<Input>,
    /// Whether there is to be an input at least.
    pub(crate) is_derived: bool,
    pub(crate) writers: Vec<&'static str>,
    pub(crate) taps: usize,
    pub(crate) links: Vec<LinkPlan>,
    pub(crate) parts: Vec<Box<R::Part>>,
}

impl<R: RuntimeAdapter> Plan<R> {
    /// A record that is made so.
    pub(crate) fn new(key: &str, shape: impl Make<R> + 'static) -> Self {
        Self {
            key: Arc::from(key),
            shape: Box::new(shape),
            buffer: None,
            inputs: Vec::new(),
            is_derived: false,
            writers: Vec::new(),
            taps: 0,
            links: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The same, in this buffer.
    pub(crate) fn shaped<S: Shape + Clone>(key: &str, shape: S, buffer: BufferConfig) -> Self
    where
        R: Erase<Door<S, R>>,
    {
        let mut plan = Self::new(key, shape);
        plan.buffer = Some(buffer);
        plan
    }
}
