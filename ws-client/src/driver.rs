//! Drives the machine: its socket, its timer, the commands of the application and what is written to records.

use std::collections::{BTreeMap, VecDeque};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use aimdb_core::{
    AimDb, Code, Direction, Link, LinkEvent, Links, RecordDoor, RuntimeAdapter, TimeOps, WriteError,
};
use aimdb_peer::session::{self, Input, Now, RequestFailure, RequestId};
use aimdb_peer::{Action, Effect, Mirroring, Peer, SessionId, Truth};
use aimdb_ws_protocol::{Raw, is_token};
use futures_channel::oneshot;

use crate::event::Event;
use crate::options::{ConnectError, Options};
use crate::shared::{Answer, Command, MirrorError, RequestError, Shared};
use crate::socket::{self, Connecting, Heard, News, Socket};
use crate::token::{Getting, TokenSource};

/// After so many things in a row others of the same thread have their turn.
const TURN_MAX: usize = 64;
/// What may happen: commands, links, news, a token, the socket, the timer.
const SOURCES: usize = 6;
/// A socket that was closed is given so long to say so to the other end.
const CLOSING_MS: u64 = 1_000;

/// The task of a bridge. Only a runtime has to know of it: it is spawned by [`WsBridge::connect`](crate::WsBridge::connect).
pub struct Driver<R: RuntimeAdapter> {
    peer: Peer<R>,
    session: SessionId,
    runtime: R,
    url: String,
    links: Option<Links<R>>,
    shared: Arc<Shared>,
    line: Line,
    token: Option<TokenSource>,
    /// The token that was asked for.
    getting: Option<Getting>,
    /// The socket before, while it says goodbye.
    closing: Option<Box<Socket>>,
    news: News,
    timer: Option<Pin<Box<<R as TimeOps>::Sleep>>>,
    notes: Notes,
    has_ended: bool,
    /// Whether `timer` is the one that ends the goodbye.
    is_leaving: bool,
    /// Which of what may happen is looked at first: none keeps the others waiting.
    next_source: usize,
}

enum Line {
    None,
    Connecting(Connecting),
    Open(Box<Socket>),
}

/// What effects leave to do, and who waits for answers.
#[derive(Default)]
struct Notes {
    wanted: VecDeque<Wanted>,
    events: Vec<Event>,
    removed: Vec<aimdb_core::RecordId>,
    requests: BTreeMap<RequestId, oneshot::Sender<Answer>>,
    last_request: u64,
    /// The request that the frame which is being taken answers.
    answered: Option<RequestId>,
}

enum Wanted {
    Token,
    Open,
    Close(u16, &'static str),
    Send(String),
    WakeAt(u64),
}

/// Wakes the driver when a record was written.
struct Written(Arc<Shared>);

impl Wake for Written {
    fn wake(self: Arc<Self>) {
        self.0.waker.wake();
    }
}

impl<R: RuntimeAdapter> Driver<R> {
    pub(crate) fn new(
        db: &AimDb<R>,
        url: &str,
        options: Options,
        links: Option<Links<R>>,
        shared: Arc<Shared>,
    ) -> Result<Self, ConnectError> {
        // First of all: whoever comes second leaves the records of the one before alone.
        if !db.on_written(Some(Waker::from(Arc::new(Written(shared.clone()))))) {
            return Err(ConnectError::InUse);
        }
        let made = Self::make(db, url, options, links, shared);
        if made.is_err() {
            db.on_written(None);
        }
        made
    }

    fn make(
        db: &AimDb<R>,
        url: &str,
        options: Options,
        links: Option<Links<R>>,
        shared: Arc<Shared>,
    ) -> Result<Self, ConnectError> {
        let mut peer = Peer::new(db.clone());
        if links.is_none() {
            admit_all(&mut peer, db, &options)?;
        }
        let opened = peer.open(options.session(), Vec::new(), socket::seed());
        let session = opened.map_err(ConnectError::Open)?;
        let mut driver = Self {
            peer,
            session,
            runtime: db.runtime().clone(),
            url: url.into(),
            links,
            news: News::new(shared.clone()),
            shared,
            line: Line::None,
            token: options.token,
            getting: None,
            closing: None,
            timer: None,
            notes: Notes::default(),
            has_ended: false,
            is_leaving: false,
            next_source: 0,
        };
        driver.give(Input::Start);
        Ok(driver)
    }

    fn now(&self) -> Now {
        Now {
            // From the start of the program or the page, so it fits.
            mono_ms: self.runtime.monotonic_ms() as u64,
            wall_ms: self.runtime.unix_ms(),
        }
    }

