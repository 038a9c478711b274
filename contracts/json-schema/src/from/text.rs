//! Texts, and values that are listed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aimdb_contracts::pattern::{self, PatternError};
use aimdb_contracts::{Format, Json, Number};

use super::flat::{Flat, Origin, Type};
use super::{Result, Typed, counts, number};
use crate::build::{one, put, text as text_of};

/// Longest text of a contract, in bytes.
const TEXT_BYTES_MAX: u64 = 16 * 1024;

/// The kind of a text: `text`, or `bytes` if it is said to be base64 and nothing of its letters.
pub(super) fn text(flat: &Flat<'_>) -> Result<Typed> {
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
            Err(error) => return Err(origin.refuse(&error.to_string())),
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
pub(super) fn of_values(flat: &Flat<'_>, values: &[Json], origin: &Origin) -> Result<Typed> {
    if let Some((_, said)) = flat.first_said() {
        return Err(said.refuse("the values are listed: list those that keep this rule"));
    }
    if let Some((_, said)) = flat.format.as_ref().or(flat.kind.as_ref()) {
        return Err(said.refuse("the values are listed"));
    }
    let takes = |value: &Json| {
        let of = Type::of(value);
        flat.types.as_ref().is_none_or(|types| {
            types.contains(&of) || (of == Type::Integer && types.contains(&Type::Number))
        })
    };
    let mut kept: Vec<&Json> = Vec::new();
    for value in values {
        if takes(value) && !kept.contains(&value) {
            kept.push(value);
        }
    }
    let has_null = kept.contains(&&Json::Null);
    kept.retain(|value| **value != Json::Null);
    let typed = of_kept(&kept, origin)?;
    if has_null { typed.or_null() } else { Ok(typed) }
}

fn of_kept(kept: &[&Json], origin: &Origin) -> Result<Typed> {
    let texts: Vec<Json> = kept
        .iter()
        .filter(|value| value.as_text().is_some())
        .map(|value| (*value).clone())
        .collect();
    let numbers: Vec<Number> = kept.iter().filter_map(|value| value.as_number()).collect();
    let booleans = kept
        .iter()
        .filter(|value| value.as_bool().is_some())
        .count();
    match kept.len() {
        0 => Err(origin.refuse("no value is taken, or null alone")),
        count if texts.len() == count => Ok(Typed::of(one("enum", Json::List(texts)))),
        count if numbers.len() == count => number::of_values(&numbers, origin),
        2 if booleans == 2 => Ok(Typed::of(text_of("bool"))),
        _ => {
            Err(origin
                .refuse("only texts can be listed, or both booleans, or numbers without a gap"))
        }
    }
}

/// The one text that a schema takes.
pub(super) fn lone_text(flat: &Flat<'_>) -> Option<String> {
    let is_text = flat
        .types
        .as_ref()
        .is_none_or(|types| types.contains(&Type::Text));
    match &flat.allowed {
        Some((values, _)) if is_text && flat.first_said().is_none() && flat.choices.is_empty() => {
            match values.as_slice() {
                [Json::Text(text)] => Some(text.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}
