//! Text of any JavaScript string as bytes (WTF-8), so that a lone surrogate survives.
//!
//! Well-formed text has the same bytes as in UTF-8. A surrogate without its partner is written as the three bytes its
//! code point would have. The mapping between UTF-16 and these bytes loses nothing in either direction. Normalisation
//! is not done: two strings are equal when JavaScript's `===` says so.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

const LEAD_ED: u8 = 0xED;

/// A text of a rule, in these bytes: made from a `str`, or from what [`from_utf16`] gives.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(Vec<u8>);

impl Text {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(&self.0).fmt(f)
    }
}

/// Encodes UTF-16 code units, paired or not.
pub fn from_utf16(units: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(units.len());
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(character) => {
                let mut buffer = [0; 4];
                bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            }
            Err(lone) => {
                let code = lone.unpaired_surrogate();
                bytes.push(LEAD_ED);
                bytes.push(0x80 | ((code >> 6) & 0x3F) as u8);
                bytes.push(0x80 | (code & 0x3F) as u8);
            }
        }
    }
    bytes
}

/// Decodes bytes made by [`from_utf16`] or taken from a `str`.
pub fn to_utf16(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match core::str::from_utf8(rest) {
            Ok(text) => {
                units.extend(text.encode_utf16());
                return units;
            }
            Err(error) => error.valid_up_to(),
        };
        let (head, tail) = rest.split_at(valid);
        if let Ok(text) = core::str::from_utf8(head) {
            units.extend(text.encode_utf16());
        }
        match surrogate(tail) {
            Some(code) => {
                units.push(code);
                rest = &tail[3..];
            }
            None => {
                units.push(0xFFFD);
                rest = &tail[1..];
            }
        }
    }
    units
}

/// A whole number in decimal.
pub(crate) fn decimal(number: u32) -> Vec<u8> {
    let mut digits = Vec::new();
    let mut rest = number;
    loop {
        digits.insert(0, b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            return digits;
        }
    }
}

/// The text with each lone surrogate shown as U+FFFD: for messages, never for data.
pub fn display(bytes: &[u8]) -> String {
    let mut shown = String::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let length = match first {
            0xF0.. => 4,
            0xE0.. => 3,
            0xC0.. => 2,
            _ => 1,
        };
        let (sequence, tail) = rest.split_at(length.min(rest.len()));
        shown.push(character(sequence).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = tail;
    }
    shown
}

/// The character of one sequence of bytes; none for a surrogate.
fn character(sequence: &[u8]) -> Option<char> {
    let tail = |code: u32, byte: &u8| code << 6 | u32::from(byte & 0x3F);
    let (first, rest) = sequence.split_first()?;
    // The more bytes follow, the fewer bits of the first belong to the character.
    let bits = if rest.is_empty() {
        0x7F
    } else {
        0x3F >> rest.len()
    };
    char::from_u32(rest.iter().fold(u32::from(*first) & bits, tail))
}

/// Appends, joining a high surrogate at the end with a low one at the beginning, as JavaScript's `+` does.
pub fn append(target: &mut Vec<u8>, bytes: &[u8]) {
    let end = target.len();
    if end >= 3
        && let (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) =
            (surrogate(&target[end - 3..]), surrogate(bytes))
    {
        target.truncate(end - 3);
        target.extend_from_slice(&from_utf16(&[high, low]));
        target.extend_from_slice(&bytes[3..]);
        return;
    }
    target.extend_from_slice(bytes);
}

fn surrogate(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [LEAD_ED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] => {
            Some(0xD000 | (u16::from(second & 0x3F) << 6) | u16::from(third & 0x3F))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lone_surrogates_survive_and_halves_join() {
        let high = from_utf16(&[0xD83D]);
        let low = from_utf16(&[0xDE00]);
        assert_eq!(to_utf16(&high), [0xD83D]);
        assert_eq!(to_utf16(&low), [0xDE00]);
        let mut joined = high;
        append(&mut joined, &low);
        assert_eq!(joined, "😀".as_bytes());
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, 10, 4096, u32::MAX] {
            assert_eq!(decimal(number), std::format!("{number}").as_bytes());
        }
    }

    proptest! {
        #[test]
        fn a_lone_surrogate_is_shown_as_a_replacement(units in proptest::collection::vec(0xD7FEu16..0xE002, 0..10)) {
            prop_assert_eq!(display(&from_utf16(&units)), String::from_utf16_lossy(&units));
        }

        #[test]
        fn any_utf16_comes_back(units in proptest::collection::vec(any::<u16>(), 0..40)) {
            prop_assert_eq!(to_utf16(&from_utf16(&units)), units);
        }

        #[test]
        fn any_text_is_shown_as_it_is(text in any::<String>()) {
            prop_assert_eq!(display(text.as_bytes()), text);
        }

        #[test]
        fn any_bytes_decode_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            to_utf16(&bytes);
            display(&bytes);
        }

        #[test]
        fn appending_is_concatenation(
            left in proptest::collection::vec(0xD7FEu16..0xE002, 0..6),
            right in proptest::collection::vec(0xD7FEu16..0xE002, 0..6),
        ) {
            let mut bytes = from_utf16(&left);
            append(&mut bytes, &from_utf16(&right));
            let mut both = left;
            both.extend(right);
            prop_assert_eq!(bytes, from_utf16(&both));
        }
    }
}
