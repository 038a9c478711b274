//! Rules, as a file writes them: each fits its kind, and together they leave a value.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::parts::boolean;
use super::{Node, Read};
use crate::format::Format;
use crate::number::Number;
use crate::pattern;
use crate::room::{lengths, numbers};
use crate::schema::{Kind, LIST_LENGTH_MAX, Rules, TEXT_BYTES_MAX, Type};
use crate::wanted::listed;

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
pub(super) fn read(node: &Node<'_>, kind: &Kind, beside: &[&str]) -> Read<Rules> {
    let own = names_of(kind);
    let names: Vec<&str> = beside.iter().chain(own).copied().collect();
    node.only(&format!("a field of the kind {}", kind.name()), &names)?;
    let bound = |name| number(node.get(name), kind);
    let text = |name| count(node.get(name), TEXT_BYTES_MAX as u32);
    let list = |name| count(node.get(name), LIST_LENGTH_MAX as u32);
    let rules = Rules {
        min: bound("min")?,
        max: bound("max")?,
        exclusive_min: bound("exclusiveMin")?,
        exclusive_max: bound("exclusiveMax")?,
        multiple_of: bound("multipleOf")?,
        min_length: text("minLength")?,
        max_length: text("maxLength")?,
        pattern: regular_expression(node.get("pattern"))?,
        format: format(node.get("format"))?,
        min_items: list("minItems")?,
        max_items: list("maxItems")?,
        unique_items: boolean(node, "uniqueItems")?,
        min_properties: list("minProperties")?,
        max_properties: list("maxProperties")?,
    };
    match rules
        .multiple_of
        .and_then(|step| step.order(Number::Unsigned(0)))
    {
        None | Some(Ordering::Greater) => {}
        Some(_) => return Err(node.refuse_at("multipleOf", "a number above 0", "another")),
    }
    leave_a_value(node, &rules)?;
    leave_some(node, kind, &rules)?;
    Ok(rules)
}

/// A bound that a value of the kind can have.
fn number(node: Option<Node<'_>>, kind: &Kind) -> Read<Option<Number>> {
    let Some(node) = node else { return Ok(None) };
    match node.json.as_number().and_then(|number| held(number, kind)) {
        Some(number) => Ok(Some(number)),
        None => Err(node.refuse(&format!("a number that is one of {}", kind.name()))),
    }
}

/// The number if a value of the kind can have it. JavaScript rounds the greatest integers of 64 bits, and writes
/// `u64::MAX` as 2^64, which is no `u64`: they are taken for what they were.
fn held(number: Number, kind: &Kind) -> Option<Number> {
    let max = match kind {
        Kind::Unsigned { bits: 64 } => u64::MAX,
        Kind::Signed { bits: 64 } => i64::MAX as u64,
        _ => return kind.holds(number).then_some(number),
    };
    if !kind.holds(number) {
        return (number.to_f64() == max as f64).then_some(Number::Unsigned(max));
    }
    let exact = number.to_u64().map(Number::Unsigned);
    exact.or_else(|_| number.to_i64().map(Number::Signed)).ok()
}

fn count(node: Option<Node<'_>>, max: u32) -> Read<Option<u32>> {
    node.map(|node| node.whole(0, max)).transpose()
}

fn regular_expression(node: Option<Node<'_>>) -> Read<Option<Cow<'static, str>>> {
    let Some(node) = node else { return Ok(None) };
    let pattern = node.text("a regular expression, as text")?;
    match pattern::check(pattern) {
        Ok(()) => Ok(Some(Cow::Owned(pattern.into()))),
        Err(error) => Err(node.refuse(&format!("a regular expression that can be used: {error}"))),
    }
}

fn format(node: Option<Node<'_>>) -> Read<Option<Format>> {
    let Some(node) = node else { return Ok(None) };
    let name = node.text("the name of a format")?;
    match Format::from_name(name) {
        Some(format) => Ok(Some(format)),
        None => {
            let names: Vec<&str> = Format::names().collect();
            Err(node.refuse(&format!("one of {}", listed(&names))))
        }
    }
}

/// Refuses bounds between which nothing is.
fn leave_a_value(node: &Node<'_>, rules: &Rules) -> Read<()> {
    let whole = |count: Option<u32>| count.map(|count| Number::Unsigned(count.into()));
    // Where the two may be equal, and where not.
    let pairs = [
        ("max", rules.min, rules.max, true),
        ("max", rules.exclusive_min, rules.max, false),
        ("exclusiveMax", rules.min, rules.exclusive_max, false),
        (
            "exclusiveMax",
            rules.exclusive_min,
            rules.exclusive_max,
            false,
        ),
        (
            "maxLength",
            whole(rules.min_length),
            whole(rules.max_length),
            true,
        ),
        (
            "maxItems",
            whole(rules.min_items),
            whole(rules.max_items),
            true,
        ),
        (
            "maxProperties",
            whole(rules.min_properties),
            whole(rules.max_properties),
            true,
        ),
    ];
    for (name, low, high, may_be_equal) in pairs {
        let (Some(low), Some(high)) = (low, high) else {
            continue;
        };
        let fits = match low.order(high) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => may_be_equal,
            _ => false,
        };
        if !fits {
            let words = if may_be_equal { "not below" } else { "above" };
            let expected = format!("a number {words} {}", low.text());
            return Err(node.refuse_at(name, &expected, &high.text()));
        }
    }
    Ok(())
}

/// Refuses bounds and a step, lengths, or numbers of elements of which plain arithmetic tells that no value keeps them.
fn leave_some(node: &Node<'_>, kind: &Kind, rules: &Rules) -> Read<()> {
    let count = |count: Option<u32>| count.map(|count| Number::Unsigned(count.into()));
    let (shortest, longest) = lengths(rules.format);
    let (min, max) = (rules.min_length, rules.max_length);
    let few = match kind {
        Kind::List(of) if rules.unique_items => room(of),
        _ => None,
    };
    let is_none = numbers(kind, rules) == Some(0);
    let broken = [
        ("multipleOf", rules.multiple_of, is_none),
        ("exclusiveMax", rules.exclusive_max, is_none),
        ("exclusiveMin", rules.exclusive_min, is_none),
        ("max", rules.max, is_none),
        (
            "minLength",
            count(min),
            min.is_some_and(|min| min > longest),
        ),
        (
            "maxLength",
            count(max),
            max.is_some_and(|max| max < shortest),
        ),
        (
            "minItems",
            count(rules.min_items),
            few < rules.min_items.map(u64::from) && few.is_some(),
        ),
    ];
    for (name, rule, is_broken) in broken {
        if let (Some(rule), true) = (rule, is_broken) {
            let words = format!("a rule that leaves a value of the kind {}", kind.name());
            return Err(node.refuse_at(name, &words, &rule.text()));
        }
    }
    Ok(())
}

/// So many values of a type differ, where that can be told.
fn room(of: &Type) -> Option<u64> {
    match &of.kind {
        Kind::Bool => Some(2),
        Kind::Enum(choices) => Some(choices.len() as u64),
        Kind::Nullable(inner) => room(inner)?.checked_add(1),
        Kind::Tuple(types) => {
            let mut rooms = types.iter().map(room);
            rooms.try_fold(1_u64, |all, one| all.checked_mul(one?))
        }
        Kind::Text | Kind::Bytes if of.rules.max_length == Some(0) => Some(1),
        kind => numbers(kind, &of.rules),
    }
}
