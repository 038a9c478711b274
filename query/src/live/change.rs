//! What a turn changed, row by row, with what cancels out left out.

use std::collections::HashMap;

use crate::error::Result;
use crate::run::Turn;
use crate::value::Value;

pub(super) type Row = Vec<Value>;

/// A change of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// A row came in.
    Enter(Vec<Value>),
    /// A row with the same key changed.
    Update {
        /// As it was.
        before: Vec<Value>,
        /// As it is.
        after: Vec<Value>,
    },
    /// A row left.
    Leave(Vec<Value>),
}

/// What changed since the last report.
pub(super) struct Changes {
    rows: HashMap<Vec<u8>, (Row, i64)>,
    /// The columns that name a row; all, if absent.
    key: Option<Vec<usize>>,
    held: usize,
}

impl Changes {
    pub(super) fn new(key: Option<Vec<usize>>) -> Self {
        Self {
            rows: HashMap::new(),
            key,
            held: 0,
        }
    }

    pub(super) fn add(&mut self, rows: Vec<(Row, i64)>, turn: &mut Turn) -> Result<()> {
        for (row, count) in rows {
            let key = exact_key(&row);
            let size = bytes(&row) + key.len();
            let entry = self.rows.entry(key).or_insert_with(|| {
                self.held += size;
                (row, 0)
            });
            if entry.1 == 0 {
                turn.hold(size)?;
            }
            entry.1 += count;
            if entry.1 == 0 {
                let key = exact_key(&entry.0);
                self.rows.remove(&key);
                self.held -= size;
                turn.give_back(size);
            }
        }
        Ok(())
    }

    /// Leaves with the same key as an entry are updates.
    pub(super) fn take(&mut self, turn: &mut Turn) -> Vec<Delta> {
        turn.give_back(std::mem::take(&mut self.held));
        let mut left: HashMap<Vec<u8>, Vec<Row>> = HashMap::new();
        let mut entered = Vec::new();
        for (row, count) in std::mem::take(&mut self.rows).into_values() {
            let times = count.unsigned_abs() as usize;
            match count < 0 {
                true => left
                    .entry(self.key_of(&row))
                    .or_default()
                    .extend(std::iter::repeat_n(row, times)),
                false => entered.extend(std::iter::repeat_n(row, times)),
            }
        }
        let mut deltas = Vec::new();
        for after in entered {
            let before = left.get_mut(&self.key_of(&after)).and_then(Vec::pop);
            deltas.push(match before {
                Some(before) => Delta::Update { before, after },
                None => Delta::Enter(after),
            });
        }
        deltas.extend(left.into_values().flatten().map(Delta::Leave));
        deltas
    }

    fn key_of(&self, row: &Row) -> Vec<u8> {
        let mut key = Vec::new();
        match &self.key {
            None => return exact_key(row),
            Some(columns) => columns
                .iter()
                .filter_map(|at| row.get(*at))
                .for_each(|value| value.write_key(&mut key)),
        }
        key
    }
}

/// Bytes that are equal for rows that are the same; 1 is not 1.0 here.
pub(super) fn exact_key(row: &Row) -> Vec<u8> {
    let mut key = Vec::new();
    for value in row {
        key.push(u8::from(matches!(value, Value::Real(_))));
        value.write_key(&mut key);
    }
    key
}

/// What a row takes, with its place in a table.
pub(super) fn bytes(row: &Row) -> usize {
    row.iter().map(Value::bytes).sum::<usize>() + 64
}
