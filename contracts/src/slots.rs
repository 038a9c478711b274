//! The flat layout: a contract of scalars as plain numbers, one a field.
//!
//! It is how a value crosses between JavaScript and the engine without text and without objects:
//! a boolean is 0 or 1, an absent optional field is NaN, and a NaN that was given as a value is
//! handed over as an infinity, so that it is refused and never taken for an absence.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decode::Policy;
use crate::number::{Number, SAFE_INTEGER_MAX};
use crate::place::{Place, Step};
use crate::schema::{Field, Kind, Rules, Schema, Type};
use crate::value::Value;
use crate::violation::{Reason, Violation};
use crate::wanted::Wanted;

/// What stands in a slot for an optional field that is absent.
pub(crate) const ABSENT: f64 = f64::NAN;

impl Schema {
    /// Refuses numbers that are no value of this contract.
    ///
    /// `slots` holds one number a field, in the order of the schema.
    pub fn check_slots(&self, slots: &[f64], policy: Policy) -> Result<(), Box<Violation>> {
        if slots.len() != self.fields().len() {
            return Err(self.malformed("another number of fields"));
        }
        for (field, slot) in self.fields().iter().zip(slots) {
            if let Err(reason) = self.check_slot(field, *slot, policy) {
                return Err(self.refuse_slot(field, *slot, reason));
            }
        }
        let said = self.version_index().map(|index| slots[index]);
        match said.filter(|said| !said.is_nan()) {
            Some(said) => self.check_version(Number::of_f64(said)),
            None => Ok(()),
        }
    }

    /// Rounds checked numbers to what their fields hold, so that equal values are equal bits: an
    /// `f32` field to an `f32`, an integer to one without a sign on zero.
    pub fn settle_slots(&self, slots: &mut [f64]) {
        for (field, slot) in self.fields().iter().zip(slots) {
            match field.of.kind {
                Kind::Float { bits: 32 } if !slot.is_nan() => *slot = f64::from(*slot as f32),
                Kind::Unsigned { .. } | Kind::Signed { .. } | Kind::Time => *slot += 0.0,
                _ => {}
            }
        }
    }

    /// Turns settled numbers into what a person would read: 21.1 for an `f32` field, not
    /// 21.100000381469727.
    pub fn shorten_slots(&self, slots: &mut [f64]) {
        for (field, slot) in self.fields().iter().zip(slots) {
            if matches!(field.of.kind, Kind::Float { bits: 32 }) {
                *slot = crate::number::shortest_f64(*slot as f32);
            }
        }
    }

    /// Reads numbers of the flat layout as fields, with all checks.
    pub fn decode_slots(
        &self,
        slots: &[f64],
        policy: Policy,
    ) -> Result<Vec<Value>, Box<Violation>> {
        self.check_slots(slots, policy)?;
        let value = |(field, slot): (&Field, &f64)| match field.of.kind {
            _ if slot.is_nan() => Value::Absent,
            Kind::Bool => Value::Bool(*slot != 0.0),
            _ => Wanted::of_type(&field.of, self)
                .number(Number::Float(*slot), policy)
                .unwrap_or(Value::Absent),
        };
        Ok(self.fields().iter().zip(slots).map(value).collect())
    }

    /// Writes fields as numbers of the flat layout; `false` if they do not fit it.
    pub fn encode_slots(fields: &[Value], slots: &mut [f64]) -> bool {
        if slots.len() < fields.len() {
            return false;
        }
        fields
            .iter()
            .zip(slots)
            .all(|(value, slot)| match value.to_slot() {
                Some(number) => {
                    *slot = number;
                    true
                }
                None => false,
            })
    }

    /// The check of one slot, without words: what runs on every write of the fast path.
    fn check_slot(&self, field: &Field, slot: f64, policy: Policy) -> Result<(), Reason> {
        if is_plainly_good(&field.of, slot) {
            return Ok(());
        }
        if slot.is_nan() {
            return if field.may_be_absent() {
                Ok(())
            } else {
                Err(Reason::Missing)
            };
        }
        if matches!(field.of.kind, Kind::Bool) {
            return if slot == 0.0 || slot == 1.0 {
                Ok(())
            } else {
                Err(Reason::Kind)
            };
        }
        Wanted::of_type(&field.of, self)
            .number(Number::Float(slot), policy)
            .map(|_| ())
    }

    fn refuse_slot(&self, field: &Field, slot: f64, reason: Reason) -> Box<Violation> {
        let place = Place {
            parent: None,
            step: Step::Name(&field.name),
        };
        let words = Wanted::of_type(&field.of, self).words(reason);
        let got = match reason {
            Reason::Missing => "nothing".into(),
            Reason::NotFinite if matches!(field.of.kind, Kind::Float { bits: 32 }) => {
                Number::Float(slot).text()
            }
            Reason::NotFinite => "NaN or Infinity".into(),
            _ => Number::Float(slot).text(),
        };
        self.refuse(Some(&place), reason, words, &got)
    }
}

/// Whether a number passes at a glance. It may say no to a good one, such as an integer beyond 2^53.
fn is_plainly_good(of: &Type, slot: f64) -> bool {
    let integer = slot as i64;
    let is_integer = integer as f64 == slot && integer.unsigned_abs() <= SAFE_INTEGER_MAX;
    match of.kind {
        Kind::Float { bits: 32 } => {
            let narrow = slot as f32;
            narrow.is_finite()
                && within(&of.rules, f64::from(narrow), |bound| {
                    f64::from(bound as f32)
                })
        }
        Kind::Float { .. } => slot.is_finite() && within(&of.rules, slot, |bound| bound),
        Kind::Unsigned { bits } => {
            let fits = is_integer && integer >= 0 && (bits == 64 || integer >> bits == 0);
            fits && within(&of.rules, slot, |bound| bound)
        }
        Kind::Signed { bits: 64 } => is_integer && within(&of.rules, slot, |bound| bound),
        _ => false,
    }
}

/// Whether a number is within its bounds, as far as a glance tells: rules that are rare are not looked
/// at, and an integer as large as a bound that no double holds is not judged here.
fn within(rules: &Rules, slot: f64, nearest: impl Fn(f64) -> f64) -> bool {
    let bound = |bound: Option<Number>| bound.map(|bound| nearest(bound.to_f64()));
    let is_rare = rules.exclusive_min.is_some()
        || rules.exclusive_max.is_some()
        || rules.multiple_of.is_some();
    // A number is at most 2^53 here where it is an integer, so that rounding brings no bound past it.
    !is_rare
        && bound(rules.min).is_none_or(|min| slot >= min)
        && bound(rules.max).is_none_or(|max| slot <= max)
}

impl Value {
    fn to_slot(&self) -> Option<f64> {
        Some(match self {
            Self::Absent => ABSENT,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Unsigned(value) => *value as f64,
            Self::Signed(value) => *value as f64,
            Self::F32(value) => crate::number::shortest_f64(*value),
            Self::F64(value) => *value,
            _ => return None,
        })
    }
}
