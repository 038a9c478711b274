//! What is remembered of each client name over its connections: which writes were answered, how.
//!
//! Guarantees: a repeated write is recognised while its name is among the most recent ones.
//! Does not: outlive the process.

use super::api::{ClientId, Refusal};
use super::{REFUSALS_ALL_MAX, REFUSALS_MAX};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

#[derive(Default)]
struct Session {
    /// The highest write id seen.
    taken: u64,
    refused: VecDeque<(u64, Refusal)>,
    connection: Option<ClientId>,
    used: u64,
}

/// The sessions, at most so many.
pub(super) struct Sessions {
    sessions: BTreeMap<Arc<str>, Session>,
    sessions_max: usize,
    /// Counts uses: the session used longest ago goes first.
    uses: u64,
    /// The refusals of all sessions in the order in which they came, those of forgotten sessions too.
    refusals: VecDeque<(Arc<str>, u64)>,
}

/// What a write id means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is new.
    New,
    /// It came before and was, or will be, taken.
    Repeat,
    /// It came before and was refused.
    Refused(Refusal),
}

impl Sessions {
    pub(super) fn new(sessions_max: usize) -> Self {
        Self {
            sessions: BTreeMap::new(),
            sessions_max,
            uses: 0,
            refusals: VecDeque::new(),
        }
    }

    /// Binds a name to its present connection.
    pub(super) fn bind(&mut self, name: &str, connection: ClientId) -> Arc<str> {
        self.uses += 1;
        let name: Arc<str> = match self.sessions.get_key_value(name) {
            Some((known, _)) => known.clone(),
            None => {
                self.make_room();
                name.into()
            }
        };
        let session = self.sessions.entry(name.clone()).or_default();
        session.connection = Some(connection);
        session.used = self.uses;
        name
    }

    fn make_room(&mut self) {
        if self.sessions.len() < self.sessions_max {
            return;
        }
        let oldest = self.sessions.iter().min_by_key(|(_, session)| {
            // A connected session goes only when there is no other.
            (session.connection.is_some(), session.used)
        });
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            self.sessions.remove(&name);
        }
    }

    pub(super) fn unbind(&mut self, name: &str, connection: ClientId) {
        if let Some(session) = self.sessions.get_mut(name)
            && session.connection == Some(connection)
        {
            session.connection = None;
        }
    }

    pub(super) fn connection(&self, name: &str) -> Option<ClientId> {
        self.sessions.get(name)?.connection
    }

    /// Whether a write id is one that was never seen.
    pub(super) fn is_new(&self, name: &str, id: u64) -> bool {
        self.sessions
            .get(name)
            .is_none_or(|session| id > session.taken)
    }

    /// Says what a write id means, and counts it as seen.
    pub(super) fn see(&mut self, name: &str, id: u64) -> Seen {
        let Some(session) = self.sessions.get_mut(name) else {
            return Seen::New;
        };
        if id > session.taken {
            session.taken = id;
            return Seen::New;
        }
        match session.refused.iter().find(|(refused, _)| *refused == id) {
            Some((_, refusal)) => Seen::Refused(refusal.clone()),
            None => Seen::Repeat,
        }
    }

    pub(super) fn refuse(&mut self, name: &Arc<str>, id: u64, refusal: &Refusal) {
        let Some(session) = self.sessions.get_mut(name) else {
            return;
        };
        if session.refused.len() >= REFUSALS_MAX {
            session.refused.pop_front();
        }
        session.refused.push_back((id, refusal.clone()));
        self.refusals.push_back((name.clone(), id));
        if self.refusals.len() > REFUSALS_ALL_MAX {
            self.forget_oldest_refusal();
        }
    }

    fn forget_oldest_refusal(&mut self) {
        let Some((name, id)) = self.refusals.pop_front() else {
            return;
        };
        // It may be forgotten already, by itself or with its session.
        if let Some(session) = self.sessions.get_mut(&name)
            && session
                .refused
                .front()
                .is_some_and(|(first, _)| *first == id)
        {
            session.refused.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_ws_protocol::ErrorCode;

    #[test]
    fn a_repeat_is_recognised_and_answered_the_same_way() {
        let mut sessions = Sessions::new(2);
        let name = sessions.bind("a", ClientId(1));
        let refusal = Refusal::new(ErrorCode::WriteError, "no", "no");
        assert_eq!(sessions.see(&name, 1), Seen::New);
        assert_eq!(sessions.see(&name, 3), Seen::New);
        sessions.refuse(&name, 3, &refusal);
        assert_eq!(sessions.see(&name, 1), Seen::Repeat);
        assert_eq!(sessions.see(&name, 3), Seen::Refused(refusal));
        sessions.bind("a", ClientId(2));
        assert_eq!(sessions.see("a", 3), sessions.see(&name, 3));
        sessions.unbind("a", ClientId(1));
        assert_eq!(sessions.connection("a"), Some(ClientId(2)));
    }

    #[test]
    fn refusals_of_all_names_together_are_bounded_and_the_oldest_goes() {
        let mut sessions = Sessions::new(1_000);
        let refusal = Refusal::new(ErrorCode::WriteError, "no", "no");
        let names = REFUSALS_ALL_MAX / REFUSALS_MAX + 1;
        let names: Vec<Arc<str>> = (0..names)
            .map(|number| sessions.bind(&number.to_string(), ClientId(number as u64)))
            .collect();
        for name in &names {
            for id in 1..=REFUSALS_MAX as u64 {
                sessions.see(name, id);
                sessions.refuse(name, id, &refusal);
            }
        }
        assert_eq!(sessions.refusals.len(), REFUSALS_ALL_MAX);
        let kept: usize = sessions
            .sessions
            .values()
            .map(|session| session.refused.len())
            .sum();
        assert_eq!(kept, REFUSALS_ALL_MAX);
        assert_eq!(sessions.see(&names[0], 1), Seen::Repeat);
        assert_eq!(sessions.see(&names[1], 1), Seen::Refused(refusal));
    }

    #[test]
    fn the_session_without_a_connection_used_longest_ago_goes_first() {
        let mut sessions = Sessions::new(2);
        sessions.bind("a", ClientId(1));
        sessions.bind("b", ClientId(2));
        sessions.unbind("b", ClientId(2));
        sessions.bind("c", ClientId(3));
        assert_eq!(sessions.connection("a"), Some(ClientId(1)));
        assert_eq!(sessions.see("c", 1), Seen::New);
        assert_eq!(sessions.see("c", 1), Seen::Repeat);
        // A forgotten name is nobody's: each of its writes is new.
        assert_eq!(sessions.see("b", 1), Seen::New);
        assert_eq!(sessions.see("b", 1), Seen::New);
    }
}
