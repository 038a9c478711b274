//! JSON as JavaScript has parsed it already: a byte for each value, then what belongs to it.
//!
//! A parser of JSON text and a writer of floats are 15 kB of download that every place for this module has anyway.

use alloc::string::String;
use alloc::vec::Vec;

use aimdb_contracts::{JSON_DEPTH_MAX, Json, Number};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
/// Eight bytes, the lowest first.
const NUMBER: u8 = 3;
/// The length in bytes, and UTF-8.
const TEXT: u8 = 4;
/// The count, and the values.
const LIST: u8 = 5;
/// The count, and names and values in turn; a name is written as text without its byte.
const MAP: u8 = 6;

/// Reads values, one after the other. Nothing, if the bytes are not of this form or nest deeper than JSON may.
pub(crate) fn read(bytes: &[u8]) -> Option<Vec<Json>> {
    let mut reader = Reader { rest: bytes };
    let mut values = Vec::new();
    while !reader.rest.is_empty() {
        values.push(reader.value(0)?);
    }
    Some(values)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > JSON_DEPTH_MAX {
            return None;
        }
        Some(match self.take(1)?[0] {
            NULL => Json::Null,
            FALSE => Json::Bool(false),
            TRUE => Json::Bool(true),
            NUMBER => {
                let bytes = self.take(8)?.try_into().ok()?;
                Json::Number(Number::of_f64(f64::from_le_bytes(bytes)))
            }
            TEXT => Json::Text(self.text()?),
            LIST => {
                let mut elements = Vec::new();
                for _ in 0..self.count()? {
                    elements.push(self.value(depth + 1)?);
                }
                Json::List(elements)
            }
            MAP => {
                let mut entries = Vec::new();
                for _ in 0..self.count()? {
                    entries.push((self.text()?, self.value(depth + 1)?));
                }
                Json::Map(entries)
            }
            _ => return None,
        })
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        let bytes = self.take(length)?;
        Some(core::str::from_utf8(bytes).ok()?.into())
    }
}

/// Writes a value.
pub(crate) fn write(json: &Json, out: &mut Vec<u8>) {
    match json {
        // What comes from a contract has no strays.
        Json::Null | Json::Stray(_) => out.push(NULL),
        Json::Bool(value) => out.push(if *value { TRUE } else { FALSE }),
        Json::Number(number) => {
            out.push(NUMBER);
            out.extend_from_slice(&number.to_f64().to_le_bytes());
        }
        Json::Text(text) => {
            out.push(TEXT);
            write_text(text, out);
        }
        Json::List(elements) => {
            out.push(LIST);
            write_count(elements.len(), out);
            for element in elements {
                write(element, out);
            }
        }
        Json::Map(entries) => {
            out.push(MAP);
            write_count(entries.len(), out);
            for (name, value) in entries {
                write_text(name, out);
                write(value, out);
            }
        }
    }
}

fn write_count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    write_count(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}
