//! Who is at the other end of a connection that may have come through reverse proxies.
//!
//! Guarantees: nothing is believed but what a trusted proxy added; whatever a client writes into these headers, its
//! address is the one that the outermost trusted proxy saw, or that proxy's own. Does not: look names up, or speak the
//! PROXY protocol.
//!
//! `Forwarded` (RFC 7239) and `X-Forwarded-For` are lists to which each proxy adds at the end whom it heard from. They are
//! walked from the end as long as trusted proxies did the adding; the first address that is no trusted proxy's
//! is the client. An entry that cannot be read ends the walk at the proxy that added it. A proxy passes on the
//! header that it does not know, so where both are there and do not agree, neither is believed.

use axum::http::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// So many proxies are walked over; nobody has more, and a longer list is not believed beyond.
const HOPS_MAX: usize = 16;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How a page, or a socket, is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Also `ws`.
    Http,
    /// Also `wss`.
    Https,
}

impl Scheme {
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match &*text.trim().to_ascii_lowercase() {
            "http" | "ws" => Some(Self::Http),
            "https" | "wss" => Some(Self::Https),
            _ => None,
        }
    }
}

/// Who asks, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The client's address, as far as it is known.
    pub(crate) address: IpAddr,
    /// What the client's `Host` header was; nothing if there was none or more than one.
    pub(crate) host: Option<String>,
    /// How the client asked, if a proxy told. This server itself speaks plain HTTP, and a proxy that is not known may
    /// stand before it, so that without word from one it is not known.
    pub(crate) scheme: Option<Scheme>,
    /// Whether a trusted proxy spoke for it. Then a loopback address is not this machine's own user.
    pub(crate) is_forwarded: bool,
}

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trusted(Vec<IpNet>);

impl Trusted {
    pub(crate) fn new(ranges: Vec<IpNet>) -> Self {
        Self(ranges)
    }

    /// Whether an address, in its canonical form, is a proxy's.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(&address))
    }
}

/// Reads an address or a range of them.
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_range(text: &str) -> Result<IpNet, &'static str> {
    let range = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse().map_err(
            |_| "an IP address or a range of them, such as \"127.0.0.1\" or \"10.0.0.0/8\"",
        )?,
    };
    if range.prefix_len() == 0 {
        return Err(
            "the proxies' own addresses: a range of every address lets each client call itself what it likes",
        );
    }
    if range.network() != range.addr() {
        return Err("a range that begins with its own first address, such as \"10.0.0.0/8\"");
    }
    if let IpAddr::V6(address) = range.addr()
        && address.to_ipv4_mapped().is_some()
    {
        return Err("an IPv4 address written as one, such as \"127.0.0.1\"");
    }
    Ok(range)
}

/// Who is at the other end: the socket's address, or what trusted proxies say of whom they speak for.
pub(crate) fn peer_of(headers: &HeaderMap, socket: SocketAddr, trusted: &Trusted) -> Peer {
    let address = socket.ip().to_canonical();
    let host = only(headers, &header::HOST);
    let direct = Peer {
        address,
        host,
        scheme: None,
        is_forwarded: false,
    };
    let tells = [header::FORWARDED, X_FORWARDED_FOR].map(|name| headers.contains_key(name));
    if !trusted.has(address) || tells == [false, false] {
        return direct;
    }
    let unknown = Peer {
        is_forwarded: true,
        ..direct
    };
    match tells {
        [true, false] => walk_forwarded(headers, unknown, trusted),
        [false, _] => walk_plain(headers, unknown, trusted),
        [true, true] => {
            let plain = walk_plain(headers, unknown.clone(), trusted);
            let forwarded = walk_forwarded(headers, unknown.clone(), trusted);
            match plain.address == forwarded.address {
                true => Peer {
                    host: plain
                        .host
                        .filter(|_| headers.contains_key(X_FORWARDED_HOST))
                        .or(forwarded.host),
                    scheme: plain.scheme.or(forwarded.scheme),
                    ..forwarded
                },
                false => unknown,
            }
        }
    }
}

/// Goes from the end of a list over the addresses that trusted proxies added. `visit` sees each entry that was
/// believed.
fn walk<T>(
    mut peer: Peer,
    trusted: &Trusted,
    from_the_end: impl Iterator<Item = T>,
    mut visit: impl FnMut(&mut Peer, T) -> Option<IpAddr>,
) -> Peer {
    for entry in from_the_end.take(HOPS_MAX) {
        let Some(address) = visit(&mut peer, entry) else {
            break;
        };
        peer.address = address.to_canonical();
        if !trusted.has(peer.address) {
            break;
        }
    }
    peer
}

