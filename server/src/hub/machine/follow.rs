//! Following patterns and leaving them, a slice of the work at a time.
//!
//! Guarantees: a client follows a topic exactly while one of its patterns selects it; what it costs to find the
//! topics is taken off its rate; nobody waits for more than a slice of another's work. Does not: send.

use super::{About, Hub, bad_topic, refusal};
use crate::hub::api::{ClientId, Emit, Refusal};
use crate::hub::client::Client;
use crate::hub::job::{Deed, Job};
use crate::hub::permit::Action;
use crate::hub::topic::{Follower, Topic};
use aimdb_ws_protocol::{ErrorCode, Pattern, ServerFrame, Since};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// So many places of the index are looked at, or followers made, before others get their turn.
const SLICE_STEPS: usize = 2_048;

impl Hub {
    pub(super) fn subscribe(&mut self, id: ClientId, texts: Vec<Cow<'_, str>>, emit: Emit<'_>) {
        let mut job = Job::new(self.births);
        let mut accepted = Vec::new();
        let mut seen = BTreeSet::new();
        for text in texts {
            if !seen.insert(text.clone()) {
                continue;
            }
            match self.follow(id, &text, &mut job) {
                Ok(()) => accepted.push(text),
                Err(refusal) => {
                    let about = About {
                        topic: Some(&text),
                        ..About::default()
                    };
                    self.refuse(id, &refusal, about, emit);
                }
            }
        }
        self.reply(id, &ServerFrame::Subscribed { topics: accepted }, emit);
        self.begin(id, job);
    }

    /// Notes where a client stood, if the numbers are this instance's.
    pub(super) fn note_since(&mut self, id: ClientId, since: Option<Since<'_>>) {
        let since = since.filter(|since| since.server == self.instance);
        if let (Some(client), Some(since)) = (self.clients.get_mut(id), since) {
            let topics = since.topics.into_iter();
            client.since = topics
                .map(|(topic, seq)| (topic.into_owned(), seq))
                .collect();
        }
    }

    /// Notes a pattern, and that its topics are to be found.
    fn follow(&mut self, id: ClientId, text: &str, job: &mut Job) -> Result<(), Refusal> {
        let pattern = Pattern::parse(text).map_err(|error| bad_topic(&error))?;
        self.may(id, Action::Subscribe(&pattern))?;
        let Some(client) = self.clients.get_mut(id) else {
            return Ok(());
        };
        let Err(index) = client.find(text) else {
            job.add(&pattern, Deed::Again);
            return Ok(());
        };
        let most = self.limits.subscriptions_max;
        if client.patterns.len() >= most {
            let message = format!("a client may follow at most {most} patterns");
            let code = ErrorCode::Forbidden;
            return Err(refusal(code, "too_many_subscriptions", message));
        }
        job.add(&pattern, Deed::Follow);
        client.patterns.insert(index, pattern);
        let places = self.pattern_tree.get_or_insert_with(text, Vec::new);
        places.push(id.place());
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, id: ClientId, texts: &[Cow<'_, str>]) {
        let mut job = Job::new(self.births);
        for text in texts {
            let Some(client) = self.clients.get_mut(id) else {
                return;
            };
            if let Ok(index) = client.find(text) {
                let pattern = client.patterns.remove(index);
                self.forget_pattern(pattern.as_str(), id.place());
                job.add(&pattern, Deed::Leave);
            }
        }
        self.begin(id, job);
    }

    /// Takes a client's pattern out of the index.
    pub(super) fn forget_pattern(&mut self, pattern: &str, client: u32) {
        let Some(places) = self.pattern_tree.get_mut(pattern) else {
            return;
        };
        if let Some(index) = places.iter().position(|place| *place == client) {
            places.swap_remove(index);
        }
        if places.is_empty() {
            self.pattern_tree.remove(pattern);
            // Only topics are searched in slices.
            self.pattern_tree.reclaim();
        }
    }

    /// Begins the work, and ends it at once if it is small.
    fn begin(&mut self, id: ClientId, job: Job) {
        if let Some(client) = self.clients.get_mut(id) {
            client.job = Some(Box::new(job));
            self.working.push_back(id);
            self.slice(id);
        }
    }

    /// Whether there is work for [`work`](Self::work).
    #[must_use]
    pub fn is_working(&self) -> bool {
        !self.working.is_empty()
    }

    /// Whether a client's last frame still makes work: the root must not give its next one before it is done.
    #[must_use]
    pub fn is_busy(&self, client: ClientId) -> bool {
        self.clients
            .get(client)
            .is_some_and(|client| client.job.is_some())
    }

    /// Does a slice of the work that waits, of one client after the other.
    pub fn work(&mut self) {
        if let Some(id) = self.working.front().copied() {
            self.slice(id);
        }
    }

    /// Ends the work of a client whose next frame has come all the same.
    pub(super) fn finish(&mut self, id: ClientId) {
        while self.is_busy(id) {
            self.slice(id);
        }
    }

    /// Does a slice of a client's work, and takes its price.
    fn slice(&mut self, id: ClientId) {
        self.working.retain(|working| *working != id);
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let Some(mut job) = client.job.take() else {
            return;
        };
        let mut budget = SLICE_STEPS;
        let mut found = Vec::new();
        while let Some((search, deed)) = job.current() {
            let is_done = search.advance(&self.topic_tree, &mut budget, &mut |topic| {
                found.push(*topic)
            });
            budget = budget.saturating_sub(found.len());
            for number in found.drain(..) {
                let topic = &mut self.topics[number as usize];
                if topic.birth <= job.birth_max {
                    perform(deed, client, topic, number);
                }
            }
            if is_done {
                job.next();
            }
            if budget == 0 {
                break;
            }
        }
        client.bucket.charge_steps(SLICE_STEPS - budget);
        let is_done = job.current().is_none();
        if is_done {
            client.feeds.purge();
            client.feeds.shrink();
        } else {
            client.job = Some(job);
            self.working.push_back(id);
        }
        self.mark(id);
        if self.working.is_empty() {
            self.topic_tree.reclaim();
        }
    }
}

fn perform(deed: Deed, client: &mut Client, topic: &mut Topic, number: u32) {
    let place = client.id.place();
    match (deed, topic.follower(place)) {
        (Deed::Follow | Deed::Again, Ok(feed_place)) => {
            let feed = client.feeds.get_mut(feed_place);
            feed.patterns += u16::from(deed == Deed::Follow);
            topic.promise_snapshot(feed);
            if topic.is_due(feed) {
                client.feeds.enqueue(feed_place);
            }
        }
        (Deed::Follow, Err(index)) => {
            let mut feed = match client.since.remove(&*topic.name) {
                Some(seq) => topic.feed_since(seq),
                None => topic.feed(),
            };
            feed.patterns = 1;
            let is_due = topic.is_due(&feed);
            let feed = client.feeds.insert(number, feed);
            topic.add_follower(
                index,
                Follower {
                    client: place,
                    feed,
                },
            );
            if is_due {
                client.feeds.enqueue(feed);
            }
        }
        (Deed::Leave, Ok(feed_place)) => {
            let feed = client.feeds.get_mut(feed_place);
            feed.patterns = feed.patterns.saturating_sub(1);
            if feed.patterns == 0 {
                topic.remove_follower(place);
                client.feeds.remove(feed_place);
            }
        }
        // What is not followed cannot be left, or asked for again.
        (Deed::Again | Deed::Leave, Err(_)) => {}
    }
}
