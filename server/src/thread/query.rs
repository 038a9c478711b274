//! Answers a query from what the records of its topics still hold.
//!
//! Guarantees: at most the asked number of records a topic, the newest ones; never many more bytes
//! than an answer can carry; a record is held for one slice of its values at a time, however long its ring is, and
//! the range is applied outside. Does not: reach back beyond a record's buffer; a latest-value record
//! gives the one value that it has. What is written while a query looks is not in its answer, and what is overwritten
//! meanwhile is neither found nor counted.

use crate::hub::{HistoryRecord, QUERY_BYTES_MAX, QueryAnswer};
use crate::store::{self, Kept, StoreError};
use crate::thread::event::Door;
use crate::thread::keep::Reader;
use crate::thread::source::{TIME_FIELD, Times};
use aimdb_contracts::{Policy, Schema, Value};
use aimdb_core::Fields;
use std::sync::{Arc, PoisonError};

/// So many values are copied while those who write the record wait: a fifth of a millisecond.
const SLICE_LENGTH: usize = 1_024;

/// A topic that a query selects.
pub(crate) struct Selected {
    pub(crate) topic: Arc<str>,
    pub(crate) door: Arc<Door>,
    /// When each version was published, if the values do not say.
    pub(crate) times: Times,
}

/// What of each topic is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    pub(crate) limit: u64,
}

impl Range {
    /// Whether it holds every time.
    fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    fn holds(&self, ts: u64) -> bool {
        self.from.is_none_or(|from| from <= ts) && self.to.is_none_or(|to| ts <= to)
    }
}

