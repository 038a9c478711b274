//! The machine: link, keepalive, subscriptions, writes and requests, one input at a time.
//!
//! Guarantees: see the crate. Does not: hold more than one connection; a second session is a
//! second bridge.

mod incoming;
mod outgoing;

use crate::api::{Effect, Emit, Input, Status};
use crate::error::BridgeError;
use crate::inbox::Inbox;
use crate::options::{Options, OptionsError};
use crate::outbox::Outbox;
use crate::pace::{Bucket, Random};
use crate::requests::{self, Requests};
use crate::{CLOSE_CONNECT_TIMEOUT, CLOSE_SILENT};
use aimdb_ws_protocol::{
    ClientFrame, ClientHello, HeldContract, PROTOCOL_VERSION, Pattern, ServerFrame,
};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use outgoing::send_subscribe;

enum Link {
    /// No connection, and none is tried.
    Off,
    /// A socket is being opened.
    Opening { give_up_at: u64 },
    /// The socket is open.
    Open {
        heard_at: u64,
        pong_due_at: Option<u64>,
    },
    /// The next attempt waits for its time.
    Waiting { retry_at: u64 },
}

/// What is known of the server at the other end of the present connection.
#[derive(PartialEq, Eq)]
enum Peer {
    /// It has not answered the hello.
    Unknown,
    /// It said hello: it acknowledges writes.
    Ours,
    /// It answered without a hello: a published server.
    Published,
}

/// A client's session with a server.
pub struct Bridge {
    options: Options,
    client: String,
    random: Random,
    link: Link,
    peer: Peer,
    /// Whether the server can be asked for contracts.
    has_contracts: bool,
    /// The contracts of the records that are mirrored here.
    contracts: Vec<HeldContract<'static>>,
    /// The instance of our server that versions belong to.
    instance: Option<String>,
    status: Status,
    /// Connections in a row that were lost or not reached before a frame came.
    failures: u32,
    /// The session was ended by `Disconnect`.
    ended: bool,
    inbox: Inbox,
    outbox: Outbox,
    requests: Requests,
    wake_at: Option<u64>,
}

impl Bridge {
    /// Makes a session that has not started.
    ///
    /// # Errors
    /// Names the option that cannot be used.
    pub fn new(options: Options, seed: u64) -> Result<Self, OptionsError> {
        let followed = options.check()?;
        let mut random = Random::new(seed);
        let client = match &options.client {
            Some(client) => client.clone(),
            None => format!("{:016x}", random.next()),
        };
        let bucket = Bucket::new(options.writes_per_second_max, options.writes_burst_max);
        let outbox = Outbox::new(options.first_write, options.writes_pending_max, bucket);
        Ok(Self {
            client,
            random,
            link: Link::Off,
            peer: Peer::Unknown,
            has_contracts: false,
            contracts: Vec::new(),
            instance: None,
            status: Status::Disconnected,
            failures: 0,
            ended: false,
            inbox: Inbox::new(followed),
            outbox,
            requests: Requests::default(),
            wake_at: None,
            options,
        })
    }

    /// The present status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The client's name towards the server.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// How many writes wait to be sent or answered.
    #[must_use]
    pub fn writes_pending(&self) -> usize {
        self.outbox.len()
    }

    /// The patterns that are followed.
    pub fn subscriptions(&self) -> impl Iterator<Item = &str> {
        let followed = self.inbox.followed().patterns();
        followed.iter().map(Pattern::as_str)
    }

    /// The first of the patterns that are followed, in their order, that selects a topic.
    #[must_use]
    pub fn follows(&self, topic: &str) -> Option<&str> {
        self.inbox.followed().first(topic).map(Pattern::as_str)
    }

    /// Takes a text frame, as [`handle`](Self::handle) takes a decoded one. A driver that decodes
    /// frames itself does without the decoder in its program.
    pub fn receive(&mut self, text: &str, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        self.handle(Input::Frame(ServerFrame::decode(text)), now_ms, emit);
    }

