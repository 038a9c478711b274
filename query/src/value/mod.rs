//! Values one by one: what SQLite's types are, how they compare, count and turn into each other.

mod affinity;
mod kind;
mod like;
mod math;
mod number;
mod scalar;

pub(crate) use affinity::Affinity;
pub use kind::ColumnType;
pub(crate) use like::{Pattern, glob};
pub use math::Compare;
pub(crate) use math::{Math, compare, invert, math, negate};
pub use scalar::Value;
