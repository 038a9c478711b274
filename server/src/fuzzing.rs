//! What only `tests/fuzz` reaches: the reader of a client's bytes, which is no part of what this crate offers.
//!
//! Guarantees: nothing to anybody; it may change with any version.

use crate::wire::{Broken, Decoder, Message};
use std::time::Instant;

/// What came, as its owner keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A text.
    Text(String),
    /// A binary message.
    Binary,
    /// A ping with what it carries.
    Ping(Vec<u8>),
    /// A pong.
    Pong,
    /// A close with its code.
    Close(Option<u16>),
    /// The client broke the protocol: the code that the connection is closed with.
    Broken(u16),
}

/// Reads what a client sends, as it comes in pieces: what it says, up to what breaks the connection, and the most
/// bytes that were held between two pieces.
#[must_use]
pub fn hear<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    message_bytes_max: usize,
) -> (Vec<Heard>, usize) {
    let (mut decoder, now) = (Decoder::default(), Instant::now());
    let (mut heard, mut held_max) = (Vec::new(), 0);
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut input = piece.as_mut_slice();
        while !input.is_empty() {
            match decoder.next(&mut input, message_bytes_max, now) {
                Ok(message) => heard.extend(message.and_then(owned)),
                Err(Broken { code, .. }) => {
                    heard.push(Heard::Broken(code));
                    return (heard, held_max);
                }
            }
        }
        held_max = held_max.max(decoder.held_bytes());
    }
    (heard, held_max)
}

fn owned(message: Message<'_>) -> Option<Heard> {
    Some(match message {
        Message::Text(text) => Heard::Text(text.into_owned()),
        Message::Binary => Heard::Binary,
        Message::Ping(payload) => Heard::Ping(payload.into_owned()),
        Message::Pong => Heard::Pong,
        Message::Close(code) => Heard::Close(code),
        Message::Piece => return None,
    })
}
