//! Where to listen, as people write it, and the listener there.
//!
//! Guarantees: `:8080` and `8080` are every address of this machine, IPv6 and IPv4; of a name every address is
//! tried; who cannot listen is told each address and why. Does not: listen on several addresses of a name at a
//! time: the first that can be used is it.

use crate::edge::authority::Host;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use socket2::{Domain, Protocol, Socket, Type};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use tokio::net::{TcpListener, lookup_host};

/// What is said where something else stands.
const EXPECTED: &str =
    "an address such as \"127.0.0.1:8080\", \"localhost:8080\", \"[::1]:8080\", \":8080\" or 8080";
/// Connections that may wait to be accepted, as the standard library has it.
const BACKLOG: i32 = 1_024;

/// A place to listen: a port, and which addresses of this machine. Port 0 takes a free one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Nothing for every address.
    host: Option<Host>,
    port: u16,
}

impl Listen {
    /// One address of this machine.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            host: Some(Host::Address(address.ip())),
            port: address.port(),
        }
    }

    /// Whether the other place is the same port of the same addresses, or of all of them.
    pub(crate) fn is_taken_by(&self, other: &Self) -> bool {
        let is_one_of_all = self.host.is_none() || other.host.is_none();
        self.port != 0 && self.port == other.port && (is_one_of_all || self.host == other.host)
    }

    /// The addresses that this stands for, to be tried in this order.
    ///
    /// # Errors
    /// A name that has no address.
    pub async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        match &self.host {
            None => Ok([Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()]
                .map(|address: IpAddr| SocketAddr::new(address, self.port))
                .to_vec()),
            Some(Host::Address(address)) => Ok(vec![SocketAddr::new(*address, self.port)]),
            Some(Host::Name(name)) => Ok(lookup_host((name.as_str(), self.port)).await?.collect()),
        }
    }

    /// Listens. Call it inside the tokio runtime.
    ///
    /// # Errors
    /// Each address that was tried, and why it cannot be used.
    pub async fn bind(&self) -> Result<TcpListener, ListenError> {
        let error = |attempts| ListenError {
            listen: self.clone(),
            attempts,
        };
        let addresses = self.addresses().await;
        let addresses = addresses.map_err(|cause| error(vec![(None, cause)]))?;
        let mut attempts = Vec::new();
        for address in addresses {
            match bind_to(address) {
                Ok(listener) => return Ok(listener),
                Err(cause) => attempts.push((Some(address), cause)),
            }
        }
        Err(error(attempts))
    }
}

/// A listener; that of every IPv6 address takes IPv4, too, whatever the system's default is.
fn bind_to(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    // So that a server that was just stopped can start again. On Windows it would share the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

impl FromStr for Listen {
    type Err = ListenProblem;

    fn from_str(text: &str) -> Result<Self, ListenProblem> {
        let problem = |expected| ListenProblem {
            text: text.to_string(),
            expected,
        };
        let (host, port) = match text.rsplit_once(':') {
            None if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
                (None, text)
            }
            None => return Err(problem(EXPECTED)),
            Some(("", port)) => (None, port),
            Some((host, port)) => (Some(host), port),
        };
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = is_number.then(|| port.parse().ok()).flatten();
        let port = port.ok_or_else(|| problem("a port of 0 to 65535, where 0 takes a free one"))?;
        let host = host.map(Host::parse).transpose().map_err(problem)?;
        Ok(Self { host, port })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(out, "{host}:{}", self.port),
            None => write!(out, ":{}", self.port),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListenVisitor)
    }
}

struct ListenVisitor;

impl Visitor<'_> for ListenVisitor {
    type Value = Listen;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Listen, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, port: i64) -> Result<Listen, E> {
        let port =
            u16::try_from(port).map_err(|_| E::invalid_value(Unexpected::Signed(port), &self))?;
        Ok(Listen { host: None, port })
    }
}

/// A text that is no place to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenProblem {
    text: String,
    expected: &'static str,
}

impl fmt::Display for ListenProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "expected {}, got {:?}", self.expected, self.text)
    }
}

impl std::error::Error for ListenProblem {}

/// Nothing can listen there.
#[derive(Debug)]
pub struct ListenError {
    listen: Listen,
    /// What was tried; without an address a name that has none.
    attempts: Vec<(Option<SocketAddr>, io::Error)>,
}

impl fmt::Display for ListenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot listen on {}", self.listen)?;
        let shown = self.listen.to_string();
        for (index, (address, cause)) in self.attempts.iter().enumerate() {
            out.write_str(if index == 0 { ": " } else { "; " })?;
            match address.map(|address| address.to_string()) {
                Some(address) if address != shown => write!(out, "{address}: {cause}")?,
                _ => cause.fmt(out)?,
            }
        }
        match self.attempts.is_empty() {
            true => out.write_str(": the name has no address"),
            false => Ok(()),
        }
    }
}

impl std::error::Error for ListenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_however_it_is_written() {
        let check = |text: &str, expected: &str| {
            let read: Listen = text.parse().unwrap();
            assert_eq!(read.to_string(), expected, "{text}");
        };
        check("127.0.0.1:8080", "127.0.0.1:8080");
        check("0.0.0.0:0", "0.0.0.0:0");
        check("[::1]:8080", "[::1]:8080");
        check("LocalHost:80", "localhost:80");
        check("box.lan:80", "box.lan:80");
        check(":8080", ":8080");
        check("8080", ":8080");
        check("0", ":0");
    }

    #[test]
    fn two_places_that_are_one_are_told() {
        let check = |one: &str, other: &str, expected: bool| {
            let (one, other): (Listen, Listen) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(one.is_taken_by(&other), expected, "{one} {other}");
        };
        check("127.0.0.1:80", "127.0.0.1:80", true);
        check("127.0.0.1:80", ":80", true);
        check("80", "localhost:80", true);
        check("127.0.0.1:80", "127.0.0.1:81", false);
        check("127.0.0.1:80", "127.0.0.2:80", false);
        check(":0", ":0", false);
    }

    #[test]
    fn what_is_no_place_is_refused_with_what_is_one() {
        let check = |text: &str, expected: &str| {
            let refusal = text.parse::<Listen>().expect_err(text).to_string();
            assert!(refusal.contains(expected), "{text}: {refusal}");
            assert!(refusal.contains(&format!("{text:?}")), "{refusal}");
        };
        check("", "localhost:8080");
        check("here", "localhost:8080");
        check("127.0.0.1", "localhost:8080");
        check("65536", "0 to 65535");
        check("localhost:", "0 to 65535");
        check("localhost:http", "0 to 65535");
        check("localhost:+80", "0 to 65535");
        check("localhost:70000", "0 to 65535");
        check("::1:8080", "brackets");
        check("[::1:8080", "brackets");
        check("127.1:80", "IPv4");
        check("http://box.lan:80", "brackets");
        check("a b:80", "host name");
        check("*:80", "host name");
    }
}
