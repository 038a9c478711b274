//! Undirected edges between paths, counted, and the connected components they form.
//!
//! Asking for a path's component is one lookup. Adding an edge merges the smaller component into the larger; removing
//! the last copy of an edge searches the component and splits it when it fell apart. A path without edges is no member.

use alloc::vec::Vec;

use crate::state::order;
use crate::state::paths::{PathId, Paths};
use crate::tables::id_map::IdMap;
use crate::watch::Watch;

struct Edge {
    peer: PathId,
    count: u32,
}

struct Member {
    component: u32,
    /// Members of a component are asked in the order they joined the graph.
    order: u32,
    edges: Vec<Edge>,
}

/// The graph of a rule that connects paths.
#[derive(Default)]
pub struct Graph {
    members: IdMap<Member>,
    components: IdMap<Vec<PathId>>,
    component_next: u32,
    order_next: u32,
    watch: Watch,
}

impl Graph {
    /// Adds an edge, or one more copy of it.
    pub fn add(&mut self, paths: &mut Paths, left: PathId, right: PathId) {
        self.join(paths, left);
        self.join(paths, right);
        self.count_edge(left, right);
        if left != right {
            self.count_edge(right, left);
        }
        self.merge(left, right);
    }

    /// Whether an edge would put a path and something below it into one component, where no values could agree.
    pub fn would_nest(&self, paths: &Paths, left: PathId, right: PathId) -> bool {
        if left != right && paths.is_related(left, right) {
            return true;
        }
        let (left_alone, right_alone) = ([left], [right]);
        let all = |component: Option<u32>| component.map(|component| self.members(component));
        let left_members = all(self.component(left)).unwrap_or(&left_alone);
        let right_members = all(self.component(right)).unwrap_or(&right_alone);
        let is_left_smaller = left_members.len() < right_members.len();
        let (few, other) = if is_left_smaller {
            (left_members, right)
        } else {
            (right_members, left)
        };
        let Some(component) = self.component(other) else {
            return false;
        };
        let mut is_found = false;
        for path in few {
            self.watch.visit_related(paths, *path, &mut |member, _| {
                is_found |= member != *path && self.component(member) == Some(component);
            });
        }
        is_found
    }

    /// Removes one copy of an edge; false when there is none.
    pub fn remove(&mut self, paths: &mut Paths, left: PathId, right: PathId) -> bool {
        let Some(copies_left) = self.uncount_edge(left, right) else {
            return false;
        };
        if left != right {
            self.uncount_edge(right, left);
        }
        if copies_left > 0 {
            return true;
        }
        self.split(left, right);
        self.leave_if_alone(paths, left);
        self.leave_if_alone(paths, right);
        true
    }

    /// The component of a path.
    pub fn component(&self, path: PathId) -> Option<u32> {
        self.members.get(path.0).map(|member| member.component)
    }

    /// The paths of a component in the order they joined.
    pub fn members(&self, component: u32) -> &[PathId] {
        self.components.get(component).map_or(&[], Vec::as_slice)
    }

    /// All components, each in joining order, in the order of their first members.
    pub fn components(&self) -> Vec<&[PathId]> {
        let mut components: Vec<&[PathId]> =
            crate::tables::lists::listed(self.components.values().map(Vec::as_slice));
        let order =
            |members: &&[PathId]| members.first().map_or(u32::MAX, |path| self.order(*path));
        components.sort_by_key(order);
        components
    }

    /// Whether there is no edge.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The place of a member in the order of joining.
    pub(crate) fn order(&self, path: PathId) -> u32 {
        self.members
            .get(path.0)
            .map_or(u32::MAX, |member| member.order)
    }

