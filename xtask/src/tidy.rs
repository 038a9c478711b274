//! Holds small rules about the files git tracks: their size, and what lockfiles must not name.

use crate::house::House;

/// The largest file that may be tracked. More belongs to a release, not to a checkout.
const FILE_BYTES_MAX: u64 = 1_000_000;

/// The files that break a rule.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let mut violations = Vec::new();
    for path in house.tracked_files()? {
        let length = std::fs::metadata(house.root.join(&path))
            .map_err(|error| format!("{path}: {error}"))?
            .len();
        if length > FILE_BYTES_MAX {
            violations.push(format!(
                "{path} has {length} bytes; {FILE_BYTES_MAX} are allowed"
            ));
        }
        if path.ends_with("package-lock.json") {
            violations.extend(npm_lock_violations(&path, &house.read_json(&path)?));
        }
        if path.ends_with("Cargo.lock") {
            violations.extend(cargo_lock_violations(&path, &house.read(&path)?));
        }
    }
    Ok(violations)
}

/// An npm lockfile works with every registry only when it names none.
fn npm_lock_violations(path: &str, lock: &serde_json::Value) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, package) in lock["packages"].as_object().into_iter().flatten() {
        if package["resolved"]
            .as_str()
            .is_some_and(|address| address.contains("://"))
        {
            violations.push(format!(
                "{path}: {name} names a registry (run npm install with the repository's .npmrc)"
            ));
        }
    }
    violations
}

/// A Cargo lockfile names crates.io by its fixed name, and nothing else.
fn cargo_lock_violations(path: &str, lock: &str) -> Vec<String> {
    lock.lines()
        .filter(|line| line.starts_with("source = "))
        .filter(|line| {
            *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        })
        .map(|line| format!("{path}: {line} is not crates.io"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lockfile_may_name_folders_but_no_registry() {
        let lock =
            |address: &str| json!({ "packages": { "node_modules/a": { "resolved": address } } });
        assert!(npm_lock_violations("l", &lock("client")).is_empty());
        assert_eq!(
            npm_lock_violations("l", &lock("https://example.org/a.tgz")).len(),
            1
        );
    }

    #[test]
    fn a_cargo_lockfile_may_name_crates_io_only() {
        let index = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert!(cargo_lock_violations("l", index).is_empty());
        assert_eq!(
            cargo_lock_violations("l", "source = \"git+https://example.org/a\"").len(),
            1
        );
    }
}
