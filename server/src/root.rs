//! The task that owns the hub: events of sockets, records and timers in, effects out.
//!
//! Guarantees: one event at a time, in the order in which they came; a write is checked by its
//! record's contract and its cause stays with the version it was committed under. It never waits
//! for a client: what a socket cannot take within its credit stays in the hub. Does not: read
//! sockets or records; those have tasks of their own, which wait when this one is busy.

use crate::event::{Door, EVENTS_MAX, Event, Look};
use crate::hands::Hands;
use crate::hub::{Hub, Input, TopicSpec};
use crate::publish::publish;
use crate::records::kind_of;
use crate::server::LinkError;
use crate::source::Source;
use crate::template::Template;
use aimdb_contracts::Schema;
use aimdb_core::{AimDb, Direction, Link, LinkEvent, Links, Shape};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::check_topic;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long sockets get to close when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// The hub and the hands that do what it says.
pub(crate) struct Root {
    hub: Hub,
    hands: Hands,
    events: mpsc::Receiver<Event>,
    topics_max: usize,
    /// The names of the contracts that the hub knows.
    contracts: HashSet<String>,
}

impl Root {
    pub(crate) fn new(hub: Hub, topics_max: usize) -> Self {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let hands = Hands::new(sender);
        Self {
            hub,
            hands,
            events,
            topics_max,
            contracts: HashSet::new(),
        }
    }

    /// Where events go.
    pub(crate) fn events(&self) -> mpsc::Sender<Event> {
        self.hands.events.clone()
    }

    /// Publishes a record, or takes writes for it.
    pub(crate) fn link(&mut self, link: Link<TokioAdapter>) -> Result<(), LinkError> {
        let Link {
            direction,
            address,
            door,
            ..
        } = link;
        let key = door.key().to_string();
        check_topic(&address).map_err(|error| LinkError::Topic {
            key: key.clone(),
            topic: address.clone(),
            error,
        })?;
        let topic: Arc<str> = address.into();
        match self.hands.sources.get(&topic) {
            None => self.register(&topic, &door)?,
            Some(source) if source.door.id() == door.id() => {}
            Some(source) => {
                let holder = source.door.key().to_string();
                let topic = topic.to_string();
                return Err(LinkError::Taken { key, topic, holder });
            }
        }
        match direction {
            Direction::From => self.handle(Input::AllowWrites { topic: &topic }),
            Direction::To => {
                if let Some(source) = self.hands.sources.get_mut(&topic)
                    && !source.readable
                {
                    source.readable = true;
                    tokio::spawn(publish(topic, door, self.hands.events.clone()));
                }
            }
        }
        Ok(())
    }

    fn register(&mut self, topic: &Arc<str>, door: &Arc<Door>) -> Result<(), LinkError> {
        if self.hub.topics() >= self.topics_max {
            let (key, topic) = (door.key().to_string(), topic.to_string());
            let topics_max = self.topics_max;
            return Err(LinkError::TooMany {
                key,
                topic,
                topics_max,
            });
        }
        let spec = TopicSpec {
            name: topic.to_string(),
            schema_type: Some(door.schema().name.to_string()),
            entity: Some(topic.to_string()),
            kind: kind_of(door.buffer()),
            writable: false,
        };
        self.know(door.schema());
        let source = Source::new(door.clone());
        self.hands.sources.insert(topic.clone(), source);
        self.handle(Input::Register(spec));
        Ok(())
    }

    /// Tells the hub of a contract, once.
    fn know(&mut self, schema: &Schema) {
        if self.contracts.insert(schema.name.to_string()) {
            self.handle(Input::RegisterContract(Arc::new(schema.clone())));
        }
    }

    /// Makes records by a template, from now on.
    pub(crate) fn template(&mut self, db: &AimDb<TokioAdapter>, template: Template) {
        self.know(Shape::schema(&template.shape));
        self.handle(Input::Template(template.topics.clone()));
        self.hands.templates.push((db.clone(), template));
    }

