//! Answers a query from what the records of its topics still hold.
//!
//! Guarantees: at most the asked number of records a topic, the newest ones; never many more bytes
//! than an answer can carry. Does not: reach back beyond a record's buffer; a latest-value record
//! gives the one value that it has.

use crate::event::Door;
use crate::hub::{HistoryRecord, QUERY_BYTES_MAX, QueryAnswer};
use crate::source::TIME_FIELD;
use aimdb_contracts::Value;
use aimdb_core::{BufferConfig, Entry, Fields};
use std::collections::VecDeque;
use std::sync::Arc;

/// A topic that a query selects.
pub(crate) struct Selected {
    pub(crate) topic: Arc<str>,
    pub(crate) door: Arc<Door>,
    /// When each version was published, oldest first, if the values do not say.
    pub(crate) times: Vec<(u64, u64)>,
}

/// What of each topic is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    pub(crate) limit: u64,
}

impl Range {
    fn holds(&self, ts: u64) -> bool {
        self.from.is_none_or(|from| from <= ts) && self.to.is_none_or(|to| ts <= to)
    }
}

/// Looks the records up.
pub(crate) fn answer(selected: &[Selected], range: Range) -> QueryAnswer {
    let mut answer = QueryAnswer::default();
    let mut bytes = 0;
    for one in selected {
        let (values, total) = look(one, range);
        answer.total += total;
        for (ts, fields) in values {
            let payload: Arc<str> = one.door.schema().to_json(&fields).into();
            bytes += payload.len();
            answer.records.push(HistoryRecord {
                topic: one.topic.clone(),
                payload,
                ts,
            });
            if bytes > 2 * QUERY_BYTES_MAX {
                bytes = keep_newest(&mut answer.records);
            }
        }
    }
    answer
}

/// The newest values in the range, and how many there are in all.
fn look(one: &Selected, range: Range) -> (VecDeque<(u64, Fields)>, u64) {
    let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
    let time_field = one.door.schema().index_of(TIME_FIELD);
    let mut clock = PublishClock::new(one);
    let (mut kept, mut total) = (VecDeque::new(), 0);
    one.door.history(usize::MAX, &mut |entry: Entry<Fields>| {
        let published_ms = clock.tick();
        let field = time_field.and_then(|index| entry.value.get(index));
        let ts = match field {
            Some(Value::Unsigned(ts)) => *ts,
            _ => published_ms,
        };
        if !range.holds(ts) {
            return;
        }
        total += 1;
        kept.push_back((ts, entry.value));
        if kept.len() > limit {
            kept.pop_front();
        }
    });
    (kept, total)
}

/// Tells when the values of a buffer were published, from the oldest on.
struct PublishClock<'a> {
    times: &'a [(u64, u64)],
    version: u64,
}

impl<'a> PublishClock<'a> {
    /// A value that is written in this very moment may show the time of its neighbour.
    fn new(one: &'a Selected) -> Self {
        let length = match one.door.buffer() {
            BufferConfig::SpmcRing { capacity } => capacity as u64,
            BufferConfig::SingleLatest | BufferConfig::Mailbox => 1,
        };
        Self {
            times: &one.times,
            version: one.door.version().saturating_sub(length),
        }
    }

    fn tick(&mut self) -> u64 {
        self.version += 1;
        let wanted = self.version;
        let index = self.times.partition_point(|(version, _)| *version < wanted);
        // What was overtaken counts with what overtook it.
        let known = self.times.get(index).or(self.times.last());
        known.map_or(0, |(_, time_ms)| *time_ms)
    }
}

/// Leaves out the oldest records beyond what an answer carries; gives the bytes that stay.
fn keep_newest(records: &mut Vec<HistoryRecord>) -> usize {
    records.sort_by_key(|record| std::cmp::Reverse(record.ts));
    let (mut bytes, mut count) = (0, 0);
    for record in records.iter() {
        if bytes + record.payload.len() > QUERY_BYTES_MAX {
            break;
        }
        bytes += record.payload.len();
        count += 1;
    }
    records.truncate(count);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_a_time_have_that_of_their_publication() {
        let times = [(2, 20), (3, 30), (6, 60)];
        let mut clock = PublishClock {
            times: &times,
            version: 1,
        };
        let told: Vec<u64> = (2..=7).map(|_| clock.tick()).collect();
        assert_eq!(told, [20, 30, 60, 60, 60, 60]);
    }

    #[test]
    fn beyond_its_size_an_answer_keeps_the_newest() {
        let record = |ts: u64| HistoryRecord {
            topic: "t".into(),
            payload: "1".repeat(QUERY_BYTES_MAX / 2).into(),
            ts,
        };
        let mut records: Vec<HistoryRecord> = [3, 1, 4, 2].map(record).to_vec();
        let bytes = keep_newest(&mut records);
        let kept: Vec<u64> = records.iter().map(|record| record.ts).collect();
        assert_eq!((kept, bytes), (vec![4, 3], QUERY_BYTES_MAX));
    }
}
