//! Whether a page may open a socket here: a browser tells the page's origin, and any page can try.
//!
//! Guarantees: a page of another site gets no socket, also not one that made its own name point
//! at this machine's loopback. Does not: stop programs other than browsers, which send what they
//! like, or names that point at an address of the local network.
//!
//! Allowed are: no origin at all (not a browser), an origin in the configured list, an origin on
//! loopback (this machine's own pages and development servers), and the origin of the address that
//! was asked for. That last rule holds for a peer on loopback only if the address is loopback, too:
//! otherwise it is either a name made to point here (DNS rebinding) or a reverse proxy, and a
//! proxy's origin belongs in the list.

use std::net::{IpAddr, Ipv6Addr};

/// Decides by the `Origin` and `Host` headers, the peer's address and the configured list.
pub(crate) fn is_allowed(
    origin: Option<&str>,
    host: Option<&str>,
    peer: IpAddr,
    listed: &[String],
) -> bool {
    let Some(origin) = origin else { return true };
    if listed.iter().any(|one| one.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    if is_loopback(authority) {
        return true;
    }
    let same = host.is_some_and(|host| {
        without_default_port(scheme, host)
            .eq_ignore_ascii_case(without_default_port(scheme, authority))
    });
    same && !peer.to_canonical().is_loopback()
}

fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let port = match scheme {
        "https" => ":443",
        _ => ":80",
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

fn is_loopback(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let address = rest.split_once(']').filter(|(_, port)| is_port(port));
        return address
            .and_then(|(address, _)| address.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| IpAddr::from(address).to_canonical().is_loopback());
    }
    let end = authority.find(':').unwrap_or(authority.len());
    let (host, port) = authority.split_at(end);
    if !is_port(port) {
        return false;
    }
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => {
            let host = host.to_ascii_lowercase();
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

/// A colon and a number, or nothing.
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        Some(number) => number.parse::<u16>().is_ok(),
        None => text.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(origin: Option<&str>, host: &str, peer: &str, expected: bool) {
        let listed = ["https://app.example".to_string(), "null".to_string()];
        let peer = peer.parse().unwrap();
        let allowed = is_allowed(origin, Some(host), peer, &listed);
        assert_eq!(allowed, expected, "{origin:?} at {host} from {peer}");
    }

    #[test]
    fn a_page_gets_a_socket_only_from_where_it_may() {
        // Not a browser.
        check(None, "anything", "192.0.2.1", true);
        // The same place.
        check(
            Some("http://box.lan:8080"),
            "box.lan:8080",
            "192.0.2.1",
            true,
        );
        check(Some("http://BOX.lan"), "box.lan:80", "192.0.2.1", true);
        check(Some("https://box.lan"), "box.lan:443", "192.0.2.1", true);
        // Another place, port or scheme's port.
        check(Some("http://evil.example"), "box.lan", "192.0.2.1", false);
        check(Some("http://box.lan:81"), "box.lan", "192.0.2.1", false);
        check(Some("http://box.lan:443"), "box.lan", "192.0.2.1", false);
        // Loopback, by all its names.
        check(
            Some("http://localhost:5173"),
            "127.0.0.1:8080",
            "127.0.0.1",
            true,
        );
        check(
            Some("http://app.localhost"),
            "127.0.0.1:8080",
            "127.0.0.1",
            true,
        );
        check(Some("http://127.0.0.9"), "box.lan", "192.0.2.1", true);
        check(Some("http://[::1]:8080"), "[::1]:8080", "::1", true);
        // A name that its owner made point here.
        check(
            Some("http://evil.example"),
            "evil.example",
            "127.0.0.1",
            false,
        );
        check(
            Some("http://evil.example"),
            "evil.example",
            "::ffff:127.0.0.1",
            false,
        );
        check(
            Some("http://localhost.evil.example"),
            "x",
            "192.0.2.1",
            false,
        );
        check(
            Some("http://127.0.0.1.evil.example"),
            "x",
            "192.0.2.1",
            false,
        );
        // The list, also for a page without an origin of its own.
        check(
            Some("https://app.example"),
            "127.0.0.1:8080",
            "127.0.0.1",
            true,
        );
        check(
            Some("http://app.example"),
            "127.0.0.1:8080",
            "127.0.0.1",
            false,
        );
        check(Some("null"), "box.lan", "192.0.2.1", true);
        check(Some("garbage"), "garbage", "192.0.2.1", false);
        check(Some("http://[::1"), "x", "192.0.2.1", false);
        check(Some("http://[::1].evil.example"), "x", "192.0.2.1", false);
        check(
            Some("http://localhost:1@evil.example"),
            "x",
            "192.0.2.1",
            false,
        );
    }

    proptest! {
        #[test]
        fn another_sites_page_gets_nothing_from_loopback_whatever_is_asked_for(
            site in "[a-z0-9.\\[\\]:-]{0,20}[a-z]\\.example(:[0-9]{1,5})?",
            host in "\\PC{0,20}",
        ) {
            let peer = IpAddr::from([127, 0, 0, 1]);
            let origin = format!("https://{site}");
            for host in [Some(host.as_str()), Some(site.as_str()), None] {
                prop_assert!(!is_allowed(Some(&origin), host, peer, &[]), "{origin} at {host:?}");
            }
        }

        #[test]
        fn no_header_is_too_strange(origin in "\\PC{0,40}", host in "\\PC{0,40}") {
            let peer = IpAddr::from([192, 0, 2, 1]);
            let allowed = is_allowed(Some(&origin), Some(&host), peer, &[]);
            prop_assert!(!allowed || origin.contains("://"));
        }
    }
}
