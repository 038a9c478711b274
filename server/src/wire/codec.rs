//! The frames of a WebSocket (RFC 6455) as a server reads them: bytes in, messages out, no I/O.
//!
//! Guarantees: what the RFC forbids a client ends the connection with the close code that it asks for; nothing is
//! kept of a connection between its messages; a message that comes whole is read where it lies. Does not: extend
//! the protocol (an extension that a client offers is declined, so its bits are refused).

use std::borrow::Cow;
use std::time::Instant;

/// The close code for bytes that are no WebSocket.
const PROTOCOL: u16 = 1002;
/// The close code for a text that is none.
const NO_TEXT: u16 = 1007;
/// The close code for a message beyond what is even looked at.
const TOO_BIG: u16 = 1009;
/// The close code for a client that breaks a limit.
const POLICY: u16 = 1008;

/// A message may come in so many pieces: more would be a way to make work with nothing in it.
const PIECES_MAX: u32 = 1_024;
/// What a ping, a pong and a close may carry.
const CONTROL_BYTES_MAX: usize = 125;
/// The longest header: two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    Text(Cow<'a, str>),
    Binary,
    Ping(Cow<'a, [u8]>),
    Pong,
    /// A piece of a longer message.
    Piece,
    /// The code, if there is one.
    Close(Option<u16>),
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

const fn broken(code: u16, reason: &'static str) -> Broken {
    Broken { code, reason }
}

/// Reads one connection.
#[derive(Default)]
pub(crate) struct Decoder {
    /// What is not whole yet; nothing between messages.
    partial: Option<Box<Partial>>,
}

struct Partial {
    /// When its first bytes came.
    since: Instant,
    /// The header of the frame that is under way, as far as it came.
    header: [u8; HEADER_BYTES_MAX],
    header_len: usize,
    frame: Option<Rest>,
    /// The message that is under way: its pieces so far.
    message: Option<Pieces>,
    /// The payload of a control frame that is under way.
    control: Vec<u8>,
}

/// The frame under way.
#[derive(Clone, Copy)]
struct Rest {
    head: Head,
    bytes: usize,
    /// How far the mask has come.
    phase: usize,
}

struct Pieces {
    is_text: bool,
    bytes: Vec<u8>,
    /// So much of it is known to be UTF-8.
    checked: usize,
    count: u32,
}

#[derive(Clone, Copy)]
struct Head {
    is_final: bool,
    kind: Kind,
    mask: [u8; 4],
    payload: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

impl Decoder {
    /// Since when a message has been under way.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.partial.as_ref().map(|partial| partial.since)
    }

    /// The memory that a message under way takes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| {
            let message = partial
                .message
                .as_ref()
                .map_or(0, |pieces| pieces.bytes.capacity());
            size_of::<Partial>() + message + partial.control.capacity()
        })
    }

    /// Reads the next message from the bytes that came, which are taken off `input`; `None` when they are used up.
    /// A message may have `bytes_max`.
    pub(crate) fn next<'a>(
        &mut self,
        input: &mut &'a mut [u8],
        bytes_max: usize,
        now: Instant,
    ) -> Result<Option<Message<'a>>, Broken> {
        if self.partial.is_none() {
            match whole(input, bytes_max)? {
                Some(message) => return Ok(Some(message)),
                None if input.is_empty() => return Ok(None),
                None => self.partial = Some(Box::new(Partial::new(now))),
            }
        }
        let Some(partial) = &mut self.partial else {
            return Ok(None);
        };
        let message = partial.next(input, bytes_max)?;
        if partial.is_empty() {
            self.partial = None;
        }
        Ok(message)
    }
}

/// Reads a message that came in one frame and lies in the input as a whole.
fn whole<'a>(input: &mut &'a mut [u8], bytes_max: usize) -> Result<Option<Message<'a>>, Broken> {
    let Some((head, header)) = head(input)? else {
        return Ok(None);
    };
    check(head, false, 0, bytes_max)?;
    let is_whole = input.len() - header >= head.payload;
    if !head.is_final || !is_whole {
        return Ok(None);
    }
    let (frame, rest) = std::mem::take(input).split_at_mut(header + head.payload);
    *input = rest;
    let payload = &mut frame[header..];
    unmask(payload, head.mask, 0);
    message(head.kind, Cow::Borrowed(payload)).map(Some)
}

