//! The machine: link, keepalive, subscriptions, writes and requests, one input at a time.
//!
//! Guarantees: see the crate. Does not: hold more than one connection; a second session is a
//! second bridge.

use crate::api::{
    DeliveryKind, DropReason, Effect, Emit, Input, RequestFailure, RequestId, Status, WritePolicy,
};
use crate::error::BridgeError;
use crate::inbox::Inbox;
use crate::options::{Options, OptionsError};
use crate::outbox::Outbox;
use crate::pace::{Bucket, Random};
use crate::requests::{self, Requests};
use crate::{CLOSE_CONNECT_TIMEOUT, CLOSE_SILENT};
use aimdb_ws_protocol::{
    ClientFrame, ClientHello, FrameError, PROTOCOL_VERSION, Pattern, ServerFrame, WireError,
};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One `subscribe` frame carries patterns of so many bytes: escapes at most double them, and the
/// frame stays below the server's limit.
const SUBSCRIBE_BYTES_MAX: usize = 24 * 1024;

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
        let patterns = options.check()?;
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
            instance: None,
            status: Status::Disconnected,
            failures: 0,
            ended: false,
            inbox: Inbox::new(patterns),
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
        self.inbox.patterns().iter().map(Pattern::as_str)
    }

    /// Takes one input and gives its effects in order.
    pub fn handle(&mut self, input: Input<'_>, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        match input {
            Input::Frame(text) => {
                if !self.frame(text, now_ms, emit) {
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
        let client = Cow::Borrowed(self.client.as_str());
        let hello = Some(ClientHello {
            version: PROTOCOL_VERSION,
            client,
        });
        emit(Effect::Send(&ClientFrame::Ping { hello }.encode()));
        send_subscribe(self.inbox.patterns(), emit);
        self.requests.send_all(emit);
        self.set_status(Status::Connected, emit);
        self.flush(now_ms, emit);
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

    fn subscribe(&mut self, topics: &[&str], emit: Emit<'_>) {
        let mut fresh: Vec<Pattern> = Vec::new();
        for text in topics {
            match Pattern::parse(text) {
                Err(error) => {
                    emit(Effect::Error(BridgeError::Pattern {
                        pattern: text,
                        error,
                    }));
                }
                Ok(pattern) if fresh.contains(&pattern) => {}
                Ok(pattern) if self.inbox.follow(&pattern) => fresh.push(pattern),
                Ok(_) => {
                    emit(Effect::Error(BridgeError::TooManySubscriptions {
                        pattern: text,
                    }));
                }
            }
        }
        if matches!(self.link, Link::Open { .. }) {
            send_subscribe(&fresh, emit);
        }
    }

    fn unsubscribe(&mut self, topics: &[&str], emit: Emit<'_>) {
        let left: Vec<_> = topics
            .iter()
            .filter(|topic| self.inbox.leave(topic))
            .collect();
        if !left.is_empty() && matches!(self.link, Link::Open { .. }) {
            let topics = left
                .into_iter()
                .map(|topic| Cow::Borrowed(*topic))
                .collect();
            emit(Effect::Send(&ClientFrame::Unsubscribe { topics }.encode()));
        }
    }

    fn write_refusal(&self, policy: WritePolicy) -> Option<DropReason> {
        if self.ended {
            Some(DropReason::Disconnected)
        } else if policy == WritePolicy::Reject && !matches!(self.link, Link::Open { .. }) {
            Some(DropReason::Offline)
        } else {
            None
        }
    }

    fn flush(&mut self, now_ms: u64, emit: Emit<'_>) {
        if !matches!(self.link, Link::Open { .. }) {
            return;
        }
        self.outbox.expire(now_ms, emit);
        let answers = self.peer != Peer::Published;
        let says_whose = self.peer == Peer::Ours;
        let inbox = &mut self.inbox;
        while self.outbox.send_next(answers, now_ms, emit, |sent| {
            if !says_whose {
                inbox.expect_echo(sent.topic, sent.payload, now_ms);
            }
        }) {}
    }

    fn query(
        &mut self,
        request: RequestId,
        (pattern, from, to, limit): (&str, Option<u64>, Option<u64>, Option<u64>),
        now_ms: u64,
        emit: Emit<'_>,
    ) {
        if let Err(error) = Pattern::parse(pattern) {
            let failure = RequestFailure::Pattern(error);
            return emit(Effect::RequestFailed { request, failure });
        }
        let (id, pattern) = (Cow::Owned(requests::name(request)), Cow::Borrowed(pattern));
        let frame = ClientFrame::Query {
            id,
            pattern,
            from,
            to,
            limit,
        };
        self.request(request, &frame, now_ms, emit);
    }

    /// Asks at once, or as soon as there is a connection, as long as its time lasts.
    fn request(
        &mut self,
        request: RequestId,
        frame: &ClientFrame<'_>,
        now_ms: u64,
        emit: Emit<'_>,
    ) {
        let refusal = match self.requests.check(request) {
            Err(failure) => Some(failure),
            Ok(()) => self.ended.then_some(RequestFailure::Disconnected),
        };
        if let Some(failure) = refusal {
            return emit(Effect::RequestFailed { request, failure });
        }
        let text = frame.encode();
        if matches!(self.link, Link::Open { .. }) {
            emit(Effect::Send(&text));
        }
        let fails_at = now_ms.saturating_add(self.options.request_timeout_ms);
        self.requests.push(request, text, fails_at);
    }

    /// Takes a frame. False when it was a value, which moves no deadline forward.
    fn frame(&mut self, text: &str, now_ms: u64, emit: Emit<'_>) -> bool {
        let Link::Open {
            heard_at,
            pong_due_at,
        } = &mut self.link
        else {
            return false;
        };
        // Whatever it says, somebody is there.
        *heard_at = now_ms;
        let waited = pong_due_at.take().is_some();
        self.failures = 0;
        match ServerFrame::decode(text) {
            Ok(ServerFrame::Data {
                topic,
                payload,
                ts,
                seq,
                gap,
                by,
            }) => {
                let payload = payload.map(|payload| payload.get());
                let own_echo = self.is_own(&topic, payload, by, now_ms);
                if self.inbox.admit(&topic, DeliveryKind::Data, seq) {
                    if let Some(missed) = gap.filter(|missed| *missed > 0) {
                        emit(Effect::Lagged {
                            topic: &topic,
                            missed,
                        });
                    }
                    if let Some(payload) = payload {
                        let (kind, ts) = (DeliveryKind::Data, Some(ts));
                        emit(Effect::Deliver {
                            topic: &topic,
                            payload,
                            kind,
                            ts,
                            seq,
                            own_echo,
                        });
                    }
                }
                return waited;
            }
            Ok(ServerFrame::Snapshot {
                topic,
                payload,
                seq,
            }) => {
                if self.options.late_join
                    && let Some(payload) = payload.map(|payload| payload.get())
                    && self.inbox.admit(&topic, DeliveryKind::Snapshot, seq)
                {
                    let (kind, ts, own_echo) = (DeliveryKind::Snapshot, None, false);
                    emit(Effect::Deliver {
                        topic: &topic,
                        payload,
                        kind,
                        ts,
                        seq,
                        own_echo,
                    });
                }
                return waited;
            }
            Ok(ServerFrame::Pong { hello }) => {
                self.greeted(hello.as_ref().map(|hello| &*hello.server), emit);
            }
            Ok(ServerFrame::Ack { id }) => self.outbox.acknowledge(id, emit),
            Ok(ServerFrame::Error(error)) => self.server_error(error, emit),
            Ok(ServerFrame::TopicList { id, topics }) => {
                if let Some(request) = self.requests.take(&id) {
                    emit(Effect::TopicList {
                        request,
                        topics: &topics,
                    });
                }
            }
            Ok(ServerFrame::QueryResult { id, records, total }) => {
                if let Some(request) = self.requests.take(&id) {
                    emit(Effect::QueryResult {
                        request,
                        records: &records,
                        total,
                    });
                }
            }
            // A newer server may say more than we understand.
            Ok(ServerFrame::Subscribed { .. }) | Err(FrameError::UnknownType { .. }) => {}
            Err(error) => emit(Effect::Error(BridgeError::Frame(error))),
        }
        true
    }

    fn is_own(&mut self, topic: &str, payload: Option<&str>, by: Option<u64>, now_ms: u64) -> bool {
        match (by, payload) {
            (Some(id), _) => self.outbox.knows(id, self.options.first_write),
            (None, Some(payload)) if self.peer != Peer::Ours => {
                self.inbox.take_echo(topic, payload, now_ms)
            }
            _ => false,
        }
    }

    /// The first answer to a ping on a connection tells what kind of server it is; later pongs
    /// carry no hello and say nothing new.
    fn greeted(&mut self, instance: Option<&str>, emit: Emit<'_>) {
        match instance {
            Some(instance) => {
                self.peer = Peer::Ours;
                self.inbox.forget_echoes();
                if self.instance.as_deref() != Some(instance) {
                    self.instance = Some(instance.into());
                    self.inbox.forget_versions();
                }
            }
            None if self.peer == Peer::Unknown => {
                self.peer = Peer::Published;
                self.outbox.settle_sent(emit);
                if self.instance.take().is_some() {
                    self.inbox.forget_versions();
                }
            }
            None => {}
        }
    }

    fn server_error(&mut self, error: WireError<'_>, emit: Emit<'_>) {
        if let Some(name) = &error.request
            && let Some(request) = self.requests.take(name)
        {
            let (reason, message) = (error.reason.as_deref(), &*error.message);
            let failure = RequestFailure::Refused {
                code: error.code,
                reason,
                message,
            };
            return emit(Effect::RequestFailed { request, failure });
        }
        // A published server names only the topic: its oldest unanswered write is meant.
        let by_topic = self.peer != Peer::Ours;
        if self.outbox.refuse(&error, by_topic, emit) {
            return;
        }
        // A write that was superseded or dropped when its connection was lost has been reported.
        let settled = error
            .id
            .is_some_and(|id| self.outbox.knows(id, self.options.first_write));
        if !settled {
            emit(Effect::Error(BridgeError::Server(error)));
        }
    }
}

fn send_subscribe(patterns: &[Pattern], emit: Emit<'_>) {
    let mut topics: Vec<Cow<'_, str>> = Vec::new();
    let mut bytes = 0;
    for (index, pattern) in patterns.iter().enumerate() {
        topics.push(Cow::Borrowed(pattern.as_str()));
        bytes += pattern.as_str().len();
        if bytes > SUBSCRIBE_BYTES_MAX || index + 1 == patterns.len() {
            let topics = core::mem::take(&mut topics);
            bytes = 0;
            emit(Effect::Send(&ClientFrame::Subscribe { topics }.encode()));
        }
    }
}
