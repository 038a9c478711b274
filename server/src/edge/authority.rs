//! A host and maybe a port, as they stand in `Host` headers, in origins and in a configuration.
//!
//! Guarantees: what is equal for a browser is equal here; whatever the text, the answer is a value or words that say
//! what was expected. Does not: resolve names, or turn letters outside ASCII into punycode.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest name and the longest part of one that DNS has.
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// In lower case.
    Name(String),
    Address(IpAddr),
}

/// A host, and a port if one is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
}

impl Host {
    /// Whether it can only be this machine, by an address or by a name that stands for one.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.to_canonical().is_loopback(),
            Self::Name(name) => {
                let name = without_root(name);
                name == "localhost" || name.ends_with(".localhost")
            }
        }
    }

    /// Whether both are one place; a name's final dot changes nothing for DNS.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(other)) => without_root(one) == without_root(other),
            _ => self == other,
        }
    }

    /// Reads a host without its port; an IPv6 address stands in brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(rest) = text.strip_prefix('[') {
            let address = rest.strip_suffix(']').and_then(|text| text.parse().ok());
            let address: Ipv6Addr = address.ok_or("an IPv6 address in brackets, such as [::1]")?;
            return Ok(Self::Address(address.into()));
        }
        if text.contains(':') {
            return Err("an IPv6 address in brackets, such as [::1]");
        }
        if !text.is_ascii() {
            return Err(
                "in the letters that browsers send: punycode, such as xn--bcher-kva.example",
            );
        }
        let name = text.to_ascii_lowercase();
        let labels = || without_root(&name).split('.');
        // What ends in a number is an IPv4 address for a browser, or nothing at all.
        let last = labels().next_back().unwrap_or_default();
        let is_hex = last
            .strip_prefix("0x")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if is_hex || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())) {
            let address: Result<Ipv4Addr, _> = name.parse();
            return address
                .map(|address| Self::Address(address.into()))
                .map_err(|_| "an IPv4 address of four numbers up to 255, such as 192.168.1.5");
        }
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_label = |label: &str| {
            (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(is_letter)
        };
        match name.len() <= NAME_BYTES_MAX && labels().all(is_label) {
            true => Ok(Self::Name(name)),
            false => Err("a host name of letters, digits, hyphens and dots, such as box.lan"),
        }
    }
}

impl Authority {
    /// Reads `host`, `host:port`, `[::1]` or `[::1]:port`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let end_of_host = match text.rfind(']') {
            Some(bracket) => bracket + 1,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (host, port) = text.split_at(end_of_host);
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            None => return Err("nothing but a port behind the address"),
            // Of an address without brackets this is a part.
            Some(port) if port.contains(':') => return Host::parse(text).map(Self::bare),
            Some(port) => Some(parse_port(port)?),
        };
        let host = Host::parse(host)?;
        Ok(Self { host, port })
    }

    fn bare(host: Host) -> Self {
        Self { host, port: None }
    }
}

/// A port that something can listen on and be asked for at.
pub(crate) fn parse_port(text: &str) -> Result<u16, &'static str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = is_number.then(|| text.parse().ok()).flatten();
    port.filter(|port| *port != 0)
        .ok_or("a port of 1 to 65535 behind the colon")
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => out.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(out),
            Self::Address(IpAddr::V6(address)) => write!(out, "[{address}]"),
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(out)?;
        match self.port {
            Some(port) => write!(out, ":{port}"),
            None => Ok(()),
        }
    }
}

fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_are_read_as_a_browser_reads_them() {
        let check = |text: &str, expected: &str| {
            let read = Authority::parse(text).map(|read| read.to_string());
            assert_eq!(read.as_deref(), Ok(expected), "{text}");
        };
        check("Box.LAN", "box.lan");
        check("box.lan.:8080", "box.lan.:8080");
        check("xn--bcher-kva.example:1", "xn--bcher-kva.example:1");
        check("my_box", "my_box");
        check("10.0.0.1:80", "10.0.0.1:80");
        check("[::1]", "[::1]");
        check("[2001:DB8:0::1]:443", "[2001:db8::1]:443");
    }

    #[test]
    fn what_is_no_host_is_refused_with_what_was_expected() {
        let check = |text: &str, expected: &str| {
            let refusal = Authority::parse(text).expect_err(text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        };
        check("", "host name");
        check(".", "host name");
        check("a..b", "host name");
        check("a b", "host name");
        check("*.lan", "host name");
        check(&"a".repeat(64), "host name");
        check(&["abc"; 64].join("."), "host name");
        check("bücher.example", "punycode");
        check("127.1", "IPv4");
        check("1.2.3.4.5", "IPv4");
        check("1.2.3.256", "IPv4");
        check("0x7f.0x1", "IPv4");
        check("::1", "brackets");
        check("fe80::1:8080", "brackets");
        check("[::1", "brackets");
        check("[fe80::1%eth0]", "brackets");
        check("[::1]x", "nothing but a port");
        check("a:", "1 to 65535");
        check("a:0", "1 to 65535");
        check("a:+80", "1 to 65535");
        check("a:65536", "1 to 65535");
        check("a:http", "1 to 65535");
    }

    #[test]
    fn loopback_has_many_names_and_others_only_look_like_it() {
        let check = |text: &str, expected: bool| {
            let host = Host::parse(text).unwrap();
            assert_eq!(host.is_loopback(), expected, "{text}");
        };
        for text in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "127.9.9.9",
            "[::1]",
        ] {
            check(text, true);
        }
        check("[::ffff:127.0.0.1]", true);
        for text in [
            "localhost.evil.example",
            "evillocalhost",
            "128.0.0.1",
            "[::2]",
            "0.0.0.0",
        ] {
            check(text, false);
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(text in "[a-z0-9.:\\[\\]-]{0,24}") {
            if let Ok(read) = Authority::parse(&text) {
                let again = Authority::parse(&read.to_string());
                prop_assert_eq!(again.as_ref(), Ok(&read));
            }
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,40}") {
            let _ = Authority::parse(&text);
        }
    }
}
