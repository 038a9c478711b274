//! Where a write came from.

use aimdb_core::{Fields, RecordId};
use alloc::sync::Arc;

/// The record that a write was committed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The record.
    pub record: RecordId,
    /// Its key, which it may have no more.
    pub key: Arc<str>,
    /// The value as it was committed.
    pub fields: Fields,
    /// The version of the record's contract that the payload is in, where that is another than the record has.
    pub version: Option<u32>,
}
