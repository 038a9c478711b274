//! What the format of a text asserts, exactly by the RFC that defines it.
//!
//! The formats are those of JSON Schema 2020-12 whose rules are of ASCII alone. Nothing is allocated. What the rules leave to a registry is not asked for: a date may have a leap second that was
//! never inserted, a host name may be one that nobody owns.

/// A rule for the whole of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 3339 `date-time`: `1996-12-19T16:39:57-08:00`.
    DateTime,
    /// RFC 3339 `full-date`: `1996-12-19`.
    Date,
    /// RFC 3339 `full-time`, with its offset: `16:39:57Z`.
    Time,
    /// RFC 3339 appendix A: `P3DT12H`. Units that are zero may be left out, as in ISO 8601 itself: `PT1H5S` is what
    /// every program writes, although the appendix would have `PT1H0M5S`.
    Duration,
    /// RFC 4122: 32 hexadecimal digits in five groups.
    Uuid,
    /// RFC 5321 `Mailbox`: `joe@example.com`, `"joe bloggs"@[127.0.0.1]`.
    Email,
    /// RFC 3986 `URI`: absolute, with a scheme.
    Uri,
    /// RFC 1123: labels of letters, digits and hyphens, at most 253 bytes.
    Hostname,
    /// RFC 2673: four decimal bytes.
    Ipv4,
    /// RFC 4291, section 2.2: without a zone.
    Ipv6,
}

/// Every format, in the order of the enum.
const NAMES: [(Format, &str); 10] = [
    (Format::DateTime, "date-time"),
    (Format::Date, "date"),
    (Format::Time, "time"),
    (Format::Duration, "duration"),
    (Format::Uuid, "uuid"),
    (Format::Email, "email"),
    (Format::Uri, "uri"),
    (Format::Hostname, "hostname"),
    (Format::Ipv4, "ipv4"),
    (Format::Ipv6, "ipv6"),
];

/// Longest label of a host name (RFC 1035).
const LABEL_BYTES_MAX: usize = 63;
/// Longest host name as text (RFC 1035: 255 bytes on the wire).
const HOSTNAME_BYTES_MAX: usize = 253;
/// Longest local part of an address (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_BYTES_MAX: usize = 64;

impl Format {
    /// Every name, in the order of the enum.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name)| *name)
    }

    /// The name in contract files and in JSON Schemas.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The format of a name; nothing if there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(_, known)| *known == name)?;
        Some(known.0)
    }

    /// Whether the whole text is of the format.
    pub fn matches(self, text: &str) -> bool {
        let mut cursor = Cursor(text.as_bytes());
        let begins = match self {
            Self::DateTime => date(&mut cursor) && cursor.takes(b"tT") && time(&mut cursor),
            Self::Date => date(&mut cursor),
            Self::Time => time(&mut cursor),
            Self::Duration => duration(&mut cursor),
            Self::Uuid => uuid(&mut cursor),
            Self::Email => email(&mut cursor),
            Self::Uri => uri(&mut cursor),
            Self::Hostname => hostname(&mut cursor),
            Self::Ipv4 => ipv4(&mut cursor),
            Self::Ipv6 => ipv6(&mut cursor),
        };
        begins && cursor.0.is_empty()
    }
}

/// What is left of a text. One small machine for all formats, since it is a part of every download.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// The next byte; at the end one that no format has.
    fn peek(&self) -> u8 {
        self.0.first().copied().unwrap_or(0)
    }

    fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    /// Takes one of some bytes.
    fn takes(&mut self, any_of: &[u8]) -> bool {
        let is_there = any_of.contains(&self.peek());
        self.skip(usize::from(is_there));
        is_there
    }

    /// Takes letters, digits and some more bytes, and says how many there were.
    fn run(&mut self, more: &[u8]) -> usize {
        let before = self.0.len();
        while self.peek().is_ascii_alphanumeric() || more.contains(&self.peek()) {
            self.skip(1);
        }
        before - self.0.len()
    }

    /// Takes digits of a base, and says how many there were and what they make, as far as it matters.
    fn number(&mut self, base: u32) -> (usize, u32) {
        let (mut count, mut number) = (0, 0_u32);
        while let Some(digit) = char::from(self.peek()).to_digit(base) {
            self.skip(1);
            count += 1;
            number = number.saturating_mul(base).saturating_add(digit);
        }
        (count, number)
    }

    /// Takes two digits up to a maximum; beyond every maximum, if they are not there.
    fn two(&mut self, max: u32) -> Option<u32> {
        match self.number(10) {
            (2, number) if number <= max => Some(number),
            _ => None,
        }
    }
}

