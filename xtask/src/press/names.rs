//! Short names for what a module imports and exports, in it and in the files beside it.
//!
//! wasm-bindgen's names carry a hash of 16 digits, which nothing compresses, and stand in the module and in its glue. Nobody
//! else says them: what JavaScript calls are the glue's classes and functions. `memory` is the exception and stays.

use std::collections::HashMap;

/// The one export that is used by its name.
const KEPT: &str = "memory";

/// What the glue's object of imports is called in the module, in place of the name of a file.
pub(super) const IMPORTED_FROM: &str = "a";

/// What wasm-bindgen has in its place.
const FILE_SUFFIX: &str = "_bg.js\"";

/// How the last line of a function begins that the glue gives.
const END_OF_IMPORT: &str = "        }";

/// The new names by the old ones.
#[derive(Default)]
pub(crate) struct Names {
    imports: HashMap<String, String>,
    exports: HashMap<String, String>,
}

impl Names {
    pub(super) fn add_import(&mut self, name: &str) {
        let short = short(self.imports.len());
        self.imports.insert(name.to_owned(), short);
    }

    pub(super) fn add_export(&mut self, name: &str) {
        let new = match name {
            KEPT => name.to_owned(),
            _ => short(self.exports.len()),
        };
        self.exports.insert(name.to_owned(), new);
    }

    pub(super) fn of_import<'n>(&'n self, name: &'n str) -> &'n str {
        self.imports.get(name).map_or(name, String::as_str)
    }

    pub(super) fn of_export<'n>(&'n self, name: &'n str) -> &'n str {
        self.exports.get(name).map_or(name, String::as_str)
    }

    /// The glue, or its types, with the new names. An error if a name is not there or not once.
    pub(crate) fn in_glue(&self, glue: &str) -> Result<String, String> {
        let mut imports = 0;
        let mut text = String::with_capacity(glue.len());
        let mut lines = glue.lines();
        while let Some(line) = lines.next() {
            match line.trim_start().split_once(": function(") {
                Some((name, rest)) if self.imports.contains_key(name) => {
                    imports += 1;
                    text.push_str(self.of_import(name));
                    text.push_str(": function(");
                    text.push_str(rest);
                }
                // wasm-opt found that nobody calls it.
                Some((name, _)) if name.starts_with("__wb") => {
                    lines.find(|line| line.starts_with(END_OF_IMPORT));
                    continue;
                }
                _ if line.trim_end().ends_with(": import0,") && line.contains(FILE_SUFFIX) => {
                    text.push_str(&format!("{IMPORTED_FROM}: import0,"));
                }
                _ => text.push_str(&self.with_exports(line, "wasm.")),
            }
            text.push('\n');
        }
        if imports != self.imports.len() {
            let all = self.imports.len();
            return Err(format!(
                "the glue gives {imports} of {all} imports: its form has changed"
            ));
        }
        Ok(text)
    }

    /// The types of the glue or of the module, with the new names.
    pub(crate) fn in_types(&self, types: &str) -> String {
        let mut text = String::with_capacity(types.len());
        for line in types.lines() {
            let line = self.with_exports(line, "export const ");
            text.push_str(&self.with_exports(&line, "    readonly "));
            text.push('\n');
        }
        text
    }

    /// A line in which the exports that are named after `before` have their new names.
    fn with_exports(&self, line: &str, before: &str) -> String {
        let mut parts = line.split(before);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
            let (name, rest) = part.split_at(end.unwrap_or(part.len()));
            text.push_str(before);
            text.push_str(self.of_export(name));
            text.push_str(rest);
        }
        text
    }
}

/// The name of a number: a letter, then a letter and a number. No word of JavaScript is among them.
fn short(number: usize) -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let letter = letters[number % letters.len()];
    match number / letters.len() {
        0 => letter.to_string(),
        more => format!("{letter}{}", more - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, short};

    #[test]
    fn names_are_short_and_none_comes_twice() {
        assert_eq!(short(0), "a");
        assert_eq!(short(51), "Z");
        assert_eq!(short(52), "a0");
        assert_eq!(short(52 * 11 + 1), "b10");
        let mut all: Vec<String> = (0..2_000).map(short).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 2_000);
    }

    #[test]
    fn glue_and_types_get_the_names_and_nothing_else_changes() {
        let mut names = Names::default();
        names.add_import("__wbg_now_54ce");
        names.add_export("memory");
        names.add_export("engine_claim");
        names.add_export("engine_claimed");
        let glue = "        __wbg_gone_11: function() {\n            gone();\n        },\n    \
                    \"./engine_bg.js\": import0,\n __wbg_now_54ce: function() {\n\
                    f(wasm.engine_claimed, wasm.engine_claim(1), wasm.memory, engine_claim);\n";
        assert_eq!(
            names.in_glue(glue).as_deref(),
            Ok("a: import0,\na: function() {\nf(wasm.c, wasm.b(1), wasm.memory, engine_claim);\n")
        );
        let missing = names
            .in_glue("nothing\n")
            .map_err(|problem| problem.contains("0 of 1"));
        assert_eq!(missing, Err(true));
        let types = "export const engine_claim: () => number;\n    readonly engine_claimed: 1;\n\
                     readonly engine_claim: 2;\n";
        assert_eq!(
            names.in_types(types),
            "export const b: () => number;\n    readonly c: 1;\nreadonly engine_claim: 2;\n"
        );
    }
}
