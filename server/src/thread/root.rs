//! The hub with what it acts on: sockets and records.
//!
//! Guarantees: one event at a time, in the order in which they came; a write is checked by its
//! record's contract and its cause stays with the version it was committed under. It never waits
//! for a client: what a socket cannot take within its credit stays in the hub. Does not: wait; its thread does
//! (see `turns`).

use crate::error::LinkError;
use crate::hub::{Cause, ClientId, Effect, Hub, Input, Limits, Stamp, TopicSpec};
use crate::records::kind_of;
use crate::store::{Done, Keep, Store, Then, Value};
use crate::thread::event::{self, Door, Event, Events, Inbox};
use crate::thread::hands::Hands;
use crate::thread::keep::Keeping;
use crate::thread::publish::{Found, VALUES_MAX};
use crate::thread::source::Source;
use crate::thread::status::Status;
use crate::thread::template::Template;
use crate::watch::Counters;
use crate::wire::{Broken, Message, Phase, Seen, Sockets, Taken};
use aimdb_contracts::Schema;
use aimdb_core::{AimDb, Direction, Link, LinkEvent, Shape};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::{CLIENT_FRAME_BYTES_MAX, check_topic};
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A message this many times larger than allowed is still read, so that it can be answered with
/// an error instead of a closed socket.
const READ_BEYOND_LIMIT: usize = 4;
/// What is read of a socket at a time.
const READ_BYTES: usize = 64 * 1024;
/// In the middle of a turn clients are given what waits for them after so many messages or ends of topics.
const SERVE_AFTER_MAX: usize = 256;
/// So many pieces of a message count as a sign of life.
const PIECES_PER_SIGN: u32 = 8;
/// The close code for a server that has no room.
const TRY_LATER: u16 = 1013;

/// The token that wakes the thread.
pub(crate) const WAKE: mio::Token = mio::Token(usize::MAX);

/// The hub and the hands that do what it says.
pub(crate) struct Root {
    pub(crate) hub: Hub,
    pub(crate) hands: Hands,
    pub(crate) sockets: Sockets,
    pub(crate) poll: mio::Poll,
    pub(crate) inbox: Inbox,
    pub(crate) status: Arc<Status>,
    topics_max: usize,
    message_bytes_max: usize,
    /// After so many messages of one client, or ends of topics, clients are given what waits for them.
    serve_after: usize,
    /// The names of the contracts that the hub knows.
    contracts: HashSet<String>,
    /// Topics that take integers which JavaScript would round.
    exact_integers: HashSet<String>,
    /// What all sockets are read into.
    buffer: Vec<u8>,
    /// Clients of which more has come than the hub can hear now.
    waiting: Vec<ClientId>,
}

