//! The machine: link, keepalive, subscriptions, writes and requests, one input at a time.
//!
//! Guarantees: see the crate. Does not: hold more than one connection; a second session is a
//! second bridge.

mod incoming;
mod outgoing;
mod tokens;

use crate::api::{Effect, Emit, Input, Now, Status, ValueHead, WriteId};
use crate::blame::Close;
use crate::entry::Entry;
use crate::error::BridgeError;
use crate::inbox::Inbox;
use crate::options::{Options, OptionsError};
use crate::outbox::Outbox;
use crate::pace::{Pace, Random};
use crate::requests::{self, Requests};
use crate::tokens::Tokens;
use crate::{CLOSE_CONNECT_TIMEOUT, CLOSE_SILENT, LASTING_MS};
use aimdb_ws_protocol::{
    CLOSE_UNAUTHORIZED, ClientFrame, ClientHello, HeldContract, PROTOCOL_VERSION, Pattern,
    SINCE_MAX, ServerFrame,
};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// So many bytes of topics may stand in a frame beside the patterns.
const SINCE_BYTES_MAX: usize = 16 * 1024;

enum Link {
    /// No connection, and none is tried.
    Off,
    /// A token was asked for, without which no socket is opened.
    Asking,
    /// A socket is being opened.
    Opening { give_up_at: u64 },
    /// The socket is open.
    Open {
        opened_at: u64,
        heard_at: u64,
        pong_due_at: Option<u64>,
        /// Patterns that the server put off are asked for again then.
        subscribe_at: Option<u64>,
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
    /// Connections in a row that were not reached, or lost before they had worked for a while.
    failures: u32,
    /// The session was ended by `Disconnect`.
    ended: bool,
    inbox: Inbox,
    /// Topics of which the next connection is asked for what came since a number.
    since: Vec<(String, u64)>,
    outbox: Outbox,
    pace: Pace,
    tokens: Tokens,
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
        let pace = Pace::new(options.writes_per_second_max, options.writes_burst_max);
        let mut outbox = Outbox::new(
            options.first_write,
            options.writes_pending_max,
            options.write_timeout_ms,
        );
        if options.keeps_writes {
            outbox.keep();
        }
        if options.shares_writes {
            outbox.share();
        }
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
            since: Vec::new(),
            outbox,
            pace,
            tokens: Tokens::default(),
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

    /// The instance of the server that the numbers of values are of; nothing before one has said hello.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// The number that the next write gets.
    #[must_use]
    pub fn next_write(&self) -> WriteId {
        self.outbox.next_id()
    }

    /// How many writes may wait; as many echoes are waited for.
    #[must_use]
    pub fn writes_pending_max(&self) -> usize {
        self.options.writes_pending_max
    }

    /// How many writes wait to be sent or answered.
    #[must_use]
    pub fn writes_pending(&self) -> usize {
        self.outbox.len()
    }

    /// The writes that have not ended, in order: all that a later session needs to go on with them.
    pub fn writes(&self) -> impl Iterator<Item = &Entry> {
        self.outbox.entries()
    }

    /// A write that has not ended, or one of a record that the server took and whose echo may still come.
    #[must_use]
    pub fn write(&self, id: WriteId) -> Option<&Entry> {
        self.outbox.entry(id)
    }

    /// Where a write stands among those that the server gets.
    #[must_use]
    pub fn order(&self, id: WriteId) -> u64 {
        self.outbox.order(id)
    }

    /// No echo of a write is waited for any more.
    pub fn forget(&mut self, id: WriteId) {
        self.outbox.forget(id);
    }

    /// Puts writes back that were read out of an earlier session under the same [client
    /// name](Options::client), in order. One that is here already is left out; what does not fit, or comes after a later
    /// one was sent, is reported: it ends with the session that it is from.
    pub fn restore(&mut self, writes: Vec<Entry>, now: Now, emit: &mut dyn FnMut(Effect<'_>)) {
        let admitted = self.admit(writes);
        self.restore_admitted(admitted, now, emit);
    }

    /// The first half of [`restore`](Self::restore): what of the writes is not here yet, under the numbers of this session.
    pub fn admit(&mut self, writes: Vec<Entry>) -> Vec<Entry> {
        self.outbox.admit_kept(writes)
    }

    /// The server holds an older version of some contracts: `make` gives the value of a write in that one, as JSON text, where it
    /// has to become another; what was handed over stays, in the version that `version_of` says. Said before the server's hello
    /// is given to the bridge, and of what was admitted between the halves of [`restore`](Self::restore).
    pub fn convert(
        &mut self,
        admitted: &mut [Entry],
        make: &mut dyn FnMut(&Entry) -> Option<(String, u32)>,
        version_of: &dyn Fn(&Entry) -> Option<u32>,
    ) {
        self.outbox.convert(admitted, make, version_of);
    }

    /// The second half: puts back what was admitted.
    pub fn restore_admitted(
        &mut self,
        admitted: Vec<Entry>,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        self.outbox.restore(admitted, now, emit);
        self.flush(now, emit);
        self.announce_wake(now, emit);
    }

    /// Asks the server of the next connection for what came since these numbers of topics, instead of a snapshot: for
    /// those of which every value counts. Said before `SocketOpened`; at most [`SINCE_MAX`] are asked for.
    pub fn resume(&mut self, mut since: Vec<(String, u64)>) {
        let mut bytes = 0;
        let mut fits = |(topic, _): &(String, u64)| {
            bytes += topic.len();
            bytes <= SINCE_BYTES_MAX
        };
        let count = since
            .iter()
            .take(SINCE_MAX)
            .take_while(|one| fits(one))
            .count();
        since.truncate(count);
        self.since = since;
    }

    /// The server that an earlier run has heard last: what records have from it may be gone on from. Said before the session
    /// starts.
    pub fn heard_before(&mut self, instance: &str) {
        self.instance.get_or_insert_with(|| instance.into());
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
    pub fn receive(&mut self, text: &str, now: Now, emit: &mut dyn FnMut(Effect<'_>)) {
        let frame = ServerFrame::decode(text);
        let head = frame.as_ref().ok().and_then(ValueHead::of);
        match head {
            Some((head, _)) => self.handle(Input::Value(head), now, emit),
            None => self.handle(Input::Frame(frame), now, emit),
        }
    }

    /// Takes one input and gives its effects in order.
    pub fn handle(&mut self, input: Input<'_>, now: Now, emit: &mut dyn FnMut(Effect<'_>)) {
        match input {
            Input::Value(head) => {
                if !self.value(&head, now, emit) {
                    // A value only postpones deadlines: nothing to announce on the hot path.
                    return;
                }
            }
            Input::Frame(frame) => self.frame(frame, now, emit),
            Input::Start => self.start(now, emit),
            Input::Token(token) => self.token(token, now, emit),
            Input::SocketOpened => self.opened(now, emit),
            Input::SocketClosed { code, reason } => self.closed(Close { code, reason }, now, emit),
            Input::SocketFailed => self.failed(now, emit),
            Input::Timer => self.timer(now, emit),
            Input::NetworkOnline => {
                // What failed before says nothing about the network that has come back.
                self.failures = 0;
                self.nudge(now, emit);
            }
            Input::PageVisible => {
                self.outbox.expire(now, emit);
                self.nudge(now, emit);
            }
            // Loopback works without a network: ask the peer instead of believing the news.
            Input::NetworkOffline => self.check_peer(now, emit),
            Input::Subscribe(topics) => self.subscribe(topics, now, emit),
            Input::Unsubscribe(topics) => self.unsubscribe(topics, now, emit),
            Input::Write {
                topic,
                payload,
                policy,
                source,
                condition,
            } => {
                let id = self.outbox.next_id();
                let mut entry = Entry::new(id, topic, payload.get(), policy, source, now);
                entry.condition = condition;
                let refusal = self.write_refusal(&entry);
                let is_online = self.takes_writes();
                self.outbox.push(entry, refusal, (is_online, now), emit);
                self.flush(now, emit);
            }
            Input::Hold(contracts) => self.hold(contracts, now, emit),
            Input::Contracts { request, names } => {
                self.ask_contracts(request, names, now, emit);
            }
            Input::ListTopics { request } => {
                let id = Cow::Owned(requests::name(request));
                self.request(request, &ClientFrame::ListTopics { id }, now, emit);
            }
            Input::Query {
                request,
                pattern,
                from,
                to,
                limit,
            } => {
                self.query(request, (pattern, from, to, limit), now, emit);
            }
            Input::Stored { count, numbers } => {
                self.outbox.stored(count, true, numbers, emit);
                self.flush(now, emit);
            }
            Input::NotStored { count } => {
                self.outbox.stored(count, false, &[], emit);
                self.flush(now, emit);
            }
            Input::Lead { epoch } => self.lead(epoch, now, emit),
            Input::Follow => {
                self.outbox.lead(false, now, emit);
            }
            Input::Ended { number, outcome } => {
                self.outbox.ended_elsewhere(number, outcome, emit);
            }
            Input::Disconnect => self.disconnect(emit),
        }
        self.announce_wake(now, emit);
    }

    fn set_status(&mut self, status: Status, emit: Emit<'_>) {
        if self.status != status {
            self.status = status;
            emit(Effect::Status(status));
        }
    }

    fn start(&mut self, now: Now, emit: Emit<'_>) {
        if matches!(self.link, Link::Off) {
            self.ended = false;
            self.failures = 0;
            self.wake_at = None;
            self.set_status(Status::Connecting, emit);
            self.open(now, emit);
        }
    }

    fn connect(&mut self, now: Now, emit: Emit<'_>) {
        let give_up_at = now.mono_ms.saturating_add(self.options.connect_timeout_ms);
        self.link = Link::Opening { give_up_at };
        emit(Effect::Open {
            attempt: self.failures.saturating_add(1),
        });
    }

    /// Hello first, so that the server knows whose writes will follow; then the subscriptions, so that
    /// the echo of a flushed write is seen. Writes wait until the server has said who it is and what it takes.
    fn opened(&mut self, now: Now, emit: Emit<'_>) {
        if !matches!(self.link, Link::Opening { .. }) {
            return;
        }
        let now_ms = now.mono_ms;
        self.link = Link::Open {
            opened_at: now_ms,
            heard_at: now_ms,
            pong_due_at: Some(now_ms.saturating_add(self.options.pong_within_ms)),
            subscribe_at: None,
        };
        self.peer = Peer::Unknown;
        self.tokens.is_needed = false;
        self.pace.begin_again(now_ms);
        self.inbox.connection_opened();
        self.has_contracts = false;
        self.say_hello(true, now, emit);
        self.subscribe_to_all(now, emit);
        self.send_requests(now, emit);
    }

    /// The first one of a connection brings the token.
    pub(self) fn say_hello(&mut self, is_first: bool, now: Now, emit: Emit<'_>) {
        let hello = Some(ClientHello {
            version: PROTOCOL_VERSION,
            client: Cow::Borrowed(&self.client),
            epoch: Some(self.options.epoch),
            contracts: Some(self.contracts.clone()),
            token: self.tokens.for_hello().filter(|_| is_first),
        });
        let text = ClientFrame::Ping { hello }.encode();
        self.pace.pay(text.len(), now.mono_ms);
        emit(Effect::Send(&text));
    }

    pub(self) fn send_requests(&mut self, now: Now, emit: Emit<'_>) {
        if self.is_open() {
            let (pace, now_ms) = (&mut self.pace, now.mono_ms);
            let mut pay = |bytes| pace.pay(bytes, now_ms);
            self.requests.send(now_ms, &mut pay, emit);
        }
    }

    pub(self) fn is_open(&self) -> bool {
        matches!(self.link, Link::Open { .. })
    }

    fn closed(&mut self, close: Close<'_>, now: Now, emit: Emit<'_>) {
        match self.link {
            Link::Opening { .. } => self.failed(now, emit),
            Link::Open { .. } => {
                let Close { code, reason } = close;
                let is_refused = code == CLOSE_UNAUTHORIZED;
                // Done, going away, no code, torn off, or another token wanted once more: the status says enough.
                let is_known = is_refused && self.status == Status::NeedsAuth;
                if !matches!(code, 1000 | 1001 | 1005 | 1006 | 1012) && !is_known {
                    emit(Effect::Error(BridgeError::Closed { code, reason }));
                }
                if is_refused {
                    self.token_refused();
                }
                self.lost(close, now, emit);
            }
            Link::Off | Link::Asking | Link::Waiting { .. } => {}
        }
    }

    fn failed(&mut self, now: Now, emit: Emit<'_>) {
        match self.link {
            Link::Opening { .. } => {
                self.report_first_failure(BridgeError::ConnectFailed, emit);
                self.lost(Close::TORN, now, emit);
            }
            Link::Open { .. } => self.lost(Close::TORN, now, emit),
            Link::Off | Link::Asking | Link::Waiting { .. } => {}
        }
    }

    fn report_first_failure(&self, error: BridgeError<'_>, emit: Emit<'_>) {
        if self.failures == 0 {
            emit(Effect::Error(error));
        }
    }

    fn give_up(&mut self, code: u16, reason: &'static str, now: Now, emit: Emit<'_>) {
        emit(Effect::Close { code, reason });
        self.lost(Close { code, reason }, now, emit);
    }

    /// Whether the connection that is being lost worked: it was answered, and lasted. One that says a word and closes is
    /// as good as none, and must not be asked for again and again without a pause.
    fn has_worked(&self, now: Now) -> bool {
        match self.link {
            Link::Open { opened_at, .. } if self.peer != Peer::Unknown => {
                now.mono_ms.saturating_sub(opened_at) >= LASTING_MS
            }
            _ => false,
        }
    }

    fn lost(&mut self, close: Close<'_>, now: Now, emit: Emit<'_>) {
        if self.has_worked(now) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.link = Link::Off;
        // A request that fails costs nothing: while one may be to blame, no write is.
        let is_request = self.requests.connection_lost(close, emit);
        let blamed = if is_request { Close::TORN } else { close };
        self.outbox.connection_lost(blamed, now, emit);
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
        let (failures, ms_max) = match close.back_ms() {
            // Anywhere within that.
            Some(back_ms) => (u32::MAX, back_ms.max(ms_min)),
            None => (self.failures, ms_max),
        };
        let wait_ms = self.random.backoff_ms(failures, ms_min, ms_max);
        self.link = Link::Waiting {
            retry_at: now.mono_ms.saturating_add(wait_ms),
        };
        let status = match self.tokens.is_needed {
            true => Status::NeedsAuth,
            false => Status::Reconnecting,
        };
        self.set_status(status, emit);
    }

    fn disconnect(&mut self, emit: Emit<'_>) {
        self.ended = true;
        self.outbox.end_all(emit);
        self.requests.fail_all(emit);
        if matches!(self.link, Link::Opening { .. } | Link::Open { .. }) {
            emit(Effect::Close {
                code: 1000,
                reason: "the client disconnected",
            });
        }
        self.link = Link::Off;
        self.tokens = Tokens::default();
        self.set_status(Status::Disconnected, emit);
    }

    /// The world looks better: try at once, or see whether the connection still lives.
    fn nudge(&mut self, now: Now, emit: Emit<'_>) {
        self.ask_again(now, emit);
        match self.link {
            Link::Waiting { .. } => self.open(now, emit),
            Link::Open { .. } => self.check_peer(now, emit),
            Link::Off | Link::Asking | Link::Opening { .. } => {}
        }
    }

    fn check_peer(&mut self, now: Now, emit: Emit<'_>) {
        if let Link::Open {
            pong_due_at: pong_due_at @ None,
            ..
        } = &mut self.link
        {
            *pong_due_at = Some(now.mono_ms.saturating_add(self.options.pong_within_ms));
            let text = ClientFrame::Ping { hello: None }.encode();
            self.pace.pay(text.len(), now.mono_ms);
            emit(Effect::Send(&text));
        }
    }

    fn timer(&mut self, now: Now, emit: Emit<'_>) {
        self.wake_at = None;
        let now_ms = now.mono_ms;
        self.requests.expire(now_ms, emit);
        self.outbox.expire(now, emit);
        self.token_timer(now, emit);
        match self.link {
            Link::Opening { give_up_at } if give_up_at <= now_ms => {
                self.report_first_failure(BridgeError::ConnectTimeout, emit);
                let reason = "connecting took too long";
                self.give_up(CLOSE_CONNECT_TIMEOUT, reason, now, emit);
            }
            Link::Open {
                pong_due_at: Some(due),
                ..
            } if due <= now_ms => {
                emit(Effect::Error(BridgeError::PeerSilent));
                self.give_up(CLOSE_SILENT, "the server does not answer", now, emit);
            }
            Link::Open {
                opened_at,
                heard_at,
                subscribe_at,
                ..
            } => {
                if subscribe_at.is_some_and(|at| at <= now_ms) {
                    self.subscribe_to_all(now, emit);
                }
                if self.hello_due_at(opened_at) <= now_ms {
                    // It talks, but answers no ping.
                    self.greeted(None, now, emit);
                }
                if heard_at.saturating_add(self.options.ping_every_ms) <= now_ms {
                    self.check_peer(now, emit);
                }
                self.send_requests(now, emit);
            }
            Link::Waiting { retry_at } if retry_at <= now_ms => self.open(now, emit),
            _ => {}
        }
        self.flush(now, emit);
    }

    /// When a server that has not said who it is counts as one that never will.
    fn hello_due_at(&self, opened_at: u64) -> u64 {
        match self.peer {
            Peer::Unknown => opened_at.saturating_add(self.options.pong_within_ms),
            Peer::Ours | Peer::Published => u64::MAX,
        }
    }

    fn link_deadline(&self) -> Option<u64> {
        match self.link {
            Link::Off | Link::Asking => None,
            Link::Opening { give_up_at } => Some(give_up_at),
            Link::Waiting { retry_at } => Some(retry_at),
            Link::Open {
                pong_due_at: Some(due),
                ..
            } => Some(due),
            Link::Open {
                opened_at,
                heard_at,
                ..
            } => {
                let ping_at = heard_at.saturating_add(self.options.ping_every_ms);
                Some(ping_at.min(self.hello_due_at(opened_at)))
            }
        }
    }

    fn deadline(&self, now: Now) -> Option<u64> {
        let subscribe_at = match self.link {
            Link::Open { subscribe_at, .. } => subscribe_at,
            _ => None,
        };
        let can_send = self.takes_writes() && self.outbox.is_ready();
        [
            self.link_deadline(),
            subscribe_at,
            self.tokens.deadline(),
            can_send.then(|| self.pace.ready_at()),
            self.outbox
                .tells_settled_at()
                .filter(|_| self.takes_writes()),
            self.outbox.ends_at(now),
            self.requests.fails_at(),
            self.requests.again_at().filter(|_| self.is_open()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Announces the deadline only when it comes earlier than the announced one: a timer that
    /// fires too early finds nothing to do and announces the next.
    fn announce_wake(&mut self, now: Now, emit: Emit<'_>) {
        if let Some(deadline) = self.deadline(now)
            && self.wake_at.is_none_or(|announced| deadline < announced)
        {
            self.wake_at = Some(deadline);
            emit(Effect::WakeAt {
                at_ms: deadline.max(now.mono_ms),
            });
        }
    }
}
