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

/// Text frames from a server, headers included: one, or several that follow each other.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Arc<[u8]>,
    count: u32,
}

impl Frame {
    /// Puts the header before a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 10);
        bytes.push(WHOLE_TEXT);
        push_length(&mut bytes, text.len());
        bytes.extend_from_slice(text.as_bytes());
        Self {
            bytes: bytes.into(),
            count: 1,
        }
    }

    /// Several, for one write.
    pub(super) fn join<'f>(frames: impl IntoIterator<Item = &'f Self>) -> Self {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for frame in frames {
            bytes.extend_from_slice(&frame.bytes);
            count += frame.count;
        }
        Self {
            bytes: bytes.into(),
            count,
        }
    }

    /// What goes to the socket.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The texts behind the headers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let mut rest = &*self.bytes;
        std::iter::from_fn(move || {
            let (text, next) = split(rest)?;
            rest = next;
            Some(text)
        })
    }
}

/// The first text and what is behind it.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = match bytes {
        [_, LENGTH_OF_16, rest @ ..] => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        [_, LENGTH_OF_64, rest @ ..] => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
        }
        [_, length, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(length)?;
    Some((str::from_utf8(text).ok()?, rest))
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
        out.debug_list().entries(self.texts()).finish()
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
            assert!(frame.texts().eq([text.as_str()]));
            let joined = Frame::join([&frame, &Frame::new("b"), &frame]);
            assert!(joined.texts().eq([&*text, "b", &*text]));
            assert_eq!(joined.count(), 3);
        }
    }
}
