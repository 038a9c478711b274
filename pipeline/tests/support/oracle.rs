//! The rules in the plainest form: whole values, texts as paths, no ids, no indexes.

use aimdb_pipeline::{BoolLogic, Literal, Text};

use super::js::Js;

pub fn split(path: &str) -> Vec<String> {
    if path.is_empty() {
        Vec::new()
    } else {
        path.split('.').map(str::to_owned).collect()
    }
}

pub fn is_at_or_below(below: &str, above: &str) -> bool {
    split(below).starts_with(&split(above))
}

pub fn is_related(left: &str, right: &str) -> bool {
    is_at_or_below(left, right) || is_at_or_below(right, left)
}

/// What is read at a path; `length` of an array included.
pub fn read(root: &Js, path: &str) -> Js {
    let segments = split(path);
    if let Some(value) = root.at(&segments) {
        return value.clone();
    }
    match segments.split_last() {
        Some((last, above)) if last == "length" => match root.at(above) {
            Some(Js::Array(items)) => Js::Number(items.len() as f64),
            _ => Js::Undefined,
        },
        _ => Js::Undefined,
    }
}

/// Writes one value under the rules of section 1; false when that is an error.
pub fn write(root: &mut Js, path: &[String], value: Js) -> bool {
    let Some((key, rest)) = path.split_first() else {
        *root = value;
        return true;
    };
    let index = key.parse::<usize>().ok();
    if matches!(root, Js::Undefined | Js::Null) {
        *root = if index.is_some() {
            Js::Array(Vec::new())
        } else {
            Js::object()
        };
    }
    match (root, index) {
        (Js::Object(entries), _) => {
            let at = entries
                .iter()
                .position(|(other, _)| other == key)
                .unwrap_or_else(|| {
                    entries.push((key.clone(), Js::Undefined));
                    entries.len() - 1
                });
            write(&mut entries[at].1, rest, value)
        }
        (Js::Array(items), Some(index)) if index <= items.len() => {
            if index == items.len() {
                items.push(Js::Undefined);
            }
            write(&mut items[index], rest, value)
        }
        _ => false,
    }
}

/// A batch without rules: the state after it, or none when it is refused.
pub fn batch(before: &Js, changes: &[(String, Js)]) -> Option<Js> {
    let mut root = before.clone();
    for (index, (path, value)) in changes.iter().enumerate() {
        let is_coalesced = changes[index + 1..].iter().any(|(later, _)| later == path);
        let is_object = matches!(value, Js::Object(_) | Js::Array(_));
        if is_coalesced || !is_object && read(&root, path) == *value {
            continue;
        }
        if !write(&mut root, &split(path), value.clone()) {
            return None;
        }
    }
    Some(root)
}

/// Equality as a rule's author means it: +0 equals -0.
fn means_same(value: &Js, literal: &Literal) -> bool {
    match (value, literal) {
        (Js::Undefined, Literal::Undefined) | (Js::Null, Literal::Null) => true,
        (Js::Bool(left), Literal::Bool(right)) => left == right,
        (Js::Number(left), Literal::Number(right)) => {
            left == right || left.is_nan() && right.is_nan()
        }
        (Js::Text(left), Literal::Text(right)) => left.as_bytes() == right.as_bytes(),
        (Js::Array(left), Literal::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| means_same(left, right))
        }
        (Js::Object(left), Literal::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| {
                    right.iter().any(|(other, right)| {
                        other.as_bytes() == key.as_bytes() && means_same(left, right)
                    })
                })
        }
        _ => false,
    }
}

pub fn holds(root: &Js, logic: &BoolLogic) -> bool {
    let read = |path: &Text| read(root, std::str::from_utf8(path.as_bytes()).unwrap());
    let number = |path: &Text, test: &dyn Fn(f64) -> bool| match read(path) {
        Js::Number(number) => test(number),
        _ => false,
    };
    match logic {
        BoolLogic::IsEqual(path, literal) => means_same(&read(path), literal),
        BoolLogic::Exists(path) => !matches!(read(path), Js::Undefined | Js::Null),
        BoolLogic::IsEmpty(path) => match read(path) {
            Js::Undefined | Js::Null => true,
            Js::Text(text) => text.is_empty(),
            Js::Array(items) => items.is_empty(),
            Js::Object(entries) => entries.is_empty(),
            _ => false,
        },
        BoolLogic::And(parts) => parts.iter().all(|part| holds(root, part)),
        BoolLogic::Or(parts) => parts.iter().any(|part| holds(root, part)),
        BoolLogic::Not(part) => !holds(root, part),
        BoolLogic::Gt(path, limit) => number(path, &|number| number > *limit),
        BoolLogic::Lt(path, limit) => number(path, &|number| number < *limit),
        BoolLogic::Gte(path, limit) => number(path, &|number| number >= *limit),
        BoolLogic::Lte(path, limit) => number(path, &|number| number <= *limit),
        BoolLogic::In(path, items) => items.iter().any(|item| means_same(&read(path), item)),
        BoolLogic::ContainsAny(path, items) => match read(path) {
            Js::Array(found) => items
                .iter()
                .any(|item| found.iter().any(|value| means_same(value, item))),
            _ => false,
        },
        BoolLogic::ContainsAll(path, items) => match read(path) {
            Js::Array(found) => items
                .iter()
                .all(|item| found.iter().any(|value| means_same(value, item))),
            _ => false,
        },
    }
}
