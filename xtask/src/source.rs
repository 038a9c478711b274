//! Source text without what is no code: for rules that look for words and paths.
//!
//! Good enough for such rules and no parser: raw strings are read as plain ones, so one that holds quotes moves text
//! between code and literal, and hides at most itself.

use std::iter::Peekable;
use std::str::Chars;

/// Rust without comments and without the contents of string literals. Lines stay where they are.
pub(crate) fn rust_code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('/', Some('/' | '*')) => code.push_str(&skip_comment(&mut letters)),
            ('"', _) => code.push_str(&skip_text(&mut letters, '"')),
            ('\'', Some('"')) => {
                letters.next();
            }
            _ => code.push(letter),
        }
    }
    code
}

/// TypeScript without comments. Text literals stay: what a file imports stands in one.
pub(crate) fn script_without_comments(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('/', Some('/' | '*')) => code.push_str(&skip_comment(&mut letters)),
            ('"' | '\'', _) => copy_text(letter, &mut letters, &mut code),
            _ => code.push(letter),
        }
    }
    code
}

/// Goes behind a comment whose first slash was taken, and gives the lines it had.
fn skip_comment(letters: &mut Peekable<Chars<'_>>) -> String {
    if letters.next() == Some('/') {
        letters.by_ref().find(|next| *next == '\n');
        return "\n".to_owned();
    }
    let mut lines = String::from(" ");
    let mut last = ' ';
    for letter in letters.by_ref() {
        if letter == '\n' {
            lines.push('\n');
        }
        if std::mem::replace(&mut last, letter) == '*' && letter == '/' {
            break;
        }
    }
    lines
}

/// Goes behind a text literal whose first quote was taken, and gives the lines it had.
fn skip_text(letters: &mut Peekable<Chars<'_>>, quote: char) -> String {
    let mut lines = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '\n' => lines.push('\n'),
            _ if letter == quote => break,
            _ => {}
        }
    }
    lines
}

/// Copies a text literal whose first quote was taken. One ends with its line: an apostrophe in a regular
/// expression or between tags opens none.
fn copy_text(quote: char, letters: &mut Peekable<Chars<'_>>, code: &mut String) {
    code.push(quote);
    while let Some(letter) = letters.next() {
        code.push(letter);
        match letter {
            '\\' => code.extend(letters.next()),
            '\n' => return,
            _ if letter == quote => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_keeps_code_only() {
        let check =
            |source: &str, expected: &str| assert_eq!(rust_code(source), expected, "{source}");
        check("a // b\nc", "a \nc");
        check("a /* b\n */ c", "a  \n c");
        check("a(\"b \\\" c\", d)", "a(, d)");
        check("'\"' a", "' a");
    }

    #[test]
    fn a_script_keeps_its_texts() {
        let check = |source: &str, expected: &str| {
            assert_eq!(script_without_comments(source), expected, "{source}");
        };
        check("import './a.js' // b", "import './a.js' \n");
        check("'http://a' /* 'b' */", "'http://a'  ");
        check("it's\n// b\nc", "it's\n\nc");
    }
}
