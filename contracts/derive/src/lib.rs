//! Derives a contract from a struct.
#![forbid(unsafe_code)]
