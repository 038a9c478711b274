//! How a record keeps its values: as a Rust type, or by a description alone.
//!
//! Both kinds of record have the same buffers, the same door and the same refusals. A typed one is
//! for code that knows the type; a described one is for contracts that come at run time, and for
//! places where one compiled record must serve every contract, such as a tab that counts its bytes.

use core::marker::PhantomData;

use aimdb_contracts::schema::Ref;
use aimdb_contracts::{Linkable, Policy, SAFE_INTEGER_MAX, Schema, Value};

use crate::record::door::Fields;

/// How values of one contract are kept. What comes in has passed the contract.
pub trait Shape: Send + 'static {
    /// What the buffer holds.
    type Value: Clone + PartialEq + 'static;

    /// The contract.
    fn schema(&self) -> &Schema;
    /// From checked fields; nothing if they are of another contract.
    fn keep_fields(&self, fields: Fields) -> Option<Self::Value>;
    /// The fields, in the order of the schema.
    fn lend_fields(&self, value: &Self::Value) -> Fields;
    /// From checked numbers of the flat layout; nothing if the contract is not flat.
    fn keep_slots(&self, slots: &[f64]) -> Option<Self::Value>;
    /// To numbers of the flat layout; `false` if the value does not fit them.
    fn lend_slots(&self, value: &Self::Value, slots: &mut [f64]) -> bool;
}

/// Values of the Rust type `T`.
pub struct Typed<T>(PhantomData<fn() -> T>);

impl<T> Default for Typed<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clone for Typed<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T: Linkable> Shape for Typed<T> {
    type Value = T;

    fn schema(&self) -> &Schema {
        T::SCHEMA
    }

    fn keep_fields(&self, fields: Fields) -> Option<T> {
        T::from_fields(fields)
    }

    fn lend_fields(&self, value: &T) -> Fields {
        value.to_fields()
    }

    fn keep_slots(&self, slots: &[f64]) -> Option<T> {
        T::from_slots(slots)
    }

    fn lend_slots(&self, value: &T, slots: &mut [f64]) -> bool {
        value.to_slots(slots)
    }
}

/// Values of a contract that is known by its description.
#[derive(Clone, Debug)]
pub struct Described {
    schema: Ref<Schema>,
    /// Whether values cross as numbers; worked out once, since every write asks.
    is_flat: bool,
}

impl Described {
    fn of(schema: Ref<Schema>) -> Self {
        let is_flat = schema.is_flat();
        Self { schema, is_flat }
    }

    /// For a contract that is part of the program.
    pub fn fixed(schema: &'static Schema) -> Self {
        Self::of(Ref::Static(schema))
    }

    /// For a contract that came at run time.
    pub fn given(schema: Schema) -> Self {
        Self::of(Ref::Shared(schema.into()))
    }
}

/// Flat values of so many fields are kept in place, without an allocation.
const FLAT_FIELDS_MAX: usize = 8;

/// A value of a described record.
#[derive(Clone, Debug)]
pub struct Packed(Body);

#[derive(Clone, Debug)]
enum Body {
    /// One number a field, as [`Schema::settle_slots`] leaves them; the rest is 0.
    Flat([f64; FLAT_FIELDS_MAX]),
    /// Anything else.
    Fields(Fields),
}

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // Bit by bit: an absent field is a NaN, and equal to an absent field.
            (Body::Flat(these), Body::Flat(those)) => these
                .iter()
                .zip(those)
                .all(|(this, that)| this.to_bits() == that.to_bits()),
            (Body::Fields(these), Body::Fields(those)) => these == those,
            _ => false,
        }
    }
}

impl Shape for Described {
    type Value = Packed;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn keep_fields(&self, fields: Fields) -> Option<Packed> {
        if fields.len() != self.schema.fields().len() {
            return None;
        }
        let mut slots = [0.0; FLAT_FIELDS_MAX];
        // A value of another contract may look flat, where its list is absent, and would not be read back.
        let is_flat = self.is_flat && fields.iter().all(is_exact);
        let fits = is_flat && Schema::encode_slots(&fields, &mut slots);
        if !fits {
            return Some(Packed(Body::Fields(fields)));
        }
        self.schema.settle_slots(&mut slots);
        Some(Packed(Body::Flat(slots)))
    }

    fn lend_fields(&self, value: &Packed) -> Fields {
        match &value.0 {
            Body::Fields(fields) => fields.clone(),
            Body::Flat(slots) => {
                // They were checked when they came in.
                let slots = &slots[..self.schema.fields().len()];
                self.schema
                    .decode_slots(slots, Policy::default())
                    .unwrap_or_default()
            }
        }
    }

    fn keep_slots(&self, slots: &[f64]) -> Option<Packed> {
        if slots.len() != self.schema.fields().len() || !self.is_flat {
            return None;
        }
        if slots.len() > FLAT_FIELDS_MAX {
            return self.keep_fields(self.schema.decode_slots(slots, Policy::default()).ok()?);
        }
        let mut kept = [0.0; FLAT_FIELDS_MAX];
        kept[..slots.len()].copy_from_slice(slots);
        self.schema.settle_slots(&mut kept);
        Some(Packed(Body::Flat(kept)))
    }

    fn lend_slots(&self, value: &Packed, slots: &mut [f64]) -> bool {
        match &value.0 {
            Body::Fields(fields) => self.is_flat && Schema::encode_slots(fields, slots),
            Body::Flat(kept) => {
                let count = self.schema.fields().len();
                let Some(slots) = slots.get_mut(..count) else {
                    return false;
                };
                slots.copy_from_slice(&kept[..count]);
                self.schema.shorten_slots(slots);
                true
            }
        }
    }
}

/// Whether a number keeps its value as an `f64`.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Unsigned(integer) => *integer <= SAFE_INTEGER_MAX,
        Value::Signed(integer) => integer.unsigned_abs() <= SAFE_INTEGER_MAX,
        _ => true,
    }
}
