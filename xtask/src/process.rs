//! Runs other programs: quietly for their output, or with every line shown as it comes.

use crate::house::House;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs a command, lets it print, and says what failed if it did.
pub(crate) fn must(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("{name}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} ended with {status}"))
    }
}

/// Runs a command and returns what it printed on standard output.
pub(crate) fn output_of(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command through a shell that joins both of its outputs, shows each line as it comes, hands
/// it to `each_line`, and says whether the command succeeded.
pub(crate) fn watched(
    house: &House,
    line: &str,
    environment: &[(String, String)],
    mut each_line: impl FnMut(&str),
) -> Result<bool, String> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(&house.root)
        .envs(environment.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("sh: {error}"))?;
    if let Some(output) = child.stdout.take() {
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        while reader
            .read_until(b'\n', &mut bytes)
            .map_err(|error| error.to_string())?
            > 0
        {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches(['\n', '\r']);
            println!("{text}");
            each_line(text);
            bytes.clear();
        }
    }
    Ok(child.wait().map_err(|error| error.to_string())?.success())
}

/// The cargo that builds for wasm, with its settings: the usual one, unless `scripts/setup.sh` had
/// to fall back to the compiler of the distribution and left its settings in a file.
pub(crate) fn wasm_toolchain(house: &House) -> (PathBuf, Vec<(String, String)>) {
    let mut cargo = PathBuf::from("cargo");
    let mut environment = Vec::new();
    let settings = std::fs::read_to_string(house.root.join("target/wasm-toolchain.env"));
    for (key, value) in settings
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split_once('='))
    {
        match key {
            "CARGO" => cargo = PathBuf::from(value),
            _ => environment.push((key.to_owned(), value.to_owned())),
        }
    }
    (cargo, environment)
}

/// The first of these commands that `PATH` has, or the one that a variable names.
pub(crate) fn find_program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(PathBuf::from(path));
    }
    let folders = std::env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&folders).map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

/// Seconds since `start`, for a progress line.
pub(crate) fn seconds_since(start: Instant) -> String {
    format!("{:.1} s", start.elapsed().as_secs_f64())
}
