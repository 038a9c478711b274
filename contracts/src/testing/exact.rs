//! Two readers of one contract, side by side.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use fastrand::Rng;

use super::changes::change_one;
use super::{once_in, values};
use crate::decode::Policy;
use crate::json::Json;
use crate::migrate::VERSION_FIELD;
use crate::number::Number;
use crate::schema::Schema;
use crate::traits::Streamable;
use crate::value::Value;
use crate::violation::Violation;

/// So many values are tried.
const VALUES: usize = 300;

const POLICIES: [Policy; 2] = [
    Policy {
        unknown: None,
        safe_integers: false,
    },
    Policy {
        unknown: None,
        safe_integers: true,
    },
];

/// Asserts that a type and its description, written to a contract file and read back, take the same values,
/// refuse the same ones with the same words at the same place, and write the same.
///
/// A type with a hand-written [`FieldType`](crate::FieldType) among its fields passes only if that describes
/// itself exactly.
///
/// ```
/// use aimdb_contracts::{builtin::HostCpu, testing};
///
/// testing::assert_exact::<HostCpu>(1);
/// ```
///
/// # Panics
/// With the value and both answers, if they disagree.
#[allow(clippy::panic, reason = "an assertion, for tests")]
pub fn assert_exact<T: Streamable>(seed: u64) {
    let schema = T::SCHEMA;
    let described = match Schema::from_file(&schema.to_file()) {
        Ok(described) => described,
        Err(error) => panic!("{} writes a file that is refused: {error}", schema.name),
    };
    assert_alike(schema, &described, seed);
    for (index, value) in values(schema, seed).take(VALUES).enumerate() {
        let text = value.to_text();
        let Ok(fields) = schema.decode_json(text.as_bytes(), Policy::default()) else {
            continue;
        };
        let place = format!("{}, seed {seed}, value {index}: {text}", schema.name);
        let Some(typed) = T::from_fields(fields.clone()) else {
            panic!("the type does not take what its description takes: {place}");
        };
        assert_eq!(
            typed.to_fields(),
            fields,
            "the type changes a value: {place}"
        );
        assert_eq!(typed.check(), Ok(()), "the type refuses itself: {place}");
        let written = in_order(&schema.write_json(typed.lend()));
        let expected = in_order(&described.to_json(&fields));
        assert_eq!(written, expected, "written otherwise: {place}");
        let by_serde = serde_json::to_string(&typed).unwrap_or_default();
        assert_eq!(
            in_order(&by_serde),
            expected,
            "serde writes it otherwise: {place}"
        );
        assert_eq!(
            typed_slots(&typed),
            slots_of(schema, &fields),
            "other numbers of the flat layout: {place}"
        );
    }
    if schema.is_flat() {
        assert_flat::<T>(&described, seed);
    }
}

/// Asserts that two contracts are equal for every value: those made up for the first are taken, refused and
/// written alike over JSON text, plain JSON, values that were built, and flat numbers.
///
/// # Panics
/// With the value and both answers, if they disagree.
pub fn assert_alike(this: &Schema, that: &Schema, seed: u64) {
    assert_eq!(
        this.fingerprint_text(),
        that.fingerprint_text(),
        "{}",
        this.name
    );
    for (index, value) in values(this, seed).take(VALUES).enumerate() {
        let text = value.to_text();
        let place = format!("{}, seed {seed}, value {index}: {text}", this.name);
        for policy in POLICIES {
            let by_this = this.decode_json(text.as_bytes(), policy);
            assert_eq!(
                by_this,
                that.decode_json(text.as_bytes(), policy),
                "{place}"
            );
            let plain = this.decode(&value, policy);
            let by_version = |violation: &Violation| violation.path == VERSION_FIELD;
            if by_this
                .as_ref()
                .is_err_and(|violation| by_version(violation))
            {
                // Text is looked at again for its version once it is refused; else it is met in its turn.
                assert!(plain.is_err(), "as plain JSON: {place}");
            } else {
                assert_eq!(by_this, plain, "as plain JSON: {place}");
            }
            let Ok(fields) = by_this else { continue };
            assert_written(this, that, &fields, policy, &place);
            assert_built(this, that, fields, index as u64, &place);
        }
    }
    if this.is_flat() {
        let mut random = Rng::with_seed(seed);
        for _ in 0..VALUES {
            let slots = made_up_slots(this, &mut random);
            assert_eq!(
                this.decode_slots(&slots, Policy::default()),
                that.decode_slots(&slots, Policy::default()),
                "{}, seed {seed}: {slots:?}",
                this.name
            );
        }
    }
}

