//! The least that works: one thread, one epoll, a frame that was made before.
//!
//! It takes connections, upgrades them, and for every frame that is no subscription writes its own frame to each
//! subscriber: one write for all frames that one read brought. It reads no JSON, knows no topics and no limits.
//!
//!   floor FRAME_BYTES
#![forbid(unsafe_code)]

use aimdb_bench_fanout::{DATA, SUBSCRIBE, SUBSCRIBED, frames, say_address, upgrade};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::error::Error;
use std::io::{self, Read, Write};

const LISTENER: Token = Token(usize::MAX);
const READ_BYTES: usize = 64 * 1024;

struct Connection {
    stream: TcpStream,
    cutter: frames::Cutter,
    /// The head of the request, until it is whole.
    head: Option<Vec<u8>>,
    is_subscriber: bool,
    /// What the socket did not take.
    unwritten: Vec<u8>,
}

struct Hub {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    frame: Vec<u8>,
    subscribed: Vec<u8>,
    /// Frames joined for one write.
    joined: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = std::env::args().nth(1).ok_or("usage: floor FRAME_BYTES")?;
    let mut hub = Hub::new(bytes.parse()?)?;
    say_address(hub.listener.local_addr()?)?;
    let mut events = Events::with_capacity(1_024);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        hub.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => hub.accept()?,
                Token(place) => {
                    if event.is_writable() {
                        hub.write(place, &[]);
                    }
                    if event.is_readable() {
                        hub.read(place, &mut buffer);
                    }
                }
            }
        }
    }
}

impl Hub {
    fn new(frame_bytes: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let registry = poll.registry();
        registry.register(&mut listener, LISTENER, Interest::READABLE)?;
        // Filled up to the size that is asked for, whatever its header takes.
        let frame = (0..=frame_bytes).rev().find_map(|length| {
            let frame = frames::of_server(&format!("{DATA:<length$}"));
            (frame.len() <= frame_bytes).then_some(frame)
        });
        Ok(Self {
            poll,
            listener,
            connections: Vec::new(),
            frame: frame.ok_or_else(|| io::Error::other("the frame has no room for its type"))?,
            subscribed: frames::of_server(&format!("{SUBSCRIBED}}}")),
            joined: Vec::new(),
        })
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let both = Interest::READABLE | Interest::WRITABLE;
            let token = Token(self.connections.len());
            self.poll.registry().register(&mut stream, token, both)?;
            self.connections.push(Some(Connection {
                stream,
                cutter: frames::Cutter::default(),
                head: Some(Vec::new()),
                is_subscriber: false,
                unwritten: Vec::new(),
            }));
        }
    }

    fn read(&mut self, place: usize, buffer: &mut [u8]) {
        loop {
            let Some(Some(connection)) = self.connections.get_mut(place) else {
                return;
            };
            let read = match connection.stream.read(buffer) {
                Ok(0) => return self.connections[place] = None,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.connections[place] = None,
            };
            self.received(place, &buffer[..read]);
            // Less than there was room for: there is no more.
            if read < buffer.len() {
                return;
            }
        }
    }

    fn received(&mut self, place: usize, read: &[u8]) {
        let Some(Some(connection)) = self.connections.get_mut(place) else {
            return;
        };
        if let Some(head) = &mut connection.head {
            head.extend_from_slice(read);
            if upgrade::head_end(head).is_some() {
                let answer = upgrade::answer(head).unwrap_or_default();
                connection.head = None;
                self.write(place, answer.as_bytes());
            }
            return;
        }
        // The one kind of frame has another length than the other.
        let (mut writes, mut subscriptions) = (0, 0);
        connection
            .cutter
            .cut(read, |frame| match frame.payload.len() == SUBSCRIBE.len() {
                true => subscriptions += 1,
                false => writes += 1,
            });
        if subscriptions > 0 {
            connection.is_subscriber = true;
            let subscribed = self.subscribed.clone();
            self.write(place, &subscribed);
        }
        if writes > 0 {
            self.hand_out(writes);
        }
    }

    fn hand_out(&mut self, count: usize) {
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        (0..count).for_each(|_| joined.extend_from_slice(&self.frame));
        for place in 0..self.connections.len() {
            let connection = &self.connections[place];
            if connection
                .as_ref()
                .is_some_and(|connection| connection.is_subscriber)
            {
                self.write(place, &joined);
            }
        }
        self.joined = joined;
    }

    /// Writes what waits and then this; what the socket does not take waits.
    fn write(&mut self, place: usize, bytes: &[u8]) {
        let Some(Some(connection)) = self.connections.get_mut(place) else {
            return;
        };
        let Connection {
            stream, unwritten, ..
        } = connection;
        if !unwritten.is_empty() {
            unwritten.extend_from_slice(bytes);
            let Some(written) = written(stream, unwritten) else {
                return self.connections[place] = None;
            };
            unwritten.drain(..written);
        } else if !bytes.is_empty() {
            let Some(written) = written(stream, bytes) else {
                return self.connections[place] = None;
            };
            unwritten.extend_from_slice(&bytes[written..]);
        }
    }
}

/// How much the socket took; nothing if it is broken.
fn written(stream: &mut TcpStream, bytes: &[u8]) -> Option<usize> {
    match stream.write(bytes) {
        Ok(written) => Some(written),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Some(0),
        Err(_) => None,
    }
}
