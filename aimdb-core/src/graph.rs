//! Who reads whom, and what is wrong with that.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::error::Problem;

/// One record in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its key.
    pub key: Arc<str>,
    /// The name of its contract.
    pub schema: String,
    /// The keys of the records it is derived from.
    pub inputs: Vec<String>,
    /// What writes it inside the database: `source`, `transform` or `join`.
    pub writers: Vec<&'static str>,
    /// How many taps look at it.
    pub taps: usize,
    /// Its links, as `to ws://address` or `from ws://address`.
    pub links: Vec<String>,
}

/// All that is wrong with `nodes`, in their order, when they join records that `is_known` tells of.
///
/// Those who are there already read nothing that is new, so a circle can only be among the new ones.
pub(crate) fn problems(nodes: &[Node], is_known: impl Fn(&str) -> bool) -> Vec<Problem> {
    let by_key: BTreeMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(index, node)| (&*node.key, index))
        .collect();
    let mut found = Vec::new();
    for node in nodes {
        if node.writers.len() > 1 {
            found.push(Problem::TwoWriters {
                record: node.key.to_string(),
                writers: node.writers.clone(),
            });
        }
        let is_missing = |input: &&String| !by_key.contains_key(input.as_str()) && !is_known(input);
        for input in node.inputs.iter().filter(is_missing) {
            found.push(Problem::UnknownInput {
                record: node.key.to_string(),
                input: input.clone(),
            });
        }
    }
    found.extend(cycle(nodes, &by_key));
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    OnPath,
    Done,
}

/// The first circle, as the keys around it. Walks with its own stack: a chain of transforms may be
/// longer than the machine's.
fn cycle(nodes: &[Node], by_key: &BTreeMap<&str, usize>) -> Option<Problem> {
    let mut marks = vec![Mark::New; nodes.len()];
    for start in 0..nodes.len() {
        let mut path = vec![(start, 0)];
        while let Some((index, next_input)) = path.pop() {
            if next_input == 0 {
                if marks[index] != Mark::New {
                    continue;
                }
                marks[index] = Mark::OnPath;
            }
            let Some(input) = nodes[index].inputs.get(next_input) else {
                marks[index] = Mark::Done;
                continue;
            };
            path.push((index, next_input + 1));
            let Some(&input) = by_key.get(input.as_str()) else {
                continue;
            };
            if marks[input] == Mark::OnPath {
                return Some(Problem::Cycle {
                    path: around(nodes, &path, input),
                });
            }
            path.push((input, 0));
        }
    }
    None
}

/// From the record that closes the circle along what is derived from it, back to itself.
fn around(nodes: &[Node], path: &[(usize, usize)], closing: usize) -> Vec<String> {
    let from = path
        .iter()
        .position(|(index, _)| *index == closing)
        .unwrap_or(0);
    let mut keys: Vec<String> = path[from..]
        .iter()
        .rev()
        .map(|(index, _)| nodes[*index].key.to_string())
        .collect();
    keys.insert(0, nodes[closing].key.to_string());
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&str, &[&str])], expected: &[&str]) {
        let nodes: Vec<Node> = edges
            .iter()
            .map(|(key, inputs)| Node {
                key: Arc::from(*key),
                schema: "temperature".into(),
                inputs: inputs.iter().map(|input| input.to_string()).collect(),
                writers: Vec::new(),
                taps: 0,
                links: Vec::new(),
            })
            .collect();
        let found: Vec<String> = problems(&nodes, |_| false)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn chains_and_diamonds_are_fine() {
        check(
            &[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])],
            &[],
        );
    }

    #[test]
    fn a_circle_is_shown_with_its_path() {
        let circle = "records derive from each other in a circle: ";
        check(&[("a", &["a"])], &[&(circle.to_string() + "a -> a")]);
        check(
            &[("x", &["c"]), ("a", &["c"]), ("b", &["a"]), ("c", &["b"])],
            &[&(circle.to_string() + "c -> a -> b -> c")],
        );
    }

    #[test]
    fn every_unknown_input_is_named() {
        check(
            &[("a", &["x", "y"])],
            &[
                "record 'a' reads 'x', which is not configured",
                "record 'a' reads 'y', which is not configured",
            ],
        );
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let keys: Vec<String> = (0..50_000).map(|index| index.to_string()).collect();
        let nodes: Vec<Node> = (0..keys.len())
            .map(|index| Node {
                key: Arc::from(keys[index].as_str()),
                schema: String::new(),
                inputs: keys.get(index + 1).into_iter().cloned().collect(),
                writers: Vec::new(),
                taps: 0,
                links: Vec::new(),
            })
            .collect();
        assert_eq!(problems(&nodes, |_| false), []);
    }
}
