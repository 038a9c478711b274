//! Builds the wasm package, runs every test suite and checks the house: what the Makefile's targets do.
//!
//! One subcommand per module. Each prints what it did and exits with a code other than zero when a
//! promise of the repository does not hold. It installs nothing; `scripts/setup.sh` does that.
#![forbid(unsafe_code)]

mod bare;
mod circles;
mod codes;
mod deny;
mod edges;
mod findings;
mod glue;
mod house;
mod plain;
mod press;
mod process;
mod script;
mod size;
mod snippets;
mod source;
mod suite;
mod tally;
mod tidy;
mod types;
mod unsafety;
mod wasm;
mod workspace;

use findings::Findings;
use house::House;
use std::process::ExitCode;

const HELP: &str = "usage: cargo run -p xtask -- COMMAND

  wasm             build the wasm engine into client/wasm, skipped when nothing changed
  size             compare what a tab downloads with its budget
  types            write the client's TypeScript that says what Rust says: contracts, numbers, codes
  check [RULE...]  check the house: edges, circles, unsafety, types, codes, snippets, tidy, bare, deny (all by default)
  test [STAGE...]  run the test suites and sum them (by default all but packages)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    match run(command, rest) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("xtask {command}: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one subcommand; `Ok(false)` means that it ran and found something wrong.
fn run(command: &str, rest: &[String]) -> Result<bool, String> {
    let house = House::find()?;
    match command {
        "wasm" => wasm::build(&house),
        "size" => size::check(&house),
        "types" => types::write(&house),
        "check" => check(&house, rest),
        "test" => suite::run(&house, rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(true)
        }
        other => Err(format!("there is no command {other:?}\n{HELP}")),
    }
}

/// A rule says what breaks it.
type Rule = fn(&House) -> Result<Findings, String>;

const RULES: [(&str, Rule); 9] = [
    ("edges", |house| edges::check(house).map(Findings::from)),
    ("circles", |house| circles::check(house).map(Findings::from)),
    ("unsafety", |house| {
        unsafety::check(house).map(Findings::from)
    }),
    ("types", |house| types::check(house).map(Findings::from)),
    ("codes", |house| codes::check(house).map(Findings::from)),
    ("snippets", |house| {
        snippets::check(house).map(Findings::from)
    }),
    ("tidy", |house| tidy::check(house).map(Findings::from)),
    ("bare", bare::check),
    ("deny", deny::check),
];

fn check(house: &House, wanted: &[String]) -> Result<bool, String> {
    if let Some(unknown) = wanted
        .iter()
        .find(|name| !RULES.iter().any(|rule| rule.0 == **name))
    {
        return Err(format!("there is no rule {unknown:?}"));
    }
    let mut broken = 0;
    let mut not_run = Vec::new();
    for (name, rule) in RULES {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        let findings = rule(house)?;
        println!("{name}: {}", findings.verdict());
        for line in findings.broken.iter().chain(&findings.not_run) {
            println!("  {line}");
        }
        broken += findings.broken.len();
        if !findings.not_run.is_empty() {
            not_run.push(name);
        }
    }
    if !not_run.is_empty() {
        println!("check: NOT RUN on this machine: {}", not_run.join(", "));
    }
    Ok(broken == 0)
}
