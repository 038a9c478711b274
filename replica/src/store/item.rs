//! What the tree counts for a record: 64 bits that follow all of it.
//!
//! XXH64 of six numbers of 64 bits and two of 32, the least byte first: XXH64 of the key, of the tag, the milliseconds, the
//! time to live (0 without), XXH64 of the node, XXH64 of the value (0 without), the counter, and 1 for a value or 0 for a
//! tombstone. A replica in JavaScript counts the same.

use crate::codec::record::{Content, Record};
use crate::hash::strong::{Sha256, sha256};
use crate::hash::xx::xxh64;

const NUMBER_BYTES: usize = 8;

pub(super) fn hash(record: &Record<'_>, node_hash: u64) -> u64 {
    let value = record.content.value();
    let tail = u64::from(record.stamp.counter) | u64::from(value.is_some()) << 32;
    let numbers = [
        xxh64(0, record.key.as_bytes()),
        xxh64(0, record.tag.as_bytes()),
        record.stamp.millis,
        record.ttl_ms.unwrap_or(0),
        node_hash,
        value.map_or(0, |bytes| xxh64(0, bytes)),
        tail,
    ];
    let mut bytes = [0; 7 * NUMBER_BYTES];
    for (place, number) in bytes.chunks_exact_mut(NUMBER_BYTES).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    xxh64(0, &bytes)
}

/// What decides between two records of one stamp: SHA-256, so that nobody makes two that replicas cannot tell apart.
/// Of one byte (1 for a value, 0 for a tombstone), the time to live as 64 bits, the least byte first, and the value.
pub(crate) fn content_digest(content: Content<'_>, ttl_ms: Option<u64>) -> Sha256 {
    let value = content.value();
    let kind = [u8::from(value.is_some())];
    let ttl_ms = ttl_ms.unwrap_or(0).to_le_bytes();
    sha256(&[&kind, &ttl_ms, value.unwrap_or_default()])
}
