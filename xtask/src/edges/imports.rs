//! Holds relative imports to the package they stand in: what another one offers is imported by its name.
//!
//! A path such as `../../client/src/view.js` would be an edge that no `package.json` names, into what the other room keeps
//! to itself. Tests of a room may reach into evidence and scripts, whose helpers are for them; evidence may reach anywhere.

use super::rooms::{REACHES, is_evidence};
use crate::house::House;
use crate::script::{Import, imports_of, is_script};
use crate::workspace::NpmPackage;

/// The imports that leave their room.
pub(super) fn check(house: &House, packages: &[NpmPackage]) -> Result<Vec<String>, String> {
    let mut violations = Vec::new();
    let mut reached = Vec::new();
    let folders: Vec<&str> = packages.iter().map(|one| one.folder.as_str()).collect();
    for path in house.tracked_files()? {
        let Some(room) = room_of(&path, &folders) else {
            continue;
        };
        if !is_script(&path) || is_evidence(&path) {
            continue;
        }
        for import in imports_of(&path, &house.read(&path)?) {
            match judge(&path, room, &import, &folders) {
                Some(to)
                    if REACHES
                        .iter()
                        .any(|one| (one.0, one.1) == (path.as_str(), to)) =>
                {
                    reached.push((path.clone(), to.to_owned()));
                }
                Some(to) => {
                    let place = if folders.contains(&to) {
                        format!("in {to}: import it by its package's name")
                    } else {
                        "in no package: only tests may reach there, and only into tests/ and scripts/".to_owned()
                    };
                    let specifier = import.specifier;
                    violations.push(format!("{path} imports {specifier}, which is {place}"));
                }
                None => {}
            }
        }
    }
    for (path, to, _) in REACHES {
        if !reached.iter().any(|one| one.0 == *path && one.1 == *to) {
            violations.push(format!(
                "{path} does not reach into {to} any more: take it out of xtask/src/edges/rooms.rs"
            ));
        }
    }
    Ok(violations)
}

/// The room that a file stands in: the innermost package around it.
fn room_of<'a>(path: &str, folders: &[&'a str]) -> Option<&'a str> {
    folders
        .iter()
        .copied()
        .filter(|folder| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|folder| folder.len())
}

/// Where an import goes that it must not go to: another room, or a folder outside of all.
fn judge<'a>(path: &str, room: &str, import: &'a Import, folders: &[&'a str]) -> Option<&'a str> {
    let target = room_of(&import.target, folders);
    let is_helper = is_evidence(&import.target) || import.target.starts_with("scripts/");
    if target == Some(room) || is_test(path) && is_helper {
        return None;
    }
    Some(target.unwrap_or(&import.target))
}

/// Whether a file is a test's: in a folder of them, or called one.
fn is_test(path: &str) -> bool {
    path.contains("/test/") || path.contains(".test.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_stays_in_its_room() {
        let folders = ["client", "react-hooks", "pipeline/twin", "tests/e2e"];
        let check = |path: &str, code: &str, expected: Option<&str>| {
            let room = room_of(path, &folders).expect("a room");
            let import = imports_of(path, code).remove(0);
            assert_eq!(
                judge(path, room, &import, &folders),
                expected,
                "{path}: {code}"
            );
        };
        check("client/src/a.ts", "import { b } from './b.js'", None);
        check("client/src/store/a.ts", "export * from '../b.js'", None);
        check("client/test/a.test.ts", "import '../src/a.js'", None);
        let bad = "import type { View } from '../../client/src/view.js'";
        check("react-hooks/src/a.ts", bad, Some("client"));
        let bad = "const a = await import('../../../pipeline/twin/src/a.js')";
        check("client/test/store/a.test.ts", bad, Some("pipeline/twin"));
        check(
            "client/src/a.ts",
            "import '../../tests/e2e/a.js'",
            Some("tests/e2e"),
        );
        check(
            "client/test/a.test.ts",
            "import '../../tests/e2e/a.js'",
            None,
        );
        check(
            "client/src/a.ts",
            "import '../../docs/a.js'",
            Some("docs/a.js"),
        );
        check(
            "client/src/a.ts",
            "import '../../client-two/a.js'",
            Some("client-two/a.js"),
        );
    }
}
