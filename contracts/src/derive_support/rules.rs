//! Rules, each held to the type that it is given to.

use super::Rules;
use crate::format::Format;
use crate::number::Number;
use crate::room::{lengths, numbers};
use crate::schema::{Kind, LIST_LENGTH_MAX, Ref, TEXT_BYTES_MAX, TIME_MS_MAX, Type};

/// A number as the kind writes it: an integer as one, and of a float one that is whole.
#[track_caller]
pub(super) const fn number(of: &Type, integer: i128, float: f64) -> Number {
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
pub(super) const fn is_below(this: Number, that: Number) -> bool {
    match (integer(this), integer(that)) {
        (Some(this), Some(that)) => this < that,
        _ => this.to_f64() < that.to_f64(),
    }
}

pub(super) const fn integer(number: Number) -> Option<i128> {
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
    if let Some(0) = numbers(&of.kind, &all) {
        panic!("no number is within these bounds");
    }
    let (shortest, longest) = lengths(all.format);
    let is_longer = matches!(all.min_length, Some(min) if min > longest);
    if is_longer || matches!(all.max_length, Some(max) if max < shortest) {
        panic!("no text of this format is as long as this asks for");
    }
    core::mem::forget(all);
    rules
}

/// Refuses a list that is to have more different elements than there are.
#[track_caller]
pub const fn leaves_elements(of: Type) -> Type {
    if let (Kind::List(Ref::Static(item)), Some(min), true) =
        (&of.kind, of.rules.min_items, of.rules.unique_items)
        && let Some(room) = room(item)
        && room < min as u64
    {
        panic!("there are not as many elements that differ");
    }
    of
}

/// So many values of a type differ, where that can be told.
const fn room(of: &Type) -> Option<u64> {
    match &of.kind {
        Kind::Bool => Some(2),
        Kind::Enum(Ref::Static(choices)) => Some(choices.len() as u64),
        Kind::Nullable(Ref::Static(inner)) => match room(inner) {
            Some(room) => room.checked_add(1),
            None => None,
        },
        Kind::Tuple(Ref::Static(types)) => {
            let (mut all, mut index) = (1_u64, 0);
            while index < types.len() {
                let Some(one) = room(&types[index]) else {
                    return None;
                };
                all = all.saturating_mul(one);
                index += 1;
            }
            Some(all)
        }
        Kind::Text | Kind::Bytes if matches!(of.rules.max_length, Some(0)) => Some(1),
        kind => numbers(kind, &of.rules),
    }
}
