//! The rule pipeline as JavaScript drives it: batches and reports as typed arrays over this module's memory, texts
//! once, rules as one block of bytes.
//!
//! Made for one caller, the store entry of the npm package. Everything here converts, calls one thing of
//! `aimdb-pipeline` and converts; nothing allocates per entry of a batch.
#![deny(unsafe_code)]

mod arrays;
mod binding;
mod failure;
mod header;
mod rules;

pub use binding::Pipeline;
