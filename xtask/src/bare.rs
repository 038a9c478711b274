//! Holds the crates that say `no_std` to it: each is checked for a machine without an operating system.
//!
//! On any other target a crate that reaches the standard library by one of its dependencies would build all the same.
//! The rooms that the table of edges calls bare must say it, and every library that says it is checked, alone, since
//! the features that another one turns on could hide what it lacks.

use crate::edges;
use crate::findings::Findings;
use crate::house::House;
use crate::process::output_of;
use crate::source::rust_code;
use crate::workspace::{Crate, crates};
use std::path::PathBuf;
use std::process::Command;

/// A microcontroller with an allocator and nothing else: no threads, no clock, no files.
const TARGET: &str = "thumbv7em-none-eabihf";

/// Crates that say `no_std` and stand on JavaScript, which no such machine has.
const FOR_A_BROWSER: &[&str] = &["aimdb-regexp"];

/// The crates that do not build there.
pub(crate) fn check(house: &House) -> Result<Findings, String> {
    let mut findings = Findings::default();
    let crates = crates(house)?;
    let mut wanted = Vec::new();
    for one in &crates {
        let says_so = says_no_std(house, one);
        if edges::bare().any(|name| name == one.name) && !says_so {
            findings.broken.push(format!(
                "{} is bare in xtask/src/edges/rooms.rs and does not say #![no_std]",
                one.name
            ));
        }
        if says_so && !FOR_A_BROWSER.contains(&one.name.as_str()) {
            wanted.push(one.name.as_str());
        }
    }
    let Some(library) = Library::find()? else {
        findings.not_run.push(format!(
            "{TARGET} is not installed, nor the source to build it from: rustup target add {TARGET}"
        ));
        return Ok(findings);
    };
    for name in wanted {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["check", "--quiet", "--target", TARGET, "--package", name])
            .current_dir(&house.root);
        if let Library::Source = library {
            cargo
                .arg("-Zbuild-std=core,alloc")
                .env("RUSTC_BOOTSTRAP", "1");
        }
        if let Err(problem) = output_of(&mut cargo) {
            findings.broken.push(format!(
                "{name} does not build for {TARGET}: {problem} (cargo check --target {TARGET} -p {name})"
            ));
        }
    }
    Ok(findings)
}

/// Whether a crate's root says it for every target.
fn says_no_std(house: &House, one: &Crate) -> bool {
    let root = format!("{}/src/lib.rs", one.folder);
    house
        .read(&root)
        .is_ok_and(|source| rust_code(&source).contains("#![no_std]"))
}

/// Where the target's `core` and `alloc` come from.
enum Library {
    Built,
    Source,
}

impl Library {
    /// The one that is built if it is there, else its source; nothing if neither is.
    fn find() -> Result<Option<Library>, String> {
        let sysroot = output_of(Command::new("rustc").args(["--print", "sysroot"]))?;
        let rustlib = PathBuf::from(sysroot.trim()).join("lib/rustlib");
        if rustlib.join(TARGET).join("lib").is_dir() {
            Ok(Some(Library::Built))
        } else if rustlib.join("src/rust/library/core").is_dir() {
            Ok(Some(Library::Source))
        } else {
            Ok(None)
        }
    }
}
