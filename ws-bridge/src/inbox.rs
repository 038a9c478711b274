//! What is followed, and which version of each topic was delivered last.
//!
//! Guarantees: nothing older than what was delivered is delivered again, and nothing that is not
//! followed. Does not: keep values; it remembers numbers.

use crate::api::DeliveryKind;
use crate::followed::Followed;
use crate::{SUBSCRIPTIONS_MAX, TOPICS_TRACKED_MAX};
use aimdb_core::Names;
use aimdb_ws_protocol::Pattern;
use alloc::sync::Arc;
use alloc::vec::Vec;

struct Known {
    topic: Arc<str>,
    followed: bool,
    /// The version delivered last, under the present server instance.
    seq: Option<u64>,
    /// Whether data came since the last subscribe: a snapshot without a version is then older.
    data_came: bool,
    /// Whether nothing has come yet over the present connection.
    is_unheard: bool,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// It is older, or not followed.
    No,
    /// It is to be delivered.
    Yes,
    /// It is to be delivered, and says that the server has lost values which it had told of: it was restored.
    Regressed,
}

pub(crate) struct Inbox {
    followed: Followed,
    topics: Vec<Known>,
    /// Where each topic stands in `topics`.
    places: Names,
}

impl Admitted {
    fn of(is_wanted: bool) -> Self {
        match is_wanted {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

impl Inbox {
    pub(crate) fn new(followed: Followed) -> Self {
        Self {
            followed,
            topics: Vec::new(),
            places: Names::default(),
        }
    }

    pub(crate) fn followed(&self) -> &Followed {
        &self.followed
    }

    /// Follows a pattern; false when there are too many. [`Inbox::renew`] is to come.
    pub(crate) fn follow(&mut self, pattern: &Pattern) -> bool {
        let has_place = self.followed.patterns().len() < SUBSCRIPTIONS_MAX;
        if has_place {
            self.followed.add(pattern.clone());
        }
        has_place || self.followed.has(pattern.as_str())
    }

    /// Takes the values of topics that these patterns select as news: who subscribes again wants them again.
    pub(crate) fn renew(&mut self, fresh: &Followed) {
        for known in &mut self.topics {
            if fresh.first(&known.topic).is_some() {
                known.followed = true;
                known.seq = None;
                known.data_came = false;
            }
        }
    }

    /// Follows patterns no more; gives those that were followed.
    pub(crate) fn leave<'t>(&mut self, patterns: &[&'t str]) -> Vec<&'t str> {
        let left = self.followed.remove(patterns);
        if !left.is_empty() {
            let followed = &self.followed;
            self.topics
                .retain(|known| followed.first(&known.topic).is_some());
            self.places = Names::default();
            for (place, known) in self.topics.iter().enumerate() {
                self.places.insert(known.topic.clone(), place);
            }
        }
        left
    }

    /// Whether this value is to be delivered; if so it counts as delivered.
    pub(crate) fn admit(&mut self, topic: &str, kind: DeliveryKind, seq: Option<u64>) -> Admitted {
        let place = self.places.get(topic);
        let Some(known) = place.and_then(|place| self.topics.get_mut(place)) else {
            let followed = self.followed.first(topic).is_some();
            if self.topics.len() < TOPICS_TRACKED_MAX {
                let topic: Arc<str> = topic.into();
                self.places.insert(topic.clone(), self.topics.len());
                self.topics.push(Known {
                    topic,
                    followed,
                    seq,
                    data_came: kind == DeliveryKind::Data,
                    is_unheard: false,
                });
            }
            return Admitted::of(followed);
        };
        let is_first = core::mem::take(&mut known.is_unheard);
        // A server that has all it had told of begins with that, or with something newer.
        let has_lost = matches!((seq, known.seq), (Some(seq), Some(delivered)) if seq < delivered);
        if is_first && has_lost && known.followed {
            known.seq = seq;
            known.data_came = kind == DeliveryKind::Data;
            return Admitted::Regressed;
        }
        let newer = match (seq, known.seq) {
            (Some(seq), Some(delivered)) => seq > delivered,
            (Some(_), None) => true,
            (None, _) => kind == DeliveryKind::Data || !known.data_came,
        };
        if newer {
            known.seq = seq.or(known.seq);
            known.data_came |= kind == DeliveryKind::Data;
        }
        Admitted::of(newer && known.followed)
    }

