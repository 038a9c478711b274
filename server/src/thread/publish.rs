//! From records to topics: the hub's thread reads the records that have something new through their doors.
//!
//! Guarantees: each value that a record's reader gets is published with the version under which
//! it was committed, so that the write behind it can be named; a turn takes a bounded number of a record, so that
//! none holds up the others. A value that no tab would take is told, once a record. Does not: keep values; a record that is faster than the hub laps its reader.

use crate::thread::event::{Door, Wake};
use crate::thread::source::time_of;
use aimdb_core::{BufferConfig, DoorReader, Entry, Fields, Next, Read};
use aimdb_tokio_adapter::TokioAdapter;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};

/// Values that a turn takes of a record.
pub(crate) const VALUES_MAX: usize = 256;

/// What a record's reader found.
pub(crate) enum Found {
    /// A value, and its version if that is certain.
    Value {
        payload: Arc<str>,
        version: Option<u64>,
        /// The time that the value itself tells.
        ts: Option<u64>,
    },
    /// The record was faster than its reader by so many values.
    Missed(u64),
}

/// The records that are published.
pub(crate) struct Publishers {
    publishers: BTreeMap<Arc<str>, Publisher>,
    ready: Arc<Ready>,
}

struct Publisher {
    reader: TellingReader,
    /// Values that clients wrote since the record was last read to its end.
    written: usize,
    news: Arc<News>,
    waker: Waker,
}

/// The topics whose records have something new.
struct Ready {
    topics: Mutex<Vec<Arc<str>>>,
    wake: Arc<Wake>,
}

/// Puts a topic into that list, once.
struct News {
    topic: Arc<str>,
    ready: Arc<Ready>,
    listed: AtomicBool,
}

impl std::task::Wake for News {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.listed.swap(true, Ordering::SeqCst) {
            let topics = &self.ready.topics;
            let mut topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
            topics.push(self.topic.clone());
            drop(topics);
            self.ready.wake.if_asleep();
        }
    }
}

impl Publishers {
    pub(crate) fn new(wake: Arc<Wake>) -> Self {
        let topics = Mutex::default();
        Self {
            publishers: BTreeMap::new(),
            ready: Arc::new(Ready { topics, wake }),
        }
    }

    /// Publishes a record from now on, what is there already included.
    pub(crate) fn add(
        &mut self,
        topic: &Arc<str>,
        reader: DoorReader<TokioAdapter>,
        exact_integers: &Arc<AtomicBool>,
    ) {
        let news = Arc::new(News {
            topic: topic.clone(),
            ready: self.ready.clone(),
            listed: AtomicBool::new(false),
        });
        let waker = Waker::from(news.clone());
        // There is something to look at: the reader has never been asked.
        waker.wake_by_ref();
        let teller = Teller::new(topic.clone(), &**reader.door(), exact_integers.clone());
        let reader = TellingReader::new(reader, teller);
        let publisher = Publisher {
            reader,
            written: 0,
            news,
            waker,
        };
        self.publishers.insert(topic.clone(), publisher);
    }

    pub(crate) fn remove(&mut self, topic: &str) {
        self.publishers.remove(topic);
    }

    /// Counts a client's write; says whether the record has to be read before the next one, since a ring holds no
    /// more: before each one, as long as a turn's share does not empty it. So what clients write in one go is never lost
    /// to its own reader.
    pub(crate) fn wrote(&mut self, topic: &str) -> bool {
        let Some(publisher) = self.publishers.get_mut(topic) else {
            return false;
        };
        publisher.written += 1;
        match publisher.reader.door().buffer() {
            BufferConfig::SpmcRing { capacity } => publisher.written >= capacity.div_ceil(2),
            _ => false,
        }
    }

    /// Whether a record has something new.
    pub(crate) fn has_news(&self) -> bool {
        let topics = &self.ready.topics;
        let topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
        !topics.is_empty()
    }

    /// The topics whose records have something new, to be [read](Self::read).
    pub(crate) fn take_ready(&self) -> Vec<Arc<str>> {
        let topics = &self.ready.topics;
        let mut topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *topics)
    }

    /// Reads a record, a turn's share; says of itself when there is more.
    pub(crate) fn read(&mut self, topic: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let Some(publisher) = self.publishers.get_mut(topic) else {
            return found;
        };
        // From here on news are news again.
        publisher.news.listed.store(false, Ordering::SeqCst);
        let mut context = Context::from_waker(&publisher.waker);
        while found.len() < VALUES_MAX {
            match publisher.reader.poll(&mut context) {
                Poll::Ready(Some(one)) => found.push(one),
                Poll::Pending => {
                    publisher.written = 0;
                    return found;
                }
                Poll::Ready(None) => {
                    self.publishers.remove(topic);
                    return found;
                }
            }
        }
        publisher.waker.wake_by_ref();
        found
    }
}

/// Tells once of a record that it has values which every tab refuses. Clients write none; a source in Rust, or a connector, may. They
/// are published all the same: the record has them, and a program that is no tab reads them exactly.
pub(crate) struct Teller {
    topic: Arc<str>,
    is_done: Cell<bool>,
    exact_integers: Arc<AtomicBool>,
}

impl Teller {
    pub(crate) fn new(topic: Arc<str>, door: &Door, exact_integers: Arc<AtomicBool>) -> Self {
        Self {
            topic,
            is_done: Cell::new(!door.schema().can_be_rounded()),
            exact_integers,
        }
    }

