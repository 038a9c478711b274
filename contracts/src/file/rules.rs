//! Rules, as a file writes them: each fits its kind, and together they leave a value.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::read::{boolean, words};
use super::{FileError, Node};
use crate::decode::Policy;
use crate::format::Format;
use crate::number::Number;
use crate::pattern::{self, PatternError};
use crate::schema::{Kind, LIST_LENGTH_MAX, Rules, Schema, TEXT_BYTES_MAX, Type};
use crate::wanted::Wanted;

const NUMBER: &[&str] = &["min", "max", "exclusiveMin", "exclusiveMax", "multipleOf"];
const TEXT: &[&str] = &["minLength", "maxLength", "pattern", "format"];

/// The rules that a kind has.
fn names_of(kind: &Kind) -> &'static [&'static str] {
    match kind {
        kind if kind.is_number() => NUMBER,
        Kind::Text => TEXT,
        Kind::Bytes => &TEXT[..2],
        Kind::List(_) => &["minItems", "maxItems", "uniqueItems"],
        Kind::Map(_) => &["minProperties", "maxProperties"],
        _ => &[],
    }
}

/// Reads the rules that stand in `node` beside other names, for a kind.
pub(super) fn read(node: Node<'_>, kind: &Kind, beside: &[&str]) -> Result<Rules, FileError> {
    let own = names_of(kind);
    let names: Vec<&str> = beside.iter().chain(own).copied().collect();
    node.object(&format!("a field of the kind {}", kind.name()), &names)?;
    let bound = |name| node.get(name, |node| number(node, kind));
    let count = |name, max| node.get(name, |node| whole(node, max));
    let text_max = TEXT_BYTES_MAX as u32;
    let list_max = LIST_LENGTH_MAX as u32;
    let rules = Rules {
        min: bound("min")?,
        max: bound("max")?,
        exclusive_min: bound("exclusiveMin")?,
        exclusive_max: bound("exclusiveMax")?,
        multiple_of: bound("multipleOf")?,
        min_length: count("minLength", text_max)?,
        max_length: count("maxLength", text_max)?,
        pattern: node.get("pattern", regular_expression)?,
        format: node.get("format", format)?,
        min_items: count("minItems", list_max)?,
        max_items: count("maxItems", list_max)?,
        unique_items: node.get("uniqueItems", boolean)?.unwrap_or(false),
        min_properties: count("minProperties", list_max)?,
        max_properties: count("maxProperties", list_max)?,
    };
    step(node, &rules)?;
    leave_a_value(node, &rules)?;
    Ok(rules)
}

/// A bound that a value of the kind can have.
fn number(node: Node<'_>, kind: &Kind) -> Result<Number, FileError> {
    let number = node
        .json
        .as_number()
        .ok_or_else(|| node.refuse("a number"))?;
    let of = Type::of(kind.clone());
    let wanted = Wanted::of_type(&of, &NOWHERE);
    match wanted.number(number, Policy::default()) {
        Ok(_) => Ok(number),
        Err(_) => Err(node.refuse(format!("a number that is one of {}", kind.name()))),
    }
}

/// Numbers have no links: nothing is looked up here.
static NOWHERE: Schema = Schema {
    name: Cow::Borrowed(""),
    version: 1,
    doc: Cow::Borrowed(""),
    icon: Cow::Borrowed(""),
    signal: None,
    object: crate::schema::Object {
        fields: crate::schema::Ref::Static(&[]),
        unknown: crate::schema::UnknownFields::Ignore,
    },
    contracts: crate::schema::Ref::Static(&[]),
    migrations: crate::migrate::Migrations::NONE,
};

fn whole(node: Node<'_>, max: u32) -> Result<u32, FileError> {
    let number = node
        .json
        .as_number()
        .and_then(|number| number.to_u64().ok());
    match number.and_then(|number| u32::try_from(number).ok()) {
        Some(number) if number <= max => Ok(number),
        _ => Err(node.refuse(format!("an integer from 0 to {max}"))),
    }
}

fn regular_expression(node: Node<'_>) -> Result<Cow<'static, str>, FileError> {
    let pattern = node.text("a regular expression, as text")?;
    match pattern::check(pattern) {
        Ok(()) => words(node),
        Err(PatternError::NoEngine) => {
            Err(node.refuse("no pattern, since nothing in this program can judge one"))
        }
        Err(error) => Err(node.refuse(format!("a regular expression: {error}"))),
    }
}

fn format(node: Node<'_>) -> Result<Format, FileError> {
    let name = node.text("the name of a format")?;
    Format::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Format::names().collect();
        node.refuse(format!("one of {}", names.join(", ")))
    })
}

fn step(node: Node<'_>, rules: &Rules) -> Result<(), FileError> {
    let zero = Number::Unsigned(0);
    match rules.multiple_of.and_then(|step| step.order(zero)) {
        None | Some(Ordering::Greater) => Ok(()),
        Some(_) => node.need(
            "multipleOf",
            "",
            |node| Err(node.refuse("a number above 0")),
        ),
    }
}

/// Refuses bounds between which nothing is.
fn leave_a_value(node: Node<'_>, rules: &Rules) -> Result<(), FileError> {
    let exclusive = [
        ("max", rules.min, rules.max, false),
        ("max", rules.exclusive_min, rules.max, true),
        ("exclusiveMax", rules.min, rules.exclusive_max, true),
        (
            "exclusiveMax",
            rules.exclusive_min,
            rules.exclusive_max,
            true,
        ),
    ];
    for (name, low, high, is_strict) in exclusive {
        let (Some(low), Some(high)) = (low, high) else {
            continue;
        };
        let fits = match low.order(high) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => !is_strict,
            _ => false,
        };
        if !fits {
            let words = if is_strict { "above" } else { "not below" };
            let expected = format!("a number {words} {}", low.text());
            return node.need(name, "", |node| Err(node.refuse(expected)));
        }
    }
    for (name, min, max) in [
        ("maxLength", rules.min_length, rules.max_length),
        ("maxItems", rules.min_items, rules.max_items),
        ("maxProperties", rules.min_properties, rules.max_properties),
    ] {
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            let expected = format!("an integer from {min}");
            return node.need(name, "", |node| Err(node.refuse(expected)));
        }
    }
    Ok(())
}