fn date(cursor: &mut Cursor<'_>) -> bool {
    let (digits, year) = cursor.number(10);
    if digits != 4 || !cursor.takes(b"-") {
        return false;
    }
    let Some(month) = cursor.two(12) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        0 => 0,
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    cursor.takes(b"-") && cursor.two(days).is_some_and(|day| day > 0)
}

fn time(cursor: &mut Cursor<'_>) -> bool {
    const DAY: u32 = 24 * 60;
    let Some(local) = hour_and_minute(cursor) else {
        return false;
    };
    if !cursor.takes(b":") {
        return false;
    }
    let Some(second) = cursor.two(60) else {
        return false;
    };
    if cursor.takes(b".") && cursor.number(10).0 == 0 {
        return false;
    }
    let behind = if cursor.takes(b"zZ") {
        Some(0)
    } else if cursor.takes(b"+") {
        hour_and_minute(cursor).map(|offset| DAY - offset)
    } else if cursor.takes(b"-") {
        hour_and_minute(cursor)
    } else {
        None
    };
    // A leap second is the last of a day in UTC.
    behind.is_some_and(|behind| second < 60 || (local + behind) % DAY == DAY - 1)
}

fn hour_and_minute(cursor: &mut Cursor<'_>) -> Option<u32> {
    let hour = cursor.two(23)?;
    if !cursor.takes(b":") {
        return None;
    }
    Some(hour * 60 + cursor.two(59)?)
}

fn duration(cursor: &mut Cursor<'_>) -> bool {
    if !cursor.takes(b"P") {
        return false;
    }
    let before = cursor.0.len();
    if !units(cursor, b"YMDW") {
        return false;
    }
    if !cursor.takes(b"T") {
        return cursor.0.len() < before;
    }
    !cursor.0.is_empty() && units(cursor, b"HMS")
}

/// Takes numbers with units, each behind the one before in the list.
fn units(cursor: &mut Cursor<'_>, mut units: &[u8]) -> bool {
    let mut is_first = true;
    while cursor.number(10).0 > 0 {
        let unit = cursor.peek();
        while units.first().is_some_and(|known| *known != unit) {
            units = units.get(1..).unwrap_or_default();
        }
        if units.is_empty() {
            return false;
        }
        cursor.skip(1);
        if unit == b'W' {
            // A week stands alone.
            return is_first && cursor.0.is_empty();
        }
        units = units.get(1..).unwrap_or_default();
        is_first = false;
    }
    true
}

fn uuid(cursor: &mut Cursor<'_>) -> bool {
    for (place, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if (place > 0 && !cursor.takes(b"-")) || cursor.number(16).0 != length {
            return false;
        }
    }
    true
}

fn email(cursor: &mut Cursor<'_>) -> bool {
    let before = cursor.0.len();
    if cursor.takes(b"\"") {
        while matches!(cursor.peek(), b' '..=b'~') && cursor.peek() != b'"' {
            // What is escaped is any visible character.
            let is_escape = cursor.takes(b"\\");
            if is_escape && !matches!(cursor.peek(), b' '..=b'~') {
                return false;
            }
            cursor.skip(1);
        }
        if !cursor.takes(b"\"") {
            return false;
        }
    } else {
        loop {
            if cursor.run(b"!#$%&'*+-/=?^_`{|}~") == 0 {
                return false;
            }
            if !cursor.takes(b".") {
                break;
            }
        }
    }
    if before - cursor.0.len() > LOCAL_PART_BYTES_MAX || !cursor.takes(b"@") {
        return false;
    }
    if !cursor.takes(b"[") {
        return hostname(cursor);
    }
    let tag = cursor.0.get(..5).unwrap_or_default();
    let is_address = if tag.eq_ignore_ascii_case(b"IPv6:") {
        cursor.skip(5);
        ipv6(cursor)
    } else {
        ipv4(cursor)
    };
    is_address && cursor.takes(b"]")
}

