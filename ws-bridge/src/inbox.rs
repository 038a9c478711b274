//! What is followed, and which version of each topic was delivered last.
//!
//! Guarantees: nothing older than what was delivered is delivered again, and nothing that is not
//! followed. Does not: keep values; it remembers numbers.

use hashbrown::HashMap;

use crate::api::DeliveryKind;
use crate::hash::Seeded;
use crate::{ECHO_MS_MAX, ECHOES_MAX, SUBSCRIPTIONS_MAX, TOPICS_TRACKED_MAX};
use aimdb_ws_protocol::{Pattern, Raw};
use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

struct Known {
    followed: bool,
    /// The version delivered last, under the present server instance.
    seq: Option<u64>,
    /// Whether data came since the last subscribe: a snapshot without a version is then older.
    data_came: bool,
}

struct Echo {
    topic: String,
    payload: String,
    until_ms: u64,
}

pub(crate) struct Inbox {
    patterns: Vec<Pattern>,
    topics: HashMap<String, Known, Seeded>,
    echoes: VecDeque<Echo>,
}

impl Inbox {
    pub(crate) fn new(patterns: Vec<Pattern>, seed: u64) -> Self {
        Self {
            patterns,
            topics: HashMap::with_hasher(Seeded(seed)),
            echoes: VecDeque::new(),
        }
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Follows a pattern; false when there are too many.
    pub(crate) fn follow(&mut self, pattern: &Pattern) -> bool {
        if !self.patterns.contains(pattern) {
            if self.patterns.len() >= SUBSCRIPTIONS_MAX {
                return false;
            }
            self.patterns.push(pattern.clone());
        }
        for (_, known) in self
            .topics
            .iter_mut()
            .filter(|(topic, _)| pattern.matches(topic))
        {
            // Who subscribes again wants the value again.
            *known = Known {
                followed: true,
                seq: None,
                data_came: false,
            };
        }
        true
    }

    /// Follows a pattern no more; false when it was not followed.
    pub(crate) fn leave(&mut self, pattern: &str) -> bool {
        let Some(index) = self
            .patterns
            .iter()
            .position(|known| known.as_str() == pattern)
        else {
            return false;
        };
        self.patterns.remove(index);
        let patterns = &self.patterns;
        self.topics
            .retain(|topic, _| patterns.iter().any(|pattern| pattern.matches(topic)));
        true
    }

    /// Whether this value is to be delivered; if so it counts as delivered.
    pub(crate) fn admit(&mut self, topic: &str, kind: DeliveryKind, seq: Option<u64>) -> bool {
        let Some(known) = self.topics.get_mut(topic) else {
            let followed = self.patterns.iter().any(|pattern| pattern.matches(topic));
            if self.topics.len() < TOPICS_TRACKED_MAX {
                let data_came = kind == DeliveryKind::Data;
                self.topics.insert(
                    topic.into(),
                    Known {
                        followed,
                        seq,
                        data_came,
                    },
                );
            }
            return followed;
        };
        let newer = match (seq, known.seq) {
            (Some(seq), Some(delivered)) => seq > delivered,
            (Some(_), None) => true,
            (None, _) => kind == DeliveryKind::Data || !known.data_came,
        };
        if newer {
            known.seq = seq.or(known.seq);
            known.data_came |= kind == DeliveryKind::Data;
        }
        newer && known.followed
    }

    /// A new connection: snapshots without a version are news again.
    pub(crate) fn connection_opened(&mut self) {
        for known in self.topics.values_mut() {
            known.data_came = false;
        }
    }

    /// The server has no such topic any more: should it come again, its numbers start anew.
    pub(crate) fn forget_topic(&mut self, topic: &str) {
        self.topics.remove(topic);
    }

    /// Another server instance: its numbers start anew.
    pub(crate) fn forget_versions(&mut self) {
        for known in self.topics.values_mut() {
            known.seq = None;
        }
    }

    pub(crate) fn expect_echo(&mut self, topic: &str, payload: Raw<'_>, now_ms: u64) {
        if self.echoes.len() >= ECHOES_MAX {
            self.echoes.pop_front();
        }
        let (topic, payload) = (topic.to_owned(), payload.get().to_owned());
        self.echoes.push_back(Echo {
            topic,
            payload,
            until_ms: now_ms.saturating_add(ECHO_MS_MAX),
        });
    }

    /// Whether a value is the echo of a write, guessed from its text. Only for servers that do
    /// not say whose write it was.
    pub(crate) fn take_echo(&mut self, topic: &str, payload: &str, now_ms: u64) -> bool {
        while self
            .echoes
            .front()
            .is_some_and(|echo| echo.until_ms <= now_ms)
        {
            self.echoes.pop_front();
        }
        let found = self
            .echoes
            .iter()
            .position(|echo| echo.topic == topic && echo.payload == payload);
        found.and_then(|index| self.echoes.remove(index)).is_some()
    }

    pub(crate) fn forget_echoes(&mut self) {
        self.echoes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryKind::{Data, Snapshot};

    fn inbox(patterns: &[&str]) -> Inbox {
        Inbox::new(
            patterns
                .iter()
                .map(|text| Pattern::parse(text).unwrap())
                .collect(),
            7,
        )
    }

    #[test]
    fn only_what_is_newer_is_admitted() {
        let mut inbox = inbox(&["#"]);
        assert!(inbox.admit("a", Snapshot, Some(5)));
        assert!(!inbox.admit("a", Data, Some(5)));
        assert!(!inbox.admit("a", Data, Some(4)));
        assert!(inbox.admit("a", Data, Some(9)));
        assert!(!inbox.admit("a", Snapshot, Some(7)));
        assert!(inbox.admit("b", Data, Some(1)));
        inbox.forget_versions();
        assert!(inbox.admit("a", Snapshot, Some(1)));
    }

    #[test]
    fn without_versions_a_snapshot_after_data_is_old_until_the_next_connection() {
        let mut inbox = inbox(&["#"]);
        assert!(inbox.admit("a", Data, None));
        assert!(!inbox.admit("a", Snapshot, None));
        assert!(inbox.admit("a", Data, None));
        inbox.connection_opened();
        assert!(inbox.admit("a", Snapshot, None));
    }

    #[test]
    fn what_is_followed_again_is_news_again() {
        let mut inbox = inbox(&["a/#"]);
        assert!(inbox.admit("a/b", Data, Some(3)));
        assert!(inbox.follow(&Pattern::parse("a/*").unwrap()));
        assert!(inbox.admit("a/b", Snapshot, Some(3)));
        assert!(inbox.leave("a/#"));
        assert!(inbox.admit("a/b", Data, Some(4)));
        assert!(inbox.leave("a/*"));
        assert!(!inbox.leave("a/*"));
        assert!(!inbox.admit("a/b", Data, Some(5)));
        assert!(inbox.follow(&Pattern::parse("#").unwrap()));
        assert!(inbox.admit("a/b", Data, Some(5)));
    }

    #[test]
    fn an_echo_is_recognised_once_and_for_a_while() {
        let mut inbox = inbox(&[]);
        let payload = Raw::known("1");
        inbox.expect_echo("a", payload, 0);
        assert!(!inbox.take_echo("a", "2", 1));
        assert!(!inbox.take_echo("b", "1", 1));
        assert!(inbox.take_echo("a", "1", 1));
        assert!(!inbox.take_echo("a", "1", 1));
        inbox.expect_echo("a", payload, 0);
        assert!(!inbox.take_echo("a", "1", ECHO_MS_MAX));
    }
}
