//! JavaScript values as the tests need them: undefined, NaN and -0 survive, objects compare without order.

use serde_json::Value as Json;

#[derive(Clone, Debug)]
pub enum Js {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Js>),
    Object(Vec<(String, Js)>),
}

impl PartialEq for Js {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Js::Undefined, Js::Undefined) | (Js::Null, Js::Null) => true,
            (Js::Bool(left), Js::Bool(right)) => left == right,
            (Js::Number(left), Js::Number(right)) => {
                left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
            }
            (Js::Text(left), Js::Text(right)) => left == right,
            (Js::Array(left), Js::Array(right)) => left == right,
            (Js::Object(left), Js::Object(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .all(|(key, value)| get(right, key) == Some(value))
            }
            _ => false,
        }
    }
}

fn get<'a>(entries: &'a [(String, Js)], key: &str) -> Option<&'a Js> {
    entries
        .iter()
        .find(|(other, _)| other == key)
        .map(|(_, value)| value)
}

impl Js {
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Js::Null,
            Json::Bool(value) => Js::Bool(*value),
            Json::Number(number) => Js::Number(number.as_f64().unwrap()),
            Json::String(text) => Js::Text(text.clone()),
            Json::Array(items) => Js::Array(items.iter().map(Js::from_json).collect()),
            Json::Object(entries) => match entries.get("$").and_then(Json::as_str) {
                Some("undefined") => Js::Undefined,
                Some("NaN") => Js::Number(f64::NAN),
                Some("-0") => Js::Number(-0.0),
                Some("Infinity") => Js::Number(f64::INFINITY),
                Some("-Infinity") => Js::Number(f64::NEG_INFINITY),
                _ => Js::Object(
                    entries
                        .iter()
                        .map(|(key, value)| (key.clone(), Js::from_json(value)))
                        .collect(),
                ),
            },
        }
    }

    pub fn object() -> Self {
        Js::Object(Vec::new())
    }

    /// What lies `path` below, by own keys and elements only.
    pub fn at(&self, path: &[String]) -> Option<&Js> {
        let Some((key, rest)) = path.split_first() else {
            return Some(self);
        };
        match self {
            Js::Object(entries) => get(entries, key)?.at(rest),
            Js::Array(items) => items.get(key.parse::<usize>().ok()?)?.at(rest),
            _ => None,
        }
    }

    /// Sets what lies `path` below, creating what is missing; panics where JavaScript state could not follow.
    pub fn set(&mut self, path: &[String], value: Js) {
        let Some((key, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if matches!(self, Js::Undefined | Js::Null) {
            let is_index = key.parse::<usize>().is_ok();
            *self = if is_index {
                Js::Array(Vec::new())
            } else {
                Js::object()
            };
        }
        match self {
            Js::Object(entries) => {
                let index = entries
                    .iter()
                    .position(|(other, _)| other == key)
                    .unwrap_or_else(|| {
                        entries.push((key.clone(), Js::Undefined));
                        entries.len() - 1
                    });
                entries[index].1.set(rest, value);
            }
            Js::Array(items) => {
                let index: usize = key.parse().expect("an array takes only indexes");
                assert!(
                    index <= items.len(),
                    "a write past the end came out of the engine"
                );
                if index == items.len() {
                    items.push(Js::Undefined);
                }
                items[index].set(rest, value);
            }
            other => panic!("a write through {other:?} came out of the engine"),
        }
    }
}