    /// Runs until `stop` says so and the sockets are closed. `links` gives records that are added
    /// while the server runs.
    pub(crate) async fn run(
        mut self,
        mut links: Links<TokioAdapter>,
        mut stop: oneshot::Receiver<()>,
    ) {
        let mut links_open = true;
        loop {
            let wait = self.hands.wait();
            tokio::select! {
                _ = &mut stop => break,
                event = self.events.recv() => {
                    let Some(event) = event else { break };
                    self.event(event);
                }
                event = links.next(), if links_open => match event {
                    Some(event) => self.late_link(event),
                    None => links_open = false,
                },
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {
                    if self.hands.is_hub_due() {
                        self.hands.wake_at_ms = None;
                        self.handle(Input::Timer);
                    }
                    self.hands.end_idle();
                    self.forget_ended();
                }
            }
        }
        self.handle(Input::Shutdown);
        let close = async {
            while self.hands.sockets > 0 {
                let Some(event) = self.events.recv().await else {
                    break;
                };
                self.event(event);
            }
        };
        if tokio::time::timeout(STOP_GRACE, close).await.is_err() {
            tracing::warn!("some clients did not close their sockets in time");
        }
    }

    fn late_link(&mut self, event: LinkEvent<TokioAdapter>) {
        match event {
            LinkEvent::Opened(link) => {
                if let Err(error) = self.link(link) {
                    tracing::error!("{error}");
                }
            }
            LinkEvent::Ended {
                record, address, ..
            } => {
                let source = self.hands.sources.get(&*address);
                if source.is_some_and(|source| source.door.id() == record) {
                    self.hands.ended.push(address.into());
                    self.forget_ended();
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected { client, peer } => {
                self.hands.sockets += 1;
                self.hands.peers.insert(client, peer);
                self.handle(Input::Connected { client });
            }
            Event::Disconnected { client } => {
                self.hands.sockets -= 1;
                self.hands.peers.remove(&client);
                self.handle(Input::Disconnected { client });
            }
            Event::Text { client, text } => {
                self.handle(Input::Frame {
                    client,
                    text: text.as_str(),
                });
            }
            Event::Binary { client } => self.handle(Input::BinaryFrame { client }),
            Event::Alive { client } => self.handle(Input::Alive { client }),
            Event::Drained { client, frames } => self.handle(Input::Drained { client, frames }),
            Event::Published {
                topic,
                payload,
                version,
            } => {
                let now_ms = self.hands.clock.now_ms();
                let cause = self.hands.published(&topic, version, now_ms);
                let input = Input::Published {
                    topic: &topic,
                    payload,
                    cause,
                };
                self.handle_at(input, now_ms);
            }
            Event::Missed { topic, missed } => {
                tracing::warn!("{missed} values of {topic} came too fast to publish");
                self.handle(Input::Missed {
                    topic: &topic,
                    missed,
                });
            }
            Event::QueryAnswered { token, answer } => {
                self.handle(Input::QueryAnswered { token, answer });
            }
            Event::Look { answer } => {
                let look = Look {
                    clients: self.hub.clients(),
                    topics: self.hub.topics(),
                    uptime_ms: self.hands.clock.uptime_ms(),
                };
                // Who asked may have gone.
                let _ = answer.send(look);
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.handle_at(input, self.hands.clock.now_ms());
    }

    /// Ends the topics whose records are gone.
    fn forget_ended(&mut self) {
        for topic in std::mem::take(&mut self.hands.ended) {
            if self.hands.sources.remove(&topic).is_some() {
                tracing::info!("the record of {topic} is no more");
                self.handle(Input::Unregister { topic: &topic });
            }
        }
    }

    fn handle_at(&mut self, input: Input<'_>, now_ms: u64) {
        let Self { hub, hands, .. } = self;
        hub.handle(input, now_ms, &mut |effect| hands.perform(effect));
        while let Some((token, answer)) = hands.answers.pop_front() {
            let input = Input::WriteAnswered { token, answer };
            hub.handle(input, now_ms, &mut |effect| hands.perform(effect));
        }
        if !self.hands.ended.is_empty() {
            self.forget_ended();
        }
    }
}
