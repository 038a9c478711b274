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

/// A fifth of the code of the default allocator, and each call takes the same time however full the memory is.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();