    /// Whether it tells of this value.
    fn look(&self, door: &Door, value: &Fields) -> bool {
        if self.is_done.get() || self.exact_integers.load(Ordering::Relaxed) {
            return false;
        }
        let Some(violation) = door.schema().rounded(value) else {
            return false;
        };
        self.is_done.set(true);
        let violation = violation.in_record(door.key());
        tracing::error!(
            "{} has a value that every tab refuses, which keeps the one before: {violation}. \
             Keep its integers within 2^53 - 1, or say exact_integers = true if no tab follows it; \
             this is told once",
            self.topic
        );
        true
    }
}

/// A record's reader, from what was there before it on.
struct TellingReader {
    reader: DoorReader<TokioAdapter>,
    /// Whether what was there before the reader is still to be shown.
    is_new: bool,
    teller: Teller,
}

impl TellingReader {
    fn new(reader: DoorReader<TokioAdapter>, teller: Teller) -> Self {
        Self {
            reader,
            is_new: true,
            teller,
        }
    }

    fn door(&self) -> &Door {
        &**self.reader.door()
    }

    /// What is next; nothing when the record is no more.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Found>> {
        if std::mem::take(&mut self.is_new)
            && let Some(found) = self.already_there()
        {
            return Poll::Ready(Some(found));
        }
        let before = self.door().version();
        // The turn has a bound of its own, so a reader waits only where there is nothing.
        let next = match self.reader.read() {
            Read::Value(entry) => Next::Value(entry),
            Read::Lagged { missed } => Next::Lagged { missed },
            Read::Empty => ready!(self.reader.poll(context)),
        };
        Poll::Ready(match next {
            Next::Value(entry) => {
                // A mailbox does not tell the version: it is certain only when nothing was written while the value
                // was taken.
                let version = match self.door().buffer() {
                    BufferConfig::Mailbox => (self.door().version() == before).then_some(before),
                    _ => Some(self.reader.version()),
                };
                Some(self.value(&entry, version))
            }
            Next::Lagged { missed } => Some(Found::Missed(missed)),
            Next::Closed => None,
        })
    }

    /// A ring's reader starts behind what is there, but clients that come late want to see it.
    fn already_there(&self) -> Option<Found> {
        let version = self.reader.version();
        let is_ring = matches!(self.door().buffer(), BufferConfig::SpmcRing { .. });
        if !is_ring || version == 0 {
            return None;
        }
        let entry = self.door().latest()?;
        // A value written just now is read in its turn.
        (self.door().version() == version).then(|| self.value(&entry, Some(version)))
    }

    fn value(&self, entry: &Entry<Fields>, version: Option<u64>) -> Found {
        self.teller.look(self.door(), &entry.value);
        let payload = self.door().schema().to_json(&entry.value).into();
        let ts = time_of(self.door().schema(), &entry.value);
        Found::Value {
            payload,
            version,
            ts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aimdb_contracts::{Json, Schema};
    use aimdb_core::{AimDbBuilder, Contract, Described, JsonDoor, Origin, Write};

    #[tokio::test]
    async fn a_value_that_no_tab_takes_is_told_once_a_record() {
        let db = AimDbBuilder::new(TokioAdapter::current().unwrap())
            .build()
            .unwrap();
        let teller = |key: &str, kind: &str, values: &[&str], is_exact: bool| {
            let file = format!(r#"{{"name":"c","fields":[{{"name":"v","kind":{kind}}}]}}"#);
            let schema = Schema::from_file(&Json::parse(&file).unwrap()).unwrap();
            let door = Described::given(schema)
                .open(&db, key, BufferConfig::SingleLatest)
                .unwrap();
            let teller = Teller::new("t".into(), &*door, Arc::new(AtomicBool::new(is_exact)));
            let told = values.iter().map(|value| {
                let text = format!(r#"{{"v":{value}}}"#);
                let policy = aimdb_contracts::Policy::default();
                let write = Write::from(Origin::Local);
                door.accept_json(text.as_bytes(), policy, write).unwrap();
                teller.look(&*door, &door.latest().unwrap().value)
            });
            told.collect::<Vec<_>>()
        };
        let large = "9007199254740993";
        for (index, (kind, value)) in [
            ("\"u64\"", large.to_string()),
            ("\"i64\"", format!("-{large}")),
            ("{\"list\":\"u64\"}", format!("[0,{large}]")),
            (
                "{\"map\":{\"tuple\":[\"i64\"]}}",
                format!("{{\"a\":[{large}]}}"),
            ),
            (
                "{\"object\":{\"fields\":[{\"name\":\"x\",\"kind\":\"u64\"}]}}",
                format!("{{\"x\":{large}}}"),
            ),
            ("\"json\"", format!("{{\"a\":{large}}}")),
        ]
        .into_iter()
        .enumerate()
        {
            let values: &[&str] = &[&value, &value];
            assert_eq!(
                teller(&format!("a{index}"), kind, values, false),
                [true, false],
                "{kind}"
            );
            assert_eq!(
                teller(&format!("b{index}"), kind, values, true),
                [false, false],
                "{kind}"
            );
        }
        let good: &[&str] = &["9007199254740991", "0"];
        assert_eq!(teller("c", "\"u64\"", good, false), [false, false]);
        assert_eq!(
            teller("d", "\"f64\"", &["9007199254740993", "1e300"], false),
            [false, false]
        );
    }
}
