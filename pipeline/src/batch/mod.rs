//! A batch on its way through the stages: its input, the log of what was written, and why.
//!
//! The input is three typed arrays: path ids, kinds, numbers. An object or array is followed by its parts (kind with
//! the [`PART`] bit), each below the one it belongs to. The log is the only way stages speak to each other: a stage
//! reads the entries written since it last ran and appends its own.

pub(crate) mod diff;

use alloc::vec::Vec;

use crate::error::{Error, InputFault, Refusal, malformed};
use crate::state::fragment::{Fragment, Part, head};
use crate::state::paths::{PathId, SEGMENTS_MAX};
use crate::state::strings::StringId;
use crate::state::value::{Cell, Kind, NO_SLOT, PART, SLOTS_MAX};
use crate::state::{Equality, State};
use crate::watch::Watch;

/// Which rules a change went through, cumulatively: the bits in the lineage array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Lineage(pub u8);

impl Lineage {
    /// `isSyncPathChange`
    pub const SYNC: Self = Self(1);
    /// `isFlipPathChange`
    pub const FLIP: Self = Self(2);
    /// `isAggregationChange`
    pub const AGGREGATION: Self = Self(4);
    /// `isClearPathChange`
    pub const CLEAR: Self = Self(8);
    /// `isComputationChange`
    pub const COMPUTATION: Self = Self(16);
    /// `isListenerChange`
    pub const LISTENER: Self = Self(32);

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has all of the other's bits.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The changes of one batch, as typed arrays of the same length.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// Path ids.
    pub paths: &'a [u32],
    /// Kind codes; empty when every entry is a number.
    pub kinds: &'a [u8],
    /// Numbers: the value, or an index (see [`Kind`]).
    pub numbers: &'a [f64],
    /// Senders, numbers of the caller's choice; empty when there are none.
    pub senders: &'a [u32],
}

impl Input<'_> {
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    pub(crate) fn has_matching_lengths(&self) -> bool {
        let is_fitting = |length: usize| length == 0 || length == self.paths.len();
        self.numbers.len() == self.paths.len()
            && is_fitting(self.kinds.len())
            && is_fitting(self.senders.len())
    }

    pub(crate) fn path(&self, index: usize) -> PathId {
        PathId(self.paths[index])
    }

    pub(crate) fn sender(&self, index: usize) -> u32 {
        self.senders.get(index).copied().unwrap_or(0)
    }

    pub(crate) fn is_part(&self, index: usize) -> bool {
        self.kinds.get(index).is_some_and(|code| code & PART != 0)
    }

    /// The value of one entry without its parts; an array has no length yet.
    pub(crate) fn cell(&self, index: usize, state: &State) -> Result<Cell, Refusal> {
        let fault = |reason| malformed(index, reason);
        let number = self.numbers[index];
        let Some(code) = self.kinds.get(index) else {
            return Ok(Cell::number(number));
        };
        let kind = Kind::from_code(code & !PART).ok_or_else(|| fault(InputFault::Kind))?;
        let whole = || {
            let id = number as u32;
            if f64::from(id) == number {
                Ok(id)
            } else {
                Err(fault(InputFault::Number))
            }
        };
        let bits = match kind {
            Kind::Absent => return Err(fault(InputFault::Kind)),
            Kind::Undefined | Kind::Null => 0,
            Kind::Bool => match whole()? {
                bit @ 0..=1 => u64::from(bit),
                _ => return Err(fault(InputFault::Number)),
            },
            Kind::Number => return Ok(Cell::number(number)),
            Kind::Text => match whole()? {
                id if state.strings.get(StringId(id)).is_some() => u64::from(id),
                _ => return Err(fault(InputFault::Number)),
            },
            Kind::Slot | Kind::Object | Kind::Array => match whole()? {
                slot if slot < SLOTS_MAX || slot == NO_SLOT && kind != Kind::Slot => {
                    u64::from(slot)
                }
                _ => return Err(fault(InputFault::Number)),
            },
        };
        Ok(Cell { bits, kind })
    }

    /// One entry with its parts.
    pub(crate) fn fragment(
        &self,
        index: usize,
        state: &State,
        fragment: &mut Fragment,
    ) -> Result<(), Refusal> {
        fragment.set(self.cell(index, state)?);
        if !self.is_part(index + 1) {
            return Ok(());
        }
        let mut stack = [(PathId::ROOT, 0usize); SEGMENTS_MAX + 2];
        stack[0] = (self.path(index), 0);
        let mut depth = 0;
        for part_index in index + 1..self.len() {
            if !self.is_part(part_index) {
                break;
            }
            let fault = || malformed(part_index, InputFault::Part);
            let path = self.path(part_index);
            if !state.paths.is_alive(path) {
                return Err(fault());
            }
            let parent = state.paths.parent(path);
            while Some(stack[depth].0) != parent {
                depth = depth.checked_sub(1).ok_or_else(fault)?;
            }
            let (_, parent_index) = stack[depth];
            let parent = &mut fragment.parts[parent_index].cell;
            match parent.kind {
                Kind::Object => {}
                Kind::Array if state.index(path) == Some(parent.array_length()) => {
                    *parent = parent.with_array_length(parent.array_length() + 1);
                }
                _ => return Err(fault()),
            }
            depth += 1;
            stack[depth] = (path, fragment.parts.len());
            let (cell, segment) = (self.cell(part_index, state)?, state.paths.segment(path));
            fragment.parts.push(Part {
                cell,
                segment,
                depth: depth as u16,
            });
        }
        Ok(())
    }
}