/// Looks the records up.
pub(crate) fn answer(selected: &[Selected], range: Range) -> QueryAnswer {
    let mut answer = QueryAnswer::default();
    let mut bytes = 0;
    for one in selected {
        let Found { values, total } = look(one, range);
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

/// Looks up what was kept, which may reach back further than the records do.
pub(crate) fn look_up(
    past: &Reader,
    selected: &[Selected],
    range: Range,
) -> Result<QueryAnswer, StoreError> {
    let mut answer = QueryAnswer::default();
    let mut bytes = 0;
    for Selected { topic, door, .. } in selected {
        let range = store::Range {
            from: range.from,
            to: range.to,
            limit: range.limit,
            bytes: QUERY_BYTES_MAX as u64,
        };
        // Held for one topic at a time, so that the hub's own look is short.
        let found = past
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .history(topic, range)?;
        answer.total += found.total;
        for Kept {
            ts,
            payload,
            version,
            ..
        } in found.values
        {
            let payload = of_now(door.schema(), payload, version);
            bytes += payload.len();
            answer.records.push(HistoryRecord {
                topic: topic.clone(),
                payload,
                ts,
            });
        }
        if bytes > 2 * QUERY_BYTES_MAX {
            bytes = keep_newest(&mut answer.records);
        }
    }
    Ok(answer)
}

/// A value that was kept in an older version of its contract, in the one of now. One that does not become one is given as
/// it was kept: it is the past, and not to be hidden.
fn of_now(schema: &Schema, payload: Arc<str>, version: u32) -> Arc<str> {
    if version == 0 || version == schema.version {
        return payload;
    }
    let policy = Policy::default();
    let decoded = schema.decode_text_of_any_version(&payload, Some(version), policy);
    decoded.map_or(payload, |fields| schema.to_json(&fields).into())
}

/// What a topic has to say.
#[derive(Debug, PartialEq)]
struct Found {
    /// The newest values in the range with their times, oldest first.
    values: Vec<(u64, Fields)>,
    /// How many there are in all.
    total: u64,
}

fn look(one: &Selected, range: Range) -> Found {
    let time_field = one.door.schema().index_of(TIME_FIELD);
    let read = |until, length, slice: &mut Slice| {
        let mut keep = |version, fields| slice.push((version, fields));
        one.door.slice(until, length, &mut |version, entry| {
            keep(version, entry.value)
        })
    };
    let times = |slice: &Slice| {
        let published = one.times.of(slice.iter().map(|(version, _)| *version));
        let own = |fields: &Fields| match time_field.and_then(|index| fields.get(index)) {
            Some(Value::Unsigned(ts)) => Some(*ts),
            _ => None,
        };
        let fields = slice.iter().map(|(_, fields)| own(fields));
        let both = fields.zip(published);
        both.map(|(own, published)| own.unwrap_or(published))
            .collect()
    };
    look_back(range, read, times)
}

/// Values with their versions, oldest first.
type Slice = Vec<(u64, Fields)>;

/// Goes back from the newest value, slice by slice. `read` fills in the values up to a version, at most so
/// many, and gives how many there are; `times` tells when they were published.
///
/// A client's clock may run backwards, so a range is looked for in the whole past; without one, what is kept is
/// counted without looking at it.
fn look_back(
    range: Range,
    mut read: impl FnMut(u64, usize, &mut Slice) -> usize,
    times: impl Fn(&Slice) -> Vec<u64>,
) -> Found {
    let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
    let (mut values, mut total, mut slice) = (Vec::new(), None, Slice::new());
    let (mut until, mut in_range) = (u64::MAX, 0);
    loop {
        let length = match range.is_open() {
            true => SLICE_LENGTH.min(limit - values.len()),
            false => SLICE_LENGTH,
        };
        let there = read(until, length, &mut slice);
        total.get_or_insert(there as u64);
        let Some((oldest, _)) = slice.first() else {
            break;
        };
        until = oldest - 1;
        let times = times(&slice);
        for (ts, (_, fields)) in times.into_iter().zip(slice.drain(..)).rev() {
            if range.holds(ts) {
                in_range += 1;
                if values.len() < limit {
                    values.push((ts, fields));
                }
            }
        }
    }
    values.reverse();
    let total = total.filter(|_| range.is_open()).unwrap_or(in_range);
    Found { values, total }
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
    use aimdb_contracts::builtin;
    use aimdb_core::{AimDbBuilder, BufferConfig, Contract, Described, JsonDoor, Origin, Write};
    use aimdb_tokio_adapter::TokioAdapter;
    use proptest::prelude::*;

    /// A ring of values that are their times, and the slices that were read of it.
    struct Past {
        kept: Slice,
        held: Vec<usize>,
    }

    impl Past {
        fn new(capacity: usize, times: &[u64]) -> Self {
            let values = times.iter().map(|ts| vec![Value::Unsigned(*ts)]);
            let all: Slice = (1..).zip(values).collect();
            let kept = all[all.len().saturating_sub(capacity)..].to_vec();
            Self {
                kept,
                held: Vec::new(),
            }
        }

        fn look_back(&mut self, range: Range) -> Found {
            let read = |until: u64, length: usize, slice: &mut Slice| {
                assert!(slice.is_empty());
                let end = self.kept.partition_point(|(version, _)| *version <= until);
                slice.extend_from_slice(&self.kept[end.saturating_sub(length)..end]);
                self.held.push(slice.len());
                end
            };
            look_back(range, read, |slice| slice.iter().map(time_of).collect())
        }

        /// All of it at once.
        fn look_at_all(&self, range: Range) -> Found {
            let all = self.kept.iter().map(|one| (time_of(one), one.1.clone()));
            let mut values: Vec<_> = all.filter(|(ts, _)| range.holds(*ts)).collect();
            let total = values.len() as u64;
            let limit = usize::try_from(range.limit).unwrap();
            values.drain(..values.len().saturating_sub(limit));
            Found { values, total }
        }
    }

    fn time_of((_, fields): &(u64, Fields)) -> u64 {
        match fields[..] {
            [Value::Unsigned(ts)] => ts,
            _ => unreachable!(),
        }
    }

    proptest! {
        #[test]
        fn slices_find_what_a_look_at_all_finds(
            times in proptest::collection::vec(0_u64..50, 0..4_000),
            capacity in 1_usize..3_000,
            from in proptest::option::of(0_u64..50),
            to in proptest::option::of(0_u64..50),
            limit in 0_u64..3_000,
        ) {
            let mut past = Past::new(capacity, &times);
            let range = Range { from, to, limit };
            prop_assert_eq!(past.look_back(range), past.look_at_all(range));
            prop_assert!(past.held.iter().all(|held| *held <= SLICE_LENGTH));
        }
    }

    #[test]
    fn who_writes_waits_for_one_slice_and_a_short_answer_needs_no_more_than_itself() {
        let times: Vec<u64> = (0..1 << 16).collect();
        let check = |from, limit, found: usize, total, slices: &[usize]| {
            let mut past = Past::new(usize::MAX, &times);
            let range = Range {
                from,
                to: None,
                limit,
            };
            let answer = past.look_back(range);
            assert_eq!((answer.values.len(), answer.total), (found, total));
            assert_eq!(past.held, slices);
        };
        check(None, 10, 10, 1 << 16, &[10, 0]);
        check(None, 0, 0, 1 << 16, &[0]);
        check(None, 2_000, 2_000, 1 << 16, &[1_024, 976, 0]);
        // A range may hold values anywhere.
        let whole = [[1_024; 64].as_slice(), &[0]].concat();
        check(Some(0), 10, 10, 1 << 16, &whole);
        check(Some(65_530), 10, 6, 6, &whole);
    }

    #[test]
    fn a_ring_is_read_through_its_door_from_its_end() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _inside = runtime.enter();
        let db = AimDbBuilder::new(TokioAdapter::current().unwrap())
            .build()
            .unwrap();
        let ring = BufferConfig::SpmcRing { capacity: 5_000 };
        let mut all = builtin::ALL.into_iter();
        let humidity = all.find(|schema| schema.name == "humidity").unwrap();
        let shape = Described::fixed(humidity);
        let door = shape.open(&db, "h", ring).unwrap();
        let write = |ts: u64| {
            let json = format!(r#"{{"percent":20,"timestamp":{ts}}}"#);
            let write = Write::from(Origin::Local);
            door.accept_json(json.as_bytes(), Policy::default(), write)
                .unwrap();
        };
        (1..=6_000).for_each(write);
        let selected = Selected {
            topic: "h".into(),
            door: door.clone(),
            times: Times::default(),
        };
        let check = |from, limit, first, total| {
            let found = look(
                &selected,
                Range {
                    from,
                    to: None,
                    limit,
                },
            );
            let times: Vec<u64> = found.values.iter().map(|(ts, _)| *ts).collect();
            assert_eq!(times, (first..=6_000).collect::<Vec<_>>());
            assert_eq!(found.total, total);
        };
        check(None, 3, 5_998, 5_000);
        check(None, 9_999, 1_001, 5_000);
        check(Some(5_900), 9_999, 5_900, 101);
        check(Some(900), 9_999, 1_001, 5_000);
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
