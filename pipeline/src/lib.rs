//! State addressed by path: diff, aggregation, sync, flip, conditions, listeners.
#![forbid(unsafe_code)]
