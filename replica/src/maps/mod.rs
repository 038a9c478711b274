//! The maps: what is written and read. Merging and syncing are the replica's.

pub(crate) mod counter;
pub(crate) mod lww;
pub(crate) mod or;
pub(crate) mod ttl;
