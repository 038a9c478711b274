//! A client on a thread of its own: writes, waits for the answer, and writes again.

use crate::turn::{Problem, value};
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The longest frame that is written or read here has its length in so many bytes.
const SHORT_MAX: usize = 125;

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    last: u64,
}

impl Client {
    /// Connects and says hello.
    pub(crate) fn open(address: SocketAddr, name: &str) -> Result<Self, Problem> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(String::from_utf8_lossy(&head).into_owned().into());
        }
        let stream = BufReader::new(stream);
        let mut client = Self { stream, last: 0 };
        let hello = format!(r#"{{"type":"ping","hello":{{"v":5,"client":"{name}"}}}}"#);
        client.send(&hello)?;
        client.until("pong")?;
        Ok(client)
    }

    /// Writes until the slice is over; gives the microseconds that each acknowledgement took.
    pub(crate) fn write_for(
        mut self,
        begun: Instant,
        slice: Duration,
    ) -> Result<Vec<f64>, Problem> {
        let mut each = Vec::new();
        while begun.elapsed() < slice {
            let (id, after) = (self.last + 1, self.last);
            let head = format!(r#"{{"type":"write","topic":"log","id":{id},"after":{after}"#);
            let since = Instant::now();
            self.send(&format!(r#"{head},"payload":{}}}"#, value(id)))?;
            let answer = self.until("ack")?;
            if !answer.contains(&format!(r#""id":{id},"#))
                && !answer.contains(&format!(r#""id":{id}}}"#))
            {
                return Err(format!("write {id} was answered by {answer}").into());
            }
            each.push(since.elapsed().as_secs_f64() * 1e6);
            self.last = id;
            if id % 64 == 0 {
                self.send(&format!(r#"{{"type":"settled","id":{id}}}"#))?;
            }
        }
        Ok(each)
    }

    fn send(&mut self, text: &str) -> Result<(), Problem> {
        // Text, whole, masked with zeros.
        let mut frame = vec![0x81];
        match u8::try_from(text.len()) {
            Ok(short) if text.len() <= SHORT_MAX => frame.push(0x80 | short),
            _ => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(text.len())?.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        Ok(self.stream.get_mut().write_all(&frame)?)
    }

    /// The next frame of this type; an error of the server is one here.
    fn until(&mut self, kind: &str) -> Result<String, Problem> {
        let wanted = format!(r#""type":"{kind}""#);
        loop {
            let text = self.frame()?;
            if text.contains(&wanted) {
                return Ok(text);
            }
            if text.contains(r#""type":"error""#) {
                return Err(text.into());
            }
        }
    }

    fn frame(&mut self) -> Result<String, Problem> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head)?;
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length)?;
                usize::from(u16::from_be_bytes(length))
            }
            127 => return Err("a frame of more than 65,535 bytes came".into()),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload)?;
        match head[0] {
            0x81 => Ok(String::from_utf8(payload)?),
            // A ping is no answer; the turn is too short for it to matter.
            0x89 => Ok(String::new()),
            other => Err(format!("a frame that begins with {other:#x} came").into()),
        }
    }
}
