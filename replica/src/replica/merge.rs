//! Takes records of others, and says in one report what came of them.

use alloc::vec::Vec;
use core::fmt;

use crate::clock::epoch::Epoch;
use crate::clock::stamp::{Stamp, StampError};
use crate::clock::{Clock, ClockError, node};
use crate::codec::record::{Content, KEY_BYTES_MAX, Record, TAG_BYTES_MAX, TTL_MS_MAX};

use super::options::{Kind, NODES_MAX, Role};
use super::rule::{self, Verdict};
use super::{ItemId, Replica};

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The records that changed, each once, in the order of their places.
    pub changed: Vec<ItemId>,
    /// The records that were refused, in the order of the batch.
    pub refused: Vec<Refused>,
    /// How many were there already.
    pub same: usize,
    /// How many lost against what is there.
    pub stale: usize,
    /// How many are gone everywhere: tombstones and expired records of epochs that are pruned.
    pub pruned: usize,
}

/// A record that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the batch.
    pub place: usize,
    /// Why.
    pub reason: Reason,
}

/// Why a record was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The clock took no step.
    Clock(ClockError),
    /// It is older than what is sealed, and new here.
    TooOld {
        /// The first epoch that is not sealed.
        sealed: Epoch,
    },
    /// The replica is full.
    Full {
        /// How many records it may hold.
        items_max: usize,
        /// How many bytes they may have.
        bytes_max: usize,
    },
    /// It knows as many nodes as it may.
    Nodes,
    /// The key is too long.
    Key {
        /// Its bytes.
        bytes: usize,
    },
    /// The tag is too long.
    Tag {
        /// Its bytes.
        bytes: usize,
    },
    /// The value is too long for a message.
    Value {
        /// Its bytes.
        bytes: usize,
        /// How many are allowed.
        bytes_max: usize,
    },
    /// The time to live is 0 or too long.
    Ttl {
        /// What it is.
        ttl_ms: u64,
    },
    /// A map of this kind has no such records: of tags in an LWW map, none elsewhere, sums in a counter, or a tombstone
    /// that expires.
    Shape(Kind),
}

impl Reason {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Clock(error) => error.reason(),
            Self::TooOld { .. } => "replica_too_old",
            Self::Full { .. } => "replica_full",
            Self::Nodes => "replica_nodes",
            Self::Key { .. } => "replica_key",
            Self::Tag { .. } => "replica_tag",
            Self::Value { .. } => "replica_value",
            Self::Ttl { .. } => "replica_ttl",
            Self::Shape(_) => "replica_shape",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(error) => error.fmt(out),
            Self::TooOld { sealed } => write!(
                out,
                "it was written before {} ms, which is sealed: fetch all anew and write it again",
                sealed.start_ms()
            ),
            Self::Full {
                items_max,
                bytes_max,
            } => write!(
                out,
                "the replica is full: {items_max} records and {bytes_max} bytes are allowed"
            ),
            Self::Nodes => write!(
                out,
                "the replica knows {NODES_MAX} nodes, as many as it may"
            ),
            Self::Key { bytes } => {
                write!(out, "a key has {bytes} bytes: {KEY_BYTES_MAX} are allowed")
            }
            Self::Tag { bytes } => {
                write!(out, "a tag has {bytes} bytes: {TAG_BYTES_MAX} are allowed")
            }
            Self::Value { bytes, bytes_max } => {
                write!(out, "a value has {bytes} bytes: {bytes_max} are allowed")
            }
            Self::Ttl { ttl_ms } => write!(
                out,
                "a time to live is {ttl_ms} ms: it must be 1 to {TTL_MS_MAX}"
            ),
            Self::Shape(kind) => write!(out, "a map of kind {kind:?} has no such records"),
        }
    }
}

impl core::error::Error for Reason {}

/// Who sends records, as far as it matters for old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// It has sealed as much as we have, so what it has of that time is right.
    Level,
    /// It has not, but has been level with somebody: what is pruned it will prune itself.
    Behind,
    /// It has never been level with anybody: what is pruned it must be told to forget.
    Joining,
}

/// What came of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Changed(u32),
    Same,
    Stale,
    Pruned,
}

