//! Pairs of a target and a source with an optional condition: the common registry of aggregations and computations.
//!
//! A source counts while its condition does not hold. A target is concerned when a source, something above or below it
//! or a path of a condition changes; the answer comes in the order of registration.

use alloc::vec::Vec;
use core::ops::Range;

use crate::affected::registry::Registry;
use crate::batch::{Batch, Lineage};
use crate::error::Refusal;
use crate::logic::{BoolLogic, Compiled, observed};
use crate::state::State;
use crate::state::order;
use crate::state::paths::PathId;
use crate::tables::id_map::IdMap;
use crate::watch::Watch;

pub(crate) struct Pair {
    pub(crate) target: PathId,
    pub(crate) source: PathId,
    exclude_when: Option<Compiled>,
}

impl Pair {
    pub(crate) fn is_active(&self, state: &State) -> bool {
        !self
            .exclude_when
            .as_ref()
            .is_some_and(|condition| condition.holds(state))
    }
}

/// A target whose value has to be found again, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Concerned {
    pub(crate) target: PathId,
    pub(crate) lineage: Lineage,
    pub(crate) sender: u32,
}

#[derive(Default)]
pub(crate) struct Pairs {
    pairs: Registry<Pair>,
    by_target: IdMap<Vec<u32>>,
    targets: Watch,
}

impl Pairs {
    pub(crate) fn add(
        &mut self,
        state: &mut State,
        target: PathId,
        source: PathId,
        exclude_when: Option<&BoolLogic>,
    ) -> Result<u32, Refusal> {
        let exclude_when = exclude_when
            .map(|logic| Compiled::new(state, logic))
            .transpose()?;
        let mut watched = Vec::from([observed(state, source)]);
        if let Some(condition) = &exclude_when {
            watched.extend(condition.watched(state));
        }
        state.paths.retain(source);
        self.targets.add(&mut state.paths, target, 0);
        let id = self.pairs.add(
            &mut state.paths,
            Pair {
                target,
                source,
                exclude_when,
            },
            watched,
        );
        self.by_target
            .get_or_insert_with(target.0, Vec::new)
            .push(id);
        Ok(id)
    }

    /// Takes a pair out and names its target.
    pub(crate) fn remove(&mut self, state: &mut State, id: u32) -> Option<PathId> {
        let pair = self.pairs.remove(&mut state.paths, id)?;
        if let Some(ids) = self.by_target.get_mut(pair.target.0) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_target.remove(pair.target.0);
            }
        }
        self.targets.remove(&mut state.paths, pair.target, 0);
        state.paths.release(pair.source);
        if let Some(condition) = pair.exclude_when {
            condition.release(state);
        }
        Some(pair.target)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The targets of these pairs as if they were concerned by nothing in particular: each once, where its first pair stands.
    pub(crate) fn targets_of(&self, ids: &[u32]) -> Vec<Concerned> {
        let mut targets: Vec<Concerned> = Vec::new();
        let mut known: IdMap<()> = IdMap::default();
        for pair in ids.iter().filter_map(|id| self.pairs.get(*id)) {
            if !known.contains(pair.target.0) {
                known.get_or_insert_with(pair.target.0, || ());
                targets.push(Concerned {
                    target: pair.target,
                    lineage: Lineage::default(),
                    sender: 0,
                });
            }
        }
        targets
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().map(|(_, pair)| pair)
    }

    pub(crate) fn targets(&self) -> &Watch {
        &self.targets
    }

    pub(crate) fn is_target(&self, path: PathId) -> bool {
        self.by_target.contains(path.0)
    }

    /// The pairs of a target in the order of registration.
    pub(crate) fn of_target(&self, target: PathId) -> impl Iterator<Item = &Pair> {
        let ids = self.by_target.get(target.0);
        let ids = ids.map_or(&[][..], Vec::as_slice).iter();
        ids.filter_map(|id| self.pairs.get(*id))
    }

    /// The sources of a target that count in this state.
    pub(crate) fn active_sources<'a>(
        &'a self,
        state: &'a State,
        target: PathId,
    ) -> impl Iterator<Item = PathId> + 'a {
        self.of_target(target)
            .filter(|pair| pair.is_active(state))
            .map(|pair| pair.source)
    }

    /// The targets that a stretch of the log concerns. With `is_owner` also those that were written over from above.
    pub(crate) fn concerned(
        &self,
        batch: &Batch<'_>,
        window: Range<usize>,
        is_owner: bool,
    ) -> Vec<Concerned> {
        let mut found: IdMap<Concerned> = IdMap::default();
        if self.is_empty() {
            return Vec::new();
        }
        for change in &batch.log[window] {
            let (lineage, sender) = (change.cause.lineage, change.cause.sender);
            let mut note = |target: PathId| {
                let new = || Concerned {
                    target,
                    lineage,
                    sender,
                };
                let entry = found.get_or_insert_with(target.0, new);
                entry.lineage = entry.lineage.and(lineage);
                entry.sender = sender;
            };
            self.pairs
                .watch()
                .visit_related(&batch.state.paths, change.path, &mut |_, id| {
                    if let Some(pair) = self.pairs.get(id) {
                        note(pair.target);
                    }
                });
            if is_owner {
                let paths = &batch.state.paths;
                self.targets
                    .visit_below(paths, change.path, &mut |target, _| note(target));
            }
        }
        let targets = order::by_rank(
            crate::tables::lists::listed(found.ids().map(PathId)),
            &|target| {
                let first = self.by_target.get(target.0).and_then(|ids| ids.first());
                u64::from(first.copied().unwrap_or_default())
            },
        );
        let found = |target: &PathId| found.get(target.0).copied();
        crate::tables::lists::listed(targets.iter().filter_map(found))
    }
}
