//! Sets of characters, as the standard defines them with the flag `u` and without `i`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// `\d`.
const DIGITS: [(u32, u32); 1] = [(0x30, 0x39)];
/// `\w`: of ASCII alone.
const WORD: [(u32, u32); 4] = [(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];
/// `\s`: WhiteSpace and LineTerminator.
const SPACES: [(u32, u32); 10] = [
    (0x09, 0x0d),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
    (0xfeff, 0xfeff),
];
/// What `.` does not match.
const LINE_ENDS: [u32; 4] = [0x0a, 0x0d, 0x2028, 0x2029];

const LAST: u32 = 0x10_ffff;

/// A set of characters.
#[derive(Debug, Default)]
pub(super) struct Class {
    ranges: Vec<(u32, u32)>,
    properties: Vec<regress::Regex>,
    is_negated: bool,
}

impl Class {
    pub(super) fn negate(&mut self) {
        self.is_negated = !self.is_negated;
    }

    pub(super) fn add(&mut self, first: u32, last: u32) {
        self.ranges.push((first, last));
    }

    /// Adds what an escape stands for: a letter of `dDsSwW`.
    pub(super) fn add_escape(&mut self, letter: char) {
        let ranges: &[(u32, u32)] = match letter.to_ascii_lowercase() {
            'd' => &DIGITS,
            's' => &SPACES,
            _ => &WORD,
        };
        if letter.is_ascii_lowercase() {
            self.ranges.extend(ranges);
            return;
        }
        let mut next = 0;
        for (first, last) in ranges {
            if next < *first {
                self.ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        self.ranges.push((next, LAST));
    }

    /// Adds `\p{…}` or `\P{…}`, given whole.
    pub(super) fn add_property(&mut self, escape: &str) -> Result<(), String> {
        let property = regress::Regex::with_flags(escape, "u")
            .map_err(|error| format!("{escape}: {}", error))?;
        self.properties.push(property);
        Ok(())
    }

    /// Sorts it, for [`Self::contains`].
    pub(super) fn finish(mut self) -> Self {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, before| {
            let touches = next.0 <= before.1.saturating_add(1);
            if touches {
                before.1 = before.1.max(next.1);
            }
            touches
        });
        self
    }

    /// Whether asking it costs much more than a comparison.
    pub(super) fn is_dear(&self) -> bool {
        !self.properties.is_empty()
    }

    pub(super) fn contains(&self, letter: char) -> bool {
        self.has(letter) != self.is_negated
    }

    fn has(&self, letter: char) -> bool {
        let code = u32::from(letter);
        let after = self.ranges.partition_point(|(first, _)| *first <= code);
        if after > 0 && code <= self.ranges[after - 1].1 {
            return true;
        }
        let mut bytes = [0; 4];
        let text: &str = letter.encode_utf8(&mut bytes);
        self.properties
            .iter()
            .any(|property| property.find(text).is_some())
    }
}

/// Whether `\b` takes it for a part of a word.
pub(super) fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Whether `.` refuses it.
pub(super) fn is_line_end(letter: char) -> bool {
    LINE_ENDS.contains(&u32::from(letter))
}
