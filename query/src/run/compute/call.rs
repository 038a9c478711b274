//! The functions of one row.

use crate::plan::Function;
use crate::value::{Compare, Value, compare};

/// Characters of a text that a function may make: it would be held beside its row, unseen by the bound of memory.
const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The value of a call. Nothing comes of nothing, but where a function is about it.
pub(super) fn call(function: Function, values: &[Value]) -> Value {
    match function {
        Function::Coalesce => {
            return values
                .iter()
                .find(|value| !value.is_null())
                .cloned()
                .unwrap_or(Value::Null);
        }
        Function::NullIf => return null_if(values),
        Function::TypeOf => return Value::text(type_name(values.first())),
        _ if values.iter().any(Value::is_null) => return Value::Null,
        _ => {}
    }
    let Some(first) = values.first() else {
        return Value::Null;
    };
    let second = values.get(1);
    match function {
        Function::Abs => abs(first),
        Function::Length => Value::Integer(match first {
            Value::Bytes(bytes) => bytes.len() as i64,
            other => other.as_text().chars().count() as i64,
        }),
        Function::Lower => Value::text(&first.as_text().to_ascii_lowercase()),
        Function::Upper => Value::text(&first.as_text().to_ascii_uppercase()),
        Function::Substr => substr(first, second, values.get(2)),
        Function::Trim => trim(first, second, true, true),
        Function::LeftTrim => trim(first, second, true, false),
        Function::RightTrim => trim(first, second, false, true),
        Function::Replace => replace(first, second, values.get(2)),
        Function::Instr => instr(first, second),
        Function::Round => round(first, second),
        Function::Floor => whole(first, f64::floor),
        Function::Ceil => whole(first, f64::ceil),
        Function::Sqrt => numeric(first).map_or(Value::Null, |number| Value::real(number.sqrt())),
        Function::Power => match (numeric(first), second.and_then(numeric)) {
            (Some(base), Some(exponent)) => Value::real(base.powf(exponent)),
            _ => Value::Null,
        },
        Function::Sign => numeric(first).map_or(Value::Null, |number| {
            Value::Integer(i64::from(number > 0.0) - i64::from(number < 0.0))
        }),
        Function::Least => extreme(values, Compare::LessOrEqual),
        Function::Greatest => extreme(values, Compare::Greater),
        Function::TimeBucket => bucket(first, second),
        Function::Coalesce | Function::NullIf | Function::TypeOf => Value::Null,
    }
}

fn null_if(values: &[Value]) -> Value {
    match values {
        [left, right] if compare(Compare::Is, left, right).is_true() == Some(true) => Value::Null,
        [left, ..] => left.clone(),
        [] => Value::Null,
    }
}

fn type_name(value: Option<&Value>) -> &'static str {
    match value {
        None | Some(Value::Null) => "null",
        Some(Value::Integer(_)) => "integer",
        Some(Value::Real(_)) => "real",
        Some(Value::Text(_)) => "text",
        Some(Value::Bytes(_)) => "blob",
    }
}

/// The least integer has no opposite among them.
fn abs(value: &Value) -> Value {
    match value {
        Value::Integer(integer) => match integer.checked_abs() {
            Some(integer) => Value::Integer(integer),
            None => Value::Real(-(*integer as f64)),
        },
        other => Value::real(other.as_real().abs()),
    }
}

/// A number, or a text that is one.
fn numeric(value: &Value) -> Option<f64> {
    match crate::value::Affinity::Numeric.apply(value) {
        number @ (Value::Integer(_) | Value::Real(_)) => Some(number.as_real()),
        _ => None,
    }
}

fn whole(value: &Value, make: fn(f64) -> f64) -> Value {
    match crate::value::Affinity::Numeric.apply(value) {
        Value::Integer(integer) => Value::Integer(integer),
        Value::Real(real) => Value::real(make(real)),
        _ => Value::Null,
    }
}

