//! Configuring a database before it runs.

use alloc::vec::Vec;

use aimdb_contracts::Linkable;

use crate::buffer::BufferConfig;
use crate::db::AimDb;
use crate::error::BuildError;
use crate::link::{LinkSender, Links};
use crate::plan::Plan;
use crate::plan::portable::{Anywhere, Portable};
use crate::plan::registrar::{Registrar, plan};
use crate::record::shape::{Shape, Typed};
use crate::record::shaped::{Door, TypedDoor};
use crate::runtime::{Erase, RuntimeAdapter};

/// Collects records, then builds them together. Every problem is found at once, and nothing runs
/// unless all is well.
pub struct AimDbBuilder<R: RuntimeAdapter> {
    runtime: R,
    plans: Vec<Plan<R>>,
    connectors: Vec<LinkSender<R>>,
}

impl<R: RuntimeAdapter> AimDbBuilder<R> {
    /// An empty configuration for `runtime`.
    pub fn new(runtime: R) -> Self {
        Self {
            runtime,
            plans: Vec::new(),
            connectors: Vec::new(),
        }
    }

    /// Configures a record of type `T`.
    pub fn configure<T: Linkable>(
        &mut self,
        key: &str,
        describe: impl FnOnce(&mut Registrar<'_, T, R>),
    ) -> &mut Self
    where
        R: Erase<TypedDoor<T, R>>,
    {
        self.plans.push(plan(key, describe));
        self
    }

    /// [`configure`](Self::configure) for libraries that name no runtime; see [`Portable`].
    pub fn install<T: Linkable>(
        &mut self,
        key: &str,
        describe: impl FnOnce(&mut Registrar<'_, T, R>),
    ) -> &mut Self
    where
        R: Portable,
    {
        let mut plan = Plan::new(key, Anywhere(Typed::<T>::default()));
        describe(&mut Registrar::new(&mut plan));
        self.plans.push(plan);
        self
    }

    /// Configures a record in any shape, e.g. one that is known by its description alone
    /// ([`Described`](crate::Described)). Typed code of an equal contract reads and writes it like its own.
    pub fn configure_as<S: Shape + Clone>(
        &mut self,
        key: &str,
        shape: S,
        buffer: BufferConfig,
    ) -> &mut Self
    where
        R: Erase<Door<S, R>>,
    {
        self.plans.push(Plan::shaped(key, shape, buffer));
        self
    }

    /// Claims the links of a scheme for a connector. They come once the database is built, and
    /// whenever a record with such a link is added later.
    pub fn connector(&mut self, scheme: &str) -> Links<R> {
        let (links, sender) = Links::new(scheme);
        self.connectors.push(sender);
        links
    }

    /// Makes the records and starts their tasks.
    pub fn build(self) -> Result<AimDb<R>, BuildError> {
        let db = AimDb::new(self.runtime, self.connectors);
        db.admit(self.plans)?;
        Ok(db)
    }
}
