//! Names of contracts.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{cut, pointer};

/// Longest name of a contract.
const NAME_LENGTH_MAX: usize = 128;

/// Names that are taken.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn take(&mut self, name: &str) {
        self.0.push(name.into());
    }

    /// A name for what stands at a place: of the definition, or the title, and a number if it is taken.
    pub(super) fn of_place(&mut self, at: &str, title: Option<&str>) -> String {
        let steps = cut::at_each(at, b'/');
        let (last, is_definition) = match steps.as_slice() {
            [.., "$defs" | "definitions", last] => (*last, true),
            [.., last] => (*last, false),
            [] => ("", false),
        };
        // A name that is one already is kept, with its dots and hyphens.
        let own = pointer::last(at);
        let name = match (is_definition, title) {
            (true, _) if is_contract_name(&own) => own,
            (true, _) => snake_case(&own),
            (false, Some(title)) => snake_case(title),
            (false, None) => snake_case(last),
        };
        let mut name = if name.chars().any(|letter| letter.is_ascii_alphabetic()) {
            name
        } else {
            "part".into()
        };
        // All of them are letters of ASCII.
        while name.len() > NAME_LENGTH_MAX - 8 {
            name.pop();
        }
        let mut found = name.clone();
        let mut number = 2;
        while self.0.contains(&found) {
            found = name.clone() + "_";
            pointer::add_number(&mut found, number);
            number += 1;
        }
        self.take(&found);
        found
    }
}

/// Whether a contract can have this name.
pub(super) fn is_contract_name(name: &str) -> bool {
    let is_letter = |letter: u8| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"_.-".contains(&letter)
    };
    (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.bytes().all(is_letter)
}

/// The name that a title becomes; one that is a name already stays as it is.
pub(super) fn of_title(title: &str) -> String {
    if is_contract_name(title) {
        title.into()
    } else {
        snake_case(title)
    }
}

/// `OrderLine` and `order line` become `order_line`; empty if there is no letter or digit of ASCII.
pub(super) fn snake_case(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.bytes().peekable();
    let mut before = b' ';
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
        } else {
            let begins_word = letter.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase()
                        && letters.peek().is_some_and(u8::is_ascii_lowercase)));
            if begins_word && !out.ends_with('_') {
                out.push('_');
            }
            out.push(char::from(letter.to_ascii_lowercase()));
        }
        before = letter;
    }
    cut::from_end(&out, b'_').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names() {
        for (title, name) in [
            ("Order", "order"),
            ("OrderLine", "order_line"),
            ("HTTPServer2Go", "http_server2_go"),
            ("an order, please", "an_order_please"),
            ("  x  ", "x"),
            ("Ž", ""),
        ] {
            assert_eq!(snake_case(title), name);
        }
    }
}
