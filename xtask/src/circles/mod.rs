//! Holds the files of a room to an order: no circle of `use` or `import` between them.
//!
//! Files that need each other are one file in several pieces: none can be read, tested or moved without the rest. The
//! circles that stand today are listed in `known.rs`, and the list may only shrink: an entry that is not exactly what
//! is there is reported as well. Where the folders of a crate have an order, `layers.rs` has it.

mod graph;
mod known;
mod layers;
mod rust;
mod script;

use crate::house::House;
use crate::workspace::npm_packages;
use graph::{Graph, circles};
use known::{KNOWN, Known};

/// The circles that no list has, and the entries of the list that are out of date.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let files = house.tracked_files()?;
    let mut violations = Vec::new();
    let mut seen = Vec::new();
    for manifest in files.iter().filter(|path| is_manifest(path)) {
        let room = manifest.trim_end_matches("/Cargo.toml");
        let graph = rust::graph(house, room, &files)?;
        violations.extend(judge(room, &graph, KNOWN, &mut seen));
        violations.extend(layers::judge(room, &graph));
    }
    for package in npm_packages(house)? {
        let graph = script::graph(house, &package.folder, &files)?;
        violations.extend(judge(&package.folder, &graph, KNOWN, &mut seen));
    }
    violations.extend(stale(KNOWN, &seen));
    Ok(violations)
}

fn is_manifest(path: &str) -> bool {
    path.ends_with("/Cargo.toml")
}

/// The circles of a room that are not known, with what is to be done; those that are go into `seen`.
fn judge(room: &str, graph: &Graph, known: &[Known], seen: &mut Vec<Known>) -> Vec<String> {
    let mut violations = Vec::new();
    for circle in circles(graph) {
        if let Some(entry) = known
            .iter()
            .find(|entry| entry.0 == room && entry.1 == circle)
        {
            seen.push(*entry);
            continue;
        }
        let has_shrunk = known.iter().any(|entry| {
            entry.0 == room && circle.iter().all(|file| entry.1.contains(&file.as_str()))
        });
        let what = if has_shrunk {
            "is smaller than xtask/src/circles/known.rs says: write it so there"
        } else {
            "use each other: put what they share below them"
        };
        violations.push(format!("{room}: {} {what}", circle.join(", ")));
    }
    violations
}

fn stale(known: &[Known], seen: &[Known]) -> Vec<String> {
    known
        .iter()
        .filter(|entry| !seen.contains(entry))
        .map(|(room, files)| {
            format!(
                "{room}: {} are no such circle any more: take it out of xtask/src/circles/known.rs",
                files.join(", ")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(files: &[&str]) -> Graph {
        let mut graph = Graph::default();
        for (place, file) in files.iter().enumerate() {
            graph.add(file, files[(place + 1) % files.len()]);
        }
        graph
    }

    #[test]
    fn the_list_of_known_circles_only_shrinks() {
        let known: &[Known] = &[("room", &["a", "b", "c"])];
        let check = |files: &[&str], words: Option<&str>, is_stale: bool| {
            let mut seen = Vec::new();
            let violations = judge("room", &ring(files), known, &mut seen);
            match words {
                None => assert!(violations.is_empty(), "{violations:?}"),
                Some(words) => assert!(violations[0].contains(words), "{violations:?}"),
            }
            assert_eq!(!stale(known, &seen).is_empty(), is_stale, "{files:?}");
        };
        check(&["a", "b", "c"], None, false);
        check(&["a", "b"], Some("is smaller"), true);
        check(&["a", "b", "c", "d"], Some("use each other"), true);
        check(&["d", "e"], Some("use each other"), true);
        check(&["a"], None, true);
    }
}
