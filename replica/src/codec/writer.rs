//! Writes MessagePack exactly as msgpackr does, so that a JavaScript replica makes the same bytes.

use alloc::vec::Vec;

use rmp::Marker;

/// Collects bytes. Lengths are those of values in memory; one above 32 bits cannot be, since every limit is far below.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// A writer with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
        }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes were written.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Writes `nil`: what is absent.
    pub fn nil(&mut self) {
        self.marker(Marker::Null);
    }

    /// Writes a boolean.
    pub fn bool(&mut self, value: bool) {
        self.marker(match value {
            true => Marker::True,
            false => Marker::False,
        });
    }

    /// Writes a number of JavaScript: whole ones of 32 bits as integers, all others as a double.
    pub fn number(&mut self, value: f64) {
        let unsigned = value as u32;
        let signed = value as i32;
        if f64::from(unsigned) == value {
            self.uint(u64::from(unsigned));
        } else if f64::from(signed) == value {
            self.negative(signed);
        } else {
            self.double(value);
        }
    }

    /// Writes a whole number: beyond 32 bits as a double, as JavaScript has it, and beyond its exact ones as 64 bits.
    pub fn uint(&mut self, value: u64) {
        match value {
            0..=0x7f => self.marker(Marker::FixPos(value as u8)),
            0x80..=0xff => self.sized(Marker::U8, &[value as u8]),
            0x100..=0xffff => self.sized(Marker::U16, &(value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.sized(Marker::U32, &(value as u32).to_be_bytes()),
            _ if value < 1 << 53 => self.double(value as f64),
            _ => self.sized(Marker::U64, &value.to_be_bytes()),
        }
    }

    fn negative(&mut self, value: i32) {
        match value {
            -0x20..0 => self.marker(Marker::FixNeg(value as i8)),
            -0x80..-0x20 => self.sized(Marker::I8, &[value as u8]),
            -0x8000..-0x80 => self.sized(Marker::I16, &(value as i16).to_be_bytes()),
            _ => self.sized(Marker::I32, &value.to_be_bytes()),
        }
    }

    fn double(&mut self, value: f64) {
        // All that are no number are one, so that equal values are equal bytes.
        let value = if value.is_nan() { f64::NAN } else { value };
        self.sized(Marker::F64, &value.to_be_bytes());
    }

    /// Writes an integer of 64 bits: what JavaScript calls a bigint.
    pub fn bigint(&mut self, value: i64) {
        self.sized(Marker::I64, &value.to_be_bytes());
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        let length = text.len();
        match length {
            0..=0x1f => self.marker(Marker::FixStr(length as u8)),
            _ => self.length(length, Some(Marker::Str8), Marker::Str16, Marker::Str32),
        }
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Writes bytes.
    pub fn bin(&mut self, bytes: &[u8]) {
        self.bin_start(bytes.len());
        self.raw(bytes);
    }

    /// Writes the beginning of so many bytes, which follow by [`Writer::raw`].
    pub(crate) fn bin_start(&mut self, length: usize) {
        self.length(length, Some(Marker::Bin8), Marker::Bin16, Marker::Bin32);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes the beginning of a list of so many elements.
    pub fn array(&mut self, length: usize) {
        match length {
            0..=0xf => self.marker(Marker::FixArray(length as u8)),
            _ => self.length(length, None, Marker::Array16, Marker::Array32),
        }
    }

    /// Writes the beginning of a map of so many pairs, in 16 bits even for few, as msgpackr does.
    pub fn map(&mut self, length: usize) {
        self.length(length, None, Marker::Map16, Marker::Map32);
    }

    fn length(&mut self, length: usize, small: Option<Marker>, middle: Marker, large: Marker) {
        match (length, small) {
            (0..=0xff, Some(small)) => self.sized(small, &[length as u8]),
            (0..=0xffff, _) => self.sized(middle, &(length as u16).to_be_bytes()),
            _ => self.sized(large, &(length as u32).to_be_bytes()),
        }
    }

    fn marker(&mut self, marker: Marker) {
        self.bytes.push(marker.to_u8());
    }

    fn sized(&mut self, marker: Marker, bytes: &[u8]) {
        self.marker(marker);
        self.bytes.extend_from_slice(bytes);
    }
}
