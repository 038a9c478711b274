//! Targets that are the sum or the average of numbers.
//!
//! Only numbers count. The sum of nothing is 0, the average of nothing is undefined. Nobody else may write a target: the
//! batch that tries is refused.

use alloc::vec::Vec;
use core::ops::Range;

use crate::affected::pairs::{Concerned, Pairs};
use crate::batch::{Batch, Cause, Lineage, Stage};
use crate::error::{Error, Refusal};
use crate::logic::BoolLogic;
use crate::state::State;
use crate::state::fragment::Part;
use crate::state::paths::PathId;
use crate::state::value::{Cell, Kind};
use crate::tables::id_map::IdMap;
use crate::watch::Watch;

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The sum.
    Sum,
    /// The average.
    Average,
}

/// The registry of computations.
#[derive(Default)]
pub struct Computations {
    pairs: Pairs,
    operations: IdMap<Operation>,
}

impl Computations {
    /// Adds a source to a target.
    pub fn add(
        &mut self,
        state: &mut State,
        operation: Operation,
        target: PathId,
        source: PathId,
        exclude_when: Option<&BoolLogic>,
    ) -> Result<u32, Refusal> {
        if self
            .operations
            .get(target.0)
            .is_some_and(|other| *other != operation)
        {
            return Err(state.refusal(target, |path| Error::TargetTaken { path }));
        }
        if self.depends_on(state, source, target) {
            return Err(state.refusal(target, |path| Error::ComputationCycle { path }));
        }
        let id = self.pairs.add(state, target, source, exclude_when)?;
        self.operations.insert(target.0, operation);
        Ok(id)
    }

    /// Takes a pair out.
    pub fn remove(&mut self, state: &mut State, id: u32) {
        let target = self.pairs.remove(state, id);
        if let Some(target) = target.filter(|target| !self.pairs.is_target(*target)) {
            self.operations.remove(target.0);
        }
    }

    /// Whether the path is a target.
    pub fn is_target(&self, path: PathId) -> bool {
        self.pairs.is_target(path)
    }

    pub(crate) fn targets(&self) -> &Watch {
        self.pairs.targets()
    }

    /// Computes the targets that a stretch of the log concerns.
    pub(crate) fn run(&self, batch: &mut Batch<'_>, window: Range<usize>) -> Result<(), Refusal> {
        for concerned in &self.pairs.concerned(batch, window, true) {
            self.compute_one(batch, concerned)?;
        }
        Ok(())
    }

    /// Computes the targets of these pairs, whatever changed.
    pub(crate) fn compute(&self, batch: &mut Batch<'_>, ids: &[u32]) -> Result<(), Refusal> {
        for concerned in &self.pairs.targets_of(ids) {
            self.compute_one(batch, concerned)?;
        }
        Ok(())
    }

    fn compute_one(&self, batch: &mut Batch<'_>, concerned: &Concerned) -> Result<(), Refusal> {
        let Some(operation) = self.operations.get(concerned.target.0) else {
            return Ok(());
        };
        let (mut sum, mut count) = (0.0, 0u32);
        for source in self.pairs.active_sources(batch.state, concerned.target) {
            let cell = batch.state.cell(source);
            if cell.kind == Kind::Number {
                sum += f64::from_bits(cell.bits);
                count += 1;
            }
        }
        let cell = match operation {
            Operation::Sum => Cell::number(sum),
            Operation::Average if count == 0 => Cell::UNDEFINED,
            Operation::Average => Cell::number(sum / f64::from(count)),
        };
        let cause = Cause {
            stage: Stage::Computation,
            rule: concerned.target.0,
            lineage: concerned.lineage.and(Lineage::COMPUTATION),
            sender: concerned.sender,
            input: None,
        };
        batch.write(concerned.target, &[Part::of(cell)], cause)?;
        Ok(())
    }

    /// Whether the value at `path` follows from the value at `origin` by the computations there are.
    fn depends_on(&self, state: &State, path: PathId, origin: PathId) -> bool {
        let is_near = |left, right| state.paths.is_related(left, right);
        let mut open = Vec::from([path]);
        let mut seen: Vec<PathId> = Vec::new();
        while let Some(path) = open.pop() {
            if is_near(path, origin) {
                return true;
            }
            for pair in self.pairs.iter().filter(|pair| is_near(pair.target, path)) {
                if !seen.contains(&pair.source) {
                    seen.push(pair.source);
                    open.push(pair.source);
                }
            }
        }
        false
    }
}