impl Root {
    /// # Errors
    /// The system has no means to wait for sockets.
    pub(crate) fn new(hub: Hub, limits: &Limits) -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKE)?;
        let (events, inbox) = event::channel(waker);
        let stall_max = Duration::from_millis(limits.silent_ms_max);
        Ok(Self {
            hub,
            hands: Hands::new(events),
            sockets: Sockets::new(poll.registry().try_clone()?, stall_max),
            poll,
            inbox,
            status: Arc::new(Status::new()),
            topics_max: limits.topics_max,
            message_bytes_max: limits.message_bytes_max.saturating_mul(READ_BEYOND_LIMIT),
            serve_after: (limits.replies_max / 4).clamp(1, SERVE_AFTER_MAX),
            contracts: HashSet::new(),
            exact_integers: HashSet::new(),
            buffer: vec![0; READ_BYTES],
            waiting: Vec::new(),
        })
    }

    /// Where events go.
    pub(crate) fn events(&self) -> Events {
        self.hands.events.clone()
    }

    /// What happens here is counted there.
    pub(crate) fn counters(&self) -> Arc<Counters> {
        self.hands.counters.clone()
    }

    /// Publishes a record, or takes writes for it.
    pub(crate) fn link(&mut self, mut link: Link<TokioAdapter>) -> Result<(), LinkError> {
        let (direction, address, door) = (link.direction, &link.address, &link.door);
        let key = door.key().to_string();
        check_topic(address).map_err(|error| LinkError::Topic {
            key: key.clone(),
            topic: address.clone(),
            error,
        })?;
        let topic: Arc<str> = address.as_str().into();
        match self.hands.sources.get(&topic) {
            None => self.register(&topic, door)?,
            Some(source) if source.door.id() == door.id() => {}
            Some(source) => {
                let holder = source.door.key().to_string();
                let topic = topic.to_string();
                return Err(LinkError::Taken { key, topic, holder });
            }
        }
        match direction {
            Direction::From => {
                self.take(Input::AllowWrites { topic: &topic });
                self.begin(&topic);
            }
            Direction::To => {
                if let Some(source) = self.hands.sources.get_mut(&topic)
                    && !source.readable
                {
                    source.readable = true;
                    let exact_integers = source.exact_integers.clone();
                    let reader = link.reader();
                    self.hands.publishers.add(&topic, reader, &exact_integers);
                }
                self.begin(&topic);
            }
        }
        Ok(())
    }

    /// Lets a topic go on where an earlier run ended, once.
    fn begin(&mut self, topic: &Arc<str>) {
        let keeping = self.hands.keeping.as_ref();
        if keeping.is_some_and(|keeping| !keeping.journal.knows(topic)) {
            self.hands.begin(topic);
            self.tell_begins();
        }
    }

    /// Keeps from now on what is written, and lets the hub know what was kept before.
    ///
    /// # Errors
    /// The store cannot be read, or the system gives no thread.
    pub(crate) fn keep(&mut self, store: Box<dyn Store>) -> io::Result<()> {
        let (wake, counters) = (self.hands.events.wake(), self.counters());
        let mut keeping = Keeping::start(store, wake, counters)?;
        for account in keeping.ledger().map_err(io::Error::other)? {
            self.take(Input::Recall(account));
        }
        self.hands.keeping = Some(keeping);
        Ok(())
    }

    /// How much of a topic is kept, whether its record is there or comes later.
    pub(crate) fn keep_of(&mut self, topic: &str, keep: Keep) {
        if let Some(keeping) = &mut self.hands.keeping {
            keeping.keep(topic, keep);
        }
    }

    /// Lets a topic take integers that JavaScript would round, whether its record is there or comes later.
    pub(crate) fn exact_integers(&mut self, topic: &str) {
        if let Some(source) = self.hands.sources.get(topic) {
            source.exact_integers.store(true, Ordering::Relaxed);
        }
        self.exact_integers.insert(topic.into());
    }

    fn register(&mut self, topic: &Arc<str>, door: &Arc<Door>) -> Result<(), LinkError> {
        if self.hub.topics() >= self.topics_max {
            let (key, topic) = (door.key().to_string(), topic.to_string());
            let topics_max = self.topics_max;
            return Err(LinkError::TooMany {
                key,
                topic,
                topics_max,
            });
        }
        let spec = TopicSpec {
            name: topic.to_string(),
            schema_type: Some(door.schema().name.to_string()),
            entity: Some(topic.to_string()),
            kind: kind_of(door.buffer()),
            writable: false,
        };
        self.know(door.schema());
        let source = Source::new(door.clone());
        let is_exact = self.exact_integers.contains(&**topic);
        source.exact_integers.store(is_exact, Ordering::Relaxed);
        self.hands.sources.insert(topic.clone(), source);
        self.take(Input::Register(spec));
        Ok(())
    }

    /// Tells the hub of a contract, once.
    fn know(&mut self, schema: &Schema) {
        if self.contracts.insert(schema.name.to_string()) {
            self.take(Input::RegisterContract(Arc::new(schema.clone())));
        }
    }

    /// Makes records by a template, from now on.
    pub(crate) fn template(&mut self, db: &AimDb<TokioAdapter>, template: Template) {
        self.know(Shape::schema(&template.shape));
        self.take(Input::Template(template.topics.clone()));
        self.hands.templates.push((db.clone(), template));
        self.revive();
    }

    /// Makes the records of templates again that an earlier run had.
    fn revive(&mut self) {
        let Some(keeping) = &mut self.hands.keeping else {
            return;
        };
        match keeping.topics() {
            Ok(topics) => {
                for topic in topics {
                    self.take(Input::Revive { topic: &topic });
                }
            }
            Err(error) => tracing::error!("the topics that there were cannot be read: {error}"),
        }
    }

    fn late_link(&mut self, event: LinkEvent<TokioAdapter>) {
        match event {
            LinkEvent::Opened(link) => {
                if let Err(error) = self.link(link) {
                    tracing::error!("{error}");
                }
            }
            LinkEvent::Ended {
                record, address, ..
            } => {
                let source = self.hands.sources.get(&*address);
                if source.is_some_and(|source| source.door.id() == record) {
                    self.hands.ended.push(address.into());
                    self.forget_ended();
                }
            }
        }
    }

    /// Takes an event of another task.
    pub(crate) fn event(&mut self, event: Event) {
        match event {
            Event::Connected {
                stream,
                early,
                place,
                who,
                token,
            } => match self.sockets.insert(stream, place) {
                Ok(client) => {
                    self.hands.counters.opened();
                    self.take(Input::Connected { client });
                    if let Some(who) = who {
                        self.take(Input::Identified { client, who });
                    }
                    if let Some(token) = &token {
                        self.take(Input::Shown { client, token });
                    }
                    self.sockets.put_aside(client, &early);
                    self.sockets.line_up(client);
                }
                Err(error) => tracing::error!("a socket cannot be watched: {error}"),
            },
            Event::QueryAnswered { token, answer } => {
                self.hands.looked_up(token);
                self.take(Input::QueryAnswered { token, answer });
            }
            Event::Link(event) => self.late_link(event),
        }
    }

    /// Publishes what records have that is new.
    pub(crate) fn publish(&mut self) {
        for topic in self.hands.publishers.take_ready() {
            for found in self.hands.publishers.read(&topic) {
                self.found(&topic, found);
            }
        }
    }

    /// Publishes what an earlier run left before anybody is heard: to who comes it is no news.
    pub(crate) fn publish_what_was_kept(&mut self) {
        let known = self.hands.sources.values().map(Source::known);
        let turns = known.max().unwrap_or(0).div_ceil(VALUES_MAX);
        for _ in 0..turns {
            if self.is_held_up() {
                return;
            }
            self.publish();
        }
    }

    /// Whether what waits to be kept is so much that no more values can be taken.
    pub(crate) fn is_held_up(&self) -> bool {
        let keeping = self.hands.keeping.as_ref();
        keeping.is_some_and(|keeping| keeping.journal.is_full())
    }

    /// Whether something waited for what is kept by now.
    pub(crate) fn has_kept(&self) -> bool {
        let keeping = self.hands.keeping.as_ref();
        keeping.is_some_and(Keeping::has_done)
    }

    /// Does what was waiting for what is kept by now.
    pub(crate) fn kept(&mut self) {
        let done = self.hands.keeping.as_ref().and_then(Keeping::done);
        if let Some(done) = done {
            self.batch_ended(done);
        }
    }

    /// Gives what waits to be kept.
    pub(crate) fn write_down(&mut self) {
        let now_ms = self.hands.clock.now_ms();
        let keeping = self.hands.keeping.as_mut();
        if let Some(failed) = keeping.and_then(|keeping| keeping.write_down(now_ms)) {
            self.batch_ended(failed);
        }
    }

    /// Keeps all that waits, and waits for it.
    pub(crate) fn write_all_down(&mut self) {
        while let Some(keeping) = &mut self.hands.keeping
            && !keeping.journal.is_idle()
        {
            let now_ms = self.hands.clock.now_ms();
            let done = match keeping.write_down(now_ms) {
                Some(failed) => failed,
                None => keeping.wait(),
            };
            self.batch_ended(done);
        }
    }

    fn batch_ended(&mut self, done: Done) {
        let Some(keeping) = &mut self.hands.keeping else {
            return;
        };
        let (then, result) = keeping.ended(done);
        self.status.keeps(result.is_ok());
        for one in then {
            match (one, &result) {
                (Then::Write { write, stamp }, Ok(())) => {
                    self.hands.commit(write, Some(stamp));
                    self.settle_up(self.hands.clock.now_ms());
                }
                (Then::Write { write, .. }, Err(error)) => {
                    self.hands.not_kept(&write, error);
                    self.settle_up(self.hands.clock.now_ms());
                }
                (Then::Lost { write, refusal }, Ok(())) => {
                    self.hands.lost(&write, refusal);
                    self.settle_up(self.hands.clock.now_ms());
                }
                (Then::Lost { write, .. }, Err(error)) => {
                    self.hands.not_told(&write, error);
                    self.settle_up(self.hands.clock.now_ms());
                }
                (
                    Then::Publish {
                        topic,
                        payload,
                        stamp,
                        cause,
                    },
                    _,
                ) => self.tell(&topic, (payload, cause), Some(stamp)),
                (Then::Missed { topic, missed }, _) => {
                    if self.hands.sources.contains_key(&topic) {
                        self.take(Input::Missed {
                            topic: &topic,
                            missed,
                        });
                    }
                }
            }
        }
    }

    fn tell(
        &mut self,
        topic: &str,
        (payload, cause): (Arc<str>, Option<Cause>),
        stamp: Option<Stamp>,
    ) {
        // It may have ended while its value was kept.
        if self.hands.sources.contains_key(topic) {
            self.take(Input::Published {
                topic,
                payload,
                cause,
                stamp,
            });
        }
    }

    fn found(&mut self, topic: &Arc<str>, found: Found) {
        match found {
            Found::Value {
                payload,
                version,
                ts,
            } => {
                let now_ms = self.hands.clock.now_ms();
                let (cause, stamp) = self.hands.published(topic, version, now_ms);
                let Some(keeping) = &mut self.hands.keeping else {
                    return self.tell(topic, (payload, cause), None);
                };
                let value = Value {
                    payload,
                    ts: ts.unwrap_or(now_ms),
                    cause,
                    stamp,
                };
                if let Some((value, stamp)) = keeping.journal.value(topic, value) {
                    self.tell(topic, (value.payload, value.cause), Some(stamp));
                }
            }
            Found::Missed(missed) => {
                self.hands.counters.missed_values(topic, missed);
                match &mut self.hands.keeping {
                    Some(keeping) => keeping.journal.missed(topic, missed),
                    None => self.take(Input::Missed { topic, missed }),
                }
            }
        }
    }

    /// Whether no more of a client can be taken now.
    fn is_busy(&self, client: ClientId) -> bool {
        self.hub.is_busy(client) || self.hands.held.contains(&client)
    }

    /// Reads a socket once, and takes what came.
    pub(crate) fn read(&mut self, client: ClientId) {
        if self.is_busy(client) {
            return self.wait_for(client);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        match self.sockets.read(client, &mut buffer) {
            Seen::More(read) => {
                self.sockets.line_up(client);
                self.received(client, &mut buffer[..read]);
            }
            Seen::All(read) => self.received(client, &mut buffer[..read]),
            Seen::End => self.gone(client),
        }
        self.buffer = buffer;
    }

    /// Takes the messages that bytes of a client make.
    fn received(&mut self, client: ClientId, mut input: &mut [u8]) {
        if let Some(Phase::Closed { .. }) = self.sockets.phase(client) {
            return;
        }
        let Some(mut decoder) = self.sockets.take_decoder(client) else {
            return;
        };
        let now = self.sockets.now();
        // Who has shown no token gets no more room than a first message needs.
        let bytes_max = match self.hub.is_outside(client) {
            true => self.message_bytes_max.min(CLIENT_FRAME_BYTES_MAX),
            false => self.message_bytes_max,
        };
        let (mut pieces, mut messages) = (0, 0);
        while !input.is_empty() {
            if self.is_busy(client) {
                self.sockets.put_aside(client, input);
                self.wait_for(client);
                break;
            }
            match decoder.next(&mut input, bytes_max, now) {
                Ok(Some(Message::Piece)) => pieces += 1,
                Ok(Some(message)) => {
                    self.message(client, message);
                    messages += 1;
                    if messages % self.serve_after == 0 {
                        // Who reads must not be closed for answers that it was not given yet.
                        self.serve();
                    }
                }
                Ok(None) => {}
                Err(broken) => {
                    self.broke(client, broken);
                    break;
                }
            }
        }
        self.sockets.put_decoder(client, decoder);
        if pieces > 0 {
            let count = u32::div_ceil(pieces, PIECES_PER_SIGN);
            self.take(Input::Alive { client, count });
        }
        while let Some(greedy) = self.sockets.too_greedy() {
            let reason = "too much of too many messages is under way";
            self.broke(
                greedy,
                Broken {
                    code: TRY_LATER,
                    reason,
                },
            );
            self.sockets.forget_held(greedy);
        }
    }

    fn message(&mut self, client: ClientId, message: Message<'_>) {
        if self.sockets.phase(client) != Some(Phase::Open) {
            // Only the answer to a close is still of interest.
            if let Message::Close(code) = message {
                self.sockets.closed(client, Ok(code));
            }
            return;
        }
        match message {
            Message::Text(text) => {
                let text = &*text;
                self.hands.counters.received(text.len());
                self.take(Input::Frame { client, text });
            }
            Message::Binary => {
                self.hands.counters.received(0);
                self.take(Input::BinaryFrame { client });
            }
            Message::Ping(payload) => {
                self.sockets.pong(client, &payload);
                self.take(Input::Alive { client, count: 1 });
            }
            Message::Pong | Message::Piece => self.take(Input::Alive { client, count: 1 }),
            Message::Close(code) => self.part(client, Ok(code)),
        }
    }

    /// A client did what ends its connection.
    fn broke(&mut self, client: ClientId, broken: Broken) {
        let counters = &self.hands.counters;
        counters.closed(client.0, broken.code, broken.reason);
        self.part(client, Err(broken));
    }

    /// Closes after what the client has asked for before.
    fn part(&mut self, client: ClientId, word: Result<Option<u16>, Broken>) {
        self.serve();
        self.take(Input::Disconnected { client });
        self.sockets.closed(client, word);
    }

    /// A stream is at its end.
    fn gone(&mut self, client: ClientId) {
        self.take(Input::Disconnected { client });
        self.sockets.remove(client);
    }

    /// Hears no more of a client until its last frame has made its work, and there is room for its writes.
    fn wait_for(&mut self, client: ClientId) {
        if !self.waiting.contains(&client) {
            self.waiting.push(client);
        }
    }

    /// Hears again of those whose last frame has made its work, and for whose writes there is room.
    pub(crate) fn resume(&mut self) {
        if !self.is_held_up() {
            self.hands.held.clear();
        }
        let Self {
            waiting,
            hub,
            hands,
            sockets,
            ..
        } = self;
        waiting.retain(|client| {
            let is_busy = hub.is_busy(*client) || hands.held.contains(client);
            if !is_busy {
                sockets.line_up(*client);
            }
            is_busy
        });
    }

    /// Ends what has taken too long.
    pub(crate) fn look_after(&mut self) {
        for (client, word) in self.sockets.overdue() {
            match word {
                Some(broken) => self.broke(client, broken),
                None => self.gone(client),
            }
        }
    }

    /// Gives clients what is new, and tells the hub what their sockets took.
    fn serve(&mut self) {
        // Before anybody hears of this turn, so that who was answered is among those that are counted.
        self.count();
        let Self {
            hub,
            hands,
            sockets,
            ..
        } = self;
        let now_ms = hands.clock.now_ms();
        tell_taken(hub, sockets, now_ms);
        // Client by client, so that what is known of one is looked at once.
        hub.begin_round();
        while hub
            .serve_next(&mut |effect| perform(effect, hands, sockets))
            .is_some()
        {
            sockets.flush_sent();
            tell_taken(hub, sockets, now_ms);
        }
    }

    /// Ends a turn.
    pub(crate) fn end_turn(&mut self) {
        self.write_down();
        self.serve();
        for client in self.sockets.take_broken() {
            self.gone(client);
        }
        let counters = &self.hands.counters;
        counters.turn(self.hub.totals(), self.hub.missed());
        self.count();
        self.status.end_turn();
    }

    /// Tells what there is to who asks for it.
    pub(crate) fn count(&self) {
        let (clients, sockets) = (self.hub.clients(), self.sockets.len());
        self.status.count(clients, sockets, self.hub.topics());
    }

    /// Ends the topics whose records are gone.
    pub(crate) fn forget_ended(&mut self) {
        for (count, topic) in std::mem::take(&mut self.hands.ended)
            .into_iter()
            .enumerate()
        {
            if count % self.serve_after == self.serve_after - 1 {
                self.serve();
            }
            self.hands.publishers.remove(&topic);
            if let Some(keeping) = &mut self.hands.keeping {
                keeping.journal.end(&topic);
            }
            if self.hands.sources.remove(&topic).is_some() {
                tracing::debug!("the record of {topic} is no more");
                self.take(Input::Unregister { topic: &topic });
            }
        }
    }

    /// Gives the hub an input now.
    pub(crate) fn take(&mut self, input: Input<'_>) {
        self.take_at(input, self.hands.clock.now_ms());
    }

    fn take_at(&mut self, input: Input<'_>, now_ms: u64) {
        let Self {
            hub,
            hands,
            sockets,
            ..
        } = self;
        hub.take(input, now_ms, &mut |effect| perform(effect, hands, sockets));
        self.settle_up(now_ms);
    }

    /// Lets the hub hear what came of what it wanted done.
    fn settle_up(&mut self, now_ms: u64) {
        self.tell_begins();
        let Self {
            hub,
            hands,
            sockets,
            ..
        } = self;
        while let Some((token, answer)) = hands.answers.pop_front() {
            let input = Input::WriteAnswered { token, answer };
            hub.take(input, now_ms, &mut |effect| perform(effect, hands, sockets));
        }
        if !self.hands.ended.is_empty() {
            self.forget_ended();
        }
        if std::mem::take(&mut self.hands.is_pressed) {
            self.publish();
        }
    }

    fn tell_begins(&mut self) {
        let now_ms = self.hands.clock.now_ms();
        while let Some((topic, seq)) = self.hands.begins.pop_front() {
            let topic = &topic;
            self.hub
                .take(Input::Begin { topic, seq }, now_ms, &mut |_| {});
        }
    }
}

/// Tells the hub what sockets took.
fn tell_taken(hub: &mut Hub, sockets: &mut Sockets, now_ms: u64) {
    sockets.drain_taken(|client, Taken { frames, bytes }| {
        let input = Input::Drained {
            client,
            frames,
            bytes,
        };
        // Nothing but room comes of it.
        hub.take(input, now_ms, &mut |_| {});
    });
}

fn perform(effect: Effect<'_>, hands: &mut Hands, sockets: &mut Sockets) {
    match effect {
        Effect::Send { client, frame } => {
            hands.counters.sent(client.0, &frame);
            sockets.send(client, frame);
        }
        Effect::PingSocket { client } => sockets.ping(client),
        Effect::Close {
            client,
            code,
            reason,
        } => {
            hands.counters.closed(client.0, code, reason);
            sockets.close(client, code, reason);
        }
        other => hands.perform(other),
    }
}
