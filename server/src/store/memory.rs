//! A store without a file, for tests and for programs that want history and no disk.
//!
//! Guarantees: what it keeps and answers is what a file would. Does not: outlive the process.

use super::{Found, Keep, Kept, Latest, Op, Range, Store, StoreError};
use crate::hub::{Account, Outcome};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, Default)]
struct Topic {
    seq: u64,
    gone: bool,
    values: VecDeque<Kept>,
    bytes: u64,
}

#[derive(Debug, Clone, Default)]
struct Client {
    epoch: u64,
    last: u64,
    settled: u64,
    lines: BTreeMap<u64, (u64, Outcome)>,
}

#[derive(Debug, Clone, Default)]
struct All {
    topics: BTreeMap<Arc<str>, Topic>,
    clients: BTreeMap<Arc<str>, Client>,
}

/// See the module above. Its clones are further eyes on the same.
#[derive(Debug, Clone)]
pub struct Memory {
    instance: Arc<str>,
    all: Arc<Mutex<All>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new("memory")
    }
}

impl Memory {
    /// An empty one, whose numbers are given under this name.
    #[must_use]
    pub fn new(instance: &str) -> Self {
        Self {
            instance: instance.into(),
            all: Arc::default(),
        }
    }

    fn with<O>(&self, look: impl FnOnce(&mut All) -> O) -> O {
        look(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl All {
    /// A topic, which is there from now on.
    fn there(&mut self, topic: &Arc<str>) -> &mut Topic {
        let topic = self.topics.entry(topic.clone()).or_default();
        topic.gone = false;
        topic
    }

    /// Notes in `touched` which topics are to be trimmed when all is applied.
    fn apply(&mut self, op: &Op, now_ms: u64, touched: &mut BTreeMap<Arc<str>, Keep>) {
        match op {
            Op::Value {
                topic,
                seq,
                ts,
                payload,
                version,
                by,
                keep,
            } => {
                touched.insert(topic.clone(), *keep);
                self.there(topic).put(Kept {
                    seq: *seq,
                    ts: *ts,
                    payload: payload.clone(),
                    version: *version,
                    by: by.clone(),
                });
            }
            Op::Missed { topic, seq } => {
                let topic = self.there(topic);
                topic.seq = topic.seq.max(*seq);
            }
            Op::Moved {
                topic,
                from,
                to,
                ts,
                payload,
                version,
                by,
                keep,
            } => {
                touched.insert(topic.clone(), *keep);
                let topic = self.there(topic);
                topic.take_out(*from);
                topic.put(Kept {
                    seq: *to,
                    ts: *ts,
                    payload: payload.clone(),
                    version: *version,
                    by: by.clone(),
                });
            }
            Op::Gone { topic } => {
                if let Some(there) = self.topics.get_mut(topic) {
                    there.gone = true;
                    if let Some(keep) = touched.remove(topic) {
                        there.trim(keep, now_ms);
                    }
                }
            }
            Op::Answer { head, outcome } => {
                let client = self.clients.entry(head.client.clone()).or_default();
                client.epoch = client.epoch.max(head.epoch);
                client.last = client.last.max(head.id);
                client.lines.insert(head.id, (head.digest, outcome.clone()));
            }
            Op::Settled { client, id } => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.settled = client.settled.max(*id);
                    client.lines = client.lines.split_off(&(id + 1));
                }
            }
            Op::Fenced { client, epoch } => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.epoch = client.epoch.max(*epoch);
                }
            }
            Op::Forgotten { client } => {
                self.clients.remove(client);
            }
        }
    }
}

impl Topic {
    fn put(&mut self, kept: Kept) {
        self.seq = self.seq.max(kept.seq);
        self.bytes += kept.payload.len() as u64;
        let place = self.values.partition_point(|other| other.seq < kept.seq);
        self.values.insert(place, kept);
    }

