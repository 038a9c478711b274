//! What outlives a server: values with their numbers, and the answers that writes were given.
//!
//! Guarantees: what a commit holds is there whole or not at all; a value and the answer to the write that it came from
//! are one commit. [`Journal`] decides what is committed together and when who is told; a [`Store`] keeps it: [`Memory`],
//! or a file. Does not: know sockets, hubs or records.
//!
//! ```
//! use aimdb_server::store::{Keep, Memory, Op, Range, Store};
//! let mut store = Memory::default();
//! let value = Op::Value { topic: "a".into(), seq: 1, ts: 7, payload: "21.5".into(), version: 0, by: None, keep: Keep::values(10) };
//! store.append(&[value], 7)?;
//! assert_eq!(store.latest("a", 1)?.seq, 1);
//! assert_eq!(store.history("a", Range::newest(5))?.total, 1);
//! # Ok::<(), aimdb_server::store::StoreError>(())
//! ```

mod error;
mod journal;
mod keeper;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

use crate::hub::{Account, Outcome, WriteHead};
use std::sync::Arc;

pub use error::StoreError;
pub use journal::{Batch, Journal, Kind, Then, Value};
pub(crate) use keeper::{Done, Keeper};
pub use memory::Memory;
#[cfg(feature = "sqlite")]
pub use sqlite::{FILE_NAME, LAYOUT, Sqlite, backup};

/// How much of a topic's past is kept. The newest value always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// So many values.
    pub values: u64,
    /// So many bytes of values.
    pub bytes: u64,
    /// For so many milliseconds.
    pub age_ms: u64,
}

impl Keep {
    /// So many values, whatever their size and age.
    #[must_use]
    pub fn values(values: u64) -> Self {
        Self {
            values,
            bytes: u64::MAX,
            age_ms: u64::MAX,
        }
    }
}

/// One thing that a commit holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// A topic has a value.
    Value {
        /// The topic.
        topic: Arc<str>,
        /// The value's number, above all before it.
        seq: u64,
        /// Its time, in Unix milliseconds.
        ts: u64,
        /// The value as JSON text.
        payload: Arc<str>,
        /// The version of the contract that it is in; 0 if nobody says.
        version: u32,
        /// The client and the number of the write that it came from.
        by: Option<(Arc<str>, u64)>,
        /// How much of the topic's past is kept.
        keep: Keep,
    },
    /// A topic's numbers go on behind this one: values came and went before anybody could keep them.
    Missed {
        /// The topic.
        topic: Arc<str>,
        /// The last number that was given to one of them.
        seq: u64,
    },
    /// A value came later than its number says: behind one that was committed with a higher one. It is told whole, since
    /// what came in between may have pushed it out by now.
    Moved {
        /// The topic.
        topic: Arc<str>,
        /// The number that it had.
        from: u64,
        /// The number that it gets.
        to: u64,
        /// Its time, in Unix milliseconds.
        ts: u64,
        /// The value as JSON text.
        payload: Arc<str>,
        /// The version of the contract that it is in; 0 if nobody says.
        version: u32,
        /// The client and the number of the write that it came from.
        by: Option<(Arc<str>, u64)>,
        /// How much of the topic's past is kept.
        keep: Keep,
    },
    /// A topic is no more. Its past is kept, and its numbers go on if it comes back.
    Gone {
        /// The topic.
        topic: Arc<str>,
    },
    /// A write was answered.
    Answer {
        /// Which.
        head: WriteHead,
        /// How.
        outcome: Outcome,
    },
    /// A client has the answers up to this number.
    Settled {
        /// Its name.
        client: Arc<str>,
        /// The number.
        id: u64,
    },
    /// A client's writes of earlier epochs are refused, if it has written at all.
    Fenced {
        /// Its name.
        client: Arc<str>,
        /// The epoch.
        epoch: u64,
    },
    /// Nothing of a client is kept any more.
    Forgotten {
        /// Its name.
        client: Arc<str>,
    },
}

impl Op {
    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const WORDS: usize = 64;
        WORDS
            + match self {
                Self::Value { topic, payload, .. } | Self::Moved { topic, payload, .. } => {
                    topic.len() + payload.len()
                }
                Self::Missed { topic, .. } | Self::Gone { topic } => topic.len(),
                Self::Answer { head, outcome } => head.client.len() + outcome_bytes(outcome),
                Self::Settled { client, .. }
                | Self::Fenced { client, .. }
                | Self::Forgotten { client } => client.len(),
            }
    }
}

fn outcome_bytes(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Taken { .. } => 0,
        Outcome::Refused(refusal) => {
            let breach = refusal.violation.as_deref();
            let parts = breach.map_or(0, |breach| {
                breach.path.len() + breach.expected.len() + breach.got.len()
            });
            refusal.reason.len() + refusal.message.len() + parts
        }
    }
}

/// One value of a topic's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub seq: u64,
    /// Its time, in Unix milliseconds.
    pub ts: u64,
    /// It as JSON text.
    pub payload: Arc<str>,
    /// The version of the contract that it is in; 0 if nobody said.
    pub version: u32,
    /// The client and the number of the write that it came from.
    pub by: Option<(Arc<str>, u64)>,
}

/// Where a topic stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latest {
    /// The last number that was given to a value, or to one that nobody could keep; 0 before the first.
    pub seq: u64,
    /// Whether the topic is no more.
    pub gone: bool,
    /// The newest values, oldest first.
    pub values: Vec<Kept>,
}

/// What is asked for of a topic's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Not before this Unix millisecond.
    pub from: Option<u64>,
    /// Not after this Unix millisecond.
    pub to: Option<u64>,
    /// At most so many values, the newest ones.
    pub limit: u64,
    /// And of these as many as have so many bytes, the newest ones.
    pub bytes: u64,
}

impl Range {
    /// The newest values.
    #[must_use]
    pub fn newest(limit: u64) -> Self {
        Self {
            from: None,
            to: None,
            limit,
            bytes: u64::MAX,
        }
    }
}

/// What was found of a topic's past.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The values, ascending by time.
    pub values: Vec<Kept>,
    /// How many there are in the range before the limits.
    pub total: u64,
}

/// Keeps what outlives a server.
pub trait Store: Send {
    /// Keeps all of it, or nothing. When it returns, it is kept whatever happens to the process and the machine; what
    /// cannot promise that says so in its own description.
    ///
    /// # Errors
    /// Nothing was kept, and why.
    fn append(&mut self, ops: &[Op], now_ms: u64) -> Result<(), StoreError>;

    /// Where a topic stands, and the newest values of it.
    ///
    /// # Errors
    /// It cannot be read.
    fn latest(&mut self, topic: &str, count: u64) -> Result<Latest, StoreError>;

    /// The past of a topic.
    ///
    /// # Errors
    /// It cannot be read.
    fn history(&mut self, topic: &str, range: Range) -> Result<Found, StoreError>;

    /// What is kept of the writes of all clients, by their names.
    ///
    /// # Errors
    /// It cannot be read.
    fn ledger(&mut self) -> Result<Vec<Account>, StoreError>;

    /// The topics that there are, but for those that are gone.
    ///
    /// # Errors
    /// They cannot be read.
    fn topics(&mut self) -> Result<Vec<Arc<str>>, StoreError>;

    /// The name under which numbers are given: another one means that they began anew.
    fn instance(&self) -> Arc<str>;

    /// Another pair of eyes on the same, for [`history`](Self::history) alone.
    ///
    /// # Errors
    /// There cannot be one.
    fn reader(&self) -> Result<Box<dyn Store>, StoreError>;
}