fn hostname(cursor: &mut Cursor<'_>) -> bool {
    if cursor.0.len() > HOSTNAME_BYTES_MAX {
        return false;
    }
    loop {
        let begins_well = cursor.peek() != b'-';
        let label = cursor.0;
        let length = cursor.run(b"-");
        let ends_well = label.get(length.wrapping_sub(1)) != Some(&b'-');
        if !begins_well || !ends_well || length == 0 || length > LABEL_BYTES_MAX {
            return false;
        }
        if !cursor.takes(b".") {
            return true;
        }
    }
}

fn ipv4(cursor: &mut Cursor<'_>) -> bool {
    for place in 0..4 {
        if place > 0 && !cursor.takes(b".") {
            return false;
        }
        let is_zero = cursor.peek() == b'0';
        let (digits, number) = cursor.number(10);
        if digits == 0 || number > 255 || (is_zero && digits > 1) {
            return false;
        }
    }
    true
}

fn ipv6(cursor: &mut Cursor<'_>) -> bool {
    // At most eight groups, of which one run of zeroes may be left out.
    let mut count = 0;
    let mut has_gap = cursor.0.starts_with(b"::");
    let mut is_after_gap = has_gap;
    if has_gap {
        cursor.skip(2);
    }
    loop {
        let start = cursor.0;
        let (digits, _) = cursor.number(16);
        if cursor.peek() == b'.' {
            // The last group may be an address of version 4, which counts as two.
            cursor.0 = start;
            if !ipv4(cursor) {
                return false;
            }
            count += 2;
            break;
        }
        if digits == 0 {
            if !is_after_gap {
                return false;
            }
            break;
        }
        if digits > 4 {
            return false;
        }
        count += 1;
        if !cursor.takes(b":") {
            break;
        }
        is_after_gap = cursor.takes(b":");
        if is_after_gap && has_gap {
            return false;
        }
        has_gap |= is_after_gap;
    }
    if has_gap { count < 8 } else { count == 8 }
}

/// Unreserved characters and sub-delimiters of URIs, beside letters and digits; then what parts have more.
const URI_BYTES: &[u8] = b"-._~!$&'()*+,;=:@/?";

/// Takes characters of a URI and escapes (`%2f`); of [`URI_BYTES`] so many.
fn uri_part(cursor: &mut Cursor<'_>, bytes: usize) -> bool {
    let bytes = URI_BYTES.get(..bytes).unwrap_or_default();
    loop {
        cursor.run(bytes);
        if !cursor.takes(b"%") {
            return true;
        }
        for _ in 0..2 {
            if !cursor.peek().is_ascii_hexdigit() {
                return false;
            }
            cursor.skip(1);
        }
    }
}

/// As many of [`URI_BYTES`] as a name has, a user, a path, and a query.
const NAME: usize = 15;
const USER: usize = NAME + 1;
const PATH: usize = NAME + 3;
const QUERY: usize = NAME + 4;

fn uri(cursor: &mut Cursor<'_>) -> bool {
    if !cursor.peek().is_ascii_alphabetic() {
        return false;
    }
    cursor.run(b"+-.");
    if !cursor.takes(b":") {
        return false;
    }
    if cursor.0.starts_with(b"//") {
        cursor.skip(2);
        if !authority(cursor) || !matches!(cursor.peek(), 0 | b'/' | b'?' | b'#') {
            return false;
        }
    }
    uri_part(cursor, PATH)
        && (!cursor.takes(b"?") || uri_part(cursor, QUERY))
        && (!cursor.takes(b"#") || uri_part(cursor, QUERY))
}

