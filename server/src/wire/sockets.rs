//! All connections by their places: reading, writing, ending.
//!
//! Guarantees: what is read of a client that has not been dealt with is bounded for all together; who takes too
//! long for a message, for taking what was sent or for closing is ended. Does not: decide who is sent what.

use super::codec::{self, Broken, Control, Decoder};
use super::connection::{Connection, Phase, Taken, is_blocked};
use super::stream::Stream;
use crate::edge::addresses::Place;
use crate::hub::{ClientId, Frame};
use mio::{Registry, Token};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// How long a client gets to take what was sent before a close, and to close its side.
const CLOSE_GRACE: Duration = Duration::from_secs(3);
/// How long a message may take from its first byte to its last, whatever comes in between.
const MESSAGE_TIME_MAX: Duration = Duration::from_secs(20);
/// Bytes of messages that are not whole yet, of all clients together; beyond it the largest is ended.
pub(crate) const UNFINISHED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The close code for a client that breaks a limit.
const POLICY: u16 = 1008;

/// What one look at a socket gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// So many bytes; there may be more.
    More(usize),
    /// So many bytes, and no more for now.
    All(usize),
    /// The stream is at its end, or the connection is not there any more.
    End,
}

/// A connection's place, with how often it was used.
#[derive(Default)]
struct Slot {
    turn: u32,
    connection: Option<Box<Connection>>,
}

/// The connections.
pub(crate) struct Sockets {
    registry: Registry,
    slots: Vec<Slot>,
    free: Vec<u32>,
    count: usize,
    /// Frames for the client that is being sent to.
    frames: Vec<Frame>,
    to: Option<ClientId>,
    /// Joins the frames of a client for one write.
    scratch: Vec<u8>,
    /// Connections that are to be read, each in its turn.
    line: VecDeque<ClientId>,
    /// What sockets took, for the hub.
    taken: Vec<(ClientId, Taken)>,
    /// Connections that broke while they were written to, for the hub.
    broken: Vec<ClientId>,
    /// Connections with something that may not take for ever.
    watched: Vec<ClientId>,
    /// What all connections hold of what came.
    held: usize,
    stall_max: Duration,
    /// When the turn began.
    now: Instant,
}

impl Sockets {
    pub(crate) fn new(registry: Registry, stall_max: Duration) -> Self {
        Self {
            registry,
            slots: Vec::new(),
            free: Vec::new(),
            count: 0,
            frames: Vec::new(),
            to: None,
            scratch: Vec::new(),
            line: VecDeque::new(),
            taken: Vec::new(),
            broken: Vec::new(),
            watched: Vec::new(),
            held: 0,
            stall_max,
            now: Instant::now(),
        }
    }

    /// A turn begins: what happens in it happens now.
    pub(crate) fn begin_turn(&mut self) {
        self.now = Instant::now();
    }

