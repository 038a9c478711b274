//! What clients say: one frame at a time, within their rate.
//!
//! Guarantees: each frame that asks for something is answered. Does not: apply writes (see
//! `writes`) or look up history; the root does.

use super::{About, Hub, PendingQuery, bad_topic, refusal};
use crate::hub::api::{
    ClientId, Effect, Emit, Fault, HistoryRecord, QueryAnswer, QueryToken, Refusal, TopicSpec,
};
use crate::hub::contracts::Comparison;
use crate::hub::{CLOSE_POLICY, QUERY_BYTES_MAX, RATE_REFUSALS_MAX};
use aimdb_ws_protocol::{
    CONTRACTS_ASKED_MAX, ClientFrame, ClientHello, ErrorCode, FrameError, HeldContract,
    PROTOCOL_VERSION, Pattern, QueryRecord, Raw, ServerFrame, ServerHello, TopicInfo,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Towards the rate, so many patterns of one `subscribe` count as a frame of their own: each is
/// compared with every topic.
const PATTERNS_PER_FRAME: usize = 16;

impl Hub {
    pub(super) fn frame(&mut self, id: ClientId, text: &str, now_ms: u64, emit: Emit<'_>) {
        let Some(allowed) = self.take_from_rate(id, now_ms, emit) else {
            return;
        };
        let (bytes, bytes_max) = (text.len(), self.limits.message_bytes_max);
        let decoded = match bytes > bytes_max {
            true => Err(FrameError::TooLarge { bytes, bytes_max }),
            false => ClientFrame::decode(text),
        };
        match decoded {
            Err(error) => {
                let code = ErrorCode::SerializationError;
                let refusal = refusal(code, error.code(), error.to_string());
                let about = About {
                    write: unreadable_write_id(text, &error),
                    ..About::default()
                };
                self.refuse(id, &refusal, about, emit);
            }
            Ok(frame) => {
                let over_rate = (!allowed).then(|| self.rate_refusal());
                self.decoded(id, frame, over_rate, emit);
            }
        }
    }

    pub(super) fn binary_frame(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) {
        let refusal = match self.take_from_rate(id, now_ms, emit) {
            None => return,
            Some(false) => self.rate_refusal(),
            Some(true) => {
                let message = "binary frames are not part of the protocol; send JSON text";
                refusal(ErrorCode::SerializationError, "binary_frame", message)
            }
        };
        self.refuse(id, &refusal, About::default(), emit);
    }

    /// A sign of life costs as much as a frame: it is work too, and may come as a flood.
    pub(super) fn alive(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) {
        // Beyond the rate it is only counted: no frame of the protocol answers it.
        let _ = self.take_from_rate(id, now_ms, emit);
    }

    /// Notes that a client was heard and says whether that was within its rate; `None` when the
    /// client is gone, or closed now because it went too far.
    fn take_from_rate(&mut self, id: ClientId, now_ms: u64, emit: Emit<'_>) -> Option<bool> {
        let client = self.clients.get_mut(&id)?;
        client.heard(now_ms);
        let allowed = client.bucket.take(now_ms);
        if client.bucket.refused() > RATE_REFUSALS_MAX {
            self.close(id, CLOSE_POLICY, "too many messages", emit);
            return None;
        }
        Some(allowed)
    }

    pub(super) fn rate_refusal(&self) -> Refusal {
        let most = self.limits.frames_per_second_max;
        let message = format!("at most {most} messages a second are taken");
        refusal(ErrorCode::Forbidden, "rate_limited", message)
    }

    pub(super) fn decoded(
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
            (ClientFrame::Contracts { id: request, names }, None) => {
                self.send_contracts(id, request, &names, emit);
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
                ClientFrame::ListTopics { id: request }
                | ClientFrame::Contracts { id: request, .. }
                | ClientFrame::Query { id: request, .. },
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

    pub(super) fn ping(&mut self, id: ClientId, hello: Option<ClientHello<'_>>, emit: Emit<'_>) {
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
        let hello = hello.map(|hello| ServerHello {
            version: PROTOCOL_VERSION,
            server,
            contracts: hello
                .contracts
                .map(|held| self.compare_contracts(id, &held, emit)),
        });
        self.reply(id, &ServerFrame::Pong { hello }, emit);
    }

    /// Notes which contracts a client holds in an older version, tells it of those that cannot be
    /// reconciled, and gives what is held here under the same names.
    fn compare_contracts(
        &mut self,
        id: ClientId,
        held: &[HeldContract<'_>],
        emit: Emit<'_>,
    ) -> Vec<HeldContract<'static>> {
        let (mut older, mut ours, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        for contract in held {
            let Some(known) = self.contracts.get(&*contract.name) else {
                continue;
            };
            ours.push(known.held());
            let (name, version) = (contract.name.to_string(), contract.version);
            match known.compare(contract) {
                Comparison::Fine => {}
                Comparison::Older(version) => older.push((name, version)),
                Comparison::TooOld => {
                    let ours = known.version();
                    let message = format!(
                        "the contract {name} has version {ours} here, and no migrations lead to version \
                         {version}: update the client"
                    );
                    refusals.push(refusal(ErrorCode::ServerError, "contract_too_old", message));
                }
                Comparison::Mismatch => {
                    let message = format!(
                        "the contract {name}, version {version}, is another one here: what the two sides \
                         take differs; give one of them another version"
                    );
                    refusals.push(refusal(
                        ErrorCode::ServerError,
                        "contract_mismatch",
                        message,
                    ));
                    emit(Effect::Fault(Fault::ContractMismatch { name, version }));
                }
            }
        }
        if let Some(client) = self.clients.get_mut(&id) {
            client.tells_contracts = true;
            client.older = older;
        }
        for refusal in refusals {
            self.refuse(id, &refusal, About::default(), emit);
        }
        ours
    }

    /// The contract files of those names that are known here.
    fn send_contracts(
        &mut self,
        id: ClientId,
        request: Cow<'_, str>,
        names: &[Cow<'_, str>],
        emit: Emit<'_>,
    ) {
        if names.len() > CONTRACTS_ASKED_MAX {
            let message =
                format!("at most {CONTRACTS_ASKED_MAX} contracts can be asked for at once");
            let refusal = refusal(ErrorCode::Forbidden, "too_many_contracts", message);
            let about = About {
                request: Some(&request),
                ..About::default()
            };
            return self.refuse(id, &refusal, about, emit);
        }
        let files = names.iter().filter_map(|name| self.contracts.get(&**name));
        let contracts = files.map(|known| Raw::known(&known.file)).collect();
        let text = ServerFrame::ContractList {
            id: request,
            contracts,
        }
        .encode();
        // An answer is work in proportion to its names.
        if let Some(client) = self.clients.get_mut(&id) {
            client
                .bucket
                .charge((names.len() / PATTERNS_PER_FRAME) as u64);
        }
        self.reply_text(id, text, emit);
    }

    pub(super) fn subscribe(&mut self, id: ClientId, texts: Vec<Cow<'_, str>>, emit: Emit<'_>) {
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
    pub(super) fn follow(&mut self, id: ClientId, text: &str) -> Result<Vec<usize>, Refusal> {
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

    pub(super) fn select(&self, pattern: &Pattern) -> Vec<usize> {
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

    pub(super) fn unsubscribe(&mut self, id: ClientId, texts: &[Cow<'_, str>]) {
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

    pub(super) fn list_topics(&mut self, id: ClientId, request: Cow<'_, str>, emit: Emit<'_>) {
        let info = |index: &usize| {
            let TopicSpec {
                name,
                schema_type,
                entity,
                kind,
                ..
            } = &self.topics[*index].spec;
            let (schema_type, entity) = (schema_type.as_deref(), entity.as_deref());
            let contract = schema_type.and_then(|name| self.contracts.get(name));
            TopicInfo {
                name: Cow::Borrowed(name),
                schema_type: schema_type.map(Cow::Borrowed),
                entity: entity.map(Cow::Borrowed),
                version: contract.map(|known| known.version().into()),
                fingerprint: contract.map(|known| Cow::Borrowed(&*known.fingerprint)),
                buffer: contract.map(|_| Cow::Borrowed(kind.name())),
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

    pub(super) fn query(
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

    pub(super) fn query_answered(
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

/// The id of a write that lacks another field, so that its client learns which one it was. Only such
/// a text is read a second time.
fn unreadable_write_id(text: &str, error: &FrameError) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct WriteId {
        id: u64,
    }
    match error {
        FrameError::Field { frame: "write", .. } => {
            serde_json::from_str(text).ok().map(|WriteId { id }| id)
        }
        _ => None,
    }
}

/// The newest records that fit, ascending by time.
pub(super) fn query_text(request: &str, mut answer: QueryAnswer) -> String {
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
        Raw::check(&record.payload).ok().map(|payload| QueryRecord {
            topic,
            payload,
            ts: record.ts,
        })
    });
    let (id, records, total) = (Cow::Borrowed(request), records.collect(), answer.total);
    ServerFrame::QueryResult { id, records, total }.encode()
}
