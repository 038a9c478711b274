//! The faces of a contract: what a record type can be asked for.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decode::Policy;
use crate::schema::Schema;
use crate::value::{Parts, Value};
use crate::violation::Violation;

/// A record type has a name and a version.
pub trait SchemaType: 'static {
    /// The name that configuration and the wire use, in snake_case.
    const NAME: &'static str;
    /// Grows when the shape changes.
    const VERSION: u32;
}

/// A record type whose values can travel: they are described, checked, read and written.
///
/// `#[derive(Contract)]` writes this implementation; see the crate's first page.
pub trait Streamable:
    SchemaType + Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync
{
    /// The description that everything else follows.
    const SCHEMA: &'static Schema;

    /// Builds the type from fields that [`Schema::decode`] has checked; `None` if they are not of
    /// this schema.
    fn from_fields(fields: Vec<Value>) -> Option<Self>;

    /// The fields, in the order of the schema, where they are.
    fn lend(&self) -> Parts<'_>;

    /// The fields as values of their own.
    fn to_fields(&self) -> Vec<Value> {
        self.lend().to_values()
    }

    /// Builds a flat type from numbers that [`Schema::check_slots`] has passed; `None` if the type
    /// is not flat or the numbers are not of this schema.
    fn from_slots(slots: &[f64]) -> Option<Self>;

    /// Writes a flat type as numbers, one a field; `false` if the type is not flat or `slots` is
    /// too short.
    fn to_slots(&self, slots: &mut [f64]) -> bool;

    /// Refuses a value built in Rust that the contract does not allow, e.g. a NaN. It is looked at where it is:
    /// nothing is allocated for one that passes, unless a list must be without repetitions, a pattern is
    /// matched, or a field is of a type that is written as text (a date or an identifier of another crate).
    fn check(&self) -> Result<(), Box<Violation>> {
        Self::SCHEMA.check(self.lend())
    }
}

/// A record type with one number that stands for the whole: what a chart draws.
pub trait Observable: SchemaType {
    /// The name of the field that [`signal`](Self::signal) reads.
    const SIGNAL: &'static str;
    /// The unit a person reads, e.g. `°C`.
    const UNIT: &'static str;
    /// A small picture for people, usually one emoji.
    const ICON: &'static str;

    /// The number that stands for the whole.
    fn signal(&self) -> f64;
}

/// A record type that a person or a program can set through one value.
pub trait Settable: SchemaType + Sized {
    /// What is set.
    type Value;

    /// A complete value of the record, stamped with Unix milliseconds.
    fn set(value: Self::Value, timestamp_ms: u64) -> Self;
}

/// A record type that can cross a link as bytes; JSON unless the type says otherwise.
pub trait Linkable: Streamable {
    /// The bytes for the wire, or why this value has none.
    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        Ok(Self::SCHEMA.write_json(self.lend()).into_bytes())
    }

    /// A checked value from bytes of the wire.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Box<Violation>> {
        let fields = Self::SCHEMA.decode_json(bytes, Policy::default())?;
        Self::from_fields(fields).ok_or_else(|| Self::SCHEMA.malformed("fields of another schema"))
    }
}

/// A record type that can be made up, for demonstrations and tests.
pub trait Simulatable: SchemaType + Sized {
    /// What shapes the simulation.
    type Params;

    /// The next value after `previous`, stamped with Unix milliseconds. The same `random` seed and
    /// the same calls give the same values.
    fn simulate(
        params: &Self::Params,
        previous: Option<&Self>,
        random: &mut fastrand::Rng,
        timestamp_ms: u64,
    ) -> Self;
}