    /// Takes one input and gives its effects in order.
    pub fn handle(&mut self, input: Input<'_>, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        match input {
            Input::Frame(frame) => {
                if !self.frame(frame, now_ms, emit) {
                    // A value only postpones deadlines: nothing to announce on the hot path.
                    return;
                }
            }
            Input::Start => self.start(now_ms, emit),
            Input::SocketOpened => self.opened(now_ms, emit),
            Input::SocketClosed { code, reason } => self.closed(code, reason, now_ms, emit),
            Input::SocketFailed => self.failed(now_ms, emit),
            Input::Timer => self.timer(now_ms, emit),
            Input::NetworkOnline => {
                // What failed before says nothing about the network that has come back.
                self.failures = 0;
                self.nudge(now_ms, emit);
            }
            Input::PageVisible => self.nudge(now_ms, emit),
            // Loopback works without a network: ask the peer instead of believing the news.
            Input::NetworkOffline => self.check_peer(now_ms, emit),
            Input::Subscribe(topics) => self.subscribe(topics, emit),
            Input::Unsubscribe(topics) => self.unsubscribe(topics, emit),
            Input::Write {
                topic,
                payload,
                policy,
            } => {
                let refusal = self.write_refusal(policy);
                self.outbox
                    .push((topic, payload, policy), refusal, now_ms, emit);
                self.flush(now_ms, emit);
            }
            Input::Hold(contracts) => self.hold(contracts, emit),
            Input::Contracts { request, names } => {
                self.ask_contracts(request, names, now_ms, emit);
            }
            Input::ListTopics { request } => {
                let id = Cow::Owned(requests::name(request));
                self.request(request, &ClientFrame::ListTopics { id }, now_ms, emit);
            }
            Input::Query {
                request,
                pattern,
                from,
                to,
                limit,
            } => {
                self.query(request, (pattern, from, to, limit), now_ms, emit);
            }
            Input::Disconnect => self.disconnect(emit),
        }
        self.announce_wake(now_ms, emit);
    }

    fn set_status(&mut self, status: Status, emit: Emit<'_>) {
        if self.status != status {
            self.status = status;
            emit(Effect::Status(status));
        }
    }

    fn start(&mut self, now_ms: u64, emit: Emit<'_>) {
        if matches!(self.link, Link::Off) {
            self.ended = false;
            self.failures = 0;
            self.wake_at = None;
            self.set_status(Status::Connecting, emit);
            self.open(now_ms, emit);
        }
    }

    fn open(&mut self, now_ms: u64, emit: Emit<'_>) {
        let give_up_at = now_ms.saturating_add(self.options.connect_timeout_ms);
        self.link = Link::Opening { give_up_at };
        emit(Effect::Open {
            attempt: self.failures.saturating_add(1),
        });
    }

    /// Hello first, so that the server knows whose writes follow; then the subscriptions, so that
    /// the echo of a flushed write is seen; then what waited.
    fn opened(&mut self, now_ms: u64, emit: Emit<'_>) {
        if !matches!(self.link, Link::Opening { .. }) {
            return;
        }
        let pong_due_at = Some(now_ms.saturating_add(self.options.pong_within_ms));
        self.link = Link::Open {
            heard_at: now_ms,
            pong_due_at,
        };
        self.peer = Peer::Unknown;
        self.inbox.connection_opened();
        self.has_contracts = false;
        self.say_hello(emit);
        send_subscribe(self.inbox.followed().patterns(), emit);
        self.requests.send_all(emit);
        self.set_status(Status::Connected, emit);
        self.flush(now_ms, emit);
    }

    pub(self) fn say_hello(&self, emit: Emit<'_>) {
        let hello = Some(ClientHello {
            version: PROTOCOL_VERSION,
            client: Cow::Borrowed(&self.client),
            contracts: Some(self.contracts.clone()),
        });
        emit(Effect::Send(&ClientFrame::Ping { hello }.encode()));
    }

    fn closed(&mut self, code: u16, reason: &str, now_ms: u64, emit: Emit<'_>) {
        match self.link {
            Link::Opening { .. } => self.failed(now_ms, emit),
            Link::Open { .. } => {
                // Done, going away, no code, torn off: the status says enough.
                if !matches!(code, 1000 | 1001 | 1005 | 1006) {
                    emit(Effect::Error(BridgeError::Closed { code, reason }));
                }
                self.lost(now_ms, emit);
            }
            Link::Off | Link::Waiting { .. } => {}
        }
    }

    fn failed(&mut self, now_ms: u64, emit: Emit<'_>) {
        match self.link {
            Link::Opening { .. } => {
                self.report_first_failure(BridgeError::ConnectFailed, emit);
                self.lost(now_ms, emit);
            }
            Link::Open { .. } => self.lost(now_ms, emit),
            Link::Off | Link::Waiting { .. } => {}
        }
    }

    fn report_first_failure(&self, error: BridgeError<'_>, emit: Emit<'_>) {
        if self.failures == 0 {
            emit(Effect::Error(error));
        }
    }

    fn give_up(&mut self, code: u16, reason: &'static str, now_ms: u64, emit: Emit<'_>) {
        emit(Effect::Close { code, reason });
        self.lost(now_ms, emit);
    }

    fn lost(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.failures = self.failures.saturating_add(1);
        self.link = Link::Off;
        self.outbox.connection_lost(now_ms, emit);
        if !self.options.auto_reconnect {
            return self.set_status(Status::Disconnected, emit);
        }
        if let Some(retries) = self.options.retries_max
            && self.failures > retries
        {
            emit(Effect::Error(BridgeError::RetriesExhausted { retries }));
            return self.set_status(Status::Disconnected, emit);
        }
        let (ms_min, ms_max) = (self.options.retry_ms_min, self.options.retry_ms_max);
        let wait_ms = self.random.backoff_ms(self.failures, ms_min, ms_max);
        self.link = Link::Waiting {
            retry_at: now_ms.saturating_add(wait_ms),
        };
        self.set_status(Status::Reconnecting, emit);
    }

    fn disconnect(&mut self, emit: Emit<'_>) {
        self.ended = true;
        self.outbox.drop_all(emit);
        self.requests.fail_all(emit);
        self.inbox.forget_echoes();
        if matches!(self.link, Link::Opening { .. } | Link::Open { .. }) {
            emit(Effect::Close {
                code: 1000,
                reason: "the client disconnected",
            });
        }
        self.link = Link::Off;
        self.set_status(Status::Disconnected, emit);
    }

    /// The world looks better: try at once, or see whether the connection still lives.
    fn nudge(&mut self, now_ms: u64, emit: Emit<'_>) {
        match self.link {
            Link::Waiting { .. } => self.open(now_ms, emit),
            Link::Open { .. } => self.check_peer(now_ms, emit),
            Link::Off | Link::Opening { .. } => {}
        }
    }

    fn check_peer(&mut self, now_ms: u64, emit: Emit<'_>) {
        if let Link::Open {
            pong_due_at: pong_due_at @ None,
            ..
        } = &mut self.link
        {
            *pong_due_at = Some(now_ms.saturating_add(self.options.pong_within_ms));
            emit(Effect::Send(&ClientFrame::Ping { hello: None }.encode()));
        }
    }

    fn timer(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.wake_at = None;
        self.requests.expire(now_ms, emit);
        self.outbox.expire(now_ms, emit);
        match self.link {
            Link::Opening { give_up_at } if give_up_at <= now_ms => {
                self.report_first_failure(BridgeError::ConnectTimeout, emit);
                self.give_up(
                    CLOSE_CONNECT_TIMEOUT,
                    "connecting took too long",
                    now_ms,
                    emit,
                );
            }
            Link::Open {
                pong_due_at: Some(due),
                ..
            } if due <= now_ms => {
                emit(Effect::Error(BridgeError::PeerSilent));
                self.give_up(CLOSE_SILENT, "the server does not answer", now_ms, emit);
            }
            Link::Open { heard_at, .. }
                if heard_at.saturating_add(self.options.ping_every_ms) <= now_ms =>
            {
                self.check_peer(now_ms, emit);
            }
            Link::Waiting { retry_at } if retry_at <= now_ms => self.open(now_ms, emit),
            _ => {}
        }
        self.flush(now_ms, emit);
    }

    fn deadline(&self) -> Option<u64> {
        let link = match self.link {
            Link::Off => None,
            Link::Opening { give_up_at } => Some(give_up_at),
            Link::Open {
                pong_due_at: Some(due),
                ..
            } => Some(due),
            Link::Open { heard_at, .. } => {
                Some(heard_at.saturating_add(self.options.ping_every_ms))
            }
            Link::Waiting { retry_at } => Some(retry_at),
        };
        let open = matches!(self.link, Link::Open { .. });
        let pace = self.outbox.ready_at().filter(|_| open);
        [
            link,
            pace,
            self.outbox.expires_at(),
            self.requests.fails_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Announces the deadline only when it comes earlier than the announced one: a timer that
    /// fires too early finds nothing to do and announces the next.
    fn announce_wake(&mut self, now_ms: u64, emit: Emit<'_>) {
        if let Some(deadline) = self.deadline()
            && self.wake_at.is_none_or(|announced| deadline < announced)
        {
            self.wake_at = Some(deadline);
            emit(Effect::WakeAt {
                at_ms: deadline.max(now_ms),
            });
        }
    }
}
