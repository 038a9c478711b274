//! What the types of this crate show of themselves: which record they are of, and how it stands. Values are not
//! shown, since a type need not be `Debug`, and closures cannot be.

use core::fmt::{Debug, Formatter, Result};

use aimdb_contracts::Linkable;

use crate::contract::Contracts;
use crate::db::AimDb;
use crate::db::builder::AimDbBuilder;
use crate::link::{Link, LinkEvent, Links};
use crate::plan::registrar::{Join, Registrar};
use crate::record::Record;
use crate::record::door::RecordDoor;
use crate::record::endpoints::{Closed, Consumer, Producer};
use crate::record::shape::{Shape, Typed};
use crate::record::shaped::Door;
use crate::runtime::RuntimeAdapter;
use crate::task::flow::Flow;
use crate::task::transform::{Stateful, Stateless, Transform};

impl<R: RuntimeAdapter> Debug for AimDb<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("AimDb")
            .field("runtime", &R::NAME)
            .field("records", &self.doors().len())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}

impl<R: RuntimeAdapter> Debug for AimDbBuilder<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("AimDbBuilder")
            .field("runtime", &R::NAME)
            .finish_non_exhaustive()
    }
}

impl<T: Linkable, R: RuntimeAdapter> Debug for Registrar<'_, T, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Registrar")
            .field("schema", &T::NAME)
            .finish_non_exhaustive()
    }
}

impl<T: Linkable, S: 'static, R: RuntimeAdapter> Debug for Join<'_, '_, T, S, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Join")
            .field("schema", &T::NAME)
            .finish_non_exhaustive()
    }
}

impl<R: RuntimeAdapter> Debug for Contracts<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_list().entries(self.names()).finish()
    }
}

impl<S: Shape, R: RuntimeAdapter> Debug for Door<S, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Door")
            .field("key", &self.key())
            .field("schema", &self.schema().name)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

impl<T: Linkable, R: RuntimeAdapter> Debug for Record<T, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Record")
            .field("key", &self.key())
            .field("schema", &T::NAME)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

impl<T: Linkable, R: RuntimeAdapter> Debug for Producer<T, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Producer")
            .field("record", &self.key())
            .finish_non_exhaustive()
    }
}

impl<T: Linkable, R: RuntimeAdapter> Debug for Closed<T, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Closed").finish_non_exhaustive()
    }
}

impl<T: Linkable, R: RuntimeAdapter> Debug for Consumer<T, R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Consumer")
            .field("record", &self.key())
            .field("missed", &self.missed())
            .finish_non_exhaustive()
    }
}

impl<R: RuntimeAdapter> Debug for Link<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Link")
            .field("direction", &self.direction)
            .field("address", &self.address)
            .field("record", &self.door.key())
            .finish_non_exhaustive()
    }
}

impl<R: RuntimeAdapter> Debug for LinkEvent<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Opened(link) => out.debug_tuple("Opened").field(link).finish(),
            Self::Ended {
                record,
                direction,
                address,
            } => out
                .debug_struct("Ended")
                .field("record", record)
                .field("direction", direction)
                .field("address", address)
                .finish(),
        }
    }
}

impl<R: RuntimeAdapter> Debug for Links<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Links")
            .field("scheme", &self.scheme())
            .finish_non_exhaustive()
    }
}

impl<T: Linkable> Debug for Typed<T> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_tuple("Typed").field(&T::NAME).finish()
    }
}

impl<R: RuntimeAdapter> Debug for Flow<R> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Flow").finish_non_exhaustive()
    }
}

impl<I: Linkable, T: Linkable, S: 'static, P, R: RuntimeAdapter> Debug
    for Transform<I, T, S, P, R>
{
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Transform")
            .field("from", &I::NAME)
            .field("to", &T::NAME)
            .finish_non_exhaustive()
    }
}

impl<F> Debug for Stateless<F> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Stateless").finish_non_exhaustive()
    }
}

impl<F> Debug for Stateful<F> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.debug_struct("Stateful").finish_non_exhaustive()
    }
}