fn authority(cursor: &mut Cursor<'_>) -> bool {
    let start = cursor.0;
    if !uri_part(cursor, USER) || !cursor.takes(b"@") {
        // There is no user.
        cursor.0 = start;
    }
    let is_host = if cursor.takes(b"[") {
        let is_address = if cursor.takes(b"vV") {
            // `IPvFuture`: v1.fe80
            cursor.number(16).0 > 0
                && cursor.takes(b".")
                && cursor.run(URI_BYTES.get(..USER).unwrap_or_default()) > 0
        } else {
            ipv6(cursor)
        };
        is_address && cursor.takes(b"]")
    } else {
        uri_part(cursor, NAME)
    };
    if cursor.takes(b":") {
        cursor.number(10);
    }
    is_host
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[track_caller]
    fn check(format: Format, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(format.matches(text), "{format:?} {text}");
        }
        for text in bad {
            assert!(!format.matches(text), "{format:?} {text}");
        }
    }

    #[test]
    fn a_name_is_read_back() {
        for (format, name) in NAMES {
            assert_eq!(format.name(), name);
            assert_eq!(Format::from_name(name), Some(format));
        }
        assert_eq!(Format::from_name("idn-email"), None);
    }

    #[test]
    fn times_know_leap_years_leap_seconds_and_offsets() {
        check(
            Format::DateTime,
            &["2000-02-29t00:00:00z", "1990-12-31T15:59:60.5-08:00"],
            &[
                "1900-02-29T00:00:00Z",
                "2000-00-01T00:00:00Z",
                "2000-01-01 00:00:00Z",
                "2000-01-01T00:00:00.Z",
                "2000-01-01T00:00:60Z",
                "2000-01-01T00:00:00Z ",
                "",
            ],
        );
        check(
            Format::Time,
            &["00:00:00-00:00", "23:59:60Z"],
            &["23:59Z", "1é:00:00Z"],
        );
        check(
            Format::Duration,
            &[
                "P1Y2M3DT4H5M6S",
                "P1W",
                "PT0S",
                "P1DT1H",
                "P1Y1D",
                "PT1H1S",
                "P9999999999999D",
            ],
            &[
                "P1WT1H", "P1D1W", "P1.5D", "p1d", "P1Y1W", "PT1D", "P", "PT", "P1DT", "P1D1D",
                "P1M1Y", "P1D2", "P1W1D",
            ],
        );
    }

    #[test]
    fn names_and_addresses_of_hosts() {
        let label = "a".repeat(63);
        let long = [label.as_str(); 4].join(".");
        check(
            Format::Hostname,
            &["a", "1.2", "xn--a", &long[..253]],
            &["a.", "a..b", "a-.b", "é", &long],
        );
        check(
            Format::Ipv4,
            &["0.0.0.0", "255.255.255.255"],
            &["1.2.3", "1.2.3.4.", "1.2.3.256", "01.2.3.4", "1..2.3"],
        );
        check(
            Format::Email,
            &["a@b", r#""a\"@ b"@[IPv6:::1]"#, "a@[1.2.3.4]"],
            &[
                "a",
                "@b",
                "a@",
                r#""a"b"@c"#,
                r#""a\"@c"#,
                "a@[::1]",
                "a@[1.2.3.4",
                "é@b",
            ],
        );
    }

    #[test]
    fn a_uri_has_a_scheme_and_no_character_that_must_be_escaped() {
        check(
            Format::Uri,
            &["a:", "a:b?c#d", "http://u:p@[::1]:80/%20", "x://[v1.a:b]/"],
            &[
                "1a:b",
                "a:b#c#d",
                "a:%2",
                "a:[",
                "http://[::1/",
                "http://[::1]80/",
                "http://a:b/",
                "http://a@b@c/",
                "a:é",
                "a: b",
            ],
        );
    }

    proptest! {
        #[test]
        fn addresses_are_those_that_the_standard_library_reads(text in "[0-9a-f:.]{0,24}") {
            prop_assert_eq!(Format::Ipv4.matches(&text), text.parse::<Ipv4Addr>().is_ok());
            prop_assert_eq!(Format::Ipv6.matches(&text), text.parse::<Ipv6Addr>().is_ok());
        }

        #[test]
        fn every_address_is_taken_and_no_text_panics(bits: u128, text in ".{0,40}") {
            let address = std::string::ToString::to_string(&Ipv6Addr::from(bits));
            prop_assert!(Format::Ipv6.matches(&address));
            for (format, _) in NAMES {
                format.matches(&text);
            }
        }
    }
}
