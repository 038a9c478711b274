//! The browser runtime and the engine the npm package loads.
#![forbid(unsafe_code)]
