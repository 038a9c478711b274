//! The contracts that records can be opened with by name.
//!
//! An entry is an object and not a type. A typed contract is one ([`Typed`]); a contract that is
//! described at run time can be another, and nothing else changes.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;

use aimdb_contracts::{Linkable, Registry, RegistryError, Schema};

use crate::buffer::BufferConfig;
use crate::db::AimDb;
use crate::error::{BuildError, Problem};
use crate::record::Record;
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

/// The contract of a Rust type.
pub struct Typed<T>(PhantomData<T>);

impl<T> Default for Typed<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Linkable, R: Erase<Record<T, R>>> Contract<R> for Typed<T> {
    fn schema(&self) -> &Schema {
        T::SCHEMA
    }

    fn open(
        &self,
        db: &AimDb<R>,
        key: &str,
        buffer: BufferConfig,
    ) -> Result<Arc<R::Door>, BuildError> {
        let record = db.configure::<T>(key, |reg| {
            reg.buffer(buffer);
        })?;
        Ok(R::erase(record))
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
    /// Adds a contract under the name in its description; an error if the name is taken.
    pub fn register(&mut self, contract: impl Contract<R> + 'static) -> Result<(), RegistryError> {
        let name = contract.schema().name.to_string();
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
                known: self.names().collect::<Vec<_>>().join(", "),
            }
            .into()),
        }
    }
}
