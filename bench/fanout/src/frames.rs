//! Frames of a WebSocket, as far as this benchmark has them: whole texts.

/// A whole text frame.
const WHOLE_TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
/// In the second byte: two bytes of length follow.
const LENGTH_OF_16: u8 = 126;
/// In the second byte: eight bytes of length follow.
const LENGTH_OF_64: u8 = 127;
/// Any mask does.
const MASK: [u8; 4] = [7, 0, 255, 90];

/// A text as a server sends it.
#[must_use]
pub fn of_server(text: &str) -> Vec<u8> {
    let mut frame = header(text.len(), 0);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// A text as a client sends it.
#[must_use]
pub fn of_client(text: &str) -> Vec<u8> {
    let mut frame = header(text.len(), MASKED);
    frame.extend_from_slice(&MASK);
    let masked = text.bytes().zip(MASK.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

fn header(length: usize, masked: u8) -> Vec<u8> {
    let mut header = vec![WHOLE_TEXT];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < LENGTH_OF_16 => header.push(masked | short),
        (_, Ok(length)) => {
            header.push(masked | LENGTH_OF_16);
            header.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            header.push(masked | LENGTH_OF_64);
            header.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    header
}

/// A frame that lies in bytes as a whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// From the first byte of its header.
    pub bytes: usize,
    /// Still masked, if a client sent it.
    pub payload: &'a [u8],
    mask: Option<[u8; 4]>,
}

impl Frame<'_> {
    /// The payload without its mask.
    #[must_use]
    pub fn unmasked(&self) -> Vec<u8> {
        let mask = self.mask.unwrap_or_default();
        let bytes = self.payload.iter().zip(mask.iter().cycle());
        bytes.map(|(byte, mask)| byte ^ mask).collect()
    }
}

/// The first frame, if it is there as a whole.
#[must_use]
pub fn first(bytes: &[u8]) -> Option<Frame<'_>> {
    let (&[_, second], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match second & LENGTH {
        LENGTH_OF_16 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        LENGTH_OF_64 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let (mask, rest) = match second & MASKED {
        0 => (None, rest),
        _ => {
            let (mask, rest) = rest.split_first_chunk()?;
            (Some(*mask), rest)
        }
    };
    let payload = rest.get(..length)?;
    Some(Frame {
        bytes: bytes.len() - rest.len() + length,
        payload,
        mask,
    })
}

/// Cuts what is read of a stream into frames.
#[derive(Debug, Default)]
pub struct Cutter {
    /// The beginning of a frame that is not whole.
    rest: Vec<u8>,
}

impl Cutter {
    /// Visits the frames that are whole now.
    pub fn cut(&mut self, read: &[u8], mut visit: impl FnMut(&Frame<'_>)) {
        if self.rest.is_empty() {
            let whole = visit_all(read, &mut visit);
            self.rest.extend_from_slice(&read[whole..]);
            return;
        }
        self.rest.extend_from_slice(read);
        let whole = visit_all(&self.rest, &mut visit);
        self.rest.drain(..whole);
    }
}

/// Says how many bytes the whole frames had.
fn visit_all(bytes: &[u8], visit: &mut impl FnMut(&Frame<'_>)) -> usize {
    let mut at = 0;
    while let Some(frame) = first(&bytes[at..]) {
        visit(&frame);
        at += frame.bytes;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_wherever_the_stream_is_cut() {
        let texts = [
            "a".repeat(125),
            "b".repeat(126),
            "c".repeat(70_000),
            String::new(),
        ];
        for make in [of_server, of_client] {
            let stream: Vec<u8> = texts.iter().flat_map(|text| make(text)).collect();
            for piece in [1, 7, 65_536, stream.len()] {
                let (mut cutter, mut found) = (Cutter::default(), Vec::new());
                for read in stream.chunks(piece) {
                    cutter.cut(read, |frame| found.push(frame.unmasked()));
                }
                let expected = texts.iter().map(|text| text.as_bytes().to_vec());
                assert!(found.into_iter().eq(expected), "cut every {piece} bytes");
                assert!(cutter.rest.is_empty());
            }
        }
    }
}
