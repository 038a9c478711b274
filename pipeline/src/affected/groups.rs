//! Which components of a graph the changes of a batch concern: the common part of sync and flip.
//!
//! At most one match for each change and component: the component's first member that the change concerns. Matches come
//! grouped by component, in the order in which the batch first touched them, and within one in the order of the batch.

use alloc::vec::Vec;
use core::ops::Range;

use crate::affected::matching::{Mode, Relation, find_in_group};
use crate::batch::{Batch, Stage};
use crate::error::Refusal;
use crate::state::fragment::Fragment;
use crate::state::order::{self, Ranked};
use crate::state::paths::PathId;
use crate::state::value::Kind;
use crate::tables::id_map::IdMap;
use crate::watch::graph::Graph;

/// A change that concerns a component.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub(crate) component: u32,
    pub(crate) member: PathId,
    pub(crate) relation: Relation,
    /// Its place in the log.
    pub(crate) change: usize,
}

impl Match {
    /// The path whose counterparts are concerned: the member, or the written path below it.
    pub(crate) fn place(&self, written: PathId) -> PathId {
        if self.relation == Relation::Above {
            self.member
        } else {
            written
        }
    }
}

/// All matches of a stretch of the log. A change that one of these stages made for a component is none for it.
pub(crate) fn find(
    graph: &Graph,
    batch: &Batch<'_>,
    window: Range<usize>,
    own: &[Stage],
) -> Result<Vec<Match>, Refusal> {
    let mut matches: Vec<Match> = Vec::new();
    if graph.is_empty() {
        return Ok(matches);
    }
    let mut fragment = Fragment::default();
    let mut near: Vec<Ranked> = Vec::new();
    for index in window {
        let change = batch.log[index];
        near.clear();
        let (paths, watch) = (&batch.state.paths, graph.watch());
        let mut add = |member: PathId, _| near.push((graph.rank(member), member.0));
        watch.visit_upwards(paths, change.path, &mut add);
        fragment.set(change.cell);
        if change.cell.kind == Kind::Object && watch.has_below(change.path) {
            watch.visit_below(paths, change.path, &mut add);
            batch.load(&change, &mut fragment)?;
        }
        order::sort(&mut near);
        for group in near.chunk_by(|left, right| component_of(left) == component_of(right)) {
            let component = component_of(&group[0]);
            if change.cause.rule == component && own.contains(&change.cause.stage) {
                continue;
            }
            let members = group.iter().map(|(_, member)| PathId(*member));
            let found = find_in_group(paths, change.path, &fragment, members, Mode::All);
            if let Some((member, relation)) = found {
                matches.push(Match {
                    component,
                    member,
                    relation,
                    change: index,
                });
            }
        }
    }
    Ok(by_first_touch(graph, matches))
}

/// The component of a member's rank.
fn component_of((rank, _): &Ranked) -> u32 {
    (rank >> 32) as u32
}

fn by_first_touch(graph: &Graph, matches: Vec<Match>) -> Vec<Match> {
    if matches.len() < 2 {
        return matches;
    }
    let mut first: IdMap<usize> = IdMap::default();
    for found in &matches {
        first.get_or_insert_with(found.component, || found.change);
    }
    let rank = |found: &Match| {
        let oldest = graph.members(found.component).first();
        let oldest = oldest.map_or(u32::MAX, |member| graph.order(*member));
        let first = first.get(found.component).copied().unwrap_or_default();
        (first as u64) << 32 | u64::from(oldest)
    };
    order::by_rank(matches, &rank)
}
