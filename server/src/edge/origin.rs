//! Whether a page may open a socket here: a browser tells the page's origin, and any page can try.
//!
//! Guarantees: a page of another site gets no socket, also not one that made a name of its own point at this machine,
//! on loopback or in a network; who is refused is told what to add to the configuration. Does not: stop programs other
//! than browsers, which send what they like.
//!
//! Allowed are: no origin at all (not a browser), an origin in the configured list, an origin on loopback (this
//! machine's own pages and development servers), and the origin of what was asked for, if that is certain to be this
//! server: an IP address, a name of loopback, a configured name, or this machine's own name (its host name, and that
//! with `.local`). Any other name may be one that its owner made point here (DNS rebinding), whoever the peer is. An
//! address is safe: a page from it came from this machine.

use crate::config::{Config, ConfigProblem, read_each};
use crate::edge::authority::{Authority, Host};
use crate::edge::page_origin::{PageOrigin, parse_name};
use crate::edge::proxy::Peer;
use std::fmt;

/// So much of what a client sent is repeated in words about it.
const SHOWN_CHARACTERS_MAX: usize = 120;

/// Who may open a socket.
#[derive(Debug)]
pub(crate) struct Origins {
    listed: Vec<PageOrigin>,
    names: Vec<Authority>,
}

/// Why a page gets no socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OriginRefusal {
    /// It belongs to another site.
    Foreign { page: String },
    /// It was asked for under a name that this server is not known to have.
    UnknownName { host: Authority },
}

impl Origins {
    /// Takes the configured names and origins, and this machine's own name.
    pub(crate) fn new(config: &Config, own_name: Option<String>) -> Result<Self, ConfigProblem> {
        let listed = read_each("origins", &config.origins, PageOrigin::parse_listed);
        let listed = listed.collect::<Result<_, _>>()?;
        let names = read_each("names", &config.names, parse_name);
        let mut names = names.collect::<Result<Vec<_>, _>>()?;
        if let Some(own) = own_name.and_then(|name| parse_name(&name).ok()) {
            let first = own.host.to_string();
            let first = first.split('.').next().unwrap_or_default();
            names.extend(parse_name(&format!("{first}.local")).ok());
            names.push(own);
        }
        Ok(Self { listed, names })
    }

    /// Decides by the `Origin` header and by what was asked for.
    pub(crate) fn judge(&self, page: Option<&str>, peer: &Peer) -> Result<(), OriginRefusal> {
        let Some(text) = page else { return Ok(()) };
        let foreign = || OriginRefusal::Foreign { page: shown(text) };
        let page = PageOrigin::parse(text).map_err(|_| foreign())?;
        if page.is_on_loopback() || self.listed.contains(&page) {
            return Ok(());
        }
        let PageOrigin::Web { scheme, at } = page else {
            return Err(foreign());
        };
        let asked = peer.host.as_deref().map(Authority::parse);
        let Some(Ok(asked)) = asked else {
            return Err(foreign());
        };
        let port = |at: &Authority| at.port.unwrap_or(scheme.default_port());
        let is_same = asked.host == at.host
            && port(&asked) == port(&at)
            && peer.scheme.is_none_or(|known| known == scheme);
        if !is_same {
            return Err(foreign());
        }
        let is_named = |name: &Authority| {
            name.host.is_same_place(&asked.host) && name.port.is_none_or(|one| one == port(&asked))
        };
        let is_certain = matches!(asked.host, Host::Address(_))
            || asked.host.is_loopback()
            || self.names.iter().any(is_named);
        match is_certain {
            true => Ok(()),
            false => Err(OriginRefusal::UnknownName { host: asked }),
        }
    }
}

impl OriginRefusal {
    /// What fits the reason of a close: the stable word, and what to do.
    pub(crate) fn in_short(&self) -> String {
        let reason = self.reason();
        match self {
            Self::Foreign { page } => {
                format!("{reason}: the server must list {page:?} in `origins`")
            }
            Self::UnknownName { host } => {
                format!("{reason}: the server must list \"{host}\" in `names`")
            }
        }
    }

    /// A stable word for the log and the counters.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "foreign_origin",
            Self::UnknownName { .. } => "unknown_name",
        }
    }
}