/// A built value that may break a rule is judged alike, and reads back where it passes.
fn assert_built(this: &Schema, that: &Schema, mut fields: Vec<Value>, seed: u64, place: &str) {
    change_one(&mut Rng::with_seed(seed), &mut fields);
    let checked = this.check_fields(&fields);
    assert_eq!(checked, that.check_fields(&fields), "changed: {place}");
    if checked.is_ok() {
        let written = this.to_json(&fields);
        let again = that.decode_json(written.as_bytes(), Policy::default());
        assert_eq!(
            again,
            Ok(fields),
            "changed, and read from {written}: {place}"
        );
    }
}

/// What was read is taken as a built value, and reads back from what is written.
fn assert_written(this: &Schema, that: &Schema, fields: &[Value], policy: Policy, place: &str) {
    assert_eq!(this.check_fields(fields), Ok(()), "built: {place}");
    assert_eq!(that.check_fields(fields), Ok(()), "built: {place}");
    let written = this.to_json(fields);
    assert_eq!(written, that.to_json(fields), "{place}");
    let again = this.decode_json(written.as_bytes(), policy);
    assert_eq!(
        again.as_deref(),
        Ok(fields),
        "read again from {written}: {place}"
    );
    if !this.is_flat() {
        return;
    }
    let mut slots = vec![0.0; fields.len()];
    assert!(Schema::encode_slots(fields, &mut slots), "{place}");
    // Beyond 2^53 a number of the flat layout is not exact.
    if policy.safe_integers {
        let by_slots = this.decode_slots(&slots, policy);
        assert_eq!(by_slots.as_deref(), Ok(fields), "flat: {place}");
    }
}

/// Flat numbers that a type and its description take alike.
#[allow(clippy::panic, reason = "an assertion, for tests")]
fn assert_flat<T: Streamable>(described: &Schema, seed: u64) {
    let mut random = Rng::with_seed(seed);
    for _ in 0..VALUES {
        let slots = made_up_slots(T::SCHEMA, &mut random);
        let Ok(fields) = described.decode_slots(&slots, Policy::default()) else {
            continue;
        };
        let place = format!("{}, seed {seed}: {slots:?}", T::NAME);
        let Some(typed) = T::from_slots(&slots) else {
            panic!("the type does not take flat numbers that its description takes: {place}");
        };
        assert_eq!(typed.to_fields(), fields, "{place}");
    }
}

/// A number a field: of a value that was made up, an absence, or any.
fn made_up_slots(schema: &Schema, random: &mut Rng) -> Vec<f64> {
    let value = values(schema, random.u64(..)).next().unwrap_or(Json::Null);
    let slot = |name: &str| match value.get(name) {
        Some(Json::Number(number)) => number.to_f64(),
        Some(Json::Bool(value)) => f64::from(u8::from(*value)),
        _ => f64::NAN,
    };
    let names = schema.fields().iter().map(|field| slot(&field.name));
    let mut slots: Vec<f64> = names.collect();
    if once_in(random, 6) && !slots.is_empty() {
        let at = random.usize(0..slots.len());
        slots[at] = *super::one_of(random, &[f64::NAN, f64::INFINITY, 0.5, -1.0, 1e300]);
    }
    slots
}

/// JSON text with the names of every object in order: those of a `HashMap` are in none.
fn in_order(text: &str) -> Option<Json> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Some(Json::read_for_contract(&mut reader).ok()?.in_order())
}

fn typed_slots<T: Streamable>(typed: &T) -> Option<Vec<String>> {
    let mut slots = vec![0.0; T::SCHEMA.fields().len()];
    typed.to_slots(&mut slots).then(|| texts(&slots))
}

fn slots_of(schema: &Schema, fields: &[Value]) -> Option<Vec<String>> {
    let mut slots = vec![0.0; fields.len()];
    // What is not flat as a kind may be flat by accident: a list that is absent.
    let flat = schema.is_flat() && Schema::encode_slots(fields, &mut slots);
    flat.then(|| texts(&slots))
}

/// As text, since NaN is not equal to itself.
fn texts(slots: &[f64]) -> Vec<String> {
    slots
        .iter()
        .map(|slot| Number::Float(*slot).text())
        .collect()
}
