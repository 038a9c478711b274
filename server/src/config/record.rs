//! A record as a configuration file describes it.
//!
//! Guarantees: a buffer is written as it is in JavaScript, `"SingleLatest"` or
//! `{ type = "SpmcRing", capacity = 600 }`. Does not: know which contracts there are.

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
