//! Holds the client's TypeScript that says what Rust says: the types of the contracts, the numbers that cross, the
//! codes of errors.
//!
//! An example of each crate prints it. The files in the client are tracked, so that their readers need no Rust, and
//! must be exactly what would be printed now.

use crate::codes;
use crate::house::House;
use crate::process::output_of;
use std::process::Command;

/// A file, the crate whose example `typescript` prints it, and the features that the crate needs.
const FILES: &[(&str, &str, &str)] = &[
    ("client/src/contracts.ts", "aimdb-contracts", ""),
    (
        "client/src/store/wasm/numbers.ts",
        "aimdb-pipeline-wasm",
        "",
    ),
    ("client/src/numbers.ts", "aimdb-wasm-adapter", "engine"),
];

/// Writes the files anew.
pub(crate) fn write(house: &House) -> Result<bool, String> {
    for (file, package, features) in FILES {
        std::fs::write(house.root.join(file), printed(house, package, features)?)
            .map_err(|error| format!("{file}: {error}"))?;
    }
    for (file, text) in codes::files(house)? {
        std::fs::write(house.root.join(file), text).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(true)
}

/// Whether the files are what would be written today.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let mut violations = Vec::new();
    for (file, package, features) in FILES {
        if house.read(file).ok() != Some(printed(house, package, features)?) {
            violations.push(format!(
                "{file} is not what {package} says: run `make types`"
            ));
        }
    }
    for (file, text) in codes::files(house)? {
        if house.read(file).ok() != Some(text) {
            violations.push(format!(
                "{file} has not the codes of today: run `make types`"
            ));
        }
    }
    Ok(violations)
}

fn printed(house: &House, package: &str, features: &str) -> Result<String, String> {
    output_of(
        Command::new("cargo")
            .args(["run", "--quiet", "--package", package])
            .args(["--features", features, "--example", "typescript"])
            .current_dir(&house.root),
    )
}
