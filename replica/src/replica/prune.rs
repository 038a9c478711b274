//! What is sealed, what is pruned, and who is too old for it.
//!
//! Sealing an epoch says: no record that was written before it is taken from now on, unless it is here. So a replica that
//! has all that is here after the seal has all that will ever be of those epochs, and what is gone of them can be
//! forgotten without coming back. Pruning does that: tombstones of sealed epochs and records that expired in them go, on
//! every replica the same. Seal no earlier than the longest absence that is to be reconciled; prune a while after it. A
//! replica that was level with this one between the two is not too old.

use alloc::vec::Vec;

use crate::clock::epoch::Epoch;
use crate::codec::batch::write_batch;
use crate::codec::record::{Content, Record};
use crate::store::Store;

use super::horizon::{Horizon, HorizonError};
use super::options::{Kind, OptionsError, Role};
use super::{ItemId, Replica};

impl Replica {
    /// What is sealed and pruned.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// Takes no records of epochs before this one any more. Only an authority seals, and not the future.
    pub fn seal(&mut self, before: Epoch, wall_ms: u64) -> Result<(), HorizonError> {
        self.check_authority()?;
        if before.start_ms() > wall_ms {
            return Err(HorizonError::Future {
                ahead_ms: before.start_ms() - wall_ms,
            });
        }
        if before < self.horizon.sealed {
            return Err(HorizonError::Backwards {
                from: self.horizon.sealed,
            });
        }
        self.horizon.sealed = before;
        Ok(())
    }

    /// Drops tombstones of epochs before this one, records that expired before it, and changes that old from the log; how
    /// many records went is the answer. Only an authority prunes, and only what is sealed.
    pub fn prune(&mut self, before: Epoch) -> Result<usize, HorizonError> {
        self.check_authority()?;
        if before > self.horizon.sealed {
            return Err(HorizonError::NotSealed {
                sealed: self.horizon.sealed,
            });
        }
        if before < self.horizon.pruned {
            return Err(HorizonError::Backwards {
                from: self.horizon.pruned,
            });
        }
        Ok(self.prune_to(before))
    }

    fn check_authority(&self) -> Result<(), HorizonError> {
        if self.kind == Kind::Counter {
            return Err(HorizonError::Counter);
        }
        match self.options.role {
            Role::Authority => Ok(()),
            Role::Follower => Err(HorizonError::Follower),
        }
    }

    /// Prunes; one pass over all records.
    pub(crate) fn prune_to(&mut self, before: Epoch) -> usize {
        let slots = self.store.slots();
        let is_gone = |slot: &u32| {
            let record = self.store.record(*slot);
            record.is_some_and(|record| self.is_prunable(&record, before))
        };
        let gone: Vec<u32> = slots.filter(is_gone).collect();
        for slot in &gone {
            self.store.remove(*slot);
            self.unsynced.remove(slot);
        }
        self.log.prune(before);
        self.horizon.pruned = before;
        gone.len()
    }

    /// Whether pruning before an epoch takes a record. It depends on the record alone, so that all replicas agree.
    pub(crate) fn is_prunable(&self, record: &Record<'_>, before: Epoch) -> bool {
        match record.content {
            Content::Tombstone => Epoch::of(record.stamp.millis) < before,
            Content::Value(_) => record.is_expired(before.start_ms()),
        }
    }

    /// Forgets everything, to fetch it anew. What was written here and is not known to be elsewhere comes back as a batch
    /// of bytes: whoever wants it writes it again, under new stamps.
    pub fn refetch(&mut self) -> Result<Vec<u8>, OptionsError> {
        let records: Vec<Record<'_>> = self.unsynced().collect();
        let unsynced = write_batch(&records);
        let has_tags = self.kind != Kind::Lww;
        let empty = Store::new(self.options.depth, has_tags, self.options.secret);
        self.store = empty.map_err(OptionsError::Tree)?;
        self.unsynced.clear();
        self.log.clear();
        self.horizon = Horizon::default();
        self.is_joining = self.options.role == Role::Follower;
        Ok(unsynced)
    }

    /// Whether a record is one of those that were written here and are not known to be elsewhere.
    pub fn is_unsynced(&self, item: ItemId) -> bool {
        self.unsynced.contains(&item.0)
    }
}
