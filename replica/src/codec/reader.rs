//! Reads MessagePack, whoever wrote it, from a slice, without copying.
//!
//! It takes every form that the format has for a value: any width of a map or list, whole numbers as doubles, `nil` for
//! what is absent. A length that the bytes cannot hold is an error before anything is made of it.

use alloc::vec::Vec;

use rmp::Marker;

use super::error::{CodecError, CodecFault};

/// How deep [`Reader::skip`] follows lists and maps: deeper than any record a person would make.
pub const DEPTH_MAX: usize = 64;

/// One step of reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// What is absent.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A whole number from 0.
    Uint(u64),
    /// A whole number below 0.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bin(&'a [u8]),
    /// The beginning of a list of so many elements.
    Array(usize),
    /// The beginning of a map of so many pairs.
    Map(usize),
    /// Bytes of an extension type.
    Ext(i8, &'a [u8]),
}

/// A place in bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn error(&self, fault: CodecFault) -> CodecError {
        CodecError { at: self.at, fault }
    }

    /// Reads whatever comes next. Of a list or map this is its beginning alone.
    pub fn token(&mut self) -> Result<Token<'a>, CodecError> {
        let marker = Marker::from_u8(self.sized::<1>()?[0]);
        Ok(match marker {
            Marker::Null => Token::Nil,
            Marker::True => Token::Bool(true),
            Marker::False => Token::Bool(false),
            Marker::FixPos(value) => Token::Uint(u64::from(value)),
            Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => {
                Token::Uint(self.big_endian(marker)?)
            }
            Marker::FixNeg(value) => Token::Int(i64::from(value)),
            Marker::I8 => integer(i64::from(i8::from_be_bytes(self.sized()?))),
            Marker::I16 => integer(i64::from(i16::from_be_bytes(self.sized()?))),
            Marker::I32 => integer(i64::from(i32::from_be_bytes(self.sized()?))),
            Marker::I64 => integer(i64::from_be_bytes(self.sized()?)),
            Marker::F32 => Token::Float(f64::from(f32::from_be_bytes(self.sized()?))),
            Marker::F64 => Token::Float(f64::from_be_bytes(self.sized()?)),
            Marker::FixStr(length) => Token::Text(self.utf8(usize::from(length))?),
            Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                let length = self.length(marker)?;
                Token::Text(self.utf8(length)?)
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                let length = self.length(marker)?;
                Token::Bin(self.slice(length)?)
            }
            Marker::FixArray(length) => Token::Array(self.fits(usize::from(length), 1)?),
            Marker::Array16 | Marker::Array32 => {
                let length = self.length(marker)?;
                Token::Array(self.fits(length, 1)?)
            }
            Marker::FixMap(length) => Token::Map(self.fits(usize::from(length), 2)?),
            Marker::Map16 | Marker::Map32 => {
                let length = self.length(marker)?;
                Token::Map(self.fits(length, 2)?)
            }
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 | Marker::Ext16 | Marker::Ext32 => {
                let length = self.length(marker)?;
                self.extension(length)?
            }
            Marker::Reserved => return Err(self.back(1, CodecFault::Marker)),
        })
    }

    /// Reads a whole number from 0 to a limit, whatever form it has.
    pub fn uint(&mut self, max: u64, what: &'static str) -> Result<u64, CodecError> {
        let start = self.at;
        let value = match self.token()? {
            Token::Uint(value) => Some(value),
            Token::Int(_) => None,
            Token::Float(value) => whole(value),
            _ => return Err(wanted(start, what)),
        };
        value.filter(|value| *value <= max).ok_or(CodecError {
            at: start,
            fault: CodecFault::Range(what),
        })
    }

    /// Reads a text.
    pub fn text(&mut self, what: &'static str) -> Result<&'a str, CodecError> {
        let start = self.at;
        match self.token()? {
            Token::Text(text) => Ok(text),
            _ => Err(wanted(start, what)),
        }
    }

    /// Reads bytes.
    pub fn bin(&mut self, what: &'static str) -> Result<&'a [u8], CodecError> {
        let start = self.at;
        match self.token()? {
            Token::Bin(bytes) => Ok(bytes),
            _ => Err(wanted(start, what)),
        }
    }

    /// Reads a boolean.
    pub fn bool(&mut self, what: &'static str) -> Result<bool, CodecError> {
        let start = self.at;
        match self.token()? {
            Token::Bool(value) => Ok(value),
            _ => Err(wanted(start, what)),
        }
    }

    /// Reads the beginning of a list.
    pub fn array(&mut self, what: &'static str) -> Result<usize, CodecError> {
        let start = self.at;
        match self.token()? {
            Token::Array(length) => Ok(length),
            _ => Err(wanted(start, what)),
        }
    }

    /// Reads the beginning of a list of so many elements.
    pub fn tuple(&mut self, length: usize, what: &'static str) -> Result<(), CodecError> {
        let start = self.at;
        match self.array(what)? == length {
            true => Ok(()),
            false => Err(wanted(start, what)),
        }
    }

    /// Whether `nil` comes next; then it is read.
    pub fn nil(&mut self) -> bool {
        let is_nil = self.bytes.get(self.at) == Some(&Marker::Null.to_u8());
        self.at += usize::from(is_nil);
        is_nil
    }

    /// Reads one value whole and forgets it, at most [`DEPTH_MAX`] deep.
    pub fn skip(&mut self) -> Result<(), CodecError> {
        // How many values are missing on each level.
        let mut missing = Vec::from([1_usize]);
        while let Some(count) = missing.last_mut() {
            let Some(left) = count.checked_sub(1) else {
                missing.pop();
                continue;
            };
            *count = left;
            let below = match self.token()? {
                Token::Array(length) => length,
                Token::Map(length) => length * 2,
                _ => continue,
            };
            if missing.len() > DEPTH_MAX {
                return Err(self.error(CodecFault::Depth));
            }
            missing.push(below);
        }
        Ok(())
    }

    /// Whether all was read.
    pub fn end(&self) -> Result<(), CodecError> {
        match self.at == self.bytes.len() {
            true => Ok(()),
            false => Err(self.error(CodecFault::Left)),
        }
    }

    pub(crate) fn left_bytes(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn back(&self, bytes: usize, fault: CodecFault) -> CodecError {
        CodecError {
            at: self.at - bytes,
            fault,
        }
    }

    /// A length, if that many things of so many bytes at least can follow.
    fn fits(&self, length: usize, bytes_each: usize) -> Result<usize, CodecError> {
        match length <= self.left_bytes() / bytes_each {
            true => Ok(length),
            false => Err(self.error(CodecFault::Length)),
        }
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        self.fits(length, 1)?;
        let slice = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(slice)
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str, CodecError> {
        let slice = self.slice(length)?;
        core::str::from_utf8(slice).map_err(|_| self.back(length, CodecFault::Utf8))
    }

    fn sized<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.first_chunk::<N>() else {
            return Err(self.error(CodecFault::Ended));
        };
        self.at += N;
        Ok(*bytes)
    }

    /// The number after a marker that says how wide it is.
    fn big_endian(&mut self, marker: Marker) -> Result<u64, CodecError> {
        Ok(match marker {
            Marker::U8 | Marker::Str8 | Marker::Bin8 | Marker::Ext8 => {
                u64::from(u8::from_be_bytes(self.sized()?))
            }
            Marker::U16
            | Marker::Str16
            | Marker::Bin16
            | Marker::Ext16
            | Marker::Array16
            | Marker::Map16 => u64::from(u16::from_be_bytes(self.sized()?)),
            Marker::U64 => u64::from_be_bytes(self.sized()?),
            _ => u64::from(u32::from_be_bytes(self.sized()?)),
        })
    }

    fn length(&mut self, marker: Marker) -> Result<usize, CodecError> {
        let length = self.big_endian(marker)?;
        usize::try_from(length).map_err(|_| self.error(CodecFault::Length))
    }

    fn extension(&mut self, length: usize) -> Result<Token<'a>, CodecError> {
        let kind = i8::from_be_bytes(self.sized()?);
        Ok(Token::Ext(kind, self.slice(length)?))
    }
}

fn integer(value: i64) -> Token<'static> {
    match u64::try_from(value) {
        Ok(value) => Token::Uint(value),
        Err(_) => Token::Int(value),
    }
}

/// The integer that a double is exactly.
fn whole(value: f64) -> Option<u64> {
    let integer = value as u64;
    (integer <= 1 << 53 && integer as f64 == value).then_some(integer)
}

fn wanted(at: usize, what: &'static str) -> CodecError {
    CodecError {
        at,
        fault: CodecFault::Wanted(what),
    }
}
