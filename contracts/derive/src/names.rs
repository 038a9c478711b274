//! Names on the wire: how they come from those of Rust, and which there can be.

use proc_macro2::Span;
use syn::{Error, Ident};

use crate::attributes::{Attributes, plain};

/// Longest name of a field, in bytes: `FIELD_NAME_BYTES_MAX` of the crate.
const NAME_BYTES_MAX: usize = 128;

const CASES: &[&str] = &[
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

/// How names are written where none is given.
#[derive(Clone, Copy)]
pub(crate) struct Renaming(Option<usize>);

impl Renaming {
    pub(crate) fn parse(attributes: &Attributes) -> Result<Self, Error> {
        Ok(Self(attributes.choice("rename_all", CASES)?))
    }

    fn apply(self, name: &str) -> String {
        let Some(case) = self.0 else {
            return name.to_owned();
        };
        let words = words(name);
        let capital = |word: &String| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        match CASES[case] {
            "lowercase" => words.concat(),
            "UPPERCASE" => words.concat().to_uppercase(),
            "PascalCase" => words.iter().map(capital).collect(),
            "camelCase" => {
                let first = words.first().cloned().unwrap_or_default();
                first + &words.iter().skip(1).map(capital).collect::<String>()
            }
            "snake_case" => words.join("_"),
            "SCREAMING_SNAKE_CASE" => words.join("_").to_uppercase(),
            "kebab-case" => words.join("-"),
            _ => words.join("-").to_uppercase(),
        }
    }
}

/// The words of a name in snake_case or PascalCase, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && words.last().is_some_and(|w| !w.is_empty())) {
            words.push(String::new());
        }
        if letter != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The name on the wire of a field or a variant, and where it comes from.
pub(crate) fn of(
    ident: &Ident,
    attributes: &Attributes,
    renaming: Renaming,
) -> Result<(String, Span), Error> {
    attributes.refuse_beside("name", &["rename"])?;
    let given = match attributes.text("name")? {
        Some(given) => Some(given),
        None => attributes.text("rename")?,
    };
    let (name, span) = match given {
        Some(given) => (given.value(), given.span()),
        None => (renaming.apply(&plain(ident)), ident.span()),
    };
    check(&name, span)?;
    Ok((name, span))
}

/// Refuses what cannot be a name of a field, a tag or a case.
pub(crate) fn check(name: &str, span: Span) -> Result<(), Error> {
    let problem = if name.is_empty() || name.len() > NAME_BYTES_MAX {
        format!("a name has 1 to {NAME_BYTES_MAX} bytes")
    } else if name.chars().any(char::is_control) {
        "a name has no control characters".to_owned()
    } else if name == "__proto__" {
        "in JavaScript `__proto__` is no field: take another name".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::new(span, problem))
}

/// Refuses two of one name.
pub(crate) fn distinct<'a>(
    names: impl Iterator<Item = &'a (String, Span)>,
    what: &str,
) -> Result<(), Error> {
    let mut seen: Vec<&str> = Vec::new();
    for (name, span) in names {
        if seen.contains(&name.as_str()) {
            let words = format!("another {what} has the name \"{name}\"");
            return Err(Error::new(*span, words));
        }
        seen.push(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_every_case() {
        let check = |name: &str, case: &str, expected: &str| {
            let index = CASES.iter().position(|known| *known == case);
            assert_eq!(Renaming(index).apply(name), expected);
        };
        check("celsius_max", "camelCase", "celsiusMax");
        check("NotYetPaid", "snake_case", "not_yet_paid");
        check("NotYetPaid", "camelCase", "notYetPaid");
        check("NotYetPaid", "kebab-case", "not-yet-paid");
        check("NotYetPaid", "SCREAMING_SNAKE_CASE", "NOT_YET_PAID");
        check("NotYetPaid", "SCREAMING-KEBAB-CASE", "NOT-YET-PAID");
        check("NotYetPaid", "lowercase", "notyetpaid");
        check("not_yet", "UPPERCASE", "NOTYET");
        check("not_yet", "PascalCase", "NotYet");
        check("_private", "camelCase", "private");
    }
}
