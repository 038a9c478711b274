//! Bytes as base64 of RFC 4648, with padding: as small as it can be, since every tab downloads it.

use alloc::string::String;
use alloc::vec::Vec;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            let is_padding = at as usize > group.len();
            text.push(char::from(if is_padding { b'=' } else { letter }));
        }
    }
    text
}

/// Text as bytes; nothing if `encode` writes no bytes like that.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let letters = text.as_bytes();
    let mut bytes = Vec::with_capacity(letters.len() / 4 * 3);
    for (index, group) in letters.chunks(4).enumerate() {
        let is_last = index + 1 == letters.len().div_ceil(4);
        let padding = match group {
            [_, _, b'=', b'='] if is_last => 2,
            [_, _, _, b'='] if is_last => 1,
            [_, _, _, _] => 0,
            _ => return None,
        };
        let mut bits = 0;
        for letter in &group[..4 - padding] {
            bits = (bits << 6) | value(*letter)?;
        }
        bits <<= 6 * padding;
        // Bits behind the last byte are zero: otherwise two texts would be the same bytes.
        let kept = 3 - padding;
        if bits & (0xff_ffff >> (8 * kept)) != 0 {
            return None;
        }
        bytes.extend(
            [16, 8, 0]
                .iter()
                .take(kept)
                .map(|shift| (bits >> shift) as u8),
        );
    }
    Some(bytes)
}

fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64, Encoding};

    #[test]
    fn it_is_what_the_crate_base64ct_makes_of_it() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut taken = 0;
        for _ in 0..200_000 {
            let bytes: Vec<u8> = (0..random.usize(0..9)).map(|_| random.u8(..)).collect();
            let mut text = encode(&bytes);
            assert_eq!(text, Base64::encode_string(&bytes));
            assert_eq!(decode(&text), Some(bytes));
            if !text.is_empty() && random.bool() {
                let at = random.usize(0..text.len());
                let letter = *b"AQw=/+-_ \nz9".get(random.usize(0..12)).unwrap_or(&b'=');
                text.replace_range(at..=at, core::str::from_utf8(&[letter]).unwrap_or("="));
            }
            if random.bool() {
                text.pop();
            }
            let decoded = decode(&text);
            taken += usize::from(decoded.is_some());
            assert_eq!(decoded, Base64::decode_vec(&text).ok(), "{text:?}");
        }
        assert!(taken > 10_000, "{taken}");
    }
}
