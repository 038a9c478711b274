//! What waits to be kept, and what is done once it is: check, log, commit, tell.
//!
//! Guarantees: numbers of a topic ascend in the order in which its values are told; a value is told after it was kept;
//! what comes while a commit is under way goes into the next one together, so the slower the disk, the more a commit
//! holds; of a topic of which only the newest counts one own value waits at most. Does not: do I/O, read clocks, or know
//! records; a root gives each [`Batch`] to its store and does what comes back.
//!
//! A write is numbered when it is checked, and told when its record has it. Where something else writes the same record
//! meanwhile, the order in the record is another one than that of the numbers, and the record is right:
//!
//! ```text
//! write A gets 10 ─ the record's own source writes v1, read as 11 ─ A is kept, and written as v2 ─ v2 is read
//!                                                                      A has 10, and 11 was told: A becomes 12
//! ```

use super::{Keep, Op};
use crate::hub::{Cause, Outcome, Refusal, Stamp, WriteHead};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// So many bytes may wait, and as many be under way.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// So many things may wait, and as many be under way.
const OPS_MAX: usize = 65_536;

/// What is to be kept together.
#[derive(Debug, Default)]
pub struct Batch {
    /// In order.
    pub ops: Vec<Op>,
}

/// What is to be done when a batch is kept, in order.
#[derive(Debug)]
pub enum Then<W> {
    /// Give a write to its record; the record's value has this stamp. Where the batch could not be kept, refuse it.
    Write {
        /// What the root gave.
        write: W,
        /// The number and the time of the value.
        stamp: Stamp,
    },
    /// Tell of a refusal: the write lost against one that was not kept when it came. Where the batch could not be kept, nobody
    /// knows what it lost against.
    Lost {
        /// What the root gave.
        write: W,
        /// Why it was refused.
        refusal: Refusal,
    },
    /// Tell of a value, whether it could be kept or not.
    Publish {
        /// The topic.
        topic: Arc<str>,
        /// The value as JSON text.
        payload: Arc<str>,
        /// Its number and time.
        stamp: Stamp,
        /// The write that it came from, if from one.
        cause: Option<Cause>,
    },
    /// Tell that so many values were missed.
    Missed {
        /// The topic.
        topic: Arc<str>,
        /// How many.
        missed: u64,
    },
}

/// A value that a record has.
#[derive(Debug)]
pub struct Value {
    /// It as JSON text.
    pub payload: Arc<str>,
    /// Its time, if it has no stamp.
    pub ts: u64,
    /// The write that it came from, if from one.
    pub cause: Option<Cause>,
    /// Of one that was kept already.
    pub stamp: Option<Stamp>,
}

/// What a topic's values are like.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// How much of its past is kept.
    pub keep: Keep,
    /// Whether only the newest value counts.
    pub is_latest: bool,
    /// The version of the contract that they are in; 0 if nobody says.
    pub version: u32,
}

/// Where a topic stands.
#[derive(Debug)]
struct Topic {
    kind: Kind,
    /// The last number that was given.
    last: u64,
    /// The last number that was told, or will be as soon as what is before it is kept.
    told: u64,
    /// Values of it that wait to be told.
    untold: usize,
    /// The value that a newer one may take the place of: the batch, and its places in it.
    newest: Option<(u64, usize, usize)>,
}

/// See the module above. `W` is what the root needs to give a write to its record.
#[derive(Debug)]
pub struct Journal<W> {
    topics: HashMap<Arc<str>, Topic>,
    ops: Vec<Op>,
    then: Vec<Then<W>>,
    bytes: usize,
    /// Counts batches.
    batch: u64,
    under_way: Option<Vec<Then<W>>>,
    /// Topics that are no more and that the store does not know to be so: the last number, and the batch that says so.
    ended: BTreeMap<Arc<str>, (u64, u64)>,
    /// Topics of which numbers were told that could not be kept.
    unkept: BTreeSet<Arc<str>>,
}

impl<W> Default for Journal<W> {
    fn default() -> Self {
        Self {
            topics: HashMap::new(),
            ops: Vec::new(),
            then: Vec::new(),
            bytes: 0,
            batch: 0,
            under_way: None,
            ended: BTreeMap::new(),
            unkept: BTreeSet::new(),
        }
    }
}

impl<W> Journal<W> {
    /// The last number of a topic that has ended, where the store does not know yet that it has.
    #[must_use]
    pub fn ended(&self, topic: &str) -> Option<u64> {
        self.ended.get(topic).map(|(last, _)| *last)
    }

    /// A topic's numbers go on behind `last`; those up to `told` were told, the rest are about to be told again.
    pub fn begin(&mut self, topic: &Arc<str>, kind: Kind, (last, told): (u64, u64)) {
        let topic_now = Topic {
            kind,
            last,
            told,
            untold: 0,
            newest: None,
        };
        self.topics.insert(topic.clone(), topic_now);
    }

