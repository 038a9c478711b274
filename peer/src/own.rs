//! Which values of a ring were written here, and what became of them.

use aimdb_ws_bridge::WriteId;
use alloc::vec::Vec;

/// So many of a ring's values are remembered that no server took, and of those that are under way; of more the oldest are
/// forgotten.
const OWN_MAX: usize = 16_384;

/// A ring keeps what was written though the server refuses it, but a later run must not take that for the server's.
#[derive(Debug, Default)]
pub(crate) struct OwnValues {
    under_way: Vec<(WriteId, u64)>,
    untaken: Vec<u64>,
}

impl OwnValues {
    pub(crate) fn written(&mut self, write: WriteId, version: u64) {
        push(&mut self.under_way, (write, version));
    }

    pub(crate) fn settled(&mut self, write: WriteId, is_taken: bool) {
        let untaken = &mut self.untaken;
        self.under_way.retain(|(other, version)| {
            let is_it = *other == write;
            if is_it && !is_taken {
                push(untaken, *version);
            }
            !is_it
        });
    }

    /// The versions of values that no server took.
    pub(crate) fn untaken(&self) -> Vec<u64> {
        self.untaken.clone()
    }
}

fn push<T>(list: &mut Vec<T>, one: T) {
    if list.len() >= OWN_MAX {
        list.remove(0);
    }
    list.push(one);
}
