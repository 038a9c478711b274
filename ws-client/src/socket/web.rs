//! The page's own `WebSocket`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use aimdb_peer::session::Input;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, Event, EventTarget, MessageEvent, WebSocket};

use crate::options::ConnectError;
use crate::shared::Shared;

/// A connection that is being opened; nothing if it could not be.
pub(crate) type Connecting = Pin<Box<dyn Future<Output = Option<Socket>>>>;

/// The code of an orderly end: a page may use only that and those from 3000 on.
const CLOSE_NORMAL: u16 = 1000;

/// What a socket says.
pub(crate) enum Heard {
    Text(String),
    Binary,
    Closed {
        code: u16,
        reason: String,
    },
    /// Never here: a page's socket closes, with 1006 where it broke.
    #[allow(dead_code, reason = "what a socket says natively too")]
    Failed,
}

/// What came, and who waits for it.
#[derive(Default)]
struct Inbox {
    opened: Option<bool>,
    heard: VecDeque<Heard>,
    waker: Option<Waker>,
}

/// A listener that is taken away with this.
struct Listening {
    target: EventTarget,
    kind: &'static str,
    listener: Closure<dyn FnMut(Event)>,
}

impl Listening {
    fn new(target: &EventTarget, kind: &'static str, listen: impl FnMut(Event) + 'static) -> Self {
        let listener = Closure::new(listen);
        let function = listener.as_ref().unchecked_ref();
        // A target takes any name of an event.
        let _ = target.add_event_listener_with_callback(kind, function);
        let target = target.clone();
        Self {
            target,
            kind,
            listener,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, function);
    }
}

/// Of an other end that talks but does not read, so many bytes wait before it is given up.
const OUTGOING_BYTES_MAX: u32 = 64 * 1024 * 1024;

impl Drop for Socket {
    fn drop(&mut self) {
        // One that was given up while it opened would stay open otherwise, with nobody to hear it.
        let _ = self.socket.close();
    }
}

/// A socket of the page.
pub(crate) struct Socket {
    socket: WebSocket,
    inbox: Rc<RefCell<Inbox>>,
    _listening: [Listening; 4],
}

/// Whether an address is one that [`connect`] can open.
pub(crate) fn check_url(url: &str) -> Result<(), ConnectError> {
    match url.split_once("://") {
        Some(("ws" | "wss", rest)) if !rest.is_empty() => Ok(()),
        _ => Err(ConnectError::Url {
            url: url.into(),
            problem: "is no address of a WebSocket: it begins with ws:// or wss:// and has a host",
        }),
    }
}

pub(crate) fn connect(url: &str) -> Connecting {
    let made = WebSocket::new(url).map(Socket::of);
    Box::pin(async move {
        // E.g. a page on https that may not open ws.
        let mut socket = made.ok()?;
        let is_open = poll_fn(|context| {
            let mut inbox = socket.inbox.borrow_mut();
            inbox.waker = Some(context.waker().clone());
            inbox.opened.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        if is_open {
            return Some(socket);
        }
        socket.close(CLOSE_NORMAL, "");
        None
    })
}

/// A number that no other client draws.
pub(crate) fn seed() -> u64 {
    js_sys::Math::random().to_bits() ^ js_sys::Math::random().to_bits().rotate_left(32)
}

impl Socket {
    fn of(socket: WebSocket) -> Self {
        socket.set_binary_type(BinaryType::Arraybuffer);
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let on = |kind, mut take: Box<dyn FnMut(&mut Inbox, &Event)>| {
            let inbox = inbox.clone();
            Listening::new(&socket, kind, move |event| {
                let waker = {
                    let mut inbox = inbox.borrow_mut();
                    take(&mut inbox, &event);
                    inbox.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        };
        let listening = [
            on("open", Box::new(|inbox, _| inbox.opened = Some(true))),
            on(
                "error",
                Box::new(|inbox, _| {
                    // After the opening a `close` follows, which knows more.
                    inbox.opened.get_or_insert(false);
                }),
            ),
            on(
                "message",
                Box::new(|inbox, event| inbox.heard.push_back(message(event))),
            ),
            on(
                "close",
                Box::new(|inbox, event| {
                    let event: &CloseEvent = event.unchecked_ref();
                    inbox.opened.get_or_insert(false);
                    inbox.heard.push_back(Heard::Closed {
                        code: event.code(),
                        reason: event.reason(),
                    });
                }),
            ),
        ];
        Self {
            socket,
            inbox,
            _listening: listening,
        }
    }

    pub(crate) fn send(&mut self, text: String) {
        if self.socket.buffered_amount() > OUTGOING_BYTES_MAX {
            return self.close(CLOSE_NORMAL, "");
        }
        // A socket that is just closing throws; its `close` tells.
        let _ = self.socket.send_with_str(&text);
    }

    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let code = match code {
            3000..=4999 => code,
            _ => CLOSE_NORMAL,
        };
        let _ = self.socket.close_with_code_and_reason(code, reason);
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        let mut inbox = self.inbox.borrow_mut();
        match inbox.heard.pop_front() {
            Some(heard) => Poll::Ready(heard),
            None => {
                inbox.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn message(event: &Event) -> Heard {
    let event: &MessageEvent = event.unchecked_ref();
    event.data().as_string().map_or(Heard::Binary, Heard::Text)
}

/// News of the system: the network is back or gone.
pub(crate) struct News {
    heard: Rc<RefCell<VecDeque<bool>>>,
    _listening: [Listening; 2],
}

impl News {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let heard = Rc::new(RefCell::new(VecDeque::new()));
        // A window or a worker; what is neither tells nothing.
        let scope: EventTarget = js_sys::global().unchecked_into();
        let on = |kind, is_online| {
            let (heard, shared) = (heard.clone(), shared.clone());
            Listening::new(&scope, kind, move |_| {
                heard.borrow_mut().push_back(is_online);
                shared.waker.wake();
            })
        };
        let listening = [on("online", true), on("offline", false)];
        Self {
            heard,
            _listening: listening,
        }
    }

    pub(crate) fn next(&mut self) -> Option<Input<'static>> {
        let is_online = self.heard.borrow_mut().pop_front()?;
        Some(match is_online {
            true => Input::NetworkOnline,
            false => Input::NetworkOffline,
        })
    }
}
