//! Bounds of counts and lengths.

use crate::schema::{LIST_LENGTH_MAX, Rules, TEXT_BYTES_MAX};

/// From least to greatest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) min: usize,
    pub(super) max: usize,
}

impl Counts {
    fn new(min: Option<u32>, max: Option<u32>, limit: usize) -> Self {
        Self {
            min: min.unwrap_or(0) as usize,
            max: max.map_or(limit, |max| (max as usize).min(limit)),
        }
    }

    pub(super) fn items(rules: &Rules) -> Self {
        Self::new(rules.min_items, rules.max_items, LIST_LENGTH_MAX)
    }

    pub(super) fn properties(rules: &Rules) -> Self {
        Self::new(rules.min_properties, rules.max_properties, LIST_LENGTH_MAX)
    }

    pub(super) fn length(rules: &Rules) -> Self {
        Self::new(rules.min_length, rules.max_length, TEXT_BYTES_MAX)
    }

    /// Whether every one of these is one of those.
    pub(super) fn is_within(self, other: Self) -> bool {
        self.min >= other.min && self.max <= other.max
    }
}
