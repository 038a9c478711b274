//! How much of the past is kept, as a configuration file says it.
//!
//! Guarantees: what is not said follows from the record: as many values as its buffer holds, and 256 MiB of them.
//! Does not: keep anything.

use crate::store::Keep;
use aimdb_core::BufferConfig;

/// Bytes of a topic's past, if nothing is said.
const BYTES_BY_DEFAULT: u64 = 256 * 1024 * 1024;

/// How much of a record's past is kept. The newest value always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryConfig {
    /// So many values; as many as the buffer holds if nothing is said.
    pub values: Option<u64>,
    /// So many bytes of them; 256 MiB if nothing is said.
    pub bytes: Option<u64>,
    /// For so many seconds; for ever if nothing is said.
    pub age_s: Option<u64>,
}

impl HistoryConfig {
    /// What is said here, or else there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            values: self.values.or(other.values),
            bytes: self.bytes.or(other.bytes),
            age_s: self.age_s.or(other.age_s),
        }
    }

    /// What it means for a buffer.
    #[must_use]
    pub fn keep(self, buffer: BufferConfig) -> Keep {
        let held = match buffer {
            BufferConfig::SpmcRing { capacity } => capacity as u64,
            BufferConfig::SingleLatest | BufferConfig::Mailbox => 1,
        };
        Keep {
            values: self.values.unwrap_or(held),
            bytes: self.bytes.unwrap_or(BYTES_BY_DEFAULT),
            age_ms: self
                .age_s
                .map_or(u64::MAX, |age_s| age_s.saturating_mul(1_000)),
        }
    }

    /// What of it cannot be used.
    pub(super) fn problem(self) -> Option<(&'static str, &'static str)> {
        let of = |name, value: Option<u64>| (value == Some(0)).then_some((name, "at least 1"));
        of("values", self.values)
            .or_else(|| of("bytes", self.bytes))
            .or_else(|| of("age_s", self.age_s))
    }
}
