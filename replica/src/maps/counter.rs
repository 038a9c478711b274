//! Counters that every node counts up and down for itself.
//!
//! What a node added and what it took are two sums that only grow, and only by its own hand. A node that lost its records
//! has to take a new name, or fetch what it counted before, since it would count from 0 again below what others know.

use core::fmt;

use crate::clock::Clock;
use crate::codec::record::Content;
use crate::replica::merge::Reason;
use crate::replica::options::{Kind, Options, OptionsError};
use crate::replica::rule::{sums, sums_bytes};
use crate::replica::write::Local;
use crate::replica::{ItemId, Replica};

/// Keys and their counts.
#[derive(Clone, Debug)]
pub struct Counter {
    replica: Replica,
}

impl Counter {
    /// Without a count.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let replica = Replica::new(Kind::Counter, options)?;
        Ok(Self { replica })
    }

    /// Counters over a replica of [`Kind::Counter`]; nothing over another one.
    pub fn over(replica: Replica) -> Option<Self> {
        (replica.kind() == Kind::Counter).then_some(Self { replica })
    }

    /// Its records: the sums of each node under each key.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Its records, to merge and to sync.
    pub fn replica_mut(&mut self) -> &mut Replica {
        &mut self.replica
    }

    /// Counts a key up, or down.
    pub fn add(
        &mut self,
        clock: &mut Clock,
        wall_ms: u64,
        key: &str,
        change: i64,
    ) -> Result<ItemId, CounterError> {
        let node = clock.node().clone();
        let before = self.replica.find(key, node.as_str());
        let (added, taken) = before.and_then(|record| sums(&record)).unwrap_or((0, 0));
        let amount = change.unsigned_abs();
        let sum = match change >= 0 {
            true => added.checked_add(amount).map(|added| (added, taken)),
            false => taken.checked_add(amount).map(|taken| (added, taken)),
        };
        let value = sums_bytes(sum.ok_or(CounterError::Overflow { change })?);
        let local = Local {
            key,
            tag: Some(node.as_str()),
            content: Content::Value(&value),
            ttl_ms: None,
        };
        let written = self.replica.write(clock, wall_ms, local);
        written.map_err(CounterError::Refused)
    }

    /// The count of a key: exact, whatever the nodes counted.
    pub fn get(&self, key: &str) -> i128 {
        let slots = self.replica.store.of_key(key);
        let records = slots.filter_map(|slot| self.replica.store.record(slot));
        let counts = records.filter_map(|record| sums(&record));
        counts
            .map(|(added, taken)| i128::from(added) - i128::from(taken))
            .sum()
    }
}

/// Why nothing was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterError {
    /// The sum of this node would be beyond 64 bits.
    Overflow {
        /// What was to be counted.
        change: i64,
    },
    /// The record was refused.
    Refused(Reason),
}

impl CounterError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Overflow { .. } => "counter_overflow",
            Self::Refused(reason) => reason.reason(),
        }
    }
}

impl fmt::Display for CounterError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow { change } => write!(
                out,
                "counting by {change} would bring this node's sum beyond 64 bits"
            ),
            Self::Refused(reason) => reason.fmt(out),
        }
    }
}

impl core::error::Error for CounterError {}
