//! A replica as bytes on a disk: `[format, kind, joining, sealed, pruned, batch, unsynced]`.
//!
//! Records are in the order of their keys and tags, so equal replicas give equal bytes but for what they have to send.

use alloc::vec::Vec;
use core::fmt;

use crate::clock::epoch::Epoch;
use crate::clock::{Clock, ClockError};
use crate::codec::batch::{Batch, write_into};
use crate::codec::error::{CodecError, CodecFault};
use crate::codec::message::FORMAT;
use crate::codec::reader::Reader;
use crate::codec::writer::Writer;

use super::Replica;
use super::horizon::Horizon;
use super::merge::{Applied, Reason, Sender};
use super::options::{Kind, Options, OptionsError, Role};

const LENGTH: usize = 7;

impl Replica {
    /// Everything that a later run needs.
    pub fn to_bytes(&self) -> Vec<u8> {
        let records = self.sorted_records();
        let mut writer = Writer::with_capacity(self.bytes_used());
        writer.array(LENGTH);
        writer.uint(FORMAT);
        writer.uint(self.kind as u64);
        writer.bool(self.is_joining);
        writer.uint(u64::from(self.horizon.sealed.0));
        writer.uint(u64::from(self.horizon.pruned.0));
        write_into(&mut writer, &records);
        let places = records.iter().enumerate().filter(|(_, record)| {
            let slot = self.store.find(record.key, record.tag);
            slot.is_some_and(|slot| self.unsynced.contains(&slot))
        });
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        writer.array(places.len());
        for place in places {
            writer.uint(place as u64);
        }
        writer.into_bytes()
    }

    /// A replica from what [`Replica::to_bytes`] gave. The clock goes on after the last record.
    pub fn from_bytes(
        kind: Kind,
        options: Options,
        clock: &mut Clock,
        bytes: &[u8],
    ) -> Result<Self, StoredError> {
        let mut replica = Self::new(kind, options).map_err(StoredError::Options)?;
        let mut reader = Reader::new(bytes);
        reader.tuple(LENGTH, "a stored replica of seven elements")?;
        if reader.uint(u64::MAX, "a format's number")? != FORMAT {
            return Err(reader.error(CodecFault::Wanted("format 1")).into());
        }
        let stored = reader.uint(u64::from(u8::MAX), "a kind")?;
        if stored != kind as u64 {
            return Err(StoredError::Kind { stored });
        }
        let is_joining = reader.bool("whether it is joining")?;
        replica.is_joining = is_joining && options.role == Role::Follower;
        let sealed = Epoch(reader.uint(u64::from(u32::MAX), "an epoch")? as u32);
        let pruned = Epoch(reader.uint(u64::from(sealed.0), "a pruned epoch")? as u32);
        let batch = Batch::read_from(&mut reader)?;
        let slots = replica.fill(clock, &batch)?;
        for _ in 0..reader.array("a list of places")? {
            let place = reader.uint(u64::from(u32::MAX), "a place")? as usize;
            match slots.get(place) {
                Some(slot) => _ = replica.unsynced.insert(*slot),
                None => return Err(reader.error(CodecFault::Range("a place")).into()),
            }
        }
        reader.end()?;
        // Last: what is old is here by right.
        replica.horizon = Horizon { sealed, pruned };
        Ok(replica)
    }

    fn fill(&mut self, clock: &mut Clock, batch: &Batch<'_>) -> Result<Vec<u32>, StoredError> {
        let mut slots = Vec::with_capacity(batch.records().len());
        for (place, record) in batch.records().iter().enumerate() {
            let refused = |reason| StoredError::Record { place, reason };
            self.check(record).map_err(refused)?;
            clock.restore(record.stamp).map_err(StoredError::Clock)?;
            match self.apply(record, Sender::Level).map_err(refused)? {
                Applied::Changed(slot) if slot as usize == place => slots.push(slot),
                _ => return Err(StoredError::Twice { place }),
            }
        }
        Ok(slots)
    }
}

/// Why stored bytes give no replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredError {
    /// There is no replica with these options.
    Options(OptionsError),
    /// The bytes are none of a replica.
    Codec(CodecError),
    /// They are of another kind of map.
    Kind {
        /// The number of that kind.
        stored: u64,
    },
    /// A record does not fit, such as into a smaller limit.
    Record {
        /// Its place.
        place: usize,
        /// Why.
        reason: Reason,
    },
    /// A key and tag are there twice.
    Twice {
        /// The place of the second one.
        place: usize,
    },
    /// The clock took no step.
    Clock(ClockError),
}

impl From<CodecError> for StoredError {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

impl StoredError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Options(error) => error.reason(),
            Self::Codec(error) => error.reason(),
            Self::Kind { .. } => "stored_kind",
            Self::Record { reason, .. } => reason.reason(),
            Self::Twice { .. } => "stored_twice",
            Self::Clock(error) => error.reason(),
        }
    }
}

impl fmt::Display for StoredError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(error) => error.fmt(out),
            Self::Codec(error) => error.fmt(out),
            Self::Kind { stored } => write!(out, "the bytes are of a map of kind {stored}"),
            Self::Record { place, reason } => write!(out, "record {place}: {reason}"),
            Self::Twice { place } => write!(out, "record {place} is there twice"),
            Self::Clock(error) => error.fmt(out),
        }
    }
}

impl core::error::Error for StoredError {}
