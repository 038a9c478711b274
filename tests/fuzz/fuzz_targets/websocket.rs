//! The bytes of a client's WebSocket: however they are cut, the same is heard, messages that are right arrive as
//! they were sent, and no more is held than a message may have.
#![no_main]

use aimdb_server::fuzzing::{Heard, hear};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

/// Small, so that it is met.
const MESSAGE_BYTES_MAX: usize = 300;
/// What is held may grow to twice its size, beside the record of it and a control frame.
const HELD_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX + 1_024;

#[derive(Debug, Arbitrary)]
enum Part {
    /// As a client should: a text in pieces, with a ping between them.
    Text {
        text: String,
        cuts: Vec<u8>,
        ping: Option<[u8; 3]>,
    },
    /// As a client may, or must not.
    Frame {
        first: u8,
        mask: Option<[u8; 4]>,
        length: Option<u16>,
        payload: Vec<u8>,
    },
    Raw(Vec<u8>),
}

#[derive(Debug, Arbitrary)]
struct Stream {
    parts: Vec<Part>,
    cuts: Vec<u8>,
}

fn push_frame(out: &mut Vec<u8>, first: u8, mask: Option<[u8; 4]>, length: usize, payload: &[u8]) {
    out.push(first);
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match length {
        0..=125 => out.push(masked | length as u8),
        126..=65_535 => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let mask = mask
        .inspect(|mask| out.extend_from_slice(mask))
        .unwrap_or_default();
    let bytes = payload.iter().zip(mask.iter().cycle());
    out.extend(bytes.map(|(byte, mask)| byte ^ mask));
}

/// Writes a text in pieces; says what is to be heard, or nothing if it is too long.
fn push_text(
    out: &mut Vec<u8>,
    text: &str,
    cuts: &[u8],
    ping: Option<[u8; 3]>,
) -> Option<Vec<Heard>> {
    let (mut rest, mut opcode, mut heard) = (text.as_bytes(), 1, Vec::new());
    for cut in cuts.iter().take(20) {
        let (piece, behind) = rest.split_at(usize::from(*cut).min(rest.len()));
        push_frame(out, opcode, Some([1, 2, 3, *cut]), piece.len(), piece);
        (rest, opcode) = (behind, 0);
        if let Some(ping) = ping {
            push_frame(out, 0x89, Some([9; 4]), ping.len(), &ping);
            heard.push(Heard::Ping(ping.to_vec()));
        }
    }
    push_frame(out, 0x80 | opcode, Some([4; 4]), rest.len(), rest);
    heard.push(Heard::Text(text.to_owned()));
    (text.len() <= MESSAGE_BYTES_MAX).then_some(heard)
}

fn cut<'b>(bytes: &'b [u8], cuts: &[u8]) -> Vec<&'b [u8]> {
    let (mut rest, mut pieces) = (bytes, Vec::new());
    for cut in cuts {
        let (piece, behind) = rest.split_at(usize::from(*cut).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

fuzz_target!(|stream: Stream| {
    let (mut bytes, mut expected) = (Vec::new(), Some(Vec::new()));
    for part in &stream.parts {
        let heard = match part {
            Part::Text { text, cuts, ping } => push_text(&mut bytes, text, cuts, *ping),
            Part::Frame {
                first,
                mask,
                length,
                payload,
            } => {
                let length = length.map_or(payload.len(), usize::from);
                push_frame(&mut bytes, *first, *mask, length, payload);
                None
            }
            Part::Raw(raw) => {
                bytes.extend_from_slice(raw);
                None
            }
        };
        // What follows something else means nothing by itself.
        expected = expected.zip(heard).map(|(mut all, heard)| {
            all.extend(heard);
            all
        });
    }
    let whole = hear([&*bytes], MESSAGE_BYTES_MAX);
    let bytewise = hear(bytes.chunks(1), MESSAGE_BYTES_MAX);
    let in_pieces = hear(cut(&bytes, &stream.cuts), MESSAGE_BYTES_MAX);
    assert_eq!(whole.0, bytewise.0);
    assert_eq!(whole.0, in_pieces.0);
    for (_, held) in [&whole, &bytewise, &in_pieces] {
        assert!(*held <= HELD_BYTES_MAX, "{held} bytes are held");
    }
    if let Some(expected) = expected {
        assert_eq!(whole.0, expected);
        // Nothing is under way, so nothing is kept.
        assert!(stream.parts.is_empty() || hear([&*bytes], MESSAGE_BYTES_MAX).1 == 0);
    }
});
