//! Why bytes are no batch or message.

use core::fmt;

use crate::clock::stamp::StampError;

/// What is wrong with bytes, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecError {
    /// The place of the first byte that is not understood.
    pub at: usize,
    /// What is wrong there.
    pub fault: CodecFault,
}

/// What is wrong at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecFault {
    /// The bytes end in the middle of something.
    Ended,
    /// A list, map, text or blob says that it is longer than the bytes that are left.
    Length,
    /// The byte 0xc1, which MessagePack never uses.
    Marker,
    /// A text is not UTF-8.
    Utf8,
    /// Something else stands here.
    Wanted(&'static str),
    /// A number is out of its range, or not whole.
    Range(&'static str),
    /// A list is not in its strict order.
    Order(&'static str),
    /// Things are nested deeper than [`DEPTH_MAX`](crate::DEPTH_MAX).
    Depth,
    /// Bytes are left after the end.
    Left,
    /// A stamp is none.
    Stamp(StampError),
    /// More bytes than one message may have.
    Message {
        /// How many may be.
        bytes_max: usize,
    },
}

impl CodecError {
    /// A stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self.fault {
            CodecFault::Ended => "codec_ended",
            CodecFault::Length => "codec_length",
            CodecFault::Marker => "codec_marker",
            CodecFault::Utf8 => "codec_utf8",
            CodecFault::Wanted(_) => "codec_wanted",
            CodecFault::Range(_) => "codec_range",
            CodecFault::Order(_) => "codec_order",
            CodecFault::Depth => "codec_depth",
            CodecFault::Left => "codec_left",
            CodecFault::Stamp(_) => "codec_stamp",
            CodecFault::Message { .. } => "codec_message",
        }
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "byte {}: ", self.at)?;
        match self.fault {
            CodecFault::Ended => out.write_str("the bytes end too early"),
            CodecFault::Length => out.write_str("a length goes beyond the end of the bytes"),
            CodecFault::Marker => out.write_str("0xc1 is no MessagePack"),
            CodecFault::Utf8 => out.write_str("a text is not UTF-8"),
            CodecFault::Wanted(what) => write!(out, "{what} is wanted here"),
            CodecFault::Range(what) => write!(out, "{what} is out of its range"),
            CodecFault::Order(what) => write!(out, "{what} are not in ascending order"),
            CodecFault::Depth => out.write_str("nested too deep"),
            CodecFault::Left => out.write_str("bytes are left after the end"),
            CodecFault::Stamp(error) => error.fmt(out),
            CodecFault::Message { bytes_max } => {
                write!(out, "a message may have {bytes_max} bytes")
            }
        }
    }
}

impl core::error::Error for CodecError {}
