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
    /// RFC 3339 appendix A: `P3DT12H`. Units follow without a gap, so it is `PT1H0M5S` and not `PT1H5S`.
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
        let bytes = text.as_bytes();
        let mut cursor = Cursor(bytes);
        match self {
            Self::DateTime => {
                date(&mut cursor) && cursor.takes(b"tT") && time(&mut cursor) && cursor.is_at_end()
            }
            Self::Date => date(&mut cursor) && cursor.is_at_end(),
            Self::Time => time(&mut cursor) && cursor.is_at_end(),
            Self::Duration => duration(&mut cursor) && cursor.is_at_end(),
            Self::Uuid => uuid(bytes),
            Self::Email => email(text),
            Self::Uri => uri(text),
            Self::Hostname => hostname(bytes),
            Self::Ipv4 => ipv4(bytes),
            Self::Ipv6 => ipv6(text),
        }
    }
}

/// What is left of a text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one of some bytes.
    fn takes(&mut self, any_of: &[u8]) -> bool {
        match self.0 {
            [first, rest @ ..] if any_of.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes as many digits as there are, and says how many there were.
    fn digits(&mut self) -> usize {
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.0 = &self.0[count..];
        count
    }

    /// Takes exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let taken = self.0.get(..digits)?;
        if !taken.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = &self.0[digits..];
        Some(
            taken
                .iter()
                .fold(0, |number, digit| number * 10 + u32::from(digit - b'0')),
        )
    }

    /// Takes two digits up to a maximum.
    fn two(&mut self, max: u32) -> Option<u32> {
        self.number(2).filter(|number| *number <= max)
    }
}

fn date(cursor: &mut Cursor<'_>) -> bool {
    let mut read = || {
        let year = cursor.number(4)?;
        let month = cursor.takes(b"-").then(|| cursor.two(12))??;
        let day = cursor.takes(b"-").then(|| cursor.two(31))??;
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            0 => 0,
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        Some((1..=days).contains(&day))
    };
    read().unwrap_or(false)
}

fn time(cursor: &mut Cursor<'_>) -> bool {
    let mut read = || {
        let hour = cursor.two(23)?;
        let minute = cursor.takes(b":").then(|| cursor.two(59))??;
        let second = cursor.takes(b":").then(|| cursor.two(60))??;
        if cursor.takes(b".") && cursor.digits() == 0 {
            return None;
        }
        const DAY: u32 = 24 * 60;
        let local = hour * 60 + minute;
        let utc = if cursor.takes(b"zZ") {
            local
        } else {
            let is_ahead = cursor.takes(b"+");
            if !is_ahead && !cursor.takes(b"-") {
                return None;
            }
            let hours = cursor.two(23)?;
            let offset = hours * 60 + cursor.takes(b":").then(|| cursor.two(59))??;
            let behind = if is_ahead { DAY - offset } else { offset };
            (local + behind) % DAY
        };
        // A leap second is the last of a day in UTC.
        Some(second < 60 || utc == DAY - 1)
    };
    read().unwrap_or(false)
}

fn duration(cursor: &mut Cursor<'_>) -> bool {
    if !cursor.takes(b"P") {
        return false;
    }
    let starts_with_time = cursor.0.first() == Some(&b'T');
    if !starts_with_time {
        // A year may be followed by a month, a month by a day; a week stands alone.
        match units(cursor, b"YMDW") {
            Some(b'W') => return true,
            Some(_) => {}
            None => return false,
        }
    }
    !cursor.takes(b"T") || units(cursor, b"HMS").is_some()
}

/// Takes numbers with units, each the next of the list after the one before; gives the last.
fn units(cursor: &mut Cursor<'_>, units: &[u8]) -> Option<u8> {
    let mut last = None;
    while cursor.0.first().is_some_and(u8::is_ascii_digit) {
        cursor.digits();
        let (unit, rest) = cursor.0.split_first()?;
        let place = units.iter().position(|known| known == unit)?;
        // A week follows nothing.
        if last.is_some_and(|last: usize| place != last + 1 || *unit == b'W') {
            return None;
        }
        cursor.0 = rest;
        last = Some(place);
        if *unit == b'W' {
            break;
        }
    }
    units.get(last?).copied()
}

