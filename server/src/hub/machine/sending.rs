//! What clients get: answers, then what is new of the topics that they follow, within their credit.
//!
//! Guarantees: credit holds for every client in frames and in bytes, and for all together in bytes; who does not
//! read answers gets no more of them. Does not: know what a frame says.

use super::{About, Hub};
use crate::hub::api::Breach;
use crate::hub::api::{ClientId, Effect, Emit, Refusal, TopicKind};
use crate::hub::client::Client;
use crate::hub::contracts::Contracts;
use crate::hub::frame::Frame;
use crate::hub::limits::Limits;
use crate::hub::permit::Action;
use crate::hub::topic::{Room, Topic, Whom};
use crate::hub::{CLOSE_POLICY, VALUE_BYTES_MAX};
use aimdb_ws_protocol::{ErrorCode, Pattern, Raw, ServerFrame, WireError, WireViolation};
use std::borrow::Cow;
use std::sync::Arc;

/// A frame of so many bytes is given to a client that has none in flight, whatever the others have: so who reads
/// is served while others fill what there is for all.
const SMALL_FRAME_BYTES: usize = 16 * 1024;

impl Hub {
    /// Ends a turn: gives each client what is new for it, as far as its credit goes. The same as
    /// [`begin_round`](Self::begin_round) and [`serve_next`](Self::serve_next) to the end.
    pub fn turn(&mut self, emit: &mut dyn FnMut(Effect<'_>)) {
        self.begin_round();
        while self.serve_next(emit).is_some() {}
    }

    /// Whether a round would give somebody something.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.dirty.is_empty() || !self.untold.is_empty()
    }

    /// Notes whom [`serve_next`](Self::serve_next) is to serve: the followers of topics with new values, and others
    /// that have something to get. Until the round is over the hub takes no input but `Drained`.
    ///
    /// ```text
    /// topic a: clients 1 3 4      topic b: clients 3 4 9      dirty: 7
    /// round:   1:a 3:ab 4:ab 9:b 7                            each client is looked at once, and gets one write
    /// ```
    pub fn begin_round(&mut self) {
        let Self {
            topics,
            untold,
            round,
            ..
        } = self;
        let is_one = untold.len() == 1;
        for number in untold.drain(..) {
            let topic = &mut topics[number as usize];
            topic.untold = 0;
            round.news.extend_from_slice(topic.followers());
        }
        if !is_one {
            round.news.sort_by_key(|follower| follower.client);
        }
        round.dirty.append(&mut self.dirty);
    }

    /// Serves the next client of the round: gives what its credit allows.
    pub fn serve_next(&mut self, emit: &mut dyn FnMut(Effect<'_>)) -> Option<ClientId> {
        while let Some(next) = self.round.news.get(self.round.served) {
            // One that has gone is passed over.
            if let Some(id) = self.enqueue_news(next.client) {
                self.pump(id, emit);
                return Some(id);
            }
        }
        self.round.news.clear();
        self.round.served = 0;
        let id = self.round.dirty.pop_front()?;
        self.pump(id, emit);
        Some(id)
    }

    /// Queues all that is new for the next client of the round.
    fn enqueue_news(&mut self, place: u32) -> Option<ClientId> {
        let Self { round, clients, .. } = self;
        let mut client = clients.at_mut(place);
        while let Some(follower) = round.news.get(round.served)
            && follower.client == place
        {
            round.served += 1;
            if let Some(client) = &mut client {
                client.feeds.enqueue(follower.feed);
            }
        }
        client.map(|client| client.id)
    }

    /// Has a client looked at when the turn ends.
    pub(super) fn mark(&mut self, id: ClientId) {
        if let Some(client) = self.clients.get_mut(id)
            && !client.dirty
        {
            client.dirty = true;
            self.dirty.push_back(id);
        }
    }

    pub(super) fn drained(&mut self, id: ClientId, frames: u32, bytes: usize) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        client.frames_in_flight = client.frames_in_flight.saturating_sub(frames);
        let bytes = bytes.min(client.bytes_in_flight);
        client.bytes_in_flight -= bytes;
        self.totals.in_flight -= bytes;
        if client.has_more() {
            self.mark(id);
        }
        if !self.held_up.is_empty() && self.totals.in_flight < self.limits.total_in_flight_bytes_max
        {
            for id in std::mem::take(&mut self.held_up) {
                if let Some(client) = self.clients.get_mut(id) {
                    client.held_up = false;
                }
                self.mark(id);
            }
        }
    }

    /// Sends what a client's credit allows.
    fn pump(&mut self, id: ClientId, emit: Emit<'_>) {
        let Self {
            clients,
            topics,
            contracts,
            limits,
            totals,
            missed,
            held_up,
            ..
        } = self;
        let Some(client) = clients.get_mut(id) else {
            return;
        };
        client.dirty = false;
        while has_credit(client, limits) {
            let is_full = totals.in_flight >= limits.total_in_flight_bytes_max;
            let is_large = client
                .replies
                .front()
                .is_some_and(|reply| reply.bytes().len() > SMALL_FRAME_BYTES);
            if is_full && (client.frames_in_flight > 0 || is_large) {
                if client.has_more() && !client.held_up {
                    client.held_up = true;
                    held_up.push(id);
                }
                return;
            }
            let frame = match client.replies.pop_front() {
                Some(reply) => {
                    client.replies_bytes -= reply.bytes().len();
                    totals.replies -= reply.bytes().len();
                    reply
                }
                None => match next_of_feeds(client, topics, contracts, limits, missed) {
                    Some(frame) => frame,
                    None => return,
                },
            };
            client.frames_in_flight += frame.count();
            client.bytes_in_flight += frame.bytes().len();
            totals.in_flight += frame.bytes().len();
            emit(Effect::Send { client: id, frame });
        }
    }

