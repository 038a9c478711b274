//! One message of a sync, read and written.
//!
//! `[format, kind, depth, flags, sealed, pruned, root, batch, wants, spans, nodes]`. Hashes are 64 bits, the least byte
//! first, many of them in one blob. The three lists of hashes ascend strictly, so that no message can ask twice for work.
//!
//! Below the leaves of the tree the walk goes on by the digits of the items' own hashes, so that a leaf of any size, such
//! as that of a set with many members, crosses in small steps. Such a node's index is its leaf's with those digits after.

use alloc::vec::Vec;

use crate::clock::epoch::Epoch;
use crate::tree::{DEPTH_LEVELS_MAX, FAN};

use super::batch::{Batch, write_into};
use super::error::{CodecError, CodecFault};
use super::reader::Reader;
use super::record::Record;
use super::writer::Writer;

/// The number of the format. The golden bytes of `replica/tests/golden` belong to it.
pub const FORMAT: u64 = 1;

/// A message may have this many bytes, whoever sends it: what a server's frame may have.
pub const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// A replica's own limit for what it sends must be this at least: the opening and a few records fit.
pub const MESSAGE_BYTES_MIN: usize = 4096;

/// How many levels a walk may go below the leaves.
pub(crate) const LEVELS_BELOW_LEAVES: u8 = 6;

/// What a message has without its lists, at most.
pub(crate) const HEADER_BYTES: usize = 64;
/// What an entry of a list takes beside its hashes, at most.
pub(crate) const ENTRY_OVERHEAD_BYTES: usize = 16;

const LENGTH: usize = 11;
const HASH_BYTES: usize = 8;

/// What each message says of its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    pub(crate) depth: u8,
    pub(crate) flags: u8,
    pub(crate) sealed: Epoch,
    pub(crate) pruned: Epoch,
    pub(crate) root: u64,
}

/// The sender saw that the roots are equal: no answer is needed.
pub(crate) const EQUAL: u8 = 1;
/// The sender has never been level with a replica that was: it has nothing that it should have lost.
pub(crate) const JOINING: u8 = 2;
/// The sender refused records that are older than what it has sealed.
pub(crate) const REFUSED: u8 = 4;
/// The sender brings news and asks for nothing.
pub(crate) const PUSH: u8 = 8;
const FLAGS: u8 = EQUAL | JOINING | REFUSED | PUSH;

/// A leaf and the hashes of items in it, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf<'a> {
    pub(crate) leaf: u32,
    pub(crate) hashes: Hashes<'a>,
}

/// A node with hashes: of its [`FAN`] children, or of all items below it, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span<'a> {
    pub(crate) level: u8,
    pub(crate) index: u64,
    pub(crate) hashes: Hashes<'a>,
}

/// Hashes in a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hashes<'a>(&'a [u8]);

impl<'a> Hashes<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = u64> + 'a {
        let (hashes, _) = self.0.as_chunks::<HASH_BYTES>();
        hashes.iter().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn is_ascending(self) -> bool {
        self.iter().is_sorted_by(|left, right| left < right)
    }
}

/// A message that was read.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) header: Header,
    pub(crate) batch: Batch<'a>,
    /// Items that the sender lacks.
    pub(crate) wants: Vec<Leaf<'a>>,
    /// Leaves, and nodes below them, that differ, with all of the sender's items there.
    pub(crate) spans: Vec<Span<'a>>,
    /// Nodes that differ, with the sender's hashes of their children.
    pub(crate) nodes: Vec<Span<'a>>,
}

impl<'a> Message<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        if bytes.len() > MESSAGE_BYTES_MAX {
            let bytes_max = MESSAGE_BYTES_MAX;
            return Err(reader.error(CodecFault::Message { bytes_max }));
        }
        reader.tuple(LENGTH, "a message of eleven elements")?;
        let header = read_header(&mut reader)?;
        let depth = header.depth;
        let level_max = depth + LEVELS_BELOW_LEAVES;
        let message = Self {
            header,
            batch: Batch::read_from(&mut reader)?,
            wants: read_leaves(&mut reader, depth)?,
            spans: read_spans(&mut reader, depth, level_max)?,
            nodes: read_spans(&mut reader, 0, level_max - 1)?,
        };
        let is_whole = |node: &Span<'_>| node.hashes.iter().count() == FAN;
        if !message.nodes.iter().all(is_whole) {
            return Err(reader.error(CodecFault::Range("the number of children")));
        }
        let is_sorted = |span: &Span<'_>| span.hashes.is_ascending();
        if !message.spans.iter().all(is_sorted) {
            return Err(reader.error(CodecFault::Order("hashes of a span")));
        }
        reader.end()?;
        Ok(message)
    }
}

