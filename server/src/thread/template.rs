//! Records that come with their first write and go when nothing is written any more.
//!
//! Guarantees: a template makes records for the topics of its pattern only; one that is idle for as long as its
//! template says is named once. Does not: make or remove anything; the root does.

use crate::hub::TopicTemplate;
use crate::store::Keep;
use aimdb_core::{BufferConfig, Described};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How records of a pattern are made.
#[derive(Clone)]
pub struct Template {
    /// What the hub knows of it.
    pub(crate) topics: TopicTemplate,
    /// The contract.
    pub(crate) shape: Described,
    /// The buffer.
    pub(crate) buffer: BufferConfig,
    /// How much is kept of its records' past.
    pub(crate) keep: Keep,
    /// Whether its records take integers that JavaScript would round.
    pub(crate) exact_integers: bool,
    /// A record without a write for so long is removed.
    pub(crate) idle_ms: Option<u64>,
}

/// The records that templates have made, and when each was last written.
#[derive(Default)]
pub(crate) struct Made {
    written: BTreeMap<Arc<str>, Times>,
    /// Before this none is over; writing only postpones.
    none_before_ms: Option<u64>,
}

struct Times {
    last_ms: u64,
    idle_ms: Option<u64>,
}

impl Made {
    pub(crate) fn add(&mut self, topic: Arc<str>, idle_ms: Option<u64>, now_ms: u64) {
        let times = Times {
            last_ms: now_ms,
            idle_ms,
        };
        let ends = [self.none_before_ms, times.ends_at()];
        self.none_before_ms = ends.into_iter().flatten().min();
        self.written.insert(topic, times);
    }

    pub(crate) fn has(&self, topic: &str) -> bool {
        self.written.contains_key(topic)
    }

    pub(crate) fn remove(&mut self, topic: &str) -> bool {
        self.written.remove(topic).is_some()
    }

    pub(crate) fn wrote(&mut self, topic: &str, now_ms: u64) {
        if let Some(times) = self.written.get_mut(topic) {
            times.last_ms = now_ms;
        }
    }

    /// A record whose time is over stays: something is under way to it.
    pub(crate) fn put_off(&mut self, topic: &str, now_ms: u64) {
        self.wrote(topic, now_ms);
        let end = self.written.get(topic).and_then(Times::ends_at);
        let ends = [self.none_before_ms, end];
        self.none_before_ms = ends.into_iter().flatten().min();
    }

    /// The topics whose time is over. Asked for in every turn, so all are looked at only when one may be.
    pub(crate) fn idle(&mut self, now_ms: u64) -> Vec<Arc<str>> {
        if self.none_before_ms.is_none_or(|at_ms| now_ms < at_ms) {
            return Vec::new();
        }
        let ends = self.written.values().filter_map(Times::ends_at);
        self.none_before_ms = ends.filter(|end| *end > now_ms).min();
        let is_over = |times: &Times| times.ends_at().is_some_and(|end| end <= now_ms);
        let over = self.written.iter().filter(|(_, times)| is_over(times));
        over.map(|(topic, _)| topic.clone()).collect()
    }

    /// When it is time to ask again, at the latest.
    pub(crate) fn next_look(&self) -> Option<u64> {
        self.none_before_ms
    }
}

impl Times {
    fn ends_at(&self) -> Option<u64> {
        Some(self.last_ms.saturating_add(self.idle_ms?))
    }
}

/// The key of a topic's record: with `.` for `/`, unless the topic itself has dots.
pub(crate) fn key_of(topic: &str) -> String {
    if topic.contains('.') {
        topic.to_owned()
    } else {
        topic.replace('/', ".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_idle_once_nothing_was_written_for_its_time() {
        let mut made = Made::default();
        made.add("a".into(), Some(10), 100);
        made.add("b".into(), None, 100);
        assert_eq!(made.next_look(), Some(110));
        made.wrote("a", 105);
        assert!(made.idle(110).is_empty());
        assert_eq!(made.next_look(), Some(115));
        assert_eq!(made.idle(115), ["a".into()]);
        assert_eq!(made.next_look(), None);
        made.put_off("a", 115);
        assert_eq!(made.next_look(), Some(125));
        assert_eq!(made.idle(125), ["a".into()]);
        assert!(made.remove("a") && !made.remove("a"));
        assert_eq!((made.next_look(), made.idle(u64::MAX).len()), (None, 0));
    }

    #[test]
    fn keys_and_topics_name_the_same_record() {
        for topic in ["devices/7/telemetry", "a", "a.b/c"] {
            assert_eq!(aimdb_ws_protocol::key_to_topic(&key_of(topic)), topic);
        }
    }
}
