//! Numbers and texts: how one is read from the other.

use std::cmp::Ordering;

/// A number that stands in a text.
pub(super) enum Number {
    Integer(i64),
    Real(f64),
}

/// The number that a text begins with, behind blanks, and whether it is all of the text; 0 if it begins with none.
pub(super) fn prefix(text: &str) -> (Number, bool) {
    let trimmed = text.trim_start_matches(is_blank);
    let (length, is_real) = length_of(trimmed.as_bytes());
    if length == 0 {
        return (Number::Integer(0), false);
    }
    let is_all = trimmed[length..].trim_start_matches(is_blank).is_empty();
    let digits = &trimmed[..length];
    let integer = if is_real { None } else { digits.parse().ok() };
    let value = match integer {
        Some(integer) => Number::Integer(integer),
        None => Number::Real(digits.parse().unwrap_or(0.0)),
    };
    (value, is_all)
}

/// The integer that a text begins with: `12.9` is 12, `1e3` is 1.
pub(super) fn integer_prefix(text: &str) -> i64 {
    let trimmed = text.trim_start_matches(is_blank);
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let end = trimmed.len() - unsigned.len() + digits;
    match (digits, trimmed[..end].parse()) {
        (0, _) => 0,
        (_, Ok(integer)) => integer,
        _ if trimmed.starts_with('-') => i64::MIN,
        _ => i64::MAX,
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// How many bytes are a number, and whether it has a point or an exponent.
fn length_of(bytes: &[u8]) -> (usize, bool) {
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut is_real = false;
    let whole = digits(at);
    at += whole;
    let mut part = 0;
    if bytes.get(at) == Some(&b'.') {
        part = digits(at + 1);
        if whole + part > 0 {
            at += 1 + part;
            is_real = true;
        }
    }
    if whole + part == 0 {
        return (0, false);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits((at + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            at += 1 + sign + exponent;
            is_real = true;
        }
    }
    (at, is_real)
}

/// Where an integer stands beside a real, exactly.
pub(super) fn integer_to_real(integer: i64, real: f64) -> Ordering {
    if real < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    if real >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    let whole = real as i64;
    match integer.cmp(&whole) {
        Ordering::Equal => 0.0_f64
            .partial_cmp(&real.fract())
            .unwrap_or(Ordering::Equal),
        other => other,
    }
}

/// The integer that a real equals, if it is one of 64 bits.
pub(super) fn exact_integer(real: f64) -> Option<i64> {
    let is_within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&real);
    (is_within && real.fract() == 0.0).then_some(real as i64)
}

/// As SQLite writes it: 15 digits, always with a point, an exponent when it is far from 1.
pub(crate) fn real_text(real: f64) -> String {
    if real.is_infinite() {
        return if real > 0.0 {
            "Inf".into()
        } else {
            "-Inf".into()
        };
    }
    if real == 0.0 {
        return "0.0".into();
    }
    let scientific = format!("{:.14e}", real.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let sign = if real < 0.0 { "-" } else { "" };
    if !(-4..=14).contains(&exponent) {
        let (head, tail) = digits.split_at(digits.len().min(1));
        let tail = if tail.is_empty() { "0" } else { tail };
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{head}.{tail}e{mark}{:02}", exponent.abs());
    }
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let point = exponent as usize + 1;
    let padded = format!("{digits:0<point$}");
    let (whole, part) = padded.split_at(point);
    let part = if part.is_empty() { "0" } else { part };
    format!("{sign}{whole}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_are_written_as_sqlite_does() {
        let check = |real, expected: &str| assert_eq!(real_text(real), expected);
        check(1.0, "1.0");
        check(-0.5, "-0.5");
        check(0.1 + 0.2, "0.3");
        check(1e15, "1.0e+15");
        check(123_456.789, "123456.789");
        check(1e14, "100000000000000.0");
        check(0.000_012, "1.2e-05");
        check(0.000_12, "0.00012");
    }

    #[test]
    fn integers_and_reals_compare_exactly() {
        let check = |integer, real, expected| assert_eq!(integer_to_real(integer, real), expected);
        check(i64::MAX, 9_223_372_036_854_775_807.0, Ordering::Less);
        check(1 << 53, 9_007_199_254_740_992.0, Ordering::Equal);
        check((1 << 53) + 1, 9_007_199_254_740_992.0, Ordering::Greater);
        check(-3, -3.5, Ordering::Greater);
        check(3, 3.5, Ordering::Less);
    }
}
