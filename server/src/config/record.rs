//! A record as a configuration file describes it.
//!
//! Guarantees: a buffer is written as it is in JavaScript, `"SingleLatest"` or
//! `{ type = "SpmcRing", capacity = 600 }`. Does not: know which contracts there are.

use super::HistoryConfig;
use aimdb_core::BufferConfig;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;

/// A record to open when the server starts.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordConfig {
    /// Its key.
    pub key: String,
    /// The name of its contract.
    pub schema: String,
    /// Its buffer.
    #[serde(default = "default_buffer", deserialize_with = "buffer")]
    pub buffer: BufferConfig,
    /// Its topic; the key `a.b` has the topic `a/b` if nothing is said.
    #[serde(default)]
    pub topic: Option<String>,
    /// Whether clients may write it.
    #[serde(default)]
    pub writable: bool,
    /// Whether it takes integers beyond 2^53 - 1, which every tab refuses: for records that no tab follows. Without it they
    /// are refused here as there.
    #[serde(default)]
    pub exact_integers: bool,
    /// Of a template: so many of its records may be there at a time; 1,000 if nothing is said.
    #[serde(default)]
    pub records_max: Option<usize>,
    /// Of a template: a record without a write for so many seconds is removed; without it, never.
    #[serde(default)]
    pub idle_s: Option<u64>,
    /// How much of its past is kept, where there is a folder for it.
    #[serde(default)]
    pub history: HistoryConfig,
}

/// Most records of a template, if it says nothing.
pub(crate) const TEMPLATE_RECORDS_MAX: usize = 1_000;

impl RecordConfig {
    /// Whether it is a template: a level of its key is `*`, and each matching topic gets a record with its
    /// first write.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.key.split(['.', '/']).any(|level| level == "*")
    }

    /// An entry that cannot be used, and what can.
    pub(crate) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let is_template = self.is_template();
        let limits = self.records_max.is_some() || self.idle_s.is_some();
        match () {
            () if !is_template && limits => Some((
                "key",
                "a template, with a level `*`, where records_max or idle_s stand",
            )),
            () if is_template && !self.writable => Some((
                "writable",
                "true: records of a template come with their first write",
            )),
            () if is_template && self.topic.is_some() => {
                Some(("topic", "left out: a template's key gives the topics"))
            }
            () if self.records_max == Some(0) => Some(("records_max", "at least 1")),
            () if self.history.problem().is_some() => {
                Some(("history", "values, bytes and age_s of at least 1"))
            }
            () if self.idle_s == Some(0) => Some(("idle_s", "at least 1")),
            () => None,
        }
    }
}

fn default_buffer() -> BufferConfig {
    BufferConfig::SingleLatest
}

fn buffer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BufferConfig, D::Error> {
    deserializer.deserialize_any(BufferVisitor)
}

/// A buffer with room for what its kind needs.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct BufferTable {
    #[serde(rename = "type")]
    kind: String,
    capacity: Option<usize>,
}

struct BufferVisitor;

impl BufferVisitor {
    fn build<E: Error>(kind: &str, capacity: Option<usize>) -> Result<BufferConfig, E> {
        match (kind, capacity) {
            ("SingleLatest", None) => Ok(BufferConfig::SingleLatest),
            ("Mailbox", None) => Ok(BufferConfig::Mailbox),
            ("SpmcRing", Some(capacity)) => Ok(BufferConfig::SpmcRing { capacity }),
            ("SpmcRing", None) => Err(E::custom(
                "a ring needs a capacity: { type = \"SpmcRing\", capacity = 600 }",
            )),
            ("SingleLatest" | "Mailbox", Some(_)) => {
                Err(E::custom(format_args!("a {kind} has no capacity")))
            }
            _ => Err(E::unknown_variant(
                kind,
                &["SpmcRing", "SingleLatest", "Mailbox"],
            )),
        }
    }
}

impl<'de> Visitor<'de> for BufferVisitor {
    type Value = BufferConfig;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"SingleLatest\", \"Mailbox\" or { type = \"SpmcRing\", capacity = 600 }")
    }

    fn visit_str<E: Error>(self, kind: &str) -> Result<BufferConfig, E> {
        Self::build(kind, None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BufferConfig, A::Error> {
        let table = BufferTable::deserialize(MapAccessDeserializer::new(map))?;
        Self::build(&table.kind, table.capacity)
    }
}
