//! The native runtime on tokio.
#![forbid(unsafe_code)]
