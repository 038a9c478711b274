//! How two records of one key and tag become one, for each kind of map.
//!
//! Each rule is a join: commutative, associative and idempotent. Those of LWW and OR maps choose the greater one in a
//! total order, that of a counter takes the greater of each part.

use core::cmp::Ordering;

use crate::codec::record::{Content, Record};
use crate::store::content_digest;

use super::options::Kind;

/// The bytes of a counter's value: what was added and what was taken, 64 bits each, the least byte first.
pub(crate) const SUMS_BYTES: usize = 16;

/// What merging a record would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is there already.
    Same,
    /// What is there is greater.
    Stale,
    /// It takes the place of what is there.
    Wins,
    /// Neither has all: these sums do, under the greater stamp.
    Joins([u8; SUMS_BYTES]),
}

/// Judges a remote record against ours.
pub(crate) fn judge(kind: Kind, ours: &Record<'_>, theirs: &Record<'_>) -> Verdict {
    let order = match kind {
        Kind::Lww => by_stamp(theirs, ours),
        // A tag that was removed never comes back.
        Kind::Or => is_tombstone(theirs)
            .cmp(&is_tombstone(ours))
            .then_with(|| by_stamp(theirs, ours)),
        Kind::Counter => return join(ours, theirs),
    };
    match order {
        Ordering::Less => Verdict::Stale,
        Ordering::Equal => Verdict::Same,
        Ordering::Greater => Verdict::Wins,
    }
}

fn is_tombstone(record: &Record<'_>) -> bool {
    record.content == Content::Tombstone
}

/// The stamp decides, and under equal stamps the digest of the content, so that all replicas choose the same.
fn by_stamp(one: &Record<'_>, other: &Record<'_>) -> Ordering {
    let digest = |record: &Record<'_>| content_digest(record.content, record.ttl_ms);
    one.stamp.cmp(&other.stamp).then_with(|| {
        match (one.content, one.ttl_ms) == (other.content, other.ttl_ms) {
            true => Ordering::Equal,
            false => digest(one).cmp(&digest(other)),
        }
    })
}

fn join(ours: &Record<'_>, theirs: &Record<'_>) -> Verdict {
    let (Some(our_sums), Some(their_sums)) = (sums(ours), sums(theirs)) else {
        debug_assert!(false, "a counter's records were checked before");
        return Verdict::Stale;
    };
    let joined = (our_sums.0.max(their_sums.0), our_sums.1.max(their_sums.1));
    match (joined == our_sums, joined == their_sums) {
        (true, true) if theirs.stamp > ours.stamp => Verdict::Wins,
        (true, true) if theirs.stamp == ours.stamp => Verdict::Same,
        // Ours are the greater sums, but the stamp of the join is the greater one.
        (true, _) if theirs.stamp <= ours.stamp => Verdict::Stale,
        (_, true) if theirs.stamp >= ours.stamp => Verdict::Wins,
        _ => Verdict::Joins(sums_bytes(joined)),
    }
}

/// The sums of a counter's record; nothing if it is none.
pub(crate) fn sums(record: &Record<'_>) -> Option<(u64, u64)> {
    let (halves, []) = record.content.value()?.as_chunks::<8>() else {
        return None;
    };
    let [added, taken] = halves else {
        return None;
    };
    Some((u64::from_le_bytes(*added), u64::from_le_bytes(*taken)))
}

pub(crate) fn sums_bytes((added, taken): (u64, u64)) -> [u8; SUMS_BYTES] {
    let mut bytes = [0; SUMS_BYTES];
    bytes[..8].copy_from_slice(&added.to_le_bytes());
    bytes[8..].copy_from_slice(&taken.to_le_bytes());
    bytes
}

/// Whether a record may be in a map of this kind.
pub(crate) fn fits(kind: Kind, record: &Record<'_>) -> bool {
    let is_plain_tombstone = !is_tombstone(record) || record.ttl_ms.is_none();
    let is_tagged = !record.tag.is_empty();
    match kind {
        Kind::Lww => !is_tagged && is_plain_tombstone,
        Kind::Or => is_tagged && is_plain_tombstone,
        Kind::Counter => is_tagged && record.ttl_ms.is_none() && sums(record).is_some(),
    }
}
