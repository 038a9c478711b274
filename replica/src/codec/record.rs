//! One record, as it crosses: borrowed from bytes or from a store.

use crate::clock::stamp::Stamp;

/// A key may have this many bytes of UTF-8: any path a person would write.
pub const KEY_BYTES_MAX: usize = 512;

/// A tag may have this many bytes: the text of any stamp.
pub const TAG_BYTES_MAX: usize = 128;

/// A value may have this many bytes. A replica's own limit is also what its messages can carry.
pub const VALUE_BYTES_MAX: usize = 1 << 20;

/// The longest time to live: a hundred years of 365.25 days.
pub const TTL_MS_MAX: u64 = 3_155_760_000_000;

/// What a record takes on the wire beside its texts and its value, at most: eight headers and three numbers.
pub(crate) const RECORD_OVERHEAD_BYTES: usize = 56;

/// A value, or the trace of one that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Removed.
    Tombstone,
    /// The value's bytes.
    Value(&'a [u8]),
}

impl<'a> Content<'a> {
    /// The bytes of a value; none of a tombstone.
    pub fn value(self) -> Option<&'a [u8]> {
        match self {
            Self::Tombstone => None,
            Self::Value(bytes) => Some(bytes),
        }
    }
}

/// A record of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its key, at most [`KEY_BYTES_MAX`] bytes.
    pub key: &'a str,
    /// What tells it from others under its key: a tag in an OR map, a node in a counter, empty in an LWW map.
    pub tag: &'a str,
    /// When it was written; for the tombstone of a tag, when that was removed.
    pub stamp: Stamp<'a>,
    /// It counts no more after so many milliseconds from its stamp, 1 to [`TTL_MS_MAX`].
    pub ttl_ms: Option<u64>,
    /// What was written.
    pub content: Content<'a>,
}

impl Record<'_> {
    /// Whether its time is over: alive at the exact millisecond.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.ttl_ms
            .is_some_and(|ttl_ms| self.stamp.millis.saturating_add(ttl_ms) < now_ms)
    }

    /// How many bytes it takes on the wire at most.
    pub(crate) fn wire_bytes_max(&self) -> usize {
        let value = self.content.value().map_or(0, <[u8]>::len);
        RECORD_OVERHEAD_BYTES + self.key.len() + self.tag.len() + self.stamp.node.len() + value
    }
}
