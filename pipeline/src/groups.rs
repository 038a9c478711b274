//! Which components of a graph the changes of a batch concern: the common part of sync and flip.
//!
//! At most one match for each change and component: the component's first member that the change concerns. Matches come
//! grouped by component, in the order in which the batch first touched them, and within one in the order of the batch.

use alloc::vec::Vec;
use core::ops::Range;

use crate::batch::{Batch, Change};
use crate::error::Refusal;
use crate::fragment::Fragment;
use crate::graph::Graph;
use crate::id_map::IdMap;
use crate::matching::{self, Mode, Relation};
use crate::order;
use crate::paths::PathId;
use crate::value::Kind;

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

/// All matches of a stretch of the log. `is_skipped` sorts out changes that a component made itself.
pub(crate) fn find(
    graph: &Graph,
    batch: &Batch<'_>,
    window: Range<usize>,
    is_skipped: impl Fn(&Change, u32) -> bool,
) -> Result<Vec<Match>, Refusal> {
    let mut matches: Vec<Match> = Vec::new();
    if graph.is_empty() {
        return Ok(matches);
    }
    let mut fragment = Fragment::default();
    let mut near: Vec<PathId> = Vec::new();
    for index in window {
        let change = batch.log[index];
        near.clear();
        let (paths, watch) = (&batch.state.paths, graph.watch());
        watch.visit_upwards(paths, change.path, &mut |member, _| near.push(member));
        let is_object = change.cell.kind == Kind::Object;
        let count_above = near.len();
        if is_object {
            watch.visit_below(paths, change.path, &mut |member, _| near.push(member));
        }
        if near.is_empty() {
            continue;
        }
        if near.len() > count_above {
            batch.load(&change, &mut fragment)?;
        } else {
            fragment.set(change.cell);
        }
        order::sort_by_key(&mut near, |member| {
            let component = graph.component(*member).unwrap_or(u32::MAX);
            u64::from(component) << 32 | u64::from(graph.order(*member))
        });
        for group in near.chunk_by(|left, right| graph.component(*left) == graph.component(*right))
        {
            let Some(component) = graph.component(group[0]) else {
                continue;
            };
            let found = matching::find_in_group(paths, change.path, &fragment, group, Mode::All);
            if let Some((member, relation, _)) = found
                && !is_skipped(&change, component)
            {
                matches.push(Match {
                    component,
                    member,
                    relation,
                    change: index,
                });
            }
        }
    }
    order_by_first_touch(graph, &mut matches);
    Ok(matches)
}

fn order_by_first_touch(graph: &Graph, matches: &mut [Match]) {
    if matches.len() < 2 {
        return;
    }
    let mut first: IdMap<usize> = IdMap::default();
    for found in matches.iter() {
        first.get_or_insert_with(found.component, || found.change);
    }
    order::sort_by_key(matches, |found| {
        let oldest = graph
            .members(found.component)
            .first()
            .map(|member| graph.order(*member));
        let first = first.get(found.component).copied().unwrap_or_default();
        (first as u64) << 32 | u64::from(oldest.unwrap_or_default())
    });
}
