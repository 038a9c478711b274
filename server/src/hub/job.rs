//! Work of a frame that may take longer than others should wait: finding the topics that patterns select.
//!
//! Guarantees: nothing of it is done twice, however it is cut. Does not: do it; the machine does, a slice a turn.

use aimdb_ws_protocol::{Pattern, Search};
use std::collections::VecDeque;

/// What is done with the topics that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// The client follows them from now on; its patterns count for each.
    Follow,
    /// The client follows them already, and gets their newest values again.
    Again,
    /// The patterns do not count any more; what none is left for is left.
    Leave,
}

/// The rest of a `subscribe` or an `unsubscribe`.
#[derive(Debug)]
pub(super) struct Job {
    searches: VecDeque<(Search, Deed)>,
    /// Topics that were registered later have counted the patterns by themselves.
    pub(super) birth_max: u64,
}

impl Job {
    pub(super) fn new(birth_max: u64) -> Self {
        Self {
            searches: VecDeque::new(),
            birth_max,
        }
    }

    pub(super) fn add(&mut self, pattern: &Pattern, deed: Deed) {
        self.searches.push_back((Search::new(pattern), deed));
    }

    /// The search that is under way.
    pub(super) fn current(&mut self) -> Option<(&mut Search, Deed)> {
        self.searches
            .front_mut()
            .map(|(search, deed)| (search, *deed))
    }

    pub(super) fn next(&mut self) {
        self.searches.pop_front();
    }
}
