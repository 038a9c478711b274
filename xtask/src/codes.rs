//! Holds the codes of errors together: one dialect, each written once, none that nothing raises.
//!
//! Four crates declare an `enum Code`, because those of level 0 do not use each other; an example of each prints it.
//! What TypeScript alone raises stands in one file of the client. Out of all of them the client's union of codes and the
//! table of the documentation are made.

use crate::house::House;
use crate::process::output_of;
use std::collections::BTreeMap;
use std::process::Command;

/// The crates that declare codes.
const CRATES: &[&str] = &[
    "aimdb-contracts",
    "aimdb-ws-protocol",
    "aimdb-pipeline",
    "aimdb-query",
];
/// Where the codes stand that only TypeScript raises.
const OWN: &str = "client/src/codes.ts";
/// The codes of Rust, in TypeScript.
const UNION: &str = "client/src/rust-codes.ts";
/// All codes, for people.
const TABLE: &str = "docs/codes.md";
/// Files that name codes without raising them.
const NAMING: &[&str] = &[
    OWN,
    UNION,
    "client/src/store/wasm/numbers.ts",
    "pipeline/twin/src/error.ts",
];

/// A code, and what it means.
#[derive(Debug, PartialEq)]
struct Code {
    word: String,
    about: String,
}

/// The files that are made of the codes, with what they must say.
pub(crate) fn files(house: &House) -> Result<Vec<(&'static str, String)>, String> {
    let (rust, own) = (of_rust(house)?, own_of(&house.read(OWN)?)?);
    Ok(vec![(UNION, union(&rust)), (TABLE, table(&rust, &own))])
}

/// What is wrong with the codes.
pub(crate) fn check(house: &House) -> Result<Vec<String>, String> {
    let (rust, own) = (of_rust(house)?, own_of(&house.read(OWN)?)?);
    let words = rust.iter().chain(&own).map(|code| code.word.as_str());
    let words: Vec<&str> = words.collect();
    let mut violations = dialect(&words);
    let mut is_raised: BTreeMap<&str, bool> = words.iter().map(|word| (*word, false)).collect();
    for path in house.tracked_files()? {
        let Ok(text) = house.read(&path) else {
            continue;
        };
        if path.ends_with(".md") && path != "CHANGELOG.md" {
            let unknown = rows(&text).filter(|word| !words.contains(word));
            violations
                .extend(unknown.map(|word| format!("{path} lists `{word}`, which is no code")));
        } else if path.ends_with(".rs") && is_source(&path) {
            let own = unlisted(&text).map(|line| {
                format!("{path}:{line}: a code is written out: take it from an `enum Code`")
            });
            violations.extend(own);
        }
        if is_source(&path) {
            for (word, is_raised) in &mut is_raised {
                *is_raised = *is_raised || raises(&path, &text, word);
            }
        }
    }
    let dead = is_raised.into_iter().filter(|(_, is_raised)| !is_raised);
    violations.extend(dead.map(|(word, _)| format!("nothing raises {word}")));
    Ok(violations)
}

fn of_rust(house: &House) -> Result<Vec<Code>, String> {
    let mut codes = Vec::new();
    for package in CRATES {
        let printed = output_of(
            Command::new("cargo")
                .args(["run", "--quiet", "--package", package, "--example", "codes"])
                .current_dir(&house.root),
        )?;
        codes.extend(printed.lines().filter_map(|line| {
            let (word, about) = line.split_once('\t')?;
            Some(Code {
                word: word.into(),
                about: about.into(),
            })
        }));
    }
    Ok(codes)
}

/// The codes of the client's own list: each is a line below the line that says what it means.
fn own_of(source: &str) -> Result<Vec<Code>, String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let mut codes = Vec::new();
    for pair in lines.windows(2) {
        let Some(word) = pair[1].strip_prefix("| '") else {
            continue;
        };
        let about = pair[0].strip_prefix("/** ");
        let about = about.and_then(|about| about.strip_suffix(" */"));
        codes.push(Code {
            word: word.trim_end_matches(';').trim_end_matches('\'').into(),
            about: about
                .ok_or_else(|| format!("{OWN}: no sentence stands above {}", pair[1]))?
                .into(),
        });
    }
    Ok(codes)
}

fn union(codes: &[Code]) -> String {
    let mut text = String::from(
        "// Written from the `Code`s of the crates by `make types`: do not edit.\n\n\
         /** What Rust raises. */\nexport type RustErrorCode =",
    );
    for Code { word, about } in codes {
        text += &format!("\n  /** {about} */\n  | '{word}'");
    }
    text + ";\n"
}

fn table(rust: &[Code], own: &[Code]) -> String {
    let mut all: Vec<&Code> = rust.iter().chain(own).collect();
    all.sort_by(|left, right| left.word.cmp(&right.word));
    let mut text = String::from(
        "<!-- Written from the `Code`s of the crates and of the client by `make types`: do not edit. -->\n\
         # Codes of errors\n\n\
         Every error, in Rust and in TypeScript, has a `code`, which says what failed. Codes do not change, and each\n\
         means the same wherever it is raised. Where there is a finer why, it is the `reason`, in lower case: that of the\n\
         [wire](wire.md), of a [contract](contracts.md), or of a write that was not sent.\n\n\
         | code | what failed, and what to do |\n|---|---|\n",
    );
    for Code { word, about } in all {
        text += &format!("| `{word}` | {about} |\n");
    }
    text
}

