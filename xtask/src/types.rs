//! Holds the client's TypeScript types to the contracts that they are written from.
//!
//! The contracts describe themselves; their example `typescript` prints the types. The file in the
//! client is tracked, so that its readers need no Rust, and must be exactly what would be printed now.

use crate::house::House;
use crate::process::output_of;
use std::process::Command;

const FILE: &str = "client/src/contracts.ts";

/// Writes the file anew.
pub(crate) fn write(house: &House) -> Result<bool, String> {
    std::fs::write(house.root.join(FILE), printed(house)?)
        .map_err(|error| format!("{FILE}: {error}"))?;
    Ok(true)
}

/// Whether the file is what the contracts would give today.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    if house.read(FILE)? == printed(house)? {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{FILE} is not what the contracts say: run `make types`"
    )])
}

fn printed(house: &House) -> Result<String, String> {
    output_of(
        Command::new("cargo")
            .args(["run", "--quiet", "--package", "aimdb-contracts"])
            .args(["--example", "typescript"])
            .current_dir(&house.root),
    )
}
