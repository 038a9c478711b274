//! The registries of all stages and readers, and the one place that puts rules into them and takes them out.
//!
//! The texts are given up once: inside, everything is ids.

use alloc::vec::Vec;

use crate::batch::Batch;
use crate::error::{Error, Refusal};
use crate::readers::conditions::Concerns;
use crate::readers::listeners::Listeners;
use crate::readers::registered::Registered;
use crate::readers::validation::Validators;
use crate::run::rules::Rules;
use crate::stages::aggregation::Aggregations;
use crate::stages::clear::Clear;
use crate::stages::computation::Computations;
use crate::stages::flip::Flip;
use crate::stages::sync::Sync;
use crate::state::State;
use crate::state::paths::PathId;
use crate::tables::text::Text;

/// What has to be taken out again.
#[derive(Default)]
pub(crate) struct Installed {
    pub(crate) sync: Vec<(PathId, PathId)>,
    pub(crate) one_way: Vec<(PathId, PathId)>,
    pub(crate) flip: Vec<(PathId, PathId)>,
    pub(crate) aggregations: Vec<u32>,
    pub(crate) computations: Vec<u32>,
    pub(crate) clears: Vec<u32>,
}

/// The registries of all stages.
#[derive(Default)]
pub(crate) struct Stages {
    pub(crate) sync: Sync,
    pub(crate) flip: Flip,
    pub(crate) aggregations: Aggregations,
    pub(crate) computations: Computations,
    pub(crate) clear: Clear,
    pub(crate) concerns: Concerns,
    pub(crate) validators: Validators,
    pub(crate) listeners: Listeners,
}

impl Stages {
    /// Puts the rules that write into the stages and notes in `installed` what is in, also after an error.
    pub(crate) fn install(
        &mut self,
        state: &mut State,
        rules: &Rules,
        installed: &mut Installed,
    ) -> Result<(), Refusal> {
        self.install_pairs(state, rules, installed)?;
        self.install_targets(state, rules, installed)
    }

    fn install_pairs(
        &mut self,
        state: &mut State,
        rules: &Rules,
        installed: &mut Installed,
    ) -> Result<(), Refusal> {
        for pair in &rules.sync {
            let (left, right) = intern_pair(state, pair)?;
            refuse_nested(
                self.sync.graph().would_nest(&state.paths, left, right),
                state,
                left,
            )?;
            self.sync.add(&mut state.paths, left, right);
            installed.sync.push((left, right));
        }
        for pair in &rules.one_way {
            let (from, to) = intern_pair(state, pair)?;
            refuse_nested(from != to && state.paths.is_related(from, to), state, from)?;
            self.sync.add_one_way(&mut state.paths, from, to);
            installed.one_way.push((from, to));
        }
        for pair in &rules.flip {
            let (left, right) = intern_pair(state, pair)?;
            refuse_nested(
                self.flip.graph().would_nest(&state.paths, left, right),
                state,
                left,
            )?;
            self.flip.add(&mut state.paths, left, right);
            installed.flip.push((left, right));
        }
        Ok(())
    }

    fn install_targets(
        &mut self,
        state: &mut State,
        rules: &Rules,
        installed: &mut Installed,
    ) -> Result<(), Refusal> {
        for rule in &rules.aggregations {
            let target = state.intern_path(rule.target.as_bytes())?;
            let source = state.intern_path(rule.source.as_bytes())?;
            if self.computations.is_target(target) {
                return Err(state.refusal(target, |path| Error::TargetTaken { path }));
            }
            let exclude_when = rule.exclude_when.as_ref();
            installed.aggregations.push(self.aggregations.add(
                state,
                target,
                source,
                exclude_when,
            )?);
        }
        for rule in &rules.computations {
            let target = state.intern_path(rule.target.as_bytes())?;
            let source = state.intern_path(rule.source.as_bytes())?;
            if self.aggregations.is_target(target) {
                return Err(state.refusal(target, |path| Error::TargetTaken { path }));
            }
            let exclude_when = rule.exclude_when.as_ref();
            let id = self
                .computations
                .add(state, rule.operation, target, source, exclude_when)?;
            installed.computations.push(id);
        }
        for rule in &rules.clears {
            self.clear.add(state, rule, &mut installed.clears)?;
        }
        Ok(())
    }

