//! Numbers on their way in and out: exact integers, and the shortest digits of an `f32`.

use alloc::string::{String, ToString};
use core::cmp::Ordering;

use serde::ser::{Serialize, Serializer};

use crate::violation::Reason;

/// The largest integer that a JavaScript number holds without a doubt: 2^53 - 1.
pub const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// A number, exactly as it came: integers of 64 bits keep all their digits.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// An integer from 0.
    Unsigned(u64),
    /// An integer below 0, or one that was given as signed.
    Signed(i64),
    /// Any other number.
    Float(f64),
}

impl PartialEq for Number {
    /// By value: 1 is 1.0.
    fn eq(&self, other: &Self) -> bool {
        self.order(*other) == Some(Ordering::Equal)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
        }
    }
}

impl Number {
    /// An integer, as unsigned if it is.
    pub const fn of_i64(value: i64) -> Self {
        if value < 0 {
            Self::Signed(value)
        } else {
            Self::Unsigned(value as u64)
        }
    }

    /// A number of JavaScript: as an integer if it is one that a double holds exactly.
    pub fn of_f64(value: f64) -> Self {
        let integer = value as i64;
        let is_exact = integer as f64 == value && integer.unsigned_abs() <= SAFE_INTEGER_MAX;
        if is_exact && !(value == 0.0 && value.is_sign_negative()) {
            Self::of_i64(integer)
        } else {
            Self::Float(value)
        }
    }