/// Makes a message of a payload that is whole.
fn message(kind: Kind, payload: Cow<'_, [u8]>) -> Result<Message<'_>, Broken> {
    Ok(match kind {
        Kind::Text => Message::Text(text(payload)?),
        Kind::Ping => Message::Ping(payload),
        Kind::Pong => Message::Pong,
        Kind::Close => Message::Close(close_code(&payload)?),
        Kind::Binary | Kind::Continuation => Message::Binary,
    })
}

fn text(payload: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Broken> {
    let text = match payload {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    };
    text.ok_or(broken(NO_TEXT, "the text is not UTF-8"))
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Broken> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(None),
            _ => Err(broken(PROTOCOL, "a close code has two bytes")),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(broken(PROTOCOL, "there is no such close code"));
    }
    match str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(broken(NO_TEXT, "the reason of a close is not UTF-8")),
    }
}

/// Reads a header and says how long it is; `None` when more bytes are needed.
fn head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Broken> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    let kind = match first & OPCODE {
        0 => Kind::Continuation,
        1 => Kind::Text,
        2 => Kind::Binary,
        8 => Kind::Close,
        9 => Kind::Ping,
        10 => Kind::Pong,
        _ => return Err(broken(PROTOCOL, "there is no such opcode")),
    };
    if first & RESERVED != 0 {
        return Err(broken(PROTOCOL, "a reserved bit is set"));
    }
    if second & MASKED == 0 {
        return Err(broken(PROTOCOL, "a client's frame must be masked"));
    }
    let is_final = first & FINAL != 0;
    if kind.is_control() && (!is_final || usize::from(second & LENGTH) > CONTROL_BYTES_MAX) {
        return Err(broken(PROTOCOL, "a control frame is whole and short"));
    }
    let (payload, rest, length) = match second & LENGTH {
        126 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest, 2),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest, 8),
            None => return Ok(None),
        },
        short => (u64::from(short), rest, 0),
    };
    let Some((mask, _)) = rest.split_first_chunk() else {
        return Ok(None);
    };
    // What does not fit is refused as too long.
    let payload = usize::try_from(payload).unwrap_or(usize::MAX);
    let head = Head {
        is_final,
        kind,
        mask: *mask,
        payload,
    };
    Ok(Some((head, 2 + length + mask.len())))
}

/// Whether a frame may come now: `is_inside` a message of which so many bytes are there.
fn check(head: Head, is_inside: bool, bytes: usize, bytes_max: usize) -> Result<(), Broken> {
    match head.kind {
        Kind::Continuation if !is_inside => {
            Err(broken(PROTOCOL, "there is no message to be continued"))
        }
        Kind::Text | Kind::Binary if is_inside => {
            Err(broken(PROTOCOL, "a message began inside another one"))
        }
        _ if head.payload > bytes_max.saturating_sub(bytes) && !head.kind.is_control() => {
            Err(broken(TOO_BIG, "the message is too large"))
        }
        _ => Ok(()),
    }
}

impl Partial {
    fn new(since: Instant) -> Self {
        Self {
            since,
            header: [0; HEADER_BYTES_MAX],
            header_len: 0,
            frame: None,
            message: None,
            control: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.header_len == 0 && self.frame.is_none() && self.message.is_none()
    }

    fn next<'a>(
        &mut self,
        input: &mut &'a mut [u8],
        bytes_max: usize,
    ) -> Result<Option<Message<'a>>, Broken> {
        let rest = match self.frame {
            Some(rest) => rest,
            None => match self.begin(input, bytes_max)? {
                Some(rest) => rest,
                None => return Ok(None),
            },
        };
        let taken = self.take(rest, input)?;
        let rest = Rest {
            bytes: rest.bytes - taken,
            phase: rest.phase + taken,
            ..rest
        };
        if rest.bytes > 0 {
            self.frame = Some(rest);
            return Ok(None);
        }
        self.frame = None;
        self.end(rest.head).map(Some)
    }

    /// Reads the header of the next frame, of which some bytes may have come before.
    fn begin(&mut self, input: &mut &mut [u8], bytes_max: usize) -> Result<Option<Rest>, Broken> {
        let room = &mut self.header[self.header_len..];
        let copied = room.len().min(input.len());
        room[..copied].copy_from_slice(&input[..copied]);
        let Some((head, length)) = head(&self.header[..self.header_len + copied])? else {
            self.header_len += copied;
            skip(input, copied);
            return Ok(None);
        };
        skip(input, length - self.header_len);
        self.header_len = 0;
        let (is_inside, bytes) = match &self.message {
            Some(pieces) => (true, pieces.bytes.len()),
            None => (false, 0),
        };
        check(head, is_inside, bytes, bytes_max)?;
        match (head.kind, &mut self.message) {
            (Kind::Text | Kind::Binary, message) => *message = Some(Pieces::new(head.kind)),
            (Kind::Continuation, Some(pieces)) => pieces.count += 1,
            _ => {}
        }
        Ok(Some(Rest {
            head,
            bytes: head.payload,
            phase: 0,
        }))
    }

    /// Takes what has come of a frame's payload; says how many bytes.
    fn take(&mut self, rest: Rest, input: &mut &mut [u8]) -> Result<usize, Broken> {
        let taken = rest.bytes.min(input.len());
        let (bytes, _) = input.split_at_mut(taken);
        unmask(bytes, rest.head.mask, rest.phase);
        match &mut self.message {
            Some(pieces) if !rest.head.kind.is_control() => pieces.push(bytes)?,
            _ => self.control.extend_from_slice(bytes),
        }
        skip(input, taken);
        Ok(taken)
    }

    /// A frame is whole.
    fn end<'a>(&mut self, head: Head) -> Result<Message<'a>, Broken> {
        if head.kind.is_control() {
            let payload = std::mem::take(&mut self.control);
            return message(head.kind, Cow::Owned(payload));
        }
        match self.message.take() {
            Some(pieces) if head.is_final => {
                let kind = match pieces.is_text {
                    true => Kind::Text,
                    false => Kind::Binary,
                };
                message(kind, Cow::Owned(pieces.bytes))
            }
            Some(pieces) if pieces.count > PIECES_MAX => {
                Err(broken(POLICY, "the message comes in too many pieces"))
            }
            pieces => {
                self.message = pieces;
                Ok(Message::Piece)
            }
        }
    }
}