fn read_header(reader: &mut Reader<'_>) -> Result<Header, CodecError> {
    if reader.uint(u64::MAX, "a format's number")? != FORMAT {
        return Err(reader.error(CodecFault::Wanted("format 1")));
    }
    let kind = reader.uint(u64::from(u8::MAX), "a kind")? as u8;
    let depth = reader.uint(u64::from(DEPTH_LEVELS_MAX), "a depth")? as u8;
    if depth == 0 {
        return Err(reader.error(CodecFault::Range("a depth")));
    }
    let flags = reader.uint(u64::from(FLAGS), "flags")? as u8;
    let sealed = Epoch(reader.uint(u64::from(u32::MAX), "an epoch")? as u32);
    let pruned = Epoch(reader.uint(u64::from(sealed.0), "a pruned epoch")? as u32);
    let root = reader.bin("a root")?;
    let Ok(root) = <[u8; HASH_BYTES]>::try_from(root) else {
        return Err(reader.error(CodecFault::Range("a root")));
    };
    Ok(Header {
        kind,
        depth,
        flags,
        sealed,
        pruned,
        root: u64::from_le_bytes(root),
    })
}

fn read_leaves<'a>(reader: &mut Reader<'a>, depth: u8) -> Result<Vec<Leaf<'a>>, CodecError> {
    let leaf_max = index_max(depth);
    let count = reader.array("a list of leaves")?;
    let mut leaves: Vec<Leaf<'a>> = Vec::new();
    for _ in 0..count {
        reader.tuple(2, "a leaf and its hashes")?;
        let leaf = reader.uint(leaf_max, "a leaf")? as u32;
        if leaves.last().is_some_and(|last| last.leaf >= leaf) {
            return Err(reader.error(CodecFault::Order("leaves")));
        }
        let hashes = read_hashes(reader)?;
        if !hashes.is_ascending() {
            return Err(reader.error(CodecFault::Order("hashes of a leaf")));
        }
        leaves.push(Leaf { leaf, hashes });
    }
    Ok(leaves)
}

/// Reads nodes of some levels, each with its hashes.
fn read_spans<'a>(
    reader: &mut Reader<'a>,
    level_min: u8,
    level_max: u8,
) -> Result<Vec<Span<'a>>, CodecError> {
    let count = reader.array("a list of nodes")?;
    let mut spans: Vec<Span<'a>> = Vec::new();
    for _ in 0..count {
        reader.tuple(3, "a node and its hashes")?;
        let level = reader.uint(u64::from(level_max), "a level")? as u8;
        if level < level_min {
            return Err(reader.error(CodecFault::Range("a level")));
        }
        let index = reader.uint(index_max(level), "a node")?;
        let last = spans.last().map(|last| (last.level, last.index));
        if last.is_some_and(|last| last >= (level, index)) {
            return Err(reader.error(CodecFault::Order("nodes")));
        }
        let hashes = read_hashes(reader)?;
        spans.push(Span {
            level,
            index,
            hashes,
        });
    }
    Ok(spans)
}

/// The last node of a level.
fn index_max(level: u8) -> u64 {
    (1 << (4 * u32::from(level))) - 1
}

fn read_hashes<'a>(reader: &mut Reader<'a>) -> Result<Hashes<'a>, CodecError> {
    let bytes = reader.bin("hashes")?;
    match bytes.len().is_multiple_of(HASH_BYTES) {
        true => Ok(Hashes(bytes)),
        false => Err(reader.error(CodecFault::Range("the length of hashes"))),
    }
}

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Draft<'a> {
    pub(crate) header: Header,
    pub(crate) records: Vec<Record<'a>>,
    pub(crate) wants: Vec<(u32, Vec<u64>)>,
    pub(crate) spans: Vec<(u8, u64, Vec<u64>)>,
    pub(crate) nodes: Vec<(u8, u64, Vec<u64>)>,
}

impl Draft<'_> {
    /// Whether it says no more than its header.
    pub(crate) fn is_bare(&self) -> bool {
        self.records.is_empty()
            && self.wants.is_empty()
            && self.spans.is_empty()
            && self.nodes.is_empty()
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(HEADER_BYTES);
        let header = &self.header;
        writer.array(LENGTH);
        writer.uint(FORMAT);
        writer.uint(u64::from(header.kind));
        writer.uint(u64::from(header.depth));
        writer.uint(u64::from(header.flags));
        writer.uint(u64::from(header.sealed.0));
        writer.uint(u64::from(header.pruned.0));
        writer.bin(&header.root.to_le_bytes());
        write_into(&mut writer, &self.records);
        writer.array(self.wants.len());
        for (leaf, hashes) in &self.wants {
            writer.array(2);
            writer.uint(u64::from(*leaf));
            write_hashes(&mut writer, hashes);
        }
        for list in [&self.spans, &self.nodes] {
            writer.array(list.len());
            for (level, index, hashes) in list {
                writer.array(3);
                writer.uint(u64::from(*level));
                writer.uint(*index);
                write_hashes(&mut writer, hashes);
            }
        }
        writer.into_bytes()
    }
}

fn write_hashes(writer: &mut Writer, hashes: &[u64]) {
    writer.bin_start(hashes.len() * HASH_BYTES);
    for hash in hashes {
        writer.raw(&hash.to_le_bytes());
    }
}
