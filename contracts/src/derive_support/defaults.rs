//! Defaults, each held to the rules of its field.

use super::rules::{integer, is_below, number};
use super::texts::{borrowed, characters, is_same};
use super::{Ref, Type, present};
use crate::number::Number;
use crate::schema::{Kind, TEXT_BYTES_MAX};
use crate::value::Value;

/// Refuses a default that is a number where the type takes none, or not this one.
#[track_caller]
pub const fn default_number(whole: &'static Type, integral: i128, float: f64) -> &'static Type {
    let of = present(whole);
    let given = number(of, integral, float);
    let rules = &of.rules;
    let narrow = matches!(of.kind, Kind::Float { bits: 32 });
    let is_outside = below(given, rules.min, narrow)
        || above(given, rules.max, narrow)
        || reaches(given, rules.exclusive_min, narrow, true)
        || reaches(given, rules.exclusive_max, narrow, false);
    if is_outside {
        panic!("this default is outside the rules of its own field");
    }
    if let (Some(given), Some(Some(step))) = (
        integer(given),
        match rules.multiple_of {
            Some(step) => Some(integer(step)),
            None => None,
        },
    ) && given % step != 0
    {
        panic!("this default is outside the rules of its own field");
    }
    whole
}

/// A default of a type that has taken it.
pub const fn number_value(of: &'static Type, whole: i128, float: f64) -> Value {
    match present(of).kind {
        Kind::Unsigned { .. } => Value::Unsigned(whole as u64),
        Kind::Float { bits: 32 } => Value::F32(float as f32),
        Kind::Float { .. } => Value::F64(float),
        _ => Value::Signed(whole as i64),
    }
}

/// A bound as it is compared with: of an `f32` the nearest one.
const fn narrowed(number: Number, is_narrow: bool) -> Number {
    if is_narrow {
        Number::Float(number.to_f64() as f32 as f64)
    } else {
        number
    }
}

const fn below(given: Number, bound: Option<Number>, narrow: bool) -> bool {
    match bound {
        Some(bound) => is_below(narrowed(given, narrow), narrowed(bound, narrow)),
        None => false,
    }
}

const fn above(given: Number, bound: Option<Number>, narrow: bool) -> bool {
    match bound {
        Some(bound) => is_below(narrowed(bound, narrow), narrowed(given, narrow)),
        None => false,
    }
}

const fn reaches(given: Number, bound: Option<Number>, narrow: bool, is_low: bool) -> bool {
    match bound {
        Some(_) if is_low => !above(given, bound, narrow),
        Some(_) => !below(given, bound, narrow),
        None => false,
    }
}

/// Refuses a default that is text where the type takes none, or not this one.
#[track_caller]
pub const fn default_text(whole: &'static Type, text: &str) -> &'static Type {
    let of = present(whole);
    match &of.kind {
        Kind::Text => {
            let length = characters(text);
            let min = match of.rules.min_length {
                Some(min) => min as usize,
                None => 0,
            };
            let max = match of.rules.max_length {
                Some(max) => max as usize,
                None => TEXT_BYTES_MAX,
            };
            if length < min || length > max {
                panic!("this default is outside the rules of its own field");
            }
        }
        Kind::Enum(Ref::Static(choices)) => {
            let mut index = 0;
            while index < choices.len() {
                if is_same(borrowed(&choices[index]), text) {
                    return whole;
                }
                index += 1;
            }
            panic!("this default is none of the choices");
        }
        _ => panic!("this is text, and the field is not"),
    }
    whole
}

/// Refuses a default that is a boolean where the type takes none.
#[track_caller]
pub const fn default_bool(of: &'static Type) -> &'static Type {
    if !matches!(present(of).kind, Kind::Bool) {
        panic!("this is a boolean, and the field is not");
    }
    of
}
