//! Numbers as JavaScript writes them.
//!
//! The digits are the shortest that read back as the same number; where the point stands and when an exponent is
//! written follows ECMAScript's Number::toString for radix 10.

use alloc::format;
use alloc::vec::Vec;

/// Appends the text of a number.
pub fn append(target: &mut Vec<u8>, number: f64) {
    if number.is_nan() {
        return target.extend_from_slice(b"NaN");
    }
    if number == 0.0 {
        return target.push(b'0');
    }
    if number < 0.0 {
        target.push(b'-');
    }
    if number.is_infinite() {
        return target.extend_from_slice(b"Infinity");
    }
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: Vec<u8> = mantissa.bytes().filter(|byte| *byte != b'.').collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    append_digits(target, &digits, exponent + 1);
}

/// The most digits with which a product or quotient of two exact numbers is still the nearest number.
const EXACT_DIGITS_MAX: u32 = 15;
/// What is nearer to zero is written with an exponent.
const PLAIN_MIN: f64 = 0.000_001;

/// The number a text is exactly how JavaScript writes it; none for longer or exponential texts, nor for NaN.
pub fn parse(text: &[u8]) -> Option<f64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let sign = if is_negative { -1.0 } else { 1.0 };
    if digits == b"Infinity" {
        return Some(sign * f64::INFINITY);
    }
    let (mut number, mut scale, mut count) = (0.0, 1.0, 0);
    let mut has_point = false;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                number = number * 10.0 + f64::from(byte - b'0');
                scale *= if has_point { 10.0 } else { 1.0 };
                count += 1;
            }
            b'.' if !has_point => has_point = true,
            _ => return None,
        }
    }
    let is_redundant = match digits {
        [] | [b'.', ..] => true,
        [b'0', second, ..] if *second != b'.' => true,
        [.., b'.' | b'0'] if has_point => true,
        _ => is_negative && number == 0.0,
    };
    let number = number / scale;
    if is_redundant || count > EXACT_DIGITS_MAX || number > 0.0 && number < PLAIN_MIN {
        return None;
    }
    Some(sign * number)
}

/// `point` is how many digits stand before the decimal point.
fn append_digits(target: &mut Vec<u8>, digits: &[u8], point: i32) {
    let count = digits.len() as i32;
    match point {
        point if count <= point && point <= 21 => {
            target.extend_from_slice(digits);
            target.extend((count..point).map(|_| b'0'));
        }
        1..=21 => {
            let (whole, rest) = digits.split_at(point as usize);
            target.extend_from_slice(whole);
            target.push(b'.');
            target.extend_from_slice(rest);
        }
        -5..=0 => {
            target.extend_from_slice(b"0.");
            target.extend((point..0).map(|_| b'0'));
            target.extend_from_slice(digits);
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            target.extend_from_slice(first);
            if !rest.is_empty() {
                target.push(b'.');
                target.extend_from_slice(rest);
            }
            let sign = if point > 0 { '+' } else { '-' };
            target.extend_from_slice(format!("e{sign}{}", (point - 1).abs()).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(number: f64, expected: &str) {
        let mut text = Vec::new();
        append(&mut text, number);
        assert_eq!(core::str::from_utf8(&text), Ok(expected));
    }

    #[test]
    fn numbers_look_as_in_javascript() {
        check(0.0, "0");
        check(-0.0, "0");
        check(105.0, "105");
        check(1.5, "1.5");
        check(-2.25, "-2.25");
        check(0.1 + 0.2, "0.30000000000000004");
        check(1e21, "1e+21");
        check(123456789012345680000.0, "123456789012345680000");
        check(1.5e300, "1.5e+300");
        check(0.000001, "0.000001");
        check(0.0000001, "1e-7");
        check(1.25e-7, "1.25e-7");
        check(5e-324, "5e-324");
        check(f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn only_what_javascript_would_write_is_a_number() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "01",
            "1.50",
            "-0",
            "0.0000001",
            "1e5",
            "NaN",
            "1 ",
            "1..2",
            "0x1",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        for (text, number) in [
            ("0", 0.0),
            ("-2.5", -2.5),
            ("0.1", 0.1),
            ("0.000001", 0.000001),
            ("1234567.25", 1234567.25),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(number), "{text}");
        }
        assert_eq!(parse(b"-Infinity"), Some(f64::NEG_INFINITY));
    }

    proptest! {
        #[test]
        fn a_short_text_is_the_number_it_was_written_from(digits in -999_999_999_999_999i64..1_000_000_000_000_000, places in 0i32..15) {
            let number = digits as f64 / 10f64.powi(places);
            let mut text = Vec::new();
            append(&mut text, number);
            let length = text.iter().filter(|byte| byte.is_ascii_digit()).count();
            if length <= EXACT_DIGITS_MAX as usize && !text.contains(&b'e') {
                prop_assert_eq!(parse(&text), Some(number));
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in proptest::collection::vec(any::<u8>(), 0..24)) {
            if let Some(number) = parse(&text) {
                let mut written = Vec::new();
                append(&mut written, number);
                prop_assert_eq!(written, text);
            }
        }

        #[test]
        fn the_text_reads_back_as_the_number(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let mut text = Vec::new();
            append(&mut text, number);
            let read: f64 = core::str::from_utf8(&text).unwrap().parse().unwrap();
            prop_assert_eq!(read, number);
        }
    }
}
