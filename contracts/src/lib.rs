//! What a record type is: name, version, checks, description; the built-in types.
#![forbid(unsafe_code)]
