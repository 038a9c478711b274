//! Paths that always hold the same value: groups in which every member follows every other, and one-way pairs.
//!
//! A change on one member is written to all the others, with the rest of the path kept when it lies below the member.
//! When a batch writes several members the last write wins for all. A group that disagrees when it is registered takes
//! the most frequent value that is neither null nor undefined; a tie goes to the shallowest member, then to the one
//! with the smallest path.

use alloc::vec::Vec;
use core::ops::Range;

use crate::affected::groups::{self, Match};
use crate::affected::matching::{self, Relation};
use crate::batch::{Batch, Cause, Change, Lineage, Stage};
use crate::error::Refusal;
use crate::state::fragment::{Fragment, Part};
use crate::state::paths::{PathId, Paths};
use crate::state::{Equality, State};
use crate::tables::id_map::IdMap;
use crate::watch::Watch;
use crate::watch::graph::Graph;

/// The registry of sync groups and one-way pairs.
#[derive(Default)]
pub struct Sync {
    graph: Graph,
    one_way: Watch,
    /// The targets of each one-way source, in the order of registration.
    targets: IdMap<Vec<PathId>>,
}

impl Sync {
    /// Connects two paths.
    pub fn add(&mut self, paths: &mut Paths, left: PathId, right: PathId) {
        self.graph.add(paths, left, right);
    }

    /// Takes one connection back.
    pub fn remove(&mut self, paths: &mut Paths, left: PathId, right: PathId) -> bool {
        self.graph.remove(paths, left, right)
    }

    /// Lets one path follow another.
    pub fn add_one_way(&mut self, paths: &mut Paths, from: PathId, to: PathId) {
        self.one_way.add(paths, from, 0);
        paths.retain(to);
        self.targets.get_or_insert_with(from.0, Vec::new).push(to);
    }

    /// Takes one such pair back.
    pub fn remove_one_way(&mut self, paths: &mut Paths, from: PathId, to: PathId) -> bool {
        let Some(targets) = self.targets.get_mut(from.0) else {
            return false;
        };
        let Some(index) = targets.iter().position(|target| *target == to) else {
            return false;
        };
        targets.remove(index);
        if targets.is_empty() {
            self.targets.remove(from.0);
        }
        self.one_way.remove(paths, from, 0);
        paths.release(to);
        true
    }

    /// The groups as they are.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Carries the changes of a stretch of the log to the other members.
    pub(crate) fn run(&self, batch: &mut Batch<'_>, window: Range<usize>) -> Result<(), Refusal> {
        self.run_groups(batch, window.clone())?;
        self.run_one_way(batch, window)
    }

    /// Lets the groups of these pairs agree.
    pub(crate) fn agree(
        &self,
        batch: &mut Batch<'_>,
        pairs: &[(PathId, PathId)],
    ) -> Result<(), Refusal> {
        let mut components: Vec<u32> = Vec::new();
        let component = |pair: &(PathId, PathId)| self.graph.component(pair.0);
        for component in pairs.iter().filter_map(component) {
            if !components.contains(&component) {
                components.push(component);
            }
        }
        for component in components {
            self.agree_on_one(batch, component)?;
        }
        Ok(())
    }

    /// Lets the target of a one-way pair take the value of its source, unless that is null or undefined.
    pub(crate) fn agree_one_way(
        &self,
        batch: &mut Batch<'_>,
        from: PathId,
        to: PathId,
    ) -> Result<(), Refusal> {
        if batch.state.cell(from).kind.is_nil() {
            return Ok(());
        }
        let mut fragment = Fragment::default();
        batch.state.capture(from, &mut fragment);
        batch.write(to, &fragment.parts, AGREEMENT)?;
        Ok(())
    }

    fn agree_on_one(&self, batch: &mut Batch<'_>, component: u32) -> Result<(), Refusal> {
        let members = self.graph.members(component);
        let Some(winner) = most_frequent(batch.state, members) else {
            return Ok(());
        };
        let mut fragment = Fragment::default();
        batch.state.capture(winner, &mut fragment);
        for member in members {
            batch.write(
                *member,
                &fragment.parts,
                Cause {
                    rule: component,
                    ..AGREEMENT
                },
            )?;
        }
        Ok(())
    }

    fn run_groups(&self, batch: &mut Batch<'_>, window: Range<usize>) -> Result<(), Refusal> {
        let own = [Stage::Sync, Stage::Agreement];
        let matches = groups::find(&self.graph, batch, window, &own)?;
        let mut fragment = Fragment::default();
        let mut loaded = None;
        for group in matches.chunk_by(|left, right| left.component == right.component) {
            let is_contested = group.iter().any(|found| found.member != group[0].member);
            for (position, found) in group.iter().enumerate() {
                let change = batch.log[found.change];
                if is_contested && is_superseded(batch, change, found, &group[position + 1..])? {
                    continue;
                }
                if loaded.replace(found.change) != Some(found.change) {
                    batch.load(&change, &mut fragment)?;
                }
                self.spread(batch, found, &change, &fragment, is_contested)?;
            }
        }
        Ok(())
    }

