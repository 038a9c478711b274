//! Whom a batch has to call, in which order, and with which changes.
//!
//! A listener is woken by a change at, above or below one of its paths, once a batch. The deepest come first: by the
//! depth of their deepest path, then of their scope, then in the order of registration. Calling is the caller's work;
//! what a listener answers is a batch of its own.

use alloc::vec::Vec;

use crate::order::{self, Ranked};
use crate::paths::{PathId, Paths, SEGMENTS_MAX};
use crate::registry::Registry;
use crate::state::State;

/// In [`ListenerPlan::strips`]: the change lies above the scope, its relative path is `''`.
pub const ABOVE_SCOPE: u32 = u32::MAX;

struct Listener {
    scope: PathId,
    depth: usize,
}

/// Who is called with what. The changes of listener `n` are `changes[starts[n]..starts[n + 1]]`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ListenerPlan {
    /// The listeners in the order of calling.
    pub listeners: Vec<u32>,
    /// Where the changes of each begin; one more than listeners.
    pub starts: Vec<u32>,
    /// Indexes into the changes of the report.
    pub changes: Vec<u32>,
    /// How many leading segments to take off each change's path to make it relative to the listener's scope: the depth
    /// of the scope, 0 when the change lies elsewhere, or [`ABOVE_SCOPE`].
    pub strips: Vec<u32>,
}

impl ListenerPlan {
    pub(crate) fn clear(&mut self) {
        self.listeners.clear();
        self.starts.clear();
        self.changes.clear();
        self.strips.clear();
    }
}

/// The registry of listeners.
#[derive(Default)]
pub struct Listeners {
    entries: Registry<Listener>,
    /// The ids of listeners with the indexes of their changes.
    found: Vec<Ranked>,
    /// The order of calling, each with the place in `found` at which its changes begin.
    calls: Vec<Ranked>,
}

impl Listeners {
    /// Adds a listener.
    pub fn add(&mut self, state: &mut State, mut paths: Vec<PathId>, scope: PathId) -> u32 {
        order::sort_paths(&mut paths);
        let depth = paths
            .iter()
            .map(|path| state.paths.depth(*path))
            .max()
            .unwrap_or(0);
        state.paths.retain(scope);
        self.entries
            .add(&mut state.paths, Listener { scope, depth }, paths)
    }

    /// Takes a listener out.
    pub fn remove(&mut self, state: &mut State, id: u32) {
        if let Some(listener) = self.entries.remove(&mut state.paths, id) {
            state.paths.release(listener.scope);
        }
    }

    /// Whether nobody listens.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Plans the calls of those who are not asleep, for changes given as (index, path).
    pub(crate) fn plan(
        &mut self,
        paths: &Paths,
        changes: impl Iterator<Item = (u32, PathId)>,
        asleep: &[u32],
        plan: &mut ListenerPlan,
        path_of: impl Fn(u32) -> PathId,
    ) {
        if self.entries.is_empty() {
            return;
        }
        self.found.clear();
        for (index, path) in changes {
            let found = &mut self.found;
            let watch = self.entries.watch();
            watch.visit_related(paths, path, &mut |_, id| {
                if !order::has(asleep, id) {
                    found.push((u64::from(id), index));
                }
            });
        }
        order::sort(&mut self.found);
        self.found.dedup();
        self.calls.clear();
        let mut start = 0;
        for group in self.found.chunk_by(|left, right| left.0 == right.0) {
            let (id, _) = group[0];
            if let Some(listener) = self.entries.get(id as u32) {
                let scope_depth = paths.depth(listener.scope);
                let rank = (rank_of(listener.depth) << 8 | rank_of(scope_depth)) << 32;
                self.calls.push((rank | id, start));
            }
            start += group.len() as u32;
        }
        order::sort(&mut self.calls);
        for (rank, start) in &self.calls {
            let id = *rank as u32;
            let Some(listener) = self.entries.get(id) else {
                continue;
            };
            plan.listeners.push(id);
            plan.starts.push(plan.changes.len() as u32);
            let found = self.found[*start as usize..].iter();
            for (_, index) in found.take_while(|(other, _)| *other == u64::from(id)) {
                plan.changes.push(*index);
                plan.strips
                    .push(strip(paths, path_of(*index), listener.scope));
            }
        }
        plan.starts.push(plan.changes.len() as u32);
    }
}

/// The deeper the smaller; a depth fits eight bits.
fn rank_of(depth: usize) -> u64 {
    (SEGMENTS_MAX - depth) as u64
}

fn strip(paths: &Paths, path: PathId, scope: PathId) -> u32 {
    if paths.is_at_or_below(path, scope) {
        paths.depth(scope) as u32
    } else if paths.is_at_or_below(scope, path) {
        ABOVE_SCOPE
    } else {
        0
    }
}