impl Pieces {
    fn new(kind: Kind) -> Self {
        Self {
            is_text: kind == Kind::Text,
            bytes: Vec::new(),
            checked: 0,
            count: 1,
        }
    }

    /// Adds bytes; what cannot become UTF-8 any more is refused at once. What is binary is only counted.
    fn push(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.bytes.extend_from_slice(bytes);
        if !self.is_text {
            return Ok(());
        }
        match str::from_utf8(&self.bytes[self.checked..]) {
            Ok(_) => self.checked = self.bytes.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(broken(NO_TEXT, "the text is not UTF-8")),
        }
        Ok(())
    }
}

fn skip(input: &mut &mut [u8], count: usize) {
    let (_, rest) = std::mem::take(input).split_at_mut(count);
    *input = rest;
}

/// Takes the mask off, eight bytes at a time; `phase` bytes of the frame came before.
fn unmask(bytes: &mut [u8], mask: [u8; 4], phase: usize) {
    let mask = std::array::from_fn(|index| mask[(index + phase) % 4]);
    let wide = u64::from_ne_bytes(std::array::from_fn(|index: usize| -> u8 {
        let mask: [u8; 4] = mask;
        mask[index % 4]
    }));
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// A control frame from a server.
pub(crate) fn control(opcode: Control, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(CONTROL_BYTES_MAX)];
    let mut frame = vec![FINAL | opcode as u8];
    crate::hub::push_length(&mut frame, payload.len());
    frame.extend_from_slice(payload);
    frame
}

/// A close with a code and words.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    control(Control::Close, &payload)
}

