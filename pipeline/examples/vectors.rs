//! Runs a file of pipeline vectors and prints what fails: `cargo run --example vectors -- FILE`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("give the file of vectors");
        return ExitCode::from(2);
    };
    let file = std::fs::read_to_string(&path).map_err(|error| error.to_string());
    let file = file.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    let file: serde_json::Value = match file {
        Ok(file) => file,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    let outcome = support::vectors::run(&file);
    for failure in &outcome.failures {
        println!(
            "{}\n  expected {}\n  got      {}",
            failure.id, failure.expected, failure.got
        );
    }
    println!(
        "{} passed, {} failed",
        outcome.passed,
        outcome.failures.len()
    );
    if outcome.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
