//! Crates whose folders have an order: a file uses what is in its own folder or in those below.

use super::graph::Graph;

/// The folders of a crate's `src`, from the lowest on; those of one line do not use each other.
type Layers = (&'static str, &'static [&'static [&'static str]]);

const LAYERS: &[Layers] = &[(
    "pipeline",
    &[
        &["tables"],
        &["state"],
        &["logic", "watch"],
        &["batch"],
        &["affected"],
        &["stages"],
        &["readers"],
        &["run"],
    ],
)];

/// The uses in a room that go up, if its folders have an order, and the folders that the order lacks.
pub(super) fn judge(room: &str, graph: &Graph) -> Vec<String> {
    let layers = LAYERS.iter().find(|layers| layers.0 == room);
    layers.map_or_else(Vec::new, |layers| judge_by(*layers, graph))
}

fn judge_by((room, layers): Layers, graph: &Graph) -> Vec<String> {
    let level_of = |folder: &str| layers.iter().position(|layer| layer.contains(&folder));
    let mut violations = Vec::new();
    for (from, to) in graph.edges() {
        // What stands beside the folders is for all of them, or is the whole.
        let (Some(above), Some(below)) = (folder_of(from), folder_of(to)) else {
            continue;
        };
        if above == below {
            continue;
        }
        match (level_of(above), level_of(below)) {
            (Some(high), Some(low)) if low < high => {}
            (Some(_), Some(_)) => violations.push(format!(
                "{room}: {from} uses {to}: {below} does not stand below {above}"
            )),
            _ => violations.push(format!(
                "{room}: {from} uses {to}: xtask/src/circles/layers.rs lacks one of their folders"
            )),
        }
    }
    violations
}

fn folder_of(file: &str) -> Option<&str> {
    let (folder, _) = file.strip_prefix("src/")?.split_once('/')?;
    Some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_uses_only_those_below() {
        let layers: Layers = ("room", &[&["low"], &["left", "right"]]);
        let check = |from: &str, to: &str, words: Option<&str>| {
            let mut graph = Graph::default();
            graph.add(from, to);
            let violations = judge_by(layers, &graph);
            match words {
                None => assert!(violations.is_empty(), "{violations:?}"),
                Some(words) => assert!(violations[0].contains(words), "{violations:?}"),
            }
        };
        check("src/left/a.rs", "src/low/b.rs", None);
        check("src/left/a.rs", "src/left/b.rs", None);
        check("src/left/a.rs", "src/error.rs", None);
        check(
            "src/low/a.rs",
            "src/left/b.rs",
            Some("does not stand below"),
        );
        check(
            "src/right/a.rs",
            "src/left/b.rs",
            Some("does not stand below"),
        );
        check("src/new/a.rs", "src/low/b.rs", Some("lacks one"));
    }
}
