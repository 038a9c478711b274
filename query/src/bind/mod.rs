//! From a tree of names to a plan of numbers: which table, which column, which function.

mod aggregate;
mod binder;
mod expression;
mod frame;
mod from;
mod info;
mod order;
mod query;
mod scope;

use crate::error::Result;
use crate::source::Catalog;
use crate::text::tree::Query;

use binder::Binder;
use info::Bound;

/// Binds a whole query.
pub(crate) fn bind(query: &Query, text: &str, catalog: &dyn Catalog) -> Result<Bound> {
    let mut binder = Binder::new(text, catalog);
    binder.query(query).map_err(|error| error.in_text(text))
}
