//! The browser's runtime passes what every runtime must, in Node.
#![cfg(target_arch = "wasm32")]

mod common;
