//! One connection: what waits for its socket, and how it ends.
//!
//! Guarantees: frames go out whole and in order; of pings that are not answered yet only the last is; of what was
//! written each frame is counted once. Does not: bound its queue; the hub's credit does.

use super::codec::{Control, Decoder, control};
use super::stream::Stream;
use crate::edge::addresses::Place;
use crate::hub::{ClientId, Frame};
use std::collections::VecDeque;
use std::io;
use std::time::Instant;

/// What a socket has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Taken {
    /// Frames of the hub.
    pub(crate) frames: u32,
    /// Their bytes.
    pub(crate) bytes: usize,
}

/// How far a connection is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// A close is queued or sent; the client's answer is awaited, until then what it sends is not heard.
    Closing {
        until: Instant,
    },
    /// Both sides have closed; the client ends the stream first, so that it gets all that was sent.
    Closed {
        until: Instant,
    },
}

pub(crate) struct Connection {
    pub(super) client: ClientId,
    pub(super) stream: Stream,
    pub(super) decoder: Decoder,
    /// What was read and has to wait, because the hub is still busy with the client.
    pub(super) unread: Vec<u8>,
    pub(super) phase: Phase,
    /// What the socket has not taken, with how much of the first it has.
    queue: VecDeque<Queued>,
    offset: usize,
    /// The answer to the last ping, where it could not go at once.
    pong: Option<Box<[u8]>>,
    /// When the socket last took something while more waited.
    pub(super) took_at: Instant,
    /// Whether it stands among those that are watched.
    pub(super) watched: bool,
    /// Whether it stands in the line of those that are to be read.
    pub(super) in_line: bool,
    /// Whether the system said that the other side has ended: then it is read to that end.
    pub(super) has_ended: bool,
    /// Gives the place of its address back when it is dropped.
    _place: Place,
}

/// What waits for the socket.
struct Queued {
    bytes: Bytes,
    /// How many frames of the hub it is, which counts them.
    frames: u32,
}

enum Bytes {
    Shared(Frame),
    Own(Vec<u8>),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Self::Shared(frame) => frame.bytes(),
            Self::Own(bytes) => bytes,
        }
    }
}

impl Connection {
    pub(super) fn new(client: ClientId, stream: Stream, place: Place, now: Instant) -> Self {
        Self {
            client,
            stream,
            decoder: Decoder::default(),
            unread: Vec::new(),
            phase: Phase::Open,
            queue: VecDeque::new(),
            offset: 0,
            pong: None,
            took_at: now,
            watched: false,
            in_line: false,
            has_ended: false,
            _place: place,
        }
    }

    /// Whether something waits for the socket.
    pub(super) fn is_waiting(&self) -> bool {
        !self.queue.is_empty() || self.pong.is_some()
    }

    /// Whether somebody has to look after it when nothing happens.
    pub(super) fn needs_watching(&self) -> bool {
        self.is_waiting() || self.phase != Phase::Open || self.decoder.since().is_some()
    }

    /// What it holds of what came.
    pub(super) fn held_bytes(&self) -> usize {
        self.decoder.held_bytes() + self.unread.capacity()
    }

    /// Writes frames at once, joined in `scratch` if they are several; what the socket does not take is queued.
    pub(super) fn send(
        &mut self,
        frames: &mut Vec<Frame>,
        scratch: &mut Vec<u8>,
        now: Instant,
    ) -> io::Result<Taken> {
        if self.is_waiting() {
            self.queue_frames(frames.drain(..));
            return Ok(Taken::default());
        }
        let bytes = match frames.as_slice() {
            [one] => one.bytes(),
            several => {
                scratch.clear();
                several
                    .iter()
                    .for_each(|frame| scratch.extend_from_slice(frame.bytes()));
                scratch
            }
        };
        let mut written = match self.stream.write(bytes) {
            Ok(written) => written,
            Err(error) if is_blocked(&error) => 0,
            Err(error) => return Err(error),
        };
        let mut taken = Taken::default();
        let whole = frames.iter().take_while(|frame| {
            let is_whole = frame.bytes().len() <= written;
            if is_whole {
                written -= frame.bytes().len();
                taken.bytes += frame.bytes().len();
                taken.frames += frame.count();
            }
            is_whole
        });
        let whole = whole.count();
        if whole < frames.len() {
            self.offset = written;
            self.took_at = now;
            self.queue_frames(frames.drain(whole..));
        }
        frames.clear();
        Ok(taken)
    }

    fn queue_frames(&mut self, frames: impl Iterator<Item = Frame>) {
        self.queue.extend(frames.map(|frame| Queued {
            frames: frame.count(),
            bytes: Bytes::Shared(frame),
        }));
    }

    /// Queues a control frame behind what waits.
    pub(super) fn queue_control(&mut self, frame: Vec<u8>, now: Instant) {
        if !self.is_waiting() {
            self.took_at = now;
        }
        self.queue.push_back(Queued {
            bytes: Bytes::Own(frame),
            frames: 0,
        });
    }

    /// Answers a ping, in place of the answer to an earlier one that has not gone yet.
    pub(super) fn answer_ping(&mut self, payload: &[u8], now: Instant) {
        if !self.is_waiting() {
            self.took_at = now;
        }
        self.pong = Some(control(Control::Pong, payload).into());
    }

    /// Writes the answer to the last ping, if there is one; says whether the socket may take more. What it has begun
    /// to take goes on like any frame, what it has not is still replaced by the next answer.
    fn flush_pong(&mut self) -> io::Result<bool> {
        let Some(pong) = self.pong.take() else {
            return Ok(true);
        };
        match self.stream.write(&pong) {
            Ok(written) if written < pong.len() => {
                self.offset = written;
                self.queue.push_front(Queued {
                    bytes: Bytes::Own(pong.into()),
                    frames: 0,
                });
                Ok(false)
            }
            Ok(_) => Ok(true),
            Err(error) if is_blocked(&error) => {
                self.pong = Some(pong);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes what waits, as far as the socket takes it.
    pub(super) fn flush(&mut self, now: Instant) -> io::Result<Taken> {
        let mut taken = Taken::default();
        loop {
            // Between two frames, before what waits: whoever asks for life gets it although it reads slowly.
            if self.offset == 0 && !self.flush_pong()? {
                return Ok(taken);
            }
            let Some(first) = self.queue.front() else {
                // An idle connection keeps no memory.
                self.queue = VecDeque::new();
                return Ok(taken);
            };
            let bytes = first.bytes.get();
            let frames = first.frames;
            let written = match self.stream.write(&bytes[self.offset..]) {
                Ok(written) => written,
                Err(error) if is_blocked(&error) => return Ok(taken),
                Err(error) => return Err(error),
            };
            self.took_at = now;
            self.offset += written;
            if self.offset < bytes.len() {
                continue;
            }
            self.offset = 0;
            taken.bytes += if frames > 0 { bytes.len() } else { 0 };
            taken.frames += frames;
            self.queue.pop_front();
        }
    }
}

pub(super) fn is_blocked(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
