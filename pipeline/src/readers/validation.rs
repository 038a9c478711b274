//! Which validators a batch has to run, and what their results changed.
//!
//! Validators run in JavaScript. A batch names each at most once, in the order of registration; the results come back
//! in one call and those equal to the result before are dropped.

use alloc::vec::Vec;

use crate::affected::registry::Registry;
use crate::batch::Change;
use crate::logic::watched;
use crate::state::State;
use crate::state::paths::PathId;
use crate::state::value::{Cell, Kind};

struct Validator {
    dependencies: Vec<PathId>,
    result: Cell,
}

/// The registry of validators.
#[derive(Default)]
pub struct Validators {
    entries: Registry<Validator>,
}

impl Validators {
    /// Adds a validator that reads these paths.
    pub fn add(&mut self, state: &mut State, dependencies: Vec<PathId>) -> u32 {
        dependencies
            .iter()
            .for_each(|path| state.paths.retain(*path));
        let watched = watched(state, &dependencies);
        let validator = Validator {
            dependencies,
            result: Cell::ABSENT,
        };
        self.entries.add(&mut state.paths, validator, watched)
    }

    /// Takes a validator out.
    pub fn remove(&mut self, state: &mut State, id: u32) {
        let Some(validator) = self.entries.remove(&mut state.paths, id) else {
            return;
        };
        validator
            .dependencies
            .iter()
            .for_each(|path| state.paths.release(*path));
        if validator.result.kind == Kind::Text {
            state.strings.release(validator.result.text());
        }
    }

    /// The paths whose values a validator needs.
    pub fn dependencies(&self, id: u32) -> &[PathId] {
        self.entries
            .get(id)
            .map_or(&[], |validator| &validator.dependencies)
    }

    /// Takes a result; false when it equals the one before or the validator is gone. A slot always counts as new.
    pub(crate) fn accept(&mut self, state: &mut State, id: u32, result: Cell) -> bool {
        let Some(validator) = self.entries.get_mut(id) else {
            return false;
        };
        let is_opaque = result.kind == Kind::Slot || result.kind.is_container();
        if validator.result == result && !is_opaque {
            return false;
        }
        if result.kind == Kind::Text {
            state.strings.retain(result.text());
        }
        if validator.result.kind == Kind::Text {
            state.strings.release(validator.result.text());
        }
        validator.result = result;
        true
    }

    /// The validators that a log concerns, but for those asleep.
    pub(crate) fn plan(&self, state: &State, log: &[Change], asleep: &[u32], plan: &mut Vec<u32>) {
        self.entries.woken(&state.paths, log, asleep, plan);
    }
}
