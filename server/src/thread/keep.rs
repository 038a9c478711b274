//! How the hub's thread keeps what is to outlive it: the journal, the thread that writes it down, and eyes on the past.
//!
//! Guarantees: a write is given to its record, and answered, only once it is kept; a store that fails is told of once
//! and again when it works. Does not: decide what goes together; the journal does.

use crate::config::HistoryConfig;
use crate::hub::{Account, Cause, WriteToken};
use crate::store::{Done, Journal, Keep, Keeper, Kind, Latest, Store, StoreError, Then};
use crate::thread::event::{Door, Wake};
use crate::watch::Counters;
use aimdb_core::{BufferConfig, Fields};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

/// A write that waits to be kept.
pub(crate) struct Deferred {
    pub(crate) token: WriteToken,
    pub(crate) topic: Arc<str>,
    pub(crate) fields: Fields,
    pub(crate) cause: Cause,
}

/// Eyes on the past, for queries.
pub(crate) type Reader = Arc<Mutex<Box<dyn Store>>>;

/// See the module above.
pub(crate) struct Keeping {
    pub(crate) journal: Journal<Deferred>,
    keeper: Keeper,
    eyes: Box<dyn Store>,
    /// Others, so that a long look of a query holds nobody up.
    past: Reader,
    /// What is said of single topics.
    keeps: HashMap<String, Keep>,
    counters: Arc<Counters>,
    /// Whether the last batch could not be kept.
    is_failing: bool,
}

impl Keeping {
    /// # Errors
    /// The system gives no thread, or the store no second pair of eyes.
    pub(crate) fn start(
        store: Box<dyn Store>,
        wake: Arc<Wake>,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let look = || store.reader().map_err(io::Error::other);
        let (eyes, past) = (look()?, look()?);
        Ok(Self {
            journal: Journal::default(),
            keeper: Keeper::start(store, wake)?,
            eyes,
            past: Arc::new(Mutex::new(past)),
            keeps: HashMap::new(),
            counters,
            is_failing: false,
        })
    }

    /// What is kept of the writes of all clients.
    pub(crate) fn ledger(&mut self) -> Result<Vec<Account>, StoreError> {
        self.eyes.ledger()
    }

    /// The topics that there were.
    pub(crate) fn topics(&mut self) -> Result<Vec<Arc<str>>, StoreError> {
        self.eyes.topics()
    }

    pub(crate) fn reader(&self) -> Reader {
        self.past.clone()
    }

    /// How much is kept of a topic, whether it is there or comes later.
    pub(crate) fn keep(&mut self, topic: &str, keep: Keep) {
        self.keeps.insert(topic.into(), keep);
        self.journal.keep(topic, keep);
    }

    /// Begins a topic where it ended; gives that, with the values that its record may have again.
    pub(crate) fn begin(&mut self, topic: &Arc<str>, door: &Door) -> Latest {
        let count = match door.buffer() {
            BufferConfig::SpmcRing { capacity } => capacity as u64,
            BufferConfig::SingleLatest => 1,
            // A command that was carried out must not be so again.
            BufferConfig::Mailbox => 0,
        };
        // A program's own first values are newer than what was kept.
        let count = if door.version() > 0 { 0 } else { count };
        let keep = self.keeps.get(&**topic).copied();
        let keep = keep.unwrap_or_else(|| HistoryConfig::default().keep(door.buffer()));
        let latest = self.eyes.latest(topic, count);
        let mut latest = latest.unwrap_or_else(|error| {
            tracing::error!("the past of {topic} cannot be read: {error}");
            Latest::default()
        });
        let ended = self.journal.ended(topic);
        latest.seq = latest.seq.max(ended.unwrap_or(0));
        if latest.gone || ended.is_some() {
            // It comes back as another record, with nothing but its numbers.
            latest.values.clear();
        }
        let first = latest.values.first().map(|kept| kept.seq);
        let told = first.map_or(latest.seq, |first| first - 1);
        let is_latest = door.buffer() == BufferConfig::SingleLatest;
        let kind = Kind {
            keep,
            is_latest,
            version: door.schema().version,
        };
        self.journal.begin(topic, kind, (latest.seq, told));
        latest
    }

    /// Gives the next batch to be kept, if none is under way.
    pub(crate) fn write_down(&mut self, now_ms: u64) -> Option<Done> {
        let batch = self.journal.take()?;
        self.keeper.keep(batch, now_ms)
    }

    /// Whether a batch has ended.
    pub(crate) fn has_done(&self) -> bool {
        self.keeper.has_done()
    }

    /// The end of a batch, if there is one.
    pub(crate) fn done(&self) -> Option<Done> {
        self.keeper.done()
    }

    /// Waits for the batch that is under way.
    pub(crate) fn wait(&self) -> Done {
        self.keeper.wait()
    }

    /// What is to be done now that a batch has ended, and whether it was kept.
    pub(crate) fn ended(&mut self, done: Done) -> (Vec<Then<Deferred>>, Result<(), StoreError>) {
        let Done { result, ops, took } = done;
        self.counters.kept(ops, took, result.is_ok());
        match &result {
            Ok(()) if std::mem::take(&mut self.is_failing) => {
                tracing::info!("data is kept again");
            }
            Err(error) if !std::mem::replace(&mut self.is_failing, true) => {
                tracing::error!("{error}; writes are refused until it works again");
            }
            _ => {}
        }
        (self.journal.kept(result.is_ok()), result)
    }
}
