//! Holds the dependencies between the rooms against the one table of allowed edges.
//!
//! The table is below; ARCHITECTURE.md explains it. Rust rooms are read from `cargo metadata`, npm
//! rooms from their `package.json`. What a room's tests use is checked against the same table and
//! the few extra edges of `TEST_EDGES`. Rooms of evidence (benches, examples, end-to-end tests) may use
//! anything, and nothing may use them.

use crate::house::House;
use crate::process::output_of;
use std::process::Command;

/// Each Rust room, and the rooms its code may use.
const RUST_EDGES: &[(&str, &[&str])] = &[
    ("aimdb-contracts", &["aimdb-contracts-derive"]),
    ("aimdb-contracts-derive", &[]),
    ("aimdb-json-schema", &["aimdb-contracts"]),
    ("aimdb-regexp", &["aimdb-contracts"]),
    (
        "aimdb-json-schema-wasm",
        &["aimdb-contracts", "aimdb-json-schema"],
    ),
    ("aimdb-types-wasm", &["aimdb-contracts", "aimdb-regexp"]),
    ("aimdb-ws-protocol", &[]),
    ("aimdb-pipeline", &[]),
    ("aimdb-pipeline-wasm", &["aimdb-pipeline"]),
    ("aimdb-replica", &[]),
    ("aimdb-query", &[]),
    ("aimdb-core", &["aimdb-contracts"]),
    ("aimdb-conformance", &[]),
    (
        "aimdb-ws-bridge",
        &["aimdb-ws-protocol", "aimdb-replica", "aimdb-core"],
    ),
    (
        "aimdb-wasm-adapter",
        &[
            "aimdb-contracts",
            "aimdb-ws-protocol",
            "aimdb-replica",
            "aimdb-query",
            "aimdb-core",
            "aimdb-ws-bridge",
        ],
    ),
    ("aimdb-tokio-adapter", &["aimdb-core"]),
    (
        "aimdb-server",
        &[
            "aimdb-contracts",
            "aimdb-json-schema",
            "aimdb-ws-protocol",
            "aimdb-replica",
            "aimdb-core",
            "aimdb-tokio-adapter",
        ],
    ),
    ("xtask", &[]),
];

/// What only tests may use, beyond the table: the contracts that an adapter carries, the real client of the server.
const TEST_EDGES: &[(&str, &str)] = &[
    ("aimdb-conformance", "aimdb-contracts"),
    ("aimdb-conformance", "aimdb-core"),
    ("aimdb-tokio-adapter", "aimdb-conformance"),
    ("aimdb-tokio-adapter", "aimdb-contracts"),
    ("aimdb-wasm-adapter", "aimdb-conformance"),
    ("aimdb-ws-bridge", "aimdb-contracts"),
    ("aimdb-server", "aimdb-ws-bridge"),
];

/// Crates that tie code to a platform, which levels 0 and 1 must not do.
const PLATFORM_CRATES: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "sysinfo",
    "wasm-bindgen",
    "js-sys",
    "web-sys",
    "serde-wasm-bindgen",
];
const PLATFORM_FREE: &[&str] = &[
    "aimdb-contracts",
    "aimdb-json-schema",
    "aimdb-ws-protocol",
    "aimdb-pipeline",
    "aimdb-replica",
    "aimdb-query",
    "aimdb-core",
    "aimdb-ws-bridge",
];

/// Each npm room, and the packages of this repository its code may use.
const NPM_EDGES: &[(&str, &[&str])] = &[
    ("@aimdb/wasm", &[]),
    ("@aimdb/react", &["@aimdb/wasm"]),
    ("@aimdb/pipeline-twin", &[]),
];

/// What a browser package may pull in from elsewhere.
const NPM_OUTSIDE: &[(&str, &[&str])] = &[
    ("@aimdb/wasm", &[]),
    ("@aimdb/react", &["react"]),
    ("@aimdb/pipeline-twin", &[]),
];

/// Rust rooms that may use anything and that nothing may use, by their top folder.
const EVIDENCE_FOLDERS: &[&str] = &["bench", "examples", "tests"];

/// The edges that no table allows.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let mut violations = check_rust(house)?;
    violations.extend(check_npm(house)?);
    Ok(violations)
}

/// One dependency as `cargo metadata` lists it.
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    for_tests: bool,
}

