//! What is known of results before they are computed.

use crate::plan::Plan;
use crate::value::{Affinity, ColumnType};

/// What is known of an expression before it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Info {
    pub(crate) affinity: Affinity,
    pub(crate) kind: ColumnType,
}

impl Info {
    pub(super) fn of(kind: ColumnType) -> Self {
        Self {
            affinity: Affinity::None,
            kind,
        }
    }
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) info: Info,
}

/// A query whose names are known.
pub(crate) struct Bound {
    pub(crate) plan: Plan,
    pub(crate) columns: Vec<Output>,
}