fn walk_plain(headers: &HeaderMap, peer: Peer, trusted: &Trusted) -> Peer {
    let list = values(headers, &X_FORWARDED_FOR);
    // A line that is no text is an entry that cannot be read.
    let entries = list.iter().flat_map(|line| line.split(','));
    let mut peer = walk(peer, trusted, entries.rev(), |_, entry| node(entry.trim()));
    // What the nearest proxy said; it replaces or adds at the end.
    let last = |name: &HeaderName| {
        let line = values(headers, name).pop()?;
        line.rsplit(',').next().map(|one| one.trim().to_string())
    };
    if let Some(host) = last(&X_FORWARDED_HOST) {
        peer.host = Some(host);
    }
    peer.scheme = last(&X_FORWARDED_PROTO).and_then(|text| Scheme::parse(&text));
    peer
}

fn walk_forwarded(headers: &HeaderMap, peer: Peer, trusted: &Trusted) -> Peer {
    let lines = values(headers, &header::FORWARDED);
    let elements = lines.iter().flat_map(|line| elements(line));
    let elements: Vec<_> = elements.collect();
    walk(
        peer,
        trusted,
        elements.into_iter().rev(),
        |peer, element| {
            let Element { of, host, scheme } = element?;
            // The further out, the nearer to what the client asked for.
            peer.host = host.or(peer.host.take());
            peer.scheme = scheme.or(peer.scheme);
            of
        },
    )
}

/// What one proxy said.
#[derive(Debug, Default, PartialEq)]
struct Element {
    of: Option<IpAddr>,
    host: Option<String>,
    scheme: Option<Scheme>,
}

/// The elements of a `Forwarded` line, in order; nothing in the place of one that cannot be read.
fn elements(line: &str) -> Vec<Option<Element>> {
    split(line, ',').into_iter().map(element).collect()
}

fn element(text: Option<&str>) -> Option<Element> {
    let mut element = Element::default();
    for pair in split(text?, ';') {
        let pair = pair?.trim();
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=')?;
        let value = unquoted(value)?;
        match &*name.to_ascii_lowercase() {
            "for" if element.of.is_some() => return None,
            "for" => element.of = Some(node(&value)?),
            "host" => element.host = Some(value),
            "proto" => element.scheme = Some(Scheme::parse(&value)?),
            // `by` and what else there may be.
            _ => {}
        }
    }
    Some(element)
}

/// Parts between separators that are not quoted; nothing in the place of a last one whose quote does not end.
fn split(text: &str, separator: char) -> Vec<Option<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => {
                parts.push(text.get(start..index));
                start = index + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).filter(|_| !is_quoted));
    parts
}

fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        return (!text.contains('"')).then(|| text.to_string());
    };
    let (mut value, mut letters) = (String::new(), inner.strip_suffix('"')?.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => value.push(letters.next()?),
            '"' => return None,
            _ => value.push(letter),
        }
    }
    Some(value)
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:99`, `2001:db8::1`, `[2001:db8::1]:99`. Names,
/// `unknown` and what is hidden behind a `_` are none.
fn node(text: &str) -> Option<IpAddr> {
    let is_port =
        |port: &str| port.is_empty() || port.strip_prefix(':').is_some_and(is_port_number);
    if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let address = address.parse::<std::net::Ipv6Addr>().ok()?;
        return is_port(port).then_some(address.into());
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = text.split_at(text.find(':')?);
    let address = address.parse::<std::net::Ipv4Addr>().ok()?;
    is_port(port).then_some(address.into())
}

/// RFC 7239 also has ports that begin with `_`, which say nothing.
fn is_port_number(text: &str) -> bool {
    let is_hidden = text.starts_with('_');
    is_hidden || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A header's lines in order. Bytes that are no text stay as what no reader takes.
fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter();
    lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
        .collect()
}

/// The page's origin as a browser tells it; what stands twice, or is no text, is another origin and not none.
pub(crate) fn origin_of(headers: &HeaderMap) -> Option<String> {
    let values = values(headers, &header::ORIGIN);
    (!values.is_empty()).then(|| values.join(", "))
}

/// A header that stands once.
fn only(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = values(headers, name);
    values.pop().filter(|_| values.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn trusted(ranges: &[&str]) -> Trusted {
        Trusted::new(
            ranges
                .iter()
                .map(|text| parse_range(text).unwrap())
                .collect(),
        )
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn peer(socket: &str, lines: &[(&str, &str)]) -> Peer {
        let trusted = trusted(&["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"]);
        let socket = SocketAddr::new(socket.parse().unwrap(), 999);
        peer_of(&headers(lines), socket, &trusted)
    }

    #[test]
    fn the_client_is_whom_the_outermost_trusted_proxy_heard() {
        let check = |socket: &str, lines: &[(&str, &str)], expected: &str| {
            let address = peer(socket, lines).address.to_string();
            assert_eq!(address, expected, "{socket} {lines:?}");
        };
        let plain = |list: &'static str| [("X-Forwarded-For", list)];
        check("127.0.0.1", &plain("203.0.113.9"), "203.0.113.9");
        check("::ffff:127.0.0.1", &plain("203.0.113.9"), "203.0.113.9");
        check("::1", &plain("2001:db8::9"), "2001:db8::9");
        check("fd00::7", &plain("[2001:db8::9]:1234"), "2001:db8::9");
        check("127.0.0.1", &plain("203.0.113.9:1234"), "203.0.113.9");
        check("127.0.0.1", &plain("::ffff:203.0.113.9"), "203.0.113.9");
        check("127.0.0.1", &plain("203.0.113.9, 10.0.0.2"), "203.0.113.9");
        // What the client itself wrote stands before.
        check("127.0.0.1", &plain("127.0.0.1, 203.0.113.9"), "203.0.113.9");
        check(
            "127.0.0.1",
            &plain("1.1.1.1,203.0.113.9 ,10.0.0.2"),
            "203.0.113.9",
        );
        let lines = [
            ("X-Forwarded-For", "1.1.1.1"),
            ("X-Forwarded-For", "203.0.113.9"),
        ];
        check("127.0.0.1", &lines, "203.0.113.9");
        // Only proxies.
        check("127.0.0.1", &plain("10.0.0.1, 10.0.0.2"), "10.0.0.1");
        // Nobody is believed who is not trusted.
        check("203.0.113.1", &plain("1.1.1.1"), "203.0.113.1");
        check("11.0.0.1", &[("Forwarded", "for=1.1.1.1")], "11.0.0.1");
        check("127.0.0.1", &[], "127.0.0.1");
        // The RFC's own.
        let forwarded = |list: &'static str| [("Forwarded", list)];
        check("127.0.0.1", &forwarded("for=203.0.113.9"), "203.0.113.9");
        check(
            "127.0.0.1",
            &forwarded("For=\"[2001:db8:cafe::17]:4711\""),
            "2001:db8:cafe::17",
        );
        check(
            "127.0.0.1",
            &forwarded("for=1.1.1.1, for=203.0.113.9;proto=https;by=10.0.0.3, for=10.0.0.2"),
            "203.0.113.9",
        );
        check(
            "127.0.0.1",
            &forwarded("host=\"a,b;c\";for=203.0.113.9"),
            "203.0.113.9",
        );
        let lines = [
            ("Forwarded", "for=1.1.1.1"),
            ("Forwarded", "for=203.0.113.9"),
        ];
        check("127.0.0.1", &lines, "203.0.113.9");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk_at_the_proxy_that_said_it() {
        let check = |lines: &[(&str, &str)], expected: &str| {
            let peer = peer("127.0.0.1", lines);
            assert_eq!(peer.address.to_string(), expected, "{lines:?}");
            assert!(peer.is_forwarded, "{lines:?}");
        };
        for bad in [
            "",
            " ",
            "unknown",
            "_hidden",
            "name.example",
            "1.2.3",
            "1.2.3.4:x",
            "[::1",
            "::1]:9",
            "1.2.3.4 5",
        ] {
            check(&[("X-Forwarded-For", bad)], "127.0.0.1");
            check(
                &[("X-Forwarded-For", &format!("203.0.113.9, {bad}"))],
                "127.0.0.1",
            );
            check(
                &[("X-Forwarded-For", &format!("{bad}, 10.0.0.2"))],
                "10.0.0.2",
            );
        }
        for bad in [
            "",
            "for",
            "for=",
            "for=unknown",
            "for=_hidden",
            "for=\"1.1.1.1",
            "for=1.1.1.1\"",
            "proto=https",
            "for=2001:db8::1:x",
            "for=1.1.1.1;for=2.2.2.2",
            "for=1.1.1.1;proto=gopher",
            "for=\"1.1.1.1\" x",
        ] {
            check(&[("Forwarded", bad)], "127.0.0.1");
            check(
                &[("Forwarded", &format!("for=203.0.113.9, {bad}"))],
                "127.0.0.1",
            );
        }
        // A quote that does not end takes the rest of its line with it, but nothing of what was added later.
        let lines = [
            ("Forwarded", "for=\"1.1.1.1"),
            ("Forwarded", "for=10.0.0.2"),
        ];
        check(&lines, "10.0.0.2");
    }

    #[test]
    fn two_headers_that_do_not_agree_are_not_believed() {
        let check = |plain: &str, forwarded: &str, expected: &str| {
            let lines = [("X-Forwarded-For", plain), ("Forwarded", forwarded)];
            let address = peer("127.0.0.1", &lines).address.to_string();
            assert_eq!(address, expected, "{plain} and {forwarded}");
        };
        check("203.0.113.9", "for=203.0.113.9", "203.0.113.9");
        check("203.0.113.9", "for=1.1.1.1", "127.0.0.1");
        check("203.0.113.9", "garbage", "127.0.0.1");
        check("garbage", "for=203.0.113.9", "127.0.0.1");
    }

    #[test]
    fn host_and_scheme_are_those_that_the_client_asked_for() {
        let check = |lines: &[(&str, &str)], host: Option<&str>, scheme: Option<Scheme>| {
            let peer = peer("127.0.0.1", lines);
            assert_eq!(
                (peer.host.as_deref(), peer.scheme),
                (host, scheme),
                "{lines:?}"
            );
        };
        let client = ("X-Forwarded-For", "203.0.113.9");
        check(&[("Host", "in:8080")], Some("in:8080"), None);
        check(&[("Host", "in:8080"), client], Some("in:8080"), None);
        let lines = [
            ("Host", "in"),
            client,
            ("X-Forwarded-Host", "out.example"),
            ("X-Forwarded-Proto", "HTTPS"),
        ];
        check(&lines, Some("out.example"), Some(Scheme::Https));
        let lines = [
            client,
            ("X-Forwarded-Host", "sent.example, out.example"),
            ("X-Forwarded-Proto", "http,wss"),
        ];
        check(&lines, Some("out.example"), Some(Scheme::Https));
        let forwarded =
            "for=203.0.113.9;host=out.example;proto=https, for=10.0.0.2;host=mid;proto=http";
        check(
            &[("Host", "in"), ("Forwarded", forwarded)],
            Some("out.example"),
            Some(Scheme::Https),
        );
        let forwarded = "for=1.1.1.1;host=sent.example, for=203.0.113.9;host=out.example";
        check(&[("Forwarded", forwarded)], Some("out.example"), None);
        check(&[("Host", "a"), ("Host", "b")], None, None);
        // Nobody else is believed.
        let lines = [
            ("Host", "in"),
            ("X-Forwarded-Host", "out.example"),
            ("X-Forwarded-Proto", "https"),
        ];
        check(&lines, Some("in"), None);
        let peer = self::peer(
            "203.0.113.1",
            &[("Host", "in"), client, ("X-Forwarded-Host", "out.example")],
        );
        assert_eq!(
            (peer.host.as_deref(), peer.is_forwarded),
            (Some("in"), false)
        );
    }

    #[test]
    fn ranges_are_read_and_what_would_believe_too_much_is_refused() {
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("fd00::/8", "fd00::/8"),
        ] {
            assert_eq!(parse_range(text).unwrap().to_string(), expected);
        }
        let check = |text: &str, expected: &str| {
            let refusal = parse_range(text).expect_err(text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        };
        check("", "an IP address or a range");
        check("localhost", "an IP address or a range");
        check("10.0.0.0/33", "an IP address or a range");
        check("127.0.0.1:80", "an IP address or a range");
        check("0.0.0.0/0", "every address");
        check("::/0", "every address");
        check("10.0.0.1/8", "its own first address");
        check("::ffff:10.0.0.0/104", "IPv4");
    }

    proptest! {
        /// A client may write what it likes: what its proxy adds at the end decides.
        #[test]
        fn nothing_a_client_writes_changes_its_address(
            plain in proptest::collection::vec("[ -~]{0,40}", 0..4),
            last in "[ -~]{0,60}",
        ) {
            let mut lines: Vec<(&str, &str)> = plain.iter().map(|line| ("X-Forwarded-For", line.as_str())).collect();
            let added = format!("{last}, 203.0.113.9");
            lines.push(("X-Forwarded-For", &added));
            prop_assert_eq!(peer("127.0.0.1", &lines).address.to_string(), "203.0.113.9");
        }

        #[test]
        fn no_header_is_too_strange(text in "\\PC{0,80}") {
            for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"] {
                if HeaderValue::from_bytes(text.as_bytes()).is_ok() {
                    let lines = [(name, &*text), ("X-Forwarded-For", "203.0.113.9")];
                    let address = peer("127.0.0.1", &lines).address.to_string();
                    prop_assert!(name == "Forwarded" || address == "203.0.113.9");
                    peer("127.0.0.1", &[(name, &*text)]);
                }
            }
        }

        #[test]
        fn a_long_list_is_not_walked_to_its_end(hops in 0_usize..40) {
            let list = [vec!["203.0.113.9"], vec!["10.0.0.2"; hops]].concat().join(",");
            let found = peer("127.0.0.1", &[("X-Forwarded-For", &list)]).address.to_string();
            let expected = if hops < HOPS_MAX { "203.0.113.9" } else { "10.0.0.2" };
            prop_assert_eq!(found, expected);
        }
    }
}
