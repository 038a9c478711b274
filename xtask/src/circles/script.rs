//! Which TypeScript files of a package import which, imports of types included.

use super::graph::Graph;
use crate::house::House;
use crate::script::{imports_of, is_script};
use std::collections::BTreeSet;

/// The imports between the files of a package. Those of its tests count as well.
pub(super) fn graph(house: &House, room: &str, files: &[String]) -> Result<Graph, String> {
    let mut sources = Vec::new();
    for path in files.iter().filter(|path| is_script(path)) {
        let inside = path
            .strip_prefix(room)
            .and_then(|rest| rest.strip_prefix('/'));
        if let Some(name) = inside {
            sources.push((name.to_owned(), house.read(path)?));
        }
    }
    Ok(graph_of(&sources))
}

fn graph_of(sources: &[(String, String)]) -> Graph {
    let names: BTreeSet<&str> = sources.iter().map(|source| source.0.as_str()).collect();
    let mut graph = Graph::default();
    for (name, text) in sources {
        for import in imports_of(name, text) {
            if let Some(to) = file_of(&import.target, &names) {
                graph.add(name, to);
            }
        }
    }
    graph
}

/// The file that an import means: TypeScript is imported by the name of the JavaScript it becomes.
fn file_of<'a>(target: &str, names: &BTreeSet<&'a str>) -> Option<&'a str> {
    let stem = [".js", ".mjs", ".cjs", ".jsx"]
        .iter()
        .find_map(|extension| target.strip_suffix(extension))
        .unwrap_or(target);
    let candidates = [
        target.to_owned(),
        format!("{stem}.ts"),
        format!("{stem}.tsx"),
        format!("{stem}.mts"),
        format!("{stem}/index.ts"),
        format!("{stem}/index.tsx"),
    ];
    candidates
        .iter()
        .find_map(|candidate| names.get(candidate.as_str()).copied())
}

#[cfg(test)]
mod tests {
    use super::super::graph::circles;
    use super::*;

    #[test]
    fn imports_that_come_back_are_found() {
        let check = |sources: &[(&str, &str)], expected: &[&[&str]]| {
            let sources: Vec<(String, String)> = sources
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect();
            assert_eq!(circles(&graph_of(&sources)), expected);
        };
        check(
            &[
                ("src/a.ts", "import { b } from './b.js'"),
                ("src/b.ts", "import type { A } from './a.js'"),
            ],
            &[&["src/a.ts", "src/b.ts"]],
        );
        check(
            &[
                ("src/a.tsx", "export * from './c/index.js'"),
                ("src/c/index.ts", "const a = import('../a')"),
            ],
            &[&["src/a.tsx", "src/c/index.ts"]],
        );
        check(
            &[
                ("src/a.ts", "import { b } from './b.js'; import './a.css'"),
                ("src/b.ts", "// import './a.js'"),
            ],
            &[],
        );
    }
}