fn dialect(words: &[&str]) -> Vec<String> {
    let mut violations = Vec::new();
    for (place, word) in words.iter().enumerate() {
        if !is_screaming(word) {
            violations.push(format!("{word} is not in SCREAMING_SNAKE_CASE"));
        }
        if words[..place].contains(word) {
            violations.push(format!("{word} is declared twice"));
        }
    }
    violations
}

fn is_screaming(word: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase());
    word.split('_').all(is_part)
}

/// Whether a file is code that runs, not a test or a tool.
fn is_source(path: &str) -> bool {
    let is_code = path.ends_with(".rs") || path.ends_with(".ts") || path.ends_with(".tsx");
    let aside = [
        "tests",
        "test",
        "examples",
        "bench",
        "xtask",
        "vectors",
        "conformance",
    ];
    is_code && !path.split('/').any(|folder| aside.contains(&folder))
}

/// Whether a file raises a code, by its name in the language.
fn raises(path: &str, text: &str, word: &str) -> bool {
    if NAMING.contains(&path) || path.ends_with("/code.rs") {
        return false;
    }
    if !path.ends_with(".rs") {
        return text.contains(&format!("'{word}'"));
    }
    let name = format!("Code::{}", variant(word));
    text.match_indices(&name).any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        !next.is_some_and(char::is_alphanumeric)
    })
}

/// `KEY_TAKEN` as `KeyTaken`.
fn variant(word: &str) -> String {
    let parts = word.split('_').map(|part| {
        let (head, tail) = part.split_at(part.len().min(1));
        head.to_owned() + &tail.to_lowercase()
    });
    parts.collect()
}

/// The lines of a source where a `fn code` answers with a text of its own.
fn unlisted(text: &str) -> impl Iterator<Item = usize> {
    let mut inside = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let indent = line.len() - line.trim_start().len();
        if line.contains("pub fn code(") {
            inside = Some(indent);
        } else if line.trim() == "}" && inside == Some(indent) {
            inside = None;
        }
        (inside.is_some() && line.contains('"')).then_some(index + 1)
    })
}

/// The codes of a document's tables: rows whose first cell lists such words and nothing else.
fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let cell = line
            .strip_prefix("| ")
            .and_then(|row| row.split(" |").next());
        let words: Option<Vec<&str>> = cell.and_then(|cell| {
            let bare = |word: &'_ str| -> Option<(usize, usize)> {
                let inner = word.strip_prefix('`')?.strip_suffix('`')?;
                (is_screaming(inner) && inner.len() > 1).then_some((1, inner.len() + 1))
            };
            cell.split(", ")
                .map(|word| bare(word).map(|(from, to)| &word[from..to]))
                .collect()
        });
        words.unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_by_its_name_in_the_language() {
        let check = |path, text, word| raises(path, text, word);
        assert!(check("a/src/b.rs", "Code::Cycle.as_str()", "CYCLE"));
        assert!(!check("a/src/b.rs", "Code::CyclesUntold", "CYCLE"));
        assert!(check("a/src/b.rs", "ErrorCode::WriteError,", "WRITE_ERROR"));
        assert!(!check("contracts/src/code.rs", "Code::Cycle", "CYCLE"));
        assert!(check(
            "client/src/db.ts",
            "new E('NO_BRIDGE', x)",
            "NO_BRIDGE"
        ));
        assert!(!check(OWN, "| 'NO_BRIDGE'", "NO_BRIDGE"));
        assert!(!is_source("client/test/a.ts") && !is_source("docs/codes.md"));
    }

    #[test]
    fn the_own_list_is_read_with_its_sentences() {
        let list = "type A =\n  /** One. */\n  | 'A_B'\n  /** Two. */\n  | 'C';\n";
        let code = |word: &str, about: &str| Code {
            word: word.into(),
            about: about.into(),
        };
        assert_eq!(
            own_of(list),
            Ok(vec![code("A_B", "One."), code("C", "Two.")])
        );
        assert!(own_of("type A =\n  | 'A';\n").is_err());
    }

    #[test]
    fn words_of_another_dialect_and_twins_are_told() {
        assert!(dialect(&["A_B", "C"]).is_empty());
        assert_eq!(dialect(&["a_b", "A__B", "C", "C"]).len(), 3);
    }

    #[test]
    fn a_code_that_is_written_out_is_told_by_its_line() {
        let source = "    pub fn code(&self) -> &'static str {\n        \"X\"\n    }\n    \"Y\"\n";
        assert_eq!(unlisted(source).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn rows_of_codes_are_those_with_nothing_else_in_the_first_cell() {
        let text = "| `A_B`, `C_D` | x |\n| `a` | `E_F` |\n| `G_H` and more | y |\n`I_J`\n";
        assert_eq!(rows(text).collect::<Vec<_>>(), ["A_B", "C_D"]);
    }

    #[test]
    fn the_union_is_what_the_formatter_leaves() {
        let codes = [Code {
            word: "A".into(),
            about: "One.".into(),
        }];
        assert!(union(&codes).ends_with("RustErrorCode =\n  /** One. */\n  | 'A';\n"));
    }
}
