//! What a replica is made with, and the limits of all replicas.

use core::fmt;

use crate::clock::node::NODE_BYTES_MAX;
use crate::codec::message::{MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN};
use crate::codec::record::{KEY_BYTES_MAX, RECORD_OVERHEAD_BYTES, TAG_BYTES_MAX, VALUE_BYTES_MAX};
use crate::tree::{DEPTH_LEVELS_MAX, TreeError};

/// A replica may hold this many records: four million, in half a gigabyte of slots.
pub const ITEMS_MAX: usize = 1 << 22;

/// A replica may hold this many bytes of keys, tags and values, with 128 bytes for each record: half of what offsets of
/// 32 bits reach, so that garbage fits beside it.
pub const BYTES_MAX: usize = 1 << 30;

/// A replica may know this many nodes at a time: each is a tab or a server that wrote a record which is still there.
pub const NODES_MAX: usize = 1 << 16;

/// How records of one key and tag merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The last writer wins.
    #[default]
    Lww = 0,
    /// Tagged values, of which a removal takes those it has seen.
    Or = 1,
    /// Sums that each node counts for itself.
    Counter = 2,
}

/// Who decides what is sealed and pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It takes over what others have sealed and pruned, once it has all that they have.
    #[default]
    Follower,
    /// It seals and prunes by itself and follows nobody: one of the replicas that sync, the server.
    Authority,
}

/// How a replica is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Levels of the tree; all replicas that sync have the same. 3 are 4,096 leaves.
    pub depth: u8,
    /// Who decides what is sealed and pruned.
    pub role: Role,
    /// How many records it may hold, at most [`ITEMS_MAX`].
    pub items_max: usize,
    /// How many bytes they may have, at most [`BYTES_MAX`].
    pub bytes_max: usize,
    /// How many bytes a message that it makes may have, [`MESSAGE_BYTES_MIN`] to [`MESSAGE_BYTES_MAX`]. A value that does
    /// not fit into one is refused.
    pub message_bytes_max: usize,
    /// 128 random bits, under which its tables are hashed: who knows them can choose keys that make it slow.
    pub secret: [u64; 2],
}

impl Default for Options {
    /// A follower of depth 3 with the largest limits and messages of 1 MiB. Its secret is 0 and should be set.
    fn default() -> Self {
        Self {
            depth: 3,
            role: Role::default(),
            items_max: ITEMS_MAX,
            bytes_max: BYTES_MAX,
            message_bytes_max: 1 << 20,
            secret: [0, 0],
        }
    }
}

impl Options {
    pub(super) fn check(&self) -> Result<(), OptionsError> {
        if self.depth == 0 || self.depth > DEPTH_LEVELS_MAX {
            return Err(OptionsError::Tree(TreeError::Depth { depth: self.depth }));
        }
        range("items_max", self.items_max, 1, ITEMS_MAX)?;
        range("bytes_max", self.bytes_max, 1, BYTES_MAX)?;
        let (min, max) = (MESSAGE_BYTES_MIN, MESSAGE_BYTES_MAX);
        range("message_bytes_max", self.message_bytes_max, min, max)
    }

    /// The longest value that one message can carry beside everything else.
    pub(crate) fn value_bytes_max(&self) -> usize {
        VALUE_BYTES_MAX.min(self.message_bytes_max - BESIDE_VALUE_BYTES)
    }
}

/// What a message has beside its only value, at most.
const BESIDE_VALUE_BYTES: usize = 1024;
const _: () = assert!(
    crate::codec::message::HEADER_BYTES
        + KEY_BYTES_MAX
        + TAG_BYTES_MAX
        + NODE_BYTES_MAX
        + RECORD_OVERHEAD_BYTES
        <= BESIDE_VALUE_BYTES
        && BESIDE_VALUE_BYTES < MESSAGE_BYTES_MIN
);

fn range(name: &'static str, value: usize, min: usize, max: usize) -> Result<(), OptionsError> {
    match (min..=max).contains(&value) {
        true => Ok(()),
        false => Err(OptionsError::Range {
            name,
            value,
            min,
            max,
        }),
    }
}

/// Why there is no replica with some options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsError {
    /// A limit is out of its range.
    Range {
        /// Which one.
        name: &'static str,
        /// What it is.
        value: usize,
        /// The least it may be.
        min: usize,
        /// The most it may be.
        max: usize,
    },
    /// There is no such tree.
    Tree(TreeError),
}

impl OptionsError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Range { .. } => "options_range",
            Self::Tree(error) => error.reason(),
        }
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range {
                name,
                value,
                min,
                max,
            } => write!(out, "{name} is {value}: it must be {min} to {max}"),
            Self::Tree(error) => error.fmt(out),
        }
    }
}

impl core::error::Error for OptionsError {}
