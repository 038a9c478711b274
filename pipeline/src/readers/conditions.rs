//! Conditions, choices and texts that follow the state, and the report of those that changed.
//!
//! They are no part of the state: a path such as `form.visibleWhen` names an outcome for whoever asks, and is never
//! written. Only what watches a changed path, one above it or one below it is evaluated again.

use alloc::vec::Vec;

use crate::affected::registry::Registry;
use crate::batch::Change;
use crate::error::Refusal;
use crate::logic::template::Template;
use crate::logic::value_logic::{CompiledValue, ValueLogic};
use crate::logic::{BoolLogic, Compiled};
use crate::readers::registered::Registered;
use crate::state::State;
use crate::state::order;
use crate::state::paths::PathId;
use crate::tables::text::Text;

struct Condition {
    logic: Compiled,
    holds: bool,
}

struct Choice {
    logic: CompiledValue,
    leaf: u32,
}

/// What changed, as typed arrays.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ConcernReport {
    /// Conditions whose answer changed.
    pub conditions: Vec<u32>,
    /// Their answers: 0 or 1.
    pub holds: Vec<u8>,
    /// Choices whose outcome changed.
    pub choices: Vec<u32>,
    /// The numbers of the chosen literals.
    pub leaves: Vec<u32>,
    /// Texts whose placeholders changed.
    pub texts: Vec<u32>,
}

impl ConcernReport {
    pub(crate) fn clear(&mut self) {
        self.conditions.clear();
        self.holds.clear();
        self.choices.clear();
        self.leaves.clear();
        self.texts.clear();
    }
}

/// The registry of conditions, choices and texts.
#[derive(Default)]
pub struct Concerns {
    conditions: Registry<Condition>,
    choices: Registry<Choice>,
    texts: Registry<Template>,
    woken: Vec<u32>,
}

impl Concerns {
    /// Adds a condition.
    pub fn add_condition(&mut self, state: &mut State, logic: &BoolLogic) -> Result<u32, Refusal> {
        let logic = Compiled::new(state, logic)?;
        let (holds, watched) = (logic.holds(state), logic.watched(state));
        Ok(self
            .conditions
            .add(&mut state.paths, Condition { logic, holds }, watched))
    }

    /// Adds a choice.
    pub fn add_choice(&mut self, state: &mut State, logic: &ValueLogic) -> Result<u32, Refusal> {
        let logic = CompiledValue::new(state, logic)?;
        let (leaf, watched) = (logic.choose(state), logic.watched(state));
        Ok(self
            .choices
            .add(&mut state.paths, Choice { logic, leaf }, watched))
    }

    /// Adds a text with placeholders.
    pub fn add_text(&mut self, state: &mut State, source: &Text) -> Result<u32, Refusal> {
        let template = Template::new(state, source)?;
        let watched = template.watched(state);
        Ok(self.texts.add(&mut state.paths, template, watched))
    }

    /// Takes a condition out.
    pub fn remove_condition(&mut self, state: &mut State, id: u32) {
        if let Some(condition) = self.conditions.remove(&mut state.paths, id) {
            condition.logic.release(state);
        }
    }

    /// Takes a choice out.
    pub fn remove_choice(&mut self, state: &mut State, id: u32) {
        if let Some(choice) = self.choices.remove(&mut state.paths, id) {
            choice.logic.release(state);
        }
    }

    /// Takes a text out.
    pub fn remove_text(&mut self, state: &mut State, id: u32) {
        if let Some(template) = self.texts.remove(&mut state.paths, id) {
            template.release(state);
        }
    }

    /// The answer of a condition.
    pub fn holds(&self, id: u32) -> Option<bool> {
        self.conditions.get(id).map(|condition| condition.holds)
    }

    /// The number of the literal a choice yields.
    pub fn leaf(&self, id: u32) -> Option<u32> {
        self.choices.get(id).map(|choice| choice.leaf)
    }

    /// A text filled in.
    pub fn text(&self, state: &State, id: u32) -> Option<Vec<u8>> {
        self.texts.get(id).map(|template| template.fill(state))
    }

    /// The paths of a text's placeholders.
    pub fn placeholders(&self, id: u32) -> Vec<PathId> {
        self.texts
            .get(id)
            .map(Template::placeholders)
            .unwrap_or_default()
    }

    /// Evaluates again what a log concerns and reports what changed, in the order of registration. Whoever is asleep
    /// follows the state too, so that it is up to date when it wakes.
    pub(crate) fn run(
        &mut self,
        state: &State,
        log: &[Change],
        asleep: &Registered,
        report: &mut ConcernReport,
    ) {
        let mut woken = core::mem::take(&mut self.woken);
        self.conditions.woken(&state.paths, log, &[], &mut woken);
        for id in &woken {
            let Some(condition) = self.conditions.get_mut(*id) else {
                continue;
            };
            let holds = condition.logic.holds(state);
            let is_changed = core::mem::replace(&mut condition.holds, holds) != holds;
            if is_changed && !order::has(&asleep.conditions, *id) {
                report.conditions.push(*id);
                report.holds.push(u8::from(holds));
            }
        }
        self.choices.woken(&state.paths, log, &[], &mut woken);
        for id in &woken {
            let Some(choice) = self.choices.get_mut(*id) else {
                continue;
            };
            let leaf = choice.logic.choose(state);
            let is_changed = core::mem::replace(&mut choice.leaf, leaf) != leaf;
            if is_changed && !order::has(&asleep.choices, *id) {
                report.choices.push(*id);
                report.leaves.push(leaf);
            }
        }
        self.woken = woken;
        let asleep = &asleep.texts;
        self.texts
            .woken(&state.paths, log, asleep, &mut report.texts);
    }
}
