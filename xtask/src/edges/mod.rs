//! Holds the dependencies between the rooms against the one table of allowed edges.
//!
//! `rooms.rs` has the table. An edge is allowed when it stands there and goes to a lower level; only what a room
//! is made of, a crate in a folder inside its own, may stand on the same one. The table is exact: what it names and
//! nobody has is reported as well. Rust rooms are read from `cargo metadata`, npm rooms from their `package.json` and
//! from the relative imports of their files. Rooms of evidence (benches, examples, end-to-end tests) may use anything,
//! and nothing may use them.

mod imports;
mod rooms;

pub(crate) use rooms::bare;

use crate::house::House;
use crate::workspace::{Crate, NpmPackage, crates, npm_packages};
use rooms::{NPM_ROOMS, NpmRoom, PLATFORM_CRATES, ROOMS, Room, is_evidence};

/// The edges that no table allows, and the entries of the table that no edge has.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let packages = npm_packages(house)?;
    let mut violations = judge_crates(ROOMS, &crates(house)?);
    violations.extend(judge_packages(NPM_ROOMS, &packages));
    violations.extend(imports::check(house, &packages)?);
    Ok(violations)
}

fn judge_crates(table: &[Room], crates: &[Crate]) -> Vec<String> {
    let mut violations = Vec::new();
    for room in table {
        match crates.iter().find(|one| one.name == room.name) {
            None => violations.push(format!(
                "{} stands in xtask/src/edges/rooms.rs and is no crate of the workspace",
                room.name
            )),
            Some(found) => violations.extend(judge_crate(table, room, found, crates)),
        }
    }
    for one in crates {
        if !is_evidence(&one.folder) && !table.iter().any(|room| room.name == one.name) {
            violations.push(format!(
                "{} stands in no table: add it to xtask/src/edges/rooms.rs",
                one.name
            ));
        }
    }
    violations
}

/// Holds one crate against its row, in both directions.
fn judge_crate(table: &[Room], room: &Room, found: &Crate, crates: &[Crate]) -> Vec<String> {
    let mut violations = Vec::new();
    for (to, for_tests) in &found.uses {
        if !crates.iter().any(|one| one.name == *to) {
            if room.is_bare && PLATFORM_CRATES.contains(&to.as_str()) && !for_tests {
                violations.push(format!(
                    "{} uses {to}: it must not know a platform",
                    room.name
                ));
            }
            continue;
        }
        // A crate may name itself, to turn its features on for its tests.
        let allowed = room.uses.contains(&to.as_str())
            || *for_tests && (*to == room.name || room.tests_use.contains(&to.as_str()));
        if !allowed {
            let whose = if *for_tests { "'s tests use" } else { " uses" };
            violations.push(format!("{}{whose} {to}: no table allows it", room.name));
        }
    }
    let is_used = |to: &str, for_tests: bool| {
        found
            .uses
            .iter()
            .any(|one| *one == (to.to_owned(), for_tests))
    };
    for (to, for_tests) in room
        .uses
        .iter()
        .map(|to| (*to, false))
        .chain(room.tests_use.iter().map(|to| (*to, true)))
    {
        if !is_used(to, for_tests) {
            violations.push(format!(
                "{} uses {to} in xtask/src/edges/rooms.rs only: take the edge out",
                room.name
            ));
        }
        violations.extend(judge_levels(table, room, to, for_tests, found, crates));
    }
    violations
}

/// Says what is wrong with an allowed edge's direction, if anything is.
fn judge_levels(
    table: &[Room],
    room: &Room,
    to: &str,
    for_tests: bool,
    found: &Crate,
    crates: &[Crate],
) -> Option<String> {
    let target = table.iter().find(|one| one.name == to)?;
    let folder = &crates.iter().find(|one| one.name == to)?.folder;
    let is_part = folder
        .strip_prefix(&found.folder)
        .is_some_and(|rest| rest.starts_with('/'));
    let goes_down =
        target.level < room.level || target.level == room.level && (for_tests || is_part);
    (!goes_down).then(|| {
        format!(
            "{} (level {}) uses {to} (level {}): edges only go down",
            room.name, room.level, target.level
        )
    })
}

fn judge_packages(table: &[NpmRoom], packages: &[NpmPackage]) -> Vec<String> {
    let mut violations = Vec::new();
    for room in table {
        match packages.iter().find(|one| one.name == room.name) {
            None => violations.push(format!(
                "{} stands in xtask/src/edges/rooms.rs and is no package of the workspace",
                room.name
            )),
            Some(found) => violations.extend(judge_package(table, room, found)),
        }
    }
    for one in packages {
        if !is_evidence(&one.folder) && !table.iter().any(|room| room.name == one.name) {
            violations.push(format!(
                "{} stands in no table: add it to xtask/src/edges/rooms.rs",
                one.name
            ));
        }
    }
    violations
}