/// Who wrote a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Input,
    Distribution,
    Clear,
    Sync,
    Flip,
    Aggregation,
    Computation,
    Agreement,
}

/// Why a change is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    pub(crate) stage: Stage,
    /// The rule within the stage, so that a rule does not answer itself.
    pub(crate) rule: u32,
    pub(crate) lineage: Lineage,
    pub(crate) sender: u32,
    /// The entry of the input whose value this is.
    pub(crate) input: Option<u32>,
}

/// One write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) path: PathId,
    pub(crate) cell: Cell,
    pub(crate) cause: Cause,
}

impl Change {
    /// The cause of a change that follows from this one.
    pub(crate) fn leads_to(&self, stage: Stage, rule: u32, lineage: Lineage) -> Cause {
        Cause {
            stage,
            rule,
            lineage: self.cause.lineage.and(lineage),
            ..self.cause
        }
    }
}

/// What the stages share.
pub(crate) struct Batch<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) log: &'a mut Vec<Change>,
    pub(crate) input: Input<'a>,
    /// The targets of computations, which nobody else may write.
    pub(crate) computed: &'a Watch,
}

impl Batch<'_> {
    /// Writes a value and logs it; a value that is there already is no change.
    pub(crate) fn write(
        &mut self,
        path: PathId,
        parts: &[Part],
        cause: Cause,
    ) -> Result<bool, Refusal> {
        if parts.is_empty() {
            // What was to be carried on is gone again: the write that removed it will be carried on instead.
            return Ok(false);
        }
        let is_object_of_input = cause.stage == Stage::Input
            && (head(parts).kind.is_container() || head(parts).kind == Kind::Slot);
        if !is_object_of_input && self.state.is_equal(path, parts, Equality::SameBits) {
            return Ok(false);
        }
        if cause.stage != Stage::Computation {
            self.refuse_computed(path)?;
        }
        self.state.write(path, parts)?;
        self.log.push(Change {
            path,
            cell: head(parts),
            cause,
        });
        Ok(true)
    }

    /// The value a change wrote.
    pub(crate) fn load(&self, change: &Change, fragment: &mut Fragment) -> Result<(), Refusal> {
        if !change.cell.kind.is_container() {
            fragment.set(change.cell);
            return Ok(());
        }
        match change.cause.input {
            Some(index) => self.input.fragment(index as usize, self.state, fragment),
            None => {
                self.state.capture(change.path, fragment);
                Ok(())
            }
        }
    }

    fn refuse_computed(&self, path: PathId) -> Result<(), Refusal> {
        let mut is_computed = false;
        self.computed
            .visit_upwards(&self.state.paths, path, &mut |_, _| is_computed = true);
        if is_computed {
            return Err(self
                .state
                .refusal(path, |path| Error::ComputedTarget { path }));
        }
        Ok(())
    }
}
