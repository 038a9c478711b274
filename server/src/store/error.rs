//! Why something cannot be kept, or not be read.

use aimdb_contracts::Code;
use std::fmt;

/// See the module above.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room left.
    Full(String),
    /// The disk, or the file on it, does not do what it is asked for.
    Disk(String),
    /// The file is none of ours, or is damaged.
    Damaged(String),
    /// A newer version of the server wrote it.
    TooNew {
        /// The layout of the file.
        layout: i64,
        /// The newest one that is known here.
        known: i64,
    },
    /// Another server has it.
    InUse(String),
}

impl StoreError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full(_) => Code::StoreFull.as_str(),
            Self::Disk(_) => Code::StoreFailed.as_str(),
            Self::Damaged(_) => Code::StoreDamaged.as_str(),
            Self::TooNew { .. } => Code::StoreTooNew.as_str(),
            Self::InUse(_) => Code::StoreInUse.as_str(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(why) => write!(out, "there is no room left for data: {why}; free some"),
            Self::Disk(why) => write!(out, "data cannot be kept or read: {why}"),
            Self::Damaged(why) => write!(
                out,
                "the data is damaged, or none of this server's: {why}; put a backup in its place"
            ),
            Self::TooNew { layout, known } => write!(
                out,
                "the data has layout {layout}, and this server knows layouts up to {known}: update the server, or give \
                 it another folder"
            ),
            Self::InUse(folder) => {
                write!(
                    out,
                    "another server has {folder} open: stop it, or use another folder"
                )
            }
        }
    }
}

impl std::error::Error for StoreError {}
