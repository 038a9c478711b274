//! The bytes of batches, messages and storage: MessagePack, as `docs/replica.md` states it.
//!
//! The format's markers come from the crate `rmp`. `rmp-serde` needs the standard library and is looking for a
//! maintainer, and the rest of `rmp` reads through a trait for streams, where a slice is all there is here.

pub(crate) mod batch;
pub(crate) mod error;
pub(crate) mod message;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod writer;
