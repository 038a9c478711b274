//! Whom the changes of a batch concern: entries that watch paths, pairs of paths, components of a graph.

pub(crate) mod groups;
pub mod matching;
pub(crate) mod pairs;
pub(crate) mod registry;
