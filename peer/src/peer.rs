//! The machine: records and sessions, one input at a time.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use aimdb_core::{AimDb, Names, RecordDoor, RecordId, RuntimeAdapter};
use aimdb_ws_bridge::{
    self as session, Bridge, DropReason, Entry, FrameError, Input, Now, Options, Outcome, Status,
    ValueHead, WriteId,
};
use aimdb_ws_protocol::{ServerFrame, key_to_topic};

use crate::api::{
    Action, Effect, Mirroring, OpenError, Payload, SessionId, Text, TopicTaken, Truth, Unsent,
};
use crate::bound::{Bound, Delivered, Records};
use crate::deliver::Winner;
use crate::topics::{Claim, Topics};
use crate::versions;

/// A session, and which record each topic is there; they are apart so that one can be driven while the
/// other is read.
pub(crate) struct Session {
    pub(crate) bridge: Bridge,
    pub(crate) topics: Topics,
    /// Counts its connections.
    connection: u64,
    /// Whether it has yet to start for the first time.
    is_new: bool,
}

/// A whole client over a database.
pub struct Peer<R: RuntimeAdapter> {
    pub(crate) db: AimDb<R>,
    pub(crate) records: Records<R::Door>,
    pub(crate) sessions: Vec<Option<Session>>,
    /// The place of the record that each topic was given to.
    own_topics: Names,
    /// The record that was written last, and what its value became.
    pub(crate) taken: Option<(RecordId, WriteId)>,
}

impl<R: RuntimeAdapter> Peer<R> {
    /// A client without a session. Records take part once they are [admitted](Self::admit). A database has one client:
    /// what is written to its records is told once.
    pub fn new(db: AimDb<R>) -> Self {
        Self {
            db,
            records: Records::default(),
            sessions: Vec::new(),
            own_topics: Names::default(),
            taken: None,
        }
    }

    /// The database.
    pub fn db(&self) -> &AimDb<R> {
        &self.db
    }

    /// Whether a record may be configured: no other has its topic, here or in any session.
    ///
    /// # Errors
    /// Names the record that has it.
    pub fn check_topic(&self, key: &str, mirroring: &Mirroring) -> Result<(), TopicTaken> {
        if mirroring.truth == Truth::Local {
            return Ok(());
        }
        let own = mirroring.topic.as_deref();
        let topic = own.map_or_else(|| key_to_topic(key), Cow::Borrowed);
        if let Some(holder) = self
            .holder(&topic)
            .filter(|holder| holder.door.key() != key)
        {
            return Err(TopicTaken {
                record: key.into(),
                by: holder.door.key().into(),
                topic: topic.into_owned(),
            });
        }
        let mut sessions = self.sessions.iter().flatten();
        sessions.try_for_each(|session| session.topics.check((key, own), &self.records))
    }

    /// The record that has a topic where no session says otherwise: it was given that, or its key is that, with dots or
    /// as it stands.
    fn holder(&self, topic: &str) -> Option<&Bound<R::Door>> {
        let given = self.own_topics.get(topic);
        let given = given.and_then(|place| self.records.at(place));
        let by_key = |key: &str| {
            let bound = self.records.get(self.db.door(key)?.id())?;
            let is_it = bound.own_topic().is_none() && bound.mirroring.truth != Truth::Local;
            (is_it && key_to_topic(key) == topic).then_some(bound)
        };
        given
            .or_else(|| by_key(topic))
            .or_else(|| by_key(&topic.replace('/', ".")))
    }

    /// Lets a record take part, from now on.
    pub fn admit(&mut self, door: Arc<R::Door>, mirroring: Mirroring) {
        let id = door.id();
        let shared = mirroring.topic.as_deref();
        if let Some(topic) = shared.filter(|_| mirroring.truth != Truth::Local) {
            self.own_topics.insert(topic.into(), id.index());
        }
        self.records.put(Bound::new(door, mirroring));
        let has_sessions = self.has_sessions();
        if let Some(bound) = self.records.get_mut(id) {
            bind(&mut self.sessions, bound, has_sessions);
        }
    }

    /// Whether a record takes part.
    pub fn is_admitted(&self, id: RecordId) -> bool {
        self.records.get(id).is_some()
    }