    /// Writes to the members; also to the written one when another member's change may have gone over it.
    fn spread(
        &self,
        batch: &mut Batch<'_>,
        found: &Match,
        change: &Change,
        value: &Fragment,
        is_contested: bool,
    ) -> Result<(), Refusal> {
        let extracted = matching::extract(&batch.state.paths, change.path, value, found.member);
        let Some((_, parts)) = extracted else {
            return Ok(());
        };
        let cause = derived(change, found.component);
        for member in self.graph.members(found.component) {
            if *member != found.member || is_contested {
                carry(
                    batch,
                    found.place(change.path),
                    found.member,
                    *member,
                    parts,
                    cause,
                )?;
            }
        }
        Ok(())
    }

    fn run_one_way(&self, batch: &mut Batch<'_>, window: Range<usize>) -> Result<(), Refusal> {
        if self.one_way.is_empty() {
            return Ok(());
        }
        let mut fragment = Fragment::default();
        for index in window {
            let change = batch.log[index];
            let mut sources: Vec<PathId> = Vec::new();
            self.one_way
                .visit_related(&batch.state.paths, change.path, &mut |source, _| {
                    if !sources.contains(&source) {
                        sources.push(source);
                    }
                });
            if sources.is_empty() {
                continue;
            }
            batch.load(&change, &mut fragment)?;
            for source in sources {
                let extracted =
                    matching::extract(&batch.state.paths, change.path, &fragment, source);
                let Some((relation, parts)) = extracted else {
                    continue;
                };
                let place = if relation == Relation::Above {
                    source
                } else {
                    change.path
                };
                let targets = self.targets.get(source.0);
                for target in targets.map_or(&[][..], Vec::as_slice) {
                    carry(
                        batch,
                        place,
                        source,
                        *target,
                        parts,
                        derived(&change, u32::MAX),
                    )?;
                }
            }
        }
        Ok(())
    }
}

const AGREEMENT: Cause = Cause {
    stage: Stage::Agreement,
    rule: u32::MAX,
    lineage: Lineage::SYNC,
    sender: 0,
    input: None,
};

fn derived(change: &Change, rule: u32) -> Cause {
    Cause {
        input: None,
        ..change.leads_to(Stage::Sync, rule, Lineage::SYNC)
    }
}

/// Writes at the path that lies below `to` as `place` lies below `from`.
fn carry(
    batch: &mut Batch<'_>,
    place: PathId,
    from: PathId,
    to: PathId,
    parts: &[Part],
    cause: Cause,
) -> Result<(), Refusal> {
    let State { strings, paths, .. } = &mut *batch.state;
    let target = paths.moved(strings, place, from, to)?;
    batch.write(target, parts, cause)?;
    Ok(())
}

/// Whether a later change of the group goes over everything this one wrote.
fn is_superseded(
    batch: &Batch<'_>,
    change: Change,
    found: &Match,
    later: &[Match],
) -> Result<bool, Refusal> {
    let paths = &batch.state.paths;
    let mut own = Vec::new();
    paths.segments_between(found.member, found.place(change.path), &mut own);
    let mut other = Vec::new();
    Ok(later.iter().any(|next| {
        other.clear();
        let written = batch.log[next.change].path;
        paths.segments_between(next.member, next.place(written), &mut other);
        own.starts_with(&other)
    }))
}

/// Members with equal values.
struct Class {
    value: Fragment,
    count: usize,
    /// The one that speaks for them.
    first: PathId,
}

fn most_frequent(state: &State, members: &[PathId]) -> Option<PathId> {
    let mut classes: Vec<Class> = Vec::new();
    for member in members {
        if state.cell(*member).kind.is_nil() {
            continue;
        }
        let is_same =
            |class: &&mut Class| state.is_equal(*member, &class.value.parts, Equality::SameBits);
        if let Some(class) = classes.iter_mut().find(is_same) {
            class.count += 1;
            if comes_before(state, *member, class.first) {
                class.first = *member;
            }
            continue;
        }
        let mut value = Fragment::default();
        state.capture(*member, &mut value);
        classes.push(Class {
            value,
            count: 1,
            first: *member,
        });
    }
    let mut best: Option<&Class> = None;
    for class in &classes {
        let is_better = best.is_none_or(|best| {
            class.count > best.count
                || class.count == best.count && comes_before(state, class.first, best.first)
        });
        if is_better {
            best = Some(class);
        }
    }
    best.map(|class| class.first)
}

/// Whether a member speaks for a group before another: the shallower one, or the one with the smaller path.
fn comes_before(state: &State, left: PathId, right: PathId) -> bool {
    let depth = |path| state.paths.depth(path);
    let text = |path| state.paths.text(&state.strings, path);
    depth(left) < depth(right) || depth(left) == depth(right) && text(left) < text(right)
}
