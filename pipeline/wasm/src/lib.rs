//! The rule pipeline as JavaScript drives it: batches and reports as typed arrays over this module's memory, texts
//! once, rules as one block of bytes.
//!
//! Made for one caller, the store entry of the npm package. Everything here converts, calls one thing of
//! `aimdb-pipeline` and converts; nothing allocates per entry of a batch.
//!
//! On wasm it stands without the standard library, whose panic messages nobody would see and everybody would download.
//! So it has to be built by itself: beside a crate that wants `wasm-bindgen` with `std` there would be two handlers.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod arrays;
mod binding;
mod failure;
mod header;
mod rules;
pub mod shared;

pub use binding::Pipeline;

/// A fifth of the code of the default allocator, and each call takes the same time however full the memory is.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();

/// A panic is a bug of this module; it ends the call as an error that JavaScript can catch.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
