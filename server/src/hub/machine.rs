//! The machine: inputs of clients and of the root, one at a time.
//!
//! Guarantees and limits: see the module above. Does not: keep history; a query goes to the root.

use super::api::{
    Cause, ClientId, Effect, Emit, Fault, HistoryRecord, Input, QueryAnswer, QueryToken, Refusal,
    TopicSpec, WriteToken,
};
use super::client::{Bucket, Client};
use super::limits::{Limits, LimitsError};
use super::session::{Seen, Sessions};
use super::topic::Topic;
use super::{
    CLOSE_GOING_AWAY, CLOSE_POLICY, CLOSE_TRY_LATER, QUERY_BYTES_MAX, RATE_REFUSALS_MAX,
    VALUE_BYTES_MAX,
};
use aimdb_ws_protocol::{
    ClientFrame, ClientHello, ErrorCode, FrameError, PROTOCOL_VERSION, Pattern, QueryRecord,
    ServerFrame, ServerHello, TopicError, TopicInfo, WireError, check_topic, payload,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Towards the rate, so many patterns of one `subscribe` count as a frame of their own: each is
/// compared with every topic.
const PATTERNS_PER_FRAME: usize = 16;

struct PendingWrite {
    client: ClientId,
    session: Option<Arc<str>>,
    id: Option<u64>,
    topic: String,
}

struct PendingQuery {
    client: ClientId,
    request: String,
}

/// What an error answers.
#[derive(Default, Clone, Copy)]
struct About<'a> {
    topic: Option<&'a str>,
    write: Option<u64>,
    request: Option<&'a str>,
}

/// The hub.
pub struct Hub {
    limits: Limits,
    instance: String,
    topics: Vec<Topic>,
    names: BTreeMap<Arc<str>, usize>,
    clients: BTreeMap<ClientId, Client>,
    sessions: Sessions,
    writes: BTreeMap<u64, PendingWrite>,
    queries: BTreeMap<u64, PendingQuery>,
    next_token: u64,
    wake_at: Option<u64>,
    stopped: bool,
}

fn refusal(code: ErrorCode, reason: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(code, reason, message)
}

impl Hub {
    /// Makes a hub. The instance's name must be another one after each start: clients take it as
    /// the word that versions count anew.
    ///
    /// # Errors
    /// Names the limit that cannot be used.
    pub fn new(limits: Limits, instance: impl Into<String>) -> Result<Self, LimitsError> {
        limits.check()?;
        Ok(Self {
            sessions: Sessions::new(limits.sessions_max),
            limits,
            instance: instance.into(),
            topics: Vec::new(),
            names: BTreeMap::new(),
            clients: BTreeMap::new(),
            writes: BTreeMap::new(),
            queries: BTreeMap::new(),
            next_token: 1,
            wake_at: None,
            stopped: false,
        })
    }

