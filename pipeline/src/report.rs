//! What came out of a batch or a registration, as typed arrays that are used again for the next.
//!
//! Changes are writes in the order in which they have to be applied: each sets one path, creating what is missing
//! above. An object that JavaScript knows as one piece is named by its slot; any other is an object without slot,
//! followed by its parts, as in an input. A write that a later one goes over is left out, and so is a plain value that
//! is in the end what it was before.

use alloc::vec::Vec;

use crate::batch::{Change, Lineage};
use crate::conditions::ConcernReport;
use crate::fragment::Fragment;
use crate::listeners::ListenerPlan;
use crate::marks::Marks;
use crate::paths::PathId;
use crate::state::{Reclaimed, State};
use crate::value::{Cell, Kind, NO_SLOT, PART};

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

    /// Fills in the changes of a log.
    pub(crate) fn take_changes(
        &mut self,
        state: &State,
        log: &[Change],
        marks: &mut Marks,
        fragment: &mut Fragment,
    ) {
        marks.reset(state.paths.id_bound());
        let start = self.paths.len();
        for change in log.iter().rev() {
            let is_over_written = state
                .paths
                .upwards(change.path)
                .any(|path| marks.get(path).is_some());
            if !is_over_written {
                marks.insert(change.path, 0);
                self.push_reversed(state, change, fragment);
            }
        }
        self.paths[start..].reverse();
        self.kinds[start..].reverse();
        self.numbers[start..].reverse();
        self.lineages[start..].reverse();
        self.senders[start..].reverse();
        let has_objects = log.iter().any(|change| change.cell.kind.is_container());
        if !has_objects {
            self.drop_restored(state, marks);
        }
    }

    fn push_reversed(&mut self, state: &State, change: &Change, fragment: &mut Fragment) {
        if !change.cell.kind.is_container() || change.cell.slot() != NO_SLOT {
            self.push(change.path, change.cell, 0, change);
            return;
        }
        state.capture(change.path, fragment);
        let mut paths: Vec<PathId> = Vec::with_capacity(fragment.parts.len());
        let mut stack: Vec<PathId> = Vec::new();
        for part in &fragment.parts {
            stack.truncate(usize::from(part.depth));
            let path = match stack.last() {
                None => Some(change.path),
                Some(parent) => state.paths.find_child(*parent, part.segment),
            };
            let path = path.unwrap_or(change.path);
            stack.push(path);
            paths.push(path);
        }
        for (part, path) in fragment.parts.iter().zip(&paths).rev() {
            let flag = if part.depth == 0 { 0 } else { PART };
            self.push(*path, part.cell, flag, change);
        }
    }

    fn push(&mut self, path: PathId, cell: Cell, flag: u8, change: &Change) {
        self.paths.push(path.0);
        self.kinds.push(cell.kind as u8 | flag);
        self.numbers.push(cell.outside_number());
        self.lineages.push(change.cause.lineage.0);
        self.senders.push(change.cause.sender);
    }

    /// Leaves out plain values that ended as they were before the batch.
    fn drop_restored(&mut self, state: &State, marks: &mut Marks) {
        marks.reset(state.paths.id_bound());
        let mut before: Vec<Cell> = Vec::new();
        for (path, cell) in state.before() {
            if marks.insert(path, before.len() as u32) {
                before.push(cell);
            }
        }
        let is_restored = |path: PathId| {
            marks
                .get(path)
                .is_some_and(|index| before[index as usize] == state.own(path))
                && state.own(path).kind != Kind::Absent
        };
        let mut kept = 0;
        for index in 0..self.paths.len() {
            if is_restored(PathId(self.paths[index])) {
                continue;
            }
            self.paths[kept] = self.paths[index];
            self.kinds[kept] = self.kinds[index];
            self.numbers[kept] = self.numbers[index];
            self.lineages[kept] = self.lineages[index];
            self.senders[kept] = self.senders[index];
            kept += 1;
        }
        self.paths.truncate(kept);
        self.kinds.truncate(kept);
        self.numbers.truncate(kept);
        self.lineages.truncate(kept);
        self.senders.truncate(kept);
    }
}
