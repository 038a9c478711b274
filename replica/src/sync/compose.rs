//! Puts a message together, within the bytes that it may have.
//!
//! What does not fit is left out: the sync goes on with what did, and comes back to the rest when the roots still differ.
//! Records go first, so that every message that could not hold all of it brought something.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::codec::message::{Draft, ENTRY_OVERHEAD_BYTES, HEADER_BYTES, Header, Message, Span};
use crate::replica::Replica;
use crate::tree::FAN;

use super::span::Spans;

/// The level whose nodes' children an opening shows: 256 hashes, in 2 KiB.
const OPENING_LEVEL: u8 = 1;

const HASH_BYTES: usize = 8;

pub(super) struct Composer<'a> {
    replica: &'a Replica,
    draft: Draft<'a>,
    bytes_left: usize,
    sent: BTreeSet<u32>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(replica: &'a Replica, header: Header) -> Self {
        let draft = Draft {
            header,
            ..Draft::default()
        };
        Self {
            replica,
            draft,
            bytes_left: replica.options.message_bytes_max - HEADER_BYTES,
            sent: BTreeSet::new(),
        }
    }

    pub(super) fn is_bare(&self) -> bool {
        self.draft.is_bare()
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let bytes = self.draft.write();
        debug_assert!(bytes.len() <= self.replica.options.message_bytes_max);
        bytes
    }

    /// Takes bytes off what is left, if there are as many.
    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.unwrap_or(self.bytes_left);
        left.is_some()
    }

    /// Adds a record, once; whether it fitted. A record that is gone takes no room.
    pub(super) fn record(&mut self, slot: u32) -> bool {
        let Some(record) = self.replica.store.record(slot) else {
            return true;
        };
        if self.sent.contains(&slot) {
            return true;
        }
        if !self.spend(record.wire_bytes_max()) {
            return false;
        }
        self.sent.insert(slot);
        self.draft.records.push(record);
        true
    }

    /// Adds records as long as they fit.
    pub(super) fn records(&mut self, slots: impl IntoIterator<Item = u32>) {
        for slot in slots {
            if !self.record(slot) {
                return;
            }
        }
    }

    /// Adds the hashes at the top of the tree.
    pub(super) fn top(&mut self) {
        let mut spans = Spans::default();
        let level = OPENING_LEVEL.min(self.replica.options.depth - 1);
        for index in 0..1 << (4 * u32::from(level)) {
            self.node(&mut spans, level, index);
        }
    }

    /// Adds what a message asks for, and what is to be said on what it shows.
    pub(super) fn reply(&mut self, message: &Message<'_>) {
        let mut spans = Spans::default();
        for want in &message.wants {
            let items = spans.leaf(self.replica, want.leaf);
            let places = want.hashes.iter().filter_map(|hash| {
                let place = items.binary_search_by_key(&hash, |item| item.0).ok()?;
                Some(items[place].1)
            });
            let slots: Vec<u32> = places.collect();
            self.records(slots);
        }
        let mut wanted = BTreeMap::new();
        for span in &message.spans {
            self.compare(&mut spans, span, &mut wanted);
        }
        for (leaf, mut hashes) in wanted {
            hashes.sort_unstable();
            hashes.dedup();
            let room = self.bytes_left.saturating_sub(ENTRY_OVERHEAD_BYTES);
            hashes.truncate(room / HASH_BYTES);
            if !hashes.is_empty() && self.spend(ENTRY_OVERHEAD_BYTES + hashes.len() * HASH_BYTES) {
                self.draft.wants.push((leaf, hashes));
            }
        }
        for node in &message.nodes {
            self.descend(&mut spans, node);
        }
        self.draft.spans.sort_unstable();
        self.draft.nodes.sort_unstable();
    }

    /// Sends what the other side's list of items lacks, and notes what it has and we have not.
    fn compare(
        &mut self,
        spans: &mut Spans,
        span: &Span<'_>,
        wanted: &mut BTreeMap<u32, Vec<u64>>,
    ) {
        let below = 4 * u32::from(span.level - self.replica.options.depth);
        let items = spans.items(self.replica, span.level, span.index);
        let mut ours = items.iter().copied().peekable();
        let mut theirs = span.hashes.iter().peekable();
        let mut lacking = Vec::new();
        loop {
            match (ours.peek().copied(), theirs.peek().copied()) {
                (None, None) => break,
                (Some((hash, _)), Some(their)) if hash == their => {
                    ours.next();
                    // Two items of one hash are one to the other side too.
                    if ours.peek().is_none_or(|next| next.0 != hash) {
                        theirs.next();
                    }
                }
                (Some((hash, slot)), their) if their.is_none_or(|their| hash < their) => {
                    lacking.push(slot);
                    ours.next();
                }
                (_, Some(their)) => {
                    let leaf = (span.index >> below) as u32;
                    wanted.entry(leaf).or_default().push(their);
                    theirs.next();
                }
                (Some(_), None) => break,
            }
        }
        self.records(lacking);
    }

    /// Goes down where a node's children differ.
    fn descend(&mut self, spans: &mut Spans, node: &Span<'_>) {
        let ours = spans.children(self.replica, node.level, node.index);
        let level = node.level + 1;
        for (digit, theirs) in node.hashes.iter().enumerate().take(FAN) {
            if ours[digit] == theirs {
                continue;
            }
            let index = node.index * FAN as u64 + digit as u64;
            match spans.is_listed(self.replica, level, index) {
                true => self.list(spans, level, index),
                false => self.node(spans, level, index),
            }
        }
    }

    fn list(&mut self, spans: &mut Spans, level: u8, index: u64) {
        let items = spans.items(self.replica, level, index);
        let mut hashes: Vec<u64> = items.iter().map(|item| item.0).collect();
        hashes.dedup();
        if self.spend(ENTRY_OVERHEAD_BYTES + hashes.len() * HASH_BYTES) {
            self.draft.spans.push((level, index, hashes));
        }
    }

    fn node(&mut self, spans: &mut Spans, level: u8, index: u64) {
        if self.spend(ENTRY_OVERHEAD_BYTES + FAN * HASH_BYTES) {
            let children = spans.children(self.replica, level, index);
            self.draft.nodes.push((level, index, children.to_vec()));
        }
    }
}
