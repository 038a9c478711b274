//! Numbers: the kind that holds what a schema takes, and its rules.

use core::cmp::Ordering;

use aimdb_contracts::{Json, Number};

use super::said::{Bound, Flat, Origin, Range, Type, whole};
use super::typed::Typed;
use crate::build::{put, text};
use crate::error::Result;

/// The kinds of integers, their names in OpenAPI and schemars, and their bounds.
const INTEGERS: [(&str, &str, i128, i128); 8] = [
    ("u8", "uint8", 0, u8::MAX as i128),
    ("u16", "uint16", 0, u16::MAX as i128),
    ("u32", "uint32", 0, u32::MAX as i128),
    ("u64", "uint64", 0, u64::MAX as i128),
    ("i8", "int8", i8::MIN as i128, i8::MAX as i128),
    ("i16", "int16", i16::MIN as i128, i16::MAX as i128),
    ("i32", "int32", i32::MIN as i128, i32::MAX as i128),
    ("i64", "int64", i64::MIN as i128, i64::MAX as i128),
];

/// The name of the format of an integer kind, and its bounds.
pub(crate) fn integer_format(kind: &str) -> Option<(&'static str, i128, i128)> {
    let known = INTEGERS.iter().find(|(name, ..)| *name == kind)?;
    Some((known.1, known.2, known.3))
}

/// An integer as a number of JSON.
pub(crate) fn number_of(value: i128) -> Json {
    Json::Number(match (u64::try_from(value), i64::try_from(value)) {
        (Ok(value), _) => Number::Unsigned(value),
        (_, Ok(value)) => Number::Signed(value),
        _ => Number::Float(value as f64),
    })
}

/// The kind of an integer.
pub(super) fn integer<'a>(at: &'a Json, flat: &Flat<'a>, is_time: bool) -> Result<'a, Typed<'a>> {
    let range = &flat.range;
    let low = bound(&range.min, &range.exclusive_min, true);
    let high = bound(&range.max, &range.exclusive_max, false);
    if let (true, Some((_, origin))) = (is_time, &flat.format) {
        return Err(origin.refuse("a time has no format"));
    }
    let (kind, least, greatest) = if is_time {
        ("time", -TIME_MS_MAX, TIME_MS_MAX)
    } else {
        integer_kind(flat, low.as_ref(), high.as_ref())?
    };
    let (low_value, high_value) = (
        low.as_ref().map_or(least, |(value, _)| *value),
        high.as_ref().map_or(greatest, |(value, _)| *value),
    );
    if low_value.max(least) > high_value.min(greatest) {
        let nothing = Origin {
            keyword: "type",
            at,
        };
        let origin = low.or(high).map_or(nothing, |(_, origin)| origin);
        return Err(origin.refuse("no integer is taken, or none of 64 bits"));
    }
    let mut typed = Typed::of(text(kind));
    if low_value > least {
        put(&mut typed.rules, "min", number_of(low_value));
    }
    if high_value < greatest {
        put(&mut typed.rules, "max", number_of(high_value));
    }
    if let Some((step, origin)) = &range.multiple_of {
        let step = integer_step(*step).filter(|step| *step <= greatest);
        let step = step.ok_or_else(|| origin.refuse("has more digits than 64 bits hold"))?;
        if step > 1 {
            put(&mut typed.rules, "multipleOf", number_of(step));
        }
    }
    Ok(typed)
}

/// The kind that a format names, or the one whose bounds these are, or one of 64 bits.
fn integer_kind<'a>(
    flat: &Flat<'a>,
    low: Option<&(i128, Origin<'a>)>,
    high: Option<&(i128, Origin<'a>)>,
) -> Result<'a, (&'static str, i128, i128)> {
    if let Some((format, origin)) = &flat.format {
        let format = match *format {
            "uint" => "uint64",
            "int" => "int64",
            format => format,
        };
        let known = INTEGERS.iter().find(|(_, name, ..)| *name == format);
        let known = known.ok_or_else(|| origin.refuse("no integer has this format"))?;
        return Ok((known.0, known.2, known.3));
    }
    let (low, high) = (low.map(|bound| bound.0), high.map(|bound| bound.0));
    let same = INTEGERS
        .iter()
        .find(|(_, _, least, greatest)| low == Some(*least) && high == Some(*greatest));
    let wide = match low {
        Some(0..) => &INTEGERS[3],
        _ => &INTEGERS[7],
    };
    let (kind, _, least, greatest) = *same.unwrap_or(wide);
    Ok((kind, least, greatest))
}

