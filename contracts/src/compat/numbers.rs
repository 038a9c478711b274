//! Numbers: the least and the greatest that a writer writes, as the reader sees them.
//!
//! What a kind and its bounds allow is an interval, so that a reader takes all of it if it takes both ends. Steps and the
//! difference between integers and fractions are looked at apart.

use super::verdict::Verdict;
use crate::decode::Policy;
use crate::number::{Number, is_multiple, shortest_f64};
use crate::schema::{Kind, Rules, TIME_MS_MAX, Type};
use crate::wanted::Wanted;

pub(super) fn judge(writer: Wanted<'_>, reader: Wanted<'_>) -> Verdict {
    let (Some(from), Some(to)) = (writer.kind(), reader.kind()) else {
        return Verdict::MayBreak;
    };
    let Some((least, greatest)) = ends(from, writer.rules()) else {
        return Verdict::MayBreak;
    };
    let is_float = |kind: &Kind| matches!(kind, Kind::Float { .. });
    let step = writer.rules().multiple_of;
    let is_one = least == greatest;
    if is_float(from) && !is_float(to) && !is_one {
        // Above this every number of the kind is an integer.
        let whole_from = match from {
            Kind::Float { bits: 32 } => f64::from(1_u32 << 23),
            _ => (1_u64 << 52) as f64,
        };
        let has_fractions = least.to_f64() < whole_from && greatest.to_f64() > -whole_from;
        return match step {
            None if has_fractions => Verdict::Breaks,
            _ => Verdict::MayBreak,
        };
    }
    let without_step = Type {
        kind: to.clone(),
        rules: Rules {
            multiple_of: None,
            ..reader.rules().clone()
        },
    };
    let takes = |number| {
        let wanted = reader.part(&without_step);
        wanted.number(number, Policy::default()).is_ok()
    };
    if !takes(least) || !takes(greatest) {
        // With a step, the ends need not be values.
        return match step {
            None => Verdict::Breaks,
            Some(_) => Verdict::MayBreak,
        };
    }
    match reader.rules().multiple_of {
        None => Verdict::Holds,
        Some(wanted) => steps(
            from,
            step,
            wanted,
            (least, greatest),
            from.name() == to.name() || !(is_float(from) || is_float(to)),
        ),
    }
}

/// Whether all numbers between two are whole multiples of what the reader wants.
fn steps(
    from: &Kind,
    step: Option<Number>,
    wanted: Number,
    (least, greatest): (Number, Number),
    is_same_kind: bool,
) -> Verdict {
    match step {
        Some(step) if is_same_kind && step == wanted => return Verdict::Holds,
        Some(step) => {
            let whole = (step.to_integer(), wanted.to_integer());
            return match whole {
                (Some(step), Some(wanted)) if is_same_kind && wanted > 0 && step % wanted == 0 => {
                    Verdict::Holds
                }
                _ => Verdict::MayBreak,
            };
        }
        None => {}
    }
    let next = match (from, least.to_integer()) {
        (Kind::Float { bits: 32 }, _) => {
            Number::Float(shortest_f64((least.to_f64() as f32).next_up()))
        }
        (Kind::Float { .. }, _) => Number::Float(least.to_f64().next_up()),
        (_, Some(least)) => of_integer(least + 1).unwrap_or(greatest),
        _ => greatest,
    };
    let next = if least == greatest { least } else { next };
    if [least, next, greatest]
        .iter()
        .any(|number| !is_multiple(*number, wanted))
    {
        return Verdict::Breaks;
    }
    // Of two integers beside each other both are multiples only of what divides one.
    match from {
        Kind::Float { .. } if least != greatest => Verdict::MayBreak,
        _ => Verdict::Holds,
    }
}

/// The least and the greatest number that are written; nothing if there is none, or if it cannot be told.
fn ends(kind: &Kind, rules: &Rules) -> Option<(Number, Number)> {
    match *kind {
        Kind::Float { bits: 32 } => {
            let bound = |bound: Option<Number>| bound.map(|bound| bound.to_f64() as f32);
            let mut least = bound(rules.min).unwrap_or(f32::MIN).max(f32::MIN);
            let mut greatest = bound(rules.max).unwrap_or(f32::MAX).min(f32::MAX);
            if let Some(above) = bound(rules.exclusive_min) {
                least = least.max(above.next_up());
            }
            if let Some(below) = bound(rules.exclusive_max) {
                greatest = greatest.min(below.next_down());
            }
            let written = |number| Number::of_f64(shortest_f64(number));
            (least <= greatest).then(|| (written(least), written(greatest)))
        }
        Kind::Float { .. } => {
            let bound = |bound: Option<Number>| bound.map(Number::to_f64);
            let mut least = bound(rules.min).unwrap_or(f64::MIN);
            let mut greatest = bound(rules.max).unwrap_or(f64::MAX);
            if let Some(above) = bound(rules.exclusive_min) {
                least = least.max(above.next_up());
            }
            if let Some(below) = bound(rules.exclusive_max) {
                greatest = greatest.min(below.next_down());
            }
            (least <= greatest).then(|| (Number::of_f64(least), Number::of_f64(greatest)))
        }
        Kind::Unsigned { bits } => whole_ends(0, (1_i128 << bits) - 1, rules),
        Kind::Signed { bits } => {
            let limit = 1_i128 << (bits - 1);
            whole_ends(-limit, limit - 1, rules)
        }
        Kind::Time => whole_ends(-i128::from(TIME_MS_MAX), i128::from(TIME_MS_MAX), rules),
        _ => None,
    }
}

fn whole_ends(mut least: i128, mut greatest: i128, rules: &Rules) -> Option<(Number, Number)> {
    // Bounds of integers are integers: a file with another one is refused.
    let bound =
        |bound: Option<Number>| bound.map_or(Some(None), |bound| bound.to_integer().map(Some));
    if let Some(min) = bound(rules.min)? {
        least = least.max(min);
    }
    if let Some(above) = bound(rules.exclusive_min)? {
        least = least.max(above + 1);
    }
    if let Some(max) = bound(rules.max)? {
        greatest = greatest.min(max);
    }
    if let Some(below) = bound(rules.exclusive_max)? {
        greatest = greatest.min(below - 1);
    }
    if least > greatest {
        return None;
    }
    Some((of_integer(least)?, of_integer(greatest)?))
}

fn of_integer(integer: i128) -> Option<Number> {
    match (u64::try_from(integer), i64::try_from(integer)) {
        (Ok(number), _) => Some(Number::Unsigned(number)),
        (_, Ok(number)) => Some(Number::Signed(number)),
        _ => None,
    }
}