    /// A new connection: snapshots without a version are news again.
    pub(crate) fn connection_opened(&mut self) {
        for known in &mut self.topics {
            known.data_came = false;
            known.is_unheard = true;
        }
    }

    /// The server has no such topic any more: should it come again, its numbers start anew.
    pub(crate) fn forget_topic(&mut self, topic: &str) {
        let Some(place) = self.places.get(topic) else {
            return;
        };
        self.places.remove(topic);
        self.topics.swap_remove(place);
        if let Some(moved) = self.topics.get(place) {
            self.places.remove(&moved.topic);
            self.places.insert(moved.topic.clone(), place);
        }
    }

    /// Another server instance: its numbers start anew.
    pub(crate) fn forget_versions(&mut self) {
        for known in &mut self.topics {
            known.seq = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryKind::{Data, Snapshot};

    fn inbox(patterns: &[&str]) -> Inbox {
        Inbox::new(followed(patterns))
    }

    fn followed(patterns: &[&str]) -> Followed {
        let mut followed = Followed::default();
        for text in patterns {
            followed.add(Pattern::parse(text).unwrap());
        }
        followed
    }

    fn follow(inbox: &mut Inbox, text: &str) {
        assert!(inbox.follow(&Pattern::parse(text).unwrap()));
        inbox.renew(&followed(&[text]));
    }

    #[test]
    fn only_what_is_newer_is_admitted() {
        let mut inbox = inbox(&["#"]);
        assert_eq!(inbox.admit("a", Snapshot, Some(5)), Admitted::Yes);
        assert_eq!(inbox.admit("a", Data, Some(5)), Admitted::No);
        assert_eq!(inbox.admit("a", Data, Some(4)), Admitted::No);
        assert_eq!(inbox.admit("a", Data, Some(9)), Admitted::Yes);
        assert_eq!(inbox.admit("a", Snapshot, Some(7)), Admitted::No);
        assert_eq!(inbox.admit("b", Data, Some(1)), Admitted::Yes);
        inbox.forget_versions();
        assert_eq!(inbox.admit("a", Snapshot, Some(1)), Admitted::Yes);
    }

    #[test]
    fn without_versions_a_snapshot_after_data_is_old_until_the_next_connection() {
        let mut inbox = inbox(&["#"]);
        assert_eq!(inbox.admit("a", Data, None), Admitted::Yes);
        assert_eq!(inbox.admit("a", Snapshot, None), Admitted::No);
        assert_eq!(inbox.admit("a", Data, None), Admitted::Yes);
        inbox.connection_opened();
        assert_eq!(inbox.admit("a", Snapshot, None), Admitted::Yes);
    }

    #[test]
    fn what_is_followed_again_is_news_again() {
        let mut inbox = inbox(&["a/#"]);
        assert_eq!(inbox.admit("a/b", Data, Some(3)), Admitted::Yes);
        follow(&mut inbox, "a/*");
        assert_eq!(inbox.admit("a/b", Snapshot, Some(3)), Admitted::Yes);
        assert_eq!(inbox.leave(&["a/#", "a/#"]), ["a/#"]);
        assert_eq!(inbox.admit("a/b", Data, Some(4)), Admitted::Yes);
        assert_eq!(inbox.leave(&["a/*"]), ["a/*"]);
        assert!(inbox.leave(&["a/*"]).is_empty());
        assert_eq!(inbox.admit("a/b", Data, Some(5)), Admitted::No);
        follow(&mut inbox, "#");
        assert_eq!(inbox.admit("a/b", Data, Some(5)), Admitted::Yes);
    }
}
