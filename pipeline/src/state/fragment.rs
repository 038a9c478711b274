//! A value with everything below it, as a flat list in preorder.
//!
//! What is written to several places (a batch's object, a copy of a subtree, a rule's literal) has this one form. The
//! first part is the value itself at depth 0; an array's parts follow in the order of their indexes.

use alloc::vec::Vec;

use crate::state::strings::StringId;
use crate::state::value::Cell;

/// One value of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) cell: Cell,
    pub(crate) segment: StringId,
    pub(crate) depth: u16,
}

/// The list; empty when there is no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) parts: Vec<Part>,
}

impl Part {
    /// A value by itself.
    pub(crate) const fn of(cell: Cell) -> Self {
        Self {
            cell,
            segment: StringId::EMPTY,
            depth: 0,
        }
    }
}

impl Fragment {
    pub(crate) fn set(&mut self, cell: Cell) {
        self.parts.clear();
        self.parts.push(Part::of(cell));
    }

    /// The parts of the value that `segments` lead to.
    pub(crate) fn find(&self, segments: &[StringId]) -> Option<&[Part]> {
        let mut parts = self.parts.as_slice();
        for segment in segments {
            let depth = parts.first()?.depth + 1;
            let is_next = |part: &Part| part.depth == depth && part.segment == *segment;
            let start = parts.iter().position(is_next)?;
            parts = subtree(&parts[start..]);
        }
        Some(parts)
    }
}

/// The first part with everything below it.
pub(crate) fn subtree(parts: &[Part]) -> &[Part] {
    let Some((first, rest)) = parts.split_first() else {
        return parts;
    };
    let below = rest
        .iter()
        .take_while(|part| part.depth > first.depth)
        .count();
    &parts[..=below]
}

/// The value itself.
pub(crate) fn head(parts: &[Part]) -> Cell {
    parts.first().map_or(Cell::ABSENT, |part| part.cell)
}
