//! Records, buffers, producers, consumers, transforms, links and the graph, on any runtime.
#![forbid(unsafe_code)]
