//! What came out of a batch or a registration, as typed arrays that are used again for the next.
//!
//! Changes are writes in the order in which they have to be applied: each sets one path, creating what is missing
//! above. An object that JavaScript knows as one piece is named by its slot; any other is an object without slot,
//! followed by its parts, as in an input. Each path comes once, with its value at the end, and nothing below it unless
//! it was written after the piece that was named. A plain value that is in the end what it was before is left out.

use alloc::vec::Vec;

use crate::batch::{Change, Lineage};
use crate::readers::conditions::ConcernReport;
use crate::readers::listeners::ListenerPlan;
use crate::state::fragment::Fragment;
use crate::state::marks::Marks;
use crate::state::paths::PathId;
use crate::state::value::{Cell, NO_SLOT, PART};
use crate::state::{Reclaimed, State};

/// The report.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// Path ids of the changes.
    pub paths: Vec<u32>,
    /// Kind codes.
    pub kinds: Vec<u8>,
    /// Numbers.
    pub numbers: Vec<f64>,
    /// Lineage bits, see [`Lineage`].
    pub lineages: Vec<u8>,
    /// Senders.
    pub senders: Vec<u32>,
    /// Conditions, choices and texts that changed.
    pub concerns: ConcernReport,
    /// Validators to run.
    pub validators: Vec<u32>,
    /// Listeners to call.
    pub plan: ListenerPlan,
    /// Ids that are free again. Paths and slots named by the changes may be among them: apply first, then forget.
    pub reclaimed: Reclaimed,
    /// How many inputs differed from the state.
    pub kept_count: usize,
}

impl Report {
    pub(crate) fn clear(&mut self) {
        self.paths.clear();
        self.kinds.clear();
        self.numbers.clear();
        self.lineages.clear();
        self.senders.clear();
        self.concerns.clear();
        self.validators.clear();
        self.plan.clear();
        self.reclaimed.paths.clear();
        self.reclaimed.texts.clear();
        self.reclaimed.slots.clear();
        self.kept_count = 0;
        crate::tables::lists::shrink(&mut self.paths);
        crate::tables::lists::shrink(&mut self.kinds);
        crate::tables::lists::shrink(&mut self.numbers);
        crate::tables::lists::shrink(&mut self.lineages);
        crate::tables::lists::shrink(&mut self.senders);
    }

    /// Whether no path changed.
    pub fn is_unchanged(&self) -> bool {
        self.paths.is_empty()
    }

    /// The lineage of a change.
    pub fn lineage(&self, index: usize) -> Lineage {
        Lineage(self.lineages.get(index).copied().unwrap_or_default())
    }

    /// Bytes held by the arrays of changes and plans.
    pub fn capacity_bytes(&self) -> usize {
        self.paths.capacity() * 4
            + self.kinds.capacity()
            + self.numbers.capacity() * 8
            + self.lineages.capacity()
            + self.senders.capacity() * 4
            + self.validators.capacity() * 4
            + (self.plan.listeners.capacity() + self.plan.starts.capacity()) * 4
            + (self.plan.changes.capacity() + self.plan.strips.capacity()) * 4
    }

    /// Fills in the changes of a log: one for each topmost path that was written, with its value at the end, where the
    /// log first wrote to it or below. That order alone decides what is created above.
    pub(crate) fn take_changes(
        &mut self,
        state: &State,
        log: &[Change],
        marks: &mut Marks,
        fragment: &mut Fragment,
    ) {
        if !state.is_reshaped() && self.take_leaves(state, log, marks) {
            return;
        }
        // What ended as it was is taken already, so to speak. Writes that follow a piece are not asked again.
        let mut is_taken = restored(state, log, marks);
        let mut open = crate::tables::lists::listed(0..log.len());
        while !open.is_empty() {
            marks.reset(state.paths.id_bound());
            for index in &open {
                marks.put(log[*index].path, *index as u32);
            }
            open = self.take_topmost(state, log, &open, marks, fragment, &mut is_taken);
            is_taken.fill(false);
        }
    }

    /// Takes a log that only put plain values in the place of others; false when a path was written twice.
    fn take_leaves(&mut self, state: &State, log: &[Change], marks: &mut Marks) -> bool {
        marks.reset(state.paths.id_bound());
        if !log.iter().all(|change| marks.insert(change.path, 0)) {
            return false;
        }
        log.iter()
            .for_each(|change| self.push(change.path, change.cell, 0, change));
        true
    }

    /// Takes the topmost of these writes; marks name the last write to each path. Returns the writes into objects that
    /// were taken as the piece JavaScript knows: they have to follow.
    fn take_topmost(
        &mut self,
        state: &State,
        log: &[Change],
        open: &[usize],
        marks: &Marks,
        fragment: &mut Fragment,
        is_taken: &mut [bool],
    ) -> Vec<usize> {
        let mut following = Vec::new();
        for index in open {
            let change = &log[*index];
            let last_of = |path| marks.get(path).map(|last| last as usize);
            let last = state.paths.upwards(change.path).filter_map(last_of).last();
            let last = last.unwrap_or(*index);
            let top = &log[last];
            let is_piece = top.cell.kind.is_container() && top.cell.slot() != NO_SLOT;
            if !is_taken[last] {
                is_taken[last] = true;
                if is_piece {
                    self.push(top.path, top.cell, 0, top);
                } else {
                    self.push_whole(state, top, fragment);
                }
            }
            if is_piece && *index > last && change.path != top.path {
                following.push(*index);
            }
        }
        following
    }

    /// A value as it is at the end, with its parts.
    fn push_whole(&mut self, state: &State, change: &Change, fragment: &mut Fragment) {
        state.capture(change.path, fragment);
        let mut stack: Vec<PathId> = Vec::new();
        for part in &fragment.parts {
            stack.truncate(usize::from(part.depth));
            let path = match stack.last() {
                None => Some(change.path),
                Some(parent) => state.paths.find_child(*parent, part.segment),
            };
            let path = path.unwrap_or(change.path);
            stack.push(path);
            let flag = if part.depth == 0 { 0 } else { PART };
            self.push(path, part.cell, flag, change);
        }
    }

    fn push(&mut self, path: PathId, cell: Cell, flag: u8, change: &Change) {
        self.paths.push(path.0);
        self.kinds.push(cell.kind as u8 | flag);
        self.numbers.push(cell.outside_number());
        self.lineages.push(change.cause.lineage.0);
        self.senders.push(change.cause.sender);
    }
}

/// For each write whether its path ends with the plain value it had before the batch.
fn restored(state: &State, log: &[Change], marks: &mut Marks) -> Vec<bool> {
    let journal = state.journal();
    marks.reset(state.paths.id_bound());
    for (index, saved) in journal.iter().enumerate() {
        marks.insert(saved.path, index as u32);
    }
    let is_restored = |change: &Change| {
        let cell = state.own(change.path);
        let is_before = |index| journal[index as usize].cell == cell;
        cell.kind.is_plain() && marks.get(change.path).is_some_and(is_before)
    };
    crate::tables::lists::listed(log.iter().map(is_restored))
}