/// Positions count from 1, from the end if they are negative; a negative length reaches to the left.
fn substr(value: &Value, start: Option<&Value>, length: Option<&Value>) -> Value {
    let text = value.as_text();
    let characters: Vec<char> = match value {
        Value::Bytes(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => text.chars().collect(),
    };
    let count = characters.len() as i64;
    let start = start.map_or(0, Value::as_integer);
    let length = length.map_or(i64::MAX, Value::as_integer);
    let mut from = if start < 0 {
        count.saturating_add(start)
    } else {
        start.saturating_sub(1)
    };
    // Before the first character there is one place more: 0.
    let mut to = from.saturating_add(length);
    if length < 0 {
        (from, to) = (to, from);
    }
    let clamp = |at: i64| at.clamp(0, count) as usize;
    let chosen = &characters[clamp(from)..clamp(to.max(from))];
    match value {
        Value::Bytes(_) => Value::Bytes(chosen.iter().map(|c| *c as u8).collect()),
        _ => Value::text(&chosen.iter().collect::<String>()),
    }
}

fn trim(value: &Value, characters: Option<&Value>, left: bool, right: bool) -> Value {
    let text = value.as_text();
    let characters: Vec<char> = characters.map_or(vec![' '], |characters| {
        characters.as_text().chars().collect()
    });
    let is_cut = |c: char| characters.contains(&c);
    let mut rest = &*text;
    if left {
        rest = rest.trim_start_matches(is_cut);
    }
    if right {
        rest = rest.trim_end_matches(is_cut);
    }
    Value::text(rest)
}

fn replace(value: &Value, from: Option<&Value>, to: Option<&Value>) -> Value {
    let (text, from) = (
        value.as_text(),
        from.map_or_else(Default::default, Value::as_text),
    );
    let to = to.map_or_else(Default::default, Value::as_text);
    if from.is_empty() {
        return Value::text(&text);
    }
    let count = text.matches(&*from).count();
    match text.len().saturating_add(count.saturating_mul(to.len())) > TEXT_BYTES_MAX {
        true => Value::Null,
        false => Value::text(&text.replace(&*from, &to)),
    }
}

fn instr(value: &Value, wanted: Option<&Value>) -> Value {
    let (text, wanted) = (
        value.as_text(),
        wanted.map_or_else(Default::default, Value::as_text),
    );
    let found = text
        .find(&*wanted)
        .map_or(0, |at| text[..at].chars().count() as i64 + 1);
    Value::Integer(found)
}

/// Half away from zero, of up to 30 digits, through the text of the number so that 2.675 is what it looks like.
fn round(value: &Value, digits: Option<&Value>) -> Value {
    let real = value.as_real();
    let digits = digits.map_or(0, Value::as_integer).clamp(0, 30) as usize;
    // Beyond 2^52 there is nothing behind the point.
    if real.abs() > 4_503_599_627_370_496.0 {
        return Value::real(real);
    }
    if digits == 0 {
        return Value::real(real.signum() * (real.abs() + 0.5).floor());
    }
    Value::real(format!("{real:.digits$}").parse().unwrap_or(real))
}

/// Of equal values, as in SQLite, the last is the least and the first the greatest: 0 and 0.0 differ as texts.
fn extreme(values: &[Value], wanted: Compare) -> Value {
    let mut chosen = &values[0];
    for value in &values[1..] {
        if wanted.holds(value.order(chosen)) {
            chosen = value;
        }
    }
    chosen.clone()
}

/// The beginning of the span of so many milliseconds that a time lies in; spans begin at 0 and lie before it too.
fn bucket(width: &Value, time: Option<&Value>) -> Value {
    let (width, time) = (width.as_integer(), time.map_or(0, Value::as_integer));
    match width > 0 {
        true => time
            .checked_sub(time.rem_euclid(width))
            .map_or(Value::Null, Value::Integer),
        false => Value::Null,
    }
}