    /// A member's component, and in the lower half its place in the order of joining.
    pub(crate) fn rank(&self, path: PathId) -> u64 {
        let rank = |member: &Member| u64::from(member.component) << 32 | u64::from(member.order);
        self.members.get(path.0).map_or(u64::MAX, rank)
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    fn join(&mut self, paths: &mut Paths, path: PathId) {
        if self.members.contains(path.0) {
            return;
        }
        let component = self.component_next;
        self.component_next += 1;
        let member = Member {
            component,
            order: self.order_next,
            edges: Vec::new(),
        };
        self.order_next += 1;
        self.members.insert(path.0, member);
        self.components.insert(component, Vec::from([path]));
        self.watch.add(paths, path, 0);
    }

    fn leave_if_alone(&mut self, paths: &mut Paths, path: PathId) {
        if self
            .members
            .get(path.0)
            .is_none_or(|member| !member.edges.is_empty())
        {
            return;
        }
        if let Some(member) = self.members.remove(path.0) {
            self.components.remove(member.component);
            self.watch.remove(paths, path, 0);
        }
    }

    fn count_edge(&mut self, from: PathId, to: PathId) {
        let Some(member) = self.members.get_mut(from.0) else {
            return;
        };
        match member.edges.iter_mut().find(|edge| edge.peer == to) {
            Some(edge) => edge.count += 1,
            None => member.edges.push(Edge { peer: to, count: 1 }),
        }
    }

    /// How many copies are left; none when there was no edge.
    fn uncount_edge(&mut self, from: PathId, to: PathId) -> Option<u32> {
        let member = self.members.get_mut(from.0)?;
        let index = member.edges.iter().position(|edge| edge.peer == to)?;
        let edge = &mut member.edges[index];
        edge.count -= 1;
        let count = edge.count;
        if count == 0 {
            member.edges.remove(index);
        }
        Some(count)
    }

    fn merge(&mut self, left: PathId, right: PathId) {
        let (Some(left), Some(right)) = (self.component(left), self.component(right)) else {
            return;
        };
        if left == right {
            return;
        }
        let is_left_larger = self.members(left).len() >= self.members(right).len();
        let (kept, merged) = if is_left_larger {
            (left, right)
        } else {
            (right, left)
        };
        let moved = self.components.remove(merged).unwrap_or_default();
        self.assign(&moved, kept);
        let mut all = self.components.remove(kept).unwrap_or_default();
        all.extend(moved);
        self.insert_ordered(kept, all);
    }

    fn split(&mut self, left: PathId, right: PathId) {
        let Some(component) = self.component(left) else {
            return;
        };
        let reached = self.reach(left);
        if reached.contains(right.0) {
            return;
        }
        let all = self.components.remove(component).unwrap_or_default();
        let is_left_behind = |path: &PathId| !reached.contains(path.0);
        let rest = crate::tables::lists::listed(all.iter().copied().filter(is_left_behind));
        let fresh = self.component_next;
        self.component_next += 1;
        self.assign(&rest, fresh);
        self.insert_ordered(fresh, rest);
        self.insert_ordered(
            component,
            crate::tables::lists::listed(reached.ids().map(PathId)),
        );
    }

    fn reach(&self, start: PathId) -> IdMap<()> {
        let mut reached = IdMap::default();
        reached.insert(start.0, ());
        let mut open = Vec::from([start]);
        while let Some(path) = open.pop() {
            let Some(member) = self.members.get(path.0) else {
                continue;
            };
            for peer in member.edges.iter().map(|edge| edge.peer) {
                if !reached.contains(peer.0) {
                    reached.insert(peer.0, ());
                    open.push(peer);
                }
            }
        }
        reached
    }

    fn assign(&mut self, paths: &[PathId], component: u32) {
        for path in paths {
            if let Some(member) = self.members.get_mut(path.0) {
                member.component = component;
            }
        }
    }

    fn insert_ordered(&mut self, component: u32, paths: Vec<PathId>) {
        let paths = order::by_rank(paths, &|path| u64::from(self.order(*path)));
        self.components.insert(component, paths);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::strings::Strings;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::prelude::v1::*;

    /// Components by flood fill over a plain list of edges.
    fn flood(edges: &BTreeMap<(u8, u8), u32>) -> BTreeSet<BTreeSet<u8>> {
        let mut components: BTreeSet<BTreeSet<u8>> = BTreeSet::new();
        for start in edges.keys().flat_map(|(left, right)| [*left, *right]) {
            let mut reached = BTreeSet::from([start]);
            loop {
                let before = reached.len();
                for (left, right) in edges.keys() {
                    if reached.contains(left) || reached.contains(right) {
                        reached.extend([*left, *right]);
                    }
                }
                if reached.len() == before {
                    break;
                }
            }
            components.insert(reached);
        }
        components
    }

    #[test]
    fn a_self_loop_added_twice_survives_one_removal() {
        let (mut strings, mut paths, mut graph) =
            (Strings::default(), Paths::default(), Graph::default());
        let path = paths.intern(&mut strings, b"a").unwrap();
        graph.add(&mut paths, path, path);
        graph.add(&mut paths, path, path);
        assert!(graph.remove(&mut paths, path, path));
        assert_eq!(graph.components(), [[path]]);
        assert!(graph.remove(&mut paths, path, path));
        assert!(graph.is_empty());
        assert!(!graph.remove(&mut paths, path, path));
    }

    #[test]
    fn a_path_and_one_below_it_would_nest_also_through_others() {
        let (mut strings, mut paths, mut graph) =
            (Strings::default(), Paths::default(), Graph::default());
        let mut path = |text: &[u8]| paths.intern(&mut strings, text).unwrap();
        let (a, b, c, below_a) = (path(b"a"), path(b"b"), path(b"c"), path(b"a.x.y"));
        assert!(graph.would_nest(&paths, a, below_a));
        assert!(!graph.would_nest(&paths, a, b));
        assert!(!graph.would_nest(&paths, a, a));
        graph.add(&mut paths, a, b);
        assert!(graph.would_nest(&paths, b, below_a));
        assert!(graph.would_nest(&paths, below_a, b));
        graph.add(&mut paths, c, below_a);
        assert!(graph.would_nest(&paths, c, b));
        assert!(!graph.would_nest(&paths, a, b));
    }

    proptest! {
        #[test]
        fn components_are_those_of_a_flood_fill(ops in proptest::collection::vec((any::<bool>(), 0u8..8, 0u8..8), 0..80)) {
            let (mut strings, mut paths, mut graph) =
                (Strings::default(), Paths::default(), Graph::default());
            let ids: Vec<PathId> = (0u8..8)
                .map(|n| {
                    let id = paths.intern(&mut strings, n.to_string().as_bytes()).unwrap();
                    paths.retain(id);
                    id
                })
                .collect();
            let name = |path: &PathId| ids.iter().position(|id| id == path).unwrap() as u8;
            let mut edges: BTreeMap<(u8, u8), u32> = BTreeMap::new();
            for (is_added, left, right) in ops {
                let key = (left.min(right), left.max(right));
                let (left, right) = (ids[left as usize], ids[right as usize]);
                if is_added {
                    graph.add(&mut paths, left, right);
                    *edges.entry(key).or_default() += 1;
                } else {
                    let is_known = edges.contains_key(&key);
                    prop_assert_eq!(graph.remove(&mut paths, left, right), is_known);
                    if let Some(count) = edges.get_mut(&key) {
                        *count -= 1;
                    }
                    edges.retain(|_, count| *count > 0);
                }
                let found: BTreeSet<BTreeSet<u8>> = graph
                    .components()
                    .into_iter()
                    .map(|members| members.iter().map(name).collect())
                    .collect();
                prop_assert_eq!(&found, &flood(&edges));
                for members in graph.components() {
                    let component = graph.component(members[0]).unwrap();
                    for member in members {
                        prop_assert_eq!(graph.component(*member), Some(component));
                    }
                }
            }
        }
    }
}
