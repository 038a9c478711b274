//! Sorts rows, and forgets those that a limit would not let through.

use std::cmp::Ordering;

use super::{Operator, batch_of};
use crate::column::{Batch, Builder, Data, Vector};
use crate::error::Result;
use crate::limits::BATCH_ROWS;
use crate::plan::SortKey;
use crate::run::machine::{Ports, Pull};
use crate::run::turn::Turn;

/// Rows beyond the limit that come before the rest is forgotten again: sorting fewer at a time would cost more.
const SLACK_ROWS: usize = 4 * BATCH_ROWS;

pub(super) struct Sort {
    keys: Vec<SortKey>,
    most: Option<usize>,
    batches: Vec<Batch>,
    rows: usize,
    held: usize,
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
            compared.fold(Ordering::Equal, Ordering::then)
        };
        order.sort_by(by_keys);
        if let Some(most) = self.most {
            order.truncate(most);
        }
        all.gather(&order)
    }

    fn keep(&mut self, batch: Batch, turn: &mut Turn) -> Result<()> {
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
            turn.hold(self.held)?;
            self.batches.push(best);
        }
        Ok(())
    }
}

fn by_key(column: &Vector, key: SortKey, left: usize, right: usize) -> Ordering {
    let order = match (column.is_valid(left), column.is_valid(right)) {
        (false, false) => return Ordering::Equal,
        (false, true) => {
            return if key.nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        (true, false) => {
            return if key.nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            };
        }
        (true, true) => match &column.data {
            Data::Integer(all) => all[left].cmp(&all[right]),
            Data::Real(all) => all[left]
                .partial_cmp(&all[right])
                .unwrap_or(Ordering::Equal),
            Data::Text(all) => all.get(left).as_bytes().cmp(all.get(right).as_bytes()),
            Data::Any(all) => all[left].order(&all[right]),
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
    fn next(&mut self, ports: &mut Ports<'_>, turn: &mut Turn) -> Result<Pull> {
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