    /// Puts an answer into a client's queue; who does not read answers is closed.
    pub(super) fn reply(&mut self, id: ClientId, frame: &ServerFrame<'_>, emit: Emit<'_>) {
        self.reply_text(id, &frame.encode(), emit);
    }

    pub(super) fn reply_text(&mut self, id: ClientId, text: &str, emit: Emit<'_>) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if client.replies.len() >= self.limits.replies_max {
            return self.close(id, CLOSE_POLICY, "too many answers were not read", emit);
        }
        let frame = Frame::new(text);
        client.bucket.charge_bytes(frame.bytes().len());
        client.replies_bytes += frame.bytes().len();
        self.totals.replies += frame.bytes().len();
        client.replies.push_back(frame);
        self.mark(id);
    }

    /// Whether there is room for an answer of any size: for the client and for all together.
    pub(super) fn check_room_for_answer(&self, client: &Client) -> Result<(), Refusal> {
        let refuse =
            |reason, message: &str| Err(Refusal::new(ErrorCode::ServerError, reason, message));
        if client.replies_bytes >= self.limits.replies_bytes_max {
            let message = "answers wait to be read: read them before you ask for more";
            return refuse("answers_unread", message);
        }
        if self.totals.replies >= self.limits.total_replies_bytes_max {
            let message = "too many answers wait for other clients: ask again later";
            return refuse("server_busy", message);
        }
        Ok(())
    }

    pub(super) fn refuse(
        &mut self,
        id: ClientId,
        refusal: &Refusal,
        about: About<'_>,
        emit: Emit<'_>,
    ) {
        let value = self.winner_for(id, refusal, about);
        let winner = refusal.winner.as_ref().filter(|_| value.is_some());
        let error = WireError {
            code: refusal.code,
            topic: about.topic.map(Cow::Borrowed),
            message: Cow::Borrowed(&refusal.message),
            id: about.write,
            request: about.request.map(Cow::Borrowed),
            reason: Some(Cow::Borrowed(&refusal.reason)),
            violation: refusal.violation.as_deref().map(told),
            value: value.as_deref().map(Raw::known),
            seq: winner.and_then(|winner| winner.seq),
        };
        self.reply(id, &ServerFrame::Error(error), emit);
    }

    /// The value that a write lost against, in the client's version of its contract: for who may read it, and has room for it.
    fn winner_for(&self, id: ClientId, refusal: &Refusal, about: About<'_>) -> Option<Arc<str>> {
        let (winner, topic) = (refusal.winner.as_ref()?, about.topic?);
        let client = self.clients.get(id)?;
        let pattern = Pattern::parse(topic).ok()?;
        let is_allowed = self.may(id, Action::Subscribe(&pattern)).is_ok();
        let has_room =
            winner.payload.len() <= VALUE_BYTES_MAX && self.check_room_for_answer(client).is_ok();
        if !is_allowed || !has_room {
            return None;
        }
        let spec = &self.topics[*self.names.get(topic)? as usize].spec;
        let schema_type = spec.schema_type.as_deref();
        let older = client.older_version(schema_type).zip(schema_type);
        let older = older
            .and_then(|(version, name)| self.contracts.get(name)?.older(&winner.payload, version));
        Some(older.unwrap_or_else(|| winner.payload.clone()))
    }
}

/// What goes over the wire of a violation.
fn told(breach: &Breach) -> WireViolation<'_> {
    WireViolation {
        code: Cow::Borrowed(&breach.code),
        path: Cow::Borrowed(&breach.path),
        expected: Cow::Borrowed(&breach.expected),
        got: Cow::Borrowed(&breach.got),
    }
}

/// Frames and bytes that the socket has not taken yet; one frame of any size is always allowed.
fn has_credit(client: &Client, limits: &Limits) -> bool {
    client.frames_in_flight < limits.frames_in_flight_max
        && (client.frames_in_flight == 0 || client.bytes_in_flight < limits.in_flight_bytes_max)
}

/// The next frames of the topics that have something for a client, each in its turn.
fn next_of_feeds(
    client: &mut Client,
    topics: &mut [Topic],
    contracts: &Contracts,
    limits: &Limits,
    missed: &mut u64,
) -> Option<Frame> {
    let room = Room {
        frames: (limits.frames_in_flight_max - client.frames_in_flight) as usize,
        bytes: limits
            .in_flight_bytes_max
            .saturating_sub(client.bytes_in_flight),
    };
    loop {
        let whom = Whom {
            client: client.id,
            name: client.session.as_ref(),
        };
        let (number, place, feed) = client.feeds.pop()?;
        let topic = topics.get_mut(number as usize)?;
        let schema_type = topic.spec.schema_type.as_deref();
        let older = client
            .older
            .iter()
            .find(|(name, _)| Some(name.as_str()) == schema_type);
        let older = older.and_then(|(name, version)| Some((contracts.get(name)?, *version)));
        let next = feed.next;
        let frame = topic.next_frames(feed, whom, older, room);
        if let Some(frame) = &frame
            && topic.spec.kind == TopicKind::Ring
        {
            *missed += (feed.next - next).saturating_sub(frame.count().into());
        }
        if topic.is_due(feed) {
            client.feeds.enqueue(place);
        }
        if frame.is_some() {
            return frame;
        }
    }
}
