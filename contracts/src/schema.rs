//! A contract's description of itself, as data.
//!
//! The derive writes it as a constant; a [contract file](crate::file) owns it. Everything that looks at
//! a value from outside (decoding, checks, the fast path, the TypeScript types) is driven by this one
//! description, so no two of them can disagree.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;

use crate::format::Format;
use crate::number::Number;
use crate::preset::Preset;
use crate::steps::Migrations;

/// Longest text a field may hold, in bytes: keeps one field well below the size of a message.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Most elements of a list, and most names of a map.
pub const LIST_LENGTH_MAX: usize = 65_536;

/// Longest name in a map, in bytes.
pub const MAP_NAME_BYTES_MAX: usize = 256;

/// Deepest nesting of a value: of lists, maps and objects within each other.
pub const DEPTH_MAX: usize = 32;

/// Largest magnitude of a [`Kind::Time`], in milliseconds: what a JavaScript `Date` holds.
pub const TIME_MS_MAX: i64 = 8_640_000_000_000_000;

/// A reference to a constant, or a shared owner of what was made at run time.
#[derive(Debug)]
pub enum Ref<T: ?Sized + 'static> {
    /// Written by the derive.
    Static(&'static T),
    /// Made at run time.
    Shared(Arc<T>),
}

impl<T: ?Sized> Clone for Ref<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Static(value) => Self::Static(value),
            Self::Shared(value) => Self::Shared(value.clone()),
        }
    }
}

impl<T: ?Sized> Deref for Ref<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Static(value) => value,
            Self::Shared(value) => value,
        }
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// What a record type looks like from outside.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The name that configuration and the wire use, in snake_case.
    pub name: Cow<'static, str>,
    /// Grows when the shape changes; from 1.
    pub version: u32,
    /// One sentence for a person.
    pub doc: Cow<'static, str>,
    /// A small picture for people, usually one emoji; may be empty.
    pub icon: Cow<'static, str>,
    /// The field that stands for the whole in a chart or a list, if one does.
    pub signal: Option<Cow<'static, str>>,
    /// What a value consists of.
    pub object: Object,
    /// The contracts that [`Link::At`] counts: 1 is the first of these, 0 is this contract itself.
    pub contracts: Ref<[Schema]>,
    /// How values of older versions become values of this one, and back.
    pub migrations: Migrations,
}

/// Named fields.
#[derive(Clone, Debug)]
pub struct Object {
    /// The fields, in the order in which they are written.
    pub fields: Ref<[Field]>,
    /// What happens to a field that is not listed.
    pub unknown: UnknownFields,
}

/// One field of an [`Object`].
#[derive(Clone, Debug)]
pub struct Field {
    /// The name on the wire.
    pub name: Cow<'static, str>,
    /// What a value of it is.
    pub of: Type,
    /// Whether it may be absent.
    pub optional: bool,
    /// What an absent field reads as; it is always written.
    pub default: Option<Preset>,
    /// The unit a person reads, e.g. `°C`; may be empty.
    pub unit: Cow<'static, str>,
    /// One sentence for a person; may be empty.
    pub doc: Cow<'static, str>,
    /// A small picture for people; may be empty.
    pub icon: Cow<'static, str>,
}

/// What a value is, and what is asked of it beyond that.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is.
    pub kind: Kind,
    /// What is asked of it.
    pub rules: Rules,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer from 0; `bits` is 8, 16, 32 or 64.
    Unsigned {
        /// Width in memory.
        bits: u8,
    },
    /// An integer; `bits` is 8, 16, 32 or 64.
    Signed {
        /// Width in memory.
        bits: u8,
    },
    /// A finite number; `bits` is 32 or 64.
    Float {
        /// Width in memory.
        bits: u8,
    },
    /// Text of at most [`TEXT_BYTES_MAX`] bytes.
    Text,
    /// At most [`TEXT_BYTES_MAX`] bytes; base64 where values are text.
    Bytes,
    /// A moment in Unix milliseconds, within [`TIME_MS_MAX`].
    Time,
    /// Any JSON value, within the limits of [`Json`](crate::Json).
    Json,
    /// One of these texts.
    Enum(Ref<[Cow<'static, str>]>),
    /// A list of at most [`LIST_LENGTH_MAX`] elements.
    List(Ref<Type>),
    /// A list with an element of each of these types.
    Tuple(Ref<[Type]>),
    /// Values under names, at most [`LIST_LENGTH_MAX`].
    Map(Ref<Type>),
    /// Fields of its own.
    Object(Ref<Object>),
    /// The fields of another contract.
    Contract(Link),
    /// Fields that depend on a text among them.
    OneOf(Ref<Union>),
    /// The same, or null.
    Nullable(Ref<Type>),
}

/// Where a nested contract is.
#[derive(Clone, Copy)]
pub enum Link {
    /// A contract of a Rust type; a function, so that a type may nest in itself.
    To(fn() -> &'static Schema),
    /// A contract of the same file, by number; see [`Schema::contracts`].
    At(u16),
}

impl fmt::Debug for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(schema) => write!(out, "To({})", schema().name),
            Self::At(index) => write!(out, "At({index})"),
        }
    }
}

