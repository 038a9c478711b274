//! The clients of one hub: subscribers that count what they get, and one that publishes.
//!
//! Guarantees: a publication has ended when every subscriber has all of its frames, and the last of them carries the
//! number that was published last (the floor's frames carry none). Does not: measure.

use crate::problem::Problem;
use aimdb_bench_fanout::frames::{Cutter, Frame, of_client};
use aimdb_bench_fanout::upgrade::connect;
use aimdb_bench_fanout::{DATA, FIRST, SUBSCRIBE, SUBSCRIBED, write};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

const READ_BYTES: usize = 64 * 1024;
/// A hub that gives nothing for so long has lost a frame.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    subscribers: Vec<Subscriber>,
    publisher: std::net::TcpStream,
    buffer: Vec<u8>,
    /// The number that is published next.
    next: u64,
    /// Whether frames carry what was published.
    is_told: bool,
    /// The size of the last frame.
    pub(crate) frame_bytes: usize,
}

struct Subscriber {
    stream: TcpStream,
    cutter: Cutter,
    /// Frames that it has got of this publication.
    got: usize,
}

impl Crowd {
    /// Nobody but the publisher.
    pub(crate) fn new(address: SocketAddr, is_told: bool) -> Result<Self, Problem> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1_024),
            subscribers: Vec::new(),
            publisher: connect(address)?,
            buffer: vec![0; READ_BYTES],
            next: FIRST,
            is_told,
            frame_bytes: 0,
        })
    }

    /// Lets so many subscribe; each is answered before the next one comes.
    pub(crate) fn grow_to(&mut self, count: usize) -> Result<(), Problem> {
        let address = self.publisher.peer_addr()?;
        while self.subscribers.len() < count {
            let subscriber = subscribed(address)
                .map_err(|error| format!("client {}: {error}", self.subscribers.len()))?;
            let mut stream = TcpStream::from_std(subscriber);
            let token = Token(self.subscribers.len());
            let registry = self.poll.registry();
            registry.register(&mut stream, token, Interest::READABLE)?;
            self.subscribers.push(Subscriber {
                stream,
                cutter: Cutter::default(),
                got: 0,
            });
        }
        Ok(())
    }

    /// Publishes so many messages in one write, and waits until everybody has them.
    pub(crate) fn publish(&mut self, count: usize) -> Result<(), Problem> {
        let numbers = self.next..self.next + count as u64;
        self.next = numbers.end;
        let last = format!(r#""n":{}}}"#, numbers.end - 1);
        let bytes: Vec<u8> = numbers
            .flat_map(|number| of_client(&write(number)))
            .collect();
        self.publisher.write_all(&bytes)?;
        let mut waiting = self.subscribers.len();
        for subscriber in &mut self.subscribers {
            subscriber.got = 0;
        }
        let Self {
            poll,
            events,
            subscribers,
            buffer,
            is_told,
            frame_bytes,
            ..
        } = self;
        let last = is_told.then_some(last.as_bytes());
        while waiting > 0 {
            poll.poll(events, Some(PATIENCE))?;
            if events.is_empty() {
                return Err(format!("{waiting} clients wait for what does not come").into());
            }
            for event in &*events {
                let Some(subscriber) = subscribers.get_mut(event.token().0) else {
                    continue;
                };
                let before = subscriber.got;
                *frame_bytes = subscriber
                    .read(buffer, (count, last))?
                    .unwrap_or(*frame_bytes);
                waiting -= usize::from(before < count && subscriber.got == count);
            }
        }
        Ok(())
    }
}

/// A client that gets all from now on.
fn subscribed(address: SocketAddr) -> io::Result<std::net::TcpStream> {
    let mut stream = connect(address)?;
    stream.write_all(&of_client(SUBSCRIBE))?;
    let (mut cutter, mut is_answered) = (Cutter::default(), false);
    let mut buffer = [0; 4_096];
    while !is_answered {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::Error::other("the hub closed instead of subscribing it"));
        }
        cutter.cut(&buffer[..read], |frame| {
            is_answered |= frame.payload.starts_with(SUBSCRIBED.as_bytes());
        });
    }
    stream.set_nonblocking(true)?;
    Ok(stream)
}

impl Subscriber {
    /// Reads what came; gives the size of its last message, if there was one.
    fn read(
        &mut self,
        buffer: &mut [u8],
        (count, last): (usize, Option<&[u8]>),
    ) -> Result<Option<usize>, Problem> {
        let Self {
            stream,
            cutter,
            got,
        } = self;
        let (mut problem, mut size) = (None, None);
        loop {
            let read = match stream.read(buffer) {
                Ok(0) => return Err("a hub closed a socket".into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            };
            cutter.cut(&buffer[..read], |frame| {
                if frame.payload.starts_with(DATA.as_bytes()) {
                    *got += 1;
                    size = Some(frame.bytes);
                    problem = problem.take().or_else(|| mistake(frame, *got, count, last));
                }
            });
            if read < buffer.len() {
                break;
            }
        }
        problem.map_or(Ok(size), |problem: String| Err(problem.into()))
    }
}

/// What is wrong with a client's frame number `got` of `count`.
fn mistake(frame: &Frame<'_>, got: usize, count: usize, last: Option<&[u8]>) -> Option<String> {
    let says = || String::from_utf8_lossy(frame.payload).into_owned();
    if got > count {
        return Some(format!("one frame too many: {}", says()));
    }
    let last = last.filter(|_| got == count)?;
    let is_right = frame.payload.windows(last.len()).any(|part| part == last);
    (!is_right).then(|| format!("the last frame is another one: {}", says()))
}
