//! The hub as a state machine, and the server around it.
#![forbid(unsafe_code)]