/// Objects told apart by a text among their fields.
#[derive(Clone, Debug)]
pub struct Union {
    /// The name of the field that holds the case's name.
    pub tag: Cow<'static, str>,
    /// The cases, at least one.
    pub cases: Ref<[Case]>,
}

/// One case of a [`Union`].
#[derive(Clone, Debug)]
pub struct Case {
    /// What the tag says.
    pub name: Cow<'static, str>,
    /// The other fields.
    pub body: Body,
}

/// The fields of a [`Case`].
#[derive(Clone, Debug)]
pub enum Body {
    /// Of its own.
    Object(Object),
    /// Of a contract.
    Contract(Link),
}

/// What is asked of a value beyond its kind. A rule that does not fit the kind is refused where a
/// contract is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Smallest number allowed. Of an `f32`, the `f32` nearest to it.
    pub min: Option<Number>,
    /// Largest number allowed.
    pub max: Option<Number>,
    /// Every number allowed is larger.
    pub exclusive_min: Option<Number>,
    /// Every number allowed is smaller.
    pub exclusive_max: Option<Number>,
    /// Every number allowed is a whole multiple of this, in decimals.
    pub multiple_of: Option<Number>,
    /// Least length of text in code points, of bytes in bytes.
    pub min_length: Option<u32>,
    /// Greatest length of text in code points, of bytes in bytes.
    pub max_length: Option<u32>,
    /// A regular expression of ECMAScript with the flag `u` that text must match somewhere.
    pub pattern: Option<Cow<'static, str>>,
    /// What text must be.
    pub format: Option<Format>,
    /// Least number of elements.
    pub min_items: Option<u32>,
    /// Greatest number of elements.
    pub max_items: Option<u32>,
    /// Whether no two elements may be equal.
    pub unique_items: bool,
    /// Least number of names.
    pub min_properties: Option<u32>,
    /// Greatest number of names.
    pub max_properties: Option<u32>,
}

impl Rules {
    /// Nothing is asked.
    pub const NONE: Self = Self {
        min: None,
        max: None,
        exclusive_min: None,
        exclusive_max: None,
        multiple_of: None,
        min_length: None,
        max_length: None,
        pattern: None,
        format: None,
        min_items: None,
        max_items: None,
        unique_items: false,
        min_properties: None,
        max_properties: None,
    };

    /// With a smallest number.
    #[must_use]
    pub const fn with_min(mut self, min: Number) -> Self {
        self.min = Some(min);
        self
    }

    /// With a largest number.
    #[must_use]
    pub const fn with_max(mut self, max: Number) -> Self {
        self.max = Some(max);
        self
    }

    /// With a step: every number is a whole multiple of it.
    #[must_use]
    pub const fn with_multiple_of(mut self, step: Number) -> Self {
        self.multiple_of = Some(step);
        self
    }

    /// With numbers of elements.
    #[must_use]
    pub const fn with_items(mut self, min: Option<u32>, max: Option<u32>) -> Self {
        self.min_items = min;
        self.max_items = max;
        self
    }

    /// With lengths of text or bytes.
    #[must_use]
    pub const fn with_length(mut self, min: Option<u32>, max: Option<u32>) -> Self {
        self.min_length = min;
        self.max_length = max;
        self
    }

    /// With a pattern of text.
    #[must_use]
    pub const fn with_pattern(self, pattern: &'static str) -> Self {
        let with = self.copied(Some(Cow::Borrowed(pattern)));
        // What was there is a constant: nothing is lost, and a constant cannot drop.
        core::mem::forget(self);
        with
    }

    /// These rules, and those of a type where these say nothing.
    #[must_use]
    pub const fn or(self, other: &Self) -> Self {
        let rules = self.or_of(other);
        core::mem::forget(self);
        rules
    }

    /// The same as rules of their own.
    pub(crate) const fn or_of(&self, other: &Self) -> Self {
        const fn number(this: Option<Number>, that: Option<Number>) -> Option<Number> {
            if this.is_some() { this } else { that }
        }
        const fn count(this: Option<u32>, that: Option<u32>) -> Option<u32> {
            if this.is_some() { this } else { that }
        }
        let pattern = match (&self.pattern, &other.pattern) {
            (Some(Cow::Borrowed(pattern)), _) | (None, Some(Cow::Borrowed(pattern))) => {
                Some(Cow::Borrowed(*pattern))
            }
            // Rules that own their pattern come from a file, and no constant does.
            _ => None,
        };
        let mut rules = self.copied(pattern);
        rules.min = number(self.min, other.min);
        rules.max = number(self.max, other.max);
        rules.exclusive_min = number(self.exclusive_min, other.exclusive_min);
        rules.exclusive_max = number(self.exclusive_max, other.exclusive_max);
        rules.multiple_of = number(self.multiple_of, other.multiple_of);
        rules.min_length = count(self.min_length, other.min_length);
        rules.max_length = count(self.max_length, other.max_length);
        rules.format = if self.format.is_some() {
            self.format
        } else {
            other.format
        };
        rules.min_items = count(self.min_items, other.min_items);
        rules.max_items = count(self.max_items, other.max_items);
        rules.unique_items = self.unique_items || other.unique_items;
        rules.min_properties = count(self.min_properties, other.min_properties);
        rules.max_properties = count(self.max_properties, other.max_properties);
        rules
    }

