//! A map in which the last writer wins.

use crate::clock::Clock;
use crate::codec::record::{Content, Record};
use crate::replica::merge::Reason;
use crate::replica::options::{Kind, Options, OptionsError};
use crate::replica::write::Local;
use crate::replica::{ItemId, Replica};

/// Keys and the values that were last written to them.
#[derive(Clone, Debug)]
pub struct LwwMap {
    replica: Replica,
}

impl LwwMap {
    /// An empty map.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let replica = Replica::new(Kind::Lww, options)?;
        Ok(Self { replica })
    }

    /// A map over a replica of [`Kind::Lww`]; nothing over another one.
    pub fn over(replica: Replica) -> Option<Self> {
        (replica.kind() == Kind::Lww).then_some(Self { replica })
    }

    /// Its records.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Its records, to merge and to sync.
    pub fn replica_mut(&mut self) -> &mut Replica {
        &mut self.replica
    }

    /// Writes a value, which lives for so many milliseconds or for ever.
    pub fn set(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        key: &str,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<ItemId, Reason> {
        self.write(clock, wall_ms, key, Content::Value(value), ttl_ms)
    }

    /// Removes a value: writes a tombstone, even for a key that is not there, since it may be elsewhere.
    pub fn remove(&mut self, clock: &mut Clock, wall_ms: u64, key: &str) -> Result<ItemId, Reason> {
        self.write(clock, wall_ms, key, Content::Tombstone, None)
    }

    /// The value of a key: nothing if it was removed, or its time is over.
    pub fn get(&self, key: &str, now_ms: u64) -> Option<&[u8]> {
        let record = self.replica.find(key, "")?;
        Replica::live(&record, now_ms)
    }

    /// The records that count, in no order that means anything.
    pub fn live(&self, now_ms: u64) -> impl Iterator<Item = Record<'_>> {
        let records = self.replica.records();
        records.filter(move |record| Replica::live(record, now_ms).is_some())
    }

    fn write(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        key: &str,
        content: Content<'_>,
        ttl_ms: Option<u64>,
    ) -> Result<ItemId, Reason> {
        let local = Local {
            key,
            tag: Some(""),
            content,
            ttl_ms,
        };
        self.replica.write(clock, wall_ms, local)
    }
}
