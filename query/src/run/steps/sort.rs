//! Sorts rows, and forgets those that a limit would not let through.

use std::cmp::Ordering;

use crate::column::{Batch, Builder, Data, Vector};
use crate::error::Result;
use crate::limits::BATCH_ROWS;
use crate::plan::SortKey;
use crate::run::pull::{Inputs, Operator, Pull, batch_of};
use crate::run::turn::Turn;

/// Rows beyond the limit that come before the rest is forgotten again: sorting fewer at a time would cost more.
const SLACK_ROWS: usize = 4 * BATCH_ROWS;

pub(super) struct Sort {
    keys: Vec<SortKey>,
    most: Option<usize>,
    batches: Vec<Batch>,
    rows: usize,
    held: usize,
    /// Whether the first batch is the best rows so far, in their order.
    has_best: bool,
    sorted: Option<Batch>,
    given: usize,
}

impl Sort {
    pub(super) fn new(keys: &[SortKey], most: Option<usize>) -> Self {
        Self {
            keys: keys.to_vec(),
            most,
            batches: Vec::new(),
            rows: 0,
            held: 0,
            has_best: false,
            sorted: None,
            given: 0,
        }
    }

    fn sort(&mut self) -> Batch {
        let all = concat(&std::mem::take(&mut self.batches));
        let mut order: Vec<u32> = (0..all.rows as u32).collect();
        let by_keys = |left: &u32, right: &u32| {
            let compared = self.keys.iter().map(|key| {
                by_key(
                    &all.columns[key.column],
                    *key,
                    *left as usize,
                    *right as usize,
                )
            });
            compared
                .fold(Ordering::Equal, Ordering::then)
                .then(left.cmp(right))
        };
        order.sort_unstable_by(by_keys);
        if let Some(most) = self.most {
            order.truncate(most);
        }
        all.gather(&order)
    }

    /// The rows that may come before the last of the best ones so far, by their first key.
    fn promising(&self, batch: Batch) -> Batch {
        let (Some(best), Some(key)) = (
            self.batches.first().filter(|_| self.has_best),
            self.keys.first(),
        ) else {
            return batch;
        };
        let Some(last) = best.rows.checked_sub(1) else {
            return batch;
        };
        let (column, bound) = (
            &batch.columns[key.column],
            best.columns[key.column].get(last),
        );
        let bound = Vector::of([bound]);
        let is_before = |row: &u32| by_key_of_two(column, *row as usize, &bound, 0, *key).is_le();
        let rows: Vec<u32> = (0..batch.rows as u32).filter(is_before).collect();
        match rows.len() == batch.rows {
            true => batch,
            false => batch.gather(&rows),
        }
    }

    fn keep(&mut self, batch: Batch, turn: &mut Turn) -> Result<()> {
        let batch = self.promising(batch);
        if batch.rows == 0 {
            return Ok(());
        }
        let bytes = batch.bytes();
        turn.hold(bytes)?;
        self.held += bytes;
        self.rows += batch.rows;
        self.batches.push(batch);
        let Some(most) = self.most else {
            return Ok(());
        };
        if self.rows > most.saturating_mul(2).saturating_add(SLACK_ROWS) {
            let best = self.sort();
            turn.give_back(self.held);
            self.held = best.bytes();
            self.rows = best.rows;
            self.has_best = true;
            turn.hold(self.held)?;
            self.batches.push(best);
        }
        Ok(())
    }
}

fn by_key(column: &Vector, key: SortKey, left: usize, right: usize) -> Ordering {
    by_key_of_two(column, left, column, right, key)
}

fn by_key_of_two(
    left: &Vector,
    left_row: usize,
    right: &Vector,
    right_row: usize,
    key: SortKey,
) -> Ordering {
    let nulls = if key.nulls_first {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    let order = match (left.is_valid(left_row), right.is_valid(right_row)) {
        (false, false) => return Ordering::Equal,
        (false, true) => return nulls,
        (true, false) => return nulls.reverse(),
        (true, true) => match (&left.data, &right.data) {
            (Data::Integer(left), Data::Integer(right)) => left[left_row].cmp(&right[right_row]),
            (Data::Real(left), Data::Real(right)) => left[left_row]
                .partial_cmp(&right[right_row])
                .unwrap_or(Ordering::Equal),
            (Data::Text(left), Data::Text(right)) => left
                .get(left_row)
                .as_bytes()
                .cmp(right.get(right_row).as_bytes()),
            _ => left.get(left_row).order(&right.get(right_row)),
        },
    };
    if key.descending {
        order.reverse()
    } else {
        order
    }
}

/// Batches behind each other.
pub(super) fn concat(batches: &[Batch]) -> Batch {
    if let [one] = batches {
        return one.clone();
    }
    let rows = batches.iter().map(|batch| batch.rows).sum();
    let width = batches.first().map_or(0, Batch::width);
    let column = |at: usize| {
        let columns = batches.iter().map(|batch| &*batch.columns[at]);
        if let Some(typed) = concat_typed(columns.clone()) {
            return typed.into();
        }
        let mut builder = Builder::default();
        for column in columns {
            (0..column.len()).for_each(|row| builder.push(&column.get(row)));
        }
        builder.finish().into()
    };
    Batch::new((0..width).map(column).collect(), rows)
}

/// Of columns of numbers of one kind that are all there.
fn concat_typed<'a>(columns: impl Iterator<Item = &'a Vector> + Clone) -> Option<Vector> {
    if columns.clone().any(|column| column.valid.is_some()) {
        return None;
    }
    let integers: Option<Vec<&[i64]>> = columns
        .clone()
        .map(|column| match &column.data {
            Data::Integer(all) => Some(all.as_slice()),
            _ => None,
        })
        .collect();
    if let Some(integers) = integers {
        return Some(Vector::integers(integers.concat()));
    }
    let reals: Option<Vec<&[f64]>> = columns
        .map(|column| match &column.data {
            Data::Real(all) => Some(all.as_slice()),
            _ => None,
        })
        .collect();
    Some(Vector::reals(reals?.concat()))
}

impl Operator for Sort {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        let sorted = loop {
            if let Some(sorted) = &self.sorted {
                break sorted;
            }
            let batch = batch_of!(ports.pull(0, turn)?, {
                turn.spend(self.rows);
                let sorted = self.sort();
                self.sorted = Some(sorted);
                continue;
            });
            self.keep(batch, turn)?;
        };
        if self.given >= sorted.rows {
            turn.give_back(std::mem::take(&mut self.held));
            return Ok(Pull::End);
        }
        let batch = sorted.slice(self.given, BATCH_ROWS);
        self.given += batch.rows;
        turn.spend(batch.rows);
        Ok(Pull::Batch(batch))
    }
}
