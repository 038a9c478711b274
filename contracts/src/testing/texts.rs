//! Texts that patterns and formats take, and such as they nearly take.

use alloc::string::String;

use fastrand::Rng;

use super::{once_in, one_of};
use crate::format::Format;
use crate::schema::Rules;

/// Patterns of made up contracts, each with texts that match it.
pub(super) const PATTERNS: &[(&str, &[&str])] = &[
    ("^[A-Z0-9-]+$", &["A", "B-17", "0"]),
    ("^\\p{Lu}", &["Änne", "Zoë", "Ω"]),
    ("(a|b)+c", &["xabac", "bc", "aac!"]),
    ("^\\d{2,4}$", &["12", "2024", "007"]),
    ("", &["", "anything"]),
    ("^(?<word>\\w+) \\k<word>$", &["so so", "a a"]),
];

/// Texts of formats, each at the edge of what it allows.
const FORMATS: &[(Format, &[&str])] = &[
    (
        Format::DateTime,
        &[
            "1996-12-19T16:39:57-08:00",
            "2024-02-29T00:00:00Z",
            "1990-12-31T23:59:60Z",
        ],
    ),
    (Format::Date, &["2024-02-29", "0000-01-01"]),
    (
        Format::Time,
        &["16:39:57Z", "08:30:06.283185Z", "00:00:00+01:30"],
    ),
    (Format::Duration, &["P3DT12H", "PT1M", "P2W"]),
    (
        Format::Uuid,
        &[
            "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
            "00000000-0000-0000-0000-000000000000",
        ],
    ),
    (
        Format::Email,
        &["joe@example.com", "\"joe bloggs\"@[127.0.0.1]"],
    ),
    (Format::Uri, &["http://a.b/c?d#e", "urn:x:y", "mailto:a@b"]),
    (Format::Hostname, &["a", "www.example.com"]),
    (Format::Ipv4, &["127.0.0.1", "255.255.255.255"]),
    (Format::Ipv6, &["::", "fe80::1", "::ffff:1.2.3.4"]),
];

/// Texts that no rule is about.
const ODD: &[&str] = &[
    "",
    "a",
    "0",
    "null",
    " ",
    "🌡️",
    "\u{0}",
    "\"\\",
    "2023-02-29",
    "::1::",
    "<script>",
];

/// A text that may keep the rules.
pub(super) fn text(random: &mut Rng, rules: &Rules) -> String {
    let examples = rules.pattern.as_ref().and_then(|pattern| {
        let known = PATTERNS.iter().find(|(known, _)| known == pattern)?;
        Some(known.1)
    });
    let formats = rules.format.and_then(|format| {
        let known = FORMATS.iter().find(|(known, _)| *known == format)?;
        Some(known.1)
    });
    if let Some(examples) = examples.or(formats)
        && !once_in(random, 4)
    {
        return String::from(*one_of(random, examples));
    }
    if once_in(random, 3) {
        return String::from(*one_of(random, ODD));
    }
    let max = rules.max_length.unwrap_or(8).min(40) as usize;
    let min = (rules.min_length.unwrap_or(0) as usize).min(200);
    // One less and one more than allowed are met as often as what is between.
    let length = random.usize(min.saturating_sub(1)..=max.max(min) + 1);
    let letters = ['a', 'B', '7', '-', 'ä', '温', '🎚'];
    (0..length).map(|_| *one_of(random, &letters)).collect()
}