fn uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn email(text: &str) -> bool {
    // A quoted local part may hold an `@`; a domain may not.
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    if local.len() > LOCAL_PART_BYTES_MAX {
        return false;
    }
    let is_local = match local.as_bytes() {
        [b'"', quoted @ .., b'"'] => is_quoted(quoted),
        atoms => atoms
            .split(|byte| *byte == b'.')
            .all(|atom| !atom.is_empty() && atom.iter().all(|byte| is_atom(*byte))),
    };
    let is_domain = match domain.strip_prefix('[') {
        Some(literal) => {
            literal
                .strip_suffix(']')
                .is_some_and(|address| match address.split_at_checked(5) {
                    Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => ipv6(address),
                    _ => ipv4(address.as_bytes()),
                })
        }
        None => hostname(domain.as_bytes()),
    };
    is_local && is_domain
}

fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_quoted(mut text: &[u8]) -> bool {
    while let [first, rest @ ..] = text {
        text = match (first, rest) {
            (b'\\', [b' '..=b'~', rest @ ..]) => rest,
            (b'\\' | b'"', _) => return false,
            (b' '..=b'~', rest) => rest,
            _ => return false,
        };
    }
    true
}

fn hostname(bytes: &[u8]) -> bool {
    bytes.len() <= HOSTNAME_BYTES_MAX
        && bytes.split(|byte| *byte == b'.').all(|label| {
            (1..=LABEL_BYTES_MAX).contains(&label.len())
                && label.first() != Some(&b'-')
                && label.last() != Some(&b'-')
                && label
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        })
}

fn ipv4(bytes: &[u8]) -> bool {
    let is_byte = |digits: &[u8]| match digits {
        [] => false,
        [b'0', _, ..] => false,
        _ => {
            digits.len() <= 3
                && digits.iter().all(u8::is_ascii_digit)
                && digits
                    .iter()
                    .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
                    < 256
        }
    };
    let mut parts = bytes.split(|byte| *byte == b'.');
    parts.by_ref().take(4).filter(|part| is_byte(part)).count() == 4 && parts.next().is_none()
}

fn ipv6(text: &str) -> bool {
    // At most eight groups, of which one run of zeroes may be left out.
    // Not `split_once`: searching for a text is two kilobytes of download.
    let gap = text.as_bytes().windows(2).position(|pair| pair == b"::");
    match gap {
        None => groups(text, true) == Some(8),
        Some(gap) => {
            let (before, after) = (&text[..gap], &text[gap + 2..]);
            // Before the gap there is no address of version 4.
            let count = |part: &str, is_last| match part {
                "" => Some(0),
                part => groups(part, is_last),
            };
            let sum = count(before, false).zip(count(after, true));
            sum.is_some_and(|(before, after)| before + after < 8)
        }
    }
}

/// The number of groups of 16 bits; the last may be an address of version 4, which counts as two.
fn groups(text: &str, may_end_in_ipv4: bool) -> Option<usize> {
    let mut count = 0;
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        if (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            count += 1;
        } else if is_last && may_end_in_ipv4 && ipv4(part.as_bytes()) {
            count += 2;
        } else {
            return None;
        }
    }
    Some(count)
}

fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_path = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            authority(&rest[..end]) && consists_of(&rest[end..], b":@/")
        }
        None => consists_of(rest, b":@/"),
    };
    is_scheme && is_path && consists_of(query, b":@/?") && consists_of(fragment, b":@/?")
}

fn authority(text: &str) -> bool {
    let (user, place) = text.rsplit_once('@').unwrap_or(("", text));
    let (is_host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let Some((literal, port)) = rest.split_once(']') else {
                return false;
            };
            // What follows the bracket is nothing, or a colon and a port.
            let port = match port {
                "" => "",
                port => match port.strip_prefix(':') {
                    Some(port) => port,
                    None => return false,
                },
            };
            (ipv6(literal) || ip_future(literal), port)
        }
        None => {
            let (host, port) = place.split_once(':').unwrap_or((place, ""));
            (consists_of(host, b""), port)
        }
    };
    is_host && consists_of(user, b":") && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// RFC 3986 `IPvFuture`: `v1.fe80`.
fn ip_future(text: &str) -> bool {
    let Some((version, address)) = text
        .strip_prefix(['v', 'V'])
        .and_then(|rest| rest.split_once('.'))
    else {
        return false;
    };
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && !address.contains('%')
        && consists_of(address, b":")
}

/// Whether a text has only unreserved characters, sub-delimiters, escapes (`%2f`) and some more.
fn consists_of(text: &str, more: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                after
            }
            _ if first.is_ascii_alphanumeric()
                || b"-._~!$&'()*+,;=".contains(first)
                || more.contains(first) =>
            {
                after
            }
            _ => return false,
        };
    }
    true
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
            &["P1Y2M3DT4H5M6S", "P1W", "PT0S", "P1DT1H"],
            &[
                "P1Y1D", "PT1H1S", "P1WT1H", "P1D1W", "P1.5D", "p1d", "P1Y1W", "PT1D",
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
