//! A map from keys to sets, in which an addition survives a removal that had not seen it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::clock::Clock;
use crate::codec::record::{Content, Record};
use crate::replica::merge::Reason;
use crate::replica::options::{Kind, Options, OptionsError};
use crate::replica::write::Local;
use crate::replica::{ItemId, Replica};

/// Keys and the tagged values that were added under them. Values are equal when their bytes are.
#[derive(Clone, Debug)]
pub struct OrMap {
    replica: Replica,
}

impl OrMap {
    /// An empty map.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let replica = Replica::new(Kind::Or, options)?;
        Ok(Self { replica })
    }

    /// A map over a replica of [`Kind::Or`]; nothing over another one.
    pub fn over(replica: Replica) -> Option<Self> {
        (replica.kind() == Kind::Or).then_some(Self { replica })
    }

    /// Its records.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Its records, to merge and to sync.
    pub fn replica_mut(&mut self) -> &mut Replica {
        &mut self.replica
    }

    /// Adds a value under a key, tagged with the text of a fresh stamp.
    pub fn add(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        key: &str,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<ItemId, Reason> {
        let local = Local {
            key,
            tag: None,
            content: Content::Value(value),
            ttl_ms,
        };
        self.replica.write(clock, wall_ms, local)
    }

    /// Removes a value from a key: every tag of it that was seen here. The tags are the answer.
    pub fn remove(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        key: &str,
        value: &[u8],
    ) -> Result<Vec<String>, Reason> {
        let is_meant = |record: &Record<'_>| record.content == Content::Value(value);
        let mut tags = self.tags(key, is_meant);
        tags.sort_unstable();
        self.remove_tags(clock, wall_ms, key, &tags)?;
        Ok(tags)
    }

    /// Removes what has a tag, whatever its key; how many there were is the answer.
    pub fn remove_tag(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        tag: &str,
    ) -> Result<usize, Reason> {
        let keys: Vec<String> = self.keys_of(tag).map(String::from).collect();
        let tags = [String::from(tag)];
        for key in &keys {
            self.remove_tags(clock, wall_ms, key, &tags)?;
        }
        Ok(keys.len())
    }

    /// The keys under which a tag is and was not removed.
    pub fn keys_of(&self, tag: &str) -> impl Iterator<Item = &str> {
        let slots = self.replica.store.of_tag(tag);
        let records = slots.filter_map(|slot| self.replica.store.record(slot));
        let present = records.filter(|record| record.content != Content::Tombstone);
        present.map(|record| record.key)
    }

    /// The records of a key, tombstones and expired ones too, in the order of their stamps.
    pub fn records(&self, key: &str) -> Vec<Record<'_>> {
        let slots = self.replica.store.of_key(key);
        let records = slots.filter_map(|slot| self.replica.store.record(slot));
        let mut records: Vec<Record<'_>> = records.collect();
        records.sort_unstable_by_key(|record| (record.stamp, record.tag));
        records
    }

    /// The values of a key, in the order of their stamps; a value that was added twice is there twice.
    pub fn get(&self, key: &str, now_ms: u64) -> Vec<&[u8]> {
        let records = self.records(key);
        let values = records.iter();
        values
            .filter_map(|record| Replica::live(record, now_ms))
            .collect()
    }

    fn tags(&self, key: &str, is_meant: impl Fn(&Record<'_>) -> bool) -> Vec<String> {
        let slots = self.replica.store.of_key(key);
        let records = slots.filter_map(|slot| self.replica.store.record(slot));
        let meant = records.filter(is_meant);
        meant.map(|record| String::from(record.tag)).collect()
    }

    /// Puts tombstones in the place of tags that are here, all under one stamp.
    fn remove_tags(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        key: &str,
        tags: &[String],
    ) -> Result<(), Reason> {
        if tags.is_empty() {
            return Ok(());
        }
        let stamp = self.replica.stamp(clock, wall_ms, None);
        let stamp = stamp.map_err(Reason::Clock)?;
        for tag in tags {
            let local = Local {
                key,
                tag: Some(tag),
                content: Content::Tombstone,
                ttl_ms: None,
            };
            self.replica.write_stamped(stamp, local)?;
        }
        Ok(())
    }
}
