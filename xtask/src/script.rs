//! What a TypeScript or JavaScript file imports by a relative path.

use crate::source::script_without_comments;

/// One relative import.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// As it stands in the file.
    pub(crate) specifier: String,
    /// The path it means, relative to the root, with the extension that the file gave.
    pub(crate) target: String,
}

/// Whether a path is one of a TypeScript or JavaScript file.
pub(crate) fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name.rsplit_once('.').map(|(_, extension)| extension),
        Some("ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs")
    )
}

/// The relative imports of a file: static and dynamic ones, of types too, and what it exports from elsewhere.
pub(crate) fn imports_of(path: &str, source: &str) -> Vec<Import> {
    let code = script_without_comments(source);
    let mut imports = Vec::new();
    for quote in ['\'', '"'] {
        let mut pieces = code.split(quote);
        let mut before = pieces.next().unwrap_or_default();
        for piece in pieces {
            if piece.starts_with('.') && introduces(before) {
                imports.push(Import {
                    specifier: piece.to_owned(),
                    target: joined(path, piece),
                });
            }
            before = piece;
        }
    }
    imports
}

/// Whether what stands before a text literal makes an import of it.
fn introduces(before: &str) -> bool {
    let before = before.trim_end();
    let word_ends = |text: &str, word: &str| {
        text.strip_suffix(word).is_some_and(|rest| {
            !rest.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '$' | '.'))
        })
    };
    match before.strip_suffix('(') {
        Some(call) => ["import", "require"]
            .iter()
            .any(|word| word_ends(call.trim_end(), word)),
        None => word_ends(before, "import") || word_ends(before, "from"),
    }
}

/// The path that a relative specifier means in a file.
fn joined(path: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_import_is_found() {
        let check = |code: &str, expected: &[&str]| {
            let targets: Vec<String> = imports_of("a/src/b/c.ts", code)
                .into_iter()
                .map(|import| import.target)
                .collect();
            assert_eq!(targets, expected, "{code}");
        };
        check("import { a } from './a.js';", &["a/src/b/a.js"]);
        check("import type { A } from \"../a.js\";", &["a/src/a.js"]);
        check("import {\n  a,\n} from\n  './a.js';", &["a/src/b/a.js"]);
        check(
            "import './a.js'; export * from './b.js';",
            &["a/src/b/a.js", "a/src/b/b.js"],
        );
        check("type A = import('../../x/a.js').A;", &["a/x/a.js"]);
        check("const a = await import( './a.js' );", &["a/src/b/a.js"]);
        check("require('./a.cjs')", &["a/src/b/a.cjs"]);
        check("import { a } from 'react';", &[]);
        check("// import './a.js'\nconst a = './a.js';", &[]);
        check("new URL('./a.js', import.meta.url)", &[]);
        check("db.import('./a.js')", &[]);
    }
}