/// The control frames that a server sends.
#[derive(Clone, Copy)]
pub(crate) enum Control {
    Close = 8,
    Ping = 9,
    Pong = 10,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BYTES_MAX: usize = 1_000;

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [7, 0, 255, 90];
        let mut bytes = vec![first];
        crate::hub::push_length(&mut bytes, payload.len());
        bytes[1] |= MASKED;
        bytes.extend_from_slice(&mask);
        bytes.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        bytes
    }

    /// What a message is, without its lifetime.
    fn owned(message: &Message<'_>) -> String {
        match message {
            Message::Piece => String::new(),
            other => format!("{other:?}"),
        }
    }

    /// Reads bytes that come in chunks of these sizes, one after the other and over again.
    fn read(bytes: &[u8], chunks: &[usize]) -> Result<Vec<String>, Broken> {
        let (mut decoder, mut messages) = (Decoder::default(), Vec::new());
        let (mut bytes, mut sizes) = (bytes.to_vec(), chunks.iter().cycle());
        let mut rest = &mut bytes[..];
        while !rest.is_empty() {
            let size = sizes.next().copied().unwrap_or(1).min(rest.len());
            let (mut chunk, behind) = rest.split_at_mut(size);
            rest = behind;
            while let Some(message) = decoder.next(&mut chunk, BYTES_MAX, Instant::now())? {
                messages.push(owned(&message));
            }
            assert!(chunk.is_empty(), "what came is used up");
        }
        messages.retain(|message| !message.is_empty());
        Ok(messages)
    }

    /// A message in pieces, with controls between them.
    fn any_message() -> impl Strategy<Value = (Vec<u8>, Vec<String>)> {
        let control = prop_oneof![Just((0x89, "ping")), Just((0x8a, "")),];
        let piece = (prop::collection::vec(control, 0..2), 0..40_usize);
        (
            any::<bool>(),
            "\\PC{0,60}",
            prop::collection::vec(piece, 1..5),
        )
            .prop_map(|(is_text, text, pieces)| {
                let (mut bytes, mut messages) = (Vec::new(), Vec::new());
                let (mut rest, last) = (text.as_bytes(), pieces.len() - 1);
                for (index, (controls, size)) in pieces.into_iter().enumerate() {
                    let size = if index == last {
                        rest.len()
                    } else {
                        size.min(rest.len())
                    };
                    let opcode = match (index, is_text) {
                        (0, true) => 1,
                        (0, false) => 2,
                        _ => 0,
                    };
                    let is_final = if index == last { FINAL } else { 0 };
                    bytes.extend(frame(opcode | is_final, &rest[..size]));
                    rest = &rest[size..];
                    if index < last {
                        for (first, payload) in controls {
                            bytes.extend(frame(first, payload.as_bytes()));
                            messages.push(match first {
                                0x89 => owned(&Message::Ping(Cow::Borrowed(payload.as_bytes()))),
                                _ => owned(&Message::Pong),
                            });
                        }
                    }
                }
                messages.push(match is_text {
                    true => owned(&Message::Text(Cow::Borrowed(&text))),
                    false => owned(&Message::Binary),
                });
                (bytes, messages)
            })
    }

    proptest! {
        #[test]
        fn messages_come_out_however_their_bytes_come_in(
            sent in prop::collection::vec(any_message(), 0..6),
            chunks in prop::collection::vec(1..50_usize, 1..5),
        ) {
            let bytes: Vec<u8> = sent.iter().flat_map(|(bytes, _)| bytes).copied().collect();
            let expected: Vec<String> = sent.into_iter().flat_map(|(_, messages)| messages).collect();
            prop_assert_eq!(read(&bytes, &chunks), Ok(expected.clone()));
            prop_assert_eq!(read(&bytes, &[1]), Ok(expected.clone()));
            prop_assert_eq!(read(&bytes, &[usize::MAX]), Ok(expected));
        }

        /// Whole or a byte at a time, anything is judged the same, and nothing is too strange.
        #[test]
        fn any_bytes_are_judged_the_same_however_they_come(
            mut bytes in prop::collection::vec(any::<u8>(), 0..80),
            chunks in prop::collection::vec(1..20_usize, 1..4),
        ) {
            // Mostly nearly right: an opcode that there is, and masked.
            if let [first, second, ..] = &mut bytes[..] {
                *first &= 0x8f;
                *second |= MASKED;
            }
            let code = |chunks: &[usize]| read(&bytes, chunks).map_err(|broken| broken.code);
            let (whole, cut) = (code(&[usize::MAX]), code(&chunks));
            prop_assert_eq!(&whole, &cut);
            prop_assert_eq!(whole, code(&[1]));
        }
    }

    #[test]
    fn nothing_is_held_between_messages_and_no_more_than_came_within_one() {
        let mut decoder = Decoder::default();
        let mut whole = frame(0x81, b"hello");
        let mut chunk = &mut whole[..];
        let message = decoder.next(&mut chunk, BYTES_MAX, Instant::now());
        assert_eq!(message, Ok(Some(Message::Text(Cow::Borrowed("hello")))));
        assert_eq!((decoder.held_bytes(), decoder.since()), (0, None));
        // A header that promises much takes no memory yet.
        let mut long = frame(0x81, &[b'x'; 900])[..20].to_vec();
        let mut chunk = &mut long[..];
        assert_eq!(
            decoder.next(&mut chunk, BYTES_MAX, Instant::now()),
            Ok(None)
        );
        assert!(decoder.held_bytes() < 300, "{}", decoder.held_bytes());
        assert!(decoder.since().is_some());
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_by_its_header() {
        for payload in [1_001, 70_000] {
            let header = frame(0x81, &vec![0; payload])[..14].to_vec();
            assert_eq!(read(&header, &[100]).unwrap_err().code, TOO_BIG);
        }
        let mut endless = vec![0x81, 0xff];
        endless.extend([0xff; 12]);
        assert_eq!(read(&endless, &[1]).unwrap_err().code, TOO_BIG);
        let pieces = [frame(0x01, &[b'x'; 600]), frame(0x80, &[b'x'; 600])].concat();
        assert_eq!(read(&pieces, &[100]).unwrap_err().code, TOO_BIG);
    }
}
