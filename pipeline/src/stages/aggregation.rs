//! A target that speaks for several sources: writing it writes them all, reading it gives what they agree on.
//!
//! A write to the target or below it goes to every source that counts, and not to the target itself. The target becomes
//! the common value of its sources; null is a value, an explicit undefined is passed over, and without a common value
//! the target is undefined. No path may be both a target and a source.

use alloc::vec::Vec;
use core::ops::Range;

use crate::affected::pairs::{Concerned, Pairs};
use crate::batch::{Batch, Cause, Lineage, Stage};
use crate::error::{Error, Refusal};
use crate::logic::BoolLogic;
use crate::state::fragment::Fragment;
use crate::state::paths::PathId;
use crate::state::value::{Cell, Kind};
use crate::state::{Equality, State};

/// The registry of aggregations.
#[derive(Default)]
pub struct Aggregations {
    pairs: Pairs,
}

impl Aggregations {
    /// Adds a source to a target.
    pub fn add(
        &mut self,
        state: &mut State,
        target: PathId,
        source: PathId,
        exclude_when: Option<&BoolLogic>,
    ) -> Result<u32, Refusal> {
        let refuse = |path| Err(state.refusal(path, |path| Error::AggregationCycle { path }));
        let is_nested = state.paths.is_related(target, source);
        if is_nested || self.pairs.iter().any(|pair| pair.source == target) {
            return refuse(target);
        }
        if self.pairs.is_target(source) {
            return refuse(source);
        }
        self.pairs.add(state, target, source, exclude_when)
    }

    /// Takes a pair out.
    pub fn remove(&mut self, state: &mut State, id: u32) {
        let _ = self.pairs.remove(state, id);
    }

    /// Whether the path is a target.
    pub fn is_target(&self, path: PathId) -> bool {
        self.pairs.is_target(path)
    }

    /// Where a write to this path goes instead; none when it lies at or below no target.
    pub(crate) fn distribution(
        &self,
        state: &mut State,
        path: PathId,
    ) -> Result<Option<Vec<PathId>>, Refusal> {
        let mut targets: Vec<PathId> = Vec::new();
        self.pairs
            .targets()
            .visit_upwards(&state.paths, path, &mut |target, _| {
                if !targets.contains(&target) {
                    targets.push(target);
                }
            });
        if targets.is_empty() {
            return Ok(None);
        }
        let mut places = Vec::new();
        for target in &targets {
            for source in &crate::tables::lists::listed(self.pairs.active_sources(state, *target)) {
                let State { strings, paths, .. } = &mut *state;
                places.push(paths.moved(strings, path, *target, *source)?);
            }
        }
        Ok(Some(places))
    }

    /// Distributes what other rules wrote to targets in a stretch of the log.
    pub(crate) fn distribute(
        &self,
        batch: &mut Batch<'_>,
        window: Range<usize>,
    ) -> Result<(), Refusal> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        let mut fragment = Fragment::default();
        for index in window {
            let change = batch.log[index];
            if matches!(change.cause.stage, Stage::Aggregation | Stage::Distribution) {
                continue;
            }
            let Some(places) = self.distribution(batch.state, change.path)? else {
                continue;
            };
            batch.load(&change, &mut fragment)?;
            let cause = change.leads_to(Stage::Distribution, 0, Lineage::AGGREGATION);
            for place in &places {
                batch.write(*place, &fragment.parts, cause)?;
            }
        }
        Ok(())
    }

    /// Reads the targets that a stretch of the log concerns.
    pub(crate) fn run(&self, batch: &mut Batch<'_>, window: Range<usize>) -> Result<(), Refusal> {
        for concerned in &self.pairs.concerned(batch, window, false) {
            self.read_one(batch, concerned)?;
        }
        Ok(())
    }

    /// Reads the targets of these pairs, whatever changed.
    pub(crate) fn read(&self, batch: &mut Batch<'_>, ids: &[u32]) -> Result<(), Refusal> {
        for concerned in &self.pairs.targets_of(ids) {
            self.read_one(batch, concerned)?;
        }
        Ok(())
    }

    fn read_one(&self, batch: &mut Batch<'_>, concerned: &Concerned) -> Result<(), Refusal> {
        let mut value = self.common(batch.state, concerned.target);
        if value.parts.is_empty() {
            value.set(Cell::UNDEFINED);
        }
        let cause = Cause {
            stage: Stage::Aggregation,
            rule: concerned.target.0,
            lineage: concerned.lineage.and(Lineage::AGGREGATION),
            sender: concerned.sender,
            input: None,
        };
        batch.write(concerned.target, &value.parts, cause)?;
        Ok(())
    }

    /// The value on which the sources that count agree: a fragment without parts when there is none.
    fn common(&self, state: &State, target: PathId) -> Fragment {
        let mut common = Fragment::default();
        for source in self.pairs.active_sources(state, target) {
            match state.cell(source).kind {
                Kind::Absent => return Fragment::default(),
                Kind::Undefined => {}
                _ if common.parts.is_empty() => state.capture(source, &mut common),
                _ if state.is_equal(source, &common.parts, Equality::SameBits) => {}
                _ => return Fragment::default(),
            }
        }
        common
    }
}