    /// A copy with another pattern.
    const fn copied(&self, pattern: Option<Cow<'static, str>>) -> Self {
        Self {
            min: self.min,
            max: self.max,
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
            multiple_of: self.multiple_of,
            min_length: self.min_length,
            max_length: self.max_length,
            pattern,
            format: self.format,
            min_items: self.min_items,
            max_items: self.max_items,
            unique_items: self.unique_items,
            min_properties: self.min_properties,
            max_properties: self.max_properties,
        }
    }

    /// With a format of text.
    #[must_use]
    pub const fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }
}

/// What happens to a field that the contract does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownFields {
    /// It is left out silently, so that a newer peer may add fields.
    #[default]
    Ignore,
    /// The value is refused.
    Refuse,
    /// Every field is kept as it is: the object has no fields of its own, and its one part is a
    /// [`Json`](crate::Json) of all of them. Only of a contract as a whole; see [`Object::ANY`].
    Keep,
}

impl Type {
    /// A kind of which nothing more is asked.
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            rules: Rules::NONE,
        }
    }
}

impl Field {
    /// Whether a checked value may be without it. What has a default is filled in when it is read.
    pub fn may_be_absent(&self) -> bool {
        self.optional && self.default.is_none()
    }
}

impl Kind {
    /// Whether a value of this kind fits one number of the flat layout.
    pub const fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Unsigned { .. }
                | Self::Signed { .. }
                | Self::Float { .. }
                | Self::Time
        )
    }

    /// Whether it is a number.
    pub const fn is_number(&self) -> bool {
        self.is_scalar() && !matches!(self, Self::Bool)
    }

    /// The name in a contract file, e.g. `u32`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Unsigned { bits: 8 } => "u8",
            Self::Unsigned { bits: 16 } => "u16",
            Self::Unsigned { bits: 32 } => "u32",
            Self::Unsigned { .. } => "u64",
            Self::Signed { bits: 8 } => "i8",
            Self::Signed { bits: 16 } => "i16",
            Self::Signed { bits: 32 } => "i32",
            Self::Signed { .. } => "i64",
            Self::Float { bits: 32 } => "f32",
            Self::Float { .. } => "f64",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Time => "time",
            Self::Json => "json",
            Self::Enum(_) => "enum",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Map(_) => "map",
            Self::Object(_) => "object",
            Self::Contract(_) => "contract",
            Self::OneOf(_) => "oneOf",
            Self::Nullable(_) => "nullable",
        }
    }
}

impl Schema {
    /// The fields, in the order in which they are written.
    pub fn fields(&self) -> &[Field] {
        &self.object.fields
    }

    /// Whether every field fits one number, which is what the fast path across the boundary needs.
    pub fn is_flat(&self) -> bool {
        self.fields().iter().all(|field| field.of.kind.is_scalar())
    }

    /// The position of a field.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.object.index_of(name)
    }

    /// The contract that a link of this one leads to, and the contract that its own links count in.
    pub(crate) fn follow(&self, link: Link) -> (&Schema, &Schema) {
        match link {
            Link::To(schema) => (schema(), schema()),
            Link::At(0) => (self, self),
            // The reader of files has made sure that there is one.
            Link::At(index) => match self.contracts.get(usize::from(index) - 1) {
                Some(schema) => (schema, self),
                None => (self, self),
            },
        }
    }
}

/// The part of an object that keeps every field.
static ALL_FIELDS: [Field; 1] = [Field {
    name: Cow::Borrowed(""),
    of: Type::of(Kind::Json),
    optional: false,
    default: None,
    unit: Cow::Borrowed(""),
    doc: Cow::Borrowed(""),
    icon: Cow::Borrowed(""),
}];

impl Object {
    /// Any JSON object, kept as it is within the limits of [`Json`](crate::Json).
    pub const ANY: Self = Self {
        fields: Ref::Static(&ALL_FIELDS),
        unknown: UnknownFields::Keep,
    };

    /// Whether it is [`ANY`](Self::ANY).
    pub fn keeps_all(&self) -> bool {
        self.unknown == UnknownFields::Keep
    }

    /// The position of a field.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}
