//! Answers a query from what the records of its topics still hold.
//!
//! Guarantees: at most the asked number of records a topic, the newest ones; never many more bytes
//! than an answer can carry. Does not: reach back beyond a record's buffer; a latest-value record
//! gives the one value that it has.

use crate::hub::{HistoryRecord, QUERY_BYTES_MAX, QueryAnswer};
use crate::root::Door;
use aimdb_contracts::Value;
use aimdb_core::{Entry, Fields};
use std::collections::VecDeque;
use std::sync::Arc;

/// The field whose value is a record's time, if the contract has it as an unsigned integer.
const TIME_FIELD: &str = "timestamp";

/// A topic that a query selects.
pub(crate) struct Selected {
    pub(crate) topic: Arc<str>,
    pub(crate) door: Arc<Door>,
    /// The time of values that carry none: when the topic's newest value was published.
    pub(crate) published_ms: u64,
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
    let (mut kept, mut total) = (VecDeque::new(), 0);
    one.door.history(usize::MAX, &mut |entry: Entry<Fields>| {
        let field = time_field.and_then(|index| entry.value.get(index));
        let ts = match field {
            Some(Value::Unsigned(ts)) => *ts,
            _ => one.published_ms,
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

/// Leaves out the oldest records beyond what an answer carries; gives the bytes that stay.
fn keep_newest(records: &mut Vec<HistoryRecord>) -> usize {
    records.sort_by_key(|record| std::cmp::Reverse(record.ts));
    let mut bytes = 0;
    let fitting = records.iter().take_while(|record| {
        bytes += record.payload.len();
        bytes <= QUERY_BYTES_MAX
    });
    let count = fitting.count();
    records.truncate(count);
    bytes.min(QUERY_BYTES_MAX)
}
