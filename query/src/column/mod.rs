//! Columns of rows: what operators hand to each other.

mod batch;
mod bits;
mod builder;
mod vector;

pub use batch::Batch;
pub(crate) use bits::Bits;
pub use builder::Builder;
pub use vector::Vector;
pub(crate) use vector::{Data, Texts};
