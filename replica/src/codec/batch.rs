//! Many records as bytes: `[nodes, records]`.
//!
//! Node names stand once, in the order in which records use them first. A record is
//! `[key, tag or nil, millis, counter, node's place, ttl or nil, value or nil]`, and without a value it is a tombstone.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::clock::node;
use crate::clock::stamp::{MILLIS_MAX, Stamp, StampError};

use super::error::{CodecError, CodecFault};
use super::reader::Reader;
use super::record::{Content, KEY_BYTES_MAX, Record, TAG_BYTES_MAX, TTL_MS_MAX, VALUE_BYTES_MAX};
use super::writer::Writer;

/// How many elements a record has.
const RECORD_LENGTH: usize = 7;

/// A record has at least so many bytes, one for each element and its own marker. So what is allocated for a list of
/// records is at most a fixed multiple of the bytes that came.
const RECORD_BYTES_MIN: usize = RECORD_LENGTH + 1;

/// Records that were read from bytes and are within every limit of a record.
#[derive(Clone, Debug, Default)]
pub struct Batch<'a> {
    records: Vec<Record<'a>>,
}

impl<'a> Batch<'a> {
    /// Reads bytes that [`write_batch`] wrote, or says where they are wrong.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let batch = Self::read_from(&mut reader)?;
        reader.end()?;
        Ok(batch)
    }

    pub(crate) fn read_from(reader: &mut Reader<'a>) -> Result<Self, CodecError> {
        reader.tuple(2, "a batch of two lists")?;
        let count = reader.array("a list of node names")?;
        let mut nodes: Vec<&'a str> = Vec::new();
        for _ in 0..count {
            let name = reader.text("a node's name")?;
            if let Err(error) = node::check(name) {
                return Err(reader.error(CodecFault::Stamp(StampError::Node(error))));
            }
            nodes.push(name);
        }
        let left = reader.array("a list of records")?;
        let mut records = Vec::with_capacity(left.min(reader.left_bytes() / RECORD_BYTES_MIN));
        for _ in 0..left {
            records.push(read_record(reader, &nodes)?);
        }
        Ok(Self { records })
    }

    /// The records in their order.
    pub fn records(&self) -> &[Record<'a>] {
        &self.records
    }
}

fn read_record<'a>(reader: &mut Reader<'a>, nodes: &[&'a str]) -> Result<Record<'a>, CodecError> {
    reader.tuple(RECORD_LENGTH, "a record of seven elements")?;
    let key = limited(reader, "a key", KEY_BYTES_MAX)?;
    let tag = match reader.nil() {
        true => "",
        false => limited(reader, "a tag", TAG_BYTES_MAX)?,
    };
    let millis = reader.uint(MILLIS_MAX, "milliseconds")?;
    let counter = reader.uint(u64::from(u32::MAX), "a counter")? as u32;
    let place = reader.uint(u64::from(u32::MAX), "a node's place")? as usize;
    let Some(node) = nodes.get(place) else {
        return Err(reader.error(CodecFault::Range("a node's place")));
    };
    let ttl_ms = match reader.nil() {
        true => None,
        false => Some(reader.uint(TTL_MS_MAX, "a time to live")?),
    };
    if ttl_ms == Some(0) {
        return Err(reader.error(CodecFault::Range("a time to live")));
    }
    let content = match reader.nil() {
        true => Content::Tombstone,
        false => Content::Value(reader.bin("a value")?),
    };
    if content
        .value()
        .is_some_and(|value| value.len() > VALUE_BYTES_MAX)
    {
        return Err(reader.error(CodecFault::Range("a value's length")));
    }
    let stamp = Stamp {
        millis,
        counter,
        node,
    };
    Ok(Record {
        key,
        tag,
        stamp,
        ttl_ms,
        content,
    })
}

fn limited<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
    bytes_max: usize,
) -> Result<&'a str, CodecError> {
    let text = reader.text(what)?;
    match text.len() <= bytes_max {
        true => Ok(text),
        false => Err(reader.error(CodecFault::Range(what))),
    }
}

/// Writes records, in their order.
pub fn write_batch(records: &[Record<'_>]) -> Vec<u8> {
    let bytes = records.iter().map(Record::wire_bytes_max).sum();
    let mut writer = Writer::with_capacity(bytes);
    write_into(&mut writer, records);
    writer.into_bytes()
}

pub(crate) fn write_into(writer: &mut Writer, records: &[Record<'_>]) {
    let (names, places) = number_nodes(records);
    writer.array(2);
    writer.array(names.len());
    for name in names {
        writer.text(name);
    }
    writer.array(records.len());
    for (record, place) in records.iter().zip(places) {
        write_record(writer, record, place);
    }
}

/// The names of nodes in the order of their first use, and each record's place in it.
fn number_nodes<'a>(records: &[Record<'a>]) -> (Vec<&'a str>, Vec<u32>) {
    let mut names: Vec<&'a str> = Vec::new();
    let mut known: BTreeMap<&'a str, u32> = BTreeMap::new();
    let mut places = Vec::with_capacity(records.len());
    // Most records follow one of the same node.
    let mut last = ("", 0);
    for record in records {
        let name = record.stamp.node;
        if last.0 != name || names.is_empty() {
            let place = *known.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() as u32 - 1
            });
            last = (name, place);
        }
        places.push(last.1);
    }
    (names, places)
}

fn write_record(writer: &mut Writer, record: &Record<'_>, place: u32) {
    writer.array(RECORD_LENGTH);
    writer.text(record.key);
    match record.tag {
        "" => writer.nil(),
        tag => writer.text(tag),
    }
    writer.uint(record.stamp.millis);
    writer.uint(u64::from(record.stamp.counter));
    writer.uint(u64::from(place));
    match record.ttl_ms {
        None => writer.nil(),
        Some(ttl_ms) => writer.uint(ttl_ms),
    }
    match record.content {
        Content::Tombstone => writer.nil(),
        Content::Value(value) => writer.bin(value),
    }
}
