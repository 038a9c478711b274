//! How many connections fit into what the system lets this process open.
//!
//! Guarantees: sockets and requests together never take the last files, which pages, contracts and logs need. Does
//! not: raise the limit; whoever owns the process may.

/// Connections that are no sockets yet, or never.
const REQUESTS_MAX: usize = 256;
/// The smallest number of them that is worth serving.
const REQUESTS_MIN: usize = 8;
/// Sockets beyond those of the limits, so that who is one too many is told so by the socket itself.
const SOCKETS_BEYOND: usize = 64;
/// Files for everything else: listeners, polls, pages that are read.
const OTHERS: usize = 48;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Before their upgrade, and such as only ask for a page.
    pub(crate) requests: usize,
    /// Of those the share of one address.
    pub(crate) requests_each: usize,
    /// After their upgrade.
    pub(crate) sockets: usize,
}

impl Room {
    /// The room for so many clients, with so many files that may be open.
    pub(crate) fn new(clients_max: usize, files_max: usize) -> Self {
        let files = files_max.saturating_sub(OTHERS);
        let requests = REQUESTS_MAX.min(files / 4).max(REQUESTS_MIN);
        let sockets = files.saturating_sub(requests).max(1);
        Self {
            requests,
            requests_each: requests.div_ceil(2),
            sockets: sockets.min(clients_max.saturating_add(SOCKETS_BEYOND)),
        }
    }
}

/// How many files this process may have open.
#[cfg(unix)]
pub(crate) fn files_max() -> usize {
    let limit = rlimit::Resource::NOFILE.get_soft();
    limit.map_or(1_024, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// How many files this process may have open: this system counts none.
#[cfg(not(unix))]
pub(crate) fn files_max() -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_sockets_leave_files_for_the_rest() {
        for files_max in [100, 128, 256, 1_024, 4_096, 1_000_000] {
            for clients_max in [1, 100, 1_024, 1_000_000] {
                let room = Room::new(clients_max, files_max);
                assert!(
                    room.requests + room.sockets + OTHERS <= files_max,
                    "{files_max} {room:?}"
                );
                assert!(room.sockets <= clients_max + SOCKETS_BEYOND);
            }
        }
        let ample = Room::new(1_024, 65_536);
        assert_eq!((ample.requests, ample.sockets), (256, 1_024 + 64));
        // With hardly any files it serves few, but it serves.
        assert!(Room::new(1_024, 0).sockets > 0);
    }
}
