//! A text frame as a socket takes it.
//!
//! Guarantees: the header of the WebSocket and the text behind it are one piece, which all clients that get the
//! same bytes share. Does not: know what the text says.

use std::fmt;
use std::sync::Arc;

/// The first byte of a whole text frame.
const WHOLE_TEXT: u8 = 0x81;
/// Texts up to this length have it in the second byte of the header.
const SHORT_MAX: usize = 125;
/// In the second byte: two bytes of length follow.
const LENGTH_OF_16: u8 = 126;
/// In the second byte: eight bytes of length follow.
const LENGTH_OF_64: u8 = 127;

/// A text frame from a server, header included.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame(Arc<[u8]>);

impl Frame {
    /// Puts the header before a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 10);
        bytes.push(WHOLE_TEXT);
        push_length(&mut bytes, text.len());
        bytes.extend_from_slice(text.as_bytes());
        Self(bytes.into())
    }

    /// What goes to the socket.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text behind the header.
    #[must_use]
    pub fn text(&self) -> &str {
        let header = match self.0.get(1) {
            Some(&LENGTH_OF_64) => 10,
            Some(&LENGTH_OF_16) => 4,
            _ => 2,
        };
        // It was made of a text, so it is one.
        self.0
            .get(header..)
            .and_then(|text| str::from_utf8(text).ok())
            .unwrap_or_default()
    }
}

/// The length of an unmasked frame as its header tells it.
pub(crate) fn push_length(bytes: &mut Vec<u8>, length: usize) {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => bytes.push(short),
        (_, Ok(length)) => {
            bytes.push(LENGTH_OF_16);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            bytes.push(LENGTH_OF_64);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_shortest_form_of_the_length() {
        for (length, header) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xff, 0xff]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let text = "x".repeat(length);
            let frame = Frame::new(&text);
            assert_eq!(&frame.bytes()[..header.len()], header);
            assert_eq!(frame.bytes().len(), header.len() + length);
            assert_eq!(frame.text(), text);
        }
    }
}