    /// How many clients are connected.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// How many topics there are.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.topics.len()
    }

    /// How many frames wait in the hub for a client, topics counted once each.
    #[must_use]
    pub fn queued(&self, client: ClientId) -> usize {
        self.clients
            .get(&client)
            .map_or(0, |client| client.replies.len() + client.queue.len())
    }

    /// Takes one input and gives its effects in order.
    pub fn handle(&mut self, input: Input<'_>, now_ms: u64, emit: &mut dyn FnMut(Effect<'_>)) {
        match input {
            Input::Published {
                topic,
                payload,
                cause,
            } => {
                self.published(topic, payload, cause, now_ms, emit);
            }
            Input::Drained { client, frames } => {
                if let Some(state) = self.clients.get_mut(&client) {
                    state.frames_in_flight = state.frames_in_flight.saturating_sub(frames);
                    self.pump(client, emit);
                }
            }
            Input::Frame { client, text } => {
                self.frame(client, text, now_ms, emit);
                self.pump(client, emit);
            }
            Input::BinaryFrame { client } => {
                let reason = "binary_frame";
                let message = "binary frames are not part of the protocol; send JSON text";
                let refusal = refusal(ErrorCode::SerializationError, reason, message);
                self.refuse(client, &refusal, About::default(), emit);
                self.pump(client, emit);
            }
            Input::Alive { client } => {
                if let Some(state) = self.clients.get_mut(&client) {
                    state.heard(now_ms);
                }
            }
            Input::Connected { client } => self.connected(client, now_ms, emit),
            Input::Disconnected { client } => self.remove(client),
            Input::Register(spec) => self.register(spec, emit),
            Input::WriteAnswered { token, answer } => self.write_answered(token, answer, emit),
            Input::QueryAnswered { token, answer } => self.query_answered(token, answer, emit),
            Input::Timer => self.timer(now_ms, emit),
            Input::Shutdown => {
                self.stopped = true;
                let clients: Vec<ClientId> = self.clients.keys().copied().collect();
                for client in clients {
                    self.close(client, CLOSE_GOING_AWAY, "the server stops", emit);
                }
            }
        }
    }

    fn register(&mut self, spec: TopicSpec, emit: Emit<'_>) {
        let topic = spec.name.clone();
        let fault = match check_topic(&topic) {
            Err(error) => Some(Fault::TopicName { topic, error }),
            Ok(()) if self.names.contains_key(topic.as_str()) => {
                Some(Fault::TopicRepeated { topic })
            }
            Ok(()) if self.topics.len() >= self.limits.topics_max => {
                Some(Fault::TooManyTopics { topic })
            }
            Ok(()) => None,
        };
        if let Some(fault) = fault {
            return emit(Effect::Fault(fault));
        }
        let index = self.topics.len();
        let mut topic = Topic::new(spec, self.limits.ring_backlog_max);
        for (id, client) in self
            .clients
            .iter_mut()
            .filter(|(_, c)| c.follows(&topic.name))
        {
            topic.followers.insert(*id);
            client.feeds.insert(index, topic.feed());
        }
        self.names.insert(topic.name.clone(), index);
        self.topics.push(topic);
    }

    fn published(
        &mut self,
        name: &str,
        value: Arc<str>,
        cause: Option<Cause>,
        now_ms: u64,
        emit: Emit<'_>,
    ) {
        let Some(&index) = self.names.get(name) else {
            return emit(Effect::Fault(Fault::UnknownTopic { topic: name.into() }));
        };
        if value.len() > VALUE_BYTES_MAX {
            let (topic, bytes) = (name.into(), value.len());
            return emit(Effect::Fault(Fault::TooLarge { topic, bytes }));
        }
        let topic = &mut self.topics[index];
        if topic.publish(value, cause, now_ms).is_err() {
            return emit(Effect::Fault(Fault::NotJson { topic: name.into() }));
        }
        // Taken out for the walk, because sending borrows the topics; sending adds no follower.
        let followers = std::mem::take(&mut topic.followers);
        for id in &followers {
            if let Some(client) = self.clients.get_mut(id) {
                client.enqueue(index);
                self.pump(*id, emit);
            }
        }
        self.topics[index].followers = followers;
    }

    /// Sends what a client's credit allows.
    fn pump(&mut self, id: ClientId, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        while client.frames_in_flight < self.limits.frames_in_flight_max {
            let text = match client.replies.pop_front() {
                Some(text) => text,
                None => {
                    let Some(index) = client.queue.pop_front() else {
                        return;
                    };
                    let Some(feed) = client.feeds.get_mut(&index) else {
                        continue;
                    };
                    feed.queued = false;
                    let text = self.topics[index].next_frame(feed, id);
                    if self.topics[index].is_due(feed) {
                        client.enqueue(index);
                    }
                    match text {
                        Some(text) => text,
                        None => continue,
                    }
                }
            };
            client.frames_in_flight += 1;
            emit(Effect::Send { client: id, text });
        }
    }

    fn connected(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) {
        if self.stopped {
            let reason = "the server stops";
            return emit(Effect::Close {
                client: id,
                code: CLOSE_GOING_AWAY,
                reason,
            });
        }
        if self.clients.len() >= self.limits.clients_max {
            let reason = "the server is full";
            return emit(Effect::Close {
                client: id,
                code: CLOSE_TRY_LATER,
                reason,
            });
        }
        let Limits {
            frames_per_second_max,
            frames_burst_max,
            ..
        } = self.limits;
        let bucket = Bucket::new(frames_per_second_max, frames_burst_max, now_ms);
        self.clients.insert(id, Client::new(bucket, now_ms));
        self.announce_wake(emit);
    }

    fn close(&mut self, id: ClientId, code: u16, reason: &'static str, emit: Emit<'_>) {
        emit(Effect::Close {
            client: id,
            code,
            reason,
        });
        self.remove(id);
    }

    fn remove(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            for index in client.feeds.keys() {
                self.topics[*index].followers.remove(&id);
            }
            if let Some(name) = client.session {
                self.sessions.unbind(&name, id);
            }
            self.queries.retain(|_, query| query.client != id);
        }
    }

    fn timer(&mut self, now_ms: u64, emit: Emit<'_>) {
        self.wake_at = None;
        let mut silent = Vec::new();
        for (id, client) in &mut self.clients {
            let silence_ms = now_ms.saturating_sub(client.heard_at);
            if silence_ms >= self.limits.silent_ms_max {
                silent.push(*id);
            } else if silence_ms >= self.limits.ping_after_ms && !client.pinged {
                client.pinged = true;
                emit(Effect::PingSocket { client: *id });
            }
        }
        for id in silent {
            self.close(
                id,
                CLOSE_GOING_AWAY,
                "nothing was heard from the client",
                emit,
            );
        }
        self.announce_wake(emit);
    }

    /// A life sign only postpones deadlines, so they are looked at when one has come or when a
    /// client has.
    fn announce_wake(&mut self, emit: Emit<'_>) {
        let Limits {
            ping_after_ms,
            silent_ms_max,
            ..
        } = self.limits;
        let deadlines = self.clients.values().map(|client| {
            let patience_ms = if client.pinged {
                silent_ms_max
            } else {
                ping_after_ms
            };
            client.heard_at.saturating_add(patience_ms)
        });
        if let Some(at_ms) = deadlines.min()
            && self.wake_at.is_none_or(|announced| at_ms < announced)
        {
            self.wake_at = Some(at_ms);
            emit(Effect::WakeAt { at_ms });
        }
    }

    /// Puts an answer into a client's queue; who does not read answers is closed.
    fn reply(&mut self, id: ClientId, frame: &ServerFrame<'_>, emit: Emit<'_>) {
        self.reply_text(id, frame.encode(), emit);
    }

    fn reply_text(&mut self, id: ClientId, text: String, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if client.replies.len() >= self.limits.replies_max {
            return self.close(id, CLOSE_POLICY, "too many answers were not read", emit);
        }
        client.replies.push_back(text.into());
    }

    fn refuse(&mut self, id: ClientId, refusal: &Refusal, about: About<'_>, emit: Emit<'_>) {
        let error = WireError {
            code: refusal.code,
            topic: about.topic.map(Cow::Borrowed),
            message: Cow::Borrowed(&refusal.message),
            id: about.write,
            request: about.request.map(Cow::Borrowed),
            reason: Some(Cow::Borrowed(&refusal.reason)),
        };
        self.reply(id, &ServerFrame::Error(error), emit);
    }

    fn frame(&mut self, id: ClientId, text: &str, now_ms: u64, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client.heard(now_ms);
        let allowed = client.bucket.take(now_ms);
        client.rate_refusals = if allowed { 0 } else { client.rate_refusals + 1 };
        if client.rate_refusals > RATE_REFUSALS_MAX {
            return self.close(id, CLOSE_POLICY, "too many messages", emit);
        }
        let (bytes, bytes_max) = (text.len(), self.limits.message_bytes_max);
        let decoded = match bytes > bytes_max {
            true => Err(FrameError::TooLarge { bytes, bytes_max }),
            false => ClientFrame::decode(text),
        };
        match decoded {
            Err(error) => {
                let code = ErrorCode::SerializationError;
                let refusal = refusal(code, error.code(), error.to_string());
                self.refuse(id, &refusal, About::default(), emit);
            }
            Ok(frame) => {
                let over_rate = (!allowed).then(|| self.rate_refusal());
                self.decoded(id, frame, over_rate, emit);
            }
        }
    }

    fn rate_refusal(&self) -> Refusal {
        let most = self.limits.frames_per_second_max;
        let message = format!("at most {most} messages a second are taken");
        refusal(ErrorCode::Forbidden, "rate_limited", message)
    }

    fn decoded(
        &mut self,
        id: ClientId,
        frame: ClientFrame<'_>,
        over_rate: Option<Refusal>,
        emit: Emit<'_>,
    ) {
        match (frame, over_rate) {
            (
                ClientFrame::Write {
                    topic,
                    payload,
                    id: write,
                },
                over_rate,
            ) => {
                self.write(id, (&topic, payload.get(), write), over_rate, emit);
            }
            (ClientFrame::ListTopics { id: request }, None) => self.list_topics(id, request, emit),
            (
                ClientFrame::Query {
                    id: request,
                    pattern,
                    from,
                    to,
                    limit,
                },
                None,
            ) => {
                self.query(id, &request, &pattern, (from, to, limit), emit);
            }
            (
                ClientFrame::ListTopics { id: request } | ClientFrame::Query { id: request, .. },
                Some(refusal),
            ) => {
                let about = About {
                    request: Some(&request),
                    ..About::default()
                };
                self.refuse(id, &refusal, about, emit);
            }
            (_, Some(refusal)) => self.refuse(id, &refusal, About::default(), emit),
            (ClientFrame::Ping { hello }, None) => self.ping(id, hello, emit),
            (ClientFrame::Subscribe { topics }, None) => self.subscribe(id, topics, emit),
            (ClientFrame::Unsubscribe { topics }, None) => self.unsubscribe(id, &topics),
        }
    }

    fn ping(&mut self, id: ClientId, hello: Option<ClientHello<'_>>, emit: Emit<'_>) {
        if let Some(hello) = &hello
            && let Some(client) = self.clients.get_mut(&id)
        {
            match &client.session {
                None => client.session = Some(self.sessions.bind(&hello.client, id)),
                Some(name) if **name == *hello.client => {}
                // One connection must not push the names of others out of memory.
                Some(_) => {
                    let message = "this connection has said hello with another name";
                    let refusal = refusal(ErrorCode::Forbidden, "hello_repeated", message);
                    return self.refuse(id, &refusal, About::default(), emit);
                }
            }
        }
        let server = self.instance.clone().into();
        let hello = hello.map(|_| ServerHello {
            version: PROTOCOL_VERSION,
            server,
        });
        self.reply(id, &ServerFrame::Pong { hello }, emit);
    }

    fn subscribe(&mut self, id: ClientId, texts: Vec<Cow<'_, str>>, emit: Emit<'_>) {
        let mut accepted = Vec::new();
        let mut followed = BTreeSet::new();
        for text in texts {
            if accepted.contains(&text) {
                continue;
            }
            match self.follow(id, &text) {
                Ok(topics) => {
                    followed.extend(topics);
                    accepted.push(text);
                }
                Err(refusal) => {
                    let about = About {
                        topic: Some(&text),
                        ..About::default()
                    };
                    self.refuse(id, &refusal, about, emit);
                }
            }
        }
        let charge = accepted.len() / PATTERNS_PER_FRAME;
        self.reply(id, &ServerFrame::Subscribed { topics: accepted }, emit);
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client.bucket.charge(charge as u64);
        for index in followed {
            let topic = &mut self.topics[index];
            topic.followers.insert(id);
            let feed = client.feeds.entry(index).or_insert_with(|| topic.feed());
            topic.promise_snapshot(feed);
            if topic.is_due(feed) {
                client.enqueue(index);
            }
        }
    }

    /// Notes a pattern and says which topics it selects.
    fn follow(&mut self, id: ClientId, text: &str) -> Result<Vec<usize>, Refusal> {
        let pattern = Pattern::parse(text).map_err(|error| bad_topic(&error))?;
        let Some(client) = self.clients.get_mut(&id) else {
            return Ok(Vec::new());
        };
        if !client.patterns.contains(&pattern) {
            if client.patterns.len() >= self.limits.subscriptions_max {
                let most = self.limits.subscriptions_max;
                let message = format!("a client may follow at most {most} patterns");
                return Err(refusal(
                    ErrorCode::Forbidden,
                    "too_many_subscriptions",
                    message,
                ));
            }
            client.patterns.push(pattern.clone());
        }
        Ok(self.select(&pattern))
    }

    fn select(&self, pattern: &Pattern) -> Vec<usize> {
        if pattern.is_exact() {
            return self
                .names
                .get(pattern.as_str())
                .copied()
                .into_iter()
                .collect();
        }
        let matching = self.names.iter().filter(|(name, _)| pattern.matches(name));
        matching.map(|(_, index)| *index).collect()
    }

    fn unsubscribe(&mut self, id: ClientId, texts: &[Cow<'_, str>]) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client
            .patterns
            .retain(|pattern| !texts.iter().any(|text| pattern.as_str() == &**text));
        let left: Vec<usize> = client
            .feeds
            .keys()
            .copied()
            .filter(|index| !client.follows(&self.topics[*index].name))
            .collect();
        for index in left {
            client.drop_feed(index);
            self.topics[index].followers.remove(&id);
        }
    }

    /// Answers a repeat as the first was answered, also beyond the rate: it may have been taken.
    fn write(
        &mut self,
        id: ClientId,
        (topic, text, write): (&str, &str, Option<u64>),
        over_rate: Option<Refusal>,
        emit: Emit<'_>,
    ) {
        let session = self
            .clients
            .get(&id)
            .and_then(|client| client.session.clone());
        if let (Some(name), Some(write)) = (&session, write) {
            match self.sessions.see(name, write) {
                Seen::New => {}
                Seen::Refused(refusal) => {
                    let about = About {
                        topic: Some(topic),
                        write: Some(write),
                        request: None,
                    };
                    return self.refuse(id, &refusal, about, emit);
                }
                Seen::Repeat if self.is_pending(name, write) => return,
                Seen::Repeat => return self.reply(id, &ServerFrame::Ack { id: write }, emit),
            }
        }
        let checked = match over_rate {
            Some(refusal) => Err(refusal),
            None => self.check_write(id, topic),
        };
        let index = match checked {
            Ok(index) => index,
            Err(refusal) => return self.refuse_write(id, write, topic, &refusal, emit),
        };
        if let Some(client) = self.clients.get_mut(&id) {
            client.writes_pending += 1;
        }
        let token = self.take_token();
        let pending = PendingWrite {
            client: id,
            session,
            id: write,
            topic: topic.into(),
        };
        self.writes.insert(token, pending);
        let (name, cause) = (self.topics[index].name.clone(), Cause { client: id, write });
        emit(Effect::Write {
            token: WriteToken(token),
            topic: name,
            payload: text,
            cause,
        });
    }

    fn take_token(&mut self) -> u64 {
        let token = self.next_token;
        self.next_token += 1;
        token
    }

    /// Whether the first of several equal writes still waits for the root: its answer will do.
    fn is_pending(&self, name: &str, write: u64) -> bool {
        self.writes
            .values()
            .any(|pending| pending.id == Some(write) && pending.session.as_deref() == Some(name))
    }

    fn check_write(&self, id: ClientId, topic: &str) -> Result<usize, Refusal> {
        check_topic(topic).map_err(|error| bad_topic(&error))?;
        let Some(&index) = self.names.get(topic) else {
            let message = format!("there is no topic `{topic}`");
            return Err(refusal(ErrorCode::UnknownTopic, "unknown_topic", message));
        };
        if !self.topics[index].spec.writable {
            let message = format!("`{topic}` takes no writes");
            return Err(refusal(ErrorCode::Forbidden, "read_only", message));
        }
        let pending = self
            .clients
            .get(&id)
            .map_or(0, |client| client.writes_pending);
        if pending >= self.limits.writes_pending_max {
            let message = format!("{pending} writes wait for their answer already");
            return Err(refusal(ErrorCode::ServerError, "too_many_pending", message));
        }
        Ok(index)
    }

    /// Refuses a write and remembers it: a later write of the session may be taken before the
    /// client learns of this refusal and sends both again.
    fn refuse_write(
        &mut self,
        id: ClientId,
        write: Option<u64>,
        topic: &str,
        refusal: &Refusal,
        emit: Emit<'_>,
    ) {
        let session = self
            .clients
            .get(&id)
            .and_then(|client| client.session.clone());
        if let (Some(name), Some(write)) = (session, write) {
            self.sessions.refuse(&name, write, refusal);
        }
        let about = About {
            topic: Some(topic),
            write,
            request: None,
        };
        self.refuse(id, refusal, about, emit);
    }

    fn write_answered(&mut self, token: WriteToken, answer: Result<(), Refusal>, emit: Emit<'_>) {
        let Some(pending) = self.writes.remove(&token.0) else {
            return emit(Effect::Fault(Fault::UnknownToken { token: token.0 }));
        };
        if let Some(client) = self.clients.get_mut(&pending.client) {
            client.writes_pending -= 1;
        }
        // The client may have come back over another connection in the meantime.
        let connection = match &pending.session {
            Some(name) => self.sessions.connection(name),
            None => Some(pending.client),
        };
        if let (Some(name), Some(write), Err(refusal)) = (&pending.session, pending.id, &answer) {
            self.sessions.refuse(name, write, refusal);
        }
        let Some(client) = connection else { return };
        match (answer, pending.id) {
            (Err(refusal), write) => {
                let about = About {
                    topic: Some(&pending.topic),
                    write,
                    request: None,
                };
                self.refuse(client, &refusal, about, emit);
            }
            (Ok(()), Some(write)) if pending.session.is_some() => {
                self.reply(client, &ServerFrame::Ack { id: write }, emit);
            }
            // A published client expects no word about success.
            (Ok(()), _) => {}
        }
        self.pump(client, emit);
    }

    fn list_topics(&mut self, id: ClientId, request: Cow<'_, str>, emit: Emit<'_>) {
        let info = |index: &usize| {
            let TopicSpec {
                name,
                schema_type,
                entity,
                ..
            } = &self.topics[*index].spec;
            let (schema_type, entity) = (schema_type.as_deref(), entity.as_deref());
            TopicInfo {
                name: Cow::Borrowed(name),
                schema_type: schema_type.map(Cow::Borrowed),
                entity: entity.map(Cow::Borrowed),
            }
        };
        let topics = self.names.values().map(info).collect();
        let text = ServerFrame::TopicList {
            id: request,
            topics,
        }
        .encode();
        self.reply_text(id, text, emit);
    }

    fn query(
        &mut self,
        id: ClientId,
        request: &str,
        pattern: &str,
        (from, to, limit): (Option<u64>, Option<u64>, Option<u64>),
        emit: Emit<'_>,
    ) {
        let about = About {
            request: Some(request),
            ..About::default()
        };
        let pattern = match Pattern::parse(pattern) {
            Ok(pattern) => pattern,
            Err(error) => return self.refuse(id, &bad_topic(&error), about, emit),
        };
        let topics: Vec<Arc<str>> = self
            .select(&pattern)
            .iter()
            .map(|index| self.topics[*index].name.clone())
            .collect();
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        if client.queries_pending >= self.limits.queries_pending_max {
            let message = format!("{} queries wait already", client.queries_pending);
            let refusal = refusal(ErrorCode::ServerError, "too_many_pending", message);
            return self.refuse(id, &refusal, about, emit);
        }
        client.queries_pending += 1;
        let token = self.take_token();
        self.queries.insert(
            token,
            PendingQuery {
                client: id,
                request: request.into(),
            },
        );
        let most = self.limits.query_records_max;
        let limit = limit.map_or(most, |limit| limit.min(most));
        emit(Effect::Query {
            token: QueryToken(token),
            topics: &topics,
            from,
            to,
            limit,
        });
    }

    fn query_answered(
        &mut self,
        token: QueryToken,
        answer: Result<QueryAnswer, Refusal>,
        emit: Emit<'_>,
    ) {
        // The client may be gone, and its query with it.
        let Some(PendingQuery { client, request }) = self.queries.remove(&token.0) else {
            return;
        };
        if let Some(state) = self.clients.get_mut(&client) {
            state.queries_pending -= 1;
        }
        match answer {
            Ok(answer) => {
                let text = query_text(&request, answer);
                self.reply_text(client, text, emit);
            }
            Err(refusal) => {
                let about = About {
                    request: Some(&request),
                    ..About::default()
                };
                self.refuse(client, &refusal, about, emit);
            }
        }
        self.pump(client, emit);
    }
}

fn bad_topic(error: &TopicError) -> Refusal {
    refusal(
        ErrorCode::SerializationError,
        error.code(),
        error.to_string(),
    )
}

/// The newest records that fit, ascending by time.
fn query_text(request: &str, mut answer: QueryAnswer) -> String {
    answer.records.sort_by_key(|record| record.ts);
    let mut bytes = 0;
    let size = |record: &HistoryRecord| record.topic.len() + record.payload.len() + 64;
    let fitting = answer.records.iter().rev().take_while(|record| {
        bytes += size(record);
        bytes <= QUERY_BYTES_MAX
    });
    let skipped = answer.records.len() - fitting.count();
    let records = answer.records[skipped..].iter().filter_map(|record| {
        let topic = Cow::Borrowed(&*record.topic);
        // What is not JSON cannot stand in a frame.
        payload(&record.payload).ok().map(|payload| QueryRecord {
            topic,
            payload,
            ts: record.ts,
        })
    });
    let (id, records, total) = (Cow::Borrowed(request), records.collect(), answer.total);
    ServerFrame::QueryResult { id, records, total }.encode()
}