    /// When the turn began.
    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    /// How many there are, closing ones too.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether somebody has to be looked after in a while.
    pub(crate) fn is_watching(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Takes a connection in.
    ///
    /// # Errors
    /// The system does not watch one more.
    pub(crate) fn insert(&mut self, mut stream: Stream, place: Place) -> io::Result<ClientId> {
        let index = self.free.last().copied().unwrap_or(self.slots.len() as u32);
        stream.register(&self.registry, Token(index as usize))?;
        if self.free.pop().is_none() {
            self.slots.push(Slot::default());
        }
        let slot = &mut self.slots[index as usize];
        slot.turn = slot.turn.wrapping_add(1);
        let client = ClientId::at(index, slot.turn);
        let now = self.now;
        slot.connection = Some(Box::new(Connection::new(client, stream, place, now)));
        self.count += 1;
        Ok(client)
    }

    /// Who has a place now.
    pub(crate) fn at(&self, token: Token) -> Option<ClientId> {
        let connection = self.slots.get(token.0)?.connection.as_ref()?;
        Some(connection.client)
    }

    fn get(&mut self, client: ClientId) -> Option<&mut Connection> {
        let slot = self.slots.get_mut(client.place() as usize)?;
        let connection = slot.connection.as_deref_mut()?;
        (connection.client == client).then_some(connection)
    }

    /// Has a connection read in its turn.
    pub(crate) fn line_up(&mut self, client: ClientId) {
        if let Some(connection) = self.get(client)
            && !connection.in_line
        {
            connection.in_line = true;
            self.line.push_back(client);
        }
    }

    /// The system says that the other side has ended, or that the connection broke.
    pub(crate) fn note_end(&mut self, client: ClientId) {
        if let Some(connection) = self.get(client) {
            connection.has_ended = true;
        }
    }

    /// How many are to be read.
    pub(crate) fn in_line(&self) -> usize {
        self.line.len()
    }

    /// The next one to be read.
    pub(crate) fn next_in_line(&mut self) -> Option<ClientId> {
        loop {
            let client = self.line.pop_front()?;
            if let Some(connection) = self.get(client) {
                connection.in_line = false;
                return Some(client);
            }
        }
    }

    /// Reads once. What was put aside for a busy client comes first.
    pub(crate) fn read(&mut self, client: ClientId, buffer: &mut [u8]) -> Seen {
        let Some(connection) = self.get(client) else {
            return Seen::End;
        };
        if !connection.unread.is_empty() {
            let mut unread = std::mem::take(&mut connection.unread);
            self.held -= unread.capacity();
            let read = unread.len().min(buffer.len());
            let rest = unread.split_off(read);
            buffer[..read].copy_from_slice(&unread);
            self.put_aside(client, &rest);
            return Seen::More(read);
        }
        match connection.stream.read(buffer) {
            Ok(0) => Seen::End,
            // Unix says by a short read that this was all, and says no more of an end that it has told.
            Ok(read) if read < buffer.len() && cfg!(unix) && !connection.has_ended => {
                Seen::All(read)
            }
            Ok(read) => Seen::More(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Seen::More(0),
            Err(error) if is_blocked(&error) => Seen::All(0),
            Err(_) => Seen::End,
        }
    }

    /// Puts aside what was read of a client that the hub is busy with; comes with the next [`read`](Self::read).
    pub(crate) fn put_aside(&mut self, client: ClientId, input: &[u8]) {
        if input.is_empty() {
            return;
        }
        if let Some(connection) = self.get(client) {
            let mut unread = input.to_vec();
            // What is there already came later.
            unread.extend_from_slice(&connection.unread);
            let before = std::mem::replace(&mut connection.unread, unread).capacity();
            let now = connection.unread.capacity();
            self.held = self.held - before + now;
        }
    }

    /// Lends out a connection's decoder, so that what it reads can be handled meanwhile; nothing if the connection
    /// is not open any more.
    pub(crate) fn take_decoder(&mut self, client: ClientId) -> Option<Decoder> {
        let connection = self.get(client)?;
        let held = connection.decoder.held_bytes();
        let decoder = std::mem::take(&mut connection.decoder);
        self.held -= held;
        Some(decoder)
    }

    pub(crate) fn put_decoder(&mut self, client: ClientId, decoder: Decoder) {
        let Some(connection) = self.get(client) else {
            return;
        };
        let held = decoder.held_bytes();
        connection.decoder = decoder;
        self.held += held;
        if held > 0 {
            self.watch(client);
        }
    }

    /// How far a connection is from its end.
    pub(crate) fn phase(&mut self, client: ClientId) -> Option<Phase> {
        self.get(client).map(|connection| connection.phase)
    }

    /// Gives a frame to a client. Frames that follow each other for the same client go out in one write, with
    /// [`flush_sent`](Self::flush_sent) at the latest.
    pub(crate) fn send(&mut self, client: ClientId, frame: Frame) {
        if self.to != Some(client) {
            self.flush_sent();
            self.to = Some(client);
        }
        self.frames.push(frame);
    }

    /// Writes what the last [`send`](Self::send)s gave.
    pub(crate) fn flush_sent(&mut self) {
        let Some(client) = self.to.take() else {
            return;
        };
        let (mut frames, mut scratch) = (
            std::mem::take(&mut self.frames),
            std::mem::take(&mut self.scratch),
        );
        let now = self.now;
        if let Some(connection) = self.get(client) {
            let sent = connection.send(&mut frames, &mut scratch, now);
            self.note(client, sent);
        }
        frames.clear();
        (self.frames, self.scratch) = (frames, scratch);
    }

    /// Notes what a socket took, or that it broke.
    fn note(&mut self, client: ClientId, written: io::Result<Taken>) {
        match written {
            Ok(taken) => {
                if taken.frames > 0 {
                    self.taken.push((client, taken));
                }
                if self
                    .get(client)
                    .is_some_and(|connection| connection.is_waiting())
                {
                    self.watch(client);
                }
            }
            Err(_) => self.broken.push(client),
        }
    }

    /// Writes what waits for a socket that can take more.
    pub(crate) fn flush(&mut self, client: ClientId) {
        let now = self.now;
        let Some(connection) = self.get(client) else {
            return;
        };
        if connection.is_waiting() {
            let flushed = connection.flush(now);
            self.note(client, flushed);
        }
    }

    /// What sockets took since this was asked for.
    pub(crate) fn drain_taken(&mut self, mut each: impl FnMut(ClientId, Taken)) {
        for (client, taken) in self.taken.drain(..) {
            each(client, taken);
        }
    }

    /// The connections that broke while they were written to.
    pub(crate) fn take_broken(&mut self) -> Vec<ClientId> {
        std::mem::take(&mut self.broken)
    }

    /// Answers a ping.
    pub(crate) fn pong(&mut self, client: ClientId, payload: &[u8]) {
        let now = self.now;
        if let Some(connection) = self.get(client) {
            connection.answer_ping(payload, now);
            let flushed = connection.flush(now);
            self.note(client, flushed);
        }
    }

    /// Asks for a sign of life.
    pub(crate) fn ping(&mut self, client: ClientId) {
        let now = self.now;
        if let Some(connection) = self.get(client) {
            connection.queue_control(codec::control(Control::Ping, &[]), now);
            let flushed = connection.flush(now);
            self.note(client, flushed);
        }
    }

    /// Closes from this side, after what was sent; the client gets a while to do the same.
    pub(crate) fn close(&mut self, client: ClientId, code: u16, reason: &str) {
        self.flush_sent();
        let now = self.now;
        let Some(connection) = self.get(client) else {
            return;
        };
        if connection.phase == Phase::Open {
            connection.queue_control(codec::close(code, reason), now);
            let until = now + CLOSE_GRACE;
            connection.phase = Phase::Closing { until };
            let flushed = connection.flush(now);
            self.note(client, flushed);
            self.watch(client);
        }
    }

    /// The client has closed, or broken the protocol so that nothing it says is heard any more.
    pub(crate) fn closed(&mut self, client: ClientId, answer: Result<Option<u16>, Broken>) {
        self.flush_sent();
        let now = self.now;
        let Some(connection) = self.get(client) else {
            return;
        };
        if connection.phase == Phase::Open {
            let frame = match answer {
                Ok(Some(code)) => codec::close(code, ""),
                Ok(None) => codec::control(Control::Close, &[]),
                Err(Broken { code, reason }) => codec::close(code, reason),
            };
            connection.queue_control(frame, now);
        }
        if !matches!(connection.phase, Phase::Closed { .. }) {
            let until = now + CLOSE_GRACE;
            connection.phase = Phase::Closed { until };
        }
        let flushed = connection.flush(now);
        self.note(client, flushed);
        self.finish_if_flushed(client);
        self.watch(client);
    }

    /// When both sides have closed and all is written, the client is to end the stream.
    fn finish_if_flushed(&mut self, client: ClientId) {
        if let Some(connection) = self.get(client)
            && matches!(connection.phase, Phase::Closed { .. })
            && !connection.is_waiting()
        {
            connection.stream.finish();
        }
    }

    /// Forgets a connection whose stream has ended.
    pub(crate) fn remove(&mut self, client: ClientId) {
        if self.get(client).is_none() {
            return;
        }
        let index = client.place();
        let Some(mut connection) = self.slots[index as usize].connection.take() else {
            return;
        };
        // The stream is closed right after, so nothing is left to be told of it.
        let _ = connection.stream.deregister(&self.registry);
        self.held -= connection.held_bytes();
        self.count -= 1;
        self.free.push(index);
        if self.to == Some(client) {
            self.to = None;
            self.frames.clear();
        }
    }

    fn watch(&mut self, client: ClientId) {
        if let Some(connection) = self.get(client)
            && !connection.watched
        {
            connection.watched = true;
            self.watched.push(client);
        }
    }

    /// Looks after those that may not take for ever: gives the ones to be ended, each with the word for it, or
    /// with none if it has had one.
    pub(crate) fn overdue(&mut self) -> Vec<(ClientId, Option<Broken>)> {
        let (now, mut overdue) = (self.now, Vec::new());
        let mut watched = std::mem::take(&mut self.watched);
        watched.retain(|client| {
            self.finish_if_flushed(*client);
            let stall_max = self.stall_max;
            let Some(connection) = self.get(*client) else {
                return false;
            };
            if let Some(word) = verdict(connection, now, stall_max) {
                overdue.push((*client, word));
            }
            connection.watched = connection.needs_watching();
            connection.watched
        });
        // Those that came to be watched meanwhile.
        watched.append(&mut self.watched);
        self.watched = watched;
        overdue
    }

    /// Drops what is held of what came from a client that is not heard any more.
    pub(crate) fn forget_held(&mut self, client: ClientId) {
        if let Some(connection) = self.get(client) {
            let held = connection.held_bytes();
            connection.decoder = Decoder::default();
            connection.unread = Vec::new();
            self.held -= held;
        }
    }

    /// The connection that holds most, when all together hold too much.
    pub(crate) fn too_greedy(&self) -> Option<ClientId> {
        if self.held <= UNFINISHED_BYTES_MAX {
            return None;
        }
        let connections = self
            .slots
            .iter()
            .filter_map(|slot| slot.connection.as_ref());
        let most = connections.max_by_key(|connection| connection.held_bytes())?;
        Some(most.client)
    }
}

fn verdict(connection: &Connection, now: Instant, stall_max: Duration) -> Option<Option<Broken>> {
    let policy = |reason| {
        Some(Some(Broken {
            code: POLICY,
            reason,
        }))
    };
    match connection.phase {
        Phase::Closing { until } | Phase::Closed { until } => (until <= now).then_some(None),
        Phase::Open if connection.is_waiting() && now - connection.took_at >= stall_max => {
            policy("what was sent is not read")
        }
        Phase::Open => match connection.decoder.since() {
            Some(since) if now - since >= MESSAGE_TIME_MAX => policy("a message takes too long"),
            _ => None,
        },
    }
}
