//! Holds licences and sources of all crates, and which must not be there, against `deny.toml`, by cargo-deny.
//!
//! Advisories are not asked for: their database is on the network, and a check of the house says the same everywhere.

use crate::findings::Findings;
use crate::house::House;
use std::process::{Command, Output, Stdio};

/// What `scripts/setup.sh` installs. It reads this line.
const DENY_VERSION: &str = "0.20.2";

/// Each workspace, and the warning that is left out there: the list of licences belongs to the first.
const MANIFESTS: &[(&str, &[&str])] = &[
    ("Cargo.toml", &[]),
    ("bench/channels/Cargo.toml", NOT_ALL_LICENCES),
    ("bench/durable/Cargo.toml", NOT_ALL_LICENCES),
    ("bench/fanout/Cargo.toml", NOT_ALL_LICENCES),
    ("examples/own-engine/Cargo.toml", NOT_ALL_LICENCES),
    ("examples/rust-page/Cargo.toml", NOT_ALL_LICENCES),
    ("tests/fuzz/Cargo.toml", NOT_ALL_LICENCES),
];

const NOT_ALL_LICENCES: &[&str] = &["--allow", "license-not-encountered"];

/// What cargo-deny refuses.
pub(crate) fn check(house: &House) -> Result<Findings, String> {
    let tool = house.tool("cargo-deny");
    let version = run(Command::new(&tool).arg("--version"));
    let found = version.map_or_else(|_| "none".to_owned(), |output| text(&output.stdout));
    let wanted = format!("cargo-deny {DENY_VERSION}");
    if found.trim() != wanted {
        return Ok(Findings::not_run(format!(
            "{wanted} is wanted and here is {}: run scripts/setup.sh check",
            found.trim()
        )));
    }
    let mut findings = Findings::default();
    for (manifest, flags) in MANIFESTS {
        // All crates of a lockfile, for every platform, have to be here to be looked at.
        let crates = run(Command::new("cargo")
            .args([
                "metadata",
                "--locked",
                "--all-features",
                "--format-version",
                "1",
            ])
            .args(["--manifest-path", manifest])
            .current_dir(&house.root))?;
        if !crates.status.success() {
            let said = text(&crates.stderr);
            // The one failure that no network cures.
            if said.contains("because --locked was passed") {
                findings.broken.push(format!(
                    "{manifest}: its Cargo.lock is out of date: run cargo metadata there"
                ));
            } else {
                let why = said.trim();
                findings
                    .not_run
                    .push(format!("{manifest}: cargo could not get its crates: {why}"));
            }
            continue;
        }
        let verdict = run(Command::new(&tool)
            .args(["--offline", "--manifest-path", manifest])
            .args(["--config", "deny.toml", "check"])
            .args(*flags)
            .args(["licenses", "bans", "sources"])
            .current_dir(&house.root))?;
        if !verdict.status.success() {
            findings
                .broken
                .push(format!("{manifest}: {}", text(&verdict.stderr).trim()));
        }
    }
    Ok(findings)
}

fn run(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{name}: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
