//! What the code that the derive writes refers to; not for use by hand.
//!
//! Most of it runs while a program is compiled: a contract is put together as a constant, and every rule is
//! held to the type that it is given to. `#[track_caller]` makes the compiler point at the attribute, since that
//! is where the derive says the call stands.
#![allow(
    clippy::panic,
    reason = "while compiling, a panic is an error at the attribute"
)]

pub use crate::field::{FieldType, Preset, TypeOf};
pub use crate::schema::{Body, Case, Object, Ref, Rules, Type, Union};
pub use alloc::borrow::Cow;
pub use alloc::string::String;
pub use alloc::vec::Vec;
pub use serde;

use crate::format::Format;
use crate::number::Number;
use crate::schema::{Field, Kind, LIST_LENGTH_MAX, Link, Schema, TEXT_BYTES_MAX, TIME_MS_MAX};
use crate::value::Value;

/// The type of a value that is there: what is within [`Kind::Nullable`].
pub const fn present(of: &'static Type) -> &'static Type {
    match &of.kind {
        Kind::Nullable(Ref::Static(inner)) => present(inner),
        _ => of,
    }
}

/// A copy of a constant's kind.
pub const fn kind(of: &Type) -> Kind {
    const SHARED: &str = "a constant owns nothing";
    match &of.kind {
        Kind::Bool => Kind::Bool,
        Kind::Unsigned { bits } => Kind::Unsigned { bits: *bits },
        Kind::Signed { bits } => Kind::Signed { bits: *bits },
        Kind::Float { bits } => Kind::Float { bits: *bits },
        Kind::Text => Kind::Text,
        Kind::Bytes => Kind::Bytes,
        Kind::Time => Kind::Time,
        Kind::Json => Kind::Json,
        Kind::Enum(Ref::Static(choices)) => Kind::Enum(Ref::Static(choices)),
        Kind::List(Ref::Static(of)) => Kind::List(Ref::Static(of)),
        Kind::Tuple(Ref::Static(types)) => Kind::Tuple(Ref::Static(types)),
        Kind::Map(Ref::Static(of)) => Kind::Map(Ref::Static(of)),
        Kind::Object(Ref::Static(object)) => Kind::Object(Ref::Static(object)),
        Kind::Contract(link) => Kind::Contract(*link),
        Kind::OneOf(Ref::Static(union)) => Kind::OneOf(Ref::Static(union)),
        Kind::Nullable(Ref::Static(of)) => Kind::Nullable(Ref::Static(of)),
        _ => panic!("{}", SHARED),
    }
}

/// What `item(…)` is about: the elements of a list, or the values of a map.
#[track_caller]
pub const fn item(of: &'static Type) -> &'static Type {
    match &present(of).kind {
        Kind::List(Ref::Static(item)) | Kind::Map(Ref::Static(item)) => item,
        _ => panic!("`item` is for lists and maps"),
    }
}

/// A type with rules of its own, and with another type of its elements.
pub const fn ruled(of: &'static Type, rules: Rules, item: Option<&'static Type>) -> Type {
    let of = present(of);
    let kind = match (&of.kind, item) {
        (Kind::List(_), Some(item)) => Kind::List(Ref::Static(item)),
        (Kind::Map(_), Some(item)) => Kind::Map(Ref::Static(item)),
        _ => kind(of),
    };
    Type {
        kind,
        rules: rules.or(&of.rules),
    }
}

/// The type of which the part that is there is now `inner`.
pub const fn within(of: &'static Type, inner: &'static Type) -> Type {
    match &of.kind {
        Kind::Nullable(_) => Type::of(Kind::Nullable(Ref::Static(inner))),
        _ => copy(inner),
    }
}

/// A copy of a constant.
pub const fn copy(of: &Type) -> Type {
    Type {
        kind: kind(of),
        rules: rules(of),
    }
}

/// The rules of a type, as a constant of its own.
pub const fn rules(of: &Type) -> Rules {
    Rules::NONE.or_of(&of.rules)
}

/// A number as the kind writes it: an integer as one, and of a float one that is whole.
#[track_caller]
const fn number(of: &Type, integer: i128, float: f64) -> Number {
    let is_whole = integer as f64 == float;
    let (low, high) = match of.kind {
        Kind::Unsigned { bits } => (0, (1_i128 << bits) - 1),
        Kind::Signed { bits } => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        Kind::Time => (-(TIME_MS_MAX as i128), TIME_MS_MAX as i128),
        Kind::Float { bits } => {
            let fits = if bits == 32 {
                (float as f32).is_finite()
            } else {
                float.is_finite()
            };
            if !fits {
                panic!("this number does not fit the type of the field");
            }
            let is_negative_zero = float == 0.0 && float.is_sign_negative();
            if !is_whole || is_negative_zero || integer.unsigned_abs() > 1 << 53 {
                return Number::Float(float);
            }
            (i64::MIN as i128, i64::MAX as i128)
        }
        _ => panic!("this is a number, and the field is none"),
    };
    if !is_whole {
        panic!("this is a fraction, and the field is an integer");
    }
    if integer < low || integer > high {
        panic!("this number does not fit the type of the field");
    }
    if integer < 0 {
        Number::Signed(integer as i64)
    } else {
        Number::Unsigned(integer as u64)
    }
}

/// Whether a number is below another.
const fn is_below(this: Number, that: Number) -> bool {
    match (integer(this), integer(that)) {
        (Some(this), Some(that)) => this < that,
        _ => this.to_f64() < that.to_f64(),
    }
}

const fn integer(number: Number) -> Option<i128> {
    match number {
        Number::Unsigned(value) => Some(value as i128),
        Number::Signed(value) => Some(value as i128),
        Number::Float(_) => None,
    }
}

/// Whether a bound allows what the type itself does not: `low` bounds may only go up, others down.
const fn loosens(bound: Number, own: Option<Number>, is_low: bool) -> bool {
    match own {
        Some(own) if is_low => is_below(bound, own),
        Some(own) => is_below(own, bound),
        None => false,
    }
}

const LOOSER: &str = "this allows what the type of the field refuses";
const NUMBERS: &str = "this rule is for numbers: u8 to u64, i8 to i64, f32, f64 and times";

/// `fn min(rules, of, integer, float) -> Rules`: each gives the rules of its name a number.
macro_rules! bounds {
    ($($name:ident $is_low:literal)*) => {$(
        #[doc = "The rule of this name."]
        #[track_caller]
        pub const fn $name(mut rules: Rules, of: &Type, integer: i128, float: f64) -> Rules {
            if !of.kind.is_number() {
                panic!("{}", NUMBERS);
            }
            let bound = number(of, integer, float);
            if loosens(bound, of.rules.$name, $is_low) {
                panic!("{}", LOOSER);
            }
            rules.$name = Some(bound);
            rules
        }
    )*};
}

bounds! {
    min true
    max false
    exclusive_min true
    exclusive_max false
}

/// The rule of this name.
#[track_caller]
pub const fn multiple_of(mut rules: Rules, of: &Type, integer: i128, float: f64) -> Rules {
    if !of.kind.is_number() {
        panic!("{}", NUMBERS);
    }
    let step = number(of, integer, float);
    if !is_below(Number::Unsigned(0), step) {
        panic!("a step is above 0");
    }
    if of.rules.multiple_of.is_some() {
        panic!("the type of the field has a step of its own");
    }
    rules.multiple_of = Some(step);
    rules
}

/// `fn min_length(rules, of, count) -> Rules`: each gives the rules of its name a count, for some kinds.
macro_rules! counts {
    ($($name:ident $is_low:literal $limit:expr, $kinds:pat, $words:literal;)*) => {$(
        #[doc = "The rule of this name."]
        #[track_caller]
        pub const fn $name(mut rules: Rules, of: &Type, count: u32) -> Rules {
            if !matches!(of.kind, $kinds) {
                panic!($words);
            }
            if count as usize > $limit {
                panic!("no value is as long: see the limits of aimdb_contracts::schema");
            }
            if let Some(own) = of.rules.$name
                && (($is_low && count < own) || (!$is_low && count > own))
            {
                panic!("{}", LOOSER);
            }
            rules.$name = Some(count);
            rules
        }
    )*};
}

counts! {
    min_length true TEXT_BYTES_MAX, Kind::Text | Kind::Bytes, "this rule is for text and bytes";
    max_length false TEXT_BYTES_MAX, Kind::Text | Kind::Bytes, "this rule is for text and bytes";
    min_items true LIST_LENGTH_MAX, Kind::List(_), "this rule is for lists";
    max_items false LIST_LENGTH_MAX, Kind::List(_), "this rule is for lists";
    min_properties true LIST_LENGTH_MAX, Kind::Map(_), "this rule is for maps";
    max_properties false LIST_LENGTH_MAX, Kind::Map(_), "this rule is for maps";
}

/// The rule of this name.
#[track_caller]
pub const fn unique_items(mut rules: Rules, of: &Type) -> Rules {
    if !matches!(of.kind, Kind::List(_)) {
        panic!("this rule is for lists");
    }
    rules.unique_items = true;
    rules
}

/// The rule of this name.
#[track_caller]
pub const fn pattern(rules: Rules, of: &Type, pattern: &'static str) -> Rules {
    if !matches!(of.kind, Kind::Text) {
        panic!("this rule is for text");
    }
    if of.rules.pattern.is_some() {
        panic!("the type of the field has a pattern of its own");
    }
    rules.with_pattern(pattern)
}

/// The rule of this name.
#[track_caller]
pub const fn format(rules: Rules, of: &Type, format: Format) -> Rules {
    if !matches!(of.kind, Kind::Text) {
        panic!("this rule is for text");
    }
    if of.rules.format.is_some() {
        panic!("the type of the field has a format of its own");
    }
    rules.with_format(format)
}

/// Refuses rules, with those of the type, between which nothing is.
#[track_caller]
pub const fn leaves_a_value(rules: Rules, of: &Type) -> Rules {
    let all = rules.or_of(&of.rules);
    let bounds = [
        (all.min, all.max, false),
        (all.exclusive_min, all.max, true),
        (all.min, all.exclusive_max, true),
        (all.exclusive_min, all.exclusive_max, true),
    ];
    let mut index = 0;
    while index < bounds.len() {
        if let (Some(low), Some(high), is_strict) = bounds[index]
            && (is_below(high, low) || (is_strict && !is_below(low, high)))
        {
            panic!("no number is within these bounds");
        }
        index += 1;
    }
    let counts = [
        (all.min_length, all.max_length),
        (all.min_items, all.max_items),
        (all.min_properties, all.max_properties),
    ];
    let mut index = 0;
    while index < counts.len() {
        if let (Some(min), Some(max)) = counts[index]
            && min > max
        {
            panic!("nothing is as long as this asks for: the least length is above the greatest");
        }
        index += 1;
    }
    core::mem::forget(all);
    rules
}

/// Refuses a default that is a number where the type takes none, or not this one.
#[track_caller]
pub const fn default_number(whole: &'static Type, integral: i128, float: f64) -> &'static Type {
    let of = present(whole);
    let given = number(of, integral, float);
    let rules = &of.rules;
    let narrow = matches!(of.kind, Kind::Float { bits: 32 });
    let is_outside = below(given, rules.min, narrow)
        || above(given, rules.max, narrow)
        || reaches(given, rules.exclusive_min, narrow, true)
        || reaches(given, rules.exclusive_max, narrow, false);
    if is_outside {
        panic!("this default is outside the rules of its own field");
    }
    if let (Some(given), Some(Some(step))) = (
        integer(given),
        match rules.multiple_of {
            Some(step) => Some(integer(step)),
            None => None,
        },
    ) && given % step != 0
    {
        panic!("this default is outside the rules of its own field");
    }
    whole
}

/// A default of a type that has taken it.
pub const fn number_value(of: &'static Type, whole: i128, float: f64) -> Value {
    match present(of).kind {
        Kind::Unsigned { .. } => Value::Unsigned(whole as u64),
        Kind::Float { bits: 32 } => Value::F32(float as f32),
        Kind::Float { .. } => Value::F64(float),
        _ => Value::Signed(whole as i64),
    }
}

/// A bound as it is compared with: of an `f32` the nearest one.
const fn narrowed(number: Number, is_narrow: bool) -> Number {
    if is_narrow {
        Number::Float(number.to_f64() as f32 as f64)
    } else {
        number
    }
}

const fn below(given: Number, bound: Option<Number>, narrow: bool) -> bool {
    match bound {
        Some(bound) => is_below(narrowed(given, narrow), narrowed(bound, narrow)),
        None => false,
    }
}

const fn above(given: Number, bound: Option<Number>, narrow: bool) -> bool {
    match bound {
        Some(bound) => is_below(narrowed(bound, narrow), narrowed(given, narrow)),
        None => false,
    }
}

const fn reaches(given: Number, bound: Option<Number>, narrow: bool, is_low: bool) -> bool {
    match bound {
        Some(_) if is_low => !above(given, bound, narrow),
        Some(_) => !below(given, bound, narrow),
        None => false,
    }
}

/// Refuses a default that is text where the type takes none, or not this one.
#[track_caller]
pub const fn default_text(whole: &'static Type, text: &str) -> &'static Type {
    let of = present(whole);
    match &of.kind {
        Kind::Text => {
            let length = characters(text);
            let min = match of.rules.min_length {
                Some(min) => min as usize,
                None => 0,
            };
            let max = match of.rules.max_length {
                Some(max) => max as usize,
                None => TEXT_BYTES_MAX,
            };
            if length < min || length > max {
                panic!("this default is outside the rules of its own field");
            }
        }
        Kind::Enum(Ref::Static(choices)) => {
            let mut index = 0;
            while index < choices.len() {
                if is_same(borrowed(&choices[index]), text) {
                    return whole;
                }
                index += 1;
            }
            panic!("this default is none of the choices");
        }
        _ => panic!("this is text, and the field is not"),
    }
    whole
}

/// Refuses a default that is a boolean where the type takes none.
#[track_caller]
pub const fn default_bool(of: &'static Type) -> &'static Type {
    if !matches!(present(of).kind, Kind::Bool) {
        panic!("this is a boolean, and the field is not");
    }
    of
}

/// Code points: bytes that do not continue one.
const fn characters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut index, mut count) = (0, 0);
    while index < bytes.len() {
        count += (bytes[index] & 0b1100_0000 != 0b1000_0000) as usize;
        index += 1;
    }
    count
}

const fn is_same(this: &str, that: &str) -> bool {
    let (this, that) = (this.as_bytes(), that.as_bytes());
    if this.len() != that.len() {
        return false;
    }
    let mut index = 0;
    while index < this.len() {
        if this[index] != that[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[allow(
    clippy::ptr_arg,
    reason = "a constant keeps its text longer than a plain reference says"
)]
const fn borrowed(text: &Cow<'static, str>) -> &'static str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(_) => panic!("a constant owns nothing"),
    }
}

/// Refuses a signal that is no number.
#[track_caller]
pub const fn signal(of: &'static Type) {
    if !present(of).kind.is_number() {
        panic!("the signal is a number");
    }
}

/// The contract that a case holds.
#[track_caller]
pub const fn link(of: &Type) -> Link {
    match of.kind {
        Kind::Contract(link) => link,
        _ => panic!("a case holds a contract: name its fields, or derive Contract for the type"),
    }
}

/// Refuses a text that cannot name a contract; see [`is_name`](crate::registry::is_name).
#[track_caller]
pub const fn name(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if !matches!(bytes[index], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-') {
            panic!("this cannot name a contract: use 1 to 128 of a-z 0-9 _ . -");
        }
        index += 1;
    }
    if bytes.is_empty() || bytes.len() > crate::registry::NAME_BYTES_MAX {
        panic!("this cannot name a contract: use 1 to 128 of a-z 0-9 _ . -");
    }
    name
}

/// Fields that are put in from somewhere else, one after the other.
pub mod flat {
    use super::{Cow, Field, Kind, Object, Preset, Ref, Schema, Type, borrowed, is_same};
    use crate::schema::UnknownFields;

    /// What stands in a list of fields before the field is put there.
    pub const NONE: Field = Field {
        name: Cow::Borrowed(""),
        of: Type::of(Kind::Bool),
        optional: false,
        default: None,
        unit: Cow::Borrowed(""),
        doc: Cow::Borrowed(""),
        icon: Cow::Borrowed(""),
    };

    /// The fields of a contract that stand in another; `refuses` is what that one does with unknown fields.
    #[track_caller]
    pub const fn fields(schema: &'static Schema, refuses: bool) -> &'static [Field] {
        if !refuses && matches!(schema.object.unknown, UnknownFields::Refuse) {
            panic!("this contract refuses unknown fields: say `unknown = \"refuse\"` here too");
        }
        match &schema.object {
            Object {
                fields: Ref::Static(fields),
                ..
            } => fields,
            _ => panic!("a constant owns nothing"),
        }
    }

    /// Puts a field at a position; gives the next one.
    pub const fn put<const N: usize>(all: &mut [Field; N], at: usize, field: Field) -> usize {
        // What was there is a constant: nothing is lost, and a constant cannot drop.
        core::mem::forget(core::mem::replace(&mut all[at], field));
        at + 1
    }

    /// Puts fields from a position on; gives the next one.
    #[track_caller]
    pub const fn put_all<const N: usize>(
        all: &mut [Field; N],
        at: usize,
        fields: &'static [Field],
    ) -> usize {
        let mut index = 0;
        while index < fields.len() {
            put(all, at + index, copy(&fields[index]));
            index += 1;
        }
        at + index
    }

    /// Refuses two fields of one name.
    #[track_caller]
    pub const fn distinct(fields: &[Field]) {
        let mut index = 0;
        while index < fields.len() {
            let mut other = 0;
            while other < index {
                if is_same(borrowed(&fields[index].name), borrowed(&fields[other].name)) {
                    panic!("a field of this contract has the name of another field");
                }
                other += 1;
            }
            index += 1;
        }
        if fields.len() > crate::file::FIELDS_MAX {
            panic!("a contract has at most 256 fields");
        }
    }

    const fn copy(field: &'static Field) -> Field {
        Field {
            name: Cow::Borrowed(borrowed(&field.name)),
            of: super::copy(&field.of),
            optional: field.optional,
            default: match &field.default {
                None => None,
                Some(Preset::Made(make)) => Some(Preset::Made(*make)),
                Some(Preset::Given(_)) => panic!("a constant owns nothing"),
            },
            unit: Cow::Borrowed(borrowed(&field.unit)),
            doc: Cow::Borrowed(borrowed(&field.doc)),
            icon: Cow::Borrowed(borrowed(&field.icon)),
        }
    }
}
