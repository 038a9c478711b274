//! The line between one client and the server: what is on its way, and what a middlebox makes of it.

use std::collections::VecDeque;
use std::sync::Arc;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Socket {
    /// There is none.
    None,
    /// The client wants one.
    Opening,
    /// It is open; the server knows it by this number.
    Open(u64),
}

/// A line. Frames keep their order and are delivered when the world says so; when it is cut, those on their way are
/// lost.
#[derive(Debug)]
pub struct Line {
    /// The connection over it.
    pub socket: Socket,
    up: VecDeque<String>,
    down: VecDeque<Arc<str>>,
    /// A proxy on it closes at frames beyond this size, with 1009.
    pub frame_bytes_max: Option<usize>,
}

/// What becomes of the next frame of a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Up {
    /// None is on its way.
    Nothing,
    /// It arrives.
    Frame(String),
    /// The proxy takes offence.
    TooLarge,
}

impl Line {
    /// A line without a connection.
    #[must_use]
    pub fn new(frame_bytes_max: Option<usize>) -> Self {
        Self {
            socket: Socket::None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            frame_bytes_max,
        }
    }

    /// The client sends.
    pub fn send_up(&mut self, text: &str) {
        if self.socket != Socket::None {
            self.up.push_back(text.into());
        }
    }

    /// The server sends.
    pub fn send_down(&mut self, text: &str) {
        self.down.push_back(text.into());
    }

    /// Takes the next frame of the client off the line.
    pub fn take_up(&mut self) -> Up {
        match self.up.pop_front() {
            None => Up::Nothing,
            Some(text) if self.frame_bytes_max.is_some_and(|most| text.len() > most) => {
                Up::TooLarge
            }
            Some(text) => Up::Frame(text),
        }
    }

    /// Takes the next frame of the server off the line.
    pub fn take_down(&mut self) -> Option<Arc<str>> {
        self.down.pop_front()
    }

    /// Whether anything is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.up.is_empty() && self.down.is_empty()
    }

    /// The client is gone from the line, and the server does not know yet: gives the number by which it knows the
    /// connection, and what is still on its way to it.
    pub fn abandon(&mut self) -> Option<(u64, VecDeque<String>)> {
        let up = std::mem::take(&mut self.up);
        let number = self.cut()?;
        let is_small = |text: &String| self.frame_bytes_max.is_none_or(|most| text.len() <= most);
        Some((number, up.into_iter().take_while(is_small).collect()))
    }

    /// Cuts the line; gives the number by which the server knew the connection.
    pub fn cut(&mut self) -> Option<u64> {
        self.up.clear();
        self.down.clear();
        match std::mem::replace(&mut self.socket, Socket::None) {
            Socket::Open(number) => Some(number),
            Socket::None | Socket::Opening => None,
        }
    }
}
