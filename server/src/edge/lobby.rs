//! Connections that have not become a socket: they ask for a page or for the upgrade, or say nothing at all.
//!
//! Guarantees: there are never more than so many, and not more of an address than its share; who comes when it is
//! full takes the place of the one that has been there longest without asking for anything, else of the one that has
//! been there longest, so that nobody keeps others out by saying nothing.
//! Does not: count sockets after their upgrade (see `addresses`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
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
    guests: BTreeMap<u64, Guest>,
}

struct Guest {
    /// The address, if its places are counted.
    address: Option<IpAddr>,
    leave: oneshot::Sender<()>,
    has_asked: Arc<AtomicBool>,
}

/// A connection's place; it is free again when this is dropped.
pub(crate) struct Seat {
    guests: Arc<Mutex<Guests>>,
    number: u64,
    /// Answers when another one needs the place.
    pub(crate) asked_to_leave: oneshot::Receiver<()>,
    /// Whether it has asked for something; to be set when it has.
    pub(crate) has_asked: Arc<AtomicBool>,
}

impl Lobby {
    pub(crate) fn new(all_max: usize, each_max: usize) -> Self {
        Self {
            guests: Arc::default(),
            all_max,
            each_max,
        }
    }

    /// A place for one more, and whether another one had to leave for it. Without an address, such as for this machine
    /// itself or a proxy, there is no share.
    pub(crate) fn enter(&self, address: Option<IpAddr>) -> (Seat, bool) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let someone_left = guests.make_room(address, self.all_max, self.each_max);
        let number = guests.next;
        guests.next += 1;
        let (leave, asked_to_leave) = oneshot::channel();
        let has_asked = Arc::new(AtomicBool::new(false));
        let guest = Guest {
            address,
            leave,
            has_asked: has_asked.clone(),
        };
        guests.guests.insert(number, guest);
        let seat = Seat {
            guests: self.guests.clone(),
            number,
            asked_to_leave,
            has_asked,
        };
        (seat, someone_left)
    }
}

impl Guests {
    fn make_room(&mut self, address: Option<IpAddr>, all_max: usize, each_max: usize) -> bool {
        let is_like = |guest: &Guest| address.is_some() && guest.address == address;
        let share = self.guests.values().filter(|guest| is_like(guest)).count();
        let leaving = if share >= each_max {
            self.first_to_leave(is_like)
        } else if self.guests.len() >= all_max {
            self.first_to_leave(|_| true)
        } else {
            None
        };
        let left = leaving.and_then(|number| self.guests.remove(&number));
        left.is_some_and(|guest| guest.leave.send(()).is_ok())
    }

    fn first_to_leave(&self, may_leave: impl Fn(&Guest) -> bool) -> Option<u64> {
        let order =
            |(number, guest): &(&u64, &Guest)| (guest.has_asked.load(Ordering::Relaxed), **number);
        let leaving = self.guests.iter().filter(|(_, guest)| may_leave(guest));
        leaving.min_by_key(order).map(|(number, _)| *number)
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

    fn address(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    #[test]
    fn who_comes_when_it_is_full_takes_the_place_of_the_first_that_has_asked_for_nothing() {
        let lobby = Lobby::new(3, 2);
        let (mut first, _) = lobby.enter(address(1));
        first.has_asked.store(true, Ordering::Relaxed);
        let (mut second, _) = lobby.enter(address(2));
        let (third, left) = lobby.enter(address(3));
        assert!(!left);
        let (fourth, left) = lobby.enter(address(4));
        assert!(left && second.asked_to_leave.try_recv().is_ok());
        assert!(first.asked_to_leave.try_recv().is_err());
        // When all have asked, the first goes.
        for seat in [&third, &fourth] {
            seat.has_asked.store(true, Ordering::Relaxed);
        }
        let (_fifth, left) = lobby.enter(address(5));
        assert!(left && first.asked_to_leave.try_recv().is_ok());
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
        // This machine and proxies bring many.
        let here: Vec<_> = (0..7).map(|_| lobby.enter(None)).collect();
        assert!(here.iter().all(|(_, left)| !left));
        assert!(lobby.enter(None).1);
    }
}
