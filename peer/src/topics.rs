//! Which record is which topic in one session.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use aimdb_core::{Names, RecordDoor};
use aimdb_ws_bridge::Bridge;
use aimdb_ws_protocol::key_to_topic;

use crate::api::{TopicTaken, Truth};
use crate::bound::{Bound, Records};

/// How much a session has to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// Nothing.
    None,
    /// The record has a topic, which may be of this session as well as of another.
    Possible,
    /// A pattern selects its topic, or the session was given one for it.
    Certain,
}

/// The topics of one session.
#[derive(Default)]
pub(crate) struct Topics {
    /// Topics that an application gave to keys for this session only.
    given: Vec<(String, String)>,
    /// The number of each key in `given`.
    keys: Names,
    /// The place of the record of each topic.
    records: Names,
    /// Patterns that a record joined after their snapshots had come, each once.
    missed: Vec<String>,
    known_missed: Names,
}

impl Topics {
    pub(crate) fn new(given: Vec<(String, String)>) -> Self {
        let mut keys = Names::default();
        for (number, (key, _)) in given.iter().enumerate() {
            keys.insert(key.as_str().into(), number);
        }
        Self {
            given,
            keys,
            ..Self::default()
        }
    }

    /// The topic of a record: given here, given with the record, or its key with `/` for `.`.
    pub(crate) fn topic(&self, key: &str, own: Option<&str>) -> String {
        let given = self.keys.get(key).and_then(|number| self.given.get(number));
        let given = given.map(|(_, topic)| topic.as_str()).or(own);
        given.map_or_else(|| key_to_topic(key).into_owned(), ToOwned::to_owned)
    }

    /// Whether a record may have its topic here: no other has it.
    pub(crate) fn check<D: RecordDoor + ?Sized>(
        &self,
        (key, own): (&str, Option<&str>),
        records: &Records<D>,
    ) -> Result<(), TopicTaken> {
        let topic = self.topic(key, own);
        let holder = self.records.get(&topic).and_then(|place| records.at(place));
        match holder {
            Some(holder) if holder.door.key() != key => Err(TopicTaken {
                record: key.into(),
                by: holder.door.key().into(),
                topic,
            }),
            _ => Ok(()),
        }
    }

    /// Binds a record's topic to it, and says how much this session has to do with it.
    pub(crate) fn bind<D: RecordDoor + ?Sized>(
        &mut self,
        bridge: &Bridge,
        bound: &Bound<D>,
    ) -> Claim {
        if bound.mirroring.truth == Truth::Local {
            return Claim::None;
        }
        let (key, place) = (bound.door.key(), bound.door.id().index());
        let topic = self.topic(key, bound.own_topic());
        let followed = bridge.follows(&topic);
        let known = self.records.get(&topic);
        if let Some(pattern) = followed
            && known.is_none()
            && self.known_missed.insert(pattern.into(), 0)
        {
            self.missed.push(pattern.to_owned());
        }
        let has_topic = bound.mirroring.topic.is_some() || bound.mirroring.truth == Truth::Mirror;
        let claim = match (
            followed.is_some() || self.keys.get(key).is_some(),
            has_topic,
        ) {
            (true, _) => Claim::Certain,
            (false, true) => Claim::Possible,
            (false, false) => Claim::None,
        };
        if known.is_none() {
            self.records.insert(topic.into(), place);
        }
        claim
    }

    /// Forgets a record's topic.
    pub(crate) fn unbind<D: RecordDoor + ?Sized>(&mut self, bound: &Bound<D>) {
        let topic = self.topic(bound.door.key(), bound.own_topic());
        if self.records.get(&topic) == Some(bound.door.id().index()) {
            self.records.remove(&topic);
        }
    }

    /// The patterns whose snapshots came before a record of theirs was there.
    pub(crate) fn take_missed(&mut self) -> Vec<String> {
        self.known_missed = Names::default();
        core::mem::take(&mut self.missed)
    }

    /// The place of the record that a topic is.
    pub(crate) fn record(&self, topic: &str) -> Option<usize> {
        self.records.get(topic)
    }
}