    /// A record is gone. What it wrote and is under way ends as it would have.
    pub fn retire(&mut self, id: RecordId) {
        if let Some(bound) = self.records.take(id) {
            let place = Some(id.index());
            let held = |topic: &&str| self.own_topics.get(topic) == place;
            if let Some(topic) = bound.own_topic().filter(held) {
                self.own_topics.remove(topic);
            }
            for session in self.sessions.iter_mut().flatten() {
                session.topics.unbind(&bound);
            }
        }
    }

    /// The driver brings values of older versions of the record's contract to this one, from now on.
    pub fn set_by_host(&mut self, id: RecordId) {
        if let Some(bound) = self.records.get_mut(id) {
            bound.mirroring.by_host = true;
        }
    }

    /// The version of the record's contract that its server holds, if that is an older one.
    pub fn older(&self, id: RecordId) -> Option<u32> {
        self.records.get(id)?.older
    }

    /// The session that mirrors a record.
    pub fn session_of(&self, id: RecordId) -> Option<SessionId> {
        self.records.get(id)?.session
    }

    /// Opens a session that has not started; `topics` are keys and the topics that they have there.
    ///
    /// # Errors
    /// Names the option, or the records that would have one topic.
    pub fn open(
        &mut self,
        options: Options,
        topics: Vec<(String, String)>,
        seed: u64,
    ) -> Result<SessionId, OpenError> {
        let bridge = Bridge::new(options, seed).map_err(OpenError::Options)?;
        let mut topics = Topics::new(topics);
        for bound in self.records.iter() {
            let names = (bound.door.key(), bound.own_topic());
            if bound.mirroring.truth != Truth::Local {
                let checked = topics.check(names, &self.records);
                checked.map_err(OpenError::Topic)?;
                topics.bind(&bridge, bound);
            }
        }
        // Nothing has come yet that a record could have missed.
        topics.take_missed();
        let free = self.sessions.iter().position(Option::is_none);
        let number = free.unwrap_or(self.sessions.len());
        if free.is_none() {
            self.sessions.push(None);
        }
        if let Some(place) = self.sessions.get_mut(number) {
            *place = Some(Session {
                bridge,
                topics,
                connection: 0,
                is_new: true,
            });
        }
        self.bind_all();
        Ok(number)
    }

