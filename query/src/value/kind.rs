//! The types that columns have by their contracts.

use super::Affinity;

/// What a column holds by its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// No contract says: anything.
    Any,
    /// An integer of 64 bits.
    Integer,
    /// A number.
    Real,
    /// A text.
    Text,
    /// 1 or 0.
    Bool,
    /// Bytes.
    Bytes,
    /// The text of a JSON value.
    Json,
    /// Milliseconds since 1970.
    Timestamp,
}

impl ColumnType {
    /// What a comparison with such a column makes of the other side.
    pub(crate) fn affinity(self) -> Affinity {
        match self {
            Self::Any | Self::Bytes => Affinity::Blob,
            Self::Integer | Self::Bool | Self::Timestamp => Affinity::Integer,
            Self::Real => Affinity::Real,
            Self::Text | Self::Json => Affinity::Text,
        }
    }

    /// Its name in plans.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Text => "text",
            Self::Bool => "bool",
            Self::Bytes => "bytes",
            Self::Json => "json",
            Self::Timestamp => "timestamp",
        }
    }
}
