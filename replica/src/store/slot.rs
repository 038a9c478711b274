//! One record's numbers, and where its bytes are.

use crate::clock::stamp::Stamp;
use crate::codec::record::{Content, KEY_BYTES_MAX, Record, TAG_BYTES_MAX};

use super::nodes::Nodes;

// The lengths fit their fields.
const _: () = assert!(KEY_BYTES_MAX <= u16::MAX as usize && TAG_BYTES_MAX <= u8::MAX as usize);

/// The default is a slot that has no record.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// What the tree counts for it; 0 without a record.
    pub(super) item: u64,
    pub(super) millis: u64,
    /// 0 is none.
    pub(super) ttl_ms: u64,
    pub(super) at: u32,
    pub(super) value_len: u32,
    pub(super) counter: u32,
    pub(super) node: u32,
    pub(super) leaf: u32,
    pub(super) key_len: u16,
    pub(super) tag_len: u8,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Free,
    Tombstone,
    Value,
}

impl Slot {
    pub(super) fn state_of(content: Content<'_>) -> State {
        match content {
            Content::Tombstone => State::Tombstone,
            Content::Value(_) => State::Value,
        }
    }

    pub(super) fn is_used(&self) -> bool {
        self.state != State::Free
    }

    pub(super) fn bytes_len(&self) -> usize {
        usize::from(self.key_len) + usize::from(self.tag_len) + self.value_len as usize
    }

    pub(super) fn all_bytes<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let at = self.at as usize;
        &bytes[at..at + self.bytes_len()]
    }

    pub(super) fn key_bytes<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &self.all_bytes(bytes)[..usize::from(self.key_len)]
    }

    pub(super) fn tag_bytes<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let start = usize::from(self.key_len);
        &self.all_bytes(bytes)[start..start + usize::from(self.tag_len)]
    }

    pub(super) fn record<'a>(&self, bytes: &'a [u8], nodes: &'a Nodes) -> Option<Record<'a>> {
        let key = text(self.key_bytes(bytes));
        let tag = text(self.tag_bytes(bytes));
        self.is_used().then(|| self.named(bytes, nodes, key, tag))
    }

    /// The record of a slot that is in use, whose key and tag are known.
    pub(super) fn named<'a>(
        &self,
        bytes: &'a [u8],
        nodes: &'a Nodes,
        key: &'a str,
        tag: &'a str,
    ) -> Record<'a> {
        let start = self.bytes_len() - self.value_len as usize;
        Record {
            key,
            tag,
            stamp: Stamp {
                millis: self.millis,
                counter: self.counter,
                node: nodes.name(self.node),
            },
            ttl_ms: (self.ttl_ms != 0).then_some(self.ttl_ms),
            content: match self.state {
                State::Value => Content::Value(&self.all_bytes(bytes)[start..]),
                _ => Content::Tombstone,
            },
        }
    }
}

/// Bytes that came from a `str` are one.
fn text(bytes: &[u8]) -> &str {
    let text = core::str::from_utf8(bytes);
    debug_assert!(text.is_ok());
    text.unwrap_or_default()
}
