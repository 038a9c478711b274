//! Which Rust types a field may have, and how each maps to a description.

mod collections;
mod instants;
mod scalars;
#[cfg(feature = "uuid")]
mod uuids;

pub use crate::preset::Preset;
pub use instants::Timestamp;
pub use scalars::Bytes;

use core::marker::PhantomData;

use crate::schema::{Kind, Ref, Rules, Type};
use crate::value::{Lent, Value};

/// A Rust type that a field of a contract may have.
///
/// | Rust | kind |
/// |---|---|
/// | `bool`, `u8` to `u64`, `i8` to `i64`, `f32`, `f64` | of the same name |
/// | `String`, `Arc<str>`, `Box<str>` | `text` |
/// | [`Bytes`] | `bytes`; a `Vec<u8>` is a list of numbers |
/// | [`Timestamp`] | `time` |
/// | `core::time::Duration` | `f64`: milliseconds in steps of a microsecond |
/// | [`Json`](crate::Json) | `json` |
/// | `Vec<T>`, `[T; N]` | `list` |
/// | tuples of up to eight | `tuple` |
/// | `BTreeMap<String, T>`, with the feature `std` also `HashMap<String, T>` | `map` |
/// | `Option<T>` | as `T`, and the field is optional; `nullable` in a list, a tuple or a map |
/// | `Option<Option<T>>` | `nullable`, and the field is optional: absent is `None`, null is `Some(None)` |
/// | `Box<T>` | as `T` |
/// | what derives [`Contract`](crate::Contract) | `contract`, `enum`, `oneOf`, or that of a newtype's only field |
/// | feature `chrono`: `DateTime<Utc>`, `NaiveDate` | `time`, `text` of the format `date` |
/// | feature `jiff`: `Timestamp`, `civil::Date` | `time`, `text` of the format `date` |
/// | feature `uuid`: `Uuid` | `text` of the format `uuid`, written in lower case |
///
/// A type of one's own says everything it asks for in `KIND` and `RULES`, and `from_value` takes every
/// value that they allow: what is refused is then refused on every side, by the same words.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a field of a contract",
    label = "no field type",
    note = "derive `Contract` for it, implement `FieldType`, or turn on the feature of aimdb-contracts that has it"
)]
pub trait FieldType: Sized {
    /// What it is.
    const KIND: Kind;
    /// What is asked of it beyond its kind.
    const RULES: Rules = Rules::NONE;
    /// Whether it may be absent.
    const OPTIONAL: bool = false;
    /// The unit of a field that names none; may be empty.
    const USUAL_UNIT: &'static str = "";

    /// From a checked value; `None` if it is of another kind.
    fn from_value(value: Value) -> Option<Self>;
    /// The value as it is looked at, unchecked.
    fn lend(&self) -> Lent<'_>;

    /// From a checked number of the flat layout.
    fn from_slot(_slot: f64) -> Option<Self> {
        None
    }

    /// To a number of the flat layout; `None` if the type does not fit one.
    fn to_slot(&self) -> Option<f64> {
        None
    }
}

/// The types that a Rust type is described by, as constants.
pub struct TypeOf<T>(PhantomData<T>);

impl<T: FieldType> TypeOf<T> {
    /// A value that is there.
    pub const PRESENT: &'static Type = &Type {
        kind: T::KIND,
        rules: T::RULES,
    };

    /// An element of a list: what may be absent as a field may be null there.
    pub const ELEMENT: Type = if T::OPTIONAL {
        Type::of(Kind::Nullable(Ref::Static(Self::PRESENT)))
    } else {
        Type {
            kind: T::KIND,
            rules: T::RULES,
        }
    };
}
