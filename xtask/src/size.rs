//! Holds what a tab downloads against its budget, gzipped, as `budgets.json` states it.
//!
//! `budgets.json` is the one place where the limits stand. Files are measured one by one, as a
//! server would compress them, and summed. A file that is named but not built is an error, so that
//! the gate cannot pass by measuring nothing. Of a `bundle` counts what a bundler makes of an entry,
//! without what it shares with an entry that is there `beside` it.

use crate::house::House;
use crate::process::output_of;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One line of `budgets.json`.
struct Budget {
    what: String,
    files: Vec<PathBuf>,
    bundle: Option<Bundle>,
    /// What it is to come to, where that is less than what it may not exceed.
    gzip_bytes_goal: Option<usize>,
    gzip_bytes_max: usize,
}

/// An entry of a package, and another that an application has anyway, if one is meant.
struct Bundle {
    entry: PathBuf,
    beside: Option<PathBuf>,
}

/// Measures every budget; `false` when one is exceeded.
pub(crate) fn check(house: &House) -> Result<bool, String> {
    let names: Vec<String> = budgets(house)?.keys().cloned().collect();
    let mut within = true;
    for name in names {
        within &= check_one(house, &name)?;
    }
    Ok(within)
}

/// Measures one budget and prints a line for each file and the sum.
pub(crate) fn check_one(house: &House, name: &str) -> Result<bool, String> {
    let budget = load(house, name)?;
    let mut sum = 0;
    for file in &budget.files {
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let gzipped = gzipped_len(&bytes)?;
        let shown = file.strip_prefix(&house.root).unwrap_or(file);
        println!(
            "  {:<38} {:>8} B, gzipped {:>7} B",
            shown.display(),
            bytes.len(),
            gzipped
        );
        sum += gzipped;
    }
    if let Some(bundle) = &budget.bundle {
        sum += bundled(house, name, bundle)?;
    }
    let limit = budget.gzip_bytes_max;
    let goal = budget
        .gzip_bytes_goal
        .map(|goal| format!(", goal {goal} B"));
    println!(
        "{}: {sum} B gzipped of {limit} B ({} %){}",
        budget.what,
        sum * 100 / limit.max(1),
        goal.unwrap_or_default()
    );
    if sum > limit {
        println!("TOO LARGE by {} B", sum - limit);
    }
    Ok(sum <= limit)
}

fn budgets(house: &House) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    match house.read_json("xtask/budgets.json")? {
        serde_json::Value::Object(map) => Ok(map),
        _ => Err("xtask/budgets.json: expected an object".into()),
    }
}

fn load(house: &House, name: &str) -> Result<Budget, String> {
    let all = budgets(house)?;
    let entry = all
        .get(name)
        .ok_or_else(|| format!("xtask/budgets.json has no {name:?}"))?;
    let wrong = |field: &str| format!("xtask/budgets.json: {name}.{field} is missing or wrong");
    let mut files = Vec::new();
    for pattern in entry["files"].as_array().ok_or_else(|| wrong("files"))? {
        files.extend(expand(
            house,
            pattern.as_str().ok_or_else(|| wrong("files"))?,
        )?);
    }
    let limit = entry["gzip_bytes_max"]
        .as_u64()
        .ok_or_else(|| wrong("gzip_bytes_max"))?;
    Ok(Budget {
        what: entry["what"]
            .as_str()
            .ok_or_else(|| wrong("what"))?
            .to_owned(),
        files,
        bundle: bundle_of(house, &entry["bundle"]),
        gzip_bytes_goal: entry["gzip_bytes_goal"]
            .as_u64()
            .and_then(|goal| usize::try_from(goal).ok()),
        gzip_bytes_max: usize::try_from(limit).map_err(|_| wrong("gzip_bytes_max"))?,
    })
}

fn bundle_of(house: &House, entry: &serde_json::Value) -> Option<Bundle> {
    let path = |field: &str| Some(house.root.join(entry[field].as_str()?));
    Some(Bundle {
        entry: path("entry")?,
        beside: path("beside"),
    })
}

/// What the entry adds, bundled, shortened and gzipped.
fn bundled(house: &House, name: &str, bundle: &Bundle) -> Result<usize, String> {
    let folder = house.root.join("target/size").join(name);
    let added = match &bundle.beside {
        None => bundle_len(house, &folder.join("alone"), &[&bundle.entry])?,
        Some(beside) => {
            let alone = bundle_len(house, &folder.join("beside"), &[beside])?;
            let both = bundle_len(house, &folder.join("both"), &[beside, &bundle.entry])?;
            both.saturating_sub(alone)
        }
    };
    let shown = bundle
        .entry
        .strip_prefix(&house.root)
        .unwrap_or(&bundle.entry);
    println!("  {:<38} bundled, gzipped {added:>7} B", shown.display());
    Ok(added)
}

/// The size of all chunks that the bundler of the pages makes of some entries.
fn bundle_len(house: &House, folder: &Path, entries: &[&Path]) -> Result<usize, String> {
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(io)?;
    }
    output_of(
        Command::new(house.npm_tool("rolldown")?)
            .args(["--minify", "--format", "esm", "--platform", "browser"])
            // An application has it anyway.
            .args(["--external", "react"])
            // `'use client'` is for servers, which read the files as they are.
            .arg("--no-checks.moduleLevelDirective")
            .arg("--dir")
            .arg(folder)
            .args(entries),
    )?;
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let bytes = std::fs::read(entry.map_err(io)?.path()).map_err(io)?;
        sum += gzipped_len(&bytes)?;
    }
    Ok(sum)
}

/// The files of a pattern: a path, or `folder/*.extension`.
fn expand(house: &House, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let Some((folder, extension)) = pattern.split_once("/*.") else {
        return Ok(vec![house.root.join(pattern)]);
    };
    let entries = std::fs::read_dir(house.root.join(folder))
        .map_err(|error| format!("{folder}: {error} (is it built?)"))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(format!("{pattern}: no such file (is it built?)"));
    }
    Ok(found)
}

/// The size after gzip at its best level.
pub(crate) fn gzipped_len(bytes: &[u8]) -> Result<usize, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .map_err(|error| error.to_string())?;
    Ok(encoder.finish().map_err(|error| error.to_string())?.len())
}