    /// Puts in what only reads and notes in `ids` what is in, also after an error.
    pub(crate) fn install_readers(
        &mut self,
        state: &mut State,
        rules: &Rules,
        ids: &mut Registered,
    ) -> Result<(), Refusal> {
        for rule in &rules.listeners {
            let paths = intern_all(state, &rule.paths)?;
            let scope = state.intern_path(rule.scope.as_bytes())?;
            ids.listeners.push(self.listeners.add(state, paths, scope));
        }
        for logic in &rules.conditions {
            ids.conditions
                .push(self.concerns.add_condition(state, logic)?);
        }
        for logic in &rules.choices {
            ids.choices.push(self.concerns.add_choice(state, logic)?);
        }
        for source in &rules.texts {
            ids.texts.push(self.concerns.add_text(state, source)?);
        }
        for dependencies in &rules.validators {
            let dependencies = intern_all(state, dependencies)?;
            ids.validators
                .push(self.validators.add(state, dependencies));
        }
        Ok(())
    }

    /// Lets the state agree with rules that have just been put in.
    pub(crate) fn agree(
        &self,
        batch: &mut Batch<'_>,
        installed: &Installed,
    ) -> Result<(), Refusal> {
        self.sync.agree(batch, &installed.sync)?;
        for (from, to) in &installed.one_way {
            self.sync.agree_one_way(batch, *from, *to)?;
        }
        self.aggregations.read(batch, &installed.aggregations)?;
        self.computations.compute(batch, &installed.computations)
    }

    /// Takes rules that write out.
    pub(crate) fn uninstall(&mut self, state: &mut State, installed: &Installed) {
        for (left, right) in &installed.sync {
            self.sync.remove(&mut state.paths, *left, *right);
        }
        for (from, to) in &installed.one_way {
            self.sync.remove_one_way(&mut state.paths, *from, *to);
        }
        for (left, right) in &installed.flip {
            self.flip.remove(&mut state.paths, *left, *right);
        }
        for id in &installed.aggregations {
            self.aggregations.remove(state, *id);
        }
        for id in &installed.computations {
            self.computations.remove(state, *id);
        }
        for id in &installed.clears {
            self.clear.remove(state, *id);
        }
    }

    /// Takes out what only reads.
    pub(crate) fn uninstall_readers(&mut self, state: &mut State, ids: &Registered) {
        for id in &ids.listeners {
            self.listeners.remove(state, *id);
        }
        for id in &ids.conditions {
            self.concerns.remove_condition(state, *id);
        }
        for id in &ids.choices {
            self.concerns.remove_choice(state, *id);
        }
        for id in &ids.texts {
            self.concerns.remove_text(state, *id);
        }
        for id in &ids.validators {
            self.validators.remove(state, *id);
        }
    }
}

fn refuse_nested(is_nested: bool, state: &State, path: PathId) -> Result<(), Refusal> {
    if is_nested {
        return Err(state.refusal(path, |path| Error::NestedMembers { path }));
    }
    Ok(())
}

fn intern_pair(state: &mut State, pair: &(Text, Text)) -> Result<(PathId, PathId), Refusal> {
    Ok((
        state.intern_path(pair.0.as_bytes())?,
        state.intern_path(pair.1.as_bytes())?,
    ))
}

fn intern_all(state: &mut State, paths: &[Text]) -> Result<Vec<PathId>, Refusal> {
    let mut ids = Vec::with_capacity(paths.len());
    for path in paths {
        ids.push(state.intern_path(path.as_bytes())?);
    }
    Ok(ids)
}
