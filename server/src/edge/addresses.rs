//! How many sockets there are, and how many each address has.
//!
//! Guarantees: neither all together nor one address are beyond their limit, counted until the socket is gone. Addresses of one
//! IPv6 network of 64 bits count as one, because a single machine has them all. Does not: count what comes from
//! loopback itself: this machine's own tabs, or a reverse proxy that is not configured as one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The sockets of each address that is counted, and all.
#[derive(Debug, Default)]
struct Counts {
    each: HashMap<IpAddr, usize>,
    all: usize,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The address has too many.
    Address,
    /// There are too many.
    Server,
}

/// Counts sockets by address.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    counts: Arc<Mutex<Counts>>,
    each_max: usize,
    all_max: usize,
}

/// A socket's place in the count; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    counts: Arc<Mutex<Counts>>,
    /// The address, where it is counted.
    address: Option<IpAddr>,
}

impl Addresses {
    pub(crate) fn new(each_max: usize, all_max: usize) -> Self {
        Self {
            counts: Arc::default(),
            each_max,
            all_max,
        }
    }

    /// A place for one more socket, if the address has not too many. One that a proxy told of is not direct; it
    /// is counted whatever it is, also where it is the proxy's own because what the client sent could not be
    /// read.
    pub(crate) fn enter(&self, address: IpAddr, is_direct: bool) -> Result<Place, Full> {
        let address = network(address);
        let address = (!is_direct || !address.is_loopback()).then_some(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= self.all_max {
            return Err(Full::Server);
        }
        if let Some(address) = address {
            let count = counts.each.entry(address).or_default();
            if *count >= self.each_max {
                return Err(Full::Address);
            }
            *count += 1;
        }
        counts.all += 1;
        Ok(Place {
            counts: self.counts.clone(),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        let Some(address) = self.address else { return };
        if let Some(count) = counts.each.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.each.remove(&address);
            }
        }
    }
}

/// An address as it is counted.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let addresses = Addresses::new(2, 100);
        let enter = |text: &str| addresses.enter(text.parse().unwrap(), true);
        let first = enter("192.0.2.1").unwrap();
        let _mapped = enter("::ffff:192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_err());
        let _other = enter("192.0.2.2").unwrap();
        drop(first);
        let _again = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_err());
    }

    #[test]
    fn one_ipv6_network_is_one_address_and_loopback_is_not_counted() {
        let addresses = Addresses::new(1, 100);
        let enter = |text: &str| addresses.enter(text.parse().unwrap(), true);
        let _one = enter("2001:db8:1:2::3").unwrap();
        assert!(enter("2001:db8:1:2:ffff::4").is_err());
        let _next = enter("2001:db8:1:3::3").unwrap();
        let _here: Vec<Place> = (0..9).map(|_| enter("127.0.0.1").unwrap()).collect();
        let _too: Vec<Place> = (0..9).map(|_| enter("::1").unwrap()).collect();
    }

    #[test]
    fn loopback_behind_a_proxy_is_counted() {
        let addresses = Addresses::new(1, 100);
        let enter = |is_direct| addresses.enter("127.0.0.1".parse().unwrap(), is_direct);
        let _told = enter(false).unwrap();
        assert!(enter(false).is_err());
        let _own = enter(true).unwrap();
    }
}