impl fmt::Display for OriginRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { page } => write!(
                out,
                "pages of {page:?} may not connect here; if they should, the server's owner adds \
                 {page:?} to `origins`"
            ),
            Self::UnknownName { host } => write!(
                out,
                "this server is not known to go by the name {:?}; if it does, its owner adds \
                 \"{host}\" to `names`",
                host.host.to_string()
            ),
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::proxy::Scheme;
    use proptest::prelude::*;
    use std::net::IpAddr;

    const OWN: &str = "Tower.office.example";

    fn origins(listed: &[&str], names: &[&str]) -> Origins {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_string()).collect();
        let config = Config {
            origins: texts(listed),
            names: texts(names),
            ..Config::default()
        };
        Origins::new(&config, Some(OWN.into())).unwrap()
    }

    fn at(host: &str) -> Peer {
        Peer {
            address: IpAddr::from([192, 0, 2, 1]),
            host: Some(host.into()),
            scheme: None,
            is_forwarded: false,
        }
    }

    #[test]
    fn a_page_of_this_server_gets_a_socket_where_the_host_is_certain_to_be_it() {
        let origins = origins(&[], &["plant.example", "box.lan:8080", "tls.example:443"]);
        let check = |page: &str, host: &str, expected: Result<(), &str>| {
            let judged = origins.judge(Some(page), &at(host));
            let judged = judged.map_err(|refusal| refusal.reason());
            assert_eq!(judged, expected, "{page} at {host}");
        };
        let (foreign, unknown) = (Err("foreign_origin"), Err("unknown_name"));
        // An address, of any kind.
        check("http://192.168.1.5:8080", "192.168.1.5:8080", Ok(()));
        check("http://203.0.113.9", "203.0.113.9:80", Ok(()));
        check("https://[2001:db8::1]", "[2001:db8:0::1]", Ok(()));
        check("http://192.168.1.5", "192.168.1.6", foreign);
        check("http://192.168.1.5:81", "192.168.1.5", foreign);
        // A listed name, with any port or the listed one.
        check("http://plant.example", "plant.example", Ok(()));
        check("http://plant.example:9", "PLANT.example:9", Ok(()));
        check("https://plant.example", "plant.example", Ok(()));
        check("http://plant.example.", "plant.example.", Ok(()));
        check("http://box.lan:8080", "box.lan:8080", Ok(()));
        check("http://box.lan:8081", "box.lan:8081", unknown);
        check("http://box.lan", "box.lan", unknown);
        check("https://tls.example", "tls.example", Ok(()));
        check("https://tls.example", "tls.example:443", Ok(()));
        check("http://tls.example", "tls.example", unknown);
        // This machine's own name.
        check("http://tower.office.example", OWN, Ok(()));
        check("http://tower.local:8080", "tower.local:8080", Ok(()));
        check("http://office.example", "office.example", unknown);
        // A name that its owner made point here.
        check("http://evil.example", "evil.example", unknown);
        check("http://evil.example:8080", "evil.example:8080", unknown);
        check("http://sub.plant.example", "sub.plant.example", unknown);
        check(
            "http://localhost.evil.example",
            "localhost.evil.example",
            unknown,
        );
        // Another site's page, whatever it asks for.
        check("http://evil.example", "127.0.0.1:8080", foreign);
        check("http://evil.example", "plant.example", foreign);
        check("http://plant.example", "192.168.1.5", foreign);
        check("null", "plant.example", foreign);
        check("capacitor://localhost", "localhost", foreign);
        check("garbage", "garbage", foreign);
        check("http://plant.example/", "plant.example", foreign);
        check("http://127.1", "127.1", foreign);
        check("http://localhost:1@evil.example", "evil.example", foreign);
        check("http://plant.example", "plant.example:x", foreign);
    }

    #[test]
    fn who_has_no_origin_or_is_on_loopback_gets_a_socket() {
        let origins = origins(&[], &[]);
        assert_eq!(origins.judge(None, &at("anything")), Ok(()));
        for page in [
            "http://localhost:5173",
            "https://app.localhost",
            "http://127.0.0.9",
            "http://[::1]:8080",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert_eq!(origins.judge(Some(page), &at("box.lan")), Ok(()), "{page}");
        }
        let nowhere = Peer {
            host: None,
            ..at("")
        };
        let judged = origins.judge(Some("http://plant.example"), &nowhere);
        assert!(judged.is_err());
    }

    #[test]
    fn what_is_known_of_the_scheme_must_fit() {
        let origins = origins(&[], &["plant.example"]);
        let check = |page: &str, known: Scheme, expected: bool| {
            let peer = Peer {
                scheme: Some(known),
                ..at("plant.example")
            };
            assert_eq!(origins.judge(Some(page), &peer).is_ok(), expected, "{page}");
        };
        check("https://plant.example", Scheme::Https, true);
        check("http://plant.example", Scheme::Http, true);
        check("http://plant.example", Scheme::Https, false);
        check("https://plant.example", Scheme::Http, false);
    }

    #[test]
    fn a_listed_origin_matches_what_browsers_send() {
        let check = |listed: &str, page: &str, expected: bool| {
            let judged = origins(&[listed], &[]).judge(Some(page), &at("127.0.0.1"));
            assert_eq!(judged.is_ok(), expected, "{listed} for {page}");
        };
        check("https://a.example:443", "https://a.example", true);
        check("http://a.example:80/", "http://a.example", true);
        check("HTTPS://A.Example/", "https://a.example", true);
        check("https://a.example", "https://a.example:444", false);
        check("https://a.example:80", "https://a.example:80", true);
        check("https://a.example", "http://a.example", false);
        check("https://a.example", "https://b.a.example", false);
        check(
            "https://xn--bcher-kva.example",
            "https://xn--bcher-kva.example",
            true,
        );
        check("http://[2001:DB8::0:1]:80", "http://[2001:db8::1]", true);
        for own in [
            "null",
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "app://.",
            "file://",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://0b5c5a3e-7d2c-4d8f-9a0e-1f2d3c4b5a69",
        ] {
            check(own, own, true);
            check("https://a.example", own, false);
        }
        check("file:///", "file://", true);
        check("capacitor://localhost", "tauri://localhost", false);
        check("null", "file://", false);
    }

    #[test]
    fn what_cannot_be_an_origin_is_refused_by_its_place() {
        let check = |listed: &str, expected: &str| {
            let config = Config {
                origins: vec!["https://fine.example".into(), listed.into()],
                ..Config::default()
            };
            let refusal = Origins::new(&config, None).unwrap_err().to_string();
            assert!(refusal.starts_with("origins[1] must be "), "{refusal}");
            assert!(refusal.contains(expected), "{listed}: {refusal}");
            assert!(refusal.contains(&format!("{listed:?}")), "{refusal}");
        };
        check("a.example", "with its scheme");
        check("", "with its scheme");
        check("NULL", "with its scheme");
        check("*", "with its scheme");
        check("https://*.a.example", "no wildcards");
        check("https://a.example/x", "without a path");
        check("https://a.example//", "without a path");
        check("https://a.example?x", "without a path");
        check("https://me@a.example", "without a user's name");
        check("https://bücher.example", "punycode");
        check("app://bücher", "punycode");
        check("wss://a.example", "not the socket's address");
        check("https://", "host name");
        check("https://127.1", "IPv4");
        check("https://a.example:0", "1 to 65535");
        check("app://", "host behind its scheme");
        check("1app://x", "with its scheme");
        check("blob:https://a.example", "with its scheme");
    }

    #[test]
    fn a_name_that_would_do_nothing_is_refused() {
        let check = |name: &str, expected: &str| {
            let refusal = parse_name(name).expect_err(name);
            assert!(refusal.contains(expected), "{name}: {refusal}");
        };
        check("https://box.lan", "without scheme");
        check("box.lan/", "without scheme");
        check("*.lan", "no wildcards");
        check("192.168.1.5", "without being listed");
        check("[::1]:80", "without being listed");
        check("localhost:8080", "without being listed");
        check("büro.lan", "punycode");
        check("box.lan:", "1 to 65535");
        check("", "host name");
    }

    #[test]
    fn a_refusal_says_what_to_add() {
        let origins = origins(&[], &[]);
        let said = |page: &str, host: &str| {
            let refusal = origins.judge(Some(page), &at(host)).unwrap_err();
            refusal.to_string()
        };
        let foreign = said("https://evil.example", "box.lan");
        assert!(
            foreign.contains("\"https://evil.example\" to `origins`"),
            "{foreign}"
        );
        let unknown = said("http://box.lan:8080", "box.lan:8080");
        assert!(unknown.contains("\"box.lan:8080\" to `names`"), "{unknown}");
        let long = said(&"x".repeat(9_999), "box.lan");
        assert!(long.len() < 500, "{} bytes", long.len());
    }

    proptest! {
        #[test]
        fn another_sites_page_gets_nothing_whatever_is_asked_for(
            site in "[a-z0-9.\\[\\]:-]{0,20}[a-z]\\.example(:[0-9]{1,5})?",
            host in "\\PC{0,20}",
        ) {
            let origins = origins(&[], &["plant.example"]);
            let page = format!("https://{site}");
            for host in [host.as_str(), site.as_str(), "plant.example", "127.0.0.1"] {
                let is_own = site.split(':').next() == Some("plant.example");
                let judged = origins.judge(Some(&page), &at(host));
                prop_assert!(judged.is_err() || is_own, "{page} at {host:?}");
            }
        }

        #[test]
        fn no_header_is_too_strange(page in "\\PC{0,40}", host in "\\PC{0,40}") {
            let judged = origins(&[], &[]).judge(Some(&page), &at(&host));
            prop_assert!(judged.is_err() || page.contains("://"));
        }
    }
}