    fn give(&mut self, input: Input<'_>) {
        let (now, session, notes) = (self.now(), self.session, &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(&effect);
        self.peer.handle(session, input, now, &mut note);
    }

    // ---- what happens

    /// Takes one thing that happened; false if nothing did.
    fn take_one(&mut self, context: &mut Context<'_>) -> bool {
        for _ in 0..SOURCES {
            let source = self.next_source;
            self.next_source = (source + 1) % SOURCES;
            let has_come = match source {
                0 => self.take_command(),
                1 => self.take_link(context),
                2 => self.take_news(),
                3 => self.take_token(context),
                4 => self.take_socket(context),
                _ => self.take_timer(context),
            };
            if has_come {
                return true;
            }
        }
        false
    }

    fn take_command(&mut self) -> bool {
        let command = self.shared.next_command();
        command.map(|command| self.command(command)).is_some()
    }

    fn take_link(&mut self, context: &mut Context<'_>) -> bool {
        let Some(links) = &mut self.links else {
            return false;
        };
        // A look that does not wait loses nothing: who waits is noted in `links`.
        let next = pin!(links.next()).poll(context);
        match next {
            Poll::Pending => false,
            Poll::Ready(None) => {
                // The database closes.
                self.links = None;
                self.end();
                true
            }
            Poll::Ready(Some(LinkEvent::Opened(link))) => {
                self.open_link(link);
                true
            }
            Poll::Ready(Some(LinkEvent::Ended { record, .. })) => {
                self.peer.retire(record);
                true
            }
        }
    }

    fn open_link(&mut self, link: Link<R>) {
        let (key, topic) = (link.door.key().to_owned(), link.address);
        let mirroring = Mirroring {
            topic: Some(topic.clone()),
            truth: Truth::Mirror,
            ..Mirroring::by_default(link.door.buffer())
        };
        // A record may have links both ways.
        let is_known = self.peer.is_admitted(link.door.id());
        if !is_known {
            if let Err(taken) = self.peer.check_topic(&key, &mirroring) {
                return self.notes.events.push(Event::Error {
                    code: Code::TopicTaken.as_str().into(),
                    reason: None,
                    message: taken.to_string(),
                });
            }
            self.peer.admit(link.door, mirroring);
        }
        if link.direction == Direction::From {
            self.give(Input::Subscribe(&[&topic]));
        }
    }

    fn take_news(&mut self) -> bool {
        let news = self.news.next();
        if let Some(input) = news {
            self.give(input);
            return true;
        }
        false
    }

    fn take_token(&mut self, context: &mut Context<'_>) -> bool {
        let Some(getting) = &mut self.getting else {
            return false;
        };
        let Poll::Ready(got) = getting.as_mut().poll(context) else {
            return false;
        };
        self.getting = None;
        let why = match got {
            Ok(token) if is_token(&token) => {
                self.give(Input::Token(Some(&token)));
                return true;
            }
            Ok(_) => "what was given is none: a token is 1 to 8192 visible ASCII characters".into(),
            Err(error) => error,
        };
        self.notes.events.push(Event::Error {
            code: Code::TokenFailed.as_str().into(),
            reason: None,
            message: format!("there is no token for the server: {why}"),
        });
        self.give(Input::Token(None));
        true
    }

    fn take_socket(&mut self, context: &mut Context<'_>) -> bool {
        if let Some(closing) = &mut self.closing
            && closing.poll(context).is_ready()
        {
            self.closing = None;
        }
        match &mut self.line {
            Line::None => false,
            Line::Connecting(connecting) => {
                let Poll::Ready(connected) = connecting.as_mut().poll(context) else {
                    return false;
                };
                if let Some(socket) = connected {
                    self.line = Line::Open(Box::new(socket));
                    self.give(Input::SocketOpened);
                } else {
                    self.line = Line::None;
                    self.give(Input::SocketFailed);
                }
                true
            }
            Line::Open(socket) => match socket.poll(context) {
                Poll::Pending => false,
                Poll::Ready(heard) => {
                    self.hear(heard);
                    true
                }
            },
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Text(text) => {
                let (now, session, notes) = (self.now(), self.session, &mut self.notes);
                let mut note = |effect: Effect<'_>| notes.take(&effect);
                self.peer.receive(session, &text, now, &mut note);
                // An answer is read by who asked, from the frame that it came in.
                if let Some(request) = self.notes.answered.take() {
                    self.notes.answer(request, Ok(text));
                }
            }
            Heard::Binary => self.notes.events.push(Event::Error {
                code: Code::FrameBinary.as_str().into(),
                reason: None,
                message: "the server sent a frame that is no text".into(),
            }),
            Heard::Closed { code, reason } => {
                self.line = Line::None;
                let reason = &reason;
                self.give(Input::SocketClosed { code, reason });
            }
            Heard::Failed => {
                self.line = Line::None;
                self.give(Input::SocketFailed);
            }
        }
    }

    fn take_timer(&mut self, context: &mut Context<'_>) -> bool {
        let Some(timer) = &mut self.timer else {
            return false;
        };
        if timer.as_mut().poll(context).is_pending() {
            return false;
        }
        self.timer = None;
        self.give(Input::Timer);
        true
    }

    // ---- what the application wants

    fn command(&mut self, command: Command) {
        match command {
            Command::Subscribe(topics) => {
                let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
                self.give(Input::Subscribe(&topics));
            }
            Command::Unsubscribe(topics) => {
                let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
                self.give(Input::Unsubscribe(&topics));
            }
            Command::Write {
                topic,
                payload,
                policy,
            } => self.give(Input::Write {
                topic: &topic,
                payload: Raw::known(&payload),
                policy,
                source: None,
                condition: None,
            }),
            Command::Mirror {
                key,
                mirroring,
                done,
            } => {
                let admitted = self.mirror(&key, mirroring);
                let _ = done.send(admitted);
            }
            Command::ListTopics(done) => {
                let request = self.notes.ask(done);
                self.give(Input::ListTopics { request });
            }
            Command::Query {
                pattern,
                from,
                to,
                limit,
                done,
            } => {
                let request = self.notes.ask(done);
                self.give(Input::Query {
                    request,
                    pattern: &pattern,
                    from,
                    to,
                    limit,
                });
            }
            Command::Reconnect => self.reconnect(),
            Command::Disconnect => self.end(),
        }
    }

    fn mirror(&mut self, key: &str, mirroring: Mirroring) -> Result<(), MirrorError> {
        let Some(door) = self.peer.db().door(key) else {
            let key = key.to_owned();
            return Err(MirrorError::UnknownRecord { key });
        };
        let checked = self.peer.check_topic(key, &mirroring);
        checked.map_err(MirrorError::Topic)?;
        let checked = mirroring.check(door.schema(), door.buffer());
        checked.map_err(|error| MirrorError::Conflict {
            key: key.to_owned(),
            error,
        })?;
        // Once more, in another way.
        self.peer.retire(door.id());
        self.peer.admit(door, mirroring);
        let (now, session, notes) = (self.now(), self.session, &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(&effect);
        self.peer.refresh(session, now, &mut note);
        Ok(())
    }

    fn reconnect(&mut self) {
        let is_off = self.peer.status(self.session) == Some(session::Status::Disconnected);
        self.give(match is_off {
            true => Input::Start,
            false => Input::NetworkOnline,
        });
    }

    fn end(&mut self) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        let (now, session, notes) = (self.now(), self.session, &mut self.notes);
        let mut note = |effect: Effect<'_>| notes.take(&effect);
        self.peer.end(session, now, &mut note);
        self.peer.db().on_written(None);
    }

    // ---- what is left to do

    /// Does what the machine wants done, and tells what happened.
    fn perform(&mut self) {
        while let Some(wanted) = self.notes.wanted.pop_front() {
            match wanted {
                Wanted::Token => self.getting = self.token.as_ref().map(TokenSource::get),
                Wanted::Open => self.line = Line::Connecting(socket::connect(&self.url)),
                Wanted::Send(text) => {
                    if let Line::Open(socket) = &mut self.line {
                        socket.send(text);
                    }
                }
                Wanted::Close(code, reason) => {
                    if let Line::Open(mut socket) = std::mem::replace(&mut self.line, Line::None) {
                        socket.close(code, reason);
                        self.closing = Some(socket);
                    }
                }
                Wanted::WakeAt(at_ms) => {
                    let rest_ms = at_ms.saturating_sub(self.now().mono_ms);
                    let rest = Duration::from_millis(rest_ms);
                    self.timer = Some(Box::pin(self.runtime.sleep(rest)));
                }
            }
        }
        for record in std::mem::take(&mut self.notes.removed) {
            self.peer.retire(record);
        }
        if let Some(status) = self.peer.status(self.session) {
            let pending = self.peer.writes_pending(self.session);
            self.shared.note(status, pending);
        }
        for event in std::mem::take(&mut self.notes.events) {
            self.shared.tell(&event);
        }
    }

    /// The bridge is over; its socket may still say so to the other end.
    fn say_goodbye(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.shared.end();
        if !std::mem::replace(&mut self.is_leaving, true) {
            let most = Duration::from_millis(CLOSING_MS);
            self.timer = Some(Box::pin(self.runtime.sleep(most)));
        }
        let is_late = match &mut self.timer {
            Some(timer) => timer.as_mut().poll(context).is_ready(),
            None => true,
        };
        let closing = self.closing.as_mut().filter(|_| !is_late);
        let is_closing = closing.is_some_and(|closing| closing.poll(context).is_pending());
        match is_closing {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }
}

fn admit_all<R: RuntimeAdapter>(
    peer: &mut Peer<R>,
    db: &AimDb<R>,
    options: &Options,
) -> Result<(), ConnectError> {
    if let Some((key, _)) = options
        .records
        .iter()
        .find(|(key, _)| db.door(key).is_none())
    {
        return Err(ConnectError::UnknownRecord { key: key.clone() });
    }
    for door in db.doors() {
        let given = options.records.iter().find(|(key, _)| key == door.key());
        let mirroring = match given {
            Some((_, mirroring)) => mirroring.clone(),
            None => Mirroring::by_default(door.buffer()),
        };
        peer.check_topic(door.key(), &mirroring)?;
        let checked = mirroring.check(door.schema(), door.buffer());
        checked.map_err(|error| ConnectError::Conflict {
            key: door.key().into(),
            error,
        })?;
        peer.admit(door, mirroring);
    }
    Ok(())
}

impl<R: RuntimeAdapter> Future for Driver<R>
where
    Self: Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let driver = &mut *self;
        // First, so that what comes from now on is heard of.
        driver.shared.waker.register(context.waker());
        for _ in 0..TURN_MAX {
            if driver.has_ended {
                driver.perform();
                return driver.say_goodbye(context);
            }
            let (now, notes) = (driver.now(), &mut driver.notes);
            let mut note = |effect: Effect<'_>| notes.take(&effect);
            let has_more = driver.peer.take_written(None, now, &mut note);
            driver.perform();
            if !driver.take_one(context) && driver.notes.is_done() && !has_more {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<R: RuntimeAdapter> Drop for Driver<R> {
    fn drop(&mut self) {
        // A runtime may end before its tasks: what waits ends all the same, and is told.
        if !self.has_ended && !std::thread::panicking() {
            self.end();
            for event in std::mem::take(&mut self.notes.events) {
                self.shared.tell(&event);
            }
        }
        if !self.has_ended {
            self.peer.db().on_written(None);
        }
        self.shared.end();
    }
}

impl Notes {
    fn is_done(&self) -> bool {
        self.wanted.is_empty() && self.events.is_empty()
    }

    fn ask(&mut self, done: oneshot::Sender<Answer>) -> RequestId {
        self.last_request += 1;
        let request = RequestId(self.last_request);
        self.requests.insert(request, done);
        request
    }

    fn take(&mut self, effect: &Effect<'_>) {
        match &effect.action {
            Action::Session(session::Effect::NeedToken) => self.wanted.push_back(Wanted::Token),
            Action::Session(session::Effect::Open { .. }) => self.wanted.push_back(Wanted::Open),
            Action::Session(session::Effect::Close { code, reason }) => {
                self.wanted.push_back(Wanted::Close(*code, reason));
            }
            Action::Session(session::Effect::Send(text)) => {
                self.wanted.push_back(Wanted::Send((*text).into()));
            }
            Action::Session(session::Effect::WakeAt { at_ms }) => {
                self.wanted.push_back(Wanted::WakeAt(*at_ms));
            }
            Action::Session(
                session::Effect::TopicList { request, .. }
                | session::Effect::QueryResult { request, .. },
            ) => self.answered = Some(*request),
            Action::Session(session::Effect::RequestFailed { request, failure }) => {
                self.answer(*request, Err(failed(failure)));
            }
            // The record is no more, and nobody said so.
            Action::Refused(WriteError::Removed { .. }) => self.removed.extend(effect.record),
            _ => self.events.extend(Event::of(effect)),
        }
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        if let Some(done) = self.requests.remove(&request) {
            // Who asked may have stopped waiting.
            let _ = done.send(answer);
        }
    }
}

fn failed(failure: &RequestFailure<'_>) -> RequestError {
    let (reason, message) = match failure {
        RequestFailure::Refused(refusal) => (
            refusal.reason.map(str::to_owned),
            refusal.message.to_owned(),
        ),
        other => {
            let reason = other.reason();
            (
                Some(reason.to_owned()),
                format!("the request got no answer: {reason}"),
            )
        }
    };
    RequestError::Failed {
        code: failure.code().into(),
        reason,
        message,
    }
}
