//! Groups rows and counts.

mod totals;

use std::sync::Arc;

use crate::column::{Batch, Builder, Data, Vector};
use crate::error::Result;
use crate::limits::BATCH_ROWS;
use crate::plan::{Aggregate, AggregateCall, Expr};
use crate::run::compute::{Computed, Env, compute, select};
use crate::run::keys::Groups;
use crate::run::pull::{Inputs, Operator, Pull, batch_of};
use crate::run::turn::Turn;

pub(crate) use totals::Accumulator;

pub(super) struct Group {
    keys: Vec<Expr>,
    calls: Vec<Running>,
    env: Env,
    groups: Groups,
    key_values: Vec<Builder>,
    finished: Option<Batch>,
    given: usize,
}

/// A call, and what it has come to in each group.
struct Running {
    call: AggregateCall,
    states: Vec<Accumulator>,
    /// Group and value of what a DISTINCT has seen.
    seen: Groups,
}

impl Group {
    pub(super) fn new(keys: &[Expr], calls: &[AggregateCall], env: &Env) -> Self {
        let running = |call: &AggregateCall| Running {
            call: call.clone(),
            states: Vec::new(),
            seen: Groups::new(),
        };
        Self {
            keys: keys.to_vec(),
            calls: calls.iter().map(running).collect(),
            env: env.clone(),
            groups: Groups::new(),
            key_values: keys.iter().map(|_| Builder::default()).collect(),
            finished: None,
            given: 0,
        }
    }

    fn take(&mut self, batch: &Batch, turn: &mut Turn) -> Result<()> {
        let mut next = self.groups.count();
        let mut numbers = vec![0; batch.rows];
        if !self.keys.is_empty() {
            let keys: Vec<Arc<Vector>> = self
                .keys
                .iter()
                .map(|key| compute(key, batch, &self.env).into_column(batch.rows))
                .collect();
            numbers = self.groups.insert(&keys, batch.rows, turn)?;
            for (row, number) in numbers.iter().enumerate() {
                if *number as usize == next {
                    next += 1;
                    for (values, key) in self.key_values.iter_mut().zip(&keys) {
                        let value = key.get(row);
                        turn.hold(value.bytes())?;
                        values.push(&value);
                    }
                }
            }
        }
        for running in &mut self.calls {
            running.grow(next.max(usize::from(self.keys.is_empty())), turn)?;
            running.take(batch, &numbers, &self.env, turn)?;
        }
        Ok(())
    }

    fn finish(&mut self, turn: &mut Turn) -> Result<Batch> {
        let rows = match self.keys.is_empty() {
            true => 1,
            false => self.groups.count(),
        };
        let keys = std::mem::take(&mut self.key_values);
        let mut columns: Vec<Arc<Vector>> = keys
            .into_iter()
            .map(|values| values.finish().into())
            .collect();
        for running in &mut self.calls {
            running.grow(rows, turn)?;
            let mut builder = Builder::default();
            for state in &running.states {
                builder.push(&state.value()?);
            }
            columns.push(Arc::new(builder.finish()));
        }
        Ok(Batch::new(columns, rows))
    }
}

impl Running {
    fn grow(&mut self, groups: usize, turn: &mut Turn) -> Result<()> {
        let more = groups.saturating_sub(self.states.len());
        turn.hold(more * size_of::<Accumulator>())?;
        self.states.resize_with(groups.max(self.states.len()), || {
            Accumulator::new(self.call.function)
        });
        Ok(())
    }

    fn take(&mut self, batch: &Batch, numbers: &[u32], env: &Env, turn: &mut Turn) -> Result<()> {
        let mut rows: Option<Vec<u32>> = self
            .call
            .filter
            .as_ref()
            .map(|filter| select(filter, batch, env));
        let Some(argument) = &self.call.argument else {
            let mut count = |row: usize| self.states[numbers[row] as usize].count_row();
            match &rows {
                None => (0..batch.rows).for_each(&mut count),
                Some(rows) => rows.iter().for_each(|row| count(*row as usize)),
            }
            return Ok(());
        };
        let argument = compute(argument, batch, env);
        if self.call.distinct {
            rows = Some(self.unseen(rows, &argument, numbers, batch.rows, turn)?);
        }
        if rows.is_none() && self.take_fast(&argument, numbers) {
            return Ok(());
        }
        let separator = self
            .call
            .separator
            .as_ref()
            .map(|separator| compute(separator, batch, env));
        let all = || (0..batch.rows as u32).collect();
        for row in rows.unwrap_or_else(all) {
            let row = row as usize;
            let value = argument.get(row);
            if value.is_null() {
                continue;
            }
            let separator = separator.as_ref().map(|separator| separator.get(row));
            let more = self.states[numbers[row] as usize].add(&value, separator.as_ref());
            turn.hold(more)?;
        }
        Ok(())
    }

    /// The rows whose group has not had their value.
    fn unseen(
        &mut self,
        rows: Option<Vec<u32>>,
        argument: &Computed,
        numbers: &[u32],
        count: usize,
        turn: &mut Turn,
    ) -> Result<Vec<u32>> {
        let rows = rows.unwrap_or_else(|| (0..count as u32).collect());
        let groups = Vector::integers(
            rows.iter()
                .map(|row| i64::from(numbers[*row as usize]))
                .collect(),
        );
        let values = Vector::of(rows.iter().map(|row| argument.get(*row as usize)));
        let mut next = self.seen.count() as u32;
        let seen = self
            .seen
            .insert(&[Arc::new(groups), Arc::new(values)], rows.len(), turn)?;
        let mut unseen = Vec::new();
        for (row, number) in rows.into_iter().zip(seen) {
            if number == next {
                next += 1;
                unseen.push(row);
            }
        }
        Ok(unseen)
    }

    /// Adds a column of numbers without making values of them.
    fn take_fast(&mut self, argument: &Computed, numbers: &[u32]) -> bool {
        let Computed::Column(column) = argument else {
            return false;
        };
        let is_sum = matches!(
            self.call.function,
            Aggregate::Sum | Aggregate::Total | Aggregate::Average
        );
        match &column.data {
            Data::Integer(all) if is_sum => {
                for (row, number) in numbers.iter().enumerate() {
                    if column.is_valid(row) {
                        self.states[*number as usize].add_integer(all[row]);
                    }
                }
            }
            Data::Real(all) if is_sum => {
                for (row, number) in numbers.iter().enumerate() {
                    if column.is_valid(row) {
                        self.states[*number as usize].add_real(all[row]);
                    }
                }
            }
            _ if self.call.function == Aggregate::Count => {
                for (row, number) in numbers.iter().enumerate() {
                    if column.is_valid(row) {
                        self.states[*number as usize].count_row();
                    }
                }
            }
            _ => return false,
        }
        true
    }
}

impl Operator for Group {
    fn next(&mut self, ports: &mut dyn Inputs, turn: &mut Turn) -> Result<Pull> {
        let finished = loop {
            if let Some(finished) = &self.finished {
                break finished;
            }
            let batch = batch_of!(ports.pull(0, turn)?, {
                self.finished = Some(self.finish(turn)?);
                continue;
            });
            self.take(&batch, turn)?;
        };
        if self.given >= finished.rows {
            return Ok(Pull::End);
        }
        let batch = finished.slice(self.given, BATCH_ROWS);
        self.given += batch.rows;
        turn.spend(batch.rows);
        Ok(Pull::Batch(batch))
    }
}
