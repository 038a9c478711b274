//! Built values that nearly pass: one part of a good one is changed, within its form.

use fastrand::Rng;

use super::{once_in, one_of, texts};
use crate::schema::Rules;
use crate::value::Value;

/// Changes one part, or none where there is nothing to change.
pub(super) fn change_one(random: &mut Rng, values: &mut [Value]) {
    if values.is_empty() {
        return;
    }
    let at = random.usize(0..values.len());
    change(random, &mut values[at]);
}

fn change(random: &mut Rng, value: &mut Value) {
    match value {
        Value::Absent => *value = Value::Null,
        // As an element an absence is a null, so that null stays what it is.
        Value::Null | Value::Json(_) => {}
        Value::Bool(value) => *value = !*value,
        Value::Unsigned(number) => {
            *number = *one_of(random, &[0, 1, *number ^ 1, u64::MAX, 1 << 53, 300]);
        }
        Value::Signed(number) => {
            *number = *one_of(random, &[0, -1, *number ^ 1, i64::MIN, i64::MAX, 300]);
        }
        Value::F32(number) => {
            *number = *one_of(
                random,
                &[f32::NAN, f32::INFINITY, -*number, number.next_up(), 0.1],
            );
        }
        Value::F64(number) => {
            *number = *one_of(
                random,
                &[f64::NAN, f64::NEG_INFINITY, -*number, number.next_up(), 0.1],
            );
        }
        Value::Text(text) => *text = texts::text(random, &Rules::NONE),
        Value::Bytes(bytes) => bytes.push(7),
        Value::List(values) => {
            if once_in(random, 2) {
                change_one(random, values);
            } else if let Some(last) = values.last().cloned() {
                values.push(last);
            }
        }
        Value::Map(entries) => {
            if let Some((_, value)) = entries.first_mut() {
                change(random, value);
            }
        }
        Value::Object(fields) => change_one(random, fields),
        Value::Case(case, fields) => {
            if once_in(random, 3) {
                // None that there is: fields of another form would be another value, not a wrong one.
                *case += 1000;
            } else {
                change_one(random, fields);
            }
        }
    }
}
