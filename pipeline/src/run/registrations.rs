//! What is registered, and which of it sleeps.
//!
//! A registration may have an anchor: while nothing is there, or an explicit undefined, its rules are out of the stages
//! and its listeners, conditions, choices, texts and validators are left out of the reports. It wakes in the batch that
//! brings the anchor back, agrees anew like a fresh registration, and reports all its readers once.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::affected::registry::Registry;
use crate::batch::Change;
use crate::error::Refusal;
use crate::readers::registered::Registered;
use crate::run::report::Report;
use crate::run::rules::Rules;
use crate::run::stages::{Installed, Stages};
use crate::state::State;
use crate::state::order;
use crate::state::paths::PathId;
use crate::state::value::Kind;
use crate::tables::numbered::Numbered;

struct Anchor {
    path: PathId,
    rules: Arc<Rules>,
    watch: u32,
    is_awake: bool,
}

#[derive(Default)]
struct Registration {
    installed: Installed,
    ids: Registered,
    anchor: Option<Anchor>,
}

/// All registrations by id.
#[derive(Default)]
pub(crate) struct Registrations {
    all: Numbered<Registration>,
    /// The ids of anchored registrations, watching their anchors.
    anchored: Registry<u32>,
    /// What changed its sleep in the batch at hand, in order.
    toggled: Vec<u32>,
    /// As of the last batch; without anchors nobody sleeps.
    asleep: Registered,
}

impl Registrations {
    /// Puts rules in; those whose anchor is missing sleep. After an error nothing is in.
    pub(crate) fn add(
        &mut self,
        state: &mut State,
        stages: &mut Stages,
        rules: &Arc<Rules>,
    ) -> Result<u32, Refusal> {
        let mut registration = Registration::default();
        registration.ids.id = self.all.next();
        if let Err(refusal) = self.install(state, stages, rules, &mut registration) {
            stages.uninstall(state, &registration.installed);
            stages.uninstall_readers(state, &registration.ids);
            return Err(refusal);
        }
        Ok(self.all.push(registration))
    }

    fn install(
        &mut self,
        state: &mut State,
        stages: &mut Stages,
        rules: &Arc<Rules>,
        registration: &mut Registration,
    ) -> Result<(), Refusal> {
        stages.install(state, rules, &mut registration.installed)?;
        stages.install_readers(state, rules, &mut registration.ids)?;
        let Some(anchor) = &rules.anchor else {
            return Ok(());
        };
        let path = state.intern_path(anchor.as_bytes())?;
        let is_awake = is_there(state, path);
        if !is_awake {
            stages.uninstall(state, &core::mem::take(&mut registration.installed));
        }
        let id = registration.ids.id;
        registration.anchor = Some(Anchor {
            path,
            rules: rules.clone(),
            watch: self.anchored.add(&mut state.paths, id, Vec::from([path])),
            is_awake,
        });
        Ok(())
    }

    /// Takes a registration out; false when there is none of that id.
    pub(crate) fn remove(&mut self, state: &mut State, stages: &mut Stages, id: u32) -> bool {
        let Some(registration) = self.all.remove(id) else {
            return false;
        };
        if let Some(anchor) = registration.anchor {
            self.anchored.remove(&mut state.paths, anchor.watch);
            self.asleep = Registered::default();
        }
        stages.uninstall(state, &registration.installed);
        stages.uninstall_readers(state, &registration.ids);
        true
    }

    pub(crate) fn ids(&self, id: u32) -> Registered {
        self.all
            .get(id)
            .map(|registration| registration.ids.clone())
            .unwrap_or_default()
    }

    /// The rules of a registration as they lie in the stages; nothing while it sleeps.
    pub(crate) fn installed(&self, id: u32) -> Option<&Installed> {
        self.all.get(id).map(|registration| &registration.installed)
    }