impl Replica {
    /// Merges records. Each moves the clock, whether it wins or not, but for those that the clock refuses.
    pub fn merge(&mut self, clock: &mut Clock, wall_ms: u64, records: &[Record<'_>]) -> Report {
        self.merge_from(clock, wall_ms, records, Sender::Behind)
    }

    /// The same, from a known sender.
    pub(crate) fn merge_from(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        records: &[Record<'_>],
        sender: Sender,
    ) -> Report {
        let mut report = Report::default();
        self.reserve(records);
        for (place, record) in records.iter().enumerate() {
            let applied = self
                .check(record)
                .and_then(|()| {
                    let Stamp {
                        millis, counter, ..
                    } = record.stamp;
                    let observed = clock.observe(millis, counter, wall_ms);
                    observed.map_err(Reason::Clock)
                })
                .and_then(|()| self.apply(record, sender));
            match applied {
                Ok(Applied::Changed(slot)) => {
                    self.unsynced.remove(&slot);
                    self.log.push(slot, Epoch::of(clock.last().millis));
                    report.changed.push(ItemId(slot));
                }
                Ok(Applied::Same) => report.same += 1,
                Ok(Applied::Stale) => report.stale += 1,
                Ok(Applied::Pruned) => report.pruned += 1,
                Err(reason) => report.refused.push(Refused { place, reason }),
            }
        }
        report.changed.sort_unstable();
        report.changed.dedup();
        report
    }

    /// Makes room at once for what a large batch is likely to bring, within the limits.
    fn reserve(&mut self, records: &[Record<'_>]) {
        let new = records.len().saturating_sub(self.len());
        if new > 0 {
            let bytes: usize = records.iter().map(Record::arena_bytes).sum();
            let bytes = bytes.saturating_sub(self.bytes_used());
            let (items_max, bytes_max) = (self.options.items_max, self.options.bytes_max);
            self.store.reserve(new.min(items_max), bytes.min(bytes_max));
        }
    }

    /// The keys of a report's changes, each once, in order.
    pub fn changed_keys(&self, report: &Report) -> Vec<&str> {
        let records = report.changed.iter().filter_map(|item| self.record(*item));
        let mut keys: Vec<&str> = records.map(|record| record.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether a record is within the limits and of the right shape.
    pub(crate) fn check(&mut self, record: &Record<'_>) -> Result<(), Reason> {
        let too_long = |bytes: usize, bytes_max: usize| bytes > bytes_max;
        if too_long(record.key.len(), KEY_BYTES_MAX) {
            let bytes = record.key.len();
            return Err(Reason::Key { bytes });
        }
        if too_long(record.tag.len(), TAG_BYTES_MAX) {
            let bytes = record.tag.len();
            return Err(Reason::Tag { bytes });
        }
        let bytes_max = self.options.value_bytes_max();
        let bytes = record.content.value().map_or(0, <[u8]>::len);
        if too_long(bytes, bytes_max) {
            return Err(Reason::Value { bytes, bytes_max });
        }
        if let Some(ttl_ms) = record.ttl_ms
            && !(1..=TTL_MS_MAX).contains(&ttl_ms)
        {
            return Err(Reason::Ttl { ttl_ms });
        }
        if !rule::fits(self.kind, record) {
            return Err(Reason::Shape(self.kind));
        }
        self.check_stamp(record.stamp)
    }

    fn check_stamp(&mut self, stamp: Stamp<'_>) -> Result<(), Reason> {
        let none = |error| Reason::Clock(ClockError::Stamp(error));
        if stamp.millis > crate::clock::stamp::MILLIS_MAX {
            return Err(none(StampError::Millis));
        }
        if self.store.knows_node(stamp.node) {
            return Ok(());
        }
        node::check(stamp.node).map_err(|error| none(StampError::Node(error)))?;
        match self.store.node_count() < NODES_MAX {
            true => Ok(()),
            false => Err(Reason::Nodes),
        }
    }

    /// Puts a checked record where the rule has it.
    pub(crate) fn apply(&mut self, record: &Record<'_>, sender: Sender) -> Result<Applied, Reason> {
        if self.is_prunable(record, self.horizon.pruned) {
            let sealed = self.horizon.sealed;
            return match sender {
                Sender::Joining => Err(Reason::TooOld { sealed }),
                _ => Ok(Applied::Pruned),
            };
        }
        let Some(slot) = self.store.find(record.key, record.tag) else {
            self.check_age(record, sender)?;
            self.check_room(record.stored_bytes(), 1)?;
            return Ok(Applied::Changed(self.store.insert(record)));
        };
        let ours = self.store.kept(slot, record);
        let verdict = rule::judge(self.kind, &ours, record);
        let room_before = ours.stored_bytes();
        let joined_stamp = ours.stamp.max(record.stamp);
        match verdict {
            Verdict::Same => return Ok(Applied::Same),
            Verdict::Stale => return Ok(Applied::Stale),
            Verdict::Wins => {
                self.check_age(record, sender)?;
                let more = record.stored_bytes().saturating_sub(room_before);
                self.check_room(more, 0)?;
                self.store.replace(slot, record);
            }
            Verdict::Joins(sums) => {
                // The stamp may borrow from the record in place, so its node is copied.
                let node = alloc::string::String::from(joined_stamp.node);
                let joined = Record {
                    stamp: Stamp {
                        node: &node,
                        ..joined_stamp
                    },
                    content: Content::Value(&sums),
                    ..*record
                };
                self.store.replace(slot, &joined);
            }
        }
        Ok(Applied::Changed(slot))
    }

    /// What would change something and is older than the seal comes from a replica that was away for too long.
    fn check_age(&self, record: &Record<'_>, sender: Sender) -> Result<(), Reason> {
        let sealed = self.horizon.sealed;
        let is_old = self.kind != Kind::Counter && Epoch::of(record.stamp.millis) < sealed;
        match is_old && (sender != Sender::Level || self.options.role == Role::Authority) {
            true => Err(Reason::TooOld { sealed }),
            false => Ok(()),
        }
    }

    /// What takes no more room than before is always taken, so that a full replica can still be emptied.
    fn check_room(&self, bytes: usize, items: usize) -> Result<(), Reason> {
        let (items_max, bytes_max) = (self.options.items_max, self.options.bytes_max);
        let is_full = self.store.len() + items > items_max
            || bytes > 0 && self.store.bytes_used() + bytes > bytes_max;
        match is_full {
            true => Err(Reason::Full {
                items_max,
                bytes_max,
            }),
            false => Ok(()),
        }
    }
}