    /// Which of two numbers is smaller, exactly; nothing for a NaN.
    pub fn order(self, other: Self) -> Option<Ordering> {
        match (self.to_integer(), other.to_integer()) {
            (Some(this), Some(that)) => Some(this.cmp(&that)),
            // An integer that no double holds is compared with a fraction or a huge number, which
            // rounding cannot bring to the other side of it.
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }

    /// The number as an exact integer, if it is one within 65 bits.
    pub(crate) fn to_integer(self) -> Option<i128> {
        match self {
            Self::Unsigned(value) => Some(i128::from(value)),
            Self::Signed(value) => Some(i128::from(value)),
            Self::Float(value) => {
                let is_whole = value % 1.0 == 0.0 && (-1.9e19..1.9e19).contains(&value);
                is_whole.then_some(value as i128)
            }
        }
    }

    /// The number as an integer of 64 bits, if it is one: as text equal numbers are then alike.
    pub(crate) fn exact(self) -> Self {
        match (self.to_u64(), self.to_i64()) {
            (Ok(integer), _) => Self::Unsigned(integer),
            (_, Ok(integer)) => Self::Signed(integer),
            _ => self,
        }
    }

    /// Whether JavaScript holds it without a doubt. A float from 2^53 to 2^64 may be an integer that was rounded; beyond
    /// that no reader of JSON gives an integer, and nothing is one.
    pub(crate) fn is_safe(self) -> bool {
        match self {
            Self::Unsigned(value) => value <= SAFE_INTEGER_MAX,
            Self::Signed(value) => value.unsigned_abs() <= SAFE_INTEGER_MAX,
            Self::Float(value) => {
                let magnitude = if value < 0.0 { -value } else { value };
                !(9_007_199_254_740_992.0..18_446_744_073_709_551_616.0).contains(&magnitude)
            }
        }
    }

    /// The nearest double.
    pub const fn to_f64(self) -> f64 {
        match self {
            Self::Unsigned(value) => value as f64,
            Self::Signed(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    pub(crate) fn to_u64(self) -> Result<u64, Reason> {
        match self {
            Self::Unsigned(value) => Ok(value),
            Self::Signed(value) => u64::try_from(value).map_err(|_| Reason::Range),
            Self::Float(value) => {
                whole(value)?;
                // 2^64 is the first float that no u64 holds; the cast below it is exact.
                if (0.0..18_446_744_073_709_551_616.0).contains(&value) {
                    Ok(value as u64)
                } else {
                    Err(Reason::Range)
                }
            }
        }
    }

    pub(crate) fn to_i64(self) -> Result<i64, Reason> {
        match self {
            Self::Unsigned(value) => i64::try_from(value).map_err(|_| Reason::Range),
            Self::Signed(value) => Ok(value),
            Self::Float(value) => {
                whole(value)?;
                if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
                    Ok(value as i64)
                } else {
                    Err(Reason::Range)
                }
            }
        }
    }

    /// The digits that a person would type.
    pub fn text(self) -> String {
        match self {
            Self::Unsigned(value) => value.to_string(),
            Self::Signed(value) => value.to_string(),
            Self::Float(value) if value.is_nan() => "NaN".into(),
            Self::Float(value) if value.is_infinite() => {
                if value > 0.0 {
                    "Infinity".into()
                } else {
                    "-Infinity".into()
                }
            }
            Self::Float(value) => {
                // serde_json's float writer: core's own would add its tables to the download.
                let mut text = serde_json::to_string(&value).unwrap_or_default();
                if text.ends_with(".0") {
                    text.truncate(text.len() - 2);
                }
                text
            }
        }
    }
}

fn whole(value: f64) -> Result<(), Reason> {
    if !value.is_finite() {
        return Err(Reason::NotFinite);
    }
    // `f64::trunc` is not in core; the remainder is exact.
    if value % 1.0 != 0.0 {
        Err(Reason::Kind)
    } else {
        Ok(())
    }
}

/// Powers of ten that an `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits that always suffice to name an `f32`.
const F32_DIGITS_MAX: i32 = 9;

/// The `f64` that prints with the shortest digits that read back to this `f32`: 21.1 and not
/// 21.100000381469727.
///
/// JavaScript has only `f64`, so this is what it is given for an `f32` field. Numbers of everyday
/// size take a path without text: a whole number of at most nine digits over an exact power of ten
/// is the `f64` nearest to that decimal.
///
/// ```
/// assert_eq!(aimdb_contracts::shortest_f64(21.1_f32), 21.1_f64);
/// assert_eq!(aimdb_contracts::shortest_f64(1.0e-40_f32), 1.0e-40_f64);
/// ```
pub fn shortest_f64(value: f32) -> f64 {
    let wide = f64::from(value);
    if value == 0.0 || !value.is_finite() {
        return wide;
    }
    shortest_scaled(value, wide).unwrap_or_else(|| shortest_by_digits(value, wide))
}

fn shortest_scaled(value: f32, wide: f64) -> Option<f64> {
    let magnitude = if wide < 0.0 { -wide } else { wide };
    // Outside this, scaling needs inexact powers of ten, or subnormals with few digits.
    if !(1e-7..1e15).contains(&magnitude) {
        return None;
    }
    let integer_digits = POWERS
        .iter()
        .position(|power| magnitude < *power)
        .unwrap_or(0) as i32;
    for digits in 1..=F32_DIGITS_MAX {
        let candidate = round_to(wide, digits - integer_digits)?;
        if candidate as f32 == value {
            return Some(candidate);
        }
    }
    None
}

/// Rounds to so many decimal places (negative: tens, hundreds…).
fn round_to(wide: f64, places: i32) -> Option<f64> {
    let power = *POWERS.get(places.unsigned_abs() as usize)?;
    let scaled = if places >= 0 {
        wide * power
    } else {
        wide / power
    };
    let rounded = round_half_away(scaled)?;
    Some(if places >= 0 {
        rounded / power
    } else {
        rounded * power
    })
}

fn round_half_away(scaled: f64) -> Option<f64> {
    // Nine digits are far below 2^53, so the cast is exact.
    if !(-1e12..1e12).contains(&scaled) {
        return None;
    }
    let half = if scaled < 0.0 { -0.5 } else { 0.5 };
    Some((scaled + half) as i64 as f64)
}

/// The general way: the digits that the writer gives, as an exact fraction.
fn shortest_by_digits(value: f32, wide: f64) -> f64 {
    let text = serde_json::to_string(&value).unwrap_or_default();
    let nearest = decimal(&text).unwrap_or(wide);
    if value < 0.0 { -nearest } else { nearest }
}

/// Whether a number is a whole multiple of another, by their shortest decimals: 0.3 is one of 0.1.
///
/// Both are `digits * 10^exponent`, so that the question is one of integers; the larger exponent is
/// brought down by a power of ten, reduced by the divisor where it would not fit.
pub(crate) fn is_multiple(value: Number, step: Number) -> bool {
    let (Some((value, places)), Some((step, step_places))) = (scaled(value), scaled(step)) else {
        return false;
    };
    if step == 0 || value == 0 {
        return step != 0;
    }
    if places >= step_places {
        let mut rest = value % step;
        for _ in step_places..places {
            rest = (0..10).fold(0, |sum, _| add_modulo(sum, rest, step));
        }
        return rest == 0;
    }
    // The step ends in zeros that the value must have too; it has no more than 20 digits.
    let zeros = places.abs_diff(step_places);
    let step = 10_u64
        .checked_pow(zeros)
        .and_then(|power| step.checked_mul(power));
    step.is_some_and(|step| value % step == 0)
}

/// The sum of two numbers below `modulus`, modulo it, without a wider integer.
fn add_modulo(this: u64, that: u64, modulus: u64) -> u64 {
    let left = modulus - that;
    if this < left {
        this + that
    } else {
        this - left
    }
}

/// The digits of a number's magnitude and the power of ten they are multiplied by.
fn scaled(number: Number) -> Option<(u64, i32)> {
    match number {
        Number::Unsigned(value) => Some((value, 0)),
        Number::Signed(value) => Some((value.unsigned_abs(), 0)),
        Number::Float(value) if value.is_finite() => {
            // On the stack: a check allocates nothing.
            digits_of(zmij::Buffer::new().format_finite(value))
        }
        Number::Float(_) => None,
    }
}

/// Reads digits with a sign, a point and an exponent, as the writer of floats gives them: 17 digits at most.
fn digits_of(text: &str) -> Option<(u64, i32)> {
    let text = text.trim_start_matches('-');
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = 0_u64;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = u64::from(digit.wrapping_sub(b'0'));
        digits = digits.checked_mul(10)?.checked_add(digit)?;
    }
    // Written as 1e+39.
    let exponent = exponent.trim_start_matches('+').parse::<i32>().ok()?;
    Some((digits, exponent - fraction.len() as i32))
}

/// The `f64` nearest to the number that an `f32`'s digits tell.
fn decimal(text: &str) -> Option<f64> {
    let (digits, exponent) = digits_of(text)?;
    let power = exponent.unsigned_abs();
    if exponent < 0 {
        return quotient(digits, power);
    }
    // The largest f32 is below 2^128, and the cast rounds to nearest.
    Some(u128::from(digits).checked_mul(10_u128.checked_pow(power)?)? as f64)
}

/// The `f64` nearest to `digits / 10^places`, by long division in base two.
///
/// 10^p is 5^p times 2^p: the division is by 5^p, which 128 bits hold for every place an `f32` can
/// have (5^54), and the rest is the exponent.
fn quotient(digits: u64, places: u32) -> Option<f64> {
    let (mut rest, mut divisor) = (u128::from(digits), 5_u128.checked_pow(places)?);
    let mut shift = places as i32;
    // What is divided is less than what it is divided by: each step below gives one bit behind the point.
    while divisor <= rest {
        divisor = divisor.checked_mul(2)?;
        shift -= 1;
    }
    let mut bits = 0_u64;
    // 64 bits of quotient are ten more than an f64 keeps; what is left over breaks ties.
    while bits >> 63 == 0 {
        rest = rest.checked_mul(2)?;
        bits *= 2;
        if rest >= divisor {
            rest -= divisor;
            bits |= 1;
        }
        shift += 1;
    }
    bits |= u64::from(rest != 0);
    // The smallest f32 is far above the subnormal numbers of an f64: halving is exact.
    Some((0..shift).fold(bits as f64, |number, _| number / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_text(value: f32) -> f64 {
        std::format!("{value}").parse().unwrap()
    }

    #[test]
    fn everyday_numbers_keep_their_digits() {
        for text in [
            "21.1",
            "0.1",
            "-7.25",
            "100",
            "1013.25",
            "16777216",
            "3.4028235e38",
            "1e-45",
        ] {
            let value: f32 = text.parse().unwrap();
            assert_eq!(shortest_f64(value), by_text(value), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_f32_prints_like_the_standard_library(bits: u32) {
            let value = f32::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(shortest_f64(value).to_bits(), by_text(value).to_bits());
        }

        #[test]
        fn measured_values_print_like_the_standard_library(value in -1e6_f32..1e6) {
            prop_assert_eq!(shortest_f64(value).to_bits(), by_text(value).to_bits());
        }

        #[test]
        fn typed_decimals_come_back_as_typed(hundredths in -10_000_000_i32..10_000_000) {
            let typed = f64::from(hundredths) / 100.0;
            prop_assert_eq!(shortest_f64(typed as f32), typed);
        }

        #[test]
        fn multiples_are_those_of_integers(
            value in 0_u64..1_000_000_000_000_000, places in -10_i32..10,
            step in 1_u64..1_000_000, step_places in -10_i32..10, is_made: bool,
        ) {
            let whole = |digits: u64, places: i32| u128::from(digits) * 10_u128.pow((places + 10) as u32);
            let (value, places) = if is_made { (value / step * step, step_places) } else { (value, places) };
            let read = |digits: u64, places: i32| {
                let text = std::format!("{digits}e{places}");
                Number::Float(text.parse().unwrap())
            };
            let is_whole = whole(value, places) % whole(step, step_places) == 0;
            prop_assert_eq!(is_multiple(read(value, places), read(step, step_places)), is_whole);
        }

        #[test]
        fn multiples_of_small_steps_are_exact(value: u64, step in 1_u64..1_000_000_000_000_000, places in 0_u32..9) {
            let is_whole = u128::from(value) * 10_u128.pow(places) % u128::from(step) == 0;
            let text = std::format!("{step}e-{places}");
            let step = Number::Float(text.parse().unwrap());
            prop_assert_eq!(is_multiple(Number::Unsigned(value), step), is_whole);
        }
    }
}
