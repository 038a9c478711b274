//! What a path can hold, and the two numbers in which it crosses the boundary.
//!
//! A value is a kind (one byte) and a number (`f64` outside, 64 bits inside). Plain objects and arrays are known by
//! their structure; their parts are values of their own. Anything else JavaScript owns (a Date, a Map, a class
//! instance) is a slot: an index that is passed through and never looked into.

use crate::state::strings::StringId;

/// Set on a kind code when the entry is a part of the plain object or array written just before it.
pub const PART: u8 = 0x80;
/// The number of "no slot": an object that the engine built or changed and JavaScript has not seen as one piece.
pub const NO_SLOT: u32 = u32::MAX;
/// The most slots: the index of a slot is an offset into a table of counts.
pub const SLOTS_MAX: u32 = 1 << 22;

/// The kind of a value, with the code it has in typed arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Kind {
    /// Nothing is there; reads as undefined.
    #[default]
    Absent = 0,
    /// An explicit undefined.
    Undefined = 1,
    /// Null.
    Null = 2,
    /// The number is 0 or 1.
    Bool = 3,
    /// The number itself.
    Number = 4,
    /// The number is a [`StringId`].
    Text = 5,
    /// The number is a slot: opaque.
    Slot = 6,
    /// A plain object; the number is the slot of the object as one piece, or [`NO_SLOT`].
    Object = 7,
    /// An array; the number as for an object.
    Array = 8,
}

impl Kind {
    /// The kind of a code without its [`PART`] bit.
    pub fn from_code(code: u8) -> Option<Self> {
        const KINDS: [Kind; 9] = [
            Kind::Absent,
            Kind::Undefined,
            Kind::Null,
            Kind::Bool,
            Kind::Number,
            Kind::Text,
            Kind::Slot,
            Kind::Object,
            Kind::Array,
        ];
        KINDS.get(usize::from(code)).copied()
    }

    /// Whether values can lie below.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }

    /// A value without parts that is not opaque: equal when kind and number are.
    pub fn is_plain(self) -> bool {
        !matches!(self, Self::Absent | Self::Slot) && !self.is_container()
    }

    /// Absent, undefined or null.
    pub fn is_nil(self) -> bool {
        matches!(self, Self::Absent | Self::Undefined | Self::Null)
    }
}

/// A value as it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Nothing is there; reads as undefined.
    Absent,
    /// An explicit undefined.
    Undefined,
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number with its exact bits; every NaN is the same.
    Number(f64),
    /// An interned text.
    Text(StringId),
    /// Something only JavaScript understands.
    Slot(u32),
    /// A plain object and the slot of it as one piece.
    Object(u32),
    /// An array, the slot of it as one piece, and its length.
    Array(u32, u32),
}

/// How a value lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    /// Number: the bits. Array: the length above the slot. The rest: an index.
    pub(crate) bits: u64,
    pub(crate) kind: Kind,
}

/// The bits under which every NaN is kept.
pub(crate) const CANONICAL_NAN: u64 = 0x7FF8_0000_0000_0000;

impl Cell {
    pub(crate) const ABSENT: Self = Self {
        bits: 0,
        kind: Kind::Absent,
    };
    pub(crate) const UNDEFINED: Self = Self {
        bits: 0,
        kind: Kind::Undefined,
    };
    pub(crate) const NULL: Self = Self {
        bits: 0,
        kind: Kind::Null,
    };
    pub(crate) const OBJECT: Self = Self {
        bits: NO_SLOT as u64,
        kind: Kind::Object,
    };
    pub(crate) const ARRAY: Self = Self {
        bits: NO_SLOT as u64,
        kind: Kind::Array,
    };

    pub(crate) fn number(number: f64) -> Self {
        let bits = if number.is_nan() {
            CANONICAL_NAN
        } else {
            number.to_bits()
        };
        Self {
            bits,
            kind: Kind::Number,
        }
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self {
            bits: u64::from(value),
            kind: Kind::Bool,
        }
    }

    /// The slot of a container or of an opaque value.
    pub(crate) fn slot(self) -> u32 {
        self.bits as u32
    }

    pub(crate) fn array_length(self) -> u32 {
        (self.bits >> 32) as u32
    }

    pub(crate) fn with_slot(self, slot: u32) -> Self {
        Self {
            bits: (self.bits >> 32 << 32) | u64::from(slot),
            kind: self.kind,
        }
    }

    pub(crate) fn with_array_length(self, length: u32) -> Self {
        Self {
            bits: (u64::from(length) << 32) | (self.bits & 0xFFFF_FFFF),
            kind: self.kind,
        }
    }

    pub(crate) fn text(self) -> StringId {
        StringId(self.bits as u32)
    }

    pub(crate) fn value(self) -> Value {
        match self.kind {
            Kind::Absent => Value::Absent,
            Kind::Undefined => Value::Undefined,
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.bits != 0),
            Kind::Number => Value::Number(f64::from_bits(self.bits)),
            Kind::Text => Value::Text(self.text()),
            Kind::Slot => Value::Slot(self.slot()),
            Kind::Object => Value::Object(self.slot()),
            Kind::Array => Value::Array(self.slot(), self.array_length()),
        }
    }

    /// The number that crosses the boundary beside the kind.
    pub(crate) fn outside_number(self) -> f64 {
        match self.kind {
            Kind::Number => f64::from_bits(self.bits),
            _ => f64::from(self.bits as u32),
        }
    }

    /// Absent reads as undefined; the slot of a container is no part of its value.
    pub(crate) fn is_same_alone(self, other: Self) -> bool {
        let kind = |cell: Self| {
            if cell.kind == Kind::Absent {
                Kind::Undefined
            } else {
                cell.kind
            }
        };
        kind(self) == kind(other)
            && match self.kind {
                Kind::Object => true,
                Kind::Array => self.array_length() == other.array_length(),
                _ => self.bits == other.bits,
            }
    }
}
