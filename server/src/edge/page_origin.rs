//! Origins of pages and names of servers, as browsers send them and as people write them.

use crate::edge::authority::{Authority, Host};
use crate::edge::proxy::Scheme;

/// A page's origin, so that equal ones are equal however they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PageOrigin {
    /// `null`: a sandboxed frame, a file, a page without an address.
    Null,
    /// A page of the web. A default port is left out.
    Web { scheme: Scheme, at: Authority },
    /// What an application has made for itself, such as `capacitor://localhost`, in lower case.
    Application(String),
}

impl PageOrigin {
    /// Reads what a browser sends.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "null" {
            return Ok(Self::Null);
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("an origin such as \"https://app.example\", with its scheme, or \"null\"")?;
        let scheme = scheme.to_ascii_lowercase();
        if rest.contains('*') {
            return Err("whole origins, one by one: there are no wildcards");
        }
        if rest.contains(['/', '?', '#']) {
            return Err("an origin such as \"https://app.example\", without a path");
        }
        if rest.contains('@') {
            return Err("an origin such as \"https://app.example\", without a user's name");
        }
        match &*scheme {
            "http" => Self::web(Scheme::Http, rest),
            "https" => Self::web(Scheme::Https, rest),
            "ws" | "wss" => {
                Err("the page's origin, with http:// or https://, not the socket's address")
            }
            _ => Self::application(&scheme, rest),
        }
    }

    /// Reads an origin as people write it: as browsers do, or with a slash at the end.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn parse_listed(text: &str) -> Result<Self, &'static str> {
        let is_bare = text.ends_with("://");
        let text = text.strip_suffix('/').filter(|_| !is_bare).unwrap_or(text);
        Self::parse(text)
    }

    fn web(scheme: Scheme, rest: &str) -> Result<Self, &'static str> {
        let mut at = Authority::parse(rest)?;
        at.port = at.port.filter(|port| *port != scheme.default_port());
        Ok(Self::Web { scheme, at })
    }

    /// The form of a scheme of one's own is up to who made it: `app://.`, `chrome-extension://…`, and pages of files in
    /// some web views, `file://`.
    fn application(scheme: &str, rest: &str) -> Result<Self, &'static str> {
        let is_first = |byte: &u8| byte.is_ascii_lowercase();
        let is_scheme =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !scheme.as_bytes().first().is_some_and(is_first) || !scheme.bytes().all(is_scheme) {
            return Err("an origin such as \"https://app.example\", with its scheme, or \"null\"");
        }
        if !rest.is_ascii() {
            return Err(
                "in the letters that browsers send: punycode, such as xn--bcher-kva.example",
            );
        }
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
        if (rest.is_empty() && scheme != "file") || !rest.bytes().all(is_letter) {
            return Err(
                "an origin such as \"capacitor://localhost\", with a host behind its scheme",
            );
        }
        let rest = rest.to_ascii_lowercase();
        Ok(Self::Application(format!("{scheme}://{rest}")))
    }

    /// Whether it is a page of this machine.
    pub(crate) fn is_on_loopback(&self) -> bool {
        matches!(self, Self::Web { at, .. } if at.host.is_loopback())
    }
}

/// Reads a name that a server goes by.
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_name(text: &str) -> Result<Authority, &'static str> {
    if text.contains('/') {
        return Err(
            "a host name with or without a port, such as \"box.lan:8080\", without scheme and path",
        );
    }
    if text.contains('*') {
        return Err("whole names, one by one: there are no wildcards");
    }
    let name = Authority::parse(text)?;
    match name.host {
        Host::Address(_) => Err("a host name: IP addresses are allowed without being listed"),
        Host::Name(_) if name.host.is_loopback() => {
            Err("a host name other than loopback's, which is allowed without being listed")
        }
        Host::Name(_) => Ok(name),
    }
}
