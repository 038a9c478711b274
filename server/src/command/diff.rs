//! `aimdb-server contract diff`: what a change of a contract breaks, as text and as JSON.
//!
//! Guarantees: with a level, the exit code says whether every pair meets it. Does not: judge; the library does.

use crate::config::read_contract;
use aimdb_contracts::Schema;
use aimdb_contracts::compat::{Change, Example, Level, Report, Verdict, compare};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

/// What to compare.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The older contract file
    old: PathBuf,
    /// The newer contract file
    new: PathBuf,
    /// Versions before OLD, the oldest first: each is compared with every later one
    #[arg(long, value_name = "FILE", num_args = 1..)]
    all: Vec<PathBuf>,
    /// Exit with 1 unless this is kept for sure
    #[arg(long)]
    level: Option<LevelArg>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is demanded.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LevelArg {
    /// Readers of the newer take what the older wrote
    Backward,
    /// Readers of the older take what the newer writes
    Forward,
    /// Both
    Full,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Backward => Self::Backward,
            LevelArg::Forward => Self::Forward,
            LevelArg::Full => Self::Full,
        }
    }
}

/// A pair of the chain, by position.
struct Pair {
    old: usize,
    new: usize,
    report: Report,
}

/// Compares, and gives what is to be printed and whether the level is met.
///
/// # Errors
/// A file cannot be used: says which, where and why.
pub(crate) fn run(args: &DiffArgs) -> Result<(String, bool), Box<dyn Error>> {
    let files: Vec<&PathBuf> = args.all.iter().chain([&args.old, &args.new]).collect();
    let schemas = files
        .iter()
        .map(|file| read_contract(file))
        .collect::<Result<Vec<Schema>, _>>()?;
    let mut pairs = Vec::new();
    for new in 1..schemas.len() {
        for old in 0..new {
            let report = compare(&schemas[old], &schemas[new]);
            pairs.push(Pair { old, new, report });
        }
    }
    let level = args.level.map(Level::from);
    let is_met = level.is_none_or(|level| pairs.iter().all(|pair| pair.report.meets(level)));
    let name = |at: usize| files[at].display().to_string();
    if args.json {
        let pairs: Vec<Value> = pairs.iter().map(|pair| pair_json(pair, name)).collect();
        let said = serde_json::to_string_pretty(&json!({ "met": is_met, "pairs": pairs }))?;
        return Ok((said + "\n", is_met));
    }
    let mut said = String::new();
    for pair in &pairs {
        write_pair(&mut said, pair, name)?;
    }
    Ok((said, is_met))
}

fn pair_json(pair: &Pair, name: impl Fn(usize) -> String) -> Value {
    let Report {
        changes,
        backward,
        forward,
        backward_example,
        forward_example,
    } = &pair.report;
    let change = |change: &Change| {
        json!({
            "place": change.place,
            "what": change.what,
            "backward": change.backward.as_str(),
            "forward": change.forward.as_str(),
            "mend": change.mend,
        })
    };
    let example = |example: &Option<Example>| {
        example
            .as_ref()
            .map(|example| json!({ "value": example.value, "refusal": example.refusal }))
    };
    json!({
        "old": name(pair.old),
        "new": name(pair.new),
        "backward": backward.as_str(),
        "forward": forward.as_str(),
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "backwardExample": example(backward_example),
        "forwardExample": example(forward_example),
    })
}

fn write_pair(out: &mut String, pair: &Pair, name: impl Fn(usize) -> String) -> std::fmt::Result {
    let report = &pair.report;
    writeln!(out, "{} -> {}", name(pair.old), name(pair.new))?;
    if report.changes.is_empty() {
        writeln!(out, "  no change")?;
    }
    for Change {
        place,
        what,
        backward,
        forward,
        mend,
    } in &report.changes
    {
        let place = if place.is_empty() {
            "the contract"
        } else {
            place
        };
        writeln!(out, "  {place}: {what}{}", sides(*backward, *forward))?;
        if let Some(mend) = mend {
            writeln!(out, "    mend: {mend}")?;
        }
    }
    for (side, verdict, example) in [
        ("backward", report.backward, &report.backward_example),
        ("forward", report.forward, &report.forward_example),
    ] {
        let words = match verdict {
            Verdict::Holds => "yes",
            Verdict::MayBreak => "not for sure",
            Verdict::Breaks => "no",
        };
        writeln!(out, "  {side} compatible: {words}")?;
        if let Some(Example { value, refusal }) = example {
            writeln!(out, "    for instance {}", value.to_text())?;
            writeln!(out, "    is refused: {refusal}")?;
        }
    }
    Ok(())
}

/// Which sides a change breaks, in words.
fn sides(backward: Verdict, forward: Verdict) -> String {
    let mut words = String::new();
    for (side, verdict) in [("backward", backward), ("forward", forward)] {
        let word = match verdict {
            Verdict::Holds => continue,
            Verdict::MayBreak => "may break",
            Verdict::Breaks => "breaks",
        };
        words = words + ", " + word + " " + side;
    }
    words
}
