//! Holds the files of a room to an order: no circle of `use` or `import` between them.
//!
//! Files that need each other are one file in several pieces: none can be read, tested or moved without the rest. Where the
//! folders of a crate have an order, `layers.rs` has it.

mod graph;
mod layers;
mod rust;
mod script;

use crate::house::House;
use crate::workspace::npm_packages;
use graph::{Graph, circles};

/// The circles there are, and the uses that go up.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let files = house.tracked_files()?;
    let mut violations = Vec::new();
    for manifest in files.iter().filter(|path| is_manifest(path)) {
        let room = manifest.trim_end_matches("/Cargo.toml");
        let graph = rust::graph(house, room, &files)?;
        violations.extend(judge(room, &graph));
        violations.extend(layers::judge(room, &graph));
    }
    for package in npm_packages(house)? {
        let graph = script::graph(house, &package.folder, &files)?;
        violations.extend(judge(&package.folder, &graph));
    }
    Ok(violations)
}

fn is_manifest(path: &str) -> bool {
    path.ends_with("/Cargo.toml")
}

/// The circles of a room, with what is to be done.
fn judge(room: &str, graph: &Graph) -> Vec<String> {
    let circles = circles(graph).into_iter();
    circles
        .map(|circle| {
            let files = circle.join(", ");
            format!("{room}: {files} use each other: put what they share below them")
        })
        .collect()
}
