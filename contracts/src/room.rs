//! How many values a type has, where plain arithmetic tells: a contract that admits none is refused, and so is a list that is to have
//! more different elements than there are.
//!
//! It runs while a program is compiled as well. Not judged are steps that are fractions, patterns, and what contracts
//! and objects hold.

use crate::format::Format;
use crate::number::Number;
use crate::schema::{Kind, Rules, TIME_MS_MAX};

/// So many numbers of a kind keep the rules; nothing where that cannot be told.
pub(crate) const fn numbers(kind: &Kind, rules: &Rules) -> Option<u64> {
    let step = match rules.multiple_of {
        Some(step) => match whole(step) {
            Some((step, true)) => Some(step as u64),
            _ => return None,
        },
        None => None,
    };
    let (mut low, mut high) = match *kind {
        Kind::Unsigned { bits } => (0, (1_i128 << bits) - 1),
        Kind::Signed { bits } => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        Kind::Time => (-(TIME_MS_MAX as i128), TIME_MS_MAX as i128),
        // Those that are a multiple of an integer are integers.
        Kind::Float { .. } if step.is_some() => (i64::MIN as i128, i64::MAX as i128),
        _ => return None,
    };
    // Of a fraction the integer below it is known: the first one above a bound is the next.
    let bounds = [
        (rules.min, true, true),
        (rules.exclusive_min, true, false),
        (rules.max, false, true),
        (rules.exclusive_max, false, false),
    ];
    let mut index = 0;
    while index < bounds.len() {
        if let (Some(bound), is_low, may_be_equal) = bounds[index] {
            let Some((below, is_whole)) = whole(bound) else {
                return None;
            };
            if is_low {
                let first = below + !(is_whole && may_be_equal) as i128;
                low = if first > low { first } else { low };
            } else {
                let last = below - (is_whole && !may_be_equal) as i128;
                high = if last < high { last } else { high };
            }
        }
        index += 1;
    }
    Some(multiples(
        low,
        high,
        if let Some(step) = step { step } else { 1 },
    ))
}

/// The integer that a number is, or the next one below it, and whether it is one; nothing of a float beyond what is exact.
const fn whole(number: Number) -> Option<(i128, bool)> {
    match number {
        Number::Unsigned(value) => Some((value as i128, true)),
        Number::Signed(value) => Some((value as i128, true)),
        Number::Float(value) => {
            let integer = value as i64;
            if integer.unsigned_abs() > 1 << 53 {
                return None;
            }
            let below = integer as i128 - (integer as f64 > value) as i128;
            Some((below, integer as f64 == value))
        }
    }
}

/// How many multiples of a step there are from `low` to `high`, both within 65 bits.
const fn multiples(low: i128, high: i128, step: u64) -> u64 {
    if low > high {
        return 0;
    }
    if high < 0 {
        return multiples(-high, -low, step);
    }
    let above = high as u64 / step;
    if low > 0 {
        return above - (low as u64 - 1) / step;
    }
    // Zero is one.
    above.saturating_add((-low) as u64 / step).saturating_add(1)
}

/// The least and the greatest length of a format's texts, in characters, where every one is as long.
pub(crate) const fn lengths(format: Option<Format>) -> (u32, u32) {
    match format {
        Some(Format::Date) => (10, 10),
        Some(Format::Uuid) => (36, 36),
        Some(Format::Ipv4) => (7, 15),
        Some(Format::Ipv6) => (2, 45),
        _ => (0, u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_counting() {
        let mut random = fastrand::Rng::with_seed(11);
        let kind = Kind::Signed { bits: 8 };
        for _ in 0..20_000 {
            let mut bound = |maybe: bool| {
                let value = random.i32(-140..140);
                let half = f64::from(value) / 2.0;
                let number = Number::of_f64(if maybe { half } else { f64::from(value) });
                random.bool().then_some(number)
            };
            let rules = Rules {
                min: bound(true),
                max: bound(true),
                exclusive_min: bound(true),
                exclusive_max: bound(true),
                ..Rules::NONE
            };
            let step = random.bool().then(|| Number::Unsigned(random.u64(1..30)));
            let rules = Rules {
                multiple_of: step,
                ..rules
            };
            let kept = (-128..128).filter(|value| rules.range(Number::of_i64(*value)).is_ok());
            assert_eq!(
                numbers(&kind, &rules),
                Some(kept.count() as u64),
                "{rules:?}"
            );
        }
    }

    #[test]
    fn the_greatest_ranges_are_counted_too() {
        let all = |kind| numbers(&kind, &Rules::NONE);
        assert_eq!(all(Kind::Unsigned { bits: 64 }), Some(u64::MAX));
        assert_eq!(all(Kind::Signed { bits: 64 }), Some(u64::MAX));
        assert_eq!(all(Kind::Bool), None);
        let top = Rules::NONE.with_min(Number::Unsigned(u64::MAX));
        assert_eq!(numbers(&Kind::Unsigned { bits: 64 }, &top), Some(1));
        let fraction = Rules::NONE.with_multiple_of(Number::Float(0.5));
        assert_eq!(numbers(&Kind::Float { bits: 64 }, &fraction), None);
    }
}
