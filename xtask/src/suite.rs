//! Runs the test suites of the repository one after the other and sums what they report.
//!
//! Every stage that is wanted runs even when an earlier one failed. A stage that fails without a failed test counts
//! as one, and so does a stage that ran no test: silence is not success. The last line is
//! `N passed, N failed`.

use crate::house::House;
use crate::process::{find_program, seconds_since, wasm_toolchain, watched};
use crate::tally::Tally;
use std::time::Instant;

/// One suite: what it is called on the command line, its heading, and the shell line that runs it.
struct Stage {
    name: &'static str,
    heading: &'static str,
    line: &'static str,
    /// Whether it runs only when it is named: it has a target of its own.
    is_apart: bool,
}

const STAGES: &[Stage] = &[
    Stage {
        name: "native",
        heading: "Rust unit, property and conformance tests",
        line: "if cargo nextest --version >/dev/null 2>&1; \
               then cargo nextest run --workspace --features aimdb-wasm-adapter/engine --no-fail-fast --status-level fail --final-status-level fail; \
               else cargo test --workspace --features aimdb-wasm-adapter/engine --lib --bins --tests --no-fail-fast; fi",
        is_apart: false,
    },
    Stage {
        name: "doc",
        heading: "Rust examples in the documentation",
        line: "cargo test --workspace --features aimdb-wasm-adapter/engine --doc --no-fail-fast",
        is_apart: false,
    },
    Stage {
        name: "json-schema",
        heading: "The official JSON Schema suite, whose counts are told",
        line: "cargo test --workspace --features aimdb-wasm-adapter/engine --test suite -- --nocapture",
        is_apart: false,
    },
    Stage {
        name: "wasm",
        heading: "The engine in headless Chromium and in Node",
        line: "$WASM_CARGO test -p aimdb-wasm-adapter --target wasm32-unknown-unknown --no-fail-fast",
        is_apart: false,
    },
    Stage {
        name: "client",
        heading: "@aimdb/wasm",
        line: "npm test --silent --workspace @aimdb/wasm",
        is_apart: false,
    },
    Stage {
        name: "react",
        heading: "@aimdb/react, in Chromium and in a server render",
        line: "npm test --silent --workspace @aimdb/react",
        is_apart: false,
    },
    Stage {
        name: "twin",
        heading: "The rule pipeline in plain TypeScript, against the vectors and slow oracles",
        line: "npm test --silent --workspace @aimdb/pipeline-twin",
        is_apart: false,
    },
    Stage {
        name: "e2e",
        heading: "End to end: the pages against the real server, in Chromium and Firefox",
        line: "npm test --silent --workspace @aimdb/e2e",
        is_apart: false,
    },
    Stage {
        name: "interop",
        heading: "The published client against this server",
        line: "npm test --silent --workspace @aimdb/interop",
        is_apart: false,
    },
    Stage {
        name: "packages",
        heading: "The packages, packed and installed where people work",
        line: "npm test --silent --workspace @aimdb/places",
        is_apart: true,
    },
];

/// How one stage went.
struct Outcome {
    name: &'static str,
    tally: Tally,
    remark: Option<&'static str>,
    took: String,
}

/// Runs the wanted stages, or all that do not stand apart; `false` when anything failed.
pub(crate) fn run(house: &House, wanted: &[String]) -> Result<bool, String> {
    if let Some(unknown) = wanted
        .iter()
        .find(|name| !STAGES.iter().any(|stage| stage.name == **name))
    {
        let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(format!(
            "there is no stage {unknown:?}; there are {}",
            names.join(", ")
        ));
    }
    let environment = environment(house);
    let mut outcomes = Vec::new();
    for stage in STAGES {
        if is_wanted(stage, wanted) {
            outcomes.push(run_stage(house, stage, &environment)?);
        }
    }
    Ok(summarize(&outcomes))
}

fn is_wanted(stage: &Stage, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return !stage.is_apart;
    }
    wanted.iter().any(|name| name == stage.name)
}

fn run_stage(
    house: &House,
    stage: &Stage,
    environment: &[(String, String)],
) -> Result<Outcome, String> {
    println!("\n=== {}: {} ===", stage.name, stage.heading);
    let start = Instant::now();
    let mut tally = Tally::default();
    let succeeded = watched(house, stage.line, environment, |line| tally.read(line))?;
    let (counted, remark) = judge(tally, succeeded);
    Ok(Outcome {
        name: stage.name,
        tally: counted,
        remark,
        took: seconds_since(start),
    })
}

/// Turns a failure that no test reported into a failed test.
fn judge(tally: Tally, succeeded: bool) -> (Tally, Option<&'static str>) {
    let one_more = Tally {
        failed: tally.failed + 1,
        ..tally
    };
    match (succeeded, tally.ran_any(), tally.failed) {
        (false, _, 0) => (one_more, Some("the suite itself failed")),
        (true, false, _) => (one_more, Some("no test ran")),
        _ => (tally, None),
    }
}

fn summarize(outcomes: &[Outcome]) -> bool {
    println!("\n=== sum ===");
    let mut sum = Tally::default();
    for outcome in outcomes {
        let Tally { passed, failed } = outcome.tally;
        let remark = outcome
            .remark
            .map(|text| format!("  ({text})"))
            .unwrap_or_default();
        println!(
            "{:<8} {passed:>5} passed {failed:>3} failed  {:>8}{remark}",
            outcome.name, outcome.took
        );
        sum.add(outcome.tally);
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    sum.failed == 0
}

/// What the suites find in their environment: the browsers, the wasm compiler, where binaries lie.
fn environment(house: &House) -> Vec<(String, String)> {
    let (cargo, mut environment) = wasm_toolchain(house);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_tools = std::iter::once(house.tools()).chain(std::env::split_paths(&path));
    if let Ok(joined) = std::env::join_paths(with_tools) {
        environment.push(("PATH".to_owned(), joined.to_string_lossy().into_owned()));
    }
    let mut tell = |key: &str, path: Option<std::path::PathBuf>| {
        if let Some(path) = path {
            environment.push((key.to_owned(), path.to_string_lossy().into_owned()));
        }
    };
    tell("WASM_CARGO", Some(cargo));
    tell("AIMDB_TARGET_DIR", Some(house.target.clone()));
    tell(
        "CHROMEDRIVER",
        find_program("AIMDB_CHROMEDRIVER", &["chromedriver"]),
    );
    tell(
        "AIMDB_CHROMIUM",
        find_program(
            "AIMDB_CHROMIUM",
            &["chromium", "google-chrome", "chromium-browser"],
        ),
    );
    tell(
        "AIMDB_FIREFOX",
        find_program("AIMDB_FIREFOX", &["firefox-esr", "firefox"]),
    );
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_stands_apart_runs_only_when_it_is_named() {
        let names = |wanted: &[String]| -> Vec<&str> {
            let stages = STAGES.iter().filter(|stage| is_wanted(stage, wanted));
            stages.map(|stage| stage.name).collect()
        };
        assert!(names(&[]).contains(&"e2e"));
        assert!(!names(&[]).contains(&"packages"));
        assert_eq!(names(&["packages".to_owned()]), ["packages"]);
    }

    #[test]
    fn silence_and_crashes_count_as_failures() {
        let tally = |passed, failed| Tally { passed, failed };
        assert_eq!(judge(tally(0, 0), true).0, tally(0, 1));
        assert_eq!(judge(tally(3, 0), false).0, tally(3, 1));
        assert_eq!(judge(tally(3, 2), false).0, tally(3, 2));
        assert_eq!(judge(tally(3, 0), true).0, tally(3, 0));
    }
}