    /// So much is kept of a topic from its next value on.
    pub fn keep(&mut self, topic: &str, keep: Keep) {
        if let Some(line) = self.topics.get_mut(topic) {
            line.kind.keep = keep;
        }
    }

    /// A topic is no more.
    pub fn end(&mut self, topic: &Arc<str>) {
        if let Some(line) = self.topics.remove(topic) {
            self.ended.insert(topic.clone(), (line.last, self.batch));
            self.push(Op::Gone {
                topic: topic.clone(),
            });
        }
    }

    /// Whether a topic is known.
    #[must_use]
    pub fn knows(&self, topic: &str) -> bool {
        self.topics.contains_key(topic)
    }

    /// Whether so much waits that no more can.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes >= BYTES_MAX || self.ops.len() >= OPS_MAX || self.then.len() >= OPS_MAX
    }

    fn push(&mut self, op: Op) {
        self.bytes += op.bytes();
        self.ops.push(op);
    }

    /// Takes a write that was checked; gives the number of its value. A topic that is not known has no numbers.
    pub fn write(
        &mut self,
        topic: &Arc<str>,
        (payload, ts): (Arc<str>, u64),
        head: Option<WriteHead>,
        write: W,
    ) -> Option<u64> {
        let line = self.topics.get_mut(topic)?;
        line.last += 1;
        // An own value of before may not be replaced by one of after it.
        line.newest = None;
        let (seq, kind) = (line.last, line.kind);
        let by = head.as_ref().map(|head| (head.client.clone(), head.id));
        self.push(Op::Value {
            topic: topic.clone(),
            seq,
            ts,
            payload,
            version: kind.version,
            by,
            keep: kind.keep,
        });
        if let Some(head) = head {
            let outcome = Outcome::Taken { seq: Some(seq) };
            self.push(Op::Answer { head, outcome });
        }
        let stamp = Stamp { seq, ts };
        self.then.push(Then::Write { write, stamp });
        Some(seq)
    }

    /// A write was refused; nobody waits for that to be kept, since a client whose chain this is not the end of begins it
    /// anew.
    pub fn refused(&mut self, head: WriteHead, refusal: &Refusal) {
        let outcome = Outcome::Refused(refusal.without_winner());
        self.push(Op::Answer { head, outcome });
    }

    /// A write was refused since it lost against a value that waits here: its writer hears of it when that is kept. The refusal
    /// has the value where that is a write's; one of the server's own may be replaced yet, and is told first.
    pub fn lost(&mut self, head: Option<WriteHead>, refusal: Refusal, write: W) {
        if let Some(head) = head {
            self.refused(head, &refusal);
        }
        self.then.push(Then::Lost { write, refusal });
    }

    /// The number of a topic's newest value, of those that its record has, and whether it is told already; nothing of a topic
    /// that is not known.
    #[must_use]
    pub fn newest(&self, topic: &str) -> Option<(u64, bool)> {
        let line = self.topics.get(topic)?;
        Some((line.told, line.untold == 0))
    }

    /// A client has the answers up to a number.
    pub fn settled(&mut self, client: Arc<str>, id: u64) {
        self.push(Op::Settled { client, id });
    }

    /// A client's writes of earlier epochs are refused.
    pub fn fenced(&mut self, client: Arc<str>, epoch: u64) {
        self.push(Op::Fenced { client, epoch });
    }

    /// Nothing of a client is to be kept any more.
    pub fn forgotten(&mut self, client: Arc<str>) {
        self.push(Op::Forgotten { client });
    }

    /// Takes a value that a record has. Gives its stamp where it can be told at once, and the value back.
    pub fn value(&mut self, topic: &Arc<str>, value: Value) -> Option<(Value, Stamp)> {
        let Some(line) = self.topics.get_mut(topic) else {
            let ts = value.ts;
            return Some((value, Stamp { seq: 0, ts }));
        };
        let Some(stamp) = value.stamp else {
            self.own_value(topic, value);
            return None;
        };
        if stamp.seq > line.told {
            line.told = stamp.seq;
            line.last = line.last.max(stamp.seq);
            if line.untold == 0 {
                return Some((value, stamp));
            }
            self.tell(topic, value, stamp);
            return None;
        }
        // Its record had another one before.
        line.last += 1;
        line.told = line.last;
        line.newest = None;
        let (from, to, kind) = (stamp.seq, line.last, line.kind);
        self.push(Op::Moved {
            topic: topic.clone(),
            from,
            to,
            ts: stamp.ts,
            payload: value.payload.clone(),
            by: value.cause.as_ref().and_then(Cause::by),
            version: kind.version,
            keep: kind.keep,
        });
        self.tell(topic, value, Stamp { seq: to, ..stamp });
        None
    }

    /// A value that no client wrote.
    fn own_value(&mut self, topic: &Arc<str>, value: Value) {
        if value.cause.is_none() && self.replace_newest(topic, &value) {
            return;
        }
        let Some(line) = self.topics.get_mut(topic) else {
            return;
        };
        line.last += 1;
        line.told = line.last;
        let (seq, ts) = (line.last, value.ts);
        if line.kind.is_latest && value.cause.is_none() {
            line.newest = Some((self.batch, self.ops.len(), self.then.len()));
        }
        let kind = line.kind;
        self.push(Op::Value {
            topic: topic.clone(),
            seq,
            ts,
            payload: value.payload.clone(),
            by: value.cause.as_ref().and_then(Cause::by),
            version: kind.version,
            keep: kind.keep,
        });
        self.tell(topic, value, Stamp { seq, ts });
    }

    /// Puts a value in the place of one that waits and that nobody needs any more.
    fn replace_newest(&mut self, topic: &str, value: &Value) -> bool {
        let newest = self.topics.get(topic).and_then(|line| line.newest);
        let Some((_, op, then)) = newest.filter(|(batch, ..)| *batch == self.batch) else {
            return false;
        };
        let (
            Some(Op::Value { payload, ts, .. }),
            Some(Then::Publish {
                payload: told,
                stamp,
                cause,
                ..
            }),
        ) = (self.ops.get_mut(op), self.then.get_mut(then))
        else {
            return false;
        };
        self.bytes = self.bytes + value.payload.len() - payload.len();
        *payload = value.payload.clone();
        *told = value.payload.clone();
        (*ts, stamp.ts, *cause) = (value.ts, value.ts, None);
        true
    }

    fn tell(&mut self, topic: &Arc<str>, value: Value, stamp: Stamp) {
        if let Some(line) = self.topics.get_mut(topic) {
            line.untold += 1;
        }
        self.then.push(Then::Publish {
            topic: topic.clone(),
            payload: value.payload,
            stamp,
            cause: value.cause,
        });
    }

    /// So many values of a topic came and went before they could be read.
    pub fn missed(&mut self, topic: &Arc<str>, missed: u64) {
        if let Some(line) = self.topics.get_mut(topic) {
            line.last = line.last.saturating_add(missed);
            line.told = line.last;
            line.newest = None;
            let seq = line.last;
            self.push(Op::Missed {
                topic: topic.clone(),
                seq,
            });
        }
        self.then.push(Then::Missed {
            topic: topic.clone(),
            missed,
        });
    }

    /// What is to be kept next; nothing while a batch is under way, or nothing waits.
    pub fn take(&mut self) -> Option<Batch> {
        if self.under_way.is_some() || (self.ops.is_empty() && self.then.is_empty()) {
            return None;
        }
        self.say_again();
        self.batch += 1;
        self.bytes = 0;
        self.under_way = Some(std::mem::take(&mut self.then));
        let ops = std::mem::take(&mut self.ops);
        Some(Batch { ops })
    }

    /// Whether there is anything that is not kept yet.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.under_way.is_none() && self.ops.is_empty() && self.then.is_empty()
    }

    /// What an earlier batch was to say and did not: which numbers were told, and which topics are no more.
    fn say_again(&mut self) {
        for topic in self.unkept.clone() {
            let last = self.topics.get(&topic).map(|line| line.last);
            if let Some(seq) = last.or(self.ended(&topic)) {
                self.push(Op::Missed { topic, seq });
            }
        }
        let mut again = Vec::new();
        for (topic, (_, batch)) in &mut self.ended {
            if *batch < self.batch && !self.topics.contains_key(topic) {
                *batch = self.batch;
                again.push(topic.clone());
            }
        }
        for topic in again {
            self.push(Op::Gone { topic });
        }
    }

    /// A batch was kept, or could not be: gives what is to be done now.
    pub fn kept(&mut self, is_kept: bool) -> Vec<Then<W>> {
        let then = self.under_way.take().unwrap_or_default();
        if is_kept {
            self.ended.retain(|_, (_, batch)| *batch >= self.batch);
            // It said them again.
            self.unkept.clear();
        } else {
            // What these lost against may be among what could not be kept.
            for one in &mut self.then {
                if let Then::Lost { refusal, .. } = one {
                    refusal.winner = None;
                }
            }
        }
        for one in &then {
            let (Then::Publish { topic, .. } | Then::Missed { topic, .. }) = one else {
                continue;
            };
            if !is_kept {
                self.unkept.insert(topic.clone());
            }
            if let Then::Publish { .. } = one
                && let Some(line) = self.topics.get_mut(topic)
            {
                line.untold = line.untold.saturating_sub(1);
            }
        }
        then
    }
}