    /// Wakes and puts to sleep what a stretch of the log asks for. Returns what woke.
    pub(crate) fn toggle(
        &mut self,
        state: &mut State,
        stages: &mut Stages,
        log: &[Change],
    ) -> Result<Vec<u32>, Refusal> {
        let mut near = Vec::new();
        self.anchored.woken(&state.paths, log, &[], &mut near);
        let mut woken = Vec::new();
        for watch in &near {
            let Some(id) = self.anchored.get(*watch).copied() else {
                continue;
            };
            if self.toggle_one(state, stages, id)? {
                self.toggled.push(id);
                if self.is_awake(id) {
                    woken.push(id);
                }
            }
        }
        Ok(woken)
    }

    /// Whether a batch can bring rules in.
    pub(crate) fn may_wake(&self) -> bool {
        !self.anchored.is_empty()
    }

    /// Takes back what the batch toggled, after the state was taken back.
    pub(crate) fn undo(&mut self, state: &mut State, stages: &mut Stages) {
        while let Some(id) = self.toggled.pop() {
            // The state is as before, and then these rules were in: they fit.
            let _ = self.toggle_one(state, stages, id);
        }
    }

    /// Makes what the batch toggled final and reports the readers of those who woke.
    pub(crate) fn commit(&mut self, stages: &Stages, report: &mut Report) {
        for id in core::mem::take(&mut self.toggled) {
            if let Some(registration) = self.all.get(id).filter(|_| self.is_awake(id)) {
                add_readers(stages, &registration.ids, report);
            }
        }
    }

    /// The readers of all who sleep, each list in ascending order.
    pub(crate) fn list_sleepers(&mut self) -> &Registered {
        if !self.anchored.is_empty() {
            let mut asleep = Registered::default();
            for (id, registration) in self.all.iter() {
                if !self.is_awake(id) {
                    asleep.add(&registration.ids);
                }
            }
            asleep.sort();
            self.asleep = asleep;
        }
        &self.asleep
    }

    fn is_awake(&self, id: u32) -> bool {
        let anchor = self
            .all
            .get(id)
            .and_then(|registration| registration.anchor.as_ref());
        anchor.is_none_or(|anchor| anchor.is_awake)
    }

    /// Whether the anchor came or went.
    fn toggle_one(
        &mut self,
        state: &mut State,
        stages: &mut Stages,
        id: u32,
    ) -> Result<bool, Refusal> {
        let Some(registration) = self.all.get_mut(id) else {
            return Ok(false);
        };
        let Some(anchor) = registration.anchor.as_mut() else {
            return Ok(false);
        };
        let is_awake = is_there(state, anchor.path);
        if is_awake == anchor.is_awake {
            return Ok(false);
        }
        let installed = &mut registration.installed;
        let result = if is_awake {
            stages.install(state, &anchor.rules, installed)
        } else {
            Ok(())
        };
        if !is_awake || result.is_err() {
            stages.uninstall(state, &core::mem::take(installed));
        }
        result?;
        anchor.is_awake = is_awake;
        Ok(true)
    }
}

fn is_there(state: &State, path: PathId) -> bool {
    !matches!(state.cell(path).kind, Kind::Absent | Kind::Undefined)
}

fn add_readers(stages: &Stages, ids: &Registered, report: &mut Report) {
    let concerns = &mut report.concerns;
    for id in &ids.conditions {
        if let Some(holds) = stages
            .concerns
            .holds(*id)
            .filter(|_| !concerns.conditions.contains(id))
        {
            concerns.conditions.push(*id);
            concerns.holds.push(u8::from(holds));
        }
    }
    for id in &ids.choices {
        if let Some(leaf) = stages
            .concerns
            .leaf(*id)
            .filter(|_| !concerns.choices.contains(id))
        {
            concerns.choices.push(*id);
            concerns.leaves.push(leaf);
        }
    }
    let add_new = |list: &mut Vec<u32>, ids: &[u32]| {
        list.extend_from_slice(ids);
        order::sort_and_dedup(list);
    };
    add_new(&mut concerns.texts, &ids.texts);
    add_new(&mut report.validators, &ids.validators);
}
