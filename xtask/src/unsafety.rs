//! Holds the list of crates that forbid unsafe code, and of the files where it may stand.
//!
//! A crate in `FORBIDDEN` must say `#![forbid(unsafe_code)]` at its root, so that the compiler keeps
//! the promise. Elsewhere the word may stand in code only in a file of `ALLOWED`, and a file listed
//! there that no longer needs it is reported too. Comments and text literals do not count.

use crate::house::House;
use crate::source::rust_code;

/// Crate roots that must forbid unsafe code.
const FORBIDDEN: &[&str] = &[
    "contracts/src/lib.rs",
    "contracts/derive/src/lib.rs",
    "ws-protocol/src/lib.rs",
    "pipeline/src/lib.rs",
    "replica/src/lib.rs",
    "query/src/lib.rs",
    "aimdb-core/src/lib.rs",
    "ws-bridge/src/lib.rs",
    "aimdb-tokio-adapter/src/lib.rs",
    "server/src/lib.rs",
    "server/src/main.rs",
    "xtask/src/main.rs",
];

/// Files in which unsafe code may stand, each with the fact that makes it sound.
const ALLOWED: &[(&str, &str)] = &[
    (
        "contracts/tests/allocations.rs",
        "an allocator that counts and passes every call on; a test of its own, nothing depends on it",
    ),
    (
        "pipeline/examples/bench.rs",
        "an allocator that counts and passes every call on; evidence only, nothing depends on it",
    ),
];

/// The crates that do not forbid it and the files that use it unlisted.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let mut violations = Vec::new();
    for path in FORBIDDEN {
        match house.read(path) {
            Ok(text) if text.contains("#![forbid(unsafe_code)]") => {}
            Ok(_) => violations.push(format!("{path} does not say #![forbid(unsafe_code)]")),
            Err(problem) => violations.push(problem),
        }
    }
    for path in house
        .tracked_files()?
        .iter()
        .filter(|path| path.ends_with(".rs"))
    {
        let listed = ALLOWED.iter().any(|(allowed, _)| allowed == path);
        let used = uses_unsafe(&house.read(path)?);
        if used && !listed {
            violations.push(format!(
                "{path} uses unsafe code and is not listed in xtask/src/unsafety.rs"
            ));
        }
        if listed && !used {
            violations.push(format!(
                "{path} is listed in xtask/src/unsafety.rs and uses no unsafe code"
            ));
        }
    }
    Ok(violations)
}

/// Whether the word `unsafe` stands in the code itself.
fn uses_unsafe(source: &str) -> bool {
    rust_code(source)
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .any(|word| word == "unsafe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_counts_only_in_code() {
        let check =
            |source: &str, expected: bool| assert_eq!(uses_unsafe(source), expected, "{source}");
        check("unsafe { read() }", true);
        check("let x = 1; unsafe fn f() {}", true);
        check("// unsafe\nlet x = 1;", false);
        check("/* unsafe */ let x = 1;", false);
        check("let x = \"unsafe\";", false);
        check("let x = \"\\\"\"; unsafe {}", true);
        check("let x = '\"'; unsafe {}", true);
        check("#![forbid(unsafe_code)]", false);
    }
}
