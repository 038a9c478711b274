//! Connections that have not become a socket: they ask for a page or for the upgrade, or say nothing at all.
//!
//! Guarantees: there are never more than so many, and not more of an address than its share; who comes when it is
//! full takes the place of the one that has been there longest, so that nobody keeps others out by saying nothing.
//! Does not: count sockets after their upgrade (see `addresses`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// The connections, by the order in which they came.
#[derive(Clone)]
pub(crate) struct Lobby {
    guests: Arc<Mutex<Guests>>,
    all_max: usize,
    each_max: usize,
}

#[derive(Default)]
struct Guests {
    next: u64,
    guests: BTreeMap<u64, (IpAddr, oneshot::Sender<()>)>,
}

/// A connection's place; it is free again when this is dropped.
pub(crate) struct Seat {
    guests: Arc<Mutex<Guests>>,
    number: u64,
    /// Answers when another one needs the place.
    pub(crate) asked_to_leave: oneshot::Receiver<()>,
}

impl Lobby {
    pub(crate) fn new(all_max: usize, each_max: usize) -> Self {
        Self {
            guests: Arc::default(),
            all_max,
            each_max,
        }
    }

    /// A place for one more, and whether another one had to leave for it.
    pub(crate) fn enter(&self, address: IpAddr) -> (Seat, bool) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let has_left = guests.make_room(address, self.all_max, self.each_max);
        let number = guests.next;
        guests.next += 1;
        let (leave, asked_to_leave) = oneshot::channel();
        guests.guests.insert(number, (address, leave));
        let seat = Seat {
            guests: self.guests.clone(),
            number,
            asked_to_leave,
        };
        (seat, has_left)
    }
}

impl Guests {
    fn make_room(&mut self, address: IpAddr, all_max: usize, each_max: usize) -> bool {
        let of_address = || {
            let all = self.guests.iter();
            all.filter(|(_, (of, _))| *of == address)
                .map(|(number, _)| *number)
        };
        let leaving = if of_address().count() >= each_max {
            of_address().next()
        } else if self.guests.len() >= all_max {
            self.guests.keys().next().copied()
        } else {
            None
        };
        let left = leaving.and_then(|number| self.guests.remove(&number));
        left.is_some_and(|(_, leave)| leave.send(()).is_ok())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.guests.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn who_comes_when_it_is_full_takes_the_place_of_the_first() {
        let lobby = Lobby::new(3, 2);
        let (mut first, _) = lobby.enter(address(1));
        let (mut second, _) = lobby.enter(address(2));
        let (_third, left) = lobby.enter(address(3));
        assert!(!left);
        let (_fourth, left) = lobby.enter(address(4));
        assert!(left);
        assert!(first.asked_to_leave.try_recv().is_ok());
        assert!(second.asked_to_leave.try_recv().is_err());
    }

    #[test]
    fn an_address_has_its_share_and_takes_its_own_places() {
        let lobby = Lobby::new(10, 2);
        let (mut other, _) = lobby.enter(address(9));
        let (mut first, _) = lobby.enter(address(1));
        let (second, _) = lobby.enter(address(1));
        let (_third, left) = lobby.enter(address(1));
        assert!(left && first.asked_to_leave.try_recv().is_ok());
        assert!(other.asked_to_leave.try_recv().is_err());
        drop(second);
        let (_fourth, left) = lobby.enter(address(1));
        assert!(!left);
    }
}
