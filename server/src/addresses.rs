//! How many sockets each address has.
//!
//! Guarantees: no address beyond the limit, counted until the socket is gone. Addresses of one
//! IPv6 network of 64 bits count as one, because a single machine has them all. Does not: count what comes from
//! loopback itself: this machine's own tabs, or a reverse proxy that is not configured as one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Counts sockets by address.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    counts: Counts,
    each_max: usize,
}

/// A socket's place in the count; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    counted: Option<(Counts, IpAddr)>,
}

impl Addresses {
    pub(crate) fn new(each_max: usize) -> Self {
        Self {
            counts: Counts::default(),
            each_max,
        }
    }

    /// A place for one more socket, if the address has not too many. One that a proxy told of is not direct; it
    /// is counted whatever it is, also where it is the proxy's own because what the client sent could not be
    /// read.
    pub(crate) fn enter(&self, address: IpAddr, is_direct: bool) -> Option<Place> {
        let address = network(address);
        if is_direct && address.is_loopback() {
            return Some(Place { counted: None });
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= self.each_max {
            return None;
        }
        *count += 1;
        let counted = Some((self.counts.clone(), address));
        Some(Place { counted })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((counts, address)) = &self.counted else {
            return;
        };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(address);
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
        let addresses = Addresses::new(2);
        let enter = |text: &str| addresses.enter(text.parse().unwrap(), true);
        let first = enter("192.0.2.1").unwrap();
        let _mapped = enter("::ffff:192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
        let _other = enter("192.0.2.2").unwrap();
        drop(first);
        let _again = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
    }

    #[test]
    fn one_ipv6_network_is_one_address_and_loopback_is_not_counted() {
        let addresses = Addresses::new(1);
        let enter = |text: &str| addresses.enter(text.parse().unwrap(), true);
        let _one = enter("2001:db8:1:2::3").unwrap();
        assert!(enter("2001:db8:1:2:ffff::4").is_none());
        let _next = enter("2001:db8:1:3::3").unwrap();
        let _here: Vec<Place> = (0..9).map(|_| enter("127.0.0.1").unwrap()).collect();
        let _too: Vec<Place> = (0..9).map(|_| enter("::1").unwrap()).collect();
    }

    #[test]
    fn loopback_behind_a_proxy_is_counted() {
        let addresses = Addresses::new(1);
        let enter = |is_direct| addresses.enter("127.0.0.1".parse().unwrap(), is_direct);
        let _told = enter(false).unwrap();
        assert!(enter(false).is_none());
        let _own = enter(true).unwrap();
    }
}