    /// Ends a session: what waits ends with a report, and its number may be used again.
    pub fn end(&mut self, session: SessionId, now: Now, emit: &mut dyn FnMut(Effect<'_>)) {
        self.handle(session, Input::Disconnect, now, emit);
        if let Some(place) = self.sessions.get_mut(session) {
            *place = None;
        }
        self.bind_all();
    }

    /// Takes one input of a session and gives its effects in order. Writes of records come by
    /// [`take_written`](Self::take_written), values by [`value`](Self::value) or [`receive`](Self::receive).
    pub fn handle(
        &mut self,
        session: SessionId,
        input: Input<'_>,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        self.take(session, (input, None), now, emit);
    }

    /// Takes a frame that brings no value of a topic; `winner` is the value that an `error` has, if it has one.
    pub fn frame(
        &mut self,
        session: SessionId,
        (frame, winner): (Result<ServerFrame<'_>, FrameError>, Option<&dyn Payload>),
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        self.take(session, (Input::Frame(frame), winner), now, emit);
    }

    fn take(
        &mut self,
        session: SessionId,
        (input, winner): (Input<'_>, Option<&dyn Payload>),
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        self.take_written(None, now, emit);
        let changes = matches!(input, Input::Subscribe(_) | Input::Unsubscribe(_));
        if matches!(input, Input::SocketOpened) {
            self.resume(session);
        }
        if let Input::Frame(Ok(ServerFrame::Pong { hello: Some(hello) })) = &input
            && let Some(held) = &hello.contracts
        {
            // Before what waits is sent.
            versions::note(&mut self.records, session, held);
            self.fit(session, &mut []);
        }
        let is_subscribed = matches!(input, Input::Frame(Ok(ServerFrame::Subscribed { .. })));
        if matches!(input, Input::Start) {
            let is_new = |session: &mut Session| core::mem::take(&mut session.is_new);
            if self.with_session(session, is_new) == Some(true) {
                self.tell_earlier(session, emit);
            }
            self.hold(session, now, emit);
        }
        self.drive_against(session, (input, winner), now, emit);
        if is_subscribed {
            self.confirm_rings(session, emit);
        }
        if changes {
            self.bind_all();
            self.hold(session, now, emit);
            self.with_session(session, |session| session.topics.take_missed());
        }
    }

    /// The write that became of the value which was taken last, with its record: known once, right behind
    /// [`take_written`](Self::take_written).
    pub fn take_taken(&mut self) -> Option<(RecordId, WriteId)> {
        self.taken.take()
    }

    /// Takes a value that came over a session.
    pub fn value(
        &mut self,
        number: SessionId,
        head: ValueHead<'_>,
        payload: &dyn Payload,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        // What was written here before it came is sent before it is judged.
        self.take_written(None, now, emit);
        let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) else {
            return;
        };
        let (records, topics) = (&mut self.records, &session.topics);
        let (mut delivered, mut left_out) = (None, 0);
        session
            .bridge
            .handle(Input::Value(head), now, &mut |effect| match effect {
                session::Effect::Deliver {
                    kind,
                    seq,
                    by,
                    is_unsure,
                    ..
                } => {
                    delivered = Some(Delivered {
                        kind,
                        seq,
                        by,
                        is_unsure,
                    });
                }
                session::Effect::Lagged { missed, .. } => left_out = missed,
                other => perform(records, topics, (number, None), other, emit),
            });
        let place = topics.record(head.topic);
        let bound = place.and_then(|place| records.at_mut(place));
        // Of several sessions that follow the topic one is in charge.
        let mut bound = bound.filter(|bound| bound.session == Some(number));
        let (topic, record) = (head.topic, bound.as_ref().map(|bound| bound.door.id()));
        if let Some(bound) = &mut bound {
            confirm(bound, number, session.connection, emit);
        }
        if let (Some(bound), Some(delivered)) = (&bound, delivered) {
            left_out = left_out.max(bound.missed_before(delivered));
        }
        if left_out > 0 {
            let lagged = session::Effect::Lagged {
                topic,
                missed: left_out,
            };
            emit(Effect {
                session: number,
                record,
                action: Action::Session(lagged),
            });
        }
        let (Some(bound), Some(delivered)) = (bound.as_mut(), delivered) else {
            return;
        };
        let written = bound.deliver(&mut session.bridge, payload, delivered);
        if let Err(error) = &written {
            emit(Effect {
                session: number,
                record: Some(bound.door.id()),
                action: Action::Refused(error),
            });
        }
    }

    /// Takes a text frame of any kind.
    pub fn receive(
        &mut self,
        session: SessionId,
        text: &str,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        let frame = ServerFrame::decode(text);
        let head = frame.as_ref().ok().and_then(ValueHead::of);
        match head {
            Some((head, payload)) => {
                let payload = Text(payload.map_or("", |payload| payload.get()));
                self.value(session, head, &payload, now, emit);
            }
            None => {
                let value = match &frame {
                    Ok(ServerFrame::Error(error)) => error.value,
                    _ => None,
                };
                let winner = value.map(|value| Text(value.get()));
                let winner = winner.as_ref().map(|text| text as &dyn Payload);
                self.frame(session, (frame, winner), now, emit);
            }
        }
    }

    /// Asks for the values of records that were admitted after their topics had come.
    pub fn refresh(&mut self, session: SessionId, now: Now, emit: &mut dyn FnMut(Effect<'_>)) {
        self.hold(session, now, emit);
        let missed = self.with_session(session, |session| session.topics.take_missed());
        let missed = missed.unwrap_or_default();
        if !missed.is_empty() {
            let missed: Vec<&str> = missed.iter().map(String::as_str).collect();
            self.drive(session, Input::Subscribe(&missed), now, emit);
        }
    }

    /// The writes of a session that have not ended, in order: all that a later one needs to go on with them.
    pub fn writes(&self, session: SessionId) -> impl Iterator<Item = &Entry> {
        let session = self.sessions.get(session).and_then(Option::as_ref);
        session
            .into_iter()
            .flat_map(|session| session.bridge.writes())
    }

    /// The number that the next write of a session gets: a later session under the same client name begins there.
    pub fn next_write(&self, session: SessionId) -> Option<WriteId> {
        let session = self.sessions.get(session)?.as_ref()?;
        Some(session.bridge.next_write())
    }

    /// Puts writes back that were read out of an earlier session under the same client name. Records show them as
    /// pending again, where they are there.
    pub fn restore(
        &mut self,
        number: SessionId,
        writes: Vec<Entry>,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        let admitted = self.with_session(number, |session| session.bridge.admit(writes));
        let mut writes = admitted.unwrap_or_default();
        for entry in &mut writes {
            self.restore_source(number, entry);
        }
        self.fit(number, &mut writes);
        let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) else {
            return;
        };
        let (records, topics) = (&mut self.records, &session.topics);
        session.bridge.restore_admitted(writes, now, &mut |effect| {
            perform(records, topics, (number, None), effect, emit);
        });
    }

    fn fit(&mut self, number: SessionId, admitted: &mut [Entry]) {
        if let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) {
            versions::fit(&self.records, number, (&mut session.bridge, admitted));
        }
    }

    /// Finds the record that a write of an earlier session came from, and shows what it wrote.
    fn restore_source(&mut self, number: SessionId, entry: &mut Entry) {
        let Some(source) = &mut entry.source else {
            return;
        };
        let door = self.db.door(&source.key);
        let bound = door.and_then(|door| self.records.get_mut(door.id()));
        let Some(bound) = bound.filter(|bound| bound.session == Some(number)) else {
            return;
        };
        source.record = bound.door.id();
        let session = self.sessions.get(number).and_then(Option::as_ref);
        let echoes_max = session.map_or(0, |session| session.bridge.writes_pending_max());
        bound.restore(entry.id, source.fields.clone(), echoes_max);
    }

    /// The status of a session; nothing if there is none of that number.
    pub fn status(&self, session: SessionId) -> Option<Status> {
        let session = self.sessions.get(session)?.as_ref()?;
        Some(session.bridge.status())
    }

    /// How many writes of a session wait to be sent or answered.
    pub fn writes_pending(&self, session: SessionId) -> usize {
        let session = self.sessions.get(session).and_then(Option::as_ref);
        session.map_or(0, |session| session.bridge.writes_pending())
    }

    /// The record that mirrors a topic through a session.
    pub fn mirroring(&self, session: SessionId, topic: &str) -> Option<RecordId> {
        let topics = &self.sessions.get(session)?.as_ref()?.topics;
        mirroring(&self.records, topics, session, topic)
    }

    /// The numbers of the sessions, at most; some of them may have ended.
    pub fn sessions(&self) -> core::ops::Range<SessionId> {
        0..self.sessions.len()
    }

    /// Lets a session ask for what its rings have missed since the last connection.
    fn resume(&mut self, number: SessionId) {
        let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) else {
            return;
        };
        let mine = self
            .records
            .iter()
            .filter(|bound| bound.session == Some(number));
        let topics = &session.topics;
        let since = mine.filter_map(|bound| {
            let topic = topics.topic(bound.door.key(), bound.own_topic());
            Some((String::from(&*topic), bound.resumes_at()?))
        });
        session.bridge.resume(since.collect());
        session.connection += 1;
    }

