//! The hub as a state machine, and the server around it.
//!
//! Guarantees: the hub performs no I/O and never panics on what a client sends.
//! Does not: hold records; those live in an `AimDb`, and the composition root joins the two.
#![forbid(unsafe_code)]

pub mod hub;
