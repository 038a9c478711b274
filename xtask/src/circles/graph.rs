//! Which file uses which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet};

/// Files and the files they use.
#[derive(Debug, Default)]
pub(super) struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    /// Says that a file uses another one. That it uses itself says nothing.
    pub(super) fn add(&mut self, from: &str, to: &str) {
        if from != to {
            self.0
                .entry(from.to_owned())
                .or_default()
                .insert(to.to_owned());
        }
    }

    /// Every use, by the names of its files.
    pub(super) fn edges(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(from, uses)| uses.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// All that a file uses, and what that uses.
    fn reach(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(file) = waiting.pop() {
            for to in self.0.get(file).into_iter().flatten() {
                if reached.insert(to.as_str()) {
                    waiting.push(to);
                }
            }
        }
        reached
    }
}

/// The largest sets of files that all reach each other, each sorted.
pub(super) fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> = graph
        .0
        .keys()
        .map(|file| (file.as_str(), graph.reach(file)))
        .collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (file, reached) in &reach {
        // The first of a circle, by name, tells it.
        let members: Vec<String> = reached
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)))
            .map(|other| (*other).to_owned())
            .collect();
        if members.first().is_some_and(|first| first == file) {
            found.push(members);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_told_whole_and_once() {
        let check = |edges: &[(&str, &str)], expected: &[&[&str]]| {
            let mut graph = Graph::default();
            for (from, to) in edges {
                graph.add(from, to);
            }
            assert_eq!(circles(&graph), expected, "{edges:?}");
        };
        check(&[], &[]);
        check(&[("a", "b"), ("b", "c"), ("a", "c"), ("a", "a")], &[]);
        check(&[("b", "a"), ("a", "b")], &[&["a", "b"]]);
        check(
            &[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")],
            &[&["a", "b", "c"]],
        );
        check(
            &[("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")],
            &[&["a", "b"], &["c", "d"]],
        );
    }
}