/// The tighter of an inclusive and an exclusive bound, for integers.
fn bound<'a>(
    inclusive: &Bound<'a>,
    exclusive: &Bound<'a>,
    is_low: bool,
) -> Option<(i128, Origin<'a>)> {
    // Beyond every kind is as good as infinitely far.
    let rounded = |number: Number| {
        let value = number.to_f64();
        let cut = whole(number).unwrap_or(value as i128);
        match whole(number) {
            Some(exact) => (exact, true),
            None if is_low && value > 0.0 => (cut + 1, false),
            None if !is_low && value < 0.0 => (cut - 1, false),
            None => (cut, false),
        }
    };
    let inclusive = inclusive
        .as_ref()
        .map(|(number, origin)| (rounded(*number).0, *origin));
    let exclusive = exclusive.as_ref().map(|(number, origin)| {
        let (value, is_exact) = rounded(*number);
        let step = match (is_exact, is_low) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => -1,
        };
        (value.saturating_add(step), *origin)
    });
    match (inclusive, exclusive) {
        (Some(one), Some(other)) => {
            let is_first = (one.0 > other.0) == is_low;
            Some(if is_first { one } else { other })
        }
        (one, other) => one.or(other),
    }
}

/// Most places behind the point: powers of ten up to here are exact.
const PLACES_MAX: u32 = 22;

/// What integers that are multiples of a decimal are multiples of: of 3/2 those of 3, of 1/100 all.
fn integer_step(step: Number) -> Option<i128> {
    if let Some(integer) = whole(step) {
        return Some(integer);
    }
    // The decimal that a person wrote has fewer digits than a double holds.
    let step = step.to_f64();
    let (mut power, mut places) = (1.0_f64, 0);
    let mut top = loop {
        (power, places) = (power * 10.0, places + 1);
        let nearest = step * power + 0.5;
        if places > PLACES_MAX || nearest >= 9e15 {
            return None;
        }
        let nearest = nearest as u64;
        if nearest > 0 && nearest as f64 / power == step {
            break nearest;
        }
    };
    // Of the bottom 10^n, what 2 and 5 have in common with the top is taken out.
    for prime in [2, 5] {
        for _ in 0..places {
            if top % prime != 0 {
                break;
            }
            top /= prime;
        }
    }
    Some(i128::from(top))
}

/// The kind of any number.
pub(super) fn float<'a>(flat: &Flat<'a>) -> Result<'a, Typed<'a>> {
    let kind = match flat.format {
        None | Some(("double", _)) => "f64",
        Some(("float", _)) => "f32",
        Some((_, origin)) => return Err(origin.refuse("no number has this format")),
    };
    let range = &flat.range;
    let mut typed = Typed::of(text(kind));
    let widest = f64::from(f32::MAX);
    for (name, bound) in [
        ("min", &range.min),
        ("max", &range.max),
        ("exclusiveMin", &range.exclusive_min),
        ("exclusiveMax", &range.exclusive_max),
        ("multipleOf", &range.multiple_of),
    ] {
        let Some((number, origin)) = bound else {
            continue;
        };
        if kind == "f32" && number.to_f64().abs() >= widest {
            let is_outside = match name {
                "min" => number.to_f64() < 0.0,
                "max" => number.to_f64() > 0.0,
                _ => false,
            };
            if is_outside {
                continue;
            }
            return Err(origin.refuse("no f32 is as large"));
        }
        put(&mut typed.rules, name, Json::Number(*number));
    }
    leaves_some(range)?;
    Ok(typed)
}

fn leaves_some<'a>(range: &Range<'a>) -> Result<'a, ()> {
    for (low, high, is_strict) in [
        (&range.min, &range.max, false),
        (&range.min, &range.exclusive_max, true),
        (&range.exclusive_min, &range.max, true),
        (&range.exclusive_min, &range.exclusive_max, true),
    ] {
        let (Some((low, _)), Some((high, origin))) = (low, high) else {
            continue;
        };
        match low.order(*high) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) if !is_strict => {}
            _ => return Err(origin.refuse("no number is taken")),
        }
    }
    Ok(())
}

/// The kind that takes these numbers alone: one number, or integers without a gap.
pub(super) fn of_values<'a>(numbers: &[Number], origin: Origin<'a>) -> Result<'a, Typed<'a>> {
    let (mut low, mut high, mut is_whole) = (i128::MAX, i128::MIN, true);
    for number in numbers {
        match whole(*number) {
            Some(integer) => (low, high) = (low.min(integer), high.max(integer)),
            None => is_whole = false,
        }
    }
    // No two are equal, so that as many as the span is wide leave no gap.
    let fits = low >= i128::from(i64::MIN) && high <= i128::from(u64::MAX);
    let (kind, low, high) = match numbers {
        _ if is_whole && fits && high - low == numbers.len() as i128 - 1 => {
            let kind = if low >= 0 { "u64" } else { "i64" };
            if low < 0 && high > i128::from(i64::MAX) {
                return Err(origin.refuse("no kind holds them all"));
            }
            (kind, number_of(low), number_of(high))
        }
        [one] => ("f64", Json::Number(*one), Json::Number(*one)),
        _ => {
            return Err(origin
                .refuse("of numbers only one, or integers that follow each other, can be listed"));
        }
    };
    let mut typed = Typed::of(text(kind));
    put(&mut typed.rules, "min", low);
    put(&mut typed.rules, "max", high);
    Ok(typed)
}

/// Farthest moment: what a `Date` of JavaScript holds.
pub(crate) const TIME_MS_MAX: i128 = 8_640_000_000_000_000;

/// The type that a list of values has.
pub(super) fn is_number(of: Type) -> bool {
    matches!(of, Type::Integer | Type::Number)
}
