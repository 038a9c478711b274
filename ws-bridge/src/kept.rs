//! What a device that keeps writes was asked for.

use crate::api::DropReason;
use crate::entry::Entry;
use crate::write::WriteId;
use alloc::collections::VecDeque;

/// What the device was asked for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// `term` counts how often it had changed by then whether this session sends.
    Store {
        id: WriteId,
        marks: bool,
        term: u64,
    },
    Unstore {
        id: WriteId,
        number: u64,
    },
}

/// What the device was asked for and has not done yet, in order.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    pub(crate) asked: VecDeque<Asked>,
    /// Writes that are dropped, which is told once the device has forgotten them: a later run would send them.
    pub(crate) leaving: VecDeque<(Entry, DropReason)>,
}