fn judge_package(table: &[NpmRoom], room: &NpmRoom, found: &NpmPackage) -> Vec<String> {
    let mut violations = Vec::new();
    let mut used = Vec::new();
    for field in ["dependencies", "peerDependencies", "optionalDependencies"] {
        let names = found.package[field].as_object().into_iter().flatten();
        for (to, _) in names {
            used.push(to.as_str());
            if !room.uses.contains(&to.as_str()) && !room.outside.contains(&to.as_str()) {
                violations.push(format!(
                    "{} has {to} in {field}: no table allows it",
                    room.name
                ));
            }
        }
    }
    for to in room.uses.iter().chain(room.outside) {
        if !used.contains(to) {
            violations.push(format!(
                "{} uses {to} in xtask/src/edges/rooms.rs only: take the edge out",
                room.name
            ));
        }
        let target = table.iter().find(|one| one.name == *to);
        if target.is_some_and(|target| target.level >= room.level) {
            violations.push(format!("{} uses {to}: edges only go down", room.name));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn room(name: &'static str, level: u8, uses: &'static [&'static str]) -> Room {
        Room {
            name,
            level,
            is_bare: level == 0,
            uses,
            tests_use: &[],
        }
    }

    fn found(name: &str, folder: &str, uses: &[(&str, bool)]) -> Crate {
        Crate {
            name: name.to_owned(),
            folder: folder.to_owned(),
            uses: uses
                .iter()
                .map(|(to, for_tests)| ((*to).to_owned(), *for_tests))
                .collect(),
        }
    }

    /// Judges a house whose only fault has words of `expected`, or that has none.
    fn check(table: &[Room], crates: &[Crate], expected: Option<&str>) {
        let violations = judge_crates(table, crates);
        match expected {
            None => assert_eq!(violations, Vec::<String>::new()),
            Some(words) => {
                assert_eq!(violations.len(), 1, "{violations:?}");
                assert!(violations[0].contains(words), "{violations:?}");
            }
        }
    }

    #[test]
    fn an_edge_goes_down_and_stands_in_the_table() {
        let low = || found("low", "low", &[]);
        let table = [room("low", 0, &[]), room("high", 1, &["low"])];
        check(
            &table,
            &[low(), found("high", "high", &[("low", false)])],
            None,
        );
        let unlisted = [room("low", 0, &[]), room("high", 1, &[])];
        let high = found("high", "high", &[("low", false)]);
        check(&unlisted, &[low(), high], Some("no table allows it"));
        let flat = [room("low", 1, &[]), room("high", 1, &["low"])];
        let high = found("high", "high", &[("low", false)]);
        check(&flat, &[low(), high], Some("edges only go down"));
        let up = [room("low", 2, &[]), room("high", 1, &["low"])];
        let high = found("high", "high", &[("low", false)]);
        check(&up, &[low(), high], Some("edges only go down"));
    }

    #[test]
    fn only_a_part_of_a_room_stands_on_its_level() {
        let table = [room("whole", 1, &["part"]), room("part", 1, &[])];
        let whole = || found("whole", "whole", &[("part", false)]);
        check(&table, &[whole(), found("part", "whole/part", &[])], None);
        let beside = found("part", "whole-part", &[]);
        check(&table, &[whole(), beside], Some("edges only go down"));
    }

    #[test]
    fn the_table_names_only_what_is_there() {
        let table = [room("there", 1, &[]), room("gone", 1, &[])];
        check(
            &table,
            &[found("there", "there", &[])],
            Some("gone stands in"),
        );
        let table = [room("low", 0, &[]), room("high", 1, &["low"])];
        let crates = [found("low", "low", &[]), found("high", "high", &[])];
        check(&table, &crates, Some("take the edge out"));
        let new = [found("there", "there", &[]), found("new", "new", &[])];
        check(&table[..0], &new[1..], Some("stands in no table"));
    }

    #[test]
    fn tests_may_use_what_only_their_list_allows() {
        let mut high = room("high", 1, &[]);
        high.tests_use = &["beside"];
        let table = [room("beside", 1, &[]), high];
        let beside = || found("beside", "beside", &[]);
        check(
            &table,
            &[beside(), found("high", "high", &[("beside", true)])],
            None,
        );
        let itself = found("high", "high", &[("beside", true), ("high", true)]);
        check(&table, &[beside(), itself], None);
        let both = found("high", "high", &[("beside", true), ("beside", false)]);
        check(
            &table,
            &[beside(), both],
            Some("high uses beside: no table"),
        );
    }

    #[test]
    fn a_bare_room_knows_no_platform_and_evidence_may_use_anything() {
        let table = [room("bare", 0, &[])];
        check(
            &table,
            &[found("bare", "bare", &[("tokio", false)])],
            Some("platform"),
        );
        check(&table, &[found("bare", "bare", &[("tokio", true)])], None);
        let world = found("world", "tests/world", &[("bare", false), ("tokio", false)]);
        check(&table, &[found("bare", "bare", &[]), world], None);
        let uses_evidence = found("bare", "bare", &[("world", false)]);
        let world = found("world", "tests/world", &[]);
        check(&table, &[uses_evidence, world], Some("no table allows it"));
    }

    #[test]
    fn a_package_uses_what_its_row_has() {
        let row = |level, uses, outside| NpmRoom {
            name: "@a/high",
            level,
            uses,
            outside,
        };
        let low = || NpmRoom {
            name: "@a/low",
            level: 1,
            uses: &[],
            outside: &[],
        };
        let package = |name: &str, uses: serde_json::Value| NpmPackage {
            name: name.to_owned(),
            folder: name.to_owned(),
            package: json!({ "dependencies": uses }),
        };
        let check = |row: NpmRoom, uses: serde_json::Value, expected: usize| {
            let packages = [package("@a/low", json!({})), package("@a/high", uses)];
            let violations = judge_packages(&[low(), row], &packages);
            assert_eq!(violations.len(), expected, "{violations:?}");
        };
        check(row(2, &["@a/low"], &[]), json!({ "@a/low": "1" }), 0);
        check(row(1, &["@a/low"], &[]), json!({ "@a/low": "1" }), 1);
        check(row(2, &[], &[]), json!({ "@a/low": "1" }), 1);
        check(row(2, &[], &["react"]), json!({ "react": "1" }), 0);
        check(row(2, &[], &["react"]), json!({}), 1);
        check(row(2, &[], &[]), json!({ "left-pad": "1" }), 1);
    }
}
