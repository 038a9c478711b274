//! Text cut at a letter of ASCII: the searches of the standard library are for any text, and several times as long.

use alloc::vec::Vec;

/// What stands before the first `mark`, and behind it.
pub(crate) fn at_first(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    around(text, at)
}

/// What stands before the last `mark`, and behind it.
pub(crate) fn at_last(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == mark)?;
    around(text, at)
}

fn around(text: &str, at: usize) -> Option<(&str, &str)> {
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The parts between all `mark`s, at least one.
pub(crate) fn at_each(mut text: &str, mark: u8) -> Vec<&str> {
    let mut parts = Vec::new();
    while let Some((part, rest)) = at_first(text, mark) {
        parts.push(part);
        text = rest;
    }
    parts.push(text);
    parts
}

/// The text without the `mark`s at its end.
pub(crate) fn from_end(mut text: &str, mark: u8) -> &str {
    while let Some((before, "")) = at_last(text, mark) {
        text = before;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_as_the_standard_library_does_it() {
        for text in ["", "/", "a", "a/b", "/a//b/", "//", "ä/ö/", "ä"] {
            assert_eq!(at_first(text, b'/'), text.split_once('/'), "{text}");
            assert_eq!(at_last(text, b'/'), text.rsplit_once('/'), "{text}");
            assert_eq!(at_each(text, b'/'), text.split('/').collect::<Vec<_>>());
            assert_eq!(from_end(text, b'/'), text.trim_end_matches('/'), "{text}");
        }
    }
}