fn check_rust(house: &House) -> Result<Vec<String>, String> {
    let text = output_of(
        Command::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(&house.root),
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    let rooms: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut violations = Vec::new();
    for package in packages {
        let from = package["name"].as_str().unwrap_or_default();
        if is_evidence(house, package) {
            continue;
        }
        if !RUST_EDGES.iter().any(|(room, _)| *room == from) {
            violations.push(format!(
                "{from} stands in no table: add it to xtask/src/edges.rs"
            ));
            continue;
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let edge = Edge {
                from,
                to,
                for_tests: dependency["kind"] == "dev",
            };
            violations.extend(judge(&edge, rooms.contains(&to)));
        }
    }
    Ok(violations)
}

fn is_evidence(house: &House, package: &serde_json::Value) -> bool {
    let manifest = package["manifest_path"].as_str().unwrap_or_default();
    let relative = std::path::Path::new(manifest)
        .strip_prefix(&house.root)
        .ok();
    let top = relative.and_then(|path| path.components().next());
    top.is_some_and(|top| {
        EVIDENCE_FOLDERS
            .iter()
            .any(|folder| top.as_os_str() == *folder)
    })
}

/// Says what is wrong with one edge, if anything is.
fn judge(edge: &Edge<'_>, is_room: bool) -> Option<String> {
    let Edge {
        from,
        to,
        for_tests,
    } = *edge;
    if !is_room {
        let tied = PLATFORM_FREE.contains(&from) && PLATFORM_CRATES.contains(&to) && !for_tests;
        return tied.then(|| format!("{from} uses {to}: its level must not know a platform"));
    }
    let allowed = RUST_EDGES
        .iter()
        .any(|(room, uses)| *room == from && uses.contains(&to));
    let for_its_tests = for_tests && (from == to || TEST_EDGES.contains(&(from, to)));
    (!allowed && !for_its_tests).then(|| {
        let what = if for_tests { "'s tests use" } else { " uses" };
        format!("{from}{what} {to}: edges only go down")
    })
}

fn check_npm(house: &House) -> Result<Vec<String>, String> {
    let mut violations = Vec::new();
    let workspace = house.read_json("package.json")?;
    let folders: Vec<&str> = workspace["workspaces"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|folder| folder.as_str())
        .filter(|folder| house.root.join(folder).join("package.json").is_file())
        .collect();
    for folder in folders {
        let package = house.read_json(&format!("{folder}/package.json"))?;
        let from = package["name"].as_str().unwrap_or_default();
        let Some((_, rooms)) = NPM_EDGES.iter().find(|(room, _)| *room == from) else {
            continue;
        };
        let outside = NPM_OUTSIDE
            .iter()
            .find(|(room, _)| *room == from)
            .map_or(&[][..], |entry| entry.1);
        for field in ["dependencies", "peerDependencies", "optionalDependencies"] {
            for to in package[field]
                .as_object()
                .into_iter()
                .flat_map(|map| map.keys())
            {
                if !rooms.contains(&to.as_str()) && !outside.contains(&to.as_str()) {
                    violations.push(format!("{from} has {to} in {field}: no table allows it"));
                }
            }
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(from: &str, to: &str, for_tests: bool, is_room: bool) -> bool {
        judge(
            &Edge {
                from,
                to,
                for_tests,
            },
            is_room,
        )
        .is_none()
    }

    #[test]
    fn an_edge_down_is_allowed_and_an_edge_up_is_not() {
        assert!(verdict("aimdb-core", "aimdb-contracts", false, true));
        assert!(!verdict("aimdb-contracts", "aimdb-core", false, true));
        assert!(!verdict("aimdb-contracts", "aimdb-core", true, true));
    }

    #[test]
    fn tests_may_use_what_only_their_table_allows() {
        assert!(verdict(
            "aimdb-tokio-adapter",
            "aimdb-contracts",
            true,
            true
        ));
        assert!(!verdict(
            "aimdb-tokio-adapter",
            "aimdb-contracts",
            false,
            true
        ));
    }

    #[test]
    fn a_platform_is_refused_below_level_two_only() {
        assert!(!verdict("aimdb-core", "tokio", false, false));
        assert!(verdict("aimdb-server", "tokio", false, false));
        assert!(verdict("aimdb-core", "proptest", true, false));
    }
}
