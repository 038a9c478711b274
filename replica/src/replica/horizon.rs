//! How far the past of a replica is closed, and why it cannot be closed further.

use core::fmt;

use crate::clock::epoch::Epoch;

/// How far a replica's past is closed. `pruned` is at most `sealed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// Records of epochs before this one are no longer taken.
    pub sealed: Epoch,
    /// Tombstones of epochs before this one, and records that expired before it, are gone.
    pub pruned: Epoch,
}

/// Why nothing was sealed or pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HorizonError {
    /// The epoch has not begun.
    Future {
        /// It begins in so many milliseconds.
        ahead_ms: u64,
    },
    /// More is closed already.
    Backwards {
        /// How far.
        from: Epoch,
    },
    /// Only what is sealed can be pruned.
    NotSealed {
        /// How far that is.
        sealed: Epoch,
    },
    /// A follower takes this over from its authority.
    Follower,
    /// A counter has nothing that could be forgotten.
    Counter,
}

impl HorizonError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Future { .. } => "horizon_future",
            Self::Backwards { .. } => "horizon_backwards",
            Self::NotSealed { .. } => "horizon_not_sealed",
            Self::Follower => "horizon_follower",
            Self::Counter => "horizon_counter",
        }
    }
}

impl fmt::Display for HorizonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { ahead_ms } => {
                write!(out, "the epoch begins in {ahead_ms} ms: seal it afterwards")
            }
            Self::Backwards { from } => write!(
                out,
                "all before epoch {} is closed already and stays so",
                from.0
            ),
            Self::NotSealed { sealed } => write!(
                out,
                "only epochs before {} are sealed: seal first, and prune later",
                sealed.0
            ),
            Self::Follower => out.write_str("a follower prunes what its authority has pruned"),
            Self::Counter => out.write_str("a counter has no tombstones, and nothing to prune"),
        }
    }
}

impl core::error::Error for HorizonError {}