    fn take_out(&mut self, seq: u64) {
        if let Ok(place) = self.values.binary_search_by_key(&seq, |kept| kept.seq)
            && let Some(kept) = self.values.remove(place)
        {
            self.bytes -= kept.payload.len() as u64;
        }
    }

    fn trim(&mut self, keep: Keep, now_ms: u64) {
        let before_ms = now_ms.saturating_sub(keep.age_ms);
        let newest = self.values.back().map_or(0, |kept| kept.seq);
        let (values, bytes) = (&mut self.values, &mut self.bytes);
        if before_ms > 0 {
            values.retain(|kept| {
                let stays = kept.ts >= before_ms || kept.seq == newest;
                *bytes -= if stays { 0 } else { kept.payload.len() as u64 };
                stays
            });
        }
        while self.values.len() > 1
            && (self.values.len() as u64 > keep.values || self.bytes > keep.bytes)
        {
            if let Some(oldest) = self.values.pop_front() {
                self.bytes -= oldest.payload.len() as u64;
            }
        }
    }

    fn look(&self, range: Range) -> Found {
        let is_in = |kept: &&Kept| {
            range.from.is_none_or(|from| from <= kept.ts) && range.to.is_none_or(|to| kept.ts <= to)
        };
        let mut found: Vec<&Kept> = self.values.iter().filter(is_in).collect();
        found.sort_by_key(|kept| (kept.ts, kept.seq));
        let total = found.len() as u64;
        let mut bytes = 0;
        let newest = found.iter().rev().take_while(|kept| {
            bytes += kept.payload.len() as u64;
            bytes <= range.bytes
        });
        let count = (newest.count() as u64).min(range.limit);
        let skipped = found.len() - usize::try_from(count).unwrap_or(found.len());
        let values = found[skipped..]
            .iter()
            .map(|kept| (*kept).clone())
            .collect();
        Found { values, total }
    }
}

impl Store for Memory {
    /// Kept until the last clone is gone.
    fn append(&mut self, ops: &[Op], now_ms: u64) -> Result<(), StoreError> {
        self.with(|all| {
            let mut touched = BTreeMap::new();
            for op in ops {
                all.apply(op, now_ms, &mut touched);
            }
            for (topic, keep) in touched {
                if let Some(topic) = all.topics.get_mut(&topic) {
                    topic.trim(keep, now_ms);
                }
            }
        });
        Ok(())
    }

    fn latest(&mut self, topic: &str, count: u64) -> Result<Latest, StoreError> {
        Ok(self.with(|all| {
            let Some(topic) = all.topics.get(topic) else {
                return Latest::default();
            };
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let skipped = topic.values.len().saturating_sub(count);
            Latest {
                seq: topic.seq,
                gone: topic.gone,
                values: topic.values.iter().skip(skipped).cloned().collect(),
            }
        }))
    }

    fn history(&mut self, topic: &str, range: Range) -> Result<Found, StoreError> {
        Ok(self.with(|all| {
            let topic = all.topics.get(topic);
            topic.map(|topic| topic.look(range)).unwrap_or_default()
        }))
    }

    fn ledger(&mut self) -> Result<Vec<Account>, StoreError> {
        Ok(self.with(|all| {
            let accounts = all.clients.iter().map(|(name, client)| Account {
                client: name.clone(),
                epoch: client.epoch,
                last: client.last,
                settled: client.settled,
                lines: client
                    .lines
                    .iter()
                    .map(|(id, (digest, outcome))| (*id, *digest, outcome.clone()))
                    .collect(),
            });
            accounts.collect()
        }))
    }

    fn topics(&mut self) -> Result<Vec<Arc<str>>, StoreError> {
        Ok(self.with(|all| {
            let there = all.topics.iter().filter(|(_, topic)| !topic.gone);
            there.map(|(name, _)| name.clone()).collect()
        }))
    }

    fn instance(&self) -> Arc<str> {
        self.instance.clone()
    }

    fn reader(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.clone()))
    }
}
