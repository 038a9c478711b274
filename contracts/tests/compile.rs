//! What the derive refuses is refused where it stands, in words; what it takes compiles without a warning.
//!
//! Lines of `tests/compile/` that end in `//~ words` are those where the compiler must report an error with these
//! words; every other line compiles. It is the text and the place that are compared, not what a version of the
//! compiler draws around them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aimdb_contracts::Json;

/// The programs, and at least how many errors are looked for in each.
const PROGRAMS: [(&str, usize); 3] = [("refused", 50), ("refused_by_type", 60), ("taken", 0)];

#[test]
fn the_compiler_says_what_is_wrong_with_a_contract_and_where() {
    let package = package();
    let reports = reports(&package);
    for (name, least) in PROGRAMS {
        let source = fs::read_to_string(program(name)).unwrap();
        let expected: Vec<(usize, &str)> = source
            .lines()
            .enumerate()
            .filter_map(|(index, line)| Some((index + 1, line.split_once("//~ ")?.1)))
            .collect();
        assert!(expected.len() >= least, "{name}: {} errors", expected.len());
        let mut found: Vec<_> = reports
            .iter()
            .filter(|report| report.program == name)
            .collect();
        for (line, words) in expected {
            let position = found
                .iter()
                .position(|report| report.line == line && report.rendered.contains(words));
            match position {
                Some(position) => drop(found.remove(position)),
                None => panic!("{name}.rs:{line}: expected an error with: {words}\n{found:#?}"),
            }
        }
        assert!(
            found.is_empty(),
            "{name}: errors without a `//~`: {found:#?}"
        );
    }
}

/// An error, and where the compiler says it is.
#[derive(Debug)]
struct Report {
    program: String,
    line: usize,
    rendered: String,
}

/// A package of these programs: each a binary of its own.
fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
    fs::create_dir_all(package.join("src/bin")).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = format!(
        "[package]\nname = \"compile\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\naimdb-contracts = {{ path = {here:?}, default-features = false, features = [\"std\"] }}\n\n\
         [workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    // The same versions of everything, which are on this machine already.
    fs::copy(here.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    for (name, _) in PROGRAMS {
        fs::copy(program(name), package.join(format!("src/bin/{name}.rs"))).unwrap();
    }
    package
}

fn program(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join(format!("tests/compile/{name}.rs"))
}

/// What the compiler says of all of them.
fn reports(package: &Path) -> Vec<Report> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = [
        "check",
        "--bins",
        "--keep-going",
        "--offline",
        "--message-format=json",
    ];
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text
        .lines()
        .filter(|line| line.contains("\"compiler-message\""));
    let reports: Vec<Report> = lines.filter_map(report).collect();
    assert!(
        !reports.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    reports
}

fn report(line: &str) -> Option<Report> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let json = Json::read_for_contract(&mut reader).ok()?;
    let message = json.get("message")?;
    let is_error = matches!(message.get("level")?.as_text()?, "error" | "warning");
    let spans = message.get("spans")?.as_list()?;
    let primary = spans
        .iter()
        .find(|span| span.get("is_primary").and_then(Json::as_bool) == Some(true))?;
    let program = json.get("target")?.get("name")?.as_text()?;
    // Of what a derive refuses a program is full of things that are never used.
    let is_unused = message.get("code")?.get("code").and_then(Json::as_text) == Some("dead_code");
    (is_error && !is_unused).then(|| Report {
        program: program.into(),
        line: primary
            .get("line_start")
            .and_then(Json::as_number)
            .unwrap()
            .to_f64() as usize,
        rendered: message
            .get("rendered")
            .and_then(Json::as_text)
            .unwrap()
            .into(),
    })
}
