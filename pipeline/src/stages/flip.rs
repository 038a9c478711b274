//! Booleans that are each other's inverse.
//!
//! A boolean written to a member gives its inverse to the others. Anything else is ignored. What the batch itself wrote
//! is left as written, so a batch that writes all members decides alone.

use alloc::vec::Vec;
use core::ops::Range;

use crate::affected::groups;
use crate::affected::matching;
use crate::batch::{Batch, Cause, Change, Lineage, Stage};
use crate::error::Refusal;
use crate::state::State;
use crate::state::fragment::{Fragment, Part, head};
use crate::state::paths::{PathId, Paths};
use crate::state::value::{Cell, Kind};
use crate::tables::id_map::IdMap;
use crate::watch::graph::Graph;

/// The registry of flip groups.
#[derive(Default)]
pub struct Flip {
    graph: Graph,
}

/// Paths of members that were written by something other than a flip since the batch began.
pub(crate) type Written = IdMap<()>;

impl Flip {
    /// Connects two paths.
    pub fn add(&mut self, paths: &mut Paths, left: PathId, right: PathId) {
        self.graph.add(paths, left, right);
    }

    /// Takes one connection back.
    pub fn remove(&mut self, paths: &mut Paths, left: PathId, right: PathId) -> bool {
        self.graph.remove(paths, left, right)
    }

    /// The groups as they are.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Inverts for the others what a stretch of the log wrote to one member.
    pub(crate) fn run(
        &self,
        batch: &mut Batch<'_>,
        window: Range<usize>,
        written: &mut Written,
    ) -> Result<(), Refusal> {
        let matches = groups::find(&self.graph, batch, window, &[Stage::Flip])?;
        for found in &matches {
            let change = batch.log[found.change];
            if change.cause.stage != Stage::Flip {
                self.note_written(batch, &change, written)?;
            }
        }
        let mut fragment = Fragment::default();
        for found in &matches {
            let change = batch.log[found.change];
            batch.load(&change, &mut fragment)?;
            let extracted =
                matching::extract(&batch.state.paths, change.path, &fragment, found.member);
            let Some((_, parts)) = extracted else {
                continue;
            };
            if head(parts).kind != Kind::Bool {
                continue;
            }
            let inverse = [Part::of(Cell::bool(head(parts).bits == 0))];
            let cause = change.leads_to(Stage::Flip, found.component, Lineage::FLIP);
            let cause = Cause {
                input: None,
                ..cause
            };
            for member in self.graph.members(found.component) {
                if *member == found.member {
                    continue;
                }
                let State { strings, paths, .. } = &mut *batch.state;
                let place = found.place(change.path);
                let target = paths.moved(strings, place, found.member, *member)?;
                if !written.contains(target.0) {
                    batch.write(target, &inverse, cause)?;
                }
            }
        }
        Ok(())
    }

    /// Every member that the change wrote, not only the first of each group.
    fn note_written(
        &self,
        batch: &Batch<'_>,
        change: &Change,
        written: &mut Written,
    ) -> Result<(), Refusal> {
        written.insert(change.path.0, ());
        if change.cell.kind != Kind::Object {
            return Ok(());
        }
        let mut fragment = Fragment::default();
        batch.load(change, &mut fragment)?;
        let paths = &batch.state.paths;
        let mut below: Vec<PathId> = Vec::new();
        self.graph
            .watch()
            .visit_below(paths, change.path, &mut |member, _| below.push(member));
        let is_there =
            |member: &PathId| matching::extract(paths, change.path, &fragment, *member).is_some();
        below
            .iter()
            .filter(|member| is_there(member))
            .for_each(|member| written.insert(member.0, ()));
        Ok(())
    }
}
