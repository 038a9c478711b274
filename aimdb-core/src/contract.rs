//! The contracts that records can be opened with by name.
//!
//! An entry is an object and not a type: a contract of a Rust type ([`Typed`](crate::Typed)) or one
//! that is known by its description ([`Described`](crate::Described)). Nothing that opens a record
//! by name can tell them apart.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use aimdb_contracts::{Registry, RegistryError, Schema, listed};

use crate::buffer::BufferConfig;
use crate::db::AimDb;
use crate::error::{BuildError, Problem};
use crate::plan::Plan;
use crate::record::shape::Shape;
use crate::record::shaped::Door;
use crate::runtime::{Erase, RuntimeAdapter};

/// Opens records of one contract.
pub trait Contract<R: RuntimeAdapter> {
    /// Its description.
    fn schema(&self) -> &Schema;

    /// Adds a record of this contract to a database.
    fn open(
        &self,
        db: &AimDb<R>,
        key: &str,
        buffer: BufferConfig,
    ) -> Result<Arc<R::Door>, BuildError>;
}

impl<S: Shape + Clone, R: Erase<Door<S, R>>> Contract<R> for S {
    fn schema(&self) -> &Schema {
        Shape::schema(self)
    }

    fn open(
        &self,
        db: &AimDb<R>,
        key: &str,
        buffer: BufferConfig,
    ) -> Result<Arc<R::Door>, BuildError> {
        db.open_one(Plan::shaped(key, self.clone(), buffer))
    }
}

/// Contracts by name.
pub struct Contracts<R: RuntimeAdapter> {
    registry: Registry<Box<dyn Contract<R>>>,
}

impl<R: RuntimeAdapter> Default for Contracts<R> {
    fn default() -> Self {
        Self {
            registry: Registry::new(),
        }
    }
}

impl<R: RuntimeAdapter> Contracts<R> {
    /// Adds a contract under the name in its description. The same contract may come again, as it does when
    /// two parts of a program bring it along; an error if another one has the name.
    pub fn register(&mut self, contract: impl Contract<R> + 'static) -> Result<(), RegistryError> {
        let name = contract.schema().name.to_string();
        let known = self.registry.get(&name);
        if known
            .is_some_and(|known| known.schema().fingerprint() == contract.schema().fingerprint())
        {
            return Ok(());
        }
        self.registry.register(&name, Box::new(contract))
    }

    /// The contract of that name.
    pub fn get(&self, name: &str) -> Option<&dyn Contract<R>> {
        self.registry.get(name).map(|contract| &**contract)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.registry.iter().map(|(name, _)| name)
    }

    /// Adds a record of the contract `schema` to a database.
    pub fn open(
        &self,
        db: &AimDb<R>,
        key: &str,
        schema: &str,
        buffer: BufferConfig,
    ) -> Result<Arc<R::Door>, BuildError> {
        match self.get(schema) {
            Some(contract) => contract.open(db, key, buffer),
            None => Err(Problem::UnknownSchema {
                record: key.to_string(),
                schema: schema.to_string(),
                known: listed(&self.names().collect::<Vec<_>>()),
            }
            .into()),
        }
    }
}