    /// A server that was asked for what came since sends no snapshot: its word that it was heard will do.
    fn confirm_rings(&mut self, number: SessionId, emit: &mut dyn FnMut(Effect<'_>)) {
        let Some(session) = self.sessions.get(number).and_then(Option::as_ref) else {
            return;
        };
        let rings = self.records.iter_mut();
        for bound in rings.filter(|bound| bound.session == Some(number)) {
            if bound.resumes_at().is_some() {
                confirm(bound, number, session.connection, emit);
            }
        }
    }

    /// Whether a record's server has confirmed over the present connection what the record shows.
    pub fn is_confirmed(&self, id: RecordId) -> bool {
        let Some(bound) = self.records.get(id) else {
            return false;
        };
        let session = bound
            .session
            .and_then(|number| self.sessions.get(number)?.as_ref());
        session
            .is_some_and(|session| bound.confirmed == session.connection && session.connection > 0)
    }

    fn has_sessions(&self) -> bool {
        self.sessions.iter().any(Option::is_some)
    }

    fn with_session<O>(
        &mut self,
        session: SessionId,
        look: impl FnOnce(&mut Session) -> O,
    ) -> Option<O> {
        self.sessions.get_mut(session)?.as_mut().map(look)
    }

    fn drive(
        &mut self,
        number: SessionId,
        input: Input<'_>,
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        self.drive_against(number, (input, None), now, emit);
    }

    fn drive_against(
        &mut self,
        number: SessionId,
        (input, winner): (Input<'_>, Option<&dyn Payload>),
        now: Now,
        emit: &mut dyn FnMut(Effect<'_>),
    ) {
        let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) else {
            return;
        };
        let (records, topics) = (&mut self.records, &session.topics);
        session.bridge.handle(input, now, &mut |effect| {
            perform(records, topics, (number, winner), effect, emit);
        });
    }

    /// Tells the session's server which contracts its records have.
    fn hold(&mut self, session: SessionId, now: Now, emit: &mut dyn FnMut(Effect<'_>)) {
        let held = versions::held(&self.records, session);
        self.drive(session, Input::Hold(&held), now, emit);
    }

    fn bind_all(&mut self) {
        let has_sessions = self.has_sessions();
        for bound in self.records.iter_mut() {
            bind(&mut self.sessions, bound, has_sessions);
        }
    }
}

/// A record's server has said what it has.
fn confirm<D: RecordDoor + ?Sized>(
    bound: &mut Bound<D>,
    session: SessionId,
    connection: u64,
    emit: &mut dyn FnMut(Effect<'_>),
) {
    if core::mem::replace(&mut bound.confirmed, connection) != connection {
        emit(Effect {
            session,
            record: Some(bound.door.id()),
            action: Action::Confirmed,
        });
    }
}

/// Tells once that a record's server judges no conflicts.
fn tell_unjudged<D: RecordDoor + ?Sized>(
    bound: &mut Bound<D>,
    session: SessionId,
    outcome: &Outcome<'_>,
    emit: &mut dyn FnMut(Effect<'_>),
) {
    let is_unjudged = matches!(outcome, Outcome::Dropped(DropReason::ConflictUnsupported));
    if is_unjudged && !core::mem::replace(&mut bound.is_unjudged, true) {
        let (key, reason) = (bound.door.key(), Unsent::ConflictUnsupported);
        emit(Effect {
            session,
            record: Some(bound.door.id()),
            action: Action::Unsent { key, reason },
        });
    }
}

/// Every session knows the record's topic; the first that has to do with it takes its writes.
fn bind<D: RecordDoor + ?Sized>(
    sessions: &mut [Option<Session>],
    bound: &mut Bound<D>,
    has_sessions: bool,
) {
    let mut best = (Claim::None, None);
    for (number, session) in sessions.iter_mut().enumerate() {
        let Some(Session { bridge, topics, .. }) = session else {
            continue;
        };
        let claim = topics.bind(bridge, bound);
        if claim > best.0 {
            best = (claim, Some(number));
        }
    }
    bound.give_to(best.1, has_sessions);
}

fn mirroring<D: RecordDoor + ?Sized>(
    records: &Records<D>,
    topics: &Topics,
    session: SessionId,
    topic: &str,
) -> Option<RecordId> {
    let bound = records.at(topics.record(topic)?)?;
    (bound.session == Some(session)).then(|| bound.door.id())
}

/// Does to records what a session's effect says, and hands on what is left to do.
pub(crate) fn perform<D: RecordDoor + ?Sized>(
    records: &mut Records<D>,
    topics: &Topics,
    (session, winner): (SessionId, Option<Winner<'_>>),
    effect: session::Effect<'_>,
    emit: &mut dyn FnMut(Effect<'_>),
) {
    let record = match &effect {
        session::Effect::Restarted => {
            let mirrored = records.iter_mut();
            for bound in mirrored.filter(|bound| bound.session == Some(session)) {
                bound.seq = None;
                bound.shown.outlive_numbers();
                bound.before.outlive_numbers();
            }
            None
        }
        // Looked at before it was sent.
        session::Effect::PeerContracts(_)
        | session::Effect::WriteTaken { .. }
        | session::Effect::Deliver { .. } => return,
        session::Effect::WriteSettled { entry, outcome } => {
            // A write of an earlier run may have come from a record that is not here, and name another by its number.
            let source = entry.source.as_ref();
            let bound = source.and_then(|source| {
                let bound = records.get_mut(source.record)?;
                (*bound.door.key() == *source.key).then_some(bound)
            });
            bound.map(|bound| {
                bound.settle(entry.id, outcome, winner);
                tell_unjudged(bound, session, outcome, emit);
                bound.door.id()
            })
        }
        session::Effect::Lagged { topic, .. } | session::Effect::Gone { topic } => {
            mirroring(records, topics, session, topic)
        }
        _ => None,
    };
    let action = Action::Session(effect);
    emit(Effect {
        session,
        record,
        action,
    });
}
