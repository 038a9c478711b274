//! Texts, and values that are listed.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::pattern::{self, PatternError};
use aimdb_contracts::{Format, Json};

use super::number;
use super::said::{Flat, Origin, Type};
use super::typed::{Typed, counts};
use crate::build::{one, put, text as text_of};
use crate::error::Result;

/// Longest text of a contract, in bytes.
const TEXT_BYTES_MAX: u64 = 16 * 1024;

/// The kind of a text: `text`, or `bytes` if it is said to be base64 and nothing of its letters.
pub(super) fn text<'a>(flat: &Flat<'a>, no_patterns: &[(String, Json)]) -> Result<'a, Typed<'a>> {
    let mut rules = Vec::new();
    counts(
        &mut rules,
        ("minLength", "maxLength"),
        &flat.lengths,
        TEXT_BYTES_MAX,
    )?;
    if let Some((pattern, origin)) = &flat.pattern {
        match pattern::check(pattern) {
            // Where there is no engine, who takes the contract judges it.
            Ok(()) | Err(PatternError::NoEngine) => {}
            Err(PatternError::Syntax(words)) => return Err(origin.refuse_of(&[&words])),
            Err(_) => return Err(origin.refuse("a pattern has at most 512 characters")),
        }
        if let Some((_, words)) = no_patterns.iter().find(|(known, _)| known == pattern) {
            return Err(origin.refuse_of(&[words.as_text().unwrap_or_default()]));
        }
        put(&mut rules, "pattern", text_of(pattern));
    }
    let is_base64 = |name: &str| name == "base64" && flat.encoding.is_some();
    match &flat.format {
        Some((name, _)) if Format::from_name(name).is_some() => {
            put(&mut rules, "format", text_of(name));
        }
        // A name for what the pattern says, or for the encoding.
        Some((name, _)) if flat.pattern.is_some() || is_base64(name) => {}
        Some((_, origin)) => {
            return Err(origin.refuse("no such format is known: say it as a pattern"));
        }
        None => {}
    }
    let kind = match &flat.encoding {
        Some(_) if rules.is_empty() => "bytes",
        // The pattern says what letters there are.
        Some(_) if flat.pattern.is_some() => "text",
        Some(origin) => {
            return Err(origin.refuse("a length is of letters here, and of bytes there"));
        }
        None => "text",
    };
    let mut typed = Typed::of(text_of(kind));
    typed.rules = rules;
    Ok(typed)
}

/// What `enum` and `const` list.
pub(super) fn of_values<'a>(
    flat: &Flat<'a>,
    values: &[&'a Json],
    origin: Origin<'a>,
) -> Result<'a, Typed<'a>> {
    if let Some((_, said)) = flat.first_said() {
        return Err(said.refuse("the values are listed: list those that keep this rule"));
    }
    if let Some((_, said)) = flat.format.as_ref().or(flat.kind.as_ref()) {
        return Err(said.refuse("the values are listed"));
    }
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    let (mut others, mut booleans, mut has_null) = (0, 0, false);
    for value in values {
        if !flat.takes(Type::of(value)) {
            continue;
        }
        match value {
            Json::Null => has_null = true,
            Json::Bool(_) => booleans += 1,
            Json::Number(number) => numbers.push(*number),
            Json::Text(_) => texts.push((*value).clone()),
            _ => others += 1,
        }
    }
    let typed = match (texts.len(), numbers.len(), booleans, others) {
        (0, 0, 0, 0) => return Err(origin.refuse("no value is taken, or null alone")),
        (_, 0, 0, 0) => Typed::of(one("enum", Json::List(texts))),
        (0, _, 0, 0) => number::of_values(&numbers, origin)?,
        (0, 0, 2, 0) => Typed::of(text_of("bool")),
        _ => {
            return Err(origin
                .refuse("only texts can be listed, or both booleans, or numbers without a gap"));
        }
    };
    if has_null { typed.or_null() } else { Ok(typed) }
}

/// The one text that a schema takes.
pub(super) fn lone_text<'a>(flat: &Flat<'a>) -> Option<&'a str> {
    let is_alone = flat.first_said().is_none() && flat.choices.is_empty();
    match &flat.allowed {
        Some((values, _)) if is_alone && flat.takes(Type::Text) => match values.as_slice() {
            [Json::Text(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}
