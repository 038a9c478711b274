//! Who reads whom, and the circles in that.

use alloc::string::String;
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
    /// What writes it inside the database: `source`, `transform`, `join` or `link`; one at most.
    pub writers: Vec<&'static str>,
    /// How many taps look at it.
    pub taps: usize,
    /// Which of its tasks (`source`, `tap`, `transform`, `join`) ended by a panic, each kind once. What they did is
    /// not done any more; the rest goes on.
    pub failed: Vec<&'static str>,
    /// Its links, as `to ws://address` or `from ws://address`.
    pub links: Vec<String>,
}

/// Where an input of a record that is being configured is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// In this place of the database.
    Old(usize),
    /// Among the records that are configured with it, at this position.
    New(usize),
}

/// How many circles are told with their paths; one may be as long as the configuration.
pub(crate) const CIRCLES_TOLD: usize = 64;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    OnPath,
    Done,
}

/// The circles among records that are configured together, each as the keys around it: one for every
/// input that closes one, so that there is none left without those inputs.
///
/// Those who are there already read nothing that is new, so no circle leads through them. It walks
/// with its own stack: a chain of transforms may be longer than the machine's.
pub(crate) fn circles(inputs: &[Vec<Target>], key: &dyn Fn(usize) -> String) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut untold = 0;
    let mut marks = vec![Mark::New; inputs.len()];
    let mut path = Vec::new();
    for start in 0..inputs.len() {
        path.push((start, 0));
        while let Some((index, next_input)) = path.pop() {
            if next_input == 0 {
                if marks[index] != Mark::New {
                    continue;
                }
                marks[index] = Mark::OnPath;
            }
            let Some(&target) = inputs[index].get(next_input) else {
                marks[index] = Mark::Done;
                continue;
            };
            path.push((index, next_input + 1));
            let Target::New(input) = target else {
                continue;
            };
            if marks[input] != Mark::OnPath {
                path.push((input, 0));
            } else if found.len() == CIRCLES_TOLD {
                untold += 1;
            } else if !inputs[index][..next_input].contains(&target) {
                found.push(around(&path, input, key));
            }
        }
    }
    if untold > 0 {
        found.push(Problem::MoreCycles { untold });
    }
    found
}

/// From the record that closes the circle along what is derived from it, back to itself.
fn around(path: &[(usize, usize)], closing: usize, key: &dyn Fn(usize) -> String) -> Problem {
    let from = path.iter().rposition(|(index, _)| *index == closing);
    let mut keys = vec![key(closing)];
    let back = path[from.unwrap_or(0)..].iter().rev();
    keys.extend(back.map(|(index, _)| key(*index)));
    Problem::Cycle { path: keys }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn check(edges: &[(&str, &[&str])], expected: &[&str]) {
        let place = |key: &&str| edges.iter().position(|(own, _)| own == key);
        let inputs: Vec<Vec<Target>> = edges
            .iter()
            .map(|(_, inputs)| {
                let places = inputs.iter().filter_map(place);
                places.map(Target::New).collect()
            })
            .collect();
        let found: Vec<String> = circles(&inputs, &|index| edges[index].0.to_string())
            .iter()
            .map(|problem| match problem {
                Problem::Cycle { path } => path.join(" "),
                other => other.to_string(),
            })
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
    fn every_circle_is_shown_once_with_its_path() {
        check(&[("a", &["a"])], &["a a"]);
        check(
            &[("x", &["c"]), ("a", &["c"]), ("b", &["a"]), ("c", &["b"])],
            &["c a b c"],
        );
        // Apart from each other, through one record, one within the other.
        check(
            &[("a", &["b"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"])],
            &["a b a", "c d c"],
        );
        check(
            &[("a", &["b", "c"]), ("b", &["a"]), ("c", &["a"])],
            &["a b a", "a c a"],
        );
        check(
            &[("a", &["b"]), ("b", &["c"]), ("c", &["b", "a"])],
            &["b c b", "a c b a"],
        );
        // An input that is read twice closes one circle.
        check(&[("a", &["b", "b"]), ("b", &["a", "a"])], &["a b a"]);
    }

    #[test]
    fn a_tangle_is_told_in_bounded_length() {
        let all: Vec<Target> = (0..100).map(Target::New).collect();
        let inputs: Vec<Vec<Target>> = (0..100).map(|_| all.clone()).collect();
        let found = circles(&inputs, &|index| index.to_string());
        // Of 100 * 100 inputs, all but those to records that are done when they are looked at.
        let untold = 100 * 101 / 2 - CIRCLES_TOLD;
        assert_eq!(found.len(), CIRCLES_TOLD + 1);
        assert_eq!(found.last(), Some(&Problem::MoreCycles { untold }));
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let chain: Vec<Vec<Target>> = (1..=50_000).map(|index| vec![Target::New(index)]).collect();
        let mut inputs = chain;
        inputs.push(Vec::new());
        assert_eq!(circles(&inputs, &|_| String::new()), []);
    }
}
