//! Whom a batch has to call, in which order, and with which changes.
//!
//! A listener is woken by a change at, above or below one of its paths, once a batch. The deepest come first: by the
//! depth of their deepest path, then of their scope, then in the order of registration. Calling is the caller's work;
//! what a listener answers is a batch of its own.

use alloc::vec::Vec;

use crate::affected::registry::Registry;
use crate::state::State;
use crate::state::order::{self, Ranked};
use crate::state::paths::{PathId, Paths, SEGMENTS_MAX};
use crate::state::value::PART;

/// In [`ListenerPlan::strips`]: the change lies above the scope, its relative path is `''`.
pub const ABOVE_SCOPE: u32 = u32::MAX;

struct Listener {
    scope: PathId,
    /// Its place in the order of calling, with room for its id in the lower half.
    rank: u64,
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
    /// Ranks and ids of listeners with the indexes of their changes.
    found: Vec<Ranked>,
}

impl Listeners {
    /// Adds a listener.
    pub fn add(&mut self, state: &mut State, mut paths: Vec<PathId>, scope: PathId) -> u32 {
        order::sort_paths(&mut paths);
        let depths = paths.iter().map(|path| state.paths.depth(*path));
        let (depth, scope_depth) = (depths.max().unwrap_or(0), state.paths.depth(scope));
        let rank = (rank_of(depth) << 8 | rank_of(scope_depth)) << 32;
        state.paths.retain(scope);
        self.entries
            .add(&mut state.paths, Listener { scope, rank }, paths)
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

    /// Plans the calls of those who are not asleep, for the changes of a report: its paths and kinds.
    pub(crate) fn plan(
        &mut self,
        paths: &Paths,
        changed: &[u32],
        kinds: &[u8],
        asleep: &[u32],
        plan: &mut ListenerPlan,
    ) {
        if self.entries.is_empty() {
            return;
        }
        self.find(paths, changed, kinds, asleep);
        let mut previous = None;
        for one in &self.found {
            // A listener to several paths may have found a change more than once.
            if previous.replace(one) == Some(one) {
                continue;
            }
            let (rank, index) = one;
            let id = *rank as u32;
            let Some(listener) = self.entries.get(id) else {
                continue;
            };
            if plan.listeners.last() != Some(&id) {
                plan.listeners.push(id);
                plan.starts.push(plan.changes.len() as u32);
            }
            let path = PathId(changed[*index as usize]);
            plan.changes.push(*index);
            plan.strips.push(strip(paths, path, listener.scope));
        }
        plan.starts.push(plan.changes.len() as u32);
    }

    /// Finds who is concerned by which change, in the order of calling.
    fn find(&mut self, paths: &Paths, changed: &[u32], kinds: &[u8], asleep: &[u32]) {
        let Self { entries, found } = self;
        found.clear();
        for (index, path) in changed.iter().enumerate() {
            if kinds[index] & PART != 0 {
                continue;
            }
            let watch = entries.watch();
            watch.visit_related(paths, PathId(*path), &mut |_, id| {
                if let Some(listener) = entries.get(id).filter(|_| !order::has(asleep, id)) {
                    found.push((listener.rank | u64::from(id), index as u32));
                }
            });
        }
        order::sort(found);
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
