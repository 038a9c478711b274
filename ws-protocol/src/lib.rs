//! Every WebSocket frame both sides speak, topics and patterns, and their limits.
#![forbid(unsafe_code)]
